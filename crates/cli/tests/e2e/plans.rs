//! What would be asked, without asking: `--plan`, `probe hosts`, `--offline`.

use leeward_counterpart::{Counterpart, Key, Request, World as Provider};

use crate::{
    fixture::{Run, World, key, line},
    provider,
};

/// Method, host and path of the requests of a plan that would be sent.
fn planned(run: &Run) -> Vec<(String, String, String)> {
    let blocks = run.out.split("\n\n").filter(|block| !block.contains("not asked"));
    let request = |block: &str| {
        let (method, rest) = block.lines().next()?.strip_prefix("  ")?.split_once(' ')?;
        let (host, path) = rest.split_at(rest.find('/')?);
        Some((method.to_owned(), host.to_owned(), path.to_owned()))
    };
    blocks.filter_map(request).collect()
}

#[test]
fn a_plan_says_what_where_and_why_and_sends_nothing() {
    let (world, value) = (World::new(), key());
    let server = provider::with(Key::standard(&value));
    world.write("app.env", line(&value));
    let here = server.address().to_string();
    for (args, input, code) in [
        (&["verify", "--plan"][..], &*value, 0),
        (&["assess", "--plan"], &value, 0),
        (&["verify", "--plan", "--dossier", "mistral-api-key"], "", 0),
        (&["scan", "--verify", "--plan"], "", 1),
        (&["scan", "--assess", "--plan"], "", 1),
    ] {
        let run = world.ask_about(&server, args, input).exits(code);
        assert_eq!(run.err, "", "{args:?}");
        assert!(!run.out.contains(&value), "{args:?}");
        assert!(
            run.out.contains("Mistral AI API key (mistral-api-key), one value:"),
            "{}",
            run.out
        );
        assert!(run.out.contains("the plainest sign of life; in Authorization"), "{}", run.out);
        assert!(run.out.ends_with(&format!("hosts: {here}\nnothing was sent\n")), "{}", run.out);
        let planned = planned(&run);
        let first = ("GET".to_owned(), here.clone(), "/v1/models".to_owned());
        assert_eq!(planned[0], first, "{args:?}");
        let is_deep = planned.iter().any(|(_, _, path)| path.starts_with("/v1/files"));
        assert_eq!(is_deep, args.contains(&"assess") || args.contains(&"--assess"), "{args:?}");
    }
    assert!(server.requests().is_empty());
}

/// Nobody is asked by a plain scan, so there is nothing to plan; and whoever
/// wants nothing sent wants nothing fetched.
#[test]
fn a_plan_of_nothing_and_a_fetch_while_offline_are_refused() {
    let world = World::new();
    let run = world.run(["scan", "--plan"]).exits(2);
    assert!(run.err.contains("add one of them"), "{}", run.err);
    for flag in ["--plan", "--offline"] {
        let run = world.run(["scan", "--verify", flag, "https://127.0.0.1:1/a.git"]).exits(2);
        assert!(run.err.contains("clone it first"), "{}", run.err);
    }
}

/// What is asked was planned, and what was planned is what may be asked.
#[test]
fn nothing_is_asked_that_was_not_planned() {
    let (world, value) = (World::new(), key());
    let server = provider::with(Key::standard(&value));
    let plan = planned(&world.ask_about(&server, &["assess", "--plan"], &value).exits(0));
    world.ask_about(&server, &["assess"], &value).exits(1);
    let segments = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let is_planned = |request: &Request| {
        plan.iter().any(|(method, _, path)| {
            let path = path.split('?').next().unwrap();
            let (planned, asked) = (segments(path), segments(&request.path));
            let fits =
                |(planned, asked): (&String, &String)| planned == "{item}" || planned == asked;
            *method == request.method
                && planned.len() == asked.len()
                && planned.iter().zip(&asked).all(fits)
        })
    };
    for request in server.requests() {
        assert!(is_planned(&request), "{}", request.line());
    }
    server.assert_no_violations();
}

#[test]
fn a_plan_of_the_providers_own_hosts_needs_no_value() {
    let world = World::new();
    let run = world.run(["assess", "--plan", "--dossier", "mistral-api-key"]).exits(0);
    assert!(run.out.contains("GET api.mistral.ai/v1/models"), "{}", run.out);
    assert!(run.out.contains("hosts: api.mistral.ai\n"), "{}", run.out);
    assert!(run.out.contains("not asked without `--allow plan`"), "{}", run.out);
    let args = ["assess", "--plan", "--dossier", "mistral-api-key", "--allow", "plan"];
    let run = world.run(args).exits(0);
    assert!(run.out.contains("hosts: api.mistral.ai, console.mistral.ai\n"), "{}", run.out);
    let run = world.run(["verify", "--plan", "--dossier", "no-such-kind"]).exits(2);
    assert!(run.err.contains("no-such-kind"), "{}", run.err);
}

#[test]
fn a_plan_of_a_scan_counts_the_values() {
    let world = World::new();
    world.write("app.env", format!("{}{}", line(&key()), line(&key())));
    let run = world.run(["scan", "--verify", "--plan"]).exits(1);
    assert!(run.out.contains("(mistral-api-key), each of 2 values:"), "{}", run.out);
    let empty = World::new();
    let run = empty.run(["scan", "--verify", "--plan"]).exits(0);
    assert_eq!(run.out, "nothing would be sent\n");
}

#[test]
fn hosts_are_listed_for_a_firewall() {
    let world = World::new();
    let out = world.run(["probe", "hosts"]).exits(0).out;
    let hosts: Vec<&str> =
        out.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    for host in ["api.mistral.ai", "codestral.mistral.ai", "console.mistral.ai"] {
        assert!(hosts.contains(&host), "{out}");
    }
    let out =
        world.run(["probe", "hosts", "--base-url", "https://gateway.example:8443"]).exits(0).out;
    let hosts: Vec<&str> =
        out.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(hosts, ["gateway.example:8443"]);
    let run = world.run(["probe", "hosts", "--base-url", "http://gateway.example"]).exits(2);
    assert!(run.err.contains("HTTPS"), "{}", run.err);
}

#[test]
fn offline_nothing_is_sent_and_nothing_is_known() {
    let (world, value) = (World::new(), key());
    let server = Counterpart::start(Provider::furnished().key(Key::standard(&value)));
    world.write("app.env", line(&value));
    for args in [
        &["verify", "--offline", "--format", "json"][..],
        &["assess", "--offline", "--format", "json"],
        &["scan", "--verify", "--offline", "--format", "json"],
        &["scan", "--assess", "--offline", "--format", "json"],
    ] {
        let run = world.ask_about(&server, args, &value);
        let run = run.exits(if args[0] == "scan" { 1 } else { 3 });
        let verification = run.finding()["verification"].clone();
        assert_eq!(verification["validity"], "unchecked", "{args:?}");
        assert_eq!(verification["why"], "not asked: offline", "{args:?}");
    }
    let text = world.ask_about(&server, &["verify", "--offline"], &value).exits(3).out;
    assert!(text.contains("not asked: offline") && !text.contains("not asked: not"), "{text}");
    world.ask(&server, &["scan", "--verify=active-only", "--offline"]).exits(3);
    let run = world.ask_about(&server, &["verify", "--offline", "--plan"], &value).exits(0);
    assert!(run.out.ends_with("nothing would be sent\n"), "{}", run.out);
    assert!(server.requests().is_empty());
}

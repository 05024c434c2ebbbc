//! `leeward verify` about a value that is handed in: what the answer says, and
//! what is refused before anybody is asked.

use leeward_counterpart::World as Provider;
use leeward_counterpart::{Counterpart, Cut, Fault, Host, Key, KeySeen, RetryAfter, Rule};
use serde_json::{Value, json};

use crate::{
    fixture::{World, hint, key, line},
    provider,
};

const JSON: [&str; 3] = ["verify", "--format", "json"];

/// That a key is found to be of this validity and kind, with this exit code.
#[track_caller]
fn check(server: &Counterpart, value: &str, validity: &str, dossier: &str, code: i32) -> Value {
    let finding = World::new().ask_about(server, &JSON, value).exits(code).finding();
    assert_eq!(finding["verification"]["validity"], validity, "{finding:#}");
    assert_eq!(finding["dossier"], dossier, "{finding:#}");
    assert_eq!(finding["hint"], hint(value));
    server.assert_no_violations();
    finding
}

#[test]
fn each_kind_of_key_is_told() {
    type Make = fn(String) -> Key;
    for (make, validity, code) in [
        (Key::standard as Make, "active", 1),
        (Key::no_quota, "restricted", 1),
        (Key::no_permission, "restricted", 1),
        (Key::revoked, "inactive", 0),
        (Key::expired, "inactive", 0),
        // Whose host is another, and is not asked without a person's word.
        (Key::codestral, "inactive", 0),
    ] {
        let value = key();
        let server = provider::with(make(value.clone()));
        check(&server, &value, validity, "mistral-api-key", code);
        assert_eq!(server.count("/v1/models"), 1);
    }
    let (value, nobodys) = (key(), key());
    let server = provider::with(Key::standard(&value));
    check(&server, &nobodys, "inactive", "mistral-api-key", 0);
}

#[test]
fn a_key_of_the_administration_is_told_though_nothing_says_so() {
    for make in [Key::admin, |value: String| Key::admin(value).without_header_x_api_key()] {
        let value = key();
        let server = provider::with(make(value.clone()));
        let finding = check(&server, &value, "active", "mistral-admin-key", 1);
        assert_eq!(finding["severity"]["level"], "critical");
    }
}

#[test]
fn a_key_for_completion_is_asked_only_with_a_persons_word() {
    let (world, value) = (World::new(), key());
    let provider = Provider::new().key(Key::codestral(&value)).plays(Host::Codestral);
    let server = Counterpart::setup(provider).allow("POST", "/v1/fim/completions").start();
    let named = [&JSON[..], &["--dossier", "mistral-codestral-key"]].concat();
    let finding = world.ask_about(&server, &named, &value).finding();
    assert_ne!(finding["verification"]["validity"], "active");
    assert_eq!(server.count("/v1/fim/completions"), 0);
    let allowed = [&named[..], &["--allow", "refused-completion"]].concat();
    let finding = world.ask_about(&server, &allowed, &value).exits(1).finding();
    assert_eq!(finding["verification"]["validity"], "active", "{finding:#}");
    assert_eq!(finding["dossier"], "mistral-codestral-key");
    assert_eq!(server.count("/v1/fim/completions"), 1);
}

#[test]
fn a_standard_key_under_the_name_of_the_other_is_told() {
    let (world, value) = (World::new(), key());
    let server = provider::with(Key::standard(&value));
    let text = format!("CODESTRAL_API_KEY={value}\n");
    let finding = world.ask_about(&server, &JSON, &text).exits(1).finding();
    assert_eq!(finding["dossier"], "mistral-api-key");
    assert_eq!(finding["verification"]["validity"], "active");
    assert_eq!(server.count("/v1/fim/completions"), 0);
}

/// What is no answer of the provider's says nothing of the key: neither that
/// it is dead nor that it is live.
#[test]
fn no_answer_is_not_a_no() {
    let page = |status| Fault::Html(status).always();
    let faults: Vec<Rule> = vec![
        page(401),
        page(403),
        page(503),
        Fault::CaptivePortal.into(),
        Fault::NotJson.into(),
        Fault::WrongShape.into(),
        Fault::TruncatedJson.into(),
        Fault::BadGzip.into(),
        Fault::GzipBomb.into(),
        Fault::Endless.into(),
        Fault::Empty(200).into(),
        Fault::Empty(404).into(),
        Fault::Redirect("http://127.0.0.1:1/v1/models".to_owned()).into(),
        Fault::RateLimit(RetryAfter::Seconds(1_000_000_000)).into(),
        Fault::RateLimit(RetryAfter::Date(1_000_000)).into(),
    ];
    for fault in faults {
        let value = key();
        let server = provider::failing(Key::standard(&value), fault.clone());
        let run = World::new().ask_about(&server, &JSON, &value);
        let verification = run.finding()["verification"].clone();
        assert_eq!(verification["validity"], "unknown", "{fault:?}: {verification:#}");
        assert_eq!(run.code, 3, "{fault:?}");
        assert!(!verification["why"].as_str().unwrap().is_empty(), "{fault:?}");
        assert!(server.bytes_sent() < 1 << 28, "{fault:?}: {} bytes", server.bytes_sent());
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let value = key();
    let elsewhere = provider::with(Key::standard(&value));
    let fault = Fault::Redirect(format!("{}/v1/models", elsewhere.url()));
    let server = provider::failing(Key::standard(&value), fault);
    check(&server, &value, "unknown", "mistral-api-key", 3);
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn what_passes_is_waited_for() {
    let value = key();
    let fault = Fault::RateLimit(RetryAfter::Seconds(1)).always().first(1);
    let server = provider::failing(Key::standard(&value), fault);
    let finding = check(&server, &value, "active", "mistral-api-key", 1);
    assert_eq!(finding["verification"]["evidence"][0]["attempts"], 2);
    let value = key();
    let server =
        provider::failing(Key::standard(&value), Fault::Drop(Cut::InBody).always().first(1));
    check(&server, &value, "active", "mistral-api-key", 1);
}

#[test]
fn the_document_says_what_was_asked_and_whose_it_is() {
    let value = key();
    let server = provider::with(Key::standard(&value).named("deploy"));
    let finding = check(&server, &value, "active", "mistral-api-key", 1);
    let verification = &finding["verification"];
    assert!(verification["checked_at"].is_string() && verification["why"].is_string());
    let evidence = verification["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 1);
    for (member, expected) in [
        ("probe", json!("models")),
        ("method", json!("GET")),
        ("host", json!(server.address().to_string())),
        ("path", json!("/v1/models")),
        ("status", json!(200)),
        ("attempts", json!(1)),
    ] {
        assert_eq!(evidence[0][member], expected, "{member}");
    }
    let identity = finding["assessment"]["identity"].as_array().unwrap();
    let says = |role: &str| {
        let of_role = identity.iter().find(|it| it["role"] == role);
        of_role.map(|it| it["value"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    assert_eq!(says("email"), "ada@example.com");
    assert_eq!(says("workspace"), "Research");
    assert_eq!(says("organization"), "Example Company");
    assert_eq!(says("key"), "deploy");
    assert_eq!(finding["locations"], json!([]));
    // Nothing beyond that was asked.
    let paths: Vec<String> = server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/v1/models", "/v1/users/me"]);
}

#[test]
fn the_owner_is_learnt_by_either_header() {
    let value = key();
    let server = provider::with(Key::standard(&value).without_header_x_api_key());
    let finding = check(&server, &value, "active", "mistral-api-key", 1);
    assert!(finding["assessment"]["identity"].to_string().contains("ada@example.com"));
    assert_eq!(server.count("/v1/users/me"), 2);
}

#[test]
fn white_space_around_a_value_is_left_out() {
    let (world, value) = (World::new(), key());
    let server = provider::with(Key::standard(&value));
    let note = "white space around the value was left out";
    for end in ["", "\n", "\r\n"] {
        let run = world.ask_about(&server, &["verify"], &format!("{value}{end}")).exits(1);
        assert_eq!(run.err, "", "{end:?}");
    }
    for text in [format!(" {value}"), format!("{value} \n"), format!("\n{value}\n\n")] {
        let run = world.ask_about(&server, &["verify"], &text).exits(1);
        assert!(run.err.contains(note), "{text:?}: {}", run.err);
    }
    assert!(server.requests().iter().all(|request| request.key == KeySeen::Known(0)));
}

#[test]
fn a_line_of_a_file_will_do() {
    let (world, value) = (World::new(), key());
    let server = provider::with(Key::standard(&value));
    for text in [
        line(&value),
        format!("export MISTRAL_API_KEY=\"{value}\"\n"),
        format!("curl https://api.mistral.ai/v1/models -H 'Authorization: Bearer {value}'"),
    ] {
        let run = world.ask_about(&server, &["verify"], &text).exits(1);
        assert!(run.err.contains("the text around the value was left out"), "{}", run.err);
    }
    assert!(server.requests().iter().all(|request| request.key == KeySeen::Known(0)));
}

/// That a text is refused, why, and that nobody was asked.
#[track_caller]
fn refused(args: &[&str], text: &str, says: &str) {
    let (world, value) = (World::new(), key());
    let server = provider::with(Key::standard(&value));
    for command in ["verify", "assess"] {
        let args = [&[command], args].concat();
        let run = world.ask_about(&server, &args, text).exits(2);
        assert!(run.err.contains(says), "{args:?}: {}", run.err);
        assert!(run.err.starts_with("error: ") && run.err.lines().count() == 1, "{}", run.err);
        assert_eq!(run.out, "");
        for word in text.split([' ', '\n', '=']).filter(|word| word.len() > 16) {
            assert!(!run.err.contains(word), "{}", run.err.replace(word, "<WHOLE VALUE>"));
        }
    }
    assert!(server.requests().is_empty());
}

#[test]
fn what_is_no_value_is_refused_before_anybody_is_asked() {
    let value = key();
    refused(&[], "", "no value came");
    refused(&[], " \n", "no value came");
    refused(&[], &value[..31], "31");
    refused(&[], &format!("{value}x"), "33");
    refused(&[], &format!("{}-", &value[..31]), "character");
    refused(&[], &value.to_lowercase(), "capital");
    refused(&[], &value.to_uppercase(), "small");
    refused(&[], &format!("{}{}", line(&value), line(&key())), "2 values");
    refused(&[], "just some words\n", "");
    refused(&["--dossier", "mistral-api-key"], &value[..31], "31");
    refused(&["--dossier", "no-such-kind"], &value, "no-such-kind");
}

/// What a provider printed in its documentation is nobody's. The real one is
/// not written down here, so the test has one of its own.
#[test]
fn a_published_example_is_refused() {
    let (world, value) = (World::new(), key());
    world.write("app.env", line(&value));
    let finding = world.run(["scan", "--format", "json"]).exits(1).finding();
    let print = finding["fingerprint"].as_str().unwrap();
    let dossier = include_str!("../../../../dossiers/mistral/api-key.toml");
    let known = "published_examples = [\"";
    assert!(dossier.contains(known));
    let dossier = dossier.replace(known, &format!("{known}{print}\", \""));
    let file = world.write("mistral/api-key.toml", dossier);
    let server = provider::with(Key::standard(&value));
    let args = ["verify", "--dossiers", file.to_str().unwrap()];
    let run = world.ask_about(&server, &args, &value).exits(2);
    assert!(run.err.contains("published"), "{}", run.err);
    assert!(!run.err.contains(&value));
    assert!(server.requests().is_empty());
}

#[test]
fn half_of_a_pair_is_refused() {
    // 40 characters, as such a half has.
    let half = format!("{}{}", key(), &key()[..8]);
    refused(&["--dossier", "aws-access-key"], &half, "works only with its");
}

#[test]
fn a_value_is_no_argument() {
    let (world, value) = (World::new(), key());
    let server = provider::with(Key::standard(&value));
    for args in [
        &["verify", &value][..],
        &["assess", &value],
        &["verify", "--dossier", "mistral-api-key", &value],
        &["verify", "--key", &value],
        &["verify", &format!("--value={value}")],
    ] {
        let run = world.ask(&server, args).exits(2);
        assert!(!run.err.contains(&value), "{args:?}: {}", run.err.replace(&value, "<VALUE>"));
        assert_eq!(run.out, "");
    }
    assert!(server.requests().is_empty());
}

/// Whoever sees the machine's processes sees no value.
#[cfg(target_os = "linux")]
#[test]
fn a_value_is_in_no_argument() {
    use std::process::Stdio;

    let (world, value) = (World::new(), key());
    let server = provider::failing(Key::standard(&value), Fault::Hang);
    let mut command = world.leeward(&world.work());
    let mut args = provider::at(&server, &["verify"]);
    args.extend(["--ask-within", "1"].map(str::to_owned));
    let piped = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), value.as_bytes()).unwrap();
    while server.requests().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    for file in ["cmdline", "environ"] {
        let seen = std::fs::read(format!("/proc/{}/{file}", child.id())).unwrap();
        let seen = String::from_utf8_lossy(&seen);
        assert!(seen.contains("leeward") || file == "environ", "{seen}");
        assert!(!seen.contains(&value), "in {file}");
    }
    let run = crate::fixture::Run::of(&child.wait_with_output().unwrap()).exits(3);
    assert!(!run.out.contains(&value) && !run.err.contains(&value));
}

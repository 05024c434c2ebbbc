//! A secret of its own for each test goes wherever a secret can get by
//! accident, through every command and format, and never comes out whole.

use std::{fs, path::Path};

use leeward_counterpart::{Counterpart, Fault, Key, Rule, World as Provider};

use crate::{
    fixture::{Run, World, key, line},
    provider,
};

const FORMATS: [&str; 10] =
    ["human", "json", "jsonl", "sarif", "csv", "markdown", "html", "junit", "gitlab", "github"];

#[track_caller]
fn check(run: &Run, key: &str) {
    for (stream, text) in [("stdout", &run.out), ("stderr", &run.err)] {
        assert!(!text.contains(key), "on {stream}: {}", text.replace(key, "<WHOLE VALUE>"));
    }
}

#[track_caller]
fn check_file(path: &Path, key: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(!text.contains(key), "{}: {}", path.display(), text.replace(key, "<WHOLE VALUE>"));
}

/// A repository that holds the key in everything that has a name or a text.
fn soaked(key: &str) -> World {
    let world = World::repository();
    world.commit_file(&format!("{key}/{key}.env"), &line(key));
    world.git(&["checkout", "-q", "-b", key]);
    world.git(&[
        "-c",
        &format!("user.name=A {key}"),
        "-c",
        &format!("user.email={key}@example.com"),
        "commit",
        "-q",
        "--allow-empty",
        "--author",
        &format!("A {key} <{key}@example.com>"),
        "-m",
        &format!("MISTRAL_API_KEY={key}"),
    ]);
    world.git(&["tag", "-a", &format!("v-{key}"), "-m", &format!("MISTRAL_API_KEY={key}")]);
    world.git(&["update-ref", &format!("refs/remotes/{key}/main"), "HEAD"]);
    world.commit_file(&format!("node_modules/{key}/a.js"), &line(key));
    world.write(format!("copy-{key}.json"), format!("{{\"mistralApiKey\": \"{key}\"}}"));
    world
}

#[test]
fn no_format_shows_it() {
    let key = key();
    let world = soaked(&key);
    let scopes = [
        &[][..],
        &["--no-history"],
        &["--history-only"],
        &["--range", "main..HEAD"],
        &["--confidence", "low", "--color", "always"],
    ];
    for format in FORMATS {
        for scope in scopes {
            let args = [&["scan", "--format", format], scope].concat();
            check(&world.run(args).exits(1), &key);
        }
        let path = world.beside(format);
        let args = ["scan", "--format", format, "--output", path.to_str().unwrap()];
        check(&world.run(args).exits(1), &key);
        check_file(&path, &key);
    }
    let baseline = world.beside("baseline.json");
    check(&world.run(["scan", "--write-baseline", baseline.to_str().unwrap()]).exits(1), &key);
    check_file(&baseline, &key);
}

#[test]
fn standard_input_and_stages_do_not_show_it() {
    let key = key();
    let world = World::repository();
    world.write(format!("{key}.env"), line(&key));
    world.git(&["add", "."]);
    for format in FORMATS {
        check(&world.run(["scan", "--staged", "--format", format]).exits(1), &key);
        let feed = |to: &mut dyn std::io::Write| to.write_all(line(&key).as_bytes()).unwrap();
        check(&world.run_with_input(&["scan", "--format", format, "-"], feed).exits(1), &key);
    }
}

/// A value that was typed or pasted where it does not belong.
#[test]
fn no_complaint_shows_it() {
    let key = key();
    let key = key.as_str();
    let world = World::repository();
    world.commit("first");
    world.write("app.env", line(key));
    let flag = format!("--{key}");
    let pair = format!("MISTRAL_API_KEY={key}");
    let header = format!("Authorization: Bearer {key}");
    let path = format!("no/such/{key}");
    let range = format!("{key}..HEAD");
    let long = format!("--api-key={key}");
    let excluded = format!("[{key}");
    let local = format!("file:///no/such/{key}");
    let connection = format!("mistral://apikey:{key}@api.mistral.ai");
    let insecure = format!("http://me:{key}@example.com/a.git");
    let address = format!("https://{key}@gateway.example/{key}");
    let shell = format!("ssh://me:{key}@example.com/a.git");
    for args in [
        &[key][..],
        &[&flag],
        &["scan", key],
        &["scan", &flag],
        &["scan", &long],
        &["scan", &pair],
        &["scan", &header],
        &["scan", &path],
        &["scan", ".", key],
        &["scan", &local],
        &["scan", &connection],
        &["scan", &insecure],
        &["scan", &shell],
        &["scan", "--format", key],
        &["scan", "--confidence", key],
        &["scan", "--color", key],
        &["scan", "--threads", key],
        &["scan", "--max-file-size", key],
        &["scan", "--range", key],
        &["scan", "--range", &range],
        &["scan", "--exclude", &excluded, "no/such/place"],
        &["scan", "--baseline", key],
        &["scan", "--baseline", "app.env"],
        &["scan", "--write-baseline", &path],
        &["scan", "--ignore-file", key],
        &["scan", "--ignore-file", "app.env"],
        &["scan", "--output", &path],
        &["scan", "--dossiers", key],
        &["scan", "--dossiers", "app.env"],
        &["verify", key],
        &["verify", &flag],
        &["verify", "--dossier", key],
        &["verify", "--dossiers", "app.env"],
        &["verify", "--report", key],
        &["verify", "--report", "app.env"],
        &["verify", "--report", "report.json", key],
        &["verify", "--format", key],
        &["verify", "--plan", "--dossier", key],
        &["verify", "--base-url", key],
        &["verify", "--base-url", &pair],
        &["verify", "--base-url", &address],
        &["verify", "--base-url", &insecure],
        &["verify", "--allow", key],
        &["verify", "--rate", key],
        &["verify", "--ask-within", key],
        &["verify", "--ca", key],
        &["verify", "--ca", "app.env"],
        &["assess", key],
        &["assess", "--report", &path],
        &["scan", "--verify", key],
        &["scan", &format!("--verify={key}")],
        &["scan", "--verify", "--base-url", &address],
        &["probe", key],
        &["probe", "hosts", key],
        &["probe", "hosts", "--base-url", &address],
        &["dossier", key],
        &["dossier", "show", key],
        &["dossier", "list", "--dossiers", "app.env"],
    ] {
        check(&world.run(args).exits(2), key);
    }
    check(&world.run(["dossier", "check", "app.env"]).exits(1), key);
    check(&world.run(["dossier", "check", key]), key);
    // An address that could be one, and is spelled out where it was asked.
    let query = format!("https://gateway.example/{key}?{key}#{key}");
    check(&world.run(["verify", "--base-url", &query]).exits(2), key);
    let address = format!("https://gateway.example/{key}");
    for format in FORMATS {
        let args = ["scan", "--verify", "--base-url", &address, "--format", format];
        check(&world.run(args).exits(1), key);
    }
    check(&world.run(["probe", "hosts", "--base-url", &address]).exits(0), key);
    check(&world.run(["scan", "--verify", "--plan", "--base-url", &address]).exits(1), key);
    let host = format!("https://{key}.example");
    check(&world.run(["probe", "hosts", "--base-url", &host]).exits(0), key);
    check(&world.run(["scan", "--verify", "--plan", "--base-url", &host]).exits(1), key);
}

/// Providers that answer, that repeat the key in what they say, and that
/// answer what nobody understands.
fn providers(key: &str) -> Vec<Counterpart> {
    let rules: [Option<Rule>; 8] = [
        None,
        Some(Fault::EchoKey(200).into()),
        Some(Fault::EchoKey(401).into()),
        Some(Fault::EchoKey(403).into()),
        Some(Fault::EchoKey(404).into()),
        Some(Fault::EchoKey(200).on("/v1/users/*")),
        Some(Fault::EchoKey(418).on("/v1/files*")),
        Some(Fault::Redirect(format!("https://{key}@gateway.example/{key}")).into()),
    ];
    let provider = || Provider::furnished().key(Key::standard(key).named(format!("named {key}")));
    let start = |rule| match rule {
        None => Counterpart::start(provider()),
        Some(rule) => Counterpart::setup(provider()).fault(rule).start(),
    };
    rules.into_iter().map(start).collect()
}

#[test]
fn no_answer_shows_it() {
    let (world, key) = (World::repository(), key());
    world.commit_file("app.env", &line(&key));
    for server in providers(&key) {
        for format in FORMATS {
            let handed = world.ask_about(&server, &["assess", "--format", format], &key);
            check(&handed, &key);
            let scanned = world.ask(&server, &["scan", "--assess", "--format", format]);
            check(&scanned.exits(1), &key);
        }
        let path = world.beside("report");
        let path = path.to_str().unwrap();
        for command in ["verify", "assess"] {
            for text in [key.clone(), line(&key), format!(" {key} {key}\n")] {
                check(&world.ask_about(&server, &[command], &text), &key);
                let args = [command, "--format", "json", "--output", path];
                check(&world.ask_about(&server, &args, &text), &key);
            }
            check_file(Path::new(path), &key);
        }
        let only = ["scan", "--verify=active-only", "--format", "json"];
        check(&world.ask(&server, &only), &key);
        assert!(!server.requests().is_empty());
    }
    let left: Vec<_> = fs::read_dir(world.temporary()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_not_asked_does_not_show_it() {
    let key = key();
    let world = soaked(&key);
    let report = world.beside("report.json");
    let report = report.to_str().unwrap();
    world.run(["scan", "--format", "json", "--output", report]).exits(1);
    for command in ["verify", "assess"] {
        for how in ["--plan", "--offline"] {
            check(&world.hand_in(&[command, how], &key), &key);
            check(&world.run([command, how, "--report", report]), &key);
        }
    }
    for args in [["--verify", "--plan"], ["--assess", "--plan"], ["--verify", "--offline"]] {
        check(&world.run([&["scan"], &args[..]].concat()).exits(1), &key);
    }
    // Read again from everything that has the value for a name, and from places
    // that are gone.
    let server = provider::with(Key::revoked(&key));
    for format in FORMATS {
        let args = ["assess", "--format", format, "--report", report];
        check(&world.ask(&server, &args).exits(0), &key);
    }
    let emptied = World::new();
    check(&emptied.ask(&server, &["verify", "--report", report]), &key);
}

/// Coloured complaints are put together differently.
#[test]
fn no_coloured_complaint_shows_it() {
    let (world, key) = (World::new(), key());
    for args in [&["scan", "--format", &key][..], &["--color", "always", "scan", &key]] {
        let mut command = world.leeward(&world.work());
        let output = command.args(args).env("CLICOLOR_FORCE", "1").output().unwrap();
        let run = Run::of(&output).exits(2);
        assert!(run.err.contains('\u{1b}'), "{}", run.err);
        check(&run, &key);
    }
}

/// The program that fetches remote repositories is handed nothing that other
/// users of the machine can read, and its complaints are cleaned.
#[cfg(unix)]
#[test]
fn git_gets_no_credentials_in_its_arguments() {
    use std::os::unix::fs::PermissionsExt as _;

    let (world, key) = (World::new(), key());
    let (seen, programs) = (world.beside("seen"), world.beside("bin"));
    fs::create_dir(&programs).unwrap();
    let git = programs.join("git");
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\" >> '{0}'\nenv | cut -d= -f1 >> '{0}'\nenv >&2\n\
         echo \"fatal: could not read from https://me:{key}@example.com/\" >&2\nexit 128\n",
        seen.display()
    );
    fs::write(&git, script).unwrap();
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
    for url in [
        format!("https://me:{key}@example.com/a.git"),
        format!("https://{key}@example.com/a.git?token={key}"),
        format!("https://{key}:x-oauth-basic@example.com/a.git#{key}"),
    ] {
        let mut path = programs.clone().into_os_string();
        path.push(":");
        path.push(crate::fixture::search_path());
        let mut command = world.leeward(&world.work());
        let run = Run::of(&command.args(["scan", &url]).env("PATH", path).output().unwrap());
        let run = run.exits(2);
        check(&run, &key);
        assert!(run.err.contains("failed to clone `https://example.com/a.git`"), "{}", run.err);
        let credentials = run.err.split("Authorization: Basic ").nth(1).unwrap_or_default();
        assert!(credentials.is_empty() || credentials.starts_with("***"), "{}", run.err);
    }
    let seen_text = fs::read_to_string(&seen).unwrap();
    assert!(seen_text.contains("https://example.com/a.git"), "git was started: {seen_text}");
    check_file(&seen, &key);
    let left: Vec<_> = fs::read_dir(world.temporary()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// What is left out of the findings must not come out by another way.
#[cfg(unix)]
#[test]
fn a_suppressed_value_stays_hidden() {
    let (world, key) = (World::new(), key());
    world.write("app.env", format!("# leeward:ignore\n{}", line(&key)));
    std::os::unix::fs::symlink("app.env", world.work().join(&key)).unwrap();
    for format in FORMATS {
        let run = world.run(["scan", "--format", format]).exits(0);
        check(&run, &key);
    }
}

#[test]
fn a_failing_clone_does_not_show_it() {
    let (world, key) = (World::new(), key());
    // Nothing listens there, so git fails at once.
    for url in
        [format!("https://me:{key}@127.0.0.1:1/a.git"), format!("https://{key}@127.0.0.1:1/a.git")]
    {
        check(&world.run(["scan", &url]).exits(2), &key);
    }
}

#[test]
fn nothing_is_shown_in_full_without_a_terminal() {
    let (world, key) = (World::new(), key());
    world.write("app.env", line(&key));
    for format in FORMATS {
        check(&world.run(["scan", "--show-secrets", "--format", format]).exits(2), &key);
    }
    let path = world.beside("report");
    let args = ["scan", "--show-secrets", "--output", path.to_str().unwrap()];
    check(&world.run(args).exits(2), &key);
    assert!(!path.exists());
    let feed = |to: &mut dyn std::io::Write| drop(to.write_all(b"show\n"));
    check(&world.run_with_input(&["scan", "--show-secrets"], feed).exits(2), &key);
}

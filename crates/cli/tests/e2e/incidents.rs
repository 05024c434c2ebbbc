//! What is kept of incidents, and who is told: lists, notes, owners, other
//! databases, and the promise that no value is kept anywhere.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    sync::mpsc,
    thread,
};

use leeward_counterpart::Key;

use crate::{
    fixture::{Run, World, key, line},
    provider,
    responding::Case,
};

/// All bytes below a directory.
fn holds(dir: &Path, value: &str) -> Option<std::path::PathBuf> {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if let Some(found) = holds(&path, value) {
                return Some(found);
            }
        } else {
            let bytes = fs::read(&path).unwrap();
            if bytes.windows(value.len()).any(|part| part == value.as_bytes()) {
                return Some(path);
            }
        }
    }
    None
}

#[track_caller]
fn quiet(run: Run, value: &str) -> Run {
    assert!(!run.out.contains(value), "on stdout: {}", run.out.replace(value, "<VALUE>"));
    assert!(!run.err.contains(value), "on stderr: {}", run.err.replace(value, "<VALUE>"));
    run
}

#[test]
fn a_value_in_every_name_is_kept_nowhere() {
    let key = key();
    let world = World::repository();
    world.commit_file(&format!("d-{key}/{key}.env"), &line(&key));
    world.git(&["checkout", "-q", "-b", &format!("b-{key}")]);
    world.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "--author",
        &format!("A {key} <{key}@example.com>"),
        "-m",
        &line(&key),
    ]);
    let server = provider::with(Key::standard(&key).named(format!("ci {key}")));
    let target = format!("d-{key}");
    let ask = |args: &[&str]| quiet(world.ask(&server, args), &key);
    ask(&["scan", "--record", "--verify", "."]).exits(1);
    ask(&["scan", "--record", "--assess", &target, "."]).exits(1);
    ask(&["respond", "1"]).exits(0);
    ask(&["respond", "1", "--apply", "--force", "--order", "revoke-first"]).exits(1);
    let run = |args: &[&str]| quiet(world.run(args), &key);
    run(&["incident", "note", "1", &format!("the key is {key}")]).exits(0);
    run(&["incident", "assign", "1", &key]).exits(0);
    run(&["incident", "note", "1", "said", "--as", &key]).exits(0);
    run(&["incident", "close", "1", "--waive", &format!("revoke={key}")]);
    run(&["respond", "1", "audit", "--attest", &format!("I looked at {key}")]);
    for format in ["human", "json", "markdown", "html"] {
        run(&["incident", "show", "1", "--format", format]).exits(0);
    }
    for format in ["human", "json", "csv"] {
        run(&["incident", "list", "--format", format]).exits(0);
    }
    run(&["incident", "export", "1", "--output", "../pack"]).exits(0);
    let found = holds(&world.beside("home"), &key).or(holds(&world.beside("pack"), &key));
    assert_eq!(found, None);
    run(&["incident", "verify-log"]).exits(0);
}

#[test]
fn nothing_recorded_is_said() {
    let world = World::new();
    let run = world.run(["incident", "list"]).exits(2);
    assert!(run.err.contains("leeward scan --record"), "{}", run.err);
    assert!(!world.beside("home/.local").exists(), "reading makes nothing");
}

#[test]
fn a_scan_without_the_flag_keeps_nothing() {
    let world = World::new();
    world.write(".env", line(&key()));
    world.run(["scan"]).exits(1);
    world.run(["incident", "list"]).exits(2);
}

#[test]
fn owners_days_and_notes() {
    let case = Case::in_history(&|provider, exposed| provider.key(exposed));
    let world = &case.world;
    world.run(["incident", "assign", "1", "ada", "--due", "2031-05-06"]).exits(0);
    world.run(["incident", "note", "1", "called the team"]).exits(0);
    let list = world.run(["incident", "list", "--owner", "ada"]).exits(0);
    assert!(list.out.contains("ada"), "{}", list.out);
    let shown = world.run(["incident", "show", "1"]).exits(0);
    assert!(shown.out.contains("called the team"), "{}", shown.out);
    assert!(shown.out.contains("2031-05-06"), "{}", shown.out);
    world.run(["incident", "assign", "1", "--due", "someday"]).exits(2);
    let fingerprint = case.shown()["incident"]["fingerprint"].as_str().unwrap().to_owned();
    world.run(["incident", "show", &fingerprint[..12]]).exits(0);
    let run = world.run(["incident", "show", "7"]).exits(2);
    assert!(run.err.contains('7'), "{}", run.err);
}

#[test]
fn a_password_is_no_argument() {
    let world = World::new();
    let run =
        world.run(["incident", "list", "--store", "postgres://me:word@127.0.0.1:1/x"]).exits(2);
    assert!(run.err.contains("LEEWARD_STORE"), "{}", run.err);
    assert!(!run.err.contains("word@"), "{}", run.err);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let world = World::new();
    let path = world.write("notes.txt", "not a database, and somebody's own\n".repeat(40));
    world.write(".env", line(&key()));
    let store = path.to_str().unwrap();
    let run = world.run(["scan", "--record", "--store", store]).exits(2);
    assert!(run.err.starts_with("error: "), "{}", run.err);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 40);
}

#[test]
fn settings_that_are_not_understood_are_named_by_line() {
    let world = World::new();
    let secret = key();
    let text = format!("[due]\ncritical = 2\nunknown = \"{secret}\"\n");
    let config = world.write("leeward.toml", text);
    let run = world.run(["scan", "--record", "--config", config.to_str().unwrap()]).exits(2);
    assert!(run.err.contains("line 3"), "{}", run.err);
    assert!(!run.err.contains(&secret), "{}", run.err);
}

/// A server that takes one request and hands it over.
fn listener() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            loop {
                let read = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length")
                        .then(|| value.trim().parse().ok())?
                });
                if read == 0 || body.len() >= length.unwrap_or(0) {
                    break;
                }
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            sender.send(String::from_utf8_lossy(&request).into_owned()).unwrap();
        }
    });
    (url, receiver)
}

fn settings(world: &World, url: &str) -> String {
    let text = format!(
        "[[alert]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"{url}\"\nsecret = {{ env = \
         \"HOOK_SECRET\" }}\nseverity = \"low\"\n"
    );
    world.write("leeward.toml", text).to_str().unwrap().to_owned()
}

#[test]
fn who_wants_to_know_is_told_once() {
    let (url, told) = listener();
    let world = World::new();
    let key = key();
    world.write(".env", line(&key));
    let config = settings(&world, &url);
    let scan = || {
        let mut command = world.leeward(&world.work());
        command.args(["scan", "--record", "--config", &config]).env("HOOK_SECRET", "shared word");
        Run::of(&command.output().unwrap()).exits(1)
    };
    scan();
    let request = told.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    assert!(request.to_ascii_lowercase().contains("leeward-signature:"), "{request}");
    assert!(request.contains("leeward.alert/1"), "{request}");
    assert!(!request.contains(&key), "a value went out");
    scan();
    assert!(told.recv_timeout(std::time::Duration::from_millis(300)).is_err());
}

#[test]
fn an_alert_waits_while_nobody_listens() {
    let world = World::new();
    world.write(".env", line(&key()));
    let config = settings(&world, "http://127.0.0.1:9/hook");
    let run = |args: &[&str]| {
        let mut command = world.leeward(&world.work());
        command.args(args).args(["--config", &config]).env("HOOK_SECRET", "shared word");
        Run::of(&command.output().unwrap())
    };
    let scanned = run(&["scan", "--record"]).exits(1);
    assert!(scanned.err.contains("hook"), "{}", scanned.err);
    let list = run(&["alert", "list"]).exits(0);
    assert!(list.out.contains("hook, incident 1"), "{}", list.out);
    let preview = run(&["alert", "preview", "1"]).exits(0);
    assert!(preview.out.contains("nothing was sent"), "{}", preview.out);
    assert!(!preview.out.contains("shared word"), "{}", preview.out);
}

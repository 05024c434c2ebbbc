//! Keys that nobody uses, and who is seen using them.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
    thread,
    time::Duration,
};

use leeward_counterpart::Key;
use leeward_model::Secret;
use leeward_respond::logs::sha256_of;

use crate::{
    fixture::{Run, World, key, line},
    provider,
};

/// A world with one honey key in `name`; its value.
fn with_bait(name: &str) -> (World, String) {
    let world = World::repository();
    fs::create_dir_all(world.work().join(name).parent().unwrap()).unwrap();
    let made = world.run(["honey", "create", "--output", name, "--note", "by the door"]).exits(0);
    let text = fs::read_to_string(world.work().join(name)).unwrap();
    let value = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| word.len() == 32)
        .expect("a value")
        .to_owned();
    assert!(!made.out.contains(&value) && !made.err.contains(&value), "{made:?}");
    (world, value)
}

/// What the database has, byte for byte.
fn database(world: &World) -> Vec<u8> {
    let folder = world.beside("home/.local/share/leeward");
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        all.extend(fs::read(entry.unwrap().path()).unwrap());
    }
    all
}

#[track_caller]
fn lacks(text: &[u8], value: &str) {
    let mut windows = text.windows(value.len());
    assert!(!windows.any(|window| window == value.as_bytes()), "the value is there");
}

#[test]
fn one_that_lies_where_it_was_put_is_no_incident() {
    for name in ["deploy/.env.production", "config.json", "settings.yaml"] {
        let (world, value) = with_bait(name);
        let run = world.run(["scan", "--record"]).exits(0);
        assert!(run.err.contains("1 honey key is not among the findings"), "{}", run.err);
        assert!(world.run(["incident", "list"]).out.contains("no"));
        // Also when it is committed there: a decoy for whoever takes the repository.
        world.commit("bait");
        world.run(["scan", "--record"]).exits(0);
        // A scan that knows no store cannot know.
        let run = world.run(["scan", "--format", "json"]).exits(1);
        assert!(!run.out.contains(&value));
        assert_eq!(run.finding()["dossier"], "mistral-api-key", "{name}");
    }
}

#[test]
#[cfg(unix)]
fn the_bait_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (world, _) = with_bait(".env");
    let mode = fs::metadata(world.work().join(".env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let run = world.run(["honey", "create", "--output", ".env"]).exits(2);
    assert!(run.err.contains("is there already"), "{}", run.err);
}

#[test]
fn a_sighting_elsewhere_is_a_critical_incident() {
    let (world, value) = with_bait(".env");
    world.write("notes/paste.txt", format!("found this: mistral {value}\n"));
    let run = world.run(["scan", "--record", "--format", "json"]).exits(1);
    let finding = run.finding();
    assert_eq!(finding["severity"]["level"], "critical");
    let why = finding["severity"]["why"].as_str().unwrap();
    assert!(why.contains("a honey key was sighted"), "{why}");
    assert_eq!(finding["locations"].as_array().unwrap().len(), 1, "not the place it was put");
    assert!(!run.out.contains(&value) && !run.err.contains(&value));
    let shown = world.run(["incident", "show", "1"]).exits(0).out;
    assert!(shown.contains("critical") && shown.contains("a honey key was sighted"), "{shown}");
    let list = world.run(["honey", "list"]).exits(0).out;
    assert!(list.contains("SEEN: incident 1") && list.contains("by the door"), "{list}");

    let plan = world.run(["respond", "1"]).exits(0).out;
    assert!(plan.contains("nothing is revoked"), "{plan}");
    let applied = world.run(["respond", "1", "--apply", "--offline"]).exits(1).out;
    assert!(applied.contains("nothing is revoked"), "{applied}");
    world.run(["respond", "1", "assess", "--attest", "the backup was read"]).exits(1);
    let both = ["respond", "1", "--waive", "assess=no", "--apply", "--offline"];
    assert!(world.run(both).exits(2).err.contains("leave out `--apply`"));
    world.run(["incident", "verify-log"]).exits(0);
    for text in [shown, list, plan, applied] {
        assert!(!text.contains(&value));
    }
    lacks(&database(&world), &value);
}

/// Nobody may be asked about it: whoever asks uses it, and shows that it is
/// watched.
#[test]
fn no_provider_is_asked_about_one() {
    let (world, value) = with_bait(".env");
    world.write("copy.env", line(&value));
    let other = key();
    world.write("real.env", line(&other));
    let server = provider::with(Key::standard(&other));
    let run = world.ask(&server, &["scan", "--record", "--verify", "--format", "json"]).exits(1);
    let document = run.json();
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2, "{document:#}");
    let unasked: Vec<_> =
        findings.iter().filter(|it| it["verification"]["validity"] == "unchecked").collect();
    assert_eq!(unasked.len(), 1, "{document:#}");
    assert_eq!(unasked[0]["severity"]["level"], "critical");
    let requests = server.requests();
    assert!(!requests.is_empty(), "the other was asked about");
    assert!(requests.iter().all(|request| request.status != Some(401)), "{requests:?}");
    server.assert_no_violations();
}

#[test]
fn its_use_in_a_gateways_log_is_a_critical_incident() {
    let (world, value) = with_bait(".env");
    let log = |world: &World, text: &str| world.write("gateway.jsonl", text);
    log(&world, "{\"time\": \"2026-11-27T10:00:00Z\", \"api_key\": \"other\", \"model\": \"m\"}\n");
    let run = world.run(["honey", "check", "gateway.jsonl", "--offline"]).exits(0);
    assert!(run.out.contains("none of 1 honey keys"), "{}", run.out);

    // As a gateway logs it: the hash alone, with the address.
    let hash = sha256_of(&Secret::new(value.as_bytes()));
    let request = format!(
        "{{\"timestamp\": \"2026-11-27T10:00:00Z\", \"api_key_hash\": \"{hash}\", \"client_ip\": \
         \"203.0.113.9\", \"model\": \"mistral-large\", \"path\": \"/v1/chat/completions\", \"status\": 401}}\n"
    );
    log(&world, &request);
    let run = world.run(["honey", "check", "gateway.jsonl", "--offline"]).exits(1);
    assert!(run.out.contains("was used") && run.out.contains("incident 1"), "{}", run.out);
    let again = world.run(["honey", "check", "gateway.jsonl", "--offline"]).exits(1);
    assert!(again.out.contains("known already"), "{}", again.out);
    let shown = world.run(["incident", "show", "1"]).exits(0).out;
    assert!(shown.contains("critical") && shown.contains("a honey key was used"), "{shown}");

    // In clear text it is an exposure as well.
    log(&world, &format!("GET /v1/models Authorization: Bearer {value}\n"));
    let run = world.run(["honey", "check", "gateway.jsonl", "--offline"]).exits(1);
    assert!(!run.out.contains(&value) && !run.err.contains(&value), "{run:?}");
    lacks(&database(&world), &value);
    world.run(["incident", "verify-log"]).exits(0);

    // A few characters that gateways show prove nothing.
    let world = World::repository();
    world.run(["honey", "create", "--output", ".env"]).exits(0);
    let text = fs::read_to_string(world.work().join(".env")).unwrap();
    let value = text.split("KEY=").nth(1).unwrap().lines().next().unwrap();
    let weak =
        format!("{{\"timestamp\": \"2026-11-27T10:00:00Z\", \"key\": \"...{}\"}}\n", &value[28..]);
    log(&world, &weak);
    let run = world.run(["honey", "check", "gateway.jsonl", "--offline"]).exits(0);
    assert!(run.out.contains("no incident begins"), "{}", run.out);
}

/// A server that takes requests and hands them over.
fn listener() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut piece) = (String::new(), [0; 4096]);
            while !request.contains("\r\n\r\n") || !request.trim_end().ends_with('}') {
                match stream.read(&mut piece).unwrap() {
                    0 => break,
                    read => request.push_str(&String::from_utf8_lossy(&piece[..read])),
                }
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            sender.send(request).unwrap();
        }
    });
    (url, receiver)
}

#[test]
fn who_wants_to_know_of_critical_incidents_is_told() {
    let (url, told) = listener();
    let (world, value) = with_bait(".env");
    let settings = format!(
        "[[alert]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"{url}\"\nsecret = {{ env = \
         \"HOOK_SECRET\" }}\nseverity = \"critical\"\n"
    );
    let config = world.write("leeward.toml", settings);
    let run = |args: &[&str]| {
        let mut command = world.leeward(&world.work());
        command.args(args).arg("--config").arg(&config).env("HOOK_SECRET", "shared word");
        Run::of(&command.output().unwrap())
    };
    // One that is no more than high does not reach this channel.
    world.write("real.env", line(&key()));
    run(&["scan", "--record", "real.env"]).exits(1);
    world.write("stolen.txt", format!("mistral key {value}\n"));
    run(&["scan", "--record", "stolen.txt"]).exits(1);
    let request = told.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(request.contains("leeward.alert/1") && request.contains("honey key"), "{request}");
    assert!(request.contains("critical"), "{request}");
    assert!(!request.contains(&value), "a value went out");
    assert!(told.recv_timeout(Duration::from_millis(300)).is_err(), "one alert, and no other");

    // So is whoever is told by a log.
    run(&["honey", "create", "--output", "second.env"]).exits(0);
    let text = fs::read_to_string(world.work().join("second.env")).unwrap();
    let value = text.split("KEY=").nth(1).unwrap().lines().next().unwrap();
    world.write("proxy.log", format!("2026-11-27T10:00:00Z Authorization: Bearer {value}\n"));
    run(&["honey", "check", "proxy.log"]).exits(1);
    let request = told.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(request.contains("honey key") && !request.contains(value), "{request}");
}

#[test]
fn a_retired_one_is_watched_for_no_more() {
    let (world, value) = with_bait(".env");
    world.write("copy.env", line(&value));
    let run = world.run(["honey", "retire", "1", "--reason", "moved house"]).exits(0);
    assert!(run.out.contains("watched for no more"), "{}", run.out);
    world.run(["scan", "--record"]).exits(0);
    assert!(world.run(["honey", "list"]).exits(0).out.contains("no honey key"));
    assert!(world.run(["honey", "list", "--all"]).exits(0).out.contains("retired"));
    let log = world.write("a.log", format!("Bearer {value}\n"));
    world.run(["honey", "check", log.to_str().unwrap(), "--offline"]).exits(2);
    let shown = world.run(["honey", "show", "1"]).exits(0).out;
    assert!(shown.contains("by the door") && !shown.contains(&value), "{shown}");
    world.run(["honey", "show", "7"]).exits(2);
}

#[test]
fn a_value_goes_to_a_pipe_when_that_is_asked_for() {
    let world = World::repository();
    world.run(["honey", "create"]).exits(2);
    world.run(["honey", "create", "--stdout"]).exits(2);
    let run = world.run(["honey", "create", "--stdout", "--place", "k8s/secret.env"]).exits(0);
    let value = run.out.trim_end().to_owned();
    assert_eq!(value.len(), 32);
    assert!(!run.err.contains(&value));
    world.write("k8s/secret.env", line(&value));
    world.run(["scan", "--record"]).exits(0);
    let run = world.run(["honey", "create", "--kind", "openai-api-key", "-o", "a.env"]).exits(2);
    assert!(run.err.contains("random characters"), "{}", run.err);
    let run = world.run(["honey", "create", "--name", "COLOUR", "-o", "a.env"]).exits(2);
    assert!(run.err.contains("would not find it"), "{}", run.err);
    assert!(!world.work().join("a.env").exists());
}

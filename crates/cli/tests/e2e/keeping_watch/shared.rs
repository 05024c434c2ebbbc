//! A server and workers that share scans through a NATS server, each the program itself:
//! with the accounts of `packaging/fleet`, over TLS. What they find is what one process
//! finds, and no value lies in the queue.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use leeward_servers::Nats;

use super::{
    queued::{DONE, REPOSITORIES, SCANNED, adds, found, told, wait},
    served::Served,
    site::Site,
};
use crate::fixture::{Run, World, key, line};

/// The two accounts, whose passwords are their names.
fn accounts() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/fleet/accounts.conf");
    let text = fs::read_to_string(file).unwrap();
    text.replace("$LEEWARD_QUEUE_SERVER_PASSWORD", "office-word")
        .replace("$LEEWARD_QUEUE_WORKER_PASSWORD", "worker-word")
}

/// What is typed to reach a queue as somebody.
fn at(world: &World, queue: &Nats, login: &str) -> Vec<String> {
    let file = world.beside(login.split(':').next().unwrap());
    fs::write(&file, format!("{login}\n")).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let named = ["--queue", &queue.url(), "--queue-credentials", &text(&file), "--queue-ca"];
    named.iter().map(|word| (*word).to_owned()).chain([text(&queue.issuer())]).collect()
}

fn worker(world: &World, queue: &Nats, name: &str) -> Command {
    let directory = world.beside(name);
    fs::create_dir(&directory).unwrap();
    let mut command = world.leeward(&world.work());
    command.arg("worker").args(at(world, queue, "leeward-worker:worker-word"));
    command.args(["--name", name, "--directory"]).arg(directory);
    command.args(["--idle", "3", "--job-within", "60", "--job-disk", "1", "--part", "64"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_server_and_two_workers_find_what_one_process_finds() {
    let (world, other) = (World::new(), World::new());
    let site = Site::start(world.beside("site"), "/nothing", "no token at all");
    let canaries: Vec<String> = (0..REPOSITORIES).map(|_| key()).collect();
    let mut urls = Vec::new();
    for (nth, value) in canaries.iter().enumerate() {
        site.commit(&world, &format!("acme/r{nth}"), "a.env", &line(value));
        urls.push(format!("http://{}/acme/r{nth}.git", site.at));
    }
    let config = world.beside("leeward.toml");
    fs::write(&config, "[serve]\nlog = \"json\"\n").unwrap();
    let config = config.to_str().unwrap();

    let queue = Nats::private(&accounts());
    adds(&world, &urls);
    let mut typed = at(&world, &queue, "leeward-server:office-word");
    let key_file = world.beside("fleet.key").to_str().unwrap().to_owned();
    let more = ["--queue-monitor", &queue.monitor(), "--queue-allow-single", "--queue-key"];
    typed.extend(more.iter().map(|word| (*word).to_owned()));
    typed.extend([key_file, "--queue-results".to_owned(), "64".to_owned()]);
    let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
    let nobody = "http://127.0.0.1:1";
    let served = Served::start_with(&world, config, nobody, "none", &canaries, &typed);
    let started: Vec<Child> =
        ["one", "two"].iter().map(|name| worker(&world, &queue, name).spawn().unwrap()).collect();
    wait(&world, &served, DONE, REPOSITORIES);
    for child in started {
        // It ends when there was nothing to do for a while.
        let run = Run::of(&child.wait_with_output().unwrap()).exits(0);
        assert!(!run.err.contains("came to nothing"), "{}", run.err);
        assert!(!canaries.iter().any(|value| run.err.contains(value) || run.out.contains(value)));
    }
    served.ends();
    assert_eq!(told(&world, SCANNED), 0, "nothing went through the queue within");
    let held = bytes_below(&queue.data());
    assert!(!held.is_empty());
    for canary in &canaries {
        let mut windows = held.windows(canary.len());
        assert!(!windows.any(|window| window == canary.as_bytes()), "a value lay in the queue");
    }
    for name in ["one", "two"] {
        let left = fs::read_dir(world.beside(name)).unwrap().count();
        assert_eq!(left, 0, "clones are removed");
    }

    adds(&other, &urls);
    let served = Served::start(&other, config, nobody, "none", &canaries);
    wait(&other, &served, DONE, REPOSITORIES);
    served.ends();
    let once = found(&other);
    assert_eq!(once.len(), REPOSITORIES);
    assert_eq!(found(&world), once);
}

#[test]
fn who_cannot_reach_the_queue_is_told_what_to_do() {
    let world = World::new();
    let queue = Nats::private(&accounts());
    let mut typed = vec!["worker".to_owned(), "--idle".to_owned(), "1".to_owned()];
    typed.extend(at(&world, &queue, "leeward-worker:another-word"));
    let run = world.run(&typed).exits(2);
    assert!(run.err.contains("--queue-credentials"), "{}", run.err);
    let run = world.run(["worker", "--idle", "1", "--queue", "nats://127.0.0.1:1"]).exits(2);
    assert!(run.err.contains("is reached from here"), "{}", run.err);
    // A worker's account makes no streams, and a server's that may lose them is refused.
    let mut typed = vec!["serve".to_owned(), "--listen".to_owned(), "127.0.0.1:0".to_owned()];
    typed.extend(at(&world, &queue, "leeward-server:office-word"));
    let run = world.run(&typed).exits(2);
    assert!(run.err.contains("--queue-allow-single"), "{}", run.err);
}

/// The bytes of all files below a directory, behind one another.
fn bytes_below(directory: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            bytes.extend(bytes_below(&path));
        } else {
            bytes.extend(fs::read(&path).unwrap_or_default());
        }
    }
    bytes
}

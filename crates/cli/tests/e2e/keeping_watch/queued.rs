//! Repositories by way of the queue within the store: what a server finds through it, also
//! one that is killed in the middle, and how soon it ends when it is told to.

use std::{
    fs,
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use super::{BROKEN, served::Served, site::Site};
use crate::fixture::{World, key, line};

pub(super) const REPOSITORIES: usize = 10;

/// A number that the database tells.
pub(super) fn told(world: &World, sql: &str) -> i64 {
    let database = rusqlite::Connection::open(world.work().join("a.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

pub(super) const SCANNED: &str =
    "SELECT count(*) FROM jobs WHERE kind = 'queue.scan' AND state = 'done'";
pub(super) const DONE: &str =
    "SELECT count(*) FROM jobs WHERE kind = 'repository' AND state = 'done'";

pub(super) fn wait(world: &World, served: &Served<'_>, sql: &str, least: usize) {
    let begun = Instant::now();
    while told(world, sql) < least as i64 {
        assert!(begun.elapsed() < 3 * BROKEN, "{sql}: {}\n{}", told(world, sql), served.log());
        thread::sleep(Duration::from_millis(10));
    }
}

fn start<'w>(world: &'w World, canaries: &'w [String]) -> Served<'w> {
    let config = world.beside("leeward.toml");
    fs::write(&config, "[serve]\nlog = \"json\"\n").unwrap();
    Served::start(world, config.to_str().unwrap(), "http://127.0.0.1:1", "none", canaries)
}

pub(super) fn adds(world: &World, urls: &[String]) {
    world.write("list", urls.join("\n"));
    world.run(["fleet", "add", "list", "--store", "a.db"]).exits(0);
}

/// What was found, and where.
pub(super) fn found(world: &World) -> Vec<String> {
    let args = ["incident", "list", "--store", "a.db", "--format", "json"];
    let listed = world.run(args).exits(0).json();
    let mut all: Vec<String> = listed["incidents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {} {}", it["fingerprint"], it["place"], it["places"]))
        .collect();
    all.sort();
    all
}

#[test]
fn a_server_scans_through_its_own_queue_and_being_killed_changes_nothing() {
    let (world, other) = (World::new(), World::new());
    let site = Site::start(world.beside("site"), "/nothing", "no token at all");
    let canaries: Vec<String> = (0..REPOSITORIES).map(|_| key()).collect();
    let mut urls = Vec::new();
    for (nth, value) in canaries.iter().enumerate() {
        site.commit(&world, &format!("acme/r{nth}"), "a.env", &line(value));
        urls.push(format!("http://{}/acme/r{nth}.git", site.at));
    }
    adds(&world, &urls);
    let served = start(&world, &canaries);
    wait(&world, &served, DONE, REPOSITORIES);
    served.ends();
    assert_eq!(told(&world, SCANNED), REPOSITORIES as i64, "each went through the queue");
    let once = found(&world);
    assert_eq!(once.len(), REPOSITORIES);

    adds(&other, &urls);
    let served = start(&other, &canaries);
    wait(&other, &served, SCANNED, 1);
    served.kill();
    assert!(told(&other, DONE) < REPOSITORIES as i64, "it was killed in the middle");
    // A minute passes.
    let database = rusqlite::Connection::open(other.work().join("a.db")).unwrap();
    let held = "SELECT count(*) FROM jobs WHERE kind = 'repository' AND state = 'running' \
                AND holder <> 'queue' AND until > unixepoch() + 60";
    let longer: i64 = database.query_row(held, [], |row| row.get(0)).unwrap();
    assert_eq!(longer, 0, "what was not handed over yet is not held longer");
    let passed = "UPDATE jobs SET until = 1 WHERE kind = 'queue.scan' OR holder <> 'queue'";
    database.execute(passed, []).unwrap();
    drop(database);
    let served = start(&other, &canaries);
    wait(&other, &served, DONE, REPOSITORIES);
    served.ends();
    assert_eq!(found(&other), once);
    assert_eq!(told(&other, "SELECT count(*) FROM jobs WHERE kind = 'repository'"), 10);
    assert_eq!(told(&other, "SELECT count(*) FROM jobs WHERE trouble IS NOT NULL"), 0);
    let status = other.run(["watch", "--status", "--store", "a.db"]).exits(0);
    assert!(status.out.contains("0 to do, 0 being done, 0 given up"), "{}", status.out);
    other.run(["incident", "verify-log", "--store", "a.db"]).exits(0);
}

#[test]
fn a_clone_that_never_ends_ends_with_the_server_and_is_taken_up_again() {
    let world = World::new();
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    adds(&world, &[format!("http://{}/a.git", silent.local_addr().unwrap())]);
    let served = start(&world, &[]);
    let held = "SELECT count(*) FROM jobs WHERE kind = 'queue.scan' AND state = 'running'";
    wait(&world, &served, held, 1);
    drop(silent.accept().map(|(stream, _)| std::mem::forget(stream)));
    let begun = Instant::now();
    served.ends();
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let left = "SELECT count(*) FROM jobs WHERE kind = 'repository' AND attempts = 0";
    assert_eq!(told(&world, left), 1, "for the next, and not as a failure");
    let status = world.run(["watch", "--status", "--store", "a.db"]).exits(0);
    assert!(status.out.contains("1 to do, 0 being done, 0 given up"), "{}", status.out);
}

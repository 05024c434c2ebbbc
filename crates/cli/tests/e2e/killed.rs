//! The process is ended at random points of a response, a hundred times. Each
//! time the next run finds the truth and finishes: the exposed key is dead,
//! one replacement lives and is where it belongs, no key is left that nobody
//! holds, and the log is whole.

use std::{
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use leeward_counterpart::Key;
use rand::RngExt as _;

use crate::{fixture::line, provider, responding::Case};

const TIMES: usize = 100;

const RESPOND: [&str; 6] =
    ["respond", "1", "--apply", "--quiet", "--to", "env:.env#MISTRAL_API_KEY"];

/// A response that nobody disturbs: how long it takes.
fn undisturbed() -> Duration {
    let case = Case::in_use(&|provider, exposed| provider.key(exposed));
    let begun = Instant::now();
    case.asks(&RESPOND).exits(0);
    begun.elapsed()
}

fn once(within: Duration) -> bool {
    let case = Case::in_use(&|provider, exposed: Key| {
        provider.key(exposed).revocation_takes(1).creation_takes(1)
    });
    let mut command = case.world.leeward(&case.world.work());
    command
        .args(provider::at(&case.server, &RESPOND))
        .env("LEEWARD_ADMIN_KEY", &case.admin)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let wait = within.mul_f64(rand::rng().random_range(0.0..1.2));
    thread::sleep(wait);
    child.kill().unwrap();
    let is_killed = child.wait().unwrap().code().is_none();

    case.asks(&RESPOND).exits(0);
    assert_eq!(case.state(), "closed");
    let living = case.server.living();
    let names: Vec<&String> = living.iter().map(|(name, _)| name).collect();
    assert_eq!(living.len(), 1, "killed after {wait:?}: {names:?}");
    assert_ne!(living[0].1, case.key);
    let file = std::fs::read_to_string(case.world.work().join(".env")).unwrap();
    assert!(file == line(&living[0].1), "killed after {wait:?}: the file holds another");
    case.world.run(["incident", "verify-log"]).exits(0);
    is_killed
}

#[test]
fn a_response_may_end_anywhere() {
    let within = undisturbed();
    let begun = Instant::now();
    let workers = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    let killed: usize = thread::scope(|scope| {
        let run = || (0..TIMES / workers + 1).filter(|_| once(within)).count();
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    println!("killed {killed} times in {:?}", begun.elapsed());
    assert!(killed > TIMES / 4, "too few were ended within their work: {killed}");
}

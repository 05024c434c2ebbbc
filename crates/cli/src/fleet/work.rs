//! `leeward worker`: does jobs until it is interrupted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use leeward_fleet::{Came, Planning, Turn, Worker, Workplace, nats::Nats};
use leeward_model::SafeText;
use leeward_watch::discreet::discreet;

use super::queue::{address, failed};
use crate::{
    args, environment,
    failure::{Exit, Failure},
    kept, library, scan, terminal,
};

/// How long one pull waits.
const WAIT: Duration = Duration::from_secs(10);

/// How long to wait after the queue failed.
const CALM: Duration = Duration::from_secs(2);

/// Does jobs.
pub(crate) fn run(args: &args::Worker) -> Result<Exit, Failure> {
    let address = address(&args.at)?;
    let place = Workplace {
        unpack: Some(crate::apart::settings()),
        library: Arc::new(library::load(&args.dossiers)?),
        name: args.name.clone().unwrap_or_else(environment::machine),
        directory: args.directory.clone().unwrap_or_else(environment::temporary),
        threads: args.threads.map_or_else(scan::processors, usize::from),
        within: Duration::from_secs(args.job_within),
        most_bytes: args.job_disk.saturating_mul(1 << 30),
        planning: Planning { part_bytes: args.part.saturating_mul(1 << 20), ..Planning::default() },
        local_repositories: false,
        clock: Box::new(kept::now),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    terminal::on_interrupt(move || stopping.store(true, Ordering::Relaxed));
    let queue = Nats::worker(&address).map_err(failed)?;
    let mut worker = Worker::new(&queue, &place).map_err(|error| {
        Failure::File("make a directory for clones", place.directory.clone(), error)
    })?;
    terminal::notice("waiting for jobs; Ctrl-C ends it, and what it is at is done by another");
    let is_stopped = || stop.load(Ordering::Relaxed);
    let mut last = Instant::now();
    while !is_stopped() {
        let idle = args.idle.map(Duration::from_secs);
        let wait = idle.map_or(WAIT, |idle| idle.min(WAIT));
        match worker.turn(wait, &is_stopped) {
            Ok(Turn::Idle) if idle.is_some_and(|idle| last.elapsed() >= idle) => break,
            Ok(Turn::Idle) => continue,
            Ok(Turn::Done(report)) => {
                if let Came::Failed { why, .. } = &report.came {
                    say(&format!("a job came to nothing: {why}"));
                }
            }
            Ok(Turn::Lost) => {}
            Ok(Turn::Other(why, time)) => {
                say(&why);
                pause(time, &is_stopped);
            }
            Err(refused @ leeward_fleet::Trouble::Refused(_)) => return Err(failed(refused)),
            Err(trouble) => {
                say(&trouble.to_string());
                pause(CALM, &is_stopped);
            }
        }
        last = Instant::now();
    }
    Ok(Exit::Clean)
}

fn say(why: &str) {
    terminal::notice(&discreet(&SafeText::new(why).to_string()));
}

fn pause(time: Duration, is_stopped: &dyn Fn() -> bool) {
    let until = Instant::now() + time;
    while Instant::now() < until && !is_stopped() {
        thread::sleep(Duration::from_millis(100));
    }
}

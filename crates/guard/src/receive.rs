//! A push, before a server takes it: what it would change, what it brings, and
//! whether that may pass. `update` what Git hands to the hook; `bypass` leave
//! to pass all the same; `ledger` where that is kept; `events` the log of it.
//! It says nothing to anybody: that is for whoever asks.

mod bypass;
mod events;
mod ledger;
mod update;

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use leeward_detect::{Detector, Options};
use leeward_dossier::Library;
use leeward_model::{Level, ObjectId};
use leeward_pipeline::{Baseline, IgnoreFile, Push, PushOutcome, scan_push};
use leeward_source::{
    Progress,
    git::{OpenError, Repository},
};
use leeward_unpack as unpack;

pub use self::{
    bypass::{Bypass, Grant, NoLeave, Wanted, pattern},
    events::{Broken, Event, Kind, SCHEMA},
    ledger::{By, Ledger, LedgerError, Redeemed},
    update::{BadUpdate, Update},
};

/// Where a push arrives.
#[derive(Clone, Debug)]
pub struct Door<'a> {
    /// The server's repository.
    pub git_dir: &'a Path,
    /// Where Git keeps what arrived until the hook agrees, if it does.
    pub quarantine: Option<&'a Path>,
    /// Other directories of objects that Git names.
    pub borrowed: &'a [PathBuf],
}

/// What the operator says.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// How long it may take.
    pub within: Duration,
    /// Findings below this stop nothing.
    pub least: Level,
    /// Findings that are known.
    pub baseline: Option<&'a Baseline>,
    /// Findings to leave alone.
    pub ignore: Option<&'a IgnoreFile>,
    /// Whether a comment beside a value excuses it. Whoever pushes wrote it.
    pub honour_comments: bool,
    /// How many threads look.
    pub threads: usize,
    /// How containers are opened, if they are.
    pub unpack: Option<&'a unpack::Settings>,
}

/// Opens the repository with what the push brought. Its lists of alternates are
/// the operator's, so they are followed; nothing else in it is obeyed.
///
/// # Errors
/// Why it cannot be opened.
pub fn open(door: &Door<'_>) -> Result<Repository, OpenError> {
    let mut repository = Repository::open(door.git_dir)?.borrowing();
    for dir in door.borrowed {
        repository = repository.with_objects(dir);
    }
    Ok(match door.quarantine {
        Some(dir) => repository.receiving(dir),
        None => repository,
    })
}

/// Looks at what a push brings, for as long as it may.
///
/// # Errors
/// Why it could not be begun.
pub fn look(
    repository: &Repository,
    updates: &[Update],
    terms: &Terms<'_>,
    library: &Library,
    now: Timestamp,
) -> Result<PushOutcome, leeward_pipeline::Failure> {
    let refs: Vec<(String, ObjectId)> =
        updates.iter().filter_map(|update| Some((update.name.clone(), update.new?))).collect();
    let known: Vec<ObjectId> = updates.iter().filter_map(|update| update.old).collect();
    let push = Push {
        repository,
        refs: &refs,
        known: &known,
        threads: terms.threads,
        unpack: terms.unpack,
        least: terms.least,
        baseline: terms.baseline,
        ignore: terms.ignore,
        honour_comments: terms.honour_comments,
        today: TimeZone::UTC.to_datetime(now).date(),
        now: now.as_second(),
    };
    let detector = Detector::new(library, Options { low: terms.least == Level::Low });
    let progress = Progress::default();
    if terms.within.is_zero() {
        progress.cancel();
    }
    std::thread::scope(|scope| {
        let (done, waiting) = mpsc::channel::<()>();
        let (within, progress) = (terms.within, &progress);
        scope.spawn(move || {
            if waiting.recv_timeout(within) == Err(mpsc::RecvTimeoutError::Timeout) {
                progress.cancel();
            }
        });
        let outcome = scan_push(&push, library, &detector, progress);
        drop(done);
        outcome
    })
}

//! Hands work of the store over to the queue: scans of repositories that need no
//! credential. Whoever pulls jobs has nothing but an address.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use leeward_dossier::Library;
use leeward_model::{Level, SafeText};
use leeward_source::git::RemoteUrl;
use leeward_store::{Job as Work, Store, Trouble};
use leeward_watch::{HandOver, Handed, Task};

use crate::{
    embedded::JOBS,
    job::{Job, PROTOCOL},
    queue::{Placed, Queue},
    rules::rules,
    seal::SealTo,
};

/// Under which holder the store keeps work that was handed over.
pub const HOLDER: &str = "fleet";

/// Under which it keeps work that lies in the store's own queue.
pub const HOLDER_WITHIN: &str = "queue";

/// How long, in seconds, work that was handed over is kept without a sign of life. The
/// [`Collector`](crate::Collector) gives one as long as anything is queued.
const LEASE: i64 = 900;

/// Hands over.
pub struct Dispatch {
    queue: Arc<dyn Queue>,
    clock: Box<dyn Fn() -> i64 + Send + Sync>,
    rules: String,
    least: Level,
    seal_to: String,
    is_local_allowed: bool,
    is_within: bool,
    is_in_trouble: AtomicBool,
    last: Mutex<String>,
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Dispatch {
    /// To a queue. `is_local_allowed` hands over repositories of this machine too.
    pub fn new(
        queue: Arc<dyn Queue>,
        library: &Library,
        least: Level,
        seal_to: &SealTo,
        is_local_allowed: bool,
        clock: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            queue,
            clock: Box::new(clock),
            rules: rules(library),
            least,
            seal_to: seal_to.to_text(),
            is_local_allowed,
            is_within: false,
            is_in_trouble: AtomicBool::new(false),
            last: Mutex::default(),
        }
    }

    /// The same to the store's own queue, which this process works at.
    pub(crate) fn within(mut self) -> Self {
        self.is_within = true;
        self
    }

    /// Goes on holding what lies in a queue that is so deep. In the store's own the jobs
    /// themselves tell: work whose job was lost is not held for ever.
    pub(crate) fn sign(&self, store: &mut Store, now: i64, depth: u64) -> Result<(), Trouble> {
        if depth == 0 {
            return Ok(());
        }
        let (holder, until) = (self.holder(), now + LEASE);
        match self.is_within {
            true => store.jobs_hold_queued(holder, JOBS, until)?,
            false => store.jobs_hold(holder, until)?,
        };
        Ok(())
    }

    /// By which rules workers are to scan.
    pub fn rules(&self) -> &str {
        &self.rules
    }

    /// The job that work of the store is.
    pub(crate) fn job(&self, work: &Work, url: &str, known: Option<Vec<String>>) -> Job {
        Job {
            v: PROTOCOL,
            id: work.id.0,
            attempt: work.attempts,
            turn: work.not_before,
            url: url.to_owned(),
            known,
            part: None,
            least: self.least.name().to_owned(),
            rules: self.rules.clone(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            seal_to: self.seal_to.clone(),
        }
    }

    /// Says it once when the queue begins to refuse, not for each job.
    fn refused(&self, why: String) -> Handed {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_in_trouble.swap(true, Relaxed) || *last != why {
            tracing::warn!("scans wait here: {why}");
            last.clone_from(&why);
        }
        Handed::Full(why)
    }
}

impl HandOver for Dispatch {
    fn holder(&self) -> &str {
        if self.is_within { HOLDER_WITHIN } else { HOLDER }
    }

    fn hand_over(&self, store: &mut Store, work: &Work, task: &Task) -> Result<Handed, Trouble> {
        let Task::Repository { url, needs_credential: false, .. } = task else {
            return Ok(Handed::Stays);
        };
        // What is wrong with it is said by whoever would clone it.
        let Ok(url) = RemoteUrl::parse(url, self.is_local_allowed) else {
            return Ok(Handed::Stays);
        };
        let job = self.job(work, url.as_str(), store.tips(url.as_str())?);
        match self.queue.publish(&job.key(), &job.to_bytes()) {
            Ok(Placed::Kept | Placed::Known) => {
                self.is_in_trouble.store(false, Relaxed);
                metrics::counter!("leeward_fleet_jobs_total").increment(1);
                let until = (self.clock)() + LEASE;
                Ok(if self.is_within { Handed::Here(until) } else { Handed::Over(until) })
            }
            Ok(Placed::Full) => Ok(self.refused("the queue is full; workers empty it".to_owned())),
            Err(trouble) => Ok(self.refused(SafeText::new(&trouble.to_string()).to_string())),
        }
    }
}

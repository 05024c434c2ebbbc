//! Does work that is kept until it is done, one piece at a time: holds it while it
//! lasts, notes what came of it, tries again later, and gives it up in the end with the
//! reason where people see it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use leeward_model::{IncidentId, SafeText};
use leeward_source::Progress;
use leeward_store::{Job, NewGap, Store, Trouble};

use crate::{
    again, backoff,
    ground::Ground,
    repository::{self, Wanted},
    target,
    task::Task,
};

/// How often work is begun before it is given up.
const MOST_ATTEMPTS: u64 = 6;

/// How long work is held without a sign of life, in seconds: so long does the work of a
/// program that was killed wait for the next.
const LEASE: i64 = 300;

/// How often the sign is given.
const BEAT: Duration = Duration::from_secs(100);

/// How soon it is noticed that work has ended, or must.
const GLANCE: Duration = Duration::from_millis(20);

/// Why work came to nothing.
pub(crate) enum Fault {
    /// It may go better later.
    Later(String),
    /// It will not.
    Never(String),
    /// The operator ended it.
    Stopped,
    /// The store failed, and with it whatever would be noted.
    Store(Trouble),
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::Store(trouble)
    }
}

/// What became of a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The name of its kind.
    pub kind: String,
    /// Incidents that it opened or opened again.
    pub opened: u64,
    /// Why it came to nothing, in words.
    pub trouble: Option<String>,
    /// Whether it was given up.
    pub is_dead: bool,
}

/// Does work.
pub struct Worker {
    ground: Arc<Ground>,
    holder: String,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("holder", &self.holder).finish_non_exhaustive()
    }
}

impl Worker {
    /// One that nobody else is taken for.
    pub fn new(ground: Arc<Ground>) -> Self {
        let drawn: u64 = rand::random();
        let holder = format!("{} ({drawn:016x})", ground.actor);
        Self { ground, holder }
    }

    /// Does the next work that is due, if there is any.
    ///
    /// # Errors
    /// What the store says; the work is taken up again when nobody holds it any more.
    pub fn turn(&mut self, store: &mut Store) -> Result<Option<Done>, Trouble> {
        if self.ground.stop.is_cancelled() {
            return Ok(None);
        }
        let now = self.ground.now();
        let Some(job) = store.job_take(&self.holder, now, now + LEASE)? else { return Ok(None) };
        let progress = Progress::default();
        let done = match Task::of(&job) {
            None => Err(Fault::Never("this version does not know such work".to_owned())),
            // Whoever did it before ended every time in the middle of it.
            Some(_) if job.attempts > MOST_ATTEMPTS => {
                Err(Fault::Never("the program ended each time while it did this".to_owned()))
            }
            Some(task) => self.held(&job, &progress, || self.work(store, &task, &progress)),
        };
        let mut came = Done { kind: job.kind.clone(), opened: 0, trouble: None, is_dead: false };
        let now = self.ground.now();
        match done {
            Ok(opened) => {
                store.job_done(job.id, &self.holder, now)?;
                came.opened = opened;
            }
            Err(Fault::Store(trouble)) => return Err(trouble),
            Err(Fault::Stopped) => {
                store.job_put_back(job.id, &self.holder, now)?;
                return Ok(None);
            }
            Err(Fault::Later(why)) if job.attempts < MOST_ATTEMPTS => {
                let again = now + backoff::after(job.attempts, None);
                store.job_failed(job.id, &self.holder, now, &why, Some(again))?;
                came.trouble = Some(why);
            }
            Err(Fault::Later(why) | Fault::Never(why)) => {
                store.job_failed(job.id, &self.holder, now, &why, None)?;
                self.gap(store, &job, &why, now)?;
                came.trouble = Some(why);
                came.is_dead = true;
            }
        }
        let outcome = match &came {
            Done { trouble: None, .. } => "done",
            Done { is_dead: true, .. } => "dead",
            Done { .. } => "later",
        };
        let kind = came.kind.clone();
        metrics::counter!("leeward_jobs_total", "kind" => kind, "outcome" => outcome).increment(1);
        match &came.trouble {
            Some(why) => tracing::warn!(kind = came.kind, job = job.id.0, outcome, "{why}"),
            None => tracing::debug!(kind = came.kind, job = job.id.0, "done"),
        }
        Ok(Some(came))
    }

    fn work(&self, store: &mut Store, task: &Task, progress: &Progress) -> Result<u64, Fault> {
        let ground = &self.ground;
        let recorded = match task {
            Task::Repository { source, url, needs_credential, .. } => {
                let is_of_source = source.is_some();
                let source = match source {
                    Some(name) => store.source(name)?,
                    None => None,
                };
                let wanted = Wanted {
                    source: source.as_ref(),
                    is_of_source,
                    url,
                    needs_credential: *needs_credential,
                };
                repository::look(ground, store, &wanted, progress)?
            }
            Task::Target { target } => target::look(ground, store, target, progress)?,
            Task::Verify { incident } => {
                again::verify(ground, store, IncidentId(*incident), progress)?;
                return Ok(0);
            }
        };
        Ok((recorded.opened.len() + recorded.reopened.len()) as u64)
    }

    /// What was given up is something that was not looked at.
    fn gap(&self, store: &mut Store, job: &Job, why: &str, now: i64) -> Result<(), Trouble> {
        if let Some(Task::Repository { source: Some(source), url, .. }) = Task::of(job)
            && let Some(source) = store.source(&source)?
        {
            let what = SafeText::new(&url).to_string();
            store.note_gaps(source.id, &[NewGap { what: &what, why }], now)?;
        }
        Ok(())
    }

    /// Does something while the work is held, and ends it when the operator says so.
    fn held<T>(&self, job: &Job, progress: &Progress, work: impl FnOnce() -> T) -> T {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            // Also where the work panics, or the watch would go on for ever.
            let _over = Over(&is_over);
            scope.spawn(|| self.watch(job, progress, &is_over));
            work()
        })
    }

    fn watch(&self, job: &Job, progress: &Progress, is_over: &AtomicBool) {
        let mut last = Instant::now();
        while !is_over.load(Ordering::Relaxed) {
            if self.ground.stop.is_cancelled() {
                progress.cancel();
            }
            if last.elapsed() >= BEAT {
                last = Instant::now();
                let until = self.ground.now() + LEASE;
                let held = self
                    .ground
                    .store()
                    .and_then(|mut store| store.job_hold(job.id, &self.holder, until));
                match held {
                    // Somebody took it for dead and does it anew.
                    Ok(false) => progress.cancel(),
                    Ok(true) => {}
                    Err(trouble) => tracing::warn!(%trouble, "work could not be held"),
                }
            }
            thread::sleep(GLANCE);
        }
    }
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

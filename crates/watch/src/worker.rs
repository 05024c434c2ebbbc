//! Does work that is kept until it is done, one piece at a time: holds it while it
//! lasts, notes what came of it, tries again later, and gives it up in the end with the
//! reason where people see it.

use std::{
    fmt,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use leeward_model::{IncidentId, SafeText};
use leeward_source::Progress;
use leeward_store::{Job, NewGap, Store, Trouble};

use crate::{
    again, backoff,
    ground::Ground,
    hand_over::Handed,
    over::Over,
    repository::{self, Wanted},
    target,
    task::Task,
};

/// How often work is begun before it is given up.
const MOST_ATTEMPTS: u64 = 6;

/// How long work is held without a sign of life, in seconds: so long does the work of a
/// program that was killed wait for the next.
const LEASE: i64 = 300;

/// The same of work that may be handed over, until it is known whether it is.
const LEASE_BEFORE: i64 = 60;

/// How often the sign is given.
const BEAT: Duration = Duration::from_secs(100);

/// How soon it is noticed that work must end.
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
    has_handed: bool,
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
        Self { ground, holder, has_handed: false }
    }

    /// Whether the last turn left something for a [`Hand`](crate::Hand) of this process.
    pub(crate) fn has_handed(&self) -> bool {
        self.has_handed
    }

    /// Does the next work that is due, if there is any.
    ///
    /// # Errors
    /// What the store says; the work is taken up again when nobody holds it any more.
    pub fn turn(&mut self, store: &mut Store) -> Result<Option<Done>, Trouble> {
        self.has_handed = false;
        if self.ground.stop.is_cancelled() {
            return Ok(None);
        }
        let Some(job) = self.next(store)? else { return Ok(None) };
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
            Err(Fault::Later(why)) => {
                came.is_dead = failed(store, &job, &self.holder, now, &why, false)?;
                came.trouble = Some(why);
            }
            Err(Fault::Never(why)) => {
                came.is_dead = failed(store, &job, &self.holder, now, &why, true)?;
                came.trouble = Some(why);
            }
        }
        if came.trouble.is_none() {
            done_with(&job);
        }
        Ok(Some(came))
    }

    /// The next work that is done here. What others do is handed over on the way, as long
    /// as there is room for it.
    fn next(&mut self, store: &mut Store) -> Result<Option<Job>, Trouble> {
        while !self.ground.stop.is_cancelled() {
            let now = self.ground.now();
            let lease = if self.ground.fleet.is_some() { LEASE_BEFORE } else { LEASE };
            let Some(job) = store.job_take(&self.holder, now, now + lease)? else { break };
            let Some(fleet) = self.ground.fleet.as_ref().filter(|_| job.attempts <= MOST_ATTEMPTS)
            else {
                return Ok(Some(job));
            };
            let Some(task) = Task::of(&job) else { return Ok(Some(job)) };
            match fleet.hand_over(store, &job, &task)? {
                Handed::Stays => {
                    if store.job_hold(job.id, &self.holder, now + LEASE)? {
                        return Ok(Some(job));
                    }
                }
                Handed::Over(until) => {
                    store.job_pass(job.id, &self.holder, fleet.holder(), until)?;
                }
                Handed::Here(until) => {
                    store.job_pass(job.id, &self.holder, fleet.holder(), until)?;
                    self.has_handed = true;
                    break;
                }
                Handed::Off(until, why) => {
                    store.job_put_off(job.id, &self.holder, now, &why, until)?;
                }
                Handed::Full(why) => {
                    tracing::debug!(job = job.id.0, "{why}");
                    store.job_put_back(job.id, &self.holder, now)?;
                    break;
                }
            }
        }
        Ok(None)
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

    /// Does something while the work is held, and ends it when the operator says so.
    fn held<T>(&self, job: &Job, progress: &Progress, work: impl FnOnce() -> T) -> T {
        let over = Over::default();
        thread::scope(|scope| {
            let _until = over.until();
            scope.spawn(|| self.watch(job, progress, &over));
            work()
        })
    }

    fn watch(&self, job: &Job, progress: &Progress, over: &Over) {
        let mut last = Instant::now();
        while !over.within(GLANCE) {
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
        }
    }
}

/// Says that work was done.
pub fn done_with(job: &Job) {
    count(job, "done");
    tracing::debug!(kind = job.kind, job = job.id.0, "done");
}

fn count(job: &Job, outcome: &'static str) {
    let kind = job.kind.clone();
    metrics::counter!("leeward_jobs_total", "kind" => kind, "outcome" => outcome).increment(1);
}

/// Notes that work came to nothing: it is tried again later, or given up if it will never
/// go better or was tried too often. What was given up is something that was not looked
/// at. Whether it was given up.
///
/// # Errors
/// What the store says.
pub fn failed(
    store: &mut Store,
    job: &Job,
    holder: &str,
    now: i64,
    why: &str,
    never: bool,
) -> Result<bool, Trouble> {
    let is_dead = never || job.attempts >= MOST_ATTEMPTS;
    let again = (!is_dead).then(|| now + backoff::after(job.attempts, None));
    store.job_failed(job.id, holder, now, why, again)?;
    let outcome = if is_dead { "dead" } else { "later" };
    count(job, outcome);
    tracing::warn!(kind = job.kind, job = job.id.0, outcome, "{why}");
    if !is_dead {
        return Ok(false);
    }
    if let Some(Task::Repository { source: Some(source), url, .. }) = Task::of(job)
        && let Some(source) = store.source(&source)?
    {
        let what = SafeText::new(&url).to_string();
        store.note_gaps(source.id, &[NewGap { what: &what, why }], now)?;
    }
    Ok(true)
}

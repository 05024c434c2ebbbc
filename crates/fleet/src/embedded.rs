//! A queue within the store, without another server: for one process, or several at one
//! store. The jobs of the store are leased, so it keeps the same promises as one that is
//! reached over a network, and whoever works at it can read the store.
//!
//! Jobs lie in the store; results never do. They stay in the memory of the process that
//! made them and is to take them in, and until it has, its job is not done: a process that
//! ends leaves a job to be done again, and no value in any form.
//!
//! Nothing here waits for the disk: each job is the copy of work that the store holds
//! durably. Where a loss of power takes a job, its work is taken up again when its lease is
//! over; where it takes that one was done, it is done again and its result is late.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use leeward_store::{Job, JobId, NewJob, Place, Store};

use crate::queue::{Held, Placed, Queue, Trouble};

/// The kind of work that this queue keeps in the store; it begins as
/// [`leeward_store::IN_A_QUEUE`] says.
pub(crate) const JOBS: &str = "queue.scan";

/// How soon it is noticed, by who waits, that there is a job.
const GLANCE: Duration = Duration::from_millis(50);

/// The most results that wait in memory: whoever made one takes it in before it makes
/// another, so more than a few means that nobody does.
const MOST_RESULTS: usize = 64;

/// Bounds of the queue.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The most jobs that are queued or held.
    pub most: u64,
    /// How long something is held without a sign of life, in seconds. So long does the job
    /// of a process that was killed wait for the next.
    pub lease: i64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { most: 10_000, lease: 60 }
    }
}

/// The queue.
pub struct Embedded(Arc<Inner>);

struct Inner {
    clock: Box<dyn Fn() -> i64 + Send + Sync>,
    store: Mutex<Store>,
    holder: String,
    bounds: Bounds,
    results: Mutex<Vec<Entry>>,
    arrived: Condvar,
}

/// A result that was not taken in yet.
struct Entry {
    key: String,
    bytes: Vec<u8>,
    is_held: bool,
    deliveries: u64,
    /// The job that it is of, once whoever did it is done with it.
    job: Option<(JobId, String)>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("holder", &self.0.holder).finish_non_exhaustive()
    }
}

fn failed(trouble: leeward_store::Trouble) -> Trouble {
    Trouble::Failed(trouble.to_string())
}

impl Embedded {
    /// In a store, by a clock.
    ///
    /// # Errors
    /// What the store says.
    pub fn new(
        place: &Place,
        bounds: Bounds,
        clock: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Result<Self, leeward_store::Trouble> {
        Ok(Self(Arc::new(Inner {
            clock: Box::new(clock),
            store: Mutex::new(Store::open_hasty(place)?),
            holder: format!("queue ({:016x})", rand::random::<u64>()),
            bounds,
            results: Mutex::default(),
            arrived: Condvar::new(),
        })))
    }
}

impl Inner {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn results(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        (self.clock)()
    }

    fn hold(&self, (id, holder): &(JobId, String)) -> Result<bool, Trouble> {
        let until = self.now() + self.bounds.lease;
        self.store().job_hold(*id, holder, until).map_err(failed)
    }

    fn done(&self, (id, holder): &(JobId, String)) -> Result<(), Trouble> {
        let now = self.now();
        self.store().job_done(*id, holder, now).map_err(failed)
    }

    fn take(&self) -> Result<Option<(Job, String)>, Trouble> {
        let now = self.now();
        // Each is held under a name of its own: what was lost is not ended by whoever
        // lost it, though it is the same process that got it again.
        let holder = format!("{} {:08x}", self.holder, rand::random::<u32>());
        let taken = self.store().job_take_of(JOBS, &holder, now, now + self.bounds.lease);
        Ok(taken.map_err(failed)?.map(|job| (job, holder)))
    }
}

impl Queue for Embedded {
    fn publish(&self, key: &str, job: &[u8]) -> Result<Placed, Trouble> {
        let (mut store, now) = (self.0.store(), self.0.now());
        if store.job_is_open(JOBS, key).map_err(failed)? {
            return Ok(Placed::Known);
        }
        if store.jobs_of(JOBS).map_err(failed)? >= self.0.bounds.most {
            return Ok(Placed::Full);
        }
        let payload = match std::str::from_utf8(job) {
            Ok(text) => format!("t{text}"),
            Err(_) => format!("b{}", STANDARD.encode(job)),
        };
        let (kind, key) = (JOBS.to_owned(), key.to_owned());
        store.job_add(&NewJob { kind, key, payload, not_before: now }, now).map_err(failed)?;
        Ok(Placed::Kept)
    }

    fn pull(&self, wait: Duration) -> Result<Option<Box<dyn Held>>, Trouble> {
        let until = Instant::now() + wait;
        loop {
            if let Some((job, holder)) = self.0.take()? {
                let bytes = match job.payload.split_at_checked(1) {
                    Some(("t", text)) => text.as_bytes().to_vec(),
                    Some(("b", text)) => STANDARD.decode(text).unwrap_or_default(),
                    _ => Vec::new(),
                };
                let (queue, held) = (Arc::clone(&self.0), (job.id, holder));
                return Ok(Some(Box::new(HeldJob { queue, job, held, bytes })));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            thread::sleep(GLANCE);
        }
    }

    fn report(&self, key: &str, result: &[u8]) -> Result<Placed, Trouble> {
        let mut results = self.0.results();
        if results.iter().any(|entry| entry.key == key) {
            return Ok(Placed::Known);
        }
        if results.len() >= MOST_RESULTS {
            return Ok(Placed::Full);
        }
        let (key, bytes) = (key.to_owned(), result.to_vec());
        results.push(Entry { key, bytes, is_held: false, deliveries: 0, job: None });
        self.0.arrived.notify_one();
        Ok(Placed::Kept)
    }

    fn collect(&self, wait: Duration) -> Result<Option<Box<dyn Held>>, Trouble> {
        let waiting = |results: &mut Vec<Entry>| results.iter().all(|entry| entry.is_held);
        let waited = self.0.arrived.wait_timeout_while(self.0.results(), wait, waiting);
        let (mut results, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = results.iter_mut().find(|entry| !entry.is_held) else { return Ok(None) };
        entry.is_held = true;
        entry.deliveries += 1;
        let (key, bytes, deliveries) = (entry.key.clone(), entry.bytes.clone(), entry.deliveries);
        Ok(Some(Box::new(HeldResult { queue: Arc::clone(&self.0), key, bytes, deliveries })))
    }

    fn bury(&self, _: &str, _: &[u8], _: &str) -> Result<(), Trouble> {
        // The work itself is in this store, given up and with its reason.
        Ok(())
    }

    /// A job counts until its result was taken in.
    fn depth(&self) -> Result<u64, Trouble> {
        self.0.store().jobs_of(JOBS).map_err(failed)
    }
}

/// A job that is held.
struct HeldJob {
    queue: Arc<Inner>,
    job: Job,
    held: (JobId, String),
    bytes: Vec<u8>,
}

impl Held for HeldJob {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn deliveries(&self) -> u64 {
        self.job.attempts
    }

    fn lease(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.queue.bounds.lease).unwrap_or(1))
    }

    fn progress(&self) -> Result<bool, Trouble> {
        self.queue.hold(&self.held)
    }

    /// With its result in memory it is held on, until that was taken in.
    fn ack(&self) -> Result<(), Trouble> {
        let mut results = self.queue.results();
        if let Some(entry) = results.iter_mut().find(|entry| entry.key == self.job.key) {
            entry.job = Some(self.held.clone());
            return Ok(());
        }
        drop(results);
        self.queue.done(&self.held)
    }

    fn put_back(&self, after: Duration) -> Result<(), Trouble> {
        let now = self.queue.now();
        let again = now.saturating_add(i64::try_from(after.as_secs()).unwrap_or(i64::MAX));
        let (id, holder) = &self.held;
        // Whoever is told to end, and says so, did not end because of the job.
        let done = self.queue.store().job_put_off(*id, holder, now, "it was put back", again);
        done.map_err(failed)
    }
}

/// A result that is held. One that is dropped without a word is not delivered again: its
/// job is, once its lease is over, so that what ends whoever takes it in has an end too.
struct HeldResult {
    queue: Arc<Inner>,
    key: String,
    bytes: Vec<u8>,
    deliveries: u64,
}

impl HeldResult {
    fn job(&self) -> Option<(JobId, String)> {
        let results = self.queue.results();
        results.iter().find(|entry| entry.key == self.key).and_then(|entry| entry.job.clone())
    }

    fn remove(&self) -> Option<Entry> {
        let mut results = self.queue.results();
        let is_it =
            |it: &Entry| it.is_held && it.key == self.key && it.deliveries == self.deliveries;
        let at = results.iter().position(is_it)?;
        Some(results.swap_remove(at))
    }
}

impl Drop for HeldResult {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Held for HeldResult {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn deliveries(&self) -> u64 {
        self.deliveries
    }

    fn lease(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.queue.bounds.lease).unwrap_or(1))
    }

    fn progress(&self) -> Result<bool, Trouble> {
        // Nobody else can get it.
        self.job().map_or(Ok(true), |job| self.queue.hold(&job))
    }

    fn ack(&self) -> Result<(), Trouble> {
        let job = self.remove().and_then(|entry| entry.job);
        job.map_or(Ok(()), |job| self.queue.done(&job))
    }

    fn put_back(&self, _: Duration) -> Result<(), Trouble> {
        let mut results = self.queue.results();
        if let Some(entry) = results.iter_mut().find(|entry| entry.key == self.key) {
            entry.is_held = false;
            self.queue.arrived.notify_one();
        }
        Ok(())
    }
}

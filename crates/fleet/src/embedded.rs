//! A queue within the store: for one process, or several on one machine, without another
//! server. The jobs of the store are leased, so it keeps the same promises as one that is
//! reached over a network, and whoever works at it can read the store.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use leeward_store::{Job, NewJob, Place, Store};
use leeward_watch::Ground;

use crate::queue::{Held, Placed, Queue, Trouble};

/// Kinds of work that this queue keeps in the store; both begin as
/// [`leeward_store::IN_A_QUEUE`] says.
const JOBS: &str = "queue.scan";
const RESULTS: &str = "queue.result";

/// How soon it is noticed that there is something.
const GLANCE: Duration = Duration::from_millis(50);

/// Bounds of the queue.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The most jobs that are queued or held.
    pub most: u64,
    /// How long something is held without a sign of life, in seconds.
    pub lease: i64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { most: 10_000, lease: 60 }
    }
}

/// The queue.
pub struct Embedded {
    clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    store: Arc<Mutex<Store>>,
    holder: String,
    bounds: Bounds,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("holder", &self.holder).finish_non_exhaustive()
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
    ) -> Result<Self, Trouble> {
        let store = Arc::new(Mutex::new(Store::open(place).map_err(failed)?));
        let holder = format!("queue ({:016x})", rand::random::<u64>());
        Ok(Self { clock: Arc::new(clock), store, holder, bounds })
    }

    /// In the store of a ground, by its clock.
    ///
    /// # Errors
    /// What the store says.
    pub fn of(ground: &Arc<Ground>) -> Result<Self, Trouble> {
        let clock = Arc::clone(&ground.clock);
        Self::new(&ground.place, Bounds::default(), move || clock.now())
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, kind: &str, key: &str, bytes: &[u8], not_before: i64) -> Result<Placed, Trouble> {
        let mut store = self.store();
        if store.last_job(kind, Some(key)).map_err(failed)?.is_some() {
            return Ok(Placed::Known);
        }
        if store.jobs_of(kind).map_err(failed)? >= self.bounds.most {
            return Ok(Placed::Full);
        }
        let payload = match std::str::from_utf8(bytes) {
            Ok(text) => format!("t{text}"),
            Err(_) => format!("b{}", STANDARD.encode(bytes)),
        };
        let job = NewJob { kind: kind.to_owned(), key: key.to_owned(), payload, not_before };
        store.job_add(&job, (self.clock)()).map_err(failed)?;
        Ok(Placed::Kept)
    }

    fn take(&self, kind: &str, wait: Duration) -> Result<Option<Box<dyn Held>>, Trouble> {
        let until = Instant::now() + wait;
        loop {
            let now = (self.clock)();
            // Each is held under a name of its own: what was lost is not ended by whoever
            // lost it, though it is the same process that got it again.
            let holder = format!("{} {:08x}", self.holder, rand::random::<u32>());
            let lease = self.bounds.lease;
            let taken = self.store().job_take_of(kind, &holder, now, now + lease);
            if let Some(job) = taken.map_err(failed)? {
                let bytes = match job.payload.split_at_checked(1) {
                    Some(("t", text)) => text.as_bytes().to_vec(),
                    Some(("b", text)) => STANDARD.decode(text).unwrap_or_default(),
                    _ => Vec::new(),
                };
                let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
                return Ok(Some(Box::new(Leased { store, clock, job, bytes, holder, lease })));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            thread::sleep(GLANCE);
        }
    }
}

impl Queue for Embedded {
    fn publish(&self, key: &str, job: &[u8]) -> Result<Placed, Trouble> {
        self.put(JOBS, key, job, (self.clock)())
    }

    fn pull(&self, wait: Duration) -> Result<Option<Box<dyn Held>>, Trouble> {
        self.take(JOBS, wait)
    }

    fn report(&self, key: &str, result: &[u8]) -> Result<Placed, Trouble> {
        self.put(RESULTS, key, result, (self.clock)())
    }

    fn collect(&self, wait: Duration) -> Result<Option<Box<dyn Held>>, Trouble> {
        self.take(RESULTS, wait)
    }

    fn bury(&self, _: &str, _: &[u8], _: &str) -> Result<(), Trouble> {
        // The work itself is in this store, given up and with its reason.
        Ok(())
    }

    fn depth(&self) -> Result<u64, Trouble> {
        let mut store = self.store();
        let jobs = store.jobs_of(JOBS).map_err(failed)?;
        Ok(jobs + store.jobs_of(RESULTS).map_err(failed)?)
    }
}

/// Something of the store's that is held.
struct Leased {
    store: Arc<Mutex<Store>>,
    clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    job: Job,
    bytes: Vec<u8>,
    holder: String,
    lease: i64,
}

impl Leased {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held for Leased {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn deliveries(&self) -> u64 {
        self.job.attempts
    }

    fn lease(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.lease).unwrap_or(1))
    }

    fn progress(&self) -> Result<bool, Trouble> {
        let until = (self.clock)() + self.lease;
        self.store().job_hold(self.job.id, &self.holder, until).map_err(failed)
    }

    fn ack(&self) -> Result<(), Trouble> {
        let now = (self.clock)();
        if self.job.kind == RESULTS {
            // It holds sealed values, and has served.
            self.store().job_drop(self.job.id, &self.holder).map_err(failed)?;
            return Ok(());
        }
        self.store().job_done(self.job.id, &self.holder, now).map_err(failed)
    }

    fn put_back(&self, after: Duration) -> Result<(), Trouble> {
        let now = (self.clock)();
        let again = now.saturating_add(i64::try_from(after.as_secs()).unwrap_or(i64::MAX));
        let why = "it was put back";
        let mut store = self.store();
        store.job_failed(self.job.id, &self.holder, now, why, Some(again)).map_err(failed)
    }
}

//! Both ends of the store's own queue in one process: work that is taken up is handed
//! over, and whoever handed it over does it as a worker and takes its result in, in the
//! same thread. What another process at this store left undone is done too. No repository
//! is split here: one process would clone it again for each part.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use leeward_dossier::Library;
use leeward_model::{Level, SafeText};
use leeward_pipeline::Unpacking;
use leeward_store::{Job as Work, JobId, Place, Store, Trouble};
use leeward_watch::{Done, Ground, Hand, HandOver, Handed, Task};

use crate::{
    collect::{Collector, Fault, Taken},
    dispatch::{Dispatch, HOLDER_WITHIN},
    embedded::{Bounds, Embedded},
    job::Job,
    planning::Planning,
    queue::Queue as _,
    seal::Key,
    worker::{OTHER_VERSION, Turn, Worker, Workplace},
};

/// How long a job waits, in seconds, whose process was killed. A sign of life is given three
/// times as often, which is a write.
const LEASE: i64 = 60;

/// What both ends need to know.
pub struct Setup {
    /// Where everything is kept.
    pub place: Place,
    /// What is known of credentials.
    pub library: Arc<Library>,
    /// Findings below this are left out.
    pub least: Level,
    /// Whether repositories of this machine, `file://`, are cloned.
    pub local_repositories: bool,
    /// Where clones lie while they are looked at.
    pub directory: PathBuf,
    /// Threads that read one repository.
    pub threads: usize,
    /// How containers are opened, if they are.
    pub unpack: Option<Unpacking>,
    /// Tells the moment: seconds since 1970-01-01 UTC.
    pub clock: fn() -> i64,
}

/// Both ends.
pub struct Within {
    queue: Arc<Embedded>,
    dispatch: Arc<Dispatch>,
    /// Results never leave the process, so neither does what opens them.
    key: Arc<Key>,
    place: Workplace,
    hands: AtomicUsize,
}

impl fmt::Debug for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Within").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl Within {
    /// In a store.
    ///
    /// # Errors
    /// What the store says.
    pub fn new(setup: Setup) -> Result<Self, Trouble> {
        let Setup { place, library, least, local_repositories, directory, .. } = setup;
        let bounds = Bounds { lease: LEASE, ..Bounds::default() };
        let queue = Arc::new(Embedded::new(&place, bounds, setup.clock)?);
        let key = Arc::new(Key::generate());
        let to = key.public();
        let as_queue = Arc::clone(&queue) as Arc<dyn crate::Queue>;
        let dispatch =
            Dispatch::new(as_queue, &library, least, &to, local_repositories, setup.clock);
        let place = Workplace {
            library,
            name: "this process".to_owned(),
            directory,
            threads: setup.threads,
            unpack: setup.unpack,
            // Whoever runs it on one machine waits as long as a repository takes.
            within: Duration::MAX,
            most_bytes: u64::MAX,
            planning: Planning { part_bytes: u64::MAX, most: 1 },
            local_repositories,
            clock: Box::new(setup.clock),
        };
        let dispatch = Arc::new(dispatch.within());
        Ok(Self { queue, dispatch, key, place, hands: AtomicUsize::new(0) })
    }
}

impl HandOver for Within {
    fn holder(&self) -> &str {
        self.dispatch.holder()
    }

    fn hand_over(&self, store: &mut Store, work: &Work, task: &Task) -> Result<Handed, Trouble> {
        // With nobody here to do it, whoever took it up does, and says why it cannot.
        if self.hands.load(Relaxed) == 0 {
            return Ok(Handed::Stays);
        }
        self.dispatch.hand_over(store, work, task)
    }

    fn hand<'a>(&'a self, ground: &'a Arc<Ground>) -> Option<Box<dyn Hand + 'a>> {
        let to = self.key.public();
        let worker = match Worker::within(&*self.queue, &self.place, &ground.detector, to) {
            Ok(worker) => worker,
            Err(error) => {
                tracing::error!(%error, "there is no place for clones");
                return None;
            }
        };
        let (queue, dispatch) = (Arc::clone(&self.queue), Arc::clone(&self.dispatch));
        let collector = Collector::new(Arc::clone(ground), queue, dispatch, Arc::clone(&self.key));
        self.hands.fetch_add(1, Relaxed);
        Some(Box::new(Pair { worker, collector, queue: &self.queue, ground, hands: &self.hands }))
    }

    fn sign(&self, store: &mut Store, now: i64) -> Result<(), Trouble> {
        self.dispatch.sign(store, now, self.queue.depth().map_err(failed)?)
    }
}

/// A worker, and who takes in what it hands in.
struct Pair<'a> {
    worker: Worker<'a>,
    collector: Collector,
    queue: &'a Embedded,
    ground: &'a Ground,
    hands: &'a AtomicUsize,
}

impl Drop for Pair<'_> {
    fn drop(&mut self) {
        self.hands.fetch_sub(1, Relaxed);
    }
}

impl Hand for Pair<'_> {
    fn turn(&mut self, store: &mut Store) -> Result<Option<Done>, Trouble> {
        let stop = self.ground.stop.clone();
        loop {
            // Before the next is begun, and also when it is to end.
            match self.collector.turn(store, Duration::ZERO) {
                Ok(Taken::Idle) => {}
                Ok(taken) => match told(taken) {
                    Some(done) => return Ok(Some(done)),
                    None => continue,
                },
                Err(Fault::Store(trouble)) => return Err(trouble),
                Err(Fault::Queue(trouble)) => return Err(failed(trouble)),
            }
            if stop.is_cancelled() {
                self.give_back(store)?;
                return Ok(None);
            }
            let turn = self.worker.turn(Duration::ZERO, &|| stop.is_cancelled());
            match turn.map_err(failed)? {
                Turn::Idle => return Ok(None),
                Turn::Done(_) | Turn::Lost => {}
                Turn::Other(why, _) => tracing::warn!("{}", SafeText::new(&why)),
            }
        }
    }
}

impl Pair<'_> {
    /// Puts what was not done back to where it was taken from, for whoever is next, and
    /// whichever queue they have. It was no attempt.
    fn give_back(&self, store: &mut Store) -> Result<(), Trouble> {
        while let Some(held) = self.queue.pull(Duration::ZERO).map_err(failed)? {
            let Ok(job) = Job::of(held.bytes()) else {
                held.put_back(OTHER_VERSION).map_err(failed)?;
                continue;
            };
            let work = store.job(JobId(job.id))?;
            let is_present = |it: &Work| it.attempts == job.attempt;
            if let Some(work) = work.filter(is_present) {
                store.job_put_back(work.id, HOLDER_WITHIN, self.ground.now())?;
            }
            held.ack().map_err(failed)?;
        }
        Ok(())
    }
}

/// What came of work, in the words of whoever did not hand it over.
fn told(taken: Taken) -> Option<Done> {
    let kind = "repository".to_owned();
    match taken {
        Taken::Done(opened) => Some(Done { kind, opened, trouble: None, is_dead: false }),
        Taken::Failed(why, is_dead) => Some(Done { kind, opened: 0, trouble: Some(why), is_dead }),
        Taken::Idle | Taken::Part | Taken::Late | Taken::Refused => None,
    }
}

/// The queue is in the store, so its trouble is the store's.
fn failed(trouble: crate::Trouble) -> Trouble {
    Trouble::Other(trouble.to_string())
}

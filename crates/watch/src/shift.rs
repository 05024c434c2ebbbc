//! All that is watched at once: each source in a thread of its own, some workers, and
//! what is done again and again. A thread that fails begins anew; what it was at goes on
//! where the store says.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Duration,
};

use leeward_store::{Store, Trouble};

use crate::{
    ground::{Ground, Occasion},
    lookout::Lookout,
    schedule::{Schedule, Times, What},
    status::Status,
    task::Task,
    turn::{Turn, Watched},
    worker::{Done, Worker},
};

/// Workers: one clones while the other reads, on the smallest machine there is.
const WORKERS: usize = 2;

/// How long anybody waits before the store is asked again: another process may have
/// left work, or want a look.
const GLANCE: Duration = Duration::from_secs(1);

/// How long to wait after something failed that should not.
const CALM: Duration = Duration::from_secs(10);

/// How often it is said in numbers how it goes, in glances.
const MEASURED: u64 = 15;

/// Hears what each turn came to.
pub type Hear<'a> = dyn Fn(&str, &Turn) + Sync + 'a;

/// Hears what became of work.
pub type HearWork<'a> = dyn Fn(&Done) + Sync + 'a;

/// What came of looking at everything once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Once {
    /// Incidents that were opened or opened again.
    pub opened: u64,
    /// Sources that could not be read to the end.
    pub failed: u64,
    /// Work that came to nothing, or is not done yet.
    pub undone: u64,
}

/// All that is watched.
pub struct Shift {
    ground: Arc<Ground>,
    watched: Vec<Watched>,
    schedule: Vec<(What, Times)>,
}

impl Shift {
    /// Of these sources, and what is done again and again.
    pub fn new(ground: Arc<Ground>, watched: Vec<Watched>, schedule: Vec<(What, Times)>) -> Self {
        Self { ground, watched, schedule }
    }

    /// Watches until it is stopped.
    pub fn run(&self, hear: &Hear<'_>, hear_work: &HearWork<'_>) {
        thread::scope(|scope| {
            for watched in &self.watched {
                scope.spawn(move || {
                    self.again_and_again(&watched.name, |store| {
                        let ground = Arc::clone(&self.ground);
                        let mut lookout = Lookout::new(ground, watched.clone());
                        self.look(store, &mut lookout, hear)
                    });
                });
            }
            for _ in 0..WORKERS {
                scope.spawn(move || {
                    self.again_and_again("a worker", |store| self.work(store, hear_work));
                });
            }
            scope.spawn(move || {
                self.again_and_again("the schedule", |store| self.keep_time(store));
            });
            // Nobody waits longer than until the next glance.
            while !self.ground.stop.is_cancelled() {
                thread::sleep(Duration::from_millis(50));
            }
            self.ground.bell.ring();
        });
    }

    /// Looks at everything once, and does the work that follows from it.
    ///
    /// # Errors
    /// What the store says.
    pub fn once(&self, hear: &Hear<'_>, hear_work: &HearWork<'_>) -> Result<Once, Trouble> {
        let mut store = self.ground.store()?;
        let mut came = Once::default();
        for watched in &self.watched {
            store.look_now(&watched.name, self.ground.now())?;
            let mut lookout = Lookout::new(Arc::clone(&self.ground), watched.clone());
            loop {
                let turn = lookout.turn(&mut store)?;
                hear(&watched.name, &turn);
                match turn {
                    Turn::Page(done) => {
                        came.opened += done.opened;
                        if !done.more {
                            break;
                        }
                    }
                    Turn::Stale => {}
                    Turn::Idle(_) => break,
                    Turn::Trouble { .. } | Turn::Stopped => {
                        came.failed += 1;
                        break;
                    }
                }
            }
        }
        for (what, _) in &self.schedule {
            if let What::Scan(target) = what {
                let (target, now) = (target.clone(), self.ground.now());
                store.job_add(&Task::Target { target }.job(now), now)?;
            }
        }
        let mut worker = Worker::new(Arc::clone(&self.ground));
        while let Some(done) = worker.turn(&mut store)? {
            hear_work(&done);
            came.opened += done.opened;
            came.undone += u64::from(done.is_dead);
        }
        let queue = store.queue()?;
        came.undone += queue.waiting + queue.running;
        (self.ground.tell)(&mut store, Occasion::Later);
        Ok(came)
    }

    /// Does something with a connection until it is stopped, also after trouble.
    fn again_and_again(&self, who: &str, work: impl Fn(&mut Store) -> Result<(), Trouble>) {
        while !self.ground.stop.is_cancelled() {
            // What a panic leaves behind is dropped with the connection.
            let done = catch_unwind(AssertUnwindSafe(|| {
                let mut store = self.ground.store()?;
                work(&mut store)
            }));
            match done {
                Ok(Ok(())) => return,
                Ok(Err(trouble)) => {
                    tracing::error!(who, %trouble, "the store failed; trying again");
                }
                Err(_) => tracing::error!(who, "it broke, and begins anew"),
            }
            metrics::counter!("leeward_restarts_total").increment(1);
            self.ground.clock.pause(CALM, &self.ground.stop);
        }
    }

    fn look(
        &self,
        store: &mut Store,
        lookout: &mut Lookout,
        hear: &Hear<'_>,
    ) -> Result<(), Trouble> {
        loop {
            let turn = lookout.turn(store)?;
            if !matches!(turn, Turn::Idle(_)) {
                hear(lookout.name(), &turn);
            }
            match turn {
                Turn::Stopped => return Ok(()),
                Turn::Page(done) if done.more => {}
                Turn::Page(_) | Turn::Stale | Turn::Idle(_) | Turn::Trouble { .. } => {
                    self.ground.bell.wait(GLANCE);
                }
            }
        }
    }

    fn work(&self, store: &mut Store, hear: &HearWork<'_>) -> Result<(), Trouble> {
        let mut worker = Worker::new(Arc::clone(&self.ground));
        while !self.ground.stop.is_cancelled() {
            match worker.turn(store)? {
                Some(done) => hear(&done),
                None => self.ground.bell.wait(GLANCE),
            }
        }
        Ok(())
    }

    fn keep_time(&self, store: &mut Store) -> Result<(), Trouble> {
        let mut schedule = Schedule::new(store, self.schedule.clone(), self.ground.now())?;
        let mut glances = 0;
        while !self.ground.stop.is_cancelled() {
            schedule.turn(&self.ground, store)?;
            if glances % MEASURED == 0 {
                Status::of(store)?.measure();
            }
            glances += 1;
            self.ground.bell.wait(GLANCE);
        }
        Ok(())
    }
}

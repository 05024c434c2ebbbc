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
    hand_over::Hand,
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

/// How often a sign of life is given for work that was handed over, in glances.
const SIGNED: u64 = 20;

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
        let (mut worker, mut hand) = (Worker::new(Arc::clone(&self.ground)), self.hand());
        loop {
            match next(&mut worker, &mut hand, &mut store)? {
                Next::Done(done) => {
                    hear_work(&done);
                    came.opened += done.opened;
                    came.undone += u64::from(done.is_dead);
                }
                Next::Again => {}
                Next::Nothing => break,
            }
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
        let (mut worker, mut hand) = (Worker::new(Arc::clone(&self.ground)), self.hand());
        while !self.ground.stop.is_cancelled() {
            match next(&mut worker, &mut hand, store)? {
                Next::Done(done) => hear(&done),
                Next::Again => {}
                Next::Nothing => self.ground.bell.wait(GLANCE),
            }
        }
        Ok(())
    }

    /// Who does here what is handed over, if anybody does.
    fn hand(&self) -> Option<Box<dyn Hand + '_>> {
        self.ground.fleet.as_ref()?.hand(&self.ground)
    }

    fn keep_time(&self, store: &mut Store) -> Result<(), Trouble> {
        let mut schedule = Schedule::new(store, self.schedule.clone(), self.ground.now())?;
        let mut glances = 0;
        while !self.ground.stop.is_cancelled() {
            schedule.turn(&self.ground, store)?;
            if glances % MEASURED == 0 {
                Status::of(store)?.measure();
            }
            if glances % SIGNED == 0
                && let Some(fleet) = &self.ground.fleet
            {
                fleet.sign(store, self.ground.now())?;
            }
            glances += 1;
            self.ground.bell.wait(GLANCE);
        }
        Ok(())
    }
}

/// What came of looking for work.
enum Next {
    Done(Done),
    /// Something was handed over, and another got it: there may be more.
    Again,
    Nothing,
}

/// Does the next work: what is handed over on the way by the hand that is here.
fn next(
    worker: &mut Worker,
    hand: &mut Option<Box<dyn Hand + '_>>,
    store: &mut Store,
) -> Result<Next, Trouble> {
    if let Some(done) = worker.turn(store)? {
        return Ok(Next::Done(done));
    }
    let Some(hand) = hand else { return Ok(Next::Nothing) };
    Ok(match hand.turn(store)? {
        Some(done) => Next::Done(done),
        None if worker.has_handed() => Next::Again,
        None => Next::Nothing,
    })
}

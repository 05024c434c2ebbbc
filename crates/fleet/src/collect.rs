//! Takes results in: the only one that writes to the store. A result counts once,
//! whatever is delivered again; one of an attempt that is not the present one changes
//! nothing.
//!
//! Parts of a repository are held, unacknowledged, until all of them are there, and then
//! recorded as one. So if this process ends they are delivered again, and nothing of them
//! needs a place of its own.

use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use leeward_model::{Finding, ObjectId, SafeText};
use leeward_store::{Job as Work, JobId, JobState, Store};
use leeward_watch::{
    Ground, HandOver as _, Over, Task,
    discreet::cautious,
    repository::{Arrived, take_in},
    whose::Ours,
};

use crate::{
    dispatch::Dispatch,
    job::Unread,
    merge::merge,
    queue::{Held, Queue, Trouble},
    report::{Came, Report, Scanned},
    seal::Key,
    split::{Plan, Split},
};

/// How often a sign of life is given for what is on its way.
const BEAT: Duration = Duration::from_secs(20);

/// For how long, in seconds, work waits that a worker had other rules for.
const REFUSED: i64 = 60;

/// What became of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// There was none.
    Idle,
    /// It was recorded: so many incidents were opened, or opened again.
    Done(u64),
    /// It is one of several that belong together, and held.
    Part,
    /// It was done by somebody else, or is of an earlier time: nothing changed.
    Late,
    /// The work came to nothing, and whether it was given up.
    Failed(String, bool),
    /// It is tried again later: no worker had the rules.
    Refused,
}

/// Why nothing could be taken in. Results are kept meanwhile.
#[derive(Debug)]
pub enum Fault {
    /// What the store says.
    Store(leeward_store::Trouble),
    /// What the queue says.
    Queue(Trouble),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(trouble) => trouble.fmt(f),
            Self::Queue(trouble) => trouble.fmt(f),
        }
    }
}

impl From<leeward_store::Trouble> for Fault {
    fn from(trouble: leeward_store::Trouble) -> Self {
        Self::Store(trouble)
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::Queue(trouble)
    }
}

/// Takes results in.
pub struct Collector {
    ground: Arc<Ground>,
    queue: Arc<dyn Queue>,
    dispatch: Arc<Dispatch>,
    key: Arc<Key>,
    ours: Ours,
    splits: HashMap<(i64, u64, i64), Split>,
    last: Option<Instant>,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("splits", &self.splits.len()).finish_non_exhaustive()
    }
}

impl Collector {
    /// Onto a ground, from a queue. There is to be one at a time, unless no repository is
    /// split: parts of one are put together in the memory of who takes them in.
    pub fn new(
        ground: Arc<Ground>,
        queue: Arc<dyn Queue>,
        dispatch: Arc<Dispatch>,
        key: impl Into<Arc<Key>>,
    ) -> Self {
        let (key, ours, splits) = (key.into(), Ours::default(), HashMap::new());
        Self { ground, queue, dispatch, key, ours, splits, last: None }
    }

    /// Takes results in until it is to end, also after trouble.
    pub fn run(&mut self, hear: &dyn Fn(&Taken)) {
        const CALM: Duration = Duration::from_secs(2);
        let stop = self.ground.stop.clone();
        while !stop.is_cancelled() {
            let taken = self.ground.store().map_err(Fault::Store).and_then(|mut store| {
                loop {
                    match self.turn(&mut store, Duration::from_millis(500))? {
                        Taken::Idle if stop.is_cancelled() => return Ok(()),
                        Taken::Idle => {}
                        taken => hear(&taken),
                    }
                    if stop.is_cancelled() {
                        return Ok(());
                    }
                }
            });
            if let Err(fault) = taken {
                tracing::error!(%fault, "results wait in the queue; trying again");
                self.ground.clock.pause(CALM, &stop);
            }
        }
    }

    /// Takes the next result in, if there is one within some time.
    ///
    /// # Errors
    /// What the store or the queue says; the result is delivered again.
    pub fn turn(&mut self, store: &mut Store, wait: Duration) -> Result<Taken, Fault> {
        self.sign(store)?;
        for split in self.splits.values_mut() {
            split.publish(&*self.queue, &self.dispatch);
        }
        let Some(held) = self.queue.collect(wait)? else { return Ok(Taken::Idle) };
        let report = match Report::read(held.bytes()) {
            Ok(report) => report,
            Err(unread) => return Self::leave(&*held, unread),
        };
        // What it says of the attempt is the fence: whoever was taken for dead is too late.
        let work = store.job(JobId(report.id))?.filter(|work| is_current(work, &report));
        let Some(work) = work else {
            held.ack()?;
            metrics::counter!("leeward_fleet_late_total").increment(1);
            return Ok(Taken::Late);
        };
        let place = (report.id, report.attempt, report.turn);
        let taken = match report.came {
            Came::Scanned(scanned) => match report.part {
                None => alive(&*held, || self.done(store, &work, vec![scanned], None, true))?,
                Some(part) => {
                    let split = self.splits.entry(place).or_insert_with(|| Split::new(&work));
                    split.arrived(&part, scanned, held)?;
                    return self.whole(store, place, &work);
                }
            },
            Came::Unchanged => {
                self.settle(store, &work)?;
                Taken::Done(0)
            }
            Came::Split { of, pack, tips } => {
                let split = self.splits.entry(place).or_insert_with(|| Split::new(&work));
                split.plan(Plan { of, pack, tips }, held);
                split.publish(&*self.queue, &self.dispatch);
                return self.whole(store, place, &work);
            }
            Came::OtherPack => {
                let split = self.splits.entry(place).or_insert_with(|| Split::new(&work));
                split.by_name()?;
                split.publish(&*self.queue, &self.dispatch);
                Taken::Part
            }
            Came::Failed { why, never } => {
                let part = report.part.as_ref();
                let part = part.map(|it| format!("part {} of {}: ", it.index + 1, it.of));
                let why = format!("{}{why}", part.unwrap_or_default());
                self.failed(store, &work, &why, never)?
            }
            Came::Refused { rules, program } => {
                let why = format!(
                    "worker {} has the rules {rules} of leeward {program}, and the server has {}: \
                     give it the same version and the same dossiers",
                    report.worker,
                    self.dispatch.rules()
                );
                let why = cautious(&SafeText::new(&why).to_string());
                tracing::warn!(job = work.id.0, "{why}");
                let now = self.ground.now();
                let holder = self.own(store, &work)?;
                store.job_put_off(work.id, &holder, now, &why, now + REFUSED)?;
                Taken::Refused
            }
        };
        acknowledge(held.ack());
        Ok(taken)
    }

    /// Gives signs of life for what is on its way, and lets go of what is not any more.
    fn sign(&mut self, store: &mut Store) -> Result<(), Fault> {
        if self.last.is_some_and(|last| last.elapsed() < BEAT) {
            return Ok(());
        }
        self.last = Some(Instant::now());
        let now = self.ground.now();
        let depth = self.queue.depth()?;
        metrics::gauge!("leeward_fleet_depth").set(depth as f64);
        self.dispatch.sign(store, now, depth.max(self.splits.len() as u64))?;
        let mut gone = Vec::new();
        for (place, split) in &self.splits {
            let work = store.job(JobId(place.0))?;
            if work.is_some_and(|it| it.state == JobState::Running && it.attempts == place.1) {
                split.sign()?;
            } else {
                gone.push(*place);
            }
        }
        for place in gone {
            if let Some(split) = self.splits.remove(&place) {
                split.let_go()?;
            }
        }
        Ok(())
    }

    /// Records a repository that was split, if all its parts are there.
    fn whole(
        &mut self,
        store: &mut Store,
        place: (i64, u64, i64),
        work: &Work,
    ) -> Result<Taken, Fault> {
        if !self.splits.get(&place).is_some_and(Split::is_whole) {
            return Ok(Taken::Part);
        }
        let Some(split) = self.splits.remove(&place) else { return Ok(Taken::Part) };
        let (parts, tips) = split.parts();
        let taken = self.done(store, work, parts, tips, true);
        // What was not recorded is delivered again once its lease is over.
        if taken.is_ok() {
            acknowledge(split.let_go());
        }
        taken
    }

    /// Records what was found, once. `tips` are those of the plan, if it was split.
    fn done(
        &mut self,
        store: &mut Store,
        work: &Work,
        parts: Vec<Scanned>,
        tips: Option<Vec<String>>,
        is_all: bool,
    ) -> Result<Taken, Fault> {
        let Some(Task::Repository { source, url, .. }) = Task::of(work) else {
            return self.failed(store, work, "the work is of another kind", true);
        };
        let library = Arc::clone(&self.ground.library);
        let mut findings: Vec<Finding> = Vec::new();
        let (mut gaps, mut all_tips) = (Vec::new(), tips.unwrap_or_default());
        for part in parts {
            for finding in &part.findings {
                match finding.open(&self.key, &library) {
                    Ok(finding) => findings.push(finding),
                    Err(why) => {
                        return self.failed(
                            store,
                            work,
                            &format!("the result is refused: {why}"),
                            false,
                        );
                    }
                }
            }
            gaps.extend(part.gaps);
            all_tips.extend(part.tips);
            metrics::counter!("leeward_fleet_bytes_total").increment(part.bytes);
        }
        let name = leeward_source::git::RemoteUrl::parse(&url, true);
        let name = name.map_or(url, |url| url.as_str().to_owned());
        let is_of_source = source.is_some();
        let source = match source {
            Some(source) => store.source(&source)?,
            None => None,
        };
        let tips: Vec<ObjectId> = all_tips.iter().filter_map(|id| ObjectId::from_hex(id)).collect();
        let arrived = Arrived {
            source: source.as_ref(),
            is_of_source,
            name: &name,
            findings: merge(findings, self.ground.least),
            hidden: Vec::new(),
            gaps: gaps.into_iter().map(|(what, why)| (harmless(&what), harmless(&why))).collect(),
            tips: is_all.then_some(&tips),
        };
        let recorded = take_in(&self.ground, store, &mut self.ours, arrived)?;
        let opened = (recorded.opened.len() + recorded.reopened.len()) as u64;
        if is_all {
            self.settle(store, work)?;
        }
        Ok(Taken::Done(opened))
    }

    /// Notes that work was done, if it is still this attempt.
    fn settle(&self, store: &mut Store, work: &Work) -> Result<(), Fault> {
        if store.job_settle(work.id, work.attempts, self.ground.now())? {
            leeward_watch::done_with(work);
        }
        Ok(())
    }

    /// Notes that work came to nothing. What other parts found is kept all the same.
    fn failed(
        &mut self,
        store: &mut Store,
        work: &Work,
        why: &str,
        never: bool,
    ) -> Result<Taken, Fault> {
        let why = harmless(why);
        let holder = self.own(store, work)?;
        let place = (work.id.0, work.attempts, work.not_before);
        let split = self.splits.remove(&place);
        let is_dead = leeward_watch::failed(store, work, &holder, self.ground.now(), &why, never)?;
        if is_dead {
            let key = format!("{}.{}", work.id.0, work.attempts);
            self.queue.bury(&key, work.payload.as_bytes(), &why)?;
            if let Some(split) = &split {
                let (parts, _) = split.parts();
                self.done(store, work, parts, None, false)?;
            }
        }
        if let Some(split) = split {
            acknowledge(split.let_go());
        }
        Ok(Taken::Failed(why, is_dead))
    }

    /// The holder of work, now: whoever handed it over may just have passed it on.
    fn own(&self, store: &mut Store, work: &Work) -> Result<String, Fault> {
        let own = self.dispatch.holder();
        if let Some(holder) = work.holder.as_deref().filter(|holder| *holder != own) {
            store.job_pass(work.id, holder, own, work.until.unwrap_or_default())?;
        }
        Ok(own.to_owned())
    }

    fn leave(held: &dyn Held, unread: Unread) -> Result<Taken, Fault> {
        match unread {
            Unread::Version(v) => {
                tracing::warn!(
                    "a result is of version {v} of the protocol, and this server speaks {}",
                    crate::PROTOCOL
                );
            }
            Unread::Garbage => tracing::warn!("a result cannot be read"),
        }
        // What it was of is still held, and done again.
        held.ack()?;
        Ok(Taken::Late)
    }
}

/// Gives signs of life for a result while it is taken in: providers may be asked, which
/// takes minutes.
fn alive<T>(held: &dyn Held, work: impl FnOnce() -> T) -> T {
    let over = Over::default();
    thread::scope(|scope| {
        let _until = over.until();
        scope.spawn(|| {
            while !over.within(held.lease() / 3) {
                if let Err(trouble) = held.progress() {
                    tracing::warn!(%trouble, "a result could not be held");
                }
            }
        });
        work()
    })
}

/// What was taken in stays so: if the queue did not hear of it, it is delivered again, and
/// too late.
fn acknowledge(told: Result<(), Trouble>) {
    if let Err(trouble) = told {
        tracing::debug!(%trouble, "a result that was taken in will come again");
    }
}

/// Whether a result is of the present attempt at work that is still to be done.
fn is_current(work: &Work, report: &Report) -> bool {
    work.state == JobState::Running && work.attempts == report.attempt
}

/// Words of a worker, as they may be kept.
fn harmless(text: &str) -> String {
    cautious(&SafeText::new(text).to_string())
}

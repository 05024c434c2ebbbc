//! A repository that is scanned in parts: what was planned, and which parts are there.

use std::collections::BTreeMap;

use leeward_source::git::RemoteUrl;
use leeward_store::Job as Work;
use leeward_watch::Task;

use crate::{
    dispatch::Dispatch,
    job::Part,
    queue::{Held, Placed, Queue, Trouble},
    report::Scanned,
};

/// How it was split.
pub(crate) struct Plan {
    /// Into how many parts.
    pub(crate) of: u32,
    /// By ranges of this pack, if it is one.
    pub(crate) pack: Option<String>,
    /// What the refs pointed to.
    pub(crate) tips: Vec<String>,
}

/// The most parts that are taken for a plan: a worker's word alone makes no more work.
const MOST: u32 = 4_096;

/// A repository in parts.
pub(crate) struct Split {
    work: Work,
    plan: Option<Plan>,
    /// Whether the pack turned out not to be the same for everybody.
    is_by_name: bool,
    held: Vec<Box<dyn Held>>,
    got: BTreeMap<u32, (Scanned, Box<dyn Held>)>,
    /// Parts that are not queued yet.
    waiting: Vec<u32>,
}

impl Split {
    pub(crate) fn new(work: &Work) -> Self {
        let (held, got, waiting) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { work: work.clone(), plan: None, is_by_name: false, held, got, waiting }
    }

    /// Takes the plan.
    pub(crate) fn plan(&mut self, plan: Plan, held: Box<dyn Held>) {
        self.held.push(held);
        let plan = Plan { of: plan.of.clamp(1, MOST), ..plan };
        self.waiting = (0..plan.of).filter(|index| !self.got.contains_key(index)).collect();
        self.plan = Some(plan);
    }

    /// Splits by names from now on: parts of the pack do not fit together.
    pub(crate) fn by_name(&mut self) -> Result<(), Trouble> {
        if self.is_by_name {
            return Ok(());
        }
        self.is_by_name = true;
        for (_, held) in std::mem::take(&mut self.got).into_values() {
            held.ack()?;
        }
        self.waiting = (0..self.plan.as_ref().map_or(0, |plan| plan.of)).collect();
        Ok(())
    }

    /// Takes a part. One that was split by names says that all are: this process may have
    /// forgotten.
    pub(crate) fn arrived(
        &mut self,
        part: &Part,
        scanned: Scanned,
        held: Box<dyn Held>,
    ) -> Result<(), Trouble> {
        let is_by_pack = part.pack.is_some();
        if !is_by_pack && self.plan.as_ref().is_none_or(|plan| plan.pack.is_some()) {
            self.by_name()?;
        }
        if is_by_pack && self.is_by_name {
            return held.ack();
        }
        self.waiting.retain(|index| *index != part.index);
        if let Some((_, before)) = self.got.insert(part.index, (scanned, held)) {
            before.ack()?;
        }
        Ok(())
    }

    /// Queues the parts that are not queued yet, as far as there is room.
    pub(crate) fn publish(&mut self, queue: &dyn Queue, dispatch: &Dispatch) {
        let Some(plan) = &self.plan else { return };
        let Some(Task::Repository { url, .. }) = Task::of(&self.work) else { return };
        let Ok(url) = RemoteUrl::parse(&url, true) else { return };
        while let Some(&index) = self.waiting.first() {
            let pack = plan.pack.clone().filter(|_| !self.is_by_name);
            let mut job = dispatch.job(&self.work, url.as_str(), None);
            job.part = Some(Part { index, of: plan.of, pack });
            match queue.publish(&job.key(), &job.to_bytes()) {
                Ok(Placed::Kept | Placed::Known) => {
                    self.waiting.remove(0);
                }
                Ok(Placed::Full) => return,
                Err(trouble) => {
                    tracing::warn!(%trouble, "parts of a repository wait to be queued");
                    return;
                }
            }
        }
    }

    /// Whether all parts are there.
    pub(crate) fn is_whole(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| (0..plan.of).all(|it| self.got.contains_key(&it)))
    }

    /// The parts that are there, and what the refs pointed to when it was split.
    pub(crate) fn parts(&self) -> (Vec<Scanned>, Option<Vec<String>>) {
        let parts = self.got.values().map(|(scanned, _)| scanned.clone()).collect();
        (parts, self.plan.as_ref().map(|plan| plan.tips.clone()))
    }

    /// Gives a sign of life for everything that is held.
    pub(crate) fn sign(&self) -> Result<(), Trouble> {
        self.each(|held| held.progress().map(|_| ()))
    }

    /// Is done with everything that is held.
    pub(crate) fn let_go(&self) -> Result<(), Trouble> {
        self.each(|held| held.ack())
    }

    fn each(&self, act: impl Fn(&dyn Held) -> Result<(), Trouble>) -> Result<(), Trouble> {
        self.held.iter().try_for_each(|held| act(&**held))?;
        self.got.values().try_for_each(|(_, held)| act(&**held))
    }
}

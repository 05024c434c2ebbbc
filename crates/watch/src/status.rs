//! How it goes with what is watched, and what people may want of it: a source paused,
//! resumed or looked at now, work taken up. All of it goes through the store, so that
//! it does not matter who is on watch, and in which process.

use leeward_model::SafeText;
use leeward_store::{GapLine, Job, JobState, MOST_GAPS, Queue, Source, Store, Strangers, Trouble};

use crate::{discreet::cautious, task::Task};

/// The most jobs that were given up that are listed; the queue counts them all.
const MOST_DEAD: u64 = 100;

/// How it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Sources that were ever watched, by name.
    pub sources: Vec<Source>,
    /// What was not looked at, what was last met first.
    pub gaps: Vec<GapLine>,
    /// Work by how far it is.
    pub queue: Queue,
    /// Work that was given up, with the reasons.
    pub dead: Vec<Job>,
    /// How many values of ours are known by their fingerprints.
    pub ours: u64,
    /// How many values of other people were met.
    pub strangers: Strangers,
}

impl Status {
    /// As it is now.
    ///
    /// # Errors
    /// What the store says.
    pub fn of(store: &mut Store) -> Result<Self, Trouble> {
        let mut gaps = store.gaps(None)?;
        gaps.truncate(usize::try_from(MOST_GAPS).unwrap_or(usize::MAX));
        Ok(Self {
            sources: store.sources()?,
            gaps,
            queue: store.queue()?,
            dead: store.jobs(JobState::Dead, MOST_DEAD)?,
            ours: store.our_count()?,
            strangers: store.strangers()?,
        })
    }

    /// Says it in numbers.
    pub fn measure(&self) {
        let gauge = |name: &'static str, value: u64| metrics::gauge!(name).set(value as f64);
        gauge("leeward_queue_waiting", self.queue.waiting);
        gauge("leeward_queue_running", self.queue.running);
        gauge("leeward_queue_dead", self.queue.dead);
        for source in &self.sources {
            let name = &source.name;
            let healthy = if source.state.is_trouble() { 0.0 } else { 1.0 };
            metrics::gauge!("leeward_source_healthy", "source" => name.clone()).set(healthy);
            let success = source.success_at.unwrap_or(0) as f64;
            metrics::gauge!("leeward_source_last_success", "source" => name.clone()).set(success);
        }
    }
}

/// Pauses a source; whether there is one of this name. What people say is kept without
/// what looks like a value.
///
/// # Errors
/// What the store says.
pub fn pause(store: &mut Store, source: &str, actor: &str, why: &str) -> Result<bool, Trouble> {
    let words = if why.is_empty() { String::new() } else { format!(": {why}") };
    let words = cautious(&SafeText::new(&format!("paused by {actor}{words}")).to_string());
    store.source_pause(source, &words)
}

/// Resumes a source that is paused or in trouble; whether there is one of this name.
///
/// # Errors
/// What the store says.
pub fn resume(store: &mut Store, source: &str, now: i64) -> Result<bool, Trouble> {
    store.source_resume(source, now)
}

/// Has a source looked at now; whether it will be.
///
/// # Errors
/// What the store says.
pub fn look_now(store: &mut Store, source: &str, now: i64) -> Result<bool, Trouble> {
    store.look_now(source, now)
}

/// Takes work up; whether the same did not wait already. Whoever is on watch in this
/// process is woken by [`Bell::ring`](crate::Bell::ring).
///
/// # Errors
/// What the store says.
pub fn enqueue(store: &mut Store, task: &Task, now: i64) -> Result<bool, Trouble> {
    store.job_add(&task.job(now), now)
}

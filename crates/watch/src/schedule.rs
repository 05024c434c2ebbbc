//! What is done again and again, and when: targets that are scanned, incidents whose
//! values are asked about again, people who are told of what is late. What fell into a
//! time in which nobody was on watch is made up for, once.

use std::{
    fmt,
    str::FromStr as _,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use croner::Cron;
use leeward_store::{Filter, Store, Trouble};

use crate::{
    ground::{Ground, Occasion},
    task::Task,
};

/// What was last seen so many seconds ago is forgotten: half a year, after which a
/// service hands nothing old out by itself.
const REMEMBERED: i64 = 180 * 86_400;

/// Work that was done so many seconds ago is forgotten: longer than any schedule has
/// between two times but for the rarest, and long enough to ask why it was given up.
const DONE_REMEMBERED: i64 = 40 * 86_400;

/// The shortest time between two.
const SHORTEST: u64 = 10;

/// When something is done.
#[derive(Clone, Debug)]
pub enum Times {
    /// So many seconds after the last time.
    Every(u64),
    /// At these times of the clock, in UTC.
    At(Box<Cron>),
}

/// Times that make no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTimes(String);

impl fmt::Display for BadTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadTimes {}

impl Times {
    /// So many seconds after the last time.
    ///
    /// # Errors
    /// Fewer than ten.
    pub fn every(seconds: u64) -> Result<Self, BadTimes> {
        if seconds < SHORTEST {
            return Err(BadTimes(format!("`{seconds}` seconds are fewer than {SHORTEST}")));
        }
        Ok(Self::Every(seconds))
    }

    /// At times of the clock, in UTC, as a cron expression: `30 3 * * *`.
    ///
    /// # Errors
    /// What is no such expression.
    pub fn at(pattern: &str) -> Result<Self, BadTimes> {
        let shown = leeward_model::SafeText::new(pattern);
        let bad = |error| {
            BadTimes(format!(
                "`{shown}` is not understood ({error}): write minute, hour, day, month and day of \
                 the week, such as `30 3 * * *` for half past three each night, in UTC"
            ))
        };
        Ok(Self::At(Box::new(Cron::from_str(pattern).map_err(bad)?)))
    }

    /// The next time after another: seconds since 1970-01-01 UTC.
    pub fn next(&self, after: i64) -> Option<i64> {
        match self {
            Self::Every(seconds) => after.checked_add_unsigned(*seconds),
            Self::At(cron) => {
                let after: DateTime<Utc> = DateTime::from_timestamp(after, 0)?;
                cron.find_next_occurrence(&after, false).ok().map(|at| at.timestamp())
            }
        }
    }
}

/// Events of incidents that exposures are reckoned from at once: a thousandth of a second
/// each at most.
const EXPOSURES: u32 = 2_000;

/// How long exposures are reckoned at one time: a store that was filled without a watch
/// has many, and nothing else waits for long.
const CATCH_UP: Duration = Duration::from_secs(10);

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A target is scanned, as `leeward scan` takes it.
    Scan(String),
    /// Providers are asked again about all incidents that are not closed.
    Verify,
    /// People are told of what is late, and what could not be delivered is tried again.
    Tell,
    /// What is long past is forgotten.
    Forget,
}

/// What is done again and again.
#[derive(Debug)]
pub struct Schedule {
    entries: Vec<Entry>,
    /// When it was last looked at: a clock that is put back shows by it.
    looked_at: i64,
}

#[derive(Debug)]
struct Entry {
    what: What,
    times: Times,
    next_at: Option<i64>,
}

impl Schedule {
    /// Of these. Work that was last taken up before its time came is due at once.
    ///
    /// # Errors
    /// What the store says.
    pub fn new(store: &mut Store, wanted: Vec<(What, Times)>, now: i64) -> Result<Self, Trouble> {
        let mut entries = Vec::new();
        for (what, times) in wanted {
            let last = match &what {
                What::Scan(target) => store.last_job("target", Some(target))?,
                What::Verify => store.last_job("verify", None)?,
                What::Tell | What::Forget => None,
            };
            let next_at = match (&what, last) {
                // A time to come was written by a clock that was wrong.
                (_, Some(last)) => times.next(last.min(now)),
                // What was never scanned is scanned now, unless its hour was named.
                (What::Scan(_), None) if matches!(times, Times::Every(_)) => Some(now),
                (_, None) => times.next(now),
            };
            entries.push(Entry { what, times, next_at });
        }
        Ok(Self { entries, looked_at: now })
    }

    /// When something is due next.
    pub fn next_at(&self) -> Option<i64> {
        self.entries.iter().filter_map(|entry| entry.next_at).min()
    }

    /// Takes up what is due.
    ///
    /// # Errors
    /// What the store says; what was not taken up is due still.
    pub fn turn(&mut self, ground: &Ground, store: &mut Store) -> Result<u64, Trouble> {
        let now = ground.now();
        let mut taken = 0;
        let is_put_back = now < self.looked_at;
        self.looked_at = now;
        for entry in &mut self.entries {
            if is_put_back {
                // What was put off by a clock that was wrong is not put off for years.
                let next_at = entry.times.next(now);
                entry.next_at = entry.next_at.min(next_at).or(next_at);
            }
            if entry.next_at.is_none_or(|at| at > now) {
                continue;
            }
            match &entry.what {
                What::Scan(target) => {
                    let task = Task::Target { target: target.clone() };
                    taken += u64::from(store.job_add(&task.job(now), now)?);
                }
                What::Verify => taken += verify(ground, store, now)?,
                What::Tell => {
                    (ground.tell)(store, Occasion::Later);
                    let begun = Instant::now();
                    while store.measure_exposures(EXPOSURES)? > 0 && begun.elapsed() < CATCH_UP {}
                }
                What::Forget => {
                    let mut count = store.forget_before(now - REMEMBERED)?;
                    count += store.forget_jobs(now - DONE_REMEMBERED)?;
                    tracing::debug!(count, "what is long past was forgotten");
                }
            }
            entry.next_at = entry.times.next(now);
        }
        if taken > 0 {
            ground.bell.ring();
        }
        Ok(taken)
    }
}

/// Leaves work for each incident that is not closed.
fn verify(ground: &Ground, store: &mut Store, now: i64) -> Result<u64, Trouble> {
    if ground.asking.is_none() {
        return Ok(0);
    }
    let mut taken = 0;
    for incident in store.incidents(&Filter::default())? {
        let task = Task::Verify { incident: incident.id.0 };
        taken += u64::from(store.job_add(&task.job(now), now)?);
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_follow_one_another() {
        assert_eq!(Times::every(60).unwrap().next(100), Some(160));
        assert!(Times::every(9).is_err());
        // 2026-11-28 00:00 UTC.
        const MIDNIGHT: i64 = 1_795_824_000;
        let nightly = Times::at("30 3 * * *").unwrap();
        let half_past_three = MIDNIGHT + 3 * 3_600 + 1_800;
        assert_eq!(nightly.next(MIDNIGHT), Some(half_past_three));
        assert_eq!(nightly.next(half_past_three), Some(half_past_three + 86_400));
        assert!(Times::at("whenever").is_err());
    }
}

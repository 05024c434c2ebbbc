//! Work to be done: kept until it is, done by one at a time, tried again when it came
//! to nothing, and given up with a reason in the end. Whoever does it may end in the
//! middle, so it is done at least once, and must come to the same if it is done twice.

mod due;

use std::{fmt, str::FromStr};

use self::due::Which;
use crate::{
    db::{Db, Row, Value},
    store::Store,
    trouble::Trouble,
};

/// A job's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub i64);

/// Work to be taken up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// What kind of work.
    pub kind: String,
    /// What makes it the same work: of a kind and key, one waits at a time.
    pub key: String,
    /// What it needs, as JSON; never a value.
    pub payload: String,
    /// Not before: seconds since 1970-01-01 UTC.
    pub not_before: i64,
}

/// How far work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// It is to be done.
    Waiting,
    /// Somebody does it.
    Running,
    /// It was done.
    Done,
    /// It was tried too often, or can never be done.
    Dead,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Running, Self::Done, Self::Dead];

    /// Its name, such as `waiting`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for JobState {
    type Err = Trouble;

    fn from_str(name: &str) -> Result<Self, Trouble> {
        let found = Self::ALL.into_iter().find(|state| state.name() == name);
        found.ok_or_else(|| Trouble::Corrupt("a job in a state there is not".to_owned()))
    }
}

/// Work as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What kind of work.
    pub kind: String,
    /// What makes it the same work.
    pub key: String,
    /// What it needs, as JSON.
    pub payload: String,
    /// How far it is.
    pub state: JobState,
    /// Not before: seconds since 1970-01-01 UTC, like all times.
    pub not_before: i64,
    /// How often it was begun.
    pub attempts: u64,
    /// Who does it.
    pub holder: Option<String>,
    /// Until when they hold it without a sign of life.
    pub until: Option<i64>,
    /// Why it last came to nothing.
    pub trouble: Option<String>,
    /// When it was taken up.
    pub created_at: i64,
    /// When it was done or given up.
    pub finished_at: Option<i64>,
}

/// How many jobs there are, by how far they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// To be done.
    pub waiting: u64,
    /// Somebody does them.
    pub running: u64,
    /// Given up.
    pub dead: u64,
    /// When the oldest of those that are to be done was taken up.
    pub oldest: Option<i64>,
}

/// Work is put off, and held, for hours at most: a time that is further away was written
/// by a clock that was wrong, and would keep the work from being done for years.
const FURTHEST: i64 = 86_400;

/// What the names of kinds begin with that lie in a queue of their own, and are taken by
/// their kind alone.
pub const IN_A_QUEUE: &str = "queue.";

const COLUMNS: &str = "id, kind, key, payload, state, not_before, attempts, holder, until, \
     trouble, created_at, finished_at";

fn read(row: &Row<'_>) -> Result<Job, Trouble> {
    Ok(Job {
        id: JobId(row.int(0)?),
        kind: row.text(1)?.to_owned(),
        key: row.text(2)?.to_owned(),
        payload: row.text(3)?.to_owned(),
        state: row.text(4)?.parse()?,
        not_before: row.int(5)?,
        attempts: u64::try_from(row.int(6)?).unwrap_or(0),
        holder: row.maybe_text(7)?.map(str::to_owned),
        until: row.maybe_int(8)?,
        trouble: row.maybe_text(9)?.map(str::to_owned),
        created_at: row.int(10)?,
        finished_at: row.maybe_int(11)?,
    })
}

/// Adds work, in a transaction that writes. The same that waits already takes the new
/// payload, and the earlier time; whether it is new.
pub(crate) fn add(db: &mut Db, job: &NewJob, now: i64) -> Result<bool, Trouble> {
    let known = "UPDATE jobs SET payload = ?3, \
                 not_before = CASE WHEN not_before < ?4 THEN not_before ELSE ?4 END \
                 WHERE kind = ?1 AND key = ?2 AND state = 'waiting'";
    let bound: [Value<'_>; 4] = [
        job.kind.as_str().into(),
        job.key.as_str().into(),
        job.payload.as_str().into(),
        job.not_before.into(),
    ];
    if db.execute(known, &bound)? > 0 {
        return Ok(false);
    }
    let next = "SELECT coalesce(max(id), 0) + 1 FROM jobs";
    let id = db.one(next, &[], |row| row.int(0))?.unwrap_or(1);
    let sql = "INSERT INTO jobs (id, kind, key, payload, state, not_before, attempts, created_at) \
               VALUES (?1, ?2, ?3, ?4, 'waiting', ?5, 0, ?6)";
    let bound: [Value<'_>; 6] = [
        id.into(),
        job.kind.as_str().into(),
        job.key.as_str().into(),
        job.payload.as_str().into(),
        job.not_before.into(),
        now.into(),
    ];
    db.execute(sql, &bound)?;
    Ok(true)
}

impl Store {
    /// Adds work; whether it is new. The same that waits already takes the new payload.
    pub fn job_add(&mut self, job: &NewJob, now: i64) -> Result<bool, Trouble> {
        self.db.write(|db| add(db, job, now))
    }

    /// Takes the next work that is due, and holds it until a time: what nobody holds
    /// any more too, and nothing whose like is being done. What lies in a queue of its
    /// own ([`IN_A_QUEUE`]) is left to those who take it by its kind.
    pub fn job_take(&mut self, holder: &str, now: i64, until: i64) -> Result<Option<Job>, Trouble> {
        self.take(Which::OutsideQueues, holder, now, until)
    }

    /// The same for work of one kind.
    pub fn job_take_of(
        &mut self,
        kind: &str,
        holder: &str,
        now: i64,
        until: i64,
    ) -> Result<Option<Job>, Trouble> {
        self.take(Which::Of(kind), holder, now, until)
    }

    fn take(
        &mut self,
        which: Which<'_>,
        holder: &str,
        now: i64,
        until: i64,
    ) -> Result<Option<Job>, Trouble> {
        let questions = due::questions(COLUMNS, which, now, now.saturating_add(FURTHEST));
        let next = |db: &mut Db| -> Result<Option<Job>, Trouble> {
            for (question, bound) in &questions {
                if let Some(job) = db.one(question, bound, read)? {
                    return Ok(Some(job));
                }
            }
            Ok(None)
        };
        // Who finds nothing keeps no writer waiting: this is asked every second.
        if next(&mut self.db)?.is_none() {
            return Ok(None);
        }
        self.db.write(|db| {
            let Some(mut job) = next(db)? else { return Ok(None) };
            let sql = "UPDATE jobs SET state = 'running', holder = ?2, until = ?3, \
                       attempts = attempts + 1 WHERE id = ?1";
            db.execute(sql, &[job.id.0.into(), holder.into(), until.into()])?;
            job.state = JobState::Running;
            job.attempts += 1;
            job.holder = Some(holder.to_owned());
            job.until = Some(until);
            Ok(Some(job))
        })
    }

    /// Hands work that is held to another holder; whether it was still held.
    pub fn job_pass(
        &mut self,
        id: JobId,
        holder: &str,
        to: &str,
        until: i64,
    ) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE jobs SET holder = ?3, until = ?4 \
                       WHERE id = ?1 AND holder = ?2 AND state = 'running'";
            let bound = [id.0.into(), holder.into(), to.into(), until.into()];
            Ok(db.execute(sql, &bound)? > 0)
        })
    }

    /// Goes on holding the work that a holder holds and that lies in a queue of its own: of
    /// this kind, under a key that begins with the number and the attempt of the work.
    pub fn jobs_hold_queued(
        &mut self,
        holder: &str,
        kind: &str,
        until: i64,
    ) -> Result<u64, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE jobs SET until = ?2 WHERE holder = ?1 AND state = 'running' \
                       AND EXISTS (SELECT 1 FROM jobs AS queued WHERE queued.kind = ?3 \
                         AND queued.state IN ('waiting', 'running') \
                         AND queued.key LIKE jobs.id || '.' || jobs.attempts || '.%')";
            db.execute(sql, &[holder.into(), until.into(), kind.into()])
        })
    }

    /// Goes on holding all that a holder holds.
    pub fn jobs_hold(&mut self, holder: &str, until: i64) -> Result<u64, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE jobs SET until = ?2 WHERE holder = ?1 AND state = 'running'";
            db.execute(sql, &[holder.into(), until.into()])
        })
    }

    /// Work by its number.
    pub fn job(&mut self, id: JobId) -> Result<Option<Job>, Trouble> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = ?1");
        self.db.one(&sql, &[id.0.into()], read)
    }

    /// How much work of a kind is to be done or being done.
    pub fn jobs_of(&mut self, kind: &str) -> Result<u64, Trouble> {
        let sql = "SELECT (SELECT count(*) FROM jobs WHERE kind = ?1 AND state = 'waiting') + \
                   (SELECT count(*) FROM jobs WHERE kind = ?1 AND state = 'running')";
        let count = self.db.one(sql, &[kind.into()], |row| row.int(0))?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    /// Whether work of a kind and key is to be done or being done.
    pub fn job_is_open(&mut self, kind: &str, key: &str) -> Result<bool, Trouble> {
        for state in ["waiting", "running"] {
            let sql =
                format!("SELECT 1 FROM jobs WHERE kind = ?1 AND key = ?2 AND state = '{state}'");
            if self.db.one(&sql, &[kind.into(), key.into()], |_| Ok(()))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes on holding work; whether it is still held.
    pub fn job_hold(&mut self, id: JobId, holder: &str, until: i64) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE jobs SET until = ?3 \
                       WHERE id = ?1 AND holder = ?2 AND state = 'running'";
            Ok(db.execute(sql, &[id.0.into(), holder.into(), until.into()])? > 0)
        })
    }

    /// Notes that work was done. Of what lay in a queue of its own nothing but that is kept:
    /// it is the copy of other work, with all that its doing needed.
    pub fn job_done(&mut self, id: JobId, holder: &str, now: i64) -> Result<(), Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE jobs SET state = 'done', finished_at = ?3, holder = NULL, \
                       until = NULL, trouble = NULL, \
                       payload = CASE WHEN kind LIKE 'queue.%' THEN '' ELSE payload END \
                       WHERE id = ?1 AND holder = ?2 AND state = 'running'";
            db.execute(sql, &[id.0.into(), holder.into(), now.into()])?;
            Ok(())
        })
    }

    /// Notes that an attempt at work did it, whoever holds it by now; whether it is still
    /// this attempt.
    pub fn job_settle(&mut self, id: JobId, attempt: u64, now: i64) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE jobs SET state = 'done', finished_at = ?3, holder = NULL, \
                       until = NULL, trouble = NULL \
                       WHERE id = ?1 AND attempts = ?2 AND state = 'running'";
            let attempt = i64::try_from(attempt).unwrap_or(i64::MAX);
            Ok(db.execute(sql, &[id.0.into(), attempt.into(), now.into()])? > 0)
        })
    }

    /// Notes that work came to nothing, why, and when it is tried again; `None` to give
    /// it up. If the same was added meanwhile, that is what is tried again.
    pub fn job_failed(
        &mut self,
        id: JobId,
        holder: &str,
        now: i64,
        why: &str,
        again_at: Option<i64>,
    ) -> Result<(), Trouble> {
        self.db.write(|db| {
            let mine = "SELECT kind, key FROM jobs \
                        WHERE id = ?1 AND holder = ?2 AND state = 'running'";
            let mine = db.one(mine, &[id.0.into(), holder.into()], |row| {
                Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
            })?;
            let Some((kind, key)) = mine else { return Ok(()) };
            let same = "SELECT count(*) FROM jobs \
                        WHERE kind = ?1 AND key = ?2 AND state = 'waiting'";
            let same = db.one(same, &[kind.into(), key.into()], |row| row.int(0))?;
            let state = match (again_at, same) {
                (Some(_), Some(0)) => JobState::Waiting,
                (Some(_), _) => JobState::Done,
                (None, _) => JobState::Dead,
            };
            let finished = (state != JobState::Waiting).then_some(now);
            let sql = "UPDATE jobs SET state = ?2, not_before = ?3, trouble = ?4, holder = NULL, \
                       until = NULL, finished_at = ?5 WHERE id = ?1";
            let bound: [Value<'_>; 5] = [
                id.0.into(),
                state.name().into(),
                again_at.unwrap_or(now).into(),
                why.into(),
                finished.into(),
            ];
            db.execute(sql, &bound)?;
            Ok(())
        })
    }

    /// Puts work back that was broken off by whoever ended the program: that is no
    /// attempt. If the same was added meanwhile, that is what is done.
    pub fn job_put_back(&mut self, id: JobId, holder: &str, now: i64) -> Result<(), Trouble> {
        self.job_put_off(id, holder, now, "it was broken off", now)
    }

    /// Puts work back that nobody could begin yet, until a time, and why: that is no
    /// attempt either.
    pub fn job_put_off(
        &mut self,
        id: JobId,
        holder: &str,
        now: i64,
        why: &str,
        again_at: i64,
    ) -> Result<(), Trouble> {
        self.job_failed(id, holder, now, why, Some(again_at))?;
        self.db.write(|db| {
            let sql = "UPDATE jobs SET attempts = attempts - 1 \
                       WHERE id = ?1 AND state = 'waiting' AND attempts > 0";
            db.execute(sql, &[id.0.into()])?;
            Ok(())
        })
    }

    /// Forgets work that was done or given up before a time; how much.
    pub fn forget_jobs(&mut self, before: i64) -> Result<u64, Trouble> {
        self.db.write(|db| {
            let sql = "DELETE FROM jobs WHERE state IN ('done', 'dead') AND finished_at < ?1";
            db.execute(sql, &[before.into()])
        })
    }

    /// When work of a kind, and of a key if one is named, was last taken up.
    pub fn last_job(&mut self, kind: &str, key: Option<&str>) -> Result<Option<i64>, Trouble> {
        let only = if key.is_some() { " AND key = ?2" } else { "" };
        let sql = format!("SELECT max(created_at) FROM jobs WHERE kind = ?1{only}");
        let mut bound: Vec<Value<'_>> = vec![kind.into()];
        bound.extend(key.map(Value::from));
        Ok(self.db.one(&sql, &bound, |row| row.maybe_int(0))?.flatten())
    }

    /// Has work that was given up done after all; whether it was given up.
    pub fn job_revive(&mut self, id: JobId, now: i64) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE jobs SET state = 'waiting', attempts = 0, not_before = ?2, \
                       finished_at = NULL WHERE id = ?1 AND state = 'dead' AND NOT EXISTS (\
                         SELECT 1 FROM jobs AS others WHERE others.state = 'waiting' \
                         AND others.kind = jobs.kind AND others.key = jobs.key)";
            Ok(db.execute(sql, &[id.0.into(), now.into()])? > 0)
        })
    }

    /// Work by how far it is, what was taken up last first.
    pub fn jobs(&mut self, state: JobState, most: u64) -> Result<Vec<Job>, Trouble> {
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs WHERE state = ?1 AND kind NOT LIKE 'queue.%' \
             ORDER BY id DESC LIMIT ?2"
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.db.query(&sql, &[state.name().into(), most.into()], read)
    }

    /// How many jobs there are.
    pub fn queue(&mut self) -> Result<Queue, Trouble> {
        let sql = "SELECT state, count(*), min(created_at) FROM jobs \
                   WHERE state <> 'done' AND kind NOT LIKE 'queue.%' GROUP BY state";
        let mut queue = Queue::default();
        self.db.each(sql, &[], |row| {
            let count = u64::try_from(row.int(1)?).unwrap_or(0);
            match row.text(0)?.parse()? {
                JobState::Waiting => {
                    queue.waiting = count;
                    queue.oldest = row.maybe_int(2)?;
                }
                JobState::Running => queue.running = count,
                JobState::Dead => queue.dead = count,
                JobState::Done => {}
            }
            Ok(())
        })?;
        Ok(queue)
    }

    /// When the next work is due.
    pub fn next_job_at(&mut self) -> Result<Option<i64>, Trouble> {
        let sql = "SELECT min(CASE WHEN state = 'waiting' THEN not_before ELSE until + 1 END) \
                   FROM jobs WHERE state IN ('waiting', 'running') AND kind NOT LIKE 'queue.%'";
        Ok(self.db.one(sql, &[], |row| row.maybe_int(0))?.flatten())
    }

    /// What the refs of a repository pointed to when it was last scanned: object names.
    pub fn tips(&mut self, repository: &str) -> Result<Option<Vec<String>>, Trouble> {
        let sql = "SELECT tips FROM tips WHERE repository = ?1";
        self.db.one(sql, &[repository.into()], |row| {
            Ok(row.text(0)?.split_ascii_whitespace().map(str::to_owned).collect())
        })
    }

    /// Notes what they point to, after what they lead to was recorded.
    pub fn set_tips(&mut self, repository: &str, tips: &[String], at: i64) -> Result<(), Trouble> {
        self.db.write(|db| {
            let sql = "INSERT INTO tips (repository, tips, scanned_at) VALUES (?1, ?2, ?3) \
                       ON CONFLICT (repository) DO UPDATE SET tips = excluded.tips, \
                       scanned_at = excluded.scanned_at";
            db.execute(sql, &[repository.into(), tips.join(" ").into(), at.into()])?;
            Ok(())
        })
    }
}

//! Attempts to sign in: each is counted before it is looked at, so that many at once
//! gain nothing, and after a few each must wait longer than the one before.

use crate::{db::Value, store::Store, trouble::Trouble};

/// How attempts are limited for one account, or one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted, as a hash.
    pub key: String,
    /// How many may fail without a wait.
    pub free: i64,
    /// The longest wait between two, in seconds.
    pub longest: i64,
}

impl Limit {
    /// Seconds between this many that failed and the next.
    fn wait(&self, failed: i64) -> i64 {
        /// Longer than anybody waits.
        const MOST: i64 = 40;
        match failed.saturating_sub(self.free) {
            ..=0 => 0,
            more => (1_i64 << more.min(MOST)).min(self.longest),
        }
    }
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It may be looked at; how many went before it without success, for whichever limit
    /// counts most.
    Counted(i64),
    /// It comes too early: seconds to wait. It was not counted.
    Wait(i64),
}

/// After so many seconds without an attempt nothing is held against anybody.
const FORGOTTEN: i64 = 86_400;

/// How many keys are counted; those with the fewest attempts go first.
const MOST: i64 = 20_000;

/// No count is higher: it says all there is to say.
const HIGHEST: i64 = 1_000_000;

impl Store {
    /// Counts an attempt against each limit, unless it comes too early for one.
    pub fn attempt(&mut self, limits: &[Limit], now: i64) -> Result<Attempt, Trouble> {
        self.db.write(|db| {
            let (mut most, mut wait) = (0, 0);
            for limit in limits {
                let sql = "SELECT count, last_at FROM attempts WHERE key = ?1 AND last_at > ?2";
                let bound: [Value<'_>; 2] = [limit.key.as_str().into(), (now - FORGOTTEN).into()];
                let known = db.one(sql, &bound, |row| Ok((row.int(0)?, row.int(1)?)))?;
                if let Some((count, last_at)) = known {
                    most = most.max(count);
                    // A clock that was set back does not lock anybody out for longer.
                    let since = (now - last_at).max(0);
                    wait = wait.max(limit.wait(count) - since);
                }
            }
            if wait > 0 {
                return Ok(Attempt::Wait(wait));
            }
            for limit in limits {
                let sql = "INSERT INTO attempts (key, count, last_at) VALUES (?1, 1, ?2) \
                           ON CONFLICT (key) DO UPDATE SET last_at = ?2, count = CASE \
                           WHEN attempts.last_at <= ?3 THEN 1 \
                           WHEN attempts.count >= ?4 THEN attempts.count \
                           ELSE attempts.count + 1 END";
                let bound: [Value<'_>; 4] = [
                    limit.key.as_str().into(),
                    now.into(),
                    (now - FORGOTTEN).into(),
                    HIGHEST.into(),
                ];
                db.execute(sql, &bound)?;
            }
            let count = db.one("SELECT count(*) FROM attempts", &[], |row| row.int(0))?;
            if count.unwrap_or(0) > MOST {
                let sql = "DELETE FROM attempts WHERE key IN (SELECT key FROM attempts \
                           WHERE last_at < ?1 ORDER BY count, last_at LIMIT 1000)";
                db.execute(sql, &[now.into()])?;
            }
            Ok(Attempt::Counted(most))
        })
    }

    /// Notes that an attempt succeeded: nothing is held against `clear` any more, and this
    /// one attempt not against `back`.
    pub fn attempt_succeeded(&mut self, clear: &str, back: &str) -> Result<(), Trouble> {
        self.db.write(|db| {
            db.execute("DELETE FROM attempts WHERE key = ?1", &[clear.into()])?;
            let sql = "UPDATE attempts SET count = count - 1 WHERE key = ?1 AND count > 0";
            db.execute(sql, &[back.into()]).map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_growing() {
        let limit = Limit { key: String::new(), free: 5, longest: 60 };
        let waits: Vec<i64> = (0..13).map(|failed| limit.wait(failed)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(limit.wait(i64::MAX), 60);
        let patient = Limit { longest: i64::MAX, ..limit };
        assert_eq!(patient.wait(HIGHEST), 1 << 40);
    }
}

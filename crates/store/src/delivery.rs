//! What was delivered to webhooks, by whatever tells one delivery from another, so
//! that each is taken once.

use crate::{db::Value, store::Store, trouble::Trouble};

/// How long one is remembered, in seconds: as long as senders offer to deliver anew.
const KEPT: i64 = 3 * 86_400;

/// How long one may take until it is handed on, in seconds. One that took longer ended
/// with the process that had it, and is taken when it is sent anew.
const HANDING_ON: i64 = 120;

/// How many are remembered; the oldest is forgotten for a newer.
const MOST: i64 = 100_000;

impl Store {
    /// Notes a delivery by all that tells it from others, before it is handed on. Whether
    /// it is new: not if any of that is known.
    pub fn delivery(&mut self, hook: &str, keys: &[String], now: i64) -> Result<bool, Trouble> {
        self.db.write(|db| {
            db.execute("DELETE FROM deliveries WHERE at <= ?1", &[(now - KEPT).into()])?;
            for key in keys {
                let sql = "SELECT at FROM deliveries WHERE hook = ?1 AND key = ?2 \
                           AND (done = 1 OR at > ?3)";
                let bound: [Value<'_>; 3] =
                    [hook.into(), key.as_str().into(), (now - HANDING_ON).into()];
                if db.one(sql, &bound, |row| row.int(0))?.is_some() {
                    return Ok(false);
                }
            }
            for key in keys {
                let sql = "INSERT INTO deliveries (hook, key, at, done) VALUES (?1, ?2, ?3, 0) \
                           ON CONFLICT (hook, key) DO UPDATE SET at = excluded.at";
                db.execute(sql, &[hook.into(), key.as_str().into(), now.into()])?;
            }
            // Counting costs more than a delivery, and a few more do no harm.
            if now % 16 == 0 {
                let sql = "DELETE FROM deliveries WHERE at < (SELECT at FROM deliveries \
                           ORDER BY at DESC LIMIT 1 OFFSET ?1)";
                db.execute(sql, &[MOST.into()])?;
            }
            Ok(true)
        })
    }

    /// Notes that a delivery was handed on: it is not taken again.
    pub fn delivery_done(&mut self, hook: &str, keys: &[String]) -> Result<(), Trouble> {
        self.db.write(|db| {
            for key in keys {
                let sql = "UPDATE deliveries SET done = 1 WHERE hook = ?1 AND key = ?2";
                db.execute(sql, &[hook.into(), key.as_str().into()])?;
            }
            Ok(())
        })
    }

    /// Forgets a delivery that could not be taken, so that it may come again.
    pub fn delivery_forget(&mut self, hook: &str, keys: &[String]) -> Result<(), Trouble> {
        self.db.write(|db| {
            for key in keys {
                let sql = "DELETE FROM deliveries WHERE hook = ?1 AND key = ?2";
                db.execute(sql, &[hook.into(), key.as_str().into()])?;
            }
            Ok(())
        })
    }
}

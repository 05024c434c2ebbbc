//! What was delivered to webhooks, by whatever tells one delivery from another, so
//! that each is taken once.

use crate::{db::Value, store::Store, trouble::Trouble};

/// How long one is remembered, in seconds: as long as senders offer to deliver anew.
const KEPT: i64 = 3 * 86_400;

/// How many are remembered; the oldest is forgotten for a newer.
const MOST: i64 = 100_000;

impl Store {
    /// Notes a delivery by all that tells it from others. Whether it is new: not if any
    /// of that is known.
    pub fn delivery(&mut self, hook: &str, keys: &[String], now: i64) -> Result<bool, Trouble> {
        self.db.write(|db| {
            db.execute("DELETE FROM deliveries WHERE at <= ?1", &[(now - KEPT).into()])?;
            for key in keys {
                let sql = "SELECT at FROM deliveries WHERE hook = ?1 AND key = ?2";
                let bound: [Value<'_>; 2] = [hook.into(), key.as_str().into()];
                if db.one(sql, &bound, |row| row.int(0))?.is_some() {
                    return Ok(false);
                }
            }
            for key in keys {
                let sql = "INSERT INTO deliveries (hook, key, at) VALUES (?1, ?2, ?3) \
                           ON CONFLICT (hook, key) DO NOTHING";
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

//! Who is signed in: sessions, found by the hash of what a browser sends back. How
//! long one lasts is the server's to say.

use leeward_model::Entry;

use crate::{
    account::{self, Account, told},
    db::{Row, Value},
    store::Store,
    trouble::Trouble,
};

/// The sessions that one account may have at once; the oldest ends for a newer.
const MOST_OF_ONE: i64 = 20;

/// A session that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose it is, as the account is now.
    pub account: Account,
    /// When it was last used, roughly: seconds since 1970-01-01 UTC.
    pub used_at: i64,
    /// When it ends in any case.
    pub expires_at: i64,
}

/// A session to be begun.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// SHA-256 of what the browser sends back, in hexadecimal digits.
    pub hash: &'a str,
    /// Whose.
    pub account: i64,
    /// When.
    pub at: i64,
    /// When it ends in any case.
    pub expires_at: i64,
}

impl Store {
    /// Begins a session, says so in the log, and notes the sign-in. With `role`, the
    /// account has that from now on: whoever vouches for it said so.
    pub fn session_begin(
        &mut self,
        new: &NewSession<'_>,
        role: Option<&str>,
        said: &Entry,
    ) -> Result<(), Trouble> {
        self.db.write(|db| {
            let sql = "INSERT INTO sessions (hash, account, created_at, used_at, expires_at) \
                       VALUES (?1, ?2, ?3, ?3, ?4)";
            let bound: [Value<'_>; 4] =
                [new.hash.into(), new.account.into(), new.at.into(), new.expires_at.into()];
            db.execute(sql, &bound)?;
            let sql = "DELETE FROM sessions WHERE account = ?1 AND hash NOT IN \
                       (SELECT hash FROM sessions WHERE account = ?1 \
                       ORDER BY created_at DESC, hash LIMIT ?2)";
            db.execute(sql, &[new.account.into(), MOST_OF_ONE.into()])?;
            let sql = "UPDATE accounts SET signed_in_at = ?2 WHERE id = ?1";
            db.execute(sql, &[new.account.into(), new.at.into()])?;
            if let Some(role) = role {
                let sql = "UPDATE accounts SET role = ?2 WHERE id = ?1";
                db.execute(sql, &[new.account.into(), role.into()])?;
            }
            told(db, said)
        })
    }

    /// The session of a hash, unless it ended, was not used for `idle` seconds, or its
    /// account may not sign in any more.
    pub fn session(&mut self, hash: &str, now: i64, idle: i64) -> Result<Option<Session>, Trouble> {
        let columns = account::COLUMNS;
        let sql = format!(
            "SELECT {columns}, s.used_at, s.expires_at FROM sessions s \
             JOIN accounts a ON a.id = s.account WHERE s.hash = ?1 AND s.expires_at > ?2 \
             AND s.used_at > ?3 AND a.disabled = 0"
        );
        let bound = [hash.into(), now.into(), (now - idle).into()];
        self.db.one(&sql, &bound, |row: &Row<'_>| {
            Ok(Session {
                account: account::read(row)?,
                used_at: row.int(9)?,
                expires_at: row.int(10)?,
            })
        })
    }

    /// Notes that a session was used.
    pub fn session_used(&mut self, hash: &str, now: i64) -> Result<(), Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE sessions SET used_at = ?2 WHERE hash = ?1 AND used_at < ?2";
            db.execute(sql, &[hash.into(), now.into()]).map(drop)
        })
    }

    /// Ends a session; whether there was one.
    pub fn session_end(&mut self, hash: &str, said: &Entry) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let is_new = db.execute("DELETE FROM sessions WHERE hash = ?1", &[hash.into()])? > 0;
            if is_new {
                told(db, said)?;
            }
            Ok(is_new)
        })
    }

    /// Forgets what ended: sessions, links that were not used, attempts that nobody
    /// repeated for a day.
    pub fn sweep_sign_ins(&mut self, now: i64, idle: i64) -> Result<(), Trouble> {
        /// A link is kept a little, so that its use can be told from a wrong one.
        const DAY: i64 = 86_400;
        self.db.write(|db| {
            let sql = "DELETE FROM sessions WHERE expires_at <= ?1 OR used_at <= ?2";
            db.execute(sql, &[now.into(), (now - idle).into()])?;
            let old = now - DAY;
            db.execute("DELETE FROM setup WHERE expires_at <= ?1", &[old.into()])?;
            db.execute("DELETE FROM attempts WHERE last_at <= ?1", &[old.into()]).map(drop)
        })
    }
}

//! What programs sign in with: tokens, found by their hash. A token may at most what
//! its account may, and at most what it was made for.

use leeward_model::Entry;

use crate::{
    account::{self, Account, told},
    db::{Row, Value},
    store::Store,
    trouble::Trouble,
};

/// A token, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// What it is for, as whoever made it says.
    pub label: String,
    /// The name of the role it may act as, at most.
    pub role: String,
    /// When it was made: seconds since 1970-01-01 UTC.
    pub created_at: i64,
    /// When it ends; never, if `None`.
    pub expires_at: Option<i64>,
    /// When it was last used, roughly.
    pub used_at: Option<i64>,
    /// Since when it is good for nothing.
    pub revoked_at: Option<i64>,
    /// Whose it is, as the account is now.
    pub account: Account,
}

/// A token to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// SHA-256 of its value, in hexadecimal digits.
    pub hash: &'a str,
    /// What it is for.
    pub label: &'a str,
    /// Whose.
    pub account: i64,
    /// The name of the role it may act as, at most.
    pub role: &'a str,
    /// When.
    pub at: i64,
    /// When it ends.
    pub expires_at: Option<i64>,
}

/// The columns of a [`Token`] after those of its account.
const COLUMNS: &str = "t.id, t.label, t.role, t.created_at, t.expires_at, t.used_at, t.revoked_at";

fn read(row: &Row<'_>) -> Result<Token, Trouble> {
    Ok(Token {
        account: account::read(row)?,
        id: row.int(9)?,
        label: row.text(10)?.to_owned(),
        role: row.text(11)?.to_owned(),
        created_at: row.int(12)?,
        expires_at: row.maybe_int(13)?,
        used_at: row.maybe_int(14)?,
        revoked_at: row.maybe_int(15)?,
    })
}

fn select(rest: &str) -> String {
    let accounts = account::COLUMNS;
    format!("SELECT {accounts}, {COLUMNS} FROM tokens t JOIN accounts a ON a.id = t.account {rest}")
}

impl Store {
    /// Keeps a token, and says so in the log; its number.
    pub fn token_add(&mut self, new: &NewToken<'_>, said: &Entry) -> Result<i64, Trouble> {
        self.db.write(|db| {
            let next = "SELECT coalesce(max(id), 0) + 1 FROM tokens";
            let id = db.one(next, &[], |row| row.int(0))?.unwrap_or(1);
            let sql = "INSERT INTO tokens (id, hash, label, account, role, created_at, expires_at) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let bound: [Value<'_>; 7] = [
                id.into(),
                new.hash.into(),
                new.label.into(),
                new.account.into(),
                new.role.into(),
                new.at.into(),
                new.expires_at.into(),
            ];
            db.execute(sql, &bound)?;
            told(db, said)?;
            Ok(id)
        })
    }

    /// All tokens, or those of an account, by number.
    pub fn tokens(&mut self, of: Option<i64>) -> Result<Vec<Token>, Trouble> {
        match of {
            Some(id) => {
                self.db.query(&select("WHERE t.account = ?1 ORDER BY t.id"), &[id.into()], read)
            }
            None => self.db.query(&select("ORDER BY t.id"), &[], read),
        }
    }

    /// The token of a hash, unless it ended, was revoked, or its account may not sign
    /// in any more.
    pub fn token(&mut self, hash: &str, now: i64) -> Result<Option<Token>, Trouble> {
        let sql = select(
            "WHERE t.hash = ?1 AND t.revoked_at IS NULL AND a.disabled = 0 \
             AND (t.expires_at IS NULL OR t.expires_at > ?2)",
        );
        self.db.one(&sql, &[hash.into(), now.into()], read)
    }

    /// Notes that a token was used.
    pub fn token_used(&mut self, id: i64, now: i64) -> Result<(), Trouble> {
        self.db.write(|db| {
            db.execute("UPDATE tokens SET used_at = ?2 WHERE id = ?1", &[id.into(), now.into()])
                .map(drop)
        })
    }

    /// Makes a token good for nothing, of this account if one is named; whether it was
    /// good for something.
    pub fn token_revoke(
        &mut self,
        id: i64,
        of: Option<i64>,
        now: i64,
        said: &Entry,
    ) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL \
                       AND (account = ?3 OR ?3 < 0)";
            // No account has a number below zero.
            let bound = [id.into(), now.into(), of.unwrap_or(-1).into()];
            let is_new = db.execute(sql, &bound)? > 0;
            if is_new {
                told(db, said)?;
            }
            Ok(is_new)
        })
    }
}

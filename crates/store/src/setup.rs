//! Links that are good once and for a while: for the first administrator of a new
//! server, and for an account to choose its password by.

use leeward_model::Entry;

use crate::{
    account::{self, Account, NewAccount, told},
    db::{Db, Row, Value},
    store::Store,
    trouble::Trouble,
};

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setup {
    /// To make the first account, of an administrator.
    First,
    /// To choose the password of an account.
    Password(Box<Account>),
}

/// What somebody chose by a link.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// The name, where the link makes the first account.
    pub name: &'a str,
    /// What the password is compared with.
    pub hash: &'a str,
    /// When.
    pub at: i64,
}

impl Store {
    /// Makes a link for the first administrator; earlier ones are good for nothing from
    /// now on. Whether it was made: not if there is an account already.
    pub fn setup_first(
        &mut self,
        hash: &str,
        at: i64,
        expires_at: i64,
        said: &Entry,
    ) -> Result<bool, Trouble> {
        self.db.write(|db| {
            if !account::nobody(db)? {
                return Ok(false);
            }
            db.execute("DELETE FROM setup WHERE account IS NULL", &[])?;
            insert(db, hash, None, at, expires_at)?;
            told(db, said)?;
            Ok(true)
        })
    }

    /// Makes a link by which an account chooses its password; earlier ones of the account
    /// are good for nothing from now on.
    pub fn setup_password(
        &mut self,
        hash: &str,
        of: i64,
        at: i64,
        expires_at: i64,
        said: &Entry,
    ) -> Result<(), Trouble> {
        self.db.write(|db| {
            db.execute("DELETE FROM setup WHERE account = ?1", &[of.into()])?;
            insert(db, hash, Some(of), at, expires_at)?;
            told(db, said)
        })
    }

    /// What a link is for, if it is good for anything.
    pub fn setup(&mut self, hash: &str, now: i64) -> Result<Option<Setup>, Trouble> {
        self.db.read(|db| find(db, hash, now))
    }

    /// Uses a link: makes the first account, or sets the password and ends the account's
    /// sessions. Nothing if the link is good for nothing. `said` gets the account's name as
    /// its actor.
    pub fn setup_use(
        &mut self,
        hash: &str,
        chosen: &Chosen<'_>,
        said: &Entry,
    ) -> Result<Option<Account>, Trouble> {
        self.db.write(|db| {
            let id = match find(db, hash, chosen.at)? {
                None => return Ok(None),
                Some(Setup::First) => {
                    let new = NewAccount {
                        name: chosen.name,
                        role: "admin",
                        subject: None,
                        at: chosen.at,
                    };
                    account::add(db, &new, Some(chosen.hash))?
                }
                Some(Setup::Password(account)) => {
                    let sql = "UPDATE accounts SET hash = ?2 WHERE id = ?1";
                    db.execute(sql, &[account.id.into(), chosen.hash.into()])?;
                    account::end_sessions(db, account.id)?;
                    Some(account.id)
                }
            };
            let Some(id) = id else { return Ok(None) };
            let sql = "UPDATE setup SET used_at = ?2 WHERE hash = ?1";
            db.execute(sql, &[hash.into(), chosen.at.into()])?;
            let account = account::by_id(db, id)?;
            if let Some(account) = &account {
                told(db, &Entry { actor: account.name.clone(), ..said.clone() })?;
            }
            Ok(account)
        })
    }
}

fn insert(
    db: &mut Db,
    hash: &str,
    of: Option<i64>,
    at: i64,
    expires_at: i64,
) -> Result<(), Trouble> {
    let sql = "INSERT INTO setup (hash, account, made_at, expires_at) VALUES (?1, ?2, ?3, ?4)";
    let bound: [Value<'_>; 4] = [hash.into(), of.into(), at.into(), expires_at.into()];
    db.execute(sql, &bound).map(drop)
}

fn find(db: &mut Db, hash: &str, now: i64) -> Result<Option<Setup>, Trouble> {
    let sql = "SELECT account FROM setup WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2";
    let read = |row: &Row<'_>| row.maybe_int(0);
    match db.one(sql, &[hash.into(), now.into()], read)? {
        None => Ok(None),
        // Whoever came first has an account; a second first one is nobody's.
        Some(None) => Ok(account::nobody(db)?.then_some(Setup::First)),
        Some(Some(id)) => {
            let account = account::by_id(db, id)?.filter(|account| !account.is_disabled);
            Ok(account.map(|account| Setup::Password(Box::new(account))))
        }
    }
}

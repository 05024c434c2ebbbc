//! Who may use the server: accounts, and what their sign-in is compared with. Roles
//! are names here; what each may is the server's.

use leeward_model::Entry;

use crate::{
    db::{Db, Row, Value},
    log::Ledger,
    store::Store,
    trouble::Trouble,
};

/// An account, without what its password is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: i64,
    /// Its name, unique whatever the case: the actor in the log.
    pub name: String,
    /// The name of its role.
    pub role: String,
    /// Whether it signs in here, with a password.
    pub has_password: bool,
    /// Who vouches for it, and as whom, if it signs in elsewhere.
    pub subject: Option<(String, String)>,
    /// Whether it may not sign in any more.
    pub is_disabled: bool,
    /// When it was made: seconds since 1970-01-01 UTC.
    pub created_at: i64,
    /// When it last signed in.
    pub signed_in_at: Option<i64>,
}

/// An account to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// Its name.
    pub name: &'a str,
    /// The name of its role.
    pub role: &'a str,
    /// Who vouches for it, and as whom.
    pub subject: Option<(&'a str, &'a str)>,
    /// When.
    pub at: i64,
}

/// What came of a change to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is done.
    Done,
    /// There is no such account.
    Missing,
    /// Nobody could look after the server any more.
    LastAdmin,
}

/// The role without which nobody could look after the server.
const ADMIN: &str = "admin";

/// The columns of an [`Account`], in the order of [`read`], of table `a`.
pub(crate) const COLUMNS: &str = "a.id, a.name, a.role, \
     CASE WHEN a.hash IS NULL THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END, \
     a.issuer, a.subject, a.disabled, a.created_at, a.signed_in_at";

pub(crate) fn read(row: &Row<'_>) -> Result<Account, Trouble> {
    let subject = row.maybe_text(4)?.zip(row.maybe_text(5)?);
    Ok(Account {
        id: row.int(0)?,
        name: row.text(1)?.to_owned(),
        role: row.text(2)?.to_owned(),
        has_password: row.int(3)? != 0,
        subject: subject.map(|(issuer, subject)| (issuer.to_owned(), subject.to_owned())),
        is_disabled: row.int(6)? != 0,
        created_at: row.int(7)?,
        signed_in_at: row.maybe_int(8)?,
    })
}

/// The name by which names are compared.
fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Adds to the log what was done, in the transaction that does it.
pub(crate) fn told(db: &mut Db, entry: &Entry) -> Result<(), Trouble> {
    let mut ledger = Ledger::begin(db)?;
    if let Some(id) = entry.incident {
        ledger.load(db, &[id])?;
    }
    ledger.push(entry.clone())?;
    ledger.finish(db).map(drop)
}

impl Store {
    /// All accounts, by name.
    pub fn accounts(&mut self) -> Result<Vec<Account>, Trouble> {
        let sql = format!("SELECT {COLUMNS} FROM accounts a ORDER BY a.folded");
        self.db.query(&sql, &[], read)
    }

    /// How many accounts there are.
    pub fn account_count(&mut self) -> Result<i64, Trouble> {
        count(&mut self.db)
    }

    /// The account of a name.
    pub fn account(&mut self, name: &str) -> Result<Option<Account>, Trouble> {
        let sql = format!("SELECT {COLUMNS} FROM accounts a WHERE a.folded = ?1");
        self.db.one(&sql, &[folded(name).into()], read)
    }

    /// The account for which somebody else vouches.
    pub fn account_of(&mut self, issuer: &str, subject: &str) -> Result<Option<Account>, Trouble> {
        let sql =
            format!("SELECT {COLUMNS} FROM accounts a WHERE a.issuer = ?1 AND a.subject = ?2");
        self.db.one(&sql, &[issuer.into(), subject.into()], read)
    }

    /// What a password is compared with, and for whom; nothing for an account that
    /// signs in elsewhere or not at all.
    pub fn account_hash(&mut self, name: &str) -> Result<Option<(Account, String)>, Trouble> {
        let sql = format!(
            "SELECT {COLUMNS}, a.hash FROM accounts a \
             WHERE a.folded = ?1 AND a.hash IS NOT NULL AND a.disabled = 0"
        );
        let read = |row: &Row<'_>| Ok((read(row)?, row.text(9)?.to_owned()));
        self.db.one(&sql, &[folded(name).into()], read)
    }

    /// Makes an account, and says so in the log; its number, or nothing if the name is
    /// taken.
    pub fn account_add(
        &mut self,
        new: &NewAccount<'_>,
        said: &Entry,
    ) -> Result<Option<i64>, Trouble> {
        self.db.write(|db| {
            let id = add(db, new, None)?;
            if id.is_some() {
                told(db, said)?;
            }
            Ok(id)
        })
    }

    /// Sets what an account's password is compared with, and ends its sessions.
    pub fn account_password(&mut self, id: i64, hash: &str, said: &Entry) -> Result<(), Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE accounts SET hash = ?2 WHERE id = ?1";
            db.execute(sql, &[id.into(), hash.into()])?;
            end_sessions(db, id)?;
            told(db, said)
        })
    }

    /// Gives an account another role, and ends nothing: the role counts from the next
    /// request on.
    pub fn account_role(&mut self, id: i64, role: &str, said: &Entry) -> Result<Change, Trouble> {
        self.db.write(|db| {
            if role != ADMIN && is_last_admin(db, id)? {
                return Ok(Change::LastAdmin);
            }
            let sql = "UPDATE accounts SET role = ?2 WHERE id = ?1";
            if db.execute(sql, &[id.into(), role.into()])? == 0 {
                return Ok(Change::Missing);
            }
            told(db, said)?;
            Ok(Change::Done)
        })
    }

    /// Lets an account sign in no more, and ends its sessions and links; or lets it sign
    /// in again.
    pub fn account_disable(
        &mut self,
        id: i64,
        is_disabled: bool,
        said: &Entry,
    ) -> Result<Change, Trouble> {
        self.db.write(|db| {
            if is_disabled && is_last_admin(db, id)? {
                return Ok(Change::LastAdmin);
            }
            let sql = "UPDATE accounts SET disabled = ?2 WHERE id = ?1";
            if db.execute(sql, &[id.into(), i64::from(is_disabled).into()])? == 0 {
                return Ok(Change::Missing);
            }
            if is_disabled {
                end_sessions(db, id)?;
                db.execute("DELETE FROM setup WHERE account = ?1", &[id.into()])?;
            }
            told(db, said)?;
            Ok(Change::Done)
        })
    }
}

fn count(db: &mut Db) -> Result<i64, Trouble> {
    let count = db.one("SELECT count(*) FROM accounts", &[], |row| row.int(0))?;
    Ok(count.unwrap_or(0))
}

/// Whether nobody has an account yet.
pub(crate) fn nobody(db: &mut Db) -> Result<bool, Trouble> {
    Ok(count(db)? == 0)
}

pub(crate) fn add(
    db: &mut Db,
    new: &NewAccount<'_>,
    hash: Option<&str>,
) -> Result<Option<i64>, Trouble> {
    let next = "SELECT coalesce(max(id), 0) + 1 FROM accounts";
    let id = db.one(next, &[], |row| row.int(0))?.unwrap_or(1);
    let sql = "INSERT INTO accounts \
               (id, name, folded, role, hash, issuer, subject, disabled, created_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8) ON CONFLICT DO NOTHING";
    let bound: [Value<'_>; 8] = [
        id.into(),
        new.name.into(),
        folded(new.name).into(),
        new.role.into(),
        hash.into(),
        new.subject.map(|(issuer, _)| issuer).into(),
        new.subject.map(|(_, subject)| subject).into(),
        new.at.into(),
    ];
    Ok((db.execute(sql, &bound)? > 0).then_some(id))
}

/// The account of a number.
pub(crate) fn by_id(db: &mut Db, id: i64) -> Result<Option<Account>, Trouble> {
    let sql = format!("SELECT {COLUMNS} FROM accounts a WHERE a.id = ?1");
    db.one(&sql, &[id.into()], read)
}

/// Ends every session of an account.
pub(crate) fn end_sessions(db: &mut Db, id: i64) -> Result<(), Trouble> {
    db.execute("DELETE FROM sessions WHERE account = ?1", &[id.into()]).map(drop)
}

/// Whether it is an administrator that may sign in, and there is no other. One that was
/// invited and chose no password yet may never come.
fn is_last_admin(db: &mut Db, id: i64) -> Result<bool, Trouble> {
    let sql = "SELECT id, CASE WHEN hash IS NULL AND issuer IS NULL THEN CAST(0 AS BIGINT) \
               ELSE CAST(1 AS BIGINT) END FROM accounts WHERE role = ?1 AND disabled = 0";
    let admins = db.query(sql, &[ADMIN.into()], |row| Ok((row.int(0)?, row.int(1)? != 0)))?;
    let is_one = admins.iter().any(|(admin, _)| *admin == id);
    Ok(is_one && !admins.iter().any(|(admin, may_come)| *admin != id && *may_come))
}

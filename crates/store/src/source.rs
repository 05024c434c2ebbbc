//! Sources that are watched: how far each was read, how it goes, and what it was that
//! is counted. A page of one is kept by [`page`](crate::page) as a whole.

use std::{fmt, str::FromStr};

use crate::{
    db::{Db, Row, Value},
    store::Store,
    trouble::Trouble,
};

/// A source's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub i64);

/// How it goes with a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceState {
    /// It is looked at when its time comes.
    Waiting,
    /// It is being looked at.
    Running,
    /// A limit or an outage: it is tried again when its time comes.
    Failing,
    /// Somebody must do something first; it is tried again now and then, in case they
    /// did.
    Refused,
    /// Somebody paused it.
    Paused,
}

impl SourceState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Running, Self::Failing, Self::Refused, Self::Paused];

    /// Its name, such as `waiting`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Failing => "failing",
            Self::Refused => "refused",
            Self::Paused => "paused",
        }
    }

    /// Whether somebody should look at it.
    pub fn is_trouble(self) -> bool {
        matches!(self, Self::Failing | Self::Refused)
    }
}

impl fmt::Display for SourceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for SourceState {
    type Err = Trouble;

    fn from_str(name: &str) -> Result<Self, Trouble> {
        let found = Self::ALL.into_iter().find(|state| state.name() == name);
        found.ok_or_else(|| Trouble::Corrupt("a source in a state there is not".to_owned()))
    }
}

/// A source as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its number.
    pub id: SourceId,
    /// The operator's name for it.
    pub name: String,
    /// The kind of service.
    pub service: String,
    /// Whose its things are: `us` or `anyone`.
    pub belongs: String,
    /// Raised by each page that was kept.
    pub turn: i64,
    /// From where it goes on, in the service's own words.
    pub cursor: Option<String>,
    /// How it goes.
    pub state: SourceState,
    /// What went wrong, in words, if the last look failed; or why it is paused.
    pub trouble: Option<String>,
    /// How many looks in a row failed.
    pub troubles: u64,
    /// When the last look began: seconds since 1970-01-01 UTC, like all times.
    pub began_at: Option<i64>,
    /// When the last look ended, however it did.
    pub ended_at: Option<i64>,
    /// When everything there was had been read for the last time.
    pub success_at: Option<i64>,
    /// When it is looked at next.
    pub next_at: i64,
    /// What was read of it since it was first named.
    pub read: Read,
}

/// What was read of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Pages.
    pub pages: u64,
    /// Versions of items, each counted once.
    pub items: u64,
    /// Bytes of texts.
    pub bytes: u64,
    /// Versions of repositories, each counted once.
    pub repositories: u64,
    /// Times that something was not looked at.
    pub gaps: u64,
    /// Those of them that are only counted, because too many are listed.
    pub untold: u64,
}

/// A source that the operator names.
#[derive(Clone, Copy, Debug)]
pub struct NewSource<'a> {
    /// Their name for it.
    pub name: &'a str,
    /// The kind of service.
    pub service: &'a str,
    /// Whose its things are: `us` or `anyone`.
    pub belongs: &'a str,
}

const COLUMNS: &str = "id, name, service, belongs, turn, cursor, state, trouble, troubles, \
     began_at, ended_at, success_at, next_at, pages, items, bytes, repositories, gaps, untold";

fn read(row: &Row<'_>) -> Result<Source, Trouble> {
    let count = |column| Ok::<_, Trouble>(u64::try_from(row.int(column)?).unwrap_or(0));
    Ok(Source {
        id: SourceId(row.int(0)?),
        name: row.text(1)?.to_owned(),
        service: row.text(2)?.to_owned(),
        belongs: row.text(3)?.to_owned(),
        turn: row.int(4)?,
        cursor: row.maybe_text(5)?.map(str::to_owned),
        state: row.text(6)?.parse()?,
        trouble: row.maybe_text(7)?.map(str::to_owned),
        troubles: count(8)?,
        began_at: row.maybe_int(9)?,
        ended_at: row.maybe_int(10)?,
        success_at: row.maybe_int(11)?,
        next_at: row.int(12)?,
        read: Read {
            pages: count(13)?,
            items: count(14)?,
            bytes: count(15)?,
            repositories: count(16)?,
            gaps: count(17)?,
            untold: count(18)?,
        },
    })
}

pub(crate) fn by_id(db: &mut Db, id: SourceId) -> Result<Option<Source>, Trouble> {
    let sql = format!("SELECT {COLUMNS} FROM sources WHERE id = ?1");
    db.one(&sql, &[id.0.into()], read)
}

fn by_name(db: &mut Db, name: &str) -> Result<Option<Source>, Trouble> {
    let sql = format!("SELECT {COLUMNS} FROM sources WHERE name = ?1");
    db.one(&sql, &[name.into()], read)
}

impl Store {
    /// Takes a source in, or finds it by its name: then it goes on where it was. One
    /// that has become another service begins anew.
    pub fn source_named(&mut self, new: &NewSource<'_>, now: i64) -> Result<Source, Trouble> {
        self.db.write(|db| {
            let strange = || Trouble::Corrupt("a source that was just kept is gone".to_owned());
            if let Some(known) = by_name(db, new.name)? {
                let begins_anew = known.service != new.service;
                if begins_anew || known.belongs != new.belongs {
                    let cursor = if begins_anew { "NULL" } else { "cursor" };
                    let sql = format!(
                        "UPDATE sources SET service = ?2, belongs = ?3, cursor = {cursor}, \
                         turn = turn + 1 WHERE id = ?1"
                    );
                    let bound = [known.id.0.into(), new.service.into(), new.belongs.into()];
                    db.execute(&sql, &bound)?;
                    if begins_anew {
                        db.execute("DELETE FROM items WHERE source = ?1", &[known.id.0.into()])?;
                    }
                }
                return by_id(db, known.id)?.ok_or_else(strange);
            }
            let next = "SELECT coalesce(max(id), 0) + 1 FROM sources";
            let id = db.one(next, &[], |row| row.int(0))?.unwrap_or(1);
            let sql = "INSERT INTO sources (id, name, service, belongs, turn, state, troubles, \
                       next_at, pages, items, bytes, repositories, gaps, untold) \
                       VALUES (?1, ?2, ?3, ?4, 0, 'waiting', 0, ?5, 0, 0, 0, 0, 0, 0)";
            let bound: [Value<'_>; 5] =
                [id.into(), new.name.into(), new.service.into(), new.belongs.into(), now.into()];
            db.execute(sql, &bound)?;
            by_id(db, SourceId(id))?.ok_or_else(strange)
        })
    }

    /// The sources that were ever named, by name.
    pub fn sources(&mut self) -> Result<Vec<Source>, Trouble> {
        let sql = format!("SELECT {COLUMNS} FROM sources ORDER BY name");
        self.db.query(&sql, &[], read)
    }

    /// A source by its name.
    pub fn source(&mut self, name: &str) -> Result<Option<Source>, Trouble> {
        by_name(&mut self.db, name)
    }

    /// Notes that a look has begun; not of one that is paused. Whether it may.
    pub fn look_began(&mut self, id: SourceId, at: i64) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE sources SET state = 'running', began_at = ?2 \
                       WHERE id = ?1 AND state <> 'paused'";
            Ok(db.execute(sql, &[id.0.into(), at.into()])? > 0)
        })
    }

    /// Notes that a look came to nothing: why, in words without foreign text that was
    /// not made harmless, and when it is tried next. What was kept of it stays.
    pub fn look_failed(
        &mut self,
        id: SourceId,
        at: i64,
        state: SourceState,
        why: &str,
        next_at: i64,
    ) -> Result<(), Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE sources SET trouble = ?4, troubles = troubles + 1, ended_at = ?2, \
                       next_at = ?5, state = ?3 WHERE id = ?1 AND state <> 'paused'";
            let bound: [Value<'_>; 5] =
                [id.0.into(), at.into(), state.name().into(), why.into(), next_at.into()];
            db.execute(sql, &bound)?;
            Ok(())
        })
    }

    /// Notes that a look was broken off, and goes on at a time.
    pub fn look_left(&mut self, id: SourceId, at: i64, next_at: i64) -> Result<(), Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE sources SET state = 'waiting', ended_at = ?2, next_at = ?3 \
                       WHERE id = ?1 AND state = 'running'";
            db.execute(sql, &[id.0.into(), at.into(), next_at.into()])?;
            Ok(())
        })
    }

    /// Pauses a source until it is resumed; whether there is one of this name.
    pub fn source_pause(&mut self, name: &str, why: &str) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE sources SET state = 'paused', trouble = ?2 WHERE name = ?1";
            Ok(db.execute(sql, &[name.into(), why.into()])? > 0)
        })
    }

    /// Has a source that was paused, or is in trouble, looked at now; whether there is
    /// one of this name.
    pub fn source_resume(&mut self, name: &str, now: i64) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE sources SET state = 'waiting', trouble = NULL, troubles = 0, \
                       next_at = ?2 WHERE name = ?1";
            Ok(db.execute(sql, &[name.into(), now.into()])? > 0)
        })
    }

    /// Has a source looked at now, unless it is paused; whether it will be.
    pub fn look_now(&mut self, name: &str, now: i64) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE sources SET next_at = ?2 WHERE name = ?1 AND state <> 'paused'";
            Ok(db.execute(sql, &[name.into(), now.into()])? > 0)
        })
    }
}

//! Opening a database, and the log: what is added to it and read from it. The other
//! modules add to [`Store`] what is theirs.

use std::fmt;

use leeward_model::{Entry, Event, IncidentId, Progress, StepName, StepRecord};

use crate::{
    db::{Db, Value},
    log::{self, Head, Ledger},
    migrate,
    place::Place,
    trouble::Trouble,
};

/// What is known from one run to the next.
pub struct Store {
    pub(crate) db: Db,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if matches!(self.db, Db::Lite(_)) { "sqlite" } else { "postgresql" };
        f.debug_struct("Store").field("kind", &kind).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a database, makes it if it is not there, and brings it up to date.
    pub fn open(place: &Place) -> Result<Self, Trouble> {
        let mut db = match place {
            Place::File(path) => Db::file(path, true)?
                .ok_or_else(|| Trouble::Open("it vanished while it was opened".to_owned()))?,
            Place::Server(url) => Db::server(url)?,
        };
        migrate::migrate(&mut db, migrate::NEWEST)?;
        Ok(Self { db })
    }

    /// Opens a database for what may be lost with the power, though never in part, and not
    /// with the process: a commit from here reaches the disk with the next that waits for
    /// it, and is not waited for. What is kept so must be missed by nobody.
    pub fn open_hasty(place: &Place) -> Result<Self, Trouble> {
        let mut store = Self::open(place)?;
        match place {
            Place::File(_) => store.db.batch("PRAGMA synchronous = NORMAL")?,
            Place::Server(_) => store.db.batch("SET synchronous_commit = off")?,
        }
        Ok(store)
    }

    /// Opens a database to read it: `None` if there is none. A file may be read-only,
    /// and lie where nothing may be written.
    pub fn open_existing(place: &Place) -> Result<Option<Self>, Trouble> {
        let mut db = match place {
            Place::File(path) => match Db::file(path, false)? {
                Some(db) => db,
                None => return Ok(None),
            },
            Place::Server(url) => Db::server(url)?,
        };
        let schema = migrate::version(&mut db)?;
        if schema == 0 {
            return Ok(None);
        }
        match migrate::migrate(&mut db, migrate::NEWEST) {
            Err(Trouble::ReadOnly) => Err(Trouble::Older { schema, known: migrate::NEWEST }),
            done => done.map(|()| Some(Self { db })),
        }
    }

    /// Adds entries to the log, and to incidents what follows from them: all or none.
    /// See [`facts`](crate::facts) for what kinds must say. What a provider answered goes
    /// through [`learn`](Self::learn), which keeps the answer too.
    pub fn append(&mut self, entries: &[Entry]) -> Result<Vec<Event>, Trouble> {
        self.db.write(|db| {
            let mut ledger = Ledger::begin(db)?;
            let ids: Vec<IncidentId> = entries.iter().filter_map(|entry| entry.incident).collect();
            ledger.load(db, &ids)?;
            for entry in entries {
                ledger.push(entry.clone())?;
            }
            ledger.finish(db)
        })
    }

    /// The log of an incident, or all of it, oldest first.
    pub fn events(&mut self, of: Option<IncidentId>) -> Result<Vec<Event>, Trouble> {
        let columns = log::COLUMNS;
        match of {
            Some(id) => {
                let sql =
                    format!("SELECT {columns} FROM events WHERE incident = ?1 ORDER BY sequence");
                self.db.query(&sql, &[id.0.into()], log::read)
            }
            None => {
                let sql = format!("SELECT {columns} FROM events ORDER BY sequence");
                self.db.query(&sql, &[], log::read)
            }
        }
    }

    /// All eight steps of an incident, in order. One of which nothing was said is open
    /// since the incident is.
    pub fn steps(&mut self, id: IncidentId) -> Result<Vec<StepRecord>, Trouble> {
        let bound: &[Value<'_>] = &[id.0.into()];
        let opened = "SELECT opened_at FROM incidents WHERE id = ?1";
        let opened_at = self.db.one(opened, bound, |row| row.int(0))?;
        let opened_at = opened_at.ok_or_else(|| Trouble::NoIncident(id.to_string()))?;
        let sql = "SELECT step, progress, text, actor, at FROM steps WHERE incident = ?1";
        let mut said = self.db.query(sql, bound, |row| {
            let strange = || Trouble::Corrupt("a step there is not".to_owned());
            Ok(StepRecord {
                step: row.text(0)?.parse().map_err(|_| strange())?,
                progress: row.text(1)?.parse().map_err(|_| strange())?,
                text: row.text(2)?.to_owned(),
                by: row.text(3)?.to_owned(),
                at: row.int(4)?,
            })
        })?;
        let steps = StepName::ALL.into_iter().map(|step| {
            match said.iter().position(|record| record.step == step) {
                Some(place) => said.swap_remove(place),
                None => StepRecord {
                    step,
                    progress: Progress::Open,
                    text: String::new(),
                    by: String::new(),
                    at: opened_at,
                },
            }
        });
        Ok(steps.collect())
    }

    /// The end of the log.
    pub fn head(&mut self) -> Result<Head, Trouble> {
        Ok(log::head(&mut self.db)?.0)
    }

    /// Whether the log goes on from a head that was noted elsewhere: nothing before it
    /// was changed since, as far as the log itself is sound
    /// ([`verify_log`](Self::verify_log)).
    pub fn holds(&mut self, head: &Head) -> Result<bool, Trouble> {
        if *head == Head::none() {
            return Ok(true);
        }
        let sql = "SELECT hash FROM events WHERE sequence = ?1";
        let hash = self.db.one(sql, &[head.sequence.into()], |row| Ok(row.text(0)?.to_owned()))?;
        Ok(hash.is_some_and(|hash| hash == head.hash))
    }
}

#[cfg(test)]
mod tests {
    use leeward_model::EventKind;

    use super::*;

    fn note(length: usize) -> Entry {
        Entry {
            incident: None,
            at: 1,
            actor: "ann".to_owned(),
            kind: EventKind::Noted,
            text: "x".repeat(length),
            facts: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_store_may_go_to_another_thread() {
        fn goes<T: Send>() {}
        goes::<Store>();
        goes::<Trouble>();
    }

    #[test]
    fn where_no_room_is_left_nothing_is_recorded_and_nothing_lost() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = Store::open(&Place::File(directory.path().join("a.db"))).unwrap();
        store.append(&[note(10)]).unwrap();
        store.db.batch("PRAGMA max_page_count = 40").unwrap();
        let trouble = store.append(&[note(10), note(500_000)]).unwrap_err();
        assert!(matches!(trouble, Trouble::Full), "{trouble:?}");
        assert_eq!(store.head().unwrap().sequence, 1);
        store.append(&[note(10)]).unwrap();
        store.db.batch("PRAGMA max_page_count = 4000").unwrap();
        store.append(&[note(500_000)]).unwrap();
        assert_eq!(store.events(None).unwrap().len(), 3);
        assert!(store.verify_log().unwrap().is_sound());
    }
}

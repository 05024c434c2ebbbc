//! Whether the log is what was written: its chain, its end, and the tables that follow
//! from it.
//!
//! Whoever may write to the database can also write a whole other log, hashes and all.
//! That is noticed by a head that was noted elsewhere ([`Store::holds`]).

use std::{collections::BTreeMap, fmt};

use leeward_model::{Event, EventKind, Incident, IncidentId, SafeText, StepName, StepRecord};

use crate::{
    db::Db,
    line::{self, Reader},
    log::{self, Head},
    project::Projected,
    store::Store,
    trouble::Trouble,
};

/// The most problems that are told; a log that was written anew has one per event.
const MOST_PROBLEMS: usize = 100;

/// What became of checking the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCheck {
    /// How many events there are.
    pub events: u64,
    /// How many incidents there are.
    pub incidents: u64,
    /// The end of the log, as it is noted beside it.
    pub head: Head,
    /// What is wrong, in the order it was found; a hundred at most.
    pub problems: Vec<Problem>,
}

impl LogCheck {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Something that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// An event is not what was hashed, or does not follow the one before it.
    Altered {
        /// Its sequence.
        sequence: i64,
    },
    /// Events are not there.
    Missing {
        /// The sequence of the first.
        from: i64,
        /// The sequence of the last.
        to: i64,
    },
    /// There are events behind the end that was noted.
    Added {
        /// The sequence of the first.
        from: i64,
        /// The sequence of the last.
        to: i64,
    },
    /// The last event is not the one that was noted as the end.
    End {
        /// Its sequence.
        sequence: i64,
    },
    /// An event says what cannot follow.
    Event {
        /// Its sequence.
        sequence: i64,
        /// What is wrong with it.
        why: String,
    },
    /// An incident is not what its events make it.
    Incident {
        /// Which.
        id: IncidentId,
        /// What differs.
        what: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = |from: i64, to: i64| {
            if from == to {
                format!("event {from} is")
            } else {
                format!("events {from} to {to} are")
            }
        };
        match self {
            Self::Altered { sequence } => write!(
                f,
                "event {sequence} is not what was recorded, or does not follow the one before it"
            ),
            Self::Missing { from, to } => write!(f, "{} missing", range(*from, *to)),
            Self::Added { from, to } => {
                write!(f, "{} behind the end of the log that was noted", range(*from, *to))
            }
            Self::End { sequence } => {
                write!(f, "event {sequence} is not the one that was noted as the last")
            }
            Self::Event { sequence, why } => write!(f, "event {sequence} makes no sense: {why}"),
            Self::Incident { id, what } => write!(f, "incident {id}: {what}"),
        }
    }
}

impl Store {
    /// Recomputes the log and what follows from it, and compares. An error means that
    /// the database could not be read; what is wrong in what was read is in the answer.
    pub fn verify_log(&mut self) -> Result<LogCheck, Trouble> {
        self.db.read(|db| {
            let (head, _) = log::head(db)?;
            let mut check = Check { problems: Vec::new(), replayed: BTreeMap::new() };
            let events = check.chain(db, &head)?;
            let incidents = check.lines(db)?;
            check.steps(db)?;
            Ok(LogCheck { events, incidents, head, problems: check.problems })
        })
    }
}

struct Check {
    problems: Vec<Problem>,
    replayed: BTreeMap<IncidentId, Projected>,
}

impl Check {
    fn found(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn chain(&mut self, db: &mut Db, noted: &Head) -> Result<u64, Trouble> {
        let mut last = Head::none();
        let mut count = 0;
        let sql = format!("SELECT {} FROM events ORDER BY sequence", log::COLUMNS);
        db.each(&sql, &[], |row| {
            count += 1;
            let sequence = row.int(0)?;
            if sequence > last.sequence + 1 {
                self.found(Problem::Missing { from: last.sequence + 1, to: sequence - 1 });
            }
            match log::read(row) {
                Ok(event) => {
                    if leeward_model::event_hash(&last.hash, sequence, &event.entry) != event.hash {
                        self.found(Problem::Altered { sequence });
                    }
                    self.replay(&event);
                }
                Err(_) => self.found(Problem::Altered { sequence }),
            }
            // Each event is judged beside the one before it as it stands, so that one
            // that was changed does not hide the next.
            last = Head { sequence, hash: row.text(7).unwrap_or_default().to_owned() };
            Ok(())
        })?;
        if last.sequence < noted.sequence {
            self.found(Problem::Missing { from: last.sequence + 1, to: noted.sequence });
        } else if last.sequence > noted.sequence {
            self.found(Problem::Added { from: noted.sequence + 1, to: last.sequence });
        } else if last.hash != noted.hash {
            self.found(Problem::End { sequence: last.sequence });
        }
        Ok(count)
    }

    fn replay(&mut self, event: &Event) {
        let Some(id) = event.entry.incident else { return };
        let done = if event.entry.kind == EventKind::Opened && !self.replayed.contains_key(&id) {
            Projected::opened(id, &event.entry).map(|begun| {
                self.replayed.insert(id, begun);
            })
        } else {
            match self.replayed.get_mut(&id) {
                Some(incident) => incident.apply(&event.entry),
                None => Err(Trouble::Entry(format!("incident {id} was not opened before it"))),
            }
        };
        if let Err(trouble) = done {
            let why = match trouble {
                Trouble::Entry(why) => why,
                trouble => trouble.to_string(),
            };
            self.found(Problem::Event { sequence: event.sequence, why });
        }
    }

    fn lines(&mut self, db: &mut Db) -> Result<u64, Trouble> {
        let mut reader = Reader::default();
        let mut there = Vec::new();
        let sql = format!("SELECT {}, closed FROM incidents ORDER BY id", line::COLUMNS);
        db.each(&sql, &[], |row| {
            let id = IncidentId(row.int(0)?);
            there.push(id);
            let differences = match (reader.line(row), self.replayed.get(&id)) {
                (Err(_), _) => vec!["its line cannot be read".to_owned()],
                (Ok(_), None) => vec!["no event opened it".to_owned()],
                (Ok(line), Some(replayed)) => {
                    let mut differences = differences(&line, &replayed.line);
                    if row.int(14)? != i64::from(replayed.line.closed_at.is_some()) {
                        differences.push("it is listed in the wrong place".to_owned());
                    }
                    differences
                }
            };
            for what in differences {
                self.found(Problem::Incident { id, what });
            }
            Ok(())
        })?;
        let lost: Vec<IncidentId> =
            self.replayed.keys().filter(|id| there.binary_search(id).is_err()).copied().collect();
        for id in lost {
            let what = "events tell of it, and it is not in the list".to_owned();
            self.found(Problem::Incident { id, what });
        }
        Ok(there.len() as u64)
    }

    fn steps(&mut self, db: &mut Db) -> Result<(), Trouble> {
        let mut kept: BTreeMap<(IncidentId, StepName), StepRecord> = BTreeMap::new();
        let sql = "SELECT incident, step, progress, text, actor, at FROM steps";
        db.each(sql, &[], |row| {
            let id = IncidentId(row.int(0)?);
            match (row.text(1)?.parse(), row.text(2)?.parse()) {
                (Ok(step), Ok(progress)) => {
                    let (text, by) = (row.text(3)?.to_owned(), row.text(4)?.to_owned());
                    let record = StepRecord { step, progress, text, by, at: row.int(5)? };
                    kept.insert((id, step), record);
                }
                _ => {
                    let what = "a step of it cannot be read".to_owned();
                    self.found(Problem::Incident { id, what });
                }
            }
            Ok(())
        })?;
        for (id, incident) in std::mem::take(&mut self.replayed) {
            for (step, said) in incident.steps {
                let is_same = kept.remove(&(id, step)).is_some_and(|kept| kept == said);
                if !is_same {
                    let what = format!("step `{step}` is not what was recorded of it");
                    self.found(Problem::Incident { id, what });
                }
            }
        }
        for (id, step) in kept.into_keys() {
            let what = format!("step `{step}` follows from no event");
            self.found(Problem::Incident { id, what });
        }
        Ok(())
    }
}

/// What differs between a line and what its events make of it.
fn differences(line: &Incident, replayed: &Incident) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, is: Option<String>, said: Option<String>| {
        if is != said {
            let shown = |value: Option<String>| {
                value.map_or("not set".to_owned(), |text| format!("`{}`", SafeText::new(&text)))
            };
            let (is, said) = (shown(is), shown(said));
            differences.push(format!("its {what} is {is}, and by its events {said}"));
        }
    };
    let prints = [line, replayed].map(|it| Some(it.fingerprint.to_string()));
    let dossiers = [line, replayed].map(|it| Some(it.dossier.to_string()));
    let severities = [line, replayed].map(|it| Some(it.severity.name().to_owned()));
    let validities = [line, replayed].map(|it| Some(it.validity.name().to_owned()));
    let states = [line, replayed].map(|it| Some(it.state.name().to_owned()));
    let owners = [line, replayed].map(|it| it.owner.clone());
    let dues = [line, replayed].map(|it| it.due.map(|at| at.to_string()));
    let begins = [line, replayed].map(|it| Some(it.opened_at.to_string()));
    let changes = [line, replayed].map(|it| Some(it.updated_at.to_string()));
    let ends = [line, replayed].map(|it| it.closed_at.map(|at| at.to_string()));
    for (what, [is, said]) in [
        ("fingerprint", prints),
        ("kind", dossiers),
        ("severity", severities),
        ("validity", validities),
        ("state", states),
        ("owner", owners),
        ("due date", dues),
        ("beginning", begins),
        ("last change", changes),
        ("end", ends),
    ] {
        compare(what, is, said);
    }
    differences
}

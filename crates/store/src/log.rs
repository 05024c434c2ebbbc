//! The log: how events are bound to each other, and how they are written together
//! with what follows from them.
//!
//! The hash of an event is SHA-256 over fields, each with its length in bytes before
//! it as eight bytes, most significant first: the words `leeward event v1`, the hash
//! of the event before (64 zeros for the first), sequence, incident (empty if none)
//! and time as decimal digits, actor, kind, text, and then name and value of each
//! fact, in the order of the names' bytes. Hashes are written in lower-case
//! hexadecimal digits, also inside a hash.

use std::{collections::BTreeMap, fmt::Write as _};

use leeward_model::{Entry, Event, EventKind, Incident, IncidentId, StepName, event_hash};

use crate::{
    db::{Db, Row, Value, printable},
    line,
    project::Projected,
    trouble::Trouble,
};

/// The end of the log at some time. Noted elsewhere, it proves later that nothing
/// before it was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The sequence of the last event; 0 if there is none.
    pub sequence: i64,
    /// Its hash; 64 zeros if there is none.
    pub hash: String,
}

impl Head {
    /// Of a log without events.
    pub(crate) fn none() -> Self {
        Self { sequence: 0, hash: "0".repeat(64) }
    }
}

/// Bytes as lower-case digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a text cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// The columns of an [`Event`], in the order of [`read`].
pub(crate) const COLUMNS: &str = "sequence, incident, at, actor, kind, text, facts, hash";

pub(crate) fn read(row: &Row<'_>) -> Result<Event, Trouble> {
    let kind = row.text(4)?.parse();
    Ok(Event {
        sequence: row.int(0)?,
        entry: Entry {
            incident: row.maybe_int(1)?.map(IncidentId),
            at: row.int(2)?,
            actor: row.text(3)?.to_owned(),
            kind: kind
                .map_err(|_| Trouble::Corrupt("an event of a kind there is not".to_owned()))?,
            text: row.text(5)?.to_owned(),
            facts: serde_json::from_str(row.text(6)?)?,
        },
        hash: row.text(7)?.to_owned(),
    })
}

pub(crate) fn head(db: &mut Db) -> Result<(Head, i64), Trouble> {
    let read = |row: &Row<'_>| {
        Ok((Head { sequence: row.int(0)?, hash: row.text(1)?.to_owned() }, row.int(2)?))
    };
    db.one("SELECT sequence, hash, incidents FROM head WHERE one = 1", &[], read)?
        .ok_or_else(|| Trouble::Corrupt("the end of the log is not noted".to_owned()))
}

/// Events on their way into the log, inside one transaction that writes.
pub(crate) struct Ledger {
    head: Head,
    incidents: i64,
    events: Vec<Event>,
    touched: BTreeMap<IncidentId, Touched>,
}

struct Touched {
    now: Projected,
    /// When it was seen, if it was now.
    seen: Option<i64>,
    is_changed: bool,
    steps: Vec<StepName>,
}

impl Ledger {
    pub(crate) fn begin(db: &mut Db) -> Result<Self, Trouble> {
        let (head, incidents) = head(db)?;
        Ok(Self { head, incidents, events: Vec::new(), touched: BTreeMap::new() })
    }

    /// Reads lines that events will follow for.
    pub(crate) fn load(&mut self, db: &mut Db, ids: &[IncidentId]) -> Result<(), Trouble> {
        let wanted: Vec<Value<'_>> =
            ids.iter().filter(|id| !self.touched.contains_key(id)).map(|id| id.0.into()).collect();
        let mut reader = line::Reader::default();
        let sql = format!("SELECT {} FROM incidents WHERE id IN (…)", line::COLUMNS);
        db.each_of(&sql, &wanted, |row| {
            let line = reader.line(row)?;
            // Steps are only ever written over, so what they were is not read.
            let now = Projected { line, steps: BTreeMap::new() };
            let id = now.line.id;
            self.touched
                .insert(id, Touched { now, seen: None, is_changed: false, steps: Vec::new() });
            Ok(())
        })
    }

    /// A line that was loaded or opened.
    pub(crate) fn line(&self, id: IncidentId) -> Option<&Incident> {
        self.touched.get(&id).map(|touched| &touched.now.line)
    }

    /// Changes of a line what follows from no event.
    pub(crate) fn change(&mut self, id: IncidentId, how: impl FnOnce(&mut Incident)) {
        if let Some(touched) = self.touched.get_mut(&id) {
            let before = touched.now.line.clone();
            how(&mut touched.now.line);
            touched.is_changed |= touched.now.line != before;
        }
    }

    /// Notes when an incident's secret was seen.
    pub(crate) fn saw(&mut self, id: IncidentId, at: i64) {
        if let Some(touched) = self.touched.get_mut(&id) {
            touched.seen = Some(at);
        }
    }

    /// Begins an incident; its number becomes the entry's.
    pub(crate) fn open(&mut self, mut entry: Entry) -> Result<IncidentId, Trouble> {
        self.incidents += 1;
        let id = IncidentId(self.incidents);
        entry.incident = Some(id);
        let entry = clean(entry);
        let now = Projected::opened(id, &entry)?;
        self.touched
            .insert(id, Touched { now, seen: Some(entry.at), is_changed: true, steps: Vec::new() });
        self.chain(entry);
        Ok(id)
    }

    /// Adds an event, and to the line what follows from it.
    pub(crate) fn push(&mut self, entry: Entry) -> Result<(), Trouble> {
        let entry = clean(entry);
        if let Some(id) = entry.incident {
            let touched =
                self.touched.get_mut(&id).ok_or_else(|| Trouble::NoIncident(id.to_string()))?;
            touched.now.apply(&entry)?;
            touched.is_changed = true;
            touched.steps = touched.now.steps.keys().copied().collect();
        } else if changes_an_incident(entry.kind) {
            let kind = entry.kind.name();
            return Err(Trouble::Entry(format!("`{kind}`: it does not say of which incident")));
        }
        self.chain(entry);
        Ok(())
    }

    fn chain(&mut self, entry: Entry) {
        let sequence = self.head.sequence + 1;
        let hash = event_hash(&self.head.hash, sequence, &entry);
        self.head = Head { sequence, hash: hash.clone() };
        self.events.push(Event { sequence, entry, hash });
    }

    /// Writes all of it.
    pub(crate) fn finish(self, db: &mut Db) -> Result<Vec<Event>, Trouble> {
        let changed = self.touched.values().filter(|touched| touched.is_changed);
        let lines: Vec<_> = changed.map(|touched| (&touched.now.line, touched.seen)).collect();
        line::save(db, &lines)?;
        let seen = self.touched.iter().filter(|(_, touched)| !touched.is_changed);
        let mut by_time: BTreeMap<i64, Vec<Value<'_>>> = BTreeMap::new();
        for (id, touched) in seen {
            if let Some(at) = touched.seen {
                by_time.entry(at).or_default().push(id.0.into());
            }
        }
        for (at, ids) in by_time {
            let sql = "UPDATE incidents SET last_seen = ?1 WHERE last_seen < ?1 AND id IN (…)";
            db.execute_of(sql, at.into(), &ids)?;
        }
        self.write_steps(db)?;
        self.write_events(db)?;
        Ok(self.events)
    }

    fn write_steps(&self, db: &mut Db) -> Result<(), Trouble> {
        let mut rows: Vec<Vec<Value<'_>>> = Vec::new();
        for (id, touched) in &self.touched {
            for step in touched.steps.iter().filter_map(|step| touched.now.steps.get(step)) {
                rows.push(vec![
                    id.0.into(),
                    step.step.name().into(),
                    step.progress.name().into(),
                    step.text.as_str().into(),
                    step.by.as_str().into(),
                    step.at.into(),
                ]);
            }
        }
        db.insert(
            "steps (incident, step, progress, text, actor, at)",
            &rows,
            "ON CONFLICT (incident, step) DO UPDATE SET progress = excluded.progress, \
             text = excluded.text, actor = excluded.actor, at = excluded.at",
        )
    }

    fn write_events(&self, db: &mut Db) -> Result<(), Trouble> {
        if self.events.is_empty() {
            return Ok(());
        }
        let row = |event: &Event| -> Result<Vec<Value<'static>>, Trouble> {
            let facts = serde_json::to_string(&event.entry.facts)
                .map_err(|error| Trouble::Other(error.to_string()))?;
            Ok(vec![
                event.sequence.into(),
                event.entry.incident.map(|id| id.0).into(),
                event.entry.at.into(),
                event.entry.actor.clone().into(),
                event.entry.kind.name().into(),
                event.entry.text.clone().into(),
                facts.into(),
                event.hash.clone().into(),
            ])
        };
        let rows = self.events.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        db.insert(&format!("events ({COLUMNS})"), &rows, "")?;
        db.execute(
            "UPDATE head SET sequence = ?1, hash = ?2, incidents = ?3 WHERE one = 1",
            &[self.head.sequence.into(), self.head.hash.as_str().into(), self.incidents.into()],
        )?;
        Ok(())
    }
}

/// Whether something follows from it for an incident.
fn changes_an_incident(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Opened
            | EventKind::Moved
            | EventKind::Assigned
            | EventKind::Due
            | EventKind::Step
            | EventKind::Rated
            | EventKind::Verified
    )
}

/// An entry as both databases keep it, so that its hash is of what is kept.
fn clean(mut entry: Entry) -> Entry {
    for text in [&mut entry.actor, &mut entry.text] {
        if text.contains('\0') {
            *text = printable(text).into_owned();
        }
    }
    if entry.facts.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
        let clean = |text: String| printable(&text).into_owned();
        let facts = std::mem::take(&mut entry.facts).into_iter();
        entry.facts = facts.map(|(name, value)| (clean(name), clean(value))).collect();
    }
    entry
}

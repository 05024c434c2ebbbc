//! Keys that nobody uses: which there are, where they were put, and what follows when
//! one is used. Told by fingerprint, by a hash that gateways log, and by a hint; the
//! values are not here. What is done to them is in the log like everything else.
//!
//! That a scan met one is the scan's to say, through [`Store::record`].

use leeward_model::{
    DossierId, Entry, EventKind, Fingerprint, Hint, IncidentId, Location, Rating, State,
};

use crate::{
    case::Record,
    db::{Db, Row, Value},
    facts, line,
    log::Ledger,
    record::{place_row, save_places},
    said,
    spot::{self, Spot},
    store::Store,
    trouble::Trouble,
    wire,
};

/// A key that nobody uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Honey {
    /// Its number.
    pub id: i64,
    /// The value's identity.
    pub fingerprint: Fingerprint,
    /// What it looks like.
    pub dossier: DossierId,
    /// Its first and last characters.
    pub hint: Hint,
    /// SHA-256 of the value, in lower-case hexadecimal digits: gateways log it.
    pub sha256: String,
    /// The absolute path of the file it was put into; empty if nobody said.
    pub place: String,
    /// What somebody wants to remember of it.
    pub note: String,
    /// When it was made: seconds since 1970-01-01 UTC.
    pub made_at: i64,
    /// By whom.
    pub made_by: String,
    /// Since when nobody watches for it.
    pub retired_at: Option<i64>,
}

/// One to be kept: see [`Honey`].
#[derive(Clone, Copy, Debug)]
pub struct NewHoney<'a> {
    /// The value's identity.
    pub fingerprint: Fingerprint,
    /// What it looks like.
    pub dossier: &'a DossierId,
    /// Its first and last characters.
    pub hint: &'a Hint,
    /// SHA-256 of the value.
    pub sha256: &'a str,
    /// The absolute path of the file it is put into.
    pub place: &'a str,
    /// What somebody wants to remember of it.
    pub note: &'a str,
    /// When it was made.
    pub at: i64,
    /// By whom.
    pub actor: &'a str,
}

/// That one was used, by what somebody read.
#[derive(Clone, Copy, Debug)]
pub struct HoneyUse<'a> {
    /// When somebody noticed.
    pub at: i64,
    /// Who.
    pub actor: &'a str,
    /// What is known of the use, in a sentence that is the same for the same
    /// evidence.
    pub text: &'a str,
    /// The same in detail, by name.
    pub facts: &'a [(String, String)],
    /// Where the value itself stands in what was read.
    pub locations: &'a [Location],
    /// How bad that is.
    pub rating: &'a Rating,
    /// By when somebody must see to it.
    pub due: Option<i64>,
}

/// The columns of a [`Honey`], in the order of [`read`].
const COLUMNS: &str =
    "id, fingerprint, dossier, hint, sha256, place, note, made_at, made_by, retired_at";

/// The fact of an event that is about a key that nobody uses: its number.
const HONEY: &str = "honey";

fn read(row: &Row<'_>) -> Result<Honey, Trouble> {
    Ok(Honey {
        id: row.int(0)?,
        fingerprint: line::fingerprint(row.text(1)?)?,
        dossier: DossierId::new(row.text(2)?),
        hint: Hint::from_text(row.text(3)?),
        sha256: row.text(4)?.to_owned(),
        place: row.text(5)?.to_owned(),
        note: row.text(6)?.to_owned(),
        made_at: row.int(7)?,
        made_by: row.text(8)?.to_owned(),
        retired_at: row.maybe_int(9)?,
    })
}

impl Store {
    /// Keeps a new one; its number.
    pub fn honey_add(&mut self, new: &NewHoney<'_>) -> Result<i64, Trouble> {
        self.db.write(|db| {
            let next = "SELECT coalesce(max(id), 0) + 1 FROM honey";
            let id = db.one(next, &[], |row| row.int(0))?.unwrap_or(1);
            let sql = format!(
                "INSERT INTO honey ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)"
            );
            let fingerprint = new.fingerprint.to_string();
            let bound: [Value<'_>; 9] = [
                id.into(),
                fingerprint.as_str().into(),
                new.dossier.as_str().into(),
                new.hint.as_str().into(),
                new.sha256.into(),
                new.place.into(),
                new.note.into(),
                new.at.into(),
                new.actor.into(),
            ];
            db.execute(&sql, &bound)?;
            let at = if new.place.is_empty() { "a place nobody named" } else { new.place };
            let text = format!("honey key {id} ({}) was made for {at}", new.hint);
            noted(db, id, new.fingerprint, new.at, new.actor, text)?;
            Ok(id)
        })
    }

    /// All of them, by number.
    pub fn honey(&mut self) -> Result<Vec<Honey>, Trouble> {
        let sql = format!("SELECT {COLUMNS} FROM honey ORDER BY id");
        self.db.query(&sql, &[], read)
    }

    /// The one with this fingerprint.
    pub fn honey_of(&mut self, fingerprint: &Fingerprint) -> Result<Option<Honey>, Trouble> {
        let sql = format!("SELECT {COLUMNS} FROM honey WHERE fingerprint = ?1");
        self.db.one(&sql, &[fingerprint.to_string().into()], read)
    }

    /// Stops watching for one; whether somebody did until now.
    pub fn honey_retire(
        &mut self,
        honey: &Honey,
        at: i64,
        actor: &str,
        why: &str,
    ) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE honey SET retired_at = ?2 WHERE id = ?1 AND retired_at IS NULL";
            let is_new = db.execute(sql, &[honey.id.into(), at.into()])? > 0;
            if is_new {
                let text = format!("honey key {} ({}) was retired: {why}", honey.id, honey.hint);
                noted(db, honey.id, honey.fingerprint, at, actor, text)?;
            }
            Ok(is_new)
        })
    }

    /// Takes in that one was used: opens its incident, or adds to it and opens it again
    /// if it is closed. `None` if the incident has the same evidence already.
    pub fn honey_used(
        &mut self,
        honey: &Honey,
        used: &HoneyUse<'_>,
    ) -> Result<Option<IncidentId>, Trouble> {
        let here = spot::here()?;
        let mut spots = Vec::new();
        for location in used.locations {
            let spot = Spot::new(location, &here)?;
            if spots.iter().all(|known: &Spot| known.key != spot.key) {
                spots.push(spot);
            }
        }
        self.db.write(|db| {
            let sql = "SELECT id FROM incidents WHERE fingerprint = ?1";
            let known = db.one(sql, &[honey.fingerprint.to_string().into()], |row| row.int(0))?;
            match known {
                None => open(db, honey, used, &spots).map(Some),
                Some(id) => add(db, IncidentId(id), honey, used),
            }
        })
    }
}

/// Adds what happened to a key to the log.
fn noted(
    db: &mut Db,
    id: i64,
    fingerprint: Fingerprint,
    at: i64,
    actor: &str,
    text: String,
) -> Result<(), Trouble> {
    let mut ledger = Ledger::begin(db)?;
    let facts = [(HONEY, id.to_string()), (facts::FINGERPRINT, fingerprint.to_string())];
    ledger.push(Entry {
        incident: None,
        at,
        actor: actor.to_owned(),
        kind: EventKind::Noted,
        text,
        facts: facts.map(|(name, value)| (name.to_owned(), value)).into(),
    })?;
    ledger.finish(db).map(drop)
}

fn evidence(id: IncidentId, honey: &Honey, used: &HoneyUse<'_>) -> Entry {
    let mut entry =
        said::entry(id, used.at, used.actor, EventKind::Evidence, used.text.to_owned(), &[]);
    entry.facts.insert(HONEY.to_owned(), honey.id.to_string());
    entry.facts.extend(used.facts.iter().cloned());
    entry
}

fn open(
    db: &mut Db,
    honey: &Honey,
    used: &HoneyUse<'_>,
    spots: &[Spot],
) -> Result<IncidentId, Trouble> {
    let mut ledger = Ledger::begin(db)?;
    let label = spots.first().map_or("nowhere", |spot| spot.label.as_str());
    let id = ledger.open(said::entry(
        IncidentId(0),
        used.at,
        used.actor,
        EventKind::Opened,
        format!("honey key {} was used", honey.id),
        &[
            (facts::FINGERPRINT, &honey.fingerprint.to_string()),
            (facts::DOSSIER, honey.dossier.as_str()),
            (facts::SEVERITY, used.rating.level.name()),
            (facts::DUE, &used.due.map_or(String::new(), |due| due.to_string())),
            (facts::PLACES, &spots.len().to_string()),
            (facts::PLACE, label),
            (facts::TARGETS, ""),
        ],
    ))?;
    ledger.change(id, |line| {
        line.hint = honey.hint.clone();
        line.place = label.to_owned();
        line.places = spots.len() as u64;
    });
    ledger.push(evidence(id, honey, used))?;
    ledger.finish(db)?;
    let record = Record {
        companions: wire::write_companions(&[])?,
        signals: wire::write_signals(&[])?,
        rating: wire::write_rating(used.rating)?,
        verification: wire::write_verification(&leeward_model::Verification::default())?,
        attempt: None,
        assessment: None,
    };
    Record::save(db, &[(id, record)])?;
    let rows: Vec<_> =
        spots.iter().enumerate().map(|(nth, spot)| place_row(id, nth as i64, spot, None)).collect();
    save_places(db, &rows)?;
    Ok(id)
}

fn add(
    db: &mut Db,
    id: IncidentId,
    honey: &Honey,
    used: &HoneyUse<'_>,
) -> Result<Option<IncidentId>, Trouble> {
    let sql = "SELECT count(*) FROM events WHERE incident = ?1 AND kind = ?2 AND text = ?3";
    let kind = EventKind::Evidence.name();
    let same = db.one(sql, &[id.0.into(), kind.into(), used.text.into()], |row| row.int(0))?;
    if same.unwrap_or(0) > 0 {
        return Ok(None);
    }
    let mut ledger = Ledger::begin(db)?;
    ledger.load(db, &[id])?;
    let before = ledger.line(id).ok_or_else(|| Trouble::NoIncident(id.to_string()))?.clone();
    ledger.push(evidence(id, honey, used))?;
    if before.severity != used.rating.level {
        let (level, rating) = (used.rating.level, Some(used.rating));
        ledger.push(said::rated(&before, level, &honey.dossier, rating, used.actor, used.at))?;
    }
    if before.state == State::Closed {
        let why = format!("honey key {} was used", honey.id);
        ledger.push(said::reopened(id, before.state, &why, used.actor, used.at))?;
    }
    ledger.finish(db)?;
    Ok(Some(id))
}

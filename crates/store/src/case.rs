//! Everything that is remembered of one finding, and what is learnt of it after the
//! scan.

use std::collections::BTreeMap;

use leeward_model::{
    Assessment, Case, DossierId, Entry, Event, EventKind, Fingerprint, IncidentId, Rating,
    Validity, Verification,
};

use crate::{
    db::{Db, Value},
    line::Reader,
    log::Ledger,
    said, spot,
    store::Store,
    trouble::Trouble,
    wire,
};

/// What was learnt of a case; what is `None` stays as it was.
#[derive(Clone, Copy, Debug)]
pub struct Learnt<'a> {
    /// What it is taken for, or turned out to be.
    pub dossier: &'a DossierId,
    /// What a provider said of it.
    pub verification: Option<&'a Verification>,
    /// What it reaches.
    pub assessment: Option<&'a Assessment>,
    /// How bad it is.
    pub severity: Option<&'a Rating>,
}

/// What is kept of a case beside its line and its places, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) companions: String,
    pub(crate) signals: String,
    pub(crate) rating: String,
    /// The newest answer; not one that says nothing, if there is a better one.
    pub(crate) verification: String,
    /// The newest attempt that was not answered since.
    pub(crate) attempt: Option<String>,
    pub(crate) assessment: Option<String>,
}

/// Whether an answer says something.
pub(crate) fn is_answer(validity: Validity) -> bool {
    !matches!(validity, Validity::Unknown | Validity::Unchecked)
}

impl Record {
    /// Takes in what a provider said. Whether it is news.
    pub(crate) fn hear(&mut self, heard: &Verification) -> Result<bool, Trouble> {
        if heard.validity == Validity::Unchecked {
            return Ok(false);
        }
        let text = wire::write_verification(heard)?;
        if text == self.verification || Some(&text) == self.attempt.as_ref() {
            return Ok(false);
        }
        let known = wire::read_verification(&self.verification)?.validity;
        if is_answer(heard.validity) {
            self.verification = text;
            self.attempt = None;
        } else if is_answer(known) {
            self.attempt = Some(text);
        } else {
            self.verification = text;
        }
        Ok(true)
    }

    pub(crate) fn load(
        db: &mut Db,
        ids: &[IncidentId],
    ) -> Result<BTreeMap<IncidentId, Self>, Trouble> {
        let wanted: Vec<Value<'_>> = ids.iter().map(|id| id.0.into()).collect();
        let sql = "SELECT incident, companions, signals, rating, verification, attempt, assessment \
                   FROM cases WHERE incident IN (…)";
        let mut records = BTreeMap::new();
        db.each_of(sql, &wanted, |row| {
            let record = Self {
                companions: row.text(1)?.to_owned(),
                signals: row.text(2)?.to_owned(),
                rating: row.text(3)?.to_owned(),
                verification: row.text(4)?.to_owned(),
                attempt: row.maybe_text(5)?.map(str::to_owned),
                assessment: row.maybe_text(6)?.map(str::to_owned),
            };
            records.insert(IncidentId(row.int(0)?), record);
            Ok(())
        })?;
        Ok(records)
    }

    pub(crate) fn save(db: &mut Db, records: &[(IncidentId, Self)]) -> Result<(), Trouble> {
        let row = |(id, record): &'_ (IncidentId, Self)| -> Vec<Value<'static>> {
            let maybe = |text: &Option<String>| text.clone().map_or(Value::Null, Value::from);
            vec![
                id.0.into(),
                record.companions.clone().into(),
                record.signals.clone().into(),
                record.rating.clone().into(),
                record.verification.clone().into(),
                maybe(&record.attempt),
                maybe(&record.assessment),
            ]
        };
        let rows: Vec<_> = records.iter().map(row).collect();
        db.insert(
            "cases (incident, companions, signals, rating, verification, attempt, assessment)",
            &rows,
            "ON CONFLICT (incident) DO UPDATE SET companions = excluded.companions, \
             signals = excluded.signals, rating = excluded.rating, \
             verification = excluded.verification, attempt = excluded.attempt, \
             assessment = excluded.assessment",
        )
    }
}

impl Store {
    /// Everything that is remembered of a finding but its value.
    pub fn case(&mut self, fingerprint: &Fingerprint) -> Result<Option<Case>, Trouble> {
        self.db.read(|db| case(db, fingerprint))
    }

    /// Takes in what was learnt of a case, with entries that say how: all or nothing.
    /// What changes and is said by no entry is added to the log too; a closed incident
    /// of which a provider says that its value is live is reopened.
    pub fn learn(
        &mut self,
        id: IncidentId,
        learnt: &Learnt<'_>,
        entries: &[Entry],
    ) -> Result<Vec<Event>, Trouble> {
        self.db.write(|db| learn(db, id, learnt, entries))
    }
}

pub(crate) fn case(db: &mut Db, fingerprint: &Fingerprint) -> Result<Option<Case>, Trouble> {
    let columns = crate::line::COLUMNS;
    let sql = format!("SELECT {columns}, last_seen FROM incidents WHERE fingerprint = ?1");
    let mut reader = Reader::default();
    let found = db.one(&sql, &[fingerprint.to_string().into()], |row| {
        Ok((reader.line(row)?, row.int(14)?))
    })?;
    let Some((line, last_seen)) = found else { return Ok(None) };
    let record = Record::load(db, &[line.id])?.remove(&line.id);
    let record = record.ok_or_else(|| {
        Trouble::Corrupt(format!("of incident {} nothing but its line is kept", line.id))
    })?;
    let (mut locations, mut gone) = (Vec::new(), Vec::new());
    let sql = "SELECT body, gone_at, kind FROM locations WHERE incident = ?1 ORDER BY nth, key";
    db.each(sql, &[line.id.0.into()], |row| {
        let place = (row.text(2)? != spot::FILE, wire::read_location(row.text(0)?)?);
        if row.maybe_int(1)?.is_some() { &mut gone } else { &mut locations }.push(place);
        Ok(())
    })?;
    // Work tree first, as in a finding; otherwise in the order they were found.
    let sorted = |mut places: Vec<(bool, _)>| {
        places.sort_by_key(|(is_old, _)| *is_old);
        places.into_iter().map(|(_, place)| place).collect()
    };
    Ok(Some(Case {
        fingerprint: line.fingerprint,
        dossier: line.dossier,
        hint: line.hint,
        companions: wire::read_companions(&record.companions)?,
        signals: wire::read_signals(&record.signals)?,
        severity: wire::read_rating(&record.rating)?,
        locations: sorted(locations),
        gone: sorted(gone),
        verification: wire::read_verification(&record.verification)?,
        assessment: record.assessment.as_deref().map(wire::read_assessment).transpose()?,
        first_seen: line.opened_at,
        last_seen,
    }))
}

fn learn(
    db: &mut Db,
    id: IncidentId,
    learnt: &Learnt<'_>,
    entries: &[Entry],
) -> Result<Vec<Event>, Trouble> {
    let mut ledger = Ledger::begin(db)?;
    let mut ids: Vec<IncidentId> = entries.iter().filter_map(|entry| entry.incident).collect();
    ids.push(id);
    ledger.load(db, &ids)?;
    let nobody = || Trouble::NoIncident(id.to_string());
    let before = ledger.line(id).ok_or_else(nobody)?.clone();
    let mut record = Record::load(db, &[id])?.remove(&id).ok_or_else(nobody)?;

    let is_news = match learnt.verification {
        Some(heard) => record.hear(heard)?,
        None => false,
    };
    if let Some(assessment) = learnt.assessment {
        record.assessment = Some(wire::write_assessment(assessment)?);
    }
    if let Some(rating) = learnt.severity {
        record.rating = wire::write_rating(rating)?;
    }
    Record::save(db, &[(id, record)])?;

    for entry in entries {
        ledger.push(entry.clone())?;
    }
    // Whoever learnt it said so, or it is said here.
    let (actor, at) = entries
        .last()
        .map_or(("leeward", before.updated_at), |entry| (entry.actor.as_str(), entry.at));
    let says = |kind| entries.iter().any(|it| it.kind == kind && it.incident == Some(id));
    if let Some(heard) = learnt.verification
        && is_news
        && !says(EventKind::Verified)
    {
        ledger.push(said::verified(id, heard, actor, at))?;
    }
    if let Some(assessment) = learnt.assessment
        && !says(EventKind::Assessed)
    {
        ledger.push(said::assessed(id, assessment, actor, at))?;
    }
    let now = ledger.line(id).ok_or_else(nobody)?;
    let level = learnt.severity.map_or(now.severity, |rating| rating.level);
    if level != now.severity || now.dossier != *learnt.dossier {
        let entry = said::rated(now, level, learnt.dossier, learnt.severity, actor, at);
        ledger.push(entry)?;
    }
    let is_live = learnt.verification.is_some_and(|heard| heard.validity.is_live());
    let from = ledger.line(id).map(|line| line.state).filter(|state| state.is_thought_dead());
    if let Some(from) = from.filter(|_| is_live && is_news) {
        ledger.push(said::reopened(id, from, said::LIVE, actor, at))?;
    }
    ledger.finish(db)
}

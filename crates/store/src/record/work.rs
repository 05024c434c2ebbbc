//! One scan on its way into the database: incidents that begin, what changes of those
//! there are, which are opened again, and which places are gone.

use std::collections::{BTreeMap, HashSet};

use leeward_model::{Entry, EventKind, Finding, Fingerprint, IncidentId, State, Validity};

use super::{
    Recorded, Scan, Sighting,
    places::{self, Merged, cover, merge},
};
use crate::{
    case::{Record, is_answer},
    db::{Db, Value},
    facts, line,
    log::Ledger,
    said,
    trouble::Trouble,
};

/// One scan on its way into the database.
pub(super) struct Work<'a> {
    scan: &'a Scan<'a>,
    ledger: Ledger,
    recorded: Recorded,
    /// Cases to be written.
    records: Vec<(IncidentId, Record)>,
    /// Places to be written.
    places: Vec<Vec<Value<'static>>>,
    /// Places that were seen.
    seen: HashSet<(IncidentId, String)>,
}

impl<'a> Work<'a> {
    pub(super) fn new(scan: &'a Scan<'a>, ledger: Ledger) -> Self {
        Self {
            scan,
            ledger,
            recorded: Recorded::default(),
            records: Vec::new(),
            places: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// Writes what is left to write.
    pub(super) fn finish(self, db: &mut Db) -> Result<Recorded, Trouble> {
        self.ledger.finish(db)?;
        Ok(self.recorded)
    }

    /// Takes in every finding.
    pub(super) fn all(&mut self, db: &mut Db, sightings: Vec<Sighting<'a>>) -> Result<(), Trouble> {
        let known = ids(db, &sightings)?;
        let ids: Vec<IncidentId> = known.values().copied().collect();
        self.ledger.load(db, &ids)?;
        let mut records = Record::load(db, &ids)?;
        let mut places = places::load(db, &ids)?;
        for mut sighting in sightings {
            let keys = std::mem::take(&mut sighting.keys);
            let id = match known.get(&sighting.finding.fingerprint) {
                None => self.open(sighting)?,
                Some(id) => {
                    let record = records.remove(id).ok_or_else(|| {
                        Trouble::Corrupt(format!("of incident {id} nothing but its line is kept"))
                    })?;
                    let merged = merge(places.remove(id).unwrap_or_default(), &sighting.spots);
                    self.update(db, *id, &sighting, record, merged)?;
                    *id
                }
            };
            self.seen.extend(keys.into_iter().map(|key| (id, key)));
        }
        Record::save(db, &self.records)?;
        places::save(db, &self.places)
    }

    /// A secret that was not known.
    fn open(&mut self, sighting: Sighting<'_>) -> Result<IncidentId, Trouble> {
        let finding = sighting.finding;
        let level = finding.severity.level;
        let label = sighting.spots.first().map_or("nowhere", |spot| spot.label.as_str());
        let count = sighting.spots.len();
        let due = (self.scan.due)(level).map(|seconds| self.scan.at.saturating_add(seconds));
        let entry = self.entry(
            IncidentId(0),
            EventKind::Opened,
            format!("found in {}: {label}", said::counted(count, "place")),
            &[
                (facts::FINGERPRINT, &finding.fingerprint.to_string()),
                (facts::DOSSIER, finding.dossier.as_str()),
                (facts::SEVERITY, level.name()),
                (facts::DUE, &due.map_or(String::new(), |due| due.to_string())),
                (facts::PLACES, &count.to_string()),
                (facts::PLACE, label),
                (facts::TARGETS, &self.scan.targets.join("\n")),
            ],
        );
        let id = self.ledger.open(entry)?;
        self.ledger.change(id, |line| {
            line.hint = finding.secret.hint();
            line.place = label.to_owned();
            line.places = count as u64;
        });
        let (actor, at) = (self.scan.actor, self.scan.at);
        if finding.verification.validity != Validity::Unchecked {
            self.ledger.push(said::verified(id, &finding.verification, actor, at))?;
        }
        if let Some(reach) = &finding.assessment {
            self.ledger.push(said::assessed(id, reach, actor, at))?;
        }
        for (nth, spot) in sighting.spots.iter().enumerate() {
            self.places.push(places::row(id, nth as i64, spot, None));
        }
        self.records.push((id, sighting.record));
        self.recorded.opened.push(id);
        Ok(id)
    }

    /// A secret that is known.
    fn update(
        &mut self,
        db: &mut Db,
        id: IncidentId,
        sighting: &Sighting<'_>,
        mut record: Record,
        merged: Merged,
    ) -> Result<(), Trouble> {
        let finding = sighting.finding;
        let (actor, at) = (self.scan.actor, self.scan.at);
        let line = self.ledger.line(id).ok_or_else(|| Trouble::NoIncident(id.to_string()))?;
        let before = line.clone();
        let old = record.clone();

        // A scan that asked less knows less; a new answer outweighs what was assessed.
        let has_reach = finding.assessment.is_some() || record.assessment.is_none();
        let heard = finding.verification.validity;
        let knows_as_much = if is_answer(heard) {
            has_reach || heard != before.validity
        } else {
            has_reach && !is_answer(before.validity)
        };
        let is_news = record.hear(&finding.verification)?;
        record.signals.clone_from(&sighting.record.signals);
        if !finding.companions.is_empty() {
            record.companions.clone_from(&sighting.record.companions);
        }
        let is_new_reach =
            sighting.record.assessment.is_some() && sighting.record.assessment != record.assessment;
        if is_new_reach {
            record.assessment.clone_from(&sighting.record.assessment);
        }
        if is_news {
            self.ledger.push(said::verified(id, &finding.verification, actor, at))?;
        }
        if let Some(reach) = finding.assessment.as_ref().filter(|_| is_new_reach) {
            self.ledger.push(said::assessed(id, reach, actor, at))?;
        }
        if knows_as_much {
            record.rating.clone_from(&sighting.record.rating);
            let level = finding.severity.level;
            if level != before.severity || finding.dossier != before.dossier {
                let rating = Some(&finding.severity);
                self.ledger.push(said::rated(
                    &before,
                    level,
                    &finding.dossier,
                    rating,
                    actor,
                    at,
                ))?;
            }
        }
        self.seen(id, &merged)?;
        let is_alive = is_news && finding.verification.validity.is_live();
        if before.state == State::Closed || before.state.is_thought_dead() && is_alive {
            self.reopen(id, before.state, finding, &merged)?;
        }

        let is_changed = record != old || merged.is_changed() || is_news;
        if record != old {
            self.records.push((id, record));
        }
        for key in &merged.moved {
            let sql = "DELETE FROM locations WHERE incident = ?1 AND key = ?2";
            db.execute(sql, &[id.0.into(), key.as_str().into()])?;
        }
        self.ledger.change(id, |line| {
            line.places = merged.present;
            if let Some(label) = sighting.spots.first().map(|spot| &spot.label)
                && merged.is_changed()
            {
                line.place.clone_from(label);
            }
        });
        for (nth, index, gone_at) in &merged.write {
            self.places.push(places::row(id, *nth, &sighting.spots[*index], *gone_at));
        }
        self.ledger.saw(id, at);
        *if is_changed { &mut self.recorded.updated } else { &mut self.recorded.unchanged } += 1;
        Ok(())
    }

    /// Notes places that were not known, or where it was gone.
    fn seen(&mut self, id: IncidentId, merged: &Merged) -> Result<(), Trouble> {
        let count = merged.fresh.len() + merged.again.len();
        let Some(label) = merged.fresh.first().or(merged.again.first()) else { return Ok(()) };
        let text = match (merged.fresh.len(), merged.again.len()) {
            (fresh, 0) => format!("seen in {}: {label}", said::counted(fresh, "more place")),
            (0, again) => {
                format!(
                    "seen again in {} where it was gone: {label}",
                    said::counted(again, "place")
                )
            }
            (fresh, again) => format!(
                "seen in {}, and again in {again} where it was gone: {label}",
                said::counted(fresh, "more place")
            ),
        };
        let facts = [
            (facts::PLACES, &*count.to_string()),
            (facts::PLACE, label),
            (facts::TARGETS, &self.scan.targets.join("\n")),
        ];
        let entry = self.entry(id, EventKind::Seen, text, &facts);
        self.ledger.push(entry)
    }

    /// Opens a closed incident again, if there is reason to.
    fn reopen(
        &mut self,
        id: IncidentId,
        from: State,
        finding: &Finding,
        merged: &Merged,
    ) -> Result<(), Trouble> {
        let why = if finding.verification.validity.is_live() {
            said::LIVE.to_owned()
        } else if let Some(label) = merged.again.first() {
            format!("it lies again where it was gone: {label}")
        } else if let Some(label) = merged.fresh.first() {
            format!("it lies in a place that was not known: {label}")
        } else if let Some(label) = merged.back_in_head.first() {
            format!("it is in the newest commit again: {label}")
        } else {
            return Ok(());
        };
        self.ledger.push(said::reopened(id, from, &why, self.scan.actor, self.scan.at))?;
        let severity = self.ledger.line(id).map_or(finding.severity.level, |line| line.severity);
        if let Some(seconds) = (self.scan.due)(severity) {
            let due = self.scan.at.saturating_add(seconds).to_string();
            let text = "due anew, because it was reopened".to_owned();
            let entry = self.entry(id, EventKind::Due, text, &[(facts::DUE, &due)]);
            self.ledger.push(entry)?;
        }
        self.recorded.reopened.push(id);
        Ok(())
    }

    /// Marks places that were looked at and not seen.
    pub(super) fn vanished(&mut self, db: &mut Db, here: &[u8]) -> Result<(), Trouble> {
        let gone = cover(db, self.scan, &self.seen, here)?;
        let ids: Vec<IncidentId> = gone.keys().copied().collect();
        self.ledger.load(db, &ids)?;
        for (id, labels) in &gone {
            let label = labels.first().map_or("", String::as_str);
            let count = labels.len();
            let facts = [
                (facts::PLACES, &*count.to_string()),
                (facts::PLACE, label),
                (facts::TARGETS, &self.scan.targets.join("\n")),
            ];
            let text = format!("no longer in {}: {label}", said::counted(count, "place"));
            let entry = self.entry(*id, EventKind::Gone, text, &facts);
            self.ledger.push(entry)?;
        }
        for (id, (count, label)) in places::left(db, &ids)? {
            self.ledger.change(id, |line| {
                line.places = count;
                if let Some(label) = label {
                    line.place = label;
                }
            });
        }
        Ok(())
    }

    fn entry(
        &self,
        id: IncidentId,
        kind: EventKind,
        text: String,
        facts: &[(&str, &str)],
    ) -> Entry {
        said::entry(id, self.scan.at, self.scan.actor, kind, text, facts)
    }
}

/// Which findings are known, and as what.
fn ids(
    db: &mut Db,
    sightings: &[Sighting<'_>],
) -> Result<BTreeMap<Fingerprint, IncidentId>, Trouble> {
    let wanted = sightings.iter().map(|it| it.finding.fingerprint.to_string().into());
    let wanted: Vec<Value<'_>> = wanted.collect();
    let mut known = BTreeMap::new();
    let sql = "SELECT fingerprint, id FROM incidents WHERE fingerprint IN (…)";
    db.each_of(sql, &wanted, |row| {
        known.insert(line::fingerprint(row.text(0)?)?, IncidentId(row.int(1)?));
        Ok(())
    })?;
    Ok(known)
}

//! Places that were known beside places that were seen: which are new, which were
//! gone and are there again, which moved within their file, and which are gone.

use std::collections::{BTreeMap, HashSet, VecDeque};

use leeward_model::IncidentId;

use super::{OBJECTS, Scan};
use crate::{
    db::{Db, Value},
    spot::{self, FILE, Spot},
    trouble::Trouble,
    wire,
};

/// A place that is kept.
pub(super) struct Kept {
    key: String,
    nth: i64,
    kind: String,
    path: String,
    in_head: bool,
    is_gone: bool,
    body: String,
}

/// What is to be done about the places of a case.
#[derive(Default)]
pub(super) struct Merged {
    /// Labels of places that were never known.
    pub(super) fresh: Vec<String>,
    /// Labels of places where it was gone.
    pub(super) again: Vec<String>,
    /// Labels of objects that HEAD holds again.
    pub(super) back_in_head: Vec<String>,
    /// Keys of places that are other places of the same file now.
    pub(super) moved: Vec<String>,
    /// Places to write: their order, which of those seen, and since when it is gone.
    pub(super) write: Vec<(i64, usize, Option<i64>)>,
    /// How many there are now, as far as anybody looked.
    pub(super) present: u64,
}

impl Merged {
    /// Whether anything is to be written.
    pub(super) fn is_changed(&self) -> bool {
        !self.write.is_empty()
    }
}

/// Compares what is kept of a case with what was seen.
pub(super) fn merge(kept: Vec<Kept>, spots: &[Spot]) -> Merged {
    let mut merged = Merged::default();
    let mut next = kept.iter().map(|place| place.nth + 1).max().unwrap_or(0);
    let mut unseen: BTreeMap<&str, &Kept> =
        kept.iter().map(|place| (place.key.as_str(), place)).collect();
    let mut unknown = Vec::new();
    for (index, spot) in spots.iter().enumerate() {
        let Some(place) = unseen.remove(spot.key.as_str()) else {
            unknown.push((index, spot));
            continue;
        };
        if place.is_gone {
            merged.again.push(spot.label.clone());
        } else if spot.in_head && !place.in_head {
            merged.back_in_head.push(spot.label.clone());
        }
        // A scan that did not ask for an object's history does not make it forgotten.
        if place.is_gone || (place.body != spot.body && !spot.is_bare) {
            merged.write.push((place.nth, index, None));
        }
    }
    let mut by_file: BTreeMap<&str, VecDeque<&Kept>> = BTreeMap::new();
    for place in kept.iter().filter(|place| place.kind == FILE && !place.is_gone) {
        if unseen.contains_key(place.key.as_str()) {
            by_file.entry(&place.path).or_default().push_back(place);
        }
    }
    for (index, spot) in unknown {
        // A line was added above it: the same place of the file has other numbers.
        let before = by_file.get_mut(spot.path.as_str()).filter(|_| spot.kind == FILE);
        if let Some(place) = before.and_then(VecDeque::pop_front) {
            unseen.remove(place.key.as_str());
            merged.moved.push(place.key.clone());
            merged.write.push((place.nth, index, None));
        } else {
            merged.fresh.push(spot.label.clone());
            merged.write.push((next, index, None));
            next += 1;
        }
    }
    let left = unseen.values().filter(|place| !place.is_gone).count();
    merged.present = (spots.len() + left) as u64;
    merged
}

/// The places of cases.
pub(super) fn load(
    db: &mut Db,
    ids: &[IncidentId],
) -> Result<BTreeMap<IncidentId, Vec<Kept>>, Trouble> {
    let wanted: Vec<Value<'_>> = ids.iter().map(|id| id.0.into()).collect();
    let mut kept: BTreeMap<IncidentId, Vec<Kept>> = BTreeMap::new();
    let sql = "SELECT incident, key, nth, kind, path, head, gone_at, body FROM locations \
               WHERE incident IN (…)";
    db.each_of(sql, &wanted, |row| {
        kept.entry(IncidentId(row.int(0)?)).or_default().push(Kept {
            key: row.text(1)?.to_owned(),
            nth: row.int(2)?,
            kind: row.text(3)?.to_owned(),
            path: row.text(4)?.to_owned(),
            in_head: row.int(5)? == 1,
            is_gone: row.maybe_int(6)?.is_some(),
            body: row.text(7)?.to_owned(),
        });
        Ok(())
    })?;
    for places in kept.values_mut() {
        places.sort_by_key(|place| place.nth);
    }
    Ok(kept)
}

/// A place as [`save`] writes it.
pub(crate) fn row(
    id: IncidentId,
    nth: i64,
    spot: &Spot,
    gone_at: Option<i64>,
) -> Vec<Value<'static>> {
    vec![
        id.0.into(),
        spot.key.clone().into(),
        nth.into(),
        spot.kind.into(),
        spot.path.clone().into(),
        i64::from(spot.in_head).into(),
        gone_at.into(),
        spot.body.clone().into(),
    ]
}

pub(crate) fn save(db: &mut Db, rows: &[Vec<Value<'static>>]) -> Result<(), Trouble> {
    db.insert(
        "locations (incident, key, nth, kind, path, head, gone_at, body)",
        rows,
        "ON CONFLICT (incident, key) DO UPDATE SET nth = excluded.nth, head = excluded.head, \
         gone_at = excluded.gone_at, body = excluded.body",
    )
}

/// Marks the places that a scan looked at and did not see; their labels by incident.
pub(super) fn cover(
    db: &mut Db,
    scan: &Scan<'_>,
    seen: &HashSet<(IncidentId, String)>,
    here: &[u8],
) -> Result<BTreeMap<IncidentId, Vec<String>>, Trouble> {
    let mut gone: BTreeMap<IncidentId, Vec<String>> = BTreeMap::new();
    if scan.covered.is_empty() {
        return Ok(gone);
    }
    let covered = Covered::new(scan.covered, here);
    let mut vanished: Vec<(IncidentId, String)> = Vec::new();
    let sql = "SELECT incident, key, kind, path, body FROM locations \
               WHERE gone_at IS NULL ORDER BY incident, nth";
    db.each(sql, &[], |row| {
        if covered.holds(row.text(2)?, row.text(3)?) {
            let place = (IncidentId(row.int(0)?), row.text(1)?.to_owned());
            if !seen.contains(&place) {
                let label = spot::label(&wire::read_location(row.text(4)?)?);
                gone.entry(place.0).or_default().push(label);
                vanished.push(place);
            }
        }
        Ok(())
    })?;
    for (id, key) in &vanished {
        let sql = "UPDATE locations SET gone_at = ?3 WHERE incident = ?1 AND key = ?2";
        db.execute(sql, &[id.0.into(), key.as_str().into(), scan.at.into()])?;
    }
    Ok(gone)
}

/// How many places of incidents are left, and one of them.
pub(super) fn left(
    db: &mut Db,
    ids: &[IncidentId],
) -> Result<BTreeMap<IncidentId, (u64, Option<String>)>, Trouble> {
    let mut left: BTreeMap<IncidentId, (u64, Option<String>)> =
        ids.iter().map(|id| (*id, (0, None))).collect();
    let wanted: Vec<Value<'_>> = ids.iter().map(|id| id.0.into()).collect();
    let sql = "SELECT incident, body FROM locations \
               WHERE gone_at IS NULL AND incident IN (…) ORDER BY incident, nth";
    db.each_of(sql, &wanted, |row| {
        let (count, label) = left.entry(IncidentId(row.int(0)?)).or_default();
        *count += 1;
        if label.is_none() {
            *label = Some(spot::label(&wire::read_location(row.text(1)?)?));
        }
        Ok(())
    })?;
    Ok(left)
}

/// What a scan looked at.
struct Covered {
    files: HashSet<String>,
    repositories: HashSet<String>,
}

impl Covered {
    fn new(covered: &[Vec<u8>], here: &[u8]) -> Self {
        let mut files = HashSet::new();
        let mut repositories = HashSet::new();
        for entry in covered {
            if let Some(name) = entry.strip_prefix(OBJECTS.as_bytes()) {
                let name = String::from_utf8_lossy(name);
                repositories.insert(spot::repository(&name, here));
            } else {
                files.insert(wire::to_text(&spot::absolute(entry, here)));
            }
        }
        Self { files, repositories }
    }

    fn holds(&self, kind: &str, path: &str) -> bool {
        if kind != FILE {
            return self.repositories.contains(path);
        }
        // The path itself, and each directory above it.
        let above = path.match_indices('/').map(|(end, _)| path.get(..end.max(1)));
        above.flatten().chain([path]).any(|path| self.files.contains(path))
    }
}

//! What a scan found becomes incidents, or changes those there are; kept as a whole or
//! not at all.
//!
//! A scan that did not ask a provider knows less than one that did. What it says of
//! kind and severity does not replace what is known from an answer.

mod places;
mod work;

use std::collections::{BTreeMap, HashSet};

use leeward_model::{Finding, Fingerprint, IncidentId, Severity};

pub(crate) use self::places::{row as place_row, save as save_places};
use self::work::Work;
use crate::{
    case::Record,
    log::Ledger,
    spot::{self, Spot},
    store::Store,
    trouble::Trouble,
    wire,
};

/// What a scan found, and what it looked at.
pub struct Scan<'a> {
    /// When: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Who scanned.
    pub actor: &'a str,
    /// What was scanned, as it was named.
    pub targets: &'a [String],
    /// What was found. A finding that was left out, because it is accepted or too
    /// uncertain, counts as not seen.
    pub findings: &'a [Finding],
    /// What was looked at completely: [`all_files`] below a path, and
    /// [`all_objects`] of a repository. Places there that were not seen now are gone.
    pub covered: &'a [Vec<u8>],
    /// How many seconds after it was opened an incident of a severity is due.
    pub due: &'a dyn Fn(Severity) -> Option<i64>,
}

/// Says that a scan looked at every file at or below an absolute path: the path.
pub fn all_files(path: &[u8]) -> Vec<u8> {
    path.to_vec()
}

/// Says that a scan looked at every object of a repository, named as in its findings or
/// by its absolute path.
pub fn all_objects(repository: &str) -> Vec<u8> {
    [OBJECTS.as_bytes(), repository.as_bytes()].concat()
}

/// What a repository's name begins with where it stands for its objects. No absolute
/// path begins so.
const OBJECTS: &str = "objects:";

/// What became of a scan's findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Incidents that began.
    pub opened: Vec<IncidentId>,
    /// Incidents that were closed and are open again.
    pub reopened: Vec<IncidentId>,
    /// How many findings were known, with something new about them.
    pub updated: u64,
    /// How many findings were known, with nothing new.
    pub unchanged: u64,
}

impl Store {
    /// Records what a scan found.
    pub fn record(&mut self, scan: &Scan<'_>) -> Result<Recorded, Trouble> {
        let here = spot::here()?;
        // All that takes time and no lock comes first.
        let mut order: Vec<Sighting<'_>> = Vec::new();
        let mut by_fingerprint: BTreeMap<Fingerprint, usize> = BTreeMap::new();
        for finding in scan.findings {
            let index = *by_fingerprint.entry(finding.fingerprint).or_insert(order.len());
            if index == order.len() {
                order.push(Sighting::new(finding)?);
            }
            for location in &finding.locations {
                let spot = Spot::new(location, &here)?;
                if order[index].keys.insert(spot.key.clone()) {
                    order[index].spots.push(spot);
                }
            }
        }
        self.db.write(|db| {
            let ledger = Ledger::begin(db)?;
            let mut work = Work::new(scan, ledger);
            work.all(db, order)?;
            work.vanished(db, &here)?;
            work.finish(db)
        })
    }
}

/// A finding, ready to be kept.
pub(super) struct Sighting<'a> {
    finding: &'a Finding,
    spots: Vec<Spot>,
    keys: HashSet<String>,
    record: Record,
}

impl<'a> Sighting<'a> {
    fn new(finding: &'a Finding) -> Result<Self, Trouble> {
        let assessment = finding.assessment.as_ref();
        let record = Record {
            companions: wire::write_companions(&finding.companions)?,
            signals: wire::write_signals(&finding.signals)?,
            rating: wire::write_rating(&finding.severity)?,
            verification: wire::write_verification(&finding.verification)?,
            attempt: None,
            assessment: assessment.map(wire::write_assessment).transpose()?,
        };
        Ok(Self { finding, spots: Vec::new(), keys: HashSet::new(), record })
    }
}

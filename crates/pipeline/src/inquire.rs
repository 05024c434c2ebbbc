//! Has a desk ask about what a scan finds: early, while the scan goes on, about
//! what is certain to be reported, and about the rest when it is settled.
//!
//! What somebody said to leave alone is never asked about, so a sighting is
//! only handed in early where nothing later can take it out of the findings.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Mutex, PoisonError},
};

use leeward_detect::{Sighting, fits, worst_first};
use leeward_dossier::Library;
use leeward_model::{Confidence, DossierId, Finding, Fingerprint, Level, Secret, Verification};
use leeward_probe::{Desk, Learnt, Question};

use crate::{baseline::Baseline, circumstance::rate_finding, scan::Request};

/// What findings are kept by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// All of them.
    #[default]
    All,
    /// Those that a provider says are live, whole or in part.
    Live,
}

/// Hands in sightings while a scan goes on.
pub(crate) struct Early<'a> {
    desk: &'a Desk,
    library: &'a Library,
    baseline: Option<&'a Baseline>,
    decoys: Option<&'a BTreeSet<Fingerprint>>,
    least: Level,
    seen: Mutex<HashSet<Fingerprint>>,
}

impl<'a> Early<'a> {
    pub(crate) fn new(desk: &'a Desk, library: &'a Library, request: &Request<'a>) -> Self {
        // A later place may change what a doubtful sighting is taken for.
        let least = request.least.max(Level::High);
        let &Request { baseline, decoys, .. } = request;
        Self { desk, library, baseline, decoys, least, seen: Mutex::default() }
    }

    /// Hands a sighting in, if it is sure to be reported and there is room.
    pub(crate) fn offer(&self, sighting: &Sighting) {
        let Sighting { dossier, fingerprint, secret, companions, signals, .. } = sighting;
        let is_sure = !sighting.ignored_inline
            && Confidence::of(signals).level() >= self.least
            && !self.decoys.is_some_and(|decoys| decoys.contains(fingerprint))
            && !self.baseline.is_some_and(|known| known.knows(*fingerprint));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_sure || seen.contains(fingerprint) {
            return;
        }
        let is_done = !is_askable(self.library, dossier, secret)
            || self
                .desk
                .offer(Question {
                    dossier: dossier.clone(),
                    fingerprint: *fingerprint,
                    secret: secret.duplicate(),
                    companions: companions.clone(),
                })
                .is_ok();
        if is_done {
            seen.insert(*fingerprint);
        }
    }
}

fn is_askable(library: &Library, dossier: &DossierId, secret: &Secret) -> bool {
    library.get(dossier.as_str()).is_some_and(|dossier| fits(dossier, secret).is_ok())
}

/// Asks about all findings, those handed in early included, rates them anew
/// and takes out what is not to be kept. `stealing` as for [`rate_finding`].
/// Returns what was taken out.
pub fn inquire(
    findings: &mut Vec<Finding>,
    desk: Desk,
    library: &Library,
    stealing: bool,
    now: i64,
    keep: Keep,
) -> Vec<Finding> {
    let askable: BTreeSet<Fingerprint> = findings
        .iter()
        .filter(|finding| is_askable(library, &finding.dossier, &finding.secret))
        .map(|finding| finding.fingerprint)
        .collect();
    let asked = findings.iter().filter(|finding| askable.contains(&finding.fingerprint));
    let mut learnt = desk.close(asked.map(|finding| Question {
        dossier: finding.dossier.clone(),
        fingerprint: finding.fingerprint,
        secret: finding.secret.duplicate(),
        companions: finding.companions.clone(),
    }));
    for finding in findings.iter_mut() {
        let is_askable = askable.contains(&finding.fingerprint);
        match learnt.remove(&finding.fingerprint).filter(|_| is_askable) {
            Some(Learnt { dossier, verification, assessment }) => {
                finding.dossier = dossier;
                finding.verification = verification;
                finding.assessment = assessment;
            }
            None => {
                let why = "not asked: it does not have the form of such a value".to_owned();
                finding.verification = Verification { why, ..Verification::default() };
            }
        }
        rate_finding(finding, library, stealing, now);
    }
    worst_first(findings);
    match keep {
        Keep::All => Vec::new(),
        Keep::Live => {
            findings.extract_if(.., |finding| !finding.verification.validity.is_live()).collect()
        }
    }
}

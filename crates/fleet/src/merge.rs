//! Findings of the parts of a repository, put together as if it had been scanned as one:
//! a secret is one finding, of the kind and confidence of its most convincing place.

use std::collections::BTreeMap;

use leeward_model::{Finding, Fingerprint, Level, Location, Provenance};

/// Puts them together, and leaves out what is below a level.
pub(crate) fn merge(parts: impl IntoIterator<Item = Finding>, least: Level) -> Vec<Finding> {
    let mut all: BTreeMap<Fingerprint, Finding> = BTreeMap::new();
    for finding in parts {
        let Some(known) = all.get_mut(&finding.fingerprint) else {
            all.insert(finding.fingerprint, finding);
            continue;
        };
        let is_better = finding.confidence > known.confidence
            // Of two that are as likely, the order in which parts come must not choose.
            || finding.confidence == known.confidence && finding.dossier < known.dossier;
        let mut finding = finding;
        let mut locations = std::mem::take(&mut known.locations);
        locations.append(&mut finding.locations);
        if is_better {
            *known = finding;
        }
        known.locations = locations;
    }
    let mut findings: Vec<Finding> = all.into_values().collect();
    findings.retain(|finding| finding.confidence.level() >= least);
    for finding in &mut findings {
        finding.locations.sort_by_cached_key(order);
    }
    findings
}

/// History oldest first, and the rest so that it is the same each time.
fn order(location: &Location) -> (i64, Vec<u8>, u64) {
    match &*location.provenance {
        Provenance::Git(place) => {
            let introduced = place.history.as_ref().and_then(|it| it.introduced.as_ref());
            let at = introduced.map_or(i64::MAX, |commit| commit.committed_at);
            (at, place.object.as_bytes().to_vec(), location.span.start)
        }
        _ => (i64::MAX, Vec::new(), location.span.start),
    }
}

//! One finding per secret, with every place it lies in.

use std::collections::HashMap;

use leeward_dossier::Library;
use leeward_model::{
    Circumstances, Finding, Fingerprint, Match, Rating, Severity, Verification, rate,
};

/// Groups matches by secret. A finding takes its type, evidence and confidence
/// from its most convincing match; its severity is the dossier's base until
/// more is known. Order: severity, then confidence, worst first.
pub fn group(matches: Vec<Match>, library: &Library) -> Vec<Finding> {
    let mut by_secret: HashMap<Fingerprint, Finding> = HashMap::new();
    for found in matches {
        let confidence = found.confidence();
        let Match { dossier, fingerprint, secret, companions, location, mut signals } = found;
        signals.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        match by_secret.entry(fingerprint) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                let severity = base_severity(library, dossier.as_str());
                entry.insert(Finding {
                    dossier,
                    fingerprint,
                    secret,
                    companions,
                    confidence,
                    signals,
                    severity,
                    locations: vec![location],
                    verification: Verification::default(),
                    assessment: None,
                });
            }
            std::collections::hash_map::Entry::Occupied(entry) => {
                let finding = entry.into_mut();
                finding.locations.push(location);
                let is_better = confidence > finding.confidence
                    // Of two kinds that are as likely, the order of places must
                    // not choose.
                    || confidence == finding.confidence
                        && dossier != finding.dossier
                        && precedes(library, dossier.as_str(), finding.dossier.as_str());
                if is_better {
                    finding.severity = base_severity(library, dossier.as_str());
                    finding.dossier = dossier;
                    finding.confidence = confidence;
                    finding.signals = signals;
                    finding.companions = companions;
                }
            }
        }
    }
    let mut findings: Vec<Finding> = by_secret.into_values().collect();
    worst_first(&mut findings);
    findings
}

/// Whether one kind is taken before another that is as likely: the one that a
/// value alone is taken for, then by id.
fn precedes(library: &Library, one: &str, other: &str) -> bool {
    let is_bare = |id: &str| library.get(id).is_some_and(|dossier| dossier.detect.bare);
    (is_bare(one), other) > (is_bare(other), one)
}

/// Puts findings in order: severity, then confidence, worst first; the rest
/// only makes the order the same on every run.
pub fn worst_first(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        b.severity
            .level
            .cmp(&a.severity.level)
            .then(b.confidence.score().total_cmp(&a.confidence.score()))
            .then(a.fingerprint.cmp(&b.fingerprint))
    });
}

fn base_severity(library: &Library, dossier: &str) -> Rating {
    match library.get(dossier) {
        Some(dossier) => {
            rate(dossier.severity.base.into(), &dossier.severity.why, &Circumstances::default())
        }
        None => Rating { level: Severity::High, why: Vec::new() },
    }
}

//! What a scan found, told to an agent: what and where, never a value or a part
//! of one, and no line of what was scanned, which could be meant for the model.

use std::collections::BTreeMap;

use leeward_dossier::Library;
use leeward_model::{Finding, Level, Provenance};
use leeward_pipeline::Outcome;
use serde_json::{Value, json};

use super::{Roots, tools::Known};

/// More findings than this are counted, not listed.
const FINDINGS: usize = 200;

/// More places of one finding likewise.
const PLACES: usize = 20;

/// The findings of a scan, the worst first.
pub(super) fn outcome(outcome: &Outcome, library: &Library, roots: &Roots) -> Value {
    let findings: Vec<Value> = outcome
        .findings
        .iter()
        .take(FINDINGS)
        .map(|finding| self::finding(finding, library, roots))
        .collect();
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for gap in &outcome.coverage.not_scanned {
        *reasons.entry(gap.reason.name()).or_default() += 1;
    }
    json!({
        "findings": findings,
        "total": outcome.findings.len(),
        "complete": outcome.coverage.is_complete(),
        "files_scanned": outcome.coverage.files_scanned,
        "not_scanned": reasons,
    })
}

fn finding(finding: &Finding, library: &Library, roots: &Roots) -> Value {
    let places: Vec<Value> = finding
        .locations
        .iter()
        .take(PLACES)
        .map(|location| {
            let (path, object) = match &*location.provenance {
                Provenance::File(file) => (roots.shown(&file.path), None),
                Provenance::Git(git) => {
                    let paths = git.history.as_ref().map(|history| history.paths.as_slice());
                    let path = paths.and_then(|paths| paths.first());
                    let path = path.map(|path| roots.shown(path)).unwrap_or_default();
                    (path, Some(git.object.to_string()))
                }
                Provenance::Stdin => ("text".to_owned(), None),
                Provenance::Remote(place) => (roots.shown(&place.name()), None),
            };
            let mut place = json!({
                "path": path,
                "line": location.start.line,
                "column": location.start.column,
            });
            if let Some(object) = object {
                place["git_object"] = object.into();
            }
            place
        })
        .collect();
    json!({
        "fingerprint": finding.fingerprint.to_string(),
        "dossier": finding.dossier.as_str(),
        "name": name(finding.dossier.as_str(), library),
        "confidence": level(finding.confidence.level()),
        "severity": finding.severity.level.name(),
        "locations": places,
        "total_locations": finding.locations.len(),
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
    }
}

/// What is kept of a finding for later questions.
pub(super) fn known(finding: &Finding) -> Known {
    Known { dossier: finding.dossier.clone(), places: finding.locations.len() }
}

/// What a dossier is called.
pub(super) fn name<'l>(id: &str, library: &'l Library) -> &'l str {
    library.get(id).map_or("credential", |dossier| dossier.name.as_str())
}

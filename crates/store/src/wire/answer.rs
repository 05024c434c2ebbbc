//! The shape of what a provider answered, and of the requests behind it.

use leeward_model::{Evidence, Validity, Verification};
use serde::{Deserialize, Serialize};

use super::{names, read, write};
use crate::trouble::Trouble;

#[derive(Serialize, Deserialize)]
struct WireVerification {
    validity: String,
    why: String,
    checked_at: Option<i64>,
    evidence: Vec<WireEvidence>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WireEvidence {
    probe: String,
    method: String,
    host: String,
    path: String,
    status: Option<u16>,
    meaning: String,
    at: i64,
    attempts: u32,
    millis: u64,
    correlation: Option<String>,
}

names!(validity_name, validity_named, Validity,
    Validity::Active => "active",
    Validity::Restricted => "restricted",
    Validity::Inactive => "inactive",
    Validity::Unknown => "unknown",
    Validity::Unchecked => "unchecked",
);

/// A validity by its name, as the list and facts have it.
pub(crate) fn read_validity(name: &str) -> Result<Validity, Trouble> {
    validity_named(name)
}

pub(crate) fn write_verification(verification: &Verification) -> Result<String, Trouble> {
    write(WireVerification {
        validity: validity_name(verification.validity).to_owned(),
        why: verification.why.clone(),
        checked_at: verification.checked_at,
        evidence: verification.evidence.iter().map(evidence).collect(),
    })
}

pub(crate) fn read_verification(text: &str) -> Result<Verification, Trouble> {
    let wire: WireVerification = read(text)?;
    Ok(Verification {
        validity: validity_named(&wire.validity)?,
        why: wire.why,
        checked_at: wire.checked_at,
        evidence: wire.evidence.into_iter().map(read_evidence).collect(),
    })
}

pub(super) fn evidence(evidence: &Evidence) -> WireEvidence {
    WireEvidence {
        probe: evidence.probe.clone(),
        method: evidence.method.clone(),
        host: evidence.host.clone(),
        path: evidence.path.clone(),
        status: evidence.status,
        meaning: evidence.meaning.clone(),
        at: evidence.at,
        attempts: evidence.attempts,
        millis: evidence.millis,
        correlation: evidence.correlation.clone(),
    }
}

pub(super) fn read_evidence(wire: WireEvidence) -> Evidence {
    Evidence {
        probe: wire.probe,
        method: wire.method,
        host: wire.host,
        path: wire.path,
        status: wire.status,
        meaning: wire.meaning,
        at: wire.at,
        attempts: wire.attempts,
        millis: wire.millis,
        correlation: wire.correlation,
    }
}

//! What the detector says: a match is one sighting, a finding is one secret
//! with all its sightings.

use std::{fmt, sync::Arc};

use crate::{Assessment, Confidence, Fingerprint, Location, Rating, Secret, Signal, Verification};

/// The id of a dossier, `<provider>-<kind>`, such as `mistral-api-key`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DossierId(Arc<str>);

impl DossierId {
    /// From its text.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DossierId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Another part of a credential that comes in several, such as the public id
/// beside a secret access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// The part's name in the dossier.
    pub role: String,
    /// The part's value; only parts that a dossier calls public are kept.
    pub value: String,
}

/// One sighting of a secret.
#[derive(Debug)]
pub struct Match {
    /// What it is taken for.
    pub dossier: DossierId,
    /// Identity of the secret.
    pub fingerprint: Fingerprint,
    /// The value.
    pub secret: Secret,
    /// The credential's other parts, if it has any.
    pub companions: Vec<Companion>,
    /// Where it lies.
    pub location: Location,
    /// All evidence weighed.
    pub signals: Vec<Signal>,
}

impl Match {
    /// The evidence summed up.
    pub fn confidence(&self) -> Confidence {
        Confidence::of(&self.signals)
    }
}

/// One secret and everywhere it lies.
#[derive(Debug)]
pub struct Finding {
    /// What it is taken for.
    pub dossier: DossierId,
    /// Identity of the secret.
    pub fingerprint: Fingerprint,
    /// The value.
    pub secret: Secret,
    /// The credential's other parts, if it has any.
    pub companions: Vec<Companion>,
    /// The best sighting's confidence.
    pub confidence: Confidence,
    /// The best sighting's evidence, strongest first.
    pub signals: Vec<Signal>,
    /// How bad, and why.
    pub severity: Rating,
    /// Every sighting: work tree first, then Git history oldest first.
    pub locations: Vec<Location>,
    /// Whether it is live, if somebody asked.
    pub verification: Verification,
    /// What it reaches, if somebody asked.
    pub assessment: Option<Assessment>,
}

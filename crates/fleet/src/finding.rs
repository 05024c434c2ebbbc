//! A finding as it travels: what it is taken for, where it lies and why, masked as what
//! is kept; and its value, sealed to the server's key.

use leeward_dossier::Library;
use leeward_model::{Confidence, DossierId, Finding, Fingerprint, Verification};
use leeward_store::shape;
use serde::{Deserialize, Serialize};

use crate::seal::{Key, SealTo};

/// A finding on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireFinding {
    dossier: String,
    fingerprint: String,
    /// The first characters and the last, for whoever looks into the queue.
    hint: String,
    /// In a sealed box.
    value: String,
    companions: String,
    signals: String,
    rating: String,
    locations: Vec<String>,
}

impl WireFinding {
    /// Of a finding whose texts are masked already; `None` if it cannot be written.
    pub(crate) fn of(finding: &Finding, to: &SealTo) -> Option<Self> {
        let places = finding.locations.iter();
        Some(Self {
            dossier: finding.dossier.to_string(),
            fingerprint: finding.fingerprint.to_string(),
            hint: finding.secret.hint().to_string(),
            value: to.seal(&finding.secret)?,
            companions: shape::write_companions(&finding.companions).ok()?,
            signals: shape::write_signals(&finding.signals).ok()?,
            rating: shape::write_rating(&finding.severity).ok()?,
            locations: places.map(|it| shape::write_location(it).ok()).collect::<Option<_>>()?,
        })
    }

    /// The finding, if it is what it says it is; else why not.
    pub(crate) fn open(&self, key: &Key, library: &Library) -> Result<Finding, &'static str> {
        let fingerprint: Fingerprint =
            self.fingerprint.parse().map_err(|_| "a fingerprint is none")?;
        let dossier = library.get(&self.dossier).ok_or("a finding is of an unknown kind")?;
        let secret = key.open(&self.value).ok_or("a value is not sealed to this server's key")?;
        // A worker lives with hostile clones: what it says is looked at.
        if Fingerprint::new(&dossier.family, &secret) != fingerprint {
            return Err("a value is not the one that its fingerprint says");
        }
        let wrong = |_| "a finding cannot be read";
        let signals = shape::read_signals(&self.signals).map_err(wrong)?;
        let places = self.locations.iter();
        Ok(Finding {
            dossier: DossierId::new(self.dossier.as_str()),
            fingerprint,
            secret,
            companions: shape::read_companions(&self.companions).map_err(wrong)?,
            confidence: Confidence::of(&signals),
            signals,
            severity: shape::read_rating(&self.rating).map_err(wrong)?,
            locations: places
                .map(|it| shape::read_location(it))
                .collect::<Result<_, _>>()
                .map_err(wrong)?,
            verification: Verification::default(),
            assessment: None,
        })
    }
}

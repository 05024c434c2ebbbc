//! What was masked, counted. Holds no value: a report is made of it.

use std::collections::BTreeMap;

use leeward_model::{DossierId, Fingerprint};

/// How often each secret was masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masks(BTreeMap<(DossierId, Fingerprint), u64>);

impl Masks {
    pub(super) fn add(&mut self, dossier: &DossierId, fingerprint: Fingerprint) {
        *self.0.entry((dossier.clone(), fingerprint)).or_default() += 1;
    }

    /// Each secret, what it is taken for, and in how many places it was masked.
    pub fn iter(&self) -> impl Iterator<Item = (&DossierId, Fingerprint, u64)> {
        self.0.iter().map(|((dossier, fingerprint), places)| (dossier, *fingerprint, *places))
    }

    /// Different secrets.
    pub fn secrets(&self) -> usize {
        self.0.len()
    }

    /// Places.
    pub fn places(&self) -> u64 {
        self.0.values().sum()
    }

    /// Whether nothing was masked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What became of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Bytes that came in.
    pub read: u64,
    /// Bytes that went out.
    pub written: u64,
    /// What was masked.
    pub masks: Masks,
}

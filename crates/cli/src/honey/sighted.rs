//! Honey keys among the findings of a scan that is recorded: where they were
//! put they mean nothing, and anywhere else they are the worst there is.

use std::collections::BTreeSet;

use leeward_model::{Finding, Fingerprint};
use leeward_pipeline::Outcome;
use leeward_store::{Honey, Store};
use leeward_watch::bait::{is_home, rating};

use crate::{failure::Failure, terminal};

/// Honey keys that a scan knows.
pub(crate) struct Watched {
    honeys: Vec<Honey>,
    prints: BTreeSet<Fingerprint>,
}

impl Watched {
    /// Those that the store knows.
    pub(crate) fn of(store: &mut Store) -> Result<Self, Failure> {
        let honeys = store.honey()?;
        let prints = honeys.iter().map(|honey| honey.fingerprint).collect();
        Ok(Self { honeys, prints })
    }

    /// Their fingerprints; retired ones are among them, which are nobody's key
    /// either.
    pub(crate) fn prints(&self) -> &BTreeSet<Fingerprint> {
        &self.prints
    }

    /// Takes them out of what was found, so that nobody is asked about them.
    /// Returns those that were met where they were not put.
    pub(crate) fn take(&self, outcome: &mut Outcome) -> Vec<Finding> {
        let is_one = |finding: &mut Finding| self.prints.contains(&finding.fingerprint);
        let met: Vec<Finding> = outcome
            .findings
            .extract_if(.., is_one)
            .chain(outcome.known.extract_if(.., is_one))
            .collect();
        let (mut sighted, mut quiet) = (Vec::new(), 0);
        for mut finding in met {
            let honey = self.honeys.iter().find(|it| it.fingerprint == finding.fingerprint);
            let Some(honey) = honey else { continue };
            finding.locations.retain(|location| !is_home(location, honey));
            if honey.retired_at.is_some() || finding.locations.is_empty() {
                quiet += 1;
                outcome.hidden.push(finding.secret);
                continue;
            }
            finding.severity = rating(honey);
            terminal::notice(&format!(
                "honey key {} ({}) was sighted where it was not put",
                honey.id, honey.hint
            ));
            sighted.push(finding);
        }
        if quiet > 0 {
            let keys = if quiet == 1 { "honey key is" } else { "honey keys are" };
            terminal::notice(&format!(
                "note: {quiet} {keys} not among the findings: met where they were put, or retired"
            ));
        }
        sighted
    }
}

//! How many findings there are, by severity and by validity: counted at once
//! for a document, one by one for a stream. Part of version 1 of the JSON
//! formats; see [`super::shape`].

use leeward_model::Finding;
use serde::Serialize;

use crate::{
    Report,
    view::{by_severity, by_validity},
};

#[derive(Serialize)]
pub(crate) struct Summary {
    findings: usize,
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    below_threshold: usize,
    not_live: usize,
    not_live_open: usize,
    stealers: usize,
    validity: Validities,
}

#[derive(Serialize)]
struct Validities {
    active: usize,
    restricted: usize,
    inactive: usize,
    unknown: usize,
    unchecked: usize,
}

/// Findings counted, worst first: by severity, and by validity.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts([usize; 4], [usize; 5]);

impl Counts {
    pub(crate) fn add<'a>(&mut self, findings: impl IntoIterator<Item = &'a Finding>) {
        for finding in findings {
            for (total, (_, more)) in self.0.iter_mut().zip(by_severity([finding])) {
                *total += more;
            }
            for (total, (_, more)) in self.1.iter_mut().zip(by_validity([finding])) {
                *total += more;
            }
        }
    }
}

impl Summary {
    pub(crate) fn of(report: &Report<'_>) -> Self {
        let mut counts = Counts::default();
        counts.add(report.findings);
        Self::new(counts, report)
    }

    pub(crate) fn new(counts: Counts, report: &Report<'_>) -> Self {
        let Counts([critical, high, medium, low], validity) = counts;
        let [active, restricted, inactive, unknown, unchecked] = validity;
        Self {
            findings: critical + high + medium + low,
            critical,
            high,
            medium,
            low,
            below_threshold: report.below_threshold,
            not_live: report.not_live.total,
            not_live_open: report.not_live.open,
            stealers: report.stealers.len(),
            validity: Validities { active, restricted, inactive, unknown, unchecked },
        }
    }
}

//! One JSON document for a whole report, for programs that read it at once.
//!
//! The shapes are in [`shape`] and described in `docs/formats.md`; adding a
//! field is free, changing one needs a new schema number.

pub(crate) mod inert;
pub(crate) mod proof;
pub(crate) mod shape;
pub(crate) mod summary;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use crate::{Report, view::View};

/// The version of the document's shape.
const SCHEMA: &str = "leeward.report/1";

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let view = View::of(report);
    let dossiers: BTreeMap<_, _> = view
        .findings
        .iter()
        .map(|finding| (finding.finding.dossier.as_str(), shape::Guidance::of(&finding.guidance)))
        .collect();
    let document = shape::Document {
        schema: SCHEMA,
        scan: shape::Scan::of(&view),
        summary: summary::Summary::of(report),
        findings: view.findings.iter().map(shape::Finding::of).collect(),
        stealers: view.stealers.iter().map(shape::Stealer::of).collect(),
        dossiers,
        coverage: shape::Coverage::of(&view),
        suppressed: shape::Suppressed::of(report.suppressed),
    };
    inert::write_pretty(&document, out)
}

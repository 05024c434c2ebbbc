//! One JSON object per line, written as findings come: for pipes and long
//! scans. Each line says what it is, so that files may be cut and joined.

use std::io::{self, Write};

use leeward_model::Finding;
use serde::Serialize;

use crate::{
    Report,
    json::{inert::write_line, shape, summary},
    view::{FindingView, View},
};

/// The version of the lines' shape.
const SCHEMA: &str = "leeward.lines/1";

#[derive(Serialize)]
struct FindingLine<'a> {
    schema: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    finding: shape::Finding<'a>,
    guidance: shape::Guidance<'a>,
}

#[derive(Serialize)]
struct StealerLine<'a> {
    schema: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    stealer: shape::Stealer<'a>,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    schema: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    scan: shape::Scan<'a>,
    summary: summary::Summary,
    coverage: shape::Coverage<'a>,
    suppressed: shape::Suppressed,
}

/// Writes findings as they come and a summary at the end.
///
/// A stream without a summary line was cut off: whoever reads it must not take
/// it for a whole scan.
#[derive(Debug)]
pub struct Lines<W> {
    out: W,
    /// Findings written.
    counts: summary::Counts,
}

impl<W: Write> Lines<W> {
    /// Starts a stream.
    pub fn new(out: W) -> Self {
        Self { out, counts: summary::Counts::default() }
    }

    /// Writes one finding. Of `report` only `now`, `guidance` and `reveal`
    /// matter here.
    ///
    /// # Errors
    /// What the writer says.
    pub fn finding(&mut self, finding: &Finding, report: &Report<'_>) -> io::Result<()> {
        self.line(&FindingView::alone(finding, report))?;
        self.out.flush()
    }

    /// Writes packages that stole credentials and the summary, and gives the
    /// writer back. Its counts are of the
    /// lines written, whatever `report.findings` holds; those are only read to
    /// mask their values in the names of what was not scanned.
    ///
    /// # Errors
    /// What the writer says.
    pub fn finish(mut self, report: &Report<'_>) -> io::Result<W> {
        let view = View::of_rest(report);
        for stealer in view.stealers.iter().map(shape::Stealer::of) {
            write_line(&StealerLine { schema: SCHEMA, kind: "stealer", stealer }, &mut self.out)?;
        }
        let line = SummaryLine {
            schema: SCHEMA,
            kind: "summary",
            scan: shape::Scan::of(&view),
            summary: summary::Summary::new(self.counts, report),
            coverage: shape::Coverage::of(&view),
            suppressed: shape::Suppressed::of(report.suppressed),
        };
        write_line(&line, &mut self.out)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn line(&mut self, view: &FindingView<'_>) -> io::Result<()> {
        self.counts.add([view.finding]);
        let line = FindingLine {
            schema: SCHEMA,
            kind: "finding",
            finding: shape::Finding::of(view),
            guidance: shape::Guidance::of(&view.guidance),
        };
        write_line(&line, &mut self.out)
    }
}

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new(out);
    for finding in &View::of(report).findings {
        lines.line(finding)?;
    }
    lines.finish(report).map(drop)
}

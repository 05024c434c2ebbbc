//! What a caller hands over: the findings of one scan and all that the formats
//! may say about them. Facts only; how they look is the formats' task.

use std::{fmt, time::Duration};

use leeward_model::{Coverage, DossierId, Finding, Secret, Stealer};

/// One scan's outcome.
pub struct Report<'a> {
    /// Version of the program that scanned.
    pub tool_version: &'a str,
    /// When the scan began: seconds since 1970-01-01 UTC.
    pub started_at: i64,
    /// The moment that ages are counted from, in the same seconds.
    pub now: i64,
    /// How long the scan took, if it may be told.
    pub elapsed: Option<Duration>,
    /// What was scanned, in the user's words; foreign text.
    pub targets: &'a [String],
    /// What was found, in any order.
    pub findings: &'a [Finding],
    /// Packages that stole credentials, where the scan met them.
    pub stealers: &'a [Stealer],
    /// What was looked at and what was not.
    pub coverage: &'a Coverage,
    /// What was found and is not among the findings because somebody said so.
    pub suppressed: Suppressed,
    /// How many more findings there are below the threshold.
    pub below_threshold: usize,
    /// How many findings are left out because only what is live was wanted, and
    /// for how many of them no answer came.
    pub not_live: NotLive,
    /// Values of what is not among the findings, on request or for want of
    /// confidence: they must not turn up anywhere else in the report either.
    pub hidden: &'a [&'a Secret],
    /// What the dossier of a finding says to do.
    pub guidance: &'a dyn Fn(&DossierId) -> Guidance,
    /// Whether values are shown in full.
    pub reveal: bool,
    /// Whether something was scanned; if not, values were handed in, and there
    /// is no account of what was looked at.
    pub scanned: bool,
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("targets", &self.targets)
            .field("findings", &self.findings.len())
            .finish_non_exhaustive()
    }
}

/// What a dossier says to the person who reads a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guidance {
    /// What the credential is called, such as `Mistral AI API key`.
    pub title: String,
    /// Whose it is, such as `Mistral AI`.
    pub provider: String,
    /// What it opens, in a sentence or two.
    pub summary: String,
    /// The first thing to do, in a line.
    pub next_step: String,
    /// Where to do it.
    pub next_url: Option<String>,
    /// Where to read more.
    pub help_url: Option<String>,
    /// Every step of closing the exposure, in order.
    pub remediation: Vec<Remediation>,
}

/// One step of closing an exposure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remediation {
    /// Its stable name, such as `revoke`.
    pub step: String,
    /// What to do, in a line.
    pub title: String,
    /// How, and what is true for this provider.
    pub text: String,
    /// Where a person does it.
    pub url: Option<String>,
}

/// Findings left out of a report of what is live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotLive {
    /// All of them.
    pub total: usize,
    /// Those about which nothing is known: they may be live.
    pub open: usize,
}

/// How many findings are not shown because somebody decided so, by how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// Known from a baseline.
    pub baseline: usize,
    /// Marked in the scanned text itself.
    pub inline: usize,
    /// Listed in an ignore file.
    pub ignore_file: usize,
    /// Entries of the ignore file that have expired: what they listed is
    /// among the findings again.
    pub expired: usize,
}

impl Suppressed {
    /// How many findings are missing from the report. Expired entries hide
    /// nothing and are not counted.
    pub fn total(self) -> usize {
        self.baseline + self.inline + self.ignore_file
    }
}

/// How text for people may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Use terminal colours.
    pub color: bool,
    /// Columns to fit into; text that must stay whole, such as a path, may be
    /// longer.
    pub width: usize,
    /// Use line-drawing characters.
    pub unicode: bool,
}

impl Style {
    /// For pipes, files and logs: no colour, no line drawing, 100 columns.
    pub const PLAIN: Self = Self { color: false, width: 100, unicode: false };
}

//! Findings to bytes: every format a person or a program reads.
//!
//! Pure: a report goes in, bytes go into a writer. Nothing here opens a file,
//! asks the clock or the terminal, or knows what happens to the bytes; "now",
//! colour and width are parameters. The shapes of the machine formats are
//! described in `docs/formats.md` and carry a version.
//!
//! Everything in a report that comes from what was scanned is foreign text:
//! each format makes it inert in its own way, and a value is masked wherever
//! it turns up, in a file name or a branch name as much as in an excerpt.

mod report;

mod account;
mod exposure;
mod foreign;
mod keeping;
mod masked;
mod reach;
mod reason;
mod snippet;
mod stealer;
mod value;
mod view;
mod words;

mod csv;
mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod sarif;

mod incident;

use std::io::{self, Write};

pub use incident::{
    EventPart, IncidentFormat, IncidentView, IncidentsView, ListFormat, PICTURES, PackFile, Parts,
    PlacePart, StepPart, pack, write_incident, write_list,
};
pub use jsonl::Lines;
pub use keeping::{mask_for_keeping, mask_text};
pub use report::{Guidance, NotLive, Remediation, Report, Style, Suppressed};

/// The formats a whole report can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a person on a terminal or in a log.
    Human,
    /// One JSON document.
    Json,
    /// One JSON object per line; see [`Lines`] for writing them as they come.
    Jsonl,
    /// SARIF 2.1.0, for code scanning services and editors.
    Sarif,
    /// One row per location, for spreadsheets.
    Csv,
    /// For a pull request, an issue or a ticket.
    Markdown,
    /// One self-contained page, for a browser.
    Html,
    /// JUnit XML, for build services that show tests.
    Junit,
    /// The secret detection report of GitLab.
    Gitlab,
    /// Annotations, as commands that GitHub Actions reads from a log.
    Github,
}

impl Format {
    /// All of them, in the order they are documented.
    pub const ALL: [Self; 10] = [
        Self::Human,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Csv,
        Self::Markdown,
        Self::Html,
        Self::Junit,
        Self::Gitlab,
        Self::Github,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Gitlab => "gitlab",
            Self::Github => "github",
        }
    }
}

/// Writes `report` to `out`. Only [`Format::Human`] looks at `style`.
///
/// # Errors
/// What the writer says, nothing else.
pub fn write(
    format: Format,
    report: &Report<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Jsonl => jsonl::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Csv => csv::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Github => github::write(report, out),
    }
}

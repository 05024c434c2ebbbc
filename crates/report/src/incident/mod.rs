//! Incidents to bytes: what a person or a program sees of exposures that are
//! being closed. A list of them, one of them in full, and a pack of evidence
//! that somebody else can check.
//!
//! Pure, like the reports beside it: what is remembered of an incident goes in,
//! bytes go out. An incident holds no value, but people write notes, and what a
//! provider said is foreign; so texts are masked here as everywhere, and each
//! format makes them inert in its own way.

mod input;
mod line;
mod parts;
mod shown;
mod tell;

mod csv;
mod html;
mod human;
mod json;
mod markdown;
mod pack;

use std::io::{self, Write};

pub use input::{IncidentView, IncidentsView};
pub use pack::{PackFile, pack};
pub use parts::{EventPart, PICTURES, Parts, PlacePart, StepPart};

use crate::Style;

/// The formats a list of incidents can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFormat {
    /// A table for a person.
    Human,
    /// One JSON document, `leeward.incidents/1`.
    Json,
    /// One row per incident, for spreadsheets.
    Csv,
}

impl ListFormat {
    /// All of them, in the order they are documented.
    pub const ALL: [Self; 3] = [Self::Human, Self::Json, Self::Csv];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

/// The formats one incident can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentFormat {
    /// For a person on a terminal.
    Human,
    /// One JSON document, `leeward.incident/1`.
    Json,
    /// For a ticket.
    Markdown,
    /// One self-contained page, for a browser.
    Html,
}

impl IncidentFormat {
    /// All of them, in the order they are documented.
    pub const ALL: [Self; 4] = [Self::Human, Self::Json, Self::Markdown, Self::Html];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

/// Writes a list of incidents to `out`. Only [`ListFormat::Human`] looks at
/// `style`.
///
/// # Errors
/// What the writer says, nothing else.
pub fn write_list(
    format: ListFormat,
    view: &IncidentsView<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ListFormat::Human => human::list(view, style, out),
        ListFormat::Json => json::list(view, out),
        ListFormat::Csv => csv::list(view, out),
    }
}

/// Writes one incident to `out`. Only [`IncidentFormat::Human`] looks at
/// `style`.
///
/// # Errors
/// What the writer says, nothing else.
pub fn write_incident(
    format: IncidentFormat,
    view: &IncidentView<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        IncidentFormat::Human => human::show(view, style, out),
        IncidentFormat::Json => json::show(view, out),
        IncidentFormat::Markdown => markdown::show(view, out),
        IncidentFormat::Html => html::show(view, out),
    }
}

//! One row per incident, for spreadsheets and quick filters. Cells are made
//! harmless as in the report's CSV.

use std::io::{self, Write};

use csv::WriterBuilder;

use crate::{
    csv::{defused, io_error},
    foreign::inert,
    words::rfc3339,
};

use super::{
    IncidentsView,
    shown::{Row, rows},
    tell,
};

/// The version of the columns, in the last of them.
const SCHEMA: &str = "leeward.incidents.csv/1";

/// A column's name and what stands in it.
type Column = (&'static str, fn(&Row<'_>, i64) -> String);

/// New columns go before `schema`, so that old positions hold.
const COLUMNS: &[Column] = &[
    ("id", |row, _| row.incident.id.to_string()),
    ("severity", |row, _| row.incident.severity.name().to_owned()),
    ("state", |row, _| row.incident.state.name().to_owned()),
    ("validity", |row, _| row.incident.validity.name().to_owned()),
    ("hint", |row, _| inert(&row.hint)),
    ("dossier", |row, _| inert(row.incident.dossier.as_str())),
    ("title", |row, _| inert(&row.title)),
    ("fingerprint", |row, _| row.incident.fingerprint.to_string()),
    ("owner", |row, _| row.owner.as_deref().map(inert).unwrap_or_default()),
    ("due", |row, _| time(row.incident.due)),
    ("overdue", |row, now| tell::is_overdue(row.incident, now).to_string()),
    ("opened_at", |row, _| time(Some(row.incident.opened_at))),
    ("updated_at", |row, _| time(Some(row.incident.updated_at))),
    ("closed_at", |row, _| time(row.incident.closed_at)),
    ("place", |row, _| inert(row.first_place())),
    ("places", |row, _| row.incident.places.to_string()),
];

fn time(at: Option<i64>) -> String {
    at.and_then(rfc3339).unwrap_or_default()
}

pub(super) fn list(view: &IncidentsView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = WriterBuilder::new().from_writer(out);
    let names = COLUMNS.iter().map(|(name, _)| *name);
    table.write_record(names.chain(["schema"])).map_err(io_error)?;
    for row in rows(view) {
        let cells = COLUMNS.iter().map(|(_, cell)| defused(cell(&row, view.now)));
        table.write_record(cells.chain([SCHEMA.to_owned()])).map_err(io_error)?;
    }
    table.flush()
}

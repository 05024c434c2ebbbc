//! One row per place, for spreadsheets and quick filters.
//!
//! A spreadsheet runs a cell that starts like a formula, so such a cell gets
//! a `'` in front; so does one that starts with `'`, which makes taking the
//! first `'` off again exact.

use std::io::{self, Write};

use csv::WriterBuilder;
use leeward_model::Assessment;

use crate::{
    Report,
    exposure::Reach,
    foreign::inert,
    json::shape::source,
    reach, stealer,
    view::{FindingView, GitFacts, Place, StealerView, View},
    words::rfc3339,
};

/// The version of the columns, in the last of them.
const SCHEMA: &str = "leeward.csv/1";

/// A column's name and what stands in it.
type Column = (&'static str, fn(&Row<'_>) -> String);

struct Row<'a> {
    finding: &'a FindingView<'a>,
    place: Option<&'a Place<'a>>,
}

impl Row<'_> {
    fn at(&self, value: impl Fn(&Place<'_>) -> String) -> String {
        self.place.map(value).unwrap_or_default()
    }

    /// What the provider says of the owner, the workspace and the like.
    fn named(&self, what: &str) -> String {
        inert(reach::named(self.finding.assessment.as_ref(), what).unwrap_or_default())
    }

    /// What is known of its reach, if anybody asked.
    fn known(&self, value: impl Fn(&Assessment) -> String) -> String {
        self.finding.assessment.as_ref().map(|known| inert(&value(known))).unwrap_or_default()
    }

    fn git(&self, value: impl Fn(&GitFacts<'_>) -> String) -> String {
        self.place.and_then(|place| place.git.as_ref()).map(value).unwrap_or_default()
    }
}

/// New columns go before `schema`, so that old positions hold.
const COLUMNS: &[Column] = &[
    ("severity", |row| row.finding.finding.severity.level.name().to_owned()),
    ("confidence", |row| row.finding.finding.confidence.level().name().to_owned()),
    ("score", |row| format!("{:.4}", row.finding.finding.confidence.score())),
    ("dossier", |row| inert(row.finding.finding.dossier.as_str())),
    ("title", |row| inert(row.finding.title())),
    ("hint", |row| inert(&row.finding.hint)),
    ("fingerprint", |row| row.finding.finding.fingerprint.to_string()),
    ("path", |row| row.at(|place| inert(&place.path))),
    ("line", |row| row.at(|place| place.location.start.line.to_string())),
    ("column", |row| row.at(|place| place.location.start.column.to_string())),
    ("end_line", |row| row.at(|place| place.location.end.line.to_string())),
    ("end_column", |row| row.at(|place| place.location.end.column.to_string())),
    ("byte_start", |row| row.at(|place| place.location.span.start.to_string())),
    ("byte_end", |row| row.at(|place| place.location.span.end.to_string())),
    ("decoded", |row| {
        row.at(|place| {
            let layers: Vec<_> = place.location.decoded.iter().map(|layer| layer.name()).collect();
            layers.join(" ")
        })
    }),
    ("source", |row| row.at(|place| source(&place.location.provenance).0.to_owned())),
    ("reach", |row| row.at(|place| Reach::of(&place.location.provenance).name().to_owned())),
    ("repository", |row| row.git(|git| inert(&git.repository))),
    ("object", |row| row.git(|git| git.place.object.to_string())),
    ("commit", |row| row.git(|git| git.commit().map(|c| c.id.to_string()).unwrap_or_default())),
    ("author", |row| {
        row.git(|git| git.author.as_ref().map(|(name, _)| inert(name)).unwrap_or_default())
    }),
    ("author_email", |row| {
        row.git(|git| git.author.as_ref().map(|(_, email)| inert(email)).unwrap_or_default())
    }),
    ("committed_at", |row| {
        row.git(|git| git.commit().and_then(|c| rfc3339(c.committed_at)).unwrap_or_default())
    }),
    ("in_head", |row| row.git(|git| flag(git.place.history.as_deref().map(|h| h.in_head)))),
    ("reachable", |row| row.git(|git| flag(git.place.history.as_deref().map(|h| h.reachable)))),
    ("refs", |row| row.git(|git| inert(&git.refs.join(" ")))),
    ("exposure", |row| inert(&row.finding.exposure.lines.join("; "))),
    ("severity_why", |row| inert(&row.finding.severity_why)),
    ("confidence_why", |row| inert(&row.finding.evidence())),
    ("excerpt", |row| row.at(|place| inert(&place.excerpt.text))),
    ("next_step", |row| inert(&row.finding.guidance.next_step)),
    ("validity", |row| row.finding.verification.validity.name().to_owned()),
    ("validity_why", |row| inert(&row.finding.verification.why)),
    ("checked_at", |row| row.finding.verification.checked_at.and_then(rfc3339).unwrap_or_default()),
    ("owner", |row| row.named("owner")),
    ("workspace", |row| row.named("workspace")),
    ("organization", |row| row.named("organization")),
    ("blast_radius", |row| row.known(reach::at_a_glance)),
    ("actions", |row| {
        row.known(|known| {
            let all = known.actions.iter();
            let all = all.map(|action| format!("{} {}", action.id, action.standing.name()));
            all.collect::<Vec<_>>().join("; ")
        })
    }),
    ("not_known", |row| {
        row.known(|known| known.gaps.iter().map(reach::gap).collect::<Vec<_>>().join("; "))
    }),
    // Of a package that stole credentials; such a row has no secret.
    ("package", |_| String::new()),
    ("advisory", |_| String::new()),
];

fn flag(value: Option<bool>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = WriterBuilder::new().from_writer(out);
    let secret = report.reveal.then_some("secret");
    let names = COLUMNS.iter().map(|(name, _)| *name);
    table.write_record(names.chain(secret).chain(["schema"])).map_err(io_error)?;
    let view = View::of(report);
    for finding in &view.findings {
        let places: Vec<Option<&Place<'_>>> = if finding.places.is_empty() {
            vec![None]
        } else {
            finding.places.iter().map(Some).collect()
        };
        for place in places {
            let row = Row { finding, place };
            let cells = COLUMNS.iter().map(|(_, cell)| cell(&row));
            let cells = cells.chain(finding.secret.as_deref().map(inert)).map(defused);
            table.write_record(cells.chain([SCHEMA.to_owned()])).map_err(io_error)?;
        }
    }
    for stealer in &view.stealers {
        for place in &stealer.places {
            let cells = COLUMNS.iter().map(|(name, _)| of_stealer(name, stealer, place));
            let cells = cells.chain(secret.map(|_| String::new())).map(defused);
            table.write_record(cells.chain([SCHEMA.to_owned()])).map_err(io_error)?;
        }
    }
    table.flush()
}

/// A cell of a row that is of a package and no finding: columns of a secret
/// are empty.
fn of_stealer(column: &str, view: &StealerView<'_>, place: &Place<'_>) -> String {
    let (stealer, at) = (view.stealer, place.location);
    let git = place.git.as_ref();
    match column {
        "severity" => "critical".to_owned(),
        "title" => inert(stealer::ID),
        "path" => inert(&place.path),
        "line" => at.start.line.to_string(),
        "column" => at.start.column.to_string(),
        "end_line" => at.end.line.to_string(),
        "end_column" => at.end.column.to_string(),
        "byte_start" => at.span.start.to_string(),
        "byte_end" => at.span.end.to_string(),
        "source" => source(&at.provenance).0.to_owned(),
        "repository" => git.map(|git| inert(&git.repository)).unwrap_or_default(),
        "object" => git.map(|git| git.place.object.to_string()).unwrap_or_default(),
        "commit" => {
            git.and_then(GitFacts::commit).map(|commit| commit.id.to_string()).unwrap_or_default()
        }
        "severity_why" => inert(&format!("{}; {}", stealer.why, stealer::MEANS)),
        "next_step" => inert(stealer::TODO[0]),
        "package" => inert(&stealer.id()),
        "advisory" => inert(&stealer.advisory),
        _ => String::new(),
    }
}

/// A cell that no spreadsheet takes for a formula.
pub(crate) fn defused(cell: String) -> String {
    let first = cell.trim_start().chars().next();
    match first {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\'') => format!("'{cell}"),
        _ => cell,
    }
}

/// What the table writer reports is the writer's own error: rows all have the
/// same length.
pub(crate) fn io_error(error: csv::Error) -> io::Error {
    io::Error::from(error)
}

#[cfg(test)]
mod tests {
    use super::defused;

    #[test]
    fn formulas_are_defused() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1", "'x"] {
            assert_eq!(defused(formula.to_owned()), format!("'{formula}"));
        }
        assert_eq!(defused("a=1".to_owned()), "a=1");
        assert_eq!(defused(String::new()), "");
    }
}

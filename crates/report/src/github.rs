//! Annotations for GitHub Actions: commands in the log that it shows beside the
//! lines of a pull request and above the log, and after them the outcome in
//! words.
//!
//! GitHub shows ten annotations of each level for a step and drops the rest
//! without a word, so no more are written and the last says how many there
//! are. The whole account is for a file in another format.

use std::io::{self, Write};

use leeward_model::{Provenance, Severity};

use crate::{
    Report,
    account::{self, Clean},
    exposure::short,
    foreign::{inert, without_commands},
    reach,
    sarif::uri::inside,
    stealer,
    view::{FindingView, Place, StealerView, View},
    words::{capital, clip, count},
};

/// How many annotations of one level a step gets.
const SHOWN: usize = 10;

/// How many of those tell of packages, which are fewer than secrets.
const PACKAGES: usize = 3;

/// How loud an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low => Self::Notice,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }

    /// How many findings of this level are shown: one warning is kept for an
    /// incomplete scan, one notice for what is left out.
    fn room(self) -> usize {
        if self == Self::Error { SHOWN } else { SHOWN - 1 }
    }
}

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let view = View::of(report);
    let mut left_out = view.stealers.len().saturating_sub(PACKAGES);
    for package in view.stealers.iter().take(PACKAGES) {
        warn_of(package, out)?;
    }
    let packages = view.stealers.len().min(PACKAGES);
    for level in [Level::Error, Level::Warning, Level::Notice] {
        let of_level: Vec<&FindingView<'_>> = view
            .findings
            .iter()
            .filter(|finding| Level::of(finding.finding.severity.level) == level)
            .collect();
        let taken = if level == Level::Error { packages } else { 0 };
        let room = level.room() - taken;
        left_out += of_level.len().saturating_sub(room);
        for finding in of_level.into_iter().take(room) {
            annotate(level, finding, out)?;
        }
    }
    let failed = account::failed(&view);
    if !failed.is_empty() {
        let reasons: Vec<String> = failed
            .iter()
            .map(|group| {
                format!("{}: {}", account::one_reason(group, &inert), group.words.next_step)
            })
            .collect();
        let text = format!("{}. {}", account::incomplete(&failed), reasons.join(". "));
        command(Level::Warning, &[("title", "Leeward: incomplete".to_owned())], &text, out)?;
    }
    if left_out > 0 {
        let more = count(left_out, "more finding", "more findings");
        let text = format!(
            "{more} without an annotation, as GitHub shows {SHOWN} of each level; the report has all"
        );
        command(Level::Notice, &[("title", "Leeward".to_owned())], &text, out)?;
    }
    outcome(&view, out)
}

/// Plain lines for whoever reads the log.
fn outcome(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let first = if view.findings.is_empty() {
        let (Clean::Yes(text) | Clean::NotQuite(text)) = account::clean(view);
        text.to_owned()
    } else {
        let counts: Vec<String> = account::severities(view).map(|(_, text)| text).collect();
        format!("{} ({})", account::total(view), counts.join(", "))
    };
    let packages = stealer::total(view);
    let lines = [packages, Some(first), account::verified(view), account::looked_at(view, &inert)];
    let warnings = view.warnings.iter().map(inert);
    for line in lines.into_iter().flatten().chain(warnings).chain(account::kept_from_sight(view)) {
        writeln!(out, "leeward: {}", without_commands(line))?;
    }
    Ok(())
}

/// A package that stole credentials.
fn warn_of(view: &StealerView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut properties = Vec::new();
    let place = view.places.iter().find(|place| is_in_a_file(place));
    if let Some(place) = place {
        properties.push(("file", inert(&inside(&place.outer))));
        if place.inside.is_empty() {
            properties.push(("line", place.location.start.line.to_string()));
        }
    }
    let title = format!("critical: {} stole credentials", clip(&view.title()));
    properties.push(("title", inert(&title)));
    let text = format!(
        "{}. {}. Next step: {}. Advisory {}: {}",
        view.stealer.why.trim_end_matches('.'),
        capital(stealer::MEANS),
        stealer::TODO[0],
        view.stealer.advisory,
        view.stealer.link
    );
    command(Level::Error, &properties, &inert(&text), out)
}

fn annotate(level: Level, view: &FindingView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let severity = view.finding.severity.level.name();
    let mut properties = Vec::new();
    let place = view.places.iter().find(|place| is_in_a_file(place)).or(view.places.first());
    if let Some(place) = place.filter(|place| is_in_a_file(place)) {
        let (start, end) = (place.location.start, place.location.end);
        properties.push(("file", inert(&inside(&place.outer))));
        // Lines of a member are none of the container's.
        let is_open = place.inside.is_empty();
        if is_open {
            properties.push(("line", start.line.to_string()));
            properties.push(("endLine", end.line.max(start.line).to_string()));
        }
        // Columns are only read where line and last line are the same.
        if is_open && end.line <= start.line {
            properties.push(("col", start.column.to_string()));
            properties.push(("endColumn", end.column.max(start.column).to_string()));
        }
    }
    let title = format!("{severity}: {} {}", clip(view.title()), view.hint);
    properties.push(("title", inert(&title)));
    command(level, &properties, &message(view, place), out)
}

/// Whether a place has a line of a file that can be shown.
fn is_in_a_file(place: &Place<'_>) -> bool {
    match &*place.location.provenance {
        Provenance::Stdin | Provenance::Remote(_) => false,
        Provenance::File(_) => true,
        Provenance::Git(git) => {
            git.history.as_deref().is_some_and(|history| !history.paths.is_empty())
        }
    }
}

/// What the annotation says. A log shows it without the file, so it is named
/// again.
fn message(view: &FindingView<'_>, place: Option<&Place<'_>>) -> String {
    let mut sentences = Vec::new();
    if let Some(place) = place {
        let commit = place.git.as_ref().and_then(|git| git.commit());
        let commit = commit.map(|commit| format!(" in commit {}", short(&commit.id.to_string())));
        let others = match view.places.len() {
            0 | 1 => String::new(),
            n => format!(", and {}", count(n - 1, "other place", "other places")),
        };
        let position = inert(&place.position());
        sentences.push(format!("In {position}{}{others}", commit.unwrap_or_default()));
    }
    if let Some(secret) = &view.secret {
        sentences.push(format!("Secret: {secret}"));
    }
    sentences
        .extend(reach::validity(&view.verification).map(|text| format!("Live or not: {text}")));
    if let Some(known) = &view.assessment {
        for (what, text) in [
            ("Belongs to", reach::belongs_to(known)),
            ("Reaches", reach::at_a_glance(known)),
            ("Can", reach::can(known)),
            ("Not known", reach::not_known(known)),
        ] {
            sentences.extend((!text.is_empty()).then(|| format!("{what}: {text}")));
        }
    }
    sentences.extend(view.exposure.lines.first().map(|line| capital(line)));
    if !view.guidance.next_step.is_empty() {
        sentences.push(format!("Next step: {}", view.guidance.next_step));
    }
    sentences.push(format!("Fingerprint {}", view.finding.fingerprint));
    inert(&sentences.join(". "))
}

/// One command on one line; every text in it is inert already.
fn command(
    level: Level,
    properties: &[(&str, String)],
    message: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    writeln!(out, "::{} {}::{}", level.name(), properties.join(","), data(message))
}

/// A text after the command.
fn data(text: &str) -> String {
    without_commands(text.to_owned()).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which `:` and `,` would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100%: a,b\r\n"), "100%25: a,b%0D%0A");
        assert_eq!(property("a::b,line=1%"), "a%3A%3Ab%2Cline=1%25");
        assert_eq!(data("%0A::error::x"), "%250A::error::x");
        assert_eq!(data("##[error]x"), "#\\u{23}[error]x");
    }
}

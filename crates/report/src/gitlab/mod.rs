//! GitLab's report of secret detection, which its merge requests, its pages of
//! vulnerabilities and its policies read.
//!
//! One vulnerability per secret, at its first place; its other places are in
//! its details. GitLab shows descriptions as Markdown, so they are written as
//! such. It has no word for an incomplete scan: what could not be looked at is
//! in the messages of the scan.

mod shape;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use leeward_model::{Provenance, Severity};

use crate::{
    Guidance, Report, account,
    foreign::inert,
    json::inert::write_pretty,
    markdown::escape,
    reach,
    sarif::{
        text,
        uri::{inside, is_web},
    },
    stealer,
    view::{FindingView, Place, StealerView, View},
    words::{capital, rfc3339},
};

use shape::{
    Commit, Detail, Document, Identifier, Item, Link, Location, Message, Scan, Tool, Vendor,
    Vulnerability,
};

/// What GitLab's own scanner writes for a secret that no commit holds.
const NO_COMMIT: &str = "0000000";

/// Other places beyond this are not listed.
const PLACES: usize = 100;

/// Characters, as the schema counts: a description may have a million, and
/// escaping makes it longer.
const DESCRIPTION: usize = 100_000;
const SOLUTION: usize = 7_000;
const NAME: usize = 255;

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let view = View::of(report);
    let tool = Tool {
        id: "leeward",
        name: "Leeward",
        vendor: Vendor { name: "Leeward" },
        version: report.tool_version.to_owned(),
    };
    let took = report.elapsed.and_then(|time| i64::try_from(time.as_secs()).ok()).unwrap_or(0);
    let document = Document {
        version: shape::VERSION,
        schema: shape::SCHEMA,
        scan: Scan {
            analyzer: tool.clone(),
            scanner: tool,
            kind: "secret_detection",
            start_time: moment(report.started_at),
            end_time: moment(report.started_at.saturating_add(took)),
            status: "success",
            messages: messages(&view),
        },
        vulnerabilities: view
            .stealers
            .iter()
            .map(stolen)
            .chain(view.findings.iter().map(vulnerability))
            .collect(),
    };
    write_pretty(&document, out)
}

/// `2026-11-23T12:00:00`: in UTC, which the schema does not have written.
fn moment(seconds: i64) -> String {
    let text = rfc3339(seconds).unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned());
    text.trim_end_matches('Z').to_owned()
}

fn messages(view: &View<'_>) -> Vec<Message> {
    let failed = account::failed(view);
    let failed = failed.iter().map(|group| {
        let next = group.words.next_step;
        let value = format!("not scanned: {}: {next}", account::one_reason(group, &inert));
        Message { level: "warn", value }
    });
    let warnings =
        view.warnings.iter().map(|warning| Message { level: "warn", value: inert(warning) });
    let chosen = account::chosen(view);
    let chosen = chosen.iter().map(|group| {
        let value = format!("left out by choice: {}", account::one_reason(group, &inert));
        Message { level: "info", value }
    });
    let kept = account::kept_from_sight(view);
    let kept = kept.into_iter().map(|value| Message { level: "info", value });
    let all = failed.chain(warnings).chain(chosen).chain(kept);
    all.filter(|message| !message.value.is_empty()).collect()
}

fn vulnerability(view: &FindingView<'_>) -> Vulnerability {
    let finding = view.finding;
    let fingerprint = finding.fingerprint.to_string();
    let title = inert(view.title());
    let help = view.guidance.help_url.iter().filter(|url| is_web(url));
    Vulnerability {
        id: fingerprint.clone(),
        name: clipped(&format!("Exposed {title}"), NAME),
        description: escape::prose(&clipped(&text::finding(view), DESCRIPTION)),
        severity: match finding.severity.level {
            Severity::Critical => "Critical",
            Severity::High => "High",
            Severity::Medium => "Medium",
            Severity::Low => "Low",
        },
        solution: clipped(&solution(&view.guidance), SOLUTION),
        identifiers: vec![
            Identifier {
                kind: "leeward_dossier",
                name: format!("Leeward dossier {}", inert(finding.dossier.as_str())),
                value: inert(finding.dossier.as_str()),
                url: None,
            },
            Identifier {
                kind: "leeward_fingerprint",
                name: format!("Leeward fingerprint {fingerprint}"),
                value: fingerprint,
                url: None,
            },
            Identifier {
                kind: "cwe",
                name: "CWE-798".to_owned(),
                value: "798".to_owned(),
                url: Some("https://cwe.mitre.org/data/definitions/798.html"),
            },
        ],
        links: help.map(|url| Link { url: url.clone() }).collect(),
        location: view.places.first().map_or_else(nowhere, location),
        details: details(view),
    }
}

/// A package that stole credentials: no secret, and yet why secrets are known.
fn stolen(view: &StealerView<'_>) -> Vulnerability {
    let package = view.stealer;
    let id = inert(&format!("{} {}", package.id(), package.advisory));
    let why = format!("{}\n{}.", package.why, capital(stealer::MEANS));
    let steps: Vec<String> =
        stealer::TODO.iter().enumerate().map(|(i, step)| format!("{}. {step}", i + 1)).collect();
    let link = Some(&package.link).filter(|url| is_web(url));
    Vulnerability {
        id: id.clone(),
        name: clipped(&inert(&format!("{} stole credentials", view.title())), NAME),
        description: escape::prose(&clipped(&why, DESCRIPTION)),
        severity: "Critical",
        solution: clipped(&steps.join("\n"), SOLUTION),
        identifiers: vec![
            Identifier {
                kind: "leeward_package",
                name: format!("Leeward package {id}"),
                value: id,
                url: None,
            },
            Identifier {
                kind: "cwe",
                name: "CWE-506".to_owned(),
                value: "506".to_owned(),
                url: Some("https://cwe.mitre.org/data/definitions/506.html"),
            },
        ],
        links: link.map(|url| Link { url: url.clone() }).into_iter().collect(),
        location: view.places.first().map_or_else(nowhere, location),
        details: BTreeMap::new(),
    }
}

fn location(place: &Place<'_>) -> Location {
    let git = place.git.as_ref();
    let commit = git.and_then(|git| git.commit());
    let is_open = place.inside.is_empty();
    Location {
        file: file(place),
        commit: Commit {
            sha: commit.map_or_else(|| NO_COMMIT.to_owned(), |commit| commit.id.to_string()),
            author: git.and_then(|git| git.author.as_ref()).map(|(name, _)| inert(name)),
            date: commit.and_then(|commit| rfc3339(commit.committed_at)),
        },
        // Lines of a member are none of the container's.
        start_line: is_open.then_some(place.location.start.line),
        end_line: is_open.then_some(place.location.end.line.max(place.location.start.line)),
    }
}

fn nowhere() -> Location {
    let commit = Commit { sha: NO_COMMIT.to_owned(), author: None, date: None };
    Location { file: None, commit, start_line: None, end_line: None }
}

/// The path from the root of the project. Standard input and the text of a
/// commit have none.
fn file(place: &Place<'_>) -> Option<String> {
    let has_path = match &*place.location.provenance {
        Provenance::Stdin | Provenance::Remote(_) => false,
        Provenance::File(_) => true,
        Provenance::Git(git) => {
            git.history.as_deref().is_some_and(|history| !history.paths.is_empty())
        }
    };
    let path = || String::from_utf8_lossy(&inside(&place.outer)).into_owned();
    has_path.then(path).filter(|path| !path.is_empty())
}

fn details(view: &FindingView<'_>) -> BTreeMap<&'static str, Detail> {
    let finding = view.finding;
    let text = |name: &'static str, value: &str| Detail {
        name,
        kind: "text",
        value: Some(inert(value)),
        items: None,
    };
    let mut details = BTreeMap::from([
        ("hint", text("Hint", &view.hint)),
        ("confidence", text("Confidence", finding.confidence.level().name())),
    ]);
    if let Some(validity) = reach::validity(&view.verification) {
        details.insert("validity", text("Live or not", &validity));
    }
    if let Some(known) = &view.assessment {
        for (key, name, value) in [
            ("owner", "Belongs to", reach::belongs_to(known)),
            ("reach", "What it reaches", reach::at_a_glance(known)),
            ("actions", "What its holder can do", reach::can(known)),
        ] {
            if !value.is_empty() {
                details.insert(key, text(name, &value));
            }
        }
    }
    if let Some(first) = view.places.first() {
        details.insert("position", text("Position", &inert(&first.position())));
    }
    let others: Vec<Item> = view.places.iter().skip(1).take(PLACES).map(item).collect();
    if !others.is_empty() {
        let list = Detail { name: "Other places", kind: "list", value: None, items: Some(others) };
        details.insert("places", list);
    }
    details
}

fn item(place: &Place<'_>) -> Item {
    let (start, end) = (place.location.start.line, place.location.end.line);
    match file(place) {
        Some(path) => Item {
            kind: "file-location",
            value: None,
            file_name: Some(path),
            line_start: Some(start),
            line_end: Some(end.max(start)),
        },
        None => Item {
            kind: "text",
            value: Some(inert(&place.position())),
            file_name: None,
            line_start: None,
            line_end: None,
        },
    }
}

/// What to do, in order.
fn solution(guidance: &Guidance) -> String {
    if guidance.remediation.is_empty() {
        return escape::prose(&guidance.next_step);
    }
    let steps = guidance.remediation.iter().enumerate().map(|(i, step)| {
        let url = step.url.as_deref().map(escape::link).unwrap_or_default();
        let title = escape::prose(step.title.trim_end_matches('.'));
        let (name, text) = (escape::prose(&step.step), escape::prose(&step.text));
        format!("{}. {name}: {title}. {text}{url}", i + 1)
    });
    steps.collect::<Vec<_>>().join("\n")
}

/// At most so many characters.
fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

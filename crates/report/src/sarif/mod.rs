//! SARIF 2.1.0: the report for code scanning services and editors.
//!
//! One result per secret, at its first place; its other places are related
//! locations. Services track an alert by its fingerprint, and ours is the
//! secret's own, so an alert stays one alert when a line or a file moves. The
//! shapes are in [`shape`], texts in [`text`], addresses in [`uri`].

mod shape;
pub(crate) mod text;
pub(crate) mod uri;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use leeward_model::{Finding, Level, Severity};

use crate::{
    Report, account,
    foreign::inert,
    json::{inert::write_pretty, shape as wire},
    stealer,
    view::{FindingView, Place, StealerView, View},
    words::{capital, rfc3339},
};

use shape::{
    ArtifactLocation, Configuration, ContextRegion, Descriptor, Driver, Invocation, Location, Log,
    LogicalLocation, Message, MultiformatMessage, Notification, NotificationLocation,
    PhysicalLocation, Region, Reporting, Result as SarifResult, ResultProperties, Rule,
    RuleProperties, Run, RunProperties, Snippet, Tool, VersionControl,
};

/// The version of what we put into property bags.
const SCHEMA: &str = "leeward.sarif/1";

/// Related locations beyond this are only counted; services show fewer.
const RELATED: usize = 100;

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let view = View::of(report);
    let mut rules = rules(&view);
    if !view.stealers.is_empty() {
        rules.push(stealer_rule());
    }
    let index: BTreeMap<String, usize> =
        rules.iter().enumerate().map(|(i, rule)| (rule.id.clone(), i)).collect();
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "leeward",
                version: report.tool_version,
                semantic_version: report.tool_version,
                rules,
                notifications: descriptors(&view),
            },
        },
        invocations: vec![invocation(&view)],
        original_uri_base_ids: BTreeMap::from([(
            uri::BASE,
            shape::Base { description: Message::of("the directory that was scanned") },
        )]),
        version_control_provenance: repositories(&view),
        column_kind: "unicodeCodePoints",
        results: {
            let stolen = view.stealers.iter().map(|stealer| stolen(stealer, &index));
            stolen.chain(view.findings.iter().map(|finding| result(finding, &index))).collect()
        },
        properties: RunProperties {
            schema: SCHEMA,
            complete: view.is_complete(),
            bytes_scanned: report.coverage.bytes_scanned,
            files_scanned: report.coverage.files_scanned,
            objects_scanned: report.coverage.objects_scanned,
            below_threshold: report.below_threshold,
            suppressed: wire::Suppressed::of(report.suppressed),
        },
    };
    write_pretty(&Log { schema: shape::SCHEMA, version: "2.1.0", runs: vec![run] }, out)
}

/// One rule per kind of credential that was found, as bad as its worst
/// finding.
fn rules(view: &View<'_>) -> Vec<Rule> {
    let mut kinds: BTreeMap<&str, (&FindingView<'_>, Severity, Level)> = BTreeMap::new();
    for finding in &view.findings {
        let severity = finding.finding.severity.level;
        let level = finding.finding.confidence.level();
        let kind =
            kinds.entry(finding.finding.dossier.as_str()).or_insert((finding, severity, level));
        kind.1 = kind.1.max(severity);
        kind.2 = kind.2.max(level);
    }
    kinds
        .into_iter()
        .map(|(id, (finding, severity, level))| {
            let guidance = &finding.guidance;
            let title = finding.title();
            Rule {
                id: id.to_owned(),
                name: text::pascal_case(id),
                short_description: Message::of(&format!("Exposed {title}")),
                full_description: Message::of(&text::description(title, guidance)),
                help_uri: guidance.help_url.clone().filter(|url| uri::is_web(url)),
                help: MultiformatMessage {
                    text: text::plain(&text::help(title, guidance)),
                    markdown: text::help_markdown(title, guidance),
                },
                default_configuration: Configuration { level: level_of(severity) },
                properties: RuleProperties {
                    tags: ["security", "secret", "external/cwe/cwe-798"],
                    precision: match level {
                        Level::High => "very-high",
                        Level::Medium => "high",
                        Level::Low => "low",
                    },
                    security_severity: score(severity),
                },
            }
        })
        .collect()
}

fn level_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// A number in the range that code scanning gives the same name.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

/// Out of 100: a quarter for each severity, and within it the confidence.
fn rank(finding: &Finding) -> f64 {
    let base = match finding.severity.level {
        Severity::Critical => 75.0,
        Severity::High => 50.0,
        Severity::Medium => 25.0,
        Severity::Low => 0.0,
    };
    ((base + f64::from(finding.confidence.score()) * 25.0) * 10.0).round() / 10.0
}

fn result<'a>(view: &'a FindingView<'a>, rules: &BTreeMap<String, usize>) -> SarifResult<'a> {
    let finding = view.finding;
    let fingerprint = finding.fingerprint.to_string();
    let related = view.places.get(1..).unwrap_or_default();
    SarifResult {
        rule_id: finding.dossier.as_str(),
        rule_index: rules.get(finding.dossier.as_str()).copied(),
        level: level_of(finding.severity.level),
        message: Message::of(&text::finding(view)),
        locations: view.places.first().map(|place| location(place, None)).into_iter().collect(),
        related_locations: related
            .iter()
            .take(RELATED)
            .enumerate()
            .map(|(i, place)| location(place, Some(i + 1)))
            .collect(),
        partial_fingerprints: BTreeMap::from([
            ("leewardFingerprint/v1", fingerprint.clone()),
            // The only one that GitHub reads.
            ("primaryLocationLineHash", format!("{fingerprint}:1")),
        ]),
        rank: rank(finding),
        properties: ResultProperties {
            more_locations: related.len().saturating_sub(RELATED),
            finding: Some(wire::Finding::without_locations(view)),
            stealer: None,
        },
    }
}

/// One result for each package that stole credentials.
fn stolen<'a>(view: &'a StealerView<'a>, rules: &BTreeMap<String, usize>) -> SarifResult<'a> {
    let stealer = view.stealer;
    let related = view.places.get(1..).unwrap_or_default();
    let related_at = |(i, place)| Location {
        message: Some(Message::of("the same package")),
        ..location(place, Some(i + 1))
    };
    let text = format!(
        "{} stole credentials ({}): {}. {}.",
        view.title(),
        stealer.advisory,
        stealer::MEANS,
        capital(stealer::TODO[0])
    );
    let identity = format!("{} {}", stealer.id(), stealer.advisory);
    SarifResult {
        rule_id: stealer::ID,
        rule_index: rules.get(stealer::ID).copied(),
        level: "error",
        message: Message::of(&text),
        locations: view.places.first().map(|place| location(place, None)).into_iter().collect(),
        related_locations: related.iter().take(RELATED).enumerate().map(related_at).collect(),
        partial_fingerprints: BTreeMap::from([
            ("leewardFingerprint/v1", identity.clone()),
            ("primaryLocationLineHash", format!("{identity}:1")),
        ]),
        rank: 100.0,
        properties: ResultProperties {
            more_locations: related.len().saturating_sub(RELATED),
            finding: None,
            stealer: Some(wire::Stealer::without_locations(view)),
        },
    }
}

/// What all of them break.
fn stealer_rule() -> Rule {
    let todo = stealer::TODO.map(|step| format!("{}.", capital(step)));
    let means = format!("{}.", capital(stealer::MEANS));
    Rule {
        id: stealer::ID.to_owned(),
        name: text::pascal_case(stealer::ID),
        short_description: Message::of("A package that stole credentials"),
        full_description: Message::of(&format!(
            "A lock file or an installed package is of a release that is known to have stolen \
             credentials: {}.",
            stealer::MEANS
        )),
        help_uri: None,
        help: MultiformatMessage {
            text: text::plain(&format!("{means} {}", todo.join(" "))),
            markdown: format!("{means}\n\n1. {}", todo.join("\n1. ")),
        },
        default_configuration: Configuration { level: "error" },
        properties: RuleProperties {
            tags: ["security", "supply-chain", "external/cwe/cwe-506"],
            precision: "very-high",
            security_severity: score(Severity::Critical),
        },
    }
}

fn location<'a>(place: &'a Place<'a>, id: Option<usize>) -> Location<'a> {
    let at = place.location;
    let excerpt = place.excerpt.text.as_str();
    // Lines and bytes of a member are none of the container's, which is all that a
    // reader of the document can open.
    let is_open = place.inside.is_empty();
    let context = ContextRegion {
        start_line: at.start.line,
        end_line: at.end.line.max(at.start.line),
        snippet: Snippet { text: excerpt },
    };
    let region = Region {
        start_line: at.start.line,
        start_column: at.start.column,
        end_line: at.end.line,
        end_column: at.end.column,
        byte_offset: at.span.start,
        byte_length: at.span.end.saturating_sub(at.span.start),
    };
    let logical =
        || LogicalLocation { fully_qualified_name: inert(&place.position()), kind: "member" };
    Location {
        id,
        physical_location: PhysicalLocation {
            artifact_location: artifact(&place.outer),
            region: is_open.then_some(region),
            context_region: (is_open && !excerpt.is_empty()).then_some(context),
        },
        logical_locations: (!is_open).then(logical).into_iter().collect(),
        message: id.map(|_| Message::of("the same secret")),
        properties: wire::Location::of(place),
    }
}

fn artifact(path: &[u8]) -> ArtifactLocation {
    ArtifactLocation { uri: uri::relative(path), uri_base_id: uri::BASE }
}

/// The scan itself; what it could not look at makes it unsuccessful.
fn invocation<'a>(view: &'a View<'a>) -> Invocation {
    let report = view.report;
    let end = report.elapsed.and_then(|time| i64::try_from(time.as_secs()).ok());
    let end = end.and_then(|seconds| report.started_at.checked_add(seconds));
    let failed = view.not_scanned.iter().filter(|left_out| !left_out.item.reason.is_by_choice());
    let mut notifications: Vec<_> = failed
        .map(|left_out| {
            let reason = left_out.item.reason.name();
            let detail = left_out.detail.as_ref().map(|detail| format!(" ({detail})"));
            let path = text::shown(&left_out.path);
            let message = format!("not scanned: {path}: {reason}{}", detail.unwrap_or_default());
            Notification {
                descriptor: Reporting { id: format!("not-scanned/{reason}") },
                level: "error",
                message: Message::of(&message),
                locations: vec![NotificationLocation {
                    physical_location: shape::Place { artifact_location: artifact(&left_out.path) },
                }],
            }
        })
        .collect();
    // What was left out by choice is summed up: it can be most of a disk.
    notifications.extend(account::chosen(view).iter().map(|group| {
        let reason = group.items.first().map_or("", |first| first.item.reason.name());
        let counted = account::one_reason(group, &text::shown);
        Notification {
            descriptor: Reporting { id: format!("not-scanned/{reason}") },
            level: "note",
            message: Message::of(&format!("not scanned, by choice: {counted}")),
            locations: Vec::new(),
        }
    }));
    notifications.extend(view.warnings.iter().map(|warning| Notification {
        descriptor: Reporting { id: "warning".to_owned() },
        level: "warning",
        message: Message::of(warning),
        locations: Vec::new(),
    }));
    Invocation {
        execution_successful: view.is_complete(),
        start_time_utc: rfc3339(report.started_at),
        end_time_utc: end.and_then(rfc3339),
        tool_execution_notifications: notifications,
    }
}

/// What the notifications refer to.
fn descriptors(view: &View<'_>) -> Vec<Descriptor> {
    let mut reasons: BTreeMap<&str, ()> = BTreeMap::new();
    reasons.extend(view.not_scanned.iter().map(|left_out| (left_out.item.reason.name(), ())));
    let mut descriptors: Vec<Descriptor> = reasons
        .into_keys()
        .map(|reason| Descriptor {
            id: format!("not-scanned/{reason}"),
            short_description: Message::of(&format!("Not scanned: {reason}")),
        })
        .collect();
    if !view.warnings.is_empty() {
        descriptors.push(Descriptor {
            id: "warning".to_owned(),
            short_description: Message::of("A fact that limits what the scan can say"),
        });
    }
    descriptors
}

/// The repositories scanned by address; a local path is no address.
fn repositories(view: &View<'_>) -> Vec<VersionControl> {
    let named = view.findings.iter().flat_map(|finding| &finding.places);
    let mut urls: Vec<String> = named
        .filter_map(|place| place.git.as_ref())
        .filter(|git| uri::is_web(&git.repository))
        .map(|git| git.repository.clone())
        .collect();
    urls.sort();
    urls.dedup();
    urls.into_iter().map(|repository_uri| VersionControl { repository_uri }).collect()
}

//! The shapes of the JSON formats, version 1. Field order is the order on the
//! wire; an absent fact is `null`, never a missing field, except `path_bytes`
//! and `secret`, whose presence itself says something.

use std::collections::BTreeMap;

use leeward_model::{GitObjectKind, Provenance, RemotePlace, SignalKind, Tracking};
use serde::Serialize;

use super::{
    proof::{Assessment, Verification},
    summary::Summary,
};
use crate::{
    exposure, report, stealer,
    view::{FindingView, GitFacts, LeftOut, Place, StealerView, View},
    words::rfc3339,
};

#[derive(Serialize)]
pub(crate) struct Document<'a> {
    pub(crate) schema: &'static str,
    pub(crate) scan: Scan<'a>,
    pub(crate) summary: Summary,
    pub(crate) findings: Vec<Finding<'a>>,
    pub(crate) stealers: Vec<Stealer<'a>>,
    pub(crate) dossiers: BTreeMap<&'a str, Guidance<'a>>,
    pub(crate) coverage: Coverage<'a>,
    pub(crate) suppressed: Suppressed,
}

#[derive(Serialize)]
pub(crate) struct Scan<'a> {
    tool: Tool<'a>,
    targets: &'a [String],
    started_at: Option<String>,
    elapsed_seconds: Option<f64>,
    complete: bool,
}

#[derive(Serialize)]
pub(crate) struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

impl<'a> Tool<'a> {
    pub(crate) fn of(version: &'a str) -> Self {
        Self { name: "leeward", version }
    }
}

impl<'a> Scan<'a> {
    pub(crate) fn of(view: &'a View<'a>) -> Self {
        Self {
            tool: Tool::of(view.report.tool_version),
            targets: &view.targets,
            started_at: rfc3339(view.report.started_at),
            elapsed_seconds: view.report.elapsed.map(|time| rounded(time.as_secs_f64(), 1000.0)),
            complete: view.is_complete(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Finding<'a> {
    dossier: &'a str,
    title: &'a str,
    fingerprint: String,
    hint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    confidence: Confidence<'a>,
    severity: Severity<'a>,
    exposure: Exposure<'a>,
    companions: Vec<Companion<'a>>,
    verification: Verification<'a>,
    assessment: Option<Assessment<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locations: Option<Vec<Location<'a>>>,
}

#[derive(Serialize)]
struct Confidence<'a> {
    level: &'static str,
    score: f64,
    why: &'a [String],
    signals: Vec<Signal>,
}

#[derive(Serialize)]
struct Signal {
    kind: &'static str,
    weight: f64,
}

#[derive(Serialize)]
pub(crate) struct Severity<'a> {
    pub(crate) level: &'static str,
    pub(crate) why: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Exposure<'a> {
    reach: &'static str,
    since: Option<String>,
    seconds: Option<i64>,
    text: &'a [String],
}

impl<'a> Exposure<'a> {
    pub(crate) fn of(exposure: &'a exposure::Exposure) -> Self {
        Self {
            reach: exposure.reach.name(),
            since: exposure.since.and_then(rfc3339),
            seconds: exposure.seconds,
            text: &exposure.lines,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Companion<'a> {
    role: &'a str,
    value: &'a str,
}

impl<'a> Companion<'a> {
    pub(crate) fn all(companions: &'a [(String, String)]) -> Vec<Self> {
        companions.iter().map(|(role, value)| Self { role, value }).collect()
    }
}

impl<'a> Finding<'a> {
    pub(crate) fn of(view: &'a FindingView<'a>) -> Self {
        let locations = view.places.iter().map(Location::of).collect();
        Self { locations: Some(locations), ..Self::without_locations(view) }
    }

    /// For a format that has locations of its own.
    pub(crate) fn without_locations(view: &'a FindingView<'a>) -> Self {
        let finding = view.finding;
        Self {
            dossier: finding.dossier.as_str(),
            title: view.title(),
            fingerprint: finding.fingerprint.to_string(),
            hint: &view.hint,
            secret: view.secret.as_deref(),
            confidence: Confidence {
                level: finding.confidence.level().name(),
                score: rounded(f64::from(finding.confidence.score()), 10_000.0),
                why: &view.why,
                signals: finding
                    .signals
                    .iter()
                    .map(|signal| Signal {
                        kind: signal_kind(signal.kind),
                        weight: rounded(f64::from(signal.weight), 100.0),
                    })
                    .collect(),
            },
            severity: Severity { level: finding.severity.level.name(), why: &view.severity_why },
            exposure: Exposure::of(&view.exposure),
            companions: Companion::all(&view.companions),
            verification: Verification::of(&view.verification),
            assessment: view.assessment.as_ref().map(Assessment::of),
            locations: None,
        }
    }
}

/// A package that stole credentials.
#[derive(Serialize)]
pub(crate) struct Stealer<'a> {
    ecosystem: &'a str,
    name: &'a str,
    version: &'a str,
    advisory: &'a str,
    why: &'a str,
    link: &'a str,
    means: &'static str,
    remediation: [&'static str; 3],
    #[serde(skip_serializing_if = "Option::is_none")]
    locations: Option<Vec<Location<'a>>>,
}

impl<'a> Stealer<'a> {
    pub(crate) fn of(view: &'a StealerView<'a>) -> Self {
        let locations = view.places.iter().map(Location::of).collect();
        Self { locations: Some(locations), ..Self::without_locations(view) }
    }

    /// For a format that has locations of its own.
    pub(crate) fn without_locations(view: &'a StealerView<'a>) -> Self {
        let stealer = view.stealer;
        Self {
            ecosystem: &stealer.ecosystem,
            name: &stealer.name,
            version: &stealer.version,
            advisory: &stealer.advisory,
            why: &stealer.why,
            link: &stealer.link,
            means: stealer::MEANS,
            remediation: stealer::TODO,
            locations: None,
        }
    }
}

fn signal_kind(kind: SignalKind) -> &'static str {
    match kind {
        SignalKind::Prior => "prior",
        SignalKind::Binding => "binding",
        SignalKind::Scope => "scope",
        SignalKind::Rival => "rival",
        SignalKind::Value => "value",
        SignalKind::Place => "place",
        SignalKind::Layer => "layer",
    }
}

#[derive(Serialize)]
pub(crate) struct Location<'a> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inside: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_by: Option<&'a str>,
    source: &'static str,
    tracking: Option<&'static str>,
    line: u64,
    column: u64,
    end_line: u64,
    end_column: u64,
    byte_start: u64,
    byte_end: u64,
    decoded: Vec<&'static str>,
    excerpt: Excerpt<'a>,
    git: Option<Git<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<Remote<'a>>,
}

/// The mark counts characters of `text` from 0, its end exclusive.
#[derive(Serialize)]
struct Excerpt<'a> {
    text: &'a str,
    mark_start: usize,
    mark_end: usize,
}

impl<'a> Location<'a> {
    pub(crate) fn of(place: &'a Place<'a>) -> Self {
        let location = place.location;
        let (path, path_bytes) = path(&place.path);
        let (source, tracking) = source(&location.provenance);
        let text = place.excerpt.text.as_str();
        let chars = |upto: usize| text.get(..upto).map_or(0, |head| head.chars().count());
        Self {
            path,
            path_bytes,
            inside: inside(place),
            deleted_by: place.deleted_by.as_deref(),
            source,
            tracking,
            line: location.start.line,
            column: location.start.column,
            end_line: location.end.line,
            end_column: location.end.column,
            byte_start: location.span.start,
            byte_end: location.span.end,
            decoded: location.decoded.iter().map(|encoding| encoding.name()).collect(),
            excerpt: Excerpt {
                text,
                mark_start: chars(place.excerpt.mark.start),
                mark_end: chars(place.excerpt.mark.end),
            },
            git: place.git.as_ref().map(Git::of),
            remote: place.remote.as_ref().map(Remote::of),
        }
    }
}

/// The way in, outermost first; what is not UTF-8 is replaced, and whole in
/// `path_bytes`.
fn inside(place: &Place<'_>) -> Vec<String> {
    let names = place.inside.names().iter();
    names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

/// Where a location's bytes come from, and how Git regards the file.
pub(crate) fn source(provenance: &Provenance) -> (&'static str, Option<&'static str>) {
    match provenance {
        Provenance::Stdin => ("stdin", None),
        Provenance::File(file) => (
            "file",
            match file.tracking {
                Tracking::NoRepository => None,
                Tracking::Tracked => Some("tracked"),
                Tracking::Untracked => Some("untracked"),
                Tracking::Ignored => Some("ignored"),
            },
        ),
        Provenance::Git(place) => (
            match place.kind {
                GitObjectKind::Blob => "git-blob",
                GitObjectKind::Staged => "git-staged",
                GitObjectKind::Commit => "git-commit",
                GitObjectKind::Tag => "git-tag",
            },
            None,
        ),
        Provenance::Remote(_) => ("remote", None),
    }
}

/// A path as text; if it is not UTF-8, a readable form of it and its bytes in
/// hexadecimal.
fn path(bytes: &[u8]) -> (String, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (leeward_model::SafeText::new(bytes).to_string(), Some(hex(bytes))),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

/// What a service says of a text that it holds.
#[derive(Serialize)]
struct Remote<'a> {
    watch: &'a str,
    service: &'a str,
    item: &'a str,
    url: &'a str,
    author: Option<&'a str>,
    written_at: Option<String>,
    public: Option<bool>,
}

impl<'a> Remote<'a> {
    fn of(place: &'a RemotePlace) -> Self {
        Self {
            watch: &place.source,
            service: &place.service,
            item: &place.item,
            url: &place.url,
            author: place.author.as_deref(),
            written_at: place.at.and_then(rfc3339),
            public: place.is_public,
        }
    }
}

#[derive(Serialize)]
struct Git<'a> {
    repository: &'a str,
    object: String,
    commit: Option<String>,
    author: Option<&'a str>,
    author_email: Option<&'a str>,
    authored_at: Option<String>,
    committed_at: Option<String>,
    in_head: Option<bool>,
    reachable: Option<bool>,
    refs: &'a [String],
    paths: Vec<PathText>,
}

#[derive(Serialize)]
struct PathText {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
}

impl<'a> Git<'a> {
    fn of(facts: &'a GitFacts<'a>) -> Self {
        let history = facts.place.history.as_deref();
        let commit = history.and_then(|history| history.introduced.as_ref());
        let author = facts.author.as_ref();
        let paths = facts.paths.iter().map(|bytes| {
            let (path, path_bytes) = path(bytes);
            PathText { path, path_bytes }
        });
        Self {
            repository: &facts.repository,
            object: facts.place.object.to_string(),
            commit: commit.map(|commit| commit.id.to_string()),
            author: author.map(|(name, _)| name.as_str()),
            author_email: author.map(|(_, email)| email.as_str()),
            authored_at: commit.and_then(|commit| rfc3339(commit.author.at)),
            committed_at: commit.and_then(|commit| rfc3339(commit.committed_at)),
            in_head: history.map(|history| history.in_head),
            reachable: history.map(|history| history.reachable),
            refs: &facts.refs,
            paths: paths.collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Guidance<'a> {
    title: &'a str,
    provider: &'a str,
    summary: &'a str,
    next_step: &'a str,
    next_url: Option<&'a str>,
    help_url: Option<&'a str>,
    remediation: Vec<Remediation<'a>>,
}

#[derive(Serialize)]
struct Remediation<'a> {
    step: &'a str,
    title: &'a str,
    text: &'a str,
    url: Option<&'a str>,
}

impl<'a> Guidance<'a> {
    pub(crate) fn of(guidance: &'a report::Guidance) -> Self {
        Self {
            title: &guidance.title,
            provider: &guidance.provider,
            summary: &guidance.summary,
            next_step: &guidance.next_step,
            next_url: guidance.next_url.as_deref(),
            help_url: guidance.help_url.as_deref(),
            remediation: guidance
                .remediation
                .iter()
                .map(|step| Remediation {
                    step: &step.step,
                    title: &step.title,
                    text: &step.text,
                    url: step.url.as_deref(),
                })
                .collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Coverage<'a> {
    bytes_scanned: u64,
    files_scanned: u64,
    objects_scanned: u64,
    members_scanned: u64,
    judged_before: JudgedBefore,
    complete: bool,
    not_scanned: Vec<NotScanned<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct JudgedBefore {
    files: u64,
    bytes: u64,
    objects: u64,
    containers: u64,
}

impl JudgedBefore {
    fn of(before: leeward_model::JudgedBefore) -> Self {
        let leeward_model::JudgedBefore { files, bytes, objects, containers } = before;
        Self { files, bytes, objects, containers }
    }
}

#[derive(Serialize)]
struct NotScanned<'a> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    reason: &'static str,
    detail: Option<&'a str>,
    bytes: Option<u64>,
    by_choice: bool,
}

impl<'a> Coverage<'a> {
    pub(crate) fn of(view: &'a View<'a>) -> Self {
        let coverage = view.report.coverage;
        Self {
            bytes_scanned: coverage.bytes_scanned,
            files_scanned: coverage.files_scanned,
            objects_scanned: coverage.objects_scanned,
            members_scanned: coverage.members_scanned,
            judged_before: JudgedBefore::of(coverage.judged_before),
            complete: view.is_complete(),
            not_scanned: view.not_scanned.iter().map(NotScanned::of).collect(),
            warnings: &view.warnings,
        }
    }
}

impl<'a> NotScanned<'a> {
    fn of(left_out: &'a LeftOut<'a>) -> Self {
        let (path, path_bytes) = path(&left_out.path);
        Self {
            path,
            path_bytes,
            reason: left_out.item.reason.name(),
            detail: left_out.detail.as_deref(),
            bytes: left_out.item.bytes,
            by_choice: left_out.item.reason.is_by_choice(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Suppressed {
    total: usize,
    baseline: usize,
    inline: usize,
    ignore_file: usize,
    expired: usize,
}

impl Suppressed {
    pub(crate) fn of(counts: report::Suppressed) -> Self {
        Self {
            total: counts.total(),
            baseline: counts.baseline,
            inline: counts.inline,
            ignore_file: counts.ignore_file,
            expired: counts.expired,
        }
    }
}

/// Rounded to a fraction that a person can read; 0 for what is no number.
fn rounded(value: f64, scale: f64) -> f64 {
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded } else { 0.0 }
}

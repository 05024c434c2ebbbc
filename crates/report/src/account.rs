//! The account of a scan in sentences, for every format that people read: what
//! was concluded, what was looked at, what was left out, what is kept from
//! sight. A format escapes foreign text through the function it passes.

use leeward_model::{JudgedBefore, Severity, Validity};

use crate::{
    reason::{Group, groups},
    view::{LeftOut, View, by_severity, by_validity},
    words::{self, count, list},
};

/// Paths given as examples of one reason.
const EXAMPLES: usize = 3;

/// How a format shows a foreign text.
pub(crate) type Show<'a> = &'a dyn Fn(&[u8]) -> String;

/// The outcome in one sentence, when nothing was found.
pub(crate) enum Clean {
    /// As good as it gets.
    Yes(&'static str),
    /// Nothing was found, and that says less than it seems.
    NotQuite(&'static str),
}

pub(crate) fn clean(view: &View<'_>) -> Clean {
    let coverage = view.report.coverage;
    if !view.stealers.is_empty() {
        Clean::NotQuite("no exposed credentials found, but a package that steals them")
    } else if !coverage.is_anything() {
        Clean::NotQuite("nothing was scanned, so nothing can be said")
    } else if !view.is_complete() {
        Clean::NotQuite("no exposed credentials found in what could be read")
    } else if view.report.not_live.open > 0 {
        Clean::NotQuite("no credential was shown to be live, and not all could be asked about")
    } else if view.report.not_live.total > 0 {
        Clean::Yes("no live credentials found")
    } else if view.report.suppressed.total() > 0 {
        Clean::Yes("no exposed credentials found beside those already known")
    } else {
        Clean::Yes("no exposed credentials found")
    }
}

/// `6 exposed credentials`, or `1 credential asked about`.
pub(crate) fn total(view: &View<'_>) -> String {
    let findings = view.report.findings.len();
    if view.report.scanned {
        count(findings, "exposed credential", "exposed credentials")
    } else {
        format!("{} asked about", count(findings, "credential", "credentials"))
    }
}

/// `2 critical`, `3 high`: worst first, without those there are none of.
pub(crate) fn severities(view: &View<'_>) -> impl Iterator<Item = (Severity, String)> {
    by_severity(view.report.findings)
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| (severity, format!("{count} {}", severity.name())))
}

/// `verified 40: 3 active, 1 restricted, 34 inactive, 2 unknown`; `None` if no
/// provider was asked.
pub(crate) fn verified(view: &View<'_>) -> Option<String> {
    let counts = by_validity(view.report.findings);
    let said = |asked: bool| {
        let counts =
            counts.iter().filter(move |(v, n)| (*v != Validity::Unchecked) == asked && *n > 0);
        counts.map(|(validity, n)| (validity.name(), *n))
    };
    let asked: Vec<String> =
        said(true).map(|(name, n)| format!("{} {name}", words::grouped(n as u64))).collect();
    if asked.is_empty() {
        return None;
    }
    let total: usize = said(true).map(|(_, n)| n).sum();
    let rest: usize = said(false).map(|(_, n)| n).sum();
    let mut text = format!("verified {}: {}", words::grouped(total as u64), asked.join(", "));
    if rest > 0 {
        text = format!("{text}; {} not asked", words::grouped(rest as u64));
    }
    Some(text)
}

/// `scanned 1,204 files and 18,332 Git objects in …: 84.2 MB, 0.42 s`; `None` if
/// nothing was to be scanned.
pub(crate) fn looked_at(view: &View<'_>, show: Show<'_>) -> Option<String> {
    if !view.report.scanned {
        return None;
    }
    let coverage = view.report.coverage;
    let mut parts = Vec::new();
    if coverage.files_scanned > 0 || coverage.objects_scanned == 0 {
        parts.push(count(coverage.files_scanned as usize, "file", "files"));
    }
    if coverage.objects_scanned > 0 {
        parts.push(count(coverage.objects_scanned as usize, "Git object", "Git objects"));
    }
    if coverage.members_scanned > 0 {
        parts.push(count(
            coverage.members_scanned as usize,
            "text inside containers",
            "texts inside containers",
        ));
    }
    let targets: Vec<String> = view.targets.iter().map(|target| show(target.as_bytes())).collect();
    let place =
        if targets.is_empty() { String::new() } else { format!(" in {}", list(&targets, 3)) };
    let time = view.report.elapsed.map(|time| format!(", {}", words::elapsed(time)));
    let before = judged_before(coverage.judged_before);
    Some(format!(
        "scanned {}{place}: {}{}{}",
        list(&parts, 3),
        words::bytes(coverage.bytes_scanned),
        time.unwrap_or_default(),
        before.map(|before| format!("; {before}")).unwrap_or_default()
    ))
}

/// `12,345 Git objects and 3 files (1.2 MB) judged before under the same rules`; `None` if
/// there was nothing of the kind.
fn judged_before(before: JudgedBefore) -> Option<String> {
    let mut parts = Vec::new();
    if before.files > 0 {
        let files = count(before.files as usize, "file", "files");
        parts.push(format!("{files} ({})", words::bytes(before.bytes)));
    }
    if before.objects > 0 {
        parts.push(count(before.objects as usize, "Git object", "Git objects"));
    }
    if before.containers > 0 {
        let containers = count(before.containers as usize, "container", "containers");
        parts.push(format!("the content of {containers}"));
    }
    if parts.is_empty() {
        return None;
    }
    Some(format!("{} judged before under the same rules", list(&parts, 3)))
}

/// What could not be looked at, by reason; empty if the scan is complete.
pub(crate) fn failed<'a>(view: &'a View<'a>) -> Vec<Group<'a>> {
    groups(view.not_scanned.iter().filter(|left_out| !left_out.item.reason.is_by_choice()))
}

/// `3 things could not be looked at, so there may be more`.
pub(crate) fn incomplete(failed: &[Group<'_>]) -> String {
    let things = failed.iter().map(|group| group.items.len()).sum();
    let things = count(things, "thing", "things");
    format!("{things} could not be looked at, so there may be more")
}

/// What was left out because the user or a documented default said so.
pub(crate) fn chosen<'a>(view: &'a View<'a>) -> Vec<Group<'a>> {
    groups(view.not_scanned.iter().filter(|left_out| left_out.item.reason.is_by_choice()))
}

/// `2 excluded paths: node_modules and target`.
pub(crate) fn one_reason(group: &Group<'_>, show: Show<'_>) -> String {
    let examples: Vec<String> = group.items.iter().map(|item| example(item, show)).collect();
    format!("{}: {}", group.words.counted(group.items.len()), list(&examples, EXAMPLES))
}

fn example(left_out: &LeftOut<'_>, show: Show<'_>) -> String {
    let path = show(&left_out.path);
    match (&left_out.detail, left_out.item.bytes) {
        (Some(detail), _) => format!("{path} ({})", show(detail.as_bytes())),
        (None, Some(bytes)) => format!("{path} ({})", words::bytes(bytes)),
        (None, None) => path,
    }
}

/// What was found and is not shown, and what is shown again.
pub(crate) fn kept_from_sight(view: &View<'_>) -> Vec<String> {
    let suppressed = view.report.suppressed;
    let mut sentences = Vec::new();
    let ways: Vec<String> = [
        (suppressed.baseline, "in the baseline"),
        (suppressed.inline, "marked `leeward:ignore`"),
        (suppressed.ignore_file, "in the ignore file"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, way)| format!("{} {way}", words::grouped(n as u64)))
    .collect();
    if !ways.is_empty() {
        let findings = count(suppressed.total(), "finding", "findings");
        sentences
            .push(format!("not shown: {findings} that somebody accepted ({})", ways.join(", ")));
    }
    let below = view.report.below_threshold;
    if below > 0 {
        let findings = count(below, "less certain finding", "less certain findings");
        sentences.push(format!("not shown: {findings}; `--confidence low` shows all"));
    }
    let not_live = view.report.not_live;
    if not_live.total > 0 {
        let findings = count(not_live.total, "finding", "findings");
        let open = match not_live.open {
            0 => String::new(),
            open => format!(
                "; {} of them got no answer and may be live: run it again",
                words::grouped(open as u64)
            ),
        };
        sentences.push(format!("not shown: {findings} that no provider calls live{open}"));
    }
    if suppressed.expired > 0 {
        let entries = count(suppressed.expired, "entry", "entries");
        let outcome = if suppressed.expired == 1 {
            "has expired: what it hid is shown again"
        } else {
            "have expired: what they hid is shown again"
        };
        sentences.push(format!("{entries} of the ignore file {outcome}"));
    }
    sentences
}

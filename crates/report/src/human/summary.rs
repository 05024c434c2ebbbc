//! The end of the screen: what was found in all, what was looked at, what was
//! not and why, and what is kept from sight.

use crate::{
    foreign::inert,
    reason::{Group, groups},
    view::{LeftOut, View, by_severity},
    words::{self, count, list},
};

use super::screen::{GOOD, Label, NORMAL, STRONG, Screen, WARNING, of_severity};

/// Paths given as examples of one reason.
const EXAMPLES: usize = 3;

const MARGIN: Label<'_> = Label { indent: 0, text: "", width: 0 };

pub(super) fn show(view: &View<'_>, screen: &mut Screen) {
    verdict(view, screen);
    looked_at(view, screen);
    let (chosen, failed): (Vec<&LeftOut<'_>>, Vec<&LeftOut<'_>>) =
        view.not_scanned.iter().partition(|left_out| left_out.item.reason.is_by_choice());
    if !failed.is_empty() {
        screen.blank();
        incomplete(failed, screen);
    }
    if !view.warnings.is_empty() {
        screen.blank();
    }
    for warning in &view.warnings {
        screen.prose(&MARGIN, WARNING, &format!("warning: {}", inert(warning)));
    }
    if !chosen.is_empty() {
        screen.blank();
        left_out_by_choice(chosen, screen);
    }
    kept_from_sight(view, screen);
}

fn verdict(view: &View<'_>, screen: &mut Screen) {
    let report = view.report;
    let total = report.findings.len();
    if total > 0 {
        let heading = count(total, "exposed credential", "exposed credentials");
        let counts: Vec<String> = by_severity(report.findings)
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(severity, count)| {
                let text = format!("{count} {}", severity.name());
                screen.paint(of_severity(severity), &text)
            })
            .collect();
        let heading = screen.paint(STRONG, &format!("found {heading}: "));
        screen.line(&format!("{heading}{}", counts.join(", ")));
        if report.reveal {
            let text = "the values are shown in full above: do not paste or keep this output";
            screen.prose(&MARGIN, WARNING, text);
        }
        return;
    }
    let coverage = report.coverage;
    let nothing_read = coverage.files_scanned == 0 && coverage.objects_scanned == 0;
    let (style, text) = if nothing_read {
        (WARNING, "nothing was scanned, so nothing can be said")
    } else if !view.is_complete() {
        (WARNING, "no exposed credentials found in what could be read")
    } else if report.suppressed.total() > 0 {
        (GOOD, "no exposed credentials found beside those already known")
    } else {
        (GOOD, "no exposed credentials found")
    };
    screen.prose(&MARGIN, style, text);
}

fn looked_at(view: &View<'_>, screen: &mut Screen) {
    let coverage = view.report.coverage;
    let mut parts = Vec::new();
    if coverage.files_scanned > 0 || coverage.objects_scanned == 0 {
        parts.push(count(coverage.files_scanned as usize, "file", "files"));
    }
    if coverage.objects_scanned > 0 {
        parts.push(count(coverage.objects_scanned as usize, "Git object", "Git objects"));
    }
    let targets: Vec<String> = view.targets.iter().map(inert).collect();
    let of = if targets.is_empty() { String::new() } else { format!(" in {}", list(&targets, 3)) };
    let time = view.report.elapsed.map(|time| format!(", {}", words::elapsed(time)));
    let text = format!(
        "scanned {}{of}: {}{}",
        parts.join(" and "),
        words::bytes(coverage.bytes_scanned),
        time.unwrap_or_default(),
    );
    screen.prose(&MARGIN, NORMAL, &text);
}

/// Says loudly what could not be looked at, and what to do about it.
fn incomplete<'a>(failed: Vec<&'a LeftOut<'a>>, screen: &mut Screen) {
    let things = count(failed.len(), "thing", "things");
    let text = format!("INCOMPLETE: {things} could not be looked at, so there may be more");
    screen.prose(&MARGIN, WARNING, &text);
    for group in groups(failed) {
        one_reason(&group, screen);
        if !group.words.next_step.is_empty() {
            screen.prose(&Label { indent: 4, text: "", width: 0 }, STRONG, group.words.next_step);
        }
    }
}

fn left_out_by_choice<'a>(chosen: Vec<&'a LeftOut<'a>>, screen: &mut Screen) {
    screen.prose(&MARGIN, NORMAL, "not looked at, by choice:");
    for group in groups(chosen) {
        one_reason(&group, screen);
    }
}

fn one_reason(group: &Group<'_>, screen: &mut Screen) {
    let examples: Vec<String> = group.items.iter().map(|item| example(item)).collect();
    let text = format!("{}: {}", group.words.counted(group.items.len()), list(&examples, EXAMPLES));
    screen.prose(&Label { indent: 2, text: "- ", width: 2 }, NORMAL, &text);
}

fn example(item: &LeftOut<'_>) -> String {
    let path = inert(&item.path);
    match (&item.detail, item.item.bytes) {
        (Some(detail), _) => format!("{path} ({})", inert(detail)),
        (None, Some(bytes)) => format!("{path} ({})", words::bytes(bytes)),
        (None, None) => path,
    }
}

fn kept_from_sight(view: &View<'_>, screen: &mut Screen) {
    let suppressed = view.report.suppressed;
    let mut ways = Vec::new();
    for (n, way) in [
        (suppressed.baseline, "in the baseline"),
        (suppressed.inline, "marked `leeward:ignore`"),
        (suppressed.ignore_file, "in the ignore file"),
    ] {
        if n > 0 {
            ways.push(format!("{} {way}", words::grouped(n as u64)));
        }
    }
    if !ways.is_empty() {
        let findings = count(suppressed.total(), "finding", "findings");
        let text = format!("not shown: {findings} that somebody accepted ({})", ways.join(", "));
        screen.prose(&MARGIN, NORMAL, &text);
    }
    if suppressed.expired > 0 {
        let entries = count(suppressed.expired, "entry", "entries");
        let outcome = if suppressed.expired == 1 {
            "has expired: what it hid is shown again"
        } else {
            "have expired: what they hid is shown again"
        };
        let text = format!("{entries} of the ignore file {outcome}");
        screen.prose(&MARGIN, WARNING, &text);
    }
    let below = view.report.below_threshold;
    if below > 0 {
        let findings = count(below, "less certain finding", "less certain findings");
        let text = format!("not shown: {findings}; `--confidence low` shows all");
        screen.prose(&MARGIN, NORMAL, &text);
    }
}

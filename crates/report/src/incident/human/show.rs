//! One incident on the screen: how bad, what to do next, how long it lay open,
//! then its steps, what it reaches, where it lies, and what was said of it.

use leeward_model::{EventKind, Progress};

use crate::{
    foreign::inert,
    human::{
        finding::{also_in, label, position, spots},
        reach,
        screen::{
            BAD, DIM, GOOD, Label, NORMAL, STRONG, Screen, WARNING, of_severity, of_validity,
        },
    },
    incident::{
        shown::{Shown, Step},
        tell::{self, Beat},
    },
    words::minute,
};

use super::{list::of_state, picture};

/// Columns of the names of steps, and of moments.
const STEPS: usize = 18;
const KINDS: usize = 12;
/// Places where it lay once; the rest are counted.
const GONE: usize = 5;

pub(super) fn show(shown: &Shown<'_>, screen: &mut Screen) {
    heading(shown, screen);
    screen.blank();
    next(shown, screen);
    care(shown, screen);
    screen.blank();
    exposure(shown, screen);
    screen.blank();
    timeline(shown, screen);
    screen.blank();
    steps(shown, screen);
    screen.blank();
    finding(shown, screen);
    notes(shown, screen);
    screen.blank();
    let (sequence, hash) = shown.view.head;
    let head = format!("entry {sequence} of the log, {}", inert(hash));
    screen.whole(&label("log head"), DIM, &head);
}

fn heading(shown: &Shown<'_>, screen: &mut Screen) {
    let incident = shown.view.incident;
    let severity = screen.paint(of_severity(incident.severity), incident.severity.name());
    let title = format!(": {} {}", inert(shown.title()), inert(&shown.hint));
    let title = screen.paint(STRONG, &title);
    screen.line(&format!("{severity}{title}"));
    let state = screen.paint(of_state(incident.state), incident.state.name());
    let live = tell::live_or_not(shown);
    let live = screen.paint(of_validity(shown.verification.validity), &live);
    let dot = screen.drawn(" · ", ", ");
    screen.line(&format!("incident {}{dot}{state}{dot}{live}", incident.id));
}

fn next(shown: &Shown<'_>, screen: &mut Screen) {
    for (i, next) in tell::next(shown).iter().enumerate() {
        let name = if i == 0 { "next" } else { "" };
        match &next.command {
            Some(command) => {
                screen.whole(&label(name), STRONG, command);
                screen.prose(&label(""), NORMAL, &inert(&next.what));
            }
            None => screen.prose(&label(name), NORMAL, &inert(&next.what)),
        }
    }
}

/// Who takes care of it, and by when.
fn care(shown: &Shown<'_>, screen: &mut Screen) {
    let incident = shown.view.incident;
    match &shown.owner {
        Some(owner) => screen.prose(&label("owner"), NORMAL, &inert(owner)),
        None => screen.prose(
            &label("owner"),
            WARNING,
            &format!("nobody: `leeward incident assign {}` names one", incident.id),
        ),
    }
    let due = incident.due.and_then(minute);
    if let (Some(at), Some(how)) = (due, tell::due(incident, shown.view.now)) {
        let style = if tell::is_overdue(incident, shown.view.now) { BAD } else { NORMAL };
        screen.prose(&label("due"), style, &format!("{at} ({how})"));
    }
}

fn exposure(shown: &Shown<'_>, screen: &mut Screen) {
    for (i, sentence) in tell::window(shown).iter().enumerate() {
        let closed = shown.view.timeline.window.is_some_and(|window| window.until.is_some());
        let style = match (i, closed) {
            (0, true) => GOOD,
            (0, false) => BAD,
            _ => NORMAL,
        };
        screen.prose(&label(if i == 0 { "exposure" } else { "" }), style, sentence);
    }
    if let Some(line) = &shown.line {
        screen.blank();
        picture::show(line, screen);
    }
}

/// Every moment: when, how long after the one before, and what it was.
fn timeline(shown: &Shown<'_>, screen: &mut Screen) {
    if let Some(last) = shown.moments.last() {
        let last = tell::ago(last.at, shown.view.now);
        screen.prose(&label("timeline"), NORMAL, &format!("what happened; the last of it {last}"));
    }
    for beat in tell::beats(shown) {
        let (moment, after) = match beat {
            Beat::Moment(moment, after) => (moment, after),
            Beat::More(n, kind) => {
                let text = format!("{:25}{:>10}  {} {n} more times", "", "...", tell::moment(kind));
                screen.line(&screen.paint(DIM, &format!("  {text}")));
                continue;
            }
        };
        let after = after.map_or_else(String::new, |after| format!("+{}", tell::brief(after)));
        let stamp = format!("{}  {after:>10}", tell::second(moment.at));
        let kind = tell::moment(moment.kind);
        let text = inert(&moment.text);
        let wide =
            Label { indent: 2, text: &format!("{stamp}  {kind}"), width: 37 + KINDS, style: DIM };
        if screen.width() >= 72 {
            screen.prose(&wide, NORMAL, &text);
        } else {
            screen.line(&screen.paint(DIM, &format!("  {stamp}  {kind}")));
            screen.prose(&Label { indent: 4, text: "", width: 0, style: DIM }, NORMAL, &text);
        }
    }
}

/// A step's progress as a mark and its colour.
fn mark(progress: Progress, screen: &Screen) -> (&'static str, anstyle::Style) {
    match progress {
        Progress::Open => (screen.drawn("○", "[ ]"), NORMAL),
        Progress::Begun => (screen.drawn("◐", "[>]"), WARNING),
        Progress::Waiting => (screen.drawn("…", "[.]"), WARNING),
        Progress::Failed => (screen.drawn("✗", "[!]"), BAD),
        Progress::Done => (screen.drawn("✓", "[x]"), GOOD),
        Progress::Waived => (screen.drawn("–", "[-]"), DIM),
    }
}

fn steps(shown: &Shown<'_>, screen: &mut Screen) {
    screen.prose(&label("steps"), NORMAL, &tell::progress(shown));
    for step in &shown.steps {
        let (mark, style) = mark(step.progress, screen);
        let sign = screen.paint(style, mark);
        let name = screen.paint(STRONG, step.name.name());
        let padding = " ".repeat(STEPS.saturating_sub(step.name.name().len()));
        let progress = screen.paint(style, step.progress.name());
        let required = if step.required { "" } else { ", not required" };
        screen.line(&format!("  {sign} {name}{padding}{progress}{required}{}", by_whom(step)));
        let indent = 2 + crate::snippet::width(mark) + 1;
        let under = Label { indent, text: "", width: 0, style: DIM };
        match &step.record {
            Some(record) if !record.text.is_empty() => {
                screen.prose(&under, NORMAL, &inert(&record.text));
            }
            _ if step.title() != step.name.name() => {
                screen.prose(&under, DIM, &inert(step.title()));
            }
            _ => {}
        }
    }
}

/// `, 2026-11-23 12:00 UTC by jane`.
fn by_whom(step: &Step<'_>) -> String {
    let Some(record) = &step.record else { return String::new() };
    let by = match record.by.trim() {
        "" => String::new(),
        by => format!(" by {}", inert(&crate::words::clip(by))),
    };
    match minute(record.at) {
        Some(at) => format!(", {at}{by}"),
        None => format!(",{by}"),
    }
}

/// What it is, what it reaches, where it lies.
fn finding(shown: &Shown<'_>, screen: &mut Screen) {
    reach::show(shown.known(), screen);
    for (i, line) in shown.exposure.lines.iter().enumerate() {
        screen.prose(&label(if i == 0 { "where" } else { "" }), NORMAL, &inert(line));
    }
    let spots = spots(&shown.places);
    if let Some(first) = spots.first() {
        screen.whole(&label("first in"), NORMAL, &position(first.place));
    }
    also_in(&spots, screen);
    let shown_gone = shown.gone.iter().take(GONE);
    for (i, place) in shown_gone.enumerate() {
        screen.whole(&label(if i == 0 { "gone from" } else { "" }), NORMAL, &position(place));
    }
    let more = shown.gone.len().saturating_sub(GONE);
    if more > 0 {
        screen.whole(&label(""), NORMAL, &format!("and {more} more places"));
    }
    let rating = shown.view.incident.severity.name();
    screen.prose(&label("severity"), NORMAL, &because(rating, &shown.severity_why));
    for (role, value) in &shown.companions {
        screen.prose(&label("belongs to"), NORMAL, &format!("{} {}", inert(role), inert(value)));
    }
    let incident = shown.view.incident;
    let identity = format!("{} {}", inert(incident.dossier.as_str()), incident.fingerprint);
    screen.whole(&label("identity"), DIM, &identity);
    reach::requests(shown.known(), screen);
}

fn because(what: &str, why: &str) -> String {
    if why.is_empty() { what.to_owned() } else { format!("{what}: {}", inert(why)) }
}

fn notes(shown: &Shown<'_>, screen: &mut Screen) {
    if shown.told(EventKind::Noted).next().is_some() {
        screen.blank();
    }
    let mut name = "notes";
    for told in shown.told(EventKind::Noted) {
        let at = minute(told.event.entry.at).unwrap_or_else(|| "at an impossible time".to_owned());
        let text = format!("{}, {at}: {}", inert(&told.actor), inert(&told.text));
        screen.prose(&label(name), NORMAL, &text);
        name = "";
    }
}

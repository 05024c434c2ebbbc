//! An incident in sentences, for every format that people read: what is to be
//! done next, how long the secret lay open, when it is due, how far it is. All
//! of it may hold foreign text; a format makes it inert in its own way.

use leeward_model::{Incident, Moment, MomentKind, Progress, State, Validity};

use crate::words::{count, grouped, minute, span};

use super::shown::{Shown, Step};

/// How long something lasted, in one unit and few letters: `5 s`, `26 min`,
/// `1.5 h`, `13 months`.
pub(crate) fn brief(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const MONTH: i64 = 2_629_746;
    const YEAR: i64 = 12 * MONTH;
    let tenths = |unit: i64| {
        let tenths = seconds.saturating_mul(10) / unit;
        match (tenths / 10, tenths % 10) {
            (whole, 0) => whole.to_string(),
            (whole @ 10.., _) => grouped(whole.unsigned_abs()),
            (whole, tenth) => format!("{whole}.{tenth}"),
        }
    };
    match seconds.max(0) {
        s @ 0..=99 => format!("{s} s"),
        s if s < 100 * MINUTE => format!("{} min", s / MINUTE),
        s if s < 2 * DAY => format!("{} h", tenths(HOUR)),
        s if s < 60 * DAY => format!("{} days", tenths(DAY)),
        s if s < 2 * YEAR => format!("{} months", s / MONTH),
        _ => format!("{} years", tenths(YEAR)),
    }
}

/// The same for a sentence, in up to two units: `5 seconds`, `1 hour 5
/// minutes`, `13 months 4 days`.
pub(crate) fn lasted(seconds: i64) -> String {
    const MONTH: i64 = 2_629_746;
    const YEAR: i64 = 12 * MONTH;
    const UNITS: [(i64, &str, &str); 6] = [
        (YEAR, "year", "years"),
        (MONTH, "month", "months"),
        (86_400, "day", "days"),
        (3_600, "hour", "hours"),
        (60, "minute", "minutes"),
        (1, "second", "seconds"),
    ];
    let seconds = seconds.max(0);
    // Below two years, and below two months, the smaller unit says more.
    let is_first = |unit: i64| match unit {
        YEAR | MONTH => seconds >= 2 * unit,
        unit => seconds >= unit,
    };
    let Some(first) = UNITS.iter().position(|(unit, ..)| is_first(*unit)) else {
        return "no time".to_owned();
    };
    let said = |n: i64, (_, one, many): (i64, &str, &str)| count(n as usize, one, many);
    let rest = seconds % UNITS[first].0;
    let whole = said(seconds / UNITS[first].0, UNITS[first]);
    match UNITS.get(first + 1) {
        Some(next) if rest >= next.0 => format!("{whole} {}", said(rest / next.0, *next)),
        _ => whole,
    }
}

/// `2026-11-20 09:30:05 UTC`; words for a time that no calendar holds.
pub(crate) fn second(at: i64) -> String {
    match crate::words::rfc3339(at) {
        Some(text) => text.replace('T', " ").replace('Z', " UTC"),
        None => "at an impossible time".to_owned(),
    }
}

/// `3 days ago`, `in 2 hours`, `just now`.
pub(crate) fn ago(at: i64, now: i64) -> String {
    match now.saturating_sub(at) {
        0 => "just now".to_owned(),
        past @ 1.. => format!("{} ago", span(past)),
        future => format!("in {}", span(future.saturating_neg())),
    }
}

/// A validity in a word, for where it answers whether a secret is live.
pub(crate) fn live(validity: Validity) -> &'static str {
    match validity {
        Validity::Active => "live",
        Validity::Restricted => "limited",
        Validity::Inactive => "dead",
        Validity::Unknown => "unknown",
        Validity::Unchecked => "not asked",
    }
}

/// `live when last asked, 2026-11-23 11:59 UTC (1 minute ago)`.
pub(crate) fn live_or_not(shown: &Shown<'_>) -> String {
    let verification = &shown.verification;
    let what = match verification.validity {
        Validity::Active => "live when last asked",
        Validity::Restricted => "live with limits when last asked",
        Validity::Inactive => "dead: refused when last asked",
        Validity::Unknown => "not known whether live: no answer when last asked",
        Validity::Unchecked => return "nobody asked whether it is live".to_owned(),
    };
    match verification.checked_at.and_then(|at| Some((minute(at)?, ago(at, shown.view.now)))) {
        Some((at, ago)) => format!("{what}, {at} ({ago})"),
        None => what.to_owned(),
    }
}

/// Whether it should have been closed by now.
pub(crate) fn is_overdue(incident: &Incident, now: i64) -> bool {
    incident.state != State::Closed && incident.due.is_some_and(|due| due < now)
}

/// `overdue by 3 days`, `in 2 hours`; `None` if it is closed or not due at any
/// time.
pub(crate) fn due(incident: &Incident, now: i64) -> Option<String> {
    let due = incident.due.filter(|_| incident.state != State::Closed)?;
    Some(if is_overdue(incident, now) {
        format!("overdue by {}", span(now.saturating_sub(due)))
    } else {
        ago(due, now)
    })
}

/// What comes next: what to do in a sentence, and the command that does it.
pub(crate) struct Next {
    pub(crate) what: String,
    pub(crate) command: Option<String>,
}

/// The next thing to do, and what can be done while that waits.
pub(crate) fn next(shown: &Shown<'_>) -> Vec<Next> {
    let id = shown.view.incident.id;
    let to_do = shown.to_do();
    let one = |step: &Step<'_>, lead: &str| {
        let text = step.record.as_ref().map_or("", |record| record.text.as_str());
        let said = if text.is_empty() { String::new() } else { format!(": {text}") };
        let what = match step.progress {
            Progress::Waiting => format!("{lead}{} is waiting{said}", step.name),
            Progress::Failed => format!("{lead}{} failed{said}; try it again", step.name),
            Progress::Begun => format!(
                "{lead}{} was begun, and how it ended is not recorded: run it again to find out",
                step.name
            ),
            _ if step.title() == step.name.name() => format!("{lead}{}", step.name),
            _ => format!("{lead}{}: {}", step.name, step.title()),
        };
        Next { what, command: Some(format!("leeward respond {id} {} --apply", step.name)) }
    };
    match to_do.as_slice() {
        [] if shown.view.incident.state == State::Closed => {
            vec![Next { what: "nothing: it is closed".to_owned(), command: None }]
        }
        [] => vec![Next {
            what: match shown.view.incident.state {
                State::Reopened => {
                    "it was opened again, and every required step is done or waived: look at why, \
                     then close it"
                }
                _ => "every required step is done or waived: close it",
            }
            .to_owned(),
            command: Some(format!("leeward incident close {id}")),
        }],
        [first, rest @ ..] => {
            let meanwhile = rest
                .iter()
                .find(|step| step.progress != Progress::Waiting)
                .filter(|_| first.progress == Progress::Waiting);
            let meanwhile = meanwhile.map(|step| one(step, "meanwhile, "));
            [one(first, "")].into_iter().chain(meanwhile).collect()
        }
    }
}

/// `3 of 6 required steps done, 1 waived`.
pub(crate) fn progress(shown: &Shown<'_>) -> String {
    let required = || shown.steps.iter().filter(|step| step.required);
    let waived = required().filter(|step| step.progress == Progress::Waived).count();
    let done = required().filter(|step| step.progress == Progress::Done).count();
    let mut text =
        format!("{done} of {} done", count(required().count(), "required step", "required steps"));
    if waived > 0 {
        text = format!("{text}, {waived} waived");
    }
    text
}

/// How long it lay open, in sentences: the length of the window, what it was
/// made of, and how sure its end is.
pub(crate) fn window(shown: &Shown<'_>) -> Vec<String> {
    let Some(window) = shown.view.timeline.window else {
        return vec!["since when it has lain open is not known".to_owned()];
    };
    let now = shown.view.now;
    let at = |at: i64| minute(at).unwrap_or_else(|| "an impossible time".to_owned());
    let length = lasted(window.seconds(now));
    let mut lines = vec![match window.until {
        Some(until) => format!(
            "lay open for {length}: from {} until {}, when it was proven dead",
            at(window.from),
            at(until)
        ),
        None => format!("open for {length}: since {}, and not proven dead", at(window.from)),
    }];
    let moments = &shown.view.timeline.moments;
    let of = |kind| moments.iter().find(|moment| moment.kind == kind).map(|moment| moment.at);
    if let Some(found) = of(MomentKind::Found).filter(|found| *found > window.from) {
        let unnoticed = lasted(found.saturating_sub(window.from));
        lines.push(match window.until {
            Some(until) if until > found => {
                let rest = lasted(until.saturating_sub(found));
                format!("unnoticed for {unnoticed}, then {rest} from found to proven dead")
            }
            _ => format!("unnoticed for {unnoticed}"),
        });
    }
    match (window.until, window.last_alive) {
        (Some(_), Some(alive)) => {
            lines.push(format!("last seen alive {}: it died after that", second(alive)));
        }
        (Some(_), None) => {
            lines.push("no answer ever showed it alive: it may have been dead before".to_owned());
        }
        (None, Some(alive)) => {
            lines.push(format!("last seen alive {} ({})", second(alive), ago(alive, now)));
        }
        (None, None) => {}
    }
    let revoked = moments.iter().rev().find(|moment| moment.kind == MomentKind::Revoked);
    if let (None, Some(revoked)) = (window.until, revoked) {
        lines.push(format!(
            "revoked {}, says the record, and no provider has refused it since",
            second(revoked.at)
        ));
    }
    lines
}

/// A line of the list of moments.
pub(crate) enum Beat<'a> {
    /// A moment, and how long after the one before.
    Moment(&'a Moment, Option<i64>),
    /// So many more of the same kind.
    More(usize, MomentKind),
}

/// Every moment, but for the middle of many answers that say the same: a
/// secret may be asked about every night.
pub(crate) fn beats<'a>(shown: &'a Shown<'_>) -> Vec<Beat<'a>> {
    /// Fewer are all shown.
    const MANY: usize = 4;
    let mut beats = Vec::new();
    let mut before = None;
    let same = |a: &Moment, b: &Moment| {
        a.kind == b.kind && matches!(a.kind, MomentKind::Alive | MomentKind::Dead)
    };
    for run in shown.moments.chunk_by(same) {
        for (i, moment) in run.iter().enumerate() {
            let in_the_middle = run.len() >= MANY && i > 0 && i + 1 < run.len();
            if !in_the_middle {
                let after = before.map(|before| moment.at.saturating_sub(before));
                beats.push(Beat::Moment(moment, after));
            } else if i == 1 {
                beats.push(Beat::More(run.len() - 2, moment.kind));
            }
            before = Some(moment.at);
        }
    }
    beats
}

/// What a kind of moment is called in a picture and in the list.
pub(crate) fn moment(kind: MomentKind) -> &'static str {
    match kind {
        MomentKind::Alive => "seen alive",
        MomentKind::Dead => "refused",
        MomentKind::Step => "step",
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_brief_or_exact() {
        let briefly = [0, 99, 100, 5_999, 6_000, 90_000, 200_000, 34_700_000, 70_000_000];
        let briefly = briefly.map(brief);
        assert_eq!(
            briefly,
            [
                "0 s",
                "99 s",
                "1 min",
                "99 min",
                "1.6 h",
                "25 h",
                "2.3 days",
                "13 months",
                "2.2 years"
            ]
        );
        let exactly = [0, 1, 61, 3_900, 86_400, 90_061, 34_900_000].map(lasted);
        assert_eq!(
            exactly,
            [
                "no time",
                "1 second",
                "1 minute 1 second",
                "1 hour 5 minutes",
                "1 day",
                "1 day 1 hour",
                "13 months 8 days"
            ]
        );
        for odd in [i64::MIN, -1, i64::MAX] {
            assert!(!brief(odd).is_empty() && !lasted(odd).is_empty());
        }
    }

    #[test]
    fn distances_have_a_direction() {
        assert_eq!(ago(0, 0), "just now");
        assert_eq!(ago(0, 7_200), "2 hours ago");
        assert_eq!(ago(7_200, 0), "in 2 hours");
        assert_eq!(ago(i64::MAX, i64::MIN), "in 292,277,024,626 years");
    }
}

//! Reading what was done with the value, over the time in which it lay open:
//! the provider's audit log, what was used month by month, and whatever logs of
//! their own the user has. What no log records is said as plainly.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, tz::TimeZone};
use leeward_model::{EventKind, Evidence, StepName};
use leeward_probe::{LogEntry, Office, RefusedKind, Usage};

use crate::{
    journal::facts,
    outcome::{Halt, Outcome},
    plan::Plan,
    responder::Responder,
    step::words,
};

/// Entries of an audit log that are read at most.
const MOST: usize = 5_000;

/// Months before the exposure that its months are compared with.
const BEFORE: i64 = 3;

/// Months that are asked about at most: an exposure may have lasted for years.
const MOST_MONTHS: usize = 15;

pub(super) fn plan(at: &Responder<'_>) -> Plan {
    let mut plan = Plan::default();
    let (after, before) = window(at);
    let span = format!("{} to {}", words::day(after), words::day(before));
    if at.tools.office.is_some() {
        plan = plan
            .asks(format!(
                "read the audit log of {span}, and mark what its owner did and what matters"
            ))
            .asks(format!("read usage by month, from {BEFORE} months before the exposure on"));
    } else {
        plan = plan.needs(words::no_administrator(at));
    }
    for report in &at.tools.logs {
        plan = plan.asks(format!("count requests in {}", report.name));
    }
    if at.tools.logs.is_empty() {
        plan =
            plan.note("logs of a gateway or a proxy can be read too: name them with `--logs FILE`");
    }
    plan.by_hand(at.dossier, StepName::Audit)
}

/// From the first moment it is known to have lain somewhere until it was dead,
/// or now.
fn window(at: &Responder<'_>) -> (i64, i64) {
    let now = (at.tools.clock)();
    let window = at.timeline().window;
    let from = window.map_or(at.incident.opened_at, |window| window.from);
    (from, window.and_then(|window| window.until).unwrap_or(now).max(from))
}

pub(super) fn apply(at: &mut Responder<'_>) -> Result<Outcome, Halt> {
    let mut said = Vec::new();
    let mut open = Vec::new();
    if let Some(office) = at.tools.office {
        match read_log(at, office)? {
            Ok(text) => said.push(text),
            Err(text) => open.push(text),
        }
        match read_usage(at, office)? {
            Ok(text) => said.push(text),
            Err(text) => open.push(text),
        }
    }
    read_own_logs(at, &mut said)?;
    let is_log_open = at.tools.office.is_some() && open.iter().any(|text| text.starts_with(NO_LOG));
    if said.is_empty() || is_log_open && at.tools.logs.iter().all(|log| !log.is_read) {
        let why = if open.is_empty() { words::no_administrator(at) } else { open.join("; ") };
        return Ok(Outcome::waiting(format!(
            "{why}; or look for yourself: {}, and say what you saw with `--attest`; logs of a gateway \
             can be read with `--logs FILE`",
            words::by_hand(at, StepName::Audit)
        )));
    }
    said.extend(open);
    said.push(UNLOGGED.to_owned());
    if at.case.verification.validity.is_live() && !at.is_settled(StepName::Revoke) {
        said.push("the value is still live: read it again once it is dead".to_owned());
        return Ok(Outcome::waiting(said.join("; ")));
    }
    Ok(Outcome::done(said.join("; ")))
}

/// What a reader must not conclude from an empty log.
const UNLOGGED: &str = "a log shows what was changed: model calls, reads and downloads are in none, nor \
     from which address";

/// What is said first of an audit log that was not read.
const NO_LOG: &str = "the audit log was not read";

type Said = Result<String, String>;

fn read_log(at: &mut Responder<'_>, office: &Office) -> Result<Said, Halt> {
    let (after, before) = window(at);
    (at.tools.tell)("reading the audit log");
    let answered = match office.log(after, before, MOST) {
        Ok(answered) => answered,
        Err(refused) => {
            at.prove(StepName::Audit, &refused.why, &[], &refused.evidence)?;
            let plan = if refused.kind == RefusedKind::NotAllowed {
                " (audit logs may be part of another plan)"
            } else {
                ""
            };
            return Ok(Err(format!("{NO_LOG}: {}{plan}", refused.why)));
        }
    };
    let entries = &answered.value;
    let marked = mark(at, entries);
    let span = format!("{} to {}", words::day(after), words::day(before));
    let capped = answered.partial.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    let mut text = format!(
        "the audit log of {span} has {}{capped}",
        words::counted(entries.len(), "entry", "entries")
    );
    match (marked.own, marked.matter.values().sum::<usize>()) {
        (0, 0) => {
            text.push_str(", none by the key's owner and none of a kind that matters for a leak");
        }
        (own, matter) => {
            text = format!("{text}, {own} by the key's owner or on the key");
            let kinds = marked.matter.iter().map(|(kind, count)| format!("{kind} {count}"));
            let kinds = kinds.collect::<Vec<_>>().join(", ");
            if matter > 0 {
                text = format!("{text}, {matter} of kinds that matter ({kinds})");
            }
        }
    }
    if marked.since > 0 {
        text = format!(
            "{text}; {} of them since this response began to change things, its own among them",
            marked.since
        );
    }
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for (index, line) in marked.lines.iter().enumerate() {
        named.insert(format!("entry-{:03}", index + 1), line.clone());
    }
    let named: Vec<(&str, &str)> =
        named.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    at.prove(StepName::Audit, &text, &named, &answered.evidence)?;
    Ok(Ok(text))
}

/// Entries that are worth a look.
#[derive(Default)]
struct Marked {
    own: usize,
    /// Since this response first changed something: its own among them.
    since: usize,
    matter: BTreeMap<String, usize>,
    lines: Vec<String>,
}

/// Lines that are kept at most: an auditor asks the provider for more.
const MOST_LINES: usize = 100;

fn mark(at: &Responder<'_>, entries: &[LogEntry]) -> Marked {
    let mut marked = Marked::default();
    let owner = at.identity("user-id");
    let key_id = at
        .identity("key-id")
        .or_else(|| at.events.iter().rev().find_map(|event| event.fact(facts::KEY_ID)));
    let first = at.events.iter().find(|event| event.entry.kind == EventKind::Intent);
    let responding = first.map(|event| event.entry.at);
    for entry in entries {
        let names = |wanted: Option<&str>| {
            wanted.is_some_and(|wanted| {
                [&entry.actor, &entry.target, &entry.detail]
                    .into_iter()
                    .flatten()
                    .any(|it| it.contains(wanted))
            })
        };
        let is_own = names(owner) || names(key_id);
        let matters = entry.why.as_deref();
        if responding.is_some_and(|since| entry.time >= since) {
            marked.since += 1;
        }
        if is_own {
            marked.own += 1;
        }
        if matters.is_some() {
            *marked.matter.entry(entry.kind.clone()).or_default() += 1;
        }
        if (is_own || matters.is_some()) && marked.lines.len() < MOST_LINES {
            let whose = if is_own { " by the key's owner or on the key" } else { "" };
            let why = matters.map(|why| format!(": {why}")).unwrap_or_default();
            marked.lines.push(format!(
                "{} {}{whose}{why}",
                words::time(entry.time),
                entry.what.as_deref().unwrap_or(&entry.kind)
            ));
        }
    }
    marked
}

fn read_usage(at: &mut Responder<'_>, office: &Office) -> Result<Said, Halt> {
    let (after, before) = window(at);
    let months = months(after, before);
    (at.tools.tell)("reading usage by month");
    let mut read: Vec<(String, bool, Usage)> = Vec::new();
    let mut evidence: Vec<Evidence> = Vec::new();
    for (year, month, is_exposed) in months {
        at.check_stop()?;
        match office.usage(year, month) {
            Ok(answered) => {
                evidence.extend(answered.evidence);
                read.push((format!("{year}-{month:02}"), is_exposed, answered.value));
            }
            Err(refused) => {
                evidence.extend(refused.evidence);
                at.prove(StepName::Audit, &refused.why, &[], &evidence)?;
                return Ok(Err(refused.why));
            }
        }
    }
    let text = compare(&read);
    let named: Vec<(String, String)> = read
        .iter()
        .map(|(month, _, usage)| (format!("usage-{month}"), usage_in_words(usage)))
        .collect();
    let named: Vec<(&str, &str)> =
        named.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    at.prove(StepName::Audit, &text, &named, &evidence)?;
    Ok(Ok(text))
}

/// The months of the exposure, and those before it, oldest first; whether each
/// is one of the exposure's.
fn months(after: i64, before: i64) -> Vec<(i16, i8, bool)> {
    let index = |seconds: i64| {
        let at = Timestamp::from_second(seconds).unwrap_or_default();
        let day = TimeZone::UTC.to_datetime(at).date();
        i64::from(day.year()) * 12 + i64::from(day.month()) - 1
    };
    let (first, last) = (index(after), index(before));
    let from = (first - BEFORE).max(last - MOST_MONTHS as i64 + 1);
    (from..=last)
        .map(|month| {
            ((month.div_euclid(12)) as i16, (month.rem_euclid(12) + 1) as i8, month >= first)
        })
        .collect()
}

/// The months of the exposure beside those before, by cost where the provider
/// tells it, and each category by its amount.
fn compare(read: &[(String, bool, Usage)]) -> String {
    let worst = read.iter().filter(|it| it.1).max_by(|a, b| cost(&a.2).total_cmp(&cost(&b.2)));
    let mut changes: Vec<(f64, String)> = Vec::new();
    let labels: BTreeSet<&str> =
        read.iter().flat_map(|it| &it.2.lines).map(|line| line.label.as_str()).collect();
    for label in labels {
        let during = mean(read, true, |usage| amount(usage, label));
        let ahead = mean(read, false, |usage| amount(usage, label));
        match (during, ahead) {
            (Some(during), Some(ahead)) if ahead > 0.0 && during > 0.0 => {
                let change = (during / ahead - 1.0) * 100.0;
                changes.push((change, format!("{label} {change:+.0} %")));
            }
            (Some(during), _) if during > 0.0 => {
                changes.push((f64::INFINITY, format!("{label} from nothing")));
            }
            _ => {}
        }
    }
    changes.sort_by(|a, b| b.0.total_cmp(&a.0));
    if changes.is_empty() {
        return "no usage is recorded in the months of the exposure".to_owned();
    }
    let months = read.iter().filter(|it| !it.1).count();
    let named: Vec<String> = changes.into_iter().take(4).map(|(_, text)| text).collect();
    let costs = match (mean(read, true, cost_of), mean(read, false, cost_of)) {
        (Some(during), Some(ahead)) if ahead > 0.0 => {
            format!(", cost {:+.0} %", (during / ahead - 1.0) * 100.0)
        }
        _ => String::new(),
    };
    let most = worst.map(|it| format!(", most in {}", it.0)).unwrap_or_default();
    format!(
        "usage in the months of the exposure against the {months} months before: {}{costs}{most} (of \
         the whole organization: none is kept for a single key)",
        named.join(", ")
    )
}

fn mean(
    read: &[(String, bool, Usage)],
    exposed: bool,
    of: impl Fn(&Usage) -> Option<f64>,
) -> Option<f64> {
    let amounts: Vec<f64> =
        read.iter().filter(|it| it.1 == exposed).filter_map(|it| of(&it.2)).collect();
    (!amounts.is_empty()).then(|| amounts.iter().sum::<f64>() / amounts.len() as f64)
}

fn amount(usage: &Usage, label: &str) -> Option<f64> {
    Some(usage.lines.iter().find(|line| line.label == label)?.amount)
}

fn cost_of(usage: &Usage) -> Option<f64> {
    let costs: Vec<f64> = usage.lines.iter().filter_map(|line| line.cost).collect();
    (!costs.is_empty()).then(|| costs.iter().sum())
}

fn cost(usage: &Usage) -> f64 {
    cost_of(usage).unwrap_or_else(|| usage.lines.iter().map(|line| line.amount).sum())
}

fn usage_in_words(usage: &Usage) -> String {
    let used = usage.lines.iter().filter(|line| line.amount > 0.0);
    let lines: Vec<String> = used.map(|line| format!("{} {}", line.label, line.amount)).collect();
    let cost = cost_of(usage)
        .map(|cost| format!("; cost {cost:.2} {}", usage.currency.as_deref().unwrap_or_default()));
    let cost = cost.unwrap_or_default();
    if lines.is_empty() { "nothing".to_owned() } else { format!("{}{cost}", lines.join(", ")) }
}

/// What the user's own logs show, read before this began.
fn read_own_logs(at: &mut Responder<'_>, said: &mut Vec<String>) -> Result<(), Halt> {
    for report in at.tools.logs.clone() {
        let named: Vec<(&str, &str)> =
            report.facts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        at.prove(StepName::Audit, &report.text, &named, &[])?;
        if report.is_read {
            said.push(report.text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("a time").as_second()
    }

    #[test]
    fn months_of_the_exposure_and_three_before() {
        let all = months(at("2026-01-15T00:00:00Z"), at("2026-02-01T00:00:00Z"));
        let expected = [(2025, 10), (2025, 11), (2025, 12), (2026, 1), (2026, 2)];
        assert_eq!(all.iter().map(|it| (it.0, it.1)).collect::<Vec<_>>(), expected);
        assert_eq!(
            all.iter().map(|it| it.2).collect::<Vec<_>>(),
            [false, false, false, true, true]
        );
    }

    #[test]
    fn a_long_exposure_is_read_from_its_end() {
        let all = months(at("2019-01-15T00:00:00Z"), at("2026-02-01T00:00:00Z"));
        assert_eq!(all.len(), MOST_MONTHS);
        assert_eq!((all[14].0, all[14].1), (2026, 2));
    }
}

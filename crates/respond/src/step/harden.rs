//! Narrowing what the next value can do: what the provider has for that and
//! what it has not, how it is set where a program can see it, and what in the
//! code makes the next leak worse. What a person must set is named.

use leeward_dossier::schema::{Control, Reach};
use leeward_model::StepName;
use leeward_probe::{Office, SpendingLimit};

use crate::{
    journal::facts,
    outcome::{Halt, Outcome},
    plan::Plan,
    responder::Responder,
    step::words,
};

pub(super) fn plan(at: &Responder<'_>) -> Plan {
    let mut plan = Plan::default();
    if !at.tools.search.is_empty() {
        plan = plan.asks(format!(
            "look in {} for uses of the API without encryption or certificate checks, for keys that are \
             shipped to browsers, and for compromised packages",
            at.tools.search.in_words()
        ));
    }
    if at.tools.office.is_some() {
        plan = plan.asks("read the spending limit");
    }
    if let Some(amount) = at.wishes.brake {
        plan = plan.changes(format!(
            "lower the spending limit of the whole organization to {amount}: everybody's requests stop \
             when it is reached"
        ));
    }
    for control in &at.dossier.controls {
        plan = plan.note(in_words(control));
    }
    plan
}

fn in_words(control: &Control) -> String {
    let how = match (control.exists, control.settable) {
        (false, _) => "does not exist",
        (true, Reach::AdminApi) => "a program can set it",
        (true, Reach::No) => "a person sets it",
    };
    let link = control.link.as_ref().map(|link| format!(" ({link})")).unwrap_or_default();
    format!("{}: {how}; {}{link}", control.title, control.advice)
}

pub(super) fn apply(at: &mut Responder<'_>) -> Result<Outcome, Halt> {
    let mut said = Vec::new();
    weaknesses(at, &mut said)?;
    if let Some(office) = at.tools.office {
        if let Some(outcome) = limit(at, office, &mut said)? {
            return Ok(outcome);
        }
    } else if at.wishes.brake.is_some() {
        return Ok(Outcome::waiting(words::no_administrator(at)));
    }
    let controls = &at.dossier.controls;
    let (existing, missing): (Vec<_>, Vec<_>) = controls.iter().partition(|it| it.exists);
    let named: Vec<(String, String)> =
        controls.iter().map(|it| (format!("control-{}", it.id), in_words(it))).collect();
    let named: Vec<(&str, &str)> =
        named.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    at.prove(
        StepName::Harden,
        "what narrows a key of this kind, and what does not exist",
        &named,
        &[],
    )?;
    if !existing.is_empty() {
        said.push(format!(
            "{} controls exist, which a person sets; {} that are often advised do not ({})",
            existing.len(),
            missing.len(),
            missing.iter().map(|it| it.title.to_lowercase()).collect::<Vec<_>>().join(", ")
        ));
    }
    if said.is_empty() {
        said.push("nothing is known that narrows a value of this kind".to_owned());
    }
    Ok(Outcome::done(said.join("; ")))
}

fn limit_in_words(limit: &SpendingLimit) -> String {
    let currency = limit.currency.as_deref().unwrap_or_default();
    match (limit.unlimited, limit.amount) {
        (Some(true), _) => "the organization has no spending limit".to_owned(),
        (_, Some(amount)) => {
            let reached = if limit.reached == Some(true) { ", and it is reached" } else { "" };
            format!("the organization's spending limit is {amount} {currency} a month{reached}")
        }
        _ => "the provider does not tell the spending limit".to_owned(),
    }
}

fn weaknesses(at: &mut Responder<'_>, said: &mut Vec<String>) -> Result<(), Halt> {
    if at.tools.search.is_empty() {
        return Ok(());
    }
    (at.tools.tell)("looking for what makes the next leak worse");
    let found = at.tools.search.weaknesses(at.dossier);
    let named: Vec<(String, &String)> = found
        .iter()
        .enumerate()
        .map(|(index, line)| (format!("weakness-{:03}", index + 1), line))
        .collect();
    let named: Vec<(&str, &str)> =
        named.iter().map(|(name, line)| (name.as_str(), line.as_str())).collect();
    let text = match found.len() {
        0 => "nothing was found in the code that makes the next leak worse".to_owned(),
        1 => format!("1 weakness: {}", found[0]),
        count => format!("{count} weaknesses, the first: {}", found[0]),
    };
    at.prove(StepName::Harden, &text, &named, &[])?;
    said.push(text);
    Ok(())
}

/// Reads the spending limit, and lowers it if that was asked for. An outcome if
/// that failed.
fn limit(
    at: &mut Responder<'_>,
    office: &Office,
    said: &mut Vec<String>,
) -> Result<Option<Outcome>, Halt> {
    match office.limit() {
        Ok(answered) => {
            let text = limit_in_words(&answered.value);
            let now = answered.value.amount.filter(|_| answered.value.unlimited != Some(true));
            if let (Some(amount), Some(now)) = (at.wishes.brake, now)
                && amount as f64 > now
            {
                return Ok(Some(Outcome::failed(format!(
                    "{text}: `--brake {amount}` would raise it, and a brake only lowers"
                ))));
            }
            at.prove(StepName::Harden, &text, &[], &answered.evidence)?;
            said.push(text);
        }
        Err(refused) => {
            let text = format!("the spending limit was not read: {}", refused.why);
            at.prove(StepName::Harden, &text, &[], &refused.evidence)?;
            said.push(text);
        }
    }
    let Some(amount) = at.wishes.brake else { return Ok(None) };
    let text = amount.to_string();
    let about = [(facts::ACT, facts::BRAKE), ("amount", text.as_str())];
    at.intend(StepName::Harden, "about to lower the spending limit of the organization", &about)?;
    match office.brake(amount) {
        Ok(answered) => {
            let text = format!("the spending limit of the organization was lowered to {amount}");
            at.prove(StepName::Harden, &text, &about, &answered.evidence)?;
            said.push(text);
            Ok(None)
        }
        Err(refused) => {
            let text = format!("the spending limit was not lowered: {}", refused.why);
            at.prove(StepName::Harden, &text, &[], &refused.evidence)?;
            Ok(Some(Outcome::failed(text)))
        }
    }
}

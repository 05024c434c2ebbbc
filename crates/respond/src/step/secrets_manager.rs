//! Keeping the next value where it belongs. The replacement is put there when
//! it is made, so this looks where it lives, and says how code reads it from
//! there.

use leeward_model::{EventKind, StepName};

use crate::{
    dependents::By,
    journal::facts,
    outcome::{Halt, Outcome},
    plan::Plan,
    responder::Responder,
    step::{is_user, words},
};

pub(super) fn plan(at: &Responder<'_>) -> Plan {
    let mut plan = Plan::default();
    for destination in at.tools.destinations {
        plan = plan.note(destination.how_it_is_read());
    }
    if at.tools.destinations.is_empty() && at.has_consumers() {
        plan = plan.needs(words::NO_DESTINATION);
    }
    for proposal in proposals(at) {
        plan = plan.note(proposal);
    }
    plan.by_hand(at.dossier, StepName::SecretsManager)
}

pub(super) fn apply(at: &mut Responder<'_>) -> Result<Outcome, Halt> {
    let kept = kept_in(at);
    for (index, proposal) in proposals(at).into_iter().enumerate() {
        let name = format!("change-{:03}", index + 1);
        at.prove(
            StepName::SecretsManager,
            "a change that makes code read the value from where it is kept",
            &[(&name, &proposal)],
            &[],
        )?;
    }
    if kept.is_empty() {
        return Ok(if at.tools.search.is_empty() {
            Outcome::waiting(words::NOWHERE_TO_SEARCH)
        } else if at.has_consumers() {
            Outcome::waiting(words::NO_DESTINATION)
        } else {
            Outcome::done("there is nothing to keep: nothing that was searched uses the value")
        });
    }
    let managers: Vec<&str> =
        kept.iter().map(String::as_str).filter(|name| !is_plain_file(name)).collect();
    if managers.is_empty() {
        return Ok(Outcome::waiting(format!(
            "the replacement is kept in {}, which is a plain file: name a secrets manager with `--to`, \
             such as `vault:secret/app#NAME`",
            kept.join(", ")
        )));
    }
    Ok(Outcome::done(format!("the replacement is kept in {}", managers.join(", "))))
}

/// Where the replacement was put, by the log.
fn kept_in(at: &Responder<'_>) -> Vec<String> {
    let Some(created) = at.last(EventKind::Evidence, &[(facts::ACT, facts::CREATE)]) else {
        return Vec::new();
    };
    let Some(fingerprint) = created.fact(facts::NEW_FINGERPRINT) else { return Vec::new() };
    let mut places: Vec<String> = at
        .events
        .iter()
        .filter(|event| {
            event.entry.kind == EventKind::Evidence
                && event.fact(facts::ACT) == Some(facts::PUT)
                && event.fact(facts::NEW_FINGERPRINT) == Some(fingerprint)
        })
        .filter_map(|event| event.fact(facts::DESTINATION).map(str::to_owned))
        .collect();
    places.sort();
    places.dedup();
    places
}

/// A file that holds values as they are.
fn is_plain_file(destination: &str) -> bool {
    destination.starts_with("env:")
}

/// Changes to code that holds the value itself, as masked differences.
fn proposals(at: &Responder<'_>) -> Vec<String> {
    let (Some(destination), Some(secret)) = (at.tools.destinations.first(), &at.tools.secret)
    else {
        return Vec::new();
    };
    let found = at.dependents();
    let holders =
        found.consumers.iter().filter(|consumer| consumer.how == By::Value && is_user(consumer));
    holders
        .filter_map(|consumer| {
            destination.proposal(at.dossier, secret, consumer, &at.tools.search.roots)
        })
        .collect()
}

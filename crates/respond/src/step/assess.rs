//! Learning what the value reached. It can only be asked while it lives, so
//! this comes first in either order; what was learnt is kept with the incident,
//! and compared with what was learnt before.

use std::collections::BTreeMap;

use leeward_model::{Assessment, EventKind, StepName, Validity};

use crate::{
    outcome::{Halt, Outcome},
    plan::Plan,
    responder::Responder,
    step::words,
};

pub(super) fn plan(at: &Responder<'_>) -> Plan {
    let questions = at.dossier.assess.requests.len();
    match (&at.tools.secret, at.tools.inquirer) {
        _ if questions == 0 => Plan::default()
            .note("no question is known that tells what a value of this kind reaches")
            .by_hand(at.dossier, StepName::Assess),
        _ if at.case.verification.validity == Validity::Inactive => Plan::default()
            .note("the value is dead: what it reached can no longer be asked"),
        (Some(_), Some(_)) => Plan::default().asks(format!(
            "ask what the value reaches, {questions} read-only questions; names and counts are kept, \
             contents are not fetched"
        )),
        (None, _) => Plan::default().needs(words::NO_VALUE),
        (_, None) => Plan::default().needs(words::OFFLINE),
    }
}

pub(super) fn apply(at: &mut Responder<'_>) -> Result<Outcome, Halt> {
    if at.dossier.assess.requests.is_empty() {
        return Ok(Outcome::waiting(format!(
            "no question tells what a value of this kind reaches: {}; then say what you saw with \
             `--attest`",
            words::by_hand(at, StepName::Assess)
        )));
    }
    let (Some(inquirer), Some(secret)) = (at.tools.inquirer, &at.tools.secret) else {
        return Ok(from_memory(
            at,
            if at.tools.secret.is_none() { words::NO_VALUE } else { words::OFFLINE },
        ));
    };
    (at.tools.tell)("asking what the value reaches");
    let before = at.case.assessment.clone();
    let learnt = inquirer.assess(at.dossier.id(), secret, &at.case.companions);
    at.learn(EventKind::Verified, &leeward_probe::Learnt { assessment: None, ..learnt.clone() })?;
    let validity = learnt.verification.validity;
    let Some(assessment) = &learnt.assessment else {
        return Ok(from_memory(
            at,
            &format!("nothing was asked: the value is {}", validity.name()),
        ));
    };
    if !validity.is_live() {
        return Ok(from_memory(at, &format!("the value is {}", validity.name())));
    }
    let text = in_words(assessment, before.as_ref());
    at.learn(EventKind::Assessed, &learnt)?;
    Ok(Outcome::done(text))
}

/// What remains when the value can no longer say it.
fn from_memory(at: &Responder<'_>, why: &str) -> Outcome {
    let is_asked = |assessment: &&Assessment| !assessment.grants.is_empty();
    if let Some(assessment) = at.case.assessment.as_ref().filter(is_asked) {
        return Outcome::done(format!(
            "{why}; what it reached was asked before: {}",
            in_words(assessment, None)
        ));
    }
    let was_alive = at.events.iter().any(|event| {
        event.entry.kind == EventKind::Verified
            && matches!(event.fact("validity"), Some("active" | "restricted"))
    });
    if at.case.verification.validity == Validity::Inactive && !was_alive {
        return Outcome::done(
            "the value was refused whenever it was asked about: nothing lies within its reach now; \
             what it reached before it was revoked is not known",
        );
    }
    Outcome::waiting(format!(
        "{why}, and what it reached was not asked before: look for yourself ({}), and say what you saw \
         with `--attest`",
        words::by_hand(at, StepName::Assess)
    ))
}

/// Counts, and what is more or less than before.
fn in_words(now: &Assessment, before: Option<&Assessment>) -> String {
    let mut reached: Vec<String> = now
        .grants
        .iter()
        .filter(|grant| grant.count.known() > 0)
        .map(|grant| {
            let count = grant.count.known();
            let noun = if count == 1 { &grant.noun.0 } else { &grant.noun.1 };
            format!("{count} {noun}")
        })
        .collect();
    let shown = reached.len().min(6);
    let more = reached.len() - shown;
    reached.truncate(shown);
    let mut text = match (reached.is_empty(), now.gaps.is_empty()) {
        (true, true) => "nothing is stored within its reach".to_owned(),
        (true, false) => "nothing was listed, and some questions stayed open".to_owned(),
        (false, _) => format!("it reached {}", reached.join(", ")),
    };
    if more > 0 {
        text = format!("{text} and {more} more kinds of things");
    }
    if !now.gaps.is_empty() {
        text = format!("{text}; {} questions stayed open", now.gaps.len());
    }
    if let Some(changes) = before.map(|before| changes(before, now)).filter(|it| !it.is_empty()) {
        text = format!("{text}; since the last look: {}", changes.join(", "));
    }
    text
}

/// What was counted otherwise than before.
fn changes(before: &Assessment, now: &Assessment) -> Vec<String> {
    let counted = |assessment: &Assessment| -> BTreeMap<String, (u64, String)> {
        let of = |grant: &leeward_model::Grant| {
            (grant.id.clone(), (grant.count.known(), grant.noun.1.clone()))
        };
        assessment.grants.iter().map(of).collect()
    };
    let (before, now) = (counted(before), counted(now));
    now.iter()
        .filter_map(|(id, (count, noun))| {
            let (was, _) = before.get(id)?;
            (was != count).then(|| format!("{noun} {was} → {count}"))
        })
        .collect()
}

//! Putting a new value in the old one's place: created in the same workspace,
//! handed straight to where it is kept, and shown to nobody.
//!
//! A created value is told once. A run that ends between creating and keeping
//! it leaves a key that nobody holds: the next run finds it by the name that was
//! written down before, and deletes it.

mod earlier;
mod make;

use std::time::Duration;

use leeward_model::{EventKind, Fingerprint, Secret, StepName};

use self::{
    earlier::{Fate, Made, elsewhere, fate, fingerprint},
    make::{Got, New, create, drop_key, note_created},
};
use crate::{
    journal::facts,
    outcome::{Halt, Outcome},
    plan::Plan,
    responder::Responder,
    step::words,
    vault::Held,
};

pub(super) use earlier::replacement_fails;

pub(super) fn plan(at: &Responder<'_>) -> Plan {
    if !is_needed(at) {
        return Plan::default().note(
            "nothing that was searched uses the value, and no destination is named: no \
                   replacement is needed",
        );
    }
    let mut plan = Plan::default();
    if at.tools.destinations.is_empty() {
        plan = plan.needs(words::NO_DESTINATION);
    }
    if at.tools.replacement.is_some() {
        plan = plan.asks("take the replacement that you hand in");
    } else if let (Fate::Kept(places), _) = fate(at) {
        plan = plan.needs(elsewhere(&places));
    } else if matches!(fate(at), (Fate::Found(_), _)) {
        plan = plan.asks("take the replacement that was made before, from where it is kept");
    } else if at.tools.office.is_some() {
        match fate(at) {
            (Fate::Lost, Some(made)) => {
                plan = plan.changes(format!(
                    "delete the replacement `{}` of a run before, if it exists: nobody holds its value",
                    made.name
                ));
            }
            (Fate::Unreadable, Some(made)) => {
                plan = plan.changes(format!(
                    "delete the replacement `{}` of a run before, once another has taken its place",
                    made.name
                ));
            }
            _ => {}
        }
        let expires = at.wishes.expires.map_or_else(|| "no day".to_owned(), words::day);
        let whose = at.identity("workspace");
        let whose = whose
            .map_or_else(|| "the same workspace".to_owned(), |it| format!("the workspace {it}"));
        plan = plan.changes(format!(
            "create a key, named after the old one, in {whose}, ending on {expires}"
        ));
    } else {
        plan = plan
            .needs(format!(
                "{}; or create a key yourself and hand it in with `--replacement`",
                words::no_administrator(at)
            ))
            .by_hand(at.dossier, StepName::Rotate);
    }
    for destination in at.tools.destinations {
        for line in destination.plan() {
            plan = plan.changes(line);
        }
    }
    plan.asks("ask about the new value until it is accepted")
        .note("the connector scope of a key can be chosen in the provider's console only")
}

/// Whether anything needs a replacement: something uses the value, or the user
/// names where one should go.
fn is_needed(at: &Responder<'_>) -> bool {
    !at.tools.destinations.is_empty() || at.tools.replacement.is_some() || at.has_consumers()
}

pub(super) fn apply(at: &mut Responder<'_>) -> Result<Outcome, Halt> {
    if let Some(outcome) = is_in_place(at)? {
        return Ok(outcome);
    }
    if !is_needed(at) && at.tools.search.is_empty() {
        return Ok(Outcome::waiting(words::NOWHERE_TO_SEARCH));
    }
    if !is_needed(at) {
        return Ok(Outcome::done(
            "no replacement is needed: nothing that was searched uses the value",
        ));
    }
    if at.tools.destinations.is_empty() {
        return Ok(Outcome::waiting(words::NO_DESTINATION));
    }
    // Before anything is created that would have to go somewhere.
    for destination in at.tools.destinations {
        if let Err(trouble) = destination.ready() {
            return Ok(Outcome::failed(format!(
                "nothing was created: `{}` cannot be used: {trouble}",
                destination.name()
            )));
        }
    }
    let made = match made(at)? {
        Got::New(made) => *made,
        Got::Outcome(outcome) => return Ok(outcome),
    };
    keep(at, &made)
}

/// An outcome if every destination holds the replacement and it is accepted.
fn is_in_place(at: &mut Responder<'_>) -> Result<Option<Outcome>, Halt> {
    let Some(wanted) = at.replacement() else { return Ok(None) };
    if at.tools.destinations.is_empty() || at.tools.replacement.is_some() {
        return Ok(None);
    }
    let wanted_text = wanted.to_string();
    let accepted = [(facts::ACT, facts::ACCEPTED), (facts::NEW_FINGERPRINT, wanted_text.as_str())];
    if at.last(EventKind::Evidence, &accepted).is_none() {
        return Ok(None);
    }
    for destination in at.tools.destinations {
        let family = &at.dossier.family;
        match destination.holds(&|value| Fingerprint::new(family, value) == wanted) {
            Ok(Held::Yes) => {}
            // It cannot be read there; that it was put stands in the log.
            Ok(Held::Unreadable { .. }) if was_put(at, &destination.name(), &wanted_text) => {}
            _ => return Ok(None),
        }
    }
    let record = at.record_of(StepName::Rotate).filter(|record| record.progress.is_settled());
    let text = record.map_or("the replacement is in place and accepted", |it| it.text.as_str());
    Ok(Some(Outcome::done(text.to_owned()).with(facts::NEW_FINGERPRINT, wanted_text)))
}

fn was_put(at: &Responder<'_>, destination: &str, fingerprint: &str) -> bool {
    let wanted = [
        (facts::ACT, facts::PUT),
        (facts::DESTINATION, destination),
        (facts::NEW_FINGERPRINT, fingerprint),
    ];
    at.last(EventKind::Evidence, &wanted).is_some()
}

/// The replacement: handed in, found where a run before put it, or created.
fn made(at: &mut Responder<'_>) -> Result<Got, Halt> {
    if let Some(secret) = at.tools.replacement.as_ref().map(Secret::duplicate) {
        if fingerprint(at, &secret) == at.case.fingerprint {
            return Ok(Outcome::failed(
                "nothing was put anywhere: the replacement that was handed in is the exposed value",
            )
            .into());
        }
        note_created(at, &secret, None, &[])?;
        return Ok(Got::New(Box::new(New { secret, record: None, instead_of: None })));
    }
    let (lost, replaced) = match fate(at) {
        (Fate::Found(secret), _) => {
            return Ok(Got::New(Box::new(New { secret, record: None, instead_of: None })));
        }
        (Fate::Kept(places), _) => return Ok(Outcome::waiting(elsewhere(&places)).into()),
        (Fate::Lost, made) => (made, None),
        (Fate::Unreadable, made) => (None, made),
        (Fate::None, _) => (None, None),
    };
    let Some(office) = at.tools.office else {
        return Ok(Outcome::waiting(format!(
            "{}; or create a key by hand ({}) and hand it in with `--replacement`",
            words::no_administrator(at),
            words::by_hand(at, StepName::Rotate)
        ))
        .into());
    };
    if let Some(Made { name, id }) = lost
        && let Some(outcome) = drop_key(at, office, id, &name)?
    {
        return Ok(outcome.into());
    }
    create(at, office, replaced)
}

/// Puts the new value where it belongs, and sees that it is there and works.
fn keep(at: &mut Responder<'_>, new: &New) -> Result<Outcome, Halt> {
    let wanted = fingerprint(at, &new.secret);
    let wanted_text = wanted.to_string();
    let mut kept = Vec::new();
    for destination in at.tools.destinations {
        let name = destination.name();
        let about = [
            (facts::ACT, facts::PUT),
            (facts::DESTINATION, name.as_str()),
            (facts::NEW_FINGERPRINT, wanted_text.as_str()),
        ];
        at.intend(StepName::Rotate, "about to keep the replacement", &about)?;
        (at.tools.tell)(&format!("keeping the replacement in {name}"));
        match destination.put(&new.secret) {
            Ok(receipt) => {
                let facts = receipt.facts.iter().map(|(name, fact)| (name.as_str(), fact.as_str()));
                let about: Vec<(&str, &str)> = facts.chain(about).collect();
                at.prove(StepName::Rotate, &receipt.text, &about, &[])?;
                kept.push(format!("`{name}`"));
            }
            Err(trouble) => {
                let why = format!("the replacement could not be kept in `{name}`: {trouble}");
                match destination.holds(&|value| fingerprint(at, value) == wanted) {
                    // It arrived all the same.
                    Ok(Held::Yes) => {
                        at.prove(StepName::Rotate, "the replacement is kept", &about, &[])?;
                        kept.push(format!("`{name}`"));
                    }
                    Ok(Held::No | Held::Absent) => {
                        at.prove(StepName::Rotate, &why, &[], &[])?;
                        return give_up(at, new, kept.is_empty(), why);
                    }
                    // It may have arrived, and may be in use.
                    Ok(Held::Unreadable { .. }) | Err(_) => {
                        at.prove(StepName::Rotate, &why, &[], &[])?;
                        return Ok(Outcome::failed(format!("{why}; run this step again")));
                    }
                }
            }
        }
    }
    if let Some(outcome) = until_accepted(at, &new.secret, &wanted_text)? {
        return Ok(outcome);
    }
    if let (Some(Made { name, id }), Some(office)) = (&new.instead_of, at.tools.office)
        && let Some(outcome) = drop_key(at, office, id.clone(), name)?
    {
        return Ok(outcome);
    }
    Ok(Outcome::done(format!(
        "the replacement {} is kept in {} and accepted",
        new.secret.hint(),
        kept.join(", ")
    ))
    .with(facts::NEW_FINGERPRINT, wanted_text))
}

/// What could be kept nowhere is of no use, and a danger.
fn give_up(
    at: &mut Responder<'_>,
    new: &New,
    is_nowhere: bool,
    why: String,
) -> Result<Outcome, Halt> {
    let (Some(office), Some(record), true) = (at.tools.office, &new.record, is_nowhere) else {
        return Ok(Outcome::failed(format!("{why}; run this step again")));
    };
    let intent = at.last(EventKind::Intent, &[(facts::ACT, facts::CREATE)]);
    let name = intent.and_then(|event| event.fact(facts::KEY_NAME)).unwrap_or_default().to_owned();
    match drop_key(at, office, Some(record.id.clone()), &name)? {
        None => Ok(Outcome::failed(format!("{why}; the replacement was deleted again"))),
        Some(outcome) => Ok(Outcome::failed(format!("{why}; and {}", outcome.text))),
    }
}

/// A new key may be refused for some minutes.
fn until_accepted(
    at: &mut Responder<'_>,
    secret: &Secret,
    fingerprint: &str,
) -> Result<Option<Outcome>, Halt> {
    let Some(inquirer) = at.tools.inquirer else {
        return Ok(Some(Outcome::waiting(words::OFFLINE)));
    };
    let since = (at.tools.clock)();
    let mut pause = Duration::from_millis(500);
    loop {
        at.check_stop()?;
        let verification = inquirer.verify(at.dossier.id(), secret, &[]).verification;
        if verification.validity.is_live() {
            let about = [(facts::ACT, facts::ACCEPTED), (facts::NEW_FINGERPRINT, fingerprint)];
            let text = "the replacement is accepted";
            at.prove(StepName::Rotate, text, &about, &verification.evidence)?;
            return Ok(None);
        }
        let waited = (at.tools.clock)() - since;
        if waited >= at.wishes.seconds() {
            return Ok(Some(Outcome::waiting(format!(
                "the replacement is kept, and not accepted after {waited} s ({}): a new key may be \
                 refused for some minutes; run this step again",
                verification.why
            ))));
        }
        (at.tools.tell)("the replacement is not accepted yet: asking again");
        at.wait(pause)?;
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}

//! Making the value useless. Whose it is is asked first, since that dies with
//! it; the record is found by its last characters and confirmed by first, last
//! and name; it is deleted; and the value is asked about until it is refused.
//!
//! Nothing is deleted of which it is not certain that it is this one.

use std::time::Duration;

use leeward_model::{EventKind, StepName, Validity};
use leeward_probe::{KeyRecord, Learnt, RefusedKind};

use crate::{
    journal::facts,
    order::Order,
    outcome::{Halt, Outcome},
    plan::Plan,
    responder::Responder,
    step::{rotate, words},
};

pub(super) fn plan(at: &Responder<'_>) -> Plan {
    let mut plan = Plan::default();
    let can_ask = at.tools.secret.is_some() && at.tools.inquirer.is_some();
    if at.case.verification.validity == Validity::Inactive && can_ask {
        return plan.asks("ask once more whether the value is refused, and record that");
    }
    match (&at.tools.secret, at.tools.inquirer) {
        (Some(_), Some(_)) if at.identity("key-id").is_none() => {
            plan = plan.asks("ask whose the value is, while it can still say so");
        }
        (None, _) => {
            plan = plan.needs(
                "the value itself, to ask whether it is refused: it is in none of its places any \
                 more; hand it in with `--value`",
            );
        }
        (_, None) => plan = plan.needs("a connection: nothing may be sent (`--offline`)"),
        _ => {}
    }
    if waits(at) {
        plan = plan.needs(
            "everything that uses the value switched to another: take the steps `rotate` and \
             `update-dependents` first, or say `--force`",
        );
    }
    if at.tools.office.is_some() {
        let (first, last) = at.case.hint.ends().unwrap_or_default();
        plan.asks(format!(
            "find its record by its last characters `{last}`, and confirm it by `{first}…{last}` and \
             its name"
        ))
        .changes("delete that record")
        .asks("ask about the value until it is refused")
    } else {
        plan.needs(words::no_administrator(at)).by_hand(at.dossier, StepName::Revoke)
    }
}

/// Whether something may still use the value, in rotate-first order.
fn waits(at: &Responder<'_>) -> bool {
    let (order, _) = at.order();
    order == Order::RotateFirst
        && !at.wishes.force
        && at.has_consumers()
        && !at.is_waived(StepName::UpdateDependents)
}

/// Why it is not revoked yet, in rotate-first order. Looked at anew just before
/// the deletion: what was switched may have been switched back, and a
/// replacement may be gone.
fn blocked(at: &mut Responder<'_>) -> Result<Option<String>, Halt> {
    let (order, _) = at.order();
    if order != Order::RotateFirst || at.wishes.force {
        return Ok(None);
    }
    if at.tools.search.is_empty() && !at.is_settled(StepName::UpdateDependents) {
        return Ok(Some(format!(
            "not revoked: {}, or say `--force`, or `--order revoke-first`",
            words::NOWHERE_TO_SEARCH
        )));
    }
    (at.tools.tell)("looking once more for what uses the value");
    at.search_again();
    if waits(at) {
        return Ok(Some(
            "not revoked: something still uses it; switch that first (`rotate`, \
             `update-dependents`), or say `--force`, or `--order revoke-first`"
                .to_owned(),
        ));
    }
    let unread = at.dependents().coverage.not_scanned.len();
    if unread > 0 && !at.progress(StepName::UpdateDependents).is_settled() {
        return Ok(Some(format!(
            "not revoked: {unread} files could not be searched for what uses it; take the step \
             `update-dependents` first, or say `--force`"
        )));
    }
    rotate::replacement_fails(at)
}

pub(super) fn apply(at: &mut Responder<'_>) -> Result<Outcome, Halt> {
    if let Some(outcome) = is_refused(at)? {
        return Ok(outcome);
    }
    if let Some(why) = blocked(at)? {
        return Ok(Outcome::waiting(why));
    }
    let Some(office) = at.tools.office else {
        return Ok(Outcome::waiting(format!(
            "{}; or delete it by hand: {}; then run this step again",
            words::no_administrator(at),
            words::by_hand(at, StepName::Revoke)
        )));
    };
    let record = match record(at)? {
        Found::One(record) => *record,
        Found::Outcome(outcome) => return Ok(outcome),
    };
    let name = record.name.clone().unwrap_or_default();
    let about = [
        (facts::ACT, facts::DELETE),
        (facts::KEY_ID, record.id.as_str()),
        (facts::KEY_NAME, &name),
    ];
    at.intend(StepName::Revoke, "about to delete the key's record", &about)?;
    (at.tools.tell)("deleting the key");
    let (result, said, evidence, refused) = match office.delete(&record.id) {
        Ok(answered) => ("done", "the record was deleted".to_owned(), answered.evidence, None),
        Err(refused) => {
            // It may have happened, or somebody else was faster: what the value
            // does now tells.
            let result = match refused.kind {
                RefusedKind::Unsure => "unsure",
                RefusedKind::Gone => "gone",
                _ => "refused",
            };
            let said = format!("the record was not seen deleted: {}", refused.why);
            let why = (result == "refused").then_some(refused.why);
            (result, said, refused.evidence, why)
        }
    };
    let about = [&about[..], &[(facts::RESULT, result)]].concat();
    at.prove(StepName::Revoke, &said, &about, &evidence)?;
    if let Some(why) = refused {
        return Ok(Outcome::failed(format!("not revoked: {why}")));
    }
    until_refused(at, &record.id)
}

/// Asks about the value. An outcome if it is refused already.
fn is_refused(at: &mut Responder<'_>) -> Result<Option<Outcome>, Halt> {
    let Some(learnt) = ask(at)? else { return Ok(None) };
    match learnt.verification.validity {
        Validity::Inactive => Ok(Some(refused(at))),
        _ => Ok(None),
    }
}

/// A person says that it was deleted: whether that is so is asked, if it can
/// be.
pub(super) fn attested(at: &mut Responder<'_>, said: Outcome) -> Result<Outcome, Halt> {
    Ok(match ask(at)?.map(|learnt| learnt.verification.validity) {
        Some(Validity::Inactive) => {
            let text = format!("proven dead: the provider refuses it; {}", said.text);
            Outcome::done(text).with(facts::PROOF, facts::REFUSED)
        }
        Some(validity) if validity.is_live() => Outcome::failed(format!(
            "said to be revoked ({}), and the provider still accepts the value: delete it, and run \
             this step again",
            said.text
        )),
        _ => said,
    })
}

/// Asks about the value, and whose it is if that is not known.
pub(super) fn ask(at: &mut Responder<'_>) -> Result<Option<Learnt>, Halt> {
    let (Some(inquirer), Some(secret)) = (at.tools.inquirer, &at.tools.secret) else {
        return Ok(None);
    };
    (at.tools.tell)("asking whether the value is live");
    let wants_identity = at.identity("key-id").is_none();
    let learnt = if wants_identity {
        inquirer.identify(at.dossier.id(), secret, &at.case.companions)
    } else {
        inquirer.verify(at.dossier.id(), secret, &at.case.companions)
    };
    // An assessment is not replaced by the little that identity tells.
    let learnt = match &at.case.assessment {
        Some(_) => Learnt { assessment: None, ..learnt },
        None => learnt,
    };
    at.learn(EventKind::Verified, &learnt)?;
    Ok(Some(learnt))
}

fn refused(at: &Responder<'_>) -> Outcome {
    let deleted = [(facts::ACT, facts::DELETE), (facts::RESULT, "done")];
    let deleted = at.last(EventKind::Evidence, &deleted);
    let text = match deleted.and_then(|event| event.fact(facts::KEY_NAME)) {
        Some(name) if !name.is_empty() => {
            format!("proven dead: the key `{name}` was deleted, and the provider refuses it")
        }
        Some(_) => "proven dead: its record was deleted, and the provider refuses it".to_owned(),
        None => "proven dead: the provider refuses it".to_owned(),
    };
    Outcome::done(text).with(facts::PROOF, facts::REFUSED)
}

enum Found {
    One(Box<KeyRecord>),
    Outcome(Outcome),
}

impl From<Outcome> for Found {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

/// The record of this key, and no other's.
fn record(at: &mut Responder<'_>) -> Result<Found, Halt> {
    let Some(office) = at.tools.office else { return Ok(Outcome::waiting("").into()) };
    let Some((_, tail)) = at.case.hint.ends().map(|(head, tail)| (head, tail.to_owned())) else {
        return Ok(Outcome::failed(
            "not revoked: too little of the value is known to find its record; name the record with \
             `--key-id`",
        )
        .into());
    };
    (at.tools.tell)("looking for the key's record");
    let answered = match office.find_by_tail(&tail) {
        Ok(answered) => answered,
        Err(refused) => {
            let why = format!("not revoked: {}", refused.why);
            at.prove(StepName::Revoke, &why, &[], &refused.evidence)?;
            return Ok(Outcome::failed(why).into());
        }
    };
    if let Some(why) = &answered.partial {
        let why =
            format!("not revoked: not every record was listed ({why}), so another may look alike");
        at.prove(StepName::Revoke, &why, &[], &answered.evidence)?;
        return Ok(Outcome::failed(format!("{why}; run this step again")).into());
    }
    let listed = answered.value.len();
    let mut fitting: Vec<KeyRecord> =
        answered.value.into_iter().filter(|record| record.matches(&at.case.hint)).collect();
    at.prove(
        StepName::Revoke,
        &format!("{listed} records end alike, {} of them begin alike too", fitting.len()),
        &[],
        &answered.evidence,
    )?;
    if let Some(wanted) = &at.wishes.key_id {
        fitting.retain(|record| record.id == *wanted);
        if fitting.is_empty() {
            return Ok(Outcome::failed(format!(
                "not revoked: no record of the id `{wanted}` looks like {}",
                at.case.hint
            ))
            .into());
        }
    }
    let is_it = |record: &KeyRecord| at.identity("key-id") == Some(record.id.as_str());
    if let Some(index) = fitting.iter().position(is_it) {
        return Ok(deletable(fitting.swap_remove(index)));
    }
    Ok(match fitting.len() {
        0 => none_fits(at)?.into(),
        1 => certain(at, fitting.remove(0)),
        _ => Outcome::failed(format!(
            "not revoked: several records look like {}: {}; say which with `--key-id ID`",
            at.case.hint,
            words::records(&fitting)
        ))
        .into(),
    })
}

/// A single record that looks like it is it, unless the key says otherwise of
/// itself, or too little of the value is shown to tell.
fn certain(at: &Responder<'_>, record: KeyRecord) -> Found {
    if at.wishes.key_id.is_some() {
        return deletable(record);
    }
    let name = record.name.as_deref().unwrap_or("without a name");
    let confirm = format!("if it is the one, say `--key-id {}`", record.id);
    if let Some(id) = at.identity("key-id") {
        // A record of that id was looked for before.
        return Outcome::failed(format!(
            "not revoked: the record that looks like {}, `{name}`, has another id than the key says of \
             itself ({id}): it may be somebody else's; {confirm}",
            at.case.hint
        ))
        .into();
    }
    if let Some(says) = at.identity("key").filter(|says| *says != name) {
        return Outcome::failed(format!(
            "not revoked: the record that looks like {} is called `{name}`, and the key says that it is \
             called `{says}`: it may be somebody else's; {confirm}",
            at.case.hint
        ))
        .into();
    }
    if !shows_as_much(at, &record) {
        return Outcome::failed(format!(
            "not revoked: the record `{name}` shows too little of its value to be sure that it is {}; \
             {confirm}",
            at.case.hint
        ))
        .into();
    }
    deletable(record)
}

/// Whether a record shows as much of its value as is known of this one.
fn shows_as_much(at: &Responder<'_>, record: &KeyRecord) -> bool {
    let Some((head, tail)) = at.case.hint.ends() else { return false };
    let shown = record.hint.as_deref().unwrap_or_default();
    shown.starts_with(head) && shown.ends_with(tail)
}

fn deletable(record: KeyRecord) -> Found {
    if record.deletable == Some(false) {
        let name = record.name.as_deref().unwrap_or("without a name");
        return Outcome::failed(format!(
            "not revoked: the provider does not let this administrator delete the key `{name}`{}; ask \
             its creator{}, or an administrator who may",
            record.workspace.as_ref().map(|it| format!(" of the workspace `{it}`")).unwrap_or_default(),
            record.creator.as_ref().map(|it| format!(" `{it}`")).unwrap_or_default(),
        ))
        .into();
    }
    Found::One(Box::new(record))
}

/// No record looks like it: it is gone already, or lies in another
/// organization.
fn none_fits(at: &mut Responder<'_>) -> Result<Outcome, Halt> {
    if let Some(id) = deleted_before(at) {
        return until_refused(at, &id);
    }
    let whose = at.identity("organization").map(|name| format!(" `{name}`")).unwrap_or_default();
    Ok(Outcome::failed(format!(
        "not revoked: no key of this administrator's organization looks like {}; the key's \
         organization is{}: use an administrator of that one, or delete it by hand: {}",
        at.case.hint,
        if whose.is_empty() { " not known" } else { &whose },
        words::by_hand(at, StepName::Revoke)
    )))
}

/// The id of the record, if a run before sent its deletion and was not refused.
fn deleted_before(at: &Responder<'_>) -> Option<String> {
    let intent = at.last(EventKind::Intent, &[(facts::ACT, facts::DELETE)])?;
    let id = intent.fact(facts::KEY_ID)?;
    let result = at.events.iter().find(|event| {
        event.sequence > intent.sequence
            && event.fact(facts::ACT) == Some(facts::DELETE)
            && event.fact(facts::KEY_ID) == Some(id)
    });
    // Nothing is written down of a run that ended in between: it may have been
    // sent.
    let is_refused = result.and_then(|event| event.fact(facts::RESULT)) == Some("refused");
    (!is_refused).then(|| id.to_owned())
}

/// Asks about the value until it is refused, for as long as the user is
/// patient. How long a deletion takes is not documented.
fn until_refused(at: &mut Responder<'_>, key_id: &str) -> Result<Outcome, Halt> {
    let since = (at.tools.clock)();
    let mut pause = Duration::from_millis(500);
    loop {
        at.check_stop()?;
        let Some(learnt) = ask(at)? else { return without_value(at, key_id) };
        match learnt.verification.validity {
            Validity::Inactive => return Ok(refused(at)),
            Validity::Active | Validity::Restricted | Validity::Unknown | Validity::Unchecked => {}
        }
        let waited = (at.tools.clock)() - since;
        if waited >= at.wishes.seconds() {
            return still_alive(at, &learnt, key_id, waited);
        }
        (at.tools.tell)(&format!(
            "deleted; still {}: asking again",
            learnt.verification.validity.name()
        ));
        at.wait(pause)?;
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}

/// The value is not at hand, so nobody can ask about it: the list is what is
/// left.
fn without_value(at: &mut Responder<'_>, key_id: &str) -> Result<Outcome, Halt> {
    let is_answered = ["done", "gone"].into_iter().any(|result| {
        let about = [(facts::ACT, facts::DELETE), (facts::KEY_ID, key_id), (facts::RESULT, result)];
        at.last(EventKind::Evidence, &about).is_some()
    });
    match is_listed(at, key_id)? {
        Some(false) if !is_answered && !sees_its_workspace(at)? => Ok(Outcome::waiting(
            "its record is not listed, but this administrator lists nothing of its workspace: it may \
             be one of another organization; use the administrator that found it, or hand the value in \
             with `--value`",
        )),
        Some(false) => Ok(Outcome::done(
            "its record is no longer listed; the value itself was not asked about, since it is no \
             longer at hand: hand it in with `--value` to prove that it is refused",
        )
        .with(facts::PROOF, facts::UNLISTED)),
        Some(true) => Ok(Outcome::failed(
            "the provider said that the key was deleted, and still lists it: delete it by hand, and \
             run this step again",
        )),
        None => Ok(Outcome::waiting(
            "the key was deleted, and it is not known whether it is refused: run this step again",
        )),
    }
}

fn still_alive(
    at: &mut Responder<'_>,
    learnt: &Learnt,
    key_id: &str,
    waited: i64,
) -> Result<Outcome, Halt> {
    let validity = learnt.verification.validity;
    if !validity.is_live() {
        return Ok(Outcome::waiting(format!(
            "deleted, and for {waited} s no answer said whether it is refused ({}): run this step \
             again",
            learnt.verification.why
        )));
    }
    Ok(Outcome::failed(match is_listed(at, key_id)? {
        Some(true) => format!(
            "the provider answered that the key was deleted, still lists it, and still accepts it \
             after {waited} s: nothing was revoked; delete it by hand ({}), and run this step again",
            words::by_hand(at, StepName::Revoke)
        ),
        _ => format!(
            "deleted, and still accepted after {waited} s: the provider may need longer; run this step \
             again, and write to its support if that does not end it"
        ),
    }))
}

/// Whether this administrator lists keys of the exposed key's workspace.
fn sees_its_workspace(at: &mut Responder<'_>) -> Result<bool, Halt> {
    let Some(office) = at.tools.office else { return Ok(false) };
    match office.find_by_name("") {
        Ok(answered) => {
            let own = at.identity("workspace-id");
            let is_own =
                |record: &KeyRecord| own.is_some() && record.workspace_id.as_deref() == own;
            let sees = answered.value.iter().any(is_own);
            let text = if sees {
                "this administrator lists keys of its workspace"
            } else {
                "this administrator lists no key of its workspace"
            };
            at.prove(StepName::Revoke, text, &[], &answered.evidence)?;
            Ok(sees)
        }
        Err(refused) => {
            at.prove(StepName::Revoke, &refused.why, &[], &refused.evidence)?;
            Ok(false)
        }
    }
}

/// Whether a record is still listed; `None` if nobody said.
fn is_listed(at: &mut Responder<'_>, key_id: &str) -> Result<Option<bool>, Halt> {
    let (Some(office), Some((_, tail))) = (at.tools.office, at.case.hint.ends()) else {
        return Ok(None);
    };
    match office.find_by_tail(tail) {
        Ok(answered) => {
            let is_there = answered.value.iter().any(|record| record.id == key_id);
            let text =
                if is_there { "its record is still listed" } else { "its record is not listed" };
            at.prove(StepName::Revoke, text, &[(facts::KEY_ID, key_id)], &answered.evidence)?;
            Ok(Some(is_there))
        }
        Err(refused) => {
            at.prove(StepName::Revoke, &refused.why, &[], &refused.evidence)?;
            Ok(None)
        }
    }
}

//! Putting a new value in the old one's place: created in the same workspace,
//! handed straight to where it is kept, and shown to nobody.
//!
//! A created value is told once. A run that ends between creating and keeping
//! it leaves a key that nobody holds: the next run finds it by the name that was
//! written down before, and deletes it.

use std::{cell::RefCell, collections::BTreeSet, time::Duration};

use leeward_model::{EventKind, Fingerprint, Secret, StepName};
use leeward_probe::{Created, KeyRecord, Office, RefusedKind, Wanted};
use rand::RngExt as _;

use crate::{
    journal::facts,
    plan::Plan,
    responder::{Halt, Outcome, Responder},
    step::words,
    vault::Held,
};

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
        let whose = at.identity("workspace").unwrap_or("the same");
        plan = plan.changes(format!(
            "create a key, named after the old one, in the workspace {whose}, ending on {expires}"
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

/// What became of the replacement that was made last.
enum Fate {
    /// There is none.
    None,
    /// Its value is in a place that was named.
    Found(Secret),
    /// It is kept where nobody was told to look, or may be.
    Kept(Vec<String>),
    /// It was put, or may have been, where a value cannot be read back: another
    /// takes its place there, and then it is deleted.
    Unreadable,
    /// Nobody holds its value.
    Lost,
}

/// A replacement that was made before, by its name, and the id of its record if
/// that is known.
struct Made {
    name: String,
    id: Option<String>,
}

fn elsewhere(places: &[String]) -> String {
    format!(
        "the replacement that was made before is kept in {}, or may be: name that place with `--to` \
         too, or hand it in with `--replacement`",
        places.join(", ")
    )
}

/// What became of it, by the log and by what the places hold, and which it is,
/// if we made it. Only what was put nowhere, or is certainly in none of the
/// places it was put, is lost.
fn fate(at: &Responder<'_>) -> (Fate, Option<Made>) {
    let Some(intent) = at.last(EventKind::Intent, &[(facts::ACT, facts::CREATE)]) else {
        let held = at.replacement().and_then(|wanted| held(at, wanted));
        return (held.unwrap_or(Fate::None), None);
    };
    let name = intent.fact(facts::KEY_NAME).unwrap_or_default().to_owned();
    let about = |act: &'static str| {
        let about = [(facts::ACT, act), (facts::KEY_NAME, name.as_str())];
        at.last(EventKind::Evidence, &about)
    };
    if about(facts::DROP).is_some() {
        return (Fate::None, None);
    }
    let created = about(facts::CREATE);
    let id = created.and_then(|event| event.fact(facts::KEY_ID)).map(str::to_owned);
    let wanted = created.and_then(|event| event.fact(facts::NEW_FINGERPRINT)?.parse().ok());
    let fate = wanted.and_then(|wanted| held(at, wanted)).unwrap_or(Fate::Lost);
    (fate, Some(Made { name, id }))
}

/// Where a replacement is; `None` if it is certainly nowhere.
fn held(at: &Responder<'_>, wanted: Fingerprint) -> Option<Fate> {
    let text = wanted.to_string();
    let put: BTreeSet<String> = at
        .events
        .iter()
        .filter(|event| {
            event.fact(facts::ACT) == Some(facts::PUT)
                && event.fact(facts::NEW_FINGERPRINT) == Some(text.as_str())
        })
        .filter_map(|event| event.fact(facts::DESTINATION).map(str::to_owned))
        .collect();
    let (mut open, mut unreadable) = (put, false);
    for destination in at.tools.destinations {
        let found = RefCell::new(None);
        let is_it = |value: &Secret| {
            let is_it = fingerprint(at, value) == wanted;
            if is_it {
                *found.borrow_mut() = Some(value.duplicate());
            }
            is_it
        };
        match destination.holds(&is_it) {
            Ok(Held::Yes) => return found.into_inner().map(Fate::Found),
            Ok(Held::No | Held::Absent) => {
                open.remove(&destination.name());
            }
            // It may be there.
            Ok(Held::Unreadable { .. }) => unreadable |= open.remove(&destination.name()),
            Err(_) => {}
        }
    }
    if open.is_empty() && unreadable {
        return Some(Fate::Unreadable);
    }
    (!open.is_empty()).then(|| Fate::Kept(open.iter().map(|name| format!("`{name}`")).collect()))
}

/// Why a value must not be revoked yet: the replacement that takes its place is
/// not where it was put, or is not accepted.
pub(super) fn replacement_fails(at: &mut Responder<'_>) -> Result<Option<String>, Halt> {
    let (Some(wanted), Some(inquirer)) = (at.replacement(), at.tools.inquirer) else {
        return Ok(None);
    };
    match held(at, wanted) {
        Some(Fate::Found(secret)) => {
            (at.tools.tell)("asking whether the replacement is still accepted");
            let said = inquirer.verify(at.dossier.id(), &secret, &[]).verification;
            if said.validity.is_live() {
                return Ok(None);
            }
            Ok(Some(format!(
                "not revoked: the replacement is {} ({}); take the step `rotate` again, or say \
                 `--force`",
                said.validity.name(),
                said.why
            )))
        }
        // Nobody was told where to look: it was accepted when it was put there.
        Some(_) => Ok(None),
        None => Ok(Some(
            "not revoked: the replacement is in none of the places where it was put; take the step \
             `rotate` again, or say `--force`"
                .to_owned(),
        )),
    }
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

/// A value that is to be kept, and the record it belongs to, if that is known.
struct New {
    secret: Secret,
    record: Option<KeyRecord>,
    /// The replacement whose place it takes, which is deleted afterwards.
    instead_of: Option<Made>,
}

enum Got {
    New(Box<New>),
    Outcome(Outcome),
}

impl From<Outcome> for Got {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

fn fingerprint(at: &Responder<'_>, secret: &Secret) -> Fingerprint {
    Fingerprint::new(&at.dossier.family, secret)
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

/// Deletes a key that we made and nobody holds. An outcome if that failed, or
/// it is not certain that it is ours.
fn drop_key(
    at: &mut Responder<'_>,
    office: &Office,
    id: Option<String>,
    name: &str,
) -> Result<Option<Outcome>, Halt> {
    /// How far the clocks of this machine and the provider may be apart.
    const APART: i64 = 600;
    let about = [(facts::ACT, facts::CREATE), (facts::KEY_NAME, name)];
    let Some(since) = at.last(EventKind::Intent, &about).map(|event| event.entry.at) else {
        return Ok(Some(Outcome::failed("nothing was created: a replacement was not made by us")));
    };
    (at.tools.tell)("looking for a replacement whose value nobody holds");
    let found = match office.find_by_name(name) {
        Ok(found) => found,
        Err(refused) => {
            return Ok(Some(Outcome::failed(format!("nothing was created: {}", refused.why))));
        }
    };
    if let Some(why) = found.partial {
        return Ok(Some(Outcome::failed(format!(
            "nothing was created: whether the replacement `{name}` of a run before exists is not known, \
             since not every key was listed ({why}); run this step again"
        ))));
    }
    // A name of ours, whole: the provider finds parts of names too. Nobody has
    // the same, since a part of it was drawn.
    let ours = |record: &KeyRecord| {
        record.name.as_deref() == Some(name)
            && id.as_ref().is_none_or(|id| id.is_empty() || record.id == *id)
            && record.created.is_none_or(|created| created >= since - APART)
    };
    let mut evidence = found.evidence;
    let records: Vec<KeyRecord> = found.value.into_iter().filter(ours).collect();
    if records.len() > 1 {
        return Ok(Some(Outcome::failed(format!(
            "nothing was created: several keys are called `{name}`: {}; delete the one that nobody \
             holds, and run this step again",
            words::records(&records)
        ))));
    }
    let about = [(facts::ACT, facts::DROP), (facts::KEY_NAME, name)];
    for record in records {
        at.intend(StepName::Rotate, "about to delete a replacement that nobody holds", &about)?;
        match office.delete(&record.id) {
            Ok(answered) => evidence.extend(answered.evidence),
            Err(refused) if refused.kind == RefusedKind::Gone => evidence.extend(refused.evidence),
            Err(refused) => {
                return Ok(Some(Outcome::failed(format!(
                    "nothing was created: the replacement `{name}` of a run before, whose value nobody \
                     holds, could not be deleted: {}",
                    refused.why
                ))));
            }
        }
    }
    at.prove(
        StepName::Rotate,
        "no replacement is left whose value nobody holds",
        &about,
        &evidence,
    )?;
    Ok(None)
}

/// A name that says whose replacement it is, and that nobody else has.
fn next_name(at: &Responder<'_>) -> String {
    let old = at.identity("key").unwrap_or("key");
    // Of a replacement that leaked itself, the name of the first.
    let old = old.split(" (leeward ").next().unwrap_or(old);
    let old: String = old.chars().filter(|it| !it.is_control()).take(40).collect();
    let drawn: u32 = rand::rng().random();
    format!("{old} (leeward {}-{drawn:08x})", at.incident.id)
}

/// Asks whose the exposed value is, if that is not known and can still be asked.
fn learn_whose(at: &mut Responder<'_>) -> Result<(), Halt> {
    if at.identity("workspace-id").is_some() {
        return Ok(());
    }
    let (Some(inquirer), Some(secret)) = (at.tools.inquirer, &at.tools.secret) else {
        return Ok(());
    };
    (at.tools.tell)("asking whose the value is");
    let learnt = inquirer.identify(at.dossier.id(), secret, &at.case.companions);
    at.learn(EventKind::Verified, &learnt)
}

fn create(at: &mut Responder<'_>, office: &Office, instead_of: Option<Made>) -> Result<Got, Halt> {
    learn_whose(at)?;
    let whose = at.identity("workspace-id").zip(at.identity("user-id"));
    let Some((workspace, user)) = whose else {
        return Ok(Outcome::waiting(format!(
            "nothing was created: the key's workspace and owner are not known, and the value \
             cannot say them; create a key by hand ({}) and hand it in with `--replacement`",
            words::by_hand(at, StepName::Rotate)
        ))
        .into());
    };
    let wanted = Wanted {
        name: next_name(at),
        workspace_id: Some(workspace.to_owned()),
        user_id: Some(user.to_owned()),
        expires: at.wishes.expires,
    };
    let about = [(facts::ACT, facts::CREATE), (facts::KEY_NAME, wanted.name.as_str())];
    at.intend(StepName::Rotate, "about to create a replacement", &about)?;
    (at.tools.tell)("creating a replacement");
    match office.create(&wanted) {
        Ok(answered) => {
            let Created { secret, record } = answered.value;
            note_created(at, &secret, Some((&record, &wanted.name)), &answered.evidence)?;
            Ok(Got::New(Box::new(New { secret, record: Some(record), instead_of })))
        }
        Err(refused) => {
            let why = format!("no replacement was created: {}", refused.why);
            at.prove(StepName::Rotate, &why, &[], &refused.evidence)?;
            // It may exist all the same, with a value that nobody saw.
            if refused.kind == RefusedKind::Unsure
                && let Some(outcome) = drop_key(at, office, None, &wanted.name)?
            {
                return Ok(outcome.into());
            }
            Ok(Outcome::failed(why).into())
        }
    }
}

/// Writes down that there is a replacement: made by us, with its record and the
/// name that was drawn for it, or by somebody else.
fn note_created(
    at: &mut Responder<'_>,
    secret: &Secret,
    ours: Option<(&KeyRecord, &str)>,
    evidence: &[leeward_model::Evidence],
) -> Result<(), Halt> {
    let (hint, fingerprint) = (secret.hint(), fingerprint(at, secret).to_string());
    let mut about = vec![
        (facts::ACT, facts::CREATE),
        (facts::NEW_HINT, hint.as_str()),
        (facts::NEW_FINGERPRINT, fingerprint.as_str()),
    ];
    if let Some((record, name)) = ours {
        about.push((facts::KEY_NAME, name));
        if !record.id.is_empty() {
            about.push((facts::KEY_ID, record.id.as_str()));
        }
    }
    let text =
        if ours.is_some() { "a replacement was created" } else { "a replacement was handed in" };
    at.prove(StepName::Rotate, text, &about, evidence)
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

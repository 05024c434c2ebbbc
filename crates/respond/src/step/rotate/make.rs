//! Making a replacement at the provider, and deleting one whose value nobody
//! holds. Where it is kept is not decided here.

use leeward_model::{EventKind, Secret, StepName};
use leeward_probe::{Created, KeyRecord, Office, RefusedKind, Wanted};
use rand::RngExt as _;

use super::earlier::{Made, fingerprint};
use crate::{
    journal::facts,
    outcome::{Halt, Outcome},
    responder::Responder,
    step::words,
};

/// A value that is to be kept, and the record it belongs to, if that is known.
pub(super) struct New {
    pub(super) secret: Secret,
    pub(super) record: Option<KeyRecord>,
    /// The replacement whose place it takes, which is deleted afterwards.
    pub(super) instead_of: Option<Made>,
}

pub(super) enum Got {
    New(Box<New>),
    Outcome(Outcome),
}

impl From<Outcome> for Got {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

/// Deletes a key that we made and nobody holds. An outcome if that failed, or
/// it is not certain that it is ours.
pub(super) fn drop_key(
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

pub(super) fn create(
    at: &mut Responder<'_>,
    office: &Office,
    instead_of: Option<Made>,
) -> Result<Got, Halt> {
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
pub(super) fn note_created(
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

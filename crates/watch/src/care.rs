//! What people do about an incident without a response: who takes care of it, by when,
//! what they say of it, and that it is closed or open again. Each is an entry of the
//! log; what follows from it is the store's. Steps are [`response`](crate::response)'s.

use std::fmt;

use jiff::Timestamp;
use leeward_model::{
    Entry, EventKind, Incident, IncidentId, Progress, State, StepName, facts as model_facts,
};
use leeward_respond::{facts, hindrance};
use leeward_store::{Store, Trouble};

use crate::{discreet::cautious, entry::entry, policy::Policy};

/// Who acts, and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Their name.
    pub actor: &'a str,
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
}

/// Why it was not done.
#[derive(Debug)]
pub enum NotDone {
    /// What the store says.
    Store(Trouble),
    /// There is nothing to write down.
    NothingSaid,
    /// A step that closing asks for is neither done nor waived.
    Missing(IncidentId, Vec<StepName>),
    /// The value is alive by the newest answer.
    Hindered(IncidentId, &'static str),
}

impl From<Trouble> for NotDone {
    fn from(trouble: Trouble) -> Self {
        Self::Store(trouble)
    }
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(trouble) => trouble.fmt(f),
            Self::NothingSaid => f.write_str("nothing was said"),
            Self::Missing(id, steps) => {
                let names: Vec<String> = steps.iter().map(|step| format!("`{step}`")).collect();
                write!(
                    f,
                    "incident {id} is not closed: {} {} neither done nor waived; `leeward respond {id}` \
                     shows what to do, `--waive STEP=REASON` leaves one out",
                    names.join(", "),
                    if names.len() == 1 { "is" } else { "are" },
                )
            }
            Self::Hindered(id, why) => write!(
                f,
                "incident {id} is not closed: {why}; revoke it with `leeward respond {id} revoke \
                 --apply`, or say why it may stay with `--waive revoke=REASON`"
            ),
        }
    }
}

impl std::error::Error for NotDone {}

fn kept(
    incident: IncidentId,
    by: By<'_>,
    kind: EventKind,
    text: &str,
    facts: &[(&str, &str)],
) -> Entry {
    entry(incident, by.at, by.actor, kind, text, facts)
}

/// Somebody takes care of an incident from now on; nobody if the name is empty. What
/// was written down.
///
/// # Errors
/// What the store says.
pub fn assign(
    store: &mut Store,
    by: By<'_>,
    incident: IncidentId,
    owner: &str,
) -> Result<String, NotDone> {
    let owner = owner.trim();
    let text = match owner {
        "" => "nobody takes care of it now".to_owned(),
        owner => format!("{owner} takes care of it"),
    };
    let entry = kept(incident, by, EventKind::Assigned, &text, &[(model_facts::OWNER, owner)]);
    write(store, entry)
}

/// It is due at another time: seconds since 1970-01-01 UTC. What was written down.
///
/// # Errors
/// What the store says.
pub fn due(
    store: &mut Store,
    by: By<'_>,
    incident: IncidentId,
    at: i64,
) -> Result<String, NotDone> {
    let text = format!("due on {}", Timestamp::from_second(at).unwrap_or_default());
    let seconds = at.to_string();
    let entry = kept(incident, by, EventKind::Due, &text, &[(model_facts::DUE, &seconds)]);
    write(store, entry)
}

/// Somebody said something of it. A note may quote a value by mistake, which is not
/// kept. What was written down.
///
/// # Errors
/// Nothing was said, or what the store says.
pub fn note(
    store: &mut Store,
    by: By<'_>,
    incident: IncidentId,
    text: &str,
) -> Result<String, NotDone> {
    write(store, kept(incident, by, EventKind::Noted, &said(text)?, &[]))
}

/// It is open again, with the reason; where it is open already, that is a note. Whether
/// it was reopened.
///
/// # Errors
/// Nothing was said, or what the store says.
pub fn reopen(
    store: &mut Store,
    by: By<'_>,
    incident: &Incident,
    text: &str,
) -> Result<bool, NotDone> {
    let text = said(text)?;
    if !incident.state.is_thought_dead() {
        write(store, kept(incident.id, by, EventKind::Noted, &text, &[]))?;
        return Ok(false);
    }
    let named = [(facts::FROM, incident.state.name()), (facts::TO, State::Reopened.name())];
    write(store, kept(incident.id, by, EventKind::Moved, &text, &named))?;
    Ok(true)
}

/// Closes an incident, leaving out steps with a reason. Whether it was closed just now,
/// and not before.
///
/// # Errors
/// What is missing, or what the store says.
pub fn close(
    store: &mut Store,
    by: By<'_>,
    policy: &Policy,
    incident: &Incident,
    waived: &[(StepName, String)],
) -> Result<bool, NotDone> {
    if incident.state == State::Closed {
        return Ok(false);
    }
    let id = incident.id;
    let mut entries: Vec<Entry> = waived
        .iter()
        .map(|(step, reason)| {
            let named = [
                (facts::STEP, step.name()),
                (facts::PROGRESS, Progress::Waived.name()),
                (facts::PROOF, facts::WAIVED),
            ];
            kept(id, by, EventKind::Step, reason, &named)
        })
        .collect();
    let steps = store.steps(id)?;
    let is_settled = |step: &StepName| {
        waived.iter().any(|(waived, _)| waived == step)
            || steps.iter().any(|known| known.step == *step && known.progress.is_settled())
    };
    let missing: Vec<StepName> =
        policy.required.iter().copied().filter(|step| !is_settled(step)).collect();
    if !missing.is_empty() {
        return Err(NotDone::Missing(id, missing));
    }
    let events = store.events(Some(id))?;
    let is_waived = waived.iter().any(|(step, _)| *step == StepName::Revoke);
    if let Some(why) = hindrance(incident, &steps, &events).filter(|_| !is_waived) {
        return Err(NotDone::Hindered(id, why));
    }
    let named = [(facts::FROM, incident.state.name()), (facts::TO, State::Closed.name())];
    let text = "every required step is done or waived";
    entries.push(kept(id, by, EventKind::Moved, text, &named));
    store.append(&entries)?;
    Ok(true)
}

/// What somebody says, without values.
fn said(text: &str) -> Result<String, NotDone> {
    match text.trim() {
        "" => Err(NotDone::NothingSaid),
        text => Ok(cautious(text)),
    }
}

fn write(store: &mut Store, entry: Entry) -> Result<String, NotDone> {
    let text = entry.text.clone();
    store.append(&[entry])?;
    Ok(text)
}

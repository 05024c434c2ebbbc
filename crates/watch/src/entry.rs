//! An entry of the log as it may be kept: what people type and name may hold a value.

use leeward_model::{Entry, EventKind, IncidentId, facts as model_facts};
use leeward_respond::facts;

use crate::discreet::discreet;

/// An entry by somebody. `at` is in seconds since 1970-01-01 UTC.
pub fn entry(
    incident: IncidentId,
    at: i64,
    actor: &str,
    kind: EventKind,
    text: &str,
    facts: &[(&str, &str)],
) -> Entry {
    let facts = facts.iter().map(|(name, fact)| ((*name).to_owned(), (*fact).to_owned()));
    discreetly(Entry {
        incident: Some(incident),
        at,
        actor: actor.to_owned(),
        kind,
        text: text.to_owned(),
        facts: facts.collect(),
    })
}

/// An entry without what looks like a value.
pub fn discreetly(entry: Entry) -> Entry {
    /// Facts by which the next run finds what this one did, so that they must
    /// stay what they are; and those that are long and random, and no value.
    const PLAIN: [&str; 6] = [
        facts::DESTINATION,
        facts::KEY_ID,
        facts::KEY_NAME,
        facts::NEW_FINGERPRINT,
        model_facts::FINGERPRINT,
        model_facts::DUE,
    ];
    Entry {
        actor: discreet(&entry.actor),
        text: discreet(&entry.text),
        facts: entry
            .facts
            .into_iter()
            .map(|(name, fact)| {
                let is_plain = PLAIN.contains(&name.as_str()) || name.starts_with("request-");
                let fact = if is_plain { fact } else { discreet(&fact) };
                (name, fact)
            })
            .collect(),
        ..entry
    }
}

//! How an entry of the log is bound to all before it, so that somebody else can
//! recompute it from what is written here and nothing more.
//!
//! The hash of an event is SHA-256 over fields, each with its length in bytes
//! before it as eight bytes, most significant first: the words `leeward event
//! v1`, the hash of the event before (64 zeros for the first), sequence,
//! incident (empty if none) and time as decimal digits, actor, kind, text, and
//! then name and value of each fact, in the order of the names' bytes. Hashes
//! are written in lower-case hexadecimal digits, also inside a hash.

use sha2::{Digest as _, Sha256};

use crate::Entry;

/// The words that say what is hashed and how.
const DOMAIN: &str = "leeward event v1";

/// What stands for the hash of the event before the first.
pub const NO_EVENT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of an event that follows one with the hash `before`.
pub fn event_hash(before: &str, sequence: i64, entry: &Entry) -> String {
    let incident = entry.incident.map_or(String::new(), |id| id.to_string());
    let (sequence, at) = (sequence.to_string(), entry.at.to_string());
    let head =
        [DOMAIN, before, &sequence, &incident, &at, &entry.actor, entry.kind.name(), &entry.text];
    let facts = entry.facts.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    fields_hash(head.into_iter().chain(facts))
}

/// The hash of fields as the page describes it: for logs that are not the
/// store's, with other words in front.
pub fn fields_hash<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut state = Sha256::new();
    for field in fields {
        state.update((field.len() as u64).to_be_bytes());
        state.update(field);
    }
    state.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{EventKind, IncidentId};

    #[test]
    fn the_construction_never_changes() {
        let entry = Entry {
            incident: Some(IncidentId(12)),
            at: 1_700_000_000,
            actor: "jane".into(),
            kind: EventKind::Noted,
            text: "clé".into(),
            facts: BTreeMap::from([("b".into(), "2".into()), ("a".into(), "1".into())]),
        };
        // Logs in the field depend on this; it was computed by another program.
        let known = "1703bfc485dd3b66c993e8fd2aa769893002a0a3f81b02daf245276387fa408f";
        assert_eq!(event_hash(NO_EVENT, 1, &entry), known);
        assert_ne!(event_hash(known, 1, &entry), known);
        assert_ne!(event_hash(NO_EVENT, 2, &entry), known);
        assert_ne!(event_hash(NO_EVENT, 1, &Entry { incident: None, ..entry }), known);
    }
}

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
    let mut state = Sha256::new();
    let mut field = |text: &str| {
        state.update((text.len() as u64).to_be_bytes());
        state.update(text);
    };
    field(DOMAIN);
    field(before);
    field(&sequence.to_string());
    field(&entry.incident.map_or(String::new(), |id| id.to_string()));
    field(&entry.at.to_string());
    field(&entry.actor);
    field(entry.kind.name());
    field(&entry.text);
    for (name, value) in &entry.facts {
        field(name);
        field(value);
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

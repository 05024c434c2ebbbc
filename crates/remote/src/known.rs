//! What was handed out lately, short enough for a cursor: a ring of fingerprints. It
//! spares a service requests for what it handed out before; it decides nothing, since
//! an item that comes twice is told by its key.

use std::collections::{HashSet, VecDeque};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The most that is remembered: about 44 kB of a cursor.
const MOST: usize = 4096;

/// Fingerprints of what was handed out, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    ring: VecDeque<u64>,
    set: HashSet<u64>,
}

/// The fingerprint of some parts, the boundaries between them included.
pub(crate) fn print_of(parts: &[&[u8]]) -> u64 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().first_chunk().map_or(0, |head| u64::from_le_bytes(*head))
}

impl Known {
    /// Whether it was handed out, as far as is remembered.
    pub(crate) fn has(&self, print: u64) -> bool {
        self.set.contains(&print)
    }

    /// Remembers it, and forgets the oldest if there are too many.
    pub(crate) fn add(&mut self, print: u64) {
        if !self.set.insert(print) {
            return;
        }
        self.ring.push_back(print);
        if self.ring.len() > MOST
            && let Some(oldest) = self.ring.pop_front()
        {
            self.set.remove(&oldest);
        }
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.ring.len()
    }
}

impl Serialize for Known {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.ring.iter().flat_map(|print| print.to_le_bytes()).collect();
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Known {
    /// What cannot be read is not known: it is handed out once more.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let mut known = Self::default();
        for print in bytes.as_chunks().0 {
            known.add(u64::from_le_bytes(*print));
        }
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_a_cursor_and_forgets_the_oldest() {
        let mut known = Known::default();
        for n in 0..MOST as u64 + 10 {
            known.add(n);
            known.add(n);
        }
        assert_eq!(known.len(), MOST);
        assert!(!known.has(9) && known.has(10));
        let text = serde_json::to_string(&known).unwrap();
        assert_eq!(serde_json::from_str::<Known>(&text).unwrap(), known);
        assert_eq!(serde_json::from_str::<Known>("\"%\"").unwrap(), Known::default());
    }

    #[test]
    fn boundaries_count() {
        assert_ne!(print_of(&[b"ab", b"c"]), print_of(&[b"a", b"bc"]));
    }
}

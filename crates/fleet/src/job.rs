//! What a worker is asked to do, as it travels: names and addresses, never a value and
//! never a credential.

use serde::{Deserialize, Serialize};

/// The version of what travels. Another version has queues of its own, and a worker or a
/// server that meets one all the same leaves it alone.
pub const PROTOCOL: u32 = 1;

/// A scan to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The version of this shape.
    pub v: u32,
    /// The number of the work in the server's store.
    pub id: i64,
    /// How often it was begun, this time included: results of earlier times are not
    /// taken in any more.
    pub attempt: u64,
    /// Tells apart times that it was handed over within an attempt.
    pub turn: i64,
    /// From where the repository is cloned, without user information.
    pub url: String,
    /// What its refs pointed to when it was last scanned; nothing the first time.
    pub known: Option<Vec<String>>,
    /// Which part of it, once it was split.
    pub part: Option<Part>,
    /// Findings below this are left out: `low`, `medium` or `high`.
    pub least: String,
    /// By which rules: see [`rules`](crate::rules()).
    pub rules: String,
    /// The version of the program that has these rules, for people.
    pub program: String,
    /// What values are sealed to.
    pub seal_to: String,
}

/// A part of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which, from 0.
    pub index: u32,
    /// Of how many.
    pub of: u32,
    /// The checksum of the pack that is split by ranges; nothing if objects are split by
    /// their names.
    pub pack: Option<String>,
}

impl Job {
    /// What makes it the same job: nothing of the same key is taken in twice.
    pub fn key(&self) -> String {
        key(self.id, self.attempt, self.turn, self.part.as_ref())
    }

    /// As it travels.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts and numbers can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What arrived: the version it says it is of, if it is another.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, Unread> {
        read(bytes)
    }
}

/// What makes a job the same.
pub(crate) fn key(id: i64, attempt: u64, turn: i64, part: Option<&Part>) -> String {
    match part {
        None => format!("{id}.{attempt}.{turn}"),
        Some(Part { index, of, pack }) => {
            let by = if pack.is_some() { "pack" } else { "name" };
            format!("{id}.{attempt}.{turn}.{by}.{index}-{of}")
        }
    }
}

/// Why what arrived cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is of this version.
    Version(u32),
    /// It is not of this kind at all.
    Garbage,
}

/// Reads something that says its version.
pub(crate) fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Unread> {
    #[derive(Deserialize)]
    struct Versioned {
        v: u32,
    }
    let Versioned { v } = serde_json::from_slice(bytes).map_err(|_| Unread::Garbage)?;
    if v != PROTOCOL {
        return Err(Unread::Version(v));
    }
    serde_json::from_slice(bytes).map_err(|_| Unread::Garbage)
}

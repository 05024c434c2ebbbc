//! What somebody let pass, and why: a line of JSON in the repository's git
//! directory for each time, never with a value. Whoever passes by gives a
//! reason.

use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::leak::Verdict;

/// Where events are kept, below the git directory.
pub const EVENTS: &str = "leeward/events.jsonl";

/// The layout of a line.
const SCHEMA: &str = "leeward.event/1";

/// Why a hook is passed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bypass(String);

/// What is no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadReason;

impl fmt::Display for BadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it gives no reason: say in a few words why this may pass")
    }
}

impl std::error::Error for BadReason {}

impl Bypass {
    /// From what somebody wrote.
    ///
    /// # Errors
    /// If that is not at least a word that says something.
    pub fn parse(reason: &str) -> Result<Self, BadReason> {
        const NO_REASONS: [&str; 7] = ["true", "yes", "on", "skip", "bypass", "ignore", "please"];
        let reason = reason.trim();
        let letters = reason.chars().filter(|c| c.is_alphabetic()).count();
        if letters < 4 || NO_REASONS.contains(&reason.to_lowercase().as_str()) {
            return Err(BadReason);
        }
        Ok(Self(reason.to_owned()))
    }

    /// The reason.
    pub fn reason(&self) -> &str {
        &self.0
    }
}

#[derive(Serialize)]
struct Event<'a> {
    schema: &'static str,
    at: String,
    event: &'static str,
    hook: &'a str,
    reason: &'a str,
    fingerprints: Vec<String>,
    not_looked_at: &'a [String],
}

/// Writes down that a hook was passed by; where.
///
/// # Errors
/// If it cannot be written: then nothing may pass.
pub fn record(
    shared_dir: &Path,
    hook: &str,
    at: jiff::Timestamp,
    bypass: &Bypass,
    verdict: &Verdict,
) -> io::Result<PathBuf> {
    let mut fingerprints: Vec<String> =
        verdict.leaks.iter().map(|leak| leak.fingerprint.to_string()).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    let event = Event {
        schema: SCHEMA,
        at: jiff::fmt::temporal::DateTimePrinter::new().precision(Some(0)).timestamp_to_string(&at),
        event: "bypass",
        hook,
        reason: bypass.reason(),
        fingerprints,
        not_looked_at: &verdict.troubles,
    };
    let mut line = serde_json::to_vec(&event).map_err(io::Error::other)?;
    line.push(b'\n');
    let path = shared_dir.join(EVENTS);
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    // One write, at the end, whoever else writes there.
    OpenOptions::new().create(true).append(true).open(&path)?.write_all(&line)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something() {
        for none in ["", "  ", "1", "x", "yes", "TRUE", "...", "12345678"] {
            assert_eq!(Bypass::parse(none), Err(BadReason), "{none}");
        }
        assert_eq!(Bypass::parse(" a test key ").unwrap().reason(), "a test key");
    }
}

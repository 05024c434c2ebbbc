//! `[watch]` of the settings: whose names are ours, whether providers are asked, and
//! what is done again and when.

use std::{fs, path::PathBuf};

use leeward_model::Fingerprint;
use serde::Deserialize;

use crate::failure::Failure;

/// How sources are watched.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Watch {
    /// Our names, such as `acme.com`: what lies beside one is ours.
    pub(crate) names: Vec<String>,
    /// A file of fingerprints of values that are ours, one on a line, each with what it
    /// is called behind it.
    ours: Option<PathBuf>,
    /// Whether providers are asked about what is ours.
    pub(crate) verify: bool,
    /// And what it reaches.
    pub(crate) assess: bool,
    /// When they are asked again about incidents that are open: a cron expression.
    pub(crate) verify_at: Option<String>,
    /// Or so many seconds after the last time.
    pub(crate) verify_every_seconds: Option<u64>,
    /// What is scanned again and again.
    #[serde(rename = "scan")]
    pub(crate) scans: Vec<Scan>,
}

/// A target that is scanned again and again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scan {
    /// As `leeward scan` takes it.
    pub(crate) target: String,
    /// When, as a cron expression in UTC.
    #[serde(default)]
    pub(crate) at: Option<String>,
    /// Or so many seconds after the last time.
    #[serde(default)]
    pub(crate) every_seconds: Option<u64>,
}

impl Watch {
    /// The fingerprints of the file, with what they are called.
    pub(crate) fn ours_of(&self) -> Result<Vec<(Fingerprint, String)>, Failure> {
        let Some(path) = &self.ours else { return Ok(Vec::new()) };
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::File("read the fingerprints", path.clone(), error))?;
        let lines = text.lines().enumerate().map(|(nth, line)| (nth + 1, line.trim()));
        lines
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(nth, line)| {
                let (print, label) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                // The line itself is not quoted: somebody may have put a value there.
                let print = print.parse().map_err(|error| {
                    Failure::Content(path.clone(), format!("line {nth}: {error}"))
                })?;
                let label = if label.is_empty() { "ours" } else { label.trim() };
                Ok((print, leeward_watch::discreet::cautious(label)))
            })
            .collect()
    }
}

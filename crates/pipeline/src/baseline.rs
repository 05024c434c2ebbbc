//! The baseline: fingerprints that are known and not reported again.
//!
//! It holds no value and cannot be turned back into one; see the fingerprint.

use std::{collections::BTreeSet, fmt};

use leeward_model::{Finding, Fingerprint};
use serde::{Deserialize, Serialize};

const SCHEMA: &str = "leeward.baseline/1";

/// Known findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeSet<Fingerprint>);

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    findings: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fingerprint: String,
    /// For people: which credential, and what to recognise it by.
    dossier: String,
    hint: String,
}

/// A baseline that cannot be read.
#[derive(Debug)]
pub enum BadBaseline {
    /// Not the JSON of a baseline.
    Json(serde_json::Error),
    /// Another version.
    Schema(String),
    /// Not a fingerprint.
    Fingerprint(String),
}

impl fmt::Display for BadBaseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "not a baseline: {error}"),
            Self::Schema(schema) => {
                write!(f, "the baseline's schema is `{schema}`; this version reads `{SCHEMA}`")
            }
            Self::Fingerprint(text) => write!(f, "`{text}` in the baseline is not a fingerprint"),
        }
    }
}

impl std::error::Error for BadBaseline {}

impl Baseline {
    /// Reads a baseline's text.
    ///
    /// # Errors
    /// Anything that is not a baseline of this version.
    pub fn parse(text: &str) -> Result<Self, BadBaseline> {
        let file: File = serde_json::from_str(text).map_err(BadBaseline::Json)?;
        if file.schema != SCHEMA {
            return Err(BadBaseline::Schema(file.schema));
        }
        file.findings
            .into_iter()
            .map(|entry| {
                entry.fingerprint.parse().map_err(|_| BadBaseline::Fingerprint(entry.fingerprint))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The text of a baseline that knows these findings.
    ///
    /// # Errors
    /// None in practice; what the JSON writer says.
    pub fn write<'f>(findings: impl Iterator<Item = &'f Finding>) -> serde_json::Result<String> {
        let mut findings: Vec<Entry> = findings
            .map(|finding| Entry {
                fingerprint: finding.fingerprint.to_string(),
                dossier: finding.dossier.to_string(),
                hint: finding.secret.hint().to_string(),
            })
            .collect();
        findings.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
        let mut text = serde_json::to_string_pretty(&File { schema: SCHEMA.into(), findings })?;
        text.push('\n');
        Ok(text)
    }

    /// Whether a finding is known.
    pub fn knows(&self, fingerprint: Fingerprint) -> bool {
        self.0.contains(&fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_refused_with_the_reason() {
        let refused = |text: &str| Baseline::parse(text).expect_err("not a baseline").to_string();
        assert!(refused("[]").starts_with("not a baseline"));
        assert!(refused(r#"{"schema":"x/9","findings":[]}"#).contains("this version reads"));
        let bad = r#"{"schema":"leeward.baseline/1","findings":[{"fingerprint":"?","dossier":"","hint":""}]}"#;
        assert_eq!(refused(bad), "`?` in the baseline is not a fingerprint");
    }
}

//! The ignore file: findings somebody decided to leave alone, each with a
//! reason and, if wanted, a day on which the decision ends.

use std::{fmt, ops::Range};

use globset::{GlobBuilder, GlobMatcher};
use jiff::civil::Date;
use leeward_model::{DossierId, Fingerprint};
use serde::Deserialize;

/// The entries of an ignore file.
#[derive(Clone, Debug, Default)]
pub struct IgnoreFile {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    fingerprint: Option<Fingerprint>,
    path: Option<GlobMatcher>,
    dossier: Option<String>,
    advisory: Option<String>,
    /// The last day on which it holds.
    until: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ignore: Vec<toml::Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    fingerprint: Option<String>,
    path: Option<String>,
    dossier: Option<String>,
    advisory: Option<String>,
    reason: String,
    /// A day, as TOML writes days or as text.
    until: Option<toml::Value>,
}

/// An ignore file that cannot be used, with the place.
#[derive(Debug, PartialEq, Eq)]
pub struct BadIgnoreFile {
    line: usize,
    message: String,
}

impl fmt::Display for BadIgnoreFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for BadIgnoreFile {}

impl IgnoreFile {
    /// Reads an ignore file's text.
    ///
    /// # Errors
    /// The first entry that is not understood, says nothing to match, or gives
    /// no reason.
    pub fn parse(text: &str) -> Result<Self, BadIgnoreFile> {
        let bad = |span: Option<Range<usize>>, message: String| {
            let at = span.map_or(0, |span| span.start.min(text.len()));
            BadIgnoreFile {
                line: text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1,
                message,
            }
        };
        let file: File =
            toml::from_str(text).map_err(|error| bad(error.span(), error.message().to_owned()))?;
        let entries = file
            .ignore
            .into_iter()
            .map(|written| {
                let span = written.span();
                Entry::new(written.into_inner()).map_err(|message| bad(Some(span), message))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    /// Whether a sighting is to be left alone on this day.
    pub fn covers(
        &self,
        dossier: &DossierId,
        fingerprint: Fingerprint,
        path: Option<&[u8]>,
        today: Date,
    ) -> bool {
        self.entries
            .iter()
            .filter(|entry| !entry.has_expired(today))
            .any(|entry| entry.matches(dossier, fingerprint, path))
    }

    /// Whether a package that an advisory names is to be left alone at a path.
    pub(crate) fn covers_advisory(&self, advisory: &str, path: Option<&[u8]>, today: Date) -> bool {
        let mut holding = self.entries.iter().filter(|entry| !entry.has_expired(today));
        holding.any(|entry| entry.matches_advisory(advisory, path))
    }

    /// How many entries no longer hold on this day.
    pub(crate) fn expired(&self, today: Date) -> usize {
        self.entries.iter().filter(|entry| entry.has_expired(today)).count()
    }
}

impl Entry {
    fn new(written: Written) -> Result<Self, String> {
        if written.reason.trim().is_empty() {
            return Err("`reason` is empty; say why this may be left alone".into());
        }
        let of_secrets = written.fingerprint.is_some() || written.dossier.is_some();
        if !of_secrets && written.path.is_none() && written.advisory.is_none() {
            return Err(
                "the entry matches nothing; give `fingerprint`, `path`, `dossier` or `advisory`"
                    .into(),
            );
        }
        if of_secrets && written.advisory.is_some() {
            return Err("`advisory` is of a package, `fingerprint` and `dossier` of a secret; \
                        write two entries"
                .into());
        }
        let fingerprint = written.fingerprint.map(|text| text.parse::<Fingerprint>()).transpose();
        let path = written
            .path
            .map(|glob| GlobBuilder::new(&glob).literal_separator(true).build())
            .transpose();
        let day = |value: toml::Value| match value {
            toml::Value::Datetime(day) => day.to_string().parse::<Date>().ok(),
            toml::Value::String(day) => day.parse().ok(),
            _ => None,
        };
        let until = match written.until {
            None => None,
            Some(value) => {
                Some(day(value).ok_or("`until` is not a day such as `2027-01-31`".to_owned())?)
            }
        };
        Ok(Self {
            fingerprint: fingerprint.map_err(|error| error.to_string())?,
            path: path.map_err(|error| error.to_string())?.map(|glob| glob.compile_matcher()),
            dossier: written.dossier,
            advisory: written.advisory,
            until,
        })
    }

    fn has_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }

    fn matches(&self, dossier: &DossierId, fingerprint: Fingerprint, path: Option<&[u8]>) -> bool {
        self.advisory.is_none()
            && self.fingerprint.is_none_or(|wanted| wanted == fingerprint)
            && self.dossier.as_ref().is_none_or(|wanted| wanted == dossier.as_str())
            && self.fits(path)
    }

    /// Whether it speaks of what is named by an advisory, at this path.
    fn matches_advisory(&self, advisory: &str, path: Option<&[u8]>) -> bool {
        self.fingerprint.is_none()
            && self.dossier.is_none()
            && self.advisory.as_ref().is_none_or(|wanted| wanted == advisory)
            && self.fits(path)
    }

    fn fits(&self, path: Option<&[u8]>) -> bool {
        let fits = |glob: &GlobMatcher| {
            path.is_some_and(|path| glob.is_match(String::from_utf8_lossy(path).as_ref()))
        };
        self.path.as_ref().is_none_or(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use leeward_model::Secret;

    #[test]
    fn entries_need_a_reason_and_something_to_match() {
        let refused = |text: &str| IgnoreFile::parse(text).expect_err("refused").to_string();
        assert!(refused("\n[[ignore]]\npath = 'a'\n").contains("reason"));
        assert_eq!(
            refused("\n[[ignore]]\nreason = 'x'\n"),
            "line 2: the entry matches nothing; give `fingerprint`, `path`, `dossier` or `advisory`"
        );
        assert!(refused("[[ignore]]\nreason='x'\npath='a'\nuntil='soon'").contains("2027-01-31"));
        assert!(refused("[[ignore]]\nreason='x'\npaht='a'").contains("unknown field `paht`"));
    }

    #[test]
    fn an_entry_holds_until_its_day() {
        let text = "[[ignore]]\npath = 'docs/**'\nreason = 'examples'\nuntil = 2026-06-30\n";
        assert!(IgnoreFile::parse(&text.replace("2026-06-30", "'2026-06-30'")).is_ok());
        let file = IgnoreFile::parse(text).expect("valid");
        let fingerprint = Fingerprint::new("f", &Secret::new(*b"v"));
        let covers = |path: &str, today| {
            let (dossier, path) = (DossierId::new("mistral-api-key"), path.as_bytes());
            file.covers(&dossier, fingerprint, Some(path), today)
        };
        assert!(covers("docs/a/b.md", date(2026, 6, 30)));
        assert!(!covers("docs/a/b.md", date(2026, 7, 1)));
        assert!(!covers("src/a.rs", date(2026, 6, 30)));
        assert_eq!(file.expired(date(2026, 7, 1)), 1);
    }
}

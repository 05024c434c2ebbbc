//! Whose a value is that lies where anybody may write: ours if its fingerprint is
//! known, or if one of our names stands in the same text, in its place or in who wrote
//! it. All others are other people's, and no business of ours.

use std::{collections::HashMap, fmt, ops::Range};

use aho_corasick::AhoCorasick;
use leeward_model::{DossierId, Finding, Fingerprint, Provenance, RemotePlace, Way};
use leeward_store::{Store, Trouble};

/// The fewest characters of a name: shorter ones stand in everybody's texts.
const SHORTEST: usize = 3;

/// How many bytes before and after a value a name of ours makes it ours: a settings file
/// or a message, about a hundred lines. A list of everybody's keys that names us somewhere
/// is not ours throughout.
const NEAR: usize = 8 << 10;

/// For how long, in seconds, fingerprints are taken for those in the store.
const FRESH: i64 = 60;

/// Our names, such as `acme.com` and `acme-corp`.
#[derive(Clone)]
pub struct Names(Option<AhoCorasick>);

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, AhoCorasick::patterns_len);
        write!(f, "Names({count})")
    }
}

/// A name that cannot be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName(String);

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = leeward_model::SafeText::new(&self.0);
        write!(
            f,
            "the name `{name}` would be met in everybody's texts: write at least {SHORTEST} \
             characters, such as a domain or the name of your organisation on a code host"
        )
    }
}

impl std::error::Error for BadName {}

impl Names {
    /// None at all.
    pub fn none() -> Self {
        Self(None)
    }

    /// These; case does not matter.
    ///
    /// # Errors
    /// A name that is too short to mean anything.
    pub fn new(names: &[String]) -> Result<Self, BadName> {
        if names.is_empty() {
            return Ok(Self::none());
        }
        for name in names {
            if name.trim() != name || name.chars().count() < SHORTEST {
                return Err(BadName(name.clone()));
            }
        }
        let built = AhoCorasick::builder().ascii_case_insensitive(true).build(names);
        built.map(|built| Self(Some(built))).map_err(|_| BadName(names.join(", ")))
    }

    /// Whether one of them stands in some bytes, as words of their own.
    pub fn stand_in(&self, text: &[u8]) -> bool {
        let Some(names) = &self.0 else { return false };
        let is_word = |at: Option<usize>| {
            at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric)
        };
        names
            .find_overlapping_iter(text)
            .any(|found| !is_word(found.start().checked_sub(1)) && !is_word(Some(found.end())))
    }

    /// Whether one of them stands near a value in a text.
    pub(crate) fn are_near(&self, text: &[u8], value: Range<usize>) -> bool {
        let from = value.start.min(text.len()).saturating_sub(NEAR);
        let to = value.end.saturating_add(NEAR).min(text.len());
        text.get(from..to).is_some_and(|around| self.stand_in(around))
    }

    /// Whether one of them stands in a way into a container.
    pub(crate) fn are_on(&self, way: &Way) -> bool {
        way.names().iter().any(|name| self.stand_in(name))
    }

    /// Whether one of them stands in what is said of a text of others.
    fn are_said_of(&self, place: &RemotePlace) -> bool {
        let path = place.path.as_deref().unwrap_or_default();
        let author = place.author.as_deref().unwrap_or_default().as_bytes();
        [place.item.as_bytes(), place.url.as_bytes(), path, author]
            .into_iter()
            .any(|part| self.stand_in(part))
    }

    /// Whether one of them stands in what is said of a place.
    pub fn are_of(&self, place: &Provenance) -> bool {
        match place {
            Provenance::Stdin => false,
            Provenance::File(file) => self.stand_in(&file.path),
            Provenance::Remote(place) => self.are_said_of(place),
            Provenance::Git(git) => {
                let history = git.history.as_deref();
                let paths = history.map_or(&[][..], |history| &history.paths);
                let commit = history.and_then(|history| history.introduced.as_ref());
                self.stand_in(git.repository.as_bytes())
                    || paths.iter().any(|path| self.stand_in(path))
                    || commit.is_some_and(|commit| {
                        let author = &commit.author;
                        [&author.name, &author.email, &commit.summary]
                            .into_iter()
                            .any(|text| self.stand_in(text.as_bytes()))
                    })
            }
        }
    }
}

/// Fingerprints of ours, as the store had them a moment ago.
#[derive(Debug, Default)]
pub struct Ours {
    prints: HashMap<Fingerprint, Option<DossierId>>,
    until: i64,
}

impl Ours {
    /// Reads them again if they are not fresh.
    pub(crate) fn refresh(&mut self, store: &mut Store, now: i64) -> Result<(), Trouble> {
        if now >= self.until || self.until > now + FRESH {
            self.prints = store.our_fingerprints()?;
            self.until = now + FRESH;
        }
        Ok(())
    }

    /// What has become ours since.
    pub(crate) fn add(&mut self, finding: &Finding) {
        self.prints.insert(finding.fingerprint, Some(finding.dossier.clone()));
    }

    pub(crate) fn has(&self, print: &Fingerprint) -> bool {
        self.prints.contains_key(print)
    }

    /// Takes a known value for what it is known to be.
    pub(crate) fn rename(&self, finding: &mut Finding) {
        if let Some(Some(dossier)) = self.prints.get(&finding.fingerprint) {
            finding.dossier = dossier.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_their_own() {
        let names = Names::new(&["acme.com".to_owned(), "acme-corp".to_owned()]).unwrap();
        for text in ["see ACME.com", "mail.acme.com", "github.example/acme-corp/app", "x@acme.com"]
        {
            assert!(names.stand_in(text.as_bytes()), "{text}");
        }
        for text in ["acmexcom", "notacme.com", "acme.company", "acme-corporation", "acme"] {
            assert!(!names.stand_in(text.as_bytes()), "{text}");
        }
        assert!(!Names::none().stand_in(b"acme.com"));
    }

    #[test]
    fn names_that_stand_everywhere_are_refused() {
        assert!(Names::new(&["ai".to_owned()]).is_err());
        assert!(Names::new(&[" acme".to_owned()]).is_err());
    }
}

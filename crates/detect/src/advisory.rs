//! Packages that are known to have stolen credentials, in the files that say
//! which versions are installed. What is bad is data, of any dossier or of
//! none; nothing here says what a hit means for a key.
//!
//! A path decides by its last name whether a text is read at all; content
//! whose path is not known, as in Git's history, is known by how it begins.

mod lockfile;

use std::{borrow::Cow, collections::HashMap, ops::Range};

use leeward_dossier::schema::{Advisory, BadPackage, Ecosystem};

pub use lockfile::LockFile;

/// What is looked for.
#[derive(Debug, Default)]
pub struct Advisories<'a> {
    /// Who says what of a package.
    known: HashMap<Key, Vec<(&'a Advisory, &'a BadPackage)>>,
}

/// A package: whose registry, and its name as that compares names.
type Key = (Ecosystem, Vec<u8>);

/// A bad release that a text names.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    /// Who says that it is bad.
    pub advisory: &'a Advisory,
    /// Which package.
    pub package: &'a BadPackage,
    /// Which of its versions.
    pub version: &'a str,
    /// Where the text names it.
    pub span: Range<usize>,
}

impl<'a> Advisories<'a> {
    /// Looks for the packages of some advisories.
    pub fn new(advisories: impl IntoIterator<Item = &'a Advisory>) -> Self {
        let mut known: HashMap<_, Vec<_>> = HashMap::new();
        for advisory in advisories {
            for package in &advisory.packages {
                let name = compared(package.ecosystem, package.name.as_bytes()).into_owned();
                known.entry((package.ecosystem, name)).or_default().push((advisory, package));
            }
        }
        Self { known }
    }

    /// Whether there is anything to look for.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Every bad release that a text of this form names, in order.
    pub fn check(&self, file: &LockFile<'_>, text: &[u8]) -> Vec<Named<'a>> {
        let mut found = Vec::new();
        if self.is_empty() {
            return found;
        }
        let ecosystem = file.ecosystem();
        let mut key = (ecosystem, Vec::new());
        file.read(text, &mut |name, version, span| {
            key.1.clear();
            key.1.extend_from_slice(&compared(ecosystem, name));
            for (advisory, package) in self.known.get(&key).into_iter().flatten() {
                let bad = package.versions.iter().find(|bad| bad.as_bytes() == version);
                if let Some(version) = bad {
                    found.push(Named { advisory, package, version, span: span.clone() });
                }
            }
        });
        found.sort_by_key(|named| named.span.start);
        found
    }
}

/// A name as the registry compares it: Python's does not tell `-`, `_` and `.`
/// apart, nor the case of letters.
fn compared(ecosystem: Ecosystem, name: &[u8]) -> Cow<'_, [u8]> {
    let is_plain = |byte: &u8| !matches!(byte, b'_' | b'.' | b'A'..=b'Z');
    if ecosystem == Ecosystem::Npm || name.iter().all(is_plain) {
        return Cow::Borrowed(name);
    }
    let plain = |byte: &u8| match byte {
        b'_' | b'.' => b'-',
        other => other.to_ascii_lowercase(),
    };
    Cow::Owned(name.iter().map(plain).collect())
}

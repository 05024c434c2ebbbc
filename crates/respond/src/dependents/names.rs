//! The names under which a value is held, as far as following them makes
//! sense: which are worth following, and who may mean them.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use leeward_dossier::Dossier;

use super::{
    Held,
    consumer::By,
    kind::ConsumerKind,
    reference::{self, Name},
};

/// The most names that are followed.
const MOST: usize = 200;

/// Names met so far.
pub(super) struct Names {
    /// Words of which one says that a name is this kind's.
    telling: Vec<String>,
    open: BTreeSet<Name>,
    done: BTreeSet<Name>,
}

impl Names {
    pub(super) fn new(dossier: &Dossier, given: &[String]) -> Self {
        let evidence = dossier.detect.evidence.words.iter();
        let telling = evidence.chain(&dossier.detect.anchors).map(|word| word.to_lowercase());
        let mut names =
            Self { telling: telling.collect(), open: BTreeSet::new(), done: BTreeSet::new() };
        for text in given {
            names.add(Name { text: text.clone(), of: None, within: None });
        }
        names
    }

    /// Takes the name that a value is bound to.
    pub(super) fn held(&mut self, path: &Path, held: &Held) {
        let Some(name) = &held.sight.name else { return };
        if held.sight.how != By::Value || !held.sight.is_old {
            return;
        }
        if let Some(of) = &held.of {
            self.add(Name { text: name.clone(), of: Some(of.clone()), within: None });
        }
        self.variable(path, name);
    }

    /// Takes a name that another one is handed on as.
    pub(super) fn handed_on(&mut self, path: &Path, alias: &str) {
        self.variable(path, alias);
    }

    fn variable(&mut self, path: &Path, name: &str) {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if name.len() < 3 || !name.bytes().all(is_name) {
            return;
        }
        let lower = name.to_lowercase();
        let within = if self.telling.iter().any(|word| lower.contains(word)) {
            None
        } else if reference::is_variable(name.as_bytes()) {
            Some(path.parent().map(Path::to_owned).unwrap_or_default())
        } else {
            // `apiKey` and the like are fields of one file.
            return;
        };
        self.add(Name { text: name.to_owned(), of: None, within });
    }

    fn add(&mut self, name: Name) {
        if self.open.len() + self.done.len() < MOST && !self.done.contains(&name) {
            self.open.insert(name);
        }
    }

    /// The names not followed yet; they are now.
    pub(super) fn take(&mut self) -> Vec<Name> {
        let open = std::mem::take(&mut self.open);
        self.done.extend(open.iter().cloned());
        open.into_iter().collect()
    }

    /// Every name that was followed.
    pub(super) fn all(&self) -> Vec<String> {
        let all: BTreeSet<&String> = self.done.iter().map(|name| &name.text).collect();
        all.into_iter().cloned().collect()
    }
}

impl Name {
    /// A text without which a file does not speak of the name.
    pub(super) fn shortest(&self) -> &[u8] {
        match &self.of {
            Some(of) => of.as_bytes(),
            None => self.text.as_bytes(),
        }
    }
}

/// Whether a file may mean a name.
pub(super) fn is_meant(name: &Name, path: &Path) -> bool {
    let within: Option<&PathBuf> = name.within.as_ref();
    within.is_none_or(|within| path.starts_with(within))
}

/// Whether a bare item of a list hands a variable on in such files.
pub(super) fn hands_on_in_lists(kind: &ConsumerKind) -> bool {
    matches!(kind, ConsumerKind::Compose | ConsumerKind::Ci(_))
}

/// The name of the Kubernetes Secret in whose manifest a place lies.
pub(super) fn kubernetes_secret(text: &[u8], at: usize, kind: &ConsumerKind) -> Option<String> {
    if !matches!(kind, ConsumerKind::Kubernetes | ConsumerKind::Helm) {
        return None;
    }
    let start = memchr::memmem::rfind(&text[..at], b"\n---").map_or(0, |found| found + 4);
    let end = memchr::memmem::find(&text[at..], b"\n---").map_or(text.len(), |found| at + found);
    let mut lines = text[start..end].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let is_secret =
        lines.clone().any(|line| line.starts_with(b"kind:") && line.ends_with(b"Secret"));
    lines.find(|line| line.starts_with(b"metadata:"))?;
    let name = lines
        .take_while(|line| line.first().is_none_or(u8::is_ascii_whitespace))
        .find_map(|line| line.trim_ascii().strip_prefix(b"name:"))?
        .trim_ascii();
    let name = String::from_utf8_lossy(name).trim_matches(['"', '\'']).to_owned();
    (is_secret && !name.is_empty()).then_some(name)
}

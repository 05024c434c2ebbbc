//! A place where a secret lies, as it is kept: absolute, and with what makes it the
//! same place the next time.
//!
//! A file's place is its path and the span in it; a Git object's is the repository,
//! the object and the span, because what an object holds never changes, whatever paths
//! lead to it. Paths are made absolute by their words alone: a symbolic link is another
//! path.

use std::{path::Path, sync::Arc};

use leeward_model::{FilePlace, GitObjectKind, GitPlace, Location, Provenance, SafeText};
use sha2::{Digest as _, Sha256};

use crate::{
    log::hexadecimal,
    trouble::Trouble,
    wire::{to_text, write_location},
};

/// The kind of a place on disk.
pub(crate) const FILE: &str = "file";

/// The kind of a place in a service of others.
pub(crate) const REMOTE: &str = "remote";

/// A place, ready to be kept.
pub(crate) struct Spot {
    /// What makes it the same place.
    pub(crate) key: String,
    /// `stdin`, `file`, `remote` or what kind of Git object.
    pub(crate) kind: &'static str,
    /// The absolute path, the repository or the source, as text.
    pub(crate) path: String,
    /// Whether the tree of HEAD holds it.
    pub(crate) in_head: bool,
    /// Whether it says less than what may be kept: nobody asked how the object came
    /// into history.
    pub(crate) is_bare: bool,
    /// All of it.
    pub(crate) body: String,
    /// It, for people.
    pub(crate) label: String,
}

impl Spot {
    /// A place seen by a scan that was started in a directory.
    pub(crate) fn new(location: &Location, here: &[u8]) -> Result<Self, Trouble> {
        let provenance = match &*location.provenance {
            Provenance::Stdin => Provenance::Stdin,
            Provenance::File(place) => Provenance::File(FilePlace {
                path: absolute(&place.path, here),
                tracking: place.tracking,
            }),
            Provenance::Git(place) => Provenance::Git(GitPlace {
                repository: repository(&place.repository, here),
                ..place.clone()
            }),
            Provenance::Remote(place) => Provenance::Remote(place.clone()),
        };
        let (kind, path, object, in_head, is_bare) = match &provenance {
            Provenance::Stdin => ("stdin", String::new(), String::new(), false, false),
            Provenance::File(place) => (FILE, to_text(&place.path), String::new(), false, false),
            Provenance::Git(place) => {
                let kind = match place.kind {
                    GitObjectKind::Blob => "blob",
                    GitObjectKind::Staged => "staged",
                    GitObjectKind::Commit => "commit",
                    GitObjectKind::Tag => "tag",
                };
                let history = place.history.as_deref();
                let in_head = history.is_some_and(|history| history.in_head);
                let object = place.object.to_string();
                (kind, place.repository.clone(), object, in_head, history.is_none())
            }
            Provenance::Remote(place) => {
                (REMOTE, place.source.clone(), place.item.clone(), false, false)
            }
        };
        let location = Location { provenance: Arc::new(provenance), ..location.clone() };
        let mut state = Sha256::new();
        let (start, end) = (location.span.start.to_string(), location.span.end.to_string());
        for field in [kind, &path, &object, &start, &end] {
            state.update((field.len() as u64).to_be_bytes());
            state.update(field);
        }
        // What lies in the open has the key that it had before there were ways in.
        for name in location.inside.names() {
            state.update((name.len() as u64).to_be_bytes());
            state.update(name);
        }
        Ok(Self {
            key: hexadecimal(&state.finalize()[..16]),
            kind,
            path,
            in_head,
            is_bare,
            body: write_location(&location)?,
            label: label(&location),
        })
    }
}

/// A place in a few words: foreign text, made harmless.
pub(crate) fn label(location: &Location) -> String {
    let line = location.start.line;
    let shown = |outer: &[u8]| SafeText::new(&location.inside.from(outer)).to_string();
    match &*location.provenance {
        Provenance::Stdin => format!("{}:{line}", shown(b"standard input")),
        Provenance::File(place) => format!("{}:{line}", shown(&place.path)),
        Provenance::Git(place) => {
            let object = place.object.to_string();
            let history = place.history.as_deref();
            let path = history.and_then(|history| history.paths.last());
            let commit = history.and_then(|history| history.introduced.as_ref());
            let commit = commit.map_or_else(|| object.clone(), |commit| commit.id.to_string());
            let short = commit.get(..8).unwrap_or(&commit);
            let repository = SafeText::new(&place.repository);
            match (place.kind, path) {
                (GitObjectKind::Commit, _) => format!("commit {short} of {repository}"),
                (GitObjectKind::Tag, _) => format!("tag {short} of {repository}"),
                (_, Some(path)) => {
                    format!("{}:{line} in {short} of {repository}", shown(path))
                }
                (_, None) => {
                    format!("object {}:{line} of {repository}", shown(short.as_bytes()))
                }
            }
        }
        Provenance::Remote(place) => {
            format!("{}:{line} in {}", shown(&place.name()), SafeText::new(&place.source))
        }
    }
}

/// The directory that relative paths begin in.
pub(crate) fn here() -> Result<Vec<u8>, Trouble> {
    let here = std::path::absolute(Path::new("."))
        .map_err(|error| Trouble::Open(format!("the directory of the scan is gone: {error}")))?;
    Ok(here.as_os_str().as_encoded_bytes().to_vec())
}

/// A path from the root, without `.` and `..`.
pub(crate) fn absolute(path: &[u8], here: &[u8]) -> Vec<u8> {
    let is_absolute = path.starts_with(b"/") || path.get(1) == Some(&b':');
    let mut whole = Vec::new();
    if !is_absolute {
        whole.extend_from_slice(here);
        whole.push(b'/');
    }
    whole.extend_from_slice(path);
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in whole.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut clean = Vec::with_capacity(whole.len());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 || whole.starts_with(b"/") {
            clean.push(b'/');
        }
        clean.extend_from_slice(part);
    }
    if clean.is_empty() {
        clean.push(b'/');
    }
    clean
}

/// A repository: an address as it is, a path from the root.
pub(crate) fn repository(name: &str, here: &[u8]) -> String {
    // `git@host:path` is an address too.
    let before_slash = name.split('/').next().unwrap_or_default();
    let is_address = name.contains("://") || before_slash.len() > 2 && before_slash.contains(':');
    if is_address {
        return name.to_owned();
    }
    // What was not UTF-8 is not in the name any more either.
    String::from_utf8_lossy(&absolute(name.as_bytes(), here)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_at_the_root() {
        let check = |path: &str, expected: &str| {
            let clean = absolute(path.as_bytes(), b"/home/me");
            assert_eq!(String::from_utf8(clean).unwrap(), expected);
        };
        check("a/b", "/home/me/a/b");
        check("./a//b/.", "/home/me/a/b");
        check("../../../x", "/x");
        check("/srv/./x/", "/srv/x");
        check(".", "/home/me");
        check("/", "/");
        check("C:/x/../y", "C:/y");
    }

    #[test]
    fn addresses_of_repositories_stay() {
        for name in ["https://host/x.git", "git@host:x/y.git", "ssh://host/x"] {
            assert_eq!(repository(name, b"/home/me"), name);
        }
        assert_eq!(repository(".", b"/home/me"), "/home/me");
    }
}

//! Places of files: their standing with Git, their paths as bytes, and reading
//! one of them again.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use leeward_model::{Excerpt, FilePlace, Location, Position, Provenance, Span, Tracking, Way};
use leeward_source::git::{Repository, Tracker};

use crate::gather::Seen;

/// The most of a file that is read again to see what it holds now.
const MOST_READ: u64 = 64 << 20;

/// A location that says no more than where.
pub(crate) fn location(path: &Path, tracking: Tracking, span: Span) -> Location {
    let path = path.as_os_str().as_encoded_bytes().to_vec();
    Location {
        inside: Way::default(),
        deleted_by: None,
        provenance: Arc::new(Provenance::File(FilePlace { path, tracking })),
        span,
        start: Position::START,
        end: Position::START,
        decoded: Vec::new(),
        excerpt: Excerpt::default(),
    }
}

/// Each place once, though targets may reach it under two names.
pub(crate) fn once<T>(seen: Vec<Seen<T>>) -> Vec<Seen<T>> {
    let mut resolved = HashMap::new();
    let mut known = BTreeSet::new();
    let mut kept = Vec::new();
    for one in seen {
        let path = resolved
            .entry(one.path.clone())
            .or_insert_with(|| one.path.canonicalize().unwrap_or_else(|_| one.path.clone()));
        if known.insert((path.clone(), one.span)) {
            kept.push(one);
        }
    }
    kept
}

/// How files stand with the repositories around them.
pub(crate) struct Trackers<'a> {
    pub(super) user_rules: Option<&'a Path>,
    pub(super) of: HashMap<PathBuf, Option<Tracker>>,
}

impl Trackers<'_> {
    pub(crate) fn of(&mut self, path: &Path) -> Tracking {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let rules = self.user_rules;
        let tracker = self.of.entry(folder.to_owned()).or_insert_with(|| {
            Repository::discover(folder).ok().flatten().map(|found| found.tracker(rules))
        });
        tracker.as_mut().map_or(Tracking::NoRepository, |tracker| tracker.tracking(path))
    }
}

/// A file's bytes, `None` if it is gone. What is no regular file is not read.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => Err("it is no longer a file".into()),
        Ok(found) if found.len() > MOST_READ => Err("it is too large to be read again".into()),
        Ok(_) => std::fs::read(path).map(Some).map_err(|error| error.to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(unix)]
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

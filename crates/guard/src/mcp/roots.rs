//! Where scans may look: below the directories that the server was started
//! with, whatever an agent asks for. A path is judged by where it leads, links
//! and `..` included.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use leeward_model::SafeText;

/// Directories, resolved.
#[derive(Clone, Debug)]
pub struct Roots(Vec<PathBuf>);

/// A root that is none.
#[derive(Debug)]
pub struct BadRoot(PathBuf, io::Error);

impl fmt::Display for BadRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = SafeText::new(self.0.as_os_str().as_encoded_bytes());
        write!(f, "cannot serve `{shown}`: {}", self.1)
    }
}

impl Roots {
    /// Resolves them.
    ///
    /// # Errors
    /// One that does not exist.
    pub fn new(paths: &[PathBuf]) -> Result<Self, BadRoot> {
        let resolve =
            |path: &PathBuf| fs::canonicalize(path).map_err(|error| BadRoot(path.clone(), error));
        paths.iter().map(resolve).collect::<Result<_, _>>().map(Self)
    }

    /// Where a path leads, if that is below a root. What is elsewhere and what
    /// is not there are not told apart: that would show what is elsewhere.
    pub(super) fn resolve(&self, path: &str) -> Option<PathBuf> {
        self.0.iter().find_map(|root| {
            let found = fs::canonicalize(root.join(path)).ok()?;
            let is_regular = fs::metadata(&found).is_ok_and(|at| at.is_file() || at.is_dir());
            (is_regular && self.0.iter().any(|root| found.starts_with(root))).then_some(found)
        })
    }

    /// A path as it is shown: from its root.
    pub(super) fn shown(&self, path: &[u8]) -> String {
        let path = String::from_utf8_lossy(path);
        let path = Path::new(path.as_ref());
        let below = self.0.iter().find_map(|root| path.strip_prefix(root).ok());
        let below = below.filter(|below| !below.as_os_str().is_empty()).unwrap_or(path);
        SafeText::new(below.as_os_str().as_encoded_bytes()).to_string()
    }
}

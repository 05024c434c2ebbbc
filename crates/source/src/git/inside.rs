//! Opens files of a repository without being led out of it.
//!
//! A repository under scan may hold symbolic links, FIFOs and devices where
//! Git expects files, and files of any size. Nothing in the repository is
//! opened but through here.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use leeward_model::Reason;

/// A directory that nothing read through it may leave, but to places that
/// somebody who may say so has named.
#[derive(Clone, Debug)]
pub(super) struct Inside {
    root: PathBuf,
    also: Vec<PathBuf>,
    /// It may be left: the user's own, which Git follows anywhere too.
    is_open: bool,
}

impl Inside {
    /// `root` is resolved once, here; links on the way to it are the user's.
    pub(super) fn new(root: &Path) -> io::Result<Self> {
        Ok(Self { root: fs::canonicalize(root)?, also: Vec::new(), is_open: false })
    }

    /// For a repository of the user's own: links out of it are followed.
    pub(super) fn anywhere(root: &Path) -> io::Result<Self> {
        Ok(Self { is_open: true, ..Self::new(root)? })
    }

    /// Lets what is read lead into one more directory.
    pub(super) fn allow(&mut self, dir: &Path) {
        if let Ok(dir) = fs::canonicalize(dir)
            && !self.has(&dir)
        {
            self.also.push(dir);
        }
    }

    fn has(&self, real: &Path) -> bool {
        self.is_open
            || real.starts_with(&self.root)
            || self.also.iter().any(|dir| real.starts_with(dir))
    }

    /// The resolved directory.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Resolves a path; `None` if it does not exist.
    pub(super) fn resolve(&self, path: &Path) -> Result<Option<PathBuf>, Reason> {
        match fs::canonicalize(path) {
            Ok(real) if self.has(&real) => Ok(Some(real)),
            Ok(real) => Err(Reason::OutsideTarget(real.display().to_string())),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// Opens a regular file; `None` if there is none.
    pub(super) fn open(&self, path: &Path) -> Result<Option<File>, Reason> {
        let Some(real) = self.resolve(path)? else { return Ok(None) };
        // Looked at before opening: to open a FIFO would wait for a writer.
        let is_file = fs::symlink_metadata(&real).map_err(|error| unreadable(&error))?.is_file();
        if !is_file {
            return Err(Reason::NotAFile);
        }
        File::open(&real).map(Some).map_err(|error| unreadable(&error))
    }

    /// Reads a regular file of at most `limit` bytes; `None` if there is none.
    pub(super) fn read(&self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Reason> {
        let Some(file) = self.open(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        if bytes.len() as u64 > limit {
            return Err(Reason::Limit("size of a file of the repository".into()));
        }
        Ok(Some(bytes))
    }

    /// Lists a directory, sorted by name; nothing if there is none.
    pub(super) fn list(&self, path: &Path) -> Result<Vec<PathBuf>, Reason> {
        let Some(real) = self.resolve(path)? else { return Ok(Vec::new()) };
        let entries = match fs::read_dir(&real) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(&error)),
        };
        let paths: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
        let mut paths = paths.map_err(|error| unreadable(&error))?;
        paths.sort_unstable();
        Ok(paths)
    }
}

/// Whether an error means that the path leads to nothing.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The operating system's refusal as a reason.
pub(super) fn unreadable(error: &io::Error) -> Reason {
    Reason::Unreadable(error.to_string())
}

/// Path bytes as the operating system has them.
pub(super) fn path_bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_encoded_bytes().to_vec()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_do_not_lead_out() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(dir.path().join("secret"), "x").unwrap();
        fs::write(root.join("file"), "inside").unwrap();
        symlink("../secret", root.join("out")).unwrap();
        symlink("file", root.join("in")).unwrap();
        let inside = Inside::new(&root).unwrap();
        let read = |name: &str| inside.read(&root.join(name), 10);
        assert_eq!(read("in").unwrap().unwrap(), b"inside");
        assert!(matches!(read("out"), Err(Reason::OutsideTarget(_))));
        assert_eq!(read("none"), Ok(None));
        assert!(matches!(inside.read(&root.join("file"), 5), Err(Reason::Limit(_))));
        assert_eq!(inside.read(&root, 5), Err(Reason::NotAFile));
    }
}

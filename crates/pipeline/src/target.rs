//! What a target on the command line means: standard input, a remote
//! repository, or a path with or without a repository around it.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use leeward_model::SafeText;
use leeward_source::git::{BadUrl, RemoteUrl};

/// Something to scan.
#[derive(Debug)]
pub enum Target {
    /// `-`
    Stdin,
    /// The address of a repository.
    Remote(RemoteUrl),
    /// A file or directory that exists.
    Path(PathBuf),
}

/// A target that cannot be scanned.
#[derive(Debug)]
pub enum BadTarget {
    /// Nothing is there, or the system does not let us see it.
    Path(PathBuf, io::Error),
    /// The address is refused.
    Url(BadUrl),
}

impl Target {
    /// Reads a target as it was typed.
    ///
    /// # Errors
    /// A path that does not exist, or an address of a kind that is not fetched.
    pub fn parse(text: &std::ffi::OsStr) -> Result<Self, BadTarget> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        let path = Path::new(text);
        match (path.symlink_metadata(), text.to_str()) {
            (Ok(_), _) => Ok(Self::Path(path.to_owned())),
            (Err(_), Some(url)) if RemoteUrl::is_meant(url) => {
                RemoteUrl::parse(url, true).map(Self::Remote).map_err(BadTarget::Url)
            }
            (Err(error), _) => Err(BadTarget::Path(path.to_owned(), error)),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("-"),
            Self::Remote(url) => f.write_str(url.as_str()),
            Self::Path(path) => SafeText::new(path.as_os_str().as_encoded_bytes()).fmt(f),
        }
    }
}

impl fmt::Display for BadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path, error) => write!(
                f,
                "cannot scan `{}`: {error}; name a file, a directory, a repository's address, or \
                 `-` for standard input",
                SafeText::new(path.as_os_str().as_encoded_bytes())
            ),
            Self::Url(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BadTarget {}

//! What a target on the command line means: standard input, a remote
//! repository, or a path with or without a repository around it.

use std::{
    ffi::OsStr,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use leeward_model::{SafeText, Secret};
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
    /// A FIFO, a socket or a device: reading it could wait for ever.
    NotAFile(PathBuf),
    /// The address is refused.
    Url(BadUrl),
}

impl Target {
    /// Reads a target as it was typed.
    ///
    /// # Errors
    /// A path that does not exist or is no file, or an address of a kind that
    /// is not fetched.
    pub fn parse(text: &OsStr) -> Result<Self, BadTarget> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        let path = PathBuf::from(text);
        match (fs::metadata(&path), text.to_str()) {
            (Ok(found), _) if found.is_file() || found.is_dir() => Ok(Self::Path(path)),
            (Ok(_), _) => Err(BadTarget::NotAFile(path)),
            (Err(_), Some(url)) if RemoteUrl::is_meant(url) => {
                RemoteUrl::parse(url, true).map(Self::Remote).map_err(BadTarget::Url)
            }
            (Err(error), _) => Err(BadTarget::Path(path, error)),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::Remote(url) => f.write_str(url.as_str()),
            Self::Path(path) => f.write_str(&String::from_utf8_lossy(bytes(path))),
        }
    }
}

impl fmt::Display for BadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path, _) if is_like_a_value(bytes(path)) => write!(
                f,
                "no file is called `{}`; if that is a value, it is now in the shell's history: \
                 hand values over through standard input, to `leeward scan -`",
                Secret::new(bytes(path)).hint()
            ),
            Self::Path(path, error) => write!(
                f,
                "cannot scan `{}`: {error}; name a file, a directory, a repository's address, or \
                 `-` for standard input",
                SafeText::new(bytes(path))
            ),
            Self::NotAFile(path) => {
                let path = SafeText::new(bytes(path));
                write!(
                    f,
                    "cannot scan `{path}`: it is neither a file nor a directory; what it says can \
                     be scanned with `leeward scan - < {path}`"
                )
            }
            Self::Url(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BadTarget {}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// Whether a name looks more like a credential than like a file: long, without
/// anything that parts words in a path, and with digits among letters.
fn is_like_a_value(name: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.len() >= 20
        && name.iter().all(is_part)
        && name.iter().any(u8::is_ascii_digit)
        && name.iter().any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(target: &str) -> String {
        Target::parse(OsStr::new(target)).expect_err("no such target").to_string()
    }

    #[test]
    fn a_value_typed_as_a_target_is_not_repeated() {
        let value = "k9".repeat(16);
        assert!(!refused(&value).contains(&value));
        assert!(refused("no/such/file").contains("`no/such/file`"));
        assert!(refused("bad\u{1b}[2Jname").contains("bad\\u{1b}[2Jname"));
    }

    #[test]
    fn addresses_are_told_from_paths() {
        assert!(matches!(Target::parse(OsStr::new("-")), Ok(Target::Stdin)));
        assert!(matches!(Target::parse(OsStr::new(".")), Ok(Target::Path(_))));
        let remote = Target::parse(OsStr::new("https://me:word@example.com/a.git"));
        assert_eq!(remote.expect("an address").to_string(), "https://example.com/a.git");
        assert!(refused("ext::sh -c true").contains("could be taken for"));
        assert!(refused("http://example.com/a").contains("use https://"));
    }
}

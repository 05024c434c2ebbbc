//! What a target on the command line means: standard input, a remote
//! repository, a bucket, an image, or a path with or without a repository around it.

use std::{
    ffi::OsStr,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use leeward_model::{SafeText, Secret};
use leeward_objects::{Access, Address, BadAddress, BadName, ImageAccess, ImageName};
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
    /// Objects of a bucket.
    Bucket(Box<Bucket>),
    /// An image in a registry.
    Image(Box<Image>),
}

/// An image, and how it is read.
#[derive(Debug)]
pub struct Image {
    /// Which.
    pub name: ImageName,
    /// What it is read with.
    pub access: ImageAccess,
    /// The only platform that is read, such as `linux/arm64`.
    pub platform: Option<String>,
}

/// A bucket, and how it is read.
#[derive(Debug)]
pub struct Bucket {
    /// Which, and which of its objects.
    pub address: Address,
    /// How it is reached: nothing is known of that from the address alone.
    pub access: Access,
    /// The key after which to begin.
    pub start_after: Option<String>,
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
    /// The address of a bucket that means nothing, or cannot be read.
    Bucket(BadAddress),
    /// The name of an image that leads to none.
    Image(BadName),
    /// A `file://` address of another machine, or of no path.
    File(String),
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
        if let Some(text) = text.to_str().filter(|text| Address::is_meant(text)) {
            let address = Address::parse(text).map_err(BadTarget::Bucket)?;
            let bucket = Bucket { address, access: Access::default(), start_after: None };
            return Ok(Self::Bucket(Box::new(bucket)));
        }
        if let Some(text) = text.to_str().filter(|text| ImageName::is_meant(text)) {
            let name = ImageName::parse(text).map_err(BadTarget::Image)?;
            let image = Image { name, access: ImageAccess::default(), platform: None };
            return Ok(Self::Image(Box::new(image)));
        }
        let path = match text.to_str().and_then(|text| text.strip_prefix("file://")) {
            Some(_) => file(text).ok_or_else(|| BadTarget::File(text.to_string_lossy().into()))?,
            None => PathBuf::from(text),
        };
        // An address of a repository is cloned, wherever it is; of anything else it is a path.
        if let Some(url) = text.to_str().filter(|text| text.starts_with("file://"))
            && is_repository(&path)
        {
            return RemoteUrl::parse(url, true).map(Self::Remote).map_err(BadTarget::Url);
        }
        match (fs::metadata(&path), text.to_str()) {
            (Ok(found), _) if found.is_file() || found.is_dir() => Ok(Self::Path(path)),
            (Ok(_), _) => Err(BadTarget::NotAFile(path)),
            (Err(_), Some(url)) if RemoteUrl::is_meant(url) && !url.starts_with("file://") => {
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
            Self::Bucket(bucket) => bucket.address.fmt(f),
            Self::Image(image) => image.name.fmt(f),
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
            Self::Bucket(error) => error.fmt(f),
            Self::Image(error) => error.fmt(f),
            Self::File(text) => write!(
                f,
                "`{}` is no file of this machine: write `file:///path`, or the path alone",
                SafeText::new(text)
            ),
        }
    }
}

impl std::error::Error for BadTarget {}

/// Whether a directory is a repository, or the work tree of one.
fn is_repository(path: &Path) -> bool {
    path.join(".git").exists() || path.join("HEAD").is_file() && path.join("objects").is_dir()
}

/// The path that a `file://` address names, if it is one of this machine.
fn file(text: &OsStr) -> Option<PathBuf> {
    let url = url::Url::parse(text.to_str()?).ok()?;
    url.to_file_path().ok().filter(|_| url.query().is_none() && url.fragment().is_none())
}

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
        assert!(matches!(Target::parse(OsStr::new("file:///tmp")), Ok(Target::Path(_))));
        assert!(refused("file://elsewhere/tmp").contains("no file of this machine"));
        assert!(refused("s3://a@b/c").contains("names no bucket"));
        assert!(refused("ext::sh -c true").contains("could be taken for"));
        assert!(refused("http://example.com/a").contains("use https://"));
    }
}

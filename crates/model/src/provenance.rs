//! Where bytes came from, in the words a person needs to find them again.

use std::fmt;

/// A Git object name (SHA-1 or SHA-256).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    bytes: [u8; 32],
    len: u8,
}

impl ObjectId {
    /// From the raw 20 or 32 bytes; `None` for any other length.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        if !matches!(raw.len(), 20 | 32) {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Self { bytes, len: raw.len() as u8 })
    }

    /// From its hexadecimal digits; `None` for anything else.
    pub fn from_hex(digits: &str) -> Option<Self> {
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bytes = digits.as_bytes().chunks(2).map(pair).collect::<Option<Vec<u8>>>()?;
        Self::from_bytes(&bytes).filter(|_| is_hex)
    }

    /// The raw bytes, 20 or 32 of them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a scanned text came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Standard input.
    Stdin,
    /// A file of a file system.
    File(FilePlace),
    /// An object of a Git repository, or its index.
    Git(GitPlace),
    /// A text that a service of others holds: a comment, a snippet, a log, a message.
    Remote(Box<RemotePlace>),
}

/// A text that a service of others holds, as it was handed out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePlace {
    /// The name that the operator gave the source that watches it.
    pub source: String,
    /// What kind of service it is, such as `github` or `feed`.
    pub service: String,
    /// What makes it the same text the next time, within its source, such as
    /// `acme/app issue 12 comment 99`; foreign text.
    pub item: String,
    /// Where a person looks at it; foreign text.
    pub url: String,
    /// The name of the file, if it has one: it speaks for what is in it. Not
    /// necessarily UTF-8; foreign text.
    pub path: Option<Vec<u8>>,
    /// Who wrote it; foreign text.
    pub author: Option<String>,
    /// When it was written, by the service's clock: seconds since 1970-01-01 UTC.
    pub at: Option<i64>,
    /// Whether anybody may read it; `None` if that is not known.
    pub is_public: Option<bool>,
}

impl RemotePlace {
    /// What people call it within its source: the item, and the name of the file where the
    /// item does not end with it, such as `APP-12 attachment 7/release.zip`. Foreign bytes.
    pub fn name(&self) -> Vec<u8> {
        let item = self.item.as_bytes();
        match self.path.as_deref() {
            Some(path) if !item.ends_with(path) => [item, b"/", path].concat(),
            _ => item.to_vec(),
        }
    }
}

/// A file on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace {
    /// Path bytes as given or found, relative to where the scan began if the
    /// target was relative. Not necessarily UTF-8; foreign text.
    pub path: Vec<u8>,
    /// What Git knows of the file.
    pub tracking: Tracking,
}

/// How a file on disk stands with the Git repository around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// Not inside a Git work tree, or not asked.
    NoRepository,
    /// In the index.
    Tracked,
    /// Neither tracked nor ignored: one `git add` away from a commit.
    Untracked,
    /// Ignored by git and not in the index.
    Ignored,
}

/// What kind of Git object a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GitObjectKind {
    /// A file's content in history.
    Blob,
    /// A file's content in the index (staged).
    Staged,
    /// The text of a commit: message, author, committer and other headers.
    Commit,
    /// The text of an annotated tag.
    Tag,
}

/// An object of a Git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitPlace {
    /// The repository as the user named it: a path, or a URL without its
    /// user information.
    pub repository: String,
    /// Blob, commit or tag.
    pub kind: GitObjectKind,
    /// The object's name.
    pub object: ObjectId,
    /// How the object came into history; `None` until attribution has run.
    pub history: Option<Box<History>>,
}

/// How an object came into a repository's history, and whether it is still
/// within reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Every path it has had, oldest first; empty for commits, tags and blobs
    /// that no commit ever named. Not necessarily UTF-8; foreign text.
    pub paths: Vec<Vec<u8>>,
    /// The commit that introduced it; `None` if no commit holds it (staged,
    /// stashed content that was dropped, dangling).
    pub introduced: Option<Commit>,
    /// Whether the tree of HEAD holds it.
    pub in_head: bool,
    /// Whether any ref, reflog or stash still leads to it.
    pub reachable: bool,
    /// Full names of the refs from which the introducing commit is reached,
    /// sorted; foreign text.
    pub refs: Vec<String>,
}

impl History {
    /// What a remote repository held when it was last fetched or pushed to, such
    /// as `origin/main`, if that leads here: it was pushed.
    pub fn remote(&self) -> Option<&str> {
        self.refs.iter().find_map(|name| name.strip_prefix("refs/remotes/"))
    }
}

/// A commit, as far as reports need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub id: ObjectId,
    /// Who wrote the change, and when.
    pub author: Signature,
    /// Seconds since 1970-01-01 UTC at which it was committed.
    pub committed_at: i64,
    /// First line of the message; foreign text, which may itself hold a
    /// secret: mask it before showing it.
    pub summary: String,
}

/// A person and a time in a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Name; foreign text.
    pub name: String,
    /// Address; foreign text.
    pub email: String,
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        let id = ObjectId::from_bytes(&[0x1f; 20]).unwrap();
        assert_eq!(ObjectId::from_hex(&id.to_string()), Some(id));
        for wrong in ["", "1f", &"1f".repeat(19), &"+1".repeat(20), &"é".repeat(20)] {
            assert_eq!(ObjectId::from_hex(wrong), None, "{wrong}");
        }
    }
}

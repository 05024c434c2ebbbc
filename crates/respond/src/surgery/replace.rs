//! What is to be replaced, in the forms that `git filter-repo` reads.
//!
//! Its file of replacements is text of one line each: what is before the last
//! `==>` is replaced by what is behind it, `literal:` says that the rest is no
//! expression, and a line's end cannot stand in a literal. So each value goes in
//! as a literal with both marks written out, or, with a line's end in it, as an
//! expression of escaped bytes. It applies to no blob with a NUL byte among its
//! first 8 KiB; for those a callback replaces bytes by as many others.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use leeward_model::{Encoding, GitObjectKind};
use zeroize::Zeroizing;

use super::find::Hit;

/// What stands where the value stood.
const REMOVED: &[u8] = b"***REMOVED***";

/// The exact bytes as which a value stands in a repository. They are the value:
/// wiped when dropped, never shown.
#[derive(Default)]
pub struct Replacements {
    /// The longest first: one that holds another comes before it.
    all: Vec<Spelling>,
}

/// Some bytes, and where they were met.
#[derive(Default)]
struct Spelling {
    bytes: Zeroizing<Vec<u8>>,
    wide: bool,
    in_binary: bool,
    in_message: bool,
    in_header: bool,
}

impl fmt::Debug for Replacements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replacements({} spellings)", self.all.len())
    }
}

impl Replacements {
    pub(super) fn of(hits: &[Hit]) -> Self {
        let mut all: Vec<Spelling> = Vec::new();
        let mut order: Vec<&Hit> = hits.iter().collect();
        order.sort_by_key(|hit| (std::cmp::Reverse(hit.bytes.len()), &hit.bytes[..]));
        for hit in order {
            if all.last().is_none_or(|last| last.bytes != hit.bytes) {
                all.push(Spelling { bytes: hit.bytes.clone(), ..Spelling::default() });
            }
            if let Some(spelling) = all.last_mut() {
                spelling.is_in(hit);
            }
        }
        Self { all }
    }

    /// How many different spellings there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is nothing to replace.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether any stands in a file that `--replace-text` passes over.
    pub fn need_blob_callback(&self) -> bool {
        self.all.iter().any(|it| it.in_binary)
    }

    /// Whether any stands in a message.
    pub fn in_messages(&self) -> bool {
        self.all.iter().any(|it| it.in_message)
    }

    /// Whether any stands in the name or address of a person, or elsewhere
    /// before a message.
    pub fn in_headers(&self) -> bool {
        self.all.iter().any(|it| it.in_header)
    }

    /// Writes the file for `--replace-text` and `--replace-message`: readable by
    /// its owner alone, since it holds the value. It must not exist yet.
    ///
    /// # Errors
    /// Of the file system.
    pub fn write_expressions(&self, path: &Path) -> io::Result<()> {
        let mut text = Zeroizing::new(Vec::with_capacity(self.all.len() * 128));
        for Spelling { bytes, .. } in &self.all {
            expression(bytes, &mut text);
        }
        write_private(path, &text)
    }

    /// Writes the body for `--blob-callback`, likewise.
    ///
    /// # Errors
    /// Of the file system.
    pub fn write_blob_callback(&self, path: &Path) -> io::Result<()> {
        let body = "for old, new in pairs:\n  blob.data = blob.data.replace(old, new)\n";
        self.write_callback(path, body)
    }

    /// Writes the body for `--name-callback` or `--email-callback`, likewise.
    pub(super) fn write_person_callback(&self, path: &Path, what: &str) -> io::Result<()> {
        let replace = format!("{what} = {what}.replace(old, new)");
        self.write_callback(path, &format!("for old, new in pairs:\n  {replace}\nreturn {what}\n"))
    }

    fn write_callback(&self, path: &Path, body: &str) -> io::Result<()> {
        let mut text = Zeroizing::new(Vec::with_capacity(self.all.len() * 512));
        text.extend_from_slice(b"pairs = [\n");
        for Spelling { bytes, wide, .. } in &self.all {
            text.extend_from_slice(b"  (bytes.fromhex('");
            hex(bytes, &mut text);
            text.extend_from_slice(b"'), bytes.fromhex('");
            hex(&as_long(bytes, *wide), &mut text);
            text.extend_from_slice(b"')),\n");
        }
        text.extend_from_slice(b"]\n");
        text.extend_from_slice(body.as_bytes());
        write_private(path, &text)
    }

    /// A text of others without the value.
    pub(super) fn masked(&self, text: &str) -> String {
        let replace = |text: String, one: &Zeroizing<String>| text.replace(one.as_str(), "***");
        self.spoken().iter().fold(text.to_owned(), replace)
    }

    /// Spellings that hold text, to be cut out of what programs say.
    pub(super) fn spoken(&self) -> Vec<Zeroizing<String>> {
        let text = |it: &Spelling| String::from_utf8(it.bytes.to_vec()).ok();
        self.all.iter().filter_map(text).map(Zeroizing::new).collect()
    }
}

impl Spelling {
    fn is_in(&mut self, hit: &Hit) {
        let is_wide = |it: &Encoding| matches!(it, Encoding::Utf16Le | Encoding::Utf16Be);
        self.wide |= hit.decoded.first().is_some_and(is_wide);
        match hit.kind {
            GitObjectKind::Commit | GitObjectKind::Tag if hit.in_header => self.in_header = true,
            GitObjectKind::Commit | GitObjectKind::Tag => self.in_message = true,
            GitObjectKind::Blob | GitObjectKind::Staged if hit.is_binary => self.in_binary = true,
            GitObjectKind::Blob | GitObjectKind::Staged => {}
        }
    }
}

/// One line of the file.
fn expression(bytes: &[u8], text: &mut Vec<u8>) {
    // A carriage return at the end would be taken for the line's.
    if bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        text.extend_from_slice(b"regex:");
        for &byte in bytes {
            if byte.is_ascii_alphanumeric() {
                text.push(byte);
            } else {
                text.extend_from_slice(b"\\x");
                hex(&[byte], text);
            }
        }
    } else {
        text.extend_from_slice(b"literal:");
        text.extend_from_slice(bytes);
    }
    text.extend_from_slice(b"==>");
    text.extend_from_slice(REMOVED);
    text.push(b'\n');
}

/// Asterisks of the same length, so that formats that count bytes still fit.
fn as_long(bytes: &[u8], wide: bool) -> Vec<u8> {
    let star = |byte: &u8| if wide && *byte == 0 { 0 } else { b'*' };
    bytes.iter().map(star).collect()
}

fn hex(bytes: &[u8], text: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// A directory of ours for files that hold the value: they are overwritten and
/// removed when it is dropped.
pub(super) struct Private(tempfile::TempDir);

impl Private {
    pub(super) fn new() -> io::Result<Self> {
        tempfile::Builder::new().prefix("leeward-").tempdir().map(Self)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let Ok(entries) = std::fs::read_dir(self.0.path()) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let len = std::fs::metadata(&path).map_or(0, |found| found.len());
            if let Ok(mut file) = File::options().write(true).open(&path) {
                // What cannot be overwritten is still removed.
                let _ = file.write_all(&vec![0; usize::try_from(len).unwrap_or(0)]);
                let _ = file.sync_all();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> String {
        let mut text = Vec::new();
        expression(bytes, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn special_values_stay_literal() {
        assert_eq!(line(b"abc"), "literal:abc==>***REMOVED***\n");
        assert_eq!(line(b"a==>b"), "literal:a==>b==>***REMOVED***\n");
        assert_eq!(line(b"regex:.*"), "literal:regex:.*==>***REMOVED***\n");
        assert_eq!(line(b"a\nb."), "regex:a\\x0ab\\x2e==>***REMOVED***\n");
    }

    #[test]
    fn as_many_bytes_stand_in_their_place() {
        assert_eq!(as_long(b"a\0b\0", true), b"*\0*\0");
        assert_eq!(as_long(b"a\0b\0", false), b"****");
    }

    #[test]
    fn files_are_their_owners_alone_and_go_with_the_directory() {
        let private = Private::new().unwrap();
        let path = private.file("x");
        write_private(&path, b"value").unwrap();
        assert!(write_private(&path, b"again").is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        drop(private);
        assert!(!path.exists());
    }
}

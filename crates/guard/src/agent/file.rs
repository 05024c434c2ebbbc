//! A file that an agent wants: whether it holds a key. Only regular files are
//! opened, so that nothing waits, and only so much is read.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Component, Path, PathBuf},
};

use leeward_detect::{Scratch, Sighting};
use zeroize::Zeroizing;

use crate::look::Look;

/// More of a file is not read before an agent reads it.
const MOST: u64 = 64 * 1024 * 1024;

/// What is known of a file.
pub(super) enum Held {
    /// No key, or no such file.
    Nothing,
    /// These.
    Keys(Vec<Sighting>),
    /// It could not be looked at.
    Unknown(&'static str),
}

/// A path as an agent writes it, from where it works.
pub(super) fn resolve(path: &str, cwd: &Path, home: Option<&Path>) -> PathBuf {
    let path = path.strip_prefix("file://").unwrap_or(path);
    let path = match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => cwd.join(path),
    };
    // Only what is needless: what `..` means is the file system's to say.
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// Looks at a file.
pub(super) fn held(path: &Path, look: &Look, scratch: &mut Scratch) -> Held {
    // What is not a file is not opened: opening a FIFO waits, and opening a
    // device may do anything.
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Held::Nothing,
        Ok(found) if found.len() > MOST => return Held::Unknown("it is larger than 64 MiB"),
        Ok(_) => {}
        Err(_) => return Held::Nothing,
    }
    let Some(content) = content(path) else { return Held::Unknown("it cannot be read") };
    if content.len() as u64 > MOST {
        return Held::Unknown("it is larger than 64 MiB");
    }
    let keys = look.at(&content, Some(path), scratch);
    if keys.is_empty() { Held::Nothing } else { Held::Keys(keys) }
}

/// What a small file holds, if it is one.
pub(super) fn content(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut content = Zeroizing::new(Vec::new());
    File::open(path).ok()?.take(MOST + 1).read_to_end(&mut content).ok()?;
    Some(content)
}

//! Objects outside packs: one zlib stream per file, named by the object.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::ZlibDecoder;
use leeward_model::{NotScanned, ObjectId, Reason};

use super::{
    inside::{Inside, path_bytes, unreadable},
    object::{Kind, parse_id},
};

/// An open loose object: what its head says, and its content still to be read.
pub(super) struct Loose {
    pub(super) kind: Kind,
    pub(super) size: u64,
    content: io::Take<ZlibDecoder<BufReader<File>>>,
    left: u64,
}

/// The longest head: kind, space, twenty digits, NUL.
const HEAD: usize = 32;

impl Loose {
    /// Opens the object of that name in an object directory.
    pub(super) fn open(
        inside: &Inside,
        objects: &Path,
        id: &ObjectId,
    ) -> Result<Option<Self>, Reason> {
        let hex = id.to_string();
        let path = objects.join(&hex[..2]).join(&hex[2..]);
        let Some(file) = inside.open(&path)? else { return Ok(None) };
        let mut content = ZlibDecoder::new(BufReader::new(file));
        let head = read_head(&mut content).map_err(|error| damage(&error))?;
        let (kind, size) = parse_head(&head)
            .ok_or_else(|| Reason::Corrupt("the loose object has no head".into()))?;
        // One byte more than it should have, to notice when there is more.
        let content = content.take(size.saturating_add(1));
        Ok(Some(Self { kind, size, content, left: size }))
    }

    /// Reads all of the content; refuses more than `limit` bytes.
    pub(super) fn read_all(mut self, limit: u64, out: &mut Vec<u8>) -> Result<(), Reason> {
        if self.size > limit {
            return Err(Reason::Limit("size of an object".into()));
        }
        out.clear();
        self.read_to_end(out).map_err(|error| damage(&error))?;
        Ok(())
    }
}

impl Read for Loose {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(out)?;
        let invalid = |message| Err(io::Error::new(io::ErrorKind::InvalidData, message));
        match self.left.checked_sub(read as u64) {
            None => invalid("the loose object is longer than it claims"),
            Some(left) if left > 0 && read == 0 && !out.is_empty() => {
                invalid("the loose object is shorter than it claims")
            }
            Some(left) => {
                self.left = left;
                Ok(read)
            }
        }
    }
}

/// The names of all loose objects in an object directory, in order.
pub(super) fn list(
    inside: &Inside,
    objects: &Path,
    id_len: usize,
    problems: &mut Vec<NotScanned>,
) -> Vec<ObjectId> {
    let mut found = Vec::new();
    // Most are not there after `git gc`, and each would be looked for by its path.
    let there = inside.list(objects).ok().map(|paths| firsts(&paths));
    for first in 0..=255u8 {
        if there.is_some_and(|there| !there[usize::from(first)]) {
            continue;
        }
        let dir = objects.join(format!("{first:02x}"));
        match inside.list(&dir) {
            Ok(paths) => found.extend(paths.iter().filter_map(|path| id_of(first, path, id_len))),
            Err(reason) => {
                problems.push(NotScanned { path: path_bytes(&dir), reason, bytes: None });
            }
        }
    }
    found
}

/// Which directories of loose objects some paths may be, by the first byte of the names in
/// them. A file system may take `AB` for `ab`.
fn firsts(paths: &[PathBuf]) -> [bool; 256] {
    let mut firsts = [false; 256];
    for path in paths {
        let name = path.file_name().map(|name| name.as_encoded_bytes());
        if let Some(name @ [_, _]) = name
            && let Some(first) = std::str::from_utf8(name).ok()
            && let Ok(first) = u8::from_str_radix(first, 16)
        {
            firsts[usize::from(first)] = true;
        }
    }
    firsts
}

/// Other files, such as ones half written, are not objects.
fn id_of(first: u8, path: &Path, id_len: usize) -> Option<ObjectId> {
    let rest = path.file_name()?.to_str()?;
    let id = parse_id(format!("{first:02x}{rest}").as_bytes())?;
    (id.as_bytes().len() == id_len).then_some(id)
}

fn read_head(content: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while head.len() < HEAD && head.last() != Some(&0) && content.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    Ok(head)
}

fn parse_head(head: &[u8]) -> Option<(Kind, u64)> {
    let (name, size) = std::str::from_utf8(head.strip_suffix(&[0])?).ok()?.split_once(' ')?;
    Some((Kind::from_name(name.as_bytes())?, size.parse().ok()?))
}

/// An error while unpacking is damage, unless the file could not be read.
pub(super) fn damage(error: &io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            Reason::Corrupt(error.to_string())
        }
        _ => unreadable(error),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn only_directories_that_are_there_are_listed_and_each_of_them() {
        let dir = tempfile::tempdir().unwrap();
        let objects = dir.path().join("objects");
        let (rest, other) = ("0".repeat(38), "1".repeat(38));
        for (parent, name) in [("00", &rest), ("ff", &rest), ("aside", &other), ("pack", &rest)] {
            fs::create_dir_all(objects.join(parent)).unwrap();
            fs::write(objects.join(parent).join(name), "").unwrap();
        }
        fs::write(objects.join("ff/tmp_obj_1"), "").unwrap();
        fs::write(objects.join("12"), "").unwrap();
        fs::create_dir(dir.path().join("elsewhere")).unwrap();
        symlink("aside", objects.join("a1")).unwrap();
        symlink("../elsewhere", objects.join("a2")).unwrap();
        let inside = Inside::new(&objects).unwrap();
        let mut problems = Vec::new();
        let found = list(&inside, &objects, 20, &mut problems);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, [format!("00{rest}"), format!("a1{other}"), format!("ff{rest}")]);
        assert!(problems.iter().all(|problem| problem.path.ends_with(b"a2")));
        assert_eq!(problems.len(), 1);
        assert_eq!(list(&inside, &objects.join("none"), 20, &mut problems), []);
    }
}

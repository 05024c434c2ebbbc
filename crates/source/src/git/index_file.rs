//! Reads Git's index: which files the next commit will hold. Versions 2 to 4,
//! sparse indexes, and split ones with their shared half.

use std::{collections::HashMap, path::Path};

use leeward_model::{ObjectId, Reason};

use super::{inside::Inside, objects::corrupt, pack::distance};

/// One file of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexEntry {
    pub(super) path: Vec<u8>,
    pub(super) id: ObjectId,
    pub(super) mode: u32,
    /// Only a promise that the file will be added.
    pub(super) is_intent: bool,
}

/// The index, sorted by path.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) entries: Vec<IndexEntry>,
    /// Directories whose tree is known, by path with a slash behind each name.
    pub(super) trees: HashMap<Vec<u8>, ObjectId>,
}

/// The most bytes of an index.
const INDEX_BYTES: u64 = 2 << 30;
const STAT_BYTES: usize = 40;
const EXTENDED: u16 = 0x4000;
const INTENT: u16 = 0x2000;

impl Index {
    /// Reads an index; empty if there is none.
    pub(super) fn read(inside: &Inside, path: &Path, id_len: usize) -> Result<Self, Reason> {
        let Some(bytes) = inside.read(path, INDEX_BYTES)? else { return Ok(Self::default()) };
        let own = Parsed::parse(&bytes, id_len)?;
        let entries = match &own.link {
            None => own.entries,
            Some(link) => {
                let name = format!("sharedindex.{}", link.base);
                let shared = inside.read(&path.with_file_name(name), INDEX_BYTES)?;
                let shared =
                    shared.ok_or_else(|| corrupt("the shared half of the index is missing"))?;
                link.merge(Parsed::parse(&shared, id_len)?.entries, own.entries)
            }
        };
        Ok(Self { entries, trees: own.trees })
    }

    /// Whether a path is in the index, as a file or below a sparse directory.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        let at = self.entries.partition_point(|entry| entry.path.as_slice() <= path);
        at.checked_sub(1).is_some_and(|at| {
            let known = &self.entries[at].path;
            known == path || known.ends_with(b"/") && path.starts_with(known)
        })
    }
}

/// One file in Git's format.
struct Parsed {
    entries: Vec<IndexEntry>,
    trees: HashMap<Vec<u8>, ObjectId>,
    link: Option<Link>,
}

impl Parsed {
    fn parse(bytes: &[u8], id_len: usize) -> Result<Self, Reason> {
        let cut = || corrupt("the index is cut short");
        let body = bytes.len().checked_sub(id_len).map(|end| &bytes[..end]).ok_or_else(cut)?;
        let (head, mut rest) = body.split_at_checked(12).ok_or_else(cut)?;
        let number =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        if !head.starts_with(b"DIRC") || !matches!(number(4), 2..=4) {
            return Err(corrupt("the index is of an unknown version"));
        }
        let mut parsed = Self { entries: Vec::new(), trees: HashMap::new(), link: None };
        let mut before = Vec::new();
        for _ in 0..number(8) {
            let (entry, tail) = parse_entry(rest, &before, number(4), id_len).ok_or_else(cut)?;
            before.clone_from(&entry.path);
            parsed.entries.push(entry);
            rest = tail;
        }
        while let Some((name, after)) = rest.split_first_chunk::<4>()
            && let Some((len, after)) = after.split_first_chunk::<4>()
        {
            let len = u32::from_be_bytes(*len) as usize;
            let (extension, tail) = after.split_at_checked(len).ok_or_else(cut)?;
            match name {
                b"TREE" => parsed.read_trees(extension, id_len),
                b"link" => parsed.link = Some(Link::parse(extension, id_len).ok_or_else(cut)?),
                _ => {}
            }
            rest = tail;
        }
        Ok(parsed)
    }

    /// Reads which directories have not changed since their tree was made. It
    /// only saves time, so damage just ends it.
    fn read_trees(&mut self, bytes: &[u8], id_len: usize) {
        let mut rest = bytes;
        // Directories whose subdirectories follow: their path, and how many.
        let mut open: Vec<(Vec<u8>, u32)> = Vec::new();
        while let Some((name, entries, children, tail)) = tree_head(rest) {
            rest = tail;
            let mut path = open.last().map(|(path, _)| path.clone()).unwrap_or_default();
            if !name.is_empty() {
                path.extend_from_slice(name);
                path.push(b'/');
            }
            if entries >= 0 {
                let Some((id, tail)) = rest.split_at_checked(id_len) else { return };
                rest = tail;
                self.trees.extend(ObjectId::from_bytes(id).map(|id| (path.clone(), id)));
            }
            if let Some((_, left)) = open.last_mut() {
                *left -= 1;
            }
            open.push((path, children));
            while open.last().is_some_and(|(_, left)| *left == 0) {
                open.pop();
            }
        }
    }
}

/// Name, number of entries, number of subtrees.
fn tree_head(bytes: &[u8]) -> Option<(&[u8], i64, u32, &[u8])> {
    let nul = memchr::memchr(0, bytes)?;
    let line_end = nul + memchr::memchr(b'\n', &bytes[nul..])?;
    let numbers = std::str::from_utf8(&bytes[nul + 1..line_end]).ok()?;
    let (entries, children) = numbers.split_once(' ')?;
    Some((&bytes[..nul], entries.parse().ok()?, children.parse().ok()?, &bytes[line_end + 1..]))
}

fn parse_entry<'a>(
    bytes: &'a [u8],
    before: &[u8],
    version: u32,
    id_len: usize,
) -> Option<(IndexEntry, &'a [u8])> {
    let mode = u32::from_be_bytes(*bytes.get(24..)?.first_chunk()?);
    let id = ObjectId::from_bytes(bytes.get(STAT_BYTES..STAT_BYTES + id_len)?)?;
    let mut head = STAT_BYTES + id_len + 2;
    let word = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let mut is_intent = false;
    if word(head - 2)? & EXTENDED != 0 {
        is_intent = word(head)? & INTENT != 0;
        head += 2;
    }
    let named = bytes.get(head..)?;
    let (mut path, suffix) = match version {
        4 => {
            let (cut, suffix) = distance(named)?;
            let keep = before.len().checked_sub(usize::try_from(cut).ok()?)?;
            (before[..keep].to_vec(), suffix)
        }
        _ => (Vec::new(), named),
    };
    let end = memchr::memchr(0, suffix)?;
    path.extend_from_slice(&suffix[..end]);
    let tail = match version {
        4 => &suffix[end + 1..],
        // Entries end with one to eight NULs, at a multiple of eight.
        _ => bytes.get((head + end + 8) & !7..)?,
    };
    Some((IndexEntry { path, id, mode, is_intent }, tail))
}

/// What ties an index to its shared half.
struct Link {
    base: ObjectId,
    deleted: Vec<u64>,
    replaced: Vec<u64>,
}

impl Link {
    fn parse(bytes: &[u8], id_len: usize) -> Option<Self> {
        let (id, rest) = bytes.split_at_checked(id_len)?;
        let base = ObjectId::from_bytes(id)?;
        if rest.is_empty() {
            return Some(Self { base, deleted: Vec::new(), replaced: Vec::new() });
        }
        let (deleted, rest) = bitmap(rest)?;
        let (replaced, _) = bitmap(rest)?;
        Some(Self { base, deleted, replaced })
    }

    /// Entries without a path replace marked ones of the shared half, in
    /// order; the others come in addition.
    fn merge(&self, shared: Vec<IndexEntry>, own: Vec<IndexEntry>) -> Vec<IndexEntry> {
        let has = |bits: &[u64], at: usize| {
            bits.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 != 0)
        };
        let (nameless, mut merged): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|entry| entry.path.is_empty());
        let mut replacements = nameless.into_iter();
        for (at, mut entry) in shared.into_iter().enumerate() {
            if has(&self.replaced, at)
                && let Some(replacement) = replacements.next()
            {
                entry = IndexEntry { path: entry.path, ..replacement };
            }
            if !has(&self.deleted, at) {
                merged.push(entry);
            }
        }
        merged.sort_by(|a, b| a.path.cmp(&b.path));
        merged
    }
}

/// Unpacks a bitmap in the EWAH format.
fn bitmap(bytes: &[u8]) -> Option<(Vec<u64>, &[u8])> {
    let (bits, rest) = bytes.split_first_chunk::<4>()?;
    let (words, rest) = rest.split_first_chunk::<4>()?;
    let most = (u32::from_be_bytes(*bits) as usize).div_ceil(64) + 1;
    let packed = (u32::from_be_bytes(*words) as usize).checked_mul(8)?;
    let (packed, rest) = rest.split_at_checked(packed)?;
    let mut packed = packed.as_chunks::<8>().0.iter().map(|word| u64::from_be_bytes(*word));
    let mut unpacked = Vec::new();
    while let Some(marker) = packed.next() {
        let run = if marker & 1 != 0 { u64::MAX } else { 0 };
        let run_len = (marker >> 1 & 0xffff_ffff) as usize;
        let literals = (marker >> 33) as usize;
        if unpacked.len().checked_add(run_len)?.checked_add(literals)? > most {
            return None;
        }
        unpacked.resize(unpacked.len() + run_len, run);
        for _ in 0..literals {
            unpacked.push(packed.next()?);
        }
    }
    Some((unpacked, rest.get(4..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(bits: u32, words: &[u64]) -> Vec<u8> {
        let mut out = bits.to_be_bytes().to_vec();
        out.extend((words.len() as u32).to_be_bytes());
        words.iter().for_each(|word| out.extend(word.to_be_bytes()));
        out.extend([0; 4]);
        out
    }

    #[test]
    fn bitmaps_are_unpacked() {
        // Two words of ones, then one literal word.
        let marker = 1 | 2 << 1 | 1 << 33;
        let bytes = words(192, &[marker, 0b101]);
        assert_eq!(bitmap(&bytes), Some((vec![u64::MAX, u64::MAX, 0b101], &[][..])));
        assert_eq!(bitmap(&words(64, &[1 | 0xffff_ffff << 1])), None);
        assert_eq!(bitmap(&words(64, &[1 << 33])), None);
    }

    #[test]
    fn sparse_directories_hold_what_is_below() {
        let entry = |path: &str| IndexEntry {
            path: path.into(),
            id: ObjectId::from_bytes(&[0; 20]).unwrap(),
            mode: 0,
            is_intent: false,
        };
        let entries = vec![entry("a/"), entry("b")];
        let index = Index { entries, trees: HashMap::new() };
        assert!(index.has(b"a/x/y") && index.has(b"b"));
        assert!(!index.has(b"b/x") && !index.has(b"a") && !index.has(b"c"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            version in 2u8..5,
            count in 0u8..4,
            body in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut bytes = b"DIRC\0\0\0".to_vec();
            bytes.extend([version, 0, 0, 0, count]);
            bytes.extend(&body);
            let _ = Parsed::parse(&bytes, 20);
            let _ = Parsed::parse(&body, 20);
            let _ = bitmap(&body);
            let _ = Link::parse(&body, 20);
        }

        #[test]
        fn no_list_of_trees_makes_it_panic(text in "([a-b]?\0-?[0-9] [0-3]\n[ -~]{0,20}){0,6}") {
            let mut parsed = Parsed { entries: vec![], trees: HashMap::new(), link: None };
            parsed.read_trees(text.as_bytes(), 20);
        }
    }
}

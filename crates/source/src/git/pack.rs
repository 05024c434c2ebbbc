//! A pack with its index: the entries where they lie, still packed.
//!
//! Knows the format of an entry's head and nothing of walking; see `forest`
//! for how entries depend on each other and `walk` for reading them all.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use leeward_model::ObjectId;

use super::{
    inflate::{Inflate, InflateStream},
    limits::Limits,
    map::Map,
    object::Kind,
    pack_index::PackIndex,
};

/// An open pack.
#[derive(Debug)]
pub(super) struct Pack {
    pub(super) path: PathBuf,
    pub(super) index: PackIndex,
    data: Map,
    id_len: usize,
    /// How many objects the pack says it holds.
    promised: u32,
}

/// What an entry is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    /// The object itself.
    Whole(Kind),
    /// A delta against the entry at this offset.
    OffsetDelta(u64),
    /// A delta against the object of this name.
    NamedDelta(&'a [u8]),
}

/// The head of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) shape: Shape<'a>,
    /// Unpacked size of the object, or of the delta's instructions.
    pub(super) size: u64,
    /// Where the packed data begins.
    data: usize,
}

const SIGNATURE: &[u8] = b"PACK";
const HEADER: usize = 12;

impl Pack {
    /// Maps a pack and its index, given as open files.
    pub(super) fn open(
        path: &Path,
        pack: &File,
        index: &File,
        id_len: usize,
    ) -> Result<Self, String> {
        let map = |file: &File| Map::of(file).map_err(|error| error.to_string());
        let (data, index) = (map(pack)?, PackIndex::new(map(index)?, id_len)?);
        let head = data.get(..HEADER).ok_or("the pack is cut short")?;
        if !head.starts_with(SIGNATURE) || data.len() < HEADER + id_len {
            return Err("the pack has no header".into());
        }
        let version = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        if !matches!(version, 2 | 3) {
            return Err(format!("the pack is of the unknown version {version}"));
        }
        let promised = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
        Ok(Self { path: path.to_owned(), index, data, id_len, promised })
    }

    /// Where the last entry ends.
    pub(super) fn end(&self) -> u64 {
        (self.data.len() - self.id_len) as u64
    }

    /// How many bytes a name has.
    pub(super) fn id_len(&self) -> usize {
        self.id_len
    }

    /// The checksum that stands at its end.
    pub(super) fn checksum(&self) -> Option<&[u8]> {
        self.data.get(self.data.len().checked_sub(self.id_len)?..)
    }

    /// The checksum that it ends with, in hexadecimal digits: another pack has another.
    pub(super) fn sum(&self) -> Option<String> {
        let sum = self.checksum()?;
        Some(sum.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Whether the index has as many objects as the pack: one that has fewer
    /// hides some.
    pub(super) fn is_all_indexed(&self) -> bool {
        self.index.len() == self.promised
    }

    /// Whether an object is here and its entry is small enough to be held as a whole.
    pub(super) fn is_held(&self, id: &ObjectId) -> bool {
        let offset = self.index.find(id.as_bytes()).and_then(|place| self.index.offset(place));
        let entry = offset.map(|offset| self.entry(offset));
        matches!(entry, Some(Ok(entry)) if entry.size <= Limits::default().hold)
    }

    /// Reads the head of the entry at `offset`.
    pub(super) fn entry(&self, offset: u64) -> Result<Entry<'_>, &'static str> {
        const BAD: &str = "the pack entry's head is damaged";
        let start = usize::try_from(offset).map_err(|_| BAD)?;
        let end = self.data.len() - self.id_len;
        if start < HEADER || start >= end {
            return Err("the index points outside the pack");
        }
        let bytes = &self.data[start..end];
        let (&first, mut rest) = bytes.split_first().ok_or(BAD)?;
        let mut size = u64::from(first & 0x0f);
        let (mut shift, mut more) = (4, first & 0x80 != 0);
        while more {
            let (&byte, tail) = rest.split_first().ok_or(BAD)?;
            if shift > 57 {
                return Err(BAD);
            }
            size |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            more = byte & 0x80 != 0;
            rest = tail;
        }
        let shape = match first >> 4 & 7 {
            6 => {
                let (back, tail) = distance(rest).ok_or(BAD)?;
                rest = tail;
                let base = offset.checked_sub(back).filter(|_| back > 0).ok_or(BAD)?;
                Shape::OffsetDelta(base)
            }
            7 => {
                let (id, tail) = rest.split_at_checked(self.id_len).ok_or(BAD)?;
                rest = tail;
                Shape::NamedDelta(id)
            }
            number => Shape::Whole(Kind::from_number(number).ok_or(BAD)?),
        };
        Ok(Entry { shape, size, data: end - rest.len() })
    }

    /// Unpacks an entry's data into `out`. `next` is where another entry
    /// begins, or the end of the pack.
    pub(super) fn inflate(
        &self,
        entry: &Entry<'_>,
        next: u64,
        inflate: &mut Inflate,
        out: &mut Vec<u8>,
    ) -> Result<(), &'static str> {
        inflate.exactly(self.packed(entry, next), entry.size, out)
    }

    /// The same as a stream.
    pub(super) fn stream(&self, entry: &Entry<'_>, next: u64) -> InflateStream<'_> {
        InflateStream::new(self.packed(entry, next), entry.size)
    }

    fn packed(&self, entry: &Entry<'_>, next: u64) -> &[u8] {
        let end = usize::try_from(next.min(self.end())).unwrap_or(usize::MAX);
        self.data.get(entry.data..end).unwrap_or_default()
    }
}

/// Git's big-endian variable-length distance, where each continuation adds 1.
pub(super) fn distance(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (at, &byte) in bytes.iter().enumerate().take(9) {
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
        value += 1;
    }
    None
}

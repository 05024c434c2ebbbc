//! Packs made by hand, for tests of what no sane tool writes.

use std::{fs, path::Path};

use leeward_model::ObjectId;
use tempfile::TempDir;

use super::{inflate::deflate, object::Kind, pack::Pack};

/// An entry of a pack to be made.
pub(super) enum Part {
    Whole(Kind, Vec<u8>),
    /// A delta against the entry of that number.
    Offset(usize, Vec<u8>),
    /// A delta against the object of that number, wherever it lies.
    Named(u32, Vec<u8>),
    /// Whatever bytes.
    Raw(Vec<u8>),
}

/// The name of the object of that number; any will do.
pub(super) fn name(number: u32) -> ObjectId {
    let mut raw = [0x5a; 20];
    raw[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    raw[4..8].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(&raw).unwrap()
}

/// Writes a pack and its index, and opens them.
pub(super) fn pack(parts: &[Part]) -> (TempDir, Pack) {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend((parts.len() as u32).to_be_bytes());
    let mut offsets: Vec<u64> = Vec::new();
    for part in parts {
        let offset = pack.len() as u64;
        match part {
            Part::Whole(kind, bytes) => {
                head(*kind as u8, bytes.len(), &mut pack);
                pack.extend(deflate(bytes));
            }
            Part::Offset(base, delta) => {
                head(6, delta.len(), &mut pack);
                distance(offset - offsets[*base], &mut pack);
                pack.extend(deflate(delta));
            }
            Part::Named(base, delta) => {
                head(7, delta.len(), &mut pack);
                pack.extend(name(*base).as_bytes());
                pack.extend(deflate(delta));
            }
            Part::Raw(bytes) => pack.extend(bytes),
        }
        offsets.push(offset);
    }
    pack.extend([0; 20]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pack-x.pack");
    fs::write(&path, pack).unwrap();
    fs::write(path.with_extension("idx"), index(&offsets)).unwrap();
    let pack = open(&path).unwrap();
    (dir, pack)
}

pub(super) fn open(path: &Path) -> Result<Pack, String> {
    let file = |path: &Path| fs::File::open(path).unwrap();
    Pack::open(path, &file(path), &file(&path.with_extension("idx")), 20)
}

fn index(offsets: &[u64]) -> Vec<u8> {
    let mut entries: Vec<(ObjectId, u64)> =
        offsets.iter().enumerate().map(|(at, offset)| (name(at as u32), *offset)).collect();
    entries.sort_unstable();
    let mut out = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255 {
        let up_to = entries.iter().filter(|(id, _)| id.as_bytes()[0] <= first).count();
        out.extend((up_to as u32).to_be_bytes());
    }
    entries.iter().for_each(|(id, _)| out.extend(id.as_bytes()));
    out.extend(vec![0; 4 * entries.len()]);
    entries.iter().for_each(|(_, offset)| out.extend((*offset as u32).to_be_bytes()));
    out.extend([0; 40]);
    out
}

/// The head of an entry: kind and size.
pub(super) fn head(kind: u8, mut size: usize, out: &mut Vec<u8>) {
    let mut byte = kind << 4 | (size & 0x0f) as u8;
    size >>= 4;
    while size > 0 {
        out.push(byte | 0x80);
        byte = (size & 0x7f) as u8;
        size >>= 7;
    }
    out.push(byte);
}

fn distance(mut back: u64, out: &mut Vec<u8>) {
    let mut bytes = vec![(back & 0x7f) as u8];
    back >>= 7;
    while back > 0 {
        back -= 1;
        bytes.push((back & 0x7f) as u8 | 0x80);
        back >>= 7;
    }
    bytes.reverse();
    out.extend(bytes);
}

/// A delta of copies, each of a whole base.
pub(super) fn copies(base: usize, times: usize) -> Vec<u8> {
    let mut out = Vec::new();
    size(base, &mut out);
    size(base * times, &mut out);
    for _ in 0..times {
        let mut offset = 0;
        while offset < base {
            let len = (base - offset).min(0xff_ffff);
            out.push(0xff);
            out.extend((offset as u32).to_le_bytes());
            out.extend(&(len as u32).to_le_bytes()[..3]);
            offset += len;
        }
    }
    out
}

/// A delta that keeps its base and adds a byte.
pub(super) fn append(base: usize, byte: u8) -> Vec<u8> {
    let mut out = Vec::new();
    size(base, &mut out);
    size(base + 1, &mut out);
    out.push(0xff);
    out.extend(0u32.to_le_bytes());
    out.extend(&(base as u32).to_le_bytes()[..3]);
    out.extend([1, byte]);
    out
}

fn size(mut value: usize, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

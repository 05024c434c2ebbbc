//! What a header says of a member: the one before its data, or the one in the directory.

use std::io;

use super::File;

/// What a header before data begins with, and one in the directory.
pub(super) const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";

const LOCAL_LEN: usize = 30;
const CENTRAL_LEN: usize = 46;

/// One member.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    /// Bytes of its data as they stand here, and unpacked.
    pub(super) packed: u64,
    pub(super) unpacked: u64,
    /// Where its header is, as the directory says.
    pub(super) at: u64,
    /// Where its data begins.
    pub(super) data: u64,
}

impl Entry {
    /// The entry whose header is at an offset, if one is.
    pub(super) fn local(file: &mut File<'_>, at: u64) -> io::Result<Option<Self>> {
        let bytes = file.slice(at, LOCAL_LEN)?;
        if bytes.len() < LOCAL_LEN || !bytes.starts_with(LOCAL) {
            return Ok(None);
        }
        let (name_len, extra_len) = (u16_at(&bytes, 26), u16_at(&bytes, 28));
        let start = at + LOCAL_LEN as u64;
        let mut rest = file.slice(start, usize::from(name_len) + usize::from(extra_len))?;
        let extra = rest.split_off(rest.len().min(usize::from(name_len)));
        let mut entry = Self {
            name: rest,
            flags: u16_at(&bytes, 6),
            method: u16_at(&bytes, 8),
            crc: u32_at(&bytes, 14),
            packed: u32_at(&bytes, 18).into(),
            unpacked: u32_at(&bytes, 22).into(),
            at,
            data: start + u64::from(name_len) + u64::from(extra_len),
        };
        entry.widen(&extra);
        Ok(Some(entry))
    }

    /// The entry that some bytes of the directory are, and their length.
    pub(super) fn central(bytes: &[u8]) -> Option<(Self, usize)> {
        if bytes.len() < CENTRAL_LEN || !bytes.starts_with(CENTRAL) {
            return None;
        }
        let name_end = CENTRAL_LEN + usize::from(u16_at(bytes, 28));
        let extra_end = name_end + usize::from(u16_at(bytes, 30));
        let end = extra_end + usize::from(u16_at(bytes, 32));
        let mut entry = Self {
            name: bytes.get(CENTRAL_LEN..name_end)?.to_vec(),
            flags: u16_at(bytes, 8),
            method: u16_at(bytes, 10),
            crc: u32_at(bytes, 16),
            packed: u32_at(bytes, 20).into(),
            unpacked: u32_at(bytes, 24).into(),
            at: u32_at(bytes, 42).into(),
            data: 0,
        };
        entry.widen(bytes.get(name_end..extra_end)?);
        Some((entry, end))
    }

    /// Reads the numbers that did not fit (zip64): those that are all ones, in order.
    fn widen(&mut self, mut extra: &[u8]) {
        const ONES: u64 = u32::MAX as u64;
        while let Some((head, rest)) = extra.split_first_chunk::<4>() {
            let len = usize::from(u16_at(head, 2)).min(rest.len());
            let (mut field, next) = rest.split_at(len);
            if u16_at(head, 0) == 1 {
                let mut take = |number: &mut u64| {
                    if *number == ONES
                        && let Some((bytes, rest)) = field.split_first_chunk()
                    {
                        *number = u64::from_le_bytes(*bytes);
                        field = rest;
                    }
                };
                take(&mut self.unpacked);
                take(&mut self.packed);
                take(&mut self.at);
                return;
            }
            extra = next;
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether its sizes stand behind its data.
    pub(super) fn is_streamed(&self) -> bool {
        self.flags & 8 != 0
    }

    /// Whether its data tells where it ends.
    pub(super) fn ends_itself(&self) -> bool {
        self.method == 8 && !self.is_encrypted()
    }

    /// Whether the header before the data leads to something else than the directory.
    pub(super) fn contradicts(&self, central: &Self) -> bool {
        if self.is_encrypted() != central.is_encrypted() || self.method != central.method {
            return true;
        }
        !self.ends_itself() && !self.is_streamed() && self.packed != central.packed
    }

    /// Whether bytes that look like a header are one.
    pub(super) fn is_likely(&self) -> bool {
        let is_known = matches!(self.method, 0..=20 | 93..=99);
        is_known && !self.name.is_empty() && !self.name.iter().any(|byte| *byte < 32)
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

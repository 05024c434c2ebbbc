//! A pack's index (`.idx`, versions 1 and 2): object names in order, and
//! where each lies in the pack. Read straight from the mapping; sizes are
//! checked once on opening, and no value read later can reach outside.

use std::{cmp::Ordering, ops::Range};

use leeward_model::ObjectId;

use super::map::Map;

const FAN: usize = 256 * 4;
const V2_MAGIC: &[u8] = b"\xfftOc\0\0\0\x02";

/// A mapped index.
#[derive(Debug)]
pub(super) struct PackIndex {
    data: Map,
    layout: Layout,
    id_len: usize,
    len: u32,
}

#[derive(Clone, Copy, Debug)]
enum Layout {
    V1,
    V2 { offsets: usize, large_offsets: usize },
}

impl PackIndex {
    /// Checks that the tables an index promises are there.
    pub(super) fn new(data: Map, id_len: usize) -> Result<Self, &'static str> {
        let is_v2 = data.starts_with(V2_MAGIC);
        let fan_at = if is_v2 { V2_MAGIC.len() } else { 0 };
        let fan = data.get(fan_at..fan_at + FAN).ok_or("the pack index is cut short")?;
        let counts = || fan.as_chunks::<4>().0.iter().map(|count| u32::from_be_bytes(*count));
        if !counts().is_sorted() {
            return Err("the pack index's fan-out table is out of order");
        }
        let len = counts().next_back().unwrap_or_default();
        let tables = fan_at + FAN;
        let per_entry = if is_v2 { id_len + 8 } else { id_len + 4 };
        let end = (len as usize).checked_mul(per_entry).and_then(|size| size.checked_add(tables));
        if end.is_none_or(|end| data.len() < end + 2 * id_len) {
            return Err("the pack index is cut short");
        }
        let layout = if is_v2 {
            let offsets = tables + len as usize * (id_len + 4);
            Layout::V2 { offsets, large_offsets: offsets + len as usize * 4 }
        } else {
            Layout::V1
        };
        Ok(Self { data, layout, id_len, len })
    }

    /// How many objects there are.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// The checksums that stand at its end: the pack's and its own.
    pub(super) fn checksum(&self) -> Option<&[u8]> {
        self.data.get(self.data.len().checked_sub(2 * self.id_len)?..)
    }

    /// The raw name of an object, by its place in the order of names.
    pub(super) fn raw_id(&self, place: u32) -> &[u8] {
        let place = place as usize;
        let start = match self.layout {
            Layout::V1 => FAN + place * (self.id_len + 4) + 4,
            Layout::V2 { .. } => V2_MAGIC.len() + FAN + place * self.id_len,
        };
        &self.data[start..start + self.id_len]
    }

    /// The name of an object, by its place in the order of names.
    pub(super) fn id(&self, place: u32) -> Option<ObjectId> {
        ObjectId::from_bytes(self.raw_id(place))
    }

    /// Where an object lies in the pack; `None` if the index is damaged there.
    pub(super) fn offset(&self, place: u32) -> Option<u64> {
        let place = place as usize;
        match self.layout {
            Layout::V1 => Some(u64::from(self.u32_at(FAN + place * (self.id_len + 4)))),
            Layout::V2 { offsets, large_offsets } => {
                let offset = self.u32_at(offsets + place * 4);
                if offset & 1 << 31 == 0 {
                    return Some(u64::from(offset));
                }
                let at = large_offsets + (offset & !(1 << 31)) as usize * 8;
                let raw = self.data.get(at..at + 8)?;
                Some(u64::from_be_bytes(raw.try_into().ok()?))
            }
        }
    }

    /// The place of an object in the order of names.
    pub(super) fn find(&self, id: &[u8]) -> Option<u32> {
        let Range { start: mut low, end: mut high } = self.fan_range(*id.first()?);
        while low < high {
            let middle = low.midpoint(high);
            match self.raw_id(middle).cmp(id) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The places of all objects whose names begin with these whole bytes.
    pub(super) fn starting_with(&self, prefix: &[u8]) -> Range<u32> {
        let Some(&first) = prefix.first() else { return 0..self.len };
        let Range { start: low, end: high } = self.fan_range(first);
        let bound = |past: Ordering| {
            let (mut low, mut high) = (low, high);
            while low < high {
                let middle = low.midpoint(high);
                let order = self.raw_id(middle)[..prefix.len().min(self.id_len)].cmp(prefix);
                if order == Ordering::Less || order == past {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        bound(Ordering::Less)..bound(Ordering::Equal)
    }

    fn fan_range(&self, first: u8) -> Range<u32> {
        let fan = match self.layout {
            Layout::V1 => 0,
            Layout::V2 { .. } => V2_MAGIC.len(),
        };
        let at = |index: u8| self.u32_at(fan + usize::from(index) * 4);
        first.checked_sub(1).map_or(0, at)..at(first)
    }

    /// Callers have checked that `at` lies in a table.
    fn u32_at(&self, at: usize) -> u32 {
        let raw = &self.data[at..at + 4];
        u32::from_be_bytes([raw[0], raw[1], raw[2], raw[3]])
    }
}

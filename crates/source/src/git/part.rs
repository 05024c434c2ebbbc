//! A part of a repository's objects: what one of several scans looks at, so that together
//! they look at everything, and at nothing twice.
//!
//! Objects that were built on each other in a pack belong together: to look at one means
//! to make those below it. So a pack is split between its trees of deltas, in runs of
//! roots, which costs nothing; but that means the same only to those who have the very
//! same pack, told by its checksum. Otherwise objects are split by their names, which is
//! always exact, and what is built on each other is made in each part that needs it.

use leeward_model::ObjectId;

use super::{
    Repository,
    bits::Bits,
    forest::{Forest, NONE, Root},
    object::Kinds,
    pack::Pack,
    walk::Known,
};

/// Which part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 0.
    pub index: u32,
    /// Of how many.
    pub of: u32,
    /// The checksum of the one pack that is split by ranges, in hexadecimal digits;
    /// nothing if all is split by names.
    pub pack: Option<String>,
}

impl Part {
    /// Whether an object is in it by its name: names are spread evenly, so parts of as
    /// many names hold about as many objects.
    pub(super) fn has(&self, id: &[u8]) -> bool {
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(id) {
            *to = *from;
        }
        // The first 64 bits as a fraction of all, times the parts.
        let part = (u128::from(u64::from_be_bytes(first)) * u128::from(self.of.max(1))) >> 64;
        part == u128::from(self.index)
    }

    /// Whether it is the one in which everything is that is no object.
    pub(super) fn is_first(&self) -> bool {
        self.index == 0
    }

    /// What of a pack is not in it. `elsewhere` tells entries that were read in other
    /// packs.
    pub(super) fn known(
        &self,
        forest: &Forest<'_>,
        kinds: Kinds,
        elsewhere: impl Fn(u32) -> bool,
    ) -> Known {
        if self.pack.is_some() {
            return self.outside_range(forest, kinds);
        }
        Known::of(forest, |entry| {
            elsewhere(entry) || !self.has(forest.pack.index.raw_id(forest.place(entry)))
        })
    }

    /// Trees of deltas outside its run of roots are not even to be read.
    fn outside_range(&self, forest: &Forest<'_>, kinds: Kinds) -> Known {
        let mut known = Known { seen: Bits::new(forest.len()), idle: Bits::new(forest.len()) };
        let weight = |root: u32| self.weight(forest, kinds, root);
        let roots = || (0..forest.len()).filter(|entry| forest.root(*entry).is_some());
        let all: u128 = roots().map(|root| u128::from(weight(root))).sum();
        let mut before = 0u128;
        for root in roots() {
            // A tree belongs where it begins.
            let part = (before * u128::from(self.of.max(1))).checked_div(all).unwrap_or(0);
            before += u128::from(weight(root));
            if part.min(u128::from(self.of.max(1) - 1)) != u128::from(self.index) {
                known.idle.insert(root);
                known.seen.insert(root);
            }
        }
        known
    }

    /// What a tree costs: its packed bytes, and something for each entry.
    fn weight(&self, forest: &Forest<'_>, kinds: Kinds, root: u32) -> u64 {
        if matches!(forest.root(root), Some(Root::Whole(kind)) if !kinds.has(kind)) {
            return 0;
        }
        let mut weight = forest.packed_bytes(root) + ENTRY;
        forest.descendants(root, |entry| weight += forest.packed_bytes(entry) + ENTRY);
        weight
    }
}

/// What an entry costs beside its bytes, as so many bytes.
const ENTRY: u64 = 256;

impl Known {
    /// Entries that are not wanted: read if something wanted is built on them.
    pub(super) fn of(forest: &Forest<'_>, is_unwanted: impl Fn(u32) -> bool) -> Self {
        let mut known = Self { seen: Bits::new(forest.len()), idle: Bits::new(forest.len()) };
        for entry in (0..forest.len()).rev() {
            if !is_unwanted(entry) {
                continue;
            }
            known.seen.insert(entry);
            let mut child = forest.first_child(entry);
            while child != NONE && known.idle.has(child) {
                child = forest.next_sibling(child);
            }
            if child == NONE {
                known.idle.insert(entry);
            }
        }
        known
    }
}

impl Repository {
    /// The bytes of its packs: what a scan of all of it costs, roughly.
    pub fn pack_bytes(&self) -> u64 {
        self.objects.packs.iter().map(Pack::end).sum()
    }

    /// The checksum of its pack, if it has one pack alone: then parts of it may be
    /// ranges of that pack.
    pub fn pack_sum(&self) -> Option<String> {
        match self.objects.packs.as_slice() {
            [pack] => pack.sum(),
            _ => None,
        }
    }

    /// Whether a part means here what it meant where the repository was split.
    pub(super) fn is_split_as(&self, part: &Part) -> bool {
        part.pack.is_none() || part.pack == self.pack_sum()
    }
}

/// Whether an object that lies alone is in a part.
pub(super) fn has_loose(part: Option<&Part>, id: &ObjectId) -> bool {
    part.is_none_or(|part| part.has(id.as_bytes()))
}

//! Which entries of a pack are built on which: a forest of deltas, laid out
//! as two numbers per entry.
//!
//! Entries are numbered by their place in the pack. The heaviest child of an
//! entry is always the last of its siblings, so that a depth-first walk that
//! lets go of a parent at its last child never holds more than the logarithm
//! of the tree's size in buffers.

use leeward_model::ObjectId;

use super::{
    object::Kind,
    pack::{Entry, Pack, Shape},
};

/// No such entry.
pub(super) const NONE: u32 = u32::MAX;
/// Roots have no sibling, so that field tells their kind instead.
const ROOT: u32 = u32::MAX - 16;
/// An entry whose head or base cannot be made out; a root of a kind of its own.
const BROKEN: u32 = ROOT;
/// The most entries a pack may have.
const MOST: u32 = ROOT - 1;

/// What stands at the bottom of a tree of deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Whole(Kind),
    Broken,
}

/// The entries of a pack in the order in which they lie, and what is built on
/// what.
pub(super) struct Forest<'a> {
    pub(super) pack: &'a Pack,
    /// Offset, and below it the place in the index, ascending.
    entries: Vec<u64>,
    place_bits: u32,
    first_child: Vec<u32>,
    next_sibling: Vec<u32>,
    trees: u32,
}

impl<'a> Forest<'a> {
    /// Reads all heads of a pack.
    pub(super) fn new(pack: &'a Pack, threads: usize) -> Result<Self, &'static str> {
        let len = pack.index.len();
        if len > MOST {
            return Err("the pack has too many entries");
        }
        let place_bits = (u32::BITS - len.leading_zeros()).max(1);
        if pack.end() >= 1 << (u64::BITS - place_bits) {
            return Err("the pack is too large");
        }
        // An entry whose offset the index has lost sorts first and is broken.
        let mut entries: Vec<u64> = (0..len)
            .map(|place| {
                let offset = pack.index.offset(place).filter(|&offset| offset < pack.end());
                offset.unwrap_or(0) << place_bits | u64::from(place)
            })
            .collect();
        entries.sort_unstable();
        let mut forest = Self {
            pack,
            entries,
            place_bits,
            first_child: vec![NONE; len as usize],
            next_sibling: Vec::new(),
            trees: 0,
        };
        let mut bases = forest.bases(threads);
        forest.break_cycles(&mut bases);
        forest.link(bases);
        Ok(forest)
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Whether every object of the pack has an entry, and one of its own.
    pub(super) fn is_complete(&self) -> bool {
        let offsets = || self.entries.iter().map(|entry| entry >> self.place_bits);
        self.pack.is_all_indexed() && offsets().zip(offsets().skip(1)).all(|(a, b)| a != b)
    }

    /// How many of them are trees, as far as their heads tell.
    pub(super) fn trees(&self) -> u32 {
        self.trees
    }

    /// The kind of tree an entry is the root of, if it is one.
    pub(super) fn root(&self, entry: u32) -> Option<Root> {
        match self.next_sibling[entry as usize] {
            NONE => None,
            BROKEN => Some(Root::Broken),
            mark => Kind::from_number(mark.checked_sub(ROOT)? as u8).map(Root::Whole),
        }
    }

    pub(super) fn first_child(&self, entry: u32) -> u32 {
        self.first_child[entry as usize]
    }

    /// The next entry built on the same base; not for roots.
    pub(super) fn next_sibling(&self, entry: u32) -> u32 {
        self.next_sibling[entry as usize]
    }

    /// The object's place in the pack's index.
    pub(super) fn place(&self, entry: u32) -> u32 {
        (self.entries[entry as usize] & ((1 << self.place_bits) - 1)) as u32
    }

    /// The object's name.
    pub(super) fn id(&self, entry: u32) -> Option<ObjectId> {
        self.pack.index.id(self.place(entry))
    }

    /// The entry's head, and where the next entry begins.
    pub(super) fn head(&self, entry: u32) -> Result<(Entry<'a>, u64), &'static str> {
        let next = self.entries.get(entry as usize + 1).map(|next| next >> self.place_bits);
        Ok((self.pack.entry(self.offset(entry))?, next.unwrap_or_else(|| self.pack.end())))
    }

    /// How many bytes an entry takes in the pack.
    pub(super) fn packed_bytes(&self, entry: u32) -> u64 {
        let next = self.entries.get(entry as usize + 1).map(|next| next >> self.place_bits);
        next.unwrap_or_else(|| self.pack.end()).saturating_sub(self.offset(entry))
    }

    /// Calls `visit` for all that is built on an entry, bases first.
    pub(super) fn descendants(&self, entry: u32, mut visit: impl FnMut(u32)) {
        let mut open = vec![self.first_child(entry)];
        while let Some(child) = open.pop() {
            if child != NONE {
                visit(child);
                open.extend([self.next_sibling(child), self.first_child(child)]);
            }
        }
    }

    fn offset(&self, entry: u32) -> u64 {
        self.entries[entry as usize] >> self.place_bits
    }

    /// For each entry its base, or a mark that it is a root.
    fn bases(&self, threads: usize) -> Vec<u32> {
        let finder = EntryAt::new(self);
        let mut bases = vec![BROKEN; self.entries.len()];
        let share = bases.len().div_ceil(threads.max(1)).max(1024);
        std::thread::scope(|scope| {
            for (chunk, bases) in bases.chunks_mut(share).enumerate() {
                let finder = &finder;
                scope.spawn(move || {
                    for (entry, base) in (chunk * share..).zip(bases) {
                        *base = self.base(entry as u32, finder);
                    }
                });
            }
        });
        bases
    }

    fn base(&self, entry: u32, finder: &EntryAt<'_, '_>) -> u32 {
        let found = match self.pack.entry(self.offset(entry)).map(|entry| entry.shape) {
            Ok(Shape::Whole(kind)) => return ROOT + kind as u32,
            Ok(Shape::OffsetDelta(offset)) => finder.find(offset),
            Ok(Shape::NamedDelta(id)) => {
                let place = self.pack.index.find(id);
                place.and_then(|place| finder.find(self.pack.index.offset(place)?))
            }
            Err(_) => None,
        };
        found.filter(|&base| base != entry).unwrap_or(BROKEN)
    }

    /// Bases that lie behind their deltas are rare (only named ones may), and
    /// only they can form a cycle.
    fn break_cycles(&self, bases: &mut [u32]) {
        let mut known = vec![0u64; bases.len().div_ceil(64)];
        let mut path = Vec::new();
        for start in 0..bases.len() {
            if bases[start] > MOST || (bases[start] as usize) < start {
                continue;
            }
            let mut at = start;
            path.clear();
            // Whoever is met twice on one path is on a cycle, or behind one
            // that has been broken already.
            while bases[at] <= MOST {
                if known[at / 64] & 1 << (at % 64) != 0 {
                    if path.contains(&at) {
                        bases[at] = BROKEN;
                    }
                    break;
                }
                known[at / 64] |= 1 << (at % 64);
                path.push(at);
                at = bases[at] as usize;
            }
        }
    }

    /// Turns "my base is" into "my first child is" and "my next sibling is",
    /// in the same memory.
    fn link(&mut self, mut bases: Vec<u32>) {
        let weights = self.weights(&bases);
        for entry in (0..bases.len()).rev() {
            let base = bases[entry];
            if base > MOST {
                if base == ROOT + Kind::Tree as u32 {
                    self.trees += weights[entry];
                }
                continue;
            }
            let head = self.first_child[base as usize];
            bases[entry] = head;
            self.first_child[base as usize] = entry as u32;
        }
        self.next_sibling = bases;
        self.heaviest_last(&weights);
    }

    /// How many entries each tree of deltas has.
    fn weights(&self, bases: &[u32]) -> Vec<u32> {
        let mut weights = vec![1u32; bases.len()];
        // Nearly all bases lie before their deltas, so one pass from the back
        // does; where one does not, the weight is a little off, and only the
        // order of siblings and a progress bar depend on it.
        for entry in (0..bases.len()).rev() {
            if bases[entry] <= MOST {
                weights[bases[entry] as usize] =
                    weights[bases[entry] as usize].saturating_add(weights[entry]);
            }
        }
        weights
    }

    fn heaviest_last(&mut self, weights: &[u32]) {
        for parent in 0..self.first_child.len() {
            let first = self.first_child[parent];
            if first == NONE || self.next_sibling[first as usize] == NONE {
                continue;
            }
            let (mut before_heaviest, mut heaviest) = (NONE, first);
            let mut last = first;
            loop {
                let next = self.next_sibling[last as usize];
                if next == NONE {
                    break;
                }
                if weights[next as usize] >= weights[heaviest as usize] {
                    (before_heaviest, heaviest) = (last, next);
                }
                last = next;
            }
            if heaviest == last {
                continue;
            }
            let after = self.next_sibling[heaviest as usize];
            if before_heaviest == NONE {
                self.first_child[parent] = after;
            } else {
                self.next_sibling[before_heaviest as usize] = after;
            }
            self.next_sibling[last as usize] = heaviest;
            self.next_sibling[heaviest as usize] = NONE;
        }
    }
}

/// Finds entries by offset without searching: one slot for every stretch of
/// the pack about as long as an average entry.
struct EntryAt<'f, 'a> {
    forest: &'f Forest<'a>,
    stretch_bits: u32,
    first_in_stretch: Vec<u32>,
}

impl<'f, 'a> EntryAt<'f, 'a> {
    fn new(forest: &'f Forest<'a>) -> Self {
        let average = forest.pack.end() / u64::from(forest.len().max(1)) + 1;
        let stretch_bits = average.next_power_of_two().trailing_zeros();
        let stretches = (forest.pack.end() >> stretch_bits) as usize + 2;
        let mut first_in_stretch = Vec::with_capacity(stretches);
        for entry in 0..forest.len() {
            let stretch = (forest.offset(entry) >> stretch_bits) as usize;
            if first_in_stretch.len() <= stretch {
                first_in_stretch.resize(stretch + 1, entry);
            }
        }
        Self { forest, stretch_bits, first_in_stretch }
    }

    fn find(&self, offset: u64) -> Option<u32> {
        let stretch = usize::try_from(offset >> self.stretch_bits).ok()?;
        let first = *self.first_in_stretch.get(stretch)?;
        let last = self.first_in_stretch.get(stretch + 1).copied();
        let last = last.unwrap_or(self.forest.len());
        let slice = first as usize..(last as usize).max(first as usize);
        let bits = self.forest.place_bits;
        let found = self.forest.entries[slice].partition_point(|entry| entry >> bits < offset);
        let entry = first + found as u32;
        let is_it = entry < self.forest.len() && self.forest.offset(entry) == offset;
        is_it.then_some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{Part, append, name, pack},
        *,
    };

    #[test]
    fn the_heaviest_child_is_the_last() {
        let blob = Part::Whole(Kind::Blob, vec![b'x'; 9]);
        let tree = Part::Whole(Kind::Tree, vec![b'x'; 9]);
        let on = |base: usize, len: usize| Part::Offset(base, append(len, b'y'));
        // 0 has 1, 2 and 3; 2 has 4 and 5; 6 is a tree with one version.
        let parts = [blob, on(0, 9), on(0, 9), on(0, 9), on(2, 10), on(2, 10), tree, on(6, 9)];
        let (_dir, pack) = pack(&parts);
        let forest = Forest::new(&pack, 2).unwrap();
        assert_eq!((forest.len(), forest.trees()), (8, 2));
        assert_eq!(forest.root(0), Some(Root::Whole(Kind::Blob)));
        assert_eq!(forest.root(6), Some(Root::Whole(Kind::Tree)));
        assert_eq!(forest.root(1), None);
        let mut children = vec![forest.first_child(0)];
        while let Some(&last) = children.last().filter(|last| **last != NONE) {
            children.push(forest.next_sibling(last));
        }
        assert_eq!(children, [1, 3, 2, NONE]);
        let mut below = Vec::new();
        forest.descendants(0, |entry| below.push(entry));
        below.sort_unstable();
        assert_eq!(below, [1, 2, 3, 4, 5]);
        for entry in 0..8 {
            assert_eq!(forest.id(entry), Some(name(entry)));
        }
    }
}

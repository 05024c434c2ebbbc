//! Finds the trees that hold some objects, directly or further down, without
//! looking anything up from the top: each pass over all trees of the
//! repository climbs one level, and a tree made by a delta is only searched
//! where it differs from its base.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    io::Read,
};

use leeward_model::{ObjectId, Reason, Trace};

use super::{
    forest::Forest,
    limits::Limits,
    object::{Kind, Kinds, tree_entries},
    objects::Objects,
    visit::{Object, Visit},
    walk::Walk,
};
use crate::Progress;

/// Hashes object names by their own bytes, which are a hash already.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(23) ^ u64::from_le_bytes(word))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A map from object names.
pub(super) type IdMap<T> = HashMap<ObjectId, T, BuildHasherDefault<IdHasher>>;

/// A tree, or an object looked for, with what is known of it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: ObjectId,
    /// For trees: entries that lead to objects looked for, as the number of
    /// the name and the number of the node.
    pub(super) entries: Vec<(u32, u32)>,
}

/// The trees above some objects. The first nodes are the objects themselves.
#[derive(Debug, Default)]
pub(super) struct Holders {
    pub(super) nodes: Vec<Node>,
    pub(super) names: Vec<Box<[u8]>>,
    pub(super) numbers: IdMap<u32>,
}

/// How many levels are climbed: deeper trees than any tool makes.
const LEVELS: u32 = 256;

impl Holders {
    /// Finds all trees above `wanted`.
    pub(super) fn find(
        objects: &Objects,
        loose: &[ObjectId],
        wanted: impl Iterator<Item = ObjectId>,
        threads: usize,
        progress: &Progress,
    ) -> Self {
        let mut holders = Self::default();
        let mut names = HashMap::new();
        let mut level: Vec<u32> = wanted.map(|id| holders.add(id)).collect();
        let forests: Vec<Forest<'_>> =
            objects.packs.iter().filter_map(|pack| Forest::new(pack, threads).ok()).collect();
        let loose = loose_trees(objects, loose);
        for _ in 0..LEVELS {
            if level.is_empty() || progress.is_cancelled() {
                break;
            }
            let wanted = Wanted::new(level.iter().map(|&node| holders.nodes[node as usize].id));
            let mut finders: Vec<_> =
                (0..threads.max(1)).map(|_| Finder { wanted: &wanted, hits: Vec::new() }).collect();
            for forest in &forests {
                let walk = Walk {
                    forest,
                    kinds: Kinds::only(Kind::Tree),
                    limits: Limits::default(),
                    known: None,
                };
                walk.run(&mut finders, progress);
            }
            for (id, bytes) in &loose {
                finders[0].search(*id, bytes);
            }
            level.clear();
            let mut hits: Vec<Hit> = finders.into_iter().flat_map(|finder| finder.hits).collect();
            hits.sort_unstable();
            hits.dedup();
            for hit in hits {
                if let Some(node) = holders.take(hit, &mut names) {
                    level.push(node);
                }
            }
        }
        holders
    }

    fn add(&mut self, id: ObjectId) -> u32 {
        let number = self.nodes.len() as u32;
        self.nodes.push(Node { id, entries: Vec::new() });
        self.numbers.insert(id, number);
        number
    }

    /// Takes a hit in; answers the tree's number if it is new.
    fn take(&mut self, hit: Hit, names: &mut HashMap<Box<[u8]>, u32>) -> Option<u32> {
        let child = *self.numbers.get(&hit.child)?;
        let before = self.numbers.get(&hit.tree).copied();
        let tree = before.unwrap_or_else(|| self.add(hit.tree));
        let name = *names.entry(hit.name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.names.len() as u32 - 1
        });
        self.nodes[tree as usize].entries.push((name, child));
        before.is_none().then_some(tree)
    }
}

/// An entry of a tree that names an object looked for.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    tree: ObjectId,
    name: Box<[u8]>,
    child: ObjectId,
}

/// Objects looked for in one pass, with a cheap test in front.
struct Wanted {
    ids: IdMap<()>,
    gate: Vec<u64>,
}

const GATE_BITS: u32 = 20;

impl Wanted {
    fn new(ids: impl Iterator<Item = ObjectId>) -> Self {
        let ids: IdMap<()> = ids.map(|id| (id, ())).collect();
        let mut gate = vec![0; 1 << (GATE_BITS - 6)];
        for bit in ids.keys().filter_map(|id| gate_bit(id.as_bytes())) {
            gate[bit / 64] |= 1 << (bit % 64);
        }
        Self { ids, gate }
    }

    fn has(&self, id: &[u8]) -> bool {
        gate_bit(id).is_some_and(|bit| self.gate[bit / 64] & 1 << (bit % 64) != 0)
            && ObjectId::from_bytes(id).is_some_and(|id| self.ids.contains_key(&id))
    }
}

fn gate_bit(id: &[u8]) -> Option<usize> {
    let first = u32::from_be_bytes(*id.first_chunk()?);
    Some((first >> (32 - GATE_BITS)) as usize)
}

/// Searches trees on one thread.
struct Finder<'a> {
    wanted: &'a Wanted,
    hits: Vec<Hit>,
}

/// A tree in which nothing was found; any other answer is for one with hits.
const NOTHING: Trace = Trace(0);

impl Finder<'_> {
    fn search(&mut self, tree: ObjectId, bytes: &[u8]) -> Trace {
        let before = self.hits.len();
        for entry in tree_entries(bytes, tree.as_bytes().len()) {
            if self.wanted.has(entry.id)
                && !entry.is_submodule()
                && let Some(child) = ObjectId::from_bytes(entry.id)
            {
                self.hits.push(Hit { tree, name: entry.name.into(), child });
            }
        }
        Trace(u64::from(self.hits.len() > before))
    }
}

impl Visit for Finder<'_> {
    fn visit(&mut self, object: Object<'_>) -> Trace {
        let id_len = object.id.as_bytes().len();
        if let Some(base) = object.base.filter(|base| base.trace == NOTHING) {
            let bytes = object.bytes;
            let is_anywhere = base.fresh.iter().any(|range| {
                let start = range.start.saturating_sub(id_len - 1);
                let end = (range.end + id_len - 1).min(bytes.len());
                bytes[start..end].windows(id_len).any(|id| self.wanted.has(id))
            });
            if !is_anywhere {
                return NOTHING;
            }
        }
        self.search(object.id, object.bytes)
    }

    /// A tree of that size is nothing any tool makes.
    fn visit_stream(
        &mut self,
        _: Kind,
        _: ObjectId,
        _: u64,
        _: &mut dyn Read,
    ) -> Result<(), Reason> {
        Err(Reason::Limit("size of a tree".into()))
    }
}

/// Loose trees are few; they are held for all passes, within a bound.
fn loose_trees(objects: &Objects, loose: &[ObjectId]) -> Vec<(ObjectId, Vec<u8>)> {
    const HELD: usize = 64 << 20;
    let (mut trees, mut held) = (Vec::new(), 0);
    for id in loose {
        let Ok(Some(loose)) = objects.loose(id) else { continue };
        let mut bytes = Vec::new();
        if loose.kind == Kind::Tree
            && held < HELD
            && loose.read_all(Limits::default().hold, &mut bytes).is_ok()
        {
            held += bytes.len();
            trees.push((*id, bytes));
        }
    }
    trees
}

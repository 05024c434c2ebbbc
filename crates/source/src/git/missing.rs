//! Finds out what is not here though trees name it: of a partial clone all
//! that it left behind, of any other repository what HEAD needs, whose absence
//! is damage. They are told, never fetched.

use std::{collections::BTreeSet, io::Read};

use leeward_model::{NotScanned, ObjectId, Reason, Trace};

use super::{
    Repository,
    forest::Forest,
    limits::Limits,
    object::{Kind, Kinds, commit_links, tree_entries},
    objects::{Objects, not_scanned},
    reader::Reader,
    visit::{Object, Visit},
    walk::Walk,
};
use crate::Progress;

impl Repository {
    /// Every object that a tree names and that is not here.
    pub(super) fn missing(&self, threads: usize, progress: &Progress) -> Vec<NotScanned> {
        let mut seekers: Vec<Seeker<'_>> = (0..threads.max(1))
            .map(|_| Seeker { objects: &self.objects, absent: BTreeSet::new() })
            .collect();
        for pack in &self.objects.packs {
            let Ok(forest) = Forest::new(pack, threads) else { continue };
            let kinds = Kinds::only(Kind::Tree);
            let limits = Limits::default();
            Walk { forest: &forest, kinds, limits, known: None }.run(&mut seekers, progress);
        }
        let mut bytes = Vec::new();
        for id in self.loose_only() {
            if let Ok(Some(loose)) = self.objects.loose(&id)
                && loose.kind == Kind::Tree
                && loose.read_all(Limits::default().hold, &mut bytes).is_ok()
            {
                seekers[0].search(&bytes);
            }
        }
        let absent: BTreeSet<ObjectId> =
            seekers.into_iter().flat_map(|seeker| seeker.absent).collect();
        absent.iter().map(|id| not_scanned(id, Reason::Missing)).collect()
    }
}

/// Most trees of HEAD that are followed; more than the largest projects have.
const MOST_TREES: usize = 1_000_000;

impl Repository {
    /// What HEAD names and is not here. A look at every tree of history would
    /// double the time of a scan that is complete in all but damaged
    /// repositories.
    pub(super) fn missing_from_head(&self) -> Vec<NotScanned> {
        let Some(head) = self.head_ref() else { return Vec::new() };
        let mut reader = Reader::new(&self.objects);
        let mut absent = BTreeSet::new();
        let tree = reader
            .read_kind(&head, Kind::Commit)
            .ok()
            .and_then(|commit| commit_links(&commit))
            .map(|links| links.tree);
        let mut trees = Vec::from_iter(tree);
        if !self.objects.has(&head) {
            absent.insert(head);
        }
        let mut seen: BTreeSet<ObjectId> = trees.iter().copied().collect();
        while let Some(id) = trees.pop() {
            // One that is damaged is told by whoever scans it.
            let Ok(tree) = reader.read_kind(&id, Kind::Tree) else {
                if !self.objects.has(&id) {
                    absent.insert(id);
                }
                continue;
            };
            for entry in
                tree_entries(&tree, self.objects.id_len).filter(|entry| !entry.is_submodule())
            {
                let Some(id) = ObjectId::from_bytes(entry.id) else { continue };
                if entry.is_tree() {
                    if seen.len() < MOST_TREES && seen.insert(id) {
                        trees.push(id);
                    }
                } else if !self.objects.has(&id) {
                    absent.insert(id);
                }
            }
        }
        absent.iter().map(|id| not_scanned(id, Reason::Missing)).collect()
    }
}

struct Seeker<'a> {
    objects: &'a Objects,
    absent: BTreeSet<ObjectId>,
}

impl Seeker<'_> {
    fn search(&mut self, tree: &[u8]) {
        for entry in tree_entries(tree, self.objects.id_len).filter(|entry| !entry.is_submodule()) {
            if let Some(id) = ObjectId::from_bytes(entry.id)
                && !self.absent.contains(&id)
                && !self.objects.has(&id)
            {
                self.absent.insert(id);
            }
        }
    }
}

impl Visit for Seeker<'_> {
    fn visit(&mut self, object: Object<'_>) -> Trace {
        self.search(object.bytes);
        Trace::default()
    }

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

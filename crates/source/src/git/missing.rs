//! Finds out what a partial clone left behind: objects that its trees name
//! and that are not here. They are told, never fetched.

use std::{collections::BTreeSet, io::Read};

use leeward_model::{NotScanned, ObjectId, Reason, Trace};

use super::{
    Repository,
    forest::Forest,
    limits::Limits,
    object::{Kind, Kinds, tree_entries},
    objects::{Objects, not_scanned},
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

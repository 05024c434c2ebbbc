//! What a push has brought, while Git keeps it apart: every object of the
//! quarantine is shown, and whatever they name that is not among them is
//! collected, for others to find out whether it was there before.

use std::{
    collections::{BTreeSet, HashSet},
    io::Read,
    path::Path,
};

use leeward_model::{Inspect, NotScanned, ObjectId, Reason, Trace};

use super::{
    inside::Inside,
    limits::Limits,
    loose::damage,
    object::{Kind, Kinds, commit_links, header, parse_id, tree_entries},
    objects::Objects,
    seer::Seer,
    sweep::sweep,
    visit::{Object, Visit},
};
use crate::Progress;

/// The objects of a quarantine.
#[derive(Debug)]
pub(super) struct Arrived {
    objects: Objects,
    loose: HashSet<ObjectId>,
}

impl Arrived {
    /// Opens a quarantine: nothing that it borrows.
    pub(super) fn new(inside: &Inside, dir: &Path, id_len: usize) -> Self {
        let mut objects = Objects::alone(inside, dir, id_len);
        let mut problems = Vec::new();
        let loose = objects.loose_ids(&mut problems).into_iter().collect();
        objects.problems.extend(problems);
        Self { objects, loose }
    }

    /// Whether an object is among them.
    pub(super) fn has(&self, id: &ObjectId) -> bool {
        self.loose.contains(id) || self.objects.is_packed(id)
    }

    /// Shows all blobs and the texts of all commits and tags; what they name
    /// that did not arrive with them, and what could not be read.
    pub(super) fn show<'i, I: Inspect>(
        &self,
        seers: Vec<Seer<'i, I>>,
        progress: &Progress,
    ) -> (Vec<Seer<'i, I>>, Border, Vec<NotScanned>) {
        let of = |seer| Newcomer { seer, arrived: self, border: Border::default() };
        let mut newcomers: Vec<Newcomer<'_, 'i, I>> = seers.into_iter().map(of).collect();
        let mut problems =
            sweep(&self.objects, Kinds::ALL, None, &mut newcomers, None, progress).problems;
        problems.extend(self.objects.problems.iter().cloned());
        let (mut seers, mut border) = (Vec::new(), Border::default());
        for Newcomer { seer, border: part, .. } in newcomers {
            seers.push(seer);
            border.merge(part);
        }
        (seers, border, problems)
    }
}

/// What new objects name that is not among them.
#[derive(Debug, Default)]
pub(super) struct Border {
    /// Parents of commits.
    pub(super) commits: BTreeSet<ObjectId>,
    /// Directories of commits and of other directories.
    pub(super) trees: HashSet<ObjectId>,
    /// Files of directories.
    pub(super) blobs: HashSet<ObjectId>,
    /// What tags name.
    pub(super) tagged: BTreeSet<ObjectId>,
    /// Names of directories that are new: where to look first.
    pub(super) names: HashSet<Box<[u8]>>,
}

impl Border {
    fn merge(&mut self, other: Self) {
        self.commits.extend(other.commits);
        self.trees.extend(other.trees);
        self.blobs.extend(other.blobs);
        self.tagged.extend(other.tagged);
        self.names.extend(other.names);
    }

    /// Collects what a commit names.
    fn of_commit(&mut self, text: &[u8], has: impl Fn(&ObjectId) -> bool) {
        let Some(links) = commit_links(text) else { return };
        self.commits.extend(links.parents.into_iter().filter(|parent| !has(parent)));
        if !has(&links.tree) {
            self.trees.insert(links.tree);
        }
    }

    /// Collects what a tag names.
    fn of_tag(&mut self, text: &[u8], has: impl Fn(&ObjectId) -> bool) {
        let tagged = header(text, b"object").and_then(parse_id);
        self.tagged.extend(tagged.filter(|tagged| !has(tagged)));
    }

    /// Collects what a tree names.
    fn of_tree(&mut self, tree: &[u8], id_len: usize, has: impl Fn(&ObjectId) -> bool) {
        for entry in tree_entries(tree, id_len).filter(|entry| !entry.is_submodule()) {
            let Some(id) = ObjectId::from_bytes(entry.id) else { continue };
            let is_new = has(&id);
            if entry.is_tree() {
                if !is_new {
                    self.trees.insert(id);
                } else if !self.names.contains(entry.name) {
                    self.names.insert(entry.name.into());
                }
            } else if !is_new {
                self.blobs.insert(id);
            }
        }
    }
}

/// One thread's view of what arrived.
struct Newcomer<'a, 'i, I: Inspect> {
    seer: Seer<'i, I>,
    arrived: &'a Arrived,
    border: Border,
}

impl<I: Inspect> Visit for Newcomer<'_, '_, I> {
    fn visit(&mut self, object: Object<'_>) -> Trace {
        let Self { seer, arrived, border } = self;
        let has = |id: &ObjectId| arrived.has(id);
        match object.kind {
            Kind::Blob => {}
            Kind::Commit => border.of_commit(object.bytes, has),
            Kind::Tag => border.of_tag(object.bytes, has),
            Kind::Tree => border.of_tree(object.bytes, arrived.objects.id_len, has),
        }
        seer.visit(object)
    }

    fn visit_stream(
        &mut self,
        kind: Kind,
        id: ObjectId,
        size: u64,
        bytes: &mut dyn Read,
    ) -> Result<(), Reason> {
        if kind == Kind::Blob {
            return self.seer.visit_stream(kind, id, size, bytes);
        }
        // What names others is needed as a whole.
        if size > Limits::default().object {
            return Err(Reason::Limit("size of an object".into()));
        }
        let mut whole = Vec::new();
        bytes.read_to_end(&mut whole).map_err(|error| damage(&error))?;
        self.visit(Object { kind, id, bytes: &whole, base: None });
        Ok(())
    }
}

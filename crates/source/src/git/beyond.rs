//! Scans what some objects lead to and others do not: what a push brings, or
//! would bring.
//!
//! What arrived with a push is shown as a whole; see `arrived`. The rest has to
//! be told from what was there before, and whatever that cannot be told of is
//! shown: so nothing that the tips lead to is left out, because
//!
//! - each commit beyond the known ones has arrived, or is walked here, with
//!   what it has and no parent of it has;
//! - each directory that arrived names only what arrived too, what a known
//!   commit beside it has, or what is walked here to its end.

use std::collections::{BTreeSet, HashSet, VecDeque};

use leeward_model::{Coverage, GitObjectKind, Inspect, NotScanned, ObjectId, Reason};

use super::{
    Repository, ScanError,
    arrived::{Arrived, Border},
    object::{Kind, commit_links, header, parse_id, tree_entries},
    objects::not_scanned,
    range::Brought,
    reader::Reader,
    revision::{self, Selected},
    seer::Seer,
    visit::{Object, Visit as _},
};
use crate::Progress;

/// The most directories of known commits that are read to find out what was
/// there before; what is not found then is shown.
const MOST_TREES: usize = 1_000_000;

impl Repository {
    pub(super) fn scan_beyond<I: Inspect>(
        &self,
        tips: &[ObjectId],
        known: &[ObjectId],
        threads: usize,
        inspect: &I,
        progress: &Progress,
    ) -> Result<Coverage, ScanError> {
        let mut seers: Vec<Seer<'_, I>> =
            (0..threads.max(1)).map(|_| Seer::new(inspect, progress)).collect();
        let (mut border, mut problems) = (Border::default(), Vec::new());
        if let Some(arrived) = &self.arrived {
            (seers, border, problems) = arrived.show(seers, progress);
        }
        let has_arrived = |id: &ObjectId| self.has_arrived(id);
        border.tagged.extend(tips.iter().filter(|id| !has_arrived(id)));
        let mut search = Search {
            arrived: self.arrived.as_ref(),
            brought: Brought::new(Reader::new(&self.objects)),
            known: known.iter().copied().collect(),
            progress,
        };
        let [first, ..] = seers.as_mut_slice() else { return Ok(Coverage::default()) };
        search.follow_tags(&mut border, first);
        let (strays, edges) = search.commits(&mut border, self.is_shallow());
        progress.expect(strays.len() as u64);
        for commit in &strays {
            if progress.is_cancelled() {
                break;
            }
            let (kind, id) = (Kind::Commit, commit.id);
            first.visit(Object { kind, id, bytes: &commit.text, base: None });
            search.brought.by(commit);
        }
        let seen = search.settle(&mut border, edges);
        search.walk_trees(border, seen);
        let Brought { blobs, problems: more, .. } = search.brought;
        problems.extend(more);
        let blobs: Vec<ObjectId> = blobs.into_iter().filter(|id| !has_arrived(id)).collect();
        let mut coverage = Coverage::default();
        for seer in seers {
            coverage.merge(seer.coverage);
        }
        coverage.not_scanned.extend(problems);
        coverage.merge(self.scan_blobs(&blobs, GitObjectKind::Blob, threads, inspect, progress));
        if progress.is_cancelled() {
            coverage.not_scanned.push(stopped());
        }
        // What is missing may lie in a pack that could not be opened.
        if coverage.not_scanned.iter().any(|left| left.reason == Reason::Missing) {
            coverage.not_scanned.extend(self.objects.problems.iter().cloned());
        }
        Ok(coverage)
    }

    fn has_arrived(&self, id: &ObjectId) -> bool {
        self.arrived.as_ref().is_some_and(|arrived| arrived.has(id))
    }
}

fn stopped() -> NotScanned {
    let reason = Reason::stopped();
    NotScanned { path: b"git objects".to_vec(), reason, bytes: None }
}

/// Tells what was there before from what was not.
struct Search<'a> {
    arrived: Option<&'a Arrived>,
    brought: Brought<'a>,
    /// Values of refs as they are named, tags not followed.
    known: HashSet<ObjectId>,
    progress: &'a Progress,
}

impl Search<'_> {
    fn has_arrived(&self, id: &ObjectId) -> bool {
        self.arrived.is_some_and(|arrived| arrived.has(id))
    }

    fn problem(&mut self, id: &ObjectId, reason: Reason) {
        self.brought.problems.push(not_scanned(id, reason));
    }

    /// Follows what is tagged, or pushed as it is, to what it is.
    fn follow_tags<I: Inspect>(&mut self, border: &mut Border, seer: &mut Seer<'_, I>) {
        let mut met = HashSet::new();
        while let Some(id) = border.tagged.pop_first() {
            if self.known.contains(&id) || self.has_arrived(&id) || !met.insert(id) {
                continue;
            }
            match self.brought.reader.read(&id) {
                Ok((Kind::Commit, _)) => {
                    border.commits.insert(id);
                }
                Ok((Kind::Tree, _)) => {
                    border.trees.insert(id);
                }
                Ok((Kind::Blob, _)) => {
                    border.blobs.insert(id);
                }
                Ok((Kind::Tag, text)) => {
                    seer.visit(Object { kind: Kind::Tag, id, bytes: &text, base: None });
                    border.tagged.extend(header(&text, b"object").and_then(parse_id));
                }
                Err(reason) => self.problem(&id, reason),
            }
        }
    }

    /// Of the commits that new ones name: those that no known one leads to,
    /// with their ancestors; and the trees of those that are known.
    fn commits(&mut self, border: &mut Border, is_shallow: bool) -> (Vec<Selected>, Vec<ObjectId>) {
        let named = std::mem::take(&mut border.commits);
        let (mut edges, open): (BTreeSet<ObjectId>, BTreeSet<ObjectId>) =
            named.into_iter().partition(|id| self.known.contains(id));
        let mut strays = Vec::new();
        if !open.is_empty() {
            let known = self.known_commits();
            let progress = self.progress;
            let reader = &mut self.brought.reader;
            let include = open.iter().copied().collect();
            let is_stopped = || progress.is_cancelled();
            let (found, missing) = revision::beyond(include, known, reader, &is_stopped);
            // Below the border of a shallow clone nothing was ever here.
            if !is_shallow {
                let missing = missing.iter().map(|id| not_scanned(id, Reason::Missing));
                self.brought.problems.extend(missing);
            }
            let new: HashSet<ObjectId> = found.iter().map(|commit| commit.id).collect();
            edges.extend(&open);
            edges.extend(found.iter().flat_map(|commit| &commit.links.parents));
            edges.retain(|id| !new.contains(id) && !missing.contains(id));
            // One that arrived is shown already, and leads on by its parents.
            strays = found.into_iter().filter(|commit| !self.has_arrived(&commit.id)).collect();
            edges.retain(|id| !self.arrived.is_some_and(|arrived| arrived.has(id)));
        }
        let tree = |id: &ObjectId| {
            let text = self.brought.reader.read_kind(id, Kind::Commit).ok()?;
            commit_links(&text).map(|links| links.tree)
        };
        let trees = edges.iter().filter_map(tree).collect();
        (strays, trees)
    }

    /// The known commits, tags followed. What is known and not here helps
    /// nobody.
    fn known_commits(&mut self) -> Vec<ObjectId> {
        let mut commits = Vec::new();
        for &id in &self.known {
            let (mut at, mut met) = (id, HashSet::new());
            while met.insert(at)
                && let Ok((kind, text)) = self.brought.reader.read(&at)
            {
                match (kind, header(&text, b"object").and_then(parse_id)) {
                    (Kind::Commit, _) => commits.push(at),
                    (Kind::Tag, Some(tagged)) => {
                        at = tagged;
                        continue;
                    }
                    _ => {}
                }
                break;
            }
        }
        commits
    }

    /// Takes out of the border what the trees of known commits have; the trees
    /// that were read. Directories with the name of a new one come first:
    /// nearly always everything beside what changed is found there.
    fn settle(&mut self, border: &mut Border, edges: Vec<ObjectId>) -> HashSet<ObjectId> {
        border.trees.retain(|id| !self.known.contains(id));
        border.blobs.retain(|id| !self.known.contains(id));
        let mut seen = HashSet::new();
        let mut open = VecDeque::from(edges);
        let mut later = VecDeque::new();
        while !(border.trees.is_empty() && border.blobs.is_empty())
            && seen.len() < MOST_TREES
            && !self.progress.is_cancelled()
            && let Some(tree) = open.pop_front().or_else(|| later.pop_front())
        {
            if !seen.insert(tree) {
                continue;
            }
            border.trees.remove(&tree);
            // One that cannot be read settles nothing.
            let Ok(bytes) = self.brought.reader.read_kind(&tree, Kind::Tree) else { continue };
            let entries = tree_entries(&bytes, tree.as_bytes().len());
            for entry in entries.filter(|entry| !entry.is_submodule()) {
                let Some(id) = ObjectId::from_bytes(entry.id) else { continue };
                if !entry.is_tree() {
                    border.blobs.remove(&id);
                    continue;
                }
                border.trees.remove(&id);
                let queue = if border.names.contains(entry.name) { &mut open } else { &mut later };
                queue.push_back(id);
            }
        }
        seen
    }

    /// Walks what is left of the border to its end.
    fn walk_trees(&mut self, border: Border, mut seen: HashSet<ObjectId>) {
        self.brought.blobs.extend(border.blobs);
        let mut open: Vec<ObjectId> = border.trees.into_iter().collect();
        while let Some(tree) = open.pop() {
            if self.progress.is_cancelled() {
                return;
            }
            if self.has_arrived(&tree) || !seen.insert(tree) {
                continue;
            }
            let bytes = match self.brought.reader.read_kind(&tree, Kind::Tree) {
                Ok(bytes) => bytes,
                Err(reason) => {
                    self.problem(&tree, reason);
                    continue;
                }
            };
            let entries = tree_entries(&bytes, tree.as_bytes().len());
            for entry in entries.filter(|entry| !entry.is_submodule()) {
                let Some(id) = ObjectId::from_bytes(entry.id) else { continue };
                if entry.is_tree() {
                    open.push(id);
                } else {
                    self.brought.blobs.insert(id);
                }
            }
        }
    }
}

//! Scans what a range of commits brought: the blobs that each of them has and
//! none of its parents, and the commits' own texts.

use std::collections::{BTreeSet, HashMap, HashSet};

use leeward_model::{Coverage, GitObjectKind, Inspect, NotScanned, ObjectId, Reason};

use super::{
    Repository, ScanError,
    judged::mark_of,
    object::{Kind, commit_links, tree_entries},
    objects::not_scanned,
    reader::Reader,
    revision::Selected,
    seer::Seer,
    visit::{Object, Visit as _},
};
use crate::Progress;

impl Repository {
    pub(super) fn scan_range<I: Inspect>(
        &self,
        range: &str,
        threads: usize,
        inspect: &I,
        progress: &Progress,
    ) -> Result<Coverage, ScanError> {
        let mut reader = Reader::new(&self.objects);
        let (commits, missing) = self.select(range, &mut reader).map_err(ScanError::Revision)?;
        let mut seer = Seer::new(inspect, progress);
        let mut brought = Brought::new(reader);
        progress.expect(commits.len() as u64);
        for commit in &commits {
            if progress.is_cancelled() {
                return Err(ScanError::Stopped);
            }
            seer.visit(Object {
                kind: Kind::Commit,
                id: commit.id,
                bytes: &commit.text,
                base: None,
            });
            brought.by(commit);
        }
        let mut coverage = seer.coverage;
        // Below the border of a shallow clone nothing was ever here.
        let unexpected = missing.iter().filter(|_| !self.is_shallow());
        brought.problems.extend(unexpected.map(|id| not_scanned(id, Reason::Missing)));
        let blobs: Vec<ObjectId> = brought.blobs.into_iter().collect();
        coverage.not_scanned.extend(brought.problems);
        coverage.merge(self.scan_blobs(&blobs, GitObjectKind::Blob, threads, inspect, progress));
        Ok(coverage)
    }

    /// Shows what a commit put something else in place of, or took away: the
    /// blobs that its parents have where it has them no more.
    pub fn scan_replaced<I: Inspect>(
        &self,
        commit: &ObjectId,
        inspect: &I,
        progress: &Progress,
    ) -> Coverage {
        let mut brought = Brought::new(Reader::new(&self.objects));
        let gone = match brought.reader.read_kind(commit, Kind::Commit) {
            Ok(text) => match commit_links(&text) {
                Some(links) => brought.changes(&Selected { id: *commit, text, links }).gone,
                None => HashSet::new(),
            },
            Err(reason) => {
                brought.problems.push(not_scanned(commit, reason));
                HashSet::new()
            }
        };
        let gone: Vec<ObjectId> = gone.into_iter().collect();
        let mut coverage = self.scan_blobs(&gone, GitObjectKind::Blob, 1, inspect, progress);
        coverage.not_scanned.extend(brought.problems);
        coverage
    }

    /// Shows some blobs, each read by itself.
    pub(super) fn scan_blobs<I: Inspect>(
        &self,
        blobs: &[ObjectId],
        kind: GitObjectKind,
        threads: usize,
        inspect: &I,
        progress: &Progress,
    ) -> Coverage {
        let mut coverage = Coverage::default();
        let left: Vec<ObjectId>;
        let blobs = match inspect.judged() {
            Some(judged) => {
                let is_new = |id: &&ObjectId| !judged.is_clean(mark_of(id));
                left = blobs.iter().filter(is_new).copied().collect();
                coverage.judged_before.objects = (blobs.len() - left.len()) as u64;
                &left
            }
            None => blobs,
        };
        progress.expect(blobs.len() as u64);
        let share = blobs.len().div_ceil(threads.max(1)).max(16);
        let see = |blobs: &[ObjectId]| {
            let mut reader = Reader::new(&self.objects);
            let mut seer = Seer::new(inspect, progress);
            blobs.iter().for_each(|id| see_blob(kind, id, &mut reader, &mut seer));
            seer.coverage
        };
        // A few are read sooner than a thread starts.
        if blobs.len() <= share {
            coverage.merge(see(blobs));
            return coverage;
        }
        let see = &see;
        std::thread::scope(|scope| {
            let parts: Vec<_> =
                blobs.chunks(share).map(|blobs| scope.spawn(move || see(blobs))).collect();
            for part in parts {
                match part.join() {
                    Ok(part) => coverage.merge(part),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        coverage
    }
}

fn see_blob<I: Inspect>(
    kind: GitObjectKind,
    id: &ObjectId,
    reader: &mut Reader<'_>,
    seer: &mut Seer<'_, I>,
) {
    let read = match seer.progress.is_cancelled() {
        true => Err(Reason::stopped()),
        false => reader.read_kind(id, Kind::Blob),
    };
    match read {
        Ok(bytes) => {
            seer.see(kind, Object { kind: Kind::Blob, id: *id, bytes: &bytes, base: None });
        }
        Err(reason) => seer.coverage.not_scanned.push(not_scanned(id, reason)),
    }
}

/// Collects the blobs that commits brought.
pub(super) struct Brought<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) blobs: BTreeSet<ObjectId>,
    pub(super) problems: Vec<NotScanned>,
}

/// What a commit has and its parents have not, or the other way round.
#[derive(Default)]
struct Changes {
    added: Vec<ObjectId>,
    gone: HashSet<ObjectId>,
}

impl<'a> Brought<'a> {
    pub(super) fn new(reader: Reader<'a>) -> Self {
        Self { reader, blobs: BTreeSet::new(), problems: Vec::new() }
    }

    /// Adds what a commit has and none of its parents has.
    pub(super) fn by(&mut self, commit: &Selected) {
        let mut changes = self.changes(commit);
        // What only moved was there before.
        changes.added.retain(|blob| !changes.gone.contains(blob));
        self.blobs.extend(changes.added);
    }

    fn changes(&mut self, commit: &Selected) -> Changes {
        let parents: Vec<ObjectId> = commit
            .links
            .parents
            .iter()
            .filter_map(|parent| {
                let text = self.reader.read_kind(parent, Kind::Commit).ok()?;
                Some(super::object::commit_links(&text)?.tree)
            })
            .collect();
        let mut changes = Changes::default();
        let mut open = vec![(Some(commit.links.tree), parents)];
        // Trees may name one tree many times over, to multiply the work.
        let mut seen = HashSet::new();
        while let Some((tree, others)) = open.pop() {
            let is_same = tree.is_some_and(|tree| others.contains(&tree));
            if !is_same && seen.insert((tree, others.clone())) {
                self.compare(tree, &others, &mut changes, &mut open);
            }
        }
        changes
    }

    /// Compares one directory with what the parents have in its place.
    fn compare(
        &mut self,
        tree: Option<ObjectId>,
        others: &[ObjectId],
        changes: &mut Changes,
        open: &mut Vec<(Option<ObjectId>, Vec<ObjectId>)>,
    ) {
        let ours = tree.map(|tree| self.entries(&tree)).unwrap_or_default();
        let names: HashSet<&[u8]> = ours.iter().map(|(name, _)| name.as_slice()).collect();
        let theirs: Vec<HashMap<_, _>> =
            others.iter().map(|tree| self.entries(tree).into_iter().collect()).collect();
        let entries_of = |name: &[u8]| -> Vec<Named> {
            theirs.iter().filter_map(|entries| entries.get(name).copied()).collect()
        };
        for (name, entry) in &ours {
            let others = entries_of(name);
            if others.contains(entry) {
                continue;
            }
            let trees = others.iter().filter(|other| other.is_tree).map(|other| other.id).collect();
            if entry.is_tree {
                open.push((Some(entry.id), trees));
            } else {
                changes.added.push(entry.id);
                changes.gone.extend(others.iter().filter(|o| !o.is_tree).map(|o| o.id));
            }
        }
        for (_, entry) in
            theirs.iter().flatten().filter(|(name, _)| !names.contains(name.as_slice()))
        {
            if entry.is_tree {
                open.push((None, vec![entry.id]));
            } else {
                changes.gone.insert(entry.id);
            }
        }
    }

    /// All entries, also where a name comes twice: Git follows both.
    fn entries(&mut self, tree: &ObjectId) -> Vec<(Vec<u8>, Named)> {
        match self.reader.read_kind(tree, Kind::Tree) {
            Ok(bytes) => tree_entries(&bytes, tree.as_bytes().len())
                .filter(|entry| !entry.is_submodule())
                .filter_map(|entry| {
                    let id = ObjectId::from_bytes(entry.id)?;
                    Some((entry.name.to_owned(), Named { id, is_tree: entry.is_tree() }))
                })
                .collect(),
            Err(reason) => {
                self.problems.push(not_scanned(tree, reason));
                Vec::new()
            }
        }
    }
}

/// What a name in a directory stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Named {
    id: ObjectId,
    is_tree: bool,
}

//! Scans a repository's objects: all there are, packed or loose, reachable or
//! not, each once; or those that a range of commits brought.

use std::{collections::HashSet, fmt};

use leeward_model::{Coverage, Inspect, NotScanned, ObjectId, Reason};

use super::{
    Repository,
    bits::Bits,
    forest::{Forest, NONE},
    inside::path_bytes,
    limits::Limits,
    loose,
    object::Kinds,
    pack::Pack,
    refs::UNREAD_REFS,
    revision::RevisionError,
    seer::Seer,
    walk::{Known, Walk},
};
use crate::Progress;

/// Which part of a repository's history to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Every object there is, reachable or not.
    Everything,
    /// What some commits brought, written as Git does: `main..HEAD`,
    /// `HEAD~5..`, `topic ^main`.
    Range(String),
}

/// Why a scan or an attribution could not be done at all.
#[derive(Debug, PartialEq, Eq)]
pub enum ScanError {
    /// The range names something that is not there, or is not understood.
    Revision(RevisionError),
    /// Somebody asked to stop.
    Stopped,
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revision(error) => write!(f, "failed to read the range: {error}"),
            Self::Stopped => f.write_str("the scan was stopped"),
        }
    }
}

impl std::error::Error for ScanError {}

impl Repository {
    /// Shows objects to `inspect`: of everything each blob once, and the
    /// texts of commits and tags; of a range the blobs that its commits
    /// brought, and their own texts.
    ///
    /// What cannot be read is in the coverage; only a range that makes no
    /// sense is an error.
    pub fn scan_history<I: Inspect>(
        &self,
        selection: &Selection,
        threads: usize,
        inspect: &I,
        progress: &Progress,
    ) -> Result<Coverage, ScanError> {
        let mut coverage = match selection {
            Selection::Everything => self.scan_everything(threads, inspect, progress),
            Selection::Range(range) => self.scan_range(range, threads, inspect, progress)?,
        };
        coverage.warnings.extend(self.warnings());
        Ok(coverage)
    }

    /// What limits anything said about this repository.
    fn warnings(&self) -> impl Iterator<Item = String> {
        let shallow = self.is_shallow().then_some(
            "the repository is a shallow clone: older history is not here; \
             `git fetch --unshallow` brings it",
        );
        let partial = self.is_partial().then_some(
            "the repository is a partial clone: objects that were never fetched are not here",
        );
        let refs = self.has_unread_refs().then_some(UNREAD_REFS);
        shallow.into_iter().chain(partial).chain(refs).map(str::to_owned)
    }

    /// Shows every object of the repository.
    fn scan_everything<I: Inspect>(
        &self,
        threads: usize,
        inspect: &I,
        progress: &Progress,
    ) -> Coverage {
        let mut seers: Vec<Seer<'_, I>> =
            (0..threads.max(1)).map(|_| Seer::new(inspect, progress)).collect();
        let mut failed = Failed::default();
        for (number, pack) in self.objects.packs.iter().enumerate() {
            self.scan_pack(number, pack, &mut seers, &mut failed, progress);
        }
        self.scan_loose(&mut seers, &mut failed, progress);
        let mut coverage = Coverage::default();
        for seer in seers {
            coverage.merge(seer.coverage);
        }
        coverage.not_scanned.extend(self.objects.problems.iter().cloned());
        coverage.not_scanned.extend(failed.problems);
        // Where a whole pack could not be read, that has been told.
        coverage.not_scanned.extend(if self.is_partial() {
            self.missing(threads, progress)
        } else if self.objects.problems.is_empty() {
            self.missing_from_head()
        } else {
            Vec::new()
        });
        coverage
    }

    fn scan_pack<I: Inspect>(
        &self,
        number: usize,
        pack: &Pack,
        seers: &mut [Seer<'_, I>],
        failed: &mut Failed,
        progress: &Progress,
    ) {
        let problem = |detail: &str| NotScanned {
            path: path_bytes(&pack.path),
            reason: Reason::Corrupt(detail.to_owned()),
            bytes: None,
        };
        let forest = match Forest::new(pack, seers.len()) {
            Ok(forest) => forest,
            Err(detail) => return failed.add(vec![problem(detail)]),
        };
        if !forest.is_complete() {
            let detail = "the pack's index does not name all its objects; \
                          `git index-pack` makes a new one";
            failed.add(vec![problem(detail)]);
        }
        progress.expect(u64::from(forest.len() - forest.trees()));
        let known = known_elsewhere(&self.objects.packs[..number], &forest, failed);
        let walk = Walk { forest: &forest, kinds: Kinds::TEXTS, limits: Limits::default(), known };
        let problems = walk.run(seers, progress);
        failed.retain(|id| pack.index.find(id.as_bytes()).is_none());
        failed.add(problems);
    }

    fn scan_loose<I: Inspect>(
        &self,
        seers: &mut [Seer<'_, I>],
        failed: &mut Failed,
        progress: &Progress,
    ) {
        let mut problems = Vec::new();
        let mut ids = Vec::new();
        for dir in &self.objects.loose_dirs {
            ids.extend(loose::list(self.inside(), dir, self.id_len(), &mut problems));
        }
        ids.retain(|id| !self.objects.is_packed(id) || failed.has(id));
        ids.sort_unstable();
        ids.dedup();
        progress.expect(ids.len() as u64);
        let share = ids.len().div_ceil(seers.len()).max(1);
        std::thread::scope(|scope| {
            for (seer, ids) in seers.iter_mut().zip(ids.chunks(share)) {
                scope.spawn(move || seer.see_loose(self, ids));
            }
        });
        let unread: HashSet<_> = seers.iter().flat_map(|seer| &seer.unread).copied().collect();
        failed.retain(|id| ids.binary_search(id).is_err() || unread.contains(id));
        failed.add(problems);
    }
}

/// Objects that could not be read so far; another copy may do better.
#[derive(Default)]
struct Failed {
    ids: HashSet<Vec<u8>>,
    problems: Vec<NotScanned>,
}

impl Failed {
    fn add(&mut self, problems: Vec<NotScanned>) {
        self.ids.extend(problems.iter().map(|problem| problem.path.clone()));
        self.problems.extend(problems);
    }

    fn has(&self, id: &ObjectId) -> bool {
        !self.ids.is_empty() && self.ids.contains(id.to_string().as_bytes())
    }

    /// Forgets objects of which a later copy was looked at.
    fn retain(&mut self, mut still: impl FnMut(&ObjectId) -> bool) {
        if self.ids.is_empty() {
            return;
        }
        self.problems
            .retain(|problem| super::object::parse_id(&problem.path).is_none_or(|id| still(&id)));
        self.ids = self.problems.iter().map(|problem| problem.path.clone()).collect();
    }
}

/// Which entries of a pack lie in one of the packs before it and were read.
fn known_elsewhere(before: &[Pack], forest: &Forest<'_>, failed: &Failed) -> Option<Known> {
    if before.is_empty() {
        return None;
    }
    let mut known = Known { seen: Bits::new(forest.len()), idle: Bits::new(forest.len()) };
    for entry in (0..forest.len()).rev() {
        let place = forest.place(entry);
        let raw = forest.pack.index.raw_id(place);
        let is_seen = before.iter().any(|pack| pack.index.find(raw).is_some())
            && !forest.id(entry).is_some_and(|id| failed.has(&id));
        if !is_seen {
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
    Some(known)
}

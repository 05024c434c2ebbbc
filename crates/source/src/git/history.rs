//! Scans a repository's objects: all there are, packed or loose, reachable or
//! not, each once; or those that a range of commits brought.

use std::{collections::HashSet, fmt, io::Read};

use leeward_model::{
    Blob, Coverage, GitObjectKind, Inspect, NotScanned, ObjectId, Origin, Piece, Position, Reason,
    Trace, Worker,
};

use super::{
    Repository,
    bits::Bits,
    forest::{Forest, NONE},
    inside::path_bytes,
    loose::{self, damage},
    object::{Kind, Kinds},
    pack::Pack,
    refs::UNREAD_REFS,
    revision::RevisionError,
    walk::{Known, Limits, Object, Visit, Walk},
};
use crate::Progress;

/// A piece of an object too large to be held.
const PIECE: usize = 4 << 20;
/// What a piece shows of its neighbours.
const OVERLAP: usize = 64 << 10;

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
        if self.is_partial() {
            coverage.not_scanned.extend(self.missing(threads, progress));
        }
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
        let forest = match Forest::new(pack, seers.len()) {
            Ok(forest) => forest,
            Err(detail) => {
                let path = path_bytes(&pack.path);
                let reason = Reason::Corrupt(detail.into());
                return failed.add(vec![NotScanned { path, reason, bytes: None }]);
            }
        };
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

/// One thread's part of a scan: shows objects to its worker and keeps count.
pub(super) struct Seer<'i, I: Inspect> {
    inspect: &'i I,
    pub(super) progress: &'i Progress,
    worker: I::Worker,
    pub(super) coverage: Coverage,
    unread: Vec<ObjectId>,
}

impl<'i, I: Inspect> Seer<'i, I> {
    pub(super) fn new(inspect: &'i I, progress: &'i Progress) -> Self {
        Self {
            inspect,
            progress,
            worker: inspect.worker(),
            coverage: Coverage::default(),
            unread: Vec::new(),
        }
    }

    /// Shows an object as what it is to the user.
    pub(super) fn see(&mut self, kind: GitObjectKind, object: Object<'_>) -> Trace {
        self.count(object.bytes.len() as u64);
        self.worker.inspect(Blob {
            bytes: object.bytes,
            origin: Origin::Git(kind, object.id),
            piece: None,
            base: object.base,
        })
    }

    fn count(&mut self, bytes: u64) {
        self.progress.add(bytes);
        self.coverage.bytes_scanned += bytes;
        self.coverage.objects_scanned += 1;
    }

    fn see_loose(&mut self, repository: &Repository, ids: &[ObjectId]) {
        let mut bytes = Vec::new();
        for (done, id) in ids.iter().enumerate() {
            if self.progress.is_cancelled() {
                let left = format!("{} loose objects", ids.len() - done);
                let reason = Reason::Limit("the scan was stopped".into());
                let not_scanned = NotScanned { path: left.into_bytes(), reason, bytes: None };
                return self.coverage.not_scanned.push(not_scanned);
            }
            if let Err(reason) = self.see_one(repository, id, &mut bytes) {
                self.unread.push(*id);
                let path = id.to_string().into_bytes();
                self.coverage.not_scanned.push(NotScanned { path, reason, bytes: None });
            }
        }
    }

    fn see_one(
        &mut self,
        repository: &Repository,
        id: &ObjectId,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Reason> {
        let mut loose = repository.objects.loose(id)?.ok_or(Reason::Changed)?;
        let (kind, size, limits) = (loose.kind, loose.size, Limits::default());
        if kind == Kind::Tree {
            return Ok(());
        }
        if size > limits.hold {
            self.visit_stream(kind, *id, size, &mut loose)?;
        } else {
            loose.read_all(limits.hold, bytes)?;
            self.visit(Object { kind, id: *id, bytes, base: None });
        }
        Ok(())
    }
}

impl<I: Inspect> Visit for Seer<'_, I> {
    fn visit(&mut self, object: Object<'_>) -> Trace {
        shown_kind(object.kind).map_or_else(Trace::default, |kind| self.see(kind, object))
    }

    fn visit_stream(
        &mut self,
        kind: Kind,
        id: ObjectId,
        size: u64,
        bytes: &mut dyn Read,
    ) -> Result<(), Reason> {
        let Some(kind) = shown_kind(kind) else { return Ok(()) };
        let origin = Origin::Git(kind, id);
        let starts = in_pieces(bytes, origin, &mut self.worker)?;
        self.inspect.pieces_done(origin, &starts);
        self.count(size);
        Ok(())
    }
}

/// Trees are never shown: names of files are not texts.
fn shown_kind(kind: Kind) -> Option<GitObjectKind> {
    match kind {
        Kind::Blob => Some(GitObjectKind::Blob),
        Kind::Commit => Some(GitObjectKind::Commit),
        Kind::Tag => Some(GitObjectKind::Tag),
        Kind::Tree => None,
    }
}

/// Shows a stream in overlapping pieces; answers where the bytes of each began.
fn in_pieces(
    bytes: &mut dyn Read,
    origin: Origin<'_>,
    worker: &mut impl Worker,
) -> Result<Vec<Position>, Reason> {
    let mut window = Vec::with_capacity(PIECE + 2 * OVERLAP);
    let (mut starts, mut position) = (Vec::new(), Position::START);
    let (mut offset, mut own_start) = (0u64, 0);
    loop {
        let wanted = (own_start + PIECE + OVERLAP - window.len()) as u64;
        let mut more = (&mut *bytes).take(wanted);
        let read = more.read_to_end(&mut window).map_err(|error| damage(&error))?;
        let is_last = (read as u64) < wanted;
        let own_end = if is_last { window.len() } else { own_start + PIECE };
        let index = u32::try_from(starts.len())
            .map_err(|_| Reason::Limit("pieces of one object".into()))?;
        starts.push(position);
        let piece = Some(Piece { index, offset, own_start, own_end });
        worker.inspect(Blob { bytes: &window, origin, piece, base: None });
        if is_last {
            return Ok(starts);
        }
        let gone = own_end.saturating_sub(OVERLAP);
        position = position.after(&window[..gone]);
        window.drain(..gone);
        offset += gone as u64;
        own_start = own_end - gone;
    }
}

//! Scans a repository's objects: all there are, packed or loose, reachable or
//! not, each once; those that a range of commits brought; or those that some
//! objects lead to and others do not.

use std::fmt;

use leeward_model::{Coverage, Inspect, ObjectId};

use super::{
    Repository,
    object::Kinds,
    part::Part,
    refs::UNREAD_REFS,
    revision::RevisionError,
    seer::Seer,
    sweep::{Swept, sweep},
};
use crate::Progress;

/// Which part of a repository's history to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Every object there is, reachable or not.
    Everything,
    /// A part of every object there is; see [`Part`].
    Part(Part),
    /// What some commits brought, written as Git does: `main..HEAD`,
    /// `HEAD~5..`, `topic ^main`.
    Range(String),
    /// What the tips lead to and the known do not: commits, tags of anything,
    /// trees and blobs. More may be shown: old content that comes again, and
    /// of a repository that is [receiving](Repository::receiving) a push all
    /// that arrived, whatever leads to it.
    Beyond {
        /// New values of refs.
        tips: Vec<ObjectId>,
        /// Values of refs that whoever receives the tips has. Ones that are
        /// not here are passed over.
        known: Vec<ObjectId>,
    },
}

/// Why a scan or an attribution could not be done at all.
#[derive(Debug, PartialEq, Eq)]
pub enum ScanError {
    /// The range names something that is not there, or is not understood.
    Revision(RevisionError),
    /// The part is of a pack that is not this repository's.
    OtherPack,
    /// Somebody asked to stop.
    Stopped,
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revision(error) => write!(f, "failed to read the range: {error}"),
            Self::OtherPack => {
                f.write_str("the repository was split by the ranges of another pack")
            }
            Self::Stopped => f.write_str("the scan was stopped"),
        }
    }
}

impl std::error::Error for ScanError {}

impl Repository {
    /// Shows objects to `inspect`: of everything each blob once, and the
    /// texts of commits and tags; of a range the blobs that its commits
    /// brought, and their own texts; of what lies beyond others the same, and
    /// tags.
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
            Selection::Everything => self.scan_everything(None, threads, inspect, progress),
            Selection::Part(part) if !self.is_split_as(part) => return Err(ScanError::OtherPack),
            Selection::Part(part) => self.scan_everything(Some(part), threads, inspect, progress),
            Selection::Range(range) => self.scan_range(range, threads, inspect, progress)?,
            Selection::Beyond { tips, known } => {
                self.scan_beyond(tips, known, threads, inspect, progress)?
            }
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

    /// Shows every object of the repository, or of a part.
    fn scan_everything<I: Inspect>(
        &self,
        part: Option<&Part>,
        threads: usize,
        inspect: &I,
        progress: &Progress,
    ) -> Coverage {
        let mut seers: Vec<Seer<'_, I>> =
            (0..threads.max(1)).map(|_| Seer::new(inspect, progress)).collect();
        let judged = inspect.judged();
        let Swept { problems, judged_before } =
            sweep(&self.objects, Kinds::TEXTS, part, &mut seers, judged, progress);
        let mut coverage = Coverage::default();
        coverage.judged_before.objects = judged_before;
        for seer in seers {
            coverage.merge(seer.coverage);
        }
        coverage.not_scanned.extend(problems);
        // What is no object is told once.
        if part.is_some_and(|part| !part.is_first()) {
            return coverage;
        }
        coverage.not_scanned.extend(self.objects.problems.iter().cloned());
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
}

//! The inspector of hooks: keeps what the detector sees in objects, whole ones
//! and such as are shown in pieces.

use std::sync::{Mutex, MutexGuard, PoisonError};

use leeward_detect::{Detector, Scratch, Sighting};
use leeward_model::{
    Blob, Fingerprint, GitObjectKind, Inspect, ObjectId, Origin, Position, Trace, Way, Worker,
};

/// What is seen in more places than this is too much to be told anyway.
const MOST: usize = 10_000;

/// A sighting in an object.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) object: ObjectId,
    pub(super) kind: GitObjectKind,
    /// Which text inside it, if it is a container; empty for its own bytes.
    pub(super) inside: Way,
    pub(super) sighting: Sighting,
    /// The number of the piece whose position is still to be added.
    piece: Option<u32>,
}

/// Shared by the threads that read.
pub(super) struct Gather<'d> {
    detector: &'d Detector,
    seen: Mutex<Vec<Seen>>,
}

impl<'d> Gather<'d> {
    pub(super) fn new(detector: &'d Detector) -> Self {
        Self { detector, seen: Mutex::default() }
    }

    /// What was seen. In the bytes of a container only what was not seen in a member:
    /// what is stored as it is would be told twice.
    pub(super) fn finish(self) -> Vec<Seen> {
        let mut seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        let deeper: Vec<(ObjectId, Fingerprint, Way)> = seen
            .iter()
            .filter(|seen| !seen.inside.is_empty())
            .map(|seen| (seen.object, seen.sighting.fingerprint, seen.inside.clone()))
            .collect();
        seen.retain(|seen| {
            !deeper.iter().any(|(object, fingerprint, inside)| {
                *object == seen.object
                    && *fingerprint == seen.sighting.fingerprint
                    && seen.inside.holds(inside)
            })
        });
        seen
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'g, 'd> Inspect for &'g Gather<'d> {
    type Worker = Gatherer<'g, 'd>;

    fn worker(&self) -> Self::Worker {
        Gatherer { gather: self, scratch: Scratch::default() }
    }

    fn pieces_done(&self, origin: Origin<'_>, starts: &[Position]) {
        let Origin::Git(_, object) = origin.outermost() else { return };
        let inside = origin.inside();
        let is_it = |seen: &&mut Seen| seen.object == object && seen.inside == inside;
        for seen in self.lock().iter_mut().filter(is_it) {
            let Some(piece) = seen.piece.take() else { continue };
            let start = starts.get(piece as usize).copied().unwrap_or(Position::START);
            seen.sighting.start = seen.sighting.start.offset_by(start);
            seen.sighting.end = seen.sighting.end.offset_by(start);
        }
    }
}

/// One thread's part.
pub(super) struct Gatherer<'g, 'd> {
    gather: &'g Gather<'d>,
    scratch: Scratch,
}

impl Worker for Gatherer<'_, '_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let Self { gather, scratch } = self;
        let Origin::Git(kind, object) = blob.origin.outermost() else { return Trace::default() };
        let inside = blob.origin.inside();
        let piece = blob.piece.map(|piece| piece.index);
        gather.detector.scan(&blob, scratch, |sighting| {
            let mut seen = gather.lock();
            if seen.len() < MOST {
                seen.push(Seen { object, kind, inside: inside.clone(), sighting, piece });
            }
        })
    }
}

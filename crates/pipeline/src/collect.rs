//! The inspector that sources call: runs the detector over each blob and keeps
//! what it sees, with positions in the original.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use leeward_detect::{Detector, Scratch, Sighting};
use leeward_model::{
    Blob, GitObjectKind, Inspect, ObjectId, Origin, Piece, Position, Span, Trace, Worker,
};

/// Where a sighting was made; an origin that outlives its source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Stdin,
    File(PathBuf),
    Git(GitObjectKind, ObjectId),
}

impl From<Origin<'_>> for Place {
    fn from(origin: Origin<'_>) -> Self {
        match origin {
            Origin::Stdin => Self::Stdin,
            Origin::File(path) => Self::File(path.to_owned()),
            Origin::Git(kind, id) => Self::Git(kind, id),
        }
    }
}

/// A sighting with its place and its span in the original bytes.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) place: Place,
    pub(crate) span: Span,
    pub(crate) sighting: Sighting,
}

/// Most sightings kept; more than this is a file made to exhaust memory.
const MOST: usize = 250_000;

/// Keeps what the detector sees. Shared by the threads of one source.
pub(crate) struct Collector<'d> {
    detector: &'d Detector,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Vec<Kept>,
    /// Sightings in pieces, whose positions are not known yet.
    pending: HashMap<Place, Vec<(u32, Kept)>>,
    count: usize,
    dropped: u64,
}

impl<'d> Collector<'d> {
    pub(crate) fn new(detector: &'d Detector) -> Self {
        Self { detector, state: Mutex::default() }
    }

    /// What was kept, and how many sightings were too many to keep.
    pub(crate) fn finish(self) -> (Vec<Kept>, u64) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        (state.kept, state.dropped)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, origin: Origin<'_>, piece: Option<Piece>, sighting: Sighting) {
        let offset = piece.map_or(0, |piece| piece.offset);
        let span = Span {
            start: offset + sighting.span.start as u64,
            end: offset + sighting.span.end as u64,
        };
        let kept = Kept { place: origin.into(), span, sighting };
        let mut state = self.lock();
        if state.count == MOST {
            state.dropped += 1;
            return;
        }
        state.count += 1;
        match piece {
            None => state.kept.push(kept),
            Some(piece) => {
                state.pending.entry(kept.place.clone()).or_default().push((piece.index, kept));
            }
        }
    }
}

impl<'c, 'd> Inspect for &'c Collector<'d> {
    type Worker = Seer<'c, 'd>;

    fn worker(&self) -> Self::Worker {
        Seer { collector: self, scratch: Scratch::default() }
    }

    fn pieces_done(&self, origin: Origin<'_>, starts: &[Position]) {
        let mut state = self.lock();
        let Some(pending) = state.pending.remove(&Place::from(origin)) else { return };
        for (index, mut kept) in pending {
            let Some(start) = starts.get(index as usize) else { continue };
            kept.sighting.start = kept.sighting.start.offset_by(*start);
            kept.sighting.end = kept.sighting.end.offset_by(*start);
            state.kept.push(kept);
        }
    }
}

/// One thread's view of the collector.
pub(crate) struct Seer<'c, 'd> {
    collector: &'c Collector<'d>,
    scratch: Scratch,
}

impl Worker for Seer<'_, '_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let Self { collector, scratch } = self;
        let keep = |sighting| collector.keep(blob.origin, blob.piece, sighting);
        collector.detector.scan(&blob, scratch, keep)
    }
}

//! A value looked for in one text, or on one way into a container: an inspector that
//! keeps what has the fingerprint, and wants no more once it has it.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use leeward_detect::{Detector, Scratch, Sighting};
use leeward_model::{
    Blob, Content, Fingerprint, Inspect, Origin, Position, Trace, Wanted as Shape, Way, Worker,
};
use leeward_pipeline::way_to;
use leeward_unpack::{Opener, Settings};

/// How much of a file says what it is.
const HEAD: usize = 4 << 10;

/// What is looked for, and on which way in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'w> {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) inside: &'w Way,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) sighting: Sighting,
    /// Where the bytes begin in the text that its span is measured from.
    pub(crate) offset: u64,
}

/// Looks through a text that lies in the open.
pub(super) fn text(
    detector: &Detector,
    fingerprint: Fingerprint,
    bytes: &[u8],
    origin: Origin<'_>,
) -> Option<Seen> {
    let mut seen = None;
    detector.scan(&Blob::whole(bytes, origin), &mut Scratch::default(), |sighting| {
        if sighting.fingerprint == fingerprint && seen.is_none() {
            seen = Some(Seen { sighting, offset: 0 });
        }
    });
    seen
}

/// Looks inside a container that is at hand.
pub(crate) fn bytes(
    detector: &Detector,
    wanted: Wanted<'_>,
    settings: &Settings,
    bytes: &[u8],
    origin: Origin<'_>,
) -> Option<Seen> {
    opened(detector, wanted, settings, |opening| {
        opening.inspect(Blob::whole(bytes, origin));
    })
}

/// Looks inside a container that is a file, of whatever size.
pub(super) fn file(
    detector: &Detector,
    wanted: Wanted<'_>,
    settings: &Settings,
    path: &Path,
) -> Option<Seen> {
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut file = File::open(path).ok()?;
    let mut head = Vec::new();
    (&mut file).take(HEAD as u64).read_to_end(&mut head).ok()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    let origin = Origin::File(path);
    opened(detector, wanted, settings, |opening| {
        if opening.wants(origin, &head) != Shape::Pieces {
            opening.open(origin, &head, Content::Seekable(&mut file));
        }
    })
}

fn opened(
    detector: &Detector,
    wanted: Wanted<'_>,
    settings: &Settings,
    open: impl FnOnce(&mut leeward_unpack::Opening<'_, '_, &Seeker<'_>>),
) -> Option<Seen> {
    let seeker = Seeker { detector, wanted, state: Mutex::default() };
    let is_found = || seeker.lock().seen.is_some();
    let inner = &seeker;
    let opener = Opener::new(&inner, Some(settings), &is_found);
    open(&mut (&opener).worker());
    drop(opener);
    seeker.state.into_inner().unwrap_or_else(PoisonError::into_inner).seen
}

/// Keeps the first sighting of what is wanted.
struct Seeker<'s> {
    detector: &'s Detector,
    wanted: Wanted<'s>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    seen: Option<Seen>,
    /// The piece it was seen in, until it is known where that begins.
    piece: Option<u32>,
}

impl Seeker<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'c, 's> Inspect for &'c Seeker<'s> {
    type Worker = Seeking<'c, 's>;

    fn worker(&self) -> Self::Worker {
        Seeking { seeker: self, scratch: Scratch::default() }
    }

    fn pieces_done(&self, _: Origin<'_>, starts: &[Position]) {
        let state = &mut *self.lock();
        let start = state.piece.take().and_then(|index| starts.get(index as usize));
        if let (Some(start), Some(seen)) = (start, &mut state.seen) {
            seen.sighting.start = seen.sighting.start.offset_by(*start);
            seen.sighting.end = seen.sighting.end.offset_by(*start);
        }
    }
}

struct Seeking<'c, 's> {
    seeker: &'c Seeker<'s>,
    scratch: Scratch,
}

impl Worker for Seeking<'_, '_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let Seeker { detector, wanted, .. } = *self.seeker;
        let (here, way) = (blob.origin.inside(), wanted.inside);
        // The last name of a way into a table is a column.
        if here != *way && !here.holds(way) {
            return Trace::default();
        }
        detector.scan(&blob, &mut self.scratch, |sighting| {
            let is_it = sighting.fingerprint == wanted.fingerprint
                && way_to(blob.origin, blob.bytes, sighting.span.start) == *way;
            let mut state = self.seeker.lock();
            if is_it && state.seen.is_none() {
                let offset = blob.piece.map_or(0, |piece| piece.offset);
                state.piece = blob.piece.map(|piece| piece.index);
                state.seen = Some(Seen { sighting, offset });
            }
        })
    }
}

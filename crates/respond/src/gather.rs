//! Walks files as a scan does and keeps what a look at each of them shows,
//! with positions in the original. What is looked for is the caller's; this
//! knows only pieces, bounds and paths.

use std::{
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use leeward_detect::Scratch;
use leeward_model::{
    Blob, Coverage, Inspect, NotScanned, Origin, Piece, Position, Reason, Span, Trace, Worker,
};
use leeward_source::{Progress, files};

/// The most that is kept of one walk.
const MOST: usize = 100_000;

/// Something seen in a file.
pub(crate) struct Seen<T> {
    /// The file, as it is shown.
    pub(crate) path: PathBuf,
    /// Where in its bytes.
    pub(crate) span: Span,
    /// Position of the first character.
    pub(crate) start: Position,
    /// Position after the last one.
    pub(crate) end: Position,
    /// What was seen.
    pub(crate) what: T,
}

/// Takes what a look shows: where in the bytes at hand, and what.
pub(crate) type Keep<'k, T> = &'k mut dyn FnMut(Range<usize>, T);

/// Looks at one file, or a piece of it.
pub(crate) type Look<'l, T> = dyn Fn(&Path, &Blob<'_>, &mut Scratch, Keep<'_, T>) + Sync + 'l;

/// Has `look` look at each file below the roots. Files above the size of a
/// piece are shown in overlapping pieces; what is seen twice is kept once.
pub(crate) fn over<T: Send>(
    roots: &[PathBuf],
    options: &files::Options,
    progress: &Progress,
    look: &Look<'_, T>,
) -> (Vec<Seen<T>>, Coverage) {
    let gatherer = Gatherer { look, state: Mutex::new(State::default()) };
    let mut coverage = files::scan(roots, options, &&gatherer, progress);
    let state = gatherer.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    if state.lost > 0 {
        let reason = Reason::Limit(format!("{} places more than are kept", state.lost));
        coverage.not_scanned.push(NotScanned { path: b"(places)".to_vec(), reason, bytes: None });
    }
    let mut seen = state.seen;
    seen.sort_by(|a, b| (&a.path, a.span).cmp(&(&b.path, b.span)));
    (seen, coverage)
}

struct Gatherer<'l, T> {
    look: &'l Look<'l, T>,
    state: Mutex<State<T>>,
}

struct State<T> {
    seen: Vec<Seen<T>>,
    /// Seen in pieces, by file: positions are not known yet.
    pending: HashMap<PathBuf, Vec<(u32, Seen<T>)>>,
    count: usize,
    lost: usize,
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self { seen: Vec::new(), pending: HashMap::new(), count: 0, lost: 0 }
    }
}

impl<T> Gatherer<'_, T> {
    fn keep(&self, path: &Path, blob: &Blob<'_>, mut found: Vec<(Range<usize>, T)>) {
        let own = blob.piece.map_or(0..usize::MAX, |piece| piece.own_start..piece.own_end);
        found.retain(|(span, _)| own.contains(&span.start));
        found.sort_by_key(|(span, _)| span.start);
        let offset = blob.piece.map_or(0, |piece| piece.offset);
        let (mut at, mut position) = (0, Position::START);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (span, what) in found {
            if state.count >= MOST {
                state.lost += 1;
                continue;
            }
            state.count += 1;
            position = position.after(&blob.bytes[at..span.start]);
            at = span.start;
            let end = position.after(&blob.bytes[span.clone()]);
            let span = Span { start: offset + span.start as u64, end: offset + span.end as u64 };
            let seen = Seen { path: path.to_owned(), span, start: position, end, what };
            match blob.piece {
                None => state.seen.push(seen),
                Some(Piece { index, .. }) => {
                    state.pending.entry(path.to_owned()).or_default().push((index, seen));
                }
            }
        }
    }
}

impl<'g, 'l, T: Send> Inspect for &'g Gatherer<'l, T> {
    type Worker = Looker<'g, 'l, T>;

    fn worker(&self) -> Self::Worker {
        Looker { gatherer: self, scratch: Scratch::default() }
    }

    fn pieces_done(&self, origin: Origin<'_>, starts: &[Position]) {
        let Origin::File(path) = origin else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, mut seen) in state.pending.remove(path).unwrap_or_default() {
            let start = starts.get(index as usize).copied().unwrap_or(Position::START);
            seen.start = seen.start.offset_by(start);
            seen.end = seen.end.offset_by(start);
            state.seen.push(seen);
        }
    }
}

struct Looker<'g, 'l, T> {
    gatherer: &'g Gatherer<'l, T>,
    scratch: Scratch,
}

impl<T: Send> Worker for Looker<'_, '_, T> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let Origin::File(path) = blob.origin else { return Trace::default() };
        let mut found = Vec::new();
        (self.gatherer.look)(path, &blob, &mut self.scratch, &mut |span, what| {
            found.push((span, what));
        });
        if !found.is_empty() {
            self.gatherer.keep(path, &blob, found);
        }
        Trace::default()
    }
}

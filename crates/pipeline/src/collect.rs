//! The inspector that sources call: runs the detector over each blob and keeps
//! what it sees, with positions in the original.

mod doubles;

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use leeward_detect::{Detector, Scratch, Sighting};
use leeward_model::{
    Blob, Fingerprint, GitObjectKind, Inspect, Judged, Mark, ObjectId, Origin, Piece, Position,
    Span, Trace, Way, Worker,
};

use crate::{
    column::way_to,
    inquire::Early,
    layers::Layers,
    packages::{Packages, Seen},
    texts::Knowing,
};

/// Where a sighting was made; an origin that outlives its source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Stdin,
    /// A file, or an object of a store, by the path to show.
    File(PathBuf),
    Git(GitObjectKind, ObjectId),
}

impl Place {
    /// What a source handed out, and the way in from there.
    pub(crate) fn of(origin: Origin<'_>) -> (Self, Way) {
        let place = match origin {
            Origin::Stdin => Self::Stdin,
            Origin::File(path) | Origin::Object(path) => Self::File(path.to_owned()),
            Origin::Git(kind, id) => Self::Git(kind, id),
            Origin::Member(member) => Self::of(member.outer).0,
        };
        (place, origin.inside())
    }

    /// What its source calls it.
    fn outer(&self) -> Vec<u8> {
        match self {
            Self::Stdin => b"-".to_vec(),
            Self::File(path) => path.as_os_str().as_encoded_bytes().to_vec(),
            Self::Git(_, object) => object.to_string().into_bytes(),
        }
    }
}

/// A sighting with its place and its span in the original bytes.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) place: Place,
    /// Which text inside the place; empty for its own bytes.
    pub(crate) inside: Way,
    /// The later layer of an image that deletes it; known when all was seen.
    pub(crate) deleted_by: Option<String>,
    pub(crate) span: Span,
    pub(crate) sighting: Sighting,
}

/// All that one source showed.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) kept: Vec<Kept>,
    /// Bad packages that lock files name.
    pub(crate) packages: Vec<Seen>,
    /// Sightings of secrets not kept even once: a file made to exhaust memory
    /// can do that, and no other.
    pub(crate) lost: u64,
    /// Further places of secrets that were seen very often.
    pub(crate) repeated: u64,
}

/// Bounds on what is kept.
#[derive(Clone, Copy)]
struct Bounds {
    /// Sightings in all.
    all: usize,
    /// Sightings of one secret.
    each: u32,
}

const BOUNDS: Bounds = Bounds { all: 100_000, each: 5_000 };

/// Keeps what the detector sees. Shared by the threads of one source.
pub(crate) struct Collector<'d> {
    detector: &'d Detector,
    packages: &'d Packages<'d>,
    early: Option<&'d Early<'d>>,
    judged: Option<&'d dyn Judged>,
    knowing: Option<&'d Knowing<'d>>,
    bounds: Bounds,
    state: Mutex<State>,
    met: Met,
    layers: Layers,
}

/// Which originals there was a sighting in, of whatever confidence and whatever becomes
/// of it: these are never judged clean.
#[derive(Default)]
struct Met {
    is_any: AtomicBool,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    of: HashSet<Place>,
    /// There are more than are kept: nothing is judged clean any more.
    is_too_many: bool,
}

/// The most originals with sightings that are told apart.
const MOST_MET: usize = 100_000;

impl Met {
    fn note(&self, origin: Origin<'_>) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.of.len() < MOST_MET {
            places.of.insert(Place::of(origin).0);
        } else {
            places.is_too_many |= !places.of.contains(&Place::of(origin).0);
        }
        self.is_any.store(true, Relaxed);
    }

    fn has(&self, origin: Origin<'_>) -> bool {
        // Whoever asks has seen the last of the original, and taken a lock since then if
        // others looked at parts of it.
        if !self.is_any.load(Relaxed) {
            return false;
        }
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.is_too_many || places.of.contains(&Place::of(origin).0)
    }
}

#[derive(Default)]
struct State {
    collected: Collected,
    /// Sightings in pieces, whose positions are not known yet.
    pending: HashMap<(Place, Way), Vec<(u32, Kept)>>,
    pending_packages: HashMap<(Place, Way), Vec<(u32, Seen)>>,
    /// What has sightings and is no text: a database, an archive without compression.
    binary: HashSet<(Place, Way)>,
    count: usize,
    packages: usize,
    of_each: HashMap<Fingerprint, u32>,
}

impl<'d> Collector<'d> {
    pub(crate) fn new(detector: &'d Detector, packages: &'d Packages<'d>) -> Self {
        Self {
            detector,
            packages,
            early: None,
            judged: None,
            knowing: None,
            bounds: BOUNDS,
            state: Mutex::default(),
            met: Met::default(),
            layers: Layers::default(),
        }
    }

    /// One that has sure sightings asked about at once.
    pub(crate) fn asking(self, early: Option<&'d Early<'d>>) -> Self {
        Self { early, ..self }
    }

    /// One that remembers what held nothing.
    pub(crate) fn judging(self, judged: Option<&'d dyn Judged>) -> Self {
        Self { judged, ..self }
    }

    /// One for whoever knows values that may lie there.
    pub(crate) fn knowing(self, knowing: Option<&'d Knowing<'d>>) -> Self {
        Self { knowing, ..self }
    }

    /// What was kept.
    pub(crate) fn finish(self) -> Collected {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let State { mut collected, binary, .. } = state;
        doubles::leave_out(&mut collected.kept, &binary);
        for kept in collected.kept.iter_mut().filter(|kept| !kept.inside.is_empty()) {
            kept.deleted_by = self.layers.deleting(&kept.place.outer(), kept.inside.names());
        }
        collected
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, blob: &Blob<'_>, sighting: Sighting) {
        let (origin, piece) = (blob.origin, blob.piece);
        if let Some(early) = self.early {
            early.offer(&sighting);
        }
        self.met.note(origin);
        let offset = piece.map_or(0, |piece| piece.offset);
        let span = Span {
            start: offset + sighting.span.start as u64,
            end: offset + sighting.span.end as u64,
        };
        let mut state = self.lock();
        if !state.has_room(sighting.fingerprint, self.bounds) {
            return;
        }
        let (place, whole) = Place::of(origin);
        if blob.bytes.contains(&0) {
            state.binary.insert((place.clone(), whole.clone()));
        }
        let inside = way_to(origin, blob.bytes, sighting.span.start);
        match piece {
            None => {
                let kept = Kept { place, inside, deleted_by: None, span, sighting };
                state.collected.kept.push(kept);
            }
            Some(piece) => {
                let pending = state.pending.entry((place.clone(), whole)).or_default();
                let kept = Kept { place, inside, deleted_by: None, span, sighting };
                pending.push((piece.index, kept));
            }
        }
    }
}

impl Collector<'_> {
    fn keep_package(&self, origin: Origin<'_>, piece: Option<Piece>, seen: Seen) {
        self.met.note(origin);
        let mut state = self.lock();
        if state.packages >= self.bounds.all {
            state.collected.repeated += 1;
            return;
        }
        state.packages += 1;
        match piece {
            None => state.collected.packages.push(seen),
            Some(piece) => {
                let key = (seen.place.clone(), seen.inside.clone());
                let pending = state.pending_packages.entry(key).or_default();
                pending.push((piece.index, seen));
            }
        }
    }
}

impl State {
    fn has_room(&mut self, secret: Fingerprint, bounds: Bounds) -> bool {
        let seen = self.of_each.entry(secret).or_default();
        if *seen < bounds.each && self.count < bounds.all {
            *seen += 1;
            self.count += 1;
            return true;
        }
        if *seen > 0 {
            self.collected.repeated += 1;
        } else {
            self.of_each.remove(&secret);
            self.collected.lost += 1;
        }
        false
    }
}

impl<'c, 'd> Inspect for &'c Collector<'d> {
    type Worker = Seer<'c, 'd>;

    fn worker(&self) -> Self::Worker {
        Seer { collector: self, scratch: Scratch::default() }
    }

    fn pieces_done(&self, origin: Origin<'_>, starts: &[Position]) {
        let mut state = self.lock();
        let place = Place::of(origin);
        // Every piece that was shown was also measured.
        let begins = |index: u32| starts.get(index as usize).copied().unwrap_or(Position::START);
        for (index, mut kept) in state.pending.remove(&place).into_iter().flatten() {
            let start = begins(index);
            kept.sighting.start = kept.sighting.start.offset_by(start);
            kept.sighting.end = kept.sighting.end.offset_by(start);
            state.collected.kept.push(kept);
        }
        for (index, mut seen) in state.pending_packages.remove(&place).into_iter().flatten() {
            let start = begins(index);
            seen.start = seen.start.offset_by(start);
            seen.end = seen.end.offset_by(start);
            state.collected.packages.push(seen);
        }
    }

    fn judged(&self) -> Option<&dyn Judged> {
        self.judged
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
        if collector.layers.look(&blob) {
            collector.met.note(blob.origin);
        }
        collector
            .packages
            .look(&blob, |seen| collector.keep_package(blob.origin, blob.piece, seen));
        let keep = |sighting| collector.keep(&blob, sighting);
        match collector.knowing {
            Some(knowing) => knowing.scan(collector.detector, &blob, scratch, keep),
            None => collector.detector.scan(&blob, scratch, keep),
        }
    }

    fn done(&mut self, origin: Origin<'_>, mark: Mark) -> bool {
        let is_clean = !self.collector.met.has(origin);
        if let Some(judged) = self.collector.judged.filter(|_| is_clean) {
            judged.clean(mark);
        }
        is_clean
    }
}

#[cfg(test)]
mod tests {
    use leeward_detect::Options;
    use leeward_dossier::Library;
    use rand::RngExt as _;

    use super::*;

    /// A line that gives away a key, made here and nobody's.
    fn line() -> String {
        let mut rng = rand::rng();
        let letters = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let any = |_| char::from(letters[rng.random_range(0..letters.len())]);
        format!("MISTRAL_API_KEY=aB3{}\n", (0..29).map(any).collect::<String>())
    }

    #[test]
    fn positions_in_pieces_become_those_of_the_original() {
        let detector = Detector::new(&Library::builtin(), Options::default());
        let packages = Packages::default();
        let collector = Collector::new(&detector, &packages);
        let text = format!("one\ntwo\n{}", line());
        let piece = Piece { index: 1, offset: 4, own_start: 0, own_end: text.len() - 4 };
        let blob = Blob { piece: Some(piece), ..Blob::whole(&text.as_bytes()[4..], Origin::Stdin) };
        (&&collector).worker().inspect(blob);
        let starts = [Position::START, Position { line: 2, column: 1 }];
        (&collector).pieces_done(Origin::Stdin, &starts);
        let kept = collector.finish().kept;
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].sighting.start, Position { line: 3, column: 17 });
        assert_eq!(kept[0].span.start, 8 + 16);
    }

    #[test]
    fn a_place_in_a_container_without_compression_is_its_member() {
        use leeward_model::Member;

        let detector = Detector::new(&Library::builtin(), Options::default());
        let packages = Packages::default();
        let (binary, text) = (format!("x\0\n{}", line()), line());
        for (outer, doubled, places) in [(&binary, 1, 1), (&binary, 2, 3), (&text, 1, 2)] {
            let collector = Collector::new(&detector, &packages);
            let mut worker = (&&collector).worker();
            let inside = Way::default().to(b"config");
            let member = Member { outer: Origin::Stdin, inside: &inside, is_table: false };
            worker.inspect(Blob::whole(outer.repeat(doubled).as_bytes(), Origin::Stdin));
            worker.inspect(Blob::whole(outer.as_bytes(), Origin::Member(&member)));
            let kept = collector.finish().kept;
            assert_eq!(kept.len(), places);
            assert!(kept.iter().any(|kept| kept.inside == inside));
        }
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let detector = Detector::new(&Library::builtin(), Options::default());
        let bounds = Bounds { all: 4, each: 2 };
        let packages = Packages::default();
        let collector = Collector { bounds, ..Collector::new(&detector, &packages) };
        let (often, others) = (line().repeat(3), (0..4).map(|_| line()));
        let mut worker = (&&collector).worker();
        for text in std::iter::once(often).chain(others) {
            worker.inspect(Blob::whole(text.as_bytes(), Origin::Stdin));
        }
        let collected = collector.finish();
        assert_eq!((collected.kept.len(), collected.repeated, collected.lost), (4, 1, 2));
    }
}

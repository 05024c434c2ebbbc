//! A container that held nothing is opened once, wherever its copies lie; one that held
//! anything, or could not be read to its end, is opened each time.

#![expect(clippy::unwrap_used, reason = "also in the helpers of tests, a failure is a panic")]

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    io::Write as _,
    path::Path,
    sync::Mutex,
};

use flate2::{Compression, write::GzEncoder};
use leeward_model::{
    Blob, Coverage, Inspect, Judged, Mark, Origin, Position, Reason, Trace, Worker,
};
use leeward_source::{Progress, files};
use leeward_unpack::{Opener, Settings};

#[derive(Default)]
struct Memory(Mutex<HashSet<Mark>>);

impl Judged for Memory {
    fn is_clean(&self, mark: Mark) -> bool {
        self.0.lock().unwrap().contains(&mark)
    }

    fn clean(&self, mark: Mark) {
        self.0.lock().unwrap().insert(mark);
    }
}

/// Finds a word; counts how often members of each original were shown from their start.
#[derive(Default)]
struct Finder<'m> {
    memory: Option<&'m Memory>,
    met: Mutex<HashSet<String>>,
    opened: Mutex<BTreeMap<String, usize>>,
}

fn name(origin: Origin<'_>) -> String {
    let Origin::File(path) = origin.outermost() else { panic!("{origin:?}") };
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

impl<'f, 'm> Inspect for &'f Finder<'m> {
    type Worker = Seer<'f, 'm>;

    fn worker(&self) -> Seer<'f, 'm> {
        Seer(self)
    }

    fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}

    fn judged(&self) -> Option<&dyn Judged> {
        self.memory.map(|memory| memory as &dyn Judged)
    }
}

struct Seer<'f, 'm>(&'f Finder<'m>);

impl Worker for Seer<'_, '_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let name = name(blob.origin);
        if blob.bytes.windows(3).any(|window| window == b"KEY") {
            self.0.met.lock().unwrap().insert(name.clone());
        }
        if matches!(blob.origin, Origin::Member(_)) && blob.piece.is_none_or(|it| it.index == 0) {
            *self.0.opened.lock().unwrap().entry(name).or_default() += 1;
        }
        Trace::default()
    }

    fn done(&mut self, origin: Origin<'_>, mark: Mark) -> bool {
        let is_clean = !self.0.met.lock().unwrap().contains(&name(origin));
        if let Some(memory) = self.0.memory.filter(|_| is_clean) {
            memory.clean(mark);
        }
        is_clean
    }
}

fn scan(root: &Path, memory: Option<&Memory>) -> (BTreeMap<String, usize>, Coverage) {
    let finder = Finder { memory, ..Finder::default() };
    let inspect = &finder;
    let (settings, progress) = (Settings::default(), Progress::default());
    let is_stopped = || false;
    let opener = Opener::new(&inspect, Some(&settings), &is_stopped);
    let options = files::Options { threads: 1, ..files::Options::default() };
    let mut coverage = files::scan(&[root.to_owned()], &options, &&opener, &progress);
    coverage.merge(opener.into_coverage());
    (finder.opened.into_inner().unwrap(), coverage)
}

/// A compressed text that is no smaller for it.
fn gzip(seed: u64, word: &[u8]) -> Vec<u8> {
    let mut state = seed;
    let mut text: Vec<u8> = (0..100_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // No letters, so that no word comes of itself.
            b'!' + (state >> 33) as u8 % 31
        })
        .collect();
    text.extend_from_slice(word);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(&text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_container_that_held_nothing_is_opened_once() {
    let dir = tempfile::tempdir().unwrap();
    let (clean, found) = (gzip(1, b""), gzip(2, b"KEY"));
    for place in 0..4 {
        let folder = dir.path().join(place.to_string());
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("clean.gz"), &clean).unwrap();
        fs::write(folder.join("found.gz"), &found).unwrap();
        fs::write(folder.join("cut.gz"), &clean[..90_000]).unwrap();
    }
    // The member's name is the file's, and speaks for what is in it.
    fs::write(dir.path().join("other.gz"), &clean).unwrap();
    let names = ["clean.gz", "found.gz", "cut.gz", "other.gz"];
    let counts =
        |opened: &BTreeMap<String, usize>| names.map(|name| opened.get(name).copied().unwrap_or(0));
    let memory = Memory::default();
    for (memory, expected, judged) in [
        (None, [1, 4, 4, 1], 3),
        (Some(&memory), [1, 4, 4, 1], 3),
        (Some(&memory), [0, 4, 4, 0], 5),
    ] {
        let (opened, coverage) = scan(dir.path(), memory);
        assert_eq!(counts(&opened), expected);
        assert_eq!(coverage.judged_before.containers, judged);
        let damaged = |it: &&leeward_model::NotScanned| matches!(it.reason, Reason::Corrupt(_));
        assert_eq!(coverage.not_scanned.iter().filter(damaged).count(), 4, "{coverage:?}");
    }
}

//! Shows bytes to an opener as sources do, and keeps every text by its way.

use std::{
    collections::BTreeMap,
    io::{self, Cursor, Read},
    path::Path,
    sync::{Mutex, PoisonError},
};

use leeward_model::{
    Blob, Content, Coverage, Inspect, Origin, Position, Reason, Trace, Wanted, Worker,
};
use leeward_unpack::{Limits, Opener, Settings};
use rand::RngExt as _;

/// Texts by the way to them, and the account.
pub(crate) struct Seen {
    pub(crate) texts: BTreeMap<String, Vec<u8>>,
    pub(crate) coverage: Coverage,
}

impl Seen {
    /// The ways to texts that hold some bytes; what a container's own bytes hold counts
    /// where nothing else does.
    pub(crate) fn ways(&self, what: &str) -> Vec<&str> {
        let holds = |text: &[u8]| memchr::memmem::find(text, what.as_bytes()).is_some();
        self.texts.iter().filter(|(_, text)| holds(text)).map(|(way, _)| way.as_str()).collect()
    }

    pub(crate) fn text(&self, way: &str) -> &str {
        let text = self.texts.get(way).unwrap_or_else(|| panic!("no {way}: {:?}", self.names()));
        std::str::from_utf8(text).unwrap()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.texts.keys().map(String::as_str).collect()
    }

    /// What was left out: the way and the reason's name.
    pub(crate) fn left_out(&self) -> Vec<(String, &'static str)> {
        let left_out = self.coverage.not_scanned.iter();
        left_out
            .map(|gap| (String::from_utf8_lossy(&gap.path).into_owned(), gap.reason.name()))
            .collect()
    }

    pub(crate) fn limits(&self) -> Vec<&str> {
        let left_out = self.coverage.not_scanned.iter();
        left_out
            .filter_map(|gap| match &gap.reason {
                Reason::Limit(bound) => Some(bound.as_str()),
                _ => None,
            })
            .collect()
    }
}

/// Opens a file of some name.
pub(crate) fn open(name: &str, bytes: &[u8]) -> Seen {
    open_within(Limits::default(), name, bytes)
}

pub(crate) fn open_within(limits: Limits, name: &str, bytes: &[u8]) -> Seen {
    shown(limits, name, bytes, false)
}

/// Opens what comes from a pipe, in small portions.
pub(crate) fn open_stream(name: &str, bytes: &[u8]) -> Seen {
    shown(Limits::default(), name, bytes, true)
}

fn shown(limits: Limits, name: &str, bytes: &[u8], is_stream: bool) -> Seen {
    let (keep, settings) = (Keep::default(), Settings { limits, apart: None });
    let inspect = &keep;
    let opener = Opener::new(&inspect, Some(&settings), &|| false);
    let mut worker = (&opener).worker();
    let origin = Origin::File(Path::new(name));
    if is_stream {
        let head = &bytes[..bytes.len().min(4096)];
        assert_ne!(worker.wants(origin, head), Wanted::Pieces);
        worker.open(origin, head, Content::Stream(&mut Trickle(bytes)));
    } else if bytes.len() <= 1 << 20 {
        worker.inspect(Blob::whole(bytes, origin));
    } else {
        let head = &bytes[..4096];
        if worker.wants(origin, head) != Wanted::Pieces {
            worker.open(origin, head, Content::Seekable(&mut Cursor::new(bytes)));
        }
    }
    drop(worker);
    let coverage = opener.into_coverage();
    Seen { texts: keep.0.into_inner().unwrap_or_else(PoisonError::into_inner), coverage }
}

/// Gives a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(7);
        self.0.read(&mut buffer[..most])
    }
}

/// A value that is nowhere else.
pub(crate) fn key() -> String {
    let mut rng = rand::rng();
    (0..32).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect()
}

#[derive(Default)]
struct Keep(Mutex<BTreeMap<String, Vec<u8>>>);

struct Keeper<'k>(&'k Keep);

impl<'k> Inspect for &'k Keep {
    type Worker = Keeper<'k>;

    fn worker(&self) -> Keeper<'k> {
        Keeper(self)
    }

    fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}
}

impl Worker for Keeper<'_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let Origin::File(path) = blob.origin.outermost() else { panic!("no file") };
        let way = blob.origin.inside().from(path.as_os_str().as_encoded_bytes());
        let own = blob.piece.map_or(0..blob.bytes.len(), |piece| piece.own_start..piece.own_end);
        let own = &blob.bytes[own];
        let mut texts = self.0.0.lock().unwrap();
        let text = texts.entry(String::from_utf8_lossy(&way).into_owned()).or_default();
        // Of long texts what begins and ends them is enough.
        if text.len() > 8 << 20 {
            let len = text.len();
            text.drain(1 << 20..len - (1 << 20));
        }
        text.extend_from_slice(own);
        Trace::default()
    }
}

//! An inspector that keeps what it was shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    sync::{Mutex, PoisonError},
};

use leeward_model::{
    Blob, Content, Inspect, Judged, Mark, Origin, Position, Trace, Wanted, Worker,
};

/// What was shown, by the path.
#[derive(Default)]
pub(crate) struct Seen {
    /// The own bytes of all pieces, in the order they came.
    pub(crate) texts: Mutex<BTreeMap<String, Vec<u8>>>,
    /// Names and sizes of members of zip files.
    pub(crate) members: Mutex<Vec<(String, usize)>>,
    /// What is remembered, if anything is.
    pub(crate) memory: Option<&'static Memory>,
}

/// Marks of what held nothing: all that is not called `with`.
#[derive(Default)]
pub(crate) struct Memory(Mutex<BTreeSet<Mark>>);

impl Judged for Memory {
    fn is_clean(&self, mark: Mark) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&mark)
    }

    fn clean(&self, mark: Mark) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(mark);
    }
}

impl Seen {
    pub(crate) fn paths(&self) -> Vec<String> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    pub(crate) fn text(&self, path: &str) -> Vec<u8> {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.get(path).cloned().unwrap_or_default()
    }
}

pub(crate) struct Seer<'s>(&'s Seen);

impl<'s> Inspect for &'s Seen {
    type Worker = Seer<'s>;

    fn worker(&self) -> Seer<'s> {
        Seer(self)
    }

    fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}

    fn judged(&self) -> Option<&dyn Judged> {
        self.memory.map(|memory| memory as &dyn Judged)
    }
}

fn path(origin: Origin<'_>) -> String {
    String::from_utf8_lossy(origin.path().unwrap_or_default()).into_owned()
}

impl Worker for Seer<'_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let own = blob.piece.map_or(0..blob.bytes.len(), |piece| piece.own_start..piece.own_end);
        let mut texts = self.0.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.entry(path(blob.origin)).or_default().extend_from_slice(&blob.bytes[own]);
        Trace::default()
    }

    fn done(&mut self, origin: Origin<'_>, mark: Mark) -> bool {
        let is_clean = !path(origin).ends_with("with");
        if let Some(memory) = self.0.memory.filter(|_| is_clean) {
            memory.clean(mark);
        }
        is_clean
    }

    fn wants(&self, _: Origin<'_>, head: &[u8]) -> Wanted {
        if head.starts_with(b"PK\x03\x04") { Wanted::Whole } else { Wanted::Pieces }
    }

    fn open(&mut self, _: Origin<'_>, _: &[u8], content: Content<'_>) {
        let Content::Seekable(content) = content else { panic!("read in any order") };
        let mut zip = zip::ZipArchive::new(content).expect("a zip file");
        for index in 0..zip.len() {
            let mut member = zip.by_index(index).expect("a member");
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).expect("its bytes");
            let mut members = self.0.members.lock().unwrap_or_else(PoisonError::into_inner);
            members.push((member.name().expect("a name").into_owned(), bytes.len()));
        }
    }
}

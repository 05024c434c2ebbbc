//! An inspector that keeps everything it is shown.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _},
    path::Path,
    sync::{Mutex, PoisonError},
};

use leeward_model::{
    Blob, Content, Coverage, Inspect, Origin, Position, Trace, Wanted, Worker as _,
};
use leeward_unpack::{Limits, Opener, Settings};

/// All that was shown, by the way from the outside in.
#[derive(Default)]
pub(crate) struct Seen {
    texts: Mutex<BTreeMap<String, Vec<u8>>>,
}

/// What an original looks like from outside.
pub(crate) struct Shown {
    /// Each text, by its way; of what was shown twice the last.
    pub(crate) texts: BTreeMap<String, Vec<u8>>,
    pub(crate) coverage: Coverage,
}

impl Shown {
    /// The only text with this in it, by its way, and its line there.
    pub(crate) fn place(&self, of: &str) -> String {
        let inside = self.texts.iter().filter(|(way, _)| way.contains('!'));
        let holds = |text: &[u8]| memchr::memmem::find(text, of.as_bytes());
        let found: Vec<String> = inside
            .filter_map(|(way, text)| {
                let line = Position::START.after(&text[..holds(text)?]).line;
                Some(format!("{way}:{line}"))
            })
            .collect();
        assert_eq!(found.len(), 1, "`{of}`: {found:?} among {:?}", self.ways());
        found.into_iter().next().unwrap()
    }

    pub(crate) fn ways(&self) -> Vec<&str> {
        self.texts.keys().map(String::as_str).collect()
    }

    /// What was left out: the way, and why.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let told = self.coverage.not_scanned.iter();
        told.map(|not| {
            let path = String::from_utf8_lossy(&not.path);
            format!("{path}: {} {}", not.reason.name(), not.reason.detail().unwrap_or_default())
        })
        .collect()
    }
}

/// Shows a file as a source does.
pub(crate) fn show(name: &str, bytes: &[u8]) -> Shown {
    show_within(name, Content::Seekable(&mut Cursor::new(bytes)), &Limits::default())
}

/// Shows a file that is read front to back.
pub(crate) fn show_stream(name: &str, mut bytes: &[u8]) -> Shown {
    show_within(name, Content::Stream(&mut bytes), &Limits::default())
}

pub(crate) fn show_within(name: &str, mut content: Content<'_>, limits: &Limits) -> Shown {
    let seen = Seen::default();
    let settings = Settings { limits: *limits, apart: None };
    let inspector = &seen;
    let opener = Opener::new(&inspector, Some(&settings), &|| false);
    let origin = Origin::File(Path::new(name));
    let mut head = vec![0; 4 << 10];
    let mut len = 0;
    while let read @ 1.. = content.read(&mut head[len..]).unwrap() {
        len += read;
    }
    head.truncate(len);
    let mut worker = (&&opener).worker();
    assert_ne!(worker.wants(origin, &head), Wanted::Pieces, "`{name}` is not recognised");
    match content {
        Content::Stream(rest) => {
            let mut whole = head.chain(rest);
            let head = whole.get_ref().0.to_vec();
            worker.open(origin, &head, Content::Stream(&mut whole));
        }
        Content::Seekable(reader) => {
            reader.rewind().unwrap();
            worker.open(origin, &head, Content::Seekable(reader));
        }
    }
    drop(worker);
    let coverage = opener.into_coverage();
    Shown { texts: seen.texts.into_inner().unwrap(), coverage }
}

impl<'s> Inspect for &'s Seen {
    type Worker = Keeper<'s>;

    fn worker(&self) -> Self::Worker {
        Keeper(self)
    }

    fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}
}

pub(crate) struct Keeper<'s>(&'s Seen);

impl leeward_model::Worker for Keeper<'_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let Origin::File(outer) = blob.origin.outermost() else { return Trace::default() };
        let way = blob.origin.inside().from(outer.as_os_str().as_encoded_bytes());
        let mut way = String::from_utf8_lossy(&way).into_owned();
        if matches!(blob.origin, Origin::Member(member) if member.is_table) {
            way.push_str("!(rows)");
        }
        let mut texts = self.0.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let text = texts.entry(way).or_default();
        match blob.piece {
            None => *text = blob.bytes.to_vec(),
            Some(piece) => text.extend_from_slice(&blob.bytes[piece.own_start..piece.own_end]),
        }
        Trace::default()
    }
}

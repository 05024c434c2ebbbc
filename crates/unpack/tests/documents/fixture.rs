//! An inspector that keeps every text it is shown, and archives to show.

use std::{
    collections::BTreeMap,
    io::{Cursor, Write as _},
    sync::Mutex,
};

use leeward_model::{Blob, Coverage, Inspect, Origin, Position, Trace, Worker};
use leeward_unpack::{Limits, Opener, Settings};
use rand::RngExt as _;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// What was shown, by the way in.
#[derive(Default)]
pub(crate) struct Kept {
    texts: Mutex<BTreeMap<String, String>>,
}

impl<'k> Inspect for &'k Kept {
    type Worker = Keeper<'k>;

    fn worker(&self) -> Self::Worker {
        Keeper(self)
    }

    fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}
}

pub(crate) struct Keeper<'k>(&'k Kept);

impl Worker for Keeper<'_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let way = String::from_utf8_lossy(&blob.origin.inside().from(b"")).into_owned();
        let own = blob.piece.map_or(0..blob.bytes.len(), |piece| piece.own_start..piece.own_end);
        let mut texts = self.0.texts.lock().unwrap();
        let text = texts.entry(way).or_default();
        if text.len() < 1 << 20 {
            text.push_str(&String::from_utf8_lossy(&blob.bytes[own]));
        }
        Trace::default()
    }
}

/// What is inside, by the way in, and the account.
pub(crate) struct Opened {
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) coverage: Coverage,
}

impl Opened {
    /// The ways to where a text is, with the line, in members.
    pub(crate) fn places(&self, wanted: &str) -> Vec<String> {
        let mut places = Vec::new();
        for (way, text) in self.texts.iter().filter(|(way, _)| !way.is_empty()) {
            for (line, _) in text.lines().enumerate().filter(|(_, line)| line.contains(wanted)) {
                places.push(format!("{way}:{}", line + 1));
            }
        }
        places
    }

    pub(crate) fn reasons(&self) -> Vec<String> {
        let told = self.coverage.not_scanned.iter();
        told.map(|told| format!("{}: {:?}", String::from_utf8_lossy(&told.path), told.reason))
            .collect()
    }
}

pub(crate) fn open(name: &str, bytes: &[u8]) -> Opened {
    open_within(name, bytes, Limits::default())
}

pub(crate) fn open_within(name: &str, bytes: &[u8], limits: Limits) -> Opened {
    let kept = Kept::default();
    let settings = Settings { limits, ..Settings::default() };
    let inner = &kept;
    let opener = Opener::new(&inner, Some(&settings), &|| false);
    let path = std::path::Path::new(name);
    (&opener).worker().inspect(Blob::whole(bytes, Origin::File(path)));
    let coverage = opener.into_coverage();
    Opened { texts: kept.texts.into_inner().unwrap(), coverage }
}

/// A value of no kind, made here.
pub(crate) fn value() -> String {
    let mut rng = rand::rng();
    let letters = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..32).map(|_| char::from(letters[rng.random_range(0..letters.len())])).collect()
}

/// An archive of some members, in order.
pub(crate) fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        let method = if *name == "mimetype" {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

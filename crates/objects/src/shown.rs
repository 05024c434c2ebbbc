//! How an original of a store or a registry reaches an inspector: its bytes as a whole
//! or in pieces, counted.

use std::{
    io::{self, Read},
    path::Path,
};

use leeward_model::{Blob, Inspect, Origin, Worker as _};
use leeward_source::{Cut, Cutter, Measured, Progress};

/// One thread's way to the inspector.
pub(crate) struct Showing<'a, I: Inspect> {
    pub(crate) inspect: &'a I,
    pub(crate) worker: I::Worker,
    pub(crate) cut: Cut,
    pub(crate) progress: &'a Progress,
    /// Room for a piece.
    buffer: Vec<u8>,
}

impl<'a, I: Inspect> Showing<'a, I> {
    pub(crate) fn new(inspect: &'a I, cut: Cut, progress: &'a Progress) -> Self {
        Self { inspect, worker: inspect.worker(), cut, progress, buffer: Vec::new() }
    }

    /// Shows an original that is at hand.
    pub(crate) fn whole(&mut self, path: &Path, bytes: &[u8]) {
        self.worker.inspect(Blob::whole(bytes, Origin::Object(path)));
        self.progress.add(bytes.len() as u64);
    }

    /// Shows an original on its way, in pieces if it is long. Answers how many bytes
    /// there were, and what ended them.
    pub(crate) fn pieces(
        &mut self,
        path: &Path,
        reader: &mut dyn Read,
    ) -> (u64, Option<io::Error>) {
        let (cut, origin) = (self.cut, Origin::Object(path));
        self.buffer.resize(cut.buffer(), 0);
        let mut cutter = Cutter::new(reader, cut);
        let (mut measured, mut shown) = (Vec::new(), 0);
        while let Some(filled) = cutter.fill(&mut self.buffer) {
            let (bytes, piece) = (&self.buffer[..filled.len], filled.piece);
            self.worker.inspect(Blob { bytes, origin, piece, base: None });
            measured.extend(piece.map(|piece| Measured::of(cut, bytes, piece)));
            let own = filled.own().len() as u64;
            shown += own;
            self.progress.add_bytes(own);
            if self.progress.is_cancelled() {
                break;
            }
        }
        if !measured.is_empty() {
            self.inspect.pieces_done(origin, &Measured::starts(measured));
        }
        self.progress.add(0);
        (shown, cutter.into_error())
    }
}

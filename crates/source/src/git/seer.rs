//! One thread's part of a scan: shows objects to its worker, large ones in
//! pieces, and keeps count.

use std::io::Read;

use leeward_model::{
    Blob, Coverage, GitObjectKind, Inspect, ObjectId, Origin, Reason, Trace, Worker as _,
};

use super::{
    loose::damage,
    object::Kind,
    visit::{Object, Visit},
};
use crate::{
    Progress,
    piece::{Cut, Cutter, Measured},
};

/// Shows objects to one worker.
pub(super) struct Seer<'i, I: Inspect> {
    inspect: &'i I,
    pub(super) progress: &'i Progress,
    worker: I::Worker,
    pub(super) coverage: Coverage,
}

impl<'i, I: Inspect> Seer<'i, I> {
    pub(super) fn new(inspect: &'i I, progress: &'i Progress) -> Self {
        Self { inspect, progress, worker: inspect.worker(), coverage: Coverage::default() }
    }

    /// Shows an object as what it is to the user.
    pub(super) fn see(&mut self, kind: GitObjectKind, object: Object<'_>) -> Trace {
        self.count(object.bytes.len() as u64);
        self.worker.inspect(Blob {
            bytes: object.bytes,
            origin: Origin::Git(kind, object.id),
            piece: None,
            base: object.base,
        })
    }

    fn count(&mut self, bytes: u64) {
        self.progress.add(bytes);
        self.coverage.bytes_scanned += bytes;
        self.coverage.objects_scanned += 1;
    }
}

impl<I: Inspect> Visit for Seer<'_, I> {
    fn visit(&mut self, object: Object<'_>) -> Trace {
        shown_kind(object.kind).map_or_else(Trace::default, |kind| self.see(kind, object))
    }

    fn visit_stream(
        &mut self,
        kind: Kind,
        id: ObjectId,
        size: u64,
        bytes: &mut dyn Read,
    ) -> Result<(), Reason> {
        let Some(kind) = shown_kind(kind) else { return Ok(()) };
        let origin = Origin::Git(kind, id);
        let cut = Cut::DEFAULT;
        let mut cutter = Cutter::new(bytes, cut);
        let mut buffer = vec![0; cut.buffer()];
        let mut pieces = Vec::new();
        while let Some(filled) = cutter.fill(&mut buffer) {
            let (bytes, piece) = (&buffer[..filled.len], filled.piece);
            self.worker.inspect(Blob { bytes, origin, piece, base: None });
            pieces.extend(piece.map(|piece| Measured::of(cut, bytes, piece)));
            if self.progress.is_cancelled() {
                break;
            }
        }
        // Also when the object turned out to be damaged half-way.
        if !pieces.is_empty() {
            self.inspect.pieces_done(origin, &Measured::starts(pieces));
        }
        if let Some(error) = cutter.into_error() {
            return Err(damage(&error));
        }
        if self.progress.is_cancelled() {
            return Err(Reason::Limit("the scan was stopped".into()));
        }
        self.count(size);
        Ok(())
    }
}

/// Trees are never shown: names of files are not texts.
fn shown_kind(kind: Kind) -> Option<GitObjectKind> {
    match kind {
        Kind::Blob => Some(GitObjectKind::Blob),
        Kind::Commit => Some(GitObjectKind::Commit),
        Kind::Tag => Some(GitObjectKind::Tag),
        Kind::Tree => None,
    }
}

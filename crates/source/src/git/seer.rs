//! One thread's part of a scan: shows objects to its worker, large ones in
//! pieces, and keeps count.

use std::io::{self, Cursor, Read};

use leeward_model::{
    Blob, Coverage, GitObjectKind, Inspect, ObjectId, Origin, Reason, Trace, Wanted, Worker as _,
};

use super::{
    judged::mark_of,
    loose::damage,
    object::Kind,
    visit::{Object, Visit},
};
use crate::{
    Progress,
    piece::{Cut, Cutter, Measured},
    tee,
};

/// How much of a large object says what it is.
const HEAD: usize = 4 << 10;

/// Shows objects to one worker.
pub(super) struct Seer<'i, I: Inspect> {
    inspect: &'i I,
    pub(super) progress: &'i Progress,
    worker: I::Worker,
    pub(super) coverage: Coverage,
    /// What has to be shown again the next time, if somebody remembers anything.
    again: Vec<ObjectId>,
    shown: u64,
}

impl<'i, I: Inspect> Seer<'i, I> {
    pub(super) fn new(inspect: &'i I, progress: &'i Progress) -> Self {
        let worker = inspect.worker();
        let coverage = Coverage::default();
        Self { inspect, progress, worker, coverage, again: Vec::new(), shown: 0 }
    }

    /// Shows an object as what it is to the user.
    pub(super) fn see(&mut self, kind: GitObjectKind, object: Object<'_>) -> Trace {
        self.count(object.bytes.len() as u64);
        let origin = Origin::Git(kind, object.id);
        let (bytes, base) = (object.bytes, object.base);
        let trace = self.worker.inspect(Blob { bytes, origin, piece: None, base });
        self.done(origin, object.id);
        trace
    }

    /// All of an object was shown.
    fn done(&mut self, origin: Origin<'_>, id: ObjectId) {
        self.shown += 1;
        if self.inspect.judged().is_some() && !self.worker.done(origin, mark_of(&id)) {
            self.again.push(id);
        }
    }

    /// Shows what a reader gives in pieces. What made it end before the end, if anything
    /// did.
    fn pieces(&mut self, origin: Origin<'_>, reader: &mut dyn Read) -> Option<io::Error> {
        let cut = Cut::DEFAULT;
        let mut cutter = Cutter::new(reader, cut);
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
        cutter.into_error()
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
        let mut head = Vec::new();
        bytes.take(HEAD as u64).read_to_end(&mut head).map_err(|error| damage(&error))?;
        let mut reader = Cursor::new(&head).chain(bytes);
        let error = match self.worker.wants(origin, &head) {
            Wanted::Pieces => self.pieces(origin, &mut reader),
            Wanted::Whole => tee::whole(&mut self.worker, origin, &head, reader).1,
            Wanted::Both => {
                let inspect = self.inspect;
                tee::both(inspect, origin, &head, reader, |reader| self.pieces(origin, reader))
            }
        };
        if let Some(error) = error {
            return Err(damage(&error));
        }
        if self.progress.is_cancelled() {
            return Err(Reason::stopped());
        }
        self.count(size);
        self.done(origin, id);
        Ok(())
    }

    fn take_shown(&mut self) -> (u64, Vec<ObjectId>) {
        (std::mem::take(&mut self.shown), std::mem::take(&mut self.again))
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

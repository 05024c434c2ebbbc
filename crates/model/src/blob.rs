//! Bytes on their way from a source to whatever inspects them.
//!
//! A source owns reading and its threads; it hands out borrowed bytes and
//! never learns what was found. The trait is here, not in a source, so that
//! sources and detector do not know each other.

use std::{ops::Range, path::Path};

use crate::{GitObjectKind, ObjectId, Position};

/// Bytes to inspect, borrowed from the source's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    /// The bytes at hand: all of a file or object, or one piece of it.
    pub bytes: &'a [u8],
    /// Where they come from, cheap to copy; a full provenance is made only
    /// for matches.
    pub origin: Origin<'a>,
    /// Set when the bytes are a piece of something larger.
    pub piece: Option<Piece>,
    /// Set when the bytes are a version of something inspected before.
    pub base: Option<Base<'a>>,
}

impl<'a> Blob<'a> {
    /// A whole file, object or text.
    pub fn whole(bytes: &'a [u8], origin: Origin<'a>) -> Self {
        Self { bytes, origin, piece: None, base: None }
    }
}

/// Where bytes come from.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// Standard input.
    Stdin,
    /// A file, by the path to show.
    File(&'a Path),
    /// A Git object of the repository being scanned.
    Git(GitObjectKind, ObjectId),
}

/// Which part of a larger whole some bytes are. Pieces overlap, so that what
/// lies across a border is seen whole; each piece reports only what *starts*
/// in its own range.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Number of the piece, from 0.
    pub index: u32,
    /// Offset of the first byte at hand in the original.
    pub offset: u64,
    /// The part of the bytes at hand that is this piece's own.
    pub own_start: usize,
    /// End of the own part, exclusive.
    pub own_end: usize,
}

/// What is known of the version that some bytes were made from by a delta.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// What the inspector answered for that version.
    pub trace: Trace,
    /// The ranges that did not come from that version, ascending and apart.
    /// An empty range marks a joint: both sides came from the base but were
    /// not neighbours there.
    pub fresh: &'a [Range<usize>],
}

/// What an inspector wants to remember of a version for those built on it.
/// Opaque to sources: they hand it back unread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace(pub u64);

/// Something that looks at bytes. One value per thread: `worker` is called
/// once by each thread of a source, and each inspects with its own.
pub trait Inspect: Sync {
    /// A thread's own state.
    type Worker: Worker + Send;

    /// State for one more thread.
    fn worker(&self) -> Self::Worker;

    /// After the last piece of an original was inspected: where in it the
    /// *bytes at hand* of each piece begin, by index. `starts[i]` is the
    /// position of `bytes[0]` of piece `i`, overlap included, and not of its
    /// own range; a position measured in the piece as if it were a whole
    /// becomes one in the original by
    /// [`offset_by(starts[i])`](Position::offset_by). Stretches between pieces,
    /// which are holes of a sparse file or could not be read, count as one
    /// character for each byte. Called once for each original that was handed
    /// out in pieces, by any thread, also when the scan was cut short.
    fn pieces_done(&self, origin: Origin<'_>, starts: &[Position]);
}

/// One thread's view of an inspector.
pub trait Worker {
    /// Looks at some bytes.
    fn inspect(&mut self, blob: Blob<'_>) -> Trace;
}

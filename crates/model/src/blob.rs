//! Bytes on their way from a source to whatever inspects them.
//!
//! A source owns reading and its threads; it hands out borrowed bytes and
//! never learns what was found. The trait is here, not in a source, so that
//! sources and detector do not know each other.

use std::{
    fmt,
    io::{Read, Seek},
    ops::Range,
    path::Path,
};

use crate::{GitObjectKind, Judged, Mark, ObjectId, Position, Way};

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
    /// An object of a store elsewhere, by the address to show.
    Object(&'a Path),
    /// A member of a container that a source has handed out.
    Member(&'a Member<'a>),
}

impl<'a> Origin<'a> {
    /// What a source handed out: itself, or the outermost container around it.
    pub fn outermost(self) -> Self {
        match self {
            Self::Member(member) => member.outer,
            outer => outer,
        }
    }

    /// The way in from the outermost container.
    pub fn inside(self) -> Way {
        match self {
            Self::Member(member) => member.inside.clone(),
            _ => Way::default(),
        }
    }

    /// The name of the file it is, if it has one: it speaks for what is in it. Not
    /// necessarily UTF-8; foreign text.
    pub fn path(self) -> Option<&'a [u8]> {
        match self {
            Self::File(path) | Self::Object(path) => Some(path.as_os_str().as_encoded_bytes()),
            Self::Member(member) if !member.is_table => {
                member.inside.names().last().map(Vec::as_slice)
            }
            Self::Member(_) | Self::Stdin | Self::Git(..) => None,
        }
    }
}

/// Where a member of a container is.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The outermost container, as its source named it; never a member itself.
    pub outer: Origin<'a>,
    /// The way in from there; never empty.
    pub inside: &'a Way,
    /// Whether it is a table: each line is one row, a JSON object with a value for
    /// each column, and the first line is row 1.
    pub is_table: bool,
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

    /// What is remembered of earlier scans, if anything is: a source leaves out what was
    /// judged clean, and counts it.
    fn judged(&self) -> Option<&dyn Judged> {
        None
    }
}

/// One thread's view of an inspector.
pub trait Worker {
    /// Looks at some bytes.
    fn inspect(&mut self, blob: Blob<'_>) -> Trace;

    /// Whether it wants an original that is too large for one buffer as a whole, by
    /// its first bytes, some thousands of them at least.
    fn wants(&self, origin: Origin<'_>, head: &[u8]) -> Wanted {
        let _ = (origin, head);
        Wanted::Pieces
    }

    /// Looks at an original as a whole that it wanted so, by the same beginning.
    fn open(&mut self, origin: Origin<'_>, head: &[u8], content: Content<'_>) {
        let _ = (origin, head, content);
    }

    /// All of an original was shown, and is known by this mark: whether nothing was found
    /// in it, so that it need not be shown again. Called after the last of it, by any
    /// thread, and never for what was cut short, could not be read or changed meanwhile.
    fn done(&mut self, origin: Origin<'_>, mark: Mark) -> bool {
        let _ = (origin, mark);
        false
    }
}

/// How a worker wants a large original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// In pieces.
    Pieces,
    /// In pieces, and then as a whole.
    Both,
    /// As a whole: there is nothing to see in its own bytes.
    Whole,
}

/// A reader that can begin anew.
pub trait Seekable: Read + Seek {}

impl<T: Read + Seek> Seekable for T {}

/// A whole original, from its first byte.
pub enum Content<'a> {
    /// Read once, front to back.
    Stream(&'a mut dyn Read),
    /// Read in any order.
    Seekable(&'a mut dyn Seekable),
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Stream(reader) => reader.read(buffer),
            Self::Seekable(reader) => reader.read(buffer),
        }
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream(_) => "Stream",
            Self::Seekable(_) => "Seekable",
        })
    }
}

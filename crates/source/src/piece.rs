//! How something too large for one buffer is cut into pieces, and how lines
//! are counted across the cuts. Pure arithmetic over bytes: reading is done by
//! the sources, and what the pieces say is the inspector's concern.

use std::{
    io::{self, Read},
    ops::Range,
};

use leeward_model::{Piece, Position};
use memchr::{memchr_iter, memrchr};

/// How large pieces are and how far they overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    own: usize,
    overlap: usize,
}

impl Cut {
    /// Pieces of 1 MiB fit a core's second-level cache together with the
    /// tables of an inspector, and are long enough that handing them out costs
    /// nothing. An overlap of 16 KiB on both sides is some two hundred lines,
    /// several times what lies between a secret and the evidence beside it,
    /// and makes 3 % of bytes to look at twice.
    pub const DEFAULT: Self = Self { own: 1 << 20, overlap: 16 << 10 };

    /// Pieces of `own` bytes (at least 1) that see `overlap` bytes, at least 1
    /// and at most `own`, of each neighbour. Without any overlap the end of a
    /// stream could not be seen from the piece before it.
    pub fn new(own: usize, overlap: usize) -> Self {
        let own = own.clamp(1, 1 << 30);
        Self { own, overlap: overlap.clamp(1, own) }
    }

    /// The length of a whole that is not cut, and of a piece's own range.
    pub fn own(self) -> usize {
        self.own
    }

    /// How far a piece sees into its neighbours.
    pub fn overlap(self) -> usize {
        self.overlap
    }

    /// The room that any piece needs.
    pub fn buffer(self) -> usize {
        self.own + 2 * self.overlap
    }
}

/// What some bytes do to a position: an equivalent of [`Position::after`] that
/// can be kept.
#[derive(Clone, Copy, Debug, Default)]
struct Stride {
    newlines: u32,
    /// Characters after the last newline, or all of them if there is none.
    chars: u32,
}

impl Stride {
    fn over(bytes: &[u8]) -> Self {
        let newlines = memchr_iter(b'\n', bytes).count();
        let tail = memrchr(b'\n', bytes).map_or(bytes, |last| &bytes[last + 1..]);
        // Pieces are far below 4 GiB, see `Cut::new`.
        Self { newlines: newlines as u32, chars: chars(tail) as u32 }
    }

    fn from(self, start: Position) -> Position {
        let chars = u64::from(self.chars);
        if self.newlines == 0 {
            columns(start, chars)
        } else {
            Position { line: start.line + u64::from(self.newlines), column: 1 + chars }
        }
    }
}

fn columns(start: Position, chars: u64) -> Position {
    Position { line: start.line, column: start.column + chars }
}

/// Counts the bytes that start a character. Sums of bytes over short chunks
/// are what compilers turn into vector code.
fn chars(bytes: &[u8]) -> usize {
    bytes
        .chunks(192)
        .map(|chunk| {
            let count: u8 = chunk.iter().map(|&byte| u8::from((byte as i8) >= -0x40)).sum();
            usize::from(count)
        })
        .sum()
}

/// What is kept of a piece after its bytes are gone: enough to know, once all
/// pieces were measured, at which line and column each began.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    index: u32,
    /// Where the bytes at hand begin in the original.
    offset: u64,
    own_start: u32,
    own_len: u32,
    /// The own bytes before the next piece's overlap, and those inside it.
    head: Stride,
    tail: Stride,
}

impl Measured {
    /// Measures a piece while its bytes are in the cache.
    pub fn of(cut: Cut, bytes: &[u8], piece: Piece) -> Self {
        let own = &bytes[piece.own_start..piece.own_end];
        let (head, tail) = own.split_at(own.len().saturating_sub(cut.overlap));
        Self {
            index: piece.index,
            offset: piece.offset,
            own_start: piece.own_start as u32,
            own_len: own.len() as u32,
            head: Stride::over(head),
            tail: Stride::over(tail),
        }
    }

    /// Where the bytes at hand of each piece began, by index. Bytes between
    /// pieces, which are holes of a sparse file or could not be read, count as
    /// one character each.
    pub fn starts(mut pieces: Vec<Self>) -> Vec<Position> {
        pieces.sort_unstable_by_key(|piece| piece.index);
        // Position and offset after the last piece's own bytes, and the
        // position where the next piece begins if it overlaps them.
        let (mut here, mut end, mut turn) = (Position::START, 0, Position::START);
        pieces
            .iter()
            .map(|piece| {
                let start = match piece.offset.checked_sub(end) {
                    Some(gap) => columns(here, gap),
                    None => turn,
                };
                let own_start = piece.offset + u64::from(piece.own_start);
                turn = piece.head.from(columns(here, own_start.saturating_sub(end)));
                here = piece.tail.from(turn);
                end = own_start + u64::from(piece.own_len);
                start
            })
            .collect()
    }
}

/// Cuts what a reader gives, of whatever length, into buffers of one piece.
#[derive(Debug)]
pub struct Cutter<R> {
    reader: R,
    cut: Cut,
    /// The end of the last piece that the next one begins with.
    carry: Vec<u8>,
    /// Where the next piece's bytes at hand begin.
    offset: u64,
    index: u32,
    /// Whether the reader has given its last byte, and the last piece is out.
    dry: bool,
    ended: bool,
    error: Option<io::Error>,
}

/// What a [`Cutter`] put into a buffer: its first `len` bytes, all there is if
/// there is no piece.
#[derive(Clone, Copy, Debug)]
pub struct Filled {
    /// How many bytes of the buffer are at hand.
    pub len: usize,
    /// Which part of the whole they are; none if they are all of it.
    pub piece: Option<Piece>,
}

impl Filled {
    /// The own bytes, which all pieces together have exactly once.
    pub fn own(&self) -> Range<usize> {
        self.piece.map_or(0..self.len, |piece| piece.own_start..piece.own_end)
    }
}

impl<R: Read> Cutter<R> {
    /// Cuts what a reader gives from its first byte.
    pub fn new(reader: R, cut: Cut) -> Self {
        Self {
            reader,
            cut,
            carry: Vec::new(),
            offset: 0,
            index: 0,
            dry: false,
            ended: false,
            error: None,
        }
    }

    /// The reader, from which all was taken that was filled in, and what made reading end
    /// before the end, if anything did.
    pub(crate) fn into_parts(self) -> (R, Option<io::Error>) {
        (self.reader, self.error)
    }

    /// What made reading end before the end, if anything did.
    pub fn into_error(self) -> Option<io::Error> {
        self.error
    }

    /// Fills `buffer`, which has room for [`Cut::buffer`] bytes, with the next
    /// piece, or with everything if that is not more than a piece.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Option<Filled> {
        if self.ended {
            return None;
        }
        let own_start = if self.index == 0 { 0 } else { self.cut.overlap };
        let mut len = self.carry.len();
        buffer[..len].copy_from_slice(&self.carry);
        let room = own_start + self.cut.own + self.cut.overlap;
        while len < room && !self.dry {
            match self.reader.read(&mut buffer[len..room]) {
                Ok(0) => self.dry = true,
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.dry = true;
                    self.error = Some(error);
                }
            }
        }
        self.ended = self.dry && len <= own_start + self.cut.own;
        if self.ended && self.index == 0 {
            return Some(Filled { len, piece: None });
        }
        let own_end = len.min(own_start + self.cut.own);
        let piece = Piece { index: self.index, offset: self.offset, own_start, own_end };
        if !self.ended {
            let next = own_end - self.cut.overlap;
            self.carry.clear();
            self.carry.extend_from_slice(&buffer[next..len]);
            self.offset += next as u64;
            self.index += 1;
        }
        Some(Filled { len, piece: Some(piece) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives at most `at_most` bytes a read, as pipes do.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(self.1);
            self.0.read(&mut buffer[..most])
        }
    }

    proptest! {
        #[test]
        fn pieces_cover_every_byte_once_and_know_where_they_begin(
            text in "[a-zé\n]{0,120}", own in 1usize..20, overlap in 0usize..20, at_most in 1usize..9,
        ) {
            let (text, cut) = (text.as_bytes(), Cut::new(own, overlap));
            let mut cutter = Cutter::new(Trickle(text, at_most), cut);
            let mut buffer = vec![0; cut.buffer()];
            let (mut covered, mut offsets, mut measured) = (Vec::new(), Vec::new(), Vec::new());
            while let Some(filled) = cutter.fill(&mut buffer) {
                let bytes = &buffer[..filled.len];
                covered.extend_from_slice(&bytes[filled.own()]);
                let Some(piece) = filled.piece else { break };
                let offset = piece.offset as usize;
                prop_assert_eq!(bytes, &text[offset..offset + bytes.len()]);
                let sees = |from: usize, to: usize| from.saturating_sub(cut.overlap())
                    ..(to + cut.overlap()).min(text.len());
                let own = offset + piece.own_start..offset + piece.own_end;
                prop_assert_eq!(offset..offset + bytes.len(), sees(own.start, own.end));
                prop_assert_eq!(piece.index as usize, offsets.len());
                offsets.push(offset);
                measured.push(Measured::of(cut, bytes, piece));
            }
            prop_assert_eq!(&covered, text);
            prop_assert_eq!(offsets.is_empty(), text.len() <= cut.own());
            measured.reverse();
            let wanted: Vec<_> =
                offsets.iter().map(|&offset| Position::START.after(&text[..offset])).collect();
            prop_assert_eq!(Measured::starts(measured), wanted);
        }

        #[test]
        fn a_stride_is_what_a_position_does(text in "[a-zé\n]{0,400}", line in 1u64..9, column in 1u64..9) {
            let start = Position { line, column };
            prop_assert_eq!(Stride::over(text.as_bytes()).from(start), start.after(text.as_bytes()));
        }
    }

    #[test]
    fn a_gap_counts_as_characters() {
        let cut = Cut::new(4, 2);
        let piece = |index, offset, own_start, own_end| Piece { index, offset, own_start, own_end };
        let first = Measured::of(cut, b"a\nbc\0\0", piece(0, 0, 0, 4));
        let second = Measured::of(cut, b"\0\0d", piece(1, 98, 2, 3));
        let starts = Measured::starts(vec![first, second]);
        assert_eq!(starts, [Position::START, Position { line: 2, column: 3 + 94 }]);
    }
}

//! The body of an answer without what it was sent in. Crawlers often undo encodings and
//! keep the head that names them, so the bytes are asked too.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use brotli_decompressor::Decompressor;
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::{head::Head, input::Block};
use crate::Problem;

/// Digits of the length of a chunk: 16 are all of a length.
const DIGITS: usize = 16;
/// Bytes of the line before a chunk. Nobody writes more than its length.
const LINE: usize = 4 << 10;
/// Bytes at the beginning that tell a text from what is compressed.
const TELLING: usize = 64;
/// Bytes of what is compressed with Brotli that are held at once.
const BROTLI: usize = 4 << 10;

/// Hands out a body, and then what lies behind the end of what it was compressed to.
pub(super) fn body<R: Read>(
    head: &Head,
    block: &mut Block<'_, R>,
    mut take: impl FnMut(Part, &mut dyn Read) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let coding = head.value("transfer-encoding").unwrap_or_default().to_ascii_lowercase();
    if coding.ends_with(b"chunked") && is_chunked(block.beginning()) {
        decoded(head, BufReader::new(Chunks::new(&mut *block)), &mut take)?;
    } else {
        decoded(head, &mut *block, &mut take)?;
    }
    if block.is_at_end() { Ok(()) } else { take(Part::Rest, block) }
}

/// Which part of a body.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// Itself.
    Body,
    /// Bytes behind its end.
    Rest,
}

fn decoded(
    head: &Head,
    mut body: impl BufRead,
    take: &mut impl FnMut(Part, &mut dyn Read) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let encoding = head.value("content-encoding").unwrap_or_default().to_ascii_lowercase();
    let mut beginning = Vec::new();
    // What is wrong comes again when the body is read.
    let _ = body.by_ref().take(TELLING as u64).read_to_end(&mut beginning);
    let mut body = beginning.chain(body);
    let beginning = body.get_ref().0;
    let is_gzip = beginning.starts_with(&[0x1f, 0x8b, 8]);
    let is_text = is_text(beginning);
    let is_zlib = matches!(beginning, [method, flags, ..]
        if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0);
    match encoding.as_slice() {
        b"gzip" | b"x-gzip" if is_gzip => take(Part::Body, &mut GzDecoder::new(&mut body))?,
        b"deflate" if is_zlib => take(Part::Body, &mut ZlibDecoder::new(&mut body))?,
        b"deflate" if !is_text => take(Part::Body, &mut DeflateDecoder::new(&mut body))?,
        b"br" if !is_text => take(Part::Body, &mut Decompressor::new(&mut body, BROTLI))?,
        _ => return take(Part::Body, &mut body),
    }
    let is_at_end = body.fill_buf().is_ok_and(<[u8]>::is_empty);
    if is_at_end { Ok(()) } else { take(Part::Rest, &mut body) }
}

/// Whether some bytes are those of a text rather than of something compressed.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

/// Whether some bytes begin with the line before a chunk.
fn is_chunked(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let mut rest = bytes[digits..].iter().skip_while(|byte| **byte == b' ');
    (1..=DIGITS).contains(&digits) && matches!(rest.next(), Some(b'\r' | b'\n' | b';'))
}

/// The content of chunks. From where it is not in chunks, it is as it stands.
struct Chunks<R> {
    reader: R,
    /// Bytes of the chunk that are not read yet.
    left: u64,
    state: State,
}

enum State {
    /// Before the line with the length of the first chunk.
    First,
    /// In a chunk, or at its end.
    Within,
    /// Behind the last chunk, or where there are none: first this, and then the rest.
    Plain(Cursor<Vec<u8>>),
}

impl<R: BufRead> Chunks<R> {
    fn new(reader: R) -> Self {
        Self { reader, left: 0, state: State::First }
    }

    /// Reads the line before a chunk.
    fn line(&mut self) -> io::Result<()> {
        if matches!(self.state, State::Within) {
            self.end_of_line()?;
        }
        let mut line = Vec::new();
        self.reader.by_ref().take(LINE as u64).read_until(b'\n', &mut line)?;
        if !is_chunked(&line) {
            self.state = State::Plain(Cursor::new(line));
            return Ok(());
        }
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let digits = str::from_utf8(&line[..digits]).unwrap_or_default();
        self.left = u64::from_str_radix(digits, 16).unwrap_or_default();
        self.state = State::Within;
        if self.left == 0 {
            // Behind the last one there may be fields, and then there is nothing.
            self.end_of_line()?;
            self.state = State::Plain(Cursor::default());
        }
        Ok(())
    }

    fn end_of_line(&mut self) -> io::Result<()> {
        for end in [b'\r', b'\n'] {
            if self.reader.fill_buf()?.first() == Some(&end) {
                self.reader.consume(1);
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Chunks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !matches!(self.state, State::Plain(_)) {
            self.line()?;
        }
        if let State::Plain(line) = &mut self.state {
            let read = line.read(buffer)?;
            return if read > 0 { Ok(read) } else { self.reader.read(buffer) };
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.reader.read(&mut buffer[..most])?;
        self.left -= read as u64;
        if read == 0 && most > 0 {
            self.left = 0;
            self.state = State::Plain(Cursor::default());
        }
        Ok(read)
    }
}

//! tar, in all dialects: every member that has data, whatever it is called and whatever
//! it would be on a disk, since nothing is written to one. A block that should be a
//! header and is none ends nothing: the next header that is one goes on.
//!
//! Holes of sparse files are left out, so that lines behind them are counted from what
//! is stored.

mod header;

use std::io::{self, BufRead as _, Read};

use leeward_model::{Content, Reason};

use self::header::{BLOCK, Extended, Header};
use crate::{BEHIND, Format, Limits, Members, Problem, front::Front};

/// Extended headers are read up to this size; no path comes near it.
const EXTENDED: u64 = 1 << 20;

/// Texts of extended headers are handed out when there are so many.
const TEXTS: usize = 256 << 10;

pub(super) struct Tar;

impl Format for Tar {
    fn name(&self) -> &'static str {
        "tar"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        header::is(head)
    }

    fn members(
        &self,
        mut content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let front = Front::new(&mut content as &mut dyn Read);
        let mut reading = Reading { front, into, texts: Vec::new(), zeros: 0 };
        let ended = reading.all();
        if !matches!(ended, Err(Problem::Stop)) {
            reading.texts()?;
        }
        ended
    }
}

struct Reading<'r, 'i> {
    front: Front<&'r mut dyn Read>,
    into: &'i mut dyn Members,
    /// Texts of extended headers, which may be anything, and of padding.
    texts: Vec<u8>,
    /// Empty blocks in a row.
    zeros: u64,
}

impl Reading<'_, '_> {
    fn all(&mut self) -> Result<(), Problem> {
        let mut extended = Extended::default();
        loop {
            let block = self.front.peek(BLOCK)?;
            let Some(block) = block.first_chunk::<BLOCK>().copied() else {
                return self.tail();
            };
            if block.iter().all(|byte| *byte == 0) {
                self.front.consume(BLOCK);
                self.zeros += 1;
                continue;
            }
            if !header::is(&block) {
                self.garbage()?;
                continue;
            }
            self.zeros = 0;
            self.front.consume(BLOCK);
            let header = Header::of(&block);
            match header.kind {
                b'x' | b'X' => {
                    let records = self.extended(&header)?;
                    extended.add(&records);
                }
                b'L' => {
                    let name = self.extended(&header)?;
                    extended.name = Some(header::text(&name).to_vec());
                }
                b'g' | b'K' => {
                    self.extended(&header)?;
                }
                _ => self.member(&header, std::mem::take(&mut extended))?,
            }
        }
    }

    /// Fewer bytes than a block, at the end.
    fn tail(&mut self) -> Result<(), Problem> {
        let rest = self.front.peek(BLOCK)?.to_vec();
        if rest.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        self.front.consume(rest.len());
        self.into.member(BEHIND, &mut rest.as_slice())
    }

    /// The text of an extended header, if it is not too long for one.
    fn extended(&mut self, header: &Header) -> Result<Vec<u8>, Problem> {
        let mut text = Vec::new();
        let mut body = Body { front: &mut self.front, left: header.size };
        if header.size > EXTENDED {
            self.into.member(b"(extended header)", &mut body)?;
            let left = body.left;
            self.front.skip(left)?;
            self.padding(header.size)?;
            return Ok(text);
        }
        body.read_to_end(&mut text)?;
        self.texts.extend_from_slice(&text);
        self.texts.push(b'\n');
        self.padding(header.size)?;
        Ok(text)
    }

    fn member(&mut self, header: &Header, extended: Extended) -> Result<(), Problem> {
        let size = extended.size.unwrap_or(header.size);
        let name = extended.name.unwrap_or_else(|| header.name.clone());
        if header.has_map {
            while self.front.peek(BLOCK)?.len() == BLOCK {
                let more = self.front.peek(BLOCK)?[504] != 0;
                self.front.consume(BLOCK);
                if !more {
                    break;
                }
            }
        }
        if header.is_bare() {
            // Some programs write a size where there is no data, and some data.
            let next = self.front.peek(BLOCK)?;
            if size == 0 || header::is(next) || next.iter().all(|byte| *byte == 0) {
                return Ok(());
            }
        }
        if size == 0 && name.ends_with(b"/") {
            return Ok(());
        }
        let mut body = Body { front: &mut self.front, left: size };
        self.into.member(named(&name), &mut body)?;
        let left = body.left;
        self.front.skip(left)?;
        self.padding(size)
    }

    /// Takes what fills up the last block of a body.
    fn padding(&mut self, size: u64) -> Result<(), Problem> {
        let len = (BLOCK - (size % BLOCK as u64) as usize) % BLOCK;
        let padding = self.front.peek(len)?;
        let len = padding.len();
        if padding.iter().any(|byte| *byte != 0) {
            self.texts.extend_from_slice(padding);
            self.texts.push(b'\n');
        }
        self.front.consume(len);
        if self.texts.len() > TEXTS { self.texts() } else { Ok(()) }
    }

    /// Hands out what extended headers said.
    fn texts(&mut self) -> Result<(), Problem> {
        if self.texts.is_empty() {
            return Ok(());
        }
        let texts = std::mem::take(&mut self.texts);
        self.into.member(b"(headers)", &mut texts.as_slice())
    }

    /// Hands out everything up to the next header, or to the end.
    fn garbage(&mut self) -> Result<(), Problem> {
        // Behind the end there may be anything.
        let name = if self.zeros > 1 { BEHIND } else { b"(between members)" };
        let taken = self.front.taken();
        let mut garbage = Garbage { front: &mut self.front, left: 0 };
        self.into.member(name, &mut garbage)?;
        io::copy(&mut garbage, &mut io::sink())?;
        let len = self.front.taken() - taken;
        if self.zeros < 2 {
            let reason = Reason::Corrupt("a header is damaged".to_owned());
            self.into.left_out(name, reason, Some(len));
        }
        Ok(())
    }
}

/// A member's name, which must be one: without any it would be taken for what its
/// container is the compressed form of.
pub(super) fn named(name: &[u8]) -> &[u8] {
    if name.is_empty() { b"(without a name)" } else { name }
}

/// The data of a member.
pub(super) struct Body<'f, 'r> {
    pub(super) front: &'f mut Front<&'r mut dyn Read>,
    pub(super) left: u64,
}

impl Read for Body<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.front).take(self.left).read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// Blocks that are nothing, up to one that is a header or empty.
struct Garbage<'f, 'r> {
    front: &'f mut Front<&'r mut dyn Read>,
    /// What is left of the block at hand.
    left: usize,
}

impl Read for Garbage<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let block = self.front.peek(BLOCK)?;
            if block.iter().all(|byte| *byte == 0) || header::is(block) {
                return Ok(0);
            }
            self.left = block.len();
        }
        let most = self.left.min(buffer.len());
        let read = self.front.read(&mut buffer[..most])?;
        self.left -= read;
        Ok(read)
    }
}

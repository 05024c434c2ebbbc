//! Mailboxes of many messages (RFC 4155): a line `From ` after an empty one begins a
//! message, and `>From ` in one stands for `From `. Each message is a member, which is
//! opened in its turn.

use std::io::{self, BufRead, BufReader, Read};

use leeward_model::Content;

use crate::{Format, Limits, Members, Problem};

/// A longer line is read in parts; none of them but the first begins a message.
const LINE: u64 = 64 << 10;

pub(super) struct Mbox;

impl Format for Mbox {
    fn name(&self) -> &'static str {
        "mbox"
    }

    /// The line that begins a message, and a header behind it.
    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        let mut lines = head.split(|byte| *byte == b'\n');
        let begins =
            lines.next().is_some_and(|line| line.starts_with(b"From ") && line.len() < 512);
        let header = lines.next().unwrap_or_default();
        let name = header.iter().position(|byte| *byte == b':').map(|colon| &header[..colon]);
        begins
            && name.is_some_and(|name| {
                !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic())
            })
    }

    fn members(
        &self,
        content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let mut messages = Messages {
            reader: BufReader::with_capacity(64 << 10, content),
            line: Vec::new(),
            at: 0,
            was_empty: true,
            was_whole: true,
            is_between: false,
            is_over: false,
        };
        for number in 1.. {
            if !messages.begin().map_err(Problem::from)? {
                break;
            }
            into.member(format!("message {number}").as_bytes(), &mut messages)?;
        }
        Ok(())
    }
}

/// The messages behind one another; as a reader, the one at hand.
struct Messages<R> {
    reader: R,
    line: Vec<u8>,
    at: usize,
    was_empty: bool,
    was_whole: bool,
    /// Whether the line at hand begins a message.
    is_between: bool,
    is_over: bool,
}

impl<R: BufRead> Messages<R> {
    /// Goes to the next message; whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        // What was not wanted of the one before is passed over.
        while !self.is_between && !self.is_over {
            self.next()?;
        }
        if self.is_over {
            return Ok(false);
        }
        self.is_between = false;
        self.at = self.line.len();
        Ok(true)
    }

    /// Reads a line.
    fn next(&mut self) -> io::Result<()> {
        self.line.clear();
        self.at = 0;
        (&mut self.reader).take(LINE).read_until(b'\n', &mut self.line)?;
        self.is_over = self.line.is_empty();
        let starts = std::mem::replace(&mut self.was_whole, self.line.ends_with(b"\n"));
        self.is_between = starts && self.was_empty && self.line.starts_with(b"From ");
        self.was_empty = starts && matches!(self.line.as_slice(), b"\n" | b"\r\n");
        let quotes = self.line.iter().take_while(|byte| **byte == b'>').count();
        if starts && quotes > 0 && self.line[quotes..].starts_with(b"From ") {
            self.at = 1;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Messages<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() {
            self.next()?;
        }
        if self.is_between || self.is_over {
            return Ok(0);
        }
        let read = (&self.line[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

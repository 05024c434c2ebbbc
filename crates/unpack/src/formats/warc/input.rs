//! The records of a file on their way. Where a record ends is not only a matter of the
//! length it says: it also ends where another begins, so that a wrong length loses
//! nothing.

use std::io::{self, BufRead, Read};

use memchr::memmem::Finder;

/// Bytes read at once.
const BUFFER: usize = 64 << 10;
/// What begins a record, behind the end of a line.
const MARK: &[u8] = b"\nWARC/";
/// How far a beginning is looked at to tell a record from a text about records.
const LOOK: usize = 32;

/// A file of records.
pub(super) struct Input<R> {
    reader: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    is_ended: bool,
    error: Option<io::Error>,
    mark: Finder<'static>,
}

/// Whether some bytes begin with the line that begins a record.
pub(super) fn is_version(bytes: &[u8]) -> bool {
    match bytes {
        [b'W', b'A', b'R', b'C', b'/', b'0'..=b'9', b'.', b'0'..=b'9', rest @ ..] => {
            let rest = rest.trim_ascii_start();
            rest.is_empty() || rest.first().is_some_and(u8::is_ascii_alphabetic)
        }
        _ => false,
    }
}

impl<R: Read> Input<R> {
    pub(super) fn new(reader: R) -> Self {
        let mark = Finder::new(MARK);
        let buffer = vec![0; BUFFER].into_boxed_slice();
        Self { reader, buffer, start: 0, end: 0, is_ended: false, error: None, mark }
    }

    /// The bytes at hand: at least so many, unless the end or an error is nearer.
    fn at_least(&mut self, wanted: usize) -> &[u8] {
        if self.end - self.start < wanted && !self.is_ended {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            while self.end < wanted {
                match self.reader.read(&mut self.buffer[self.end..]) {
                    Ok(0) => self.is_ended = true,
                    Ok(read) => self.end += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        self.is_ended = true;
                        self.error = Some(error);
                    }
                }
                if self.is_ended {
                    break;
                }
            }
        }
        &self.buffer[self.start..self.end]
    }

    /// Skips empty lines; whether a record begins there.
    pub(super) fn begin_record(&mut self) -> io::Result<bool> {
        while let Some(b'\r' | b'\n') = self.at_least(1).first() {
            self.start += 1;
        }
        let is_record = is_version(self.at_least(LOOK));
        match self.error.take() {
            Some(error) if self.start == self.end => Err(error),
            error => {
                self.error = error;
                Ok(is_record)
            }
        }
    }

    /// How many of the bytes at hand lie before where a record begins.
    fn own(&mut self) -> usize {
        self.at_least(MARK.len() + LOOK);
        let at_hand = &self.buffer[self.start..self.end];
        let mut from = 0;
        while let Some(at) = self.mark.find(&at_hand[from..]).map(|at| from + at) {
            if is_version(&at_hand[at + 1..]) {
                return at + 1;
            }
            if at_hand.len() - at <= LOOK && !self.is_ended {
                // Not enough of it to tell; there will be when it is first.
                return at;
            }
            from = at + 1;
        }
        // A mark may lie across the end of what is at hand.
        at_hand.len() - if self.is_ended { 0 } else { MARK.len() - 1 }
    }

    /// A head: up to and with the first empty line, or so many bytes.
    pub(super) fn head(&mut self, most: usize) -> Vec<u8> {
        self.block(None).head(most)
    }

    /// What follows: so many bytes, but no further than to where a record begins.
    pub(super) fn block(&mut self, length: Option<u64>) -> Block<'_, R> {
        Block { input: self, left: length.unwrap_or(u64::MAX), known: 0, is_at_record: false }
    }
}

/// What lies between a record's head and its end.
pub(super) struct Block<'i, R> {
    input: &'i mut Input<R>,
    left: u64,
    /// How many of the bytes at hand are known to be its own.
    known: usize,
    /// Whether what comes next is the line that begins a record.
    is_at_record: bool,
}

impl<R: Read> Block<'_, R> {
    /// The bytes at hand that are its own; none at its end.
    fn peek(&mut self) -> &[u8] {
        if self.known == 0 && self.left > 0 && !self.is_at_record {
            self.known = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.input.own());
        }
        &self.input.buffer[self.input.start..self.input.start + self.known]
    }

    /// Whether it is read to its end.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_empty()
    }

    /// The next bytes, enough of them to tell what they are.
    pub(super) fn beginning(&mut self) -> &[u8] {
        self.known = 0;
        self.peek()
    }

    /// Up to and with the first empty line, or so many bytes.
    pub(super) fn head(&mut self, most: usize) -> Vec<u8> {
        let mut head = Vec::new();
        // The line that begins a record is of its head.
        let mut is_line_empty = true;
        while head.len() < most {
            let at_hand = self.peek();
            let at_hand = &at_hand[..at_hand.len().min(most - head.len())];
            if at_hand.is_empty() {
                break;
            }
            let end = at_hand.iter().position(|byte| {
                let is_end = *byte == b'\n' && is_line_empty;
                is_line_empty = *byte == b'\n' || *byte == b'\r' && is_line_empty;
                is_end
            });
            let len = end.map_or(at_hand.len(), |end| end + 1);
            head.extend_from_slice(&at_hand[..len]);
            self.consume(len);
            if end.is_some() {
                break;
            }
        }
        head
    }

    /// Passes over what is left of it.
    pub(super) fn skip(&mut self) {
        loop {
            match self.peek().len() {
                0 => break,
                bytes => self.consume(bytes),
            }
        }
    }

    /// What kept it from being read on.
    pub(super) fn into_error(self) -> Option<io::Error> {
        self.input.error.take()
    }
}

impl<R: Read> BufRead for Block<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_at_end()
            && self.left > 0
            && !self.is_at_record
            && let Some(error) = self.input.error.take()
        {
            return Err(error);
        }
        Ok(self.peek())
    }

    fn consume(&mut self, bytes: usize) {
        let last = self.peek()[..bytes].last().copied();
        self.input.start += bytes;
        self.known -= bytes;
        self.left -= bytes as u64;
        self.is_at_record |= last == Some(b'\n') && is_version(self.input.at_least(LOOK));
    }
}

impl<R: Read> Read for Block<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let own = self.fill_buf()?;
        let len = own.len().min(buffer.len());
        buffer[..len].copy_from_slice(&own[..len]);
        self.consume(len);
        Ok(len)
    }
}

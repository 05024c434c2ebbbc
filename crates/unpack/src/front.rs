//! A reader whose next bytes can be looked at before they are taken.

use std::io::{self, BufRead, Read};

/// Room for what is read ahead.
const BUFFER: usize = 32 << 10;

/// Reads from another reader, ahead of whoever reads from this one.
pub(crate) struct Front<R> {
    reader: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Whether somebody wanted more than there was.
    wanted_more: bool,
    /// Bytes taken so far.
    taken: u64,
}

impl<R: Read> Front<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
            wanted_more: false,
            taken: 0,
        }
    }

    /// The next bytes, `len` of them (up to some thousands) or all that are left.
    pub(crate) fn peek(&mut self, len: usize) -> io::Result<&[u8]> {
        if self.start + len > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end - self.start < len {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + len)])
    }

    /// Takes zeros, of which there may be any number between streams.
    pub(crate) fn skip_zeros(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.fill_buf()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            let is_all = zeros == bytes.len();
            self.consume(zeros);
            if zeros == 0 || !is_all {
                return Ok(());
            }
        }
    }

    /// Takes `len` bytes and drops them; whether there were as many.
    pub(crate) fn skip(&mut self, mut len: u64) -> io::Result<bool> {
        while len > 0 {
            let here = self.fill_buf()?.len();
            if here == 0 {
                return Ok(false);
            }
            let step = len.min(here as u64);
            self.consume(step as usize);
            len -= step;
        }
        Ok(true)
    }

    pub(crate) fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.peek(1)?.is_empty())
    }

    /// Whether somebody read on when nothing was left.
    pub(crate) fn wanted_more(&self) -> bool {
        self.wanted_more
    }

    /// How many bytes were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }
}

impl<R: Read> Read for Front<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Long reads go past the buffer.
        if self.start == self.end && buffer.len() >= self.buffer.len() {
            let read = self.reader.read(buffer)?;
            self.taken += read as u64;
            self.wanted_more |= read == 0;
            return Ok(read);
        }
        let here = self.fill_buf()?;
        let len = here.len().min(buffer.len());
        buffer[..len].copy_from_slice(&here[..len]);
        self.consume(len);
        Ok(len)
    }
}

impl<R: Read> BufRead for Front<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.end = self.reader.read(&mut self.buffer)?;
            self.wanted_more |= self.end == 0;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, len: usize) {
        let len = len.min(self.end - self.start);
        self.start += len;
        self.taken += len as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_is_still_there() {
        let text: Vec<u8> = (0..100_000_u32).map(|at| at as u8).collect();
        let mut front = Front::new(text.as_slice());
        let mut taken = Vec::new();
        while !front.is_at_end().unwrap() {
            let ahead = front.peek(700).unwrap().to_vec();
            let mut bytes = vec![0; 601.min(ahead.len())];
            front.read_exact(&mut bytes).unwrap();
            assert_eq!(bytes, ahead[..bytes.len()]);
            taken.extend(bytes);
        }
        assert!(taken == text && front.taken() == 100_000);
        assert!(!front.wanted_more());
        assert_eq!(front.read(&mut [0]).unwrap(), 0);
        assert!(front.wanted_more());
    }

    #[test]
    fn zeros_are_skipped_across_buffers() {
        let text = [vec![0; 70_000], b"x\0".to_vec()].concat();
        let mut front = Front::new(text.as_slice());
        front.skip_zeros().unwrap();
        assert_eq!(front.peek(9).unwrap(), b"x\0");
        assert!(front.skip(2).unwrap() && !front.skip(1).unwrap());
    }
}

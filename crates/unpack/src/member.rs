//! Parts of a member's way through the opener: readers that keep, fail or fill, and the
//! name of what has none.

use std::io::{self, Read};

use crate::spool::Spool;

/// A reader that keeps what passes, up to a limit.
pub(crate) struct Spooling<R> {
    pub(crate) reader: R,
    pub(crate) spool: Spool,
    /// How much more is kept; 0 when it was too much.
    pub(crate) left: u64,
}

impl<R: Read> Read for Spooling<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        if self.left > 0 {
            self.spool.take(&buffer[..read])?;
        } else {
            self.spool = Spool::default();
        }
        Ok(read)
    }
}

/// Ends as another reader ended.
pub(crate) struct Failing {
    pub(crate) error: Option<io::Error>,
}

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.error.take().map_or(Ok(0), Err)
    }
}

/// Fills a buffer as far as there is something to read.
pub(crate) fn read_full(
    reader: &mut (impl Read + ?Sized),
    buffer: &mut [u8],
) -> (usize, Option<io::Error>) {
    let mut len = 0;
    while len < buffer.len() {
        match reader.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (len, Some(error)),
        }
    }
    (len, None)
}

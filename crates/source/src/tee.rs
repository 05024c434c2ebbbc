//! An original that is read once, shown both in pieces and as a whole: while one thread
//! cuts pieces, another's worker opens what passes. At most a few pieces of it are in
//! memory, however far apart the two are.

use std::{
    io::{self, Read},
    sync::mpsc::{self, Receiver, SyncSender},
    thread,
};

use leeward_model::{Content, Inspect, Origin, Worker};

/// How much is handed over at once, and how often before one waits for the other.
const CHUNK: usize = 64 << 10;
const CHUNKS: usize = 16;

/// Has a worker of its own open an original while it is read by somebody else, through
/// the reader that `read` gets. `head` is what the original begins with.
pub(crate) fn both<I: Inspect, R: Read, T>(
    inspect: &I,
    origin: Origin<'_>,
    head: &[u8],
    reader: R,
    read: impl FnOnce(&mut dyn Read) -> T,
) -> T {
    thread::scope(|scope| {
        let (give, take) = mpsc::sync_channel(CHUNKS);
        scope.spawn(move || {
            let mut passing = Passing { take, chunk: Vec::new(), at: 0, has_ended: false };
            inspect.worker().open(origin, head, Content::Stream(&mut passing));
        });
        let mut tee = Tee { reader, give: Some(give), chunk: Vec::new() };
        let answer = read(&mut tee);
        tee.flush();
        answer
    })
}

/// What passes through here is handed on.
struct Tee<R> {
    reader: R,
    /// Nothing once nobody takes any more.
    give: Option<SyncSender<io::Result<Vec<u8>>>>,
    chunk: Vec<u8>,
}

impl<R> Tee<R> {
    fn flush(&mut self) {
        let chunk = std::mem::take(&mut self.chunk);
        if !chunk.is_empty() {
            self.hand(Ok(chunk));
        }
    }

    fn hand(&mut self, what: io::Result<Vec<u8>>) {
        if self.give.as_ref().is_some_and(|give| give.send(what).is_err()) {
            self.give = None;
        }
    }
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer);
        match &read {
            Ok(read) if self.give.is_some() => {
                self.chunk.extend_from_slice(&buffer[..*read]);
                if self.chunk.len() >= CHUNK {
                    self.flush();
                }
            }
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                self.flush();
                // Whoever opens it should not take what came so far for all of it.
                self.hand(Err(same(error)));
            }
            _ => {}
        }
        read
    }
}

/// An error once more.
fn same(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// What was handed on.
struct Passing {
    take: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    at: usize,
    has_ended: bool,
}

impl Read for Passing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.chunk.len() {
            if self.has_ended {
                return Ok(0);
            }
            match self.take.recv() {
                Ok(Ok(chunk)) => (self.chunk, self.at) = (chunk, 0),
                Ok(Err(error)) => {
                    self.has_ended = true;
                    return Err(error);
                }
                Err(_) => self.has_ended = true,
            }
        }
        let len = buffer.len().min(self.chunk.len() - self.at);
        buffer[..len].copy_from_slice(&self.chunk[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

/// Has a worker open an original that it wants as a whole, and reads it to its end,
/// whatever the worker does. What made reading end before the end, if anything did, and
/// how many bytes there were.
pub(crate) fn whole<W: Worker>(
    worker: &mut W,
    origin: Origin<'_>,
    head: &[u8],
    reader: impl Read,
) -> (u64, Option<io::Error>) {
    let mut watched = Watched { reader, bytes: 0, error: None };
    worker.open(origin, head, Content::Stream(&mut watched));
    let mut sink = vec![0; CHUNK];
    while watched.error.is_none() {
        match watched.read(&mut sink) {
            Ok(0) => break,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => break,
            _ => {}
        }
    }
    (watched.bytes, watched.error)
}

/// Keeps what a reader said last.
struct Watched<R> {
    reader: R,
    bytes: u64,
    error: Option<io::Error>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer) {
            Ok(read) => {
                self.bytes += read as u64;
                Ok(read)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.error = Some(same(&error));
                }
                Err(error)
            }
        }
    }
}

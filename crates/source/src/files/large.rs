//! A file above the size of a piece: pieces of it are claimed by whichever
//! threads are free, each with its own buffer, so that one large file keeps all
//! of them busy and takes no more memory than a small one.

use std::{
    fs::File,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use leeward_model::{Blob, Inspect, Origin, Piece, Reason, Worker as _};

use super::{
    judged::Sight,
    os::{self, Meta},
    walk::{Job, Walker},
};
use crate::piece::{Cut, Measured};

/// A large file, shared by the threads that read it.
pub(super) struct Large {
    file: File,
    path: PathBuf,
    before: Meta,
    sight: Option<Sight>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Where the next piece may begin, and where its stretch of data ends.
    next: u64,
    data_end: u64,
    index: u32,
    /// Pieces claimed and not done yet.
    in_flight: u32,
    measured: Vec<Measured>,
    /// Bytes that could not be read, up to the end of the file, and why.
    unread: u64,
    error: Option<io::Error>,
    finished: bool,
}

/// A piece to read: its number and its own range.
struct Claim {
    index: u32,
    start: u64,
    end: u64,
}

impl Large {
    pub(super) fn new(file: File, path: PathBuf, before: Meta, sight: Option<Sight>) -> Self {
        Self { file, path, before, sight, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claim(&self, cut: Cut) -> Option<Claim> {
        let (own, size) = (cut.own() as u64, self.before.size);
        let mut state = self.lock();
        if state.finished {
            return None;
        }
        if state.next >= state.data_end {
            let from = state.next;
            let (start, mut end) = self.data(from)?;
            // Holes shorter than a piece are read like everything else, so
            // that pieces either touch or do not even see each other.
            let start = if start - from < own { from } else { start };
            while end - start < own {
                match self.data(end) {
                    Some((more, more_end)) if more - end < own => end = more_end,
                    _ => break,
                }
            }
            (state.next, state.data_end) = (start, end);
        }
        let start = state.next;
        let end = state.data_end.min(start + own).min(size);
        let index = state.index;
        state.next = end;
        state.index += 1;
        state.in_flight += 1;
        Some(Claim { index, start, end })
    }

    /// The stretch of data at or after an offset.
    fn data(&self, from: u64) -> Option<(u64, u64)> {
        let Meta { size, allocated, .. } = self.before;
        if from >= size {
            None
        } else if allocated >= size {
            Some((from, size))
        } else {
            os::next_data(&self.file, from, size)
        }
    }

    /// Fills `buffer`, where `known` bytes from the file's start already are,
    /// with a piece and what is to be seen around it.
    fn read(
        &self,
        claim: &Claim,
        cut: Cut,
        buffer: &mut [u8],
        known: usize,
    ) -> (usize, Piece, io::Result<()>) {
        let offset = claim.start.saturating_sub(cut.overlap() as u64);
        let end = self.before.size.min(claim.end + cut.overlap() as u64);
        let wanted = (end - offset) as usize;
        let mut len = if offset == 0 { known.min(wanted) } else { 0 };
        let mut result = Ok(());
        while len < wanted {
            match os::read_at(&self.file, &mut buffer[len..wanted], offset + len as u64) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        let own_start = len.min((claim.start - offset) as usize);
        let own_end = len.min((claim.end - offset) as usize);
        (len, Piece { index: claim.index, offset, own_start, own_end }, result)
    }
}

impl<I: Inspect> Walker<'_, '_, I> {
    /// Reads a large file, whose first `known` bytes are in the buffer, together
    /// with the other threads.
    pub(super) fn large(&mut self, large: &Arc<Large>, known: usize) {
        let pieces = large.before.size / self.scan.options.cut.own() as u64;
        for _ in 1..self.scan.options.threads.min(pieces as usize + 1) {
            self.push(Job::Large(Arc::downgrade(large)));
        }
        self.pieces(large, known);
    }

    /// Reads pieces until there are none left; who is last closes the account.
    /// `known` bytes from the file's start are in the buffer.
    pub(super) fn pieces(&mut self, large: &Large, mut known: usize) {
        let cut = self.scan.options.cut;
        while !self.scan.progress.is_cancelled() {
            let Some(claim) = large.claim(cut) else { break };
            let (len, piece, result) = large.read(&claim, cut, &mut self.buffer, known);
            known = 0;
            let bytes = &self.buffer[..len];
            let origin = Origin::File(&large.path);
            self.worker.inspect(Blob { bytes, origin, piece: Some(piece), base: None });
            let measured = Measured::of(cut, bytes, piece);
            let own = (piece.own_end - piece.own_start) as u64;
            self.scan.progress.add_bytes(own);
            let mut state = large.lock();
            state.in_flight -= 1;
            state.measured.push(measured);
            state.unread += claim.end - claim.start - own;
            state.error = state.error.take().or(result.err());
        }
        let mut state = large.lock();
        if state.in_flight == 0 && !state.finished {
            let last = std::mem::replace(&mut *state, State { finished: true, ..State::default() });
            drop(state);
            self.account(large, last);
        }
    }

    fn account(&mut self, large: &Large, state: State) {
        let Large { file, path, before, sight, .. } = large;
        let cancelled = self.scan.progress.is_cancelled();
        let left = if cancelled && large.data(state.next).is_some() {
            before.size - state.next
        } else {
            0
        };
        let scanned = before.size - left - state.unread;
        if !state.measured.is_empty() {
            let starts = Measured::starts(state.measured);
            self.scan.inspect.pieces_done(Origin::File(path), &starts);
        }
        self.coverage.bytes_scanned += scanned;
        self.scan.progress.add(0);
        if left > 0 {
            self.left_out(path, Reason::stopped(), Some(left));
        }
        match state.error {
            Some(error) => {
                let reason = Reason::Unreadable(error.to_string());
                self.left_out(path, reason, Some(state.unread));
            }
            None if left == 0 => self.finished(file, path, before, scanned, *sight),
            None => {}
        }
    }
}

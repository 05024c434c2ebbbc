//! Which bytes of a stream may leave, and when.
//!
//! What makes a token a secret may stand before it or after it. So the window
//! keeps `behind` bytes of what has left, to be looked at again, and holds back
//! what is not known in full: a byte is *settled* once `ahead` more bytes are
//! at hand, or the stream has ended. How far that is follows from how far the
//! detector looks from a value, also under an encoding.
//!
//! A stream that pauses may not be waited for. Lines before the first that
//! holds anything like a secret are *clear*, and leave at once. The others wait
//! a while, and then leave on suspicion: masked also where the evidence that
//! is at hand makes a secret only possible. What has left cannot be taken back.
//!
//! It knows neither clock nor threads; `stream` does.

use std::io;

use super::masker::{Masker, Place, Surety, apart};

/// Sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Settled bytes that are worth a look at once.
    pub(super) batch: usize,
    /// Bytes after a place that may say what it is.
    pub(super) ahead: usize,
    /// Bytes before.
    pub(super) behind: usize,
}

impl Limits {
    /// The detector looks for values up to 16 KiB from an anchor and for
    /// evidence up to 12 KiB from a value: 28 KiB in all, 56 in UTF-16.
    pub(super) const DEFAULT: Self = Self { batch: 1 << 20, ahead: 56 << 10, behind: 56 << 10 };
}

/// Shortest run of letters and digits that is taken for a possible secret.
const SUSPECT: usize = 16;
/// Longest run at the end of an unfinished line that is held back whole.
const LONGEST_RUN: usize = 4 << 10;
/// From this length on a run of its characters may be base64.
const BASE64: usize = 8;

/// The part of a stream that is at hand.
pub(super) struct Window<'l> {
    masker: Masker<'l>,
    limits: Limits,
    text: Vec<u8>,
    /// Bytes of `text` that have left.
    sent: usize,
    /// Where `text` begins in the stream.
    base: u64,
    /// Where in the stream the last bytes end that make it worth a look.
    touched: u64,
}

impl<'l> Window<'l> {
    pub(super) fn new(masker: Masker<'l>, limits: Limits) -> Self {
        Self { masker, limits, text: Vec::new(), sent: 0, base: 0, touched: 0 }
    }

    /// Takes what came. It is looked at for anchors here, while it is in a near
    /// cache, and again only if there is one.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let from = self.text.len().saturating_sub(self.masker.reach());
        self.text.extend_from_slice(bytes);
        if self.masker.touches(&self.text[from..]) {
            self.touched = self.end();
        }
    }

    /// Where the stream ends as far as it came.
    pub(super) fn end(&self) -> u64 {
        self.base + self.text.len() as u64
    }

    /// Where in the stream the bytes begin that have not left.
    pub(super) fn held(&self) -> u64 {
        self.base + self.sent as u64
    }

    /// Whether there are so many settled bytes that they should leave.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() - self.sent >= self.limits.batch + self.limits.ahead
    }

    /// What was masked.
    pub(super) fn masker(&self) -> &Masker<'l> {
        &self.masker
    }

    /// Lets the settled bytes leave.
    pub(super) fn settle(&mut self, out: &mut impl io::Write) -> io::Result<u64> {
        let end = self.text.len().saturating_sub(self.limits.ahead);
        self.leave(end, Surety::Full, out)
    }

    /// Lets the clear lines leave.
    pub(super) fn clear(&mut self, out: &mut impl io::Write) -> io::Result<u64> {
        let mut end = self.sent;
        for line in self.text[self.sent..].split_inclusive(|byte| *byte == b'\n') {
            if !line.ends_with(b"\n") || is_suspect(line) {
                break;
            }
            end += line.len();
        }
        self.leave(end, self.unsettled(), out)
    }

    /// Lets everything leave that came before a place in the stream, but for
    /// what may be the beginning of a value.
    pub(super) fn overdue(&mut self, before: u64, out: &mut impl io::Write) -> io::Result<u64> {
        let end = usize::try_from(before.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let end = self.whole(end.min(self.text.len()));
        self.leave(end, self.unsettled(), out)
    }

    /// Lets all complete lines leave.
    pub(super) fn lines(&mut self, out: &mut impl io::Write) -> io::Result<u64> {
        let last = memchr::memrchr(b'\n', &self.text[self.sent..]);
        let end = last.map_or(self.sent, |at| self.sent + at + 1);
        self.leave(end, self.unsettled(), out)
    }

    /// Lets everything leave: the stream has ended.
    pub(super) fn finish(&mut self, out: &mut impl io::Write) -> io::Result<u64> {
        self.leave(self.text.len(), Surety::Full, out)
    }

    fn unsettled(&self) -> Surety {
        Surety::Until(self.text.len().saturating_sub(self.limits.ahead))
    }

    /// Where to stop at or before `end`, so that no run is parted of which a
    /// value may be made.
    fn whole(&self, end: usize) -> usize {
        let held = &self.text[self.sent.min(end)..end];
        let run = held.iter().rev().take(LONGEST_RUN).take_while(|byte| in_run(**byte)).count();
        if run == LONGEST_RUN { end } else { end - run }
    }

    /// Lets the bytes before `end` leave, and all of a value that lies across.
    fn leave(&mut self, end: usize, surety: Surety, out: &mut impl io::Write) -> io::Result<u64> {
        if end <= self.sent {
            return Ok(0);
        }
        let places = if self.touched > self.base {
            self.masker.places(&self.text, None, surety, self.sent)
        } else {
            let mut places = Vec::new();
            self.masker.known_places(&self.text, self.sent, &mut places);
            apart(places)
        };
        let end = past(&places, end);
        let written = self.masker.write(&self.text, self.sent..end, &places, out)?;
        self.sent = end;
        self.trim();
        Ok(written)
    }

    /// Forgets what is too far behind to matter, where that is worth moving the
    /// rest. What stays begins where a decoder can begin: at a whole group of
    /// base64, at a whole unit of UTF-16.
    fn trim(&mut self) {
        let keep = self.sent.saturating_sub(self.limits.behind);
        if keep < self.limits.behind {
            return;
        }
        let run = self.text[..keep].iter().rev().take_while(|byte| is_base64(**byte)).count();
        let off = if run >= BASE64 { run % 4 } else { (self.base as usize + keep) % 2 };
        let keep = keep - off.min(keep);
        self.text.drain(..keep);
        self.sent -= keep;
        self.base += keep as u64;
    }
}

/// The end of the place that lies across `end`, or `end`.
fn past(places: &[Place], end: usize) -> usize {
    let across = places.iter().find(|place| place.span.start < end && end < place.span.end);
    across.map_or(end, |place| place.span.end)
}

/// Whether a line has a run that a value may be made of. NUL belongs to such a
/// run, for UTF-16.
fn is_suspect(line: &[u8]) -> bool {
    line.split(|byte| !in_run(*byte)).any(|run| run.len() >= SUSPECT)
}

fn in_run(byte: u8) -> bool {
    is_base64(byte) || matches!(byte, b'%' | b'\\' | b'=' | 0)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

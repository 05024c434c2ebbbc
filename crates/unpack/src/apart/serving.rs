//! A child at work on one container: what it says is handed out, and what becomes of it
//! is told. It is trusted in nothing: whatever is not the answer to what it was asked is
//! nonsense.

use std::{
    hash::{BuildHasher as _, RandomState},
    io::{self, Read},
    process::ExitStatus,
    sync::mpsc::RecvTimeoutError,
    time::{Duration, Instant},
};

use leeward_model::Reason;

use super::{
    frame::{Frame, HELLO},
    parser::Parser,
};
use crate::{Format, Members, Problem};

/// What is left out of one container is told one by one up to here, and then counted:
/// an archive of a million members with a password, or a child that talks without end, is
/// one line more.
const TOLD: u64 = 1_000;

/// How often a parent that waits looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);

/// How long a child that has served others is waited for to take up one more; it has
/// nothing else to do. After that there is another.
const AGAIN: Duration = Duration::from_secs(2);

/// A child that has taken up a container. It goes out of scope with it, unless both end
/// well.
pub(super) struct Serving<'a> {
    parser: Parser,
    /// How much longer may be waited for it. What the parent does in between is not
    /// the child's time.
    left: Duration,
    /// Whether it said that it may serve another.
    is_fresh: bool,
    format: &'a dyn Format,
    is_stopped: &'a dyn Fn() -> bool,
}

impl<'a> Serving<'a> {
    /// Asks a child to parse what is in its file. It has taken that up when it says the
    /// number it was asked with, which nobody can say before: a child cannot have answered
    /// in advance, and what it may still say of an earlier container is no answer.
    pub(super) fn begin(
        mut parser: Parser,
        format: &'a dyn Format,
        left: Duration,
        is_stopped: &'a dyn Fn() -> bool,
    ) -> Result<Self, Problem> {
        let number = RandomState::new().hash_one(());
        // One that is no more is found out by what it does not say.
        let _ = parser.ask(number, format);
        let mut serving = Self { parser, left, is_fresh: false, format, is_stopped };
        let mut hello = [0; HELLO.len()];
        let mut answered = [0; size_of::<u64>()];
        let mut said = serving.read_exact(&mut hello);
        if said.is_ok() && hello == *HELLO {
            said = serving.read_exact(&mut answered);
        }
        match said {
            Ok(()) if answered == number.to_le_bytes() => Ok(serving),
            Ok(()) => Err(serving.failed(&io::ErrorKind::InvalidData.into())),
            Err(error) => Err(serving.failed(&error)),
        }
    }

    /// The same of a child that has served others, if it takes up one more.
    pub(super) fn again(
        parser: Parser,
        format: &'a dyn Format,
        left: Duration,
        is_stopped: &'a dyn Fn() -> bool,
    ) -> Option<Self> {
        let begun = Self::begin(parser, format, AGAIN.min(left), is_stopped).ok()?;
        Some(Self { left, ..begun })
    }

    /// The child, if it may serve another container.
    pub(super) fn end(self) -> Option<Parser> {
        if self.is_fresh { self.parser.emptied() } else { None }
    }

    /// Hands out everything inside.
    pub(super) fn hand_out(&mut self, into: &mut dyn Members) -> Result<(), Problem> {
        let mut told = 0_u64;
        let ended = self.frames(into, &mut told);
        if let Some(more) = told.checked_sub(TOLD).filter(|more| *more > 0) {
            let reason = Reason::Limit(format!("{more} more members that were left out"));
            into.left_out(b"", reason, None);
        }
        ended
    }

    fn frames(&mut self, into: &mut dyn Members, told: &mut u64) -> Result<(), Problem> {
        loop {
            match Frame::read(self) {
                Ok(Frame::Member(name)) => {
                    self.hand(|bytes| into.member(&name, bytes))?;
                }
                Ok(Frame::Table(name)) => {
                    self.hand(|rows| into.table(&name, rows))?;
                }
                Ok(Frame::LeftOut(name, reason, bytes)) => {
                    *told += 1;
                    if *told <= TOLD {
                        into.left_out(&name, reason, bytes);
                    }
                }
                Ok(Frame::Problem(reason)) => return Err(Problem::Because(reason)),
                Ok(Frame::Done { is_fresh }) => {
                    self.is_fresh = is_fresh;
                    return Ok(());
                }
                Ok(Frame::Bytes(_) | Frame::End | Frame::Broken(_)) => {
                    return Err(self.failed(&io::ErrorKind::InvalidData.into()));
                }
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    /// Hands out one member, and passes over what was not wanted of it.
    fn hand(
        &mut self,
        take: impl FnOnce(&mut dyn Read) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut bytes =
            Bytes { serving: self, chunk: Vec::new(), at: 0, is_over: false, failed: None };
        take(&mut bytes)?;
        let mut rest = [0; 4 << 10];
        while !bytes.is_over && bytes.failed.is_none() {
            // An error of the member itself is told by whoever took it.
            let _ = bytes.read(&mut rest);
        }
        bytes.failed.map_or(Ok(()), Err)
    }

    /// What an error in what a child says means.
    fn failed(&mut self, error: &io::Error) -> Problem {
        let form = self.format.name();
        let reason = match error.kind() {
            // Who presses a key ends the child, too.
            _ if (self.is_stopped)() => Reason::stopped(),
            io::ErrorKind::TimedOut => Reason::Limit(format!("the parser of {form} took too long")),
            io::ErrorKind::Other => Reason::stopped(),
            io::ErrorKind::UnexpectedEof => match self.parser.ended() {
                Some(status) => died(form, status),
                None => Reason::Corrupt(format!("the parser of {form} fell silent")),
            },
            _ => Reason::Corrupt(format!("the parser of {form} talked nonsense")),
        };
        Problem::Because(reason)
    }

    /// Waits for more to be said.
    fn wait(&mut self) -> io::Result<bool> {
        loop {
            if (self.is_stopped)() {
                return Err(io::ErrorKind::Other.into());
            }
            let begun = Instant::now();
            let said = self.parser.said.recv_timeout(LOOK.min(self.left));
            self.left = self.left.saturating_sub(begun.elapsed());
            match said {
                Ok(chunk) => {
                    (self.parser.heard, self.parser.at) = (chunk, 0);
                    return Ok(true);
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(false),
                Err(RecvTimeoutError::Timeout) if self.left.is_zero() => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Read for Serving<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.parser.at == self.parser.heard.len() && !self.wait()? {
            return Ok(0);
        }
        let parser = &mut self.parser;
        let read = (&parser.heard[parser.at..]).read(buffer)?;
        parser.at += read;
        Ok(read)
    }
}

/// The bytes of a member on their way from a child.
struct Bytes<'r, 'a> {
    serving: &'r mut Serving<'a>,
    chunk: Vec<u8>,
    at: usize,
    is_over: bool,
    /// What became of the child meanwhile.
    failed: Option<Problem>,
}

impl Read for Bytes<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.chunk.len() {
            if self.is_over {
                return Ok(0);
            }
            if self.failed.is_some() {
                return Err(io::Error::other("its parser has ended"));
            }
            let error = match Frame::read(self.serving) {
                Ok(Frame::Bytes(chunk)) => {
                    (self.chunk, self.at) = (chunk, 0);
                    continue;
                }
                Ok(Frame::End) => {
                    self.is_over = true;
                    continue;
                }
                Ok(Frame::Broken(why)) => {
                    self.is_over = true;
                    return Err(io::Error::other(why));
                }
                Ok(_) => io::ErrorKind::InvalidData.into(),
                Err(error) => error,
            };
            self.failed = Some(self.serving.failed(&error));
        }
        let read = (&self.chunk[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// How a child died.
fn died(form: &str, status: ExitStatus) -> Reason {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;

        // The numbers are those of every system there is: SIGABRT and SIGSEGV end whoever
        // lacks memory or stack, SIGXCPU and SIGKILL whoever lacks time.
        match status.signal() {
            Some(6 | 7 | 11) => {
                let why = format!("the parser of {form} ran out of memory or stack, or gave up");
                return Reason::Limit(why);
            }
            Some(9 | 24) => return Reason::Limit(format!("the parser of {form} took too long")),
            Some(signal) => {
                return Reason::Corrupt(format!("the parser of {form} died of signal {signal}"));
            }
            None => {}
        }
    }
    Reason::Corrupt(format!("the parser of {form} died ({status})"))
}

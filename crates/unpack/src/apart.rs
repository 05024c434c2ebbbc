//! Parsers that run apart. A form whose parser may fail in ways that it cannot answer
//! for is parsed by a child: this program again, started with a hidden command. The
//! child gets the container as its standard input, a nameless file, and answers with
//! what is inside; the parent feeds that to whoever takes members. A child that dies,
//! hangs or talks nonsense costs its own container, and nothing that was handed out.
//!
//! Which forms those are is said by [`Format::is_apart`]; how the program is started by
//! whoever has a command line. Without one, as in tests of a library, the parser runs
//! here, and what it throws is caught.

mod bounds;
mod child;
mod frame;
mod trial;

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read, Seek as _, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::{Duration, Instant},
};

use leeward_model::{Content, Reason};

use self::frame::{Frame, HELLO, LARGEST};
pub use self::{bounds::Bounds, child::serve};
use crate::{Format, Limits, Members, Problem, opener::held_reason};

/// How the program is started as a child: the name of the form, the memory in bytes and
/// the time in milliseconds are added as three more arguments.
#[derive(Clone, Debug)]
pub struct Apart {
    /// The program, which is this one.
    pub program: PathBuf,
    /// What comes before the three, such as the name of a command.
    pub arguments: Vec<OsString>,
}

/// What is left out of one container is told one by one up to here, and then counted:
/// an archive of a million members with a password, or a child that talks without end, is
/// one line more.
const TOLD: u64 = 1_000;

/// How often a parent that waits looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Has a child hand out the members of a container, or does it here if there is no way
/// to start one.
///
/// # Errors
/// As of [`Format::members`], and what became of a child that did not end well.
pub fn members(
    apart: Option<&Apart>,
    format: &dyn Format,
    content: Content<'_>,
    limits: &Limits,
    into: &mut dyn Members,
    is_stopped: &dyn Fn() -> bool,
) -> Result<(), Problem> {
    let Some(apart) = apart else {
        let here = || format.members(content, limits, into);
        return catch_unwind(AssertUnwindSafe(here))
            .unwrap_or_else(|_| Err(Problem::Because(gave_up(format))));
    };
    let container = spooled(content, limits.held)?;
    let mut running = Running::start(apart, format, container, limits, is_stopped)
        .map_err(|error| unreadable(format!("no parser could be started: {error}")))?;
    running.hand_out(into)
}

/// What a parser that failed within itself has as its reason.
fn gave_up(format: &dyn Format) -> Reason {
    Reason::Corrupt(format!("the parser of {} gave up", format.name()))
}

fn unreadable(why: String) -> Problem {
    Problem::Because(Reason::Unreadable(why))
}

/// The whole of a container as a file without a name, which a child can read in any
/// order without holding it.
fn spooled(content: Content<'_>, most: u64) -> Result<File, Problem> {
    let kept = |error: io::Error| unreadable(format!("no room for a temporary file: {error}"));
    let mut file = tempfile::tempfile().map_err(kept)?;
    let mut content = match content {
        Content::Seekable(content) => {
            content.seek(SeekFrom::Start(0)).map_err(Problem::from)?;
            Content::Seekable(content)
        }
        stream @ Content::Stream(_) => stream,
    };
    let mut buffer = vec![0; LARGEST];
    let mut left = most;
    loop {
        let read = match content.read(&mut buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Problem::from(error)),
        };
        left = left.checked_sub(read as u64).ok_or_else(|| Problem::Because(held_reason()))?;
        if read == 0 {
            break;
        }
        io::Write::write_all(&mut file, &buffer[..read]).map_err(kept)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(kept)?;
    Ok(file)
}

/// A child at work. It is killed when this goes out of scope, if it has not ended.
struct Running<'a> {
    child: Child,
    /// What it said, by a thread that reads: waiting for a pipe alone has no end.
    said: Receiver<Vec<u8>>,
    /// The part of that which is not read yet.
    heard: Vec<u8>,
    at: usize,
    /// How much longer may be waited for it. What the parent does in between is not
    /// the child's time.
    left: Duration,
    format: &'a dyn Format,
    is_stopped: &'a dyn Fn() -> bool,
}

impl<'a> Running<'a> {
    fn start(
        apart: &Apart,
        format: &'a dyn Format,
        container: File,
        limits: &Limits,
        is_stopped: &'a dyn Fn() -> bool,
    ) -> io::Result<Self> {
        let mut command = Command::new(&apart.program);
        command
            .args(&apart.arguments)
            .args(child::arguments(format, limits))
            .env_clear()
            .current_dir(if cfg!(unix) { "/" } else { "." })
            .stdin(container)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // People who list processes see what it is.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, "leeward");
        let mut child = command.spawn()?;
        let Some(mut out) = child.stdout.take() else {
            return Err(io::Error::other("it has no standard output"));
        };
        let (say, said) = sync_channel(2);
        thread::spawn(move || {
            loop {
                let mut chunk = vec![0; LARGEST];
                match out.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(read) => chunk.truncate(read),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(_) => break,
                }
                if say.send(chunk).is_err() {
                    break;
                }
            }
        });
        let (heard, left) = (Vec::new(), limits.time);
        Ok(Self { child, said, heard, at: 0, left, format, is_stopped })
    }

    fn hand_out(&mut self, into: &mut dyn Members) -> Result<(), Problem> {
        let mut hello = [0; HELLO.len()];
        match self.read_exact(&mut hello) {
            Ok(()) if hello == *HELLO => {}
            Ok(()) => return Err(self.failed(&io::ErrorKind::InvalidData.into())),
            Err(error) => return Err(self.failed(&error)),
        }
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
                Ok(Frame::Done) => return Ok(()),
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
            Bytes { running: self, chunk: Vec::new(), at: 0, is_over: false, failed: None };
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
            _ if (self.is_stopped)() => Reason::Limit("the scan was stopped".into()),
            io::ErrorKind::TimedOut => Reason::Limit(format!("the parser of {form} took too long")),
            io::ErrorKind::Other => Reason::Limit("the scan was stopped".into()),
            io::ErrorKind::UnexpectedEof => match self.ended() {
                Some(status) => died(form, status),
                None => Reason::Corrupt(format!("the parser of {form} fell silent")),
            },
            _ => Reason::Corrupt(format!("the parser of {form} talked nonsense")),
        };
        Problem::Because(reason)
    }

    /// How a child that says nothing more has ended.
    fn ended(&mut self) -> Option<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(2));
        }
        None
    }

    /// Waits for more to be said.
    fn wait(&mut self) -> io::Result<bool> {
        loop {
            if (self.is_stopped)() {
                return Err(io::ErrorKind::Other.into());
            }
            let begun = Instant::now();
            let said = self.said.recv_timeout(LOOK.min(self.left));
            self.left = self.left.saturating_sub(begun.elapsed());
            match said {
                Ok(chunk) => {
                    (self.heard, self.at) = (chunk, 0);
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

impl Read for Running<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.heard.len() && !self.wait()? {
            return Ok(0);
        }
        let read = (&self.heard[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // One that has ended is only waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The bytes of a member on their way from a child.
struct Bytes<'r, 'a> {
    running: &'r mut Running<'a>,
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
            let error = match Frame::read(self.running) {
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
            self.failed = Some(self.running.failed(&error));
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

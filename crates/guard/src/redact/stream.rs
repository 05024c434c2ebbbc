//! A stream masked as it comes: a thread reads, this one masks and writes, and
//! a clock says when what is held back has waited long enough.
//!
//! At most a few megabytes are in memory, however long the stream or its lines.
//! Whatever goes wrong, bytes that were not looked at do not leave.

use std::{
    collections::VecDeque,
    fmt,
    io::{self, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread,
    time::{Duration, Instant},
};

use super::{
    Redactor,
    tally::Tally,
    window::{Limits, Window},
};

/// Bytes read at once.
const READ: usize = 256 << 10;
/// Reads that wait to be masked.
const QUEUE: usize = 4;
/// A silence after which clear lines leave. Shorter ones are met in the midst
/// of a stream that flows.
const LULL: Duration = Duration::from_millis(5);
/// How long a line is held back at most.
const HOLD: Duration = Duration::from_millis(200);

/// When lines leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As soon as they are clear, or nothing more will be learnt of them soon.
    #[default]
    Steady,
    /// As soon as they are complete, on what is known by then.
    Lines,
}

/// Why a stream could not be masked to its end. What had been masked by then
/// was written.
#[derive(Debug)]
pub enum Trouble {
    /// It cannot be read.
    Read(io::Error),
    /// What is masked cannot be written.
    Write(io::Error),
    /// The search for secrets broke down: a bug.
    Broken,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot read the input: {error}"),
            Self::Write(error) => write!(f, "cannot write the output: {error}"),
            Self::Broken => f.write_str(
                "the search for secrets failed, so nothing more is passed on; what came out until \
                 now is masked",
            ),
        }
    }
}

impl std::error::Error for Trouble {}

/// Copies a stream with its secrets masked. After an error the thread that
/// reads may still wait for its next byte.
///
/// # Errors
/// See [`Trouble`]; the tally is of what was done until then.
pub fn run(
    redactor: &Redactor,
    input: impl Read + Send + 'static,
    output: &mut impl Write,
    pace: Pace,
) -> (Tally, Result<(), Trouble>) {
    run_within(redactor, input, output, pace, Limits::DEFAULT)
}

pub(super) fn run_within(
    redactor: &Redactor,
    input: impl Read + Send + 'static,
    output: &mut impl Write,
    pace: Pace,
    limits: Limits,
) -> (Tally, Result<(), Trouble>) {
    let (full, filled) = mpsc::sync_channel(QUEUE);
    let (empty, used) = mpsc::channel();
    thread::spawn(move || read(input, &full, &used));
    let mut stream = Stream {
        window: Window::new(redactor.masker(), limits),
        output,
        pace,
        arrivals: VecDeque::new(),
        written: 0,
    };
    let done = stream.run(&filled, &empty);
    let tally = Tally {
        read: stream.window.end(),
        written: stream.written,
        masks: stream.window.masker().masks().clone(),
    };
    (tally, done)
}

/// A buffer and how much of it was filled.
type Chunk = (Vec<u8>, usize);

/// Reads to the end, into buffers that come back.
fn read(mut input: impl Read, full: &SyncSender<io::Result<Chunk>>, used: &Receiver<Vec<u8>>) {
    loop {
        let mut buffer = used.try_recv().unwrap_or_else(|_| vec![0; READ]);
        let filled = loop {
            match input.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                filled => break filled,
            }
        };
        let last = !matches!(filled, Ok(1..));
        if matches!(filled, Ok(0))
            || full.send(filled.map(|length| (buffer, length))).is_err()
            || last
        {
            return;
        }
    }
}

struct Stream<'l, 'o, W> {
    window: Window<'l>,
    output: &'o mut W,
    pace: Pace,
    /// Where in the stream what came at a time ends; of what is still held.
    arrivals: VecDeque<(u64, Instant)>,
    written: u64,
}

impl<W: Write> Stream<'_, '_, W> {
    fn run(
        &mut self,
        filled: &Receiver<io::Result<Chunk>>,
        empty: &mpsc::Sender<Vec<u8>>,
    ) -> Result<(), Trouble> {
        // Whether nothing came since the clear lines left.
        let mut is_quiet = false;
        loop {
            let next = match self.wait(is_quiet) {
                Some(wait) => filled.recv_timeout(wait),
                None => filled.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(Ok((buffer, length))) => {
                    is_quiet = false;
                    self.step(|window, _| {
                        window.push(&buffer[..length]);
                        Ok(0)
                    })?;
                    self.arrivals.push_back((self.window.end(), Instant::now()));
                    // The reader may have gone: then nobody needs the buffer.
                    let _ = empty.send(buffer);
                    if self.window.is_full() {
                        self.step(|window, output| window.settle(output))?;
                    } else if self.pace == Pace::Lines {
                        self.step(|window, output| window.lines(output))?;
                        self.flush()?;
                    }
                }
                Ok(Err(error)) => {
                    self.finish()?;
                    return Err(Trouble::Read(error));
                }
                Err(RecvTimeoutError::Timeout) => {
                    if !std::mem::replace(&mut is_quiet, true) {
                        self.step(|window, output| window.clear(output))?;
                        self.flush()?;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return self.finish(),
            }
            self.hurry()?;
        }
    }

    /// How long the next bytes may be waited for; without end if nothing is
    /// held back that waiting would help.
    fn wait(&self, is_quiet: bool) -> Option<Duration> {
        let (_, since) = self.arrivals.front()?;
        let left = HOLD.saturating_sub(since.elapsed());
        Some(if is_quiet { left } else { left.min(LULL) })
    }

    /// Lets leave what has been held back for too long.
    fn hurry(&mut self) -> Result<(), Trouble> {
        let is_old = |since: &Instant, age: Duration| since.elapsed() >= age;
        if !self.arrivals.front().is_some_and(|(_, since)| is_old(since, HOLD)) {
            return Ok(());
        }
        // What is half as old too, so that a stream that trickles is not looked
        // at anew for each drop.
        let mut before = 0;
        while let Some((end, since)) = self.arrivals.front()
            && is_old(since, HOLD / 2)
        {
            before = *end;
            self.arrivals.pop_front();
        }
        self.step(|window, output| window.overdue(before, output))?;
        self.flush()
    }

    fn finish(&mut self) -> Result<(), Trouble> {
        self.step(|window, output| window.finish(output))?;
        self.flush()
    }

    /// Lets something leave. A search that breaks down lets nothing more leave.
    fn step(
        &mut self,
        leave: impl FnOnce(&mut Window<'_>, &mut W) -> io::Result<u64>,
    ) -> Result<(), Trouble> {
        let (window, output) = (&mut self.window, &mut *self.output);
        let left = catch_unwind(AssertUnwindSafe(|| leave(window, output)));
        match left {
            Ok(Ok(written)) => self.written += written,
            Ok(Err(error)) => return Err(Trouble::Write(error)),
            Err(_) => return Err(Trouble::Broken),
        }
        let held = self.window.held();
        while self.arrivals.front().is_some_and(|(end, _)| *end <= held) {
            self.arrivals.pop_front();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Trouble> {
        self.output.flush().map_err(Trouble::Write)
    }
}

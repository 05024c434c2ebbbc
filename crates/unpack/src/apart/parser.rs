//! A child that was started: how, what it is asked with, and when it is asked no more.
//! What it says while it serves a container is `serving`'s.

use std::{
    fs::File,
    io::{self, PipeWriter, Read as _},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, TryRecvError, sync_channel},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use super::{
    Apart,
    bounds::Bounds,
    child,
    frame::{LARGEST, Request},
};
use crate::Format;

/// How many containers one child serves at most. A start takes some milliseconds, and a
/// small container a fraction of one: shared by so many, starting is a minor part. It is
/// also how many containers a child could lie about that one before them has taken over.
pub const SERVED: u32 = 64;

/// A child that parses, and may serve one container after another: up to [`SERVED`], each
/// after all before it have ended well, for the thread that started it, and as long as it
/// has grown by little itself. It is killed when this goes out of scope.
pub struct Parser {
    child: Child,
    /// Where it hears what it is asked.
    requests: PipeWriter,
    /// What it reads the container from. There is only ever one in it.
    container: File,
    /// What it said, by a thread that reads: waiting for a pipe alone has no end.
    pub(super) said: Receiver<Vec<u8>>,
    /// The part of that which is not read yet.
    pub(super) heard: Vec<u8>,
    pub(super) at: usize,
    served: u32,
    bounds: Bounds,
    /// Whoever started it: on Linux it ends with that thread.
    started_by: ThreadId,
}

impl Parser {
    /// Starts one that will read its containers from a file.
    pub(super) fn start(apart: &Apart, container: File, bounds: Bounds) -> io::Result<Self> {
        let (asked, requests) = io::pipe()?;
        let mut command = Command::new(&apart.program);
        command
            .args(&apart.arguments)
            .args(child::arguments(bounds))
            .env_clear()
            .current_dir(if cfg!(unix) { "/" } else { "." })
            .stdin(only_read(&container)?)
            .stdout(Stdio::piped())
            // The third of the streams that every system hands on, and it has nothing to
            // say there.
            .stderr(asked);
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
        let (heard, started_by) = (Vec::new(), thread::current().id());
        Ok(Self { child, requests, container, said, heard, at: 0, served: 0, bounds, started_by })
    }

    /// Whether one that is kept may serve a container under these bounds, here.
    pub(super) fn may_serve(&self, bounds: Bounds) -> bool {
        self.bounds == bounds && self.started_by == thread::current().id()
    }

    /// The file that it reads containers from, empty between them.
    pub(super) fn container(&self) -> io::Result<File> {
        self.container.try_clone()
    }

    /// Asks it to parse what is in the file.
    pub(super) fn ask(&mut self, number: u64, format: &dyn Format) -> io::Result<()> {
        self.served += 1;
        Request { number, form: format.name().to_owned() }.write(&mut self.requests)
    }

    /// Leaves nothing of a container behind that has ended well. One that has more to say
    /// about it is not itself, and has served for the last time.
    pub(super) fn emptied(self) -> Option<Self> {
        let is_silent =
            self.at == self.heard.len() && self.said.try_recv() == Err(TryRecvError::Empty);
        let may_go_on = is_silent && self.served < SERVED && self.container.set_len(0).is_ok();
        may_go_on.then_some(self)
    }

    /// How one that says nothing more has ended.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(2));
        }
        None
    }
}

impl Drop for Parser {
    fn drop(&mut self) {
        // One that has ended is only waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file as a child gets it: where the system can do so, only to be read, and with a
/// place in it that the parent's writing does not depend on.
fn only_read(file: &File) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd as _;

        if let Ok(opened) = File::open(format!("/proc/self/fd/{}", file.as_raw_fd())) {
            return Ok(opened);
        }
    }
    file.try_clone()
}

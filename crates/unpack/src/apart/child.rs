//! The child: bounds itself, parses the container that is its standard input when it is
//! asked to, and says on its standard output what is inside. It opens nothing, starts
//! nothing and speaks with nobody else.

use std::{
    io::{self, BufWriter, Read, SeekFrom, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

use leeward_model::{Content, Reason, Seekable};

use super::{
    bounds::{self, Bounds},
    frame::{Frame, HELLO, LARGEST, Request},
    trial,
    wear::Wear,
};
use crate::{FORMATS, Limits, Members, Problem};

/// Serves containers as a child that was started for that, until it is asked no more, or
/// has done what it does not come back from as it was. What was bounded before the first
/// byte was read holds to the end of the process.
///
/// # Errors
/// A form that is not known, or a parent that hears no more.
pub fn serve(
    bounds: Bounds,
    mut requests: impl Read,
    container: &mut dyn Seekable,
    parent: impl Write,
) -> io::Result<()> {
    let wear = Wear::new();
    bounds::put_on(bounds)?;
    let limits = Limits { memory: bounds.memory, time: bounds.time, ..Limits::default() };
    let mut telling = Telling { parent: BufWriter::with_capacity(LARGEST + 5, parent), lost: None };
    while let Some(request) = Request::read(&mut requests)? {
        let known = FORMATS.iter().copied().find(|format| format.name() == request.form);
        let Some(format) = known.or_else(|| trial::of(&request.form)) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no such form of container"));
        };
        container.seek(SeekFrom::Start(0))?;
        telling.parent.write_all(HELLO)?;
        telling.parent.write_all(&request.number.to_le_bytes())?;
        // The parent waits for this alone before it takes another child, and for the rest
        // as long as a container may take.
        telling.parent.flush()?;
        let parsed = catch_unwind(AssertUnwindSafe(|| {
            format.members(Content::Seekable(container), &limits, &mut telling)
        }));
        if let Some(error) = telling.lost.take() {
            return Err(error);
        }
        let problem = match parsed {
            Ok(Ok(()) | Err(Problem::Stop)) => None,
            Ok(Err(Problem::Because(reason))) => Some(reason),
            Err(_) => Some(super::gave_up(format)),
        };
        let is_fresh = problem.is_none() && wear.is_little();
        if let Some(reason) = problem {
            Frame::Problem(reason).write(&mut telling.parent)?;
        }
        Frame::Done { is_fresh }.write(&mut telling.parent)?;
        telling.parent.flush()?;
        if !is_fresh {
            break;
        }
    }
    Ok(())
}

/// Takes members and tells the parent.
struct Telling<W: Write> {
    parent: BufWriter<W>,
    lost: Option<io::Error>,
}

impl<W: Write> Telling<W> {
    fn tell(&mut self, frame: &Frame) -> Result<(), Problem> {
        frame.write(&mut self.parent).map_err(|error| {
            self.lost = Some(error);
            Problem::Stop
        })
    }

    fn take(&mut self, begin: &Frame, bytes: &mut dyn Read) -> Result<(), Problem> {
        self.tell(begin)?;
        loop {
            let mut chunk = vec![0; LARGEST];
            match bytes.read(&mut chunk) {
                // What is complete is handed over: whatever comes next may be the end.
                Ok(0) => {
                    self.tell(&Frame::End)?;
                    return self.parent.flush().map_err(|error| {
                        self.lost = Some(error);
                        Problem::Stop
                    });
                }
                Ok(read) => {
                    chunk.truncate(read);
                    self.tell(&Frame::Bytes(chunk))?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.tell(&Frame::Broken(error.to_string())),
            }
        }
    }
}

impl<W: Write> Members for Telling<W> {
    fn member(&mut self, name: &[u8], bytes: &mut dyn Read) -> Result<(), Problem> {
        self.take(&Frame::Member(name.to_vec()), bytes)
    }

    fn table(&mut self, name: &[u8], rows: &mut dyn Read) -> Result<(), Problem> {
        self.take(&Frame::Table(name.to_vec()), rows)
    }

    fn left_out(&mut self, name: &[u8], reason: Reason, bytes: Option<u64>) {
        // A parent that hears no more is known at the next member, or at the end.
        let _ = self.tell(&Frame::LeftOut(name.to_vec(), reason, bytes));
    }
}

/// What a child is called with: its bounds.
pub(super) fn arguments(bounds: Bounds) -> [String; 2] {
    [bounds.memory.to_string(), bounds.time.as_millis().max(1).to_string()]
}

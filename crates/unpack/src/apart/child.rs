//! The child: bounds itself, parses the one container it is given on its standard
//! input, and says on its standard output what is inside. It opens nothing, starts
//! nothing and speaks with nobody else.

use std::{
    io::{self, BufWriter, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

use leeward_model::{Content, Reason, Seekable};

use super::{
    bounds::{self, Bounds},
    frame::{Frame, HELLO, LARGEST},
    trial,
};
use crate::{FORMATS, Format, Limits, Members, Problem};

/// Serves one container of a form as a child that was started for that. What was bounded
/// before the first byte was read holds to the end of the process.
///
/// # Errors
/// A form that is not known, or a parent that hears no more.
pub fn serve(
    form: &str,
    bounds: Bounds,
    container: &mut dyn Seekable,
    parent: impl Write,
) -> io::Result<()> {
    let known = FORMATS.iter().copied().find(|format| format.name() == form);
    let Some(format) = known.or_else(|| trial::of(form)) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no such form of container"));
    };
    bounds::put_on(bounds)?;
    let mut telling = Telling { parent: BufWriter::with_capacity(LARGEST + 5, parent), lost: None };
    telling.parent.write_all(HELLO)?;
    let limits = Limits { memory: bounds.memory, time: bounds.time, ..Limits::default() };
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        format.members(Content::Seekable(container), &limits, &mut telling)
    }));
    if let Some(error) = telling.lost.take() {
        return Err(error);
    }
    match parsed {
        Ok(Ok(()) | Err(Problem::Stop)) => {}
        Ok(Err(Problem::Because(reason))) => Frame::Problem(reason).write(&mut telling.parent)?,
        Err(_) => Frame::Problem(super::gave_up(format)).write(&mut telling.parent)?,
    }
    Frame::Done.write(&mut telling.parent)?;
    telling.parent.flush()
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

/// What a child is called with: the form, and its bounds.
pub(super) fn arguments(format: &dyn Format, limits: &Limits) -> [String; 3] {
    let milliseconds = limits.time.as_millis().max(1);
    [format.name().to_owned(), limits.memory.to_string(), milliseconds.to_string()]
}

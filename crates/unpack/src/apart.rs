//! Parsers that run apart. A form whose parser may fail in ways that it cannot answer
//! for is parsed by a child: this program again, started with a hidden command. The
//! child gets the container as its standard input, a nameless file, and answers with
//! what is inside; the parent feeds that to whoever takes members. A child that dies,
//! hangs or talks nonsense costs its own container, and nothing that was handed out.
//!
//! To start a program takes longer than to read a small document, so a child that has
//! done its work in good order serves the next container, too: [`Parser`] says how long.
//! One that has not is never asked again.
//!
//! Which forms those are is said by [`Format::is_apart`]; how the program is started by
//! whoever has a command line. Without one, as in tests of a library, the parser runs
//! here, and what it throws is caught.

mod bounds;
mod child;
mod frame;
mod parser;
mod serving;
mod trial;
mod wear;

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use leeward_model::{Content, Reason};

pub use self::{
    bounds::Bounds,
    child::serve,
    parser::{Parser, SERVED},
};
use self::{frame::LARGEST, serving::Serving};
use crate::{Format, Limits, Members, Problem, opener::held_reason};

/// How the program is started as a child: the memory in bytes and the time in
/// milliseconds are added as two more arguments.
#[derive(Clone, Debug)]
pub struct Apart {
    /// The program, which is this one.
    pub program: PathBuf,
    /// What comes before the two, such as the name of a command.
    pub arguments: Vec<OsString>,
}

/// Has a child hand out the members of a container, or does it here if there is no way
/// to start one. The child is the one that is given, if it may serve another container;
/// and one that may is left in its place.
///
/// # Errors
/// As of [`Format::members`], and what became of a child that did not end well.
pub fn members(
    apart: Option<&Apart>,
    parser: &mut Option<Parser>,
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
    let bounds = Bounds { memory: limits.memory, time: limits.time };
    let kept = parser.take().filter(|kept| kept.may_serve(bounds));
    let container = match &kept {
        Some(kept) => kept.container(),
        None => tempfile::tempfile(),
    };
    let container = container.map_err(no_room)?;
    fill(&container, content, limits.held)?;
    // One that served others and does not take this one up was spoilt by them: this one
    // has another, and is not what pays for it.
    let again = kept.and_then(|kept| Serving::again(kept, format, limits.time, is_stopped));
    let mut serving = match again {
        Some(serving) => serving,
        None => {
            let started = Parser::start(apart, container, bounds);
            let started = started
                .map_err(|error| unreadable(format!("no parser could be started: {error}")))?;
            Serving::begin(started, format, limits.time, is_stopped)?
        }
    };
    serving.hand_out(into)?;
    *parser = serving.end();
    Ok(())
}

/// What a parser that failed within itself has as its reason.
fn gave_up(format: &dyn Format) -> Reason {
    Reason::Corrupt(format!("the parser of {} gave up", format.name()))
}

fn unreadable(why: String) -> Problem {
    Problem::Because(Reason::Unreadable(why))
}

fn no_room(error: io::Error) -> Problem {
    unreadable(format!("no room for a temporary file: {error}"))
}

/// Writes the whole of a container into an empty file without a name, which a child can
/// read in any order without holding it.
fn fill(mut file: &File, content: Content<'_>, most: u64) -> Result<(), Problem> {
    let mut content = match content {
        Content::Seekable(content) => {
            content.seek(SeekFrom::Start(0)).map_err(Problem::from)?;
            Content::Seekable(content)
        }
        stream @ Content::Stream(_) => stream,
    };
    file.seek(SeekFrom::Start(0)).map_err(no_room)?;
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
            return Ok(());
        }
        file.write_all(&buffer[..read]).map_err(no_room)?;
    }
}

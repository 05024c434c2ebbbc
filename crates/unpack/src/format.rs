//! What a form of container is to the opener: how it is recognised, how it wants to be
//! read, and its members. One file below `formats` for each form; how deep and how much
//! is read is not theirs to decide.

use std::{
    fmt,
    io::{self, Read},
};

use leeward_model::{Content, Reason};

use crate::Limits;

/// A form of container.
pub trait Format: Sync {
    /// Its short name, such as `zip`; stable, since a parser that runs apart is called
    /// by it.
    fn name(&self) -> &'static str;

    /// Whether bytes are of this form: by their beginning, which is all of them or at
    /// least 512, and by the name of the file, if it has one.
    fn is(&self, head: &[u8], name: Option<&[u8]>) -> bool;

    /// How it is read.
    fn reads(&self) -> Reads {
        Reads::Forward
    }

    /// Whether its own bytes are compressed throughout, so that there is nothing to be
    /// seen in them.
    fn is_opaque(&self) -> bool {
        false
    }

    /// Whether it may take as much memory as [`Limits::window`] says, while it is open.
    fn has_window(&self) -> bool {
        false
    }

    /// What else it is, and is read as where its own parser ends in a problem: a document
    /// is an archive too.
    fn otherwise(&self) -> Option<&'static dyn Format> {
        None
    }

    /// Whether its parser may fail in ways that it cannot answer for, and so runs apart
    /// from the scanner.
    fn is_apart(&self) -> bool {
        false
    }

    /// Hands out every member, in the order they lie in.
    ///
    /// # Errors
    /// What kept it from reading on; members handed out before that stand.
    fn members(
        &self,
        content: Content<'_>,
        limits: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem>;
}

/// How a form is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Front to back.
    Forward,
    /// In any order; [`Format::members`] gets [`Content::Seekable`].
    Anywhere,
}

/// Takes the members of a container.
pub trait Members {
    /// Takes a member by its name, which may be anything. Reads it to its end, or as far
    /// as it may.
    ///
    /// # Errors
    /// [`Problem::Stop`] if no further member is wanted: pass it on.
    fn member(&mut self, name: &[u8], bytes: &mut dyn Read) -> Result<(), Problem>;

    /// Takes a table: each line is a row as a JSON object with a value for each column,
    /// and the first line is row 1. If it is all that the container holds, its name is
    /// empty.
    ///
    /// # Errors
    /// As for [`member`](Self::member).
    fn table(&mut self, name: &[u8], rows: &mut dyn Read) -> Result<(), Problem>;

    /// Tells of something that cannot be handed out, by the name of a member, or of the
    /// container as a whole if that is empty; with its bytes, if that is known.
    fn left_out(&mut self, name: &[u8], reason: Reason, bytes: Option<u64>);
}

/// What keeps a container from being read on.
#[derive(Debug)]
pub enum Problem {
    /// Whoever takes the members wants no more, and knows why.
    Stop,
    /// It cannot be read on, and why.
    Because(Reason),
}

impl Problem {
    /// Data that does not follow its own form.
    pub fn corrupt(what: impl fmt::Display) -> Self {
        Self::Because(Reason::Corrupt(what.to_string()))
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Because(reason(&error))
    }
}

/// What an error of a reader means: those of decoders are about the data.
pub(crate) fn reason(error: &io::Error) -> Reason {
    if let Some(bound) = error.get_ref().and_then(|error| error.downcast_ref::<Bound>()) {
        Reason::Limit(bound.0.to_owned())
    } else if error.raw_os_error().is_some() {
        Reason::Unreadable(error.to_string())
    } else if error.kind() == io::ErrorKind::UnexpectedEof {
        Reason::Corrupt("it ends too early".to_owned())
    } else {
        Reason::Corrupt(error.to_string())
    }
}

/// A bound that a reader came to, on its way through readers that know of none.
#[derive(Debug)]
pub(crate) struct Bound(pub(crate) &'static str);

impl Bound {
    /// See [`Limits::window`].
    pub(crate) const WINDOW: Self = Self("how far a compressed stream looks back");
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Bound {}

impl From<Bound> for io::Error {
    fn from(bound: Bound) -> Self {
        Self::other(bound)
    }
}

/// What is told of something that only whoever has its password can read.
pub(crate) fn encrypted() -> Reason {
    Reason::Unopened("it is encrypted".to_owned())
}

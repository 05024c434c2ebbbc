//! What ends a command, and the exit codes. One table for all commands.

use std::{fmt, io, path::PathBuf, process::ExitCode};

use leeward_dossier::Problem;
use leeward_model::SafeText;
use leeward_pipeline::BadTarget;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing found, everything looked at; or nothing live.
    Clean = 0,
    /// Something found, or live, or an example of a dossier failed.
    Found = 1,
    /// The command was not understood or could not be done.
    Usage = 2,
    /// Nothing found, and not everything could be looked at; or it is not known
    /// whether something is live.
    Incomplete = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not be done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A target that cannot be scanned.
    Target(BadTarget),
    /// The scan as a whole is impossible.
    Scan(leeward_pipeline::Failure),
    /// A file that could not be read or written: what for, which, why.
    File(&'static str, PathBuf, io::Error),
    /// A file whose content is not understood: which, why.
    Content(PathBuf, String),
    /// A dossier with problems.
    Dossiers(Vec<Problem>),
    /// No dossier of this id; the nearest that exist.
    NoDossier(String, Vec<String>),
    /// A value that cannot be asked about, and why.
    Value(String),
    /// Providers cannot be asked in the way that was wanted.
    Asking(String),
    /// What is kept cannot be read or written, or is not there.
    Store(String),
    /// Values may only be shown on a terminal, after asking.
    Reveal(&'static str),
    /// Standard output is gone; nobody is left to tell.
    BrokenPipe,
    /// Standard output cannot be written.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::BrokenPipe
        } else {
            Self::Output(error)
        }
    }
}

impl From<leeward_store::Trouble> for Failure {
    fn from(trouble: leeward_store::Trouble) -> Self {
        Self::Store(trouble.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &PathBuf| SafeText::new(path.as_os_str().as_encoded_bytes()).to_string();
        match self {
            Self::Target(error) => error.fmt(f),
            Self::Scan(error) => error.fmt(f),
            Self::File(what, path, error) => write!(f, "cannot {what} `{}`: {error}", shown(path)),
            Self::Content(path, why) => write!(f, "`{}`: {why}", shown(path)),
            Self::Dossiers(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    let gap = if index == 0 { "" } else { "\n\n" };
                    write!(f, "{gap}{problem}")?;
                }
                Ok(())
            }
            Self::NoDossier(id, near) => {
                write!(f, "no dossier has the id `{}`", SafeText::new(id))?;
                if near.is_empty() {
                    f.write_str("; `leeward dossier list` shows them all")
                } else {
                    write!(f, "; did you mean `{}`?", near.join("` or `"))
                }
            }
            Self::Value(why) | Self::Asking(why) | Self::Store(why) => f.write_str(why),
            Self::Reveal(why) => f.write_str(why),
            Self::BrokenPipe => f.write_str("standard output was closed"),
            Self::Output(error) => write!(f, "cannot write the output: {error}"),
        }
    }
}

//! What can go wrong with a database, in words that say what to do next. The two
//! backends' own codes are read here and nowhere else.

use std::{fmt, io};

use leeward_model::{Fingerprint, IncidentId};

/// Why the store did not do it.
#[derive(Debug)]
pub enum Trouble {
    /// Somebody else writes, and did not finish in time.
    Locked,
    /// It may not be written.
    ReadOnly,
    /// There is no room left.
    Full,
    /// What is in it cannot be right; what was seen.
    Corrupt(String),
    /// The file is no database of this kind, or another program's.
    NotADatabase(String),
    /// It was written by a newer version.
    Newer {
        /// The version of its schema.
        schema: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// It was written by an older version and cannot be brought up to date, because
    /// it may not be written.
    Older {
        /// The version of its schema.
        schema: i64,
        /// What is needed.
        known: i64,
    },
    /// There is no connection to the server; why.
    Connect(String),
    /// The file or its directory cannot be opened or made; why.
    Open(String),
    /// The connection ended while something was being written: whether it was kept is
    /// not known.
    Unsure(String),
    /// Nothing goes by that name.
    NoIncident(String),
    /// Several go by that name.
    Several {
        /// What was asked for.
        handle: String,
        /// The first of those that match.
        matches: Vec<(IncidentId, Fingerprint)>,
    },
    /// An entry does not say what its kind must say.
    Entry(String),
    /// What else the database says.
    Other(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked => f.write_str(
                "the database is locked: somebody else is writing to it; try again in a moment",
            ),
            Self::ReadOnly => f.write_str(
                "the database may not be written: it, its directory or its user is read-only; \
                 give write access or name another database",
            ),
            Self::Full => f.write_str(
                "no room is left where the database is: free some and try again; \
                 nothing was recorded",
            ),
            Self::Corrupt(what) => write!(
                f,
                "the database is damaged ({what}): restore a backup, or copy the file aside and \
                 see what `incident verify-log` still reads"
            ),
            Self::NotADatabase(what) => write!(
                f,
                "this is not a leeward database ({what}): name another file, or move this one away"
            ),
            Self::Newer { schema, known } => write!(
                f,
                "the database was written by a newer leeward (schema {schema}; this one knows \
                 {known}): update leeward"
            ),
            Self::Older { schema, known } => write!(
                f,
                "the database was written by an older leeward (schema {schema}; this one needs \
                 {known}) and may not be written: give write access once, and it is brought up \
                 to date"
            ),
            Self::Connect(why) => write!(
                f,
                "cannot connect to the database server: {why}; check its address, that it runs, \
                 and the user's rights"
            ),
            Self::Open(why) => write!(
                f,
                "cannot open the database: {why}; check the path and its permissions, or name \
                 another file"
            ),
            Self::Unsure(why) => write!(
                f,
                "the connection to the database ended while writing ({why}): it is not known \
                 whether the last change was kept; look at the incident before you repeat it"
            ),
            Self::NoIncident(handle) => write!(
                f,
                "there is no incident `{handle}`: name one by its number or by the beginning of \
                 its fingerprint, at least 6 digits; `incident list` shows them"
            ),
            Self::Several { handle, matches } => {
                write!(f, "several incidents match `{handle}`:")?;
                for (index, (id, fingerprint)) in matches.iter().enumerate() {
                    write!(f, "{} #{id} {fingerprint}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("; write more of the fingerprint, or # and the number")
            }
            Self::Entry(what) => write!(f, "the entry cannot be recorded: {what}"),
            Self::Other(what) => write!(f, "the database says: {what}"),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match &error {
            rusqlite::Error::SqliteFailure(failure, text) => {
                let said = text.clone().unwrap_or_else(|| failure.to_string());
                match failure.code {
                    Code::DatabaseBusy | Code::DatabaseLocked => Self::Locked,
                    Code::ReadOnly => Self::ReadOnly,
                    Code::DiskFull => Self::Full,
                    Code::DatabaseCorrupt => Self::Corrupt(said),
                    Code::NotADatabase => Self::NotADatabase(said),
                    Code::CannotOpen | Code::PermissionDenied => Self::Open(said),
                    Code::SystemIoFailure => {
                        Self::Open(format!("reading or writing failed: {said}"))
                    }
                    _ => Self::Other(said),
                }
            }
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::Utf8Error(..) => Self::Corrupt(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<rusqlite::types::FromSqlError> for Trouble {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<postgres::Error> for Trouble {
    fn from(error: postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            let text = chain(&error);
            return if error.is_closed() || is_io(&error) {
                Self::Connect(text)
            } else {
                Self::Other(text)
            };
        };
        let text = said.message().to_owned();
        match said.code().code() {
            "55P03" | "57014" | "40001" | "40P01" => Self::Locked,
            "25006" | "42501" => Self::ReadOnly,
            "53100" => Self::Full,
            "XX001" | "XX002" => Self::Corrupt(text),
            code if ["08", "28", "3D", "53", "57"].iter().any(|class| code.starts_with(class)) => {
                Self::Connect(text)
            }
            _ => Self::Other(text),
        }
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(format!("a record is not what it should be: {error}"))
    }
}

fn is_io(error: &postgres::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.downcast_ref::<io::Error>().is_some())
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

//! Why a value was not put, or could not be looked for. Each is a line with
//! the next step. None quotes what was answered: it may hold a value.

use std::fmt;

use leeward_probe::{BadNetwork, BadParcel, Undelivered};

/// Why a place was of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Something that the caller hands in is not there, or of no use.
    Missing(String),
    /// The vault is sealed, or not set up.
    Sealed(String),
    /// Who asks may not, or is not known.
    Denied(String),
    /// What the value would be put into does not exist and is not made here.
    Absent(String),
    /// Somebody else changed it meanwhile; nothing was lost.
    Conflict(String),
    /// A limit was met: later.
    Limited(String),
    /// No answer came.
    Unreachable {
        /// In words.
        why: String,
        /// Whether the value may have arrived all the same.
        may_have_arrived: bool,
    },
    /// Something answered in a way that the place is not known to.
    NotUnderstood(String),
    /// It was not tried, since it would do harm or cannot be done.
    Refused(String),
    /// What the system says of a file or a program.
    System(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(why)
            | Self::Sealed(why)
            | Self::Denied(why)
            | Self::Absent(why)
            | Self::Conflict(why)
            | Self::Limited(why)
            | Self::NotUnderstood(why)
            | Self::Refused(why)
            | Self::System(why) => f.write_str(why),
            Self::Unreachable { why, may_have_arrived: false } => f.write_str(why),
            Self::Unreachable { why, may_have_arrived: true } => {
                write!(f, "{why}; the value may have arrived: running the step again is safe")
            }
        }
    }
}

impl std::error::Error for Trouble {}

impl From<BadParcel> for Trouble {
    fn from(bad: BadParcel) -> Self {
        Self::Missing(bad.to_string())
    }
}

impl From<BadNetwork> for Trouble {
    fn from(bad: BadNetwork) -> Self {
        Self::Missing(bad.to_string())
    }
}

impl From<Undelivered> for Trouble {
    fn from(undelivered: Undelivered) -> Self {
        Self::Unreachable { why: undelivered.why, may_have_arrived: undelivered.may_have_arrived }
    }
}

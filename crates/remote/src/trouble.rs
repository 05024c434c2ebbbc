//! Why there is no page: what passes by itself, what the operator must mend, and
//! what makes no sense.

use std::{fmt, time::Duration};

/// Why a service handed out nothing. The words quote a host and a path at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A limit or an outage: the same request may be answered later.
    Later {
        /// How long to wait, as the service says or as it grew.
        after: Duration,
        /// In words.
        why: String,
    },
    /// The operator must do something first: a credential was refused, a name does
    /// not exist.
    Refused(String),
    /// An answer that makes no sense, though it came whole.
    Strange(String),
    /// The operator stopped it.
    Stopped,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Later { after, why } => write!(f, "{why}; again in {} s", after.as_secs()),
            Self::Refused(why) | Self::Strange(why) => f.write_str(why),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl std::error::Error for Trouble {}

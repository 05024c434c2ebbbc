//! How a step ends, and how a response may end before its time.

use std::{collections::BTreeMap, fmt};

use leeward_model::Progress;

use crate::journal::Unrecorded;

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How far it is.
    pub progress: Progress,
    /// What was done, or what is missing and how to give it; lower-case.
    pub text: String,
    /// How it is known, by name.
    pub facts: BTreeMap<String, String>,
}

impl Outcome {
    pub(crate) fn new(progress: Progress, text: impl Into<String>) -> Self {
        Self { progress, text: text.into(), facts: BTreeMap::new() }
    }

    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self::new(Progress::Done, text)
    }

    pub(crate) fn waiting(text: impl Into<String>) -> Self {
        Self::new(Progress::Waiting, text)
    }

    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Self::new(Progress::Failed, text)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}

/// Why a response ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// What was done could not be written down.
    Unrecorded(String),
    /// The user wanted to stop.
    Stopped,
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unrecorded(why) => f.write_str(why),
            Self::Stopped => f.write_str(
                "stopped; what was done until then is recorded, and the same command goes on from \
                 there",
            ),
        }
    }
}

impl std::error::Error for Halt {}

impl From<Unrecorded> for Halt {
    fn from(error: Unrecorded) -> Self {
        Self::Unrecorded(error.0)
    }
}

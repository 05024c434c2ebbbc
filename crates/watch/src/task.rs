//! Kinds of work that are kept until they are done, and how they are written down:
//! names and addresses, never a value and never a credential.

use leeward_store::{Job, NewJob};
use serde::{Deserialize, Serialize};

/// Work to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A repository is cloned and scanned: all of it the first time, and later what is
    /// new in it.
    Repository {
        /// The source it belongs to, whose word it may be cloned with. One without is
        /// ours.
        source: Option<String>,
        /// From where it is cloned: HTTPS, without user information.
        url: String,
        /// Whether anybody may read it.
        is_public: Option<bool>,
        /// Whether the source's own credential goes along.
        needs_credential: bool,
    },
    /// Files, directories or a repository are scanned: a target as `leeward scan` takes
    /// it.
    Target {
        /// As it was written.
        target: String,
    },
    /// A provider is asked again whether the value of an incident is live.
    Verify {
        /// The incident's number.
        incident: i64,
    },
}

impl Task {
    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Repository { .. } => "repository",
            Self::Target { .. } => "target",
            Self::Verify { .. } => "verify",
        }
    }

    /// What makes it the same work as another of its kind.
    pub fn key(&self) -> String {
        match self {
            Self::Repository { url, .. } => url.clone(),
            Self::Target { target } => target.clone(),
            Self::Verify { incident } => incident.to_string(),
        }
    }

    /// As it is kept.
    pub fn job(&self, not_before: i64) -> NewJob {
        NewJob {
            kind: self.kind().to_owned(),
            key: self.key(),
            // A struct of texts and numbers can always be written.
            payload: serde_json::to_string(self).unwrap_or_default(),
            not_before,
        }
    }

    /// What was kept; `None` of what another version wrote.
    pub fn of(job: &Job) -> Option<Self> {
        serde_json::from_str(&job.payload).ok()
    }
}

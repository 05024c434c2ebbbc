//! What happened to an incident, and everything an alert may say of it.

use leeward_model::{Incident, StepName};
use serde::Deserialize;

/// What happened to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happening {
    /// A scan found a secret that was not known.
    Opened,
    /// It was closed, and is alive or visible again.
    Reopened,
    /// A provider said that it is live.
    Alive,
    /// The value is useless.
    Contained,
    /// Every required step is done or waived.
    Closed,
    /// It is past its due time and not closed.
    Overdue,
    /// A step was tried and failed.
    Failed(StepName),
}

impl Happening {
    /// What kind of happening.
    pub fn occasion(self) -> Occasion {
        match self {
            Self::Opened => Occasion::Opened,
            Self::Reopened => Occasion::Reopened,
            Self::Alive => Occasion::Alive,
            Self::Contained => Occasion::Contained,
            Self::Closed => Occasion::Closed,
            Self::Overdue => Occasion::Overdue,
            Self::Failed(_) => Occasion::Failed,
        }
    }

    /// The step that failed, if one did.
    pub fn step(self) -> Option<StepName> {
        match self {
            Self::Failed(step) => Some(step),
            _ => None,
        }
    }
}

/// A kind of happening, as a channel asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they are those of `Happening`")]
pub enum Occasion {
    Opened,
    Reopened,
    Alive,
    Contained,
    Closed,
    Overdue,
    Failed,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Opened,
        Self::Reopened,
        Self::Alive,
        Self::Contained,
        Self::Closed,
        Self::Overdue,
        Self::Failed,
    ];

    /// As written in the configuration and in alerts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Alive => "alive",
            Self::Contained => "contained",
            Self::Closed => "closed",
            Self::Overdue => "overdue",
            Self::Failed => "failed",
        }
    }
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The step.
    pub step: StepName,
    /// What to do, in a sentence, from the dossier.
    pub text: String,
    /// Where to do it: a page of the provider's.
    pub link: Option<String>,
    /// What to type, such as `leeward respond 12`.
    pub command: Option<String>,
}

/// Everything an alert may say. It has no place for a value.
#[derive(Clone, Debug)]
pub struct Notice {
    /// What happened.
    pub happening: Happening,
    /// When, as the store's log has it: seconds since 1970-01-01 UTC. The same
    /// happening has the same time whenever letters are made of it.
    pub at: i64,
    /// Why, in a line, if there is more to say: why a step failed, why the
    /// incident was opened again. Foreign text.
    pub detail: Option<String>,
    /// To what.
    pub incident: Incident,
    /// What the secret is, such as the title of its dossier.
    pub title: String,
    /// How long it lies open, in words, such as `since 2026-11-20, 7 days`.
    pub exposure: Option<String>,
    /// What is to be done next, if anything is.
    pub next: Option<Next>,
    /// The incident in a dashboard, if there is one.
    pub link: Option<String>,
}

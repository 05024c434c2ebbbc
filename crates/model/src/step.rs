//! The eight steps that close an exposure, by name. What each asks of a person
//! or a program is the dossier's and the responder's.

use std::{fmt, str::FromStr};

/// One of the eight, in the order they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepName {
    /// Make the value useless.
    Revoke,
    /// Read what was done with it.
    Audit,
    /// Learn what it reached.
    Assess,
    /// Put a new one in its place.
    Rotate,
    /// Switch everything that used it.
    UpdateDependents,
    /// Narrow what the next one can do.
    Harden,
    /// Keep the next one where it belongs.
    SecretsManager,
    /// Notice the next leak first.
    Prevent,
}

impl StepName {
    /// All eight, in order.
    pub const ALL: [Self; 8] = [
        Self::Revoke,
        Self::Audit,
        Self::Assess,
        Self::Rotate,
        Self::UpdateDependents,
        Self::Harden,
        Self::SecretsManager,
        Self::Prevent,
    ];

    /// The name as written in dossiers and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Audit => "audit",
            Self::Assess => "assess",
            Self::Rotate => "rotate",
            Self::UpdateDependents => "update-dependents",
            Self::Harden => "harden",
            Self::SecretsManager => "secrets-manager",
            Self::Prevent => "prevent",
        }
    }

    /// The phase of an incident it belongs to.
    pub fn phase(self) -> &'static str {
        match self {
            Self::Revoke => "contain",
            Self::Audit | Self::Assess => "investigate",
            Self::Rotate | Self::UpdateDependents => "recover",
            Self::Harden | Self::SecretsManager | Self::Prevent => "prevent",
        }
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No step is called that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAStep;

impl fmt::Display for NotAStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no step is called that; there are ")?;
        for (index, step) in StepName::ALL.iter().enumerate() {
            write!(f, "{}`{step}`", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for NotAStep {}

impl FromStr for StepName {
    type Err = NotAStep;

    fn from_str(text: &str) -> Result<Self, NotAStep> {
        Self::ALL.into_iter().find(|step| step.name() == text).ok_or(NotAStep)
    }
}

//! How bad a finding is. What moves it is the dossier's to say.

/// How bad, in four words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth a ticket.
    Medium,
    /// Worth today.
    High,
    /// Worth waking somebody.
    Critical,
}

impl Severity {
    /// `low`, `medium`, `high` or `critical`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// One step worse, at most critical.
    pub fn raised(self) -> Self {
        match self {
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }

    /// One step better, at least low.
    pub fn lowered(self) -> Self {
        match self {
            Self::Low | Self::Medium => Self::Low,
            Self::High => Self::Medium,
            Self::Critical => Self::High,
        }
    }
}

/// A severity and the reasons for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// How bad.
    pub level: Severity,
    /// Why, in words, the base first.
    pub why: Vec<String>,
}

//! What the server asks of whatever keeps sources under watch: how they are, to pause
//! one or look at once, and to take in what a webhook brought. The engine is `watch`'s;
//! whoever starts both connects them.

use std::fmt;

/// Keeps sources under watch. Calls may block; what they start goes on elsewhere.
pub trait Watching: Send + Sync + 'static {
    /// Whether it is at work.
    fn is_alive(&self) -> bool;

    /// The sources, in the order of the settings.
    ///
    /// # Errors
    /// What the store says.
    fn sources(&self) -> Result<Vec<SourceStatus>, Refused>;

    /// What waits, is at work, or was given up, newest first; at most so many.
    ///
    /// # Errors
    /// What the store says.
    fn jobs(&self, most: usize) -> Result<Vec<JobStatus>, Refused>;

    /// Looks at a source no more until it is resumed.
    ///
    /// # Errors
    /// No such source, or the store does not keep it.
    fn pause(&self, source: &str, who: &str) -> Result<(), Refused>;

    /// Looks at a source again.
    ///
    /// # Errors
    /// No such source, or the store does not keep it.
    fn resume(&self, source: &str) -> Result<(), Refused>;

    /// Looks at a source as soon as there is room.
    ///
    /// # Errors
    /// No such source, or it is paused.
    fn look_now(&self, source: &str) -> Result<(), Refused>;

    /// Takes in that something was pushed. What was taken is kept: it survives the end of
    /// the process.
    ///
    /// # Errors
    /// No such source, or no room.
    fn push(&self, event: PushEvent) -> Result<(), Refused>;

    /// Takes in what somebody sent to a source.
    ///
    /// # Errors
    /// No such source, no room, or it is not what the source reads.
    fn intake(&self, source: &str, bytes: Vec<u8>) -> Result<(), Refused>;
}

/// Something was pushed to a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushEvent {
    /// The source that the webhook is of.
    pub source: String,
    /// Where the repository is cloned from: on a host that the hook names, without user
    /// and password.
    pub repository: String,
    /// The ref, such as `refs/heads/main`; foreign text.
    pub reference: String,
    /// The commit it led to before; `None` if it is new.
    pub before: Option<String>,
    /// The commit it leads to; `None` if it was deleted.
    pub after: Option<String>,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such source.
    NoSource,
    /// There is no room for more now; it may be sent again.
    Busy,
    /// As things are it cannot be; why.
    Not(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSource => f.write_str("there is no such source: `[[source]]` names them"),
            Self::Busy => f.write_str("there is no room for more now: send it again later"),
            Self::Not(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Refused {}

/// How a source is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceStatus {
    /// The operator's name for it.
    pub name: String,
    /// The kind of service.
    pub service: String,
    /// `us` or `anyone`.
    pub belongs: String,
    /// In a word: `waiting`, `looking`, `paused` or `troubled`.
    pub state: String,
    /// Whether somebody must do something first.
    pub is_refused: bool,
    /// What goes wrong, in words; empty if nothing does.
    pub trouble: String,
    /// When it was last looked at to the end: seconds since 1970-01-01 UTC.
    pub looked_at: Option<i64>,
    /// When it is looked at next.
    pub next_at: Option<i64>,
    /// Items that were looked at, ever.
    pub items: u64,
    /// Bytes of texts among them.
    pub bytes: u64,
    /// Repositories, each version once.
    pub repositories: u64,
    /// Times that something was not looked at.
    pub not_looked_at: u64,
    /// What was not looked at, the last first; foreign text in words.
    pub gaps: Vec<GapStatus>,
}

/// Something of a source that was not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GapStatus {
    /// What; foreign text.
    pub what: String,
    /// Why.
    pub why: String,
    /// When it was last met: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// How often.
    pub times: u64,
}

/// How a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    /// Its number.
    pub id: i64,
    /// What is done, in a word, such as `push`.
    pub kind: String,
    /// What it is about, in words; foreign text.
    pub about: String,
    /// `waiting`, `running`, `done` or `dead`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was made, or is tried next: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

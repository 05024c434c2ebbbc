//! What the operator wants of a source, and what one turn at it came to.

use leeward_remote::Belongs;

/// What the operator wants of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Their name for it.
    pub name: String,
    /// The kind of service.
    pub service: String,
    /// Whose its things are.
    pub belongs: Belongs,
    /// Seconds between two looks when everything was read; `None` for the usual.
    pub every_seconds: Option<u64>,
}

/// What one turn came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// There is nothing to do before a time: seconds since 1970-01-01 UTC.
    Idle(i64),
    /// A page was read and kept.
    Page(PageDone),
    /// Somebody else kept a page since this one was asked for; nothing was changed.
    Stale,
    /// There was no page; it is tried again at a time.
    Trouble {
        /// Why, in words.
        why: String,
        /// Whether somebody must do something first.
        is_refused: bool,
        /// When it is tried again.
        next_at: i64,
    },
    /// The operator ended it.
    Stopped,
}

/// What a page came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageDone {
    /// Whether there is more now.
    pub more: bool,
    /// Versions of items that were not seen before.
    pub new: u64,
    /// Bytes of the texts among them.
    pub bytes: u64,
    /// Incidents that it opened or opened again.
    pub opened: u64,
    /// Values of other people.
    pub strangers: u64,
    /// What was not looked at.
    pub gaps: u64,
}

/// Whose things are, as the store writes it.
pub(crate) fn belongs_name(belongs: Belongs) -> &'static str {
    match belongs {
        Belongs::Us => "us",
        Belongs::Anyone => "anyone",
    }
}

//! What is asked of the operating system, and nothing else: opening, listing
//! and reading so that no link is followed, nothing blocks and every path can
//! be reached. The rest of `files` is the same on every platform.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::*;
#[cfg(windows)]
pub(super) use windows::*;

/// What an entry of a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    SymbolicLink,
    /// A FIFO, socket, device and so on.
    Other,
}

/// What is known of a file without reading it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meta {
    pub(super) kind: Kind,
    pub(super) size: u64,
    /// Bytes that take room on disk; fewer than `size` if there are holes.
    pub(super) allocated: u64,
    pub(super) modified: Moment,
    /// When its content or anything the system knows of it changed, by the system's own
    /// word, which no program can set; where that is known.
    pub(super) changed: Option<Moment>,
    /// Which file system it is on, and which file of it, where that is known.
    pub(super) device: Number,
    pub(super) identity: Option<(Number, Number)>,
}

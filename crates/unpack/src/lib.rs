//! Looks inside containers: whatever holds texts in a form of its own, such as an
//! archive, a document, a database or the image of a file system. [`Opener`] stands
//! between a source and an inspector: it passes on what it is shown, and where that is
//! a container it shows the inspector each member too, with the way in.
//!
//! Nothing is ever written where a container says, no name in it is followed, and what
//! is unpacked is bounded in bytes, members, depth and time ([`Limits`]). What was not
//! looked at for any reason is in [`Opener::into_coverage`]. What bytes say is the
//! inspector's; where they come from is the source's.

pub mod apart;
mod budget;
mod digest;
mod format;
mod formats;
mod front;
mod limits;
mod member;
mod opener;
mod spool;

pub use apart::Apart;
pub(crate) use format::Bound;
pub use format::{Format, Members, Problem, Reads};
pub use formats::FORMATS;
pub use limits::Limits;
pub use opener::{Opener, Opening, Settings};

/// The name of what lies behind the end of a container.
pub(crate) const BEHIND: &[u8] = b"(behind the end)";

//! Git repositories: their whole history, what is staged, and how an object
//! came in, without ever running or obeying anything in them.
//!
//! A repository under scan is hostile until proven otherwise. It is read as
//! files; the `git` program is started to fetch a repository into an empty
//! directory of ours, by others on that clone with [`tame`], and never in a
//! repository that is being scanned. Nothing is checked out, nothing written.

mod own;
mod repository;

mod arrived;
mod beyond;
mod history;
mod judged;
mod missing;
mod part;
mod range;
mod seer;
mod sweep;

mod crew;
mod visit;
mod walk;

mod ignore_rules;
mod index_file;
mod staged;
mod surroundings;
mod tracking;

mod attribute;
mod graph;
mod holders;
mod refs;
mod remembered;
mod revision;

mod clone;
mod remote;

mod forest;
mod pack;
mod pack_index;

mod delta;
mod inflate;
mod loose;
mod object;
mod objects;
mod reader;

mod bits;
mod config;
mod inside;
mod limits;
mod map;

#[cfg(test)]
mod fixture;

pub use attribute::Histories;
pub use clone::{CloneError, RunError, clone_bare, run, tame};
pub use history::{ScanError, Selection};
pub use object::parse_id;
pub use own::{Before, Tip};
pub use part::Part;
pub use remote::{BadUrl, RemoteUrl};
pub use repository::{OpenError, Repository};
pub use revision::RevisionError;
pub use staged::Staged;
pub use surroundings::{Remote, Surroundings};
pub use tracking::Tracker;

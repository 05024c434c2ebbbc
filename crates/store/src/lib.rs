//! Keeps what is known from one run to the next: which secrets were found where, what
//! is done about each, and a log of everything that happened, in which a change is
//! noticed. In a file of SQLite, or in PostgreSQL.
//!
//! It never keeps a value: a finding goes in, and everything but its value is written
//! down. With the feature `sealed`, module `seal` encrypts one to a key outside the
//! database, and what comes of that may be kept here.
//!
//! The calls block. Both clients are used directly, behind one small layer
//! (`db`): one schema and one set of queries for both. `sqlx` speaks both too, but it
//! is asynchronous, slower where thousands of rows are written at once, and brings an
//! SQLite of its own that cannot be linked beside another.
//!
//! What is to be done about an incident, and when it is closed, is others' business.

#[cfg(feature = "sealed")]
pub mod seal;

pub use leeward_model::facts;

/// The shapes in which nouns are kept, for those who carry them elsewhere: they hold
/// what is said of a value, never the value.
pub mod shape {
    pub use crate::wire::{
        read_companions, read_location, read_rating, read_signals, write_companions,
        write_location, write_rating, write_signals,
    };
}

mod account;
mod attempt;
mod backup;
mod case;
mod check;
mod claim;
mod db;
mod delivery;
mod exposed;
mod honey;
mod job;
mod journal;
mod judged;
mod leaf;
mod letter;
mod line;
mod links;
mod list;
mod log;
mod memory;
mod migrate;
mod ours;
mod overview;
mod page;
mod place;
mod project;
mod record;
mod said;
mod sealed;
mod session;
mod setup;
mod source;
mod spot;
mod store;
mod token;
mod trouble;
mod wire;

pub use account::{Account, Change, NewAccount};
pub use attempt::{Attempt, Limit};
pub use backup::NoBackup;
pub use case::Learnt;
pub use check::{LogCheck, Problem};
pub use claim::Claim;
pub use exposed::Exposed;
pub use honey::{Honey, HoneyUse, NewHoney};
pub use job::{IN_A_QUEUE, Job, JobId, JobState, NewJob, Queue};
pub use journal::LogQuery;
pub use leaf::{Leaf, Mark, NotAMark, Query, Sort, Whose};
pub use letter::{Letter, Posted};
pub use links::NotAHead;
pub use list::Filter;
pub use log::Head;
pub use memory::Memory;
pub use ours::{OurKey, Strangers};
pub use overview::{AGES, Cell, Counts, Spread, Stretch, Trend};
pub use page::{GapLine, Kept, MOST_GAPS, NewGap, PageRead, SeenItem};
pub use place::{Place, Url};
pub use record::{Recorded, Scan, all_files, all_objects};
pub use session::{NewSession, Session};
pub use setup::{Chosen, Setup};
pub use source::{NewSource, Read, Source, SourceId, SourceState};
pub use store::Store;
pub use token::{NewToken, Token};
pub use trouble::Trouble;

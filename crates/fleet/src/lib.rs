//! A fleet: scans of repositories that many machines share, or the threads of one process.
//! The server hands out jobs and takes in results; workers clone and scan. Between them
//! stands a [`Queue`]: one of NATS (`nats`, a cargo feature), or the store itself
//! ([`Embedded`]), where [`Within`] is both ends in one process. It decides nothing about
//! findings, and knows no database but the server's.
//!
//! [`Job`] and [`Report`] are what travels, each with a version; [`Key`] is what values are
//! sealed to, so that no queue ever holds one in the clear. [`Dispatch`] hands over,
//! [`Worker`] does, [`Collector`] takes in: once in effect, whatever is delivered twice,
//! late or by somebody who was taken for dead.

mod collect;
mod dispatch;
mod embedded;
mod finding;
mod job;
mod merge;
mod planning;
mod queue;
mod report;
mod rules;
mod scan;
mod seal;
mod split;
mod within;
mod worker;

#[cfg(feature = "nats")]
pub mod nats;

pub use collect::{Collector, Fault, Taken};
pub use dispatch::{Dispatch, HOLDER, HOLDER_WITHIN};
pub use embedded::{Bounds, Embedded};
pub use job::{Job, PROTOCOL, Part};
pub use planning::Planning;
pub use queue::{Held, Placed, Queue, Trouble};
pub use report::{Came, Report, Scanned};
pub use rules::rules;
pub use seal::{Key, KeyTrouble, SealTo};
pub use within::{Setup, Within};
pub use worker::{IsStopped, Turn, Worker, Workplace};

//! Closes an exposure: the eight steps, each with what it would do, what it
//! does, what proves it, and a second look.
//!
//! `responder` holds what is known of one incident, with the `means` it was
//! given, and takes the steps in the `order` that its situation asks for; `step` has a file for each; `journal`
//! is where everything is written down, before and after each request that
//! changes something outside, so that a run that ends anywhere is understood
//! by the next. What the steps stand on: `dependents` finds who uses a value,
//! `vault` keeps a new one, `patch` makes code read it from there, `harden` and
//! `surgery` look at code and history, `logs` at what the user's own gateways
//! say, `notify` tells people.
//!
//! It prints nothing and keeps nothing itself.

mod gather;
mod journal;
mod means;
mod order;
mod outcome;
mod place;
mod plan;
mod responder;
mod sight;
mod step;

pub mod dependents;
pub mod harden;
pub mod logs;
pub mod notify;
pub mod patch;
pub mod spell;
pub mod surgery;
pub mod vault;

pub use journal::{Journal, Unrecorded, facts};
pub use means::{OwnLog, Prevention, Tools, Wishes};
pub use order::{Order, REQUIRED};
pub use outcome::{Halt, Outcome};
pub use place::{Ground, Shelf};
pub use plan::{Manual, Plan, Planned};
pub use responder::{Responder, hindrance};

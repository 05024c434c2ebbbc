//! Closes an exposure: the eight steps, each with what it would do, what it
//! does, what proves it, and a second look.
//!
//! `dependents` finds who uses a value, `vault` keeps a new one, `patch` makes
//! code read it from there, `harden` and `surgery` look at code and history,
//! `logs` at what the user's own gateways say, `notify` tells people.
//!
//! It prints nothing and keeps nothing itself.

mod gather;
mod sight;
mod spell;

pub mod dependents;
pub mod harden;
pub mod logs;
pub mod notify;
pub mod patch;
pub mod surgery;
pub mod vault;

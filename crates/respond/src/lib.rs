//! Closes an exposure: the eight steps, each with what it would do, what it
//! does, what proves it, and a second look.
//!
//! It plans and carries out; it prints nothing and keeps nothing. What it
//! learns and does is recorded by whoever called it, before and after each
//! request that changes something outside.

mod gather;
mod sight;
mod spell;

pub mod dependents;
pub mod harden;
pub mod logs;
pub mod surgery;

//! The prober, through what the crate shows to others, against a server of our
//! own that plays the provider: what is asked, what is made of each answer, and
//! what happens when there is none. Nothing here leaves this machine, and every
//! key is made at run time.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod asking;
mod canned;

mod contract;
mod faults;
mod keys;
mod network;
mod office;
mod once;
mod others;
mod planned;
mod reach;

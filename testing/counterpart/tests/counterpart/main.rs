//! The server is itself tested: its answers against the contract, its checks
//! against requests that break it, its faults against a plain caller.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod client;

mod administration;
mod answers;
mod checks;
mod faults;
mod keys;
mod transport;

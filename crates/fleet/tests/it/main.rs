//! The fleet against real queues: the store's, and NATS.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod embedded;
mod fixture;
#[cfg(feature = "nats")]
mod killed;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "nats")]
mod permissions;
#[cfg(feature = "nats")]
mod private;
mod promises;
#[cfg(feature = "nats")]
mod three;
mod within;

//! The engine of watching, against services that hand out what the test wants, by a
//! clock that the test turns.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod fixture;
mod inside;
mod properties;
mod repositories;
mod shift;
mod simulation;
mod whose;

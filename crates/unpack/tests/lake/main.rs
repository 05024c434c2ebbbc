//! Forms that data lakes are made of, as an inspector gets to see them.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

#[cfg(feature = "lake")]
mod columns;
#[cfg(feature = "lake")]
mod hostile;
mod lines;
mod seen;
mod warc;
#[cfg(not(feature = "lake"))]
mod without;

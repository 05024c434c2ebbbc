//! Archives and compressed streams of every form, whole, damaged, nested and made to do
//! harm.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod bombs;
mod collect;
mod hostile_tar;
mod hostile_zip;
mod make;
mod mutated;
mod nested;
mod others;
mod streams;

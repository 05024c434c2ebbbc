//! Documents, tables and mail, made here and opened: what is at their start, middle and
//! end is shown with the exact way in, and what is made to do harm ends bounded and told.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod fixture;
mod hostile;
mod json;
mod mail;
mod office;
mod pdf;
mod sqlite;

//! The store, as its callers use it: each test runs on a file and on a server.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod accounts;
mod backup;
mod cases;
mod crash;
mod fixture;
mod honey;
mod judged;
mod letters;
mod list;
mod log;
mod overview;
mod pages;
mod scans;
mod schema;
mod server;
mod together;
mod troubles;
mod watch;

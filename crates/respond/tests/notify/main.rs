//! Alerts, through what the crate shows to others: what a configuration may
//! say, what arrives at servers on this machine, what happens when they are
//! down or say no, and how each message reads.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]
#![expect(clippy::print_stdout, reason = "a test that cannot run says so")]

mod sample;
mod server;

mod configuration;
mod documents;
mod hostile;
mod letters;
mod mail;
mod messages;
mod services;
mod trackers;
mod webhook;

//! The server, as browsers, programs and services meet it: well and badly.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod api;
mod fixture;
mod hooks;
mod oidc;
mod python;
mod roles;
mod sign;
mod socket;

//! Servers of others that Leeward works with, started on this machine for tests, and
//! stopped when the test's process ends, however it ends.

#![cfg(unix)]

mod chromium;
mod find;
mod moto;
mod nats;
mod postgres;

pub use self::{chromium::Chromium, moto::Moto, nats::Nats, postgres::Postgres};

//! Servers of others that Leeward works with, started on this machine for tests, and
//! stopped when the test's process ends, however it ends.

#![cfg(unix)]

mod azurite;
mod certificate;
mod chromium;
mod find;
mod gcs;
mod guarded;
mod moto;
mod nats;
mod postgres;

pub use self::{
    azurite::{ACCOUNT as AZURITE_ACCOUNT, Azurite},
    chromium::Chromium,
    gcs::Gcs,
    moto::Moto,
    nats::Nats,
    postgres::Postgres,
};

//! Buckets as they are read: against the server of `moto`, which is a store, and
//! against stores that fail in every way a store does.

#![cfg(unix)]

mod faulty;
mod seen;
mod store;

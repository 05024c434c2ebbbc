//! Counters that a source raises while it works and a terminal may watch.
//! They are for people only; the account that counts is the coverage.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// How far a source has come. Shared between its threads and whoever watches.
#[derive(Debug, Default)]
pub struct Progress {
    bytes: AtomicU64,
    items: AtomicU64,
    total_items: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress {
    /// Counts one file or object of `bytes` bytes.
    pub fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
        self.items.fetch_add(1, Relaxed);
    }

    /// Counts bytes of something not finished yet.
    pub fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// Raises the number of files or objects there are to do.
    pub fn expect(&self, items: u64) {
        self.total_items.fetch_add(items, Relaxed);
    }

    /// Asks the source to stop soon; what is left counts as not scanned.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// Whether somebody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    /// Bytes, files or objects done, and how many there are if known (else 0).
    pub fn snapshot(&self) -> (u64, u64, u64) {
        (self.bytes.load(Relaxed), self.items.load(Relaxed), self.total_items.load(Relaxed))
    }
}

//! Any text as an ignore file and as a baseline: an error, never a panic.

#![no_main]

use leeward_pipeline::{Baseline, IgnoreFile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = IgnoreFile::parse(text);
    let _ = Baseline::parse(text);
});

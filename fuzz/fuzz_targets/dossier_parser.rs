//! Any text as a dossier: problems, never a panic, and what passes has a page.

#![no_main]

use leeward_dossier::Dossier;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(dossier) = Dossier::parse("fuzz-key", "fuzz/key.toml", text) {
        let _ = leeward_dossier::page(&dossier);
    }
});

//! Any bytes through the detector, at every confidence: no panic, and every
//! span lies within the bytes.

#![no_main]

use std::sync::LazyLock;

use leeward_detect::{Detector, Options, Scratch};
use leeward_dossier::Library;
use leeward_model::{Blob, Origin};
use libfuzzer_sys::fuzz_target;

static DETECTOR: LazyLock<Detector> =
    LazyLock::new(|| Detector::new(&Library::builtin(), Options { low: true }));

fuzz_target!(|bytes: &[u8]| {
    let blob = Blob::whole(bytes, Origin::Stdin);
    DETECTOR.scan(&blob, &mut Scratch::default(), |sighting| {
        assert!(sighting.span.start < sighting.span.end);
        assert!(sighting.span.end <= bytes.len());
    });
});

//! Any bytes beside an anchor, so that the gate lets them through, plainly and
//! as UTF-16: the decoders meet them, and every span lies within the original.

#![no_main]

use std::sync::LazyLock;

use leeward_detect::{Detector, Options, Scratch};
use leeward_dossier::Library;
use leeward_model::{Blob, Origin};
use libfuzzer_sys::fuzz_target;

static DETECTOR: LazyLock<Detector> =
    LazyLock::new(|| Detector::new(&Library::builtin(), Options { low: true }));

fuzz_target!(|bytes: &[u8]| {
    let plain = [b"MISTRAL_API_KEY=", bytes, b"\napi.mistral.ai\n"].concat();
    let wide: Vec<u8> = plain.iter().flat_map(|byte| [*byte, 0]).collect();
    for text in [plain, wide] {
        let blob = Blob::whole(&text, Origin::Stdin);
        DETECTOR.scan(&blob, &mut Scratch::default(), |sighting| {
            assert!(sighting.span.start < sighting.span.end);
            assert!(sighting.span.end <= text.len());
        });
    }
});

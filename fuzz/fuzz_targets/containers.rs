//! Any bytes as a container of whatever form they begin like: no panic, and no more
//! bytes than the bounds allow.

#![no_main]

use std::path::Path;

use leeward_model::{Blob, Inspect, Origin, Position, Trace, Worker};
use leeward_unpack::{Limits, Opener, Settings};
use libfuzzer_sys::fuzz_target;

/// Looks at nothing.
struct Blind;

impl Inspect for Blind {
    type Worker = Self;

    fn worker(&self) -> Self {
        Self
    }

    fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}
}

impl Worker for Blind {
    fn inspect(&mut self, _: Blob<'_>) -> Trace {
        Trace::default()
    }
}

const BYTES: u64 = 4 << 20;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        bytes: BYTES,
        bytes_for_each: 10,
        sudden: BYTES,
        window: 1 << 20,
        members: 1_000,
        ..Limits::default()
    };
    let settings = Settings { limits, apart: None };
    let opener = Opener::new(&Blind, Some(&settings), &|| false);
    // Some forms are known by the ending of the name alone.
    let name = ["x", "x.br", "x.jar", "x.lzma"][bytes.first().map_or(0, |byte| usize::from(*byte) % 4)];
    let mut worker = (&opener).worker();
    worker.inspect(Blob::whole(bytes, Origin::File(Path::new(name))));
    drop(worker);
    let coverage = opener.into_coverage();
    assert!(coverage.bytes_scanned <= 2 * BYTES + 10 * bytes.len() as u64);
    let mut details = coverage.not_scanned.iter().filter_map(|gap| gap.reason.detail());
    assert!(!details.any(|detail| detail.contains("gave up")));
});

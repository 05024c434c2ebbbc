//! Archives of every form with bytes changed, cut out or put in, and bytes that are
//! nothing: no panic, no end to be waited for, and no more bytes than the bounds allow.

use std::sync::LazyLock;

use leeward_unpack::Limits;
use proptest::prelude::*;

use super::{collect::open_within, make};

const LIMITS: fn() -> Limits = || Limits {
    bytes: 4 << 20,
    bytes_for_each: 10,
    sudden: 2 << 20,
    sudden_for_each: 10,
    window: 4 << 20,
    members: 1_000,
    ..Limits::default()
};

static SEEDS: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(seeds);

/// One of each, with something in it of every other kind.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let text = b"some text that is repeated, some text that is not\n".repeat(20);
    let tar = make::tar(&[("a", &text), ("b/c", b"x")]);
    let zip = make::zip_by(&[
        ("stored", 0, &text),
        ("deflated", 8, &text),
        ("deflate64", 9, &text),
        ("bzip2", 12, &text),
        ("lzma", 14, &text),
        ("zstd", 93, &text),
        ("xz", 95, &text),
    ]);
    vec![
        ("x.gz", make::gzip(&tar)),
        ("x.bz2", make::bzip2(&tar)),
        ("x.xz", make::xz(&tar)),
        ("x.lzma", make::lzma(&tar)),
        ("x.zst", make::zstd(&tar)),
        ("x.lz4", make::lz4(&tar)),
        ("x.br", make::brotli(&tar)),
        ("x.7z", make::seven(&[("a", &text), ("b", &tar)])),
        ("x.a", make::ar(&[("a", &text), ("b", &zip)])),
        ("x.cpio", make::cpio(&[("a", &text), ("b", &tar)])),
        ("x.zip", zip),
        ("x.tar", tar),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn changed_archives_do_no_harm(
        which in 0_usize..12,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..12),
    ) {
        let (name, mut bytes) = SEEDS[which].clone();
        for (place, byte, how) in changes {
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => {
                    bytes.remove(at);
                }
                _ => bytes.insert(at, byte),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let bound = (4 << 20) + 10 * bytes.len() as u64 + (2 << 20);
        let seen = open_within(LIMITS(), name, &bytes);
        prop_assert!(seen.coverage.bytes_scanned <= bound, "{name}");
        let gave_up = seen.coverage.not_scanned.iter().filter_map(|gap| gap.reason.detail());
        prop_assert!(!gave_up.into_iter().any(|detail| detail.contains("gave up")), "{name}");
    }

    #[test]
    fn bytes_behind_a_mark_do_no_harm(
        which in 0_usize..12, len in 1_usize..600, bytes in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let (name, seed) = &SEEDS[which];
        let bytes = [&seed[..len.min(seed.len())], &bytes].concat();
        let seen = open_within(LIMITS(), name, &bytes);
        let gave_up = seen.coverage.not_scanned.iter().filter_map(|gap| gap.reason.detail());
        prop_assert!(!gave_up.into_iter().any(|detail| detail.contains("gave up")), "{name}");
    }
}

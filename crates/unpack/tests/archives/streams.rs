//! Compressed streams.

use std::fmt::Write as _;

use super::{
    collect::{key, open},
    make,
};

type Make = fn(&[u8]) -> Vec<u8>;

pub(crate) const STREAMS: &[(&str, Make)] = &[
    ("gz", make::gzip),
    ("bz2", make::bzip2),
    ("xz", make::xz),
    ("lzma", make::lzma),
    ("zst", make::zstd),
    ("lz4", make::lz4),
    ("br", make::brotli),
];

/// Words, so that there is something to compress, but not too well; with keys at start,
/// middle and end.
fn text(keys: &[String; 3], len: usize) -> Vec<u8> {
    let words = |len: usize| -> String {
        let mut words = String::new();
        let mut number = 1_u64;
        while words.len() < len {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            writeln!(words, "word {:x} of many", number >> 20).unwrap();
        }
        words
    };
    let half = words(len / 2);
    format!("{}\n{half}{}\n{half}{}", keys[0], keys[1], keys[2]).into_bytes()
}

#[test]
fn a_stream_is_one_member_named_without_its_ending() {
    for (ending, make) in STREAMS {
        for len in [10, 100_000, 3 << 20] {
            let keys = [key(), key(), key()];
            let text = text(&keys, len);
            let name = format!("dir/settings.env.{ending}");
            let seen = open(&name, &make(&text));
            assert_eq!(seen.left_out(), [], "{ending} {len}");
            let way = format!("{name}!settings.env");
            assert!(seen.texts[&way] == text, "{ending} {len}");
            assert_eq!(seen.coverage.members_scanned, 1);
            assert!(keys.iter().all(|key| seen.ways(key).contains(&way.as_str())));
        }
    }
}

#[test]
fn streams_behind_one_another_are_one_text() {
    for (ending, make) in STREAMS.iter().filter(|(ending, _)| !["lzma", "br"].contains(ending)) {
        let keys = [key(), key(), key()];
        let mut parts: Vec<u8> = keys.iter().flat_map(|key| make(key.as_bytes())).collect();
        let name = format!("x.{ending}");
        let way = format!("{name}!x");
        let seen = open(&name, &parts);
        assert_eq!(seen.text(&way), keys.concat(), "{ending}");
        assert_eq!(seen.left_out(), [], "{ending}");
        // Padding is nothing, also between them; other bytes are shown.
        parts.resize(parts.len().next_multiple_of(512) + 512, 0);
        parts.extend(make(b"more"));
        let seen = open(&name, &parts);
        assert_eq!(seen.text(&way), keys.concat() + "more", "{ending}");
        assert_eq!(seen.left_out(), [], "{ending}");
        let behind = key();
        parts.extend(format!("# {behind}").into_bytes());
        let seen = open(&name, &parts);
        assert_eq!(seen.ways(&behind), [name.as_str(), &format!("{name}!(behind the end)")]);
    }
}

#[test]
fn what_came_before_the_damage_is_shown_and_the_rest_is_told() {
    for (ending, make) in STREAMS {
        let keys = [key(), key(), key()];
        let text = text(&keys, 2 << 20);
        let whole = make(&text);
        for kept in [whole.len() - 1, whole.len() * 3 / 4, whole.len() / 5] {
            let name = format!("x.{ending}");
            let seen = open(&name, &whole[..kept]);
            let way = format!("{name}!x");
            assert_eq!(seen.left_out(), [(way.clone(), "corrupt")], "{ending} {kept}");
            if kept > whole.len() / 2 {
                assert!(seen.ways(&keys[0]).contains(&way.as_str()), "{ending} {kept}");
            }
        }
    }
}

#[test]
fn frames_of_zstd_that_are_to_be_skipped_are_shown() {
    let (hidden, plain) = (key(), key());
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 32, 0, 0, 0], hidden.as_bytes()].concat();
    let seen = open("x.zst", &[make::zstd(plain.as_bytes()), skipped].concat());
    assert_eq!(seen.text("x.zst!x"), plain + &hidden);
    assert_eq!(seen.left_out(), []);
}

#[test]
fn how_far_a_stream_looks_back_has_a_bound() {
    // `xz -9` says 64 MiB whatever there is to compress.
    let mut options = lzma_rust2::XzOptions::with_preset(1);
    options.lzma_options.dict_size = 64 << 20;
    let make = |options| {
        let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
        std::io::Write::write_all(&mut writer, b"text").unwrap();
        writer.finish().unwrap()
    };
    assert_eq!(open("x.xz", &make(options.clone())).text("x.xz!x"), "text");
    options.lzma_options.dict_size = 96 << 20;
    let seen = open("x.xz", &make(options));
    assert_eq!(seen.limits(), ["how far a compressed stream looks back"]);
    // A frame of zstd with a window of 128 MiB.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 1, 0, 0];
    assert_eq!(open("x.zst", &frame).limits(), ["how far a compressed stream looks back"]);
}

#[test]
fn texts_that_look_like_streams_by_name_are_none() {
    for name in ["x.br", "x.gz", "x.zip", "x.tar", "x.7z", "x.xz"] {
        let seen = open(name, b"just some text, which is not compressed at all\n");
        assert_eq!(seen.names(), [name]);
        assert_eq!(seen.left_out(), []);
    }
}

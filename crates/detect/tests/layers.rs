//! Keys under encodings and in the shapes of files: found once, with the value
//! decoded and the span in the original bytes.

use leeward_detect::{Detector, Options, Scratch, Sighting};
use leeward_dossier::Library;
use leeward_model::{Blob, Encoding, Origin, Piece, Position};
use rand::{RngExt as _, distr::Alphanumeric};

fn key() -> String {
    // A value without a digit or with a word in it is judged more strictly.
    loop {
        let key: String = (0..32).map(|_| char::from(rand::rng().sample(Alphanumeric))).collect();
        if key.bytes().filter(u8::is_ascii_digit).count() > 2 {
            return key;
        }
    }
}

fn scan(bytes: &[u8]) -> Vec<Sighting> {
    let detector = Detector::new(&Library::builtin(), Options::default());
    let mut found = Vec::new();
    detector.scan(&Blob::whole(bytes, Origin::Stdin), &mut Scratch::default(), |s| found.push(s));
    found
}

/// Scans and expects the key once, under these encodings; returns what the
/// span covers.
#[track_caller]
fn check(bytes: &[u8], key: &str, decoded: &[Encoding]) -> Vec<u8> {
    let found = scan(bytes);
    assert_eq!(found.len(), 1, "in {:?}", String::from_utf8_lossy(bytes));
    #[expect(clippy::disallowed_methods, reason = "the test made the value")]
    let value = found[0].secret.expose();
    assert_eq!(value, key.as_bytes());
    assert_eq!(found[0].decoded, decoded);
    assert!(!found[0].excerpt.text.contains(key));
    bytes[found[0].span.clone()].to_vec()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let digit = char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]);
            text.push(if at <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn utf_16_both_ways() {
    let key = key();
    let text = format!("first line\r\nMISTRAL_API_KEY={key}\r\n");
    let little: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let covered = check(&little, &key, &[Encoding::Utf16Le]);
    assert_eq!(covered.len(), 64);
    let big: Vec<u8> =
        [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    assert_eq!(check(&big, &key, &[Encoding::Utf16Be]).len(), 64);
    assert_eq!(scan(&big)[0].start.line, 2);
    assert_eq!(scan(&big)[0].start.column, 17);
    // At an odd offset the other byte order reads the same text.
    let odd: Vec<u8> =
        [b'x'].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(check(&odd, &key, &[Encoding::Utf16Be]).len(), 64);
}

#[test]
fn a_whole_file_in_base64() {
    let key = key();
    for before in ["", "A=1\n", "AB=1\n", "ABC=1\n"] {
        let file = format!("{before}MISTRAL_API_KEY={key}\nX=1\n");
        let text = format!("data:\n  .env: {}\n", base64(file.as_bytes()));
        let covered = check(text.as_bytes(), &key, &[Encoding::Base64]);
        assert!((43..=45).contains(&covered.len()), "{}", covered.len());
    }
}

#[test]
fn wrapped_base64() {
    let key = key();
    let file =
        format!("# settings of the service, kept here\nMISTRAL_API_KEY={key}\nDEBUG=false\n");
    let lines: Vec<String> = base64(file.as_bytes())
        .as_bytes()
        .chunks(64)
        .map(|line| format!("    {}", String::from_utf8_lossy(line)))
        .collect();
    check(format!("content: |\n{}\n", lines.join("\n")).as_bytes(), &key, &[Encoding::Base64]);
}

#[test]
fn layers_nest() {
    let key = key();
    let inner = format!("MISTRAL_API_KEY={}", base64(key.as_bytes()));
    let text = format!("payload = {}", base64(inner.as_bytes()));
    check(text.as_bytes(), &key, &[Encoding::Base64, Encoding::Base64]);
    let text = format!("mistral_api_key: {}", base64(hex(key.as_bytes()).as_bytes()));
    check(text.as_bytes(), &key, &[Encoding::Base64, Encoding::Hex]);
}

#[test]
fn hexadecimal_values_and_files() {
    let key = key();
    let covered = check(
        format!("mistral_api_key: {}", hex(key.as_bytes())).as_bytes(),
        &key,
        &[Encoding::Hex],
    );
    assert_eq!(covered.len(), 64);
    let file = hex(format!("MISTRAL_API_KEY={key}").as_bytes());
    check(format!("dump {file} end").as_bytes(), &key, &[Encoding::Hex]);
}

#[test]
fn percent_and_backslash_escapes() {
    let key = key();
    let percent: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
    check(format!("mistral_api_key={percent}&x=1").as_bytes(), &key, &[Encoding::Percent]);
    let escaped: String = key.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    check(format!("{{\"mistral_api_key\":\"{escaped}\"}}").as_bytes(), &key, &[Encoding::Escape]);
    // Escaped text around a plain value needs no undoing.
    let json = format!(
        "{{\"source\": \"import os\\nos.environ[\\\"MISTRAL_API_KEY\\\"] = \\\"{key}\\\"\\n\"}}"
    );
    assert_eq!(check(json.as_bytes(), &key, &[]), key.as_bytes());
    let encoded = format!("https://x.test/?q=mistral_api_key%3D{key}%26z%3D1");
    assert_eq!(check(encoded.as_bytes(), &key, &[]), key.as_bytes());
}

#[test]
fn split_literals() {
    let key = key();
    let (a, b) = key.split_at(13);
    for text in [
        format!("MISTRAL_API_KEY = \"{a}\" + \"{b}\""),
        format!("$mistral_api_key = '{a}' . '{b}';"),
        format!("mistral_api_key = (\n    \"{a}\"\n    \"{b}\"\n)"),
        format!("export MISTRAL_API_KEY={a}\\\n{b}\n"),
    ] {
        let covered = check(text.as_bytes(), &key, &[Encoding::Concatenation]);
        assert!(covered.starts_with(a.as_bytes()) && covered.ends_with(b.as_bytes()));
    }
}

#[test]
fn a_file_named_for_the_key_may_hold_nothing_else() {
    let detector = Detector::new(&Library::builtin(), Options::default());
    let text = format!("{}\n", key());
    let count = |path: &str| {
        let blob = Blob::whole(text.as_bytes(), Origin::File(path.as_ref()));
        let mut found = 0;
        detector.scan(&blob, &mut Scratch::default(), |_| found += 1);
        found
    };
    assert_eq!(count("secrets/mistral_api_key"), 1);
    assert_eq!(count("secrets/acme_api_key"), 0);
}

#[test]
fn positions_count_characters() {
    let key = key();
    let text = format!("# clé\né = 1; MISTRAL_API_KEY = \"{key}\"\n");
    let found = scan(text.as_bytes());
    assert_eq!(found[0].start, Position { line: 2, column: 27 });
    assert_eq!(found[0].end, Position { line: 2, column: 59 });
}

#[test]
fn a_piece_reports_only_its_own() {
    let key = key();
    let text = format!("MISTRAL_API_KEY={key}\n");
    let detector = Detector::new(&Library::builtin(), Options::default());
    let count = |own_start, own_end| {
        let piece = Piece { index: 0, offset: 0, own_start, own_end };
        let blob = Blob { piece: Some(piece), ..Blob::whole(text.as_bytes(), Origin::Stdin) };
        let mut found = 0;
        detector.scan(&blob, &mut Scratch::default(), |_| found += 1);
        found
    };
    assert_eq!((count(0, 16), count(0, 17), count(16, 40), count(17, 40)), (0, 1, 1, 0));
}

#[test]
fn binary_noise_around_a_key_does_not_hide_it() {
    let key = key();
    let mut bytes: Vec<u8> =
        (0..5000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    bytes.extend_from_slice(format!("\0\0MISTRAL_API_KEY={key}\0\0").as_bytes());
    bytes.extend((0..5000_u32).map(|n| (n.wrapping_mul(40_503) >> 8) as u8));
    assert_eq!(check(&bytes, &key, &[]), key.as_bytes());
}

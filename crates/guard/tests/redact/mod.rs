//! Texts masked whole, and the same texts as streams in pieces of any size.

use std::sync::{Arc, LazyLock};

use leeward_counterpart::random_value;
use leeward_dossier::Library;
use proptest::prelude::*;

use super::{
    window::{Limits, Window},
    *,
};

mod contexts;
mod flow;

/// Made once: reading the dossiers takes longer than most tests.
static LIBRARY: LazyLock<Arc<Library>> = LazyLock::new(|| Arc::new(Library::builtin()));
static LOOK: LazyLock<Look> = LazyLock::new(|| Look::new(LIBRARY.clone(), Level::Medium));
static REDACTOR: LazyLock<Redactor> = LazyLock::new(redactor);
static SEALING: LazyLock<Redactor> = LazyLock::new(|| redactor().sealing(a_key()));

fn redactor() -> Redactor {
    Redactor::new(Look::new(LIBRARY.clone(), Level::Medium))
}

fn a_key() -> Key {
    Key::new([7; 64])
}

fn masked(text: &[u8]) -> Vec<u8> {
    mask(&LOOK, text, None, &mut Scratch::default()).text
}

fn masked_text(text: &str) -> String {
    String::from_utf8(masked(text.as_bytes())).unwrap()
}

fn holds(text: &[u8], value: &str) -> bool {
    memchr::memmem::find(text, value.as_bytes()).is_some()
}

/// A stream in pieces; after some of them it pauses for long.
fn streamed(redactor: &Redactor, limits: Limits, pieces: &[(&[u8], bool)]) -> Vec<u8> {
    let mut window = Window::new(redactor.masker(), limits);
    let mut out = Vec::new();
    for (piece, pauses) in pieces {
        window.push(piece);
        if window.is_full() {
            window.settle(&mut out).unwrap();
        }
        if *pauses {
            window.clear(&mut out).unwrap();
            window.overdue(window.end(), &mut out).unwrap();
        }
    }
    window.finish(&mut out).unwrap();
    out
}

fn restored(sealed: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (restored, done) = restore(&a_key(), sealed, &mut out);
    done.unwrap();
    assert_eq!(restored.left, 0);
    out
}

#[test]
fn a_value_has_one_token_wherever_it_stands() {
    let key = random_value();
    let text = format!("MISTRAL_API_KEY={key}\nrequest {key} failed\n{{\"x\":\"{key}\"}}\n");
    let masked = mask(&LOOK, text.as_bytes(), None, &mut Scratch::default());
    let out = String::from_utf8(masked.text).unwrap();
    let (_, fingerprint, places) = masked.masks.iter().next().unwrap();
    let token = format!("[redacted:mistral-api-key:{}]", &fingerprint.to_string()[4..12]);
    assert_eq!(out, text.replace(&key, &token));
    assert_eq!(places, 3);
    assert_eq!(masked.masks.secrets(), 1);
}

#[test]
fn what_somebody_accepted_is_masked_too() {
    let key = random_value();
    let out = masked_text(&format!("MISTRAL_API_KEY={key} # leeward:ignore\n"));
    assert!(!out.contains(&key), "{out}");
    assert!(out.ends_with("] # leeward:ignore\n"));
}

#[test]
fn a_text_without_secrets_is_as_it_was() {
    for text in ["", "\n", "mistral\r\n\r\n", "\0\u{1}mistral \u{fffd}"] {
        assert_eq!(masked_text(text), text);
    }
}

#[test]
fn an_encoded_value_is_replaced_whole() {
    let key = random_value();
    let spelled = leeward_respond::spell::spellings(&leeward_model::Secret::new(key.as_bytes()));
    let base64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &key);
    let out = masked_text(&format!("data:\n  MISTRAL_API_KEY: {base64}\n"));
    assert!(
        out.starts_with("data:\n  MISTRAL_API_KEY: [redacted:") && out.ends_with("]\n"),
        "{out}"
    );
    // Known once, a value is known under every encoding.
    for spelling in spelled {
        let text =
            [format!("MISTRAL_API_KEY={key}\nx ").as_bytes(), &spelling.bytes, b" y"].concat();
        let out = masked(&text);
        assert!(memchr::memmem::find(&out, &spelling.bytes).is_none(), "{:?}", spelling.encoding);
    }
}

#[test]
fn utf_16_stays_utf_16() {
    let key = random_value();
    let text = format!("MISTRAL_API_KEY={key}\r\nlater {key}.\r\n");
    for (bom, unit) in
        [(0xfeff_u16, u16::to_le_bytes as fn(u16) -> [u8; 2]), (0xfeff, u16::to_be_bytes)]
    {
        let wide = |text: &str| -> Vec<u8> {
            std::iter::once(bom).chain(text.encode_utf16()).flat_map(unit).collect()
        };
        let out = masked(&wide(&text));
        let token = masked_text(&text);
        assert_eq!(out, wide(&token));
    }
}

#[test]
fn both_parts_of_a_pair_are_masked() {
    let id = format!("AKIA{}", &random_value().to_ascii_uppercase()[..16])
        .replace(['0', '1', '8', '9'], "A");
    let secret = format!("{}{}", random_value(), &random_value()[..8]);
    let out = masked_text(&format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n"));
    assert!(!out.contains(&secret) && !out.contains(&id), "{out}");
}

#[test]
fn a_value_may_be_parted_anywhere() {
    let key = random_value();
    let text = format!("x\nMISTRAL_API_KEY={key}\ny\n");
    let whole = masked(text.as_bytes());
    let redactor = &*REDACTOR;
    for at in 0..text.len() {
        let (a, b) = text.as_bytes().split_at(at);
        for pauses in [false, true] {
            assert_eq!(
                streamed(redactor, Limits::DEFAULT, &[(a, pauses), (b, false)]),
                whole,
                "{at}"
            );
        }
    }
}

#[test]
fn evidence_that_follows_is_waited_for() {
    let key = random_value();
    let line = format!("Authorization: Bearer {key}\n");
    let redactor = &*REDACTOR;
    let pieces: [(&[u8], bool); 2] =
        [(line.as_bytes(), false), (b"POST https://api.mistral.ai/v1/chat/completions\n", false)];
    assert!(!holds(&streamed(redactor, Limits::DEFAULT, &pieces), &key));
    // Not for longer than the stream pauses; but then the value is known.
    let pieces = [(pieces[0].0, true), pieces[1], pieces[0]];
    let out = streamed(redactor, Limits::DEFAULT, &pieces);
    assert!(out.starts_with(line.as_bytes()));
    assert_eq!(memchr::memmem::find_iter(&out, key.as_bytes()).count(), 1);
}

#[test]
fn clear_lines_do_not_wait() {
    let redactor = &*REDACTOR;
    let mut window = Window::new(redactor.masker(), Limits::DEFAULT);
    let mut out = Vec::new();
    let key = random_value();
    window.push(format!("starting\nready\nMISTRAL_API_KEY={key}\nhalf a li").as_bytes());
    window.clear(&mut out).unwrap();
    assert_eq!(out, b"starting\nready\n");
    window.overdue(window.end(), &mut out).unwrap();
    let text = String::from_utf8(out.clone()).unwrap();
    assert!(text.ends_with("]\nhalf a ") && !text.contains(&key), "{text}");
    window.push(b"ne\n");
    window.finish(&mut out).unwrap();
    assert!(out.ends_with(b"half a line\n"));
}

#[test]
fn the_beginning_of_a_value_is_held_back() {
    let redactor = &*REDACTOR;
    let (key, other) = (random_value(), random_value());
    let mut window = Window::new(redactor.masker(), Limits::DEFAULT);
    let mut out = Vec::new();
    window.push(format!("MISTRAL_API_KEY={key} {}", &other[..20]).as_bytes());
    window.overdue(window.end(), &mut out).unwrap();
    assert!(out.ends_with(b"] "));
    assert!(!holds(&out, &other[..20]));
}

#[test]
fn a_key_in_endless_base64_is_found_wherever_the_window_ends() {
    let redactor = &*SEALING;
    let key = random_value();
    for before in 0..4 {
        let filler = |bytes: usize| "lorem ipsum dolor sit amet, ".repeat(bytes / 28);
        let x = "x".repeat(before);
        let text = format!("{x}{}\nMISTRAL_API_KEY={key}\n{}", filler(15_000), filler(12_000));
        let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &text);
        for shift in 0..4 {
            // No multiple of four, so that every way of cutting is met.
            let line = format!("{} {encoded}\n", "=".repeat(shift));
            let limits = Limits { batch: 1_000 + shift, ahead: 8_000 + before, behind: 9_000 };
            let pieces: Vec<(&[u8], bool)> =
                line.as_bytes().chunks(777).map(|chunk| (chunk, false)).collect();
            let out = streamed(redactor, limits, &pieces);
            assert!(holds(&out, "[sealed:mistral-api-key:"), "{before} {shift}");
            assert_eq!(restored(&out), line.as_bytes());
        }
    }
}

#[test]
fn what_is_sealed_is_no_secret() {
    let redactor = &*SEALING;
    for _ in 0..50 {
        let text = format!("MISTRAL_API_KEY={}\nmistral api key\n", random_value());
        let once = streamed(redactor, Limits::DEFAULT, &[(text.as_bytes(), false)]);
        assert_eq!(streamed(redactor, Limits::DEFAULT, &[(&once, false)]), once);
    }
}

/// Pieces of logs: with secrets and without, text and not.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let key = || "[A-Za-z][A-Za-z0-9]{30}[0-9]";
    let with = |before: &'static str, after: &'static str| {
        key().prop_map(move |key| [before, &key, after].concat().into_bytes())
    };
    prop_oneof![
        3 => with("\nMISTRAL_API_KEY=", "\n"),
        1 => with("{\"mistral\":{\"api_key\":\"", "\"}}\r\n"),
        1 => with("x ", " y\n"),
        1 => with("curl https://api.mistral.ai/v1/models -H 'Authorization: Bearer ", "'\n"),
        3 => "[a-z ]{0,60}\n".prop_map(String::into_bytes),
        1 => "[A-Za-z0-9+/]{0,300}={0,2}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..80),
        1 => Just(b"[sealed:mistral-api".to_vec()),
        1 => Just(b"m\0i\0s\0t\0r\0a\0l\0".to_vec()),
    ]
}

fn pieces(text: &[u8], sizes: &[(usize, bool)]) -> Vec<(Vec<u8>, bool)> {
    let mut rest = text;
    let mut pieces = Vec::new();
    for (size, pauses) in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, left) = rest.split_at((*size).min(rest.len()));
        pieces.push((piece.to_vec(), *pauses));
        rest = left;
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Within the window it does not matter how a stream comes.
    #[test]
    fn a_stream_within_the_window_is_masked_as_a_whole(
        parts in proptest::collection::vec(piece(), 0..12),
        sizes in proptest::collection::vec(1_usize..200, 1..6),
    ) {
        let text = parts.concat();
        let sizes: Vec<(usize, bool)> = sizes.into_iter().map(|size| (size, false)).collect();
        let pieces = pieces(&text, &sizes);
        let pieces: Vec<(&[u8], bool)> = pieces.iter().map(|(p, b)| (p.as_slice(), *b)).collect();
        prop_assert_eq!(streamed(&REDACTOR, Limits::DEFAULT, &pieces), masked(&text));
    }

    /// Whatever comes, in whatever pieces, with whatever pauses: nothing that
    /// stands alone beside its name survives, and all else comes out as it
    /// went in, so that what is sealed can be put back to the byte.
    #[test]
    fn any_stream_is_masked_and_comes_back(
        parts in proptest::collection::vec(piece(), 0..40),
        sizes in proptest::collection::vec((1_usize..900, any::<bool>()), 1..6),
    ) {
        let text = parts.concat();
        let pieces = pieces(&text, &sizes);
        let pieces: Vec<(&[u8], bool)> = pieces.iter().map(|(p, b)| (p.as_slice(), *b)).collect();
        let limits = Limits { batch: 700, ahead: 600, behind: 600 };
        let out = streamed(&SEALING, limits, &pieces);
        prop_assert_eq!(restored(&out), text.clone());
        let named = b"\nMISTRAL_API_KEY=";
        for at in memchr::memmem::find_iter(&out, named) {
            let rest = &out[at + named.len()..];
            prop_assert!(rest.starts_with(b"[sealed:"), "{}", String::from_utf8_lossy(&out));
        }
    }
}

//! Whole texts, masked.

use std::sync::Arc;

use leeward_counterpart::random_value;
use leeward_dossier::Library;

use super::*;

fn look() -> Look {
    Look::new(Arc::new(Library::builtin()), Level::Medium)
}

fn masked(text: &str) -> String {
    let masked = mask(&look(), text.as_bytes(), None, &mut Scratch::default());
    String::from_utf8(masked.text).unwrap()
}

#[test]
fn a_value_has_one_token_wherever_it_stands() {
    let key = random_value();
    let text = format!("MISTRAL_API_KEY={key}\nrequest {key} failed\n{{\"x\":\"{key}\"}}\n");
    let masked = mask(&look(), text.as_bytes(), None, &mut Scratch::default());
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
    let out = masked(&format!("MISTRAL_API_KEY={key} # leeward:ignore\n"));
    assert!(!out.contains(&key), "{out}");
    assert!(out.ends_with("] # leeward:ignore\n"));
}

#[test]
fn a_text_without_secrets_is_as_it_was() {
    for text in ["", "\n", "mistral\r\n\r\n", "\0\u{1}mistral \u{fffd}"] {
        assert_eq!(masked(text), text);
    }
}

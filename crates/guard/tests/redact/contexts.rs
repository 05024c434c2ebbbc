//! The labelled contexts of the detector: what it finds there is masked, and
//! nothing else is touched. The blind sets are not read here.

use std::{fs, path::Path};

use super::*;

#[derive(serde::Deserialize)]
struct Context {
    name: String,
    text: String,
}

fn contexts(kind: &str) -> Vec<(String, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../detect/tests/contexts");
    let read = |set: &str| fs::read_to_string(folder.join(format!("{set}-{kind}.jsonl"))).unwrap();
    let texts = [read("given"), read("mined")].concat();
    texts.lines().map(|line| filled(serde_json::from_str(line).unwrap())).collect()
}

/// A context with its placeholders filled: its name, its text, its secret.
fn filled(context: Context) -> (String, String, String) {
    let secret = random_value();
    let base64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &secret);
    let mut text = context.text.replace("{secret}", &secret).replace("{secret_base64}", &base64);
    text =
        text.replace("{secret_first16}", &secret[..16]).replace("{secret_last16}", &secret[16..]);
    let letters = |length: usize| [random_value(), random_value()].concat()[..length].to_owned();
    // Of random bytes, for those of letters are a value under an encoding.
    let bytes = || letters(64).bytes().fold(Vec::new(), mixed);
    let hex = |length: usize| {
        let digits = bytes().into_iter().map(|byte| format!("{byte:02x}"));
        digits.collect::<String>()[..length].to_owned()
    };
    for length in [20, 32, 40, 48] {
        while text.contains(&format!("{{alnum{length}}}")) {
            text = text.replacen(&format!("{{alnum{length}}}"), &letters(length), 1);
        }
    }
    for length in [8, 32, 40, 64] {
        while text.contains(&format!("{{hex{length}}}")) {
            text = text.replacen(&format!("{{hex{length}}}"), &hex(length), 1);
        }
    }
    let uuid = || [8, 4, 4, 4, 12].map(hex).join("-");
    while text.contains("{uuid}") {
        text = text.replacen("{uuid}", &uuid(), 1);
    }
    let other = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &bytes()[..32]);
    (context.name, text.replace("{b64_44}", &other), secret)
}

/// Bytes that are no letters, made of letters that are random.
fn mixed(mut bytes: Vec<u8>, letter: u8) -> Vec<u8> {
    let last = bytes.last().copied().unwrap_or_default();
    bytes.push(last.wrapping_mul(167).wrapping_add(letter ^ 0xa5));
    bytes
}

#[test]
fn secrets_in_context_are_masked_whole_and_as_lines() {
    let (redactor, mut missed, mut late) = (&*REDACTOR, Vec::new(), Vec::new());
    let contexts = contexts("positive");
    for (name, text, secret) in &contexts {
        if holds(&masked(text.as_bytes()), secret) {
            missed.push(name);
        }
        let lines: Vec<(&[u8], bool)> = text
            .as_bytes()
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| (line, true))
            .collect();
        if holds(&streamed(redactor, Limits::DEFAULT, &lines), secret) {
            late.push(name);
        }
    }
    let share = |names: &[&String]| names.len() as f64 / contexts.len() as f64;
    assert!(share(&missed) < 0.01, "{missed:#?}");
    // Lines that come one by one, each after a pause, leave before what follows.
    assert!(share(&late) < 0.1, "{:.3} {late:#?}", share(&late));
}

#[test]
fn decoys_are_not_touched() {
    let (redactor, mut touched, mut suspected) = (&*REDACTOR, Vec::new(), Vec::new());
    let contexts = contexts("decoy");
    for (name, text, _) in &contexts {
        if masked(text.as_bytes()) != text.as_bytes() {
            touched.push(name);
        }
        let lines: Vec<(&[u8], bool)> = text
            .as_bytes()
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| (line, true))
            .collect();
        if streamed(redactor, Limits::DEFAULT, &lines) != text.as_bytes() {
            suspected.push(name);
        }
    }
    let share = |names: &[&String]| names.len() as f64 / contexts.len() as f64;
    assert!(share(&touched) < 0.01, "{touched:#?}");
    // So more is masked than must be, often the keys of others.
    assert!(share(&suspected) < 0.15, "{:.3} {suspected:#?}", share(&suspected));
}

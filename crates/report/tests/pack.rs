//! An evidence pack as somebody else checks it: from its files alone.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;

use common::{
    KEY_ENV,
    incidents::{Held, closed, fresh, many, open, with_text},
};
use insta::assert_snapshot;
use leeward_model::Secret;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn files(held: &Held) -> BTreeMap<&'static str, String> {
    let files = held.with(leeward_report::pack).unwrap();
    files.into_iter().map(|file| (file.name, String::from_utf8(file.bytes).unwrap())).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_manifest_lists_every_other_file_with_its_hash() {
    let mut files = files(&closed());
    let manifest = files.remove("MANIFEST.txt").unwrap();
    let listed: BTreeMap<&str, &str> =
        manifest.lines().map(|line| line.split_once("  ").unwrap()).map(|(h, n)| (n, h)).collect();
    let expected =
        ["README.txt", "check.py", "incident.json", "index.html", "log-proof.json", "summary.md"];
    assert_eq!(listed.keys().copied().collect::<Vec<_>>(), expected);
    for (name, text) in &files {
        assert_eq!(listed[name], hex(&Sha256::digest(text)), "{name}");
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)), "{name}");
        let is_told = files["README.txt"].contains(name) || *name == "README.txt";
        assert!(is_told, "README.txt does not tell of {name}");
    }
}

/// The hash of an entry from `log-proof.json` and nothing else, as `README.txt`
/// says.
fn recomputed(entry: &Value) -> Option<String> {
    let event = &entry["event"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let number = |value: &Value| value.as_i64().map(|n| n.to_string()).unwrap_or_default();
    let mut fields = vec!["leeward event v1".to_owned(), entry["previous"].as_str()?.to_owned()];
    fields.extend([&event["sequence"], &event["incident"], &event["seconds"]].map(number));
    fields.extend([&event["actor"], &event["kind"], &event["text"]].map(text));
    let facts: BTreeMap<&String, &Value> = event["facts"].as_object().unwrap().iter().collect();
    for (name, value) in facts {
        fields.extend([name.clone(), text(value)]);
    }
    let mut state = Sha256::new();
    for field in fields {
        state.update((field.len() as u64).to_be_bytes());
        state.update(field);
    }
    Some(hex(&state.finalize()))
}

fn entries(held: &Held) -> Vec<Value> {
    let proof: Value = serde_json::from_str(&files(held)["log-proof.json"]).unwrap();
    proof["entries"].as_array().unwrap().clone()
}

#[test]
fn somebody_else_can_recompute_the_log() {
    for held in [open(), closed(), fresh(), many(), with_text(common::HOSTILE), with_text("é\u{0}")]
    {
        let entries = entries(&held);
        assert_eq!(entries.len(), held.events.len());
        for entry in &entries {
            assert_eq!(entry["holds"], true);
            assert_eq!(recomputed(entry).unwrap(), entry["event"]["hash"], "{entry}");
        }
    }
}

#[test]
fn an_entry_that_was_changed_is_told() {
    let mut held = closed();
    held.events[4].entry.text.push('!');
    let entries = entries(&held);
    let holds: Vec<bool> = entries.iter().map(|entry| entry["holds"] == true).collect();
    assert_eq!(holds.iter().filter(|holds| !**holds).count(), 1);
    assert!(!holds[4]);
    let summary = &files(&held)["summary.md"];
    assert!(summary.contains("1 of 15 entries of the log do not hold"), "{summary}");
}

#[test]
fn a_masked_entry_says_so() {
    let mut held = with_text(KEY_ENV);
    held.hidden = vec![Secret::new(KEY_ENV.as_bytes())];
    let files = files(&held);
    for (name, text) in &files {
        assert!(!text.contains(KEY_ENV), "{name}");
    }
    for entry in entries(&held) {
        assert_eq!((&entry["event"]["masked"], &entry["holds"]), (&true.into(), &true.into()));
        assert_ne!(recomputed(&entry).unwrap(), entry["event"]["hash"]);
    }
}

#[test]
fn without_the_entry_before_nothing_is_claimed() {
    let held = closed();
    let files = held.with(|view| {
        let lone = leeward_report::IncidentView { links: &[], ..*view };
        leeward_report::pack(&lone).unwrap()
    });
    let file = files.iter().find(|file| file.name == "log-proof.json").unwrap();
    let proof: Value = serde_json::from_slice(&file.bytes).unwrap();
    let first = &proof["entries"][0];
    assert!(first["previous"].is_null() && first["holds"].is_null(), "{first}");
}

#[test]
fn two_packs_of_one_state_are_the_same() {
    assert_eq!(files(&closed()), files(&closed()));
}

#[test]
fn summary_of_what_is_closed() {
    assert_snapshot!(files(&closed())["summary.md"]);
}

#[test]
fn summary_of_what_is_open() {
    assert_snapshot!(files(&open())["summary.md"]);
}

#[test]
fn proof_of_the_log() {
    assert_snapshot!(files(&fresh())["log-proof.json"]);
}

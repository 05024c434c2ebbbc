//! `leeward assess`: whose a value is and what it reaches, in every format,
//! without a word of what is stored there.

use leeward_counterpart::{CONTENT, Counterpart, Fault, Key, Resource, World as Provider};
use serde_json::Value;

use crate::{
    fixture::{World, key, line},
    provider,
};

const FORMATS: [&str; 10] =
    ["human", "json", "jsonl", "sarif", "csv", "markdown", "html", "junit", "gitlab", "github"];

/// The assessment of a value by a provider.
#[track_caller]
fn assessment(server: &Counterpart, value: &str, more: &[&str]) -> Value {
    let args = [&["assess", "--format", "json"], more].concat();
    let finding = World::new().ask_about(server, &args, value).exits(1).finding();
    server.assert_no_violations();
    finding["assessment"].clone()
}

/// A member of a list that has this id.
#[track_caller]
fn of<'v>(list: &'v Value, id: &str) -> &'v Value {
    let mut list = list.as_array().unwrap().iter();
    list.find(|it| it["id"] == id || it["probe"] == id).unwrap_or_else(|| panic!("no {id}"))
}

#[test]
fn every_format_says_whose_it_is_what_it_reaches_and_what_is_not_known() {
    let (world, value) = (World::new(), key());
    // One question stays open.
    let server = provider::failing(Key::standard(&value), Fault::NotJson.on("/v1/batch/jobs"));
    for format in FORMATS {
        let run = world.ask_about(&server, &["assess", "--format", format], &value).exits(1);
        assert_eq!(run.err, "", "{format}");
        assert!(!run.out.contains(CONTENT), "{format}");
        assert!(!run.out.contains(&value), "{format}");
        let text = run.out.to_lowercase().replace("&#39;", "'");
        for (what, says) in [
            ("validity", "active"),
            ("identity", "ada@example.com"),
            ("identity", "example company"),
            ("grant", "files"),
            ("grant", "connectors"),
            ("action", "extract data"),
            ("action", "execute workflows"),
            ("gap", "batch"),
        ] {
            // A table names actions by their ids.
            let is_id = format == "csv" && what == "action";
            let says = if is_id { says.replace(' ', "-") } else { says.to_owned() };
            assert!(text.contains(&says), "{format} has no {what} `{says}`: {}", run.out);
        }
    }
    server.assert_no_violations();
}

#[test]
fn what_is_there_is_counted() {
    let value = key();
    let provider = Provider::new()
        .key(Key::standard(&value))
        .with(Resource::Models, 3)
        .with(Resource::Files, 250)
        .with(Resource::Libraries, 2)
        .with(Resource::Documents, 7);
    let server = Counterpart::start(provider);
    let known = assessment(&server, &value, &[]);
    let count = |id: &str| {
        let grant = of(&known["grants"], id);
        (grant["count"].as_u64().unwrap(), grant["counted"].as_str().unwrap().to_owned())
    };
    assert_eq!(count("files"), (250, "exactly".to_owned()));
    assert_eq!(count("libraries"), (2, "exactly".to_owned()));
    assert_eq!(count("documents"), (14, "exactly".to_owned()));
    assert_eq!(of(&known["actions"], "extract-data")["standing"], "proven");
    assert_eq!(of(&known["actions"], "manipulate-models")["standing"], "inferred");
    assert_eq!(of(&known["actions"], "see-billing")["standing"], "refused");
    let choice = known["gaps"].as_array().unwrap();
    assert!(choice.iter().all(|gap| gap["by_choice"] == true), "{choice:#?}");
}

#[test]
fn what_is_not_answered_is_a_gap_and_no_zero() {
    let value = key();
    let server = provider::failing(Key::standard(&value), Fault::Html(403).on("/v1/files"));
    let known = assessment(&server, &value, &[]);
    let gap = of(&known["gaps"], "files");
    assert_eq!(gap["by_choice"], false);
    assert!(!known["grants"].to_string().contains("\"files\""), "{}", known["grants"]);
    assert!(!known["text"].as_str().unwrap().is_empty());
}

#[test]
fn what_needs_a_persons_word_is_asked_with_it_only() {
    let value = key();
    let path = "/v1/fine_tuning/jobs";
    let server = provider::with(Key::standard(&value));
    let known = assessment(&server, &value, &[]);
    let gap = of(&known["gaps"], "fine-tuning-jobs");
    assert_eq!(gap["by_choice"], true);
    assert!(gap["why"].as_str().unwrap().contains("--allow fine-tuning-jobs"), "{gap}");
    assert_eq!(server.count(path), 0);
    let args = ["assess", "--allow", "mistral-api-key/fine-tuning-jobs"];
    World::new().ask_about(&server, &args, &value).exits(1);
    assert!(server.count(path) >= 1);
}

#[test]
fn a_value_that_is_not_live_is_not_looked_behind() {
    let (world, value) = (World::new(), key());
    let server = provider::with(Key::revoked(&value));
    let finding = world.ask_about(&server, &["assess", "--format", "json"], &value).exits(0);
    assert_eq!(finding.finding()["assessment"], Value::Null);
    let asked = server.requests();
    let is_proof = |path: &str| path == "/v1/models" || path == "/v1/admin/api-keys";
    assert!(asked.iter().all(|request| is_proof(&request.path)), "{asked:#?}");
    server.assert_no_violations();
}

#[test]
fn an_administrators_key_is_asked_its_own_questions() {
    let value = key();
    let server = provider::with(Key::admin(&value));
    let known = assessment(&server, &value, &[]);
    assert!(!known["grants"].as_array().unwrap().is_empty());
    assert_eq!(server.count("/v1/files"), 0);
}

#[test]
fn only_reads_and_named_searches_are_sent() {
    let value = key();
    let server = provider::with(Key::standard(&value));
    assessment(&server, &value, &[]);
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.method == "GET"));
    let once: Vec<String> = requests.iter().map(|request| request.line()).collect();
    let mut each = once.clone();
    each.sort();
    each.dedup();
    assert!(once.len() <= each.len() + 1, "asked twice: {once:#?}");
}

#[test]
fn a_scan_may_ask_what_its_findings_reach() {
    let (world, live, dead) = (World::repository(), key(), key());
    world.commit_file("a.env", &line(&live));
    world.commit_file("b.env", &line(&dead));
    let provider = Provider::furnished().key(Key::standard(&live)).key(Key::revoked(&dead));
    let server = Counterpart::start(provider);
    let run = world.ask(&server, &["scan", "--assess", "--format", "json"]).exits(1);
    let document = run.json();
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[0]["severity"]["level"], "critical");
    assert!(findings[0]["assessment"]["grants"].as_array().unwrap().len() > 10);
    assert!(findings[0]["severity"]["why"].as_str().unwrap().contains("it reads files"));
    assert_eq!(findings[1]["severity"]["level"], "low");
    assert_eq!(findings[1]["assessment"], Value::Null);
    assert!(!run.out.contains(CONTENT));
    server.assert_no_violations();
}

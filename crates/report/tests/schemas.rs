//! What the machine formats say of themselves: SARIF by its published schema,
//! GitLab's by what its published schema asks of the fields that are written,
//! our own by the schemas in `docs/schema`. JUnit XML is held to its schema by
//! `crates/cli/tests/e2e/reports.rs`, with a validator of Python's.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Sample, clean, deleted, hostile, inside, one, rich, sample_with};
use leeward_report::{Format, Style};
use serde_json::Value;

/// From the OASIS SARIF repository, as the `serde-sarif` crate carries it.
const SARIF: &str = include_str!("data/sarif-schema-2.1.0.json");
/// By hand; it says of itself after what.
const GITLAB: &str = include_str!("data/gitlab-secret-detection-15.1.0.json");
const REPORT: &str = include_str!("../../../docs/schema/report-1.json");
const LINES: &str = include_str!("../../../docs/schema/lines-1.json");

fn samples() -> Vec<Sample> {
    let odd = ["", "../../../etc/passwd", "file:///etc", "%00", "javascript:alert(1)", "a b"];
    let mut samples = vec![
        rich(),
        one(),
        inside(),
        deleted(),
        clean(),
        hostile(),
        common::probed::asked(),
        common::stealing(),
        Sample { reveal: true, ..rich() },
    ];
    samples.extend(odd.map(sample_with));
    samples.push(Sample {
        findings: vec![common::finding("unheard-of", "x", leeward_model::Severity::Low, vec![])],
        ..clean()
    });
    samples
}

fn check(schema: &str, documents: impl IntoIterator<Item = String>) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for document in documents {
        let value: Value = serde_json::from_str(&document).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}\n{document}");
    }
}

fn written(format: Format) -> impl Iterator<Item = String> {
    samples().into_iter().map(move |sample| sample.write(format, Style::PLAIN))
}

#[test]
fn sarif_is_valid() {
    // The published pattern for a language tag, which we do not write, has a
    // stray bracket that a strict reader of the schema refuses.
    let schema = SARIF.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
    check(&schema, written(Format::Sarif));
}

#[test]
fn gitlab_is_valid() {
    check(GITLAB, written(Format::Gitlab));
    // Limits on length hold for the longest names, too.
    let long = sample_with(&"@long ".repeat(100_000));
    check(GITLAB, [long.write(Format::Gitlab, Style::PLAIN)]);
}

#[test]
fn gitlab_has_one_vulnerability_for_each_secret() {
    let document: Value =
        serde_json::from_str(&rich().write(Format::Gitlab, Style::PLAIN)).unwrap();
    let all = document["vulnerabilities"].as_array().unwrap();
    assert_eq!(all.len(), rich().findings.len());
    for one in all {
        assert!(one["id"].as_str().unwrap().starts_with("lw1_"));
        // What has no path is not given one.
        assert!(!one["location"]["file"].as_str().is_some_and(|file| file.starts_with("git:")));
    }
}

/// Whoever opens the archive in a viewer sees no line of the member.
#[test]
fn a_line_of_a_member_is_no_line_of_its_container() {
    let parsed =
        |format| -> Value { serde_json::from_str(&inside().write(format, Style::PLAIN)).unwrap() };
    let sarif = parsed(Format::Sarif);
    let place = &sarif["runs"][0]["results"][0]["locations"][0];
    assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], "dist/release.zip");
    assert!(place["physicalLocation"].get("region").is_none());
    let name = &place["logicalLocations"][0]["fullyQualifiedName"];
    assert_eq!(name, "dist/release.zip!app.jar!config.json:3:23");
    let gitlab = parsed(Format::Gitlab);
    let place = &gitlab["vulnerabilities"][0]["location"];
    assert_eq!(place["file"], "dist/release.zip");
    assert!(place["start_line"].is_null());
    let json = parsed(Format::Json);
    let place = &json["findings"][0]["locations"][0];
    assert_eq!(place["path"], "dist/release.zip!app.jar!config.json");
    assert_eq!(place["inside"], serde_json::json!(["app.jar", "config.json"]));
    let text = inside().write(Format::Github, Style::PLAIN);
    assert!(text.contains("file=dist/release.zip,title="), "{text}");
    assert!(text.contains("In dist/release.zip!app.jar!config.json:3:23"), "{text}");
}

/// Whoever opens the image sees no such file.
#[test]
fn all_formats_say_that_a_later_layer_deletes_it() {
    let formats = [
        Format::Human,
        Format::Json,
        Format::Jsonl,
        Format::Sarif,
        Format::Csv,
        Format::Markdown,
        Format::Html,
        Format::Junit,
        Format::Gitlab,
        Format::Github,
    ];
    for format in formats {
        let text = deleted().write(format, Style::PLAIN);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("layer 3 sha256:0123456789ab"), "{format:?}: {text}");
        assert!(text.contains("eleted by a later layer of the image"), "{format:?}: {text}");
    }
    let json: Value = serde_json::from_str(&deleted().write(Format::Json, Style::PLAIN)).unwrap();
    let place = &json["findings"][0]["locations"][0];
    assert_eq!(place["deleted_by"], "layer 3 sha256:0123456789ab");
}

#[test]
fn json_is_as_documented() {
    check(REPORT, written(Format::Json));
}

#[test]
fn json_lines_are_as_documented() {
    let lines = written(Format::Jsonl)
        .flat_map(|text| text.lines().map(ToOwned::to_owned).collect::<Vec<_>>());
    check(LINES, lines);
}

#[test]
fn sarif_addresses_stay_inside() {
    for text in written(Format::Sarif) {
        let log: Value = serde_json::from_str(&text).unwrap();
        let mut addresses = Vec::new();
        collect(&log, &mut addresses);
        for uri in addresses {
            assert!(!uri.starts_with('/') && !uri.contains(':'), "{uri}");
            assert!(uri.split('/').all(|part| part != ".." && part != "."), "{uri}");
        }
    }
}

/// Every `artifactLocation`'s address.
fn collect(value: &Value, addresses: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(uri) = map.get("artifactLocation").and_then(|place| place["uri"].as_str()) {
                addresses.push(uri.to_owned());
            }
            map.values().for_each(|value| collect(value, addresses));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, addresses)),
        _ => {}
    }
}

#[test]
fn every_column_is_documented() {
    let docs = include_str!("../../../docs/formats.md");
    let revealed = Sample { reveal: true, ..one() }.write(Format::Csv, Style::PLAIN);
    for name in revealed.lines().next().unwrap().split(',') {
        assert!(docs.contains(&format!("`{name}`")), "{name} is not in docs/formats.md");
    }
}

#[test]
fn the_fixed_parts_of_the_document_stay() {
    let document: Value = serde_json::from_str(&rich().write(Format::Json, Style::PLAIN)).unwrap();
    assert_eq!(document["schema"], "leeward.report/1");
    for finding in document["findings"].as_array().unwrap() {
        has(finding, &["dossier", "fingerprint", "hint", "confidence", "severity", "locations"]);
        has(&finding["confidence"], &["level", "score", "why"]);
        has(&finding["severity"], &["level", "why"]);
        assert!(finding["severity"]["why"].is_string());
        for location in finding["locations"].as_array().unwrap() {
            has(location, &["path", "line", "column", "end_line", "end_column", "git"]);
            has(location, &["byte_start", "byte_end", "decoded"]);
            if !location["git"].is_null() {
                let git = ["commit", "author", "committed_at", "in_head", "reachable", "refs"];
                has(&location["git"], &git);
            }
        }
    }
    let coverage = &document["coverage"];
    has(coverage, &["bytes_scanned", "files_scanned", "objects_scanned", "not_scanned"]);
    for left_out in coverage["not_scanned"].as_array().unwrap() {
        has(left_out, &["path", "reason", "bytes"]);
    }
    assert!(document["suppressed"].is_object());
}

fn has(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value.get(field).is_some(), "no `{field}` in {value}");
    }
}

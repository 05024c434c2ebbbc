//! What must hold for every format, whatever was scanned: no value leaves, no
//! byte acts on a terminal, machine formats parse.

mod common;

use common::{
    KEYS, Sample, hostile, one,
    probed::{PROBED, asked},
    rich, sample_with,
};
use leeward_model::{Severity, Tracking};
use leeward_report::{Format, Lines, Style};
use proptest::prelude::*;
use quick_xml::events::Event;

const NARROW: Style = Style { color: false, width: 40, unicode: false };
const BRIGHT: Style = Style { color: true, width: 100, unicode: true };

fn everything(sample: &Sample) -> Vec<(Format, String)> {
    Format::ALL
        .into_iter()
        .flat_map(|format| {
            [NARROW, Style::PLAIN, BRIGHT].map(|style| (format, sample.write(format, style)))
        })
        .collect()
}

#[test]
fn no_format_holds_a_value() {
    for (format, text) in everything(&rich()).into_iter().chain(everything(&asked())) {
        for key in KEYS.iter().chain(&PROBED) {
            assert!(!text.contains(key), "{format:?} holds {key}");
        }
    }
}

#[test]
fn a_value_in_a_name_is_masked_too() {
    let [key, ..] = KEYS;
    for (format, text) in everything(&sample_with(key)) {
        assert!(!text.contains(key), "{format:?}:\n{text}");
        assert!(!text.contains(&hex(key)), "{format:?}:\n{text}");
    }
    let sample = sample_with(key);
    let report = sample.report();
    let mut lines = Lines::new(Vec::new());
    lines.finding(&sample.findings[0], &report).unwrap();
    let text = String::from_utf8(lines.finish(&report).unwrap()).unwrap();
    assert!(!text.contains(key), "{text}");
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_format_reveals_when_told_to() {
    let [key, ..] = KEYS;
    for (format, text) in everything(&Sample { reveal: true, ..one() }) {
        assert!(text.contains(key), "{format:?}");
    }
}

/// Takes our own colours out; what is left must hold no control character.
fn without_color(text: &str) -> String {
    let mut rest = text;
    let mut plain = String::new();
    while let Some(at) = rest.find("\x1b[") {
        plain.push_str(&rest[..at]);
        let end = rest[at..].find('m').expect("a colour ends in m");
        let code = &rest[at + 2..at + end];
        assert!(code.bytes().all(|b| b.is_ascii_digit() || b == b';'), "not a colour: {code:?}");
        rest = &rest[at + end + 1..];
    }
    plain + rest
}

/// Takes our own commands out: what is left of each is its text, as the
/// service that runs the commands reads it.
fn without_annotations(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        if line.starts_with("leeward: ") {
            plain.push_str(line);
        } else {
            let (command, message) = line[2..].split_once("::").expect("a message");
            let (name, properties) = command.split_once(' ').expect("properties");
            assert!(["error", "warning", "notice"].contains(&name), "{line}");
            for property in properties.split(',') {
                let (name, value) = property.split_once('=').expect("a value");
                let known = ["file", "line", "endLine", "col", "endColumn", "title"];
                assert!(known.contains(&name), "{line}");
                assert!(!value.contains(':'), "{line}");
            }
            assert!(!message.contains(['\r', '\n']));
            plain.push_str("text: ");
            plain.push_str(message);
        }
        plain.push('\n');
    }
    plain
}

fn assert_inert(format: Format, text: &str) {
    let plain = if format == Format::Human { without_color(text) } else { text.to_owned() };
    for c in plain.chars() {
        // A byte order mark has no place in any format either.
        let acts = leeward_model::acts_on_display(c);
        assert!(c == '\n' || !acts, "{format:?} holds {c:?}:\n{plain}");
    }
    // Annotations are commands, and there are only those.
    let plain = if format == Format::Github { without_annotations(&plain) } else { plain };
    for line in plain.lines() {
        assert!(!line.trim_start().starts_with("::"), "{format:?}: {line}");
        assert!(!line.contains("##vso["), "{format:?}: {line}");
        assert!(!line.contains("##["), "{format:?}: {line}");
    }
}

#[test]
fn no_more_annotations_than_are_shown() {
    let mut findings = Vec::new();
    for severity in [Severity::Critical, Severity::Medium, Severity::Low] {
        for i in 0..25 {
            let place = common::file(format!("{severity:?}/{i}.env"), Tracking::Tracked);
            let places = vec![common::at(place, 1, 1, "x", "x")];
            let value = format!("{severity:?}-{i:02}-Zk4vQ9sLw2Xc7Rt1Yb6Nh3");
            findings.push(common::finding("mistral-api-key", &value, severity, places));
        }
    }
    let text = Sample { findings, ..rich() }.write(Format::Github, Style::PLAIN);
    let count = |level: &str| text.lines().filter(|line| line.starts_with(level)).count();
    assert_eq!(
        (count("::error "), count("::warning "), count("::notice ")),
        (10, 10, 10),
        "{text}"
    );
    assert!(text.contains("47 more findings without an annotation"), "{text}");
    assert!(text.contains("could not be looked at"), "{text}");
}

#[test]
fn hostile_names_are_inert_everywhere() {
    for (format, text) in everything(&hostile()) {
        assert_inert(format, &text);
    }
}

fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        any::<char>().prop_map(String::from),
        "[\\x00-\\x20]{1,4}",
        proptest::sample::select(vec![
            "::",
            "##",
            "##vso[",
            "##[x",
            "\u{1b}[2J",
            "\u{9b}",
            "\u{202e}",
            "`",
            "``",
            "|",
            "\\",
            "<!--",
            "-->",
            "<img src=x>",
            "@all",
            "[a](b)",
            "](",
            "=1",
            "'",
            "\"",
            ",",
            "{0}",
            "%00",
            "../",
            "]]>",
            "&#1;",
            "&lt;",
            "\u{fffe}",
            "%0A::error::",
            "::error file=x::",
            "file:///",
            "javascript:",
            " ",
            "日本",
        ])
        .prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_name_is_inert_everywhere(text in nasty()) {
        let sample = sample_with(&text);
        for (format, text) in everything(&sample) {
            assert_inert(format, &text);
        }
    }

    #[test]
    fn json_always_parses_and_loses_nothing(text in nasty()) {
        let sample = sample_with(&text);
        let json: serde_json::Value = serde_json::from_str(&sample.write(Format::Json, Style::PLAIN)).unwrap();
        prop_assert_eq!(&json["scan"]["targets"][0], &serde_json::json!(text));
        let git = &json["findings"][0]["locations"][1]["git"];
        prop_assert_eq!(&git["author"], &serde_json::json!(text));
        let bytes = format!("{}ff2e747874", hex(&text));
        prop_assert_eq!(&json["findings"][0]["locations"][0]["path_bytes"], &serde_json::json!(bytes));
        for line in sample.write(Format::Jsonl, Style::PLAIN).lines() {
            let _: serde_json::Value = serde_json::from_str(line).unwrap();
        }
    }

    #[test]
    fn csv_round_trips_and_runs_nothing(text in nasty()) {
        let sample = sample_with(&text);
        let table = sample.write(Format::Csv, Style::PLAIN);
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let names = reader.headers().unwrap().clone();
        let author = names.iter().position(|name| name == "author").unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), 2);
        for row in &rows {
            prop_assert_eq!(row.len(), names.len());
            for cell in row {
                prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
            }
        }
        let cell = &rows[1][author];
        let shown = cell.strip_prefix('\'').unwrap_or(cell);
        // What acts on a log is escaped before; nothing else is changed.
        if !text.contains("##") {
            prop_assert_eq!(shown, leeward_model::SafeText::new(&text).to_string());
        }
    }

    #[test]
    fn junit_is_always_well_formed(text in nasty()) {
        let xml = sample_with(&text).write(Format::Junit, Style::PLAIN);
        let allowed = |c: char| matches!(c, '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
        prop_assert!(xml.chars().all(allowed), "{xml}");
        let mut reader = quick_xml::Reader::from_str(&xml);
        let (mut open, mut failures) = (Vec::new(), 0);
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => break,
                Event::Start(tag) => {
                    failures += usize::from(tag.name().as_ref() == b"failure");
                    for attribute in tag.attributes() {
                        attribute.unwrap().normalized_value(quick_xml::XmlVersion::Explicit1_0).unwrap();
                    }
                    open.push(tag.name().as_ref().to_vec());
                }
                Event::End(tag) => {
                    prop_assert!(open.pop() == Some(tag.name().as_ref().to_vec()));
                }
                Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {
                    prop_assert!(false, "foreign text became markup: {xml}");
                }
                _ => {}
            }
        }
        prop_assert!(open.is_empty());
        prop_assert_eq!(failures, 1);
    }

    #[test]
    fn gitlab_always_parses(text in nasty()) {
        let report = sample_with(&text).write(Format::Gitlab, Style::PLAIN);
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        prop_assert_eq!(report["vulnerabilities"].as_array().map(Vec::len), Some(1));
        let file = report["vulnerabilities"][0]["location"]["file"].as_str().unwrap_or("x");
        prop_assert!(!file.starts_with('/') && file.split('/').all(|part| part != ".."));
    }

    #[test]
    fn sarif_always_parses(text in nasty()) {
        let log = sample_with(&text).write(Format::Sarif, Style::PLAIN);
        let log: serde_json::Value = serde_json::from_str(&log).unwrap();
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        prop_assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
    }
}

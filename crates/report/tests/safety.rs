//! What must hold for every format, whatever was scanned: no value leaves, no
//! byte acts on a terminal, machine formats parse.

mod common;

use common::{
    KEYS, Sample, hostile, one,
    probed::{PROBED, asked},
    rich, sample_with,
};
use leeward_report::{Format, Lines, Style};
use proptest::prelude::*;

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

fn assert_inert(format: Format, text: &str) {
    let plain = if format == Format::Human { without_color(text) } else { text.to_owned() };
    for c in plain.chars() {
        // A byte order mark has no place in any format either.
        let acts = leeward_model::acts_on_display(c);
        assert!(c == '\n' || !acts, "{format:?} holds {c:?}:\n{plain}");
    }
    for line in plain.lines() {
        assert!(!line.trim_start().starts_with("::"), "{format:?}: {line}");
        assert!(!line.contains("##vso["), "{format:?}: {line}");
        assert!(!line.contains("##["), "{format:?}: {line}");
    }
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
    fn sarif_always_parses(text in nasty()) {
        let log = sample_with(&text).write(Format::Sarif, Style::PLAIN);
        let log: serde_json::Value = serde_json::from_str(&log).unwrap();
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        prop_assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
    }
}

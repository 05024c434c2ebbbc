//! Incidents as users and programs see them, and what must hold of every format
//! whatever people and providers wrote: no value, nothing that acts, nothing
//! that changes the structure.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;

use common::{
    HOSTILE, KEY_ENV,
    incidents::{Held, closed, fresh, incidents, list, many, open, with_text},
    page::{ATTRIBUTES, ELEMENTS, between, decoded, is_in, tags},
    probed::PROBED,
};
use insta::assert_snapshot;
use leeward_model::{Incident, Secret, State};
use leeward_report::{IncidentFormat, ListFormat, Style};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const COLOR: Style = Style { color: true, width: 80, unicode: true };
const TERMINAL: Style = Style { color: false, width: 80, unicode: true };
const NARROW: Style = Style { color: false, width: 50, unicode: false };

fn listed(incidents: &[Incident], format: ListFormat, style: Style) -> String {
    list(incidents, incidents.len() + 1, &[], format, style)
}

fn visible(text: &str) -> String {
    // Escapes are written out, as a snapshot is for reading.
    text.replace('\x1b', "␛")
}

#[test]
fn list_in_a_pipe() {
    assert_snapshot!(listed(&incidents(), ListFormat::Human, Style::PLAIN));
}

#[test]
fn list_on_a_terminal() {
    assert_snapshot!(listed(&incidents(), ListFormat::Human, TERMINAL));
}

#[test]
fn list_in_colour() {
    assert_snapshot!(visible(&listed(&incidents(), ListFormat::Human, COLOR)));
}

#[test]
fn a_list_in_a_pipe_has_a_line_for_each_and_cuts_nothing() {
    let text = listed(&incidents(), ListFormat::Human, NARROW);
    let all = incidents();
    for (line, id) in text.lines().skip(1).zip(["8", "12", "9", "13", "104", "12"]) {
        assert!(line.trim_start().starts_with(id), "{line}");
    }
    assert!(all.iter().all(|incident| text.contains(&incident.place)), "{text}");
}

#[test]
fn a_list_on_a_terminal_fits() {
    for width in [60, 80, 100] {
        let style = Style { width, ..TERMINAL };
        for line in listed(&incidents(), ListFormat::Human, style).lines() {
            let is_summary = line.contains("incidents:");
            assert!(line.chars().count() <= width || is_summary, "{line}");
        }
    }
}

#[test]
fn list_of_nothing() {
    assert_snapshot!(list(&[], 0, &[], ListFormat::Human, Style::PLAIN), @"no incidents: a scan that keeps what it finds opens one for each secret");
    assert_snapshot!(list(&[], 7, &[], ListFormat::Human, Style::PLAIN), @"no incident is as asked for; there are 7 incidents in all");
    let document: Value =
        serde_json::from_str(&list(&[], 7, &[], ListFormat::Json, Style::PLAIN)).unwrap();
    assert_eq!(document["incidents"], serde_json::json!([]));
}

#[test]
fn list_json() {
    assert_snapshot!(listed(&incidents()[..2], ListFormat::Json, Style::PLAIN));
}

#[test]
fn list_csv() {
    assert_snapshot!(listed(&incidents(), ListFormat::Csv, Style::PLAIN));
}

#[test]
fn show_open() {
    assert_snapshot!(open().write(IncidentFormat::Human, Style::PLAIN));
}

#[test]
fn show_closed_in_colour() {
    assert_snapshot!(visible(&closed().write(IncidentFormat::Human, COLOR)));
}

#[test]
fn show_fresh_narrow() {
    assert_snapshot!(fresh().write(IncidentFormat::Human, NARROW));
}

#[test]
fn show_many() {
    assert_snapshot!(many().write(IncidentFormat::Human, TERMINAL));
}

#[test]
fn show_hostile() {
    assert_snapshot!(with_text(HOSTILE).write(IncidentFormat::Human, Style::PLAIN));
}

#[test]
fn show_json() {
    assert_snapshot!(closed().write(IncidentFormat::Json, Style::PLAIN));
}

#[test]
fn show_markdown() {
    assert_snapshot!(closed().write(IncidentFormat::Markdown, Style::PLAIN));
}

#[test]
fn show_html() {
    let page = closed().write(IncidentFormat::Html, Style::PLAIN);
    assert_snapshot!(between(&page, "<body>", "</body>").replace("><", ">\n<"));
}

#[test]
fn the_next_step_is_the_first_that_is_open() {
    let next = |held: &Held| -> Value {
        let text = held.write(IncidentFormat::Json, Style::PLAIN);
        serde_json::from_str::<Value>(&text).unwrap()["next"].clone()
    };
    assert_eq!(next(&fresh())[0]["command"], "leeward respond 13 revoke --apply");
    let waiting = next(&open());
    assert_eq!(waiting[0]["command"], "leeward respond 12 revoke --apply");
    assert_eq!(waiting[1]["command"], "leeward respond 12 audit --apply");
    assert_eq!(next(&closed())[0]["command"], Value::Null);
    let mut done = closed();
    done.incident.state = State::Rotated;
    assert_eq!(next(&done)[0]["command"], "leeward incident close 12");
}

/// Everything there is of an incident, each with the format's name.
fn everything(held: &Held) -> Vec<(&'static str, String)> {
    let hidden: Vec<&Secret> = held.hidden.iter().collect();
    let incidents = [held.incident.clone()];
    let mut texts = Vec::new();
    for style in [NARROW, Style::PLAIN, COLOR] {
        texts.extend(IncidentFormat::ALL.map(|format| (format.name(), held.write(format, style))));
        texts.extend(
            ListFormat::ALL
                .map(|format| (format.name(), list(&incidents, 1, &hidden, format, style))),
        );
    }
    for file in held.with(leeward_report::pack).unwrap() {
        texts.push((file.name, String::from_utf8(file.bytes).unwrap()));
    }
    texts
}

#[test]
fn a_value_that_was_pasted_is_masked_everywhere() {
    for text in [KEY_ENV.to_owned(), format!("the key is {KEY_ENV}, revoke it")] {
        let mut held = with_text(&text);
        held.hidden = vec![Secret::new(KEY_ENV.as_bytes())];
        for (format, text) in everything(&held) {
            assert!(!text.contains(KEY_ENV), "{format}:\n{text}");
        }
    }
    for held in [open(), closed()] {
        for (format, text) in everything(&held) {
            assert!(PROBED.iter().all(|key| !text.contains(key)), "{format}");
        }
    }
}

/// Takes our own colours out.
fn without_color(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        plain.push_str(&rest[..at]);
        let end = rest[at..].find('m').expect("a colour ends in m");
        let code = &rest[at + 2..at + end];
        assert!(code.bytes().all(|b| b.is_ascii_digit() || b == b';'), "not a colour: {code:?}");
        rest = &rest[at + end + 1..];
    }
    plain + rest
}

fn assert_inert(format: &str, text: &str) {
    let plain = if format == "human" { without_color(text) } else { text.to_owned() };
    for c in plain.chars() {
        let acts = leeward_model::acts_on_display(c);
        assert!(c == '\n' || !acts, "{format} holds {c:?}:\n{plain}");
    }
    for line in plain.lines() {
        assert!(!line.trim_start().starts_with("::"), "{format}: {line}");
        assert!(!line.contains("##vso[") && !line.contains("##["), "{format}: {line}");
    }
}

#[test]
fn hostile_texts_are_inert_everywhere() {
    for (format, text) in everything(&with_text(HOSTILE)) {
        assert_inert(format, &text);
    }
}

/// What a Markdown document is made of; no foreign link, image or markup.
fn markdown_structure(text: &str) -> Vec<String> {
    let all = Options::ENABLE_GFM
        | Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    let mut parts = Vec::new();
    for event in Parser::new_ext(text, all) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert_eq!(&*dest_url, "https://console.mistral.ai/api-keys", "{text}");
            }
            Event::Start(Tag::Image { .. }) => panic!("an image in\n{text}"),
            Event::Html(html) | Event::InlineHtml(html) => {
                let ours = ["<!--", "<details><summary>", "</details>"];
                assert!(ours.iter().any(|tag| html.starts_with(tag)), "{html} in\n{text}");
            }
            Event::Start(tag) => {
                let name = format!("{tag:?}");
                parts.push(name.split([' ', '(', '{']).next().unwrap().to_owned());
            }
            _ => {}
        }
    }
    parts
}

fn page_structure(page: &str) -> Vec<String> {
    let names = tags(page).into_iter().map(|tag| tag.name);
    names.filter(|name| !["code", "text", "title"].contains(&name.as_str())).collect()
}

fn structures(text: &str) -> Vec<Vec<String>> {
    let held = with_text(text);
    let mut structures = vec![
        markdown_structure(&held.write(IncidentFormat::Markdown, Style::PLAIN)),
        page_structure(&held.write(IncidentFormat::Html, Style::PLAIN)),
    ];
    for file in held.with(leeward_report::pack).unwrap() {
        if file.name == "summary.md" {
            structures.push(markdown_structure(&String::from_utf8(file.bytes).unwrap()));
        }
    }
    assert_eq!(structures.len(), 3);
    structures
}

#[test]
fn a_hostile_text_changes_no_structure() {
    assert_eq!(structures(HOSTILE), structures("plain"));
}

#[test]
fn the_page_is_made_of_known_markup_and_loads_nothing() {
    for held in [open(), closed(), fresh(), many(), with_text(HOSTILE)] {
        let page = held.write(IncidentFormat::Html, Style::PLAIN);
        assert!(!page.contains("<script"));
        let style = between(&page, "<style>", "</style>");
        assert!(!style.contains("url(") && !style.contains("@import"));
        let tags = tags(&page);
        let policy = tags.iter().find(|tag| tag.get("http-equiv") == "Content-Security-Policy");
        let policy = policy.unwrap().get("content");
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"));
        let hash = between(policy, "style-src 'sha256-", "'");
        assert_eq!(decoded(hash), Sha256::digest(style).to_vec());
        let mut ids = BTreeSet::new();
        for tag in tags.iter().filter(|tag| tag.name != "!DOCTYPE") {
            assert!(is_in(ELEMENTS, &tag.name), "{tag:?}");
            assert!(tag.attributes.keys().all(|name| is_in(ATTRIBUTES, name)), "{tag:?}");
            let href = tag.get("href");
            let ours = ["https://console.mistral.ai/api-keys", "https://docs.mistral.ai/"];
            assert!(href.is_empty() || href.starts_with('#') || ours.contains(&href), "{tag:?}");
            if let Some(id) = tag.attributes.get("id") {
                assert!(ids.insert(id.as_str()), "twice: {id}");
            }
        }
        for tag in &tags {
            let named = tag.get("aria-labelledby").split(' ').filter(|id| !id.is_empty());
            for id in named.chain(tag.get("href").strip_prefix('#')) {
                assert!(ids.contains(id), "{id} is nowhere");
            }
        }
        let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
        assert_eq!((count("main"), count("h1"), count("table")), (1, 1, count("caption")));
        let levels = tags.iter().filter_map(|tag| tag.name.strip_prefix('h')?.parse::<u32>().ok());
        levels.fold(0, |before, level| {
            assert!(level <= before + 1, "a heading of level {level} after {before}");
            level
        });
    }
}

#[test]
fn documents_are_as_documented() {
    let schema = |text: &str| {
        let schema: Value = serde_json::from_str(text).unwrap();
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    };
    let one = schema(include_str!("../../../docs/schema/incident-1.json"));
    let several = schema(include_str!("../../../docs/schema/incidents-1.json"));
    let proof = schema(include_str!("../../../docs/schema/log-proof-1.json"));
    let check = |validator: &jsonschema::Validator, document: &str| {
        let value: Value = serde_json::from_str(document).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}\n{document}");
    };
    let mut all = vec![open(), closed(), fresh(), many()];
    all.extend(["", "plain", HOSTILE].map(with_text));
    for held in all {
        check(&one, &held.write(IncidentFormat::Json, Style::PLAIN));
        check(
            &several,
            &listed(std::slice::from_ref(&held.incident), ListFormat::Json, Style::PLAIN),
        );
        for file in held.with(leeward_report::pack).unwrap() {
            let text = String::from_utf8(file.bytes).unwrap();
            match file.name {
                "incident.json" => check(&one, &text),
                "log-proof.json" => check(&proof, &text),
                _ => {}
            }
        }
    }
    check(&several, &list(&[], 0, &[], ListFormat::Json, Style::PLAIN));
}

#[test]
fn every_column_is_documented() {
    let docs = include_str!("../../../docs/formats.md");
    let table = listed(&[], ListFormat::Csv, Style::PLAIN);
    let section = &docs[docs.find("## Incidents").unwrap()..];
    for name in table.lines().next().unwrap().split(',') {
        assert!(section.contains(&format!("`{name}`")), "{name} is not in docs/formats.md");
    }
}

fn nasty() -> impl Strategy<Value = String> {
    let pieces = [
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
        "</style>",
        "@all",
        "[a](b)",
        "](",
        "=1",
        "'",
        "\"",
        ",",
        "- ",
        "1. ",
        "# ",
        "\n",
        "\n\n",
        "javascript:",
        " ",
        "日本",
    ];
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[\\x00-\\x20]{1,4}",
        proptest::sample::select(pieces.to_vec()).prop_map(String::from),
    ];
    proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_inert_everywhere(text in nasty()) {
        for (format, text) in everything(&with_text(&text)) {
            assert_inert(format, &text);
        }
    }

    #[test]
    fn no_text_changes_the_structure(text in "[a-z`|<>\\[\\]()!#*_~@:/\\\\&;=+\\-.'\" \\n\\t{}$^0-9]{1,24}") {
        // What is blank is left out, and so is a reason that is only a full stop.
        prop_assume!(!text.trim().trim_end_matches('.').is_empty());
        prop_assert_eq!(structures(&text), structures("plain"));
    }

    #[test]
    fn json_loses_nothing_and_csv_runs_nothing(text in nasty()) {
        let held = with_text(&text);
        let json: Value = serde_json::from_str(&held.write(IncidentFormat::Json, Style::PLAIN)).unwrap();
        prop_assert_eq!(&json["incident"]["owner"], &serde_json::json!(text));
        prop_assert_eq!(&json["events"][7]["text"], &serde_json::json!(text));
        prop_assert_eq!(&json["events"][7]["facts"]["other"], &serde_json::json!(text));
        let table = listed(&[held.incident], ListFormat::Csv, Style::PLAIN);
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), 1);
        for cell in &rows[0] {
            prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
        }
    }
}

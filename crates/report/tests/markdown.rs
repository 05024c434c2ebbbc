//! What a reader of the Markdown report sees, whatever was scanned: our
//! structure and nothing else's.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{HOSTILE, Sample, sample_with};
use leeward_report::{Format, Style};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What the document is made of: tags in order, without their text.
fn structure(sample: &Sample) -> Vec<String> {
    let text = sample.write(Format::Markdown, Style::PLAIN);
    let everything = Options::ENABLE_GFM
        | Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    let (mut parts, mut prose, mut in_code) = (Vec::new(), String::new(), false);
    for event in Parser::new_ext(&text, everything) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                let ours = ["https://console.mistral.ai/api-keys", "https://docs.mistral.ai/"];
                assert!(ours.contains(&&*dest_url), "a link to {dest_url} in\n{text}");
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let ours = ["<!--", "<details><summary>", "</details>"];
                assert!(ours.iter().any(|tag| html.starts_with(tag)), "{html} in\n{text}");
            }
            Event::Start(Tag::Image { .. }) => panic!("an image in\n{text}"),
            Event::Start(Tag::CodeBlock(_)) => {
                in_code = true;
                parts.push("CodeBlock".to_owned());
            }
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(text) if !in_code => prose.push_str(&text),
            Event::Start(tag) => {
                let name = format!("{tag:?}");
                parts.push(name.split([' ', '(', '{']).next().unwrap().to_owned());
            }
            _ => {}
        }
    }
    // Services look for mentions, references and addresses in what was rendered.
    for (at, _) in prose.match_indices(['@', '#']) {
        let next = prose[at + 1..].chars().next();
        assert!(!next.is_some_and(char::is_alphanumeric), "a mention in {prose}\n{text}");
    }
    parts
}

/// A text without anything special gives the structure to compare with.
fn plain() -> Vec<String> {
    structure(&sample_with("plain"))
}

#[test]
fn a_hostile_name_changes_no_structure() {
    assert_eq!(structure(&sample_with(HOSTILE)), plain());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_changes_the_structure(text in "[a-z`|<>\\[\\]()!#*_~@:/\\\\&;=+\\-.'\" \\n\\t{}$^0-9]{1,24}") {
        // A blank excerpt is left out.
        prop_assume!(!text.trim().is_empty());
        prop_assert_eq!(structure(&sample_with(&text)), plain());
    }
}

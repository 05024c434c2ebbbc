//! Whoever wrote a path, a branch or a name may have written it for whoever
//! reads the alert: whatever it is, it stays text.

use leeward_model::acts_on_display;
use leeward_respond::notify::{Channel, preview};
use proptest::prelude::*;
use serde_json::Value;

use crate::sample::{KINDS, channel, hostile};

/// Each of these does something somewhere.
const ATTACKS: [&str; 26] = [
    "<!here>",
    "<!channel> <@U012AB3CD> <#C012>",
    "<https://evil.example|click>",
    "@channel @here @everyone @Group",
    "@octocat @github/security",
    "#1 octocat/hello#1 GH-1",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/pixel)",
    "<img src=x onerror=alert(1)>",
    "</code></td><script>alert(1)</script>",
    "`` ` ``` x",
    "a`b",
    "`",
    "--> <!-- leeward lw1_0123456789abcdef0123456789abcdef -->",
    "leeward-delivery lwa1-0",
    "{{DATE(2026-11-27T22:00:00Z)}}",
    "[~admin] {code}x{code} {color:red}x{color} !https://evil.example/x.png!",
    "h1. x\nbq. x\n||a||b||",
    "\r\nBcc: x@evil.example\r\n\r\nbody",
    "\u{1b}[2J\u{7}\u{202e}\u{200b}\u{e0041}",
    "https://evil.example/ www.evil.example HTTPS://EVIL.EXAMPLE",
    "https://a.example/)](javascript:alert(1)) \" ' | > <",
    "javascript:alert(1)",
    "data:text/html,<script>",
    "{severity} {place} {value}",
    "",
];

fn channels() -> Vec<(&'static str, Channel)> {
    KINDS.map(|(name, fields)| (name, channel(fields))).into_iter().collect()
}

/// The texts of a document that are in a format; `None` for all.
fn texts(value: &Value, of: Option<&[&str]>, found: &mut Vec<String>) {
    match value {
        Value::String(text) if of.is_none() => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| texts(one, of, found)),
        Value::Object(all) => {
            for (name, one) in all {
                let is_one = of.is_some_and(|of| of.contains(&name.as_str()));
                texts(one, if is_one { None } else { of }, found);
            }
        }
        _ => {}
    }
}

/// The bodies of the requests in a preview.
fn bodies(shown: &str) -> Vec<Value> {
    let starts = shown.match_indices("\n{\n").map(|(at, _)| at + 1);
    starts
        .map(|at| {
            serde_json::Deserializer::from_str(&shown[at..]).into_iter().next().unwrap().unwrap()
        })
        .collect()
}

fn stays_text(name: &str, channel: &Channel, text: &str) {
    let shown = preview(channel, &hostile(text));
    // The one character of ours that nobody sees breaks mentions and functions.
    let acts = shown.chars().find(|&c| acts_on_display(c) && !matches!(c, '\n' | '\u{200b}'));
    assert_eq!(acts, None, "{name}: {text:?}\n{shown}");
    // Titles of issues are only text.
    let of: Option<&[&str]> = match name {
        "jira-own" | "github" => Some(&["description", "body"]),
        _ => None,
    };
    let mut all = Vec::new();
    bodies(&shown).iter().for_each(|body| texts(body, of, &mut all));
    assert!(name == "mail" || !all.is_empty(), "{name}");
    match name {
        "slack-webhook" | "slack-app" => all.iter().for_each(|text| slack(text)),
        "mail" => mail(&shown),
        "jira-own" => all.iter().for_each(|text| wiki(text)),
        "github" => all.iter().for_each(|text| github(text)),
        _ => {}
    }
}

/// Every `<` of a message is a link of ours to a web address; nobody is called.
fn slack(text: &str) {
    for part in text.split('<').skip(1) {
        let (link, _) = part.split_once('>').unwrap();
        let (to, words) = link.split_once('|').unwrap();
        assert!(to.starts_with("https://") || to.starts_with("http://"), "{text}");
        assert!(["dashboard", "open the page for it"].contains(&words), "{text}");
    }
    let low = text.to_lowercase();
    for call in ["@channel", "@here", "@everyone", "@group"] {
        assert!(!low.contains(call), "{text}");
    }
}

/// The HTML has our elements and no others; headers are ours.
fn mail(shown: &str) {
    let (head, rest) = shown.split_once("\n\n--- plain text\n").unwrap();
    assert_eq!(head.lines().count(), 7, "{head}");
    let html = rest.rsplit("\n--- HTML\n").next().unwrap();
    for tag in html.split('<').skip(1) {
        let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap();
        let ours = [
            "!DOCTYPE", "html", "head", "meta", "title", "body", "h1", "p", "table", "tr", "th",
            "td", "code", "a",
        ];
        assert!(ours.contains(&name), "{name} in {html}");
        if let Some(href) = tag.strip_prefix("a href=\"") {
            assert!(href.starts_with("http://") || href.starts_with("https://"), "{html}");
        }
    }
    assert!(!html.contains("://evil.example/ "), "{html}");
}

/// Of wiki markup nothing but ours is left unescaped.
fn wiki(text: &str) {
    let mut rest = text.to_owned();
    while let Some(at) = rest.find('\\') {
        let end = rest[at + 1..].chars().next().map_or(1, |c| 1 + c.len_utf8());
        rest.replace_range(at..at + end, "");
    }
    assert!(!rest.contains("{code") && !rest.contains("[~"), "{text}\n{rest}");
    assert!(!rest.contains("!http") && !rest.contains("||"), "{text}\n{rest}");
}

/// Rendered, a body of GitHub's has no element, link or mention but ours.
fn github(text: &str) {
    use pulldown_cmark::{Event, Parser, Tag};
    let mut in_code = false;
    for event in Parser::new(text) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let html = html.trim();
                assert!(html.starts_with("<!-- leeward") && html.ends_with("-->"), "{text}");
                assert_eq!(html.matches("<!--").count(), html.matches("-->").count(), "{text}");
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("http://") || dest_url.starts_with("https://"));
            }
            Event::Start(Tag::Image { .. }) => panic!("an image in {text}"),
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::Text(plain) if !in_code => {
                assert!(!plain.contains("@octocat") && !plain.contains("#1"), "{text}");
            }
            _ => {}
        }
    }
}

#[test]
fn attacks_stay_text() {
    for (name, channel) in channels() {
        for attack in ATTACKS {
            stays_text(name, &channel, attack);
            stays_text(name, &channel, &format!("a{}", attack.repeat(40)));
        }
    }
}

#[test]
fn a_template_is_filled_with_text() {
    let template = "template = \"{title} {hint} {place} {owner} {next_step} {link}\"";
    for (name, fields) in KINDS.into_iter().filter(|(name, _)| *name != "webhook") {
        let channel = channel(&format!("{fields}\n{template}"));
        for attack in ATTACKS {
            stays_text(name, &channel, attack);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_it_is_it_stays_text(
        parts in prop::collection::vec(
            prop_oneof![
                prop::sample::select(ATTACKS.to_vec()).prop_map(str::to_owned),
                "\\PC{0,12}",
                ".{0,6}",
                "[`<>&@#!\\[\\](){}|*_~\\\\:/.\"' \\r\\n-]{0,12}",
            ],
            0..6,
        )
    ) {
        let text = parts.concat();
        for (name, channel) in channels() {
            stays_text(name, &channel, &text);
        }
    }
}

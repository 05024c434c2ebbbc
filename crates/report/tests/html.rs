//! What must hold of the page, whatever was scanned, without a browser: it is
//! well-formed, loads nothing, links to nothing foreign, runs only its own
//! script, and is put together so that a keyboard and a screen reader get
//! around in it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;

use common::{
    HOSTILE, Sample, clean, hostile,
    page::{ATTRIBUTES, ELEMENTS, between, decoded, is_in, tags},
    probed::{asked, live, many, with_grants},
    rich, sample_with,
};
use insta::assert_snapshot;
use leeward_report::{Format, Style};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

fn page(sample: &Sample) -> String {
    sample.write(Format::Html, Style::PLAIN)
}

fn samples() -> Vec<Sample> {
    let grants = [(0, true), (40, true), (40, false)];
    let mut samples = vec![rich(), clean(), hostile(), asked(), live(), many(20)];
    samples.push(Sample { reveal: true, ..rich() });
    samples.extend(
        grants.map(|(n, spread)| Sample { findings: vec![with_grants(n, spread)], ..clean() }),
    );
    samples
}

#[test]
fn only_known_markup_and_no_handlers() {
    for sample in samples() {
        for tag in tags(&page(&sample)) {
            if tag.name == "!DOCTYPE" {
                continue;
            }
            assert!(is_in(ELEMENTS, &tag.name), "{tag:?}");
            for name in tag.attributes.keys() {
                assert!(is_in(ATTRIBUTES, name), "{tag:?}");
            }
        }
    }
}

#[test]
fn nothing_is_loaded_and_only_dossiers_are_linked() {
    let ours = [
        "https://console.mistral.ai/api-keys",
        "https://docs.mistral.ai/",
        "https://admin.mistral.ai/",
    ];
    for sample in samples() {
        let page = page(&sample);
        let style = between(&page, "<style>", "</style>");
        assert!(!style.contains("url(") && !style.contains("@import"));
        for tag in tags(&page) {
            assert!(tag.get("src").is_empty() && tag.get("srcset").is_empty(), "{tag:?}");
            let href = tag.get("href");
            assert!(href.is_empty() || href.starts_with('#') || ours.contains(&href), "{tag:?}");
        }
    }
}

#[test]
fn the_policy_names_what_is_there() {
    let page = page(&rich());
    let policy = tags(&page)
        .into_iter()
        .find(|tag| tag.get("http-equiv") == "Content-Security-Policy")
        .map(|tag| tag.get("content").to_owned())
        .unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    for (directive, from, to) in
        [("style-src", "<style>", "</style>"), ("script-src", "<script>", "</script>")]
    {
        let expected = between(&policy, &format!("{directive} 'sha256-"), "'");
        let text = between(&page, from, to);
        assert_eq!(decoded(expected), Sha256::digest(text).to_vec(), "{directive}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
}

#[test]
fn names_within_the_page_are_unique_and_lead_somewhere() {
    let twice = Sample {
        findings: [live(), live()].into_iter().flat_map(|one| one.findings).collect(),
        ..clean()
    };
    for sample in samples().into_iter().chain([twice]) {
        let page = page(&sample);
        let tags = tags(&page);
        let mut ids = BTreeSet::new();
        for tag in &tags {
            if let Some(id) = tag.attributes.get("id") {
                assert!(ids.insert(id.as_str()), "twice: {id}");
            }
        }
        for tag in &tags {
            for id in tag.get("aria-labelledby").split(' ').filter(|id| !id.is_empty()) {
                assert!(ids.contains(id), "{id} is nowhere");
            }
            let target = tag.get("href").strip_prefix('#').filter(|target| !target.contains('='));
            if let Some(target) = target {
                assert!(ids.contains(target), "{target} is nowhere");
            }
        }
    }
}

#[test]
fn it_has_landmarks_headings_and_captions() {
    for sample in samples() {
        let tags = tags(&page(&sample));
        let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
        for once in ["main", "h1", "header", "footer"] {
            assert_eq!(count(once), 1, "{once}");
        }
        assert_eq!(count("table"), count("caption"));
        let levels = tags.iter().filter_map(|tag| tag.name.strip_prefix('h')?.parse::<u32>().ok());
        let mut before = 0;
        for level in levels {
            assert!(level <= before + 1, "a heading of level {level} after {before}");
            before = level;
        }
        for tag in tags.iter().filter(|tag| tag.name == "svg" && !tag.get("role").is_empty()) {
            assert_eq!(tag.get("role"), "img");
            assert!(tag.get("aria-labelledby").contains("-told"), "{tag:?}");
        }
    }
}

#[test]
fn an_incomplete_scan_and_shown_values_are_said_loudly() {
    assert!(page(&rich()).contains("<strong>Incomplete. </strong>"));
    assert!(!page(&asked()).contains("<strong>Incomplete. </strong>"));
    let revealed = page(&Sample { reveal: true, ..rich() });
    assert!(revealed.contains("The values are shown in full."));
}

#[test]
fn a_scan_of_nothing_is_not_green() {
    let nothing = page(&Sample { coverage: leeward_model::Coverage::default(), ..clean() });
    assert!(nothing.contains("Nothing was scanned, so nothing can be said"));
    assert!(!nothing.contains("verdict good") && !nothing.contains("was looked at"));
}

#[test]
fn cards_of_the_picture_never_overlap() {
    for sample in samples() {
        let mut cards: Vec<[f32; 4]> = Vec::new();
        for tag in tags(&page(&sample)).iter().filter(|tag| tag.name == "svg") {
            if !tag.get("class").starts_with("card") {
                cards.clear();
                continue;
            }
            let [x, y, w, h] = ["x", "y", "width", "height"].map(|n| tag.get(n).parse().unwrap());
            for [left, top, width, height] in &cards {
                let apart =
                    x >= left + width || x + w <= *left || y >= top + height || y + h <= *top;
                assert!(apart, "{tag:?}");
            }
            cards.push([x, y, w, h]);
        }
    }
}

/// What the page is made of, but for what depends on how long a text is, or
/// on backticks in it.
fn structure(sample: &Sample) -> Vec<String> {
    let tags = tags(&page(sample)).into_iter();
    let names = tags.map(|tag| tag.name);
    names.filter(|name| !["code", "text", "title"].contains(&name.as_str())).collect()
}

#[test]
fn a_hostile_name_changes_no_structure() {
    assert_eq!(structure(&sample_with(HOSTILE)), structure(&sample_with("plain")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_changes_the_structure(text in "[a-z`<>/\"'&;=!#\\-\\[\\]{}():% \\n\\t\u{0}\u{1b}\u{202e}]{1,24}") {
        // A blank excerpt is left out.
        prop_assume!(!text.trim().is_empty());
        prop_assert_eq!(structure(&sample_with(&text)), structure(&sample_with("plain")));
    }
}

#[test]
fn html_live() {
    let page = page(&live());
    assert_snapshot!(between(&page, "<main>", "</main>").replace("><", ">\n<"));
}

#[test]
fn html_clean() {
    let page = page(&clean());
    assert_snapshot!(between(&page, "<body>", "<script>").replace("><", ">\n<"));
}

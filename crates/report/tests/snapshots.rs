//! Every screen and format, as users see them.

mod common;

use common::{Sample, clean, hostile, inside, left_out, one, probed::asked, rich};
use insta::assert_snapshot;
use leeward_model::{Coverage, Reason};
use leeward_report::{Format, Lines, Style, Suppressed};

const COLOR: Style = Style { color: true, width: 100, unicode: true };
const NARROW: Style = Style { color: false, width: 50, unicode: false };

fn human(sample: &Sample) -> String {
    sample.write(Format::Human, Style::PLAIN)
}

#[test]
fn human_rich() {
    assert_snapshot!(human(&rich()));
}

#[test]
fn human_rich_in_colour() {
    // Escapes are written out, as a snapshot is for reading.
    assert_snapshot!(rich().write(Format::Human, COLOR).replace('\x1b', "␛"));
}

#[test]
fn human_rich_narrow() {
    assert_snapshot!(rich().write(Format::Human, NARROW));
}

#[test]
fn human_hostile() {
    assert_snapshot!(human(&hostile()));
}

#[test]
fn human_one() {
    assert_snapshot!(human(&one()));
}

#[test]
fn human_inside() {
    assert_snapshot!(human(&inside()));
}

#[test]
fn human_revealed() {
    assert_snapshot!(human(&Sample { reveal: true, ..one() }));
}

#[test]
fn human_clean() {
    assert_snapshot!(human(&clean()), @"
    no exposed credentials found
    scanned 1 file in `.`: 1 byte, 0.42 s
    ");
}

#[test]
fn human_clean_but_incomplete() {
    let unreadable = Reason::Unreadable("permission denied".into());
    let coverage = Coverage {
        files_scanned: 2,
        objects_scanned: 1,
        members_scanned: 0,
        judged_before: leeward_model::JudgedBefore::default(),
        bytes_scanned: 1500,
        not_scanned: vec![
            left_out("a.sock", Reason::NotAFile, None),
            left_out("private", unreadable, None),
            left_out("log.txt", Reason::Changed, Some(12)),
        ],
        warnings: Vec::new(),
    };
    assert_snapshot!(human(&Sample { coverage, ..clean() }));
}

#[test]
fn human_nothing_scanned() {
    let coverage = Coverage::default();
    assert_snapshot!(human(&Sample { coverage, ..clean() }), @"
    nothing was scanned, so nothing can be said
    scanned 0 files in `.`: 0 bytes, 0.42 s
    ");
}

#[test]
fn human_clean_beside_suppressed() {
    let suppressed = Suppressed { baseline: 1, inline: 0, ignore_file: 1, expired: 2 };
    let sample = Sample { suppressed, below_threshold: 1, ..clean() };
    assert_snapshot!(human(&sample), @"
    no exposed credentials found beside those already known
    scanned 1 file in `.`: 1 byte, 0.42 s

    not shown: 2 findings that somebody accepted (1 in the baseline, 1 in the ignore file)
    not shown: 1 less certain finding; `--confidence low` shows all
    2 entries of the ignore file have expired: what they hid is shown again
    ");
}

#[test]
fn junit_rich() {
    assert_snapshot!(rich().write(Format::Junit, Style::PLAIN));
}

#[test]
fn junit_hostile() {
    assert_snapshot!(hostile().write(Format::Junit, Style::PLAIN));
}

#[test]
fn junit_clean() {
    assert_snapshot!(clean().write(Format::Junit, Style::PLAIN));
}

#[test]
fn gitlab_rich() {
    assert_snapshot!(rich().write(Format::Gitlab, Style::PLAIN));
}

#[test]
fn gitlab_hostile() {
    assert_snapshot!(hostile().write(Format::Gitlab, Style::PLAIN));
}

#[test]
fn gitlab_clean() {
    assert_snapshot!(clean().write(Format::Gitlab, Style::PLAIN));
}

#[test]
fn github_rich() {
    assert_snapshot!(rich().write(Format::Github, Style::PLAIN));
}

#[test]
fn github_asked() {
    assert_snapshot!(asked().write(Format::Github, Style::PLAIN));
}

#[test]
fn github_hostile() {
    assert_snapshot!(hostile().write(Format::Github, Style::PLAIN));
}

#[test]
fn github_clean() {
    assert_snapshot!(clean().write(Format::Github, Style::PLAIN), @"
    leeward: no exposed credentials found
    leeward: scanned 1 file in .: 1 byte, 0.42 s
    ");
}

#[test]
fn json_rich() {
    assert_snapshot!(rich().write(Format::Json, Style::PLAIN));
}

#[test]
fn json_hostile() {
    assert_snapshot!(hostile().write(Format::Json, Style::PLAIN));
}

#[test]
fn json_clean() {
    assert_snapshot!(clean().write(Format::Json, Style::PLAIN));
}

#[test]
fn jsonl_rich() {
    assert_snapshot!(rich().write(Format::Jsonl, Style::PLAIN));
}

#[test]
fn sarif_rich() {
    assert_snapshot!(rich().write(Format::Sarif, Style::PLAIN));
}

#[test]
fn sarif_hostile() {
    assert_snapshot!(hostile().write(Format::Sarif, Style::PLAIN));
}

#[test]
fn sarif_clean() {
    assert_snapshot!(clean().write(Format::Sarif, Style::PLAIN));
}

#[test]
fn csv_rich() {
    assert_snapshot!(rich().write(Format::Csv, Style::PLAIN));
}

#[test]
fn csv_hostile() {
    assert_snapshot!(hostile().write(Format::Csv, Style::PLAIN));
}

#[test]
fn markdown_rich() {
    assert_snapshot!(rich().write(Format::Markdown, Style::PLAIN));
}

#[test]
fn markdown_hostile() {
    assert_snapshot!(hostile().write(Format::Markdown, Style::PLAIN));
}

#[test]
fn markdown_clean() {
    assert_snapshot!(clean().write(Format::Markdown, Style::PLAIN));
}

#[test]
fn human_asked() {
    assert_snapshot!(asked().write(Format::Human, Style::PLAIN));
}

#[test]
fn json_asked() {
    assert_snapshot!(asked().write(Format::Json, Style::PLAIN));
}

#[test]
fn jsonl_asked() {
    assert_snapshot!(asked().write(Format::Jsonl, Style::PLAIN));
}

#[test]
fn sarif_asked() {
    assert_snapshot!(asked().write(Format::Sarif, Style::PLAIN));
}

#[test]
fn csv_asked() {
    assert_snapshot!(asked().write(Format::Csv, Style::PLAIN));
}

#[test]
fn markdown_asked() {
    assert_snapshot!(asked().write(Format::Markdown, Style::PLAIN));
}

#[test]
fn human_asked_in_colour() {
    assert_snapshot!(asked().write(Format::Human, COLOR).replace('\x1b', "␛"));
}

#[test]
fn human_asked_narrow() {
    assert_snapshot!(asked().write(Format::Human, NARROW));
}

#[test]
fn a_stream_holds_the_same_lines_as_a_whole() {
    let sample = rich();
    let report = sample.report();
    let mut lines = Lines::new(Vec::new());
    for finding in &sample.findings {
        lines.finding(finding, &report).unwrap();
    }
    let streamed = String::from_utf8(lines.finish(&report).unwrap()).unwrap();
    let whole = sample.write(Format::Jsonl, Style::PLAIN);
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&streamed), sorted(&whole));
    assert_eq!(streamed.lines().last(), whole.lines().last());
}

#[test]
fn packages_that_stole_credentials() {
    assert_snapshot!(human(&common::stealing()));
    assert_snapshot!("markdown_stealing", common::stealing().write(Format::Markdown, Style::PLAIN));
    assert_snapshot!("junit_stealing", common::stealing().write(Format::Junit, Style::PLAIN));
    assert_snapshot!("github_stealing", common::stealing().write(Format::Github, Style::PLAIN));
    assert_snapshot!("gitlab_stealing", common::stealing().write(Format::Gitlab, Style::PLAIN));
    assert_snapshot!("csv_stealing", common::stealing().write(Format::Csv, Style::PLAIN));
}

//! Shows the sample report of the tests: `cargo run -p leeward-report
//! --example gallery -- [FORMAT]
//! [rich|one|clean|hostile|asked|live|many|wide|long|nothing] [color] [unicode]`,
//! or of incidents: `… -- list|incident [FORMAT] [open|closed|fresh|many|hostile]`;
//! with `pack` it writes the files of an evidence pack into this directory.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "an example is a small command line of its own"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use common::incidents;
use leeward_report::{Format, IncidentFormat, ListFormat, Style};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|given| given == word);
    let format = Format::ALL.into_iter().find(|format| has(format.name())).unwrap_or(Format::Human);
    let width = words.iter().find_map(|word| word.parse().ok()).unwrap_or(100);
    let style = Style { color: has("color"), width, unicode: has("unicode") };
    if has("list") {
        let format = ListFormat::ALL.into_iter().find(|format| has(format.name()));
        let all = if has("nothing") { Vec::new() } else { incidents::incidents() };
        let text =
            incidents::list(&all, all.len(), &[], format.unwrap_or(ListFormat::Human), style);
        print!("{text}");
        return;
    }
    if has("incident") {
        let format = IncidentFormat::ALL.into_iter().find(|format| has(format.name()));
        let held = if has("closed") {
            incidents::closed()
        } else if has("fresh") {
            incidents::fresh()
        } else if has("many") {
            incidents::many()
        } else if has("hostile") {
            incidents::with_text(common::HOSTILE)
        } else {
            incidents::open()
        };
        if has("pack") {
            for file in held.with(leeward_report::pack).unwrap() {
                std::fs::write(file.name, file.bytes).unwrap();
            }
            return;
        }
        print!("{}", held.write(format.unwrap_or(IncidentFormat::Human), style));
        return;
    }
    let mut sample = if has("asked") {
        common::probed::asked()
    } else if has("live") {
        common::probed::live()
    } else if has("many") {
        common::probed::many(200)
    } else if has("wide") || has("long") || has("nothing") {
        let count = if has("nothing") { 0 } else { 40 };
        let findings = vec![common::probed::with_grants(count, has("wide"))];
        common::Sample { findings, ..common::clean() }
    } else if has("hostile") {
        common::hostile()
    } else if has("one") {
        common::one()
    } else if has("clean") {
        common::clean()
    } else {
        common::rich()
    };
    sample.reveal = has("reveal");
    print!("{}", sample.write(format, style));
}

//! Shows the sample report of the tests: `cargo run -p leeward-report
//! --example gallery -- [FORMAT]
//! [rich|one|clean|hostile|asked|live|many|wide|long|nothing] [color] [unicode]`.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "an example is a small command line of its own"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use leeward_report::{Format, Style};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|given| given == word);
    let format = Format::ALL.into_iter().find(|format| has(format.name())).unwrap_or(Format::Human);
    let width = words.iter().find_map(|word| word.parse().ok()).unwrap_or(100);
    let style = Style { color: has("color"), width, unicode: has("unicode") };
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

//! A package that stole credentials, before all findings: what it means is
//! worse than any of them.

use crate::{foreign::inert, stealer, view::StealerView};

use super::screen::{BAD, DIM, Label, NORMAL, STRONG, Screen};

/// Places that are shown.
const PLACES: usize = 5;
const WIDTH: usize = 12;

pub(super) fn show(view: &StealerView<'_>, screen: &mut Screen) {
    let kind = screen.paint(BAD, "CREDENTIAL STEALER");
    let title = screen.paint(STRONG, &inert(view.title().as_str()));
    screen.line(&format!("{kind}  {title}"));
    for (i, place) in view.places.iter().take(PLACES).enumerate() {
        let commit = place.git.as_ref().and_then(|git| git.commit());
        let commit = commit
            .map(|commit| format!(" in commit {}", crate::exposure::short(&commit.id.to_string())));
        let text = format!("{}{}", inert(&place.position()), commit.unwrap_or_default());
        screen.whole(&label(if i == 0 { "named in" } else { "" }), NORMAL, &text);
    }
    let more = view.places.len().saturating_sub(PLACES);
    if more > 0 {
        screen.whole(&label(""), DIM, &format!("and {} more", crate::words::grouped(more as u64)));
    }
    screen.prose(&label("what it did"), NORMAL, &inert(view.stealer.why.as_str()));
    screen.prose(&label("this means"), STRONG, stealer::MEANS);
    for (i, step) in stealer::TODO.iter().enumerate() {
        screen.prose(&label(if i == 0 { "do" } else { "" }), NORMAL, &format!("{}. {step}", i + 1));
    }
    let source = format!("{} {}", view.stealer.advisory, view.stealer.link);
    screen.whole(&label("source"), NORMAL, &inert(source.as_str()));
}

fn label(text: &str) -> Label<'_> {
    Label { indent: 2, text, width: WIDTH, style: DIM }
}

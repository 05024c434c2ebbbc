//! The end of the screen: what was found in all, what was looked at, what was
//! not and why, and what is kept from sight.

use crate::{
    account::{self, Clean},
    foreign::inert,
    reason::Group,
    stealer,
    view::View,
};

use super::screen::{BAD, DIM, GOOD, Label, NORMAL, STRONG, Screen, WARNING, of_severity};

const MARGIN: Label<'_> = Label { indent: 0, text: "", width: 0, style: DIM };

pub(super) fn show(view: &View<'_>, screen: &mut Screen) {
    verdict(view, screen);
    if let Some(verified) = account::verified(view) {
        screen.prose(&MARGIN, NORMAL, &verified);
    }
    if let Some(scanned) = account::looked_at(view, &|target| format!("`{}`", inert(target))) {
        screen.prose(&MARGIN, NORMAL, &scanned);
    }

    let failed = account::failed(view);
    if !failed.is_empty() {
        screen.blank();
        let text = format!("INCOMPLETE: {}", account::incomplete(&failed));
        screen.prose(&MARGIN, WARNING, &text);
        reasons(&failed, screen);
    }
    if !view.warnings.is_empty() {
        screen.blank();
    }
    for warning in &view.warnings {
        screen.prose(&MARGIN, WARNING, &format!("warning: {}", inert(warning)));
    }
    let chosen = account::chosen(view);
    if !chosen.is_empty() {
        screen.blank();
        screen.prose(&MARGIN, NORMAL, "not looked at, by choice:");
        reasons(&chosen, screen);
    }
    let kept = account::kept_from_sight(view);
    if !kept.is_empty() {
        screen.blank();
    }
    for sentence in kept {
        screen.prose(&MARGIN, NORMAL, &sentence);
    }
}

fn verdict(view: &View<'_>, screen: &mut Screen) {
    if let Some(packages) = stealer::total(view) {
        screen.prose(&MARGIN, BAD, &format!("found {packages}: {}", stealer::MEANS));
    }
    if view.findings.is_empty() {
        let (style, text) = match account::clean(view) {
            Clean::Yes(text) => (GOOD, text),
            Clean::NotQuite(text) => (WARNING, text),
        };
        return screen.prose(&MARGIN, style, text);
    }
    let counts: Vec<String> = account::severities(view)
        .map(|(severity, text)| screen.paint(of_severity(severity), &text))
        .collect();
    let found = if view.report.scanned { "found " } else { "" };
    let heading = screen.paint(STRONG, &format!("{found}{}: ", account::total(view)));
    screen.line(&format!("{heading}{}", counts.join(", ")));
    if view.report.reveal {
        let text = "the values are shown in full above: do not paste or keep this output";
        screen.prose(&MARGIN, WARNING, text);
    }
}

fn reasons(groups: &[Group<'_>], screen: &mut Screen) {
    for group in groups {
        let text = account::one_reason(group, &|text| inert(text));
        screen.prose(&Label { indent: 2, text: "- ", width: 2, style: DIM }, NORMAL, &text);
        if !group.words.next_step.is_empty() {
            screen.prose(
                &Label { indent: 4, text: "", width: 0, style: DIM },
                STRONG,
                group.words.next_step,
            );
        }
    }
}

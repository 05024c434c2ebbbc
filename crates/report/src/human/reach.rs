//! Whether a secret is live, whose it is and what it reaches, on the screen:
//! first at a glance, then each ability with what is known of it, then what
//! that means for the owner, then what is not known. The requests made come
//! last of all, for whoever has to account for them.

use leeward_model::{Assessment, Standing};

use crate::{foreign::inert, reach, view::Known};

use super::{
    finding::label,
    screen::{DIM, Label, NORMAL, STRONG, Screen, of_standing, of_validity},
};

pub(crate) fn show(view: Known<'_>, screen: &mut Screen) {
    if let Some(text) = reach::validity(view.verification) {
        let color = of_validity(view.verification.validity);
        screen.prose(&label("validity"), color, &inert(&text));
    }
    let Some(known) = view.assessment else { return };
    for (i, says) in known.identity.iter().enumerate() {
        let text = format!("{} {}", inert(&says.label), inert(&says.value));
        screen.prose(&label(if i == 0 { "belongs to" } else { "" }), NORMAL, &text);
    }
    screen.prose(&label("reaches"), STRONG, &inert(&reach::at_a_glance(known)));
    for action in reach::best_first(&known.actions, |action| action.standing) {
        screen.prose(&standing(action.standing), STRONG, &inert(&action.title));
        for part in reach::parts(action, known) {
            screen.prose(&PART, NORMAL, &inert(&part));
        }
    }
    impacts(known, screen);
    for (i, gap) in known.gaps.iter().enumerate() {
        let text = inert(&reach::gap(gap));
        screen.prose(&label(if i == 0 { "not known" } else { "" }), NORMAL, &text);
    }
}

/// Under the title of an ability.
const PART: Label<'_> = Label { indent: 14, text: "- ", width: 2, style: DIM };

/// Under the labels' column, so that texts stay in line.
fn standing(standing: Standing) -> Label<'static> {
    Label { indent: 4, text: standing.name(), width: 10, style: of_standing(standing) }
}

/// What it means for the owner: a line for each standing, with names only.
fn impacts(known: &Assessment, screen: &mut Screen) {
    let mut first = true;
    let all = [Standing::Proven, Standing::Inferred, Standing::Unknown, Standing::Refused];
    for standing in all {
        let these = known.impacts.iter().filter(|impact| impact.standing == standing);
        let titles: Vec<&str> = these.map(|impact| impact.title.as_str()).collect();
        if !titles.is_empty() {
            let text = format!("{}: {}", standing.name(), inert(&titles.join("; ")));
            screen.prose(&label(if first { "impact" } else { "" }), NORMAL, &text);
            first = false;
        }
    }
}

/// Every request made for this finding, a line each.
pub(crate) fn requests(view: Known<'_>, screen: &mut Screen) {
    let requests = reach::requests(view.verification, view.assessment);
    for (i, request) in requests.enumerate() {
        let text = inert(&reach::request(request));
        screen.whole(&label(if i == 0 { "requests" } else { "" }), DIM, &text);
    }
}

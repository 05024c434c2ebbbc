//! The blast radius as a picture, before it is drawn: which cards stand in
//! which column, what they say, and what leads to what.
//!
//! Four columns: the key, whom it belongs to, what can be done and with what,
//! what follows. The picture leaves out what does not fit; the tables beside
//! it hold everything.

use leeward_model::{Action, Assessment, Count, Standing};

use crate::{
    reach::{at_a_glance, best_first, counted, grants_of},
    view::Known,
    words::{count, grouped, size},
};

use super::text::{mark_of, sign, validity_word};

/// Abilities, and impacts, with a card of their own.
const ACTIONS: usize = 12;
const IMPACTS: usize = 10;
/// Traits shown of whom it belongs to.
const TRAITS: usize = 6;
/// Kinds of things shown under one ability.
const GRANTS: usize = 6;

/// Cards in columns, and the lines between them.
pub(super) struct Radius {
    pub(super) key: Card,
    pub(super) owner: Card,
    pub(super) actions: Vec<Card>,
    pub(super) impacts: Vec<Card>,
    /// From an action to an impact, by their places in the lists.
    pub(super) edges: Vec<(usize, usize, Standing)>,
    /// The whole in a sentence, for who does not see it.
    pub(super) told: String,
}

/// A box with text.
pub(super) struct Card {
    /// How sure it is: decides how the box is drawn.
    pub(super) standing: Standing,
    /// The small line on top.
    pub(super) caption: String,
    /// What it is.
    pub(super) title: String,
    /// Lines below: a small word before, if any, and the text.
    pub(super) lines: Vec<(String, String)>,
}

pub(super) fn of(view: Known<'_>, known: &Assessment) -> Radius {
    let sorted = best_first(&known.actions, |action| action.standing);
    let mut actions: Vec<Card> =
        sorted.iter().take(ACTIONS).map(|action| card(action, known)).collect();
    actions.extend(beside(known));
    actions.extend(more(sorted.len(), ACTIONS, "more ability", "more abilities"));
    if actions.is_empty() {
        actions.push(Card {
            standing: Standing::Unknown,
            caption: "? unknown".to_owned(),
            title: "What can be done with it".to_owned(),
            lines: Vec::new(),
        });
    }
    let sorted_impacts = best_first(&known.impacts, |impact| impact.standing);
    let mut edges = Vec::new();
    for (to, impact) in sorted_impacts.iter().take(IMPACTS).enumerate() {
        for (from, action) in sorted.iter().take(ACTIONS).enumerate() {
            if impact.from.contains(&action.id) {
                edges.push((from, to, impact.standing));
            }
        }
    }
    let titled = |standing: Standing, title: &str| Card {
        standing,
        caption: format!("{} {}", sign(standing), standing.name()),
        title: title.to_owned(),
        lines: Vec::new(),
    };
    let mut impacts: Vec<Card> = sorted_impacts
        .iter()
        .take(IMPACTS)
        .map(|impact| titled(impact.standing, &impact.title))
        .collect();
    impacts.extend(more(sorted_impacts.len(), IMPACTS, "more impact", "more impacts"));
    Radius { key: key(view), owner: owner(known), actions, impacts, edges, told: told(view, known) }
}

/// Says that not all has a card.
fn more(all: usize, shown: usize, one: &str, many: &str) -> Option<Card> {
    let rest = all.checked_sub(shown).filter(|rest| *rest > 0)?;
    Some(Card {
        standing: Standing::Unknown,
        caption: String::new(),
        title: format!("{} in the tables below", count(rest, one, many)),
        lines: Vec::new(),
    })
}

fn key(view: Known<'_>) -> Card {
    let validity = view.verification.validity;
    Card {
        standing: Standing::Proven,
        caption: String::new(),
        title: view.hint.to_owned(),
        lines: vec![(String::new(), format!("{} {}", mark_of(validity), validity_word(validity)))],
    }
}

fn owner(known: &Assessment) -> Card {
    let mut lines: Vec<(String, String)> = known
        .identity
        .iter()
        .take(TRAITS)
        .map(|says| (says.label.clone(), says.value.clone()))
        .collect();
    let more = known.identity.len().saturating_sub(TRAITS);
    if more > 0 {
        lines.push((String::new(), format!("and {more} more")));
    }
    let is_known = !lines.is_empty();
    Card {
        standing: if is_known { Standing::Proven } else { Standing::Unknown },
        caption: String::new(),
        title: if is_known { String::new() } else { "nobody known".to_owned() },
        lines,
    }
}

fn card(action: &Action, known: &Assessment) -> Card {
    Card {
        standing: action.standing,
        caption: format!("{} {}", sign(action.standing), action.standing.name()),
        title: action.title.clone(),
        lines: things(&grants_of(action, known)),
    }
}

/// What was counted and shows no ability of the dossier's.
fn beside(known: &Assessment) -> Option<Card> {
    let shown = |id: &String| known.actions.iter().any(|action| action.grants.contains(id));
    let rest: Vec<_> = known.grants.iter().filter(|grant| !shown(&grant.id)).collect();
    (!rest.is_empty()).then(|| Card {
        standing: Standing::Proven,
        caption: "● proven".to_owned(),
        title: "Also within reach".to_owned(),
        lines: things(&rest),
    })
}

fn things(grants: &[&leeward_model::Grant]) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = grants
        .iter()
        .take(GRANTS)
        .map(|grant| {
            let mut text = match grant.count {
                Count::Unsaid => format!("{}, uncounted", grant.noun.1),
                _ => counted(grant),
            };
            if let Some(bytes) = grant.bytes {
                text = format!("{text}, {}", size(bytes));
            }
            (String::new(), text)
        })
        .collect();
    let more = grants.len().saturating_sub(GRANTS);
    if more > 0 {
        let text = format!("and {} of things", count(more, "more kind", "more kinds"));
        lines.push((String::new(), text));
    }
    lines
}

fn told(view: Known<'_>, known: &Assessment) -> String {
    let number = |wanted: Standing| {
        let n = known.actions.iter().filter(|action| action.standing == wanted).count();
        format!("{} {}", grouped(n as u64), wanted.name())
    };
    let standings = [Standing::Proven, Standing::Inferred, Standing::Unknown, Standing::Refused];
    let owner: Vec<String> = known
        .identity
        .iter()
        .take(TRAITS)
        .map(|says| format!("{} {}", says.label, says.value))
        .collect();
    let owner = if owner.is_empty() { "nobody known".to_owned() } else { owner.join(", ") };
    format!(
        "From left to right: the key {}, {}; it belongs to {owner}; abilities: {}; impacts: {}. \
         Counted: {}. The tables below say the same in full.",
        view.hint,
        validity_word(view.verification.validity),
        standings.map(number).join(", "),
        grouped(known.impacts.len() as u64),
        at_a_glance(known),
    )
}

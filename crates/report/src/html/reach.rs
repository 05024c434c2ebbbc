//! What a secret reaches, on the page: the picture first, then the same in
//! tables, which say everything that the picture cannot; and what was asked.

use leeward_model::{Action, Assessment, Evidence};
use maud::{Markup, html};

use crate::{
    reach::{at_a_glance, best_first, brief, counted, measured, requests as made, status},
    view::Known,
    words::{clip, count, grouped, minute, rfc3339},
};

use super::{
    picture, radius,
    text::{self, cell, table},
};

/// Names listed of things of one kind.
const NAMES: usize = 12;

pub(crate) fn show(view: Known<'_>, name: &str) -> Markup {
    let Some(known) = view.assessment else { return html! {} };
    let title = format!("{name}-reach");
    html! {
        section .reach aria-labelledby=(title) {
            h4 id=(title) { "What it reaches" }
            (inside(view, known, name))
        }
    }
}

/// The same without a heading.
pub(crate) fn inside(view: Known<'_>, known: &Assessment, name: &str) -> Markup {
    html! {
        p .glance { (text::prose(&crate::words::capital(&at_a_glance(known)))) "." }
        (picture::show(&radius::of(view, known), name))
        (actions(known))
        (grants(known))
        (impacts(known))
        (gaps(known))
    }
}

fn actions(known: &Assessment) -> Markup {
    let rows = html! {
        @for action in best_first(&known.actions, |action| action.standing) {
            tr {
                (cell("Known", &text::standing(action.standing)))
                (cell("Ability", &html! { strong { (action.title) } }))
                (cell("Because", &html! {
                    @for part in brief(action, known) { p { (text::prose(&part)) } }
                }))
            }
        }
    };
    html! {
        @if !known.actions.is_empty() {
            (table("What an attacker can do", &["Known", "Ability", "Because"], &rows))
        }
    }
}

fn grants(known: &Assessment) -> Markup {
    let rows = html! {
        @for grant in &known.grants {
            tr {
                (cell("What", &html! { strong { (counted(grant)) } " to " (grant.verb) }))
                (cell("Size, kind, time", &html! { (or_dash(&measured(grant))) }))
                (cell("Names", &names(&grant.names)))
                (cell("Worse, because", &html! {
                    (or_dash(grant.raises.as_deref().unwrap_or_default()))
                }))
            }
        }
    };
    let heads = ["What", "Size, kind, time", "Names", "Worse, because"];
    html! { @if !known.grants.is_empty() { (table("What was counted", &heads, &rows)) } }
}

fn names(names: &[String]) -> Markup {
    let more = names.len().saturating_sub(NAMES);
    html! {
        @if names.is_empty() { "–" }
        @for (i, name) in names.iter().take(NAMES).enumerate() {
            @if i > 0 { ", " }
            code { (clip(name)) }
        }
        @if more > 0 { " and " (grouped(more as u64)) " more" }
    }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

fn impacts(known: &Assessment) -> Markup {
    let from = |ids: &[String]| -> String {
        let leads = |action: &&Action| ids.contains(&action.id);
        let titles = known.actions.iter().filter(leads).map(|action| action.title.as_str());
        titles.collect::<Vec<_>>().join("; ")
    };
    let rows = html! {
        @for impact in best_first(&known.impacts, |impact| impact.standing) {
            tr {
                (cell("Known", &text::standing(impact.standing)))
                (cell("Impact", &html! { strong { (impact.title) } }))
                (cell("What happens", &text::prose(&impact.text)))
                (cell("Follows from", &html! { (or_dash(&from(&impact.from))) }))
            }
        }
    };
    let heads = ["Known", "Impact", "What happens", "Follows from"];
    html! {
        @if !known.impacts.is_empty() { (table("What that means for the owner", &heads, &rows)) }
    }
}

fn gaps(known: &Assessment) -> Markup {
    let rows = html! {
        @for gap in &known.gaps {
            tr {
                (cell("Not known", &html! { strong { (text::prose(&gap.what)) } }))
                (cell("Question", &html! { code { (clip(&gap.probe)) } }))
                (cell("Why", &html! { (or_dash(&gap.why)) }))
            }
        }
    };
    html! {
        @if !known.gaps.is_empty() {
            (table("What is not known: no answer is not a no", &["Not known", "Question", "Why"], &rows))
        }
    }
}

/// Every request that was made, for whoever has to account for them.
pub(crate) fn requests(view: Known<'_>) -> Markup {
    let all: Vec<&Evidence> = made(view.verification, view.assessment).collect();
    if all.is_empty() {
        return html! {};
    }
    html! {
        details .more {
            summary { h4 { "Evidence: " (count(all.len(), "request made", "requests made")) } }
            (request_table(&all))
        }
    }
}

/// The table of requests.
pub(crate) fn request_table(all: &[&Evidence]) -> Markup {
    let rows = html! { @for request in all { (request_row(request)) } };
    let heads = ["Time", "Request", "Answer", "Took", "Id of the exchange"];
    table("Every request that was made, in order", &heads, &rows)
}

fn request_row(request: &Evidence) -> Markup {
    let at = minute(request.at).unwrap_or_else(|| "an impossible time".to_owned());
    let exact = rfc3339(request.at).unwrap_or_default();
    html! {
        tr {
            (cell("Time", &html! { time datetime=(exact) title=(exact) { (at) } }))
            (cell("Request", &html! {
                code { (request.method) " " (clip(&request.host)) (clip(&request.path)) }
            }))
            (cell("Answer", &html! {
                (status(request))
                @if !request.meaning.is_empty() { ": " (request.meaning) }
            }))
            (cell("Took", &html! {
                (grouped(request.millis)) " ms"
                @if request.attempts > 1 {
                    ", sent " (grouped(u64::from(request.attempts))) " times"
                }
            }))
            (cell("Id of the exchange", &html! {
                @if let Some(id) = &request.correlation { code { (clip(id)) } } @else { "–" }
            }))
        }
    }
}

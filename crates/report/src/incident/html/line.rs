//! How long the secret lay open, on the page: in sentences, drawn, and as a
//! table of every moment.

use maud::{Markup, html};

use crate::{
    html::text::{cell, prose, table},
    incident::{
        shown::Shown,
        tell::{self, Beat},
    },
    words::{capital, rfc3339},
};

use super::picture;

pub(super) fn show(shown: &Shown<'_>) -> Markup {
    html! {
        section #exposure aria-labelledby="exposure-title" {
            h2 #exposure-title { "How long it lay open" }
            div .panel {
                ul .sentences {
                    @for sentence in tell::window(shown) { li { (capital(&sentence)) "." } }
                }
                @if let Some(picture) = drawn(shown) { (picture) }
                (moments(shown))
            }
        }
    }
}

/// Only the picture.
pub(in crate::incident) fn drawn(shown: &Shown<'_>) -> Option<Markup> {
    shown.line.as_ref().map(|line| picture::show(line, &told(shown)))
}

/// The picture in words, for who does not see it.
fn told(shown: &Shown<'_>) -> String {
    let mut text = tell::window(shown).join("; ");
    for mark in shown.line.iter().flat_map(|line| &line.marks) {
        text = format!("{text}. {}: {}", capital(&mark.name()), tell::second(mark.at));
    }
    format!("{text}. The table below has every moment.")
}

pub(in crate::incident) fn moments(shown: &Shown<'_>) -> Markup {
    let rows = html! {
        @for beat in tell::beats(shown) {
            @match beat {
                Beat::Moment(moment, after) => {
                    @let exact = rfc3339(moment.at).unwrap_or_default();
                    tr {
                        (cell("Time", &html! { time datetime=(exact) { (tell::second(moment.at)) } }))
                        (cell("After", &html! {
                            @match after { Some(after) => { "+" (tell::brief(after)) }, None => "–" }
                        }))
                        (cell("What", &html! {
                            strong class={ "kind is-" (moment.kind.name()) } { (tell::moment(moment.kind)) }
                        }))
                        (cell("In words", &prose(&moment.text)))
                    }
                }
                Beat::More(n, kind) => {
                    tr .same {
                        (cell("Time", &html! { "…" })) (cell("After", &html! { "…" }))
                        (cell("What", &html! { (tell::moment(kind)) }))
                        (cell("In words", &html! { (n) " more times" }))
                    }
                }
            }
        }
    };
    html! {
        @if !shown.moments.is_empty() {
            div .moments {
                (table("Every moment", &["Time", "After", "What", "In words"], &rows))
            }
        }
    }
}

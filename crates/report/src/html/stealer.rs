//! Packages that stole credentials, above the findings.

use maud::{Markup, html};

use crate::{stealer, view::View, words};

use super::text;

/// Places that are listed.
const PLACES: usize = 50;

pub(super) fn show(view: &View<'_>) -> Markup {
    html! {
        @if !view.stealers.is_empty() {
            section #stealers aria-labelledby="stealers-title" {
                h2 #stealers-title { "Packages that stole credentials" }
                div .banner.bad role="note" {
                    strong { (words::capital(stealer::MEANS)) "." }
                    ol { @for step in stealer::TODO { li { (text::prose(&words::capital(step))) "." } } }
                }
                @for one in &view.stealers {
                    h3 { (one.title()) }
                    p {
                        (text::prose(&one.stealer.why)) " "
                        "(" (one.stealer.advisory) ") " (text::link(&one.stealer.link))
                    }
                    ul .paths {
                        @for place in one.places.iter().take(PLACES) {
                            li {
                                code { (crate::foreign::inert(&place.position())) }
                                @if let Some(commit) = place.git.as_ref().and_then(|git| git.commit()) {
                                    " in commit "
                                    code { (crate::exposure::short(&commit.id.to_string())) }
                                }
                            }
                        }
                        @if one.places.len() > PLACES {
                            li { "and " (words::grouped((one.places.len() - PLACES) as u64)) " more" }
                        }
                    }
                }
            }
        }
    }
}

//! How to find one's way: keys, words, and where more is written.

use axum::response::Response;
use maud::html;

use super::{
    assets,
    page::{self, Page},
    parts::{severity, state, validity},
    query::{SEVERITIES, VALIDITIES},
    visit::Visit,
};

const KEYS: [(&str, &str); 15] = [
    ("/", "search"),
    ("j", "next row"),
    ("k", "row before"),
    ("Enter", "open the row"),
    ("x", "choose the row"),
    ("n", "next page"),
    ("p", "page before"),
    ("g o", "overview"),
    ("g i", "incidents"),
    ("g s", "sources"),
    ("g j", "jobs"),
    ("g d", "dossiers"),
    ("g l", "log"),
    ("g e", "settings"),
    ("?", "this page"),
];

pub(super) async fn show(visit: Visit) -> Response {
    let body = html! {
        div .top { div { h1 { "Help" } p .lead { "Leeward " (env!("CARGO_PKG_VERSION")) " finds exposed credentials, says what they reach, and closes the exposure step by step." } } }
        div .grid {
            section .pane {
                h2 { "Keys" }
                table .keys {
                    caption .sr { "Keys and what they do" }
                    thead { tr { th scope="col" { "Key" } th scope="col" { "Does" } } }
                    tbody { @for (key, does) in KEYS { tr { td { @for (nth, part) in key.split(' ').enumerate() { @if nth > 0 { " then " } kbd { (part) } } } td { (does) } } } }
                }
            }
            section .pane {
                h2 { "Words" }
                dl .facts {
                    @for one in SEVERITIES { dt { (severity(one)) } dd { (match one {
                        leeward_model::Severity::Critical => "act now, whatever the hour",
                        leeward_model::Severity::High => "act today",
                        leeward_model::Severity::Medium => "plan it",
                        leeward_model::Severity::Low => "when there is time",
                    }) } }
                    @for one in VALIDITIES { dt { (validity(one)) } dd { (match one {
                        leeward_model::Validity::Active => "the provider accepted it",
                        leeward_model::Validity::Restricted => "it is real, but limited: out of quota, or short of a permission",
                        leeward_model::Validity::Unknown => "asked, and the answer says nothing; no answer is not a no",
                        leeward_model::Validity::Unchecked => "nobody asked",
                        leeward_model::Validity::Inactive => "the provider refused it",
                    }) } }
                    @for one in leeward_model::State::ALL { dt { (state(one)) } dd { (match one {
                        leeward_model::State::Open => "nothing was done that makes the value useless",
                        leeward_model::State::Reopened => "it was closed, and the value was found alive or visible again",
                        leeward_model::State::Contained => "the value is useless",
                        leeward_model::State::Rotated => "and whatever used it uses another",
                        leeward_model::State::Closed => "and every required step is done or waived",
                    }) } }
                }
            }
            section .pane {
                h2 { "More" }
                ul {
                    li { "A list is kept by its address: filters, order and page are in it." }
                    li { "Values are never shown, and never kept. A value that is typed in for a step is used once." }
                    li { "What a person may do: a viewer looks, a responder works on incidents, an admin looks after accounts and sources." }
                    li { "A program uses the API, with a token from " a href="/settings#tokens" { "settings" } "." }
                    li { "Charts are drawn with uPlot (" a href=(assets::path("uplot-license.txt")) { "licence" } ")." }
                }
            }
        }
    };
    page::show(&visit, Page { title: "Help".to_owned(), under: "/help", has_charts: false, body })
}

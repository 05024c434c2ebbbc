//! What stands around every page: head, navigation, who is signed in, what just
//! happened. And the last door for foreign text: whatever a page says, no character in
//! it acts on how the text around it is shown.

use std::fmt::Write as _;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use leeward_model::acts_on_display;
use leeward_store::Trouble;
use maud::{DOCTYPE, Markup, html};

use super::{
    assets,
    parts::{self, csrf},
    visit::{Flash, Visit},
};
use crate::Role;

/// Takes the message of the page before away again.
const NO_FLASH: &str = "leeward_flash=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict";

/// A page without what stands around it.
pub(super) struct Page {
    /// What it is called.
    pub(super) title: String,
    /// The path of the navigation that it belongs to.
    pub(super) under: &'static str,
    /// Whether it draws charts.
    pub(super) has_charts: bool,
    /// What is on it.
    pub(super) body: Markup,
}

/// A place in the navigation: where, its name, the count beside it.
type Stop = (&'static str, &'static str, Option<&'static str>);

const STOPS: [Stop; 8] = [
    ("/", "Overview", None),
    ("/incidents", "Incidents", Some("open")),
    ("/sources", "Sources", None),
    ("/jobs", "Jobs", None),
    ("/dossiers", "Dossiers", None),
    ("/log", "Log", None),
    ("/settings", "Settings", None),
    ("/help", "Help", None),
];

/// A page, as it is answered.
pub(super) fn show(visit: &Visit, page: Page) -> Response {
    answer(visit, StatusCode::OK, &page)
}

fn answer(visit: &Visit, status: StatusCode, page: &Page) -> Response {
    let text = whole(
        &page.title,
        page.has_charts,
        &html! {
            div .shell {
                (rail(visit, page.under))
                main #main tabindex="-1" {
                    div role="status" aria-live="polite" { @if let Some(flash) = &visit.flash { (said(flash)) } }
                    (page.body)
                    p .foot {
                        "Leeward " (env!("CARGO_PKG_VERSION")) ". Values are masked: the first and last \
                         characters tell which one is meant. Times are UTC."
                    }
                }
            }
        },
    );
    let mut answer = (status, axum::response::Html(text)).into_response();
    if visit.flash.is_some() {
        answer.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static(NO_FLASH));
    }
    answer
}

/// A page that stands alone, for those who are not signed in.
pub(crate) fn alone(title: &str, flash: Option<&str>, body: &Markup) -> String {
    let inside = html! {
        main #main .alone {
            a .brand href="/" { img src=(assets::path("icon.svg")) alt="" width="28" height="28"; "Leeward" }
            div role="status" aria-live="polite" {
                @if let Some(text) = flash {
                    (said(&Flash { done: false, text: text.to_owned() }))
                }
            }
            div .pane { (body) }
        }
    };
    whole(title, false, &inside)
}

fn whole(title: &str, has_charts: bool, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex, nofollow, noarchive";
                title { (title) " · Leeward" }
                link rel="icon" type="image/svg+xml" href=(assets::path("icon.svg"));
                @if has_charts { link rel="stylesheet" href=(assets::path("uplot.css")); }
                link rel="stylesheet" href=(assets::path("app.css"));
                script src=(assets::path("theme.js")) {}
                @if has_charts { script defer src=(assets::path("uplot.js")) {} }
                @if has_charts { script defer src=(assets::path("charts.js")) {} }
                script defer src=(assets::path("app.js")) {}
            }
            body {
                a .skip href="#main" { "Skip to the content" }
                (body)
            }
        }
    };
    visible(&page.into_string())
}

/// A text without characters that act on how it is shown; those are written out. Lines
/// stay lines.
fn visible(text: &str) -> String {
    if !text.chars().any(|c| c != '\n' && acts_on_display(c)) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if c == '\n' || !acts_on_display(c) {
            shown.push(c);
        } else {
            // Writing into a text cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        }
    }
    shown
}

fn rail(visit: &Visit, under: &str) -> Markup {
    html! {
        header .rail {
            a .brand href="/" { img src=(assets::path("icon.svg")) alt="" width="22" height="22"; "Leeward" }
            nav aria-label="Main" {
                ul {
                    @for (path, name, count) in STOPS {
                        @if path != "/settings" || visit.who.may(Role::Viewer) {
                            li {
                                a href=(path) aria-current=[(path == under).then_some("page")] {
                                    (name)
                                    @if let Some(count) = count {
                                        span .count data-count=(count) {}
                                    }
                                }
                            }
                        }
                    }
                }
            }
            div .who {
                p { strong { (visit.who.name) } " " small .dim { (visit.who.role) } }
                div .row {
                    button .small .theme type="button" data-theme-toggle aria-label="Switch between light and dark" { "Dark" }
                    form method="post" action="/sign-out" { (csrf(&visit.who)) button .small { "Sign out" } }
                }
            }
        }
    }
}

fn said(flash: &Flash) -> Markup {
    let (class, sign) = if flash.done { ("done", "✓") } else { ("not", "✕") };
    html! {
        div class={ "flash " (class) } {
            span aria-hidden="true" { (sign) }
            p { (parts::capital(&flash.text)) }
        }
    }
}

/// A page that says why there is nothing else.
pub(super) fn refusal(visit: &Visit, status: StatusCode, title: &str, text: &str) -> Response {
    let page = Page {
        title: title.to_owned(),
        under: "",
        has_charts: false,
        body: html! {
            div .top { h1 { (title) } }
            div .pane {
                p { (parts::capital(text)) "." }
                p { a href="/" { "Overview" } " · " a href="/incidents" { "Incidents" } }
            }
        },
    };
    answer(visit, status, &page)
}

/// What the store says, as a page.
pub(super) fn trouble(visit: &Visit, trouble: &Trouble) -> Response {
    match trouble {
        Trouble::NoIncident(_) => {
            refusal(visit, StatusCode::NOT_FOUND, "There is no such incident", &trouble.to_string())
        }
        Trouble::Locked => refusal(
            visit,
            StatusCode::SERVICE_UNAVAILABLE,
            "The database is busy",
            &trouble.to_string(),
        ),
        _ => refusal(
            visit,
            StatusCode::INTERNAL_SERVER_ERROR,
            "The database did not answer as it should",
            &trouble.to_string(),
        ),
    }
}

/// For a path that leads nowhere.
pub(super) async fn nothing_here(visit: Visit) -> Response {
    refusal(&visit, StatusCode::NOT_FOUND, "There is nothing here", "no page has this address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_the_display_is_written_out() {
        assert_eq!(visible("a\u{202e}b\u{1b}c\nd\te"), "a\\u{202e}b\\u{1b}c\nd\\u{9}e");
        assert_eq!(visible("plain é 日"), "plain é 日");
    }
}

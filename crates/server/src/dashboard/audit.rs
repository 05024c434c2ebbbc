//! The log of everything: who did what and when, and whether it is still what was
//! written.

use axum::{extract::RawQuery, response::Response};
use leeward_model::{Event, EventKind, IncidentId};
use leeward_store::LogQuery;
use maud::{Markup, html};

use super::{
    page::{self, Page},
    parts::{cell, choice, count, csrf, empty, exactly, prose, safe},
    query::{self, Asked},
    visit::{Fields, Visit, then},
};
use crate::Role;

/// Entries on a page.
const PAGE: u32 = 100;
/// Faults that are told at once.
const FAULTS: usize = 5;

pub(super) async fn show(visit: Visit, RawQuery(raw): RawQuery) -> Result<Response, Response> {
    const DAY: i64 = 86_400;
    let asked = Asked::of(raw.as_deref());
    let some = |name| Some(asked.get(name).to_owned()).filter(|text| !text.is_empty());
    let wanted = LogQuery {
        kind: asked.get("kind").parse().ok(),
        actor: some("who"),
        incident: asked.get("incident").trim_start_matches('#').parse().ok().map(IncidentId),
        text: some("q"),
        from: query::day(asked.get("from")),
        until: query::day(asked.get("until")).map(|at| at + DAY),
    };
    let before = asked.get("before").parse().ok();
    let (mut events, head) = visit
        .store(move |store| Ok((store.log_before(&wanted, before, PAGE + 1)?, store.head()?)))
        .await?;
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let has_more = events.len() > page;
    events.truncate(page);
    let here = asked.without("before", None);
    let older = events.last().filter(|_| has_more).map(|event| event.sequence.to_string());
    let older = older.map(|at| here.with("before", &at).link("/log"));
    let newest = (!asked.get("before").is_empty()).then(|| here.link("/log"));
    let body = html! {
        div .top {
            div {
                h1 { "Log" }
                p .lead { "Everything that happened, newest first. Each entry is bound by its hash to all before it: what is changed or taken out shows." }
            }
            @if visit.who.may(Role::Responder) {
                form method="post" action="/log/verify" { (csrf(&visit.who)) button { "Verify the chain" } }
            }
        }
        (form(&here))
        section .pane.flush {
            @if events.is_empty() { (empty("No entry matches", "Take a filter away.")) } @else { (table(&events)) }
            (pager(newest.as_deref(), older.as_deref()))
        }
        p .dim { "The newest entry of all:" }
        p .hash { (head.sequence) ":" (head.hash) }
    };
    Ok(page::show(&visit, Page { title: "Log".to_owned(), under: "/log", has_charts: false, body }))
}

fn form(here: &Asked) -> Markup {
    html! {
        form .pane.filterbox role="search" method="get" action="/log" aria-label="Log" {
            div .filters {
                div .field.wide { label for="q" { "What it says" } input #q type="search" name="q" value=(here.get("q")) data-search autocomplete="off" aria-keyshortcuts="/"; }
                div .field { label for="kind" { "Kind" } select #kind name="kind" {
                    (choice("", "Any", here.get("kind")))
                    @for kind in EventKind::ALL { (choice(kind.name(), kind.name(), here.get("kind"))) }
                } }
                div .field { label for="who" { "Who" } input #who name="who" value=(here.get("who")) autocomplete="off"; }
                div .field { label for="incident" { "Incident" } input #incident name="incident" inputmode="numeric" value=(here.get("incident")) autocomplete="off"; }
                div .field { label for="from" { "From" } input #from type="date" name="from" value=(here.get("from")); }
                div .field { label for="until" { "Until" } input #until type="date" name="until" value=(here.get("until")); }
                div .actions { button .main { "Find" } a .button href="/log" { "Clear" } }
            }
        }
    }
}

fn table(events: &[Event]) -> Markup {
    html! {
        div .scrolls.stack { table .log {
            caption .sr { "Entries of the log, newest first" }
            thead { tr { th scope="col" { "Entry" } th scope="col" { "Time" } th scope="col" { "Who" } th scope="col" { "Incident" } th scope="col" { "What" } th scope="col" { "Hash" } } }
            tbody {
                @for event in events {
                    @let entry = &event.entry;
                    tr data-row {
                        (cell("Entry", &html! { span .dim { (event.sequence) } }))
                        (cell("Time", &html! { span .nowrap { (exactly(entry.at)) } }))
                        (cell("Who", &html! { (safe(&entry.actor)) }))
                        (cell("Incident", &html! { @match entry.incident { Some(id) => a href={ "/incidents/" (id) } data-open { "#" (id) }, None => "–" } }))
                        (cell("What", &html! { span .badge { (entry.kind.name()) } " " span .said { (prose(&safe(&entry.text))) } }))
                        (cell("Hash", &html! { span .hash title=(event.hash) { (event.hash.get(..12).unwrap_or_default()) "…" } }))
                    }
                }
            }
        } }
    }
}

fn pager(newest: Option<&str>, older: Option<&str>) -> Markup {
    html! {
        @if newest.is_some() || older.is_some() {
            nav .pager aria-label="Pages" { div .actions {
                @if let Some(link) = newest { a .button.small rel="prev" href=(link) { "← Newest" } }
                @if let Some(link) = older { a .button.small rel="next" href=(link) { "Older →" } }
            } }
        }
    }
}

/// Reads the whole log and says whether it holds.
pub(super) async fn verify(visit: Visit, _fields: Fields) -> Result<Response, Response> {
    visit.must(Role::Responder)?;
    let check = visit.store(leeward_store::Store::verify_log).await?;
    let outcome = if check.is_sound() {
        Ok(format!("the log is whole: {}, none altered", count(check.events, "event", "events")))
    } else {
        let faults: Vec<String> =
            check.problems.iter().take(FAULTS).map(|fault| safe(&fault.to_string())).collect();
        Err(format!(
            "the log was altered: {} in {} events: {}; restore the database from a backup, and find out who can write to it",
            count(check.problems.len() as u64, "fault", "faults"),
            check.events,
            faults.join("; ")
        ))
    };
    Ok(then("/log", &outcome))
}

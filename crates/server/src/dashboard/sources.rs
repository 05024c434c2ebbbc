//! Sources that are watched: how each is, when it is looked at, and what of it was not.

use axum::response::Response;
use maud::{Markup, html};

use super::{
    behind::{Gap, Source, SourceAsk, SourceHealth},
    page::{self, Page},
    parts::{ago, capital, count, csrf, empty, grouped, prose, safe},
    query::Asked,
    visit::{Fields, Visit, then},
};
use crate::Role;

/// Gaps that are shown of a source.
const GAPS: usize = 100;

pub(super) async fn show(visit: Visit) -> Response {
    let sources = match visit.behind.backstage.clone() {
        Some(backstage) => visit.blocking(move || backstage.sources()).await,
        None => Ok(Vec::new()),
    };
    let body = html! {
        div .top { div {
            h1 { "Sources" }
            p .lead { "Services of others that are watched for secrets of yours. What is not looked at is said, with the reason." }
        } }
        @match &sources {
            Err(why) => div .banner.bad { p { (prose(&safe(why))) } },
            Ok(sources) if sources.is_empty() => div .pane {
                (empty("No source is watched", "Name one under [[source]] in the settings, and start the server again."))
            },
            Ok(sources) => @for (nth, source) in sources.iter().enumerate() { (one(&visit, source, nth)) },
        }
    };
    page::show(
        &visit,
        Page { title: "Sources".to_owned(), under: "/sources", has_charts: false, body },
    )
}

fn health(health: &SourceHealth) -> Markup {
    let (class, mark, word) = match health {
        SourceHealth::Well => ("good", "✓", "well"),
        SourceHealth::Looking => ("good", "↻", "looking"),
        SourceHealth::Paused => ("", "❚❚", "paused"),
        SourceHealth::Waiting(_) => ("warn", "…", "waiting"),
        SourceHealth::Failing(_) => ("bad", "✕", "failing"),
    };
    html! { span class={ "badge " (class) } { span aria-hidden="true" { (mark) } " " (word) } }
}

fn one(visit: &Visit, source: &Source, nth: usize) -> Markup {
    let title = format!("source-{nth}");
    let incidents =
        Asked::default().with("source", &source.name).with("state", "any").link("/incidents");
    html! {
        section .pane.source aria-labelledby=(title) {
            div .head-row {
                div {
                    h2 id=(title) { (safe(&source.name)) " " (health(&source.health)) span .badge { (safe(&source.service)) } }
                    p .dim { (safe(&source.what)) }
                }
                @if visit.who.may(Role::Admin) {
                    form .actions method="post" action="/sources/ask" {
                        (csrf(&visit.who)) input type="hidden" name="name" value=(source.name);
                        button .small name="ask" value="look" aria-label={ "Look now at " (source.name) } { "Look now" }
                        @if source.health == SourceHealth::Paused {
                            button .small name="ask" value="resume" aria-label={ "Resume " (source.name) } { "Resume" }
                        } @else {
                            button .small name="ask" value="pause" aria-label={ "Pause " (source.name) } { "Pause" }
                        }
                    }
                }
            }
            @if let SourceHealth::Waiting(why) | SourceHealth::Failing(why) = &source.health {
                p .banner.(if matches!(source.health, SourceHealth::Failing(_)) { "bad" } else { "warn" }) { (prose(&safe(why))) }
            }
            dl .facts {
                dt { "Looked at" } dd { @match source.last { Some(at) => (ago(at, visit.now)), None => strong { "never" } } }
                dt { "Next" } dd { @match source.next { Some(at) => (ago(at, visit.now)), None => "–" } }
                @for (name, n) in &source.counters { dt { (capital(&safe(name))) } dd { (grouped(*n)) } }
                dt { "Found in it" } dd { a href=(incidents) { "Incidents" } }
            }
            (gaps(&source.gaps, visit.now))
        }
    }
}

fn gaps(gaps: &[Gap], now: i64) -> Markup {
    let more = gaps.len().saturating_sub(GAPS);
    html! {
        @if gaps.is_empty() { p .dim { "Nothing of it was left out." } } @else {
            details .more open[gaps.len() <= 5] {
                summary { (count(gaps.len() as u64, "thing was not looked at", "things were not looked at")) }
                div .scrolls.stack { table {
                    caption .sr { "What was not looked at, and why" }
                    thead { tr { th scope="col" { "What" } th scope="col" { "Why" } th scope="col" { "Noticed" } } }
                    tbody {
                        @for gap in gaps.iter().take(GAPS) {
                            tr {
                                td data-label="What" { div { strong { (safe(&gap.what)) } } }
                                td data-label="Why" { div { (prose(&safe(&gap.why))) } }
                                td data-label="Noticed" { div { @match gap.at { Some(at) => (ago(at, now)), None => "–" } } }
                            }
                        }
                    }
                } }
                @if more > 0 { p { "and " (grouped(more as u64)) " more" } }
            }
        }
    }
}

/// Asks something of a source.
pub(super) async fn ask(visit: Visit, fields: Fields) -> Result<Response, Response> {
    visit.must(Role::Admin)?;
    let name = fields.get("name").to_owned();
    let outcome = match (SourceAsk::named(fields.get("ask")), visit.behind.backstage.clone()) {
        (Some(ask), Some(backstage)) => {
            let who = visit.who.name.clone();
            visit.blocking(move || backstage.ask_source(&who, &name, ask)).await
        }
        (None, _) => Err("nothing was asked for".to_owned()),
        (_, None) => Err("no source is watched".to_owned()),
    };
    Ok(then("/sources", &outcome))
}

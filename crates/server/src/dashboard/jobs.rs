//! What waits to be done, and what was given up.

use axum::response::Response;
use maud::{Markup, html};

use super::{
    behind::{Job, Jobs},
    page::{self, Page},
    parts::{ago, cell, empty, grouped, prose, safe},
    visit::Visit,
};

/// Jobs that are shown of each list.
const SHOWN: usize = 200;

pub(super) async fn show(visit: Visit) -> Response {
    let jobs = match visit.behind.backstage.clone() {
        Some(backstage) => visit.blocking(move || backstage.jobs()).await,
        None => Ok(Jobs::default()),
    };
    let body = html! {
        div .top { div {
            h1 { "Jobs" }
            p .lead { "What the server does by and by: asking again, telling people, looking at sources." }
        } }
        @match &jobs {
            Err(why) => div .banner.bad { p { (prose(&safe(why))) } },
            Ok(jobs) => (lists(&visit, jobs)),
        }
    };
    page::show(&visit, Page { title: "Jobs".to_owned(), under: "/jobs", has_charts: false, body })
}

fn lists(visit: &Visit, jobs: &Jobs) -> Markup {
    html! {
        ul .tiles {
            li class=(if jobs.dead.is_empty() { "none" } else { "burning" }) { div { b { (jobs.dead.len()) } span { "given up" } } }
            @for (kind, n) in &jobs.waiting { li { div { b { (grouped(*n)) } span { (safe(kind)) } small { "waiting" } } } }
        }
        section .pane.flush {
            @if jobs.dead.is_empty() {
                h2 { "Given up" }
                (empty("Nothing was given up", "A job that fails again and again ends here, with its reason."))
            } @else { (table("Given up, with the reason", &jobs.dead, visit)) }
        }
        section .pane.flush {
            @if jobs.next.is_empty() { h2 { "Next" } (empty("Nothing waits", "All that was due is done.")) }
            @else { (table("Next", &jobs.next, visit)) }
        }
    }
}

fn table(caption: &str, jobs: &[Job], visit: &Visit) -> Markup {
    html! {
        div .scrolls.stack { table {
            caption { (caption) }
            thead { tr { th scope="col" { "Kind" } th scope="col" { "What" } th scope="col" { "Not before" } th scope="col" .number { "Tried" } th scope="col" { "Failed because" } } }
            tbody {
                @for job in jobs.iter().take(SHOWN) {
                    tr {
                        (cell("Kind", &html! { span .badge { (safe(&job.kind)) } }))
                        (cell("What", &html! {
                            (safe(&job.what))
                            @if let Some(id) = job.incident { " " a href={ "/incidents/" (id) } { "#" (id) } }
                        }))
                        (cell("Not before", &html! { @match job.due { Some(at) => (ago(at, visit.now)), None => "–" } }))
                        td .number data-label="Tried" { div { (grouped(job.attempts)) } }
                        (cell("Failed because", &html! { @match &job.failure { Some(why) => (prose(&safe(why))), None => "–" } }))
                    }
                }
            }
        } }
    }
}

//! What is known of each kind of credential.

use axum::{extract::Path, http::StatusCode, response::Response};
use leeward_dossier::Dossier;
use maud::{Markup, html};

use super::{
    markdown,
    page::{self, Page},
    parts::{cell, crumbs, grouped, severity},
    query::{Asked, SEVERITIES},
    visit::Visit,
};

pub(super) async fn list(visit: Visit) -> Result<Response, Response> {
    let kinds = visit.store(leeward_store::Store::kinds).await?;
    let body = html! {
        div .top { div {
            h1 { "Dossiers" }
            p .lead { "What is known of each kind of credential: what it opens, how it is asked about, how it is revoked." }
        } }
        section .pane.flush { div .scrolls.stack { table {
            caption .sr { "Kinds of credentials" }
            thead { tr { th scope="col" { "Kind" } th scope="col" { "Provider" } th scope="col" { "At first" } th scope="col" { "What it opens" } th .number scope="col" { "Incidents" } } }
            tbody {
                @for dossier in visit.shared.library.dossiers() {
                    @let id = dossier.id().as_str();
                    @let n = kinds.iter().find(|(kind, _)| kind == id).map_or(0, |(_, n)| *n);
                    tr data-row {
                        td data-label="Kind" { div { a href={ "/dossiers/" (id) } data-open { (dossier.name) } br; code .dim { (id) } } }
                        (cell("Provider", &html! { (dossier.provider) }))
                        (cell("At first", &at_first(dossier)))
                        (cell("Opens", &html! { (dossier.summary) }))
                        td .number data-label="Incidents" { div {
                            @if n == 0 { span .dim { "0" } } @else {
                                a href=(Asked::default().with("dossier", id).with("state", "any").link("/incidents")) { (grouped(n)) }
                            }
                        } }
                    }
                }
            }
        } } }
    };
    Ok(page::show(
        &visit,
        Page { title: "Dossiers".to_owned(), under: "/dossiers", has_charts: false, body },
    ))
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    let Some(dossier) = visit.shared.library.get(&id) else {
        let text = "no dossier has this id";
        return page::refusal(&visit, StatusCode::NOT_FOUND, "There is no such dossier", text);
    };
    let text = leeward_dossier::page(dossier);
    let body = html! {
        (crumbs("/dossiers", "Dossiers"))
        article .pane.prose { (markdown::show(&text)) }
    };
    let title = dossier.name.clone();
    page::show(&visit, Page { title, under: "/dossiers", has_charts: false, body })
}

/// How bad one is before anything is known of it.
fn at_first(dossier: &Dossier) -> Markup {
    let level = dossier.severity.base.name();
    let known = SEVERITIES.into_iter().find(|one| one.name() == level);
    html! { @match known { Some(known) => (severity(known)), None => (level) } }
}

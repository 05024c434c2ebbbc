//! The wide column of an incident's page: what comes next, its steps, what the secret
//! reaches, where it lies, how long it lay open, and the log.

use leeward_model::{Progress, State};
use leeward_report::{EventPart, Parts, PlacePart, StepPart};
use maud::{Markup, html};

use super::{Kept, path};
use crate::{
    Role,
    dashboard::{
        parts::{
            ago, capital, cell, count, csrf, empty, exactly, grouped, known_link, link, progress,
            progress_sign, prose, safe,
        },
        visit::Visit,
    },
};

/// Places that are shown at once; a value that was copied everywhere has thousands.
const PLACES: usize = 25;
/// Places of which there is more than a line on request.
const MORE_PLACES: usize = 500;
/// Events that are shown; all are in the report.
const EVENTS: usize = 500;

pub(super) fn show(visit: &Visit, kept: &Kept, parts: &Parts) -> Markup {
    html! {
        (next(kept, parts))
        (steps(visit, kept, parts))
        (reach(parts))
        (places(parts))
        (exposure(parts))
        (events(visit, parts))
    }
}

/// The first step that is not settled.
fn next(kept: &Kept, parts: &Parts) -> Markup {
    let (order, _) = kept.order();
    let of = |name| parts.steps.iter().find(|step| step.name == name);
    let open =
        order.into_iter().filter_map(of).find(|step| step.required && !step.progress.is_settled());
    let id = kept.incident.id;
    html! {
        div .next {
            @match open {
                Some(step) => {
                    p { strong { "Next: " (capital(&step.name.name().replace('-', " "))) ". " } (prose(step.title.trim_end_matches('.'))) "." }
                    p { a .button.main href=(step_path(kept, step)) { "Plan this step" } }
                }
                None if kept.incident.state == State::Closed => p { strong { "Nothing is left to do: " } "it is closed." },
                None => p { strong { "Every required step is done or waived: " } "close incident " (id) "." },
            }
        }
    }
}

fn step_path(kept: &Kept, step: &StepPart) -> String {
    format!("{}/steps/{}", path(kept.incident.id), step.name)
}

fn steps(visit: &Visit, kept: &Kept, parts: &Parts) -> Markup {
    let (order, why) = kept.order();
    html! {
        section #steps .pane aria-labelledby="steps-title" {
            div .head-row { h2 #steps-title { "Steps" } span .dim { (capital(&parts.progress)) } }
            p .dim { (capital(why)) "." }
            ol .steps {
                @for name in order {
                    @if let Some(one) = parts.steps.iter().find(|step| step.name == name) {
                        (step(visit, kept, one))
                    }
                }
            }
        }
    }
}

fn step(visit: &Visit, kept: &Kept, step: &StepPart) -> Markup {
    let may = visit.who.may(Role::Responder) && kept.incident.state != State::Closed;
    let open = !step.progress.is_settled();
    html! {
        li class={ "step " (step.progress.name()) } {
            span .sign aria-hidden="true" { (progress_sign(step.progress)) }
            div {
                h3 {
                    a href=(step_path(kept, step)) { (capital(&step.name.name().replace('-', " "))) }
                    (progress(step.progress))
                    @if !step.required { span .badge { "not required" } }
                }
                @if open { p { (prose(&step.title)) @if let Some(url) = &step.url { " " (known_link(url)) } } }
                @if let Some(said) = &step.said { p .said { (prose(said)) } }
                @if let (Some(by), Some(at)) = (&step.by, step.at) {
                    p .dim { (by) ", " (exactly(at)) }
                }
                @if !step.proof.is_empty() {
                    details .more {
                        summary { "Evidence (" (step.proof.len()) ")" }
                        ul { @for one in &step.proof { li { (prose(one)) } } }
                    }
                }
                @if may && open {
                    details .more {
                        summary { "Attest or waive" }
                        (decide(visit, kept, step))
                    }
                }
            }
        }
    }
}

/// Takes somebody's word, or leaves the step out.
pub(super) fn decide(visit: &Visit, kept: &Kept, step: &StepPart) -> Markup {
    let base = step_path(kept, step);
    let name = step.name.name();
    html! {
        div .forms {
            form method="post" action={ (base) "/attest" } {
                (csrf(&visit.who))
                div .field {
                    label for={ "attest-" (name) } { "What was done, and how that is known" }
                    textarea id={ "attest-" (name) } name="text" required maxlength="4000" {}
                }
                button .small { "Attest that it is done" }
            }
            form method="post" action={ (base) "/waive" } {
                (csrf(&visit.who))
                div .field {
                    label for={ "waive-" (name) } { "Why it may be left out; an auditor will read it" }
                    textarea id={ "waive-" (name) } name="text" required maxlength="4000" {}
                }
                button .small { "Waive with this reason" }
            }
        }
    }
}

fn reach(parts: &Parts) -> Markup {
    html! {
        section #reach .pane.reaches aria-labelledby="reach-title" {
            h2 #reach-title { "What it reaches" }
            @match &parts.reach {
                Some(reach) => div .stack { (reach) },
                None => (empty("Nobody asked what it reaches", "Until that is known, assume everything that such a credential opens.")),
            }
            @if let Some(requests) = &parts.requests {
                details .more {
                    summary { "Evidence: " (count(parts.request_count as u64, "request", "requests")) }
                    div .scrolls.stack { (requests) }
                }
            }
        }
    }
}

fn places(parts: &Parts) -> Markup {
    let more = parts.places.len().saturating_sub(PLACES);
    html! {
        section #places .pane aria-labelledby="places-title" {
            div .head-row {
                h2 #places-title { "Where it lies" }
                span .dim { (count(parts.places.len() as u64, "place", "places")) @if !parts.gone.is_empty() { ", " (parts.gone.len()) " gone" } }
            }
            @if parts.places.is_empty() {
                p { "It lies nowhere that the last scans looked at. What was copied before is still out there." }
            }
            @for line in &parts.exposure { p .dim { (prose(line)) } }
            ul .places { @for one in parts.places.iter().take(PLACES) { (place(one)) } }
            @if more > 0 {
                details .more {
                    summary { (grouped(more as u64)) " more places" }
                    ul .places { @for one in parts.places.iter().skip(PLACES).take(MORE_PLACES) { (place(one)) } }
                    @if more > MORE_PLACES { p { "and " (grouped((more - MORE_PLACES) as u64)) " more, in the report as JSON" } }
                }
            }
            @if !parts.gone.is_empty() {
                details .more {
                    summary { "Where it lay once: " (count(parts.gone.len() as u64, "place", "places")) }
                    p .dim { "A later scan that covered the place saw it there no more." }
                    ul .places { @for one in parts.gone.iter().take(MORE_PLACES) { (place(one)) } }
                }
            }
        }
    }
}

fn place(place: &PlacePart) -> Markup {
    let [before, masked, after] = &place.excerpt;
    let has_line = [before, masked, after].iter().any(|part| !part.trim().is_empty());
    html! {
        li {
            div .where {
                strong .mono { (place.position) }
                @if place.is_public == Some(true) { span .badge.bad { "public" } }
                @for layer in &place.layers { span .badge { "under " (layer) } }
            }
            @if has_line {
                pre tabindex="0" role="group" aria-label="The line it lies on, masked" { code {
                    span .nth aria-hidden="true" { (place.line) } (before) mark { (masked) } (after)
                } }
            }
            p .meta {
                @if let Some(holder) = &place.holder { "In " (holder) ". " }
                @if let Some((commit, day)) = &place.commit {
                    "Commit " code { (commit) } @if let Some(day) = day { ", " (day) } ". "
                }
                @if let Some(author) = &place.author { "By " (author) ". " }
                @if !place.refs.is_empty() {
                    "On " @for (nth, name) in place.refs.iter().take(3).enumerate() { @if nth > 0 { ", " } code { (name) } }
                    @if place.refs.len() > 3 { " and " (place.refs.len() - 3) " more" } ". "
                }
                @if let Some(url) = &place.url { (link(url)) }
            }
        }
    }
}

fn exposure(parts: &Parts) -> Markup {
    html! {
        section #exposure .pane aria-labelledby="exposure-title" {
            h2 #exposure-title { "How long it lay open" }
            ul { @for line in &parts.window { li { (prose(line)) "." } } }
            @if let Some(picture) = &parts.window_picture { (picture) }
            details .more { summary { "Every moment" } div .moments.stack { (parts.moments) } }
        }
    }
}

fn events(visit: &Visit, parts: &Parts) -> Markup {
    let more = parts.events.len().saturating_sub(EVENTS);
    html! {
        section #events .pane.flush aria-labelledby="events-title" {
            h2 #events-title { "Log" }
            p .note.dim { "Newest first. Each entry is bound by its hash to all before it." }
            div .scrolls.stack {
                table .log {
                    caption .sr { "Log of this incident, newest first" }
                    thead { tr { th scope="col" { "Entry" } th scope="col" { "Time" } th scope="col" { "Who" } th scope="col" { "What" } } }
                    tbody { @for event in parts.events.iter().rev().take(EVENTS) { (event_row(event, visit.now)) } }
                }
            }
            @if more > 0 { div .pager { (grouped(more as u64)) " older entries are in the report as JSON" } }
        }
    }
}

fn event_row(event: &EventPart, now: i64) -> Markup {
    html! {
        tr {
            (cell("Entry", &html! { span .dim { (event.sequence) } }))
            (cell("Time", &html! { span .nowrap { (ago(event.at, now)) } }))
            (cell("Who", &html! { (event.actor) }))
            (cell("What", &html! {
                span .badge { (event.kind) } " " span .said { (prose(&event.text)) }
                @if event.masked { " " span .badge.warn { "masked" } }
                details .fact {
                    summary { "Facts and hash" }
                    @for (name, value) in &event.facts { div { (name) ": " (safe(value)) } }
                    div .hash { (event.hash) }
                }
            }))
        }
    }
}

/// Whether a step may be taken again.
pub(super) fn is_open(progress: Progress) -> bool {
    !progress.is_settled()
}

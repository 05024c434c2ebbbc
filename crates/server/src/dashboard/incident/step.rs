//! One step of an incident: what it would do, and the ways to take it, to say that it
//! was taken, or to leave it out.

use axum::{extract::Path, http::StatusCode, response::Response};
use leeward_model::{State, StepName};
use leeward_report::{Parts, StepPart};
use leeward_respond::{Manual, Plan};
use maud::{Markup, html};

use super::{Kept, main, number, path};
use crate::{
    Role,
    dashboard::{
        behind::StepPlan,
        page::{self, Page},
        parts::{capital, crumbs, csrf, exactly, known_link, progress, prose, safe},
        visit::Visit,
    },
};

/// Where nothing takes steps.
pub(super) const NOT_SET_UP: &str =
    "this server does not take steps: take them with `leeward respond`";

pub(in crate::dashboard) async fn show(
    visit: Visit,
    Path((id, step)): Path<(String, String)>,
) -> Result<Response, Response> {
    let id = number(&visit, &id)?;
    let kept = visit.store(move |store| Kept::read(store, id)).await?;
    let Ok(name) = step.parse::<StepName>() else {
        let text = "an incident has eight steps, and none is called that";
        return Err(page::refusal(&visit, StatusCode::NOT_FOUND, "There is no such step", text));
    };
    let parts = kept.view(&visit, Parts::of);
    let plan = match visit.behind.responding.clone() {
        Some(responding) => {
            let incident = kept.incident.clone();
            visit.blocking(move || responding.plan(&incident, name)).await
        }
        None => Err(NOT_SET_UP.to_owned()),
    };
    let Some(step) = parts.steps.iter().find(|step| step.name == name) else {
        return Err(page::nothing_here(visit).await);
    };
    let title = capital(&name.name().replace('-', " "));
    let body = html! {
        (crumbs(&path(id), &format!("Incident {id}")))
        div .top { div {
            p .badges { (progress(step.progress)) @if step.required { span .badge { "required" } } @else { span .badge { "not required" } } }
            h1 { (title) " " code { (parts.hint) } }
            p .lead { (prose(&step.title)) }
        } }
        div .split {
            div { (planned(&visit, &kept, step, &plan)) }
            div .side { (how(step)) }
        }
    };
    let title = format!("{title}, incident {id}");
    Ok(page::show(&visit, Page { title, under: "/incidents", has_charts: false, body }))
}

fn planned(visit: &Visit, kept: &Kept, step: &StepPart, plan: &Result<StepPlan, String>) -> Markup {
    let closed = kept.incident.state == State::Closed;
    let may = visit.who.may(Role::Responder) && !closed;
    html! {
        @if let Some(said) = &step.said {
            section .pane aria-labelledby="record-title" {
                h2 #record-title { "What is recorded" }
                p .said { (prose(said)) }
                @if let (Some(by), Some(at)) = (&step.by, step.at) { p .dim { (by) ", " (exactly(at)) } }
                @if !step.proof.is_empty() { ul { @for one in &step.proof { li { (prose(one)) } } } }
            }
        }
        section .pane aria-labelledby="plan-title" {
            h2 #plan-title { "The plan" }
            @match plan {
                Ok(known) => {
                    (acts(&known.plan))
                    @if may { (apply(visit, kept, step, known)) }
                }
                Err(why) => p { (prose(&capital(&safe(why)))) "." },
            }
        }
        @if closed {
            p .dim { "The incident is closed: reopen it to take a step again." }
        } @else if may && main::is_open(step.progress) {
            section .pane aria-labelledby="decide-title" {
                h2 #decide-title { "Or decide" }
                (main::decide(visit, kept, step))
            }
        } @else if !may {
            p .dim { "You are a viewer: a responder takes steps." }
        }
    }
}

/// What would be done, what is missing, what is good to know.
fn acts(plan: &Plan) -> Markup {
    html! {
        @if plan.acts.is_empty() { p { "Nothing would be asked or changed." } } @else {
            ol .plan {
                @for act in &plan.acts {
                    li {
                        span .sign aria-hidden="true" { (if act.changes { "✎" } else { "?" }) }
                        (prose(&safe(&act.text))) " "
                        @if act.changes { span .badge.high { "changes something" } } @else { span .badge { "only asks" } }
                    }
                }
            }
        }
        @if !plan.needs.is_empty() {
            h3 { "What is missing" }
            ul { @for need in &plan.needs { li { (prose(&safe(need))) } } }
        }
        @if let Some(Manual { title, text, link }) = &plan.manual {
            h3 { "By hand" }
            p { strong { (prose(&safe(title))) } @if let Some(link) = link { " " (known_link(link)) } }
            @if !text.is_empty() { p { (prose(&safe(text))) } }
        }
        @if !plan.notes.is_empty() {
            h3 { "Good to know" }
            ul { @for note in &plan.notes { li { (prose(&safe(note))) } } }
        }
    }
}

fn apply(visit: &Visit, kept: &Kept, step: &StepPart, known: &StepPlan) -> Markup {
    let changes = known.plan.acts.iter().any(|act| act.changes);
    html! {
        @match &known.hindered {
            Some(why) => p .dim { "The server cannot take this step: " (prose(&safe(why))) "." },
            None => form method="post" action={ (path(kept.incident.id)) "/steps/" (step.name) "/apply" } autocomplete="off" {
                (csrf(&visit.who))
                @if known.wants_value {
                    div .field {
                        label for="value" { "The value, which the server does not hold" }
                        input #value type="password" name="value" autocomplete="off" spellcheck="false" aria-describedby="value-help";
                        p #value-help .help { "It is used for this step and kept nowhere. Without it, only what needs no value is done." }
                    }
                }
                button .main.danger[changes] { (if changes { "Do this, and change what is marked" } else { "Do this" }) }
            },
        }
    }
}

fn how(step: &StepPart) -> Markup {
    html! {
        section .pane aria-labelledby="how-title" {
            h2 #how-title { "How, by the dossier" }
            @if step.how.is_empty() && step.url.is_none() { p .dim { "The dossier says nothing of this step." } }
            @if !step.how.is_empty() { p { (prose(&step.how)) } }
            @if let Some(url) = &step.url { p { (known_link(url)) } }
        }
    }
}

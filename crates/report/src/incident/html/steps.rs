//! The eight steps on the page: how far each is, who did what and when, and
//! what is still to be done and how.

use leeward_model::Progress;
use maud::{Markup, html};

use crate::{
    html::text::{link, prose},
    incident::{
        shown::{Shown, Step},
        tell,
    },
    words::{capital, clip, minute},
};

pub(super) fn show(shown: &Shown<'_>) -> Markup {
    html! {
        section #steps aria-labelledby="steps-title" {
            h2 #steps-title { "Steps: " (tell::progress(shown)) }
            ol .steps { @for step in &shown.steps { (one(step)) } }
        }
    }
}

fn one(step: &Step<'_>) -> Markup {
    let progress = step.progress;
    let mark = match progress {
        Progress::Open => "○",
        Progress::Begun => "◐",
        Progress::Waiting => "…",
        Progress::Failed => "✕",
        Progress::Done => "✓",
        Progress::Waived => "–",
    };
    html! {
        li class={ "step " (progress.name()) } {
            span .mark aria-hidden="true" { (mark) }
            div .what {
                h3 {
                    (capital(&step.name.name().replace('-', " "))) " "
                    span class={ "badge progress-" (progress.name()) } { (progress.name()) }
                    @if !step.required { " " span .optional { "not required" } }
                }
                @if let Some(record) = &step.record {
                    @if !record.text.trim().is_empty() { p .record { (prose(&record.text)) } }
                    p .who {
                        @if let Some(at) = minute(record.at) { (at) }
                        @if !record.by.trim().is_empty() { " by " (clip(&record.by)) }
                    }
                }
                @if !progress.is_settled() { (how(step)) }
            }
        }
    }
}

/// What the dossier says to do.
fn how(step: &Step<'_>) -> Markup {
    let Some(remedy) = step.remedy else { return html! {} };
    html! {
        p .todo {
            strong { (prose(remedy.title.trim_end_matches('.'))) "." }
            @if let Some(url) = &remedy.url { " " (link(url)) }
        }
        @if !remedy.text.is_empty() { p .how { (prose(&remedy.text)) } }
    }
}

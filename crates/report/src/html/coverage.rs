//! The end of the page: what was not looked at and why, and what is kept from
//! sight. A report that hides its own gaps is not to be trusted.

use maud::{Markup, html};

use crate::{account, reason::Group, view::View, words};

use super::text;

/// Things named for one reason; more are counted.
const NAMED: usize = 50;

pub(super) fn show(view: &View<'_>) -> Markup {
    let coverage = view.report.coverage;
    let failed = account::failed(view);
    let chosen = account::chosen(view);
    let kept = account::kept_from_sight(view);
    html! {
        section #coverage aria-labelledby="coverage-title" {
            h2 #coverage-title { "What this report covers" }
            @if !view.report.scanned {
                p { "Credentials that were handed in; nothing was scanned." }
            } @else if !coverage.is_anything() {
                p { "Nothing was scanned." }
            } @else if failed.is_empty() {
                p { "Everything that was asked for was looked at." }
            }
            @if !failed.is_empty() {
                h3 { "Not looked at: there may be more" }
                @for group in &failed { (reason(group)) }
            }
            @if !view.warnings.is_empty() {
                h3 { "Warnings" }
                ul { @for warning in &view.warnings { li { (text::prose(warning)) } } }
            }
            @if !chosen.is_empty() {
                h3 { "Left out by choice" }
                @for group in &chosen { (reason(group)) }
            }
            @if !kept.is_empty() {
                h3 { "Known, and not shown" }
                ul { @for sentence in kept { li { (text::prose(&crate::words::capital(&sentence))) "." } } }
            }
        }
    }
}

fn reason(group: &Group<'_>) -> Markup {
    let more = group.items.len().saturating_sub(NAMED);
    html! {
        details {
            summary {
                (crate::words::capital(&group.words.counted(group.items.len())))
                @if !group.words.next_step.is_empty() {
                    ": " span .todo { (text::prose(group.words.next_step)) }
                }
            }
            ul .paths {
                @for left_out in group.items.iter().take(NAMED) {
                    li {
                        code { (crate::foreign::inert(&left_out.path)) }
                        @if let Some(detail) = &left_out.detail { ": " (detail) }
                        @if let Some(bytes) = left_out.item.bytes { " (" (words::bytes(bytes)) ")" }
                    }
                }
                @if more > 0 { li { "and " (words::grouped(more as u64)) " more" } }
            }
        }
    }
}

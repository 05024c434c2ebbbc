//! The log on the page: every event of the incident with the hash that binds it
//! to all before it, and the newest entry of the whole log.

use maud::{Markup, html};

use crate::{
    html::text::{cell, prose, table},
    incident::{
        shown::{Shown, Told},
        tell,
    },
    words::{clip, count, grouped, rfc3339},
};

/// Events listed; the JSON document has them all.
const EVENTS: usize = 1000;

pub(super) fn show(shown: &Shown<'_>) -> Markup {
    let (sequence, hash) = shown.view.head;
    let more = shown.events.len().saturating_sub(EVENTS);
    let rows = html! { @for told in shown.events.iter().take(EVENTS) { (row(told)) } };
    let heads = ["Entry", "Time", "Who", "What", "Hash"];
    html! {
        section #log aria-labelledby="log-title" {
            h2 #log-title { "The log" }
            p {
                "Each entry is bound by its hash to all before it. The newest entry of the whole log \
                 is number " (sequence) ": " code { (hash) }
            }
            @if !shown.events.is_empty() {
                details .more {
                    summary { h3 { (count(shown.events.len(), "event", "events")) " of this incident" } }
                    (table("Every event, in the order of the log", &heads, &rows))
                    @if more > 0 { p { "and " (grouped(more as u64)) " more" } }
                }
            }
        }
    }
}

fn row(told: &Told<'_>) -> Markup {
    let entry = &told.event.entry;
    let exact = rfc3339(entry.at).unwrap_or_default();
    html! {
        tr {
            (cell("Entry", &html! { (told.event.sequence) }))
            (cell("Time", &html! { time datetime=(exact) { (tell::second(entry.at)) } }))
            (cell("Who", &html! { (clip(&told.actor)) }))
            (cell("What", &html! {
                strong { (entry.kind.name()) }
                @if !told.text.trim().is_empty() { ": " (prose(&told.text)) }
                @for (name, value) in &told.facts {
                    div .fact { code { (name) } " " (value) }
                }
                @if told.altered { div .fact { "A value was masked here: the hash is of the original." } }
            }))
            (cell("Hash", &html! { code .hash { (told.event.hash) } }))
        }
    }
}

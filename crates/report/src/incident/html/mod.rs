//! One incident as a self-contained page, in the manner of the report's page:
//! it loads nothing, sends nothing and runs nothing. Its policy allows only its
//! own style, by its hash; there is no script. Everything passes through
//! [`inert`] once more.

pub(super) mod line;
mod log;
mod picture;
mod steps;

use std::io::{self, Write};

use leeward_model::{EventKind, State};
use maud::{DOCTYPE, Markup, html};

use crate::{
    foreign::inert,
    html::{
        finding::places,
        hash, reach,
        text::{link, prose, severity, validity},
    },
    words::{capital, count, grouped, minute},
};

use super::{IncidentView, shown::Shown, tell};

/// The version of the page, for a program that wants to know what it is.
const SCHEMA: &str = "leeward.incident.html/1";

/// The report's style, and what an incident has beyond.
const STYLE: &str = concat!(
    include_str!("../../html/style.css"),
    include_str!("../../html/radius.css"),
    include_str!("style.css"),
    include_str!("window.css")
);

pub(super) fn show(view: &IncidentView<'_>, out: &mut dyn Write) -> io::Result<()> {
    write(&Shown::of(view), out)
}

pub(super) fn write(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let head = inert(&head(shown).into_string());
    let body = inert(&body(shown).into_string());
    writeln!(out, "{}", DOCTYPE.into_string())?;
    writeln!(out, "<html lang=\"en\"><head>{head}")?;
    writeln!(out, "<style>{STYLE}</style></head>")?;
    writeln!(out, "<body>{body}</body></html>")
}

fn head(shown: &Shown<'_>) -> Markup {
    let generator = format!("leeward {} ({SCHEMA})", shown.view.tool_version);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE)
    );
    html! {
        meta charset="utf-8";
        meta http-equiv="Content-Security-Policy" content=(policy);
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="referrer" content="no-referrer";
        meta name="robots" content="noindex, nofollow, noarchive";
        meta name="generator" content=(generator);
        title { "Leeward: incident " (shown.view.incident.id) ", " (shown.title()) " " (shown.hint) }
    }
}

fn body(shown: &Shown<'_>) -> Markup {
    let notes: Vec<_> = shown.told(EventKind::Noted).collect();
    html! {
        a .skip href="#steps" { "Skip to the steps" }
        header {
            p .brand { "Leeward" span { "incident " (shown.view.incident.id) } }
            p .when { @if let Some(at) = minute(shown.view.now) { "As of " (at) } }
        }
        main {
            (summary(shown))
            (line::show(shown))
            (steps::show(shown))
            (credential(shown))
            @if !notes.is_empty() {
                section #notes aria-labelledby="notes-title" {
                    h2 #notes-title { "Notes" }
                    ul .said {
                        @for note in notes {
                            li {
                                span .who { (note.actor) ", " (tell::second(note.event.entry.at)) }
                                p { (prose(&note.text)) }
                            }
                        }
                    }
                }
            }
            (log::show(shown))
        }
        footer {
            p {
                "Written by Leeward " (shown.view.tool_version) ". Values are masked: the first and \
                 last characters tell which one is meant. This page loads nothing and sends nothing."
            }
        }
    }
}

/// What it is, how it stands, and what comes next.
fn summary(shown: &Shown<'_>) -> Markup {
    let incident = shown.view.incident;
    html! {
        section .summary aria-labelledby="title" {
            h1 #title { (shown.title()) " " code { (shown.hint) } }
            p .badges {
                (severity(incident.severity)) " " (state(incident.state)) " "
                (validity(shown.verification.validity))
            }
            p class={ "verdict " (verdict_class(shown)) } { strong { (verdict(shown)) } }
            @for next in tell::next(shown) {
                div .next.over[next.command.is_none()] {
                    p { strong { "Next: " } (prose(&next.what)) "." }
                    @if let Some(command) = &next.command {
                        pre .command tabindex="0" { code { (command) } }
                    }
                }
            }
            (facts(shown))
        }
    }
}

/// A state as a word with a mark.
fn state(state: State) -> Markup {
    let mark = match state {
        State::Open => "●",
        State::Reopened => "↺",
        State::Contained => "◐",
        State::Rotated => "◕",
        State::Closed => "✓",
    };
    html! {
        span class={ "badge state-" (state.name()) } {
            span .sign aria-hidden="true" { (mark) } " " (state.name())
        }
    }
}

fn verdict(shown: &Shown<'_>) -> String {
    let live = capital(&tell::live_or_not(shown));
    match shown.view.timeline.window {
        Some(window) => {
            let length = tell::lasted(window.seconds(shown.view.now));
            let open =
                if window.until.is_some() { "It lay open for" } else { "It has lain open for" };
            format!("{live}. {open} {length}.")
        }
        None => format!("{live}."),
    }
}

fn verdict_class(shown: &Shown<'_>) -> &'static str {
    let proven = shown.view.timeline.window.is_some_and(|window| window.until.is_some());
    if proven && !shown.verification.validity.is_live() { "good" } else { "bad" }
}

fn facts(shown: &Shown<'_>) -> Markup {
    let incident = shown.view.incident;
    let now = shown.view.now;
    let time = |at: i64| minute(at).map(|text| format!("{text} ({})", tell::ago(at, now)));
    let overdue = tell::is_overdue(incident, now);
    html! {
        dl .facts {
            dt { "Owner" }
            dd { @match &shown.owner { Some(owner) => (owner), None => strong { "Nobody" } } }
            @if let (Some(at), Some(how)) = (incident.due.and_then(minute), tell::due(incident, now)) {
                dt { "Due" }
                dd { (at) " (" @if overdue { strong .late { (how) } } @else { (how) } ")" }
            }
            dt { "Steps" } dd { (capital(&tell::progress(shown))) }
            @if let Some(at) = time(incident.opened_at) { dt { "Opened" } dd { (at) } }
            @if let Some(at) = incident.closed_at.and_then(time) { dt { "Closed" } dd { (at) } }
            dt { "Severity" }
            dd {
                strong { (capital(incident.severity.name())) }
                @if !shown.severity_why.is_empty() { ": " (prose(&shown.severity_why)) }
            }
            @if !shown.exposure.lines.is_empty() {
                dt { "Where" }
                dd { @for line in &shown.exposure.lines { div { (prose(line)) } } }
            }
            @for (role, value) in &shown.companions {
                dt { "Belongs to" } dd { (role) " " code { (value) } }
            }
            dt { "Identity" }
            dd { code { (incident.dossier.as_str()) } " " code { (incident.fingerprint) } }
        }
    }
}

/// Whether it is live, what it reaches, where it lies, what was asked.
fn credential(shown: &Shown<'_>) -> Markup {
    let guidance = shown.view.guidance;
    html! {
        section #credential aria-labelledby="credential-title" {
            h2 #credential-title { "The credential" }
            div .finding.(shown.view.incident.severity.name()) {
                div .body {
                    h3 { (shown.title()) " " code { (shown.hint) } }
                    @if !guidance.summary.is_empty() { p { (prose(&guidance.summary)) } }
                    dl .facts {
                        @if let Some(why) = crate::reach::validity(&shown.verification) {
                            dt { "Validity" } dd { (prose(&capital(&why))) }
                        }
                        @for says in shown.assessment.iter().flat_map(|known| &known.identity) {
                            dt { (crate::html::text::label(&says.label)) } dd { (says.value) }
                        }
                        @if !shown.why.is_empty() {
                            dt { "Evidence" } dd { (prose(&shown.why.join("; "))) }
                        }
                        @if let Some(url) = &guidance.help_url { dt { "More" } dd { (link(url)) } }
                    }
                    (reach::show(shown.known(), "incident"))
                    (places(&shown.places))
                    (gone(shown))
                    (reach::requests(shown.known()))
                }
            }
        }
    }
}

/// Where it lay once: a scan that covered the place saw it no more.
fn gone(shown: &Shown<'_>) -> Markup {
    const MOST: usize = 200;
    let more = shown.gone.len().saturating_sub(MOST);
    html! {
        @if !shown.gone.is_empty() {
            details .more {
                summary { h4 { "Where it lay once: " (count(shown.gone.len(), "place", "places")) } }
                ul .paths {
                    @for place in shown.gone.iter().take(MOST) {
                        li { code { (inert(&place.position())) } }
                    }
                    @if more > 0 { li { "and " (grouped(more as u64)) " more" } }
                }
            }
        }
    }
}

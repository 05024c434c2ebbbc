//! The narrow column of an incident's page: the facts, who takes care of it and by
//! when, what can be done, and what can be taken along.

use leeward_model::State;
use leeward_report::Parts;
use maud::{Markup, html};

use super::{Kept, path};
use crate::{
    Role,
    dashboard::{
        parts::{ago, capital, csrf, day, due, prose},
        visit::Visit,
    },
};

pub(super) fn show(visit: &Visit, kept: &Kept, parts: &Parts) -> Markup {
    html! {
        section .pane aria-labelledby="facts-title" {
            h2 #facts-title { "Facts" }
            (facts(visit, kept, parts))
        }
        @if visit.who.may(Role::Responder) { (care(visit, kept, parts)) }
        (along(visit, kept))
    }
}

fn facts(visit: &Visit, kept: &Kept, parts: &Parts) -> Markup {
    let incident = &kept.incident;
    let now = visit.now;
    html! {
        dl .facts {
            dt { "Owner" } dd { @match &parts.owner { Some(owner) => (owner), None => strong { "Nobody" } } }
            dt { "Due" } dd { (due(incident, now)) @if let Some(at) = incident.due { " " span .dim { "(" (day(at)) ")" } } }
            dt { "Severity" } dd { strong { (capital(incident.severity.name())) } @if !parts.severity_why.is_empty() { ": " (prose(&parts.severity_why)) } }
            @if let Some(why) = &parts.validity_why { dt { "Validity" } dd { (prose(why)) } }
            @if let Some(at) = parts.last_answer { dt { "Last answer" } dd { (ago(at, now)) } }
            @for (label, value) in &parts.identity { dt { (label) } dd { (value) } }
            @for (role, value) in &parts.companions { dt { "Part" } dd { (role) " " code { (value) } } }
            dt { "Opened" } dd { (ago(incident.opened_at, now)) }
            @if let Some(at) = incident.closed_at { dt { "Closed" } dd { (ago(at, now)) } }
            dt { "Seen last" } dd { (ago(kept.case.last_seen, now)) }
            @if !parts.evidence.is_empty() { dt { "Taken for it" } dd { @for (nth, why) in parts.evidence.iter().take(4).enumerate() { @if nth > 0 { "; " } (prose(why)) } } }
            dt { "Kind" } dd { a href={ "/dossiers/" (incident.dossier.as_str()) } { code { (incident.dossier.as_str()) } } }
            dt { "Identity" } dd { code { (incident.fingerprint) } }
        }
    }
}

fn care(visit: &Visit, kept: &Kept, parts: &Parts) -> Markup {
    let base = path(kept.incident.id);
    let closed = kept.incident.state == State::Closed;
    html! {
        section .pane aria-labelledby="care-title" {
            h2 #care-title { "Take care" }
            form method="post" action={ (base) "/assign" } {
                (csrf(&visit.who))
                div .inline {
                    div .field { label for="owner" { "Owner" } input #owner name="owner" maxlength="100" autocomplete="off" value=(parts.owner.as_deref().unwrap_or_default()); }
                    button { "Assign" }
                }
            }
            @if parts.owner.as_deref() != Some(visit.who.name.as_str()) {
                form method="post" action={ (base) "/assign" } {
                    (csrf(&visit.who)) input type="hidden" name="owner" value=(visit.who.name);
                    button .small { "Take it myself" }
                }
            }
            form method="post" action={ (base) "/due" } {
                (csrf(&visit.who))
                div .inline {
                    div .field { label for="due" { "Due on, or in days (3d)" } input #due name="due" required autocomplete="off" value=(kept.incident.due.map(day).unwrap_or_default()); }
                    button { "Set" }
                }
            }
            form method="post" action={ (base) "/note" } {
                (csrf(&visit.who))
                div .field { label for="note" { "Note; never a value" } textarea #note name="text" required maxlength="8000" {} }
                button { "Write down" }
            }
            @if closed {
                details .more {
                    summary { "Open it again" }
                    form method="post" action={ (base) "/reopen" } {
                        (csrf(&visit.who))
                        div .field { label for="reopen" { "Why" } textarea #reopen name="text" required maxlength="8000" {} }
                        button { "Reopen" }
                    }
                }
            } @else {
                form method="post" action={ (base) "/close" } { (csrf(&visit.who)) button { "Close the incident" } }
            }
        }
    }
}

fn along(visit: &Visit, kept: &Kept) -> Markup {
    let base = path(kept.incident.id);
    html! {
        section .pane aria-labelledby="along-title" {
            h2 #along-title { "Take along" }
            div .downloads {
                @for (format, words) in [("html", "HTML"), ("markdown", "Markdown"), ("json", "JSON")] {
                    a .button.small href={ (base) "/report/" (format) } download aria-label={ "Report as " (words) } { (words) }
                }
                @if visit.who.may(Role::Responder) {
                    form method="post" action={ (base) "/evidence" } { (csrf(&visit.who)) button .small { "Evidence pack (ZIP)" } }
                }
            }
            details .more {
                summary { "Proof of the log" }
                p { "The newest entry of the whole log is number " (kept.head.sequence) ":" }
                p .hash { (kept.head.sequence) ":" (kept.head.hash) }
                p .dim { "Note it where nobody who can write to the database can. `leeward incident verify-log --head` checks it; so does the evidence pack, without Leeward." }
            }
        }
    }
}

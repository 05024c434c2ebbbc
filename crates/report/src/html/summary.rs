//! The top of the page: what was found in all, how much of it is live, whether
//! the scan saw everything; and the filters.

use std::collections::BTreeMap;

use leeward_model::Validity;
use maud::{Markup, html};

use crate::{
    account::{self, Clean},
    view::{View, by_severity, by_validity},
    words::{self, grouped},
};

use super::{headline, text};

pub(super) fn header(view: &View<'_>) -> Markup {
    let started = words::minute(view.report.started_at);
    html! {
        header {
            p .brand { "Leeward" span { "exposed credentials" } }
            p .when {
                @if let Some(started) = started { "Scan of " (started) }
            }
        }
    }
}

pub(super) fn show(view: &View<'_>) -> Markup {
    html! {
        section .summary aria-labelledby="title" {
            h1 #title { (crate::words::capital(&headline(view))) }
            (verdict(view))
            (warnings(view))
            @if !view.findings.is_empty() { (tiles(view)) }
            @if let Some(scanned) = account::looked_at(view, &|target| {
                format!("`{}`", String::from_utf8_lossy(target).replace('`', "'"))
            }) {
                p .scanned { (text::prose(&crate::words::capital(&scanned))) "." }
            }
        }
    }
}

/// The one sentence that a person in a hurry reads.
fn verdict(view: &View<'_>) -> Markup {
    if view.findings.is_empty() {
        let (class, text) = match account::clean(view) {
            Clean::Yes(_) => ("verdict good", "Everything that was asked for was looked at."),
            Clean::NotQuite(_) if view.is_complete() => {
                ("verdict", "Is the target the one that was meant?")
            }
            Clean::NotQuite(_) => ("verdict", "Not everything could be looked at."),
        };
        return html! { p class=(class) { (text) } };
    }
    let live = view.findings.iter().filter(|one| one.verification.validity.is_live()).count();
    let asked = account::verified(view);
    html! {
        @match (live, asked) {
            (0, None) => p .verdict {
                "No provider was asked. Treat everything here as live until one says otherwise."
            },
            (0, Some(asked)) => p .verdict { "None was shown to be live: " (asked) "." },
            (1, Some(asked)) => p .verdict.bad {
                strong { "1 is live" } ": whoever has it can use it now. " (crate::words::capital(&asked)) "."
            },
            (_, asked) => p .verdict.bad {
                strong { (grouped(live as u64)) " are live" } ": whoever has them can use them now. "
                (crate::words::capital(&asked.unwrap_or_default())) "."
            },
        }
    }
}

/// What limits what the page can say, said loudly.
fn warnings(view: &View<'_>) -> Markup {
    let failed = account::failed(view);
    html! {
        @if !failed.is_empty() {
            div .banner.warn role="note" {
                strong { "Incomplete. " }
                (crate::words::capital(&account::incomplete(&failed))) ". "
                a href="#coverage" { "What was not looked at, and why" }
            }
        }
        @if view.report.reveal && !view.findings.is_empty() {
            div .banner.bad role="note" {
                strong { "The values are shown in full. " }
                "Do not send, post or keep this page."
            }
        }
    }
}

fn tiles(view: &View<'_>) -> Markup {
    let validities = by_validity(view.report.findings);
    let asked = validities.iter().any(|(v, n)| *v != Validity::Unchecked && *n > 0);
    html! {
        div .tiles {
            ul aria-label="Findings by severity" {
                @for (severity, n) in by_severity(view.report.findings) {
                    li class={ "tile " (severity.name()) @if n == 0 { " none" } } {
                        a href={ "#severity=" (severity.name()) } {
                            b { (grouped(n as u64)) }
                            (text::severity(severity))
                        }
                    }
                }
            }
            @if asked {
                ul aria-label="Findings by what their provider said" {
                    @for (validity, n) in validities {
                        li class={ "tile " (validity.name()) @if n == 0 { " none" } } {
                            a href={ "#validity=" (validity.name()) } {
                                b { (grouped(n as u64)) }
                                (text::validity_in_short(validity))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Shown by the script, as nothing works them without it.
pub(super) fn filters(view: &View<'_>) -> Markup {
    let kinds: BTreeMap<&str, &str> = view
        .findings
        .iter()
        .map(|finding| (finding.finding.dossier.as_str(), finding.title()))
        .collect();
    let severities = by_severity(view.report.findings);
    let validities = by_validity(view.report.findings);
    html! {
        form #filters role="search" aria-label="Filter the findings" hidden {
            fieldset {
                legend { "Severity" }
                @for (severity, n) in severities.into_iter().filter(|(_, n)| *n > 0) {
                    (choice("severity", severity.name(), severity.name(), n))
                }
            }
            fieldset {
                legend { "Validity" }
                @for (validity, n) in validities.into_iter().filter(|(_, n)| *n > 0) {
                    (choice("validity", validity.name(), text::validity_word(validity), n))
                }
            }
            div .fields {
                label { span { "Kind" }
                    select name="kind" {
                        option value="" { "all kinds" }
                        @for (id, title) in kinds { option value=(id) { (title) } }
                    }
                }
                label { span { "Text" }
                    input name="text" type="search" placeholder="path, author, owner, …"
                        autocomplete="off" spellcheck="false";
                }
            }
            div .buttons {
                output #shown aria-live="polite" {}
                button type="button" data-do="open" { "Open all" }
                button type="button" data-do="close" { "Close all" }
                button type="reset" { "Clear filters" }
            }
        }
    }
}

fn choice(name: &str, value: &str, word: &str, n: usize) -> Markup {
    html! {
        label .choice {
            input type="checkbox" name=(name) value=(value);
            span { (word) " " small { (grouped(n as u64)) } }
        }
    }
}

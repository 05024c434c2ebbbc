//! One finding on the page: a line that can be opened; in it what it is and
//! where, what to do, what it reaches, and everything that explains it.

use std::collections::HashSet;

use leeward_model::Validity;
use maud::{Markup, html};

use crate::{
    exposure::short,
    foreign::inert,
    reach as words_of,
    snippet::Snippet,
    view::{FindingView, Place, View},
    words,
};

use super::{
    reach,
    text::{self, cell, table},
};

/// Findings that are open when the page is: few are read in full at once.
const OPEN: usize = 3;
/// With no more than these, all are open.
const FEW: usize = 8;
/// Characters of a line; more is cut around the value.
const EXCERPT: usize = 240;
/// Places listed; a value that was copied everywhere has thousands.
const PLACES: usize = 200;

pub(super) fn all(view: &View<'_>) -> Markup {
    let few = view.findings.len() <= FEW;
    let mut names = HashSet::new();
    html! {
        @for (i, finding) in view.findings.iter().enumerate() {
            (show(finding, &name(finding, &mut names), few || i < OPEN))
        }
    }
}

/// The finding's name within the page: its fingerprint, so that a link to it
/// holds for the next report too.
fn name(view: &FindingView<'_>, taken: &mut HashSet<String>) -> String {
    let fingerprint = view.finding.fingerprint.to_string();
    let mut name = fingerprint.clone();
    let mut n = 1;
    while !taken.insert(name.clone()) {
        n += 1;
        name = format!("{fingerprint}-{n}");
    }
    name
}

fn show(view: &FindingView<'_>, name: &str, open: bool) -> Markup {
    let severity = view.finding.severity.level;
    let validity = view.verification.validity;
    html! {
        details .finding .(severity.name()) id=(name) open[open]
            data-severity=(severity.name()) data-validity=(validity.name())
            data-kind=(view.finding.dossier.as_str()) {
            summary {
                h3 {
                    (text::severity(severity)) " "
                    @if validity != Validity::Unchecked { (text::validity(validity)) " " }
                    span .title { (view.title()) " " code { (view.hint) } }
                }
                @if let Some(first) = view.places.first() {
                    span .at {
                        (inert(&first.position()))
                        @if view.places.len() > 1 {
                            " and " (words::grouped(view.places.len() as u64 - 1)) " more"
                        }
                    }
                }
            }
            div .body {
                (excerpt(view))
                (first_step(view))
                (facts(view))
                (reach::show(view.known(), name))
                (remedy(view))
                (places(&view.places))
                (reach::requests(view.known()))
            }
        }
    }
}

fn excerpt(view: &FindingView<'_>) -> Markup {
    let Some(first) = view.places.first() else { return html! {} };
    if first.excerpt.text.trim().is_empty() {
        return html! {};
    }
    let snippet = Snippet::cut(&first.excerpt, EXCERPT, "…");
    let position = inert(&first.position());
    html! {
        figure .excerpt {
            figcaption { code { (position) } (layers(first)) }
            pre tabindex="0" aria-label="The line it lies on, masked" {
                code {
                    span .number { (first.location.start.line) }
                    (snippet.before) mark { (snippet.mark) } (snippet.after)
                }
            }
        }
    }
}

fn layers(place: &Place<'_>) -> Markup {
    let layers: Vec<&str> = place.location.decoded.iter().map(|layer| layer.name()).collect();
    html! { @if !layers.is_empty() { " under " (layers.join(", then ")) } }
}

fn first_step(view: &FindingView<'_>) -> Markup {
    let guidance = &view.guidance;
    html! {
        @if !guidance.next_step.is_empty() {
            p .next {
                strong { "Do this first: " } (text::prose(&guidance.next_step)) "."
                @if let Some(url) = &guidance.next_url { " " (text::link(url)) }
            }
        }
    }
}

fn facts(view: &FindingView<'_>) -> Markup {
    let finding = view.finding;
    let confidence = finding.confidence.level().name();
    html! {
        dl .facts {
            @if let Some(secret) = &view.secret {
                dt { "Secret" } dd { code { (secret) } }
            }
            @if let Some(why) = words_of::validity_detail(&view.verification) {
                dt { "Validity" }
                dd {
                    strong { (crate::words::capital(text::validity_word(view.verification.validity))) }
                    @if !why.is_empty() { ": " (text::prose(&why)) }
                }
            }
            @for says in view.assessment.iter().flat_map(|known| &known.identity) {
                dt { (text::label(&says.label)) } dd { (says.value) }
            }
            dt { "Severity" }
            dd {
                strong { (crate::words::capital(finding.severity.level.name())) }
                @if !view.severity_why.is_empty() { ": " (text::prose(&view.severity_why)) }
            }
            @if !view.exposure.lines.is_empty() {
                dt { "Exposure" }
                dd { @for line in &view.exposure.lines { div { (text::prose(line)) } } }
            }
            dt { "Confidence" }
            dd { strong { (crate::words::capital(confidence)) } ": " (text::prose(&view.evidence())) }
            @for (role, value) in &view.companions {
                dt { "Belongs to" } dd { (role) " " code { (value) } }
            }
            dt { "Identity" }
            dd { code { (finding.dossier.as_str()) } " " code { (finding.fingerprint) } }
        }
    }
}

/// The steps of closing it, in order.
fn remedy(view: &FindingView<'_>) -> Markup {
    let guidance = &view.guidance;
    if guidance.remediation.is_empty() {
        return html! {};
    }
    html! {
        section .remedy {
            h4 { "Close it" }
            ol {
                @for step in &guidance.remediation {
                    li {
                        strong { (crate::words::capital(&step.step.replace('-', " "))) } ": "
                        (text::prose(step.title.trim_end_matches('.'))) "."
                        @if let Some(url) = &step.url { " " (text::link(url)) }
                        @if !step.text.is_empty() { div .how { (text::prose(&step.text)) } }
                    }
                }
            }
            @if let Some(url) = &guidance.help_url { p { "More: " (text::link(url)) } }
        }
    }
}

/// Every place where it lies.
pub(crate) fn places(places: &[Place<'_>]) -> Markup {
    if places.len() < 2 && places.iter().all(|place| place.git.is_none()) {
        return html! {};
    }
    let more = places.len().saturating_sub(PLACES);
    let rows = html! {
        @for place in places.iter().take(PLACES) { (place_row(place)) }
    };
    let title = words::count(places.len(), "place", "places");
    html! {
        details .more {
            summary { h4 { "Where it lies: " (title) } }
            (table("Every place where it lies", &["Place", "Commit", "Author", "Refs"], &rows))
            @if more > 0 { p { "and " (words::grouped(more as u64)) " more" } }
        }
    }
}

fn place_row(place: &Place<'_>) -> Markup {
    let git = place.git.as_ref();
    let commit = git.and_then(|git| git.commit());
    let date = commit.and_then(|commit| words::date(commit.committed_at));
    let author = git.and_then(|git| git.author.as_ref());
    let refs = git.map(|git| git.refs.as_slice()).unwrap_or_default();
    let named: Vec<String> = refs.iter().map(|name| words::clip(name)).collect();
    html! {
        tr {
            (cell("Place", &html! { code { (inert(&place.position())) } (layers(place)) }))
            (cell("Commit", &html! {
                @if let Some(commit) = commit {
                    code { (short(&commit.id.to_string())) }
                    @if let Some(date) = date { " " (date) }
                } @else if git.is_some() { "none known" } @else { "on disk" }
            }))
            (cell("Author", &html! {
                @if let Some((name, email)) = author {
                    (words::clip(name)) " <" (words::clip(email)) ">"
                } @else { "–" }
            }))
            (cell("Refs", &html! {
                @if named.is_empty() { "–" } @else { (words::list(&named, 3)) }
            }))
        }
    }
}

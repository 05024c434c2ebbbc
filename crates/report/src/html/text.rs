//! Small parts that every section of the page is made of: prose with code in
//! it, links, badges.

use leeward_model::{Severity, Standing, Validity};
use maud::{Markup, html};

use crate::sarif::uri::is_web;

/// A text in which what stands between two backticks is code.
pub(crate) fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    let is_code = |i: usize| i % 2 == 1;
    let paired = parts.len() % 2 == 1
        && parts.iter().enumerate().all(|(i, part)| !is_code(i) || !part.trim().is_empty());
    html! {
        @if paired {
            @for (i, part) in parts.iter().enumerate() {
                @if is_code(i) { code { (part) } } @else { (part) }
            }
        } @else {
            (text)
        }
    }
}

/// A foreign label that stands where there is little room.
pub(crate) fn label(text: &str) -> String {
    const LONGEST: usize = 32;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => crate::words::capital(&format!("{}…", &text[..end])),
        None => crate::words::capital(text),
    }
}

/// An address from a dossier. A dossier may be a user's own, so only what is
/// plainly a web address can be followed.
pub(crate) fn link(url: &str) -> Markup {
    html! {
        @if is_web(url) {
            a href=(url) rel="noopener noreferrer" { (url) }
        } @else {
            code { (url) }
        }
    }
}

/// A severity as a word with a mark, so that colour is never the only sign.
pub(crate) fn severity(severity: Severity) -> Markup {
    let mark = match severity {
        Severity::Critical => "▲▲",
        Severity::High => "▲",
        Severity::Medium => "◆",
        Severity::Low => "▼",
    };
    badge(severity.name(), mark, severity.name())
}

/// A validity as a word with a mark.
pub(crate) fn validity(validity: Validity) -> Markup {
    badge(validity.name(), mark_of(validity), validity_word(validity))
}

/// The same among others of its kind, where `unknown` needs no noun.
pub(crate) fn validity_in_short(validity: Validity) -> Markup {
    let word = match validity {
        Validity::Unknown => validity.name(),
        other => validity_word(other),
    };
    badge(validity.name(), mark_of(validity), word)
}

/// What a validity is called on this page.
pub(crate) fn validity_word(validity: Validity) -> &'static str {
    match validity {
        Validity::Active => "active",
        Validity::Restricted => "restricted",
        Validity::Inactive => "inactive",
        Validity::Unknown => "validity unknown",
        Validity::Unchecked => "not asked",
    }
}

pub(crate) fn mark_of(validity: Validity) -> &'static str {
    match validity {
        Validity::Active => "●",
        Validity::Restricted => "◐",
        Validity::Inactive => "○",
        Validity::Unknown => "?",
        Validity::Unchecked => "–",
    }
}

/// What is known of an ability, as a word with a mark.
pub(crate) fn standing(standing: Standing) -> Markup {
    badge(standing.name(), sign(standing), standing.name())
}

/// The mark of a standing, here and in the picture.
pub(crate) fn sign(standing: Standing) -> &'static str {
    match standing {
        Standing::Proven => "●",
        Standing::Inferred => "◐",
        Standing::Unknown => "?",
        Standing::Refused => "✕",
    }
}

fn badge(class: &str, mark: &str, word: &str) -> Markup {
    html! { span class={ "badge " (class) } { span .sign aria-hidden="true" { (mark) } " " (word) } }
}

/// A cell that says what it is on a screen too narrow for a table's head.
pub(crate) fn cell(label: &str, content: &Markup) -> Markup {
    html! { td data-label=(label) { div { (content) } } }
}

/// A table that can be scrolled by keyboard where it does not fit.
pub(crate) fn table(caption: &str, heads: &[&str], rows: &Markup) -> Markup {
    html! {
        table {
            caption { (caption) }
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { (rows) }
        }
    }
}

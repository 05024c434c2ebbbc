//! One self-contained page: for whoever opens the report in a browser, prints
//! it, or sends it to somebody who decides.
//!
//! The page loads nothing and sends nothing. Its policy allows only its own
//! style and its own script, by their hashes, and it works without the script;
//! that only filters. What was scanned may have been written to attack whoever
//! reads this, so the markup escapes every text, and the whole of it passes
//! through [`inert`] once more: a control character, or a line that begins
//! like a command, cannot be in it. Only addresses from dossiers become links.

mod coverage;
pub(crate) mod finding;
pub(crate) mod label;
mod picture;
mod radius;
pub(crate) mod reach;
mod stealer;
mod summary;
pub(crate) mod text;

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, html};
use sha2::{Digest as _, Sha256};

use crate::{Report, account, foreign::inert, view::View};

/// The version of the page, for a program that wants to know what it is.
const SCHEMA: &str = "leeward.html/1";

pub(crate) const STYLE: &str = concat!(include_str!("style.css"), include_str!("radius.css"));
const SCRIPT: &str = include_str!("script.js");

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let view = View::of(report);
    let head = inert(&head(&view).into_string());
    let body = inert(&body(&view).into_string());
    writeln!(out, "{}", DOCTYPE.into_string())?;
    writeln!(out, "<html lang=\"en\"><head>{head}")?;
    writeln!(out, "<style>{STYLE}</style></head>")?;
    writeln!(out, "<body>{body}")?;
    writeln!(out, "<script>{SCRIPT}</script></body></html>")
}

fn head(view: &View<'_>) -> Markup {
    let generator = format!("leeward {} ({SCHEMA})", view.report.tool_version);
    html! {
        meta charset="utf-8";
        meta http-equiv="Content-Security-Policy" content=(policy());
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="referrer" content="no-referrer";
        meta name="robots" content="noindex, nofollow, noarchive";
        meta name="generator" content=(generator);
        title { "Leeward: " (headline(view)) }
    }
}

/// Nothing but the page's own style and script, known by their hashes.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// The hash of a text, in the form a policy has it.
pub(crate) fn hash(text: &str) -> String {
    base64(&Sha256::digest(text))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let at = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * i) & 63).unwrap_or(0);
            text.push(if i <= group.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    text
}

/// What the page says first.
fn headline(view: &View<'_>) -> String {
    if view.findings.is_empty() {
        let (account::Clean::Yes(text) | account::Clean::NotQuite(text)) = account::clean(view);
        text.to_owned()
    } else {
        account::total(view)
    }
}

fn body(view: &View<'_>) -> Markup {
    html! {
        @if view.findings.is_empty() {
            a .skip href="#coverage" { "Skip to what was covered" }
        } @else {
            a .skip href="#findings" { "Skip to the findings" }
        }
        (summary::header(view))
        main {
            (summary::show(view))
            (stealer::show(view))
            @if !view.findings.is_empty() {
                (summary::filters(view))
                section #findings aria-labelledby="findings-title" {
                    h2 #findings-title { "Findings" }
                    (finding::all(view))
                    p #no-match hidden { "No finding matches these filters." }
                }
            }
            (coverage::show(view))
        }
        footer {
            p {
                "Written by Leeward " (view.report.tool_version) ". "
                @if view.report.reveal {
                    "Values are shown in full. "
                } @else {
                    "Values are masked: the first and last characters tell which one is meant. "
                }
                "This page loads nothing and sends nothing."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_as_a_policy_has_them() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"f"), "Zg==");
        assert_eq!(base64(b"fo"), "Zm8=");
        assert_eq!(base64(b"foo"), "Zm9v");
        assert_eq!(hash(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}

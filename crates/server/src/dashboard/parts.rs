//! Small parts that pages are made of: badges, times, links, fields of forms, tables.

use jiff::Timestamp;
use leeward_model::{Incident, Progress, SafeText, Severity, State, Validity};
use maud::{Markup, html};
use url::Url;

use crate::Who;

/// What a form sends back to be taken for theirs.
pub(super) fn csrf(who: &Who) -> Markup {
    html! { @if let Some(csrf) = &who.csrf { input type="hidden" name="csrf" value=(csrf); } }
}

/// A text with a capital at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// `12,345`.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 place`, `1,200 places`.
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// How long, in its two largest units that matter: `3 days 4 hours`.
pub(super) fn span(seconds: i64) -> String {
    const UNITS: [(i64, &str); 5] =
        [(31_557_600, "year"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let seconds = seconds.max(0);
    let first = UNITS.iter().position(|(size, _)| seconds >= *size).unwrap_or(UNITS.len() - 1);
    let said = |n: i64, name: &str| format!("{n} {name}{}", if n == 1 { "" } else { "s" });
    let (size, name) = UNITS[first];
    let whole = said(seconds / size, name);
    match UNITS.get(first + 1) {
        Some((next, name)) if seconds / size < 3 && seconds % size >= *next => {
            format!("{whole} {}", said(seconds % size / next, name))
        }
        _ => whole,
    }
}

/// `2026-11-28 09:30 UTC`.
pub(super) fn minute(at: i64) -> String {
    let moment = Timestamp::from_second(at).ok();
    moment.map_or_else(
        || "an impossible time".to_owned(),
        |moment| moment.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// `2026-11-28`.
pub(super) fn day(at: i64) -> String {
    let moment = Timestamp::from_second(at).ok();
    moment.map_or_else(|| "–".to_owned(), |moment| moment.strftime("%Y-%m-%d").to_string())
}

/// `3 days ago`, `in 2 hours`, with the exact time at hand.
pub(super) fn ago(at: i64, now: i64) -> Markup {
    let text = match now.saturating_sub(at) {
        0 => "just now".to_owned(),
        past @ 1.. => format!("{} ago", short(past)),
        future => format!("in {}", short(future.saturating_neg())),
    };
    time(at, &text)
}

/// One unit is enough beside others.
pub(super) fn short(seconds: i64) -> String {
    let text = span(seconds);
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// A time in other words.
pub(super) fn time(at: i64, text: &str) -> Markup {
    let exact = Timestamp::from_second(at).map(|at| at.to_string()).unwrap_or_default();
    html! { time datetime=(exact) title=(minute(at)) { (text) } }
}

/// A time, exactly.
pub(super) fn exactly(at: i64) -> Markup {
    time(at, &minute(at))
}

fn badge(class: &str, mark: &str, word: &str) -> Markup {
    html! { span class={ "badge " (class) } { span .sign aria-hidden="true" { (mark) } " " (word) } }
}

/// A severity as a word with a mark, so that colour is never the only sign.
pub(super) fn severity(severity: Severity) -> Markup {
    let mark = match severity {
        Severity::Critical => "▲▲",
        Severity::High => "▲",
        Severity::Medium => "◆",
        Severity::Low => "▼",
    };
    badge(severity.name(), mark, severity.name())
}

/// What a validity is called on pages.
pub(super) fn validity_word(validity: Validity) -> &'static str {
    match validity {
        Validity::Active => "live",
        Validity::Restricted => "live, limited",
        Validity::Inactive => "dead",
        Validity::Unknown => "no answer",
        Validity::Unchecked => "not asked",
    }
}

/// A validity as a word with a mark.
pub(super) fn validity(validity: Validity) -> Markup {
    let mark = match validity {
        Validity::Active => "●",
        Validity::Restricted => "◐",
        Validity::Inactive => "○",
        Validity::Unknown => "?",
        Validity::Unchecked => "–",
    };
    badge(validity.name(), mark, validity_word(validity))
}

/// A state as a word with a mark.
pub(super) fn state(state: State) -> Markup {
    let mark = match state {
        State::Open => "●",
        State::Reopened => "↺",
        State::Contained => "◐",
        State::Rotated => "◕",
        State::Closed => "✓",
    };
    badge(&format!("state-{}", state.name()), mark, state.name())
}

/// The mark of a progress.
pub(super) fn progress_sign(progress: Progress) -> &'static str {
    match progress {
        Progress::Open => "○",
        Progress::Begun => "◐",
        Progress::Waiting => "…",
        Progress::Failed => "✕",
        Progress::Done => "✓",
        Progress::Waived => "–",
    }
}

/// A progress as a word; its mark stands elsewhere.
pub(super) fn progress(progress: Progress) -> Markup {
    html! { span class={ "badge progress-" (progress.name()) } { (progress.name()) } }
}

/// When it is due, and whether that is over.
pub(super) fn due(incident: &Incident, now: i64) -> Markup {
    let due = incident.due.filter(|_| incident.state != State::Closed);
    html! {
        @match due {
            None => span .dim { "–" },
            Some(at) if at < now => span .late { (time(at, &format!("{} late", short(now - at)))) },
            Some(at) => (ago(at, now)),
        }
    }
}

/// Foreign text, made harmless.
pub(super) fn safe(text: &str) -> String {
    SafeText::new(text).to_string()
}

/// A foreign address: a link if it is one of the web, with the host said, else text.
pub(super) fn link(address: &str) -> Markup {
    let parsed = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let host = parsed.as_ref().and_then(Url::host_str).map(str::to_owned);
    html! {
        @match (parsed, host) {
            (Some(url), Some(host)) => {
                a href=(url) rel="noreferrer noopener" target="_blank" {
                    "Look at it on " (host) span .sr { " (opens in another tab)" }
                }
            }
            _ => code { (safe(address)) },
        }
    }
}

/// An address from a dossier, which may be a user's own.
pub(super) fn known_link(address: &str) -> Markup {
    let is_web = Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    html! {
        @if is_web { a href=(address) rel="noreferrer noopener" { (address) } }
        @else { code { (safe(address)) } }
    }
}

/// A text in which what stands between two backticks is code.
pub(super) fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    html! {
        @if parts.len() % 2 == 1 {
            @for (i, part) in parts.iter().enumerate() {
                @if i % 2 == 1 { code { (part) } } @else { (part) }
            }
        } @else { (text) }
    }
}

/// A cell that says what it is on a screen too narrow for a table's head.
pub(super) fn cell(label: &str, content: &Markup) -> Markup {
    html! { td data-label=(label) { div { (content) } } }
}

/// A choice of a select.
pub(super) fn choice(value: &str, text: &str, chosen: &str) -> Markup {
    html! { option value=(value) selected[value == chosen] { (text) } }
}

/// The place of a page within others.
pub(super) fn crumbs(path: &str, name: &str) -> Markup {
    html! { p .crumbs { a href=(path) { "← " (name) } } }
}

/// Says that there is nothing, and why that may be.
pub(super) fn empty(title: &str, text: &str) -> Markup {
    html! { div .empty { strong { (title) } (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(span(0), "0 seconds");
        assert_eq!(span(3 * 86_400 + 7200), "3 days");
        assert_eq!(span(86_400 + 7200), "1 day 2 hours");
        assert_eq!(short(86_400 + 7200), "1 day");
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        for bad in ["javascript:alert(1)", "data:text/html,x", "//x", "x", "file:///etc/passwd", ""]
        {
            assert!(!link(bad).into_string().contains("href"), "{bad}");
            assert!(!known_link(bad).into_string().contains("href"), "{bad}");
        }
        let good = link("https://example.com/\"><script>").into_string();
        assert!(good.contains("rel=\"noreferrer noopener\"") && good.contains("on example.com"));
        assert!(!good.contains("<script"), "{good}");
    }
}

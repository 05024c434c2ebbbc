//! What a hover says of a value: what it is, why it is thought so, how bad that
//! is, whether it is live as far as is known, and what to do.

use std::fmt::Write as _;

use leeward_detect::Sighting;
use leeward_model::{Confidence, SafeText, acts_on_display};
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::{Settings, document::Document, marks, text::Encoding};

/// The hover for a value.
pub(super) fn hover(
    document: &Document,
    sighting: &Sighting,
    settings: &Settings,
    encoding: Encoding,
    markdown: bool,
) -> Hover {
    let dossier = settings.library.get(sighting.dossier.as_str());
    let text = |text: &str| {
        if markdown { escaped(text) } else { SafeText::new(text).to_string() }
    };
    let strong = |text: String| if markdown { format!("**{text}**") } else { text };
    let gap = if markdown { "\n\n" } else { "\n" };
    let mut said = String::new();
    let title = text(&marks::title(dossier, sighting));
    let hint = text(sighting.secret.hint().as_str());
    said.push_str(&strong(format!("{title} {hint}")));
    let confidence = Confidence::of(&sighting.signals);
    let (level, score) = (confidence.level().name(), confidence.score());
    // Into a string, where nothing fails.
    let _ = writeln!(said, "{gap}{} ({score:.2}):", strong(format!("{level} confidence")));
    let mut signals: Vec<_> = sighting.signals.iter().filter(|it| it.weight != 0.0).collect();
    signals.sort_by(|one, other| other.weight.total_cmp(&one.weight));
    for signal in signals {
        let _ = write!(said, "\n- {} ({:+.1})", text(&signal.why), signal.weight);
    }
    if let Some(rating) = marks::rated(document, sighting, settings) {
        let level = strong(format!("{} severity", rating.level.name()));
        let _ = write!(said, "\n{gap}{level}: {}", text(&rating.why.join("; ")));
    }
    let verify = if markdown { "`leeward verify`" } else { "leeward verify" };
    let _ = write!(said, "{gap}Whether it is live was not asked: {verify} asks its provider.");
    if let Some(dossier) = dossier {
        let _ = write!(said, "{gap}{}", text(&dossier.summary));
    }
    let contents = MarkupContent {
        kind: if markdown { MarkupKind::Markdown } else { MarkupKind::PlainText },
        value: said,
    };
    Hover {
        contents: HoverContents::Markup(contents),
        range: Some(document.text.range(&sighting.span, encoding)),
    }
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.push(' '),
            c if acts_on_display(c) => shown.extend(c.escape_unicode()),
            '<' => shown.push_str("&lt;"),
            '&' => shown.push_str("&amp;"),
            c if c.is_ascii_punctuation() && !".,;:/'%()".contains(c) => shown.extend(['\\', c]),
            // Addresses make no links of themselves.
            c => shown.push(c),
        }
    }
    shown.replace("://", ":&#47;/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_marks_nothing_up() {
        let text = "[a](http://x) <b> *c* `d` _e_\n# f ![g](h)";
        let shown = escaped(text);
        for mark in ["[a]", "://", "<b>", " *c", " `d", "\n", " ![g"] {
            assert!(!shown.contains(mark), "{mark}: {shown}");
        }
    }
}

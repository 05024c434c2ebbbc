//! The line a secret lies on, with the masked value underlined, in the manner
//! of a compiler.

use leeward_model::Excerpt;

use crate::snippet::Snippet;

use super::screen::{FRAME, Screen};

/// What is shown of one place.
pub(super) struct Shown<'a> {
    /// `path:line:column` and what else there is to say of the place.
    pub(super) place: String,
    pub(super) line: u64,
    pub(super) excerpt: &'a Excerpt,
    /// Beside the underline.
    pub(super) remark: String,
    pub(super) color: anstyle::Style,
}

pub(super) fn show(shown: &Shown<'_>, screen: &mut Screen) {
    let number = shown.line.to_string();
    let margin = " ".repeat(number.len());
    let frame = |text: &str| screen.paint(FRAME, text);
    let bar = frame(screen.drawn("│", "|"));
    let arrow = frame(screen.drawn(" ╭▸", "-->"));

    let mut lines = vec![format!(" {margin}{arrow} {}", shown.place)];
    if !shown.excerpt.text.trim().is_empty() {
        // Margin, bar and the spaces around them.
        let room = screen.width().saturating_sub(margin.len() + 4);
        let snippet = Snippet::cut(shown.excerpt, room, screen.drawn("…", "..."));
        let mark = screen.paint(shown.color, &snippet.mark);
        lines.push(format!(" {margin} {bar}"));
        lines.push(format!(" {} {bar} {}{mark}{}", frame(&number), snippet.before, snippet.after));
        if !snippet.mark.is_empty() {
            let underline = snippet.underline(screen.drawn("━", "^"));
            let spaces = underline.len() - underline.trim_start().len();
            let line = format!("{} {}", &underline[spaces..], shown.remark);
            let line = screen.paint(shown.color, &line);
            lines.push(format!(" {margin} {bar} {:spaces$}{line}", ""));
        }
        lines.push(format!(" {margin} {}", frame(screen.drawn("╰╴", "|"))));
    }
    for line in lines {
        screen.line(&line);
    }
}

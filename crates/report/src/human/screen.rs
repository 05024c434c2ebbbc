//! Lines of text on their way to a person: colour, width, wrapping, and the
//! guarantee that no line starts with a command for a build service.

use anstyle::{AnsiColor, Style as Ansi};
use leeward_model::{Severity, Standing, Validity};

use crate::{Style, foreign::without_commands, snippet::width};

/// Narrower than this, text is cut for its own sake; let the terminal wrap.
const NARROWEST: usize = 40;
/// Prose in longer lines is hard to read.
const WIDEST_PROSE: usize = 100;

/// Where one line of prose goes: the label before its first line decides how
/// far the others are indented.
pub(crate) struct Label<'a> {
    /// Columns before the label.
    pub(crate) indent: usize,
    /// The label itself.
    pub(crate) text: &'a str,
    /// Columns that the label is padded to.
    pub(crate) width: usize,
    /// Its colour.
    pub(crate) style: Ansi,
}

/// Collects lines.
pub(crate) struct Screen {
    style: Style,
    text: String,
}

impl Screen {
    pub(crate) fn new(style: Style) -> Self {
        Self { style, text: String::new() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Columns there are.
    pub(crate) fn width(&self) -> usize {
        self.style.width.max(NARROWEST)
    }

    /// One of two texts: with line drawing, or without.
    pub(crate) fn drawn<'a>(&self, unicode: &'a str, plain: &'a str) -> &'a str {
        if self.style.unicode { unicode } else { plain }
    }

    /// Text in a colour, if there are colours.
    pub(crate) fn paint(&self, style: Ansi, text: &str) -> String {
        if self.style.color && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// An empty line.
    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// One line, as it is. It must begin with text of our own.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(&without_commands(line.trim_end_matches(' ').to_owned()));
        self.text.push('\n');
    }

    /// A paragraph after a label, in a colour, wrapped at spaces.
    pub(crate) fn prose(&mut self, label: &Label<'_>, style: Ansi, text: &str) {
        let indent = label.indent + label.width;
        let room = self.width().min(WIDEST_PROSE).saturating_sub(indent);
        self.labelled(label, style, &wrap(text, room));
    }

    /// A text after a label that is never wrapped, so that it can be copied.
    pub(crate) fn whole(&mut self, label: &Label<'_>, style: Ansi, text: &str) {
        self.labelled(label, style, &[text.to_owned()]);
    }

    fn labelled(&mut self, label: &Label<'_>, style: Ansi, lines: &[String]) {
        let indent = label.indent + label.width;
        for (i, line) in lines.iter().enumerate() {
            let line = self.paint(style, &guarded(line));
            if i == 0 {
                let name = self.paint(label.style, label.text);
                let padding = " ".repeat(label.width.saturating_sub(width(label.text)));
                self.line(&format!("{:1$}{name}{padding}{line}", "", label.indent));
            } else {
                self.line(&format!("{:indent$}{line}", ""));
            }
        }
    }
}

/// Bold: what must not be missed.
pub(crate) const STRONG: Ansi = Ansi::new().bold();
/// Faint: labels and identifiers.
pub(crate) const DIM: Ansi = Ansi::new().dimmed();
/// As the terminal has it.
pub(crate) const NORMAL: Ansi = Ansi::new();
/// The drawing around excerpts.
pub(crate) const FRAME: Ansi = AnsiColor::BrightBlue.on_default();
/// All is well.
pub(crate) const GOOD: Ansi = AnsiColor::Green.on_default().bold();
/// Somebody can do harm.
pub(crate) const BAD: Ansi = AnsiColor::BrightRed.on_default().bold();
/// Something limits what the report can say.
pub(crate) const WARNING: Ansi = AnsiColor::Yellow.on_default().bold();

/// The colour of a severity.
pub(crate) fn of_severity(severity: Severity) -> Ansi {
    match severity {
        Severity::Critical => AnsiColor::BrightMagenta,
        Severity::High => AnsiColor::BrightRed,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::Cyan,
    }
    .on_default()
    .bold()
}

/// The colour of a validity: bad is what still works.
pub(crate) fn of_validity(validity: Validity) -> Ansi {
    match validity {
        Validity::Active | Validity::Restricted => BAD,
        Validity::Inactive => GOOD,
        Validity::Unknown => WARNING,
        Validity::Unchecked => NORMAL,
    }
}

/// The colour of what is known of an ability.
pub(crate) fn of_standing(standing: Standing) -> Ansi {
    match standing {
        Standing::Proven => BAD,
        Standing::Inferred | Standing::Unknown => WARNING,
        Standing::Refused => DIM,
    }
}

/// A build service reads `::command::` at the start of a line, spaces aside.
pub(crate) fn guarded(line: &str) -> String {
    let text = line.trim_start();
    match text.strip_prefix("::") {
        Some(rest) => format!("{}\\u{{3a}}:{rest}", &line[..line.len() - text.len()]),
        None => line.to_owned(),
    }
}

/// Lines of at most `room` columns, broken at spaces; a longer word stays
/// whole, so that a link can be copied.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 && width(&line) + 1 + width(word) <= room {
            line.push(' ');
        } else if i > 0 {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("a https://long.example/path b", 8),
            ["a", "https://long.example/path", "b"]
        );
        assert_eq!(wrap("", 8), [""]);
    }

    #[test]
    fn no_line_is_a_command() {
        let mut screen = Screen::new(Style { width: 40, ..Style::PLAIN });
        let label = Label { indent: 2, text: "x", width: 4, style: DIM };
        screen.prose(&label, NORMAL, &format!("{} ::set-output name=a::b", "y".repeat(40)));
        assert!(screen.text().contains("\n      \\u{3a}:set-output"), "{}", screen.text());
    }
}

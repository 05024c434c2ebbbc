//! A dossier's page on a terminal: Markdown as far as those pages use it, with
//! headings that stand out, text that fits the width and tables that line up.
//! Not a Markdown reader; in a pipe the page goes out as it is.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

const TITLE: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));
const HEADING: Style = Style::new().bold().underline();
const STRONG: Style = Style::new().bold();
const CODE: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
const DIM: Style = Style::new().dimmed();

/// The widest that prose is read with ease.
const WIDEST: usize = 92;

/// The page as a terminal shows it.
pub(crate) fn render(page: &str, width: usize, color: bool) -> String {
    let mut screen = Screen { width: width.min(WIDEST), color, text: String::new() };
    let mut lines = page.lines().peekable();
    let mut fenced = false;
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            screen.whole("    ", CODE, line);
        } else if line.starts_with('|') {
            let mut rows = vec![cells(line)];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(cells(row));
            }
            screen.table(&rows);
        } else {
            screen.block(line);
        }
    }
    screen.text
}

/// The cells of a table's row.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_matches('|').replace("\\|", "\u{1}");
    row.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

struct Screen {
    width: usize,
    color: bool,
    text: String,
}

impl Screen {
    /// A heading, a list's item or a paragraph, each of which is one line.
    fn block(&mut self, line: &str) {
        let marked = line.trim_start_matches('#');
        let text = line.trim_start();
        let indent = line.len() - text.len();
        match line.len() - marked.len() {
            1 => self.whole("", TITLE, marked.trim()),
            2 => self.whole("", HEADING, marked.trim()),
            3 => self.prose("", "", marked.trim(), STRONG),
            _ => {
                let marker = marker(text);
                let first = format!("{:indent$}{}", "", &text[..marker]).replace("- ", "• ");
                let rest = " ".repeat(indent + marker);
                self.prose(&first, &rest, text[marker..].trim_end(), Style::new());
            }
        }
    }

    fn whole(&mut self, indent: &str, style: Style, line: &str) {
        let line = self.paint(style, line);
        self.push(indent, &line);
    }

    /// Wrapped text, with code and emphasis in it shown.
    fn prose(&mut self, first: &str, rest: &str, text: &str, style: Style) {
        let room = self.width.saturating_sub(rest.len()).max(20);
        for (number, line) in wrap(&words(text, style), room).iter().enumerate() {
            let line: Vec<String> = line.iter().map(|word| self.word(word)).collect();
            self.push(if number == 0 { first } else { rest }, &line.join(" "));
        }
        if text.is_empty() {
            self.push("", "");
        }
    }

    /// A table in which the last column takes what room is left.
    fn table(&mut self, rows: &[Vec<String>]) {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| {
            let cells = rows.iter().enumerate().filter(|(number, _)| *number != 1);
            cells.filter_map(|(_, row)| row.get(column)).map(|cell| plain(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        let left: usize = widths.iter().rev().skip(1).map(|width| width + 2).sum();
        for (number, row) in rows.iter().enumerate().filter(|(number, _)| *number != 1) {
            let style = if number == 0 { DIM } else { Style::new() };
            let (last, others) = row.split_last().map_or(("", &[][..]), |(l, o)| (l.as_str(), o));
            let mut first = String::new();
            for (cell, width) in others.iter().zip(&widths) {
                let shown: Vec<String> =
                    words(cell, style).iter().map(|word| self.word(word)).collect();
                let gap = width + 2 - plain(cell);
                let _ = write!(first, "{}{:gap$}", shown.join(" "), "");
            }
            self.prose(&first, &" ".repeat(left), last, style);
        }
    }

    fn word(&self, word: &Word<'_>) -> String {
        word.parts.iter().map(|(style, text)| self.paint(*style, text)).collect()
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    fn push(&mut self, indent: &str, line: &str) {
        self.text.push_str(format!("{indent}{line}").trim_end());
        self.text.push('\n');
    }
}

/// How many bytes of a line are the mark of a list's item.
fn marker(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.as_bytes().get(digits..) {
        _ if text.starts_with("- ") => 2,
        Some([b'.', b' ', ..]) if digits > 0 => digits + 2,
        _ => 0,
    }
}

/// Text between two spaces, in its styles.
struct Word<'t> {
    parts: Vec<(Style, &'t str)>,
}

impl Word<'_> {
    fn width(&self) -> usize {
        self.parts.iter().map(|(_, text)| text.chars().count()).sum()
    }
}

/// The words of a text. Code keeps its backticks where there is no colour to
/// tell it by; emphasis and the brackets of addresses go.
fn words(text: &str, base: Style) -> Vec<Word<'_>> {
    let mut words = vec![Word { parts: Vec::new() }];
    let (mut rest, mut code, mut strong) = (text, false, false);
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**").filter(|_| !code) {
            strong = !strong;
            rest = after;
            continue;
        }
        if next == ' ' {
            words.push(Word { parts: Vec::new() });
            rest = &rest[1..];
            continue;
        }
        if next == '`' {
            code = !code;
        }
        let is_end = |(at, c): (usize, char)| {
            at > 0 && (matches!(c, ' ' | '`') || !code && rest[at..].starts_with("**"))
        };
        let end = rest.char_indices().find(|at| is_end(*at)).map_or(rest.len(), |(at, _)| at);
        let style = match (code || next == '`', strong) {
            (true, _) => CODE,
            (false, true) => STRONG,
            (false, false) => base,
        };
        if let Some(word) = words.last_mut() {
            word.parts.push((style, &rest[..end]));
        }
        rest = &rest[end..];
    }
    words.retain(|word| !word.parts.is_empty());
    words
}

fn wrap<'w, 't>(words: &'w [Word<'t>], room: usize) -> Vec<Vec<&'w Word<'t>>> {
    let mut lines: Vec<Vec<&Word<'_>>> = Vec::new();
    let mut used = 0;
    for word in words {
        let width = word.width();
        match lines.last_mut() {
            Some(line) if used + 1 + width <= room => {
                line.push(word);
                used += 1 + width;
            }
            _ => {
                lines.push(vec![word]);
                used = width;
            }
        }
    }
    lines
}

/// Columns of a cell once it is shown.
fn plain(cell: &str) -> usize {
    let words = words(cell, Style::new());
    words.iter().map(Word::width).sum::<usize>() + words.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_lists_and_tables_fit_the_width() {
        let page = "# Title\n\nA `long code span` and **strong words** in one text.\n\n\
                    - an item that is longer than the line is wide, as items are\n\n\
                    | Answer | Why |\n| --- | --- |\n| 200 | it works, and a reader learns more |\n";
        insta::assert_snapshot!(render(page, 40, false), @r"
        Title

        A `long code span` and strong words in
        one text.

        • an item that is longer than the line
          is wide, as items are

        Answer  Why
        200     it works, and a reader learns
                more
        ");
    }

    #[test]
    fn colour_changes_no_character() {
        let page = "## Two\n\nPlain `code here`, **strong** and more.\n1. **First** (`x`)\n";
        let colored = render(page, 80, true);
        assert_ne!(colored, render(page, 80, false));
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), render(page, 80, false));
    }
}

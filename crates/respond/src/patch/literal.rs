//! The literal that a value stands in: its quotes, what stands beside the
//! value in it, and the line around.

use std::ops::Range;

use super::{Language, Proposal, Task};

/// A quoted literal on one line.
pub(super) struct Literal {
    /// With its quotes and what belongs to them.
    pub(super) whole: Range<usize>,
    /// What the literal begins with, such as `b"`.
    pub(super) open: Range<usize>,
    /// What it ends with.
    pub(super) close: Range<usize>,
}

impl Literal {
    /// The literal around a value, if there is one.
    pub(super) fn around(text: &[u8], span: &Range<usize>) -> Option<Self> {
        let line = line(text, span.start);
        let quote = (line.start..span.start)
            .rev()
            .find(|&at| b"'\"`".contains(&text[at]) && !is_escaped(text, at, line.start))?;
        let mark = text[quote];
        let end = (span.end..text.len())
            .take_while(|&at| text[at] != b'\n')
            .find(|&at| text[at] == mark && !is_escaped(text, at, span.end))?;
        // Three quotes are one.
        let triple = quote >= line.start + 2
            && text[quote - 2..quote] == [mark; 2]
            && text[end..].starts_with(&[mark; 3]);
        let (mut open, mut close) = if triple { (quote - 2, end + 3) } else { (quote, end + 1) };
        // Raw strings of Rust: `r#"…"#`.
        let hashes = text[line.start..open].iter().rev().take_while(|&&b| b == b'#').count();
        if hashes > 0
            && open > hashes
            && text[open - hashes - 1] == b'r'
            && text[close..].starts_with(&vec![b'#'; hashes])
        {
            open -= hashes;
            close += hashes;
        }
        // Letters and signs before the quote: `rb"`, `f'`, `$@"`, `@"`.
        let marks = text[line.start..open].iter().rev();
        let marks = marks.take_while(|&&b| b"rRbBfFuU@$".contains(&b)).count();
        let before = open - marks;
        let is_word = before > line.start
            && (text[before - 1].is_ascii_alphanumeric() || b"_.".contains(&text[before - 1]));
        if marks <= 2 && !is_word {
            open = before;
        }

        let whole = open..close;
        Some(Self { open: open..quote + 1, close: end..close, whole })
    }

    /// The parts of the content before and after the value.
    pub(super) fn parts<'a>(&self, text: &'a [u8], span: &Range<usize>) -> [&'a [u8]; 2] {
        [&text[self.open.end..span.start], &text[span.end..self.close.start]]
    }
}

/// Whether an odd number of backslashes stands before.
fn is_escaped(text: &[u8], at: usize, from: usize) -> bool {
    text[from..at].iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1
}

/// The line around a place, without its end.
pub(super) fn line(text: &[u8], at: usize) -> Range<usize> {
    let start = text[..at].iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
    let end = text[at..].iter().position(|&b| b == b'\n').map_or(text.len(), |n| at + n);
    start..end - usize::from(end > start && text[end - 1] == b'\r')
}

/// A line as text, for looking at its words.
pub(super) fn words<'a>(text: &'a [u8], line: &Range<usize>) -> &'a str {
    std::str::from_utf8(&text[line.clone()]).unwrap_or_default()
}

/// How lines end here.
pub(super) fn line_end(text: &[u8]) -> &'static str {
    let first = text.iter().position(|&b| b == b'\n');
    if first.is_some_and(|at| at > 0 && text[at - 1] == b'\r') { "\r\n" } else { "\n" }
}

/// In a comment a name in angle brackets stands for the value.
pub(super) fn comment(task: &Task<'_>, language: Language) -> Option<Proposal> {
    let line = line(task.text, task.span.start);
    let before = words(task.text, &(line.start..task.span.start)).trim_start();
    let is_one = language.comment().iter().any(|mark| before.starts_with(mark));
    // What a program starts with is no comment.
    (is_one && !before.starts_with("#!")).then(|| {
        Proposal::one(task.span.clone(), format!("<{}>", task.name))
            .noting("it stood in a comment, where a name stands now")
    })
}

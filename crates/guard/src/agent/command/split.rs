//! A command line in the commands it is made of, near enough to how a shell
//! reads it. Nothing is expanded, and nothing runs.

use std::{iter::Peekable, str::Chars};

/// One command with its arguments.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Simple {
    /// The program and its arguments, without quotes. A `$` between single
    /// quotes is a NUL: it stands for no variable.
    pub(super) words: Vec<String>,
    /// Files it reads by `<`.
    pub(super) reads: Vec<String>,
    /// Files it writes by `>`.
    pub(super) writes: Vec<String>,
    /// What it prints goes to the next command.
    pub(super) is_piped: bool,
    /// What it is given by `<<`.
    pub(super) document: Option<Document>,
}

/// A text that stands in the lines below a command.
#[derive(Debug, PartialEq)]
pub(super) struct Document {
    pub(super) text: String,
    /// Variables in it stand for their values.
    pub(super) expands: bool,
}

/// Splits a line.
pub(super) fn commands(line: &str) -> Vec<Simple> {
    let mut split = Split::default();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                split.is_word = true;
                for c in chars.by_ref().take_while(|c| *c != '\'') {
                    split.word.push(if c == '$' { '\0' } else { c });
                }
            }
            '"' => {
                split.is_word = true;
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => split.word.extend(chars.next().filter(|c| *c != '\n')),
                        c => split.word.push(c),
                    }
                }
            }
            '\\' => {
                if let Some(c) = chars.next().filter(|c| *c != '\n') {
                    // A path of Windows keeps what divides it.
                    if c.is_alphanumeric() {
                        split.word.push('\\');
                    }
                    split.word.push(c);
                }
            }
            '|' => {
                let is_or = chars.next_if_eq(&'|').is_some();
                split.end(!is_or);
            }
            '\n' => {
                split.end(false);
                for (end, expands, at) in std::mem::take(&mut split.documents) {
                    let text = document(&mut chars, &end);
                    if let Some(command) = split.done.get_mut(at) {
                        command.document = Some(Document { text, expands });
                    }
                }
            }
            ';' | '&' | '(' | ')' | '`' => split.end(false),
            '#' if split.word.is_empty() && !split.is_word => {
                while chars.next_if(|c| *c != '\n').is_some() {}
            }
            '<' => {
                if chars.next_if_eq(&'<').is_some() {
                    split.end_word();
                    // `<<<` gives a word, `<<` the lines below.
                    if chars.next_if_eq(&'<').is_none() {
                        let _ = chars.next_if_eq(&'-');
                        while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
                        let mut end = String::new();
                        while let Some(c) = chars.next_if(|c| {
                            !c.is_whitespace() && !matches!(c, ';' | '|' | '&' | '<' | '>' | ')')
                        }) {
                            end.push(c);
                        }
                        let plain = end.replace(['\'', '"', '\\'], "");
                        let expands = plain == end;
                        split.documents.push((plain, expands, split.done.len()));
                    }
                } else {
                    split.next(Next::Read);
                }
            }
            '>' => {
                let _ = chars.next_if(|c| matches!(c, '>' | '|' | '&'));
                // `2>` writes no output.
                if split.word == "2" {
                    split.word.clear();
                    split.next(Next::Error);
                } else {
                    split.next(Next::Write);
                }
            }
            c if c.is_whitespace() => split.end_word(),
            // `$(` begins a command of its own.
            '$' if chars.peek() == Some(&'(') => split.end_word(),
            c => split.word.push(c),
        }
    }
    split.end(false);
    split.done
}

/// What the next word is.
#[derive(Default)]
enum Next {
    #[default]
    Word,
    Read,
    Write,
    Error,
}

#[derive(Default)]
struct Split {
    done: Vec<Simple>,
    open: Simple,
    word: String,
    is_word: bool,
    next: Next,
    /// Texts that begin on the next line: how each ends, and whose it is.
    documents: Vec<(String, bool, usize)>,
}

/// The lines up to one that is `end`.
fn document(chars: &mut Peekable<Chars<'_>>, end: &str) -> String {
    let mut text = String::new();
    while chars.peek().is_some() {
        let line: String = chars.by_ref().take_while(|c| *c != '\n').collect();
        if line.trim_start_matches('\t') == end {
            break;
        }
        text += &line;
        text.push('\n');
    }
    text
}

impl Split {
    fn next(&mut self, next: Next) {
        self.end_word();
        self.next = next;
    }

    fn end_word(&mut self) {
        if self.word.is_empty() && !std::mem::take(&mut self.is_word) {
            return;
        }
        self.is_word = false;
        let word = std::mem::take(&mut self.word);
        match std::mem::take(&mut self.next) {
            Next::Word => self.open.words.push(word),
            Next::Read => self.open.reads.push(word),
            Next::Write => self.open.writes.push(word),
            Next::Error => {}
        }
    }

    fn end(&mut self, is_piped: bool) {
        self.end_word();
        self.next = Next::Word;
        let mut simple = std::mem::take(&mut self.open);
        if !simple.words.is_empty() || !simple.reads.is_empty() || !simple.writes.is_empty() {
            simple.is_piped = is_piped;
            self.done.push(simple);
        }
    }
}

//! How near a piece of evidence is to a value, in structure rather than bytes.
//!
//! Brackets and indentation are followed outwards from the value, over lines
//! or within one minified line, without knowing the language. Quotes are not
//! read, so that escaped and doubly escaped text has the same structure.

use std::ops::Range;

use crate::{evidence::Evidence, lines};

/// How a piece of evidence stands to a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Relation {
    /// Enclosing structures to leave before it is met.
    pub(crate) level: u32,
    /// It lies inside a neighbour's structure, not directly in a shared one.
    pub(crate) nested: bool,
    /// It names a structure that encloses the value.
    pub(crate) parent: bool,
    /// Line ends between the two.
    pub(crate) lines: u32,
    /// Blank lines between the two.
    pub(crate) blanks: u32,
    /// Section headings (`[name]`) between the two.
    pub(crate) sections: u32,
    /// Bytes between the two.
    pub(crate) distance: usize,
    /// It stands before the value.
    pub(crate) before: bool,
}

/// How far evidence is followed by structure, in bytes, to either side.
pub(crate) const REACH: usize = 12 * 1024;

/// Relates each piece of `evidence` (in order of position) to the value at
/// `span`. Evidence out of reach gets none.
pub(crate) fn relate(
    text: &[u8],
    span: &Range<usize>,
    evidence: &[Evidence],
) -> Vec<Option<Relation>> {
    let mut relations = vec![None; evidence.len()];
    let split = evidence.partition_point(|item| item.run.start < span.start);
    let floor = span.start.saturating_sub(REACH);
    let ceiling = text.len().min(span.end.saturating_add(REACH));
    let diff = is_diff(&text[floor..ceiling]);

    let mut walk = Walk::new(text, span, diff);
    let mut at = span.start;
    for index in (0..split).rev() {
        let item = &evidence[index];
        if item.run.start < floor {
            break;
        }
        while at > item.run.start {
            at -= 1;
            walk.step_back(at);
        }
        relations[index] = Some(walk.relation(span.start.saturating_sub(item.run.end), true));
    }

    let mut walk = Walk::new(text, span, diff);
    walk.down();
    let mut at = span.end;
    for index in split..evidence.len() {
        let item = &evidence[index];
        if item.run.end > ceiling {
            break;
        }
        while at < item.run.start {
            walk.step_on(at);
            at += 1;
        }
        relations[index] = Some(walk.relation(item.run.start.saturating_sub(span.end), false));
    }
    relations
}

/// Whether a text is a unified diff, whose first column is no indentation.
fn is_diff(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"\n@@ -").is_some() || text.starts_with(b"@@ -")
}

struct Walk<'a> {
    text: &'a [u8],
    diff: bool,
    brackets: u32,
    bracket_nested: u32,
    in_header: bool,
    header_bytes: u32,
    indents: u32,
    /// Indentation of the block we are in.
    indent: usize,
    /// Indentation of the value's own line, after a list's dash.
    content: usize,
    indent_nested: bool,
    /// The list item around the value has been left upwards.
    left_item: bool,
    parent_line: bool,
    lines: u32,
    blanks: u32,
    sections: u32,
}

/// A line's shape.
struct Shape {
    /// Columns before the first character.
    raw: usize,
    /// Columns before the first character of a list item's content.
    content: usize,
    dash: bool,
    kind: Kind,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Text,
    Blank,
    /// Nothing but what closes a line of escaped text: `",`.
    Punctuation,
    /// A heading, such as `[name]`.
    Section,
}

impl<'a> Walk<'a> {
    fn new(text: &'a [u8], span: &Range<usize>, diff: bool) -> Self {
        let mut walk = Self {
            text,
            diff,
            brackets: 0,
            bracket_nested: 0,
            in_header: false,
            header_bytes: 0,
            indents: 0,
            indent: 0,
            content: 0,
            indent_nested: false,
            left_item: false,
            parent_line: false,
            lines: 0,
            blanks: 0,
            sections: 0,
        };
        let own = walk.shape(lines::start(text, span.start));
        // A list item that is a mapping has its other keys below, indented as
        // this one is after the dash; what stands above it are other items.
        let line = &text[lines::start(text, span.start)..span.start];
        walk.left_item = own.dash && memchr::memmem::find(line, b": ").is_some();
        walk.indent = if own.dash { own.raw } else { own.content };
        walk.content = own.content;
        walk
    }

    /// Turns to what stands below the value.
    fn down(&mut self) {
        if std::mem::take(&mut self.left_item) {
            self.indent = self.content;
        }
    }

    fn relation(&self, distance: usize, before: bool) -> Relation {
        let by_brackets = self.brackets > 0 || self.bracket_nested > 0;
        Relation {
            level: self
                .brackets
                .max(self.indents + u32::from(self.left_item && self.indent_nested)),
            nested: if by_brackets && self.lines == 0 {
                self.bracket_nested > 0
            } else {
                self.bracket_nested > 0 || self.indent_nested
            },
            parent: before && (self.in_header || self.parent_line),
            lines: self.lines,
            blanks: self.blanks,
            sections: self.sections,
            distance,
            before,
        }
    }

    fn step_back(&mut self, at: usize) {
        match self.text[at] {
            b')' | b']' | b'}' => {
                self.bracket_nested += 1;
                self.in_header = false;
            }
            b'(' | b'[' | b'{' if self.bracket_nested > 0 => self.bracket_nested -= 1,
            b'(' | b'[' | b'{' => {
                self.brackets += 1;
                self.in_header = true;
                self.header_bytes = 0;
            }
            b',' | b';' => self.in_header = false,
            _ => {}
        }
        self.header_bytes += 1;
        if self.header_bytes > 120 {
            self.in_header = false;
        }
        if lines::breaks_at(self.text, at) {
            self.in_header = false;
            self.line_above(lines::start(self.text, at));
        }
    }

    fn line_above(&mut self, start: usize) {
        let shape = self.shape(start);
        self.parent_line = false;
        match shape.kind {
            Kind::Punctuation => return,
            Kind::Blank => {
                self.lines += 1;
                self.blanks += 1;
                return;
            }
            Kind::Section => {
                self.lines += 1;
                self.parent_line = self.sections == 0;
                self.sections += 1;
                self.indents += 1;
                self.indent = 0;
                self.indent_nested = false;
                return;
            }
            Kind::Text => self.lines += 1,
        }
        if shape.dash && shape.raw < self.indent && shape.content >= self.indent {
            // The first key of the list item that we are in, as near as its
            // others; above it are other items.
            self.indent_nested = false;
            self.indent = shape.raw;
            self.left_item = true;
        } else if shape.raw < self.indent {
            self.indents += 1;
            self.indent = shape.raw;
            self.indent_nested = false;
            self.left_item = false;
            self.parent_line = true;
        } else {
            self.indent_nested = shape.raw > self.indent || shape.dash && self.left_item;
        }
    }

    fn step_on(&mut self, at: usize) {
        match self.text[at] {
            b'(' | b'[' | b'{' => self.bracket_nested += 1,
            b')' | b']' | b'}' if self.bracket_nested > 0 => self.bracket_nested -= 1,
            b')' | b']' | b'}' => self.brackets += 1,
            _ => {}
        }
        if lines::breaks_at(self.text, at) {
            self.line_below(at + 1);
        }
    }

    fn line_below(&mut self, start: usize) {
        let shape = self.shape(start);
        match shape.kind {
            Kind::Punctuation => return,
            Kind::Blank => {
                self.lines += 1;
                self.blanks += 1;
                return;
            }
            Kind::Section => {
                self.lines += 1;
                self.sections += 1;
                self.indents += 1;
                self.indent = 0;
                return;
            }
            Kind::Text => self.lines += 1,
        }
        if shape.raw < self.indent {
            self.indents += 1;
            self.indent = shape.raw;
            self.indent_nested = shape.dash;
        } else {
            self.indent_nested = shape.raw > self.indent;
        }
    }

    fn shape(&self, start: usize) -> Shape {
        let limit = self.text.len().min(start + 400);
        let mut at = start;
        if self.diff && at < limit && matches!(self.text[at], b'+' | b'-' | b' ') {
            at += 1;
        }
        let origin = at;
        let skip_blanks = |mut at: usize| {
            while at < limit && matches!(self.text[at], b' ' | b'\t') {
                at += 1;
            }
            at
        };
        at = skip_blanks(at);
        let raw = at - origin;
        let dash = self.text[at..limit].starts_with(b"- ");
        let content = if dash { skip_blanks(at + 1) - origin } else { raw };
        let end = lines::end(self.text, at).min(limit);
        let body = self.text[at.min(end)..end].trim_ascii();
        let kind = if body.is_empty() {
            Kind::Blank
        } else if body.iter().all(|byte| matches!(byte, b'"' | b'\'' | b',' | b'\\')) {
            Kind::Punctuation
        } else if is_heading(body) {
            Kind::Section
        } else {
            Kind::Text
        };
        Shape { raw, content, dash, kind }
    }
}

/// `[section]` of a settings file, or `### request` of a text.
fn is_heading(line: &[u8]) -> bool {
    let listed = |byte: &u8| matches!(byte, b',' | b'"' | b'\'' | b'(');
    line.starts_with(b"###")
        || line.starts_with(b"[") && line.ends_with(b"]") && !line.iter().any(listed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        evidence::{Class, Evidence},
        lexicon::Lexicon,
    };

    /// How the word `here` stands to the value `VALUE`.
    fn relation(text: &str) -> Relation {
        let at = |word: &str| {
            let start = text.find(word).expect("the text has the word");
            start..start + word.len()
        };
        let evidence = Evidence {
            run: at("here"),
            owner: Lexicon::STRANGER,
            class: Class::Word,
            names: None,
            credential: false,
            reference: false,
            account: false,
        };
        relate(text.as_bytes(), &at("VALUE"), &[evidence])[0].expect("within reach")
    }

    fn level_nested_parent(text: &str) -> (u32, bool, bool) {
        let relation = relation(text);
        (relation.level, relation.nested, relation.parent)
    }

    #[test]
    fn siblings_parents_and_neighbours_in_brackets() {
        assert_eq!(level_nested_parent("{a: here, b: VALUE}"), (0, false, false));
        assert_eq!(level_nested_parent("{b: VALUE, a: here}"), (0, false, false));
        assert_eq!(level_nested_parent("{here: {b: VALUE}}"), (1, false, true));
        assert_eq!(level_nested_parent("{x: {a: here}, y: {b: VALUE}}"), (1, true, false));
        assert_eq!(level_nested_parent("f(here, {h: {b: VALUE}})"), (2, false, false));
    }

    #[test]
    fn indentation_counts_as_brackets_do() {
        assert_eq!(level_nested_parent("here:\n  a: 1\n  b: VALUE\n"), (1, false, true));
        assert_eq!(level_nested_parent("- a: here\n  b: VALUE\n"), (0, false, false));
        assert_eq!(level_nested_parent("- b: VALUE\n  a: here\n"), (0, false, false));
        assert!(relation("- a: here\n  c: 1\n- b: VALUE\n").nested);
        assert_eq!(level_nested_parent("x:\n  a: here\ny:\n  b: VALUE\n"), (1, true, false));
    }

    #[test]
    fn diffs_and_escaped_lines_have_the_same_structure() {
        let diff = "@@ -0,0 +1,2 @@\n+here:\n+  b: VALUE\n";
        assert_eq!(level_nested_parent(diff), (1, false, true));
        let escaped = "\"text\": \"here = 1\\nb = VALUE\\n\"";
        let relation = relation(escaped);
        assert_eq!((relation.lines, relation.level), (1, 0));
    }

    #[test]
    fn headings_part_sections() {
        assert_eq!(relation("[here]\na = 1\nb = VALUE\n").sections, 1);
        assert!(relation("[here]\na = 1\nb = VALUE\n").parent);
        assert_eq!(relation("[x]\na = here\n[y]\nb = VALUE\n").sections, 1);
        assert_eq!(relation("a = here\n\n\nb = VALUE\n").blanks, 2);
    }
}

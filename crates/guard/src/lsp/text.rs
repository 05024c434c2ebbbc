//! A document as an editor has it: its text, changed piece by piece, and the
//! way between bytes and the protocol's lines and columns. A position that is
//! out of the text is the nearest that is in it, as the protocol has it.

use std::ops::Range;

use lsp_types::{Position, TextDocumentContentChangeEvent};

/// How columns are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    #[default]
    Utf16,
}

/// A text and where its lines begin.
#[derive(Debug, Default)]
pub(super) struct Text {
    text: String,
    /// Where each line begins, the first at 0.
    lines: Vec<usize>,
    /// All columns are bytes.
    is_ascii: bool,
}

/// A position that was found, from which those after it are near.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Near {
    offset: usize,
    position: Position,
}

impl Text {
    pub(super) fn new(text: String) -> Self {
        let mut new = Self { text, ..Self::default() };
        new.measure();
        new
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    fn measure(&mut self) {
        let bytes = self.text.as_bytes();
        self.is_ascii = bytes.is_ascii();
        self.lines.clear();
        self.lines.push(0);
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
        // `\r\n` is one end, at its second half.
        let ends = ends.filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
        self.lines.extend(ends.map(|at| at + 1));
    }

    /// Takes a change: which bytes were replaced, and by how many. `None` if it
    /// is another text altogether.
    pub(super) fn change(
        &mut self,
        change: TextDocumentContentChangeEvent,
        encoding: Encoding,
    ) -> Option<(Range<usize>, usize)> {
        let replaced = change.range.map(|range| {
            let start = self.offset(range.start, encoding);
            start..self.offset(range.end, encoding).max(start)
        });
        match &replaced {
            Some(replaced) => self.text.replace_range(replaced.clone(), &change.text),
            None => self.text.clone_from(&change.text),
        }
        self.measure();
        Some((replaced?, change.text.len()))
    }

    /// The byte at a position; always where a character begins.
    pub(super) fn offset(&self, position: Position, encoding: Encoding) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        let Some(&start) = self.lines.get(line) else { return self.text.len() };
        let line = self.line_at(line, start);
        let column = usize::try_from(position.character).unwrap_or(usize::MAX);
        let within = match encoding {
            Encoding::Utf8 => line.floor_char_boundary(column),
            // Where all are ASCII a column is a byte.
            Encoding::Utf16 if self.is_ascii => column.min(line.len()),
            Encoding::Utf16 => wide_offset(line, column),
        };
        start + within
    }

    /// The position of a byte; of the character that it is in.
    pub(super) fn position(&self, offset: usize, encoding: Encoding) -> Position {
        self.position_near(offset, encoding, &mut Near::default())
    }

    /// The same for many in order: a line of megabytes is counted once.
    fn position_near(&self, offset: usize, encoding: Encoding, near: &mut Near) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.lines.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or_default();
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let is_on = near.position.line == number(line) && (start..=offset).contains(&near.offset);
        let (from, before) =
            if is_on { (near.offset, near.position.character) } else { (start, 0) };
        let between = &self.text[from..offset];
        let columns = match encoding {
            Encoding::Utf16 if !self.is_ascii => units(between),
            _ => between.len(),
        };
        let character = before.saturating_add(number(columns));
        let position = Position { line: number(line), character };
        *near = Near { offset, position };
        position
    }

    pub(super) fn range(&self, span: &Range<usize>, encoding: Encoding) -> lsp_types::Range {
        self.range_near(span, encoding, &mut Near::default())
    }

    /// A range of many, in order.
    pub(super) fn range_near(
        &self,
        span: &Range<usize>,
        encoding: Encoding,
        near: &mut Near,
    ) -> lsp_types::Range {
        let start = self.position_near(span.start, encoding, near);
        let end = self.position_near(span.end, encoding, &mut near.clone());
        lsp_types::Range { start, end }
    }

    /// The line that a byte is on, without its end; with where it begins.
    pub(super) fn line_of(&self, offset: usize) -> (usize, &str) {
        let line = self.lines.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or_default();
        (start, self.line_at(line, start))
    }

    fn line_at(&self, line: usize, start: usize) -> &str {
        let end = self.lines.get(line + 1).copied().unwrap_or(self.text.len());
        self.text[start..end].trim_end_matches(['\n', '\r'])
    }
}

/// Units of UTF-16: one for each character, two for those of four bytes.
fn units(text: &str) -> usize {
    text.bytes().map(|byte| usize::from((byte as i8) >= -0x40) + usize::from(byte >= 0xf0)).sum()
}

/// The byte at so many units of UTF-16.
fn wide_offset(line: &str, column: usize) -> usize {
    let mut units = 0;
    for (at, c) in line.char_indices() {
        units += c.len_utf16();
        // Within a character is before it.
        if units > column {
            return at;
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn positions_go_both_ways() {
        let text = Text::new("aé😀b\r\nx\ry\n".to_owned());
        for (position, offset) in [
            (at(0, 0), 0),
            (at(0, 1), 1),
            (at(0, 2), 3),
            (at(0, 4), 7),
            (at(1, 1), 11),
            (at(2, 0), 12),
        ] {
            assert_eq!(text.offset(position, Encoding::Utf16), offset, "{position:?}");
            assert_eq!(text.position(offset, Encoding::Utf16), position, "{offset}");
        }
        assert_eq!(text.offset(at(0, 7), Encoding::Utf8), 7);
        assert_eq!(text.position(7, Encoding::Utf8), at(0, 7));
        // Within a character, beyond the line, beyond the text.
        assert_eq!(text.offset(at(0, 3), Encoding::Utf16), 3);
        assert_eq!(text.offset(at(0, 2), Encoding::Utf8), 1);
        assert_eq!(text.offset(at(0, 99), Encoding::Utf16), 8);
        assert_eq!(text.offset(at(9, u32::MAX), Encoding::Utf16), text.as_str().len());
        assert_eq!(text.offset(at(u32::MAX, 0), Encoding::Utf8), text.as_str().len());
    }

    #[test]
    fn changes_are_taken_in_order() {
        let mut text = Text::new("one\ntwo\n".to_owned());
        let mut change = |range: Option<(Position, Position)>, new: &str| {
            let range = range.map(|(start, end)| lsp_types::Range { start, end });
            let event =
                TextDocumentContentChangeEvent { range, range_length: None, text: new.into() };
            text.change(event, Encoding::Utf16);
            text.as_str().to_owned()
        };
        assert_eq!(change(Some((at(1, 0), at(1, 3))), "zwei"), "one\nzwei\n");
        assert_eq!(change(Some((at(0, 3), at(1, 0))), "😀"), "one😀zwei\n");
        assert_eq!(change(Some((at(0, 5), at(0, 5))), "\r\n"), "one😀\r\nzwei\n");
        // The wrong way round takes nothing away.
        assert_eq!(change(Some((at(1, 2), at(0, 0))), "-"), "one😀\r\nzw-ei\n");
        assert_eq!(change(Some((at(7, 0), at(9, 9))), "end"), "one😀\r\nzw-ei\nend");
        assert_eq!(change(None, ""), "");
    }
}

//! Where a match lies, always in the original bytes.

use std::sync::Arc;

use crate::{Provenance, Way};

/// A byte range in the original file or object: from 0, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

/// A place in a text for people: lines and columns count from 1, columns in
/// characters (bytes that start no character are not counted).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

impl Position {
    /// The first character of a text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The position after `bytes`, when they begin at `self`.
    pub fn after(self, bytes: &[u8]) -> Self {
        let chars = |text: &[u8]| text.iter().filter(|&&b| (b as i8) >= -0x40).count() as u64;
        let newlines = bytes.iter().filter(|&&b| b == b'\n').count() as u64;
        match bytes.iter().rposition(|&b| b == b'\n') {
            None => Self { line: self.line, column: self.column + chars(bytes) },
            Some(last) => {
                Self { line: self.line + newlines, column: 1 + chars(&bytes[last + 1..]) }
            }
        }
    }

    /// Re-bases a position that was measured in a piece of a text as if the
    /// piece were the whole, when the piece really begins at `start`.
    pub fn offset_by(self, start: Self) -> Self {
        if self.line == 1 {
            Self { line: start.line, column: start.column + self.column - 1 }
        } else {
            Self { line: start.line + self.line - 1, column: self.column }
        }
    }
}

/// A layer that had to be undone to see the secret, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// Base64, standard or URL-safe alphabet.
    Base64,
    /// Pairs of hexadecimal digits.
    Hex,
    /// `%41`.
    Percent,
    /// `\n`, `\"`, `\u0041`, `\x41` inside a string literal.
    Escape,
    /// UTF-16, little endian.
    Utf16Le,
    /// UTF-16, big endian.
    Utf16Be,
    /// String literals joined by an operator or by adjacency.
    Concatenation,
}

impl Encoding {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Escape => "escape",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Concatenation => "concatenation",
        }
    }
}

/// The line of a match with every secret-looking value in it masked.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// One line, cut around the match, already masked. Still foreign text:
    /// show it through [`SafeText`](crate::SafeText).
    pub text: String,
    /// Byte range of the masked secret in `text`.
    pub mark: std::ops::Range<usize>,
}

/// One place where a secret lies.
#[derive(Clone, Debug)]
pub struct Location {
    /// Which file, object or stream.
    pub provenance: Arc<Provenance>,
    /// Which text inside it, if it is a container; empty for its own bytes.
    pub inside: Way,
    /// The later layer of the same image that deletes it, in words such as
    /// `layer 3 sha256:0123456789ab`; whoever has the image has it all the same.
    /// Foreign text.
    pub deleted_by: Option<String>,
    /// Where in its original bytes, also when the secret was under an encoding. Of a
    /// member of a container: in the member's bytes.
    pub span: Span,
    /// Position of the first character.
    pub start: Position,
    /// Position after the last character.
    pub end: Position,
    /// Layers undone to see it, outermost first; empty if it lies in plain.
    pub decoded: Vec<Encoding>,
    /// The line it lies on, masked.
    pub excerpt: Excerpt,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn columns_count_characters() {
        assert_eq!(Position::START.after("é=\"".as_bytes()), Position { line: 1, column: 4 });
        assert_eq!(Position::START.after(b"a\r\nbc"), Position { line: 2, column: 3 });
    }

    proptest! {
        #[test]
        fn a_text_may_be_measured_in_pieces(text in "[a-zé\n]{0,40}", at in 0usize..41) {
            let bytes = text.as_bytes();
            let (head, tail) = bytes.split_at(at.min(bytes.len()));
            let whole = Position::START.after(bytes);
            prop_assert_eq!(Position::START.after(head).after(tail), whole);
            let tail_alone = Position::START.after(tail);
            prop_assert_eq!(tail_alone.offset_by(Position::START.after(head)), whole);
        }
    }
}

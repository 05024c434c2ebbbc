//! JSON that is also harmless to print: the same document, with every
//! character that could act on a terminal, and every `##` that could be taken
//! for a logging command, written as `\u….`. Nothing is lost; a reader sees
//! the original text.

use std::io::{self, Write};

use leeward_model::acts_on_display;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::foreign::opens_command;

/// One document over many lines, with a newline at its end.
pub(crate) fn write_pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write_as(value, PrettyFormatter::new(), out)
}

/// One document on one line, with a newline at its end.
pub(crate) fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write_as(value, CompactFormatter, out)
}

fn write_as(
    value: &impl Serialize,
    formatter: impl Formatter,
    mut out: &mut dyn Write,
) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut out, Inert(formatter)))?;
    out.write_all(b"\n")
}

/// Escapes more than it must; layout is the inner formatter's.
struct Inert<F>(F);

impl<F: Formatter> Formatter for Inert<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut written = 0;
        let mut previous = '\0';
        for (at, c) in fragment.char_indices() {
            if acts_on_display(c) || (c == '#' && previous == '#' && opens_command(&fragment[at..]))
            {
                writer.write_all(&fragment.as_bytes()[written..at])?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                written = at + c.len_utf8();
            }
            previous = c;
        }
        writer.write_all(&fragment.as_bytes()[written..])
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_and_nothing_acts() {
        let text = "a\u{1b}\u{9b}b\u{202e}c\u{e0041}##vso[x]\"\n…é";
        let mut line = Vec::new();
        write_line(&text, &mut line).unwrap();
        let written = String::from_utf8(line).unwrap();
        assert_eq!(written, "\"a\\u001b\\u009bb\\u202ec\\udb40\\udc41#\\u0023vso[x]\\\"\\n…é\"\n");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}

//! XML as the text people read: what stands in runs is joined, entities are resolved, a
//! paragraph is a line. What else it says, in attributes and comments, comes behind.
//!
//! An entity that a document defines itself is not resolved: it stands as it is named.

use std::io::{self, BufRead, Read};

use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};

/// Attributes that are shorter say how things look.
const SHORTEST: usize = 16;

/// As much of attributes as is kept for the end; more is handed out where it stands.
const KEPT: usize = 4 << 20;

/// Elements that do not end a line: parts of one.
const INLINE: &[&[u8]] = &[
    b"t",
    b"r",
    b"span",
    b"a",
    b"s",
    b"instrText",
    b"delText",
    b"delInstrText",
    b"ruby",
    b"bookmark",
    b"fld",
    b"hyperlink",
    b"rt",
];

/// Elements that end one, though they hold no text of their own.
const BLOCKS: &[&[u8]] = &[b"p", b"h", b"tr", b"br", b"cr", b"line-break", b"comment", b"row"];

/// The text of some XML, made as it is read.
pub(super) struct Text<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
    /// For each open element whether it has text of its own.
    open: Vec<bool>,
    out: Vec<u8>,
    at: usize,
    aside: Vec<u8>,
    is_over: bool,
    ends_line: bool,
}

impl<R: BufRead> Text<R> {
    pub(super) fn of(reader: R) -> Self {
        let mut reader = Reader::from_reader(reader);
        lenient(&mut reader);
        Self {
            reader,
            buffer: Vec::new(),
            open: Vec::new(),
            out: Vec::new(),
            at: 0,
            aside: Vec::new(),
            is_over: false,
            ends_line: true,
        }
    }

    fn put(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        if let Some(last) = text.last() {
            self.ends_line = *last == b'\n';
        }
    }

    fn end_line(&mut self) {
        if !self.ends_line {
            self.put(b"\n");
        }
    }

    fn step(&mut self) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let event = self.reader.read_event_into(&mut buffer);
        let ended = match event {
            Ok(event) => {
                self.event(&event);
                Ok(())
            }
            Err(error) => {
                self.is_over = true;
                Err(failed(error))
            }
        };
        self.buffer = buffer;
        ended
    }

    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(start) => {
                self.attributes(start);
                self.open.push(false);
            }
            Event::Empty(start) => {
                self.attributes(start);
                match start.local_name().as_ref() {
                    b"tab" => self.put(b"\t"),
                    b"s" => self.put(b" "),
                    b"noBreakHyphen" => self.put(b"-"),
                    name if BLOCKS.contains(&name) => self.end_line(),
                    _ => {}
                }
            }
            Event::End(end) => {
                let had_text = self.open.pop().unwrap_or_default();
                let name = end.local_name();
                let name = name.as_ref();
                if BLOCKS.contains(&name) || had_text && !INLINE.contains(&name) {
                    self.end_line();
                }
            }
            Event::Text(text) => self.text(text),
            Event::CData(text) => self.text(text),
            Event::GeneralRef(name) => {
                let mut letter = String::new();
                resolve(name, &mut letter);
                self.mark();
                self.put(letter.as_bytes());
            }
            Event::Comment(text) => {
                if self.aside.len() < KEPT {
                    self.aside.extend_from_slice(text);
                    self.aside.push(b'\n');
                }
            }
            Event::DocType(text) => {
                self.aside.extend_from_slice(&text[..text.len().min(KEPT)]);
                self.aside.push(b'\n');
            }
            Event::Eof => {
                self.is_over = true;
                self.end_line();
                let aside = std::mem::take(&mut self.aside);
                self.put(&aside);
            }
            Event::Decl(_) | Event::PI(_) => {}
        }
    }

    fn mark(&mut self) {
        if let Some(open) = self.open.last_mut() {
            *open = true;
        }
    }

    fn text(&mut self, text: &[u8]) {
        // White space between elements is how the file looks.
        if text.iter().all(u8::is_ascii_whitespace) && text.contains(&b'\n') {
            return;
        }
        if !text.iter().all(u8::is_ascii_whitespace) {
            self.mark();
        }
        self.put(text);
    }

    fn attributes(&mut self, start: &BytesStart<'_>) {
        for attribute in start.attributes().with_checks(false).flatten() {
            let (name, value) = (attribute.key.as_ref(), attribute.value.as_ref());
            let is_space = name.starts_with(b"xmlns") || value.starts_with(b"http://schemas.");
            if value.len() < SHORTEST || is_space || self.aside.len() > KEPT {
                continue;
            }
            let value = unescaped(value);
            self.aside.extend_from_slice(attribute.key.local_name().as_ref());
            self.aside.extend_from_slice(b"=\"");
            self.aside.extend_from_slice(value.as_bytes());
            self.aside.extend_from_slice(b"\"\n");
        }
    }
}

impl<R: BufRead> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() && !self.is_over {
            self.out.clear();
            self.at = 0;
            self.step()?;
        }
        let read = (&self.out[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// What programs write is not always what it should be.
pub(super) fn lenient<R>(reader: &mut Reader<R>) {
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
}

/// A reference resolved, where it is one of XML itself.
pub(super) fn resolve(name: &BytesRef<'_>, into: &mut String) {
    if let Ok(Some(letter)) = name.resolve_char_ref() {
        into.push(letter);
        return;
    }
    let name = String::from_utf8_lossy(name);
    match resolve_predefined_entity(&name) {
        Some(letter) => into.push_str(letter),
        None => {
            into.push('&');
            into.push_str(&name);
            into.push(';');
        }
    }
}

/// The value of an attribute.
pub(super) fn unescaped(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    match quick_xml::escape::unescape(&text) {
        Ok(plain) => plain.into_owned(),
        Err(_) => text.into_owned(),
    }
}

/// An error of the parser as one of a reader.
pub(super) fn failed(error: quick_xml::Error) -> io::Error {
    match error {
        quick_xml::Error::Io(error) => io::Error::new(error.kind(), error.to_string()),
        _ => io::Error::other("not what XML is"),
    }
}

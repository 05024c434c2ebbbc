//! An XML part on its way to becoming rows: what it says, one event after the other, is
//! told to whoever makes rows of it, and those are read as they come. What the events mean
//! is theirs; where texts alone are wanted, `text` is.

use std::io::{self, BufRead, Read};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::text::{failed, resolve};

/// Makes rows of what it is told.
pub(super) trait Listens {
    /// An element begins.
    fn begin(&mut self, start: &BytesStart<'_>);

    /// An element ends, by its name without a prefix.
    fn end(&mut self, name: &[u8]);

    /// Letters, with entities resolved.
    fn text(&mut self, text: &str);

    /// Where finished rows are put.
    fn rows(&mut self) -> &mut Vec<u8>;

    /// Whether it has heard enough, though the part goes on.
    fn has_enough(&self) -> bool {
        false
    }
}

/// The rows that somebody makes of a part.
pub(super) struct Rows<'x, R, L> {
    xml: &'x mut Reader<R>,
    listens: L,
    buffer: Vec<u8>,
    /// How much of the finished rows was read.
    at: usize,
    is_over: bool,
    /// Whether the part could not be read to its end.
    pub(super) is_broken: bool,
}

impl<'x, R: BufRead, L: Listens> Rows<'x, R, L> {
    pub(super) fn new(xml: &'x mut Reader<R>, listens: L) -> Self {
        Self { xml, listens, buffer: Vec::new(), at: 0, is_over: false, is_broken: false }
    }

    fn step(&mut self) -> io::Result<()> {
        self.buffer.clear();
        match self.xml.read_event_into(&mut self.buffer) {
            Ok(Event::Start(start)) => self.listens.begin(&start),
            Ok(Event::Empty(start)) => {
                self.listens.begin(&start);
                self.listens.end(start.local_name().as_ref());
            }
            Ok(Event::End(end)) => self.listens.end(end.local_name().as_ref()),
            Ok(Event::Text(text)) => self.listens.text(&String::from_utf8_lossy(&text)),
            Ok(Event::CData(text)) => self.listens.text(&String::from_utf8_lossy(&text)),
            Ok(Event::GeneralRef(name)) => {
                let mut letter = String::new();
                resolve(&name, &mut letter);
                self.listens.text(&letter);
            }
            Ok(Event::Eof) => self.is_over = true,
            Ok(_) => {}
            Err(error) => {
                (self.is_over, self.is_broken) = (true, true);
                return Err(failed(error));
            }
        }
        self.is_over |= self.listens.has_enough();
        Ok(())
    }
}

impl<R: BufRead, L: Listens> Read for Rows<'_, R, L> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.listens.rows().len() && !self.is_over {
            self.listens.rows().clear();
            self.at = 0;
            self.step()?;
        }
        let read = (&self.listens.rows()[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

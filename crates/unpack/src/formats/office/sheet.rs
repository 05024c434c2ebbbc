//! A sheet of a workbook as rows, made as it is read.

use std::collections::HashMap;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{
    events::Listens,
    strings::Strings,
    text::{lenient, unescaped},
};
use crate::formats::rows::{Cell, RowWriter, place};

/// Cells of one row that are kept until it ends.
const CELLS: usize = 1 << 14;

/// The names of sheets and the parts they are in, in order.
pub(super) fn names(book: &str, leads: &str) -> Vec<(String, String)> {
    let mut parts = HashMap::new();
    each(leads, b"Relationship", |start| {
        let (Some(id), Some(target)) = (attribute(start, b"Id"), attribute(start, b"Target"))
        else {
            return;
        };
        let part = match target.strip_prefix('/') {
            Some(whole) => whole.to_owned(),
            None => format!("xl/{target}"),
        };
        parts.insert(id, part);
    });
    let mut names = Vec::new();
    each(book, b"sheet", |start| {
        let part = attribute(start, b"id").and_then(|id| parts.get(&id).cloned());
        let name = attribute(start, b"name");
        names.extend(name.zip(part));
    });
    names
}

/// Calls for each element of a name.
fn each(xml: &str, name: &[u8], mut call: impl FnMut(&BytesStart<'_>)) {
    let mut reader = Reader::from_str(xml);
    lenient(&mut reader);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start))
                if start.local_name().as_ref() == name =>
            {
                call(&start);
            }
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The value of an attribute, whatever the prefix of its name; the one without a prefix
/// is another than `r:id`, and comes last.
pub(super) fn attribute(start: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    let mut found = None;
    for attribute in start.attributes().with_checks(false).flatten() {
        if attribute.key.local_name().as_ref() == name {
            found = Some(unescaped(&attribute.value));
        }
    }
    found
}

/// Which text of a cell is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    Nothing,
    Value,
    Formula,
}

/// A sheet on its way.
pub(super) struct Sheet<'s> {
    strings: &'s mut Strings,
    rows: RowWriter,
    row: u64,
    cells: Vec<Cell>,
    cell: Cell,
    is_shared: bool,
    inside: In,
    out: Vec<u8>,
}

impl<'s> Sheet<'s> {
    pub(super) fn new(strings: &'s mut Strings) -> Self {
        Self {
            strings,
            rows: RowWriter::default(),
            row: 0,
            cells: Vec::new(),
            cell: Cell::default(),
            is_shared: false,
            inside: In::Nothing,
            out: Vec::new(),
        }
    }
}

impl Listens for Sheet<'_> {
    fn begin(&mut self, start: &BytesStart<'_>) {
        match start.local_name().as_ref() {
            b"row" => {
                let number = attribute(start, b"r").and_then(|number| number.parse().ok());
                self.row = number.unwrap_or(self.row + 1);
                self.cells.clear();
            }
            b"c" => {
                let after = self.cells.last().map_or(0, |cell| cell.column + 1);
                let at = attribute(start, b"r").and_then(|name| place(name.as_bytes()));
                let kind = attribute(start, b"t");
                self.is_shared = kind.as_deref() == Some("s");
                let is_text = kind.is_some_and(|kind| kind != "n" && kind != "b");
                let column = at.map_or(after, |(column, _)| column);
                self.cell = Cell { column, is_text, ..Cell::default() };
            }
            b"v" | b"t" => self.inside = In::Value,
            b"f" => self.inside = In::Formula,
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"v" | b"t" | b"f" => self.inside = In::Nothing,
            b"c" => {
                let mut cell = std::mem::take(&mut self.cell);
                if self.is_shared {
                    let number = cell.text.trim().parse().ok();
                    let text = number.and_then(|number| self.strings.get(number));
                    // What cannot be resolved stands as the number it is.
                    cell.text = text.map_or(cell.text, str::to_owned);
                }
                let is_empty = cell.text.is_empty() && cell.formula.is_empty();
                if !is_empty && self.cells.len() < CELLS {
                    self.cells.push(cell);
                }
            }
            b"row" => {
                self.rows.write(self.row, &self.cells, &mut self.out);
                self.cells.clear();
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        match self.inside {
            In::Nothing => {}
            In::Value => self.cell.text.push_str(text),
            In::Formula => self.cell.formula.push_str(text),
        }
    }

    fn rows(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }
}

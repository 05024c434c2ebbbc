//! Sheets of OpenDocument: tables behind one another in one part, with rows and cells
//! that say how often they are repeated. Each is handed out once, in its place.

use std::io::{self, BufRead, Read};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{
    sheet::attribute,
    text::{failed, lenient, resolve},
};
use crate::{
    Members, Problem,
    formats::rows::{Cell, RowWriter},
};

/// Cells of one row that are kept until it ends.
const CELLS: usize = 1 << 14;

/// Hands out the tables of a document's content.
pub(super) fn tables(reader: impl BufRead, into: &mut dyn Members) -> Result<(), Problem> {
    let mut reader = Reader::from_reader(reader);
    lenient(&mut reader);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(start)) if start.name().as_ref() == b"table:table" => {
                let name = attribute(&start, b"name").unwrap_or_default();
                let mut table = Table::of(&mut reader);
                into.table(name.as_bytes(), &mut table)?;
                if table.is_broken {
                    return Ok(());
                }
                // What was not wanted of it is passed over.
                io::copy(&mut table, &mut io::sink()).map_err(Problem::corrupt)?;
            }
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(Problem::from(failed(error))),
        }
    }
}

struct Table<'r, R> {
    reader: &'r mut Reader<R>,
    buffer: Vec<u8>,
    rows: RowWriter,
    row: u64,
    column: usize,
    cells: Vec<Cell>,
    cell: Option<Cell>,
    /// How often the row and the cell at hand are there.
    row_times: u64,
    cell_times: usize,
    /// Tables in tables.
    depth: usize,
    out: Vec<u8>,
    at: usize,
    is_over: bool,
    is_broken: bool,
}

impl<'r, R: BufRead> Table<'r, R> {
    fn of(reader: &'r mut Reader<R>) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            rows: RowWriter::default(),
            row: 1,
            column: 0,
            cells: Vec::new(),
            cell: None,
            row_times: 1,
            cell_times: 1,
            depth: 0,
            out: Vec::new(),
            at: 0,
            is_over: false,
            is_broken: false,
        }
    }

    fn begin(&mut self, start: &BytesStart<'_>) {
        let times = |name: &[u8]| attribute(start, name).and_then(|times| times.parse().ok());
        match start.local_name().as_ref() {
            b"table" => self.depth += 1,
            b"table-row" => {
                self.row_times = times(b"number-rows-repeated").unwrap_or(1).max(1);
                self.column = 0;
                self.cells.clear();
            }
            b"table-cell" | b"covered-table-cell" => {
                let often = times(b"number-columns-repeated").unwrap_or(1).max(1);
                self.cell_times = usize::try_from(often).unwrap_or(usize::MAX);
                let kind = attribute(start, b"value-type");
                let formula = attribute(start, b"formula").unwrap_or_default();
                let is_text = kind.is_none_or(|kind| kind == "string");
                let column = self.column;
                self.cell = Some(Cell { column, formula, is_text, ..Cell::default() });
            }
            b"s" => self.text(" "),
            b"tab" => self.text("\t"),
            b"line-break" => self.text("\n"),
            b"p" if self.cell.as_ref().is_some_and(|cell| !cell.text.is_empty()) => {
                self.text("\n");
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"table" if self.depth == 0 => self.is_over = true,
            b"table" => self.depth -= 1,
            b"table-cell" | b"covered-table-cell" => {
                let cell = self.cell.take().unwrap_or_default();
                let is_empty = cell.text.is_empty() && cell.formula.is_empty();
                if !is_empty && self.cells.len() < CELLS {
                    self.cells.push(cell);
                }
                self.column = self.column.saturating_add(self.cell_times);
            }
            b"table-row" => {
                self.rows.write(self.row, &self.cells, &mut self.out);
                self.row = self.row.saturating_add(self.row_times);
                self.cells.clear();
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(cell) = &mut self.cell {
            cell.text.push_str(text);
        }
    }

    fn step(&mut self) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let event = self.reader.read_event_into(&mut buffer);
        let ended = match event {
            Ok(Event::Start(start)) => {
                self.begin(&start);
                Ok(())
            }
            Ok(Event::Empty(start)) => {
                self.begin(&start);
                self.end(start.local_name().as_ref());
                Ok(())
            }
            Ok(Event::End(end)) => {
                self.end(end.local_name().as_ref());
                Ok(())
            }
            Ok(Event::Text(text)) => {
                self.text(&String::from_utf8_lossy(&text));
                Ok(())
            }
            Ok(Event::GeneralRef(name)) => {
                let mut letter = String::new();
                resolve(&name, &mut letter);
                self.text(&letter);
                Ok(())
            }
            Ok(Event::Eof) => {
                self.is_over = true;
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => {
                (self.is_over, self.is_broken) = (true, true);
                Err(failed(error))
            }
        };
        self.buffer = buffer;
        ended
    }
}

impl<R: BufRead> Read for Table<'_, R> {
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

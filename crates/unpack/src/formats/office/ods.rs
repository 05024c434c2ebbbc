//! Sheets of OpenDocument: tables behind one another in one part, with rows and cells
//! that say how often they are repeated. Each is handed out once, in its place.

use std::io::{self, BufRead};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{
    events::{Listens, Rows},
    sheet::attribute,
    text::{failed, lenient},
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
                let mut table = Rows::new(&mut reader, Table::new());
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

struct Table {
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
    is_over: bool,
}

impl Table {
    fn new() -> Self {
        Self {
            rows: RowWriter::default(),
            row: 1,
            column: 0,
            cells: Vec::new(),
            cell: None,
            row_times: 1,
            cell_times: 1,
            depth: 0,
            out: Vec::new(),
            is_over: false,
        }
    }
}

impl Listens for Table {
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

    fn rows(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    fn has_enough(&self) -> bool {
        self.is_over
    }
}

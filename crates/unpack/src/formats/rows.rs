//! Rows of a sheet as lines of JSON: row 17 of the sheet is line 17, and the names of
//! columns are those of the first row if that is a heading, else their letters.

use super::json;

/// Rows of a sheet; programs have as many at most.
const ROWS: u64 = 1 << 20;

/// Cells of one row; programs have as many at most.
const COLUMNS: usize = 1 << 14;

/// A longer text is no heading.
const HEADING: usize = 64;

/// Makes lines of rows.
#[derive(Default)]
pub(super) struct RowWriter {
    /// Lines that are written.
    line: u64,
    heading: Vec<(usize, String)>,
}

/// A cell: its column from 0, its text, and what it is reckoned by.
#[derive(Debug, Default)]
pub(super) struct Cell {
    pub(super) column: usize,
    pub(super) text: String,
    pub(super) formula: String,
    /// Whether it is a text, not a number.
    pub(super) is_text: bool,
}

impl RowWriter {
    /// Writes a row by its number from 1; those that were left out are empty lines of
    /// their own.
    pub(super) fn write(&mut self, row: u64, cells: &[Cell], out: &mut Vec<u8>) {
        let row = row.clamp(self.line + 1, ROWS.max(self.line + 1));
        if cells.is_empty() {
            return;
        }
        for _ in self.line + 1..row {
            out.extend(b"{}\n");
        }
        self.line = row;
        out.push(b'{');
        for (at, cell) in cells.iter().take(COLUMNS).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let name = self.heading.iter().find(|(column, _)| *column == cell.column);
            let name = name.map_or_else(|| letters(cell.column), |(_, name)| name.clone());
            json::string(&name, out);
            out.push(b':');
            json::string(&cell.text, out);
            if !cell.formula.is_empty() {
                out.push(b',');
                json::string(&format!("{name} formula"), out);
                out.push(b':');
                json::string(&cell.formula, out);
            }
        }
        out.extend(b"}\n");
        if row == 1 && is_heading(cells) {
            self.heading =
                cells.iter().map(|cell| (cell.column, cell.text.trim().to_owned())).collect();
        }
    }
}

/// Whether a first row names its columns: short texts, each another, more than one.
fn is_heading(cells: &[Cell]) -> bool {
    let mut names: Vec<&str> = cells.iter().map(|cell| cell.text.trim()).collect();
    let is_name = |cell: &Cell| {
        let text = cell.text.trim();
        let has_digits = text.bytes().filter(u8::is_ascii_digit).count() > 3;
        cell.is_text && !text.is_empty() && text.len() <= HEADING && !has_digits
    };
    names.sort_unstable();
    names.dedup();
    cells.len() > 1 && names.len() == cells.len() && cells.len() < 1024 && cells.iter().all(is_name)
}

/// The letters of a column, as sheets have them.
pub(super) fn letters(column: usize) -> String {
    let (mut left, mut letters) = (column + 1, Vec::new());
    while left > 0 {
        letters.push(b'A' + ((left - 1) % 26) as u8);
        left = (left - 1) / 26;
    }
    letters.iter().rev().map(|byte| char::from(*byte)).collect()
}

/// The column and row of a cell by its name, such as `B17`; both from 0 and 1.
pub(super) fn place(name: &[u8]) -> Option<(usize, u64)> {
    let digits = name.iter().position(u8::is_ascii_digit)?;
    let (letters, digits) = name.split_at(digits);
    let column = letters.iter().take(4).try_fold(0_usize, |sum, byte| {
        let letter = byte.to_ascii_uppercase();
        letter.is_ascii_uppercase().then(|| sum * 26 + usize::from(letter - b'A') + 1)
    })?;
    let row = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((column.checked_sub(1)?, row))
}

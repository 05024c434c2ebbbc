//! Workbooks in binary forms, `.xls` and `.xlsb`, as tables. Other documents of that age
//! (`.doc`, `.ppt`, `.msg`) hold their texts as they are, in one or two bytes a letter,
//! where they are seen in the bytes of the file.

use std::io::{Read as _, Seek, SeekFrom};

use calamine::{Data, Range, Reader, Xls, Xlsb};
use leeward_model::{Content, Reason, Seekable};

use super::rows::{Cell, RowWriter};
use crate::{Format, Limits, Members, Problem, Reads, format::encrypted};

/// How a file of several streams begins.
const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// A workbook that is larger is not held by its parser.
const LARGEST: u64 = 64 << 20;

pub(super) struct Legacy;

impl Format for Legacy {
    fn name(&self) -> &'static str {
        "ole"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        head.starts_with(MAGIC)
    }

    fn reads(&self) -> Reads {
        Reads::Anywhere
    }

    fn is_apart(&self) -> bool {
        true
    }

    fn members(
        &self,
        content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let Content::Seekable(file) = content else {
            return Err(Problem::corrupt("a document that cannot be read in any order"));
        };
        let size = file.seek(SeekFrom::End(0)).and_then(|size| {
            file.seek(SeekFrom::Start(0))?;
            Ok(size)
        });
        if size.map_err(Problem::from)? > LARGEST {
            return Err(Problem::Because(Reason::Limit("size of a binary document".into())));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes).map_err(Problem::from)?;
        if has(&bytes, "EncryptedPackage") {
            return Err(Problem::Because(encrypted()));
        }
        // What is no workbook is seen as bytes.
        if !has(&bytes, "Workbook") && !has(&bytes, "Book") {
            return Ok(());
        }
        let mut book = Xls::new(std::io::Cursor::new(bytes)).map_err(|error| match error {
            calamine::XlsError::Password => Problem::Because(encrypted()),
            _ => Problem::corrupt("not what a workbook is"),
        })?;
        hand_out(&mut book, into)
    }
}

/// Hands out the sheets of a workbook that is an archive of binary parts.
pub(super) fn binary_workbook(
    file: &mut dyn Seekable,
    into: &mut dyn Members,
) -> Result<(), Problem> {
    file.seek(SeekFrom::Start(0)).map_err(Problem::from)?;
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(Problem::from)?;
    match Xlsb::new(std::io::Cursor::new(bytes)) {
        Ok(mut book) => hand_out(&mut book, into),
        Err(_) => {
            into.left_out(
                b"xl/workbook.bin",
                Reason::Corrupt("not what a workbook is".into()),
                None,
            );
            Ok(())
        }
    }
}

fn hand_out<S: std::io::Read + Seek, B: Reader<S>>(
    book: &mut B,
    into: &mut dyn Members,
) -> Result<(), Problem> {
    for name in book.sheet_names() {
        let Ok(cells) = book.worksheet_range(&name) else {
            let reason = Reason::Corrupt("not what a sheet is".into());
            into.left_out(name.as_bytes(), reason, None);
            continue;
        };
        let lines = lines(&cells);
        into.table(name.as_bytes(), &mut lines.as_slice())?;
    }
    Ok(())
}

fn lines(cells: &Range<Data>) -> Vec<u8> {
    let (first_row, first_column) = cells.start().unwrap_or_default();
    let (mut writer, mut out) = (RowWriter::default(), Vec::new());
    for (row, values) in cells.rows().enumerate() {
        let filled = values.iter().enumerate().filter(|(_, value)| **value != Data::Empty);
        let row_cells: Vec<Cell> = filled
            .map(|(column, value)| Cell {
                column: column + first_column as usize,
                text: value.to_string(),
                is_text: matches!(value, Data::String(_)),
                ..Cell::default()
            })
            .collect();
        writer.write(row as u64 + u64::from(first_row) + 1, &row_cells, &mut out);
    }
    out
}

/// Whether a stream of this name is in a file.
fn has(bytes: &[u8], name: &str) -> bool {
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    memchr::memmem::find(bytes, &wide).is_some()
}

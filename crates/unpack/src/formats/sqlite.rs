//! SQLite databases: each table as rows, read from the pages of the file itself. No SQL
//! of a database is run, no view or trigger of it is looked at, and a page that is
//! damaged costs what it leads to. What lies in free pages, in journals and in texts of
//! no table is in the bytes of the file, which are looked at too.
//!
//! Facts: sqlite.org/fileformat2.html. `pages` fetches pages and walks trees of them,
//! `record` reads a row, `schema` the names of its columns.
//!
//! Not the library: it wants a file by its path or all of it in memory, and runs what a
//! hostile schema says; this reads forward from any page with a few held.

mod pages;
mod record;
mod schema;

use std::io::{self, Read};

use leeward_model::{Content, Reason};

use self::{
    pages::{Header, Pages, Rows},
    record::{Encoding, Value},
    schema::Table,
};
use crate::{Format, Limits, Members, Problem, Reads};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Tables of one database; a schema with more was made to be large.
const TABLES: usize = 20_000;

pub(super) struct Sqlite;

impl Format for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
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
            return Err(Problem::corrupt("a database that cannot be read in any order"));
        };
        let header = Header::read(file)?;
        let mut pages = Pages::new(file, header);
        for table in tables(&mut pages, into) {
            let mut rows = Table::rows(&table, &mut pages);
            into.table(&table.name, &mut rows)?;
            if let Some(damage) = rows.damage() {
                into.left_out(&table.name, Reason::Corrupt(damage.to_owned()), None);
            }
        }
        Ok(())
    }
}

/// The tables that a schema names and that have rows of their own.
fn tables(pages: &mut Pages<'_>, into: &mut dyn Members) -> Vec<Table> {
    let mut tables = vec![Table::schema()];
    let encoding = pages.header.encoding;
    let mut rows = Rows::new(1);
    while let Some((_, payload)) = rows.next(pages) {
        if tables.len() > TABLES {
            into.left_out(b"", Reason::Limit("tables of one database".into()), None);
            break;
        }
        let row = record::read(&payload, encoding);
        let [kind, name, _, root, sql, ..] = row.as_slice() else { continue };
        let (Value::Text(kind), Value::Text(name), Value::Text(sql)) = (kind, name, sql) else {
            continue;
        };
        // Virtual tables have no root; the tables that stand behind them do.
        let root = match root {
            Value::Integer(root) => u32::try_from(*root).unwrap_or_default(),
            _ => 0,
        };
        if kind == "table" && root > 1 {
            tables.push(Table::of(name, root, sql));
        }
    }
    if let Some(damage) = rows.damage {
        into.left_out(b"sqlite_schema", Reason::Corrupt(damage.to_owned()), None);
    }
    tables
}

/// The rows of a table as lines of JSON, made as they are read.
struct Lines<'r, 't, 'p> {
    table: &'t Table,
    pages: &'r mut Pages<'p>,
    rows: Rows,
    line: Vec<u8>,
    at: usize,
}

impl Table {
    fn rows<'r, 't, 'p>(&'t self, pages: &'r mut Pages<'p>) -> Lines<'r, 't, 'p> {
        Lines { table: self, pages, rows: Rows::new(self.root), line: Vec::new(), at: 0 }
    }
}

impl Lines<'_, '_, '_> {
    fn damage(&self) -> Option<&'static str> {
        self.rows.damage
    }
}

impl Read for Lines<'_, '_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() {
            let Some((rowid, payload)) = self.rows.next(self.pages) else { return Ok(0) };
            let values = record::read(&payload, self.pages.header.encoding);
            self.line.clear();
            self.table.write(rowid, &values, &mut self.line);
            self.at = 0;
        }
        let read = (&self.line[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// As UTF-8, whatever the database holds its texts in.
fn text(bytes: &[u8], encoding: Encoding) -> String {
    let units = |pair: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks_exact(2).map(move |two| pair([two[0], two[1]]));
        char::decode_utf16(pairs).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16Le => units(u16::from_le_bytes),
        Encoding::Utf16Be => units(u16::from_be_bytes),
    }
}

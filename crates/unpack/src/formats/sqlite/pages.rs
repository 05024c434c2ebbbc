//! Pages of a database: fetched one at a time, and walked as trees, with what a row has
//! on pages of its own.

use std::{collections::HashSet, io::SeekFrom, rc::Rc};

use leeward_model::Seekable;

use super::{MAGIC, record::Encoding};
use crate::Problem;

/// A row that is longer is cut here: its beginning is looked at as a row, and all of it
/// as bytes of the file.
const LONGEST_ROW: usize = 16 << 20;

/// Trees of tables are a handful of pages deep; 2^32 pages would be some twenty.
const DEEPEST: usize = 40;

/// What the first page says of the file.
pub(super) struct Header {
    page: usize,
    /// Bytes of a page that are in use.
    usable: usize,
    pub(super) encoding: Encoding,
}

impl Header {
    pub(super) fn read(file: &mut dyn Seekable) -> Result<Self, Problem> {
        let mut head = [0; 100];
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.read_exact(&mut head))
            .map_err(Problem::from)?;
        let page = match u16::from_be_bytes([head[16], head[17]]) {
            1 => 65_536,
            page => usize::from(page),
        };
        let usable = page.saturating_sub(usize::from(head[20]));
        if !head.starts_with(MAGIC) || !page.is_power_of_two() || page < 512 || usable < 480 {
            return Err(Problem::corrupt("the header of a database that is none"));
        }
        let encoding = match u32::from_be_bytes([head[56], head[57], head[58], head[59]]) {
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        };
        Ok(Self { page, usable, encoding })
    }
}

/// The pages of a file.
pub(super) struct Pages<'p> {
    file: &'p mut dyn Seekable,
    pub(super) header: Header,
}

impl<'p> Pages<'p> {
    pub(super) fn new(file: &'p mut dyn Seekable, header: Header) -> Self {
        Self { file, header }
    }

    /// The bytes in use of a page, by its number from 1.
    fn fetch(&mut self, number: u32) -> Option<Vec<u8>> {
        let start = u64::from(number.checked_sub(1)?) * self.header.page as u64;
        let mut page = vec![0; self.header.usable];
        self.file.seek(SeekFrom::Start(start)).ok()?;
        self.file.read_exact(&mut page).ok()?;
        Some(page)
    }
}

/// A page of a tree, and how far it is read.
struct Open {
    page: Rc<Vec<u8>>,
    /// Where its header is: the first page has that of the file before it.
    head: usize,
    cell: usize,
}

/// The rows of a tree, in its order.
pub(super) struct Rows {
    root: u32,
    open: Vec<Open>,
    /// Pages that were opened: a tree in which one leads back to another is read once.
    seen: HashSet<u32>,
    /// The first thing that was not as it must be.
    pub(super) damage: Option<&'static str>,
}

/// Kinds of pages.
const INDEX_INNER: u8 = 2;
const TABLE_INNER: u8 = 5;
const INDEX_LEAF: u8 = 10;
const TABLE_LEAF: u8 = 13;

impl Rows {
    pub(super) fn new(root: u32) -> Self {
        Self { root, open: Vec::new(), seen: HashSet::new(), damage: None }
    }

    /// The next row: its id, if it has one, and its record.
    pub(super) fn next(&mut self, pages: &mut Pages<'_>) -> Option<(Option<i64>, Vec<u8>)> {
        if self.seen.is_empty() {
            self.enter(self.root, pages);
        }
        loop {
            let open = self.open.last_mut()?;
            let (page, head, cell) = (Rc::clone(&open.page), open.head, open.cell);
            open.cell += 1;
            let kind = page[head];
            let cells = number(&page, head + 3).unwrap_or_default();
            let is_inner = matches!(kind, INDEX_INNER | TABLE_INNER);
            if cell > cells || cell == cells && !is_inner {
                self.open.pop();
                continue;
            }
            if cell == cells {
                match long(&page, head + 8) {
                    Some(child) => self.enter(child, pages),
                    None => self.damaged("a page without its last child"),
                }
                continue;
            }
            let pointers = head + if is_inner { 12 } else { 8 };
            let start = number(&page, pointers + 2 * cell);
            let Some(body) = start.and_then(|start| page.get(start..)) else {
                self.damaged("a cell outside its page");
                continue;
            };
            let row = match kind {
                TABLE_INNER => {
                    match long(body, 0) {
                        Some(child) => self.enter(child, pages),
                        None => self.damaged("a cell outside its page"),
                    }
                    continue;
                }
                TABLE_LEAF => self.leaf(body, pages),
                // A table without row ids is an index; its inner pages have rows too.
                // They come a little late, which nobody minds.
                INDEX_INNER => {
                    if let Some(child) = long(body, 0) {
                        self.enter(child, pages);
                    }
                    body.get(4..).and_then(|body| self.entry(body, pages))
                }
                _ => self.entry(body, pages),
            };
            match row {
                Some(row) => return Some(row),
                None => self.damaged("a row outside its page"),
            }
        }
    }

    fn damaged(&mut self, how: &'static str) {
        self.damage.get_or_insert(how);
    }

    fn enter(&mut self, number: u32, pages: &mut Pages<'_>) {
        if !self.seen.insert(number) {
            return self.damaged("a page that leads back to one before it");
        }
        if self.open.len() >= DEEPEST {
            return self.damaged("pages below one another without end");
        }
        let head = if number == 1 { 100 } else { 0 };
        match pages.fetch(number) {
            Some(page)
                if matches!(page[head], INDEX_INNER | TABLE_INNER | INDEX_LEAF | TABLE_LEAF) =>
            {
                self.open.push(Open { page: Rc::new(page), head, cell: 0 });
            }
            Some(_) => self.damaged("a page that is not of a table"),
            None => self.damaged("a page behind the end of the file"),
        }
    }

    fn leaf(&mut self, body: &[u8], pages: &mut Pages<'_>) -> Option<(Option<i64>, Vec<u8>)> {
        let (len, body) = varint(body)?;
        let (rowid, body) = varint(body)?;
        let most = pages.header.usable - 35;
        Some((Some(rowid as i64), self.payload(len, body, most, pages)?))
    }

    fn entry(&mut self, body: &[u8], pages: &mut Pages<'_>) -> Option<(Option<i64>, Vec<u8>)> {
        let (len, body) = varint(body)?;
        let most = (pages.header.usable - 12) * 64 / 255 - 23;
        Some((None, self.payload(len, body, most, pages)?))
    }

    /// A record, of which at most `most` bytes lie in the cell; the rest is on a chain
    /// of pages.
    fn payload(
        &mut self,
        len: u64,
        body: &[u8],
        most: usize,
        pages: &mut Pages<'_>,
    ) -> Option<Vec<u8>> {
        let usable = pages.header.usable;
        let len = usize::try_from(len).ok()?;
        if len <= most {
            return Some(body.get(..len)?.to_vec());
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let rest = least + (len - least) % (usable - 4);
        let here = if rest <= most { rest } else { least };
        let mut payload = body.get(..here)?.to_vec();
        let mut next = long(body, here)?;
        if len > LONGEST_ROW {
            self.damaged("a row of many megabytes, cut");
        }
        let wanted = len.min(LONGEST_ROW);
        while payload.len() < wanted {
            // A page is of one row, so that no chain is followed twice.
            if !self.seen.insert(next) {
                self.damaged("a row whose end is in another");
                break;
            }
            let Some(page) = pages.fetch(next) else {
                self.damaged("a row whose end is missing");
                break;
            };
            let take = (wanted - payload.len()).min(usable - 4);
            payload.extend_from_slice(&page[4..4 + take]);
            next = long(&page, 0)?;
        }
        Some(payload)
    }
}

/// Two bytes as a number.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|two| usize::from(u16::from_be_bytes(*two)))
}

/// Four.
fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}

/// A number in one to nine bytes, and what follows.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), &bytes[9..]));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

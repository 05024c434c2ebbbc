//! The rows of a table as lines, made while they are read.

use std::{
    fmt::Display,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

use arrow_array::RecordBatch;
use leeward_model::Reason;

use super::render;
use crate::{Members, Problem};

/// Bytes of one row. A batch holds each value once, and a row may name one a million times.
const ROW: usize = 64 << 20;

/// Where batches come from.
pub(super) trait Batches {
    /// The next one; `None` at the end.
    fn next(&mut self) -> Result<Option<RecordBatch>, String>;
}

/// The lines of all batches.
struct Rows<B> {
    batches: B,
    batch: Option<RecordBatch>,
    /// The next row of the batch.
    at: usize,
    line: Vec<u8>,
    /// How much of the line is read.
    read: usize,
    /// Rows that were cut, since they were too long.
    cut: u64,
}

impl<B: Batches> Rows<B> {
    fn new(batches: B) -> Self {
        Self { batches, batch: None, at: 0, line: Vec::new(), read: 0, cut: 0 }
    }

    /// Makes the next line; whether there was one.
    fn advance(&mut self) -> io::Result<bool> {
        loop {
            if let Some(batch) = &self.batch
                && self.at < batch.num_rows()
            {
                self.line.clear();
                self.read = 0;
                let (at, line) = (self.at, &mut self.line);
                let whole = guarded(|| Ok(render::row(batch, at, ROW, line)));
                self.cut += u64::from(!whole.map_err(io::Error::other)?);
                self.line.push(b'\n');
                self.at += 1;
                return Ok(true);
            }
            self.at = 0;
            self.batch = guarded(|| self.batches.next()).map_err(io::Error::other)?;
            if self.batch.is_none() {
                return Ok(false);
            }
        }
    }
}

impl<B: Batches> Read for Rows<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.line.len() && !self.advance()? {
            return Ok(0);
        }
        let read = (&self.line[self.read..]).read(buffer)?;
        self.read += read;
        Ok(read)
    }
}

/// Hands out a table of all batches, and tells of rows that were cut.
pub(super) fn table(
    name: &[u8],
    batches: impl Batches,
    into: &mut dyn Members,
) -> Result<(), Problem> {
    let mut rows = Rows::new(batches);
    into.table(name, &mut rows)?;
    if rows.cut > 0 {
        let bound = format!("64 MiB of one row, in {} of them", rows.cut);
        into.left_out(name, Reason::Limit(bound), None);
    }
    Ok(())
}

/// Has a parser work on what may be damaged: where these find what they did not expect,
/// some of them panic.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("the parser gave up".to_owned()))
}

/// What a parser says, no longer than a line.
pub(super) fn said(error: &impl Display) -> String {
    // Parsers quote what they read at length.
    error.to_string().chars().take(200).collect()
}

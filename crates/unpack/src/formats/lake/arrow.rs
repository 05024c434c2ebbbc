//! Arrow as it is written to files and streams, batch by batch.

use std::io::{self, Read};

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, FileReaderBuilder, StreamReader};
use arrow_schema::Schema;
use leeward_model::Content;

use super::{
    render,
    rows::{Batches, guarded, said, table},
};
use crate::{Limits, Members, Problem};

/// Parts of the index at the end of a file that are read: what an index of a million
/// batches and a schema of ten thousand columns have.
const PARTS: usize = 10_000_000;

/// A file.
pub(super) fn file(
    content: Content<'_>,
    _: &Limits,
    into: &mut dyn Members,
) -> Result<(), Problem> {
    let Content::Seekable(content) = content else {
        return Err(Problem::corrupt("an Arrow file is read in any order"));
    };
    let texts = texts(&open(&mut *content, None)?.schema());
    if texts.is_empty() {
        return Ok(());
    }
    content.rewind().map_err(|error| Problem::corrupt(&error))?;
    table(b"", File(open(content, Some(texts))?), into)
}

fn open<R: Read + io::Seek>(
    content: R,
    texts: Option<Vec<usize>>,
) -> Result<FileReader<R>, Problem> {
    let builder = FileReaderBuilder::new().with_max_footer_fb_tables(PARTS);
    let builder = match texts {
        Some(texts) => builder.with_projection(texts),
        None => builder,
    };
    guarded(|| builder.build(content).map_err(|error| said(&error))).map_err(Problem::corrupt)
}

/// A stream.
pub(super) fn stream(
    content: Content<'_>,
    _: &Limits,
    into: &mut dyn Members,
) -> Result<(), Problem> {
    let content = io::BufReader::new(content);
    let reader = guarded(|| StreamReader::try_new(content, None).map_err(|error| said(&error)));
    let reader = reader.map_err(Problem::corrupt)?;
    if texts(&reader.schema()).is_empty() {
        return Ok(());
    }
    table(b"", Stream(reader), into)
}

struct File<R>(FileReader<R>);

impl<R: Read + io::Seek> Batches for File<R> {
    fn next(&mut self) -> Result<Option<RecordBatch>, String> {
        self.0.next().transpose().map_err(|error| said(&error))
    }
}

struct Stream<R>(StreamReader<R>);

impl<R: Read> Batches for Stream<R> {
    fn next(&mut self) -> Result<Option<RecordBatch>, String> {
        self.0.next().transpose().map_err(|error| said(&error))
    }
}

/// The columns that can hold texts.
fn texts(schema: &Schema) -> Vec<usize> {
    let fields = schema.fields().iter().enumerate();
    fields.filter(|(_, field)| render::is_text(field.data_type())).map(|(at, _)| at).collect()
}

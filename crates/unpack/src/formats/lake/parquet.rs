//! Parquet, one group of rows after the other: all columns that can hold texts together
//! where a group of them fits into memory, so that a row is seen whole, and else each
//! column as a table of its own.

use std::{
    io::{self, SeekFrom},
    sync::Arc,
};

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema};
use bytes::Bytes;
use leeward_model::{Content, Reason, Seekable};
use parquet::{
    DecodeResult,
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
        push_decoder::{ParquetPushDecoder, ParquetPushDecoderBuilder},
    },
    basic::{LogicalType, Type},
    errors::ParquetError,
    file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData},
    schema::types::ColumnDescriptor,
};

use super::{
    ENCRYPTED,
    render::{DEPTH, FIXED},
    rows::{Batches, guarded, said, table},
};
use crate::{Limits, Members, Problem};

/// Bytes of what describes a file. That of ten thousand columns in a thousand groups is
/// smaller.
const FOOTER: u64 = 32 << 20;
/// Rows decoded together, if they are short.
const ROWS: usize = 1_024;
/// Bytes of them, if they are long.
const BATCH: i64 = 8 << 20;

/// All texts of a file.
pub(super) fn members(
    content: Content<'_>,
    limits: &Limits,
    into: &mut dyn Members,
) -> Result<(), Problem> {
    let Content::Seekable(content) = content else {
        return Err(Problem::corrupt("a Parquet file is read in any order"));
    };
    let Some(file) = File::open(content)? else {
        into.left_out(b"", crate::format::encrypted(), None);
        return Ok(());
    };
    let columns = file.columns();
    // What is decoded takes more than what is read.
    let most = limits.memory / 3;
    if file.largest(&columns) <= most {
        return file.table(b"", &columns, content, into);
    }
    for column in file.roots(&columns) {
        let name = file.name(&column);
        match file.largest(&column) {
            0 => {}
            bytes if bytes > most => {
                let bound = "size of a column in one group of rows; write the file with smaller \
                             groups, or scan where it is read";
                into.left_out(&name, Reason::Limit(bound.to_owned()), Some(bytes));
            }
            _ => file.table(&name, &column, content, into)?,
        }
    }
    Ok(())
}

/// What is known of a file.
struct File(Arc<ParquetMetaData>);

impl File {
    /// Reads what describes a file; nothing if that takes a key.
    fn open(content: &mut dyn Seekable) -> Result<Option<Self>, Problem> {
        let size = content.seek(SeekFrom::End(0)).map_err(|error| broken(&error))?;
        let tail = read(content, size.saturating_sub(8), 8.min(size)).map_err(|it| broken(&it))?;
        let Some((length, mark)) = tail.split_first_chunk::<4>() else {
            return Err(Problem::corrupt("a Parquet file that ends before it begins"));
        };
        let length = u64::from(u32::from_le_bytes(*length));
        match mark {
            b"PAR1" if length > size.saturating_sub(12) => {
                Err(Problem::corrupt("a Parquet file of which the end is wrong"))
            }
            b"PAR1" if length > FOOTER => {
                Err(Problem::Because(Reason::Limit("what describes a Parquet file".to_owned())))
            }
            b"PAR1" => {
                let footer = read(content, size - 8 - length, length);
                let footer = footer.map_err(|error| broken(&error))?;
                let known = guarded(|| {
                    ParquetMetaDataReader::decode_metadata(&footer).map_err(|error| said(&error))
                });
                Ok(Some(Self(Arc::new(known.map_err(Problem::corrupt)?))))
            }
            mark if *mark == *ENCRYPTED => Ok(None),
            _ => Err(Problem::corrupt("a Parquet file that is cut short")),
        }
    }

    /// The columns that can hold texts, by their numbers.
    fn columns(&self) -> Vec<usize> {
        let columns = self.0.file_metadata().schema_descr().columns().iter().enumerate();
        columns.filter(|(_, column)| can_hold_text(column)).map(|(at, _)| at).collect()
    }

    /// Columns by the outermost column that they are part of.
    fn roots(&self, columns: &[usize]) -> Vec<Vec<usize>> {
        let schema = self.0.file_metadata().schema_descr();
        let root = |at: &usize| schema.get_column_root_idx(*at);
        columns.chunk_by(|one, other| root(one) == root(other)).map(<[usize]>::to_vec).collect()
    }

    /// The name of an outermost column, by those that are part of it.
    fn name(&self, columns: &[usize]) -> Vec<u8> {
        let schema = self.0.file_metadata().schema_descr();
        columns.first().map_or(Vec::new(), |at| schema.get_column_root(*at).name().into())
    }

    /// Bytes of columns, in the group in which they have most.
    fn largest(&self, columns: &[usize]) -> u64 {
        let group = |group: &RowGroupMetaData| -> u64 {
            let chunks = columns.iter().filter_map(|at| group.columns().get(*at));
            chunks.map(|chunk| chunk.compressed_size().max(0).cast_unsigned()).sum()
        };
        self.0.row_groups().iter().map(group).max().unwrap_or_default()
    }

    /// Hands out some columns.
    fn table(
        &self,
        name: &[u8],
        columns: &[usize],
        content: &mut dyn Seekable,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        if columns.is_empty() {
            return Ok(());
        }
        let decoder = guarded(|| self.decoder(columns).map_err(|error| said(&error)));
        let decoder = decoder.map_err(Problem::corrupt)?;
        table(name, Groups { content, decoder }, into)
    }

    fn decoder(&self, columns: &[usize]) -> Result<ParquetPushDecoder, ParquetError> {
        let described = self.0.file_metadata();
        let plain = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let known = ArrowReaderMetadata::try_new(Arc::clone(&self.0), plain)?;
        // As views a value that many rows have is in memory once.
        let fields: Fields = known.schema().fields().iter().map(|it| viewed(it, DEPTH)).collect();
        let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
        let known = ArrowReaderMetadata::try_new(Arc::clone(&self.0), options)?;
        let bytes: i64 = self
            .0
            .row_groups()
            .iter()
            .flat_map(|group| columns.iter().filter_map(|at| group.columns().get(*at)))
            .map(|chunk| chunk.uncompressed_size().max(0))
            .fold(0, i64::saturating_add);
        let each = (bytes / described.num_rows().max(1)).max(1);
        let rows = usize::try_from(BATCH / each).unwrap_or_default().clamp(1, ROWS);
        let mask = ProjectionMask::leaves(described.schema_descr(), columns.iter().copied());
        ParquetPushDecoderBuilder::new_with_metadata(known)
            .with_projection(mask)
            .with_batch_size(rows)
            .build()
    }
}

/// A field whose texts are views, wherever they are in it.
fn viewed(field: &FieldRef, depth: usize) -> FieldRef {
    let Some(depth) = depth.checked_sub(1) else { return Arc::clone(field) };
    let of = |field: &FieldRef| viewed(field, depth);
    let kind = match field.data_type() {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
        DataType::List(field) => DataType::List(of(field)),
        DataType::LargeList(field) => DataType::LargeList(of(field)),
        DataType::Map(field, is_sorted) => DataType::Map(of(field), *is_sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(of).collect()),
        _ => return Arc::clone(field),
    };
    Arc::new(Field::clone(field).with_data_type(kind))
}

/// Whether a column can hold a text.
fn can_hold_text(column: &ColumnDescriptor) -> bool {
    let is_number = matches!(
        column.logical_type_ref(),
        Some(LogicalType::Decimal { .. } | LogicalType::Float16 | LogicalType::Uuid)
    );
    match column.physical_type() {
        Type::BYTE_ARRAY => !is_number,
        Type::FIXED_LEN_BYTE_ARRAY => !is_number && column.type_length() >= FIXED,
        _ => false,
    }
}

/// The groups of rows of a file, decoded in turn.
struct Groups<'c> {
    content: &'c mut dyn Seekable,
    decoder: ParquetPushDecoder,
}

impl Batches for Groups<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>, String> {
        loop {
            match self.decoder.try_decode().map_err(|error| said(&error))? {
                DecodeResult::Data(batch) => return Ok(Some(batch)),
                DecodeResult::Finished => return Ok(None),
                DecodeResult::NeedsData(ranges) => {
                    let mut all = Vec::with_capacity(ranges.len());
                    for range in &ranges {
                        let length = range.end.saturating_sub(range.start);
                        let bytes = read(self.content, range.start, length);
                        all.push(Bytes::from(bytes.map_err(|error| error.to_string())?));
                    }
                    self.decoder.push_ranges(ranges, all).map_err(|error| said(&error))?;
                }
            }
        }
    }
}

/// Reads some bytes, which take no more room than there are.
fn read(content: &mut dyn Seekable, from: u64, length: u64) -> io::Result<Vec<u8>> {
    use io::Read as _;

    content.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    content.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is cut short"));
    }
    Ok(bytes)
}

fn broken(error: &io::Error) -> Problem {
    Problem::corrupt(error)
}

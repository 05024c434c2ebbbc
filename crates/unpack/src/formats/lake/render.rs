//! A row as a JSON object of its texts. What cannot hold a text is left out: a number is
//! no key, and whoever reads a row does not miss it.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, RecordBatch,
    cast::AsArray as _,
    types::{
        Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::DataType;

/// Shortest values of a fixed size that are looked at; shorter ones are hashes and ids
/// of machines, and no keys.
pub(super) const FIXED: i32 = 16;
/// Types in one another. Nobody nests so deep but to exhaust a stack.
pub(super) const DEPTH: usize = 32;

/// Whether a column can hold texts.
pub(super) fn is_text(kind: &DataType) -> bool {
    is_text_within(kind, DEPTH)
}

fn is_text_within(kind: &DataType, depth: usize) -> bool {
    if depth == 0 {
        return false;
    }
    let is_text = |kind| is_text_within(kind, depth - 1);
    match kind {
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView => true,
        DataType::FixedSizeBinary(size) => *size >= FIXED,
        DataType::Dictionary(_, values) => is_text(values),
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => is_text(field.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| is_text(field.data_type())),
        _ => false,
    }
}

/// Writes a row, but for what would make it longer than so many bytes; whether it is
/// whole.
pub(super) fn row(batch: &RecordBatch, at: usize, most: usize, line: &mut Vec<u8>) -> bool {
    let mut writing = Writing { line, most, is_cut: false };
    let schema = batch.schema_ref();
    let columns = schema.fields().iter().map(|field| field.name().as_str()).zip(batch.columns());
    writing.object(columns, at, DEPTH);
    !writing.is_cut
}

struct Writing<'l> {
    line: &'l mut Vec<u8>,
    most: usize,
    is_cut: bool,
}

impl Writing<'_> {
    fn object<'a>(
        &mut self,
        columns: impl Iterator<Item = (&'a str, &'a ArrayRef)>,
        at: usize,
        depth: usize,
    ) {
        self.line.push(b'{');
        let mut is_first = true;
        for (name, column) in columns.filter(|(_, column)| is_text(column.data_type())) {
            self.comma(&mut is_first);
            self.string(name.as_bytes());
            self.line.push(b':');
            self.value(column, at, depth - 1);
        }
        self.line.push(b'}');
    }

    fn value(&mut self, column: &ArrayRef, at: usize, depth: usize) {
        if self.line.len() >= self.most {
            self.is_cut = true;
        }
        if self.is_cut || depth == 0 || column.is_null(at) {
            return self.null();
        }
        match column.data_type() {
            DataType::Utf8 => self.string(column.as_string::<i32>().value(at).as_bytes()),
            DataType::LargeUtf8 => self.string(column.as_string::<i64>().value(at).as_bytes()),
            DataType::Utf8View => self.string(column.as_string_view().value(at).as_bytes()),
            DataType::Binary => self.string(column.as_binary::<i32>().value(at)),
            DataType::LargeBinary => self.string(column.as_binary::<i64>().value(at)),
            DataType::BinaryView => self.string(column.as_binary_view().value(at)),
            DataType::FixedSizeBinary(_) => {
                self.string(column.as_fixed_size_binary().value(at));
            }
            DataType::Dictionary(..) => {
                let dictionary = column.as_any_dictionary();
                match key(dictionary.keys(), at) {
                    Some(key) if key < dictionary.values().len() => {
                        self.value(dictionary.values(), key, depth - 1);
                    }
                    _ => self.null(),
                }
            }
            DataType::List(_) => self.list(&column.as_list::<i32>().value(at), depth),
            DataType::LargeList(_) => self.list(&column.as_list::<i64>().value(at), depth),
            DataType::FixedSizeList(..) => {
                self.list(&column.as_fixed_size_list().value(at), depth);
            }
            DataType::Map(..) => {
                let entries: ArrayRef = Arc::new(column.as_map().value(at));
                self.list(&entries, depth);
            }
            DataType::Struct(fields) => {
                let names = fields.iter().map(|field| field.name().as_str());
                self.object(names.zip(column.as_struct().columns()), at, depth);
            }
            _ => self.null(),
        }
    }

    fn list(&mut self, values: &ArrayRef, depth: usize) {
        self.line.push(b'[');
        let mut is_first = true;
        for at in 0..values.len() {
            if self.is_cut {
                break;
            }
            self.comma(&mut is_first);
            self.value(values, at, depth - 1);
        }
        self.line.push(b']');
    }

    fn comma(&mut self, is_first: &mut bool) {
        if !std::mem::take(is_first) {
            self.line.push(b',');
        }
    }

    fn null(&mut self) {
        self.line.extend_from_slice(b"null");
    }

    /// A string; bytes that are no UTF-8 each as the character of their number.
    fn string(&mut self, bytes: &[u8]) {
        let room = self.most.saturating_sub(self.line.len());
        if bytes.len() > room {
            self.is_cut = true;
        }
        self.line.push(b'"');
        for chunk in bytes[..bytes.len().min(room)].utf8_chunks() {
            for byte in chunk.valid().bytes() {
                match byte {
                    b'"' => self.line.extend_from_slice(b"\\\""),
                    b'\\' => self.line.extend_from_slice(b"\\\\"),
                    b'\n' => self.line.extend_from_slice(b"\\n"),
                    b'\r' => self.line.extend_from_slice(b"\\r"),
                    b'\t' => self.line.extend_from_slice(b"\\t"),
                    0..0x20 => self.escaped(byte),
                    byte => self.line.push(byte),
                }
            }
            chunk.invalid().iter().for_each(|byte| self.escaped(*byte));
        }
        self.line.push(b'"');
    }

    fn escaped(&mut self, byte: u8) {
        self.line.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
    }
}

/// Which value of a dictionary a row has.
fn key(keys: &dyn Array, at: usize) -> Option<usize> {
    match keys.data_type() {
        DataType::Int8 => usize::try_from(keys.as_primitive::<Int8Type>().value(at)).ok(),
        DataType::Int16 => usize::try_from(keys.as_primitive::<Int16Type>().value(at)).ok(),
        DataType::Int32 => usize::try_from(keys.as_primitive::<Int32Type>().value(at)).ok(),
        DataType::Int64 => usize::try_from(keys.as_primitive::<Int64Type>().value(at)).ok(),
        DataType::UInt8 => Some(usize::from(keys.as_primitive::<UInt8Type>().value(at))),
        DataType::UInt16 => Some(usize::from(keys.as_primitive::<UInt16Type>().value(at))),
        DataType::UInt32 => usize::try_from(keys.as_primitive::<UInt32Type>().value(at)).ok(),
        DataType::UInt64 => usize::try_from(keys.as_primitive::<UInt64Type>().value(at)).ok(),
        _ => None,
    }
}

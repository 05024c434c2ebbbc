//! Columns of other libraries, by the interface that they all speak: lent, not copied.
//! The one place that takes what they hand out on trust.

#![expect(unsafe_code, reason = "the C data interface hands over pointers")]

use std::ffi::CStr;

use arrow_array::{
    Array as _, ArrayRef, RecordBatch, RecordBatchReader as _, StructArray,
    cast::AsArray as _,
    ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi},
    ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader},
    make_array,
};
use arrow_schema::{ArrowError, DataType, Schema};
use pyo3::{
    prelude::*,
    types::{PyCapsule, PyTuple},
};

use crate::trouble::{type_of, wrong_type, wrong_value};

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// A column of texts.
pub(crate) enum Column {
    /// All of it.
    Array(ArrayRef),
    /// Part by part, which may be made only when they are asked for.
    Parts(Parts),
}

/// The parts of a column.
pub(crate) struct Parts {
    reader: RecordBatchStreamReader,
    at: usize,
}

impl Iterator for Parts {
    type Item = Result<ArrayRef, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.reader.next()?.map(|batch| batch.column(self.at).clone()))
    }
}

/// The column of texts in an object; nothing if the object does not speak Arrow.
pub(crate) fn column(object: &Bound<'_, PyAny>, column: Option<&str>) -> PyResult<Option<Column>> {
    if object.hasattr("__arrow_c_array__")? {
        let array = make_array(array(object)?);
        Ok(Some(Column::Array(of_array(array, column)?)))
    } else if object.hasattr("__arrow_c_stream__")? {
        let what = type_of(object);
        let reader = reader(object).map_err(|error| {
            let next = "hand in its chunks one by one, or a table and `column`";
            wrong_value(format!("cannot read the stream of `{what}`: {error}; {next}"))
        })?;
        let at = find(&reader.schema(), column)?;
        Ok(Some(Column::Parts(Parts { reader, at })))
    } else {
        Ok(None)
    }
}

/// Hands out a record batch by the same interface.
pub(crate) fn export<'py>(py: Python<'py>, batch: RecordBatch) -> PyResult<Bound<'py, PyTuple>> {
    let schema = export_schema(py, &batch.schema())?;
    let array = FFI_ArrowArray::new(&StructArray::from(batch).into_data());
    PyTuple::new(py, [schema, PyCapsule::new_with_value(py, array, ARRAY)?])
}

/// Hands out what the columns of a record batch are.
pub(crate) fn export_schema<'py>(
    py: Python<'py>,
    schema: &Schema,
) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema);
    let schema = schema.map_err(|error| wrong_value(error.to_string()))?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}

fn array(object: &Bound<'_, PyAny>) -> PyResult<arrow_data::ArrayData> {
    let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) =
        object.call_method0("__arrow_c_array__")?.extract()?;
    let schema = schema.pointer_checked(Some(SCHEMA))?.cast::<FFI_ArrowSchema>();
    let array = array.pointer_checked(Some(ARRAY))?.cast::<FFI_ArrowArray>();
    // SAFETY: capsules of these names hold these structures and outlive this call; the
    // array is moved out of its capsule, which then has nothing to free.
    let imported = unsafe { from_ffi(FFI_ArrowArray::from_raw(array.as_ptr()), schema.as_ref()) };
    imported.map_err(|error| wrong_type(format!("this Arrow array cannot be read: {error}")))
}

fn reader(object: &Bound<'_, PyAny>) -> PyResult<RecordBatchStreamReader> {
    let stream: Bound<'_, PyCapsule> = object.call_method0("__arrow_c_stream__")?.extract()?;
    let stream = stream.pointer_checked(Some(STREAM))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: a capsule of this name holds this structure and outlives this call; it is
    // moved out of its capsule, which then has nothing to free.
    let reader = unsafe { RecordBatchStreamReader::from_raw(stream.as_ptr()) };
    reader.map_err(|error| wrong_value(error.to_string()))
}

/// The texts of an array, or of one column of a record batch.
fn of_array(array: ArrayRef, column: Option<&str>) -> PyResult<ArrayRef> {
    match array.data_type() {
        DataType::Struct(fields) => {
            let at = find(&Schema::new(fields.clone()), column)?;
            Ok(array.as_struct().column(at).clone())
        }
        _ if column.is_some() => {
            Err(wrong_value("`column` names a column of a record batch, and this is an array"))
        }
        kind if is_text(kind) => Ok(array),
        kind => Err(wrong_type(format!(
            "an Arrow array of {kind} holds no texts; hand in one of strings or binaries"
        ))),
    }
}

/// Where the column is that holds the texts.
fn find(schema: &Schema, column: Option<&str>) -> PyResult<usize> {
    let texts = schema.fields().iter().enumerate();
    let texts: Vec<_> = texts.filter(|(_, field)| is_text(field.data_type())).collect();
    let names = texts.iter().map(|(_, field)| format!("`{}`", field.name()));
    let names = names.collect::<Vec<_>>().join(", ");
    match (column, texts.as_slice()) {
        (Some(name), texts) => {
            let found = texts.iter().find(|(_, field)| field.name() == name).map(|(at, _)| *at);
            found.ok_or_else(|| {
                wrong_value(format!("no column `{name}` of texts; those with texts: {names}"))
            })
        }
        (None, [(at, _)]) => Ok(*at),
        (None, []) => Err(wrong_value("no column holds texts: strings or binaries are wanted")),
        (None, _) => Err(wrong_value(format!("several columns hold texts; name one: {names}"))),
    }
}

/// Whether an array of this type is one of texts.
fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

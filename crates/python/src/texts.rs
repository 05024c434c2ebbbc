//! What Python hands in to be scanned.

use arrow_array::Array as _;
use pyo3::{
    prelude::*,
    types::{PyBytes, PyString},
};

use crate::{
    arrow::{self, Column},
    trouble::{type_of, wrong_type, wrong_value},
};

/// Texts that were handed in, held so that they stay where they are.
pub(crate) enum Texts<'py> {
    /// Objects of Python, each a `str` or `bytes`.
    Objects(Vec<Bound<'py, PyAny>>),
    /// A column.
    Column(Column),
}

impl<'py> Texts<'py> {
    pub(crate) fn new(texts: &Bound<'py, PyAny>, column: Option<&str>) -> PyResult<Self> {
        if let Some(column) = arrow::column(texts, column)? {
            return Ok(Self::Column(column));
        }
        if column.is_some() {
            let what = type_of(texts);
            return Err(wrong_value(format!("`column` is for Arrow, and `texts` is of `{what}`")));
        }
        // One text would be a sequence of its characters.
        let is_one = texts.is_instance_of::<PyString>() || texts.is_instance_of::<PyBytes>();
        let all = if is_one { None } else { texts.try_iter().ok() };
        let all = all.ok_or_else(|| {
            wrong_type(format!(
                "`texts` is a list of str or bytes, or an Arrow array or record batch, and not \
                 of `{}`; put one text into a list",
                type_of(texts)
            ))
        })?;
        Ok(Self::Objects(all.collect::<PyResult<_>>()?))
    }

    /// How many there are, if that is known before they are read.
    pub(crate) fn count(&self) -> Option<usize> {
        match self {
            Self::Objects(all) => Some(all.len()),
            Self::Column(Column::Array(array)) => Some(array.len()),
            Self::Column(Column::Parts(_)) => None,
        }
    }
}

/// The bytes of objects, lent.
pub(crate) fn bytes<'t>(all: &'t [Bound<'_, PyAny>]) -> PyResult<Vec<&'t [u8]>> {
    let of = |(row, object): (usize, &'t Bound<'_, PyAny>)| {
        if let Ok(text) = object.cast::<PyString>() {
            // A text with half a surrogate has no UTF-8.
            return text.to_str().map(str::as_bytes).map_err(|error| {
                wrong_value(format!(
                    "text {row} cannot be scanned as it is: {error}; hand in \
                     `text.encode('utf-8', 'surrogatepass')`"
                ))
            });
        }
        match object.cast::<PyBytes>() {
            Ok(bytes) => Ok(bytes.as_bytes()),
            Err(_) if object.is_none() => Ok(&[][..]),
            Err(_) => Err(wrong_type(format!(
                "text {row} is of `{}`; each is a str or bytes, or None",
                type_of(object)
            ))),
        }
    };
    all.iter().enumerate().map(of).collect()
}

//! What goes wrong, as Python's exceptions, with the next step.

use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
};

/// Something of the wrong type.
pub(crate) fn wrong_type(what: impl Into<String>) -> PyErr {
    PyTypeError::new_err(what.into())
}

/// Something of the right type that means nothing here.
pub(crate) fn wrong_value(what: impl Into<String>) -> PyErr {
    PyValueError::new_err(what.into())
}

/// The name of an object's type, for messages.
pub(crate) fn type_of(object: &Bound<'_, PyAny>) -> String {
    object.get_type().fully_qualified_name().map_or_else(|_| "?".to_owned(), |it| it.to_string())
}

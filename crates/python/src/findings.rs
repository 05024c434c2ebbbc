//! What was found, without the values: as objects, and as a record batch.

use std::{collections::HashMap, sync::Arc};

use arrow_array::{ArrayRef, Float32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use leeward_model::{Confidence, DossierId, Fingerprint, Hint};
use pyo3::{
    exceptions::PyIndexError,
    prelude::*,
    types::{PyCapsule, PyDict, PyTuple},
};

use crate::{
    arrow::{export, export_schema},
    trouble::wrong_value,
};

/// One sighting.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) row: u64,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) dossier: DossierId,
    pub(crate) confidence: Confidence,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) hint: Hint,
}

/// What is told of a kind of credential.
#[derive(Clone)]
pub(crate) struct Kind {
    pub(crate) title: String,
    pub(crate) severity: &'static str,
}

/// Kinds by their dossier.
pub(crate) type Kinds = Arc<HashMap<DossierId, Kind>>;

/// A place where a secret lies, and what it is taken for. The value is not in it.
#[pyclass(frozen, module = "leeward")]
pub(crate) struct Finding {
    found: Found,
    kinds: Kinds,
}

#[pymethods]
impl Finding {
    /// Number of the text, from 0.
    #[getter]
    fn row(&self) -> u64 {
        self.found.row
    }

    /// First byte in the text; of a `str`, in its UTF-8.
    #[getter]
    fn start(&self) -> u64 {
        self.found.start
    }

    /// One past the last byte.
    #[getter]
    fn end(&self) -> u64 {
        self.found.end
    }

    /// Line in the text, from 1.
    #[getter]
    fn line(&self) -> u64 {
        self.found.line
    }

    /// Column in characters, from 1.
    #[getter]
    fn column(&self) -> u64 {
        self.found.column
    }

    /// The id of its kind.
    #[getter]
    fn dossier(&self) -> &str {
        self.found.dossier.as_str()
    }

    /// The name of its kind.
    #[getter]
    fn title(&self) -> &str {
        kind(&self.kinds, &self.found).0
    }

    /// `high`, `medium` or `low`.
    #[getter]
    fn confidence(&self) -> &'static str {
        self.found.confidence.level().name()
    }

    /// How likely it is what its kind says, from 0 to 1.
    #[getter]
    fn score(&self) -> f32 {
        self.found.confidence.score()
    }

    /// Identity of the secret, the same wherever it lies.
    #[getter]
    fn fingerprint(&self) -> String {
        self.found.fingerprint.to_string()
    }

    /// Its first and last characters.
    #[getter]
    fn hint(&self) -> &str {
        self.found.hint.as_str()
    }

    /// How bad such a secret is before more is known of it.
    #[getter]
    fn severity(&self) -> &'static str {
        kind(&self.kinds, &self.found).1
    }

    /// All of it as a dictionary.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        all.set_item("row", self.row())?;
        all.set_item("start", self.start())?;
        all.set_item("end", self.end())?;
        all.set_item("line", self.line())?;
        all.set_item("column", self.column())?;
        all.set_item("dossier", self.dossier())?;
        all.set_item("title", self.title())?;
        all.set_item("confidence", self.confidence())?;
        all.set_item("score", self.score())?;
        all.set_item("fingerprint", self.fingerprint())?;
        all.set_item("hint", self.hint())?;
        all.set_item("severity", self.severity())?;
        Ok(all)
    }

    fn __repr__(&self) -> String {
        let Found { row, line, column, dossier, hint, .. } = &self.found;
        format!("<leeward.Finding {dossier} {hint} in row {row}, line {line}, column {column}>")
    }
}

/// The findings of one batch, in order of their rows: a sequence, and a record batch for
/// whatever speaks Arrow.
#[pyclass(frozen, sequence, module = "leeward")]
pub(crate) struct Findings {
    found: Vec<Found>,
    kinds: Kinds,
}

impl Findings {
    pub(crate) fn new(found: Vec<Found>, kinds: Kinds) -> Self {
        Self { found, kinds }
    }

    /// The rows they lie in.
    pub(crate) fn rows(&self) -> Vec<u64> {
        self.found.iter().map(|found| found.row).collect()
    }

    fn batch(&self) -> PyResult<RecordBatch> {
        let number = |of: fn(&Found) -> u64| -> ArrayRef {
            let numbers = self.found.iter().map(|found| of(found).cast_signed());
            Arc::new(Int64Array::from_iter_values(numbers))
        };
        let text = |of: &dyn Fn(&Found) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(self.found.iter().map(of)))
        };
        let scores = self.found.iter().map(|found| found.confidence.score());
        let columns = vec![
            number(|found| found.row),
            number(|found| found.start),
            number(|found| found.end),
            number(|found| found.line),
            number(|found| found.column),
            text(&|found| found.dossier.as_str().to_owned()),
            text(&|found| kind(&self.kinds, found).0.to_owned()),
            text(&|found| found.confidence.level().name().to_owned()),
            Arc::new(Float32Array::from_iter_values(scores)),
            text(&|found| found.fingerprint.to_string()),
            text(&|found| found.hint.as_str().to_owned()),
            text(&|found| kind(&self.kinds, found).1.to_owned()),
        ];
        let batch = RecordBatch::try_new(Arc::new(schema()), columns);
        batch.map_err(|error| wrong_value(error.to_string()))
    }
}

#[pymethods]
impl Findings {
    fn __len__(&self) -> usize {
        self.found.len()
    }

    fn __getitem__(&self, at: isize) -> PyResult<Finding> {
        let at = if at < 0 { at.checked_add_unsigned(self.found.len()) } else { Some(at) };
        let at = at.and_then(|at| usize::try_from(at).ok());
        let found = at.and_then(|at| self.found.get(at));
        let found = found.ok_or_else(|| PyIndexError::new_err("no such finding"))?;
        Ok(Finding { found: found.clone(), kinds: Arc::clone(&self.kinds) })
    }

    /// The findings as a `pyarrow.RecordBatch`; needs `pyarrow`.
    fn to_arrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("record_batch", (slf,))
    }

    /// The findings as dictionaries.
    fn to_dicts<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let kinds = &self.kinds;
        let finding = |found: &Found| Finding { found: found.clone(), kinds: Arc::clone(kinds) };
        self.found.iter().map(|found| finding(found).to_dict(py)).collect()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        // Whoever asks for other types converts; the interface allows it.
        let _ = requested_schema;
        export(py, self.batch()?)
    }

    #[expect(clippy::unused_self, reason = "the interface wants a method")]
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        export_schema(py, &schema())
    }

    fn __repr__(&self) -> String {
        format!("<leeward.Findings: {}>", self.found.len())
    }
}

/// Title and severity of a finding's kind.
fn kind<'k>(kinds: &'k Kinds, found: &Found) -> (&'k str, &'static str) {
    // A dossier finds nothing before it is known.
    kinds.get(&found.dossier).map_or(("", ""), |kind| (kind.title.as_str(), kind.severity))
}

/// The columns of a record batch of findings.
fn schema() -> Schema {
    let columns = [
        ("row", DataType::Int64),
        ("start", DataType::Int64),
        ("end", DataType::Int64),
        ("line", DataType::Int64),
        ("column", DataType::Int64),
        ("dossier", DataType::Utf8),
        ("title", DataType::Utf8),
        ("confidence", DataType::Utf8),
        ("score", DataType::Float32),
        ("fingerprint", DataType::Utf8),
        ("hint", DataType::Utf8),
        ("severity", DataType::Utf8),
    ];
    Schema::new(columns.map(|(name, kind)| Field::new(name, kind, false)).to_vec())
}

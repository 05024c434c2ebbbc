//! A stream of record batches, as engines hand it to a function of their users.

use pyo3::{
    prelude::*,
    types::{PyDict, PyIterator},
};

use crate::{
    detector::{Detector, Paths},
    trouble::wrong_value,
};

/// Record batches of findings, one for each batch that has any.
#[pyclass(module = "leeward")]
pub(crate) struct Batches {
    batches: Py<PyIterator>,
    detector: Py<Detector>,
    column: String,
    keep: Vec<String>,
    threads: usize,
}

/// Looks at one column of each record batch and gives record batches of findings
/// (`pyarrow.RecordBatch`), for `mapInArrow` and the like.
///
/// Before the columns of a finding stand those of its row that `keep` names, so that it
/// can be found again: `row` counts within its batch. The column that is looked at is
/// not among them, since it holds the values.
#[pyfunction]
#[pyo3(signature = (
    batches, column, *, keep=Vec::new(), detector=None, confidence="medium", dossiers=None,
    threads=1
))]
pub(crate) fn scan_record_batches(
    batches: &Bound<'_, PyAny>,
    column: String,
    keep: Vec<String>,
    detector: Option<Py<Detector>>,
    confidence: &str,
    dossiers: Option<Paths>,
    threads: usize,
) -> PyResult<Batches> {
    if keep.contains(&column) {
        return Err(wrong_value(format!(
            "`{column}` is looked at and holds the values; `keep` names other columns"
        )));
    }
    let py = batches.py();
    let detector = match detector {
        Some(detector) => detector,
        None => Py::new(py, Detector::new(confidence, dossiers)?)?,
    };
    Ok(Batches { batches: batches.try_iter()?.unbind(), detector, column, keep, threads })
}

#[pymethods]
impl Batches {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut batches = self.batches.bind(py).clone();
        for batch in &mut batches {
            let batch = batch?;
            let (detector, column) = (self.detector.get(), Some(self.column.as_str()));
            let findings = detector.scan_batch(&batch, column, None, self.threads)?;
            let rows = findings.rows();
            if rows.is_empty() {
                continue;
            }
            let findings = Bound::new(py, findings)?;
            let pyarrow = py.import("pyarrow")?;
            let findings = pyarrow.call_method1("record_batch", (findings,))?;
            return self.beside(&batch, &rows, findings).map(Some);
        }
        Ok(None)
    }
}

impl Batches {
    /// Puts the columns that are kept before those of the findings.
    fn beside<'py>(
        &self,
        batch: &Bound<'py, PyAny>,
        rows: &[u64],
        findings: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if self.keep.is_empty() {
            return Ok(findings);
        }
        let py = batch.py();
        let pyarrow = py.import("pyarrow")?;
        let rows = pyarrow.call_method1("array", (rows.to_vec(),))?;
        let kept = batch.call_method1("select", (self.keep.clone(),))?;
        let kept = kept.call_method1("take", (rows,))?;
        let columns = |of: &Bound<'py, PyAny>| -> PyResult<Vec<Bound<'py, PyAny>>> {
            of.getattr("columns")?.extract()
        };
        let fields = |of: &Bound<'py, PyAny>| -> PyResult<Vec<Bound<'py, PyAny>>> {
            of.getattr("schema")?.try_iter()?.collect()
        };
        let columns = [columns(&kept)?, columns(&findings)?].concat();
        let fields = [fields(&kept)?, fields(&findings)?].concat();
        let schema = PyDict::new(py);
        schema.set_item("schema", pyarrow.call_method1("schema", (fields,))?)?;
        pyarrow.getattr("RecordBatch")?.call_method("from_arrays", (columns,), Some(&schema))
    }
}

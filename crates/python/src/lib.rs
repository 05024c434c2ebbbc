//! The detector as a Python module, for engines that read data lakes: texts in, as lists
//! or as columns of Arrow, and findings out, which say where a value lies and what it is
//! taken for and never hold it. Reading files, asking providers and remembering are the
//! command line's.

mod arrow;
mod detector;
mod dossiers;
mod findings;
mod rows;
mod scan;
mod stream;
mod texts;
mod trouble;

/// Finds exposed API keys in texts and columns of data lakes.
#[pyo3::pymodule]
#[pyo3(name = "leeward")]
mod module {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{
        detector::Detector,
        findings::{Finding, Findings},
        stream::{Batches, scan_record_batches},
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

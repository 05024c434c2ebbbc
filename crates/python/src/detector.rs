//! The detector that Python holds.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use arrow_array::Array as _;
use leeward_detect::{Detector as Judge, Options};
use leeward_model::{Circumstances, Level, rate};
use pyo3::{prelude::*, types::PyTuple};

use crate::{
    arrow::Column,
    dossiers,
    findings::{Findings, Kind, Kinds},
    scan::{self, Look, MOST, Names, TooMany},
    texts::{Texts, bytes},
    trouble::wrong_value,
};

/// Finds exposed API keys in texts.
///
/// `confidence` is the least a finding needs: `high`, `medium` or `low`. `dossiers` are
/// files and directories with kinds of credentials of your own.
///
/// A detector may be used by several threads at once, and can be pickled.
#[pyclass(frozen, module = "leeward")]
pub(crate) struct Detector {
    judge: Judge,
    kinds: Kinds,
    least: Level,
    dossiers: Vec<PathBuf>,
}

/// What `dossiers` may be.
#[derive(FromPyObject)]
pub(crate) enum Paths {
    One(PathBuf),
    Several(Vec<PathBuf>),
}

/// What `names` may be.
#[derive(FromPyObject)]
pub(crate) enum Named {
    One(String),
    Each(Vec<String>),
}

#[pymethods]
impl Detector {
    #[new]
    #[pyo3(signature = (confidence="medium", dossiers=None))]
    pub(crate) fn new(confidence: &str, dossiers: Option<Paths>) -> PyResult<Self> {
        let levels = [Level::High, Level::Medium, Level::Low];
        let least = levels.into_iter().find(|level| level.name() == confidence);
        let least = least.ok_or_else(|| {
            wrong_value(format!("`confidence` is high, medium or low, and not `{confidence}`"))
        })?;
        let dossiers = match dossiers {
            None => Vec::new(),
            Some(Paths::One(path)) => vec![path],
            Some(Paths::Several(paths)) => paths,
        };
        let library = dossiers::load(&dossiers)?;
        let kind = |dossier: &leeward_dossier::Dossier| {
            let base = &dossier.severity;
            let rating = rate(base.base.into(), &base.why, &Circumstances::default());
            Kind { title: dossier.name.clone(), severity: rating.level.name() }
        };
        let kinds = library.dossiers().iter().map(|it| (it.id().clone(), kind(it)));
        let kinds = Arc::new(kinds.collect::<HashMap<_, _>>());
        let judge = Judge::new(&library, Options { low: least == Level::Low });
        Ok(Self { judge, kinds, least, dossiers })
    }

    /// Looks at texts: a list of `str` or `bytes`, or a column of Arrow (an array of
    /// strings or binaries, or a record batch or table and the name of its `column`),
    /// which is not copied.
    ///
    /// `names` are what files are called that the texts are from, one for all or one for
    /// each: a name such as `.env` speaks for what is in it. `threads` are used at once;
    /// other threads of Python run meanwhile.
    #[pyo3(signature = (texts, *, column=None, names=None, threads=1))]
    pub(crate) fn scan_batch(
        &self,
        texts: &Bound<'_, PyAny>,
        column: Option<&str>,
        names: Option<Named>,
        threads: usize,
    ) -> PyResult<Findings> {
        if threads == 0 {
            return Err(wrong_value("`threads` is at least 1"));
        }
        let py = texts.py();
        let texts = Texts::new(texts, column)?;
        let named = match &names {
            None => Names::None,
            Some(Named::One(name)) => Names::One(name),
            Some(Named::Each(names)) => match texts.count() {
                Some(count) if count == names.len() => Names::Each(names),
                Some(count) => {
                    return Err(wrong_value(format!(
                        "there are {} names for {count} texts; hand in one for each, or one for \
                         all",
                        names.len(),
                    )));
                }
                None => {
                    let next = "hand in its record batches one by one, or one name for all";
                    return Err(wrong_value(format!("a stream has no names for each; {next}")));
                }
            },
        };
        let look = Look { detector: &self.judge, least: self.least, names: named, threads };
        self.look(py, texts, look)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        let this = slf.get();
        let again = (this.least.name(), this.dossiers.clone()).into_pyobject(py)?;
        PyTuple::new(py, [slf.get_type().into_any(), again.into_any()])
    }

    fn __repr__(&self) -> String {
        let (kinds, least) = (self.kinds.len(), self.least.name());
        format!("<leeward.Detector of {kinds} kinds, confidence {least}>")
    }
}

impl Detector {
    fn look(&self, py: Python<'_>, texts: Texts<'_>, look: Look<'_>) -> PyResult<Findings> {
        let mut found = Vec::new();
        match texts {
            Texts::Objects(all) => {
                let rows = bytes(&all)?;
                py.detach(|| scan::rows(look, &rows, 0, &mut found)).map_err(too_many)?;
            }
            Texts::Column(Column::Array(array)) => {
                py.detach(|| scan::column(look, &array, 0, &mut found)).map_err(too_many)?;
            }
            // Reading may call back into Python, which takes the lock it needs.
            Texts::Column(Column::Parts(parts)) => py.detach(|| {
                let mut first = 0;
                for part in parts {
                    let broken = |error| wrong_value(format!("the stream broke off: {error}"));
                    let part = part.map_err(broken)?;
                    scan::column(look, &part, first, &mut found).map_err(too_many)?;
                    first += part.len();
                }
                Ok::<_, PyErr>(())
            })?,
        }
        Ok(Findings::new(found, Arc::clone(&self.kinds)))
    }
}

fn too_many(_: TooMany) -> PyErr {
    wrong_value(format!(
        "there are more than {MOST} findings in one batch; hand in fewer texts at once"
    ))
}

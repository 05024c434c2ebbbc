//! The dossiers of a detector: those built in and those that files add, as
//! `leeward scan --dossier` has them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use leeward_dossier::{Dossier, Library, check};
use leeward_model::SafeText;
use pyo3::{exceptions::PyOSError, prelude::*};

use crate::trouble::wrong_value;

/// Files of a directory of dossiers that hold something else.
const NOT_ONE: [&str; 2] = ["rivals.toml", "advisories.toml"];
/// Directories below one that is named. Theirs are two deep: a provider, and its kinds.
const DEPTH: usize = 8;

/// The built-in dossiers and those in files and directories.
pub(crate) fn load(paths: &[PathBuf]) -> PyResult<Library> {
    let mut library = Library::builtin();
    let mut problems = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        collect(path, DEPTH, &mut files).map_err(|error| unreadable(path, &error))?;
    }
    for file in &files {
        let text = fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
        let shown = SafeText::new(file.as_os_str().as_encoded_bytes()).to_string();
        match Dossier::parse(&id(file), &shown, &text) {
            Ok(dossier) => library.add(dossier),
            Err(found) => problems.extend(found),
        }
    }
    match problems.as_slice() {
        [] => Ok(library),
        problems => {
            let told: Vec<String> = problems.iter().map(check::Problem::to_string).collect();
            let told = told.join("\n");
            Err(wrong_value(format!("{told}\n`leeward dossier check FILE` says more")))
        }
    }
}

/// `<provider>/<kind>.toml` is `<provider>-<kind>`.
fn id(file: &Path) -> String {
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match file.parent().filter(|parent| parent.file_name().is_some()) {
        Some(provider) => format!("{}-{}", stem(provider), stem(file)),
        None => stem(file),
    }
}

fn collect(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for entry in entries {
        let is_toml = entry.extension().is_some_and(|extension| extension == "toml");
        let is_other = NOT_ONE.iter().any(|name| entry.file_name().is_some_and(|it| it == *name));
        if entry.is_dir() && depth > 0 || is_toml && !is_other {
            collect(&entry, depth - 1, files)?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &io::Error) -> PyErr {
    let shown = SafeText::new(path.as_os_str().as_encoded_bytes());
    PyOSError::new_err(format!(
        "cannot read the dossiers in `{shown}`: {error}; `dossiers` takes files and directories"
    ))
}

//! The dossiers of a run: those built in and those the user names.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use leeward_dossier::{Dossier, Library, Problem, check};
use leeward_model::SafeText;

use crate::failure::Failure;

/// What a directory of dossiers may have beside them: packages that stole
/// credentials and belong to no provider.
const ADVISORIES: &str = "advisories.toml";

/// The built-in dossiers with the user's added.
pub(crate) fn load(paths: &[PathBuf]) -> Result<Library, Failure> {
    let mut library = Library::builtin();
    for dossier in read(paths)? {
        library.add(dossier);
    }
    for path in paths {
        let file = path.join(ADVISORIES);
        if !file.is_file() {
            continue;
        }
        let text = fs::read_to_string(&file)
            .map_err(|error| Failure::File("read the advisories", file.clone(), error))?;
        let shown = SafeText::new(file.as_os_str().as_encoded_bytes()).to_string();
        library.add_advisories(check::advisories(&shown, &text).map_err(Failure::Dossiers)?);
    }
    Ok(library)
}

/// The dossier of an id, as somebody typed it.
pub(crate) fn find<'l>(library: &'l Library, id: &str) -> Result<&'l Dossier, Failure> {
    library.get(id).ok_or_else(|| Failure::NoDossier(id.to_owned(), near(library, id)))
}

/// Ids that somebody who typed `id` may have meant.
fn near(library: &Library, id: &str) -> Vec<String> {
    let word = id.split('-').next().filter(|word| word.len() > 2);
    let is_near = |known: &&str| word.is_some_and(|word| known.contains(word));
    let ids = library.dossiers().iter().map(|dossier| dossier.id().as_str());
    ids.filter(is_near).map(str::to_owned).collect()
}

/// The dossiers in some files and directories; all problems at once.
fn read(paths: &[PathBuf]) -> Result<Vec<Dossier>, Failure> {
    let mut dossiers = Vec::new();
    let mut problems = Vec::new();
    for found in read_each(paths)? {
        match found {
            Ok(dossier) => dossiers.push(dossier),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(dossiers) } else { Err(Failure::Dossiers(problems)) }
}

/// The dossiers in some files and directories, or what is wrong with each.
pub(crate) fn read_each(paths: &[PathBuf]) -> Result<Vec<Result<Dossier, Vec<Problem>>>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file)
            .map_err(|error| Failure::File("read the dossier", file.clone(), error))?;
        let shown = SafeText::new(file.as_os_str().as_encoded_bytes()).to_string();
        Ok(Dossier::parse(&id_of(&file), &shown, &text))
    };
    files.into_iter().map(read).collect()
}

/// `<provider>/<kind>.toml` is `<provider>-<kind>`.
fn id_of(file: &Path) -> String {
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match file.parent().filter(|parent| parent.file_name().is_some()) {
        Some(provider) => format!("{}-{}", stem(provider), stem(file)),
        None => stem(file),
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error| Failure::File("read the dossiers in", path.to_owned(), error);
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries = fs::read_dir(path)
        .and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        })
        .map_err(failed)?;
    entries.sort();
    for entry in entries {
        let toml = entry.extension().is_some_and(|extension| extension == "toml");
        if entry.is_dir() || toml && !entry.file_name().is_some_and(is_no_dossier) {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

/// Files of a directory of dossiers that hold something else.
fn is_no_dossier(name: &OsStr) -> bool {
    name == "rivals.toml" || name == ADVISORIES
}

//! Carries the surgery out: makes a clone of its own in an empty directory,
//! has `git filter-repo` rewrite it there, and reads it again. What is pushed
//! from it, and when, is a person's decision.

use std::{
    ffi::OsStr,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use leeward_model::SafeText;
use leeward_source::{
    Progress,
    git::{self, CloneError, RemoteUrl, RunError},
};

use super::{
    PlanError, Proof, Sought, absent,
    find::{self, Found},
    replace::{Private, Replacements},
};

/// A clone without the value.
#[derive(Debug)]
pub struct Applied {
    /// How many spellings were replaced.
    pub replacements: usize,
    /// How many objects held one.
    pub objects: usize,
    /// What reading the clone again showed.
    pub proof: Proof,
}

/// Why nothing was rewritten, or not to the end.
#[derive(Debug)]
pub enum ApplyError {
    /// The directory for the clone holds something already.
    NotEmpty(PathBuf),
    /// It cannot be made or looked at.
    Directory(PathBuf, io::Error),
    /// The clone did not arrive.
    Clone(CloneError),
    /// The clone could not be read.
    Read(PlanError),
    /// The value is in no object of the clone.
    Nothing,
    /// `git filter-repo` is not there.
    NoTool(io::Error),
    /// It failed; its last words, without the value.
    Failed(String),
    /// The files for it could not be written.
    Files(io::Error),
    /// Somebody asked to stop.
    Stopped,
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &Path| SafeText::new(path.as_os_str().as_encoded_bytes()).to_string();
        match self {
            Self::NotEmpty(path) => write!(
                f,
                "`{}` is not empty: history is rewritten in a fresh clone and nowhere else; name an \
                 empty directory",
                shown(path)
            ),
            Self::Directory(path, error) => write!(f, "cannot use `{}`: {error}", shown(path)),
            Self::Clone(error) => error.fmt(f),
            Self::Read(error) => error.fmt(f),
            Self::Nothing => {
                f.write_str("the value is in no object of the clone; nothing was rewritten")
            }
            Self::NoTool(error) => write!(
                f,
                "failed to start `git-filter-repo`, which rewrites history: {error}; install it with \
                 `pip install git-filter-repo`"
            ),
            Self::Failed(said) => write!(f, "`git-filter-repo` failed: {said}"),
            Self::Files(error) => write!(f, "cannot write the list of replacements: {error}"),
            Self::Stopped => {
                f.write_str("the rewriting was stopped; delete the clone and start anew")
            }
        }
    }
}

impl std::error::Error for ApplyError {}

/// Clones a repository into an empty directory, takes the value out of the
/// clone and proves it. `tool` is the program `git-filter-repo`. Nothing is
/// pushed, and what is cloned from is only read.
///
/// # Errors
/// If the directory is not empty, or any part of it fails. The clone stays for
/// a look; delete it.
pub fn apply(
    from: &RemoteUrl,
    into: &Path,
    sought: &Sought<'_>,
    tool: &OsStr,
    progress: &Progress,
) -> Result<Applied, ApplyError> {
    empty(into)?;
    let repository = git::clone_bare(from, into, progress).map_err(ApplyError::Clone)?;
    let found = find::find(&repository, sought, progress)
        .map_err(|error| ApplyError::Read(PlanError::Scan(error)))?;
    drop(repository);
    let replacements = Replacements::of(&found.hits);
    if replacements.is_empty() {
        return Err(ApplyError::Nothing);
    }
    rewrite(into, &replacements, tool, progress)?;
    let Found { secret, .. } = &found;
    let known = Sought { secret: sought.secret.or(secret.as_ref()), ..*sought };
    let proof = absent(into, &known, progress).map_err(ApplyError::Read)?;
    Ok(Applied { replacements: replacements.len(), objects: found.objects().len(), proof })
}

fn empty(into: &Path) -> Result<(), ApplyError> {
    let failed = |error| ApplyError::Directory(into.to_owned(), error);
    fs::create_dir_all(into).map_err(failed)?;
    match fs::read_dir(into).map_err(failed)?.next() {
        None => Ok(()),
        Some(_) => Err(ApplyError::NotEmpty(into.to_owned())),
    }
}

/// Has the clone rewritten. The value is in files that only we can read, and
/// in no argument.
fn rewrite(
    clone: &Path,
    replacements: &Replacements,
    tool: &OsStr,
    progress: &Progress,
) -> Result<(), ApplyError> {
    let private = Private::new().map_err(ApplyError::Files)?;
    let expressions = private.file("expressions");
    replacements.write_expressions(&expressions).map_err(ApplyError::Files)?;
    let mut command = git::tame(tool, clone, "file");
    command.args(["--quiet", "--replace-refs", "delete-no-add"]);
    command.arg("--replace-text").arg(&expressions);
    command.arg("--replace-message").arg(&expressions);
    if replacements.need_blob_callback() {
        let callback = private.file("blobs");
        replacements.write_blob_callback(&callback).map_err(ApplyError::Files)?;
        command.arg("--blob-callback").arg(callback);
    }
    if replacements.in_headers() {
        for what in ["name", "email"] {
            let callback = private.file(what);
            replacements.write_person_callback(&callback, what).map_err(ApplyError::Files)?;
            command.arg(format!("--{what}-callback")).arg(callback);
        }
    }
    let spoken = replacements.spoken();
    let secrets: Vec<String> = spoken.iter().map(|text| text.to_string()).collect();
    let result = git::run(&mut command, &secrets, progress);
    secrets.into_iter().for_each(|text| drop(zeroize::Zeroizing::new(text)));
    result.map_err(|error| match error {
        RunError::NotStarted(error) => ApplyError::NoTool(error),
        RunError::Failed(said) => ApplyError::Failed(said),
        RunError::Stopped => ApplyError::Stopped,
    })
}

//! Whether a value is out of a repository: everything is read again, objects
//! that nothing leads to included, and what lies beside them.

use std::path::Path;

use leeward_detect::Scratch;
use leeward_model::{Blob, Coverage, ObjectId, SafeText};
use leeward_source::{
    Progress, files,
    git::{OpenError, Repository},
};

use super::{PlanError, Sought, find};
use crate::{dependents::By, gather, sight::Wanted};

/// What reading everything again showed.
#[derive(Debug)]
pub struct Proof {
    /// In a word.
    pub verdict: Verdict,
    /// How many objects were looked at.
    pub objects_scanned: u64,
    /// Objects that still hold it.
    pub objects: Vec<ObjectId>,
    /// Other places of the repository that still hold it, in words: logs, names
    /// of refs, settings. Free of the value and harmless to show.
    pub beside: Vec<String>,
    /// What was looked at and what was not.
    pub coverage: Coverage,
}

/// Whether a value is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was read, and it is nowhere.
    Gone,
    /// It is still there.
    Still,
    /// It was not seen, but not everything could be read, and why.
    Unproven(String),
}

impl Verdict {
    /// Whether it is proven that the value is gone.
    pub fn is_gone(&self) -> bool {
        *self == Self::Gone
    }
}

/// Reads a repository again. Names of files are not looked at: what they are
/// called is in trees, which no scan shows.
///
/// # Errors
/// If it cannot be opened, or the scan was stopped.
pub fn absent(path: &Path, sought: &Sought<'_>, progress: &Progress) -> Result<Proof, PlanError> {
    let repository = Repository::open(path).map_err(PlanError::Open)?;
    let found = find::find(&repository, sought, progress).map_err(PlanError::Scan)?;
    let around = repository.surroundings();
    let mut beside = besides(&repository, sought, found.secret.as_ref(), progress);
    let secret = sought.secret.or(found.secret.as_ref());
    let wanted = Wanted::new(sought.detector, sought.dossier, sought.fingerprint, secret, None);
    for (name, _) in &around.refs {
        if wanted.is_in(name) {
            beside.push("the name of a ref".into());
        }
    }
    let objects: Vec<ObjectId> = found.objects().into_iter().collect();
    let why_not = why_unproven(&found.coverage, &around);
    let verdict = match why_not {
        _ if !objects.is_empty() || !beside.is_empty() => Verdict::Still,
        Some(why) => Verdict::Unproven(why),
        None => Verdict::Gone,
    };
    let objects_scanned = found.coverage.objects_scanned;
    Ok(Proof { verdict, objects_scanned, objects, beside, coverage: found.coverage })
}

fn why_unproven(coverage: &Coverage, around: &leeward_source::git::Surroundings) -> Option<String> {
    match () {
        () if around.is_shallow => Some("the repository is a shallow clone".into()),
        () if around.is_partial => Some("the repository is a partial clone".into()),
        () if !around.alternates.is_empty() => {
            Some("it borrows objects from another repository, which was not looked at".into())
        }
        () if !coverage.is_complete() => {
            let count = coverage.not_scanned.iter().filter(|it| !it.reason.is_by_choice()).count();
            Some(format!("{count} objects or files could not be read"))
        }
        () => None,
    }
}

/// Files of the Git directory beside the objects, such as logs.
fn besides(
    repository: &Repository,
    sought: &Sought<'_>,
    learnt: Option<&leeward_model::Secret>,
    progress: &Progress,
) -> Vec<String> {
    let secret = sought.secret.or(learnt);
    let wanted = Wanted::new(sought.detector, sought.dossier, sought.fingerprint, secret, None);
    let options = files::Options {
        threads: sought.threads,
        skip_git_objects: true,
        ..files::Options::default()
    };
    let git_dir = repository.git_dir().to_owned();
    let look = |_: &Path, blob: &Blob<'_>, scratch: &mut Scratch, keep: gather::Keep<'_, ()>| {
        for sight in wanted.find(blob, scratch) {
            if sight.how == By::Value {
                keep(sight.span, ());
            }
        }
    };
    let (seen, _) = gather::over(std::slice::from_ref(&git_dir), &options, progress, &look);
    let mut files: Vec<String> = seen
        .iter()
        .map(|seen| {
            let path = seen.path.strip_prefix(&git_dir).unwrap_or(&seen.path);
            SafeText::new(path.as_os_str().as_encoded_bytes()).to_string()
        })
        .collect();
    files.dedup();
    files
}

/// A repository that cannot be opened cannot prove anything.
impl From<OpenError> for PlanError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

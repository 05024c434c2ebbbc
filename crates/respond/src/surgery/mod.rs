//! History surgery: taking a value out of every object of a repository, and
//! proving that it is out. It comes after revoking and never instead of it.
//!
//! `find` reads the objects, `replace` says what is to be replaced in the form
//! that `git filter-repo` reads, `plan` which commands in which order and what
//! they do not reach, `apply` does it on a fresh clone, `proof` looks again.
//! The user's own repository is only ever read, as files.

mod apply;
mod find;
mod hints;
mod plan;
mod proof;
mod replace;

use leeward_detect::Detector;
use leeward_dossier::Dossier;
use leeward_model::{Fingerprint, Secret};

pub use self::{
    apply::{Applied, ApplyError, apply},
    hints::Hint,
    plan::{Command, Plan, PlanError, Ref, RefKind, plan},
    proof::{Proof, Verdict, absent},
    replace::Replacements,
};

/// The value that is to go.
pub struct Sought<'a> {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The value, if at hand; else it is taken from where it is found.
    pub secret: Option<&'a Secret>,
    /// The dossier of its kind.
    pub dossier: &'a Dossier,
    /// The detector of the run.
    pub detector: &'a Detector,
    /// How many threads read objects.
    pub threads: usize,
}

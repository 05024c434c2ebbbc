//! In which order the steps are taken, and which of them closing asks for.

use leeward_model::{Case, Provenance, StepName, Validity};
use leeward_source::git::RemoteUrl;

/// What is worse: that somebody uses the value, or that what depends on it
/// stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Make it useless at once; then replace it.
    RevokeFirst,
    /// Replace it, see that everything uses the replacement, then make it
    /// useless.
    RotateFirst,
}

/// Steps that must be done or waived before an incident may be closed, unless
/// the user's policy says otherwise. The others are good advice.
pub const REQUIRED: [StepName; 5] = [
    StepName::Revoke,
    StepName::Audit,
    StepName::Assess,
    StepName::Rotate,
    StepName::UpdateDependents,
];

impl Order {
    /// The order that a situation asks for, and why. What others can read is
    /// made useless first, whatever stops.
    pub fn of(case: &Case) -> (Self, &'static str) {
        if case.verification.validity == Validity::Inactive {
            return (Self::RevokeFirst, "the provider refuses it, so nothing can depend on it");
        }
        let is_remote = |place: &Provenance| match place {
            Provenance::Git(place) => {
                RemoteUrl::is_meant(&place.repository)
                    || place.history.as_ref().is_some_and(|history| history.remote().is_some())
            }
            Provenance::Remote(_) => true,
            Provenance::File(_) | Provenance::Stdin => false,
        };
        if case.locations.iter().any(|location| is_remote(&location.provenance)) {
            (Self::RevokeFirst, "others can read it where it lies, and may be using it now")
        } else {
            (
                Self::RotateFirst,
                "no remote repository is known to hold it: an outage would be worse",
            )
        }
    }

    /// `revoke-first` or `rotate-first`.
    pub fn name(self) -> &'static str {
        match self {
            Self::RevokeFirst => "revoke-first",
            Self::RotateFirst => "rotate-first",
        }
    }

    /// The steps in this order. What it reaches is asked before it is dead, in
    /// either: afterwards nobody can say.
    pub fn steps(self) -> [StepName; 8] {
        use StepName::{
            Assess, Audit, Harden, Prevent, Revoke, Rotate, SecretsManager, UpdateDependents,
        };
        match self {
            Self::RevokeFirst => {
                [Assess, Revoke, Audit, Rotate, SecretsManager, UpdateDependents, Harden, Prevent]
            }
            Self::RotateFirst => {
                [Assess, Rotate, SecretsManager, UpdateDependents, Revoke, Audit, Harden, Prevent]
            }
        }
    }
}

//! Compromised packages as a weakness: reading lock files is the detector's,
//! here is only what to do about a hit.

use std::path::Path;

use leeward_detect::{Advisories, LockFile};
use leeward_dossier::schema::Advisory;

use super::Spot;

/// Whether a file is a lock file.
pub(super) fn is_one(path: &Path) -> bool {
    LockFile::of(path).is_some()
}

/// Every compromised package that a lock file names.
pub(super) fn check(path: &Path, text: &[u8], advisories: &[Advisory]) -> Vec<Spot> {
    let Some(file) = LockFile::of(path) else { return Vec::new() };
    let named = Advisories::new(advisories).check(&file, text);
    let spot = |named: leeward_detect::Named<'_>| {
        let (ecosystem, name) = (named.package.ecosystem.name(), &named.package.name);
        let advisory = named.advisory;
        Spot {
            id: "compromised-package",
            span: named.span,
            title: format!(
                "{name} {} of {ecosystem} is compromised ({})",
                named.version, advisory.id
            ),
            why: advisory.text.clone(),
            fix: format!(
                "install another version, rebuild what was built with it, and replace every key of \
                 the machines that installed it; see {}",
                advisory.link
            ),
        }
    };
    named.into_iter().map(spot).collect()
}

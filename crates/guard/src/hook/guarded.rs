//! What a hook looks with, and what of its finds the user accepted.

use std::path::Path;

use leeward_detect::Sighting;
use leeward_pipeline::Baseline;

use super::leak::{At, Leak};
use crate::look::Look;

/// What a hook looks with.
#[derive(Debug)]
pub struct Guarded {
    /// Finds, and knows the ignore file.
    pub look: Look,
    /// Findings that somebody wrote down as known.
    pub baseline: Option<Baseline>,
    /// How many threads may read.
    pub threads: usize,
}

impl Guarded {
    /// Whether a sighting at a path stops anything; what the path says of it is
    /// weighed first.
    pub(super) fn counts(&self, sighting: &mut Sighting, path: Option<&[u8]>) -> bool {
        if let Some(path) = path {
            let said = self.look.detector().place(&sighting.dossier, path);
            sighting.signals.extend(said);
        }
        let path = path.map(path_of);
        self.look.counts(sighting, path.as_deref())
            && !self.baseline.as_ref().is_some_and(|known| known.knows(sighting.fingerprint))
    }

    /// A sighting as people are told of it.
    pub(super) fn leak(&self, sighting: &Sighting, at: At) -> Leak {
        let dossier = self.look.library().get(sighting.dossier.as_str());
        let what = dossier.map_or(sighting.dossier.as_str(), |dossier| &dossier.name);
        Leak {
            what: what.to_owned(),
            fingerprint: sighting.fingerprint,
            hint: sighting.secret.hint(),
            at,
            decoded: sighting.decoded.clone(),
        }
    }
}

/// A path as Git spells it.
#[cfg(unix)]
pub(super) fn path_of(bytes: &[u8]) -> std::borrow::Cow<'_, Path> {
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(std::ffi::OsStr::from_bytes(bytes)).into()
}

/// A path as Git spells it.
#[cfg(not(unix))]
pub(super) fn path_of(bytes: &[u8]) -> std::borrow::Cow<'_, Path> {
    std::path::PathBuf::from(String::from_utf8_lossy(bytes).into_owned()).into()
}

//! What a hook looks with, and what of its finds the user accepted.

use std::path::Path;

use leeward_detect::{Scratch, Sighting};
use leeward_model::{Coverage, Way};
use leeward_pipeline::Baseline;
use leeward_source::Progress;
use leeward_unpack::{self as unpack, Opener};

use super::{
    gather::Gather,
    leak::{At, Leak, Verdict},
};
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
    /// How containers are opened, if they are.
    pub unpack: Option<unpack::Settings>,
}

/// A gatherer that also gets what is inside containers.
pub(super) type Opening<'g, 'd> = Opener<'g, &'g Gather<'d>>;

impl Guarded {
    /// Has something read with a gatherer that also gets what is inside containers. Answers
    /// what was not looked at inside them, apart from all else: what somebody keeps under
    /// a password is no reason to stop them.
    pub(super) fn opening<'g, T>(
        &self,
        gather: &'g Gather<'g>,
        progress: &Progress,
        read: impl FnOnce(&&Opening<'_, 'g>) -> T,
    ) -> (T, Coverage) {
        let is_stopped = || progress.is_cancelled();
        let opener = Opener::new(&gather, self.unpack.as_ref(), &is_stopped);
        let done = read(&&opener);
        (done, opener.into_coverage())
    }

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

    /// What lies in the name of a file, with its ending and without.
    pub(super) fn in_name(&self, path: &[u8]) -> Vec<Sighting> {
        let mut scratch = Scratch::default();
        let name = path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
        let ending = path[name..].iter().rposition(|&byte| byte == b'.').map(|at| name + at);
        let mut found = self.look.at(path, None, &mut scratch);
        if let Some(end) = ending {
            found.extend(self.look.at(&path[..end], None, &mut scratch));
        }
        found
    }

    /// A path that may be told: values in it are replaced by their hints.
    pub(super) fn shown(&self, path: &[u8]) -> Vec<u8> {
        let mut found = self.in_name(path);
        found.sort_by_key(|sighting| sighting.span.start);
        let (mut shown, mut at) = (Vec::with_capacity(path.len()), 0);
        for sighting in found.iter().filter(|sighting| sighting.span.end <= path.len()) {
            if sighting.span.start >= at {
                shown.extend_from_slice(&path[at..sighting.span.start]);
                shown.extend_from_slice(sighting.secret.hint().as_str().as_bytes());
                at = sighting.span.end;
            }
        }
        shown.extend_from_slice(&path[at..]);
        shown
    }

    /// The same of everything that a verdict tells.
    pub(super) fn show(&self, verdict: &mut Verdict) {
        for leak in verdict.leaks.iter_mut().chain(&mut verdict.known) {
            match &mut leak.at {
                At::Staged { path, .. } | At::Name(path) | At::Pushed { path: Some(path), .. } => {
                    *path = self.shown(path);
                }
                _ => {}
            }
            if let At::Staged { inside, .. } | At::Pushed { inside, .. } = &mut leak.at {
                *inside = Way::of(inside.names().iter().map(|name| self.shown(name)));
            }
        }
        for trouble in verdict.troubles.iter_mut().chain(&mut verdict.unopened) {
            let shown = self.shown(trouble.as_bytes());
            *trouble = String::from_utf8_lossy(&shown).into_owned();
        }
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

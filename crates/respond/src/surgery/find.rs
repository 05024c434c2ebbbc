//! Finds a value in every object of a repository, reachable or not, with the
//! exact bytes as which it stands there.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use leeward_detect::Scratch;
use leeward_model::{
    Blob, Coverage, Encoding, GitObjectKind, Inspect, ObjectId, Origin, Position, Secret, Trace,
    Worker,
};
use leeward_source::{
    Progress,
    git::{Repository, ScanError, Selection},
};
use zeroize::Zeroizing;

use super::Sought;
use crate::{
    dependents::By,
    sight::{Sight, Wanted},
};

/// How much of a blob decides whether `git filter-repo` takes it for text.
const DECIDES: usize = 8192;

/// A value in an object.
pub(super) struct Hit {
    pub(super) object: ObjectId,
    pub(super) kind: GitObjectKind,
    /// The bytes of the object, not of the value: its encoding is in them.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) decoded: Vec<Encoding>,
    /// The object has a NUL byte near its beginning, or it is not known.
    pub(super) is_binary: bool,
    /// It stands before the message of a commit or tag.
    pub(super) in_header: bool,
}

/// Everything that was found.
pub(super) struct Found {
    pub(super) hits: Vec<Hit>,
    pub(super) coverage: Coverage,
    /// The value, if it was found or was at hand.
    pub(super) secret: Option<Secret>,
}

impl Found {
    /// The objects that hold the value.
    pub(super) fn objects(&self) -> BTreeSet<ObjectId> {
        self.hits.iter().map(|hit| hit.object).collect()
    }
}

/// Looks at all objects. Without the value at hand it is first learnt from
/// where it stands, so that its other spellings are found as well.
///
/// # Errors
/// If the scan was stopped.
pub(super) fn find(
    repository: &Repository,
    sought: &Sought<'_>,
    progress: &Progress,
) -> Result<Found, ScanError> {
    if let Some(secret) = sought.secret {
        return look(repository, sought, Some(secret), progress);
    }
    let first = look(repository, sought, None, progress)?;
    match &first.secret {
        Some(secret) => look(repository, sought, Some(secret), progress),
        None => Ok(first),
    }
}

fn look(
    repository: &Repository,
    sought: &Sought<'_>,
    secret: Option<&Secret>,
    progress: &Progress,
) -> Result<Found, ScanError> {
    let Sought { fingerprint, dossier, detector, threads, .. } = *sought;
    let wanted = Wanted::new(detector, dossier, fingerprint, secret, None);
    let looker = Looker { wanted, state: Mutex::default() };
    let everything = Selection::Everything;
    let coverage = repository.scan_history(&everything, threads, &&looker, progress)?;
    let State { mut hits, learnt } =
        looker.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    hits.sort_by(|a, b| (a.object, &a.bytes[..]).cmp(&(b.object, &b.bytes[..])));
    Ok(Found { hits, coverage, secret: secret.map(Secret::duplicate).or(learnt) })
}

struct Looker<'a> {
    wanted: Wanted<'a>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    hits: Vec<Hit>,
    learnt: Option<Secret>,
}

impl<'l, 'a> Inspect for &'l Looker<'a> {
    type Worker = Eye<'l, 'a>;

    fn worker(&self) -> Self::Worker {
        Eye { looker: self, scratch: Scratch::default() }
    }

    fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}
}

struct Eye<'l, 'a> {
    looker: &'l Looker<'a>,
    scratch: Scratch,
}

impl Worker for Eye<'_, '_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let Origin::Git(kind, object) = blob.origin else { return Trace::default() };
        // What a version took over from its base is looked at as well: every
        // object has to be named.
        let whole = Blob { base: None, ..blob };
        let sights = self.looker.wanted.find(&whole, &mut self.scratch);
        if sights.is_empty() {
            return Trace::default();
        }
        let is_first = blob.piece.is_none_or(|piece| piece.index == 0);
        let head = &blob.bytes[..blob.bytes.len().min(DECIDES)];
        let is_binary = !is_first || head.contains(&0);
        let message = memchr::memmem::find(blob.bytes, b"\n\n").unwrap_or(blob.bytes.len());
        let is_text = !matches!(kind, GitObjectKind::Commit | GitObjectKind::Tag);
        let mut state = self.looker.state.lock().unwrap_or_else(PoisonError::into_inner);
        for Sight { span, how, decoded, value, .. } in sights {
            if how != By::Value {
                continue;
            }
            if state.learnt.is_none() {
                state.learnt = value;
            }
            state.hits.push(Hit {
                object,
                kind,
                bytes: Zeroizing::new(blob.bytes[span.clone()].to_vec()),
                decoded,
                is_binary,
                in_header: !is_text && span.start < message,
            });
        }
        Trace::default()
    }
}

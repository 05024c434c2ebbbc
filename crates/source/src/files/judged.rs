//! What earlier scans judged clean among files: a file is known by where it is shown, which
//! file of which device it is, its size and its times. That stands for its content only
//! if nobody can have changed it since without a trace; see [`Sight`].

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use leeward_model::{Inspect, Mark, Origin, Worker as _};

use super::{
    os::{Kind, Meta, Moment},
    walk::Walker,
};

/// How long before it was looked at a file must have been left alone, in seconds. The
/// times of file systems are as coarse as two: a change within the same tick leaves no
/// trace.
const SETTLED: u64 = 2;

/// A file before it was opened: what its content will be known by, if it is the same
/// file in all respects when it has been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    mark: Mark,
    meta: Meta,
}

impl Sight {
    /// `None` if the system does not tell enough, or the file changed only now (or, by
    /// another clock, will).
    fn of(path: &Path, meta: Meta) -> Option<Self> {
        let last = seconds(meta.changed?)?.max(seconds(meta.modified)?);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let is_settled = last + SETTLED < now.as_secs();
        is_settled.then_some(Self { mark: mark(path, &meta)?, meta })
    }
}

/// The path is among it, since the name of a file speaks for what is in it.
fn mark(path: &Path, meta: &Meta) -> Option<Mark> {
    let identity =
        format!("{:?} {} {:?} {:?}", meta.identity?, meta.size, meta.modified, meta.changed?);
    Some(Mark::of("file", &[identity.as_bytes(), path.as_os_str().as_encoded_bytes()]))
}

/// Seconds since 1970-01-01 UTC.
#[cfg(unix)]
fn seconds(moment: Moment) -> Option<u64> {
    u64::try_from(moment.0).ok()
}

/// Where a change always leaves a trace is known of Unix alone.
#[cfg(not(unix))]
fn seconds(_: Moment) -> Option<u64> {
    None
}

impl<I: Inspect> Walker<'_, '_, I> {
    /// Whether the file at `self.path` was judged clean and need not be opened. If not,
    /// what is known of it now is kept for when it has been read.
    pub(super) fn is_judged(&mut self, meta: Option<&Meta>) -> bool {
        self.sight = None;
        let Some(judged) = self.scan.inspect.judged() else { return false };
        let Some(&meta) = meta.filter(|meta| meta.kind == Kind::File) else { return false };
        // What is left out for its size is told.
        if self.scan.options.max_file_size.is_some_and(|most| meta.size > most) {
            return false;
        }
        if mark(&self.path, &meta).is_some_and(|mark| judged.is_clean(mark)) {
            self.coverage.judged_before.files += 1;
            self.coverage.judged_before.bytes += meta.size;
            self.scan.progress.add(0);
            return true;
        }
        self.sight = Sight::of(&self.path, meta);
        false
    }

    /// Has a file that was read to its end remembered, if it is what it was before.
    pub(super) fn judge(&mut self, path: &Path, sight: Sight, after: &Meta) {
        let Sight { mark: known, meta: before } = sight;
        if after.kind == before.kind && mark(path, after) == Some(known) {
            self.worker.done(Origin::File(path), known);
        }
    }
}

//! How much is left out: the sizes of the files in a directory that is not
//! scanned, added up without opening any of them.

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use leeward_model::{Inspect, Reason};

use super::{
    os::Kind,
    walk::{Job, Place, Walker},
};

/// How many entries a scan looks at only to add them up. That costs more than
/// half of what scanning small files does, so that this is about a second's
/// work. Beyond it the size of what is left out is reported as unknown.
pub(super) const MEASURE_LIMIT: u64 = 500_000;

/// The sum over one directory that is left out. Whoever lets go of it last
/// reports it.
#[derive(Debug)]
pub(super) struct Sum {
    path: PathBuf,
    reason: Reason,
    bytes: AtomicU64,
    unknown: AtomicBool,
}

impl Sum {
    pub(super) fn new(path: PathBuf, reason: Reason) -> Self {
        Self { path, reason, bytes: AtomicU64::new(0), unknown: AtomicBool::new(false) }
    }
}

impl<I: Inspect> Walker<'_, '_, I> {
    /// Adds up one of some directories, and leaves the others to whoever comes
    /// next.
    pub(super) fn measure(&mut self, sum: Arc<Sum>, parent: &Arc<Place>, mut names: Vec<OsString>) {
        let Some(name) = names.pop() else { return };
        let place = Arc::new(parent.below(&name));
        if !names.is_empty() {
            self.push(Job::Measure(Arc::clone(&sum), Arc::clone(parent), names));
        }
        let below = self.measure_directory(&sum, &place);
        if !below.is_empty() {
            self.push(Job::Measure(Arc::clone(&sum), place, below));
        }
        if let Some(sum) = Arc::into_inner(sum) {
            let known = !sum.unknown.into_inner();
            self.left_out(&sum.path, sum.reason, known.then_some(sum.bytes.into_inner()));
        }
    }

    fn measure_directory(&mut self, sum: &Sum, place: &Place) -> Vec<OsString> {
        let mut below = Vec::new();
        let Ok(directory) = place.open() else {
            sum.unknown.store(true, Relaxed);
            return below;
        };
        let scan = self.scan;
        let may_go_on = || {
            !scan.progress.is_cancelled()
                && scan
                    .measurable
                    .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1))
                    .is_ok()
        };
        let listed = directory.list(&mut self.names, |name, kind| match kind {
            _ if !may_go_on() => sum.unknown.store(true, Relaxed),
            Kind::Directory => below.push(name.to_owned()),
            Kind::File => {
                // One that just vanished has no size to leave out.
                let size = directory.look(name).map_or(0, |meta| meta.size);
                sum.bytes.fetch_add(size, Relaxed);
            }
            Kind::SymbolicLink | Kind::Other => {}
        });
        if listed.is_err() {
            sum.unknown.store(true, Relaxed);
        }
        below
    }
}

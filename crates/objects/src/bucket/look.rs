//! Objects on their way to the inspector: fetched as a whole where they fit one piece,
//! and read by ranges where they do not.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use leeward_model::{Content, Inspect, Origin, Wanted, Worker as _};
use object_store::{GetOptions, ObjectMeta};
use tokio::sync::mpsc;

use super::{Shared, build::Store, mark, ranged::Ranged, trouble::Trouble};
use crate::shown::Showing;

/// How much of a large object says what it is.
const HEAD: usize = 4 << 10;

/// An object for a thread.
pub(super) struct Job {
    /// Its number in the listing.
    pub(super) number: u64,
    pub(super) meta: ObjectMeta,
    pub(super) got: Got,
}

pub(super) enum Got {
    /// All of it.
    Whole(Bytes),
    /// It is to be read by ranges.
    Large,
    Nothing(Trouble),
}

impl Shared<'_> {
    /// Shows objects until there are none left.
    pub(super) fn work<I: Inspect>(&self, inspect: &I, queue: &Mutex<mpsc::Receiver<Job>>) {
        let mut showing = Showing::new(inspect, self.options.cut, self.progress);
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let Some(Job { number, meta, got }) = next else { return };
            let key = meta.location.as_ref().to_owned();
            let path = PathBuf::from(format!("{}/{key}", self.root));
            let mark = mark(&self.root, &meta);
            if self.progress.is_cancelled() {
                continue;
            }
            let ended = match got {
                Got::Whole(bytes) => {
                    showing.whole(&path, &bytes);
                    self.account().bytes_scanned += bytes.len() as u64;
                    Ok(())
                }
                Got::Large => self.large(&mut showing, &path, meta),
                Got::Nothing(trouble) => Err((trouble, meta.size)),
            };
            match ended {
                Ok(()) => {
                    self.failures.store(0, Ordering::Relaxed);
                    self.account().files_scanned += 1;
                    if let Some(mark) = mark {
                        showing.worker.done(Origin::Object(&path), mark);
                    }
                    self.done(number, key);
                }
                Err((trouble, bytes)) => self.failed(number, key, trouble, bytes),
            }
        }
    }

    /// Shows an object above the size of a piece as the worker wants it. On failure
    /// answers how many bytes were not seen.
    fn large<I: Inspect>(
        &self,
        showing: &mut Showing<'_, I>,
        path: &Path,
        meta: ObjectMeta,
    ) -> Result<(), (Trouble, u64)> {
        let (size, meta) = (meta.size, Arc::new(meta));
        let (objects, handle) = (Arc::clone(&self.store.objects), self.handle.clone());
        let mut ranged = Ranged::new(objects, meta, handle, self.progress, Arc::clone(&self.asked));
        let mut head = vec![0; HEAD];
        let read = ranged.read_exact(&mut head);
        ranged.rewind();
        let mut shown = 0;
        if read.is_ok() {
            let origin = Origin::Object(path);
            let wanted = showing.worker.wants(origin, &head);
            if wanted != Wanted::Whole {
                shown = showing.pieces(path, &mut ranged).0;
                ranged.rewind();
            }
            if wanted != Wanted::Pieces && !self.progress.is_cancelled() {
                showing.worker.open(origin, &head, Content::Seekable(&mut ranged));
                if wanted == Wanted::Whole {
                    shown = size;
                    self.progress.add(size);
                }
            }
        }
        self.account().bytes_scanned += shown;
        if self.progress.is_cancelled() {
            return Err((
                Trouble::Broken("the scan was stopped".to_owned()),
                size - shown.min(size),
            ));
        }
        match ranged.into_trouble() {
            Some(trouble) => Err((trouble, size - shown.min(size))),
            None => Ok(()),
        }
    }
}

/// Fetches an object that fits one piece. What it is by now counts, not what was
/// listed.
pub(super) async fn fetch(
    store: &Store,
    listed: &ObjectMeta,
    own: u64,
    asked: &AtomicU64,
) -> Result<(ObjectMeta, Got), Trouble> {
    if listed.size > own {
        return Ok((listed.clone(), Got::Large));
    }
    asked.fetch_add(1, Ordering::Relaxed);
    let answer = store.objects.get_opts(&listed.location, GetOptions::default()).await;
    let answer = answer.map_err(|error| Trouble::of(&error))?;
    let meta = answer.meta.clone();
    if meta.size > own {
        return Ok((meta, Got::Large));
    }
    let bytes = answer.bytes().await.map_err(|error| Trouble::of(&error))?;
    if bytes.len() as u64 != meta.size {
        return Err(Trouble::Changed);
    }
    Ok((meta, Got::Whole(bytes)))
}

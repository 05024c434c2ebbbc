//! An object above the size of a piece, read in any order by ranges: a few stretches
//! of it are held, and where it is read front to back the next ones are on their way.
//! Every range is asked for under the tag of the first, so that an object that is
//! overwritten in between is noticed and never read as a mixture.

use std::{
    collections::VecDeque,
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use leeward_source::Progress;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore};
use tokio::{runtime::Handle, task::JoinHandle};

use super::trouble::Trouble;
use crate::stop::until_stopped;

/// Bytes of one range. Stores answer the first byte within tens of milliseconds, and
/// send this much in about as long again.
const STRETCH: u64 = 2 << 20;

/// Ranges on their way ahead of the reader.
const AHEAD: u64 = 2;

/// Ranges held for each reader, those on their way included: a reader that goes back
/// and forth between a directory at the end and its entries asks for none twice.
const HELD: usize = 4;

type Answer = Result<Bytes, Trouble>;

/// An object, read by ranges from wherever it is wanted.
pub(super) struct Ranged<'p> {
    store: Arc<dyn ObjectStore>,
    meta: Arc<ObjectMeta>,
    handle: Handle,
    progress: &'p Progress,
    /// Requests that were made, for whoever counts them.
    asked: Arc<AtomicU64>,
    offset: u64,
    /// The stretch that was read last.
    last: Option<u64>,
    held: VecDeque<(u64, Stretch)>,
    trouble: Option<Trouble>,
}

enum Stretch {
    Coming(JoinHandle<Answer>),
    Here(Bytes),
}

impl<'p> Ranged<'p> {
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        meta: Arc<ObjectMeta>,
        handle: Handle,
        progress: &'p Progress,
        asked: Arc<AtomicU64>,
    ) -> Self {
        let held = VecDeque::with_capacity(HELD);
        Self { store, meta, handle, progress, asked, offset: 0, last: None, held, trouble: None }
    }

    /// What kept it from being read, if something did.
    pub(super) fn into_trouble(self) -> Option<Trouble> {
        self.trouble.clone()
    }

    /// From the first byte again.
    pub(super) fn rewind(&mut self) {
        self.offset = 0;
    }

    fn ask(&mut self, index: u64) {
        let start = index * STRETCH;
        if start >= self.meta.size || self.held.iter().any(|(held, _)| *held == index) {
            return;
        }
        let end = self.meta.size.min(start + STRETCH);
        let (store, meta) = (Arc::clone(&self.store), Arc::clone(&self.meta));
        self.asked.fetch_add(1, Ordering::Relaxed);
        let coming = self.handle.spawn(async move {
            let options = GetOptions {
                range: Some(GetRange::Bounded(start..end)),
                if_match: meta.e_tag.clone(),
                ..GetOptions::default()
            };
            let answer = store.get_opts(&meta.location, options).await;
            let answer = answer.map_err(|error| Trouble::of(&error))?;
            if answer.meta.size != meta.size {
                return Err(Trouble::Changed);
            }
            answer.bytes().await.map_err(|error| Trouble::of(&error))
        });
        if self.held.len() == HELD
            && let Some((_, Stretch::Coming(unwanted))) = self.held.pop_front()
        {
            unwanted.abort();
        }
        self.held.push_back((index, Stretch::Coming(coming)));
    }

    /// The bytes of a stretch.
    fn stretch(&mut self, index: u64) -> Result<Bytes, Trouble> {
        self.ask(index);
        if self.last.is_some_and(|last| last + 1 == index || last == index) {
            for ahead in 1..=AHEAD {
                self.ask(index + ahead);
            }
        }
        self.last = Some(index);
        let Some(at) = self.held.iter().position(|(held, _)| *held == index) else {
            return Err(Trouble::Broken("the answer broke off".to_owned()));
        };
        let bytes = match &mut self.held[at].1 {
            Stretch::Here(bytes) => bytes.clone(),
            Stretch::Coming(coming) => {
                let answer = self.handle.block_on(until_stopped(self.progress, coming));
                match answer {
                    Some(Ok(answer)) => answer?,
                    Some(Err(_)) => {
                        return Err(Trouble::Broken("the request failed".to_owned()));
                    }
                    None => return Err(Trouble::Broken("the scan was stopped".to_owned())),
                }
            }
        };
        self.held[at].1 = Stretch::Here(bytes.clone());
        Ok(bytes)
    }
}

impl Read for Ranged<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.offset >= self.meta.size || buffer.is_empty() {
            return Ok(0);
        }
        if let Some(trouble) = &self.trouble {
            return Err(io::Error::other(trouble.why()));
        }
        let index = self.offset / STRETCH;
        let bytes = match self.stretch(index) {
            Ok(bytes) => bytes,
            Err(trouble) => {
                let error = io::Error::other(trouble.why());
                self.trouble = Some(trouble);
                return Err(error);
            }
        };
        let rest = bytes.get((self.offset - index * STRETCH) as usize..).unwrap_or_default();
        if rest.is_empty() {
            self.trouble = Some(Trouble::Changed);
            return Err(io::Error::other("the object is shorter than the store says"));
        }
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        self.offset += read as u64;
        Ok(read)
    }
}

impl Seek for Ranged<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.offset.checked_add_signed(by),
            SeekFrom::End(by) => self.meta.size.checked_add_signed(by),
        };
        self.offset = moved.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.offset)
    }
}

impl Drop for Ranged<'_> {
    fn drop(&mut self) {
        for (_, stretch) in &self.held {
            if let Stretch::Coming(coming) = stretch {
                coming.abort();
            }
        }
    }
}

//! How the threads of a walk share the work: roots are claimed from a counter,
//! and whoever has nothing left waits to be offered a part of another's tree.

use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use leeward_model::{NotScanned, Trace};

use super::object::Kind;

/// An object whose descendants are still to be made.
pub(super) struct Frame {
    pub(super) bytes: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) trace: Option<Trace>,
    /// The next child to make, and the sibling to stop before.
    pub(super) next: u32,
    pub(super) end: u32,
}

/// What the threads of a walk share.
pub(super) struct Crew {
    threads: usize,
    pub(super) next_root: AtomicUsize,
    pub(super) hungry: AtomicUsize,
    pub(super) live: AtomicU64,
    pub(super) output: AtomicU64,
    pub(super) stopped: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    offered: Vec<Frame>,
    idle: usize,
    pub(super) problems: Vec<NotScanned>,
}

impl Crew {
    pub(super) fn new(threads: usize) -> Self {
        Self {
            threads,
            next_root: AtomicUsize::new(0),
            hungry: AtomicUsize::new(0),
            live: AtomicU64::new(0),
            output: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn offer(&self, frame: Frame) {
        let mut state = self.lock();
        state.offered.push(frame);
        self.hungry.store(state.idle.saturating_sub(state.offered.len()), Relaxed);
        self.changed.notify_one();
    }

    /// Waits for a part of somebody's tree; `None` when all is done.
    pub(super) fn receive(&self) -> Option<Frame> {
        let mut state = self.lock();
        state.idle += 1;
        loop {
            if let Some(frame) = state.offered.pop() {
                state.idle -= 1;
                self.hungry.store(state.idle.saturating_sub(state.offered.len()), Relaxed);
                return Some(frame);
            }
            if state.idle >= self.threads {
                self.hungry.store(0, Relaxed);
                self.changed.notify_all();
                return None;
            }
            self.hungry.store(state.idle, Relaxed);
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Counts a thread as idle for good, also when an inspector panics: the other
/// threads would wait for it for ever.
pub(super) struct Leave<'a>(pub(super) &'a Crew);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().idle += 1;
            self.0.changed.notify_all();
        }
    }
}

//! What is left to do, shared by the threads that do it. Knows nothing of
//! files: a job may bring further jobs, and when none is left and nobody is at
//! work, everybody goes home.

use std::{
    collections::VecDeque,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

#[derive(Debug)]
pub(super) struct Queue<J> {
    state: Mutex<State<J>>,
    wake: Condvar,
    /// The most threads there may be.
    threads: usize,
    /// How many jobs wait, to look at without the lock.
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct State<J> {
    jobs: VecDeque<J>,
    started: usize,
    idle: usize,
    working: usize,
}

/// Held while a job is done, so that nobody goes home who may be needed.
#[derive(Debug)]
pub(super) struct Turn<'q, J>(&'q Queue<J>);

impl<J> Queue<J> {
    /// A queue for at most `threads` threads, one of which is there already.
    pub(super) fn new(threads: usize) -> Self {
        let state = State { jobs: VecDeque::new(), started: 1, idle: 0, working: 0 };
        Self {
            state: Mutex::new(state),
            wake: Condvar::new(),
            threads: threads.max(1),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Adds a job to be done before all others, so that little is half done.
    /// Answers whether one more thread should be started for it.
    #[must_use]
    pub(super) fn push(&self, job: J) -> bool {
        let mut state = self.lock();
        state.jobs.push_back(job);
        self.added(&mut state)
    }

    /// Adds a job to be done when there is nothing better to do; else like
    /// [`push`](Self::push).
    #[must_use]
    pub(super) fn push_last(&self, job: J) -> bool {
        let mut state = self.lock();
        state.jobs.push_front(job);
        self.added(&mut state)
    }

    fn added(&self, state: &mut State<J>) -> bool {
        self.waiting.store(state.jobs.len(), Relaxed);
        if state.idle > 0 {
            self.wake.notify_one();
            return false;
        }
        // Those who are not at work will look for it.
        let free = state.started.saturating_sub(state.working);
        let more = state.started < self.threads && state.jobs.len() > free;
        state.started += usize::from(more);
        more
    }

    /// Whether threads might soon look for work in vain.
    pub(super) fn is_hungry(&self) -> bool {
        self.threads > 1 && self.waiting.load(Relaxed) < self.threads
    }

    /// The next job, waited for if need be; `None` when all is done.
    pub(super) fn next(&self) -> Option<(J, Turn<'_, J>)> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_back() {
                self.waiting.store(state.jobs.len(), Relaxed);
                state.working += 1;
                return Some((job, Turn(self)));
            }
            if state.working == 0 {
                return None;
            }
            state.idle += 1;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> Drop for Turn<'_, J> {
    /// Also when the job panicked: the others must not wait for it.
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.working -= 1;
        if state.working == 0 && state.jobs.is_empty() {
            self.0.wake.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::atomic::AtomicU32, thread};

    #[test]
    fn jobs_bring_jobs_until_all_is_done() {
        let (queue, done) = (Queue::new(3), AtomicU32::new(0));
        assert!(!queue.push(12u32), "the thread that is there can do it");
        let work = || {
            while let Some((job, turn)) = queue.next() {
                done.fetch_add(1, Relaxed);
                if job > 0 {
                    let _ = queue.push(job - 1);
                    let _ = queue.push_last(job - 1);
                }
                drop(turn);
            }
        };
        thread::scope(|scope| {
            (0..3).for_each(|_| drop(scope.spawn(work)));
        });
        assert_eq!(done.into_inner(), (1 << 13) - 1);
    }

    #[test]
    fn threads_are_asked_for_when_jobs_wait_for_them() {
        let queue = Queue::new(3);
        assert!(!queue.push(1));
        assert!(queue.push(2));
        let _first = queue.next();
        let _second = queue.next();
        assert!(queue.push(3));
        assert!(!queue.push(4), "three are enough");
    }

    #[test]
    fn a_panic_does_not_keep_the_others_waiting() {
        let queue = Queue::new(2);
        let _ = queue.push(());
        thread::scope(|scope| {
            let broken = scope.spawn(|| {
                let _job = queue.next().expect("a job");
                panic!("on purpose");
            });
            assert!(broken.join().is_err());
            assert!(queue.next().is_none());
        });
    }
}

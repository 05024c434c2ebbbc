//! The memory of a running scan: what was judged clean before, loaded when somebody asks,
//! and what is judged clean now, written every few seconds by a thread of its own, so that
//! little is lost whenever the program ends. A database that cannot be written does not
//! keep a scan from going on: it is told at the end.

use std::{
    collections::HashSet,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use leeward_model::{Judged, Mark};

use crate::{
    judged::{MOST_MARKS, RulesId},
    place::Place,
    store::Store,
    trouble::Trouble,
};

/// How often what was judged is written: soon after the beginning, since most scans are
/// short, and then less and less often, so that rows are worth writing.
const FIRST: Duration = Duration::from_millis(250);
const PERIOD: Duration = Duration::from_secs(4);
/// Marks that wait to be written; there may be some more when the thread is woken.
const WAITING: usize = 256 << 10;
/// Locks over the marks that wait, so that threads rarely meet.
const SHARDS: usize = 16;

/// What was judged under some rules, for as long as a scan runs.
#[derive(Debug)]
pub struct Memory {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

struct Shared {
    store: Mutex<Store>,
    rules: RulesId,
    now: i64,
    /// What was there before.
    before: OnceLock<Vec<Mark>>,
    waiting: [Mutex<HashSet<Mark>>; SHARDS],
    waits: AtomicUsize,
    /// What this scan judged and has written, each run in order and the longest first.
    runs: RwLock<Vec<Vec<Mark>>>,
    fresh: AtomicUsize,
    notes: Mutex<Notes>,
    /// Marks that could not be written yet.
    unwritten: Mutex<Vec<Mark>>,
    /// Why the last attempt failed, if it did.
    trouble: Mutex<Option<Trouble>>,
    is_over: Mutex<bool>,
    wake: Condvar,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("rules", &self.rules).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Notes {
    new: Vec<(Mark, Vec<u8>)>,
    used: Vec<Mark>,
}

impl Memory {
    /// What is remembered in a database of the scans under some rules. The database is
    /// made if it is not there; `now` is in seconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// What the database says, also if it cannot be written.
    pub fn open(place: &Place, rules: &str, now: i64) -> Result<Self, Trouble> {
        let mut store = Store::open(place)?;
        let rules = store.use_rules(rules, now)?;
        let shared = Arc::new(Shared {
            store: Mutex::new(store),
            rules,
            now,
            before: OnceLock::new(),
            waiting: Default::default(),
            waits: AtomicUsize::new(0),
            runs: RwLock::default(),
            fresh: AtomicUsize::new(0),
            notes: Mutex::default(),
            unwritten: Mutex::default(),
            trouble: Mutex::default(),
            is_over: Mutex::new(false),
            wake: Condvar::new(),
        });
        let writing = Arc::clone(&shared);
        // Without a thread of its own all is written at the end.
        let writer = thread::Builder::new().name("memory".into()).spawn(move || writing.write());
        Ok(Self { shared, writer: writer.ok() })
    }

    /// Writes what is still to be written.
    ///
    /// # Errors
    /// What is in the way: what was judged since the last successful attempt is not
    /// remembered.
    pub fn close(mut self) -> Result<(), Trouble> {
        self.end();
        let shared = &self.shared;
        if let Some(trouble) = lock(&shared.trouble).take() {
            return Err(trouble);
        }
        // All is written; a program that is in the way now does it another time.
        if shared.fresh.load(Relaxed) > 0 {
            let _ = lock(&shared.store).tidy_marks(shared.rules);
        }
        Ok(())
    }

    fn end(&mut self) {
        *lock(&self.shared.is_over) = true;
        self.shared.wake.notify_all();
        if let Some(writer) = self.writer.take() {
            // It has said what went wrong, or has a bug and panicked.
            let _ = writer.join();
        }
        self.shared.flush();
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.end();
    }
}

impl Judged for Memory {
    fn is_clean(&self, mark: Mark) -> bool {
        let shared = &self.shared;
        shared.before().binary_search(&mark).is_ok()
            || shared.fresh.load(Relaxed) > 0 && shared.is_fresh(mark)
    }

    fn clean(&self, mark: Mark) {
        let shared = &self.shared;
        // What is more than is kept would be forgotten again.
        if shared.fresh.load(Relaxed) >= MOST_MARKS || !lock(shared.shard(mark)).insert(mark) {
            return;
        }
        shared.fresh.fetch_add(1, Relaxed);
        if shared.waits.fetch_add(1, Relaxed) + 1 == WAITING {
            shared.wake.notify_all();
        }
    }

    fn noted(&self, mark: Mark) -> Option<Vec<u8>> {
        let shared = &self.shared;
        let new = |notes: &Notes| notes.new.iter().find(|(of, _)| *of == mark).cloned();
        if let Some((_, what)) = new(&lock(&shared.notes)) {
            return Some(what);
        }
        // Whatever is wrong shows again when something is written.
        let found = lock(&shared.store).judged_note(shared.rules, mark, shared.now);
        let (what, is_news) = found.ok().flatten()?;
        if is_news {
            lock(&shared.notes).used.push(mark);
        }
        Some(what)
    }

    fn note(&self, mark: Mark, what: &[u8]) {
        lock(&self.shared.notes).new.push((mark, what.to_vec()));
    }
}

impl Shared {
    fn before(&self) -> &[Mark] {
        self.before.get_or_init(|| {
            // As above.
            lock(&self.store).marks(self.rules).unwrap_or_default()
        })
    }

    fn shard(&self, mark: Mark) -> &Mutex<HashSet<Mark>> {
        &self.waiting[usize::from(mark.0[15]) % SHARDS]
    }

    fn is_fresh(&self, mark: Mark) -> bool {
        if lock(self.shard(mark)).contains(&mark) {
            return true;
        }
        let runs = self.runs.read().unwrap_or_else(PoisonError::into_inner);
        runs.iter().any(|run| run.binary_search(&mark).is_ok())
    }

    fn write(&self) {
        let mut period = FIRST;
        let mut is_over = lock(&self.is_over);
        while !*is_over {
            let woken = self.wake.wait_timeout(is_over, period);
            period = PERIOD.min(period * 2);
            drop(woken.unwrap_or_else(PoisonError::into_inner));
            self.flush();
            is_over = lock(&self.is_over);
        }
    }

    /// Writes what waits, and what could not be written before. Marks and notes each
    /// stand for themselves: what is lost is judged once more, to no other end.
    fn flush(&self) {
        let mut store = lock(&self.store);
        let mut run = Vec::new();
        for shard in &self.waiting {
            run.extend(lock(shard).drain());
        }
        self.waits.store(0, Relaxed);
        run.sort_unstable();
        let mut unwritten = lock(&self.unwritten);
        unwritten.extend_from_slice(&run);
        self.take_run(run);
        let mut notes = lock(&self.notes);
        if unwritten.is_empty() && notes.new.is_empty() && notes.used.is_empty() {
            return;
        }
        unwritten.sort();
        let marks = store.add_marks(self.rules, &unwritten);
        let written = marks.and_then(|()| {
            unwritten.clear();
            store.keep_notes(self.rules, &notes.new, &notes.used, self.now)
        });
        if written.is_ok() {
            *notes = Notes::default();
        }
        *lock(&self.trouble) = written.err();
    }

    /// Takes a run in; no run is less than twice as long as the next, so that there are
    /// few of them.
    fn take_run(&self, run: Vec<Mark>) {
        if run.is_empty() {
            return;
        }
        let mut runs = self.runs.write().unwrap_or_else(PoisonError::into_inner);
        runs.push(run);
        while let [.., longer, last] = runs.as_mut_slice()
            && longer.len() < 2 * last.len()
        {
            longer.append(last);
            longer.sort();
            runs.pop();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

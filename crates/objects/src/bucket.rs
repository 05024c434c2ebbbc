//! Reads a bucket: keys are listed page by page, objects fetched side by side into a
//! bounded queue, and threads that may block show them to the inspector. At most
//! `at_once` objects of one piece each are on their way or waiting, whatever the
//! bucket holds; larger ones are read by ranges.

mod build;
mod connect;
mod list;
mod look;
mod order;
mod ranged;
mod trouble;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread,
};

use leeward_model::{Coverage, Inspect, Judged, Mark, NotScanned, Reason};
use leeward_source::{Cut, Progress};
use object_store::ObjectMeta;
use tokio::{
    runtime::{Builder, Handle},
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

pub use trouble::Unopened;

use self::{
    build::Store,
    list::{Listed, Lister},
    look::{Got, Job, fetch},
    order::Order,
    trouble::Trouble,
};
use crate::{Access, Address, stop::until_stopped};

/// Threads that send and receive; they wait for the network, and decrypt.
const SENDERS: usize = 2;

/// Objects in a row that cannot be had for no reason of their own, after which the
/// store counts as broken.
const FAILURES: u32 = 8;

/// How a bucket is read.
pub struct Options<'a> {
    /// Threads that look at what was read.
    pub threads: usize,
    /// Objects that are fetched side by side.
    pub at_once: usize,
    /// Objects above this size are left out, and counted.
    pub max_size: Option<u64>,
    /// The key to go on after; it and those before it are passed over.
    pub start_after: Option<String>,
    /// Told the key up to which everything is done, whenever there is another. It is
    /// called by any thread, and in order.
    pub on_cursor: Option<&'a (dyn Fn(&str) + Sync)>,
    /// How large objects are cut.
    pub cut: Cut,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            threads: 1,
            at_once: 16,
            max_size: None,
            start_after: None,
            on_cursor: None,
            cut: Cut::DEFAULT,
        }
    }
}

/// What was read, and how much was asked for.
#[derive(Debug, Default)]
pub struct Read {
    /// The account; files are objects.
    pub coverage: Coverage,
    /// Requests for objects or ranges of them.
    pub asked: u64,
}

/// Reads a bucket and shows every object to an inspector, as the file
/// `s3://bucket/key`. What could not be read, or was not for the store's sake, is in
/// the account.
///
/// # Errors
/// Settings with which no store can be asked.
pub fn scan<I: Inspect>(
    address: &Address,
    access: &Access,
    options: &Options<'_>,
    inspect: &I,
    progress: &Progress,
) -> Result<Read, Unopened> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(SENDERS)
        .thread_name("leeward-objects")
        .enable_all()
        .build()
        .map_err(|error| Unopened::because(format!("the network cannot be used: {error}")))?;
    let store = runtime.block_on(build::store(address, access))?;
    let shared = Shared {
        root: address.root(),
        store,
        is_anonymous: access.anonymous,
        options,
        progress,
        handle: runtime.handle().clone(),
        judged: inspect.judged(),
        account: Mutex::default(),
        order: Mutex::new(Order::after(options.start_after.clone())),
        ended: AtomicBool::new(false),
        why: Mutex::default(),
        failures: AtomicU32::new(0),
        asked: Arc::new(AtomicU64::new(0)),
    };
    let threads = options.threads.max(1);
    let (jobs, queue) = mpsc::channel(threads);
    // Owned by the threads alone, so that handing out to nobody fails.
    let queue = Arc::new(Mutex::new(queue));
    thread::scope(|scope| {
        for _ in 0..threads {
            let (shared, queue) = (&shared, Arc::clone(&queue));
            scope.spawn(move || shared.work(inspect, &queue));
        }
        drop(queue);
        runtime.block_on(shared.feed(address, jobs));
    });
    shared.tell_end(address);
    let asked = shared.asked.load(Ordering::Relaxed);
    let coverage = shared.account.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Read { coverage, asked })
}

struct Shared<'a> {
    root: String,
    store: Store,
    is_anonymous: bool,
    options: &'a Options<'a>,
    progress: &'a Progress,
    handle: Handle,
    /// What held nothing before: it is not asked for.
    judged: Option<&'a dyn Judged>,
    account: Mutex<Coverage>,
    order: Mutex<Order>,
    /// Nothing more is asked for.
    ended: AtomicBool,
    /// Why, if it was for the store's sake.
    why: Mutex<Option<String>>,
    failures: AtomicU32,
    asked: Arc<AtomicU64>,
}

impl Shared<'_> {
    fn is_over(&self) -> bool {
        self.ended.load(Ordering::Relaxed) || self.progress.is_cancelled()
    }

    fn account(&self) -> MutexGuard<'_, Coverage> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists the bucket and has its objects fetched.
    async fn feed(&self, address: &Address, jobs: mpsc::Sender<Job>) {
        let after = self.options.start_after.clone();
        let mut lister = Lister::new(Arc::clone(&self.store.listing), &address.prefix, after);
        let room = Arc::new(Semaphore::new(self.options.at_once.max(1)));
        let (mut fetching, mut number) = (JoinSet::new(), 0);
        'listing: while !self.is_over() {
            let Some(listed) = until_stopped(self.progress, lister.next()).await.flatten() else {
                break;
            };
            let page = match listed {
                Ok(Listed::Page(page)) => page,
                Ok(Listed::Unaskable(key)) => {
                    let why = "its key has an empty part, a part of dots or a control character, \
                               which the stores' client cannot ask for: copy it to another key";
                    self.left_out(&key, Reason::Unreadable(why.to_owned()), None);
                    self.done(number, key);
                    number += 1;
                    continue;
                }
                Err(trouble) => {
                    let trouble = self.to_us(trouble);
                    let what = match lister.after() {
                        None => "it cannot be listed",
                        Some(_) => "it is not listed any further",
                    };
                    self.end(&format!("{what}: {}", trouble.of_listing()));
                    break;
                }
            };
            self.progress.expect(page.len() as u64);
            for meta in page {
                let key = meta.location.as_ref().to_owned();
                if self.is_passed_over(&meta) {
                    self.progress.add(0);
                    self.done(number, key);
                    number += 1;
                    continue;
                }
                let wait = Arc::clone(&room).acquire_owned();
                let Some(Ok(permit)) = until_stopped(self.progress, wait).await else {
                    break 'listing;
                };
                if self.is_over() || jobs.is_closed() {
                    break 'listing;
                }
                let (store, jobs) = (self.store.clone(), jobs.clone());
                let (own, asked) = (self.options.cut.own() as u64, Arc::clone(&self.asked));
                fetching.spawn(async move {
                    let got = fetch(&store, &meta, own, &asked).await;
                    let (meta, got) = match got {
                        Ok((meta, got)) => (meta, got),
                        Err(trouble) => (meta, Got::Nothing(trouble)),
                    };
                    // Whoever was to look at it may have gone.
                    let _ = jobs.send(Job { number, meta, got }).await;
                    drop(permit);
                });
                number += 1;
                while fetching.try_join_next().is_some() {}
            }
        }
        if number == 0 && !self.is_over() {
            self.account().warnings.push(nothing_there(address));
        }
        drop(jobs);
        while fetching.join_next().await.is_some() {}
    }

    /// Whether an object is not asked for, which the account then says.
    fn is_passed_over(&self, meta: &ObjectMeta) -> bool {
        let key = meta.location.as_ref();
        if meta.size == 0 {
            self.account().files_scanned += 1;
            return true;
        }
        if self.options.max_size.is_some_and(|most| meta.size > most) {
            self.left_out(key, Reason::TooLarge, Some(meta.size));
            return true;
        }
        let is_clean = self
            .judged
            .is_some_and(|judged| mark(&self.root, meta).is_some_and(|mark| judged.is_clean(mark)));
        if is_clean {
            let before = &mut self.account().judged_before;
            before.files += 1;
            before.bytes += meta.size;
        }
        is_clean
    }

    /// Accounts for an object that could not be had, and ends it all where that
    /// concerns everything.
    fn failed(&self, number: u64, key: String, trouble: Trouble, bytes: u64) {
        // The end of it all is told once, with the key up to which everything was read.
        if self.progress.is_cancelled() {
            return;
        }
        let trouble = self.to_us(trouble);
        // What may be had next time is where to go on from.
        match &trouble {
            Trouble::Changed | Trouble::Withheld(_) | Trouble::Denied(_) => {
                self.done(number, key.clone());
            }
            Trouble::Credential(_) | Trouble::Broken(_) => self.order().leave_open(number),
        }
        let is_last = match &trouble {
            Trouble::Credential(_) => true,
            Trouble::Broken(_) => {
                self.ended.load(Ordering::Relaxed)
                    || self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES
            }
            Trouble::Changed | Trouble::Withheld(_) | Trouble::Denied(_) => false,
        };
        match is_last {
            true => self.end(&format!("nothing more was read: {}", trouble.of_all())),
            false => self.left_out(&key, trouble.reason(), Some(bytes)),
        }
    }

    /// What is wrong, for whoever has no credential and wants none.
    fn to_us(&self, trouble: Trouble) -> Trouble {
        if self.is_anonymous { trouble.for_anybody() } else { trouble }
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn done(&self, number: u64, key: String) {
        // Told under the lock, so that it is told in order.
        let mut order = self.order();
        if let (Some(key), Some(on_cursor)) = (order.done(number, key), self.options.on_cursor) {
            on_cursor(&key);
        }
    }

    /// Has nothing more asked for. The first reason counts.
    fn end(&self, why: &str) {
        self.ended.store(true, Ordering::Relaxed);
        let mut first = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| why.to_owned());
    }

    /// Says that it ended before its end, and from where it can be gone on with.
    fn tell_end(&self, address: &Address) {
        let why = self.why.lock().unwrap_or_else(PoisonError::into_inner).take();
        let so_far = self.order().last().map_or_else(String::new, |key| {
            format!("; everything up to `{key}` was read, `--start-after` goes on from there")
        });
        let reason = match why {
            Some(why) => Reason::Unreadable(why + &so_far),
            None if self.progress.is_cancelled() => {
                Reason::Stopped("the scan was stopped".to_owned() + &so_far)
            }
            None => return,
        };
        let path = address.to_string().into_bytes();
        self.account().not_scanned.push(NotScanned { path, reason, bytes: None });
    }

    fn left_out(&self, key: &str, reason: Reason, bytes: Option<u64>) {
        let path = format!("{}/{key}", self.root).into_bytes();
        self.account().not_scanned.push(NotScanned { path, reason, bytes });
    }
}

/// What is told where there was nothing to read.
fn nothing_there(address: &Address) -> String {
    match address.prefix.as_str() {
        "" => format!("`{address}` holds no objects"),
        prefix => format!("no key in `{}` begins with `{prefix}`", address.root()),
    }
}

/// What stands for an object's content: its tag and its size, and its key, since
/// the name of a file speaks for what is in it. None without a tag.
fn mark(root: &str, meta: &ObjectMeta) -> Option<Mark> {
    let tag = meta.e_tag.as_deref()?;
    let size = meta.size.to_string();
    // A listing has no versions, so that they cannot be compared: a tag is another for
    // other content all the same.
    let parts = [root, meta.location.as_ref(), tag, &size];
    Some(Mark::of("object", &parts.map(str::as_bytes)))
}

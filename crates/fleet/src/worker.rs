//! Does jobs, one at a time: clones, scans, hands in what was found, and forgets. It has
//! no database and no credential but that of the queue; what it clones is hostile, and
//! nothing of it is left behind.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use leeward_detect::{Detector, Options};
use leeward_dossier::Library;
use leeward_pipeline::Unpacking;
use leeward_source::Progress;
use leeward_watch::Over;

use crate::{
    job::{Job, Unread},
    planning::Planning,
    queue::{Held, Placed, Queue, Trouble},
    report::{Came, Report},
    rules::rules,
    scan::{Folder, Kept, Scan},
    seal::SealTo,
};

/// How often a job is delivered before it is given up: each time but the last, whoever
/// held it ended without a word, as a clone that exhausts the machine would have it.
const MOST_DELIVERIES: u64 = 6;

/// For how long a job that is of another version is left to others, and this worker takes
/// no more.
pub(crate) const OTHER_VERSION: Duration = Duration::from_secs(60);

/// How soon it is noticed that a job must end.
const GLANCE: Duration = Duration::from_millis(20);

/// How often the size of a clone is looked at.
const MEASURE: Duration = Duration::from_secs(1);

/// How long to wait before a result is handed in again that could not be.
const AGAIN: Duration = Duration::from_secs(1);

/// What a worker works with.
pub struct Workplace {
    /// What is known of credentials.
    pub library: Arc<Library>,
    /// What it is called in results.
    pub name: String,
    /// Where clones lie while they are looked at.
    pub directory: PathBuf,
    /// Threads that read and detect.
    pub threads: usize,
    /// How containers are opened, if they are.
    pub unpack: Option<Unpacking>,
    /// How long one job may take.
    pub within: Duration,
    /// The most bytes that one clone may take.
    pub most_bytes: u64,
    /// When repositories are split.
    pub planning: Planning,
    /// Whether repositories of this machine, `file://`, are cloned.
    pub local_repositories: bool,
    /// Tells the day and the moment: seconds since 1970-01-01 UTC.
    pub clock: Box<dyn Fn() -> i64 + Send + Sync>,
}

/// What a worker did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// There was nothing to do.
    Idle,
    /// A job was done, and this was handed in.
    Done(Box<Report>),
    /// It was somebody else's already, or broken off: it is delivered again.
    Lost,
    /// It is of another version, and left to others: take no more for so long.
    Other(String, Duration),
}

/// Does jobs.
pub struct Worker<'a> {
    queue: &'a dyn Queue,
    place: &'a Workplace,
    rules: Rules<'a>,
    low: Option<Detector>,
    folder: Folder,
    kept: Option<Kept>,
}

/// By which rules, and to what values are sealed.
enum Rules<'a> {
    /// By its own, which a job must name; values are sealed to what the job says.
    Own { detector: Box<Detector>, name: String },
    /// By the server's, whichever a job names: it is done in the server's own process, as
    /// the server would do it itself. Values are sealed to that process.
    Server { detector: &'a Detector, to: SealTo },
}

impl fmt::Debug for Worker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("name", &self.place.name).finish_non_exhaustive()
    }
}

impl<'a> Worker<'a> {
    /// One at this place. What others who are gone left there is removed.
    ///
    /// # Errors
    /// If the directory cannot be used.
    pub fn new(queue: &'a dyn Queue, place: &'a Workplace) -> std::io::Result<Self> {
        let detector = Box::new(Detector::new(&place.library, Options::default()));
        Self::by(queue, place, Rules::Own { detector, name: rules(&place.library) })
    }

    /// One in the server's own process: it goes by the server's rules, whatever a job says,
    /// and seals to what this process can open.
    ///
    /// # Errors
    /// If the directory cannot be used.
    pub(crate) fn within(
        queue: &'a dyn Queue,
        place: &'a Workplace,
        detector: &'a Detector,
        to: SealTo,
    ) -> std::io::Result<Self> {
        Self::by(queue, place, Rules::Server { detector, to })
    }

    fn by(queue: &'a dyn Queue, place: &'a Workplace, rules: Rules<'a>) -> std::io::Result<Self> {
        let folder = Folder::of(&place.directory)?;
        Ok(Self { queue, place, rules, low: None, folder, kept: None })
    }

    /// Does the next job, if there is one within some time.
    ///
    /// # Errors
    /// If the queue cannot be reached.
    pub fn turn(&mut self, wait: Duration, stop: &dyn IsStopped) -> Result<Turn, Trouble> {
        let Some(held) = self.queue.pull(wait)? else { return Ok(Turn::Idle) };
        let job = match Job::of(held.bytes()) {
            Ok(job) => job,
            Err(unread) => return self.leave(&*held, unread),
        };
        if let Rules::Own { name, .. } = &self.rules
            && job.rules != *name
        {
            return self.refuse(&*held, &job, name);
        }
        if !self.folder.is_there() {
            self.kept = None;
            // What cannot be made is said of the job, whose clone has no place.
            if let Ok(folder) = Folder::of(&self.place.directory) {
                self.folder = folder;
            }
        }
        let begun = Instant::now();
        let millis = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        if held.deliveries() > MOST_DELIVERIES {
            let why = "the worker ended each time while it did this".to_owned();
            let came = Came::Failed { why, never: true };
            return self.hand_in(&*held, Report::of_job(&job, &self.place.name, 0, came), stop);
        }
        let progress = Progress::default();
        let end = End::default();
        // Held until the result is handed in, however long that takes.
        thread::scope(|scope| {
            let _until = end.over.until();
            let (held, place, folder) = (&*held, self.place, self.folder.path().to_owned());
            let (watched, ended) = (&progress, &end);
            scope.spawn(move || watch(held, place, &folder, watched, ended, stop));
            let came = catch_unwind(AssertUnwindSafe(|| self.work(&job, &progress)));
            // Nothing is half kept after a panic.
            let came = came.unwrap_or_else(|_| {
                self.kept = None;
                let why = "the scan broke: this is a fault of the program, please report it";
                Came::Failed { why: why.to_owned(), never: true }
            });
            if end.is_lost.load(Relaxed) || stop.is_stopped() {
                if stop.is_stopped() && !end.is_lost.load(Relaxed) {
                    held.put_back(Duration::ZERO)?;
                }
                return Ok(Turn::Lost);
            }
            let came = match end.why() {
                Some(why) => Came::Failed { why, never: true },
                None => came,
            };
            let report = Report::of_job(&job, &place.name, millis(), came);
            self.hand_in(held, report, stop)
        })
    }

    fn work(&mut self, job: &Job, progress: &Progress) -> Came {
        let is_low = job.part.is_some() || job.least == "low";
        let (detector, to) = match &self.rules {
            Rules::Own { detector, .. } => (&**detector, None),
            Rules::Server { detector, to } => (*detector, Some(to)),
        };
        let detector = if job.least == "low" {
            let library = &self.place.library;
            &*self.low.get_or_insert_with(|| Detector::new(library, Options { low: true }))
        } else {
            detector
        };
        let scan = Scan { place: self.place, detector, is_low, folder: &self.folder, to };
        scan.run(job, &mut self.kept, progress)
    }

    /// Hands a result in and is done with the job; waits as long as there is no room.
    fn hand_in(
        &self,
        held: &dyn Held,
        report: Report,
        stop: &dyn IsStopped,
    ) -> Result<Turn, Trouble> {
        let (key, bytes) = (report.key(), report.to_bytes());
        loop {
            match self.queue.report(&key, &bytes) {
                Ok(Placed::Kept | Placed::Known) => break,
                Ok(Placed::Full) => tracing::debug!("the results are full; waiting"),
                Err(Trouble::Refused(why)) => return Err(Trouble::Refused(why)),
                Err(trouble) => tracing::warn!(%trouble, "a result waits to be handed in"),
            }
            if stop.is_stopped() {
                return Ok(Turn::Lost);
            }
            thread::sleep(AGAIN);
        }
        // Delivered again if this does not arrive; the result is known then.
        held.ack()?;
        metrics::counter!("leeward_fleet_done_total").increment(1);
        Ok(Turn::Done(Box::new(report)))
    }

    /// Leaves what is of another version to others.
    fn leave(&self, held: &dyn Held, unread: Unread) -> Result<Turn, Trouble> {
        held.put_back(OTHER_VERSION)?;
        let why = match unread {
            Unread::Version(v) => format!(
                "a job is of version {v} of the protocol, and this worker speaks {}: run the \
                 version of leeward that the server runs",
                crate::PROTOCOL
            ),
            Unread::Garbage => {
                "a job cannot be read: something else writes to the queue".to_owned()
            }
        };
        Ok(Turn::Other(why, OTHER_VERSION))
    }

    /// Gives a job back that is to be done by other rules.
    fn refuse(&self, held: &dyn Held, job: &Job, own: &str) -> Result<Turn, Trouble> {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        let why = format!(
            "a job is to be scanned by the rules {} of leeward {}, and this worker has {own} of \
             {program}: give it the same version, and the same dossiers",
            job.rules, job.program
        );
        let came = Came::Refused { rules: own.to_owned(), program };
        let report = Report::of_job(job, &self.place.name, 0, came);
        match self.queue.report(&format!("{}.refused", report.key()), &report.to_bytes()) {
            Ok(Placed::Kept | Placed::Known) => held.ack()?,
            Ok(Placed::Full) | Err(Trouble::Failed(_)) => held.put_back(OTHER_VERSION)?,
            Err(refused) => return Err(refused),
        }
        Ok(Turn::Other(why, OTHER_VERSION))
    }
}

/// Whether whoever runs a worker wants it to end.
pub trait IsStopped: Sync {
    /// Whether it is to end.
    fn is_stopped(&self) -> bool;
}

impl<F: Fn() -> bool + Sync> IsStopped for F {
    fn is_stopped(&self) -> bool {
        self()
    }
}

/// How a job ends before its time.
#[derive(Default)]
struct End {
    over: Over,
    is_lost: AtomicBool,
    is_late: AtomicBool,
    is_large: AtomicBool,
}

impl End {
    fn why(&self) -> Option<String> {
        if self.is_late.load(Relaxed) {
            return Some("it took longer than a job may".to_owned());
        }
        let why = "the clone took more of the disk than a job may";
        self.is_large.load(Relaxed).then(|| why.to_owned())
    }
}

/// Gives signs of life while a job is done, and ends it when it must.
fn watch(
    held: &dyn Held,
    place: &Workplace,
    folder: &std::path::Path,
    progress: &Progress,
    end: &End,
    stop: &dyn IsStopped,
) {
    let (begun, beat) = (Instant::now(), held.lease() / 3);
    let (mut last, mut measured) = (Instant::now(), Instant::now());
    while !end.over.within(GLANCE) {
        if stop.is_stopped() {
            progress.cancel();
        }
        if begun.elapsed() > place.within && !end.is_late.swap(true, Relaxed) {
            progress.cancel();
        }
        if measured.elapsed() >= MEASURE {
            measured = Instant::now();
            if Folder::bytes(folder) > place.most_bytes {
                end.is_large.store(true, Relaxed);
                progress.cancel();
            }
        }
        if last.elapsed() >= beat {
            last = Instant::now();
            match held.progress() {
                Ok(true) => {}
                Ok(false) => {
                    end.is_lost.store(true, Relaxed);
                    progress.cancel();
                }
                Err(trouble) => tracing::warn!(%trouble, "a job could not be held"),
            }
        }
    }
}

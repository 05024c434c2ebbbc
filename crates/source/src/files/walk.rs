//! The way through directories: who lists which, what each entry is, and what
//! is left out. Reading a file is `read`'s part, sharing work is `queue`'s.

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    io,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak, atomic::AtomicU64},
    thread::{self, Scope},
};

use leeward_model::{Coverage, Inspect, NotScanned, Reason};

use super::{
    Options,
    exclude::ExcludeList,
    judged::Sight,
    large::Large,
    measure::{MEASURE_LIMIT, Sum},
    os::{self, Directory, Kind, Number},
    queue::Queue,
};
use crate::Progress;

/// How many files one thread passes to another at a time: enough to be worth
/// a lock, few enough that both finish at about the same time.
const BATCH: usize = 64;

/// One scan, shared by its threads.
pub(super) struct Scan<'a, I> {
    pub(super) targets: &'a [PathBuf],
    pub(super) options: &'a Options,
    pub(super) inspect: &'a I,
    pub(super) progress: &'a Progress,
    pub(super) queue: Queue<Job>,
    /// How many more entries of left-out directories may be looked at.
    pub(super) measurable: AtomicU64,
    /// Nothing is scanned twice: if there are several targets, which of them
    /// are directories, which are files, and which, by number, are the same as
    /// one before.
    directories: HashSet<(Number, Number)>,
    files: HashSet<PathBuf>,
    repeated: HashSet<usize>,
    account: Mutex<Coverage>,
}

/// Something for any thread to do.
pub(super) enum Job {
    /// Targets, by number.
    Targets(std::ops::Range<usize>),
    /// A directory that was named as a target.
    Root(Arc<Root>),
    /// Directories to walk.
    Directories(Arc<Place>, Vec<OsString>),
    /// Files to read.
    Files(Arc<Opened>, Vec<OsString>),
    /// A large file that another thread has begun.
    Large(Weak<Large>),
    /// Directories to add up.
    Measure(Arc<Sum>, Arc<Place>, Vec<OsString>),
}

/// A target that is a directory.
pub(super) struct Root {
    directory: Directory,
    shown: PathBuf,
    exclude: ExcludeList,
    device: Number,
}

/// A directory in or below a target.
pub(super) struct Place {
    root: Arc<Root>,
    relative: PathBuf,
    device: Number,
}

impl Place {
    pub(super) fn below(&self, name: &OsStr) -> Self {
        let relative = self.relative.join(name);
        Self { root: Arc::clone(&self.root), relative, device: self.device }
    }

    pub(super) fn open(&self) -> io::Result<Directory> {
        self.root.directory.descend(&self.relative)
    }

    /// The path for people.
    pub(super) fn shown(&self) -> PathBuf {
        if self.relative.as_os_str().is_empty() {
            self.root.shown.clone()
        } else {
            self.root.shown.join(&self.relative)
        }
    }
}

/// A directory whose files are being read.
pub(super) struct Opened {
    place: Arc<Place>,
    directory: Directory,
    shown: PathBuf,
}

impl<'a, I: Inspect> Scan<'a, I> {
    pub(super) fn new(
        targets: &'a [PathBuf],
        options: &'a Options,
        inspect: &'a I,
        progress: &'a Progress,
    ) -> Self {
        let mut scan = Self {
            targets,
            options,
            inspect,
            progress,
            queue: Queue::new(options.threads),
            measurable: AtomicU64::new(MEASURE_LIMIT),
            directories: HashSet::new(),
            files: HashSet::new(),
            repeated: HashSet::new(),
            account: Mutex::default(),
        };
        if targets.len() > 1 {
            for (number, target) in targets.iter().enumerate() {
                let identity = os::look_at_target(target)
                    .ok()
                    .filter(|found| found.kind == Kind::Directory)
                    .and_then(|found| found.identity);
                let is_new = match identity {
                    Some(identity) => scan.directories.insert(identity),
                    None => scan.files.insert(shown(target)),
                };
                if !is_new {
                    scan.repeated.insert(number);
                }
            }
        }
        scan
    }

    pub(super) fn into_coverage(self) -> Coverage {
        let mut coverage = self.account.into_inner().unwrap_or_else(PoisonError::into_inner);
        coverage.not_scanned.sort_unstable();
        // Work that was cancelled in several parts of one directory.
        coverage.not_scanned.dedup();
        coverage
    }
}

/// A target as it is shown, where `.` is nothing to write.
fn shown(target: &Path) -> PathBuf {
    if target.components().all(|part| part == Component::CurDir) {
        PathBuf::new()
    } else {
        target.to_owned()
    }
}

/// A path as it is reported. Of the target `.` nothing else is left to write.
fn path_bytes(path: &Path) -> &[u8] {
    match path.as_os_str().as_encoded_bytes() {
        b"" => b".",
        bytes => bytes,
    }
}

/// One thread at work on a scan.
pub(super) struct Walker<'scope, 'env, I: Inspect> {
    pub(super) scan: &'scope Scan<'scope, I>,
    scope: &'scope Scope<'scope, 'env>,
    pub(super) worker: I::Worker,
    /// What is read, and the path of what is being read.
    pub(super) buffer: Vec<u8>,
    pub(super) path: PathBuf,
    /// What is known of it from before it was opened, if it may be remembered.
    pub(super) sight: Option<Sight>,
    /// Room for names of entries on their way from the kernel.
    pub(super) names: Vec<u8>,
    pub(super) coverage: Coverage,
}

impl<'scope, 'env, I: Inspect> Walker<'scope, 'env, I> {
    pub(super) fn new(scan: &'scope Scan<'scope, I>, scope: &'scope Scope<'scope, 'env>) -> Self {
        Self {
            scan,
            scope,
            worker: scan.inspect.worker(),
            buffer: vec![0; scan.options.cut.buffer()],
            path: PathBuf::new(),
            sight: None,
            names: Vec::new(),
            coverage: Coverage::default(),
        }
    }

    /// Begins a scan and works on it.
    pub(super) fn first(self) {
        let targets = self.scan.targets.len();
        // In reverse, since the last job is done first.
        for from in (0..targets).step_by(BATCH).rev() {
            self.push(Job::Targets(from..targets.min(from + BATCH)));
        }
        self.work();
    }

    fn work(mut self) {
        while let Some((job, turn)) = self.scan.queue.next() {
            self.job(job);
            drop(turn);
        }
        let mut account = self.scan.account.lock().unwrap_or_else(PoisonError::into_inner);
        account.merge(self.coverage);
    }

    /// Adds a job, and a thread if that helps and the system has one.
    pub(super) fn push(&self, job: Job) {
        let more = match job {
            // What is left out comes last, so that findings come first.
            Job::Measure(..) => self.scan.queue.push_last(job),
            _ => self.scan.queue.push(job),
        };
        if more {
            let (scan, scope) = (self.scan, self.scope);
            // Without it, the work is done by fewer.
            let _ = thread::Builder::new().spawn_scoped(scope, || Self::new(scan, scope).work());
        }
    }

    fn job(&mut self, job: Job) {
        match job {
            Job::Targets(range) => range.for_each(|number| {
                let target = &self.scan.targets[number];
                if !self.scan.repeated.contains(&number) && !self.cancelled(target) {
                    self.target(target);
                }
            }),
            Job::Root(root) => {
                let (relative, device) = (PathBuf::new(), root.device);
                self.directory(Place { root, relative, device });
            }
            Job::Directories(parent, mut names) => {
                let Some(name) = names.pop() else { return };
                if self.cancelled(&parent.shown()) {
                    return;
                }
                let place = parent.below(&name);
                if !names.is_empty() {
                    self.push(Job::Directories(parent, names));
                }
                self.directory(place);
            }
            Job::Files(opened, names) => self.files(&opened, &names),
            Job::Large(large) => {
                if let Some(large) = large.upgrade() {
                    self.pieces(&large, 0);
                }
            }
            Job::Measure(sum, parent, names) => self.measure(sum, &parent, names),
        }
    }

    fn target(&mut self, target: &Path) {
        let found = match os::look_at_target(target) {
            Ok(found) => found,
            Err(error) => return self.unreadable(target, &error),
        };
        match found.kind {
            Kind::File => {
                self.path = shown(target);
                self.scan.progress.expect(1);
                if self.is_judged(Some(&found)) {
                    return;
                }
                match os::open_target(target) {
                    Ok(file) => self.file(file),
                    Err(error) => self.unreadable(target, &error),
                }
            }
            Kind::Directory => match Directory::target(target) {
                Ok(directory) => {
                    let exclude = self.scan.options.exclude.for_target(target);
                    let (shown, device) = (shown(target), found.device);
                    self.push(Job::Root(Arc::new(Root { directory, shown, exclude, device })));
                }
                Err(error) => self.unreadable(target, &error),
            },
            Kind::SymbolicLink | Kind::Other => {
                self.left_out(target, Reason::NotAFile, None);
            }
        }
    }

    /// Lists a directory: reads its files, or has them read, and leaves the
    /// directories in it to whoever comes next.
    fn directory(&mut self, mut place: Place) {
        let shown = place.shown();
        if self.cancelled(&shown) {
            return;
        }
        let opened = place.open().and_then(|directory| Ok((directory.meta()?, directory)));
        let (meta, directory) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.refused(&shown, &error),
        };
        let is_root = place.relative.as_os_str().is_empty();
        if !is_root && meta.identity.is_some_and(|id| self.scan.directories.contains(&id)) {
            return;
        }
        if meta.device != place.device && directory.is_made_up() {
            return self.left_out(&shown, Reason::NotAFile, None);
        }
        place.device = meta.device;
        let opened = Arc::new(Opened { place: Arc::new(place), directory, shown });
        let mut entries = Entries::default();
        let mut room = std::mem::take(&mut self.names);
        let listed = opened.directory.list(&mut room, |name, kind| {
            self.entry(&opened, &mut entries, name, kind);
        });
        self.names = room;
        if let Err(error) = listed {
            self.refused(&opened.shown, &error);
        }
        self.scan.progress.expect(entries.files);
        self.directories_of(&opened.place, &mut entries);
        self.files(&opened, &entries.batch);
    }

    fn entry(&mut self, opened: &Arc<Opened>, entries: &mut Entries, name: &OsStr, kind: Kind) {
        entries.has_head |= name == "HEAD";
        match kind {
            Kind::File => {
                entries.files += 1;
                if !self.scan.queue.is_hungry() {
                    return self.entry_file(opened, name);
                }
                entries.batch.push(name.to_owned());
                if entries.batch.len() == BATCH {
                    let batch = std::mem::take(&mut entries.batch);
                    self.push(Job::Files(Arc::clone(opened), batch));
                }
            }
            Kind::Directory => entries.directories.push(name.to_owned()),
            Kind::SymbolicLink => {
                self.left_out(&opened.shown.join(name), Reason::SymbolicLink, None);
            }
            Kind::Other => self.left_out(&opened.shown.join(name), Reason::NotAFile, None),
        }
    }

    /// Sorts the directories of a place into those to walk and those to leave
    /// out.
    fn directories_of(&self, place: &Arc<Place>, entries: &mut Entries) {
        let is_repository = entries.is_repository(place);
        let is_top = place.relative == Path::new(".git")
            || place.relative.as_os_str().is_empty() && !entries.has(".git");
        let left_out = |name: &OsString| {
            let reason = if is_repository && name == "objects" {
                if is_top && self.scan.options.skip_git_objects {
                    return true;
                }
                Reason::NestedRepository
            } else if place.root.exclude.excludes(&place.relative, name) {
                Reason::Excluded
            } else {
                return false;
            };
            let sum = Sum::new(place.below(name).shown(), reason);
            self.push(Job::Measure(Arc::new(sum), Arc::clone(place), vec![name.clone()]));
            true
        };
        entries.directories.retain(|name| !left_out(name));
        if !entries.directories.is_empty() {
            let directories = std::mem::take(&mut entries.directories);
            self.push(Job::Directories(Arc::clone(place), directories));
        }
    }

    fn files(&mut self, opened: &Opened, names: &[OsString]) {
        names.iter().for_each(|name| self.entry_file(opened, name));
    }

    fn entry_file(&mut self, opened: &Opened, name: &OsStr) {
        if self.cancelled(&opened.shown) {
            return;
        }
        self.path.clone_from(&opened.shown);
        self.path.push(name);
        if !self.scan.files.is_empty() && self.scan.files.contains(&self.path) {
            return;
        }
        let seen = self.scan.inspect.judged().and_then(|_| opened.directory.look(name).ok());
        if self.is_judged(seen.as_ref()) {
            return;
        }
        match opened.directory.open(name) {
            Ok(file) => self.file(file),
            Err(error) => {
                let path = std::mem::take(&mut self.path);
                self.refused(&path, &error);
            }
        }
    }

    /// Whether to stop, in which case what is in `path` is reported.
    pub(super) fn cancelled(&mut self, path: &Path) -> bool {
        if !self.scan.progress.is_cancelled() {
            return false;
        }
        // Once is enough for all the files of a directory.
        let last = self.coverage.not_scanned.last();
        if last.is_none_or(|last| last.path != path_bytes(path)) {
            self.left_out(path, Reason::stopped(), None);
        }
        true
    }

    /// Reports what was there when it was listed and could not be opened.
    pub(super) fn refused(&mut self, path: &Path, error: &io::Error) {
        if os::is_changed(error) {
            self.left_out(path, Reason::Changed, None);
        } else {
            self.unreadable(path, error);
        }
    }

    pub(super) fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.left_out(path, Reason::Unreadable(error.to_string()), None);
    }

    pub(super) fn left_out(&mut self, path: &Path, reason: Reason, bytes: Option<u64>) {
        let path = path_bytes(path).to_vec();
        self.coverage.not_scanned.push(NotScanned { path, reason, bytes });
    }
}

/// What listing a directory left to do.
#[derive(Default)]
struct Entries {
    directories: Vec<OsString>,
    batch: Vec<OsString>,
    files: u64,
    has_head: bool,
}

impl Entries {
    /// Whether the place is where Git keeps a repository, bare or not.
    fn is_repository(&self, place: &Place) -> bool {
        place.relative.file_name() == Some(OsStr::new(".git"))
            || self.has_head && self.has("objects") && self.has("refs")
    }

    fn has(&self, wanted: &str) -> bool {
        self.directories.iter().any(|name| name == wanted)
    }
}

//! One scan, target by target: which sources read what, and into which
//! collector. What becomes of the sightings is `settle`'s.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet, btree_map::Entry},
    fmt, io,
    path::{Path, PathBuf},
};

use jiff::civil::Date;
use leeward_detect::Detector;
use leeward_dossier::Library;
use leeward_model::{
    Coverage, Finding, Fingerprint, Judged, Level, NotScanned, ObjectId, Reason, SafeText, Secret,
    Stealer,
};
use leeward_probe::Desk;
use leeward_source::{
    Progress, files,
    git::{self, CloneError, OpenError, Repository, ScanError, Selection},
    stream,
};
use leeward_unpack::{self as unpack, Opener};

use crate::{
    baseline::Baseline,
    collect::{Collected, Collector, Kept, Place},
    ignore::IgnoreFile,
    inquire::Early,
    packages::{Packages, Seen},
    settle::{Settler, Suppressed},
    target::Target,
};

/// Which part of a repository is scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Files on disk and the whole history.
    #[default]
    Everything,
    /// Files on disk.
    Files,
    /// The whole history.
    History,
    /// A part of the whole history.
    Part(git::Part),
    /// What is staged and differs from HEAD.
    Staged,
    /// What some commits brought, such as `main..HEAD`.
    Range(String),
    /// What refs lead to and these objects do not; those that are not there are
    /// passed over.
    Beyond(Vec<ObjectId>),
}

/// What to scan, and what to leave out of the findings.
pub struct Request<'a> {
    /// In the order to scan.
    pub targets: &'a [Target],
    /// Which part of repositories.
    pub scope: Scope,
    /// The index that holds what is staged, if it is not the repository's own:
    /// Git names another to its hooks.
    pub index: Option<&'a Path>,
    /// How containers are opened, if they are.
    pub unpack: Option<&'a unpack::Settings>,
    /// How files are read.
    pub files: files::Options,
    /// How many threads read and detect.
    pub threads: usize,
    /// Findings below this are only counted.
    pub least: Level,
    /// Known findings.
    pub baseline: Option<&'a Baseline>,
    /// Findings to leave alone.
    pub ignore: Option<&'a IgnoreFile>,
    /// The day on which entries of the ignore file are judged.
    pub today: Date,
    /// The moment that ages are counted from, in seconds since 1970-01-01 UTC.
    pub now: i64,
    /// The user's own ignore rules for Git, to tell ignored files.
    pub user_rules: Option<&'a Path>,
    /// Values that nobody uses: never asked about, and reported however
    /// doubtful what is around them.
    pub decoys: Option<&'a BTreeSet<Fingerprint>>,
    /// Where findings are asked about while the scan goes on.
    pub desk: Option<&'a Desk>,
    /// What is remembered of earlier scans under the same [`Rules`](crate::Rules), and
    /// will be of this one.
    pub judged: Option<&'a dyn Judged>,
}

/// What a scan found, and the account of it.
#[derive(Debug)]
pub struct Outcome {
    /// At or above the threshold, worst first.
    pub findings: Vec<Finding>,
    /// Packages that stole credentials, in files that say what is installed.
    pub stealers: Vec<Stealer>,
    /// Those that the baseline knows.
    pub known: Vec<Finding>,
    /// Values of everything else that is not among the findings.
    pub hidden: Vec<Secret>,
    /// What was looked at and what was not.
    pub coverage: Coverage,
    /// What was found and left out on request.
    pub suppressed: Suppressed,
    /// How many findings there are below the threshold.
    pub below_threshold: usize,
    /// Repositories whose history was scanned though they reach beyond the
    /// targets, by their roots.
    pub beyond: Vec<String>,
}

/// A scan that could not be done as asked.
#[derive(Debug)]
pub enum Failure {
    /// A repository that cannot be opened.
    Open(OpenError),
    /// The scope is of a repository, and there is none.
    NoRepository(PathBuf),
    /// The range means nothing in this repository.
    Range(ScanError),
    /// The remote repository did not arrive.
    Clone(CloneError),
    /// No temporary directory.
    Temporary(io::Error),
    /// A store or a registry that cannot be asked with these settings.
    Store(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::NoRepository(path) => write!(
                f,
                "`{}` is not inside a git repository, so it has neither history nor staged files; \
                 scan it without `--history-only`, `--staged` and `--range`",
                SafeText::new(path.as_os_str().as_encoded_bytes())
            ),
            Self::Range(error) => error.fmt(f),
            Self::Clone(error) => error.fmt(f),
            Self::Store(why) => f.write_str(why),
            Self::Temporary(error) => {
                write!(f, "cannot make a temporary directory for the clone: {error}")
            }
        }
    }
}

impl std::error::Error for Failure {}

/// Scans.
///
/// # Errors
/// Only what makes the request as a whole impossible; whatever could not be
/// read is in the coverage.
pub fn scan(
    request: &Request<'_>,
    library: &Library,
    detector: &Detector,
    progress: &Progress,
) -> Result<Outcome, Failure> {
    // What an ignore file covers may depend on where a file lies in its
    // repository, which is only known when the scan is settled.
    let early = request.desk.filter(|_| request.ignore.is_none());
    let early = early.map(|desk| Early::new(desk, library, request));
    let packages = Packages::of(library);
    let mut scan = Scan::new(request, detector, progress, &packages, early.as_ref());
    let mut paths = Vec::new();
    for target in request.targets {
        match target {
            Target::Stdin => scan.stdin(),
            Target::Remote(url) => scan.remote(url)?,
            Target::Path(path) => paths.push(path.clone()),
            Target::Bucket(bucket) => scan.bucket(bucket)?,
            Target::Image(image) => scan.image(image)?,
        }
    }
    scan.paths(&paths)?;
    Ok(scan.outcome(library))
}

/// Scans the history of a repository that is at hand, such as a clone of one's own,
/// by the name that findings give it. Targets of the request are not looked at.
///
/// # Errors
/// As for [`scan`].
pub fn scan_repository(
    request: &Request<'_>,
    repository: &Repository,
    name: &str,
    library: &Library,
    detector: &Detector,
    progress: &Progress,
) -> Result<Outcome, Failure> {
    let packages = Packages::of(library);
    let mut scan = Scan::new(request, detector, progress, &packages, None);
    scan.history(repository, name)?;
    Ok(scan.outcome(library))
}

impl Scan<'_> {
    fn outcome(self, library: &Library) -> Outcome {
        let Self { settler, mut coverage, beyond, .. } = self;
        let settled = settler.finish(library);
        coverage.not_scanned.sort();
        coverage.warnings.sort();
        coverage.warnings.dedup();
        Outcome {
            findings: settled.findings,
            stealers: settled.stealers,
            known: settled.known,
            hidden: settled.hidden,
            coverage,
            suppressed: settled.suppressed,
            below_threshold: settled.below_threshold,
            beyond,
        }
    }
}

/// A repository around one of the targets.
pub(crate) struct Opened {
    /// The target if it is the repository's root, and else the root.
    pub(crate) name: String,
    pub(crate) repository: Repository,
    /// Whether history is scanned too.
    whole: bool,
}

pub(crate) struct Scan<'a> {
    pub(crate) packages: &'a Packages<'a>,
    pub(crate) early: Option<&'a Early<'a>>,
    pub(crate) request: &'a Request<'a>,
    pub(crate) detector: &'a Detector,
    pub(crate) progress: &'a Progress,
    pub(crate) coverage: Coverage,
    pub(crate) settler: Settler<'a>,
    beyond: Vec<String>,
}

impl<'a> Scan<'a> {
    fn new(
        request: &'a Request<'a>,
        detector: &'a Detector,
        progress: &'a Progress,
        packages: &'a Packages<'a>,
        early: Option<&'a Early<'a>>,
    ) -> Self {
        Self {
            packages,
            early,
            request,
            detector,
            progress,
            coverage: Coverage::default(),
            settler: Settler::new(request, detector),
            beyond: Vec::new(),
        }
    }

    fn stdin(&mut self) {
        let collector = Collector::new(self.detector, self.packages).asking(self.early);
        let (threads, progress) = (self.request.threads, self.progress);
        let coverage =
            self.opening(&collector, |inspect| stream::scan_stdin(threads, inspect, progress));
        self.coverage.merge(coverage);
        let (kept, packages) = self.kept(collector);
        self.settler.stdin(kept, packages);
    }

    fn remote(&mut self, url: &git::RemoteUrl) -> Result<(), Failure> {
        let folder = tempfile::Builder::new().prefix("leeward-").tempdir();
        let folder = folder.map_err(Failure::Temporary)?;
        match git::clone_bare(url, folder.path(), self.progress) {
            Ok(repository) => self.history(&repository, url.as_str()),
            Err(CloneError::Stopped) => {
                self.stopped(url.as_str());
                Ok(())
            }
            Err(error) => Err(Failure::Clone(error)),
        }
    }

    /// Files of all targets in one walk, so that overlapping targets are read
    /// once; then the repositories around them, each once.
    fn paths(&mut self, paths: &[PathBuf]) -> Result<(), Failure> {
        let repositories = self.open_all(paths)?;
        if matches!(self.request.scope, Scope::Everything | Scope::Files) && !paths.is_empty() {
            let collector = Collector::new(self.detector, self.packages)
                .asking(self.early)
                .judging(self.request.judged);
            let (options, progress) = (&self.request.files, self.progress);
            let coverage =
                self.opening(&collector, |inspect| files::scan(paths, options, inspect, progress));
            self.coverage.merge(coverage);
            let (kept, packages) = self.kept(collector);
            self.settler.files(kept, packages, &repositories);
        }
        for Opened { name, repository, whole } in &repositories {
            match self.request.scope {
                Scope::Files => {}
                Scope::Staged => self.staged(repository, name),
                _ if *whole => self.history(repository, name)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn open_all(&mut self, paths: &[PathBuf]) -> Result<Vec<Opened>, Failure> {
        let mut repositories: BTreeMap<PathBuf, Opened> = BTreeMap::new();
        for path in paths {
            let Some(repository) = self.open(path)? else { continue };
            let git_dir = repository.git_dir();
            let key = git_dir.canonicalize().unwrap_or_else(|_| git_dir.to_owned());
            let root = repository.work_tree().unwrap_or(git_dir);
            let is_root = same(root, path) || same(git_dir, path);
            let name = text(if is_root { path } else { root });
            // A file named alone is that file, not its repository.
            let whole = path.is_dir() || self.request.scope != Scope::Everything;
            match repositories.entry(key) {
                Entry::Vacant(entry) => {
                    if !is_root && whole && self.request.scope != Scope::Files {
                        self.beyond.push(name.clone());
                    }
                    entry.insert(Opened { name, repository, whole });
                }
                Entry::Occupied(mut entry) => {
                    entry.get_mut().whole |= whole;
                    if is_root {
                        self.beyond.retain(|beyond| *beyond != entry.get().name);
                        entry.get_mut().name = name;
                    }
                }
            }
        }
        Ok(repositories.into_values().collect())
    }

    /// Opens the repository around a path. One that is damaged or leads
    /// elsewhere does not keep the files from being scanned.
    fn open(&mut self, path: &Path) -> Result<Option<Repository>, Failure> {
        let needs_one = !matches!(self.request.scope, Scope::Everything | Scope::Files);
        match Repository::discover(path) {
            Ok(None) if needs_one => Err(Failure::NoRepository(path.to_owned())),
            Ok(repository) => {
                let root = repository.as_ref().map(Repository::work_tree);
                let is_elsewhere = root.is_none_or(|root| root.is_some_and(|it| !same(it, path)));
                let wanted = self.request.scope == Scope::Everything;
                if wanted && is_elsewhere && path.join(".git/objects").is_dir() {
                    let what = "git objects that make no repository; `git fsck` says what is amiss";
                    self.left_out(&text(&path.join(".git")), Reason::Corrupt(what.into()));
                }
                Ok(repository)
            }
            Err(error) if needs_one => Err(Failure::Open(error)),
            Err(error) => {
                if self.request.scope == Scope::Everything {
                    let reason = match &error {
                        OpenError::NotItsOwn(_) => Reason::OutsideTarget(error.to_string()),
                        OpenError::Unreadable(_, reason) => reason.clone(),
                        _ => Reason::Corrupt(error.to_string()),
                    };
                    self.left_out(&text(&path.join(".git")), reason);
                }
                Ok(None)
            }
        }
    }

    fn staged(&mut self, repository: &Repository, name: &str) {
        let Request { index, threads, .. } = *self.request;
        let collector = Collector::new(self.detector, self.packages).judging(self.request.judged);
        let progress = self.progress;
        let coverage = self.opening(&collector, |inspect| {
            repository.scan_staged(index, threads, inspect, progress)
        });
        self.coverage.merge(coverage);
        let (kept, packages) = self.kept(collector);
        if !kept.is_empty() || !packages.is_empty() {
            self.settler.staged(kept, packages, name, &repository.staged(index).paths);
        }
    }

    fn history(&mut self, repository: &Repository, name: &str) -> Result<(), Failure> {
        let selection = match &self.request.scope {
            Scope::Range(range) => Selection::Range(range.clone()),
            Scope::Part(part) => Selection::Part(part.clone()),
            Scope::Beyond(known) => {
                let refs = repository.surroundings().refs;
                let tips = refs.into_iter().map(|(_, id)| id).collect();
                Selection::Beyond { tips, known: known.clone() }
            }
            _ => Selection::Everything,
        };
        let threads = self.request.threads;
        let collector = Collector::new(self.detector, self.packages).judging(self.request.judged);
        let progress = self.progress;
        let mut ended = Ok(());
        let coverage = self.opening(&collector, |inspect| {
            let scanned = repository.scan_history(&selection, threads, inspect, progress);
            scanned.unwrap_or_else(|error| {
                ended = Err(error);
                Coverage::default()
            })
        });
        self.coverage.merge(coverage);
        match ended {
            Ok(()) => {}
            Err(ScanError::Stopped) => self.stopped(name),
            Err(error @ (ScanError::Revision(_) | ScanError::OtherPack)) => {
                return Err(Failure::Range(error));
            }
        }
        let (kept, packages) = self.kept(collector);
        let places = kept.iter().map(|kept| &kept.place);
        let places: Vec<_> = places.chain(packages.iter().map(|seen| &seen.place)).collect();
        let values: Vec<&Secret> = kept.iter().map(|kept| &kept.sighting.secret).collect();
        let histories = self.attribute(repository, name, &places, &values);
        self.settler.history(kept, packages, name, &histories.of);
        Ok(())
    }

    /// Asks how the objects with sightings came into history. Where that is remembered,
    /// none of the values is.
    fn attribute(
        &mut self,
        repository: &Repository,
        name: &str,
        places: &[&Place],
        values: &[&Secret],
    ) -> git::Histories {
        let object = |place: &&Place| match place {
            Place::Git(_, id) => Some(*id),
            Place::Stdin | Place::File(_) => None,
        };
        let objects = places.iter().filter_map(object).collect();
        let (threads, progress) = (self.request.threads, self.progress);
        let attributed = match self.request.judged {
            Some(judged) => {
                let values = by_length(values);
                let may_keep = |text: &[u8]| !holds_any(text, &values);
                repository.attribute_again(&objects, threads, progress, judged, &may_keep)
            }
            None => repository.attribute(&objects, threads, progress),
        };
        match attributed {
            Ok(histories) => {
                self.coverage.warnings.extend(histories.warnings.iter().cloned());
                histories
            }
            Err(error) => {
                self.coverage.warnings.push(format!(
                    "how the findings of `{name}` came into its history is not known: {error}"
                ));
                git::Histories::default()
            }
        }
    }

    fn stopped(&mut self, name: &str) {
        self.left_out(name, Reason::stopped());
    }

    fn left_out(&mut self, name: &str, reason: Reason) {
        let path = name.as_bytes().to_vec();
        self.coverage.not_scanned.push(NotScanned { path, reason, bytes: None });
    }

    /// Has a source read with a collector that also gets what is inside containers.
    pub(crate) fn opening<'c>(
        &self,
        collector: &'c Collector<'c>,
        read: impl FnOnce(&&Opener<'_, &'c Collector<'c>>) -> Coverage,
    ) -> Coverage {
        let progress = self.progress;
        let is_stopped = move || progress.is_cancelled();
        let opener = Opener::new(&collector, self.request.unpack, &is_stopped);
        let mut coverage = read(&&opener);
        coverage.merge(opener.into_coverage());
        coverage
    }

    /// What a collector kept; what it could not keep is in the account.
    pub(crate) fn kept(&mut self, collector: Collector<'_>) -> (Vec<Kept>, Vec<Seen>) {
        let Collected { kept, packages, lost, repeated } = collector.finish();
        if repeated > 0 {
            self.coverage.warnings.push(format!(
                "{repeated} more places of secrets that lie in thousands of places are not listed"
            ));
        }
        if lost > 0 {
            let reason = format!("{lost} sightings more than are kept in memory");
            self.left_out("(findings)", Reason::Limit(reason));
        }
        (kept, packages)
    }
}

/// Values by their length, so that a text is searched for all of them at once.
fn by_length<'s>(values: &[&'s Secret]) -> BTreeMap<usize, HashSet<&'s [u8]>> {
    let mut lengths: BTreeMap<usize, HashSet<&[u8]>> = BTreeMap::new();
    for value in values {
        #[expect(clippy::disallowed_methods, reason = "what holds a value is not remembered")]
        let value = value.expose();
        lengths.entry(value.len()).or_default().insert(value);
    }
    lengths
}

fn holds_any(text: &[u8], values: &BTreeMap<usize, HashSet<&[u8]>>) -> bool {
    values
        .iter()
        .filter(|(length, _)| **length > 0)
        .any(|(length, values)| text.windows(*length).any(|window| values.contains(window)))
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

//! One scan, target by target: which sources read what, and into which
//! collector. What becomes of the sightings is `settle`'s.

use std::{
    collections::BTreeSet,
    fmt, io,
    path::{Path, PathBuf},
};

use jiff::civil::Date;
use leeward_detect::Detector;
use leeward_dossier::Library;
use leeward_model::{Coverage, Finding, Level, NotScanned, Reason, SafeText};
use leeward_source::{
    Progress, files,
    git::{self, CloneError, OpenError, Repository, ScanError, Selection},
    stream,
};

use crate::{
    baseline::Baseline,
    collect::{Collector, Kept, Place},
    ignore::IgnoreFile,
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
    /// What is staged and differs from HEAD.
    Staged,
    /// What some commits brought, such as `main..HEAD`.
    Range(String),
}

/// What to scan, and what to leave out of the findings.
#[derive(Debug)]
pub struct Request<'a> {
    /// In the order to scan.
    pub targets: &'a [Target],
    /// Which part of repositories.
    pub scope: Scope,
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
    /// The user's own ignore rules for Git, to tell ignored files.
    pub user_rules: Option<&'a Path>,
}

/// What a scan found, and the account of it.
#[derive(Debug)]
pub struct Outcome {
    /// At or above the threshold, worst first.
    pub findings: Vec<Finding>,
    /// What was looked at and what was not.
    pub coverage: Coverage,
    /// What was found and left out on request.
    pub suppressed: Suppressed,
    /// How many findings there are below the threshold.
    pub below_threshold: usize,
}

/// A scan that could not be done as asked.
#[derive(Debug)]
pub enum Failure {
    /// A repository that cannot be opened.
    Open(PathBuf, OpenError),
    /// The scope is of a repository, and there is none.
    NoRepository(PathBuf),
    /// The range means nothing in this repository.
    Range(ScanError),
    /// The remote repository did not arrive.
    Clone(CloneError),
    /// No temporary directory.
    Temporary(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &Path| SafeText::new(path.as_os_str().as_encoded_bytes()).to_string();
        match self {
            Self::Open(path, error) => {
                write!(f, "cannot open the repository at `{}`: {error}", shown(path))
            }
            Self::NoRepository(path) => write!(
                f,
                "`{}` is not inside a Git repository, so it has neither history nor staged files; \
                 scan it without `--history-only`, `--staged` and `--range`",
                shown(path)
            ),
            Self::Range(error) => error.fmt(f),
            Self::Clone(error) => error.fmt(f),
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
    let mut scan = Scan {
        request,
        detector,
        progress,
        coverage: Coverage::default(),
        settler: Settler::new(request, detector),
        seen: BTreeSet::new(),
    };
    let mut paths = Vec::new();
    for target in request.targets {
        match target {
            Target::Stdin => scan.stdin(),
            Target::Remote(url) => scan.remote(url)?,
            Target::Path(path) => paths.push(path.clone()),
        }
    }
    scan.paths(&paths)?;
    let Scan { settler, mut coverage, .. } = scan;
    let settled = settler.finish(library, &mut coverage);
    coverage.not_scanned.sort();
    coverage.warnings.dedup();
    Ok(Outcome {
        findings: settled.findings,
        coverage,
        suppressed: settled.suppressed,
        below_threshold: settled.below_threshold,
    })
}

struct Scan<'a> {
    request: &'a Request<'a>,
    detector: &'a Detector,
    progress: &'a Progress,
    coverage: Coverage,
    settler: Settler<'a>,
    /// Git directories done.
    seen: BTreeSet<PathBuf>,
}

impl Scan<'_> {
    fn stdin(&mut self) {
        let collector = Collector::new(self.detector);
        let coverage = stream::scan_stdin(self.request.threads, &&collector, self.progress);
        self.coverage.merge(coverage);
        let kept = self.kept(collector);
        self.settler.stdin(kept);
    }

    fn remote(&mut self, url: &git::RemoteUrl) -> Result<(), Failure> {
        let folder = tempfile::Builder::new().prefix("leeward-").tempdir();
        let folder = folder.map_err(Failure::Temporary)?;
        let repository =
            git::clone_bare(url, folder.path(), self.progress).map_err(Failure::Clone)?;
        self.history(&repository, &url.to_string(), &self.selection())
    }

    /// Files of all targets in one walk, so that overlapping targets are read
    /// once; then the repositories around them.
    fn paths(&mut self, paths: &[PathBuf]) -> Result<(), Failure> {
        let mut repositories = Vec::new();
        let mut on_disk = Vec::new();
        for path in paths {
            let repository =
                Repository::discover(path).map_err(|error| Failure::Open(path.clone(), error))?;
            let is_repository_itself = repository.as_ref().is_some_and(|repository| {
                repository.work_tree().is_none() && same(repository.git_dir(), path)
            });
            if !is_repository_itself {
                on_disk.push(path.clone());
            }
            match repository {
                Some(repository) => repositories.push((path, repository)),
                None if matches!(self.request.scope, Scope::Everything | Scope::Files) => {}
                None => return Err(Failure::NoRepository(path.clone())),
            }
        }
        if matches!(self.request.scope, Scope::Everything | Scope::Files) && !on_disk.is_empty() {
            self.files(&on_disk, &repositories);
        }
        for (path, repository) in &repositories {
            self.repository(path, repository)?;
        }
        Ok(())
    }

    fn files(&mut self, paths: &[PathBuf], repositories: &[(&PathBuf, Repository)]) {
        let collector = Collector::new(self.detector);
        let coverage = files::scan(paths, &self.request.files, &&collector, self.progress);
        self.coverage.merge(coverage);
        let kept = self.kept(collector);
        self.settler.files(kept, repositories.iter().map(|(_, repository)| repository));
    }

    fn repository(&mut self, path: &Path, repository: &Repository) -> Result<(), Failure> {
        let git_dir = repository.git_dir();
        let resolved = git_dir.canonicalize().unwrap_or_else(|_| git_dir.to_owned());
        if !self.seen.insert(resolved) {
            return Ok(());
        }
        let name = SafeText::new(path.as_os_str().as_encoded_bytes()).to_string();
        match &self.request.scope {
            Scope::Files => Ok(()),
            // A file named alone is that file, not its repository.
            Scope::Everything if path.is_file() => Ok(()),
            Scope::Everything | Scope::History | Scope::Range(_) => {
                self.history(repository, &name, &self.selection())
            }
            Scope::Staged => {
                let collector = Collector::new(self.detector);
                let coverage =
                    repository.scan_staged(None, self.request.threads, &&collector, self.progress);
                self.coverage.merge(coverage);
                let kept = self.kept(collector);
                let staged = repository.staged(None);
                self.settler.staged(kept, &name, &staged.paths);
                Ok(())
            }
        }
    }

    fn selection(&self) -> Selection {
        match &self.request.scope {
            Scope::Range(range) => Selection::Range(range.clone()),
            _ => Selection::Everything,
        }
    }

    fn history(
        &mut self,
        repository: &Repository,
        name: &str,
        selection: &Selection,
    ) -> Result<(), Failure> {
        let collector = Collector::new(self.detector);
        let scanned =
            repository.scan_history(selection, self.request.threads, &&collector, self.progress);
        match scanned {
            Ok(coverage) => self.coverage.merge(coverage),
            Err(ScanError::Stopped) => self.stopped(name),
            Err(error @ ScanError::Revision(_)) => return Err(Failure::Range(error)),
        }
        let kept = self.kept(collector);
        let objects = kept
            .iter()
            .filter_map(|kept| match kept.place {
                Place::Git(_, id) => Some(id),
                _ => None,
            })
            .collect();
        let histories = match repository.attribute(&objects, self.request.threads, self.progress) {
            Ok(histories) => histories,
            Err(error) => {
                self.coverage.warnings.push(format!(
                    "how the findings of `{name}` came into its history is not known: {error}"
                ));
                git::Histories::default()
            }
        };
        self.coverage.warnings.extend(histories.warnings.iter().cloned());
        self.settler.history(kept, name, repository.work_tree(), &histories.of);
        Ok(())
    }

    fn stopped(&mut self, name: &str) {
        self.coverage.not_scanned.push(NotScanned {
            path: name.as_bytes().to_vec(),
            reason: Reason::Limit("stopped on request".into()),
            bytes: None,
        });
    }

    fn kept(&mut self, collector: Collector<'_>) -> Vec<Kept> {
        let (kept, dropped) = collector.finish();
        if dropped > 0 {
            self.coverage.not_scanned.push(NotScanned {
                path: Vec::new(),
                reason: Reason::Limit(format!("{dropped} sightings more than can be kept")),
                bytes: None,
            });
        }
        kept
    }
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

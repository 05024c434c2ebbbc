//! One job in itself: a clone, and the scan of it or of a part. What lies on the disk for
//! it is removed with it.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use leeward_detect::Detector;
use leeward_model::{Level, ObjectId};
use leeward_pipeline::{Failure, Scope};
use leeward_source::{
    Progress,
    git::{CloneError, Part, RemoteUrl, Repository, ScanError, clone_bare},
};
use leeward_watch::repository::{Scanner, scope, tips};
use tempfile::TempDir;

use crate::{
    job::Job,
    report::{Came, Scanned},
    seal::SealTo,
    worker::Workplace,
};

/// What directories of workers begin with.
const PREFIX: &str = "leeward-worker-";

/// A worker's own directory, held by a lock for as long as it lives.
pub(crate) struct Folder {
    directory: TempDir,
    _lock: File,
}

impl Folder {
    /// A new one, after those of this user were removed that nobody holds any more: a worker
    /// that was killed cleans up nothing. What cannot be removed is left for the next time.
    pub(crate) fn of(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        let directory = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        // It has its name only once it is held: another that starts now leaves it alone.
        let (new, path) = (directory.path().join("lock.new"), directory.path().join("lock"));
        let lock = File::create(&new)?;
        lock.lock()?;
        fs::rename(&new, &path)?;
        let own = fs::symlink_metadata(directory.path())?;
        for entry in fs::read_dir(parent)?.flatten() {
            if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
                continue;
            }
            // The system's directory is everybody's: what others made there is not touched.
            let Ok(met) = fs::symlink_metadata(entry.path()) else { continue };
            if !met.is_dir() || !is_same_owner(&met, &own) {
                continue;
            }
            let lock = File::open(entry.path().join("lock")).ok();
            if lock.is_some_and(|lock| lock.try_lock().is_ok())
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                tracing::debug!(%error, "what a worker left is still there");
            }
        }
        Ok(Self { directory, _lock: lock })
    }

    /// Whether it was not tidied away: systems do that to what lies long in a temporary
    /// directory.
    pub(crate) fn is_there(&self) -> bool {
        self.directory.path().join("lock").exists()
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// How much lies there, as far as it can be seen.
    pub(crate) fn bytes(path: &Path) -> u64 {
        let (mut open, mut bytes) = (vec![path.to_owned()], 0u64);
        while let Some(path) = open.pop() {
            for entry in fs::read_dir(path).into_iter().flatten().flatten() {
                match entry.metadata() {
                    Ok(met) if met.is_dir() => open.push(entry.path()),
                    Ok(met) => bytes = bytes.saturating_add(met.len()),
                    Err(_) => {}
                }
            }
        }
        bytes
    }
}

#[cfg(unix)]
fn is_same_owner(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    one.uid() == other.uid()
}

#[cfg(not(unix))]
fn is_same_owner(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    // Temporary directories are each user's own.
    true
}

/// A clone that is kept because another part of it may be next.
pub(crate) struct Kept {
    of: (i64, u64),
    repository: Repository,
    // After what is open in it.
    _folder: TempDir,
}

/// A job to be done.
pub(crate) struct Scan<'a> {
    pub(crate) place: &'a Workplace,
    pub(crate) detector: &'a Detector,
    /// Whether all findings are told, so that the parts of one secret can be put together.
    pub(crate) is_low: bool,
    pub(crate) folder: &'a Folder,
    /// What values are sealed to, if not to what the job says.
    pub(crate) to: Option<&'a SealTo>,
}

impl Scan<'_> {
    /// Does it.
    pub(crate) fn run(&self, job: &Job, kept: &mut Option<Kept>, progress: &Progress) -> Came {
        match self.scan(job, kept, progress) {
            Ok(came) | Err(came) => came,
        }
    }

    fn scan(&self, job: &Job, kept: &mut Option<Kept>, progress: &Progress) -> Result<Came, Came> {
        let url = RemoteUrl::parse(&job.url, self.place.local_repositories).map_err(never)?;
        let to = self.to.cloned().or_else(|| SealTo::of_text(&job.seal_to));
        let to = to.ok_or_else(|| never("the job names no key"))?;
        let of = (job.id, job.attempt);
        let clone = match kept.take().filter(|kept| job.part.is_some() && kept.of == of) {
            Some(kept) => kept,
            None => self.clone(of, &url, progress)?,
        };
        let repository = &clone.repository;
        let name = url.as_str();
        let tips = tips(repository);
        let known = job
            .known
            .as_ref()
            .map(|known| known.iter().filter_map(|id| ObjectId::from_hex(id)).collect::<Vec<_>>());
        let part = job.part.as_ref().map(|part| Part {
            index: part.index,
            of: part.of,
            pack: part.pack.clone(),
        });
        let scope = match part {
            Some(part) => Scope::Part(part),
            None => match scope(known, &tips) {
                None => return Ok(Came::Unchanged),
                Some(scope) => scope,
            },
        };
        let parts = self.place.planning.parts(repository.pack_bytes());
        if scope == Scope::History && parts > 1 {
            let pack = repository.pack_sum();
            let tips = tips.iter().map(ToString::to_string).collect();
            *kept = Some(clone);
            return Ok(Came::Split { of: parts, pack, tips });
        }
        let is_part = job.part.is_some();
        let scanner = Scanner {
            library: &self.place.library,
            detector: self.detector,
            least: if self.is_low { Level::Low } else { level(&job.least) },
            threads: self.place.threads,
            unpack: self.place.unpack.as_ref(),
            today: leeward_watch::day((self.place.clock)()),
            now: (self.place.clock)(),
        };
        let outcome = scanner.scan(repository, name, scope, progress);
        if is_part {
            *kept = Some(clone);
        }
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(Failure::Range(ScanError::OtherPack)) => {
                *kept = None;
                return Ok(Came::OtherPack);
            }
            Err(error @ Failure::Temporary(_)) => return Err(later(error)),
            Err(error) => return Err(never(error)),
        };
        let tips = if is_part { &[][..] } else { &tips };
        let scanned = Scanned::of(outcome, name, tips, &to);
        Ok(Came::Scanned(scanned.ok_or_else(|| never("what was found cannot be written"))?))
    }

    fn clone(&self, of: (i64, u64), url: &RemoteUrl, progress: &Progress) -> Result<Kept, Came> {
        let folder = tempfile::Builder::new().prefix("clone-").tempdir_in(self.folder.path());
        let folder = folder.map_err(|error| {
            later(format!("the worker cannot make a directory for the clone: {error}"))
        })?;
        match clone_bare(url, folder.path(), progress) {
            Ok(repository) => Ok(Kept { of, repository, _folder: folder }),
            Err(error @ CloneError::Url(_)) => Err(never(error)),
            Err(error) => Err(later(error)),
        }
    }
}

fn level(name: &str) -> Level {
    [Level::Low, Level::High].into_iter().find(|it| it.name() == name).unwrap_or(Level::Medium)
}

fn never(why: impl ToString) -> Came {
    Came::Failed { why: why.to_string(), never: true }
}

fn later(why: impl ToString) -> Came {
    Came::Failed { why: why.to_string(), never: false }
}

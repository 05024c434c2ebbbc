//! Which values a fix is about: those that a scan finds in files that Git keeps
//! or would keep, in what is staged, or on the line that was named.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use leeward_detect::{Detector, Sighting};
use leeward_dossier::Library;
use leeward_model::{Fingerprint, GitObjectKind, ObjectId, Provenance, Tracking};
use leeward_pipeline::{Outcome, Request, Scope, Target};
use leeward_source::{Progress, files, git::Repository};

use crate::{args, environment, failure::Failure, scan};

/// Values by file.
#[derive(Default)]
pub(crate) struct Meant {
    pub(crate) files: Vec<(PathBuf, Wanted)>,
    /// Files whose staged content holds a value that the file does not, by the
    /// root of the work tree.
    pub(crate) staged_only: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// The same where what is staged has other lines, too, that the file has
    /// not: to stage the file would lose them.
    pub(crate) staged_apart: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// Values in files that Git ignores.
    pub(crate) ignored: usize,
}

impl Meant {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.staged_only.is_empty() && self.staged_apart.is_empty()
    }
}

/// Which values of a file.
#[derive(Default)]
pub(crate) struct Wanted {
    values: BTreeSet<Fingerprint>,
    /// Only on these lines, if any.
    lines: BTreeSet<u64>,
}

impl Wanted {
    /// Whether a sighting is one of them.
    pub(crate) fn has(&self, sighting: &Sighting) -> bool {
        let is_there = |line: &u64| (sighting.start.line..=sighting.end.line).contains(line);
        !sighting.ignored_inline
            && self.values.contains(&sighting.fingerprint)
            && (self.lines.is_empty() || self.lines.iter().any(is_there))
    }
}

/// Finds them.
pub(crate) fn find(
    args: &args::Fix,
    library: &Library,
    detector: &Detector,
) -> Result<Meant, Failure> {
    let mut named: BTreeMap<PathBuf, BTreeSet<u64>> = BTreeMap::new();
    for target in &args.targets {
        let (path, line) = parted(target);
        named.entry(path).or_default().extend(line);
    }
    let everything = named.is_empty();
    if everything {
        named.insert(PathBuf::from("."), BTreeSet::new());
    }
    let paths: Vec<PathBuf> = named.keys().cloned().collect();
    let found = look(args, &paths, Scope::Files, library, detector)?;
    let mut meant = Meant::default();
    let mut by_path: BTreeMap<PathBuf, Wanted> = BTreeMap::new();
    for finding in &found.findings {
        for location in &finding.locations {
            let Provenance::File(place) = &*location.provenance else { continue };
            let path = path_of(&place.path);
            let lines = named.get(&path);
            if place.tracking == Tracking::Ignored && lines.is_none() {
                meant.ignored += 1;
                continue;
            }
            let wanted = by_path.entry(path).or_default();
            wanted.values.insert(finding.fingerprint);
            wanted.lines.extend(lines.into_iter().flatten());
        }
    }
    if everything && matches!(Repository::discover(Path::new(".")), Ok(Some(_))) {
        let staged = look(args, &paths, Scope::Staged, library, detector)?;
        staged_only(&staged, &by_path, &mut meant);
    }
    // Files of values first: what Git stops tracking can take values of others.
    let mut files: Vec<(PathBuf, Wanted)> = by_path.into_iter().collect();
    files.sort_by_key(|(path, _)| !is_dotenv(path));
    meant.files = files;
    Ok(meant)
}

/// A file, or a line of one.
fn parted(target: &OsStr) -> (PathBuf, Option<u64>) {
    let whole = PathBuf::from(target);
    if whole.exists() {
        return (whole, None);
    }
    let number = |text: &str| text.parse::<u64>().ok().filter(|&line| line > 0);
    let Some((path, last)) = target.to_str().and_then(|text| text.rsplit_once(':')) else {
        return (whole, None);
    };
    match number(last) {
        // With a column behind, as compilers write it.
        Some(last) => match path.rsplit_once(':').map(|(path, line)| (path, number(line))) {
            Some((path, Some(line))) if Path::new(path).exists() => {
                (PathBuf::from(path), Some(line))
            }
            _ => (PathBuf::from(path), Some(last)),
        },
        None => (whole, None),
    }
}

fn look(
    args: &args::Fix,
    paths: &[PathBuf],
    scope: Scope,
    library: &Library,
    detector: &Detector,
) -> Result<Outcome, Failure> {
    let targets = paths
        .iter()
        .map(|path| Target::parse(path.as_os_str()).map_err(Failure::Target))
        .collect::<Result<Vec<_>, _>>()?;
    let ignore = scan::read_ignore_file(None)?;
    let now = Timestamp::now();
    let threads = scan::processors();
    let user_rules = environment::git_ignore_rules();
    let index = environment::git_index();
    let request = Request {
        targets: &targets,
        scope,
        index: index.as_deref(),
        unpack: None,
        files: files::Options { threads, ..files::Options::default() },
        threads,
        least: args.confidence.into(),
        baseline: None,
        ignore: ignore.as_ref(),
        now: now.as_second(),
        today: TimeZone::UTC.to_datetime(now).date(),
        user_rules: user_rules.as_deref(),
        desk: None,
        judged: None,
        decoys: None,
    };
    leeward_pipeline::scan(&request, library, detector, &Progress::default()).map_err(Failure::Scan)
}

/// What is staged with a value that the file on disk does not have.
fn staged_only(staged: &Outcome, files: &BTreeMap<PathBuf, Wanted>, meant: &mut Meant) {
    let Some(repository) = Repository::discover(Path::new(".")).ok().flatten() else { return };
    let root = repository.work_tree().and_then(|root| root.canonicalize().ok());
    let Some(root) = root else { return };
    let known: BTreeMap<PathBuf, &Wanted> = files
        .iter()
        .filter_map(|(path, wanted)| Some((path.canonicalize().ok()?, wanted)))
        .collect();
    // The lines that hold a value, by file and staged object.
    let mut held: BTreeMap<(PathBuf, ObjectId), BTreeSet<u64>> = BTreeMap::new();
    for finding in &staged.findings {
        for location in &finding.locations {
            let Provenance::Git(place) = &*location.provenance else { continue };
            if place.kind != GitObjectKind::Staged {
                continue;
            }
            let paths = place.history.as_deref().map_or(&[][..], |history| &history.paths);
            for path in paths.iter().map(|path| path_of(path)) {
                let file = root.join(&path);
                let has = known
                    .get(&file)
                    .is_some_and(|wanted| wanted.values.contains(&finding.fingerprint));
                // What is gone from the disk is not added but removed.
                if !has && file.is_file() {
                    let lines = held.entry((path, place.object)).or_default();
                    lines.extend(location.start.line..=location.end.line);
                }
            }
        }
    }
    for ((path, object), lines) in held {
        let is_kept = match (repository.read_object(&object), fs::read(root.join(&path))) {
            (Ok(staged), Ok(file)) => is_kept(&staged, &lines, &file),
            _ => false,
        };
        let of = if is_kept { &mut meant.staged_only } else { &mut meant.staged_apart };
        of.entry(root.clone()).or_default().push(path);
    }
}

/// Whether a file has every line of what is staged but those that hold a value,
/// in their order.
fn is_kept(staged: &[u8], held: &BTreeSet<u64>, file: &[u8]) -> bool {
    let lines = |text: &'_ [u8]| -> Vec<Vec<u8>> {
        text.split(|&byte| byte == b'\n').map(|line| line.trim_ascii_end().to_vec()).collect()
    };
    let file = lines(file);
    let mut file = file.iter();
    lines(staged)
        .iter()
        .zip(1..)
        .filter(|(line, number)| !line.is_empty() && !held.contains(number))
        .all(|(line, _)| file.any(|there| there == line))
}

fn is_dotenv(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == ".env" || name.starts_with(".env.") || name.ends_with(".env")
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

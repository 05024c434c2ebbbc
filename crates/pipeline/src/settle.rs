//! From sightings to findings: provenance, what the user wants left out, one
//! finding per secret, and the order a person reads them in.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use leeward_detect::{Detector, Sighting, group, worst_first};
use leeward_dossier::Library;
use leeward_model::{
    Confidence, FilePlace, Finding, Fingerprint, GitObjectKind, GitPlace, History, Location, Match,
    ObjectId, Provenance, RemotePlace, Secret, Stealer, Tracking,
};
use leeward_source::git::Tracker;

use crate::{
    circumstance,
    collect::{Kept, Place},
    packages::{Found, Seen},
    scan::{Opened, Request},
};

/// What was found and left out because somebody said so, in findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// Known from the baseline.
    pub baseline: usize,
    /// Marked by a comment beside it, wherever it lies.
    pub inline: usize,
    /// Listed in the ignore file.
    pub ignore_file: usize,
    /// Entries of the ignore file that have expired.
    pub expired: usize,
}

/// Findings and what was left out of them.
pub(crate) struct Settled {
    pub(crate) findings: Vec<Finding>,
    pub(crate) stealers: Vec<Stealer>,
    pub(crate) known: Vec<Finding>,
    pub(crate) hidden: Vec<Secret>,
    pub(crate) suppressed: Suppressed,
    pub(crate) below_threshold: usize,
}

/// A file of a repository: the repository as the user named it, and the path
/// in it.
type InRepository = (String, Vec<u8>);

/// Takes the sightings of all sources.
pub(crate) struct Settler<'a> {
    request: &'a Request<'a>,
    detector: &'a Detector,
    matches: Vec<Match>,
    packages: Found,
    /// Secrets of which a sighting was left out, by who said so.
    by_comment: BTreeSet<Fingerprint>,
    by_file: BTreeSet<Fingerprint>,
    /// Values of sightings that were left out.
    hidden: Vec<Secret>,
    /// Files whose present version has a comment that excuses a secret.
    excused: HashSet<(Fingerprint, InRepository)>,
}

impl<'a> Settler<'a> {
    pub(crate) fn new(request: &'a Request<'a>, detector: &'a Detector) -> Self {
        Self {
            request,
            detector,
            matches: Vec::new(),
            packages: Found::default(),
            by_comment: BTreeSet::new(),
            by_file: BTreeSet::new(),
            hidden: Vec::new(),
            excused: HashSet::new(),
        }
    }

    /// Takes what came through standard input.
    pub(crate) fn stdin(&mut self, kept: Vec<Kept>, packages: Vec<Seen>) {
        let provenance = Arc::new(Provenance::Stdin);
        for seen in packages {
            self.take_package(seen, Arc::clone(&provenance), None);
        }
        for kept in kept {
            self.take(kept, Arc::clone(&provenance), None);
        }
    }

    /// Takes what lies in files, each with its standing in the repository
    /// around it.
    pub(crate) fn files(&mut self, kept: Vec<Kept>, packages: Vec<Seen>, repositories: &[Opened]) {
        if kept.is_empty() && packages.is_empty() {
            return;
        }
        let mut surveyor = Surveyor::new(repositories, self.request.user_rules);
        let mut known = HashMap::new();
        for kept in kept {
            let Place::File(path) = &kept.place else { continue };
            let (provenance, inside) = known
                .entry(path.clone())
                .or_insert_with(|| {
                    let (tracking, inside) = surveyor.look_at(path);
                    (Arc::new(file(path, tracking)), inside)
                })
                .clone();
            self.take(kept, provenance, inside);
        }
        for seen in packages {
            let Place::File(path) = &seen.place else { continue };
            let (tracking, inside) = surveyor.look_at(path);
            let provenance = Arc::new(file(path, tracking));
            self.take_package(seen, provenance, inside);
        }
    }

    /// Takes what lies in a text of a service.
    pub(crate) fn remote(
        &mut self,
        kept: impl IntoIterator<Item = Kept>,
        provenance: &Arc<Provenance>,
    ) {
        for kept in kept {
            self.take(kept, Arc::clone(provenance), None);
        }
    }

    /// Takes what lies in objects of stores and registries, each where `place` says.
    pub(crate) fn objects(
        &mut self,
        kept: Vec<Kept>,
        packages: Vec<Seen>,
        place: impl Fn(&Path) -> RemotePlace,
    ) {
        let provenance = |path: &Path| Arc::new(Provenance::Remote(Box::new(place(path))));
        let mut known = HashMap::new();
        for kept in kept {
            let Place::File(path) = &kept.place else { continue };
            let found = known.entry(path.clone()).or_insert_with(|| provenance(path));
            self.take(kept, Arc::clone(found), None);
        }
        for seen in packages {
            let Place::File(path) = &seen.place else { continue };
            let provenance = provenance(path);
            self.take_package(seen, provenance, None);
        }
    }

    /// Takes what is staged.
    pub(crate) fn staged(
        &mut self,
        kept: Vec<Kept>,
        packages: Vec<Seen>,
        repository: &str,
        paths: &BTreeMap<ObjectId, Vec<Vec<u8>>>,
    ) {
        for kept in kept {
            let Place::Git(kind, object) = kept.place else { continue };
            let history = History {
                paths: paths.get(&object).cloned().unwrap_or_default(),
                ..History::default()
            };
            let provenance = git(repository, kind, object, Some(history));
            self.take(kept, Arc::new(provenance), None);
        }
        for seen in packages {
            let Place::Git(kind, object) = seen.place else { continue };
            let paths = paths.get(&object).cloned().unwrap_or_default();
            let history = History { paths, ..History::default() };
            let provenance = git(repository, kind, object, Some(history));
            self.take_package(seen, Arc::new(provenance), None);
        }
    }

    /// Takes what lies in history.
    pub(crate) fn history(
        &mut self,
        kept: Vec<Kept>,
        packages: Vec<Seen>,
        repository: &str,
        histories: &HashMap<ObjectId, History>,
    ) {
        let mut known: HashMap<ObjectId, Arc<Provenance>> = HashMap::new();
        for kept in kept {
            let Place::Git(kind, object) = kept.place else { continue };
            let provenance = known.entry(object).or_insert_with(|| {
                Arc::new(git(repository, kind, object, histories.get(&object).cloned()))
            });
            let provenance = Arc::clone(provenance);
            self.take(kept, provenance, None);
        }
        for seen in packages {
            let Place::Git(kind, object) = seen.place else { continue };
            let history = histories.get(&object).cloned();
            self.take_package(seen, Arc::new(git(repository, kind, object, history)), None);
        }
    }

    /// Makes a match of a sighting, unless somebody said to leave it alone.
    fn take(&mut self, kept: Kept, provenance: Arc<Provenance>, inside: Option<InRepository>) {
        let Kept { inside: mut way, deleted_by, span, sighting, .. } = kept;
        let Sighting { dossier, fingerprint, secret, companions, decoded, excerpt, .. } = sighting;
        let mut signals = sighting.signals;
        if let (Provenance::Git(_), Some(path)) = (&*provenance, paths_of(&provenance).first()) {
            // What is inside a container was judged by its own name.
            if way.is_empty() {
                signals.extend(self.detector.place(&dossier, path));
            }
            way = way.named_by(path);
        }
        let would_be_shown = Confidence::of(&signals).level() >= self.request.least;
        if sighting.ignored_inline {
            self.excuse(fingerprint, &provenance, inside);
            if would_be_shown {
                self.by_comment.insert(fingerprint);
            }
            self.hidden.push(secret);
            return;
        }
        let inside = inside.as_ref().map(|(_, path)| path.as_slice());
        let is_ignored = self.request.ignore.is_some_and(|ignore| {
            let covers = |path| ignore.covers(&dossier, fingerprint, path, self.request.today);
            let paths = paths_of(&provenance);
            // A file on disk goes by two names; content in history is ignored
            // if it is wherever it ever lay.
            let by_path = !paths.is_empty() && paths.iter().all(|path| covers(Some(path)));
            by_path || inside.is_some_and(|path| covers(Some(path))) || covers(None)
        });
        if is_ignored {
            if would_be_shown {
                self.by_file.insert(fingerprint);
            }
            self.hidden.push(secret);
            return;
        }
        let (start, end) = (sighting.start, sighting.end);
        let location =
            Location { provenance, inside: way, deleted_by, span, start, end, decoded, excerpt };
        self.matches.push(Match { dossier, fingerprint, secret, companions, location, signals });
    }

    /// Keeps where a package is named, unless somebody said to leave it alone.
    fn take_package(
        &mut self,
        seen: Seen,
        provenance: Arc<Provenance>,
        inside: Option<InRepository>,
    ) {
        let inside = inside.as_ref().map(|(_, path)| path.as_slice());
        let is_ignored = self.request.ignore.is_some_and(|ignore| {
            let today = self.request.today;
            let covers = |path| ignore.covers_advisory(seen.advisory(), path, today);
            let paths = paths_of(&provenance);
            let by_path = !paths.is_empty() && paths.iter().all(|path| covers(Some(path)));
            by_path || inside.is_some_and(|path| covers(Some(path))) || covers(None)
        });
        if is_ignored {
            self.packages.ignore(&seen);
        } else {
            self.packages.take(seen, provenance);
        }
    }

    /// A comment in the present version of a file also speaks for the
    /// versions before it was written.
    fn excuse(&mut self, secret: Fingerprint, place: &Provenance, inside: Option<InRepository>) {
        self.excused.extend(inside.map(|inside| (secret, inside)));
        if let Provenance::Git(GitPlace { repository, history: Some(history), .. }) = place
            && history.in_head
        {
            let paths = history.paths.iter();
            self.excused.extend(paths.map(|path| (secret, (repository.clone(), path.clone()))));
        }
    }

    /// Makes findings of everything taken.
    pub(crate) fn finish(mut self, library: &Library) -> Settled {
        self.drop_excused();
        let mut findings = group(self.matches, library);
        let (stealers, ignored_packages) = self.packages.finish(order);
        let stealing = !stealers.is_empty();
        let before = findings.len();
        let doubtful = findings.extract_if(.., |finding| {
            finding.confidence.level() < self.request.least
                && !self.request.decoys.is_some_and(|all| all.contains(&finding.fingerprint))
        });
        self.hidden.extend(doubtful.map(|finding| finding.secret));
        let below_threshold = before - findings.len();
        for finding in &mut findings {
            drop_containers(&mut finding.locations);
            finding.locations.sort_by_cached_key(order);
            circumstance::rate_finding(finding, library, stealing, self.request.now);
        }
        worst_first(&mut findings);
        let (by_comment, by_file) = (self.by_comment, self.by_file);
        let shown: HashSet<Fingerprint> = findings.iter().map(|f| f.fingerprint).collect();
        let is_hidden = |secret: &&Fingerprint| !shown.contains(*secret);
        let ignore_file = by_file.iter().filter(is_hidden);
        let baseline = self.request.baseline;
        let (known, findings): (Vec<_>, Vec<_>) = findings
            .into_iter()
            .partition(|finding| baseline.is_some_and(|known| known.knows(finding.fingerprint)));
        let suppressed = Suppressed {
            baseline: known.len(),
            inline: by_comment.iter().filter(is_hidden).count(),
            ignore_file: ignore_file.filter(|secret| !by_comment.contains(*secret)).count()
                + ignored_packages,
            expired: self.request.ignore.map_or(0, |file| file.expired(self.request.today)),
        };
        let hidden = self.hidden;
        Settled { findings, stealers, known, hidden, suppressed, below_threshold }
    }

    fn drop_excused(&mut self) {
        let (excused, by_comment) = (&self.excused, &mut self.by_comment);
        if excused.is_empty() {
            return;
        }
        let least = self.request.least;
        let dropped = self.matches.extract_if(.., |found| {
            let Provenance::Git(place) = &*found.location.provenance else { return false };
            let Some(history) = &place.history else { return false };
            let is_excused = |path: &Vec<u8>| {
                excused.contains(&(found.fingerprint, (place.repository.clone(), path.clone())))
            };
            let drop = !history.paths.is_empty() && history.paths.iter().all(is_excused);
            if drop && found.confidence().level() >= least {
                by_comment.insert(found.fingerprint);
            }
            drop
        });
        self.hidden.extend(dropped.map(|found| found.secret));
    }
}

/// Tells how files stand with the repositories around them.
struct Surveyor<'r> {
    /// The root, resolved, and what the repository is called.
    trackers: Vec<(std::path::PathBuf, &'r str, Tracker)>,
}

impl<'r> Surveyor<'r> {
    fn new(repositories: &'r [Opened], user_rules: Option<&Path>) -> Self {
        let trackers = repositories.iter().filter_map(|opened| {
            let root = opened.repository.work_tree()?.canonicalize().ok()?;
            Some((root, opened.name.as_str(), opened.repository.tracker(user_rules)))
        });
        Self { trackers: trackers.collect() }
    }

    fn look_at(&mut self, path: &Path) -> (Tracking, Option<InRepository>) {
        for (root, name, tracker) in &mut self.trackers {
            let Some(relative) = relative(path, root) else { continue };
            // What Git keeps for itself is no file of the work tree.
            if relative.starts_with(b".git/") || relative == b".git" {
                break;
            }
            // What another repository below the root tracks, only it knows.
            if is_nested(path, root) {
                continue;
            }
            let tracking = tracker.tracking(path);
            if tracking != Tracking::NoRepository {
                return (tracking, Some(((*name).to_owned(), relative)));
            }
        }
        (Tracking::NoRepository, None)
    }
}

/// Whether a directory between a file and the root is a repository of its own.
fn is_nested(path: &Path, root: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    let mut folders = path.ancestors().skip(1).take_while(|folder| *folder != root);
    folders.any(|folder| folder.join(".git").symlink_metadata().is_ok())
}

/// Where a file lies in its repository.
fn relative(path: &Path, root: &Path) -> Option<Vec<u8>> {
    let resolved = path.canonicalize().ok()?;
    let relative = resolved.strip_prefix(root).ok()?;
    Some(relative.as_os_str().as_encoded_bytes().to_vec())
}

fn file(path: &Path, tracking: Tracking) -> Provenance {
    Provenance::File(FilePlace { path: path.as_os_str().as_encoded_bytes().to_vec(), tracking })
}

fn git(
    repository: &str,
    kind: GitObjectKind,
    object: ObjectId,
    history: Option<History>,
) -> Provenance {
    Provenance::Git(GitPlace {
        repository: repository.to_owned(),
        kind,
        object,
        history: history.map(Box::new),
    })
}

/// All paths of a place, the one that reports show first.
fn paths_of(provenance: &Provenance) -> &[Vec<u8>] {
    match provenance {
        Provenance::Stdin => &[],
        Provenance::File(place) => std::slice::from_ref(&place.path),
        Provenance::Git(place) => place.history.as_ref().map_or(&[], |history| &history.paths),
        Provenance::Remote(place) => place.path.as_slice(),
    }
}

/// Leaves out places in the bytes of a container where the same value is known to lie
/// in a member: what is stored there as it is would be told twice, once by an offset
/// that nobody can use.
fn drop_containers(locations: &mut Vec<Location>) {
    let ways: Vec<_> = locations
        .iter()
        .filter(|location| !location.inside.is_empty())
        .map(|location| (Arc::clone(&location.provenance), location.inside.clone()))
        .collect();
    locations.retain(|location| {
        let same = |place: &Arc<Provenance>| *place == location.provenance;
        !ways.iter().any(|(place, inside)| location.inside.holds(inside) && same(place))
    });
}

/// Files first, then what is staged, then history, oldest first, then what
/// nothing leads to.
fn order(location: &Location) -> (u8, i64, Vec<u8>, u64) {
    let path = paths_of(&location.provenance).first().map_or(&[][..], Vec::as_slice);
    let path = location.inside.from(path);
    let (rank, at) = match &*location.provenance {
        Provenance::Stdin | Provenance::File(_) => (0, 0),
        Provenance::Git(place) => {
            let introduced = place.history.as_ref().and_then(|history| history.introduced.as_ref());
            match (place.kind, introduced) {
                (GitObjectKind::Staged, _) => (1, 0),
                (_, Some(commit)) => (2, commit.committed_at),
                (_, None) => (3, 0),
            }
        }
        Provenance::Remote(place) => (4, place.at.unwrap_or(i64::MAX)),
    };
    (rank, at, path, location.span.start)
}

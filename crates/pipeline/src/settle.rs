//! From sightings to findings: provenance, what the user wants left out, one
//! finding per secret, and the order a person reads them in.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::Arc,
};

use leeward_detect::{Detector, Sighting, group};
use leeward_dossier::Library;
use leeward_model::{
    Coverage, FilePlace, Finding, Fingerprint, GitObjectKind, GitPlace, History, Location, Match,
    ObjectId, Provenance, Tracking,
};
use leeward_source::git::Repository;

use crate::{
    collect::{Kept, Place},
    scan::Request,
};

/// What was found and left out because somebody said so, in findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// Known from the baseline.
    pub baseline: usize,
    /// Marked by a comment beside every place.
    pub inline: usize,
    /// Listed in the ignore file.
    pub ignore_file: usize,
    /// Entries of the ignore file that have expired.
    pub expired: usize,
}

/// Findings and what was left out of them.
pub(crate) struct Settled {
    pub(crate) findings: Vec<Finding>,
    pub(crate) suppressed: Suppressed,
    pub(crate) below_threshold: usize,
}

/// Takes the sightings of all sources.
pub(crate) struct Settler<'a> {
    request: &'a Request<'a>,
    detector: &'a Detector,
    matches: Vec<Match>,
    ignored_inline: BTreeSet<Fingerprint>,
    ignored_by_file: BTreeSet<Fingerprint>,
    /// Where files of the work tree lie in their repository, by the path
    /// shown.
    in_repository: HashMap<Vec<u8>, Vec<u8>>,
}

impl<'a> Settler<'a> {
    pub(crate) fn new(request: &'a Request<'a>, detector: &'a Detector) -> Self {
        Self {
            request,
            detector,
            matches: Vec::new(),
            ignored_inline: BTreeSet::new(),
            ignored_by_file: BTreeSet::new(),
            in_repository: HashMap::new(),
        }
    }

    /// Takes what came through standard input.
    pub(crate) fn stdin(&mut self, kept: Vec<Kept>) {
        let provenance = Arc::new(Provenance::Stdin);
        for kept in kept {
            self.take(kept, Arc::clone(&provenance));
        }
    }

    /// Takes what lies in files, each with its standing in the repository
    /// around it.
    pub(crate) fn files<'r>(
        &mut self,
        kept: Vec<Kept>,
        repositories: impl Iterator<Item = &'r Repository>,
    ) {
        if kept.is_empty() {
            return;
        }
        let mut trackers: Vec<_> = repositories
            .filter_map(|repository| {
                let root = repository.work_tree()?.canonicalize().ok()?;
                Some((root, repository.tracker(self.request.user_rules)))
            })
            .collect();
        let mut known: HashMap<Place, Arc<Provenance>> = HashMap::new();
        for kept in kept {
            let Place::File(path) = &kept.place else { continue };
            let provenance = known.entry(kept.place.clone()).or_insert_with(|| {
                let mut tracking = Tracking::NoRepository;
                for (root, tracker) in &mut trackers {
                    tracking = tracker.tracking(path);
                    if tracking != Tracking::NoRepository {
                        if let Some(relative) = relative(path, root) {
                            self.in_repository
                                .insert(path.as_os_str().as_encoded_bytes().to_vec(), relative);
                        }
                        break;
                    }
                }
                Arc::new(file(path, tracking))
            });
            let provenance = Arc::clone(provenance);
            self.take(kept, provenance);
        }
    }

    /// Takes what is staged.
    pub(crate) fn staged(
        &mut self,
        kept: Vec<Kept>,
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
            self.take(kept, Arc::new(provenance));
        }
    }

    /// Takes what lies in history.
    pub(crate) fn history(
        &mut self,
        kept: Vec<Kept>,
        repository: &str,
        work_tree: Option<&Path>,
        histories: &HashMap<ObjectId, History>,
    ) {
        let in_tree = work_tree.is_some().then(|| self.work_tree_places());
        let mut known: HashMap<ObjectId, Arc<Provenance>> = HashMap::new();
        for kept in kept {
            let Place::Git(kind, object) = kept.place else { continue };
            let provenance = known.entry(object).or_insert_with(|| {
                Arc::new(git(repository, kind, object, histories.get(&object).cloned()))
            });
            let provenance = Arc::clone(provenance);
            if let (Some(in_tree), Provenance::Git(place)) = (&in_tree, &*provenance) {
                self.drop_copy(in_tree, &kept, place);
            }
            self.take(kept, provenance);
        }
    }

    /// Matches in tracked files, by secret, path in the repository and span.
    fn work_tree_places(&self) -> HashMap<(Fingerprint, Vec<u8>, u64), usize> {
        self.matches
            .iter()
            .enumerate()
            .filter_map(|(index, found)| {
                let Provenance::File(place) = &*found.location.provenance else { return None };
                let path = self.in_repository.get(&place.path)?;
                (place.tracking == Tracking::Tracked)
                    .then(|| ((found.fingerprint, path.clone(), found.location.span.start), index))
            })
            .collect()
    }

    /// A tracked file whose very content is in HEAD is one place, told by Git,
    /// which knows more of it.
    fn drop_copy(
        &mut self,
        in_tree: &HashMap<(Fingerprint, Vec<u8>, u64), usize>,
        kept: &Kept,
        place: &GitPlace,
    ) {
        let Some(history) = place.history.as_ref().filter(|history| history.in_head) else {
            return;
        };
        for path in &history.paths {
            let key = (kept.sighting.fingerprint, path.clone(), kept.span.start);
            if let Some(&index) = in_tree.get(&key) {
                self.matches[index].signals.clear();
            }
        }
    }

    fn take(&mut self, kept: Kept, provenance: Arc<Provenance>) {
        let Kept { span, sighting, .. } = kept;
        let Sighting {
            dossier,
            fingerprint,
            secret,
            companions,
            start,
            end,
            decoded,
            excerpt,
            mut signals,
            ignored_inline,
            ..
        } = sighting;
        if ignored_inline {
            self.ignored_inline.insert(fingerprint);
            return;
        }
        let path = path_of(&provenance).map(|path| String::from_utf8_lossy(path).into_owned());
        let ignored = self.request.ignore.is_some_and(|ignore| {
            ignore.covers(&dossier, fingerprint, path.as_deref(), self.request.today)
        });
        if ignored {
            self.ignored_by_file.insert(fingerprint);
            return;
        }
        if let (Provenance::Git(_), Some(path)) = (&*provenance, &path) {
            signals.extend(self.detector.place(&dossier, path.as_bytes()));
        }
        let location = Location { provenance, span, start, end, decoded, excerpt };
        self.matches.push(Match { dossier, fingerprint, secret, companions, location, signals });
    }

    /// Makes findings of everything taken.
    pub(crate) fn finish(mut self, library: &Library, coverage: &mut Coverage) -> Settled {
        // A match without evidence is a copy that Git tells better.
        self.matches.retain(|found| !found.signals.is_empty());
        let mut findings = group(self.matches, library);
        let shown: BTreeSet<Fingerprint> = findings.iter().map(|f| f.fingerprint).collect();
        let mut suppressed = Suppressed {
            inline: self.ignored_inline.difference(&shown).count(),
            ignore_file: self
                .ignored_by_file
                .iter()
                .filter(|known| !shown.contains(known) && !self.ignored_inline.contains(known))
                .count(),
            expired: self.request.ignore.map_or(0, |ignore| ignore.expired(self.request.today)),
            baseline: 0,
        };
        if let Some(baseline) = self.request.baseline {
            let before = findings.len();
            findings.retain(|finding| !baseline.knows(finding.fingerprint));
            suppressed.baseline = before - findings.len();
        }
        let before = findings.len();
        findings.retain(|finding| finding.confidence.level() >= self.request.least);
        let below_threshold = before - findings.len();
        for finding in &mut findings {
            finding.locations.sort_by_cached_key(order);
        }
        if suppressed.expired > 0 {
            coverage.warnings.push(format!(
                "{} of the ignore file's entries have expired and hide nothing",
                suppressed.expired
            ));
        }
        Settled { findings, suppressed, below_threshold }
    }
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

/// Where a file lies in its repository.
fn relative(path: &Path, root: &Path) -> Option<Vec<u8>> {
    let resolved = path.canonicalize().ok()?;
    let relative = resolved.strip_prefix(root).ok()?;
    Some(relative.as_os_str().as_encoded_bytes().to_vec())
}

fn path_of(provenance: &Provenance) -> Option<&[u8]> {
    match provenance {
        Provenance::Stdin => None,
        Provenance::File(place) => Some(&place.path),
        Provenance::Git(place) => place.history.as_ref()?.paths.last().map(Vec::as_slice),
    }
}

/// Files first, then what is staged, then history, oldest first.
fn order(location: &Location) -> (u8, i64, Vec<u8>, u64) {
    let path = path_of(&location.provenance).unwrap_or_default().to_vec();
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
    };
    (rank, at, path, location.span.start)
}

//! Who still uses the old value: places that hold it, and places that read it
//! by a name. Work-tree files only, since history is no consumer; how history
//! is cleaned is `surgery`'s part.
//!
//! Two rounds over the same files: the first finds values and under which
//! names they are held, the second finds who reads these names. A name that is
//! handed on under another one is followed, a few times.

mod around;
mod consumer;
mod kind;
mod names;
mod place;
mod reference;

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
};

use leeward_detect::{Detector, Scratch};
use leeward_dossier::Dossier;
use leeward_model::{
    Blob, Coverage, Excerpt, FilePlace, Fingerprint, Hint, Origin, Provenance, Reason, Secret,
    Span, Tracking,
};
use leeward_source::{Progress, files};

pub use self::{
    consumer::{By, Consumer, Unseen, Uses},
    kind::ConsumerKind,
};
use self::{
    names::Names,
    place::{Trackers, read},
    reference::{Name, Read},
};
use crate::{
    gather::{self, Seen},
    sight::{Sight, Wanted},
};

pub(crate) use self::place::{location, once, path_of};

/// What kind of file a path and a text are, without any dossier.
pub(crate) fn kind_of(path: &Path, text: &[u8]) -> ConsumerKind {
    kind::of(path, text, &[], None)
}

/// Says how files stand with the repositories around them.
pub(crate) fn standing(user_rules: Option<&Path>) -> Trackers<'_> {
    Trackers { user_rules, of: HashMap::new() }
}

/// How often a name that is handed on as another is followed.
const ROUNDS: usize = 3;

/// What is searched for, and where.
pub struct Search<'a> {
    /// Directories and files to search, as a scan would.
    pub roots: &'a [PathBuf],
    /// Where `~` of the dossier's places is; they are searched too.
    pub home: Option<&'a Path>,
    /// The old value's fingerprint.
    pub old: Fingerprint,
    /// The old value, if at hand: finds encodings that fingerprints cannot
    /// find, and hashes.
    pub secret: Option<&'a Secret>,
    /// The new value's fingerprint, if there is one: places that hold it are
    /// listed as switched.
    pub new: Option<Fingerprint>,
    /// Names under which the value is known to be held where no file shows it,
    /// such as a secret of a build service.
    pub names: &'a [String],
    /// The dossier of its kind.
    pub dossier: &'a Dossier,
    /// The detector of the run.
    pub detector: &'a Detector,
    /// How files are read: as in a scan.
    pub files: &'a files::Options,
    /// The user's own ignore rules for Git, to tell ignored files.
    pub user_rules: Option<&'a Path>,
}

/// Who uses the old value.
#[derive(Debug, Default)]
pub struct Dependents {
    /// Every place, those that hold a value first, then by path.
    pub consumers: Vec<Consumer>,
    /// Places that tools have and no program reads.
    pub unseen: Vec<Unseen>,
    /// Names that were followed; foreign text.
    pub names: Vec<String>,
    /// What was read and what was not.
    pub coverage: Coverage,
}

impl Search<'_> {
    /// Searches.
    pub fn run(&self, progress: &Progress) -> Dependents {
        let targets = self.targets();
        let mut tracking = standing(self.user_rules);
        let wanted = self.wanted(self.new);
        let look =
            |path: &Path, blob: &Blob<'_>, scratch: &mut Scratch, keep: gather::Keep<'_, Held>| {
                for sight in wanted.find(blob, scratch) {
                    let kind = self.kind(path, blob.bytes);
                    let of = names::kubernetes_secret(blob.bytes, sight.span.start, &kind);
                    let switch = self.switch(path, blob.bytes, &kind);
                    keep(sight.span.clone(), Held { sight, kind, of, switch });
                }
            };
        let (seen, coverage) = gather::over(&targets, self.files, progress, &look);
        let seen = once(seen);
        let mut names = Names::new(self.dossier, self.names);
        for held in &seen {
            names.held(&held.path, &held.what);
        }
        let mut consumers: Vec<Consumer> =
            seen.into_iter().map(|seen| holder(seen, &mut tracking)).collect();
        self.readers(&targets, &mut names, &mut consumers, &mut tracking, progress);
        self.unreadable(&coverage, &mut consumers);
        consumers.sort_by_key(order);
        let unseen = self.dossier.consumers.iter().filter_map(|rule| {
            let place = rule.unseen.clone()?;
            Some(Unseen { title: rule.title.clone(), place, switch: rule.switch.clone() })
        });
        Dependents { consumers, unseen: unseen.collect(), names: names.all(), coverage }
    }

    /// Reads the file of a place again and says what it holds now: the old
    /// value as long as it stands anywhere in it.
    pub fn switched(&self, consumer: &Consumer, new: Fingerprint) -> Uses {
        let Provenance::File(FilePlace { path, .. }) = &*consumer.place.provenance else {
            return Uses::Unreadable("it is not a file".into());
        };
        let path = path_of(path);
        let text = match read(&path) {
            Ok(Some(text)) => text,
            Ok(None) => return Uses::Neither,
            Err(why) => return Uses::Unreadable(why),
        };
        let blob = Blob::whole(&text, Origin::File(&path));
        let sights = self.wanted(Some(new)).find(&blob, &mut Scratch::default());
        if sights.iter().any(|sight| sight.is_old) {
            return Uses::OldValue;
        }
        if !sights.is_empty() {
            return Uses::NewValue;
        }
        if let Uses::Reference(text) = &consumer.state {
            let name = Name { text: text.clone(), of: None, within: None };
            let lists = names::hands_on_in_lists(&consumer.kind);
            let whole = consumer.how == By::ManifestSecret
                && memchr::memmem::find(blob.bytes, name.text.as_bytes()).is_some();
            if whole || !reference::reads(blob.bytes, &name, lists).is_empty() {
                return consumer.state.clone();
            }
        }
        Uses::Neither
    }

    fn wanted(&self, new: Option<Fingerprint>) -> Wanted<'_> {
        Wanted::new(self.detector, self.dossier, self.old, self.secret, new)
    }

    fn kind(&self, path: &Path, text: &[u8]) -> ConsumerKind {
        kind::of(path, text, &self.dossier.consumers, self.home)
    }

    /// How to switch a place: the dossier's word for a tool, else what is true
    /// for its kind.
    fn switch(&self, path: &Path, text: &[u8], kind: &ConsumerKind) -> String {
        let rule = kind::rule(path, text, &self.dossier.consumers, self.home);
        rule.map_or_else(|| kind.advice().to_owned(), |rule| rule.switch.clone())
    }

    /// The roots, and what the dossier knows below the home directory.
    fn targets(&self) -> Vec<PathBuf> {
        let mut targets = self.roots.to_vec();
        let below = |path: &Path| {
            let resolved = path.canonicalize().ok();
            self.roots.iter().any(|root| {
                root.canonicalize()
                    .is_ok_and(|root| resolved.as_ref().is_some_and(|it| it.starts_with(root)))
            })
        };
        for path in self.known_places() {
            if path.is_file() && !below(&path) && !targets.contains(&path) {
                targets.push(path);
            }
        }
        targets
    }

    /// Places of the dossier below the home directory.
    fn known_places(&self) -> impl Iterator<Item = PathBuf> {
        let paths = self.dossier.consumers.iter().flat_map(|rule| &rule.paths);
        let below =
            paths.filter_map(|path| path.strip_prefix("~/").filter(|rest| !rest.contains('*')));
        self.home
            .into_iter()
            .flat_map(move |home| below.clone().map(|rest| home.join(rest)).collect::<Vec<_>>())
    }

    /// Finds who reads the names, following names that they are handed on as.
    fn readers(
        &self,
        targets: &[PathBuf],
        names: &mut Names,
        consumers: &mut Vec<Consumer>,
        tracking: &mut Trackers<'_>,
        progress: &Progress,
    ) {
        let mut known = BTreeSet::new();
        for _ in 0..ROUNDS {
            let open = names.take();
            if open.is_empty() || progress.is_cancelled() {
                return;
            }
            let look = |path: &Path,
                        blob: &Blob<'_>,
                        _: &mut Scratch,
                        keep: gather::Keep<'_, Referred>| {
                for name in open.iter().filter(|name| names::is_meant(name, path)) {
                    if memchr::memmem::find(blob.bytes, name.shortest()).is_none() {
                        continue;
                    }
                    let kind = self.kind(path, blob.bytes);
                    let lists = names::hands_on_in_lists(&kind);
                    for Read { span, how, alias } in reference::reads(blob.bytes, name, lists) {
                        let shown = String::from_utf8_lossy(&blob.bytes[span.clone()]).into_owned();
                        let hint = Hint::from_text(shown.clone());
                        let excerpt = leeward_detect::excerpt(blob.bytes, &span, &hint);
                        let common = name.within.is_some();
                        let kind = kind.clone();
                        keep(span, Referred { name: shown, how, alias, kind, common, excerpt });
                    }
                }
            };
            let (seen, _) = gather::over(targets, self.files, progress, &look);
            for read in once(seen) {
                if read.what.kind == ConsumerKind::Text {
                    continue;
                }
                if let Some(alias) = &read.what.alias {
                    names.handed_on(&read.path, alias);
                }
                if known.insert((read.path.clone(), read.span)) {
                    consumers.push(reader(read, tracking));
                }
            }
        }
    }

    /// Places of tools that are there and could not be read.
    fn unreadable(&self, coverage: &Coverage, consumers: &mut Vec<Consumer>) {
        for left_out in &coverage.not_scanned {
            let Reason::Unreadable(why) = &left_out.reason else { continue };
            let path = path_of(&left_out.path);
            let Some(rule) = kind::rule(&path, b"", &self.dossier.consumers, self.home) else {
                continue;
            };
            consumers.push(Consumer {
                place: location(&path, Tracking::NoRepository, Span { start: 0, end: 0 }),
                kind: ConsumerKind::Tool(rule.title.clone()),
                how: By::Known,
                name: None,
                state: Uses::Unreadable(why.clone()),
                note: rule.switch.clone(),
            });
        }
    }
}

/// A value held somewhere.
struct Held {
    sight: Sight,
    kind: ConsumerKind,
    /// The Kubernetes Secret that it is in.
    of: Option<String>,
    switch: String,
}

/// A name read somewhere.
struct Referred {
    name: String,
    how: By,
    alias: Option<String>,
    kind: ConsumerKind,
    common: bool,
    excerpt: Excerpt,
}

fn holder(seen: Seen<Held>, tracking: &mut Trackers<'_>) -> Consumer {
    let Held { sight, kind, switch, .. } = seen.what;
    let mut place = location(&seen.path, tracking.of(&seen.path), seen.span);
    (place.start, place.end) = (seen.start, seen.end);
    (place.decoded, place.excerpt) = (sight.decoded, sight.excerpt);
    let note = match sight.how {
        By::Hash => "a hash of the value: remove the old entry where it is managed".to_owned(),
        _ => switch,
    };
    let state = if sight.is_old { Uses::OldValue } else { Uses::NewValue };
    Consumer { place, kind, how: sight.how, name: sight.name, state, note }
}

fn reader(seen: Seen<Referred>, tracking: &mut Trackers<'_>) -> Consumer {
    let Referred { name, how, kind, common, excerpt, .. } = seen.what;
    let mut place = location(&seen.path, tracking.of(&seen.path), seen.span);
    (place.start, place.end, place.excerpt) = (seen.start, seen.end, excerpt);
    let note = match how {
        _ if common => format!("many things are called `{name}`; this place may read another one"),
        By::Secret if matches!(kind, ConsumerKind::Ci(_)) => {
            format!(
                "the service keeps `{name}` in its own settings, which no file shows: set it there"
            )
        }
        _ => "it follows what defines the name; restart it after the switch".to_owned(),
    };
    Consumer { place, kind, how, name: Some(name.clone()), state: Uses::Reference(name), note }
}

fn order(consumer: &Consumer) -> (u8, Vec<u8>, Span) {
    let rank = match consumer.state {
        Uses::OldValue => 0,
        Uses::Unreadable(_) => 1,
        Uses::Reference(_) => 2,
        Uses::Neither | Uses::NewValue => 3,
    };
    let path = match &*consumer.place.provenance {
        Provenance::File(place) => place.path.clone(),
        Provenance::Git(_) | Provenance::Stdin | Provenance::Remote(_) => Vec::new(),
    };
    (rank, path, consumer.place.span)
}

//! Packages that stole credentials, as a scan meets them: which bytes are
//! looked at, and what is kept of a hit. What is bad is the dossiers'; how lock
//! files are read is the detector's.
//!
//! A file is looked at if its name says that it names versions; what has no
//! name yet (history, the index, standard input) if it begins like such a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use leeward_detect::{Advisories, LockFile, Named};
use leeward_dossier::Library;
use leeward_model::{
    Blob, Excerpt, GitObjectKind, Hint, Location, Origin, Position, Provenance, SafeText, Span,
    Stealer, Way,
};

use crate::collect::Place;

/// Places of one release that are kept; the rest adds nothing.
const PLACES: usize = 500;

/// What is looked for in one scan.
#[derive(Debug, Default)]
pub(crate) struct Packages<'a>(Advisories<'a>);

/// A bad release, and where it is named.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) place: Place,
    /// Which text inside the place; empty for its own bytes.
    pub(crate) inside: Way,
    pub(crate) span: Span,
    pub(crate) start: Position,
    pub(crate) end: Position,
    excerpt: Excerpt,
    /// Without places.
    release: Stealer,
}

impl<'a> Packages<'a> {
    pub(crate) fn of(library: &'a Library) -> Self {
        Self(Advisories::new(library.advisories()))
    }

    /// Hands over what the bytes at hand name. Only what starts in a piece's
    /// own range, as for sightings.
    pub(crate) fn look(&self, blob: &Blob<'_>, mut keep: impl FnMut(Seen)) {
        let Some(file) = form(blob) else { return };
        let own = blob.piece.map_or(0..blob.bytes.len(), |piece| piece.own_start..piece.own_end);
        for named in self.0.check(&file, blob.bytes) {
            if own.contains(&named.span.start) {
                keep(seen(blob, &named));
            }
        }
    }
}

fn form<'b>(blob: &Blob<'b>) -> Option<LockFile<'b>> {
    match blob.origin {
        Origin::File(path) | Origin::Object(path) => LockFile::of(path),
        // Names of members are those of files, where the system can write them.
        Origin::Member(_) => {
            let path = std::str::from_utf8(blob.origin.path()?).ok()?;
            LockFile::of(Path::new(path))
        }
        Origin::Git(GitObjectKind::Commit | GitObjectKind::Tag, _) => None,
        // How a later piece of something large began is not known here.
        _ if blob.piece.is_some_and(|piece| piece.index > 0) => None,
        Origin::Git(..) | Origin::Stdin => LockFile::sniff(blob.bytes),
    }
}

fn seen(blob: &Blob<'_>, named: &Named<'_>) -> Seen {
    let Named { advisory, package, version, span } = named;
    let offset = blob.piece.map_or(0, |piece| piece.offset);
    let text = &blob.bytes[span.clone()];
    let start = Position::START.after(&blob.bytes[..span.start]);
    let shown = Hint::from_text(SafeText::new(text).to_string());
    let (place, inside) = Place::of(blob.origin);
    Seen {
        place,
        inside,
        span: Span { start: offset + span.start as u64, end: offset + span.end as u64 },
        start,
        end: start.after(text),
        excerpt: leeward_detect::excerpt(blob.bytes, span, &shown),
        release: Stealer {
            ecosystem: package.ecosystem.name().to_ascii_lowercase(),
            name: package.name.clone(),
            version: (*version).to_owned(),
            advisory: advisory.id.clone(),
            why: advisory.text.clone(),
            link: advisory.link.clone(),
            locations: Vec::new(),
        },
    }
}

/// Releases with their places, each release once for each advisory.
#[derive(Debug, Default)]
pub(crate) struct Found {
    releases: BTreeMap<Key, Stealer>,
    ignored: BTreeSet<Key>,
}

/// The release, and who says that it is bad.
type Key = (String, String);

impl Seen {
    pub(crate) fn advisory(&self) -> &str {
        &self.release.advisory
    }

    fn key(&self) -> Key {
        (self.release.id(), self.release.advisory.clone())
    }
}

impl Found {
    /// Somebody said to leave this place alone.
    pub(crate) fn ignore(&mut self, seen: &Seen) {
        self.ignored.insert(seen.key());
    }

    pub(crate) fn take(&mut self, seen: Seen, provenance: Arc<Provenance>) {
        let key = seen.key();
        let Seen { inside, span, start, end, excerpt, release, .. } = seen;
        let known = self.releases.entry(key).or_insert(release);
        let (decoded, deleted_by) = (Vec::new(), None);
        let at = Location { provenance, inside, deleted_by, span, start, end, decoded, excerpt };
        known.locations.push(at);
    }

    /// All of them, by name, the places in the order that a person reads them;
    /// and how many more there are that somebody said to leave alone.
    pub(crate) fn finish<K: Ord>(self, order: impl Fn(&Location) -> K) -> (Vec<Stealer>, usize) {
        let Self { releases, ignored } = self;
        let ignored = ignored.iter().filter(|key| !releases.contains_key(*key)).count();
        let mut all: Vec<Stealer> = releases.into_values().collect();
        for one in &mut all {
            one.locations.sort_by_cached_key(&order);
            one.locations.truncate(PLACES);
        }
        (all, ignored)
    }
}

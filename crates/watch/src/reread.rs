//! Values read again where they were found: nothing that is kept holds any. The
//! detector looks through each place anew, so that a value is found though lines have
//! moved, and only the one of that fingerprint counts.

mod within;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use leeward_detect::{Detector, Options, Sighting};
use leeward_dossier::Library;
use leeward_model::{
    Case, Confidence, Finding, Fingerprint, Location, Origin, Provenance, Rating, Secret, Severity,
    Span, Verification, Way,
};
use leeward_source::git::Repository;
use leeward_unpack::Settings;

pub(crate) use self::within::{Seen, Wanted, bytes as inside};

/// A file that is larger is scanned, not read again as a whole.
const LARGEST: u64 = 256 << 20;

/// The value of a case, read again where it was found; inside containers too, if it is
/// said how they are opened.
pub fn value(case: &Case, library: &Library, unpack: Option<&Settings>) -> Option<Secret> {
    Reader::new(library, unpack)
        .finding(case.fingerprint, places(&case.locations))
        .map(|finding| finding.secret)
}

/// Where locations are, as a [`Reader`] wants it.
pub fn places(locations: &[Location]) -> impl Iterator<Item = (Provenance, Way)> + '_ {
    locations.iter().map(|location| ((*location.provenance).clone(), location.inside.clone()))
}

/// Reads values again; repositories are opened once.
pub struct Reader<'u> {
    detector: Detector,
    unpack: Option<&'u Settings>,
    repositories: BTreeMap<PathBuf, Option<Repository>>,
}

impl<'u> Reader<'u> {
    /// For the kinds of a library, and with how containers are opened.
    pub fn new(library: &Library, unpack: Option<&'u Settings>) -> Self {
        Self {
            detector: Detector::new(library, Options { low: true }),
            unpack,
            repositories: BTreeMap::new(),
        }
    }

    /// The value of this fingerprint and where it still lies, of these places: what a
    /// source hands out, and the way in from there.
    pub fn finding(
        &mut self,
        fingerprint: Fingerprint,
        places: impl IntoIterator<Item = (Provenance, Way)>,
    ) -> Option<Finding> {
        let mut finding: Option<Finding> = None;
        for (provenance, inside) in places {
            let Some(seen) = self.seen(fingerprint, &provenance, &inside) else { continue };
            let Seen { sighting, offset } = seen;
            let location = Location {
                inside,
                deleted_by: None,
                provenance: Arc::new(provenance),
                span: Span {
                    start: offset + sighting.span.start as u64,
                    end: offset + sighting.span.end as u64,
                },
                start: sighting.start,
                end: sighting.end,
                decoded: sighting.decoded.clone(),
                excerpt: sighting.excerpt.clone(),
            };
            match &mut finding {
                Some(finding) => finding.locations.push(location),
                None => finding = Some(made(fingerprint, sighting, location)),
            }
        }
        finding
    }

    fn seen(
        &mut self,
        fingerprint: Fingerprint,
        provenance: &Provenance,
        inside: &Way,
    ) -> Option<Seen> {
        let wanted = Wanted { fingerprint, inside };
        match provenance {
            Provenance::File(place) => {
                let path = path_of(&place.path)?;
                let origin = Origin::File(&path);
                if !inside.is_empty() {
                    return within::file(&self.detector, wanted, self.unpack?, &path);
                }
                self.whole(wanted, &read_file(&path)?, origin)
            }
            Provenance::Git(place) => {
                let bytes = self.repository(&place.repository)?.read_object(&place.object).ok()?;
                let origin = Origin::Git(place.kind, place.object);
                self.whole(wanted, &bytes, origin).or_else(|| {
                    // An object has its name from a tree, which is not read here.
                    let inside = &inside.nameless()?;
                    self.whole(Wanted { fingerprint, inside }, &bytes, origin)
                })
            }
            Provenance::Stdin | Provenance::Remote(_) => None,
        }
    }

    fn whole(&self, wanted: Wanted<'_>, bytes: &[u8], origin: Origin<'_>) -> Option<Seen> {
        if wanted.inside.is_empty() {
            return within::text(&self.detector, wanted.fingerprint, bytes, origin);
        }
        within::bytes(&self.detector, wanted, self.unpack?, bytes, origin)
    }

    fn repository(&mut self, name: &str) -> Option<&Repository> {
        let path = PathBuf::from(name);
        let open = |path: &PathBuf| Repository::discover(path).ok().flatten();
        self.repositories.entry(path.clone()).or_insert_with(|| open(&path)).as_ref()
    }
}

fn made(fingerprint: Fingerprint, sighting: Sighting, location: Location) -> Finding {
    Finding {
        dossier: sighting.dossier,
        fingerprint,
        secret: sighting.secret,
        companions: sighting.companions,
        confidence: Confidence::of(&sighting.signals),
        signals: sighting.signals,
        severity: Rating { level: Severity::Low, why: Vec::new() },
        locations: vec![location],
        verification: Verification::default(),
        assessment: None,
    }
}

/// A regular file, whole.
fn read_file(path: &Path) -> Option<Vec<u8>> {
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// A path from its bytes, where the system has such a path.
#[cfg(unix)]
pub fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

/// A path from its bytes, where the system has such a path.
#[cfg(not(unix))]
pub fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

//! Values read again where they were found: nothing that is kept holds any. The
//! detector looks through each place anew, so that a value is found though lines have
//! moved, and only the one of that fingerprint counts.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use leeward_detect::{Detector, Options, Scratch, Sighting};
use leeward_dossier::Library;
use leeward_model::{
    Blob, Case, Confidence, Finding, Fingerprint, Location, Origin, Provenance, Rating, Secret,
    Severity, Span, Verification, Way,
};
use leeward_source::git::Repository;

/// A file that is larger is scanned, not read again as a whole.
const LARGEST: u64 = 256 << 20;

/// The value of a case, read again where it was found.
pub fn value(case: &Case, library: &Library) -> Option<Secret> {
    let places = case.locations.iter().map(|location| (*location.provenance).clone());
    Reader::new(library).finding(case.fingerprint, places).map(|finding| finding.secret)
}

/// Reads values again; repositories are opened once.
pub struct Reader {
    detector: Detector,
    repositories: BTreeMap<PathBuf, Option<Repository>>,
}

impl Reader {
    /// For the kinds of a library.
    pub fn new(library: &Library) -> Self {
        Self {
            detector: Detector::new(library, Options { low: true }),
            repositories: BTreeMap::new(),
        }
    }

    /// The value of this fingerprint and where it still lies, of these places.
    pub fn finding(
        &mut self,
        fingerprint: Fingerprint,
        places: impl IntoIterator<Item = Provenance>,
    ) -> Option<Finding> {
        let mut finding: Option<Finding> = None;
        for provenance in places {
            let Some(bytes) = self.content(&provenance) else { continue };
            let Some(sighting) = self.sighting(fingerprint, &provenance, &bytes) else { continue };
            let location = Location {
                inside: Way::default(),
                provenance: Arc::new(provenance),
                span: Span { start: sighting.span.start as u64, end: sighting.span.end as u64 },
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

    fn sighting(
        &self,
        fingerprint: Fingerprint,
        provenance: &Provenance,
        bytes: &[u8],
    ) -> Option<Sighting> {
        let path;
        let origin = match provenance {
            Provenance::File(place) => {
                path = path_of(&place.path)?;
                Origin::File(&path)
            }
            Provenance::Git(place) => Origin::Git(place.kind, place.object),
            Provenance::Stdin | Provenance::Remote(_) => Origin::Stdin,
        };
        let mut best: Option<Sighting> = None;
        self.detector.scan(&Blob::whole(bytes, origin), &mut Scratch::default(), |sighting| {
            if sighting.fingerprint == fingerprint && best.is_none() {
                best = Some(sighting);
            }
        });
        best
    }

    /// The bytes of a place, if they can be had.
    fn content(&mut self, place: &Provenance) -> Option<Vec<u8>> {
        match place {
            Provenance::File(place) => read_file(&path_of(&place.path)?),
            Provenance::Git(place) => {
                self.repository(&place.repository)?.read_object(&place.object).ok()
            }
            Provenance::Stdin | Provenance::Remote(_) => None,
        }
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

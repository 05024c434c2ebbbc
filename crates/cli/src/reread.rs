//! Values read again where a report or an incident says they were found: neither
//! holds any. The
//! detector looks through each place anew, so that a value is found though
//! lines have moved, and only the one of that fingerprint counts.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use leeward_detect::{Detector, Options, Scratch, Sighting};
use leeward_dossier::Library;
use leeward_model::{
    Blob, Case, Commit, Confidence, FilePlace, Finding, Fingerprint, GitObjectKind, GitPlace,
    History, Location, ObjectId, Origin, Provenance, Rating, Secret, Severity, Signature, Span,
    Tracking, Verification,
};
use leeward_source::git::Repository;
use serde::Deserialize;

use crate::{failure::Failure, terminal};

/// A file that is larger is scanned, not read again as a whole.
const LARGEST: u64 = 256 << 20;

const SCHEMA: &str = "leeward.report/1";

/// As much of a report as is needed here; the rest may grow.
#[derive(Deserialize)]
struct Document {
    schema: String,
    findings: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    fingerprint: String,
    hint: String,
    locations: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    path: String,
    path_bytes: Option<String>,
    source: String,
    tracking: Option<String>,
    git: Option<Git>,
}

#[derive(Deserialize)]
struct Git {
    repository: String,
    object: String,
    commit: Option<String>,
    author: Option<String>,
    author_email: Option<String>,
    authored_at: Option<String>,
    committed_at: Option<String>,
    in_head: Option<bool>,
    reachable: Option<bool>,
    refs: Vec<String>,
}

/// What became of the values of a report.
pub(crate) struct Reread {
    pub(crate) findings: Vec<Finding>,
    /// How many are in none of their places any more: nothing is known of them.
    pub(crate) lost: usize,
}

impl Git {
    /// The commit that brought the object, as the report has it.
    fn introduced(&self) -> Option<Commit> {
        let seconds =
            |text: &Option<String>| Some(text.as_ref()?.parse::<Timestamp>().ok()?.as_second());
        let committed_at = seconds(&self.committed_at)?;
        Some(Commit {
            id: ObjectId::from_hex(self.commit.as_deref()?)?,
            author: Signature {
                name: self.author.clone().unwrap_or_default(),
                email: self.author_email.clone().unwrap_or_default(),
                at: seconds(&self.authored_at).unwrap_or(committed_at),
            },
            committed_at,
            summary: String::new(),
        })
    }
}

/// The findings of a report with their values. Those whose value is gone from
/// every place are named, and the rest goes on.
pub(crate) fn findings(
    report: &Path,
    wanted: &[String],
    library: &Library,
) -> Result<Reread, Failure> {
    let bad = |why: String| Failure::Content(report.to_owned(), why);
    let text = fs::read_to_string(report)
        .map_err(|error| Failure::File("read the report", report.to_owned(), error))?;
    let document: Document = serde_json::from_str(&text)
        .map_err(|error| bad(format!("not a report of `--format json`: {error}")))?;
    if document.schema != SCHEMA {
        return Err(bad(format!("its schema is not `{SCHEMA}`")));
    }
    for fingerprint in wanted {
        if !document.findings.iter().any(|listed| listed.fingerprint == *fingerprint) {
            return Err(bad(format!("no finding in it has the fingerprint `{fingerprint}`")));
        }
    }
    let mut reader = Reader::new(library);
    let (mut findings, mut lost) = (Vec::new(), 0);
    for listed in document.findings {
        if !wanted.is_empty() && !wanted.contains(&listed.fingerprint) {
            continue;
        }
        let fingerprint = listed.fingerprint.parse().map_err(|error| bad(format!("{error}")))?;
        let places = listed.locations.iter().filter_map(Place::provenance);
        match reader.finding(fingerprint, places) {
            Some(finding) => findings.push(finding),
            None => {
                lost += 1;
                terminal::notice(&format!(
                    "note: {} is in none of its places any more, or they cannot be read from here; hand \
                 the value in through standard input",
                    crate::discreet::discreet(
                        &leeward_model::SafeText::new(&listed.hint).to_string()
                    )
                ));
            }
        }
    }
    if findings.is_empty() {
        return Err(bad("none of its values could be read again; scan anew".to_owned()));
    }
    Ok(Reread { findings, lost })
}

/// The value of a case, read again where it was found.
pub(crate) fn value(case: &Case, library: &Library) -> Option<Secret> {
    let places = case.locations.iter().map(|location| (*location.provenance).clone());
    Reader::new(library).finding(case.fingerprint, places).map(|finding| finding.secret)
}

struct Reader {
    detector: Detector,
    repositories: BTreeMap<PathBuf, Option<Repository>>,
}

impl Reader {
    fn new(library: &Library) -> Self {
        Self {
            detector: Detector::new(library, Options { low: true }),
            repositories: BTreeMap::new(),
        }
    }

    /// The value of this fingerprint and where it still lies, of these places.
    fn finding(
        &mut self,
        fingerprint: Fingerprint,
        places: impl IntoIterator<Item = Provenance>,
    ) -> Option<Finding> {
        let mut finding: Option<Finding> = None;
        for provenance in places {
            let Some(bytes) = self.content(&provenance) else { continue };
            let Some(sighting) = self.sighting(fingerprint, &provenance, &bytes) else { continue };
            let location = Location {
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

impl Place {
    /// Where a report says that it is; `None` of standard input, and of what is
    /// not understood.
    fn provenance(&self) -> Option<Provenance> {
        let path = match &self.path_bytes {
            Some(digits) => unhex(digits)?,
            None => self.path.clone().into_bytes(),
        };
        let kind = match self.source.as_str() {
            "file" => {
                let tracking = match self.tracking.as_deref() {
                    Some("tracked") => Tracking::Tracked,
                    Some("untracked") => Tracking::Untracked,
                    Some("ignored") => Tracking::Ignored,
                    _ => Tracking::NoRepository,
                };
                return Some(Provenance::File(FilePlace { path, tracking }));
            }
            "git-blob" => GitObjectKind::Blob,
            "git-staged" => GitObjectKind::Staged,
            "git-commit" => GitObjectKind::Commit,
            "git-tag" => GitObjectKind::Tag,
            _ => return None,
        };
        let git = self.git.as_ref()?;
        let object = ObjectId::from_hex(&git.object)?;
        let history = History {
            paths: vec![path],
            introduced: git.introduced(),
            in_head: git.in_head.unwrap_or_default(),
            reachable: git.reachable.unwrap_or_default(),
            refs: git.refs.clone(),
        };
        let repository = git.repository.clone();
        let history = Some(Box::new(history));
        Some(Provenance::Git(GitPlace { repository, kind, object, history }))
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

#[cfg(unix)]
pub(crate) fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
pub(crate) fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.as_bytes().chunks(2).map(pair).collect()
}

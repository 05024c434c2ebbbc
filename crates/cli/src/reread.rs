//! Values of a report, which holds none: read again where it says they were found.

use std::{fs, path::Path};

use jiff::Timestamp;
use leeward_dossier::Library;
use leeward_model::{
    Commit, FilePlace, Finding, GitObjectKind, GitPlace, History, ObjectId, Provenance, Signature,
    Tracking, Way,
};
use leeward_watch::reread::Reader;
use serde::Deserialize;

use crate::{failure::Failure, terminal};

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
    #[serde(default)]
    inside: Vec<String>,
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
    let opening = crate::apart::settings();
    let mut reader = Reader::new(library, Some(&opening));
    let (mut findings, mut lost) = (Vec::new(), 0);
    for listed in document.findings {
        if !wanted.is_empty() && !wanted.contains(&listed.fingerprint) {
            continue;
        }
        let fingerprint = listed.fingerprint.parse().map_err(|error| bad(format!("{error}")))?;
        let places = listed.locations.iter().filter_map(Place::whole);
        match reader.finding(fingerprint, places) {
            Some(finding) => findings.push(finding),
            None => {
                lost += 1;
                terminal::notice(&format!(
                    "note: {} is in none of its places any more, or they cannot be read from here; hand \
                 the value in through standard input",
                    leeward_watch::discreet::discreet(
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

impl Place {
    /// Where a report says that it is, and the way in from there.
    fn whole(&self) -> Option<(Provenance, Way)> {
        let inside = Way::of(self.inside.iter().map(|name| name.clone().into_bytes()));
        Some((self.provenance(&inside)?, inside))
    }

    /// Where a report says that it is; `None` of standard input, and of what is
    /// not understood.
    fn provenance(&self, inside: &Way) -> Option<Provenance> {
        let mut path = match &self.path_bytes {
            Some(digits) => unhex(digits)?,
            None => self.path.clone().into_bytes(),
        };
        // The path of a report is the whole way.
        let outer = path.strip_suffix(inside.from(b"").as_slice())?.len();
        path.truncate(outer);
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

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.as_bytes().chunks(2).map(pair).collect()
}

//! Keys that nobody uses among what was met: where they were put they mean nothing,
//! and anywhere else they are the worst there is. Nobody is ever asked about one, which
//! would be its use.

use std::path::Path;

use leeward_model::{Finding, Location, Provenance, Rating, SafeText, Severity};
use leeward_store::{Honey, Store, Trouble};

use crate::record::absolute_path;

/// Takes them out of what was met; those that were met where they were not put, rated.
pub(crate) fn take(
    store: &mut Store,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Finding>, Trouble> {
    let honeys = store.honey()?;
    let of =
        |finding: &Finding| honeys.iter().find(|honey| honey.fingerprint == finding.fingerprint);
    let met: Vec<Finding> = findings.extract_if(.., |finding| of(finding).is_some()).collect();
    let mut sighted = Vec::new();
    for mut finding in met {
        let Some(honey) = of(&finding) else { continue };
        finding.locations.retain(|location| !is_home(location, honey));
        if honey.retired_at.is_none() && !finding.locations.is_empty() {
            finding.severity = rating(honey);
            sighted.push(finding);
        }
    }
    Ok(sighted)
}

/// How bad it is that a honey key was met where it was not put.
pub fn rating(honey: &Honey) -> Rating {
    let place = match honey.place.as_str() {
        "" => "the place where it lay".to_owned(),
        place => SafeText::new(place).to_string(),
    };
    let why = vec![
        "a honey key was sighted: nobody uses this value, and it was put only where a thief would \
         look"
            .to_owned(),
        format!("whoever brought it here read {place}"),
        "it opens nothing itself; the real keys beside it count as taken".to_owned(),
    ];
    Rating { level: Severity::Critical, why }
}

/// Whether this is where it was put: the file, or that file in the history of the
/// repository that it lies in.
pub fn is_home(location: &Location, honey: &Honey) -> bool {
    if honey.place.is_empty() {
        return false;
    }
    let is_it = |path: &[u8]| {
        let path = absolute_path(path);
        path == honey.place.as_bytes() || is_same_file(&path, &honey.place)
    };
    match &*location.provenance {
        Provenance::Stdin | Provenance::Remote(_) => false,
        Provenance::File(file) => is_it(&file.path),
        Provenance::Git(git) => {
            let root = git.repository.as_bytes();
            let below = |path: &Vec<u8>| is_it(&[root, b"/", path].concat());
            let paths = git.history.as_ref().map_or(&[][..], |history| &history.paths);
            // An address is never a path of this machine.
            !git.repository.contains("://") && !paths.is_empty() && paths.iter().all(below)
        }
    }
}

fn is_same_file(path: &[u8], place: &str) -> bool {
    let Ok(path) = str::from_utf8(path) else { return false };
    match (Path::new(path).canonicalize(), Path::new(place).canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

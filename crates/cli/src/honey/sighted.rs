//! Honey keys among the findings of a scan that is recorded: where they were
//! put they mean nothing, and anywhere else they are the worst there is.

use std::{collections::BTreeSet, path::Path};

use leeward_model::{Finding, Fingerprint, Location, Provenance, Rating, SafeText, Severity};
use leeward_pipeline::Outcome;
use leeward_store::{Honey, Store};

use crate::{failure::Failure, record::absolute_path, terminal};

/// Honey keys that a scan knows.
pub(crate) struct Watched {
    honeys: Vec<Honey>,
    prints: BTreeSet<Fingerprint>,
}

impl Watched {
    /// Those that the store knows.
    pub(crate) fn of(store: &mut Store) -> Result<Self, Failure> {
        let honeys = store.honey()?;
        let prints = honeys.iter().map(|honey| honey.fingerprint).collect();
        Ok(Self { honeys, prints })
    }

    /// Their fingerprints; retired ones are among them, which are nobody's key
    /// either.
    pub(crate) fn prints(&self) -> &BTreeSet<Fingerprint> {
        &self.prints
    }

    /// Takes them out of what was found, so that nobody is asked about them.
    /// Returns those that were met where they were not put.
    pub(crate) fn take(&self, outcome: &mut Outcome) -> Vec<Finding> {
        let is_one = |finding: &mut Finding| self.prints.contains(&finding.fingerprint);
        let met: Vec<Finding> = outcome
            .findings
            .extract_if(.., is_one)
            .chain(outcome.known.extract_if(.., is_one))
            .collect();
        let (mut sighted, mut quiet) = (Vec::new(), 0);
        for mut finding in met {
            let honey = self.honeys.iter().find(|it| it.fingerprint == finding.fingerprint);
            let Some(honey) = honey else { continue };
            finding.locations.retain(|location| !is_home(location, honey));
            if honey.retired_at.is_some() || finding.locations.is_empty() {
                quiet += 1;
                outcome.hidden.push(finding.secret);
                continue;
            }
            finding.severity = rating(honey);
            terminal::notice(&format!(
                "honey key {} ({}) was sighted where it was not put",
                honey.id, honey.hint
            ));
            sighted.push(finding);
        }
        if quiet > 0 {
            let keys = if quiet == 1 { "honey key is" } else { "honey keys are" };
            terminal::notice(&format!(
                "note: {quiet} {keys} not among the findings: met where they were put, or retired"
            ));
        }
        sighted
    }
}

fn rating(honey: &Honey) -> Rating {
    let place = SafeText::new(&honey.place);
    let why = vec![
        "a honey key was sighted: nobody uses this value, and it was put only where a thief would look"
            .to_owned(),
        format!("whoever brought it here read {place}"),
        "it opens nothing itself; the real keys beside it count as taken".to_owned(),
    ];
    Rating { level: Severity::Critical, why }
}

/// Whether this is where it was put: the file, or that file in the history of
/// the repository that it lies in.
fn is_home(location: &Location, honey: &Honey) -> bool {
    if honey.place.is_empty() {
        return false;
    }
    let is_it = |path: &[u8]| {
        let path = absolute_path(path);
        path == honey.place.as_bytes() || same_file(&path, &honey.place)
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

fn same_file(path: &[u8], place: &str) -> bool {
    let Ok(path) = str::from_utf8(path) else { return false };
    match (Path::new(path).canonicalize(), Path::new(place).canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

//! From a scan to incidents: what was found goes into the store without its values,
//! with places that mean the same wherever the next command is run.

use std::{path::Path, sync::Arc};

use leeward_model::{Finding, Provenance, Secret};
use leeward_pipeline::{Scope, Target};
use leeward_source::git::RemoteUrl;
use leeward_store::{Recorded, Scan, Store, Trouble, all_files, all_objects};

use crate::policy::Policy;

/// What a scan was.
pub struct Scanned<'a> {
    /// When it began: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Who ran it.
    pub actor: &'a str,
    /// What was scanned, in the user's words.
    pub targets: &'a [String],
    /// What was scanned.
    pub meant: &'a [Target],
    /// Which part of it.
    pub scope: &'a Scope,
    /// Whether everything in it was looked at.
    pub is_complete: bool,
}

/// Keeps findings; what became of them. `hidden` are values of everything else that the
/// scan saw, which nothing that is kept may hold.
///
/// # Errors
/// What the store says.
pub fn record(
    store: &mut Store,
    policy: &Policy,
    scanned: &Scanned<'_>,
    findings: &mut [Finding],
    hidden: &[&Secret],
) -> Result<Recorded, Trouble> {
    leeward_report::mask_for_keeping(findings, hidden);
    for finding in findings.iter_mut() {
        for location in &mut finding.locations {
            location.provenance = Arc::new(absolute(&location.provenance));
        }
    }
    let covered = covered(scanned);
    let targets = {
        let own = findings.iter().map(|finding| &finding.secret);
        let secrets: Vec<&Secret> = own.chain(hidden.iter().copied()).collect();
        let mask = |target: &String| leeward_report::mask_text(target, &secrets);
        scanned.targets.iter().map(mask).collect::<Vec<_>>()
    };
    store.record(&Scan {
        at: scanned.at,
        actor: scanned.actor,
        targets: &targets,
        findings,
        covered: &covered,
        due: &|severity| policy.due_in(severity),
    })
}

/// What was looked at completely: what is no longer seen there is gone. A
/// target that is narrowed, or a scan with gaps, shows nothing of the kind.
fn covered(scanned: &Scanned<'_>) -> Vec<Vec<u8>> {
    if !scanned.is_complete {
        return Vec::new();
    }
    let files = matches!(scanned.scope, Scope::Everything | Scope::Files);
    let objects = matches!(scanned.scope, Scope::Everything | Scope::History);
    let mut covered = Vec::new();
    for target in scanned.meant {
        let Target::Path(path) = target else { continue };
        let absolute = absolute_path(path.as_os_str().as_encoded_bytes());
        if files {
            covered.push(all_files(&absolute));
        }
        if objects
            && path.is_dir()
            && let Ok(repository) = str::from_utf8(&absolute)
        {
            covered.push(all_objects(repository));
        }
    }
    covered
}

/// The same place, named from the root.
fn absolute(provenance: &Provenance) -> Provenance {
    let mut provenance = provenance.clone();
    match &mut provenance {
        Provenance::File(place) => place.path = absolute_path(&place.path),
        Provenance::Git(place) if !RemoteUrl::is_meant(&place.repository) => {
            let path = absolute_path(place.repository.as_bytes());
            if let Ok(path) = String::from_utf8(path) {
                place.repository = path;
            }
        }
        Provenance::Git(_) | Provenance::Stdin | Provenance::Remote(_) => {}
    }
    provenance
}

/// A path from the root, as far as words tell.
/// A path from the root, as far as words tell.
#[cfg(unix)]
pub fn absolute_path(path: &[u8]) -> Vec<u8> {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    let named = Path::new(std::ffi::OsStr::from_bytes(path));
    std::path::absolute(named).map_or_else(|_| path.to_vec(), |it| it.into_os_string().into_vec())
}

/// A path from the root, as far as words tell.
/// A path from the root, as far as words tell.
#[cfg(not(unix))]
pub fn absolute_path(path: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(path) else { return path.to_vec() };
    std::path::absolute(Path::new(text))
        .map_or_else(|_| path.to_vec(), |it| it.to_string_lossy().into_owned().into_bytes())
}

//! `leeward scan --record`: what a scan found goes into the store, with places
//! that mean the same wherever the next command is run.

use std::{path::Path, sync::Arc};

use leeward_model::{Finding, IncidentId, Provenance, SafeText, Secret};
use leeward_pipeline::{Scope, Target};
use leeward_source::git::RemoteUrl;
use leeward_store::{Recorded, Scan, Store, all_files, all_objects};

use crate::{config::Config, failure::Failure, terminal};

/// What a scan was.
pub(crate) struct Scanned<'a> {
    /// When it began: seconds since 1970-01-01 UTC.
    pub(crate) at: i64,
    /// Who ran it.
    pub(crate) actor: &'a str,
    /// What was scanned, in the user's words.
    pub(crate) targets: &'a [String],
    /// What was scanned.
    pub(crate) meant: &'a [Target],
    /// Which part of it.
    pub(crate) scope: &'a Scope,
    /// The database, if it is not the usual one.
    pub(crate) store: Option<&'a str>,
    /// Whether everything in it was looked at.
    pub(crate) is_complete: bool,
}

/// Keeps findings, and says what became of them.
pub(crate) fn record(
    store: &mut Store,
    config: &Config,
    scanned: &Scanned<'_>,
    findings: &mut [Finding],
    hidden: &[&Secret],
) -> Result<Recorded, Failure> {
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
    let recorded = store.record(&Scan {
        at: scanned.at,
        actor: scanned.actor,
        targets: &targets,
        findings,
        covered: &covered,
        due: &|severity| config.due_in(severity),
    })?;
    say(&recorded, scanned.store);
    Ok(recorded)
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

fn say(recorded: &Recorded, store: Option<&str>) {
    let Recorded { opened, reopened, updated, unchanged } = recorded;
    let numbers = |ids: &[IncidentId]| match ids {
        [] => "none".to_owned(),
        [one] => one.to_string(),
        [first, .., last] if ids.len() > 8 => format!("{first} to {last} ({} in all)", ids.len()),
        ids => ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let mut said = Vec::new();
    if !opened.is_empty() {
        said.push(format!("opened {}", numbers(opened)));
    }
    if !reopened.is_empty() {
        said.push(format!("reopened {}", numbers(reopened)));
    }
    let known = updated + unchanged;
    if known > 0 {
        said.push(format!("{known} known already, {updated} of them changed"));
    }
    if said.is_empty() {
        return;
    }
    let place = store.map(|store| format!(" --store {}", SafeText::new(store))).unwrap_or_default();
    let next = match opened.first().or(reopened.first()) {
        Some(first) => format!("; next: leeward respond {first}{place}"),
        None => format!("; `leeward incident list{place}` shows them"),
    };
    terminal::notice(&crate::discreet::discreet(&format!("incidents: {}{next}", said.join("; "))));
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

#[cfg(unix)]
pub(crate) fn absolute_path(path: &[u8]) -> Vec<u8> {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    let named = Path::new(std::ffi::OsStr::from_bytes(path));
    std::path::absolute(named).map_or_else(|_| path.to_vec(), |it| it.into_os_string().into_vec())
}

#[cfg(not(unix))]
pub(crate) fn absolute_path(path: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(path) else { return path.to_vec() };
    std::path::absolute(Path::new(text))
        .map_or_else(|_| path.to_vec(), |it| it.to_string_lossy().into_owned().into_bytes())
}

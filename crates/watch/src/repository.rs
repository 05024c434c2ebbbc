//! A repository of others: cloned into a directory of our own, scanned whole the first
//! time and later beyond what its refs pointed to, and forgotten. What is ours in it is
//! recorded.

use leeward_model::{DossierId, Finding, Fingerprint, ObjectId, Reason, SafeText, Secret};
use leeward_pipeline::{Failure, Request, Scope, scan_repository};
use leeward_remote::Belongs;
use leeward_source::{
    Progress, files,
    git::{CloneError, RemoteUrl, clone_bare},
};
use leeward_store::{NewGap, Recorded, Source, Store};

use crate::{
    ground::Ground,
    keep::{Met, keep},
    turn::belongs_name,
    whose::Ours,
    worker::Fault,
};

/// The most object names that are remembered of a repository: with fewer than all, more
/// is scanned again, to no other effect.
const MOST_TIPS: usize = 4_096;

/// What is cloned.
pub(crate) struct Wanted<'a> {
    pub(crate) source: Option<&'a Source>,
    /// Whether it is of a source at all, be it one that is known no more.
    pub(crate) is_of_source: bool,
    pub(crate) url: &'a str,
    pub(crate) needs_credential: bool,
}

/// Clones, scans and records.
pub(crate) fn look(
    ground: &Ground,
    store: &mut Store,
    wanted: &Wanted<'_>,
    progress: &Progress,
) -> Result<Recorded, Fault> {
    let url = RemoteUrl::parse(wanted.url, ground.local_repositories)
        .map_err(|error| Fault::Never(error.to_string()))?;
    let url = match wanted.source.filter(|_| wanted.needs_credential) {
        None => url,
        Some(source) => {
            let word = (ground.clone_with)(&source.name).ok_or_else(|| {
                Fault::Never(format!(
                    "the repository is private, and source `{}` has no credential to clone it \
                     with: give it `token_env` or `token_file`",
                    source.name
                ))
            })?;
            with(url, &word)
        }
    };
    let folder = tempfile::Builder::new().prefix("leeward-").tempdir();
    let folder = folder.map_err(|error| {
        Fault::Later(format!("cannot make a temporary directory for the clone: {error}"))
    })?;
    let repository = clone_bare(&url, folder.path(), progress).map_err(|error| match error {
        CloneError::Url(_) => Fault::Never(error.to_string()),
        CloneError::Stopped => Fault::Stopped,
        _ => Fault::Later(error.to_string()),
    })?;
    let name = url.as_str();
    let mut tips: Vec<ObjectId> =
        repository.surroundings().refs.into_iter().map(|(_, id)| id).collect();
    tips.sort_unstable();
    tips.dedup();
    let scope = match store.tips(name)? {
        Some(known) => {
            let known: Vec<ObjectId> =
                known.iter().filter_map(|id| ObjectId::from_hex(id)).collect();
            if known == tips {
                return Ok(Recorded::default());
            }
            Scope::Beyond(known)
        }
        None => Scope::History,
    };
    let now = ground.now();
    let request = Request {
        targets: &[],
        scope,
        index: None,
        unpack: None,
        files: files::Options::default(),
        threads: ground.threads,
        least: ground.least,
        baseline: None,
        ignore: None,
        today: ground.today(),
        now,
        user_rules: None,
        decoys: None,
        desk: None,
    };
    let outcome =
        scan_repository(&request, &repository, name, &ground.library, &ground.detector, progress);
    let outcome = outcome.map_err(|error| match error {
        Failure::Temporary(_) => Fault::Later(error.to_string()),
        error => Fault::Never(error.to_string()),
    })?;
    if progress.is_cancelled() {
        return Err(Fault::Stopped);
    }
    let mut ours = Ours::default();
    ours.refresh(store, now)?;
    // Of a source that nobody knows any more, nobody can say that it is ours.
    let is_anyone = match wanted.source {
        Some(source) => source.belongs != belongs_name(Belongs::Us),
        None => wanted.is_of_source,
    };
    let (mine, theirs): (Vec<Finding>, Vec<Finding>) =
        outcome.findings.into_iter().partition(|finding| {
            let mut places = finding.locations.iter();
            !is_anyone
                || ours.has(&finding.fingerprint)
                || places.any(|location| ground.names.are_of(&location.provenance))
        });
    let strangers: Vec<(Fingerprint, DossierId)> =
        theirs.iter().map(|it| (it.fingerprint, it.dossier.clone())).collect();
    let mut hidden: Vec<Secret> = outcome.hidden;
    hidden.extend(theirs.into_iter().map(|finding| finding.secret));
    let hidden: Vec<&Secret> = hidden.iter().collect();
    let targets = [name.to_owned()];
    let met = Met { findings: mine, hidden: &hidden, targets: &targets, covered: &[] };
    let recorded = keep(ground, store, met)?;
    store.met_strangers(&strangers, now)?;
    if let Some(source) = wanted.source {
        let gaps: Vec<(String, String)> = outcome
            .coverage
            .not_scanned
            .iter()
            .filter(|left| !left.reason.is_by_choice())
            .map(|left| {
                let path = SafeText::new(&left.path).to_string();
                let mask = |text: &str| leeward_report::mask_text(text, &hidden);
                (mask(&format!("{name}: {path}")), mask(&why(&left.reason)))
            })
            .collect();
        let gaps: Vec<NewGap<'_>> = gaps.iter().map(|(what, why)| NewGap { what, why }).collect();
        if !gaps.is_empty() {
            store.note_gaps(source.id, &gaps, now)?;
        }
    }
    // Only now: what was not recorded is scanned again.
    let tips: Vec<String> = tips.iter().take(MOST_TIPS).map(ToString::to_string).collect();
    store.set_tips(name, &tips, now)?;
    Ok(recorded)
}

/// Why something was left out, in words.
fn why(reason: &Reason) -> String {
    let Some(detail) = reason.detail() else { return reason.name().to_owned() };
    format!("{}: {}", reason.name(), SafeText::new(detail))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the operator's own credential, to the host of its own repository"
)]
fn with(url: RemoteUrl, (user, word): &(String, Secret)) -> RemoteUrl {
    match std::str::from_utf8(word.expose()) {
        Ok(word) => url.with_credentials(user, word),
        Err(_) => url,
    }
}

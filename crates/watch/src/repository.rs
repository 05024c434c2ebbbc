//! A repository of others: cloned into a directory of our own, scanned whole the first
//! time and later beyond what its refs pointed to, and forgotten. What is ours in it is
//! recorded.

use jiff::civil::Date;
use leeward_detect::Detector;
use leeward_dossier::Library;
use leeward_model::{
    Coverage, DossierId, Finding, Fingerprint, Level, ObjectId, Reason, SafeText, Secret,
};
use leeward_pipeline::{Failure, Outcome, Request, Scope, Unpacking, scan_repository};
use leeward_remote::Belongs;
use leeward_source::{
    Progress, files,
    git::{CloneError, RemoteUrl, Repository, clone_bare},
};
use leeward_store::{NewGap, Recorded, Source, Store, Trouble};

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

/// With what a clone is scanned.
pub struct Scanner<'a> {
    /// What is known of credentials.
    pub library: &'a Library,
    /// Finds them.
    pub detector: &'a Detector,
    /// Findings below this are left out.
    pub least: Level,
    /// Threads that read and detect.
    pub threads: usize,
    /// How containers are opened, if they are.
    pub unpack: Option<&'a Unpacking>,
    /// The day.
    pub today: Date,
    /// The moment: seconds since 1970-01-01 UTC.
    pub now: i64,
}

impl Scanner<'_> {
    /// Scans the history of a clone, or a part of it, under the name that its findings
    /// give it.
    ///
    /// # Errors
    /// As for [`scan_repository`].
    pub fn scan(
        &self,
        repository: &Repository,
        name: &str,
        scope: Scope,
        progress: &Progress,
    ) -> Result<Outcome, Failure> {
        let request = Request {
            targets: &[],
            scope,
            index: None,
            unpack: self.unpack,
            files: files::Options::default(),
            threads: self.threads,
            least: self.least,
            baseline: None,
            ignore: None,
            today: self.today,
            now: self.now,
            user_rules: None,
            decoys: None,
            desk: None,
            judged: None,
        };
        scan_repository(&request, repository, name, self.library, self.detector, progress)
    }
}

/// What a scan of a repository found, wherever it was done, on its way into the store.
pub struct Arrived<'a> {
    /// The source that the repository belongs to, if it is known.
    pub source: Option<&'a Source>,
    /// Whether it is of a source at all, be it one that is known no more.
    pub is_of_source: bool,
    /// The repository's name: its address without user information.
    pub name: &'a str,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Other values that were met, which nothing that is kept may hold.
    pub hidden: Vec<Secret>,
    /// What was not looked at, and why, in words that hold no value.
    pub gaps: Vec<(String, String)>,
    /// What its refs pointed to, if all that they lead to was looked at.
    pub tips: Option<&'a [ObjectId]>,
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
    let tips = tips(&repository);
    let Some(scope) = scope(known(store, name)?, &tips) else { return Ok(Recorded::default()) };
    let now = ground.now();
    let scanner = Scanner {
        library: &ground.library,
        detector: &ground.detector,
        least: ground.least,
        threads: ground.threads,
        unpack: ground.unpack.as_ref(),
        today: ground.today(),
        now,
    };
    let outcome =
        scanner.scan(&repository, name, scope, progress).map_err(|error| match error {
            Failure::Temporary(_) => Fault::Later(error.to_string()),
            error => Fault::Never(error.to_string()),
        })?;
    if progress.is_cancelled() {
        return Err(Fault::Stopped);
    }
    let gaps = {
        let own = outcome.findings.iter().map(|finding| &finding.secret);
        let secrets: Vec<&Secret> = own.chain(&outcome.hidden).collect();
        gaps(&outcome.coverage, name, &secrets)
    };
    let arrived = Arrived {
        source: wanted.source,
        is_of_source: wanted.is_of_source,
        name,
        findings: outcome.findings,
        hidden: outcome.hidden,
        gaps,
        tips: Some(&tips),
    };
    Ok(take_in(ground, store, &mut Ours::default(), arrived)?)
}

/// What the refs of a repository point to.
pub fn tips(repository: &Repository) -> Vec<ObjectId> {
    let mut tips: Vec<ObjectId> =
        repository.surroundings().refs.into_iter().map(|(_, id)| id).collect();
    tips.sort_unstable();
    tips.dedup();
    tips
}

/// What they pointed to when it was last scanned.
///
/// # Errors
/// What the store says.
pub fn known(store: &mut Store, name: &str) -> Result<Option<Vec<ObjectId>>, Trouble> {
    let known = store.tips(name)?;
    Ok(known.map(|known| known.iter().filter_map(|id| ObjectId::from_hex(id)).collect()))
}

/// What is to be scanned; `None` if it is nothing new.
pub fn scope(known: Option<Vec<ObjectId>>, tips: &[ObjectId]) -> Option<Scope> {
    match known {
        Some(known) if known == tips => None,
        Some(known) => Some(Scope::Beyond(known)),
        None => Some(Scope::History),
    }
}

/// What was left out of a scan, and why, without these values.
pub fn gaps(coverage: &Coverage, name: &str, secrets: &[&Secret]) -> Vec<(String, String)> {
    let left = coverage.not_scanned.iter().filter(|left| !left.reason.is_by_choice());
    left.map(|left| {
        let path = SafeText::new(&left.path).to_string();
        let mask = |text: &str| leeward_report::mask_text(text, secrets);
        (mask(&format!("{name}: {path}")), mask(&why(&left.reason)))
    })
    .collect()
}

/// Records what is ours of what arrived, and that it was looked at. What is taken in a
/// second time changes nothing.
///
/// # Errors
/// What the store says.
pub fn take_in(
    ground: &Ground,
    store: &mut Store,
    ours: &mut Ours,
    arrived: Arrived<'_>,
) -> Result<Recorded, Trouble> {
    let Arrived { source, is_of_source, name, findings, mut hidden, gaps, tips } = arrived;
    let now = ground.now();
    ours.refresh(store, now)?;
    // Of a source that nobody knows any more, nobody can say that it is ours.
    let is_anyone = match source {
        Some(source) => source.belongs != belongs_name(Belongs::Us),
        None => is_of_source,
    };
    let (mine, theirs): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(|finding| {
        let mut places = finding.locations.iter();
        !is_anyone
            || ours.has(&finding.fingerprint)
            || places.any(|location| ground.names.are_of(&location.provenance))
    });
    let strangers: Vec<(Fingerprint, DossierId)> =
        theirs.iter().map(|it| (it.fingerprint, it.dossier.clone())).collect();
    hidden.extend(theirs.into_iter().map(|finding| finding.secret));
    let hidden: Vec<&Secret> = hidden.iter().collect();
    let targets = [name.to_owned()];
    let met = Met { findings: mine, hidden: &hidden, targets: &targets, covered: &[] };
    let recorded = keep(ground, store, met)?;
    store.met_strangers(&strangers, now)?;
    if let Some(source) = source
        && !gaps.is_empty()
    {
        let gaps: Vec<NewGap<'_>> = gaps.iter().map(|(what, why)| NewGap { what, why }).collect();
        store.note_gaps(source.id, &gaps, now)?;
    }
    // Only now: what was not recorded is scanned again.
    if let Some(tips) = tips {
        let tips: Vec<String> = tips.iter().take(MOST_TIPS).map(ToString::to_string).collect();
        store.set_tips(name, &tips, now)?;
    }
    Ok(recorded)
}

/// Why something was left out, in words.
/// Why something was left out, in words.
pub(crate) fn why(reason: &Reason) -> String {
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

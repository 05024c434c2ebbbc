//! What a response may use: the exposed value, who is asked, an
//! administrator's key, where a replacement goes, what is searched. Secrets
//! come from files, variables and prompts, never from arguments.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use leeward_detect::{Detector, Options};
use leeward_dossier::{Dossier, Library};
use leeward_model::{Case, Entry, Event, Fingerprint, Provenance, SafeText, Secret};
use leeward_probe::{Inquirer, Learnt, Office, Settings, Stop};
use leeward_respond::{
    Journal, OwnLog, Shelf, Unrecorded,
    vault::{Access, Destination},
};
use leeward_source::git::{RemoteUrl, Repository};
use zeroize::Zeroizing;

use super::logs;
use crate::{args, environment, failure::Failure, terminal, value};

/// What a response may use.
pub(crate) struct Hands {
    pub(crate) inquirer: Option<Arc<Inquirer>>,
    pub(crate) office: Option<Office>,
    pub(crate) secret: Option<Secret>,
    pub(crate) replacement: Option<Secret>,
    /// All of these values, which nothing that is written down may hold.
    pub(crate) hidden: Vec<Secret>,
    /// Where a replacement goes, and what each is reached with.
    destinations: Vec<(Destination, Access)>,
    /// Directories that are searched.
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) home: Option<PathBuf>,
    pub(crate) user_rules: Option<PathBuf>,
    pub(crate) detector: Detector,
    /// What logs of the user's own show.
    pub(crate) logs: Vec<OwnLog>,
}

impl Hands {
    /// What was named on the command line, and what the environment has.
    pub(crate) fn of(
        args: &args::Respond,
        library: &Arc<Library>,
        dossier: &Dossier,
        case: &Case,
        settings: &Settings,
        sealed: Option<Secret>,
        stop: &Stop,
    ) -> Result<Self, Failure> {
        let how = &args.how;
        let secret = if how.value {
            Some(exposed(library, dossier, case)?)
        } else {
            leeward_watch::reread::value(case, library, Some(&crate::apart::settings())).or(sealed)
        };
        let replacement = how.replacement.then(|| value::replacement(dossier)).transpose()?;
        let inquirer = if settings.offline {
            None
        } else {
            let opened = Inquirer::open(Arc::clone(library), settings.clone(), stop.clone());
            Some(Arc::new(opened.map_err(|error| Failure::Asking(error.to_string()))?))
        };
        let admin = administrator(args, dossier)?;
        let given = [&secret, &replacement, &admin].into_iter().flatten();
        let hidden = given.map(Secret::duplicate).collect();
        let office = match (admin, &inquirer) {
            (Some(admin), Some(inquirer)) if dossier.administer.is_some() => {
                let office = Office::beside(Arc::clone(inquirer), dossier, admin)
                    .map_err(|error| Failure::Asking(error.to_string()))?;
                Some(match &secret {
                    Some(secret) => office.hiding(secret.duplicate()),
                    None => office,
                })
            }
            _ => None,
        };
        let user_rules = environment::git_ignore_rules();
        let mut destinations = Vec::new();
        for text in &how.to {
            let destination = Destination::parse(text)
                .map_err(|error| Failure::Store(format!("`--to`: {error}")))?;
            let access = access(&destination, settings, stop, user_rules.clone());
            destinations.push((destination, access));
        }
        let logs = logs::read(how, dossier, case, secret.as_ref())?;
        Ok(Self {
            hidden,
            logs,
            inquirer,
            office,
            secret,
            replacement,
            destinations,
            roots: roots(case, &how.search),
            home: environment::home(),
            user_rules,
            detector: Detector::new(library, Options::default()),
        })
    }

    /// Where a replacement goes, ready for use.
    pub(crate) fn shelves(&self) -> Vec<Shelf<'_>> {
        let mut shelves = Vec::new();
        for (destination, access) in &self.destinations {
            shelves.push(Shelf::new(destination.clone(), destination.open(access)));
        }
        shelves
    }
}

/// What a place is reached with, from the environment.
pub(crate) fn access(
    destination: &Destination,
    settings: &Settings,
    stop: &Stop,
    user_rules: Option<PathBuf>,
) -> Access {
    let mut access = Access::new(settings.network.clone(), stop.clone());
    access.user_ignores = user_rules;
    for wanted in destination.wants() {
        let names = std::iter::once(wanted.variable).chain(wanted.or);
        if let Some(value) = environment::secret(names) {
            access.set(wanted, value);
        }
    }
    access
}

/// Directories in which something may use the value: the work trees that it
/// lies in or whose history holds it, and those that the user names.
fn roots(case: &Case, named: &[PathBuf]) -> Vec<PathBuf> {
    let mut roots: BTreeSet<PathBuf> = BTreeSet::new();
    for location in &case.locations {
        let start = match &*location.provenance {
            Provenance::File(place) => leeward_watch::reread::path_of(&place.path),
            Provenance::Git(place) if !RemoteUrl::is_meant(&place.repository) => {
                Some(PathBuf::from(&place.repository))
            }
            Provenance::Git(_) | Provenance::Stdin | Provenance::Remote(_) => None,
        };
        let Some(start) = start else { continue };
        let tree = Repository::discover(&start).ok().flatten();
        let tree = tree.and_then(|it| it.work_tree().map(Path::to_owned));
        let root = tree.or_else(|| {
            if start.is_dir() { Some(start) } else { start.parent().map(Path::to_owned) }
        });
        roots.extend(root.filter(|root| root.is_dir()));
    }
    roots.extend(named.iter().filter_map(|path| std::path::absolute(path).ok()));
    // One below another is searched with it.
    let all = roots.clone();
    roots.retain(|root| !all.iter().any(|other| other != root && root.starts_with(other)));
    roots.into_iter().collect()
}

/// The exposed value, handed in; it must be the one that the incident is about.
fn exposed(library: &Library, dossier: &Dossier, case: &Case) -> Result<Secret, Failure> {
    let finding = value::handed_in(library, Some(dossier.id().as_str()))?;
    if Fingerprint::new(&dossier.family, &finding.secret) != case.fingerprint {
        return Err(Failure::Value(format!(
            "nothing was done: this is not the value of the incident, which is {}",
            case.hint
        )));
    }
    Ok(finding.secret)
}

/// An administrator's key: from a file, a prompt, or the environment.
fn administrator(args: &args::Respond, dossier: &Dossier) -> Result<Option<Secret>, Failure> {
    if let Some(path) = &args.how.admin_key_file {
        return read_file(path).map(Some);
    }
    if args.how.admin_key {
        return value::prompted("administrator's key (it is not shown): ").map(Some);
    }
    let names = dossier.administer.iter().flat_map(|it| it.names.iter().map(String::as_str));
    Ok(environment::secret(std::iter::once("LEEWARD_ADMIN_KEY").chain(names)))
}

/// A secret that a file holds alone.
fn read_file(path: &Path) -> Result<Secret, Failure> {
    let failed =
        |error: io::Error| Failure::File("read the administrator's key in", path.to_owned(), error);
    let bytes = Zeroizing::new(fs::read(path).map_err(failed)?);
    let value = bytes.trim_ascii();
    if value.is_empty() || value.iter().any(u8::is_ascii_whitespace) {
        return Err(Failure::Content(
            path.to_owned(),
            "it should hold an administrator's key and nothing else".to_owned(),
        ));
    }
    if is_open(path) {
        let shown = SafeText::new(path.as_os_str().as_encoded_bytes()).to_string();
        terminal::notice(&format!(
            "warning: others on this machine can read `{shown}`: `chmod 600` it"
        ));
    }
    Ok(Secret::new(value))
}

#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}

/// The journal of a plan, which does nothing that could be written down.
pub(crate) struct Unwritten;

impl Journal for Unwritten {
    fn record(&mut self, _: Entry) -> Result<Event, Unrecorded> {
        Err(Unrecorded("a plan records nothing".to_owned()))
    }

    fn learn(&mut self, _: &Learnt, _: Entry) -> Result<Vec<Event>, Unrecorded> {
        Err(Unrecorded("a plan records nothing".to_owned()))
    }

    fn alive(&mut self) -> Result<(), Unrecorded> {
        Ok(())
    }
}

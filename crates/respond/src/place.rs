//! Where a response looks and where it puts things: directories that are
//! searched for what uses a value, and places that keep a replacement.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use leeward_detect::Detector;
use leeward_dossier::Dossier;
use leeward_model::{Case, Fingerprint, Provenance, SafeText, Secret};
use leeward_source::{Progress, files, git::RemoteUrl};

use crate::{
    dependents::{self, Dependents},
    harden, patch, surgery,
    vault::{Destination, Held, Keeper, Receipt, Trouble, is_variable},
};

/// Directories that are searched for what uses a value.
pub struct Ground<'a> {
    /// Directories and files.
    pub roots: Vec<PathBuf>,
    /// Where `~` of the dossier's places is.
    pub home: Option<&'a Path>,
    /// Names under which the value is known to be held where no file shows it.
    pub names: Vec<String>,
    /// The detector of the run.
    pub detector: &'a Detector,
    /// How files are read.
    pub files: files::Options,
    /// The user's own ignore rules for Git.
    pub user_rules: Option<&'a Path>,
}

impl Ground<'_> {
    /// Whether there is nowhere to search.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// What is searched, for people.
    pub(crate) fn in_words(&self) -> String {
        let shown: Vec<String> =
            self.roots.iter().map(|root| format!("`{}`", root.display())).collect();
        match shown.len() {
            0 => "nothing".to_owned(),
            1..=3 => shown.join(" and "),
            count => format!("{} and {} more directories", shown[..2].join(", "), count - 2),
        }
    }

    /// Searches for what uses a value.
    pub(crate) fn dependents(
        &self,
        dossier: &Dossier,
        case: &Case,
        secret: Option<&Secret>,
        new: Option<Fingerprint>,
    ) -> Dependents {
        if self.is_empty() {
            return Dependents::default();
        }
        let search = dependents::Search {
            roots: &self.roots,
            home: self.home,
            old: case.fingerprint,
            secret,
            new,
            names: &self.names,
            dossier,
            detector: self.detector,
            files: &self.files,
            user_rules: self.user_rules,
        };
        search.run(&Progress::default())
    }

    /// What in the code makes the next leak worse, a line each.
    pub(crate) fn weaknesses(&self, dossier: &Dossier) -> Vec<String> {
        if self.is_empty() {
            return Vec::new();
        }
        let found = harden::inspect(
            &self.roots,
            dossier,
            &self.files,
            self.user_rules,
            &Progress::default(),
        );
        let line = |it: &harden::Weakness| {
            let path = match &*it.place.provenance {
                Provenance::File(place) => SafeText::new(&place.path).to_string(),
                Provenance::Git(_) | Provenance::Stdin | Provenance::Remote(_) => String::new(),
            };
            format!("`{path}:{}`: {}; {}; {}", it.place.start.line, it.title, it.why, it.fix)
        };
        found.weaknesses.iter().map(line).collect()
    }

    /// How the value would be taken out of each repository that holds it, a line
    /// each: what holds it, the commands in order, and what they do not reach.
    pub(crate) fn surgery(
        &self,
        dossier: &Dossier,
        case: &Case,
        secret: Option<&Secret>,
    ) -> Vec<String> {
        let repositories: BTreeSet<&str> = case
            .locations
            .iter()
            .filter_map(|location| match &*location.provenance {
                Provenance::Git(place) if !RemoteUrl::is_meant(&place.repository) => {
                    Some(place.repository.as_str())
                }
                _ => None,
            })
            .collect();
        let sought = surgery::Sought {
            fingerprint: case.fingerprint,
            secret,
            dossier,
            detector: self.detector,
            threads: self.files.threads.max(1),
        };
        let mut lines = Vec::new();
        for repository in repositories {
            match surgery::plan(Path::new(repository), &sought, &Progress::default()) {
                Ok(plan) => told(repository, &plan, &mut lines),
                Err(error) => lines
                    .push(format!("`{}` could not be read: {error}", SafeText::new(repository))),
            }
        }
        lines
    }
}

fn told(repository: &str, plan: &surgery::Plan, lines: &mut Vec<String>) {
    if plan.objects == 0 {
        return;
    }
    let refs: Vec<&str> =
        plan.refs.iter().filter(|it| it.leads).map(|it| it.name.as_str()).collect();
    let refs = if refs.is_empty() { "no ref".to_owned() } else { refs.join(", ") };
    lines.push(format!(
        "`{}` holds it in {} objects, which {refs} leads to",
        SafeText::new(repository),
        plan.objects
    ));
    lines.extend(plan.commands.iter().map(|it| format!("{}: `{}`", it.why, it.text)));
    lines.extend(plan.hints.iter().map(|it| format!("{}: {}", it.what, it.text)));
}

/// A place that keeps a replacement, ready for use.
pub struct Shelf<'a> {
    destination: Destination,
    keeper: Box<dyn Keeper + 'a>,
}

impl<'a> Shelf<'a> {
    /// A place and what it is reached with.
    pub fn new(destination: Destination, keeper: Box<dyn Keeper + 'a>) -> Self {
        Self { destination, keeper }
    }

    /// As the user wrote it.
    pub(crate) fn name(&self) -> String {
        self.destination.to_string()
    }

    /// What would be sent or written, without the value.
    pub(crate) fn plan(&self) -> Vec<String> {
        self.keeper.plan()
    }

    pub(crate) fn put(&self, value: &Secret) -> Result<Receipt, Trouble> {
        self.keeper.put(value)
    }

    /// Whether a value could be put there.
    pub(crate) fn ready(&self) -> Result<(), Trouble> {
        self.keeper.ready()
    }

    pub(crate) fn holds(&self, is_it: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble> {
        self.keeper.holds(is_it)
    }

    /// How code gets the value from there, in a sentence.
    pub(crate) fn how_it_is_read(&self) -> String {
        let name = self.variable().unwrap_or_else(|| "a variable".to_owned());
        format!("`{}`: {name} {}", self.name(), self.keeper.reference().way)
    }

    /// The variable that the destination is named after, if it is named so.
    fn variable(&self) -> Option<String> {
        let name = self.name();
        let (_, key) = name.rsplit_once('#')?;
        is_constant(key).then(|| key.to_owned())
    }

    /// A change of a file that holds the value itself, so that it is read from
    /// there: the masked difference and what else is to be done, or why there is
    /// none.
    pub(crate) fn proposal(
        &self,
        dossier: &Dossier,
        secret: &Secret,
        consumer: &dependents::Consumer,
        roots: &[PathBuf],
    ) -> Option<String> {
        let Provenance::File(place) = &*consumer.place.provenance else { return None };
        let path = dependents::path_of(&place.path);
        let is_the_place =
            |file: &Path| std::fs::canonicalize(file).ok() == path.canonicalize().ok();
        if self.destination.file().is_some_and(is_the_place) {
            return None;
        }
        let text = std::fs::read(&path).ok()?;
        let span = consumer.place.span.start as usize..consumer.place.span.end as usize;
        let held = || patch::variable(dossier, consumer.name.as_deref());
        let name = self.variable().unwrap_or_else(held);
        let shown = roots.iter().find_map(|root| path.strip_prefix(root).ok());
        let reference = self.keeper.reference();
        Some(match patch::propose(shown.unwrap_or(&path), &text, span, secret, &name, &reference) {
            Ok(edit) => format!("{}\n{}", edit.masked_diff, edit.note),
            Err(why) => format!("`{}`: {why}", SafeText::new(&place.path)),
        })
    }
}

/// Whether a name is one that variables of the environment have.
fn is_constant(name: &str) -> bool {
    is_variable(name) && !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

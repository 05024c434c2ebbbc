//! `--range ci`: which commits are new, as the build service tells its job.
//!
//! What a service says is not believed: object names and branch names are
//! checked, and only commits that are here count. Where nothing can be told,
//! the whole history is scanned and the report says why: rather too much than
//! too little. A shallow clone that lacks what was to be looked at makes the
//! scan incomplete.

mod services;

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
};

use leeward_model::{Coverage, NotScanned, Reason, SafeText};
use leeward_pipeline::{Scope, Target};
use leeward_source::git::Repository;
use serde_json::Value;

use crate::{environment, failure::Failure};

use services::{ALL, BY_HAND, Base, Service};

/// What is written for a range that the build service names.
pub(crate) const RANGE: &str = "ci";

/// The largest description of an event that is read, in bytes.
const EVENT: u64 = 32 << 20;

/// Which commits are new.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct News {
    /// What to leave out, as revisions; the whole history if empty.
    without: Vec<String>,
    /// What was decided, and why.
    note: String,
    /// Whether less is looked at than was meant, or more.
    fell_back: bool,
    /// What should be looked at and is not here.
    lacks: Option<String>,
}

/// Asks the environment about the first target that is a path.
pub(crate) fn news(targets: &[Target]) -> Result<News, Failure> {
    let path = targets.iter().find_map(|target| match target {
        Target::Path(path) => Some(path.as_path()),
        _ => None,
    });
    let repository = Repository::discover(path.unwrap_or(Path::new(".")))
        .map_err(|error| Failure::Scan(leeward_pipeline::Failure::Open(error)))?;
    let Some(repository) = repository else {
        // The scan says that there is none.
        return Ok(News::whole("there is no repository here".to_owned()));
    };
    let repository = Here {
        has_commit: &|revision| repository.has_commit(revision),
        is_shallow: repository.is_shallow(),
    };
    Ok(decide(&repository, &environment::text))
}

impl News {
    fn whole(note: String) -> Self {
        Self { without: Vec::new(), note, fell_back: false, lacks: None }
    }

    /// The part of the repository to scan.
    pub(crate) fn scope(&self) -> Scope {
        if self.without.is_empty() {
            return Scope::History;
        }
        let without = self.without.iter().map(|revision| format!("^{revision} "));
        Scope::Range(without.collect::<String>() + "HEAD")
    }

    /// Says what was decided.
    ///
    /// # Errors
    /// If standard error cannot be written.
    pub(crate) fn tell(&self) -> Result<(), Failure> {
        Ok(writeln!(io::stderr(), "range: {}", SafeText::new(&self.note))?)
    }

    /// Adds what was decided to the account of the scan, where it is not what
    /// was meant.
    pub(crate) fn account(self, coverage: &mut Coverage) {
        if self.fell_back || self.lacks.is_some() {
            coverage.warnings.push(self.note);
        }
        if let Some(path) = self.lacks {
            let path = path.into_bytes();
            coverage.not_scanned.push(NotScanned { path, reason: Reason::Missing, bytes: None });
        }
    }
}

/// What has to be known of the repository.
struct Here<'a> {
    has_commit: &'a dyn Fn(&str) -> bool,
    is_shallow: bool,
}

fn decide(here: &Here<'_>, variable: &dyn Fn(&str) -> Option<String>) -> News {
    let service = ALL.iter().find(|service| variable(service.mark).is_some());
    if let Some(base) = variable(BY_HAND).filter(|base| !is_nothing(base)) {
        let who = format!("`{BY_HAND}`");
        let deepen = service.map_or("fetch the whole history first", |service| service.deepen);
        let stated = [commit(&base)];
        return from(here, &who, &[&stated], deepen);
    }
    let Some(service) = service else {
        return whole(
            here,
            "no build service is known here",
            "fetch the whole history first",
            true,
        );
    };
    let event = service.event.and_then(variable).and_then(|path| read_event(Path::new(&path)));
    let look = |name: &str| match name.strip_prefix("event:") {
        Some(pointer) => event.as_ref()?.pointer(pointer)?.as_str().map(ToOwned::to_owned),
        None => variable(name),
    };
    let is_wanted =
        |(name, value): &(&str, &str)| variable(name).is_some_and(|text| text == *value);
    if service.whole.iter().any(is_wanted) {
        let why = format!("{}: a run that is about no push", service.name);
        return whole(here, &why, service.deepen, false);
    }
    let stated = stated(service, &look);
    let stated: Vec<&[Stated]> = stated.iter().map(Vec::as_slice).collect();
    from(here, service.name, &stated, service.deepen)
}

/// A revision as it can be looked up, or what is wrong with it.
type Stated = Result<String, String>;

/// What a service says, in the order of its bases.
fn stated(service: &Service, look: &dyn Fn(&str) -> Option<String>) -> Vec<Vec<Stated>> {
    let one = |base: &Base| match base {
        Base::Commit(name) => look(name).filter(|text| !is_nothing(text)).map(|id| commit(&id)),
        Base::Branch(name) => look(name).filter(|text| !is_nothing(text)).map(|it| branch(&it)),
        Base::Default { branch: default, current } => {
            let default = look(default).filter(|text| !is_nothing(text))?;
            (look(current).as_ref() != Some(&default)).then(|| branch(&default))
        }
    };
    service.bases.iter().map(|together| together.iter().filter_map(one).collect()).collect()
}

/// All zeros, or what some services write for nothing.
fn is_nothing(text: &str) -> bool {
    text.bytes().all(|b| b == b'0') || matches!(text, "false" | "null")
}

fn commit(text: &str) -> Stated {
    let is_id = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_id { Ok(text.to_ascii_lowercase()) } else { Err("what is no object name".to_owned()) }
}

/// A branch of the origin. Git itself allows no such name, but a variable is
/// no ref yet.
fn branch(text: &str) -> Stated {
    let name = text.strip_prefix("refs/heads/").unwrap_or(text);
    let is_bad = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let parts = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let is_name = !name.starts_with('-')
        && !name.contains(is_bad)
        && !name.contains("..")
        && !name.contains("@{")
        && name.split('/').all(parts);
    if is_name {
        Ok(format!("refs/remotes/origin/{name}"))
    } else {
        Err("what is no name of a branch".to_owned())
    }
}

/// The first of the stated bases that is here.
fn from(here: &Here<'_>, who: &str, stated: &[&[Stated]], deepen: &str) -> News {
    let mut not_here = Vec::new();
    for together in stated {
        let mut without = Vec::new();
        for revision in *together {
            match revision {
                Ok(revision) if (here.has_commit)(revision) => without.push(revision.clone()),
                Ok(revision) => not_here.push(format!("`{}`", short(revision))),
                Err(wrong) => not_here.push(wrong.clone()),
            }
        }
        if !without.is_empty() {
            let names: Vec<&str> = without.iter().map(|revision| short(revision)).collect();
            let note = format!("{who}: the commits of HEAD that `{}` lacks", names.join("`, `"));
            // A commit that is not here may have been cut off with others.
            let lacks = (here.is_shallow && together.iter().flatten().count() > without.len())
                .then(|| CUT_OFF.to_owned());
            let note = match lacks {
                Some(_) => format!("{note}; the clone is shallow and may lack some: {deepen}"),
                None => note,
            };
            return News { without, note, fell_back: false, lacks };
        }
    }
    let why = if not_here.is_empty() {
        format!("{who} does not say what is new")
    } else {
        format!("{who} names {}, which is not here", not_here.join(" and "))
    };
    whole(here, &why, deepen, true)
}

/// What a report calls the commits that a shallow clone lacks.
const CUT_OFF: &str = "commits beyond the border of the shallow clone";

fn whole(here: &Here<'_>, why: &str, deepen: &str, fell_back: bool) -> News {
    let mut news = News::whole(format!("{why}: the whole history"));
    news.fell_back = fell_back;
    if here.is_shallow {
        news.note = format!("{}, of which a shallow clone has a part: {deepen}", news.note);
        news.lacks = Some(CUT_OFF.to_owned());
    }
    news
}

fn short(revision: &str) -> &str {
    match revision.strip_prefix("refs/remotes/") {
        Some(name) => name,
        None => revision.get(..12).unwrap_or(revision),
    }
}

/// The description of an event; whatever is wrong with it, it says nothing.
fn read_event(path: &Path) -> Option<Value> {
    let mut text = Vec::new();
    fs::File::open(path).ok()?.take(EVENT).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "1111111111111111111111111111111111111111";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    /// What is decided where these variables are set and these commits are.
    fn decided(variables: &[(&str, &str)], commits: &[&str], is_shallow: bool) -> News {
        let here = Here { has_commit: &|revision| commits.contains(&revision), is_shallow };
        decide(&here, &|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn range(variables: &[(&str, &str)], commits: &[&str]) -> Scope {
        decided(variables, commits, false).scope()
    }

    fn only(text: &str) -> Scope {
        Scope::Range(text.to_owned())
    }

    #[test]
    fn each_service_says_it_in_its_own_words() {
        let main = "refs/remotes/origin/main";
        let without_main = only("^refs/remotes/origin/main HEAD");
        let push = [("GITLAB_CI", "true"), ("CI_COMMIT_BEFORE_SHA", OLD)];
        assert_eq!(range(&push, &[OLD]), only(&format!("^{OLD} HEAD")));
        let new_branch = [
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_BEFORE_SHA", ZERO),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_COMMIT_REF_NAME", "topic"),
        ];
        assert_eq!(range(&new_branch, &[main]), without_main);
        let jenkins = [("JENKINS_URL", "https://ci"), ("CHANGE_TARGET", "main")];
        assert_eq!(range(&jenkins, &[main]), without_main);
        let azure = [("TF_BUILD", "True"), ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")];
        assert_eq!(range(&azure, &[main]), without_main);
        let circle = [("CIRCLECI", "true"), ("LEEWARD_CI_BASE", OLD)];
        assert_eq!(range(&circle, &[OLD]), only(&format!("^{OLD} HEAD")));
        let bitbucket =
            [("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_PR_DESTINATION_COMMIT", "abcdef123456")];
        assert_eq!(range(&bitbucket, &["abcdef123456"]), only("^abcdef123456 HEAD"));
        let buildkite = [
            ("BUILDKITE", "true"),
            ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", ""),
            ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main"),
            ("BUILDKITE_BRANCH", "topic"),
        ];
        assert_eq!(range(&buildkite, &[main]), without_main);
    }

    #[test]
    fn the_first_push_to_the_default_branch_is_all_new() {
        let first = [
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_BEFORE_SHA", ZERO),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_COMMIT_REF_NAME", "main"),
        ];
        let news = decided(&first, &["refs/remotes/origin/main"], false);
        assert_eq!((news.scope(), news.lacks), (Scope::History, None));
    }

    #[test]
    fn what_is_not_said_or_not_here_is_the_whole_history() {
        let unknown = decided(&[], &[], false);
        assert_eq!((unknown.scope(), unknown.fell_back), (Scope::History, true));
        let forced = [("GITLAB_CI", "true"), ("CI_COMMIT_BEFORE_SHA", OLD)];
        let news = decided(&forced, &[], false);
        assert_eq!((news.scope(), news.fell_back, news.lacks), (Scope::History, true, None));
        assert!(news.note.contains("`111111111111`, which is not here"), "{}", news.note);
        let nightly = [("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "schedule")];
        assert!(!decided(&nightly, &[], false).fell_back);
    }

    #[test]
    fn a_shallow_clone_is_incomplete_and_says_how_to_help() {
        let push = [("GITLAB_CI", "true"), ("CI_COMMIT_BEFORE_SHA", OLD)];
        let mut coverage = Coverage::default();
        let news = decided(&push, &[], true);
        assert!(news.note.contains("GIT_DEPTH"), "{}", news.note);
        news.account(&mut coverage);
        assert!(!coverage.is_complete());
        let enough = decided(&push, &[OLD], true);
        assert_eq!((enough.scope(), enough.lacks), (only(&format!("^{OLD} HEAD")), None));
    }

    #[test]
    fn hostile_values_name_nothing() {
        for value in ["--all", "HEAD", "a b", "main..x", "$(id)", "1111111\n::x", "11111"] {
            assert!(commit(value).is_err(), "{value}");
        }
        let hostile = [
            "a b", "-x", "a..b", "x^{}", "a~1", "a\nb", "@{-1}", "a//b", "", "a:b", ".x", "a.lock",
        ];
        for value in hostile {
            assert!(branch(value).is_err(), "{value}");
        }
        assert_eq!(branch("feat/a;id"), Ok("refs/remotes/origin/feat/a;id".to_owned()));
        let news = decided(&[("JENKINS_URL", "x"), ("CHANGE_TARGET", "a ^b")], &[], false);
        assert!(!news.note.contains("^b"), "{}", news.note);
    }
}

//! The plan of a surgery: what would be replaced, which refs lead to it, which
//! commands in which order, and what no command reaches.

use std::{collections::BTreeSet, fmt, path::Path};

use leeward_model::{Commit, Coverage, SafeText};
use leeward_source::{
    Progress,
    git::{OpenError, Repository, ScanError, Surroundings},
};

use super::{
    Hint, Sought,
    find::{self, Found},
    hints,
    replace::Replacements,
};
use crate::sight::Wanted;

/// What would be done, in order, and what it does not reach.
#[derive(Debug)]
pub struct Plan {
    /// The commands for a person, in order.
    pub commands: Vec<Command>,
    /// Every ref, and whether it leads to the value.
    pub refs: Vec<Ref>,
    /// What else serves the value, and what the commands do not reach.
    pub hints: Vec<Hint>,
    /// How many spellings of the value would be replaced.
    pub replacements: usize,
    /// The spellings themselves; they write the files that the commands name.
    pub replacing: Replacements,
    /// How many objects hold it.
    pub objects: usize,
    /// The commits that brought it, oldest first; foreign text, without the
    /// value.
    pub introduced: Vec<Commit>,
    /// What was looked at and what was not.
    pub coverage: Coverage,
}

/// A command for a person to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// As typed into a shell, foreign parts quoted.
    pub text: String,
    /// What it is for.
    pub why: String,
}

/// A ref of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ref {
    /// Its full name, harmless to show.
    pub name: String,
    /// What kind it is.
    pub kind: RefKind,
    /// Whether it leads to the value.
    pub leads: bool,
}

/// What kind a ref is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefKind {
    /// `refs/heads/`
    Branch,
    /// `refs/tags/`
    Tag,
    /// `refs/remotes/`: what a remote had when it was last fetched.
    RemoteTracking,
    /// `refs/notes/`
    Notes,
    /// `refs/stash`
    Stash,
    /// `refs/pull/`, `refs/merge-requests/` and their like: kept by a host,
    /// and not the owner's to change.
    Hosted,
    /// Any other, and a detached HEAD.
    Other,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// The repository cannot be opened.
    Open(OpenError),
    /// It could not be read to the end.
    Scan(ScanError),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Scan(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PlanError {}

/// Plans the surgery of a repository, which is only read.
///
/// # Errors
/// If it cannot be opened, or the scan was stopped.
pub fn plan(path: &Path, sought: &Sought<'_>, progress: &Progress) -> Result<Plan, PlanError> {
    let repository = Repository::open(path)?;
    let found = find::find(&repository, sought, progress).map_err(PlanError::Scan)?;
    let objects = found.objects();
    let histories =
        repository.attribute(&objects, sought.threads, progress).map_err(PlanError::Scan)?;
    let around = repository.surroundings();
    let leading: BTreeSet<&str> =
        histories.of.values().flat_map(|history| &history.refs).map(String::as_str).collect();
    let mut introduced: Vec<Commit> =
        histories.of.values().filter_map(|history| history.introduced.clone()).collect();
    introduced.sort_by_key(|commit| (commit.committed_at, commit.id));
    introduced.dedup_by_key(|commit| commit.id);
    let replacing = Replacements::of(&found.hits);
    for commit in &mut introduced {
        // A message may itself hold the value.
        commit.summary = replacing.masked(&commit.summary);
        commit.author.name = replacing.masked(&commit.author.name);
        commit.author.email = replacing.masked(&commit.author.email);
    }
    let is_reachable = histories.of.values().any(|history| history.reachable);
    let mut refs = refs(&around, &leading);
    let secret = sought.secret.or(found.secret.as_ref());
    let wanted = Wanted::new(sought.detector, sought.dossier, sought.fingerprint, secret, None);
    for one in &mut refs {
        if wanted.is_in(one.name.as_bytes()) {
            one.name = "(a name that holds the value: rename or delete the ref first)".into();
        }
    }
    let hints = hints::all(&found, &replacing, is_reachable, &around, &refs);
    let commands = if objects.is_empty() {
        Vec::new()
    } else if leading.is_empty() && !is_reachable {
        forgetting()
    } else {
        commands(path, &around, &replacing)
    };
    let Found { mut coverage, .. } = found;
    coverage.warnings.extend(histories.warnings);
    Ok(Plan {
        commands,
        refs,
        hints,
        replacements: replacing.len(),
        replacing,
        objects: objects.len(),
        introduced,
        coverage,
    })
}

fn refs(around: &Surroundings, leading: &BTreeSet<&str>) -> Vec<Ref> {
    let mut refs: Vec<Ref> = around
        .refs
        .iter()
        .map(|(name, _)| {
            let text = String::from_utf8_lossy(name);
            let leads = leading.contains(&*text);
            Ref { name: SafeText::new(name).to_string(), kind: RefKind::of(&text), leads }
        })
        .collect();
    if leading.contains("HEAD") {
        refs.push(Ref { name: "HEAD".into(), kind: RefKind::Other, leads: true });
    }
    refs.sort_by(|a, b| (!a.leads, a.kind, &a.name).cmp(&(!b.leads, b.kind, &b.name)));
    refs
}

impl RefKind {
    fn of(name: &str) -> Self {
        const HOSTED: [&str; 5] = [
            "refs/pull/",
            "refs/merge-requests/",
            "refs/keep-around/",
            "refs/pull-requests/",
            "refs/changes/",
        ];
        match () {
            () if name.starts_with("refs/heads/") => Self::Branch,
            () if name.starts_with("refs/tags/") => Self::Tag,
            () if name.starts_with("refs/remotes/") => Self::RemoteTracking,
            () if name.starts_with("refs/notes/") => Self::Notes,
            () if name == "refs/stash" => Self::Stash,
            () if HOSTED.iter().any(|kept| name.starts_with(kept)) => Self::Hosted,
            () => Self::Other,
        }
    }
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:@+~".contains(&byte);
    let text = SafeText::new(text).to_string();
    if !text.is_empty() && !text.starts_with('-') && text.bytes().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn command(text: impl Into<String>, why: &str) -> Command {
    Command { text: text.into(), why: why.to_owned() }
}

/// Nothing leads to it: it only has to be forgotten.
fn forgetting() -> Vec<Command> {
    vec![
        command("git reflog expire --expire=now --all", "no log keeps old objects any longer"),
        command(
            "git gc --prune=now",
            "objects that nothing leads to are deleted; no history changes, nothing is pushed",
        ),
        command("leeward scan --history-only .", "the value must not be found any more"),
    ]
}

fn commands(path: &Path, around: &Surroundings, replacing: &Replacements) -> Vec<Command> {
    let origin = around.remotes.iter().find(|remote| remote.name == "origin");
    let remote = origin.or(around.remotes.first()).and_then(|remote| remote.address.as_deref());
    let here = path.to_string_lossy();
    let from = quoted(remote.unwrap_or(&here));
    let mut rewrite = "git filter-repo --replace-refs delete-no-add --replace-text ../expressions \
                       --replace-message ../expressions"
        .to_owned();
    if replacing.need_blob_callback() {
        rewrite.push_str(" --blob-callback ../blobs");
    }
    let mut commands = vec![
        command(
            format!("git clone --mirror --no-local -- {from} surgery.git"),
            "a fresh copy with every ref; work is done there, never in anybody's own clone",
        ),
        command("cd surgery.git", "so that the lists of replacements lie outside the repository"),
        command(
            rewrite,
            "replaces the exact bytes in every file version and message; the lists hold the value, so \
             delete them at once after",
        ),
        command("leeward scan --history-only .", "the value must not be found any more"),
    ];
    if remote.is_some() {
        commands.push(command(
            format!("git push --force --mirror -- {from}"),
            "replaces what the remote has; lift branch protection for it, and put it back. Refs that \
             the host keeps for itself are refused, and stay",
        ));
    }
    commands.push(command(
        "git clone ...",
        "everybody else clones anew and deletes the old clone; whoever merges or pushes an old branch \
         brings the value back. Own work is moved over with `git rebase --onto` or as patches",
    ));
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell() {
        assert_eq!(quoted("https://example.com/a.git"), "https://example.com/a.git");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("x'; rm -rf ~ #"), r"'x'\''; rm -rf ~ #'");
        assert_eq!(quoted("-oProxy"), "'-oProxy'");
        assert_eq!(quoted("a\nb"), "'a\\nb'");
    }

    #[test]
    fn kinds_of_refs() {
        assert_eq!(RefKind::of("refs/pull/7/head"), RefKind::Hosted);
        assert_eq!(RefKind::of("refs/heads/a"), RefKind::Branch);
        assert_eq!(RefKind::of("refs/stash"), RefKind::Stash);
        assert_eq!(RefKind::of("refs/bisect/bad"), RefKind::Other);
    }
}

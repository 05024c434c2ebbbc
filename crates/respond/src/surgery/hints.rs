//! What the commands of a plan do not reach, and what a person must know
//! before running them.

use std::collections::BTreeSet;

use leeward_model::SafeText;
use leeward_source::git::Surroundings;

use super::{Ref, RefKind, find::Found, replace::Replacements};

/// Something that the commands do not reach, or that a person must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What it is about, in a word or two.
    pub what: String,
    /// What is true and what to do; harmless to show.
    pub text: String,
}

/// All that is to be said; nothing if the value is in no object.
pub(super) fn all(
    found: &Found,
    replacing: &Replacements,
    reachable: bool,
    around: &Surroundings,
    refs: &[Ref],
) -> Vec<Hint> {
    let mut hints = Vec::new();
    if !found.hits.is_empty() {
        about_objects(&mut hints, found, replacing, reachable);
        about_copies(&mut hints, around);
        about_hosts(&mut hints, around, refs);
        always(&mut hints, refs);
    }
    hints
}

fn hint(hints: &mut Vec<Hint>, what: &str, text: impl Into<String>) {
    hints.push(Hint { what: what.to_owned(), text: text.into() });
}

fn about_objects(hints: &mut Vec<Hint>, found: &Found, replacing: &Replacements, reachable: bool) {
    if !reachable {
        hint(
            hints,
            "nothing leads to it",
            "only objects that no ref, log or stash leads to hold the value: forgetting them is enough \
             here, but a host that got them keeps serving them by their names",
        );
    }
    if replacing.need_blob_callback() {
        hint(
            hints,
            "binary or UTF-16 files",
            "`--replace-text` passes over files with a NUL byte near their beginning; the callback \
             replaces bytes by as many asterisks there. A format with checksums may then be damaged: \
             consider deleting the file from history (`--path FILE --invert-paths`)",
        );
    }
    if replacing.in_headers() {
        hint(
            hints,
            "names of people",
            "the value stands in the name or address of an author or tagger; `--name-callback` and \
             `--email-callback` replace it, and applying the plan uses them",
        );
    }
    if found.hits.iter().any(|hit| !hit.decoded.is_empty()) {
        hint(
            hints,
            "encoded spellings",
            "the value also stands under an encoding; the encoded text is no longer valid after it",
        );
    }
    if !found.coverage.is_complete() {
        hint(hints, "not everything was read", "some objects could not be read; see the coverage");
    }
}

fn about_copies(hints: &mut Vec<Hint>, around: &Surroundings) {
    if around.is_shallow || around.is_partial {
        hint(
            hints,
            "not all of history is here",
            "this is a shallow or partial clone: plan again in a full one",
        );
    }
    for dir in &around.alternates {
        let text = format!(
            "objects are borrowed from `{}`: that repository holds the value as well, and so may others \
             that borrow from it",
            SafeText::new(dir)
        );
        hint(hints, "shared objects", text);
    }
    for tree in &around.work_trees {
        let path = SafeText::new(tree.as_os_str().as_encoded_bytes()).to_string();
        hint(hints, "work tree", format!("`{path}` is a work tree of this clone: it goes with it"));
    }
    if around.stashes > 0 {
        let text = format!(
            "{} earlier stashes lie in this clone alone; a mirror does not bring them. Drop them, or \
             delete the clone",
            around.stashes
        );
        hint(hints, "stashes", text);
    }
    if around.logged > 0 {
        let text = format!(
            "reflogs and heads such as ORIG_HEAD name {} objects; they keep old history in every clone \
             until `git reflog expire --expire=now --all && git gc --prune=now`",
            around.logged
        );
        hint(hints, "reflogs", text);
    }
    if !around.problems.is_empty() {
        hint(hints, "refs", around.problems.join("; "));
    }
}

fn about_hosts(hints: &mut Vec<Hint>, around: &Surroundings, refs: &[Ref]) {
    let mut hosts = BTreeSet::new();
    for address in around.remotes.iter().filter_map(|remote| remote.address.as_deref()) {
        if !hosts.insert(address) {
            continue;
        }
        let lower = address.to_lowercase();
        let text = match () {
            () if lower.contains("github") => {
                "GitHub keeps `refs/pull/*`, which a push cannot change, and serves old commits by their \
                 names from caches and through every fork of the network. After the push, ask GitHub \
                 Support to remove pull request references and cached views, with the first changed \
                 commits; forks are their owners' to clean or delete"
            }
            () if lower.contains("gitlab") => {
                "GitLab keeps `refs/merge-requests/*`, `refs/keep-around/*` and `refs/pipelines/*`. After \
                 the push, upload `filter-repo/commit-map` under Settings > Repository > Repository \
                 maintenance, and run housekeeping; forks share objects"
            }
            () if lower.contains("bitbucket") => {
                "Bitbucket keeps pull requests and old commits until its own collection: ask its support \
                 after the push; forks are separate repositories"
            }
            () => {
                "a host may keep refs of its own for pull requests, caches and forks: ask whoever runs it \
                 to collect garbage after the push"
            }
        };
        hint(hints, "host", format!("{}: {text}", SafeText::new(address)));
    }
    let kept = refs.iter().filter(|one| one.leads && one.kind == RefKind::Hosted).count();
    if kept > 0 {
        let text = format!("{kept} refs that the host keeps for itself lead to the value");
        hint(hints, "refs of the host", text);
    }
}

fn always(hints: &mut Vec<Hint>, refs: &[Ref]) {
    let leads = |kind| refs.iter().any(|one| one.leads && one.kind == kind);
    if leads(RefKind::Tag) {
        hint(
            hints,
            "tags",
            "tags are moved and lose their signatures; archives, packages and images that were made of \
             them still hold the value",
        );
    }
    if leads(RefKind::Notes) || refs.iter().any(|one| one.kind == RefKind::Notes) {
        hint(
            hints,
            "notes",
            "notes belong to commits by name; after rewriting they belong to none",
        );
    }
    hint(
        hints,
        "what changes",
        "every commit from the first changed one on gets a new name: links, signatures, open pull \
         requests and pinned revisions break",
    );
    hint(
        hints,
        "what stays",
        "clones, forks, build caches, mirrors, search engines and backups keep the value. It counts as \
         known to others: revoke it first",
    );
}

//! What a push would bring to a remote: the commits that it is not known to
//! have, and the texts of tags. What a remote has is known from where its
//! branches were when it was last asked, and from what Git says it has now.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
};

use leeward_detect::Scratch;
use leeward_model::{Fingerprint, GitObjectKind, History, ObjectId};
use leeward_source::{
    Progress,
    git::{Repository, Selection},
};

use super::{
    gather::{Gather, Seen},
    guarded::Guarded,
    leak::{At, Verdict},
};

/// A line of what Git tells a hook before a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What is pushed; nothing if something is deleted.
    pub local: Option<ObjectId>,
    /// What is there now, if anything.
    pub remote: Option<ObjectId>,
}

/// A line that is not as Git writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine(usize);

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of standard input is not as git writes it to a pre-push hook", self.0)
    }
}

impl std::error::Error for BadLine {}

impl Named {
    /// Reads what Git writes: a line for each ref, of a name, an object, a name
    /// there and an object there.
    ///
    /// # Errors
    /// The first line that is not understood.
    pub fn parse(text: &[u8]) -> Result<Vec<Self>, BadLine> {
        let object = |word: &[u8]| {
            let id = ObjectId::from_hex(std::str::from_utf8(word).ok()?)?;
            Some(Some(id).filter(|id| id.as_bytes().iter().any(|&byte| byte != 0)))
        };
        let mut named = Vec::new();
        for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            // A name of something local may be any expression, with spaces too.
            let mut words = line.rsplitn(4, |&byte| byte == b' ');
            let remote = words.next().and_then(object);
            let local = words.nth(1).and_then(object);
            let (Some(local), Some(remote)) = (local, remote) else { return Err(BadLine(at + 1)) };
            named.push(Self { local, remote });
        }
        Ok(named)
    }
}

/// Looks at what a push would bring to a remote, by its name and its address.
pub fn push(
    repository: &Repository,
    remote: &str,
    address: &str,
    named: &[Named],
    guarded: &Guarded,
    progress: &Progress,
) -> Verdict {
    let pushed: BTreeSet<ObjectId> = named.iter().filter_map(|named| named.local).collect();
    if pushed.is_empty() {
        return Verdict::default();
    }
    let mut verdict = Verdict::default();
    let known = known(repository, remote, address, named);
    let mut tips = Tips::default();
    for id in &pushed {
        match repository.tip(id) {
            Ok(tip) => {
                tips.tags.extend(tip.tags);
                tips.blobs.extend(tip.blobs);
                tips.commits.extend(tip.commit.filter(|commit| !known.contains(commit)));
            }
            Err(reason) => {
                let why = reason.detail().unwrap_or(reason.name());
                verdict.troubles.push(format!("`{id}` was not looked at: {why}"));
            }
        }
    }
    let there = |id: &Option<ObjectId>| id.is_some_and(|id| known.contains(&id));
    tips.tags.retain(|(id, _)| !there(&Some(*id)));
    let gather = Gather::new(guarded.look.detector());
    let blobs: Vec<ObjectId> = tips.blobs.iter().copied().collect();
    let threads = guarded.threads;
    let (coverage, inside) = guarded.opening(&gather, progress, |inspect| {
        let kind = GitObjectKind::Blob;
        let mut coverage = repository.scan_objects(&blobs, kind, threads, inspect, progress);
        if !tips.commits.is_empty() {
            let selection = Selection::Range(range(&tips.commits, &known));
            match repository.scan_history(&selection, threads, inspect, progress) {
                Ok(range) => coverage.merge(range),
                Err(error) => {
                    verdict.troubles.push(format!("what is pushed was not looked at: {error}"));
                }
            }
        }
        coverage
    });
    verdict.note_unopened(&inside, |_| None);
    for left_out in coverage.not_scanned.iter().filter(|it| !it.reason.is_by_choice()) {
        verdict.left_out(left_out);
    }
    let mut scratch = Scratch::default();
    for (id, text) in &tips.tags {
        for mut sighting in guarded.look.at(text, None, &mut scratch) {
            if guarded.counts(&mut sighting, None) {
                verdict.leaks.push(guarded.leak(&sighting, At::Tag(*id)));
            }
        }
    }
    settle(repository, gather.finish(), &tips.commits, guarded, progress, &mut verdict);
    guarded.show(&mut verdict);
    verdict.sort();
    verdict
}

#[derive(Default)]
struct Tips {
    tags: Vec<(ObjectId, Vec<u8>)>,
    blobs: BTreeSet<ObjectId>,
    commits: BTreeSet<ObjectId>,
}

/// What the remote has, as far as it is here too.
fn known(
    repository: &Repository,
    remote: &str,
    address: &str,
    named: &[Named],
) -> HashSet<ObjectId> {
    let mut tips = repository.known_of(remote);
    if tips.is_empty()
        && let Some(name) = repository.remote_at(address)
    {
        tips = repository.known_of(&name);
    }
    tips.extend(named.iter().filter_map(|named| named.remote));
    let here = |id: ObjectId| repository.tip(&id).ok();
    let mut known = HashSet::new();
    for tip in tips.into_iter().filter_map(here) {
        known.extend(tip.commit);
        known.extend(tip.tags.into_iter().map(|(id, _)| id));
    }
    known
}

/// A range as Git writes it.
fn range(commits: &BTreeSet<ObjectId>, known: &HashSet<ObjectId>) -> String {
    let included = commits.iter().map(ToString::to_string);
    let excluded = known.iter().map(|id| format!("^{id}"));
    included.chain(excluded).collect::<Vec<_>>().join(" ")
}

/// Says of what was seen which commit brought it.
fn settle(
    repository: &Repository,
    seen: Vec<Seen>,
    tips: &BTreeSet<ObjectId>,
    guarded: &Guarded,
    progress: &Progress,
    verdict: &mut Verdict,
) {
    let files = seen.iter().filter(|seen| seen.kind == GitObjectKind::Blob);
    let objects: BTreeSet<ObjectId> = files.map(|seen| seen.object).collect();
    let histories = match repository.attribute(&objects, guarded.threads, progress) {
        Ok(histories) => histories.of,
        // They are told without.
        Err(_) => Default::default(),
    };
    let is_head = repository.next_parents().first().is_some_and(|head| tips.contains(head));
    let excused = excused(&seen, |object| {
        histories.get(object).filter(|history| history.in_head || !is_head)
    });
    for mut seen in seen {
        if seen.kind != GitObjectKind::Blob {
            if guarded.counts(&mut seen.sighting, None) {
                verdict.leaks.push(guarded.leak(&seen.sighting, At::Text(seen.object)));
            }
            continue;
        }
        let history = histories.get(&seen.object);
        let path = history.and_then(|history| history.paths.first());
        let is_excused =
            path.is_some_and(|path| excused.contains(&(seen.sighting.fingerprint, path.clone())));
        if is_excused || !guarded.counts(&mut seen.sighting, path.map(Vec::as_slice)) {
            continue;
        }
        let commit = history.and_then(|history| history.introduced.clone()).map(Box::new);
        let (inside, line) = (seen.inside.clone(), seen.sighting.start.line);
        let at = At::Pushed { path: path.cloned(), inside, line, commit };
        verdict.leaks.push(guarded.leak(&seen.sighting, at));
    }
}

/// Secrets that a comment in the present version of a file excuses: it speaks
/// for the versions before it was written, too.
fn excused<'h>(
    seen: &[Seen],
    present: impl Fn(&ObjectId) -> Option<&'h History>,
) -> HashSet<(Fingerprint, Vec<u8>)> {
    let mut excused = HashSet::new();
    for seen in seen.iter().filter(|seen| seen.sighting.ignored_inline) {
        let paths = present(&seen.object).map(|history| history.paths.as_slice());
        let paths = paths.unwrap_or_default().iter();
        excused.extend(paths.map(|path| (seen.sighting.fingerprint, path.clone())));
    }
    excused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_git_writes_them() {
        let (one, none) = ("1".repeat(40), "0".repeat(40));
        let id = ObjectId::from_hex(&one);
        let parse = |text: &str| Named::parse(text.as_bytes());
        let text =
            format!("refs/heads/a {one} refs/heads/a {none}\n\n(delete) {none} refs/x {one}\n");
        assert_eq!(
            parse(&text),
            Ok(vec![Named { local: id, remote: None }, Named { local: None, remote: id }])
        );
        let spaced = format!(":/a commit with {one} words {one} refs/heads/a {none}");
        assert_eq!(parse(&spaced), Ok(vec![Named { local: id, remote: None }]));
        assert_eq!(parse(""), Ok(Vec::new()));
        assert_eq!(parse("\nrefs/heads/a x refs/heads/a y\n"), Err(BadLine(2)));
        assert_eq!(parse("x"), Err(BadLine(1)));
    }
}

//! How far a secret has got, from all the places where it lies: the order that
//! findings are shown in, and the sentences that say so.

use leeward_model::{
    Commit, GitObjectKind, GitPlace, History, Location, Provenance, RemotePlace, Tracking,
};

use crate::{value::Masker, words};

/// The widest reach of any place where a secret lies, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Nowhere known: a finding without a place.
    Unknown,
    /// It came through standard input.
    Stream,
    /// In a file that Git ignores.
    Ignored,
    /// In a file, and nothing is known of Git.
    OnDisk,
    /// In a file that the next `git add` may take.
    Untracked,
    /// In the index, and in no commit.
    Staged,
    /// In a Git object that nothing leads to.
    Unreachable,
    /// In a file that Git tracks.
    Tracked,
    /// In history, and not in HEAD.
    History,
    /// In the tree of HEAD.
    Head,
    /// In a service where others read it.
    Shared,
    /// In a service where anybody may read it.
    Public,
}

impl Reach {
    /// The name in machine formats.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Stream => "stream",
            Self::Ignored => "ignored",
            Self::OnDisk => "on-disk",
            Self::Untracked => "untracked",
            Self::Staged => "staged",
            Self::Unreachable => "unreachable",
            Self::Tracked => "tracked",
            Self::History => "in-history",
            Self::Head => "in-head",
            Self::Shared => "shared",
            Self::Public => "public",
        }
    }

    /// The reach of one place.
    pub(crate) fn of(provenance: &Provenance) -> Self {
        match provenance {
            Provenance::Stdin => Self::Stream,
            Provenance::File(file) => match file.tracking {
                Tracking::NoRepository => Self::OnDisk,
                Tracking::Tracked => Self::Tracked,
                Tracking::Untracked => Self::Untracked,
                Tracking::Ignored => Self::Ignored,
            },
            Provenance::Git(place) => Self::of_git(place),
            Provenance::Remote(place) if place.is_public == Some(true) => Self::Public,
            Provenance::Remote(_) => Self::Shared,
        }
    }

    fn of_git(place: &GitPlace) -> Self {
        match (place.kind, &place.history) {
            (_, Some(history)) if history.in_head => Self::Head,
            (_, Some(history)) if history.introduced.is_some() && history.reachable => {
                Self::History
            }
            (GitObjectKind::Staged, _) => Self::Staged,
            (_, Some(history)) if !history.reachable => Self::Unreachable,
            _ => Self::History,
        }
    }
}

/// How far a secret has got, and since when.
#[derive(Clone, Debug)]
pub(crate) struct Exposure {
    /// The widest reach.
    pub(crate) reach: Reach,
    /// The time of the oldest commit that holds it.
    pub(crate) since: Option<i64>,
    /// How long ago that was; 0 for a time in the future.
    pub(crate) seconds: Option<i64>,
    /// In sentences; foreign text within.
    pub(crate) lines: Vec<String>,
}

impl Exposure {
    pub(crate) fn of(locations: &[Location], now: i64, masker: &Masker) -> Self {
        let places = || locations.iter().map(|location| &*location.provenance);
        let git: Vec<&GitPlace> = places()
            .filter_map(|place| if let Provenance::Git(git) = place { Some(git) } else { None })
            .collect();
        let oldest = git
            .iter()
            .filter_map(|place| Some((*place, place.history.as_deref()?.introduced.as_ref()?)))
            .min_by_key(|(_, commit)| commit.committed_at);
        let reach = places().map(Reach::of).max().unwrap_or(Reach::Unknown);
        let committed = git.iter().any(|place| Reach::of_git(place) != Reach::Staged);

        let mut lines = Vec::new();
        if committed {
            lines.push(history(&git, oldest, now, masker));
        }
        if git.iter().any(|place| Reach::of_git(place) == Reach::Staged) {
            lines.push(
                "staged, not committed yet; `git restore --staged` takes it out again".to_owned(),
            );
        }
        let remote: Vec<&RemotePlace> = places()
            .filter_map(|place| if let Provenance::Remote(it) = place { Some(&**it) } else { None })
            .collect();
        lines.extend(elsewhere(&remote, now, masker));
        lines.extend(deleted(locations, masker));
        lines.extend(on_disk(locations, committed));
        let committed_at = oldest.map(|(_, commit)| commit.committed_at);
        let since = committed_at.into_iter().chain(remote.iter().filter_map(|it| it.at)).min();
        let seconds = since.map(|since| now.saturating_sub(since).max(0));
        Self { reach, since, seconds, lines }
    }
}

/// What history says: who, when, where, and whether it can still be had.
fn history(
    git: &[&GitPlace],
    oldest: Option<(&GitPlace, &Commit)>,
    now: i64,
    masker: &Masker,
) -> String {
    let histories = || git.iter().filter_map(|place| place.history.as_deref());
    let mut text = match oldest {
        Some((place, commit)) => format!(
            "committed {} by {} in {}{}",
            words::when(commit.committed_at, now),
            who(commit, masker),
            short(&commit.id.to_string()),
            repository(place, masker),
        ),
        None => git.first().map_or_else(String::new, |place| unattributed(place)),
    };
    let in_head = histories().any(|history| history.in_head);
    let reachable = histories().any(|history| history.reachable);
    let refs = refs(histories(), masker);
    text.push_str(match (in_head, reachable) {
        _ if histories().next().is_none() => "; which commit holds it was not looked up",
        (true, _) => "; still in HEAD",
        (false, true) if oldest.is_some() => "; gone from HEAD, but still in history",
        (false, true) => "; still within reach",
        (false, false) => "; no ref leads to it any more, but the object is still there",
    });
    if !refs.is_empty() {
        text.push_str(", on ");
        text.push_str(&words::count(refs.len(), "ref", "refs"));
        text.push_str(": ");
        text.push_str(&words::list(&refs, 3));
    } else if reachable && !in_head && oldest.is_some() {
        text.push_str(" (a stash or a reflog keeps it)");
    }
    text
}

/// What there is to say of services that hold it: the oldest text, and how many more.
fn elsewhere(remote: &[&RemotePlace], now: i64, masker: &Masker) -> Option<String> {
    let oldest = remote.iter().min_by_key(|place| place.at.unwrap_or(i64::MAX))?;
    let item = words::clip(&masker.text(&oldest.item));
    let author = oldest.author.as_ref();
    let author = author.map(|it| format!(" by {}", words::clip(&masker.text(it))));
    let written = oldest.at.map(|at| format!(", {}", words::when(at, now)));
    let readers = match oldest.is_public {
        Some(true) => "anybody may read it",
        Some(false) => "members may read it",
        None => "who may read it is not known",
    };
    let more = match remote.len() - 1 {
        0 => String::new(),
        more => format!("; and in {}", words::count(more, "more text", "more texts")),
    };
    let (author, written) = (author.unwrap_or_default(), written.unwrap_or_default());
    Some(format!("in {item}{author}{written}; {readers}{more}"))
}

/// What there is to say of files that a later layer of an image deletes.
fn deleted(locations: &[Location], masker: &Masker) -> Option<String> {
    let deleting = || locations.iter().filter_map(|place| place.deleted_by.as_ref());
    let layer = words::clip(&masker.text(deleting().next()?));
    Some(match (deleting().count(), locations.len()) {
        (1, 1) => {
            format!("deleted by a later layer of the image ({layer}); the image still holds it")
        }
        (some, places) => format!(
            "in {some} of {places} places deleted by a later layer of its image; the images still \
             hold it"
        ),
    })
}

/// Where an object belongs that no commit is known to have introduced.
fn unattributed(place: &GitPlace) -> String {
    let object = short(&place.object.to_string());
    match (place.kind, &place.history) {
        (GitObjectKind::Commit, _) => format!("in the text of commit {object}"),
        (GitObjectKind::Tag, _) => format!("in the text of tag {object}"),
        (_, None) => "in the Git object database".to_owned(),
        (_, Some(_)) => "in a Git object that no commit introduced".to_owned(),
    }
}

/// The repository, unless it is the one that the user stands in.
fn repository(place: &GitPlace, masker: &Masker) -> String {
    match place.repository.as_str() {
        "" | "." => String::new(),
        other => format!(" of {}", words::clip(&masker.text(other))),
    }
}

fn who(commit: &Commit, masker: &Masker) -> String {
    match (commit.author.name.trim(), commit.author.email.trim()) {
        ("", "") => "nobody named".to_owned(),
        ("", email) => words::clip(&masker.text(email)),
        (name, _) => words::clip(&masker.text(name)),
    }
}

/// The names people use: branches first, without `refs/heads/`.
fn refs<'a>(histories: impl Iterator<Item = &'a History>, masker: &Masker) -> Vec<String> {
    let mut names: Vec<&String> = histories.flat_map(|history| &history.refs).collect();
    names.sort_by_key(|name| (!name.starts_with("refs/heads/"), *name));
    names.dedup();
    let shorten = |name: &String| {
        let short = name
            .strip_prefix("refs/heads/")
            .or_else(|| name.strip_prefix("refs/remotes/"))
            .map(ToOwned::to_owned)
            .or_else(|| name.strip_prefix("refs/tags/").map(|tag| format!("tag {tag}")));
        words::clip(&masker.text(&short.unwrap_or_else(|| name.clone())))
    };
    names.into_iter().map(shorten).collect()
}

/// What there is to say of the copies in files and streams.
fn on_disk(locations: &[Location], committed: bool) -> Vec<String> {
    let count = |wanted: Reach| {
        locations.iter().filter(|place| Reach::of(&place.provenance) == wanted).count()
    };
    let mut lines = Vec::new();
    let mut say = |wanted: Reach, one: &str, many: &dyn Fn(usize) -> String| match count(wanted) {
        0 => {}
        1 => lines.push(one.to_owned()),
        n => lines.push(many(n)),
    };
    if !committed {
        say(Reach::Tracked, "in a file that git tracks", &|n| {
            format!("{n} times in files that git tracks")
        });
    }
    say(Reach::Untracked, "in an untracked file: one `git add` away from a commit", &|n| {
        format!("{n} times in untracked files: one `git add` away from a commit")
    });
    let ignored = if committed { "ignored by git now" } else { "ignored by git, not committed" };
    say(Reach::Ignored, ignored, &|n| format!("{n} times {ignored}"));
    say(Reach::OnDisk, "in a file on disk", &|n| format!("{n} times in files on disk"));
    say(Reach::Stream, "came through standard input", &|n| format!("{n} times in standard input"));
    lines
}

/// The first digits of an object's name, as many as people type.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use leeward_model::{Excerpt, FilePlace, ObjectId, Position, Signature, Span};

    use super::*;
    use leeward_model::Way;

    const DAY: i64 = 86_400;

    fn says(places: Vec<Provenance>) -> String {
        let location = |provenance| Location {
            inside: Way::default(),
            deleted_by: None,
            provenance: Arc::new(provenance),
            span: Span { start: 0, end: 1 },
            start: Position::START,
            end: Position::START,
            decoded: Vec::new(),
            excerpt: Excerpt::default(),
        };
        let locations: Vec<Location> = places.into_iter().map(location).collect();
        let exposure = Exposure::of(&locations, 10 * DAY, &Masker::of([]));
        format!("{}: {}", exposure.reach.name(), exposure.lines.join(" / "))
    }

    fn git(kind: GitObjectKind, history: Option<History>) -> Provenance {
        let object = ObjectId::from_bytes(&[0xab; 20]).unwrap();
        let history = history.map(Box::new);
        Provenance::Git(GitPlace { repository: ".".into(), kind, object, history })
    }

    fn on_disk(tracking: Tracking) -> Provenance {
        Provenance::File(FilePlace { path: b"a".to_vec(), tracking })
    }

    fn committed(day: i64, in_head: bool, reachable: bool, refs: &[&str]) -> History {
        let author = Signature { name: "Jane".into(), ..Signature::default() };
        let id = ObjectId::from_bytes(&[day as u8; 20]).unwrap();
        let commit = Commit { id, author, committed_at: day * DAY, summary: String::new() };
        let refs = refs.iter().map(|&name| name.to_owned()).collect();
        History { paths: vec![], introduced: Some(commit), in_head, reachable, refs }
    }

    fn blob(history: History) -> Provenance {
        git(GitObjectKind::Blob, Some(history))
    }

    #[test]
    fn history_is_told_from_its_oldest_commit() {
        let newer = committed(8, true, true, &["refs/heads/main"]);
        let older = committed(7, false, true, &["refs/heads/main", "refs/tags/v1"]);
        assert_eq!(
            says(vec![blob(newer), blob(older)]),
            "in-head: committed on 1970-01-08 (3 days ago) by Jane in 07070707; still in HEAD, \
             on 2 refs: main and tag v1"
        );
    }

    #[test]
    fn what_has_left_head_is_still_out() {
        let stashed = committed(9, false, true, &[]);
        assert_eq!(
            says(vec![blob(stashed)]),
            "in-history: committed on 1970-01-10 (1 day ago) by Jane in 09090909; gone from HEAD, \
             but still in history (a stash or a reflog keeps it)"
        );
        let dropped = committed(9, false, false, &[]);
        assert_eq!(
            says(vec![blob(dropped)]),
            "unreachable: committed on 1970-01-10 (1 day ago) by Jane in 09090909; no ref leads \
             to it any more, but the object is still there"
        );
    }

    #[test]
    fn objects_without_a_commit() {
        let kept =
            History { reachable: true, refs: vec!["refs/heads/x".into()], ..History::default() };
        assert_eq!(
            says(vec![git(GitObjectKind::Commit, Some(kept))]),
            "in-history: in the text of commit abababab; still within reach, on 1 ref: x"
        );
        assert_eq!(
            says(vec![git(GitObjectKind::Blob, None)]),
            "in-history: in the Git object database; which commit holds it was not looked up"
        );
        assert_eq!(
            says(vec![git(GitObjectKind::Staged, None)]),
            "staged: staged, not committed yet; `git restore --staged` takes it out again"
        );
    }

    #[test]
    fn files_say_how_git_regards_them() {
        assert_eq!(
            says(vec![on_disk(Tracking::Ignored)]),
            "ignored: ignored by git, not committed"
        );
        assert_eq!(
            says(vec![on_disk(Tracking::Tracked), on_disk(Tracking::Tracked)]),
            "tracked: 2 times in files that git tracks"
        );
        let both =
            vec![on_disk(Tracking::Ignored), blob(committed(9, false, true, &["refs/heads/a"]))];
        assert!(says(both).ends_with("on 1 ref: a / ignored by git now"));
        assert_eq!(says(vec![Provenance::Stdin]), "stream: came through standard input");
        assert_eq!(says(vec![]), "unknown: ");
    }
}

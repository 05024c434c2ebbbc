//! What the places of a secret say about how bad it is.
//!
//! A dossier's base severity is that of a value which somebody else can read.
//! Nothing that a scan sees proves that nobody can, and nothing proves that
//! somebody did, so circumstances do not move the level: they are named, the
//! worst that applies, and the reader moves it. What moves it by itself is an
//! answer of the provider, which no scan asks for.

use leeward_model::{Finding, GitObjectKind, GitPlace, History, Location, Provenance, Tracking};
use leeward_source::git::RemoteUrl;

/// Whether one place makes the circumstance.
type Applies = fn(&Provenance) -> bool;

/// From the worst to the best; the first that applies to any place is said.
const CIRCUMSTANCES: &[(Applies, &str)] = &[
    (is_published, "a remote repository holds it, and so may every clone and fork"),
    (
        is_committed,
        "it is in history: deleting the file leaves it there, and a push takes it along",
    ),
    (is_loose, "no ref leads to it any more, but the repository keeps it until it is pruned"),
    (is_staged, "it is staged: the next commit holds it"),
    (is_tracked, "it lies in a file that git tracks: the next commit may hold it"),
    (is_untracked, "it is in no commit, but git does not ignore the file: `git add` would take it"),
    (is_ignored, "local only: git ignores the file, and no commit holds it"),
];

/// Names the worst circumstance of a finding among the reasons for its
/// severity.
pub(crate) fn state(finding: &mut Finding) {
    let says = |applies: Applies| {
        finding.locations.iter().any(|Location { provenance, .. }| applies(provenance))
    };
    let worst = CIRCUMSTANCES.iter().find(|(applies, _)| says(*applies));
    finding.severity.why.extend(worst.map(|(_, why)| (*why).to_owned()));
}

fn git(provenance: &Provenance) -> Option<(&GitPlace, &History)> {
    match provenance {
        Provenance::Git(place) => Some((place, place.history.as_deref()?)),
        Provenance::Stdin | Provenance::File(_) => None,
    }
}

fn is_published(provenance: &Provenance) -> bool {
    git(provenance).is_some_and(|(place, history)| {
        place.kind != GitObjectKind::Staged
            && history.reachable
            && (RemoteUrl::is_meant(&place.repository)
                || history.refs.iter().any(|name| name.starts_with("refs/remotes/")))
    })
}

fn is_committed(provenance: &Provenance) -> bool {
    git(provenance)
        .is_some_and(|(place, history)| place.kind != GitObjectKind::Staged && history.reachable)
}

fn is_loose(provenance: &Provenance) -> bool {
    git(provenance).is_some_and(|(place, _)| place.kind != GitObjectKind::Staged)
}

fn is_staged(provenance: &Provenance) -> bool {
    matches!(provenance, Provenance::Git(place) if place.kind == GitObjectKind::Staged)
}

fn is_tracked(provenance: &Provenance) -> bool {
    is_on_disk(provenance, Tracking::Tracked)
}

fn is_untracked(provenance: &Provenance) -> bool {
    is_on_disk(provenance, Tracking::Untracked)
}

fn is_ignored(provenance: &Provenance) -> bool {
    is_on_disk(provenance, Tracking::Ignored)
}

fn is_on_disk(provenance: &Provenance, tracking: Tracking) -> bool {
    matches!(provenance, Provenance::File(file) if file.tracking == tracking)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use leeward_model::{
        Confidence, DossierId, Excerpt, FilePlace, Fingerprint, ObjectId, Position, Rating, Secret,
        Severity, Span,
    };

    use super::*;

    fn on_disk(tracking: Tracking) -> Provenance {
        Provenance::File(FilePlace { path: b"a.env".to_vec(), tracking })
    }

    fn in_git(repository: &str, reachable: bool, refs: &[&str]) -> Provenance {
        let refs = refs.iter().map(|name| (*name).to_owned()).collect();
        Provenance::Git(GitPlace {
            repository: repository.to_owned(),
            kind: GitObjectKind::Blob,
            object: ObjectId::from_bytes(&[7; 20]).unwrap(),
            history: Some(Box::new(History { reachable, refs, ..History::default() })),
        })
    }

    /// What is said of a secret that lies in these places.
    fn said(places: Vec<Provenance>) -> String {
        let (secret, at) = (Secret::new(*b"value"), Position::START);
        let location = |provenance| Location {
            provenance: Arc::new(provenance),
            span: Span { start: 0, end: 5 },
            start: at,
            end: at,
            decoded: Vec::new(),
            excerpt: Excerpt::default(),
        };
        let mut finding = Finding {
            dossier: DossierId::new("some-key"),
            fingerprint: Fingerprint::new("some", &secret),
            secret,
            companions: Vec::new(),
            confidence: Confidence::of(&[]),
            signals: Vec::new(),
            severity: Rating { level: Severity::High, why: vec!["base".to_owned()] },
            locations: places.into_iter().map(location).collect(),
        };
        state(&mut finding);
        assert_eq!(finding.severity.level, Severity::High);
        finding.severity.why.split_off(1).join(" / ")
    }

    #[test]
    fn the_worst_place_is_said() {
        let ignored = || on_disk(Tracking::Ignored);
        assert!(said(vec![ignored()]).starts_with("local only"));
        assert!(said(vec![ignored(), on_disk(Tracking::Untracked)]).contains("`git add`"));
        let branch = in_git(".", true, &["refs/heads/main"]);
        assert!(said(vec![ignored(), branch.clone()]).starts_with("it is in history"));
        let pushed = in_git(".", true, &["refs/heads/main", "refs/remotes/origin/main"]);
        assert!(said(vec![branch, pushed]).starts_with("a remote repository holds it"));
        assert!(said(vec![in_git(".", false, &[])]).starts_with("no ref leads to it"));
    }

    #[test]
    fn a_clone_is_of_something_remote() {
        let place = |repository| said(vec![in_git(repository, true, &["refs/heads/main"])]);
        assert!(place("https://example.com/a.git").starts_with("a remote repository"));
        assert!(place("git@example.com:a.git").starts_with("a remote repository"));
        assert!(place("/srv/a").starts_with("it is in history"));
    }

    #[test]
    fn without_git_nothing_is_said() {
        assert_eq!(said(vec![on_disk(Tracking::NoRepository), Provenance::Stdin]), "");
    }
}

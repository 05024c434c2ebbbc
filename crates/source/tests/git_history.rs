//! The history walk against `git cat-file`: every object, its very bytes,
//! once, however the repository keeps them.

#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod git_support;

use std::collections::BTreeMap;

use git_support::{Recorder, Repo, Shown, blobs, id, scan, scan_range};
use leeward_model::{GitObjectKind, ObjectId, Position, Reason};
use leeward_source::{
    Progress,
    git::{OpenError, Repository, Selection},
};

/// Checks a scan against what git says there is.
fn check(repo: &Repo, repository: &Repository) -> BTreeMap<ObjectId, Shown> {
    let (shown, coverage) = scan(repository);
    assert_eq!(coverage.not_scanned, []);
    let truth = repo.truth(repository.git_dir());
    assert_eq!(shown.keys().collect::<Vec<_>>(), truth.keys().collect::<Vec<_>>());
    for (id, (kind, bytes)) in &truth {
        let shown = &shown[id];
        assert_eq!(&shown.bytes, bytes, "{id}");
        assert_eq!(format!("{:?}", shown.kind).to_lowercase(), *kind);
        assert_eq!(shown.times, 1, "{id} was shown more than once");
        if let Some((base, fresh)) = &shown.base {
            check_fresh(base, bytes, fresh);
        }
    }
    assert_eq!(coverage.objects_scanned, truth.len() as u64);
    let size: usize = truth.values().map(|(_, bytes)| bytes.len()).sum();
    assert_eq!(coverage.bytes_scanned, size as u64);
    shown
}

/// What lies between fresh ranges is in the base in one piece, and the ends
/// that are not fresh are the base's own.
fn check_fresh(base: &[u8], bytes: &[u8], fresh: &[std::ops::Range<usize>]) {
    let mut at = 0;
    for range in fresh.iter().chain([&(bytes.len()..bytes.len())]) {
        assert!(at <= range.start && range.start <= range.end && range.end <= bytes.len());
        let kept = &bytes[at..range.start];
        assert!(kept.is_empty() || base.windows(kept.len()).any(|part| part == kept));
        at = range.end;
    }
    let kept_start = fresh.first().map_or(bytes.len(), |range| range.start);
    assert!(base.starts_with(&bytes[..kept_start]));
    let kept_end = fresh.last().map_or(0, |range| range.end);
    assert!(base.ends_with(&bytes[kept_end..]));
}

/// A file that changes a little in each of many commits, and others beside.
fn grown(commits: usize) -> Repo {
    let repo = Repo::new();
    let mut lines: Vec<String> =
        (0..200).map(|n| format!("line {n} of {}", n * n * 7919 % 1009)).collect();
    for commit in 0..commits {
        let at = commit * 37 % lines.len();
        lines[at] = format!("changed by commit {commit}");
        if commit % 5 == 0 {
            let moved = lines.remove(at);
            lines.insert(commit % 3, moved);
        }
        repo.write("dir/file.txt", lines.join("\n"));
        repo.write(&format!("dir/other-{}.txt", commit % 4), format!("other {commit}\n"));
        repo.write("empty", "");
        repo.commit(&format!("commit {commit}"));
    }
    repo
}

#[test]
fn packed_history_is_read_as_deltas() {
    let repo = grown(60);
    repo.git(&["tag", "-a", "-m", "a tag with words", "v1"]);
    repo.git(&["repack", "-adfq", "--depth=50", "--window=50"]);
    repo.git(&["prune-packed"]);
    let shown = check(&repo, &repo.open());
    assert!(shown.values().filter(|shown| shown.base.is_some()).count() > 30);
    assert!(shown.values().any(|shown| shown.kind == GitObjectKind::Tag));
}

#[test]
fn loose_history_is_read() {
    let repo = grown(8);
    check(&repo, &repo.open());
}

#[test]
fn an_object_in_many_places_is_shown_once() {
    let repo = grown(10);
    for round in 0..3 {
        repo.write("dir/file.txt", format!("round {round}\n{}", "x\n".repeat(900)));
        repo.commit("more");
        // Everything in one more pack, with the old ones and loose ones kept.
        repo.git(&["repack", "-qa"]);
    }
    repo.write("loose", "only loose");
    repo.commit("loose");
    check(&repo, &repo.open());
}

#[test]
fn named_deltas_and_old_indexes_are_read() {
    let repo = grown(30);
    let bare = repo.beside("old.git");
    let old = ["-c", "pack.indexVersion=1", "-c", "repack.useDeltaBaseOffset=false"];
    repo.git(&[&old[..], &["repack", "-adfq"]].concat());
    let shown = check(&repo, &repo.open());
    assert!(shown.values().any(|shown| shown.base.is_some()));
    repo.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    check(&repo, &Repository::open(&bare).unwrap());
}

#[test]
fn sha256_repositories_are_read() {
    let repo = Repo::with(&["--object-format=sha256"]);
    for n in 0..12 {
        repo.write("file", format!("{}{n}", "some line that stays\n".repeat(40)));
        repo.commit("change");
    }
    repo.git(&["repack", "-adfq"]);
    repo.write("file", "loose");
    repo.commit("loose");
    check(&repo, &repo.open());
}

#[test]
fn empty_repositories_hold_nothing() {
    let repo = Repo::new();
    let (shown, coverage) = scan(&repo.open());
    assert!(shown.is_empty() && coverage.is_complete());
}

/// One repository that keeps a word in every corner Git has.
#[test]
fn every_corner_is_looked_into() {
    let repo = Repo::new();
    repo.write("file", "in the first commit");
    let first = repo.commit("message of the first");
    repo.git(&["notes", "add", "-m", "in a note", &first]);
    repo.write("file", "on a dead branch");
    repo.git(&["checkout", "-q", "-b", "dead"]);
    repo.commit("dead branch");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-q", "-D", "dead"]);
    repo.write("file", "in a stash");
    repo.git(&["stash", "-q"]);
    repo.write("file", "in a dropped stash");
    repo.git(&["stash", "-q"]);
    repo.git(&["stash", "drop", "-q"]);
    repo.write("file", "staged and thrown away");
    repo.git(&["add", "file"]);
    repo.git(&["reset", "-q", "--hard"]);
    repo.git(&["tag", "-a", "-m", "message of a tag", "v1"]);
    repo.git(&["config", "gc.reflogExpire", "never"]);
    repo.git(&["gc", "-q"]);
    let shown = check(&repo, &repo.open());
    let all: Vec<u8> = shown.values().flat_map(|shown| shown.bytes.clone()).collect();
    let all = String::from_utf8_lossy(&all);
    for word in [
        "in the first commit",
        "message of the first",
        "in a note",
        "on a dead branch",
        "in a stash",
        "in a dropped stash",
        "staged and thrown away",
        "message of a tag",
    ] {
        assert!(all.contains(word), "{word}");
    }
}

#[test]
fn linked_work_trees_share_objects() {
    let repo = grown(3);
    let linked = repo.beside("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    std::fs::write(linked.join("file"), "from the linked one").unwrap();
    repo.git_in(&linked, &["add", "-A"]);
    repo.git_in(&linked, &["commit", "-q", "-m", "linked"]);
    let repository = Repository::open(&linked).unwrap();
    assert_eq!(repository.work_tree(), Some(linked.as_path()));
    check(&repo, &repository);
    let head = id(&repo.git_in(&linked, &["rev-parse", "HEAD:file"]));
    let history = &repository.attribute(&[head].into(), 2, &Progress::default()).unwrap().of[&head];
    assert!(history.in_head);
    // Seen from the main work tree it is not in HEAD, but within reach.
    let history =
        &repo.open().attribute(&[head].into(), 2, &Progress::default()).unwrap().of[&head];
    assert!(!history.in_head && history.reachable);
}

#[test]
fn submodules_of_their_own_are_opened_by_their_file() {
    let repo = grown(2);
    let outer = Repo::new();
    let inner = repo.path.to_str().unwrap();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "sub"]);
    let sub = outer.path.join("sub");
    check(&outer, &Repository::open(&sub).unwrap());
}

#[test]
fn a_shallow_clone_warns() {
    let repo = grown(6);
    let shallow = repo.beside("shallow");
    let url = format!("file://{}", repo.path.display());
    repo.git(&["clone", "-q", "--depth", "2", &url, shallow.to_str().unwrap()]);
    let repository = Repository::open(&shallow).unwrap();
    assert!(repository.is_shallow());
    let (shown, coverage) = scan(&repository);
    assert_eq!(shown.len(), repo.truth(&shallow).len());
    assert!(coverage.warnings.iter().any(|warning| warning.contains("shallow")));
    let (_, coverage) = scan_range(&repository, "HEAD");
    assert_eq!(coverage.not_scanned, []);
}

#[test]
fn a_partial_clone_tells_what_is_missing() {
    let repo = grown(6);
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = repo.beside("partial");
    let url = format!("file://{}", repo.path.display());
    let path = partial.to_str().unwrap();
    repo.git(&["clone", "-q", "--filter=blob:none", "--bare", &url, path]);
    let (shown, coverage) = scan(&Repository::open(&partial).unwrap());
    assert!(blobs(&shown).is_empty());
    assert!(coverage.warnings.iter().any(|warning| warning.contains("partial")));
    let all = repo.truth(&repo.path);
    let wanted = all.values().filter(|(kind, _)| kind == "blob").count();
    let missing = coverage.not_scanned.iter().filter(|left| left.reason == Reason::Missing);
    assert_eq!(missing.count(), wanted);
}

#[test]
fn a_large_blob_is_shown_in_pieces() {
    let repo = Repo::new();
    let line = "0123456789abcdef é\n";
    let content = line.repeat((40 << 20) / line.len());
    repo.write("large", &content);
    repo.commit("large");
    for packed in [false, true] {
        if packed {
            repo.git(&["repack", "-adq"]);
        }
        let recorder = Recorder::default();
        let progress = Progress::default();
        let everything = Selection::Everything;
        let coverage = repo.open().scan_history(&everything, 2, &&recorder, &progress).unwrap();
        assert_eq!(coverage.not_scanned, []);
        let starts = recorder.starts.lock().unwrap().clone();
        assert!(starts.len() > 5);
        assert_eq!(starts[0], Position::START);
        let shown = recorder.shown();
        assert!(shown.values().any(|shown| shown.bytes == content.as_bytes()));
    }
}

#[test]
fn a_path_inside_finds_the_repository_around() {
    let repo = grown(1);
    let found = Repository::discover(&repo.path.join("dir")).unwrap().unwrap();
    assert_eq!(found.git_dir(), repo.path.join(".git"));
    let roundabout = repo.path.join("dir/../..");
    assert!(Repository::discover(&roundabout).unwrap().is_none());
    assert!(Repository::discover(&repo.beside("nowhere")).unwrap().is_none());
    assert!(matches!(Repository::open(&repo.beside("")), Err(OpenError::NotARepository(_))));
    let by_git_dir = Repository::open(&repo.path.join(".git")).unwrap();
    assert_eq!(by_git_dir.work_tree(), Some(repo.path.canonicalize().unwrap().as_path()));
}

#[test]
fn a_scan_that_was_stopped_is_not_complete() {
    let repo = grown(3);
    for _ in 0..2 {
        let recorder = Recorder::default();
        let progress = Progress::default();
        progress.cancel();
        let everything = Selection::Everything;
        let coverage = repo.open().scan_history(&everything, 2, &&recorder, &progress).unwrap();
        assert!(!coverage.is_complete());
        repo.git(&["repack", "-adq"]);
    }
}

#[test]
fn objects_of_a_push_in_quarantine_are_taken_in() {
    let repo = grown(2);
    let incoming = repo.path.join(".git/objects/tmp_objdir-incoming-x");
    std::fs::create_dir_all(&incoming).unwrap();
    repo.write("pushed", "pushed");
    let mut hash = repo.command(&repo.path);
    hash.env("GIT_OBJECT_DIRECTORY", &incoming).args(["hash-object", "-w", "pushed"]);
    assert!(hash.output().unwrap().status.success());
    assert!(!blobs(&scan(&repo.open()).0).contains(&"pushed".to_owned()));
    let repository = repo.open().with_objects(&incoming);
    assert!(blobs(&scan(&repository).0).contains(&"pushed".to_owned()));
}

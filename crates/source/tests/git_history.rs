//! The history walk against `git cat-file`: every object, its very bytes,
//! once, however the repository keeps them.

mod git_support;

use std::collections::BTreeMap;

use git_support::{Repo, Shown, scan};
use leeward_model::{GitObjectKind, ObjectId};
use leeward_source::git::Repository;

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

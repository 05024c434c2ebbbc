//! Git's own directories: small files are scanned, stored objects are not.

use std::path::{Path, PathBuf};

use leeward_model::Reason;
use leeward_source::files::Options;

use crate::keep::{Keep, LeftOut, left_out, together, write};

/// Writes what makes a directory a repository.
fn repository(root: &Path, at: &str, object: &[u8]) {
    write(root, &format!("{at}/HEAD"), b"ref: refs/heads/main\n");
    write(root, &format!("{at}/config"), b"[core]\n");
    write(root, &format!("{at}/refs/heads/main"), b"0\n");
    write(root, &format!("{at}/objects/ab/cdef"), object);
    write(root, &format!("{at}/objects/pack/p.pack"), object);
}

fn scan(root: &Path, skip_git_objects: bool) -> (Vec<String>, Vec<LeftOut>) {
    let keep = Keep::default();
    let options = Options { skip_git_objects, ..together() };
    let coverage = keep.scan(&[root.to_owned()], &options);
    assert!(coverage.is_complete());
    let paths = keep.paths(root).iter().map(|path| path.display().to_string()).collect();
    (paths, left_out(&coverage, root))
}

#[test]
fn objects_are_left_out_and_all_else_is_scanned() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    repository(root, ".git", b"1");
    write(root, ".git/hooks/pre-commit", b"#!/bin/sh");
    write(root, ".git/lfs/objects/ab/file", b"a real file");
    repository(root, ".git/modules/sub", b"22");
    write(root, "sub/.git", b"gitdir: ../.git/modules/sub\n");
    repository(root, "vendor/nested/.git", b"333");
    repository(root, "mirrors/bare.git", b"4444");
    write(root, "not-git/objects/HEAD", b"x");
    let scanned = [
        ".git/HEAD",
        ".git/config",
        ".git/hooks/pre-commit",
        ".git/lfs/objects/ab/file",
        ".git/modules/sub/HEAD",
        ".git/modules/sub/config",
        ".git/modules/sub/refs/heads/main",
        ".git/refs/heads/main",
        "mirrors/bare.git/HEAD",
        "mirrors/bare.git/config",
        "mirrors/bare.git/refs/heads/main",
        "not-git/objects/HEAD",
        "sub/.git",
        "vendor/nested/.git/HEAD",
        "vendor/nested/.git/config",
        "vendor/nested/.git/refs/heads/main",
    ];
    let nested = |path: &str, bytes| (path.to_owned(), Reason::NestedRepository, Some(bytes));
    let below = [
        nested(".git/modules/sub/objects", 4),
        nested("mirrors/bare.git/objects", 8),
        nested("vendor/nested/.git/objects", 6),
    ];
    let (paths, left_out) = scan(root, true);
    assert_eq!(paths, scanned);
    assert_eq!(left_out, below);
    let (paths, left_out) = scan(root, false);
    assert_eq!(paths, scanned);
    let mut with_top = below.to_vec();
    with_top.insert(1, nested(".git/objects", 2));
    assert_eq!(left_out, with_top);
}

#[test]
fn a_bare_repository_may_be_the_target() {
    let dir = tempfile::tempdir().unwrap();
    repository(dir.path(), "bare", b"1");
    let root = dir.path().join("bare");
    let scanned = ["HEAD", "config", "refs/heads/main"];
    assert_eq!(scan(&root, true), (scanned.map(str::to_owned).to_vec(), vec![]));
    assert_eq!(scan(&root, false).1, [("objects".to_owned(), Reason::NestedRepository, Some(2))]);
}

#[test]
fn a_work_tree_that_looks_like_a_bare_repository_hides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    repository(root, ".git", b"1");
    repository(root, ".", b"not what Git would read");
    let (_, left_out) = scan(root, true);
    assert_eq!(left_out, [("objects".to_owned(), Reason::NestedRepository, Some(46))]);
}

#[test]
fn objects_named_as_a_target_are_scanned() {
    let dir = tempfile::tempdir().unwrap();
    repository(dir.path(), ".git", b"1");
    let (paths, _) = scan(&dir.path().join(".git/objects"), true);
    assert_eq!(paths.iter().map(PathBuf::from).count(), 2);
}

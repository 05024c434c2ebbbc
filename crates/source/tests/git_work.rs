//! What is about to leave or enter: ranges of commits, staged files, and how
//! files of the work tree stand with Git.

#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod git_support;

use git_support::{Recorder, Repo, blobs, scan_range};
use leeward_model::{GitObjectKind, Tracking};
use leeward_source::{Progress, git::Selection};

#[test]
fn ranges_show_what_their_commits_brought() {
    let repo = Repo::new();
    repo.write("a", "a1");
    repo.write("dir/b", "b1");
    let first = repo.commit("first");
    repo.write("a", "a2");
    repo.commit("second");
    repo.git(&["mv", "dir/b", "dir/c"]);
    repo.write("d", "d1");
    repo.commit("third");
    repo.git(&["checkout", "-q", "-b", "side", &first]);
    repo.write("side", "s1");
    repo.commit("side");
    repo.git(&["merge", "-q", "-m", "merge", "main"]);
    repo.git(&["tag", "-a", "-m", "tag", "v1"]);
    repo.git(&["pack-refs", "--all"]);
    let repository = repo.open();
    let brought = |range: &str| blobs(&scan_range(&repository, range).0);
    assert_eq!(brought("main~1..main"), ["d1"]);
    assert_eq!(brought("main^..main"), ["d1"]);
    assert_eq!(brought(&format!("{first}..main")), ["a2", "d1"]);
    assert_eq!(brought("main..HEAD"), ["s1"]);
    assert_eq!(brought("main.."), ["s1"]);
    assert_eq!(brought("HEAD ^main"), ["s1"]);
    assert_eq!(brought("v1 ^refs/heads/main"), ["s1"]);
    assert_eq!(brought("HEAD^2~2..main"), ["a2", "d1"]);
    assert_eq!(brought(&format!("main...{}", &first[..9])), ["a2", "d1"]);
    assert_eq!(brought("side~1...main"), ["a2", "d1", "s1"]);
    assert_eq!(brought("main"), ["a1", "a2", "b1", "d1"]);
    assert!(brought("main..main").is_empty());
    let (shown, _) = scan_range(&repository, "main..");
    let texts = shown.values().filter(|shown| shown.kind == GitObjectKind::Commit).count();
    assert_eq!(texts, 2);
}

#[test]
fn bad_ranges_say_what_is_wrong() {
    let repo = Repo::new();
    repo.write("empty", "");
    repo.commit("first");
    repo.commit("second");
    let repository = repo.open();
    let fails = |range: &str| {
        let recorder = Recorder::default();
        let selection = Selection::Range(range.into());
        let progress = Progress::default();
        repository.scan_history(&selection, 1, &&recorder, &progress).unwrap_err().to_string()
    };
    assert!(fails("nowhere..HEAD").contains("`nowhere`"));
    assert!(fails("HEAD@{1}..").contains("not understood"));
    assert!(fails("--all").contains("not understood"));
    assert!(fails("HEAD~9").contains("`HEAD~9`"));
    assert!(fails("HEAD:empty").contains("not understood"));
    assert!(fails("^HEAD").contains("no commit"));
    assert!(fails("").contains("no commit"));
    assert!(fails("../../etc/passwd").contains("no ref"));
    assert!(fails(&repo.git(&["rev-parse", "HEAD:empty"])).contains("not a commit"));
}

#[test]
fn staged_files_are_those_that_differ_from_head() {
    let repo = Repo::new();
    repo.write("new", "before any commit");
    repo.git(&["add", "new"]);
    let staged = |repo: &Repo| {
        let staged = repo.open().staged(None);
        assert_eq!(staged.problems, []);
        let mut paths: Vec<_> = staged.paths.into_values().flatten().collect();
        paths.sort_unstable();
        paths.into_iter().map(|path| String::from_utf8(path).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(staged(&repo), ["new"]);
    for n in 0..20 {
        repo.write(&format!("dir/sub{}/file{n}", n % 3), format!("content {n}"));
    }
    repo.commit("all");
    assert!(staged(&repo).is_empty());
    repo.write("dir/sub1/file1", "staged");
    repo.write("added", "added");
    repo.git(&["add", "-A"]);
    repo.git(&["rm", "-q", "--cached", "new"]);
    repo.write("dir/sub1/file1", "only in the work tree");
    assert_eq!(staged(&repo), ["added", "dir/sub1/file1"]);
    let recorder = Recorder::default();
    let coverage = repo.open().scan_staged(None, 2, &&recorder, &Progress::default());
    assert_eq!((coverage.objects_scanned, coverage.bytes_scanned), (2, 11));
    let shown = recorder.shown();
    assert!(shown.values().all(|shown| shown.kind == GitObjectKind::Staged));
    assert!(shown.values().any(|shown| shown.bytes == b"staged"));
    for version in ["2", "3", "4"] {
        repo.git(&["update-index", "--index-version", version]);
        assert_eq!(staged(&repo), ["added", "dir/sub1/file1"], "version {version}");
    }
    repo.git(&["update-index", "--split-index"]);
    repo.write("dir/sub2/file2", "changed in a split index");
    repo.git(&["rm", "-q", "--cached", "dir/sub0/file0"]);
    repo.git(&["add", "dir/sub2/file2"]);
    assert_eq!(staged(&repo), ["added", "dir/sub1/file1", "dir/sub2/file2"]);
}

#[test]
fn files_are_tracked_ignored_or_neither() {
    let repo = Repo::new();
    repo.write(".gitignore", "*.log\n.env\n/build/\n!keep.log\n");
    repo.write("dir/.gitignore", "secret\n!*.log\n");
    for file in ["tracked", "forced.log", "loose", ".env", "a.log", "keep.log", "dir/secret"] {
        repo.write(file, "x");
    }
    repo.write("dir/b.log", "x");
    repo.write("build/deep/out", "x");
    repo.write("locally", "x");
    std::fs::write(repo.path.join(".git/info/exclude"), "locally\n").unwrap();
    repo.git(&["add", "tracked"]);
    repo.git(&["add", "-f", "forced.log"]);
    let repository = repo.open();
    let mut tracker = repository.tracker(None);
    let mut check = |path: &str, expected| {
        assert_eq!(tracker.tracking(&repo.path.join(path)), expected, "{path}");
        let asked = repo.command(&repo.path).args(["check-ignore", "-q", path]).status().unwrap();
        assert_eq!(asked.success(), expected == Tracking::Ignored, "git on {path}");
    };
    check("tracked", Tracking::Tracked);
    check("forced.log", Tracking::Tracked);
    for path in ["loose", "keep.log", "dir/b.log", ".gitignore"] {
        check(path, Tracking::Untracked);
    }
    for path in [".env", "a.log", "dir/secret", "build/deep/out", "locally"] {
        check(path, Tracking::Ignored);
    }
    assert_eq!(tracker.tracking(&repo.beside("elsewhere")), Tracking::NoRepository);
}

/// Generated rules on a fixed set of files, against `git check-ignore`.
#[test]
fn rules_of_all_shapes_mean_what_git_says() {
    let repo = Repo::new();
    let files = ["a", "b.c", "a.c", "ab/c", "ab/b.c", "c/a/b", "c/ab/a/c", ".env", "a b", "c/[a]"];
    files.iter().for_each(|file| repo.write(file, "x"));
    let parts = [
        "a",
        "b",
        "c",
        ".c",
        "*",
        "**",
        "/",
        "/",
        "?",
        "[a-b]",
        "[!a]",
        "[^c]",
        "ab",
        "!",
        "\\a",
        " ",
        "\\ ",
        "**/",
        "/**",
        "[]",
        "[[:alpha:]]",
        ".env",
        "#",
        "\\!",
    ];
    let mut state = 11u64;
    let mut random = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..250 {
        let rule = |random: &mut dyn FnMut(usize) -> usize| -> String {
            (0..=random(4)).map(|_| parts[random(parts.len())]).collect()
        };
        let rules = [rule(&mut random), rule(&mut random), rule(&mut random)].join("\n");
        std::fs::write(repo.path.join(".git/info/exclude"), &rules).unwrap();
        let nested = rule(&mut random);
        repo.write("c/.gitignore", &nested);
        let mut asked = repo.command(&repo.path);
        let ignored = asked.args(["check-ignore", "--no-index"]).args(files).output().unwrap();
        let ignored: Vec<&[u8]> = ignored.stdout.split(|&byte| byte == b'\n').collect();
        let repository = repo.open();
        let mut tracker = repository.tracker(None);
        for file in files {
            let is_ignored = ignored.contains(&file.as_bytes());
            let expected = if is_ignored { Tracking::Ignored } else { Tracking::Untracked };
            let told = tracker.tracking(&repo.path.join(file));
            assert_eq!(told, expected, "{file} under {rules:?}, in c/ {nested:?}");
        }
    }
}

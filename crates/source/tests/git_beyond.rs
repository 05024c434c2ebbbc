//! What some objects lead to and others do not, beside what git says of it:
//! nothing new that git lists is left out, whether it arrives with a push, lies
//! forgotten in the server's store, or both.

#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod git_support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::Path,
    process::Stdio,
};

use git_support::{Recorder, Repo, Shown, blobs, id};
use leeward_model::{Coverage, ObjectId, Reason};
use leeward_source::{
    Progress,
    git::{Repository, Selection},
};
use proptest::prelude::*;

fn beyond(
    repository: &Repository,
    tips: &[ObjectId],
    known: &[ObjectId],
) -> (BTreeMap<ObjectId, Shown>, Coverage) {
    let recorder = Recorder::default();
    let selection = Selection::Beyond { tips: tips.to_vec(), known: known.to_vec() };
    let progress = Progress::default();
    let coverage = repository.scan_history(&selection, 2, &&recorder, &progress).unwrap();
    (recorder.shown(), coverage)
}

/// What git lists, but for trees.
fn listed(repo: &Repo, tips: &[ObjectId], known: &[ObjectId]) -> BTreeSet<ObjectId> {
    let mut args = vec!["rev-list".to_owned(), "--objects".to_owned()];
    args.extend(tips.iter().map(ToString::to_string));
    args.push("--not".to_owned());
    args.extend(known.iter().map(ToString::to_string));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let listed = repo.git(&args);
    let ids = listed.lines().map(|line| line.split(' ').next().unwrap().to_owned());
    let ids: Vec<String> = ids.collect();
    let mut check = repo.command(&repo.path);
    check.args(["cat-file", "--batch-check"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = check.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = ids.join("\n") + "\n";
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(text.as_bytes()).unwrap());
        let output = child.wait_with_output().unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .filter(|line| !line.contains(" tree ") && !line.contains(" missing"))
            .map(|line| id(line.split(' ').next().unwrap()))
            .collect()
    })
}

/// A commit of a made-up history: the commits before it that are its parents,
/// and the content of each file it has.
#[derive(Clone, Debug)]
struct Made {
    parents: Vec<usize>,
    files: Vec<(usize, u8)>,
    /// What is beside it: an annotated tag of it, of one of its blobs, of its
    /// tree, or nothing.
    tag: u8,
}

const FILES: [&str; 6] = ["a", "b", "d/a", "d/e/a", "d/e/b", "z/e/a"];

fn histories() -> impl Strategy<Value = Vec<Made>> {
    let made = (
        proptest::collection::vec(0usize..100, 0..3),
        proptest::collection::vec((0..FILES.len(), 0u8..6), 1..5),
        0u8..5,
    );
    let made = made.prop_map(|(parents, files, tag)| Made { parents, files, tag });
    proptest::collection::vec(made, 1..9)
}

/// Makes the history; its commits, and its tags.
fn make(repo: &Repo, history: &[Made]) -> (Vec<ObjectId>, Vec<ObjectId>) {
    let mut stream = String::new();
    let mut add = |text: String| stream.push_str(&text);
    for (number, made) in history.iter().enumerate() {
        // Clocks are wrong now and then.
        let at = 1_700_000_000 + (number * 7919) % 13 * 100;
        let mark = number + 1;
        let head = "committer C <c@x>";
        add(format!("commit refs/heads/c{number}\nmark :{mark}\n{head} {at} +0000\ndata 2\nm\n"));
        let mut parents: Vec<usize> = made.parents.iter().map(|p| p % (number + 1)).collect();
        parents.retain(|&parent| parent < number);
        parents.dedup();
        for (place, parent) in parents.iter().enumerate() {
            let word = if place == 0 { "from" } else { "merge" };
            add(format!("{word} :{}\n", parent + 1));
        }
        add("deleteall\n".to_owned());
        for (file, content) in &made.files {
            add(format!("M 644 inline {}\ndata 2\n{content}\n\n", FILES[*file]));
        }
    }
    let mut import = repo.command(&repo.path);
    import.args(["fast-import", "--quiet"]).stdin(Stdio::piped());
    let mut child = import.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let commits: Vec<ObjectId> = (0..history.len())
        .map(|number| id(&repo.git(&["rev-parse", &format!("c{number}")])))
        .collect();
    let mut tags = Vec::new();
    for (number, made) in history.iter().enumerate() {
        let (name, commit) = (format!("t{number}"), commits[number]);
        let of = match made.tag {
            0 => commit.to_string(),
            1 => format!("{commit}^{{tree}}"),
            2 => format!("{commit}:{}", FILES[made.files[0].0]),
            _ => continue,
        };
        let tag = repo.git(&["rev-parse", &of]);
        repo.git(&["tag", "-a", "-m", "tag", &name, &tag]);
        tags.push(id(&repo.git(&["rev-parse", &name])));
    }
    (commits, tags)
}

fn every_object(repo: &Repo) -> Vec<String> {
    let all = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"];
    repo.git(&all).lines().map(str::to_owned).collect()
}

fn copy(repo: &Repo, name: &str, to: &Path) {
    let from = repo.path.join(".git/objects").join(&name[..2]).join(&name[2..]);
    fs::create_dir_all(to.join(&name[..2])).unwrap();
    fs::copy(from, to.join(&name[..2]).join(&name[2..])).unwrap();
}

/// Some of a list, as the bits of a number say.
fn some<T: Copy>(all: &[T], bits: u64) -> Vec<T> {
    all.iter().enumerate().filter(|(at, _)| bits >> (at % 64) & 1 != 0).map(|(_, &it)| it).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_new_that_git_lists_is_left_out(
        history in histories(),
        tip_bits in 1u64..u64::MAX,
        known_bits in 0u64..u64::MAX,
        forgotten_bits in 0u64..u64::MAX,
        is_packed in proptest::bool::ANY,
    ) {
        let repo = Repo::new();
        let (commits, tags) = make(&repo, &history);
        let all: Vec<ObjectId> = commits.iter().chain(&tags).copied().collect();
        let (tips, known) = (some(&all, tip_bits), some(&all, known_bits));
        prop_assume!(!tips.is_empty());
        // Git lists what the commits next to the known ones do not have, and so
        // some that older known commits do have. Those may be left out.
        let there = if known.is_empty() { BTreeSet::new() } else { listed(&repo, &known, &[]) };
        let mut wanted = listed(&repo, &tips, &known);
        wanted.retain(|id| !there.contains(id));
        let reached = listed(&repo, &tips, &[]);

        // In one repository, as before a push.
        let (shown, coverage) = beyond(&repo.open(), &tips, &known);
        prop_assert!(coverage.is_complete(), "{:?}", coverage.not_scanned);
        let shown: BTreeSet<ObjectId> = shown.into_keys().collect();
        prop_assert!(wanted.is_subset(&shown), "{:?}", wanted.difference(&shown));
        prop_assert!(shown.is_subset(&reached), "{:?}", shown.difference(&reached));

        // On a server, where some of it was forgotten and the rest arrives.
        let server = repo.beside("server.git");
        repo.git(&["init", "-q", "--bare", server.to_str().unwrap()]);
        let (store, incoming) = (server.join("objects"), server.join("objects/tmp_objdir-incoming-x"));
        fs::create_dir_all(&incoming).unwrap();
        let mut there: BTreeSet<String> = BTreeSet::new();
        if !known.is_empty() {
            let mut args = vec!["rev-list".to_owned(), "--objects".to_owned()];
            args.extend(known.iter().map(ToString::to_string));
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            there.extend(repo.git(&args).lines().map(|line| line.split(' ').next().unwrap().to_owned()));
        }
        let mut arriving = Vec::new();
        for (number, name) in every_object(&repo).iter().enumerate() {
            if there.contains(name) || forgotten_bits >> (number % 64) & 1 != 0 {
                copy(&repo, name, &store);
            } else if is_packed {
                arriving.push(name.clone());
            } else {
                copy(&repo, name, &incoming);
            }
        }
        if !arriving.is_empty() {
            fs::create_dir_all(incoming.join("pack")).unwrap();
            let mut pack = repo.command(&repo.path);
            pack.arg("pack-objects").arg("-q").arg(incoming.join("pack/pack"));
            let mut child = pack.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
            let text = arriving.join("\n") + "\n";
            child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            prop_assert!(child.wait().unwrap().success());
        }
        let repository = Repository::open(&server).unwrap().receiving(&incoming);
        let (shown, coverage) = beyond(&repository, &tips, &known);
        prop_assert!(coverage.is_complete(), "{:?}", coverage.not_scanned);
        prop_assert!(shown.values().all(|shown| shown.times == 1));
        let shown: BTreeSet<ObjectId> = shown.into_keys().collect();
        prop_assert!(wanted.is_subset(&shown), "{:?}", wanted.difference(&shown));
    }
}

#[test]
fn both_of_two_entries_of_one_name_are_shown() {
    let repo = Repo::new();
    repo.write("f", "old");
    let before = repo.commit("before");
    let blob = |text: &str| {
        repo.write("content", text);
        repo.git(&["hash-object", "-w", "content"])
    };
    let (one, two) = (blob("one"), blob("two"));
    let mut tree = Vec::new();
    for name in [&one, &two] {
        tree.extend_from_slice(b"100644 f\0");
        tree.extend_from_slice(id(name).as_bytes());
    }
    fs::write(repo.path.join("tree"), tree).unwrap();
    let tree = repo.git(&["hash-object", "-t", "tree", "-w", "--literally", "tree"]);
    let commit = repo.git(&["commit-tree", &tree, "-p", &before, "-m", "twice"]);
    let (shown, coverage) = beyond(&repo.open(), &[id(&commit)], &[id(&before)]);
    assert!(coverage.is_complete());
    assert_eq!(blobs(&shown), ["one", "two"]);
}

#[test]
fn what_is_not_here_is_told() {
    let repo = Repo::new();
    repo.write("f", "one");
    let first = repo.commit("first");
    repo.write("f", "two");
    let second = repo.commit("second");
    let lost = repo.git(&["rev-parse", "HEAD:f"]);
    fs::remove_file(repo.path.join(".git/objects").join(&lost[..2]).join(&lost[2..])).unwrap();
    let (_, coverage) = beyond(&repo.open(), &[id(&second)], &[id(&first)]);
    let left: Vec<_> =
        coverage.not_scanned.iter().map(|left| (&left.path[..], &left.reason)).collect();
    assert_eq!(left, [(lost.as_bytes(), &Reason::Missing)]);
    // A ref that leads to nothing hides nothing.
    let nothing = id("0123456789abcdef0123456789abcdef01234567");
    let (shown, coverage) = beyond(&repo.open(), &[id(&first)], &[nothing]);
    assert!(coverage.is_complete());
    assert_eq!(blobs(&shown), ["one"]);
    let (_, coverage) = beyond(&repo.open(), &[nothing], &[]);
    assert!(!coverage.is_complete());
}

#[test]
fn objects_borrowed_from_elsewhere_need_the_owners_word() {
    let pool = Repo::new();
    pool.write("f", "pooled");
    let tip = pool.commit("first");
    let fork = pool.beside("fork.git");
    pool.git(&["clone", "-q", "--bare", "--shared", ".", fork.to_str().unwrap()]);
    let (_, coverage) = beyond(&Repository::open(&fork).unwrap(), &[id(&tip)], &[]);
    assert!(
        coverage.not_scanned.iter().any(|left| matches!(left.reason, Reason::OutsideTarget(_)))
    );
    let (shown, coverage) = beyond(&Repository::open(&fork).unwrap().borrowing(), &[id(&tip)], &[]);
    assert!(coverage.is_complete());
    assert_eq!(blobs(&shown), ["pooled"]);
}

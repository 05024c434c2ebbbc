//! How objects came into history, against what git itself says of generated
//! histories with merges, renames, deletions and reverts.

#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod git_support;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use git_support::{Repo, id};
use leeward_model::{History, ObjectId};
use leeward_source::Progress;

fn attribute(repo: &Repo, objects: &BTreeSet<ObjectId>) -> HashMap<ObjectId, History> {
    let histories = repo.open().attribute(objects, 2, &Progress::default()).unwrap();
    assert_eq!(histories.warnings, [""; 0]);
    histories.of
}

fn one(repo: &Repo, object: ObjectId) -> History {
    attribute(repo, &[object].into()).remove(&object).unwrap()
}

fn paths(history: &History) -> Vec<&str> {
    history.paths.iter().map(|path| std::str::from_utf8(path).unwrap()).collect()
}

/// What git says: for each commit, oldest first, its parents and its files.
struct Truth {
    order: Vec<ObjectId>,
    parents: HashMap<ObjectId, Vec<ObjectId>>,
    files: HashMap<ObjectId, BTreeMap<String, ObjectId>>,
    reachable: BTreeSet<ObjectId>,
}

impl Truth {
    fn of(repo: &Repo) -> Self {
        let mut truth = Self {
            order: Vec::new(),
            parents: HashMap::new(),
            files: HashMap::new(),
            reachable: BTreeSet::new(),
        };
        let log = repo.git(&["rev-list", "--all", "--parents", "--topo-order", "--reverse"]);
        for line in log.lines() {
            let mut ids = line.split(' ').map(id);
            let commit = ids.next().unwrap();
            truth.order.push(commit);
            truth.parents.insert(commit, ids.collect());
            let listed = repo.git(&["ls-tree", "-r", &commit.to_string()]);
            let files = listed.lines().map(|line| {
                let (head, path) = line.split_once('\t').unwrap();
                (path.to_owned(), id(head.rsplit(' ').next().unwrap()))
            });
            truth.files.insert(commit, files.collect());
            truth.reachable.insert(commit);
        }
        truth
    }

    fn blobs(&self) -> BTreeSet<ObjectId> {
        self.files.values().flat_map(|files| files.values().copied()).collect()
    }

    fn has(&self, commit: &ObjectId, blob: &ObjectId) -> bool {
        self.files[commit].values().any(|file| file == blob)
    }

    fn introducing(&self, blob: &ObjectId) -> Vec<ObjectId> {
        let is_new = |commit: &&ObjectId| {
            self.has(commit, blob)
                && !self.parents[*commit].iter().any(|parent| self.has(parent, blob))
        };
        self.order.iter().filter(is_new).copied().collect()
    }

    fn paths(&self, blob: &ObjectId) -> BTreeSet<String> {
        let files = self.files.values().flatten();
        files.filter(|(_, file)| *file == blob).map(|(path, _)| path.clone()).collect()
    }
}

/// A history with everything that moves files about, from a small generator
/// so that it is the same each time.
fn tangled(seed: u64) -> Repo {
    let repo = Repo::new();
    let mut state = seed;
    let mut random = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let names = ["a.txt", "b.txt", "src/c.txt", "src/deep/d.txt", "e.txt"];
    repo.write("a.txt", "start");
    repo.commit("start");
    for step in 0..40 {
        let name = names[random(5) as usize];
        let path = repo.path.join(name);
        match random(8) {
            0..=3 => repo.write(name, format!("content {}", random(12))),
            4 if path.exists() => std::fs::remove_file(&path).unwrap(),
            5 if path.exists() => {
                let to = format!("moved/{}-{step}", name.replace('/', "-"));
                repo.write(&to, std::fs::read(&path).unwrap());
                std::fs::remove_file(&path).unwrap();
            }
            6 => {
                let branch = format!("branch-{step}");
                let back = random(6).min(
                    repo.git(&["rev-list", "--first-parent", "--count", "HEAD"])
                        .parse::<u64>()
                        .unwrap()
                        - 1,
                );
                repo.git(&["branch", "-q", &branch, &format!("HEAD~{back}")]);
                repo.git(&["checkout", "-q", &branch]);
            }
            _ => {
                let branches = repo.git(&["for-each-ref", "--format=%(refname)", "refs/heads"]);
                let branches: Vec<&str> = branches.lines().collect();
                let other = branches[random(branches.len() as u64) as usize];
                repo.tick();
                let strategy = ["-q", "-X", "ours", "--no-edit", other];
                let merged = repo.command(&repo.path).arg("merge").args(strategy).output().unwrap();
                if !merged.status.success() {
                    repo.git(&["checkout", "-q", "-f", "HEAD"]);
                    repo.git(&["reset", "-q", "--hard"]);
                }
            }
        }
        repo.commit(&format!("step {step}"));
    }
    if seed.is_multiple_of(2) {
        repo.git(&["gc", "-q"]);
    }
    repo
}

#[test]
fn histories_are_what_git_says() {
    for seed in 1..=6 {
        let repo = tangled(seed);
        let truth = Truth::of(&repo);
        let blobs = truth.blobs();
        let histories = attribute(&repo, &blobs);
        let head = id(&repo.git(&["rev-parse", "HEAD"]));
        for blob in &blobs {
            let history = &histories[blob];
            let introduced = history.introduced.as_ref().unwrap();
            let candidates = truth.introducing(blob);
            assert!(candidates.contains(&introduced.id), "seed {seed}: {blob}");
            // None of the others is an ancestor, and none that could have come
            // first is older.
            for other in candidates.iter().filter(|other| **other != introduced.id) {
                let ancestor = ["merge-base", "--is-ancestor"];
                let (other, ours) = (other.to_string(), introduced.id.to_string());
                let status = repo.command(&repo.path).args(ancestor).args([&other, &ours]).status();
                assert!(!status.unwrap().success(), "seed {seed}: {blob} came with {other}");
            }
            let told: BTreeSet<String> = paths(history).into_iter().map(str::to_owned).collect();
            assert_eq!(told, truth.paths(blob), "seed {seed}: {blob}");
            assert_eq!(told.len(), history.paths.len());
            assert_eq!(history.in_head, truth.has(&head, blob));
            assert!(history.reachable);
            let contains = format!("--contains={}", introduced.id);
            let refs = repo.git(&["for-each-ref", "--format=%(refname)", &contains]);
            assert_eq!(history.refs, refs.lines().collect::<Vec<_>>());
            let show = ["show", "-s", "--format=%an|%ae|%at|%ct|%s", &introduced.id.to_string()];
            let author = &introduced.author;
            let told = format!(
                "{}|{}|{}|{}|{}",
                author.name, author.email, author.at, introduced.committed_at, introduced.summary
            );
            assert_eq!(told, repo.git(&show));
        }
    }
}

#[test]
fn a_secret_is_followed_through_renames_and_removal() {
    let repo = Repo::new();
    repo.write("other", "x");
    repo.commit("first");
    repo.write("config/.env", "the secret");
    let introduced = repo.commit("add settings");
    let secret = repo.blob_id("HEAD:config/.env");
    let introduced_at = repo.now();
    repo.git(&["mv", "config/.env", "env.txt"]);
    repo.commit("move");
    repo.git(&["branch", "old"]);
    repo.git(&["rm", "-q", "env.txt"]);
    repo.commit("remove");
    let removed = one(&repo, secret);
    assert_eq!(paths(&removed), ["config/.env", "env.txt"]);
    assert_eq!(removed.introduced.as_ref().unwrap().id, id(&introduced));
    assert_eq!(removed.introduced.as_ref().unwrap().committed_at, introduced_at);
    assert!(!removed.in_head && removed.reachable);
    assert_eq!(removed.refs, ["refs/heads/main", "refs/heads/old"]);
    repo.git(&["revert", "--no-edit", "HEAD"]);
    let back = one(&repo, secret);
    assert!(back.in_head);
    assert_eq!(back.introduced.unwrap().id, id(&introduced));
}

#[test]
fn stashes_notes_and_reflogs_keep_things_within_reach() {
    let repo = Repo::new();
    repo.write("file", "first");
    let first = repo.commit("first");
    let hash = |content: &str| {
        repo.write("scratch", content);
        id(&repo.git(&["hash-object", "scratch"]))
    };
    repo.git(&["notes", "add", "-m", "in a note", &first]);
    repo.write("file", "older stash");
    repo.git(&["stash", "-q"]);
    repo.write("file", "newest stash");
    repo.git(&["stash", "-q"]);
    repo.write("file", "amended away");
    repo.commit("to amend");
    repo.write("file", "amended");
    repo.git(&["commit", "-qam", "amended", "--amend"]);
    repo.write("file", "never committed");
    repo.git(&["add", "file"]);
    let dangling = id(&repo.git(&["hash-object", "-w", "file"]));
    let check = |object, reachable, refs: &[&str]| {
        let history = one(&repo, object);
        assert_eq!((history.reachable, &history.refs[..]), (reachable, &refs.map_owned()[..]));
        history
    };
    let note = check(hash("in a note\n"), true, &["refs/notes/commits"]);
    assert_eq!(paths(&note), [first.as_str()]);
    check(hash("newest stash"), true, &["refs/stash"]);
    check(hash("older stash"), true, &["refs/stash"]);
    let reflog_only = check(hash("amended away"), true, &[]);
    assert_eq!(reflog_only.introduced.unwrap().summary, "to amend");
    let nowhere = check(dangling, false, &[]);
    assert_eq!(nowhere, History::default());
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    let expired = check(hash("amended away"), false, &[]);
    assert!(expired.introduced.is_some());
}

trait MapOwned {
    fn map_owned(&self) -> Vec<String>;
}

impl MapOwned for [&str] {
    fn map_owned(&self) -> Vec<String> {
        self.iter().map(|text| (*text).to_owned()).collect()
    }
}

#[test]
fn a_commit_amended_away_is_not_the_one_to_name() {
    let repo = Repo::new();
    repo.write("file", "content");
    let old = repo.commit("first wording");
    repo.tick();
    repo.git(&["commit", "-q", "--amend", "-m", "second wording"]);
    let history = one(&repo, repo.blob_id("HEAD:file"));
    assert_eq!(history.introduced.unwrap().summary, "second wording");
    assert_eq!(history.refs, ["refs/heads/main"]);
    let text = one(&repo, id(&old));
    assert_eq!(
        (text.introduced.unwrap().summary.as_str(), text.reachable),
        ("first wording", true)
    );
}

#[test]
fn texts_of_commits_and_tags_have_histories_too() {
    let repo = Repo::new();
    let first = repo.commit("first");
    repo.git(&["tag", "-a", "-m", "inner", "inner"]);
    repo.git(&["-c", "advice.nestedTag=false", "tag", "-a", "-m", "outer", "outer", "inner"]);
    repo.commit("second");
    let commit = one(&repo, id(&first));
    assert_eq!(commit.introduced.as_ref().unwrap().summary, "first");
    assert!(commit.in_head && commit.reachable);
    assert_eq!(commit.refs, ["refs/heads/main", "refs/tags/inner", "refs/tags/outer"]);
    let inner = one(&repo, repo.blob_id("inner"));
    assert_eq!(inner.refs, ["refs/tags/inner", "refs/tags/outer"]);
    assert!(inner.reachable && inner.introduced.is_none());
    repo.git(&["tag", "-d", "outer"]);
    repo.git(&["tag", "lightweight", &repo.git(&["hash-object", "-w", "--stdin"])]);
    let blob = one(&repo, repo.blob_id("lightweight"));
    assert_eq!((blob.refs, blob.reachable), (vec!["refs/tags/lightweight".to_owned()], true));
}

#[test]
fn many_objects_are_told_apart() {
    let repo = Repo::new();
    for n in 0..150 {
        repo.write(&format!("dir{}/file{n}", n % 7), format!("content {n}"));
        if n % 10 == 9 {
            repo.commit(&format!("up to {n}"));
        }
    }
    let objects: BTreeMap<ObjectId, usize> =
        (0..150).map(|n| (repo.blob_id(&format!("HEAD:dir{}/file{n}", n % 7)), n)).collect();
    let histories = attribute(&repo, &objects.keys().copied().collect());
    for (object, n) in objects {
        let history = &histories[&object];
        assert_eq!(paths(history), [format!("dir{}/file{n}", n % 7)]);
        assert_eq!(
            history.introduced.as_ref().unwrap().summary,
            format!("up to {}", n / 10 * 10 + 9)
        );
    }
}

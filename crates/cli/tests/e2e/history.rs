//! Git: the work tree against the index and the ignore rules, what is staged,
//! ranges, and all the places where history keeps what was deleted.

use std::fs;

use serde_json::{Value, json};

use crate::fixture::{Run, World, key, line};

const JSON: [&str; 3] = ["scan", "--format", "json"];

/// The places of the only finding that lie in Git, and those that do not.
fn places(run: &Run) -> (Vec<Value>, Vec<Value>) {
    let all = run.finding()["locations"].as_array().unwrap().clone();
    all.into_iter().partition(|place| !place["git"].is_null())
}

/// The only place of the only finding, which lies in Git.
#[track_caller]
fn git(run: &Run) -> Value {
    let place = run.location();
    assert!(!place["git"].is_null(), "{place:#}");
    place
}

#[test]
fn an_ignored_file_is_told_from_a_committed_one() {
    let (world, key) = (World::repository(), key());
    world.commit_file(".gitignore", ".env\n");
    world.write(".env", line(&key));
    let run = world.run(JSON).exits(1);
    let place = run.location();
    assert_eq!(place["path"], ".env");
    assert_eq!(place["tracking"], "ignored");
    assert_eq!(place["git"], json!(null));
    assert_eq!(run.finding()["exposure"]["reach"], "ignored");
}

#[test]
fn an_untracked_file_is_called_so() {
    let (world, key) = (World::repository(), key());
    world.commit("first");
    world.write("new.env", line(&key));
    let run = world.run(JSON).exits(1);
    assert_eq!(run.location()["tracking"], "untracked");
    assert_eq!(run.finding()["exposure"]["reach"], "untracked");
}

#[test]
fn a_committed_file_is_told_with_its_history() {
    let (world, key) = (World::repository(), key());
    let commit = world.commit_file("app.env", &line(&key));
    world.commit("later");
    let run = world.run(JSON).exits(1);
    let (in_git, on_disk) = places(&run);
    assert_eq!((in_git.len(), on_disk.len()), (1, 1));
    assert_eq!(on_disk[0]["tracking"], "tracked");
    let git = &in_git[0]["git"];
    assert_eq!(git["commit"], commit.as_str());
    assert_eq!(git["in_head"], true);
    assert_eq!(git["reachable"], true);
    assert_eq!(run.finding()["exposure"]["reach"], "in-head");
}

#[test]
fn a_deleted_key_is_traced_to_the_commit_that_brought_it() {
    let (world, key) = (World::repository(), key());
    world.commit("first");
    let commit = world.commit_file("config/app.env", &format!("# settings\n{}", line(&key)));
    world.git(&["branch", "release"]);
    world.commit_file("config/app.env", "# settings\n");
    let run = world.run(JSON).exits(1);
    let place = git(&run);
    assert_eq!(place["path"], "config/app.env");
    assert_eq!((&place["line"], &place["column"]), (&json!(2), &json!(17)));
    let git = &place["git"];
    assert_eq!(git["commit"], commit.as_str());
    assert_eq!(git["author"], "Ada Author");
    assert_eq!(git["author_email"], "ada@example.com");
    assert_eq!(git["authored_at"], "2023-11-14T22:15:20Z");
    assert_eq!(git["committed_at"], "2023-11-14T22:15:20Z");
    assert_eq!(git["in_head"], false);
    assert_eq!(git["reachable"], true);
    assert_eq!(git["refs"], json!(["refs/heads/main", "refs/heads/release"]));
    let blob = world.git(&["rev-parse", &format!("{commit}:config/app.env")]);
    assert_eq!(git["object"], blob.as_str());
    let finding = run.finding();
    assert_eq!(finding["exposure"]["reach"], "in-history");
    assert_eq!(finding["exposure"]["since"], "2023-11-14T22:15:20Z");
}

#[test]
fn packs_are_read_like_loose_objects() {
    let (world, key) = (World::repository(), key());
    let body: String = (0..200).map(|number| format!("setting_{number} = {number}\n")).collect();
    world.commit_file("app.env", &body);
    let commit = world.commit_file("app.env", &format!("{body}{}", line(&key)));
    world.commit_file("app.env", &format!("{body}# gone\n"));
    world.git(&["gc", "-q", "--aggressive", "--prune=now"]);
    let place = git(&world.run(JSON).exits(1));
    assert_eq!(place["git"]["commit"], commit.as_str());
    assert_eq!((&place["line"], &place["column"]), (&json!(201), &json!(17)));
}

#[test]
fn a_stash_is_history() {
    let (world, key) = (World::repository(), key());
    world.commit_file("app.env", "# none\n");
    world.write("app.env", line(&key));
    world.git(&["stash", "-q"]);
    let place = git(&world.run(JSON).exits(1));
    assert_eq!(
        (&place["git"]["in_head"], &place["git"]["reachable"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(place["git"]["refs"], json!(["refs/stash"]));
}

#[test]
fn what_only_a_reflog_knows_is_found() {
    let (world, key) = (World::repository(), key());
    world.commit("first");
    let commit = world.commit_file("app.env", &line(&key));
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let place = git(&world.run(JSON).exits(1));
    assert_eq!(place["path"], "app.env");
    assert_eq!(place["git"]["commit"], commit.as_str());
    assert_eq!(place["git"]["in_head"], false);
}

#[test]
fn what_nothing_leads_to_is_found() {
    let (world, key) = (World::repository(), key());
    world.commit("first");
    let commit = world.commit_file("app.env", &line(&key));
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    world.git(&["reflog", "expire", "--expire=all", "--all"]);
    fs::remove_file(world.work().join(".git/ORIG_HEAD")).unwrap();
    let run = world.run(JSON).exits(1);
    let place = git(&run);
    assert_eq!(place["git"]["commit"], commit.as_str());
    assert_eq!(place["git"]["reachable"], false);
    assert_eq!(place["git"]["refs"], json!([]));
    assert_eq!(run.finding()["exposure"]["reach"], "unreachable");
}

#[test]
fn a_blob_without_a_commit_is_found() {
    let (world, key) = (World::repository(), key());
    world.commit("first");
    world.write("once.env", line(&key));
    let blob = world.git(&["hash-object", "-w", "once.env"]);
    fs::remove_file(world.work().join("once.env")).unwrap();
    let place = git(&world.run(JSON).exits(1));
    assert_eq!(place["path"], format!("git:blob/{blob}"));
    assert_eq!(
        (&place["git"]["commit"], &place["git"]["reachable"]),
        (&json!(null), &json!(false))
    );
}

#[test]
fn notes_are_history() {
    let (world, key) = (World::repository(), key());
    world.commit("first");
    world.git(&["notes", "add", "-m", &line(&key), "HEAD"]);
    let place = git(&world.run(JSON).exits(1));
    assert_eq!(place["git"]["refs"], json!(["refs/notes/commits"]));
}

#[test]
fn messages_of_commits_are_read() {
    let (world, key) = (World::repository(), key());
    let commit = world.commit(&format!("rotate\n\n{}", line(&key)));
    // Git also leaves the message in a file beside its objects.
    let (in_git, on_disk) = places(&world.run(JSON).exits(1));
    assert_eq!((in_git.len(), on_disk.len()), (1, 1));
    let place = &in_git[0];
    assert_eq!(on_disk[0]["path"], ".git/COMMIT_EDITMSG");
    assert_eq!(place["path"], format!("git:commit/{commit}"));
    assert_eq!(place["git"]["commit"], commit.as_str());
    assert_eq!(place["git"]["in_head"], true);
}

#[test]
fn messages_of_tags_are_read() {
    let (world, key) = (World::repository(), key());
    world.commit("first");
    world.git(&["tag", "-a", "v1", "-m", &line(&key)]);
    let tag = world.git(&["rev-parse", "v1"]);
    let place = git(&world.run(JSON).exits(1));
    assert_eq!(place["path"], format!("git:tag/{tag}"));
    assert_eq!(place["git"]["refs"], json!(["refs/tags/v1"]));
}

#[test]
fn only_what_is_staged() {
    let (world, staged) = (World::repository(), key());
    world.commit_file("old.env", &line(&key()));
    world.write("new.env", line(&staged));
    world.git(&["add", "new.env"]);
    world.write("new.env", "# taken out again, but only here\n");
    world.write("untracked.env", line(&key()));
    let run = world.run(["scan", "--staged", "--format", "json"]).exits(1);
    let place = git(&run);
    assert_eq!(place["path"], "new.env");
    assert_eq!(run.finding()["hint"], crate::fixture::hint(&staged));
    assert_eq!(run.finding()["exposure"]["reach"], "staged");
    world.commit("all");
    world.run(["scan", "--staged"]).exits(0);
}

#[test]
fn only_what_a_range_brought() {
    let (world, brought) = (World::repository(), key());
    world.commit_file("old.env", &line(&key()));
    world.git(&["checkout", "-q", "-b", "topic"]);
    let commit = world.commit_file("new.env", &line(&brought));
    world.commit_file("new.env", "# gone\n");
    let run = world.run(["scan", "--range", "main..HEAD", "--format", "json"]).exits(1);
    let place = git(&run);
    assert_eq!(place["git"]["commit"], commit.as_str());
    assert_eq!(run.finding()["hint"], crate::fixture::hint(&brought));
    world.run(["scan", "--range", "HEAD..main"]).exits(0);
    assert!(world.run(["scan", "--range", "main..nowhere"]).exits(2).err.contains("nowhere"));
}

#[test]
fn history_alone_and_files_alone() {
    let (world, old, new) = (World::repository(), key(), key());
    world.commit_file("app.env", &line(&old));
    world.commit_file("app.env", "# gone\n");
    world.write("new.env", line(&new));
    let hint_of = |flag: &str| {
        world.run(["scan", flag, "--format", "json"]).exits(1).finding()["hint"].clone()
    };
    assert_eq!(hint_of("--history-only"), crate::fixture::hint(&old));
    assert_eq!(hint_of("--no-history"), crate::fixture::hint(&new));
    world.run(["scan", "--history-only", "--no-history"]).exits(2);
}

#[test]
fn a_scope_of_history_needs_a_repository() {
    let world = World::new();
    for flags in [&["--history-only"][..], &["--staged"], &["--range", "a..b"]] {
        let run = world.run(["scan"].iter().chain(flags)).exits(2);
        assert!(run.err.contains("is not inside a git repository"), "{}", run.err);
    }
}

#[test]
fn a_bare_repository_is_its_history() {
    let (world, key) = (World::repository(), key());
    let commit = world.commit_file("app.env", &line(&key));
    let bare = world.beside("bare.git");
    world.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let place = git(&world.run(["scan", "--format", "json", bare.to_str().unwrap()]).exits(1));
    assert_eq!(place["path"], "app.env");
    assert_eq!(place["git"]["commit"], commit.as_str());
}

#[test]
fn a_linked_work_tree_has_the_history_of_all() {
    let (world, key) = (World::repository(), key());
    let commit = world.commit_file("app.env", &line(&key));
    world.commit_file("app.env", "# gone\n");
    let linked = world.beside("linked");
    world.git(&["worktree", "add", "-q", "-b", "other", linked.to_str().unwrap()]);
    let place = git(&world.run_in(&linked, JSON).exits(1));
    assert_eq!(place["git"]["commit"], commit.as_str());
    fs::write(linked.join("app.env"), line(&key)).unwrap();
    world.git_in(&linked, &["add", "app.env"]);
    world.run_in(&linked, ["scan", "--staged"]).exits(1);
    world.run(["scan", "--staged"]).exits(0);
}

#[test]
fn a_shallow_clone_warns() {
    let (world, key) = (World::repository(), key());
    world.commit_file("app.env", &line(&key));
    world.commit_file("app.env", "# gone\n");
    let shallow = world.beside("shallow");
    let url = format!("file://{}", world.work().display());
    world.git(&["clone", "-q", "--depth", "1", &url, shallow.to_str().unwrap()]);
    let run = world.run_in(&shallow, JSON).exits(0);
    let warnings = run.json()["coverage"]["warnings"].to_string();
    assert!(warnings.contains("shallow"), "{warnings}");
}

#[test]
fn a_subdirectory_has_the_whole_history() {
    let (world, key) = (World::repository(), key());
    world.commit_file("app.env", &line(&key));
    world.commit_file("app.env", "# gone\n");
    world.write("src/main.rs", "fn main() {}\n");
    let run = world.run(["scan", "--format", "json", "src"]).exits(1);
    assert_eq!(git(&run)["path"], "app.env");
    assert_eq!(run.json()["scan"]["targets"].as_array().unwrap().len(), 2);
}

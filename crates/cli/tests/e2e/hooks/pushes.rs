//! Pushes: what the remote does not have yet, and nothing else.

use std::path::PathBuf;

use super::{guarded, passed, silent, stopped};
use crate::fixture::{World, key, line};

/// A guarded repository with a remote that has its `main`.
fn remote() -> (World, PathBuf) {
    let world = guarded();
    let bare = world.beside("remote.git");
    world.git(&["init", "-q", "--bare", bare.to_str().unwrap()]);
    world.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    passed(&world.try_git(&["push", "-q", "origin", "main"]));
    (world, bare)
}

/// Commits past the hooks.
fn slip(world: &World, name: &str, content: &str) -> String {
    world.write(name, content);
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "--no-verify", "-m", "past the hooks"]);
    world.git(&["rev-parse", "HEAD"])
}

#[test]
fn what_no_commit_hook_saw_does_not_get_out() {
    let ((world, _), key) = (remote(), key());
    let commit = slip(&world, "app.env", &line(&key));
    world.commit_file("app.env", "cleaned\n");
    let run = world.try_git(&["push", "-q", "origin", "main"]);
    stopped(&run, &format!("app.env:1 in commit {}", &commit[..10]), &key);
    assert!(run.err.contains("revoke the key"), "{}", run.err);
    // A new branch, the same commits.
    stopped(&world.try_git(&["push", "-q", "origin", "HEAD:refs/heads/new"]), "app.env:1", &key);
    world.git(&["reset", "-q", "--hard", "HEAD~2"]);
    world.commit_file("b.txt", "b\n");
    passed(&world.try_git(&["push", "-q", "origin", "main"]));
}

#[test]
fn what_is_there_already_is_not_told_again() {
    let ((world, _), key) = (remote(), key());
    slip(&world, "app.env", &line(&key));
    world.git(&["push", "-q", "--no-verify", "origin", "main"]);
    world.commit_file("b.txt", "b\n");
    passed(&world.try_git(&["push", "-q", "origin", "main"]));
    passed(&world.try_git(&["push", "-q", "origin", "HEAD:refs/heads/new"]));
    passed(&world.try_git(&["push", "-q", "origin", "HEAD:refs/heads/new"]));
    passed(&world.try_git(&["push", "-q", "origin", ":refs/heads/new"]));
}

#[test]
fn a_forced_push_is_looked_at_from_where_it_branched() {
    let ((world, _), key) = (remote(), key());
    world.commit_file("b.txt", "b\n");
    passed(&world.try_git(&["push", "-q", "origin", "main"]));
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    slip(&world, "c.env", &line(&key));
    stopped(&world.try_git(&["push", "-q", "-f", "origin", "main"]), "c.env:1", &key);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    world.commit_file("c.txt", "c\n");
    passed(&world.try_git(&["push", "-q", "-f", "origin", "main"]));
}

#[test]
fn a_remote_that_only_has_an_address_is_looked_at_too() {
    let ((world, bare), key) = (remote(), key());
    slip(&world, "c.env", &line(&key));
    let address = bare.to_str().unwrap();
    stopped(&world.try_git(&["push", "-q", address, "main"]), "c.env:1", &key);
    // What it has is known by that remote's name, or from what git says.
    world.git(&["push", "-q", "--no-verify", "origin", "main"]);
    world.commit_file("d.txt", "d\n");
    passed(&world.try_git(&["push", "-q", address, "main:other"]));
    world.git(&["remote", "remove", "origin"]);
    passed(&world.try_git(&["push", "-q", address, "main"]));
    // A remote that nothing is known of gets all there is.
    let empty = world.beside("empty.git");
    world.git(&["init", "-q", "--bare", empty.to_str().unwrap()]);
    stopped(&world.try_git(&["push", "-q", empty.to_str().unwrap(), "main"]), "c.env:1", &key);
}

#[test]
fn tags_are_looked_at_with_their_texts() {
    let ((world, _), key) = (remote(), key());
    world.git(&["tag", "-a", "-m", &format!("MISTRAL_API_KEY={key}"), "v1"]);
    stopped(&world.try_git(&["push", "-q", "origin", "v1"]), "the message of tag", &key);
    world.git(&["tag", "v2"]);
    world.git(&["tag", "-a", "-m", "fine", "v3"]);
    passed(&world.try_git(&["push", "-q", "origin", "v2", "v3"]));
    // Tags of files, and of directories.
    world.write("blob", line(&key));
    let blob = world.git(&["hash-object", "-w", "blob"]);
    world.git(&["tag", "file", &blob]);
    world.git(&["tag", "-a", "-m", "fine", "tree", "HEAD^{tree}"]);
    stopped(&world.try_git(&["push", "-q", "origin", "file"]), "a key", &key);
    passed(&world.try_git(&["push", "-q", "origin", "tree"]));
}

#[test]
fn messages_of_commits_are_looked_at() {
    let ((world, _), key) = (remote(), key());
    let message = format!("MISTRAL_API_KEY={key}");
    world.git(&["commit", "-q", "--no-verify", "--allow-empty", "-m", &message]);
    stopped(&world.try_git(&["push", "-q", "origin", "main"]), "the message of commit", &key);
}

#[test]
fn a_reason_lets_it_pass_and_is_written_down() {
    let ((world, _), key) = (remote(), key());
    slip(&world, "c.env", &line(&key));
    let push = |reason: &str| {
        let mut git = world.git_command(&world.work());
        git.args(["push", "-q", "origin", "main"]).env("LEEWARD_BYPASS", reason);
        crate::fixture::Run::of(&git.output().unwrap())
    };
    for none in ["", "1", "yes"] {
        let run = push(none);
        stopped(&run, "it gives no reason", &key);
    }
    let run = push(&format!("a key of the test account, {key}"));
    assert_eq!(run.code, 0, "{}", run.err);
    silent(&run, &key);
    let events = super::read(&world.work().join(".git/leeward/events.jsonl"));
    let event: serde_json::Value = serde_json::from_str(events.trim_end()).unwrap();
    assert_eq!(event["schema"], "leeward.event/1");
    assert_eq!(event["hook"], "pre-push");
    assert!(event["reason"].as_str().unwrap().starts_with("a key of the test account"));
    assert_eq!(event["fingerprints"].as_array().unwrap().len(), 1);
    assert!(!events.contains(&key));
}

#[test]
fn an_accepted_value_is_accepted_in_the_versions_before() {
    let ((world, _), key) = (remote(), key());
    slip(&world, "c.env", &line(&key));
    world.write("c.env", format!("MISTRAL_API_KEY={key} # leeward:ignore an example\n"));
    world.git(&["commit", "-q", "-a", "-m", "say so"]);
    passed(&world.try_git(&["push", "-q", "origin", "main"]));
}

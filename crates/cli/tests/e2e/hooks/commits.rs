//! Every way to a commit: what it brings is stopped, what was there is not.

use std::{fs, io::Write as _, process::Stdio};

use super::{guarded, passed, silent, stopped};
use crate::fixture::{Run, World, hint, key, line, locked, zip};

#[test]
fn a_first_commit_is_looked_at() {
    let (world, key) = (World::repository(), key());
    world.run(["hook", "install"]).exits(0);
    world.write("app.env", line(&key));
    world.git(&["add", "-A"]);
    let run = world.try_git(&["commit", "-q", "-m", "first"]);
    stopped(&run, "app.env:1: Mistral AI API key", &key);
    assert!(run.err.contains(&hint(&key)) && run.err.contains("leeward fix app.env:1"));
    assert!(run.err.lines().count() <= 4, "{}", run.err);
    world.write("app.env", "MISTRAL_API_KEY=\n");
    world.git(&["add", "-A"]);
    passed(&world.try_git(&["commit", "-q", "-m", "first"]));
}

#[test]
fn what_is_staged_counts_and_not_what_lies_there() {
    let (world, key) = (guarded(), key());
    world.write("app.env", line(&key));
    world.git(&["add", "-A"]);
    world.write("app.env", "cleaned\n");
    stopped(&world.try_git(&["commit", "-q", "-m", "x"]), "app.env:1", &key);
    // The other way round: the key is on disk alone.
    world.git(&["add", "-A"]);
    world.write("app.env", line(&key));
    passed(&world.try_git(&["commit", "-q", "-m", "x"]));
    stopped(&world.try_git(&["commit", "-q", "-a", "-m", "x"]), "app.env:1", &key);
}

#[test]
fn a_commit_of_one_file_is_looked_at_alone() {
    let (world, key) = (guarded(), key());
    world.write("a.txt", "a\n");
    world.write("b.env", "b\n");
    world.commit("both");
    world.write("a.txt", "more\n");
    world.write("b.env", line(&key));
    world.git(&["add", "b.env"]);
    passed(&world.try_git(&["commit", "-q", "-m", "a only", "a.txt"]));
    stopped(&world.try_git(&["commit", "-q", "-m", "b", "b.env"]), "b.env:1", &key);
}

#[test]
fn a_commit_of_pieces_is_looked_at_in_pieces() {
    let (world, key) = (guarded(), key());
    let lines: Vec<String> = (0..40).map(|number| format!("line {number}\n")).collect();
    world.commit_file("a.txt", &lines.concat());
    let mut changed = lines;
    changed[1] = "harmless\n".to_owned();
    changed[38] = line(&key);
    world.write("a.txt", changed.concat());
    let patch = |answers: &str| {
        let mut command = world.git_command(&world.work());
        command.args(["commit", "-q", "-p", "-m", "pieces"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
        Run::of(&child.wait_with_output().unwrap())
    };
    let run = patch("n\ny\n");
    assert_ne!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("a.txt:39"), "{}", run.err);
    let run = patch("y\nn\n");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[test]
fn an_amended_commit_is_looked_at() {
    let (world, key) = (guarded(), key());
    world.write("b.env", line(&key));
    world.git(&["add", "-A"]);
    stopped(&world.try_git(&["commit", "-q", "--amend", "--no-edit"]), "b.env:1", &key);
}

#[test]
fn what_was_there_before_stops_nothing() {
    let (world, key, new) = (guarded(), key(), key());
    world.write("app.env", line(&key));
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "--no-verify", "-m", "by no hook seen"]);
    world.write("app.env", format!("{}REGION=eu\n", line(&key)));
    let run = world.try_git(&["commit", "-q", "-a", "-m", "x"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("already in history"), "{}", run.err);
    silent(&run, &key);
    // Moved, with its directory.
    fs::create_dir(world.work().join("deep")).unwrap();
    world.git(&["mv", "app.env", "deep/app.env"]);
    assert_eq!(world.try_git(&["commit", "-q", "-m", "x"]).code, 0);
    // Copied: there it was not.
    fs::copy(world.work().join("deep/app.env"), world.work().join("copy.env")).unwrap();
    world.git(&["add", "-A"]);
    stopped(&world.try_git(&["commit", "-q", "-m", "x"]), "copy.env:1", &key);
    fs::remove_file(world.work().join("copy.env")).unwrap();
    // Another value in the same file is brought.
    world.write("deep/app.env", line(&new));
    world.git(&["add", "-A"]);
    let run = world.try_git(&["commit", "-q", "-m", "x"]);
    stopped(&run, "deep/app.env:1", &new);
    assert!(!run.err.contains("already in history"), "{}", run.err);
}

#[test]
fn a_merge_brings_only_what_it_adds() {
    let (world, key, new) = (guarded(), key(), key());
    world.commit_file("a.txt", "base\n");
    world.git(&["checkout", "-q", "-b", "other"]);
    world.write("theirs.env", line(&key));
    world.write("a.txt", "theirs\n");
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "--no-verify", "-m", "theirs"]);
    world.git(&["checkout", "-q", "main"]);
    world.commit_file("a.txt", "ours\n");
    assert_ne!(world.try_git(&["merge", "-q", "other"]).code, 0, "a conflict");
    world.write("a.txt", line(&new));
    world.git(&["add", "-A"]);
    let run = world.try_git(&["commit", "-q", "--no-edit"]);
    stopped(&run, "a.txt:1", &new);
    assert!(run.err.contains("theirs.env:1") && run.err.contains("already in history"));
    world.write("a.txt", "both\n");
    world.git(&["add", "-A"]);
    assert_eq!(world.try_git(&["commit", "-q", "--no-edit"]).code, 0);
}

#[test]
fn what_a_cherry_pick_or_a_rebase_makes_is_stopped_at_the_latest_by_the_push() {
    let (world, key) = (guarded(), key());
    let bare = world.beside("bare.git");
    world.git(&["init", "-q", "--bare", bare.to_str().unwrap()]);
    world.commit_file("a.txt", "base\n");
    world.git(&["checkout", "-q", "-b", "other"]);
    world.commit_file("a.txt", "theirs\n");
    world.git(&["checkout", "-q", "main"]);
    world.commit_file("a.txt", "ours\n");
    let conflict = |begin: &[&str]| {
        assert_ne!(world.try_git(begin).code, 0, "a conflict");
        world.write("a.txt", line(&key));
        world.git(&["add", "-A"]);
        let mut go_on = world.git_command(&world.work());
        go_on.args([begin[0], "--continue"]).env("GIT_EDITOR", "true");
        Run::of(&go_on.output().unwrap())
    };
    stopped(&conflict(&["cherry-pick", "other"]), "a.txt:1", &key);
    world.git(&["cherry-pick", "--abort"]);
    // Here git runs no hook before the commit.
    assert_eq!(conflict(&["rebase", "-q", "other"]).code, 0);
    let push = world.try_git(&["push", "-q", bare.to_str().unwrap(), "main"]);
    stopped(&push, "a.txt:1 in commit", &key);
}

#[test]
fn linked_trees_and_submodules_are_guarded() {
    let (world, key) = (guarded(), key());
    let linked = world.beside("linked");
    world.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    fs::write(linked.join("a.env"), line(&key)).unwrap();
    world.git_in(&linked, &["add", "-A"]);
    let commit = |dir: &std::path::Path| {
        Run::of(&world.git_command(dir).args(["commit", "-q", "-m", "x"]).output().unwrap())
    };
    stopped(&commit(&linked), "a.env:1", &key);

    let inner = world.beside("inner");
    fs::create_dir(&inner).unwrap();
    world.git_in(&inner, &["init", "-q", "-b", "main", "."]);
    world.git_in(&inner, &["commit", "-q", "--allow-empty", "-m", "first"]);
    let allow = "protocol.file.allow=always";
    world.git(&["-c", allow, "submodule", "--quiet", "add", inner.to_str().unwrap(), "sub"]);
    // A submodule is a file of the index that holds no file.
    passed(&world.try_git(&["commit", "-q", "-m", "with a submodule"]));
    let sub = world.work().join("sub");
    world.run_in(&sub, ["hook", "install"]).exits(0);
    assert!(world.work().join(".git/modules/sub/hooks/pre-commit").is_file());
    fs::write(sub.join("a.env"), line(&key)).unwrap();
    world.git_in(&sub, &["add", "-A"]);
    stopped(&commit(&sub), "a.env:1", &key);
}

#[test]
fn a_git_directory_elsewhere_and_borrowed_objects_are_followed() {
    let (world, key) = (guarded(), key());
    world.commit_file("old.txt", "old\n");
    let borrower = world.beside("borrower");
    let (from, to) = (world.work(), borrower.to_str().unwrap());
    world.git(&["clone", "-q", "--shared", from.to_str().unwrap(), to]);
    world.run_in(&borrower, ["hook", "install"]).exits(0);
    fs::write(borrower.join("b.txt"), "b\n").unwrap();
    world.git_in(&borrower, &["add", "-A"]);
    let commit = || {
        Run::of(&world.git_command(&borrower).args(["commit", "-q", "-m", "x"]).output().unwrap())
    };
    passed(&commit());
    fs::write(borrower.join("old.txt"), line(&key)).unwrap();
    world.git_in(&borrower, &["add", "-A"]);
    stopped(&commit(), "old.txt:1", &key);
    // As people keep their settings: files at home, the repository elsewhere.
    let away = world.beside("away.git");
    fs::rename(borrower.join(".git"), &away).unwrap();
    let mut git = world.git_command(&borrower);
    git.args(["--git-dir", away.to_str().unwrap(), "--work-tree", to, "commit", "-q", "-m", "x"]);
    stopped(&Run::of(&git.output().unwrap()), "old.txt:1", &key);
}

#[test]
fn what_somebody_accepted_passes() {
    let (world, key) = (guarded(), key());
    let accept = format!("MISTRAL_API_KEY={key} # leeward:ignore an example\n");
    world.write("a.env", accept);
    world.git(&["add", "-A"]);
    passed(&world.try_git(&["commit", "-q", "-m", "x"]));
    world.write("b.env", line(&key));
    world.git(&["add", "-A"]);
    stopped(&world.try_git(&["commit", "-q", "-m", "x"]), "b.env:1", &key);
    let ignore = "[[ignore]]\npath = \"b.env\"\nreason = \"examples\"\n";
    let path = world.write(".leeward-ignore.toml", ignore);
    passed(&world.try_git(&["commit", "-q", "-m", "x"]));
    // One that cannot be read accepts nothing.
    fs::write(path, "[[ignore]]\n").unwrap();
    world.write("c.txt", "c\n");
    world.git(&["add", "c.txt"]);
    let run = world.try_git(&["commit", "-q", "-m", "x"]);
    stopped(&run, ".leeward-ignore.toml", &key);
}

#[test]
fn a_baseline_of_the_settings_is_honoured() {
    let (world, key) = (guarded(), key());
    world.write("a.env", line(&key));
    world.run(["scan", "--no-history", "--write-baseline", "known.json"]).exits(1);
    world.git(&["add", "a.env"]);
    stopped(&world.try_git(&["commit", "-q", "-m", "x"]), "a.env:1", &key);
    let settings = world.beside("home/.config/leeward/leeward.toml");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    fs::write(&settings, "[guard]\nbaseline = \"known.json\"\n").unwrap();
    passed(&world.try_git(&["commit", "-q", "-m", "x"]));
}

#[test]
fn a_message_and_a_name_are_looked_at() {
    let (world, key) = (guarded(), key());
    let message = format!("use it\n\nMISTRAL_API_KEY={key}");
    let run = world.try_git(&["commit", "-q", "--allow-empty", "-m", &message]);
    stopped(&run, "line 3 of the message", &key);
    // Kept as it is where no editor is used.
    let message = format!("use it\n\n# MISTRAL_API_KEY={key}");
    let run = world.try_git(&["commit", "-q", "--allow-empty", "-m", &message]);
    stopped(&run, "line 3 of the message", &key);
    // In an editor, comments are not kept.
    let editor = world.beside("editor");
    let text = format!("printf 'fine\\n# MISTRAL_API_KEY={key}\\n' > \"$1\"\n");
    super::program(&editor, &format!("#!/bin/sh\n{text}"));
    let mut git = world.git_command(&world.work());
    git.args(["commit", "-q", "-v", "--allow-empty"]).env("GIT_EDITOR", &editor);
    passed(&Run::of(&git.output().unwrap()));
    assert_eq!(world.git(&["log", "-1", "--format=%B"]), "fine");

    world.write(format!("MISTRAL_API_KEY={key}.txt"), "x\n");
    world.write(format!("MISTRAL_API_KEY={key}.env"), line(&super::key()));
    world.git(&["add", "-A"]);
    let run = world.try_git(&["commit", "-q", "-m", "x"]);
    stopped(&run, "the name of a staged file", &key);
    assert_eq!(run.err.matches("Mistral AI API key").count(), 3, "{}", run.err);
}

#[test]
fn what_is_in_a_container_is_stopped_with_the_way_in() {
    let (world, key) = (guarded(), key());
    world.write("dist/app.zip", zip("conf/app.env", &line(&key)));
    world.git(&["add", "-A"]);
    let run = world.try_git(&["commit", "-q", "-m", "x"]);
    stopped(&run, "dist/app.zip!conf/app.env:1: Mistral AI API key", &key);
    assert!(run.err.contains("git rm --cached dist/app.zip"), "{}", run.err);
    world.git(&["commit", "-q", "--no-verify", "-m", "x"]);
    let server = world.beside("server.git");
    world.git(&["init", "-q", "--bare", server.to_str().unwrap()]);
    world.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    let run = world.try_git(&["push", "-q", "origin", "HEAD"]);
    stopped(&run, "dist/app.zip!conf/app.env:1 in commit", &key);
    // The same value in a new version of the container was there before.
    world.write("dist/app.zip", zip("conf/app.env", &format!("# moved\n{}", line(&key))));
    world.git(&["add", "-A"]);
    let run = world.try_git(&["commit", "-q", "-m", "y"]);
    assert!(run.code == 0 && run.err.contains("is already in history"), "{}", run.err);
}

#[test]
fn what_cannot_be_opened_is_named_and_stops_nothing() {
    let world = guarded();
    world.write("kept.zip", locked(zip("a", "text")));
    world.git(&["add", "-A"]);
    let run = world.try_git(&["commit", "-q", "-m", "x"]);
    let said = "leeward: not looked into, which stops nothing: `kept.zip!a`: it is encrypted";
    assert!(run.code == 0 && run.err.contains(said), "{}", run.err);
}

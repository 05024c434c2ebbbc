//! Hooks put in place beside others, called by Git, and taken away again.

use std::{fs, os::unix::fs::symlink, path::Path};

use super::{guarded, passed, program, read, stopped};
use crate::fixture::{Run, World, key, line};

/// Stages a key.
fn leak(world: &World, key: &str) {
    world.write("app.env", line(key));
    world.git(&["add", "-A", "app.env"]);
}

fn commit(world: &World) -> Run {
    world.try_git(&["commit", "-q", "-m", "x"])
}

#[test]
fn hooks_come_and_go() {
    let world = guarded();
    let hooks = world.work().join(".git/hooks");
    let before = read(&hooks.join("pre-push"));
    let run = world.run(["hook", "install"]).exits(0);
    assert_eq!(run.out.matches("already in").count(), 3, "{}", run.out);
    assert_eq!(read(&hooks.join("pre-push")), before);
    let run = world.run(["hook", "status"]).exits(0);
    assert_eq!(run.out.matches("in place").count(), 3, "{}", run.out);
    // One is not run by git.
    let path = hooks.join("pre-commit");
    fs::remove_file(&path).unwrap();
    fs::write(&path, &before).unwrap();
    let run = world.run(["hook", "status"]).exits(3);
    assert!(run.out.contains("chmod +x"), "{}", run.out);
    world.run(["hook", "uninstall"]).exits(0);
    let left: Vec<_> = fs::read_dir(&hooks).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name.to_string_lossy().ends_with(".sample")), "{left:?}");
    let run = world.run(["hook", "status"]).exits(3);
    assert_eq!(run.out.matches("not guarded").count(), 3, "{}", run.out);
    let run = world.run(["hook", "uninstall"]).exits(0);
    assert!(run.out.contains("no hook of leeward's was here"));
    world.run(["hook", "install", "pre-push"]).exits(0);
    assert!(hooks.join("pre-push").is_file() && !hooks.join("commit-msg").exists());
}

#[test]
fn scripts_that_were_there_still_run_and_come_back_to_the_byte() {
    let (world, key) = (World::repository(), key());
    let hooks = world.work().join(".git/hooks");
    let said = world.beside("said");
    let shown = said.display();
    // A shell's, one for another program, and a link that is relative.
    let shell = format!("#!/bin/sh\nset -eu\n# no newline at the end\ncat >> '{shown}'");
    let python = format!(
        "#!/usr/bin/env python3\nimport os, sys\n\
         beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'helper')\n\
         open('{shown}', 'a').write(open(beside).read() + sys.argv[0].split('.before')[0])\n"
    );
    program(&hooks.join("pre-push"), &shell);
    program(&hooks.join("pre-commit"), &python);
    // What a hook looks for beside itself is where it was.
    fs::write(hooks.join("helper"), "python ").unwrap();
    program(&world.work().join("scripts/message"), &format!("#!/bin/sh\necho link >> '{shown}'\n"));
    symlink("../../scripts/message", hooks.join("commit-msg")).unwrap();
    let run = world.run(["hook", "install"]).exits(0);
    assert!(run.out.contains("before-leeward"), "{}", run.out);

    world.write("a.txt", "a\n");
    world.git(&["add", "a.txt"]);
    passed(&commit(&world));
    assert!(read(&said).contains("pre-commitlink\n"), "{}", read(&said));
    let bare = world.beside("bare.git");
    world.git(&["init", "-q", "--bare", bare.to_str().unwrap()]);
    passed(&world.try_git(&["push", "-q", bare.to_str().unwrap(), "main"]));
    let head = world.git(&["rev-parse", "HEAD"]);
    let handed_on = format!("refs/heads/main {head} refs/heads/main {}\n", "0".repeat(40));
    assert!(read(&said).ends_with(&handed_on), "{}", read(&said));
    // With nothing to push there is nothing to read, and no empty line.
    world.try_git(&["push", "-q", bare.to_str().unwrap(), "main"]);
    assert!(read(&said).ends_with(&handed_on), "{}", read(&said));
    leak(&world, &key);
    stopped(&commit(&world), "app.env:1", &key);

    world.run(["hook", "install"]).exits(0);
    world.run(["hook", "uninstall"]).exits(0);
    assert_eq!(read(&hooks.join("pre-push")), shell);
    assert_eq!(read(&hooks.join("pre-commit")), python);
    assert_eq!(
        fs::read_link(hooks.join("commit-msg")).unwrap(),
        Path::new("../../scripts/message")
    );
    assert!(!hooks.join("pre-commit.before-leeward").exists());
    assert!(!hooks.join("commit-msg.before-leeward").exists());
}

#[test]
fn a_hook_that_git_does_not_run_is_not_woken() {
    let world = World::repository();
    let hooks = world.work().join(".git/hooks");
    let text = "#!/bin/sh\necho awake\nexit 1\n";
    fs::write(hooks.join("pre-commit"), text).unwrap();
    world.run(["hook", "install"]).exits(0);
    world.write("a.txt", "a\n");
    world.git(&["add", "-A"]);
    passed(&commit(&world));
    world.run(["hook", "uninstall"]).exits(0);
    assert_eq!(read(&hooks.join("pre-commit")), text);
}

#[test]
fn a_directory_of_the_repository_is_used() {
    let (world, key) = (World::repository(), key());
    world.git(&["config", "core.hooksPath", ".githooks"]);
    program(&world.work().join(".githooks/pre-commit"), "#!/bin/bash\nexit 0\n");
    let run = world.run(["hook", "install"]).exits(0);
    assert!(run.out.contains("shared with whoever clones this"), "{}", run.out);
    leak(&world, &key);
    stopped(&commit(&world), "app.env:1", &key);
    world.run(["hook", "status"]).exits(0);
    world.run(["hook", "uninstall"]).exits(0);
    assert_eq!(read(&world.work().join(".githooks/pre-commit")), "#!/bin/bash\nexit 0\n");
}

#[test]
fn husky_s_scripts_are_met() {
    let (world, key) = (World::repository(), key());
    // As husky 9 lays it out.
    let husky = world.work().join(".husky");
    let runner = "#!/usr/bin/env sh\n[ \"$HUSKY\" = \"2\" ] && set -x\nn=$(basename \"$0\")\n\
                  s=$(dirname \"$(dirname \"$0\")\")/$n\n[ ! -f \"$s\" ] && exit 0\n\
                  sh -e \"$s\" \"$@\"\nc=$?\n[ $c != 0 ] && echo \"husky - $n script failed (code $c)\"\n\
                  exit $c\n";
    program(&husky.join("_/h"), runner);
    for hook in ["pre-commit", "pre-push", "commit-msg"] {
        program(&husky.join("_").join(hook), "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"\n");
    }
    fs::write(husky.join("pre-commit"), "echo lint >&2\n").unwrap();
    world.git(&["config", "core.hooksPath", ".husky/_"]);
    let run = world.run(["hook", "install"]).exits(0);
    assert!(run.out.contains("added to `.husky/pre-commit`"), "{}", run.out);
    let script = read(&husky.join("pre-commit"));
    assert!(!script.contains("/leeward'"), "a path of this machine: {script}");

    leak(&world, &key);
    let with_path = |args: &[&str]| {
        let mut git = world.git_command(&world.work());
        let program = Path::new(env!("CARGO_BIN_EXE_leeward")).parent().unwrap().to_owned();
        let rest = crate::fixture::search_path();
        let path =
            std::env::join_paths(std::iter::once(program).chain(std::env::split_paths(&rest)));
        git.args(args).env("PATH", path.unwrap());
        Run::of(&git.output().unwrap())
    };
    stopped(&with_path(&["commit", "-q", "-m", "x"]), "app.env:1", &key);
    // Whoever has no leeward is told.
    stopped(&commit(&world), "leeward is not on the PATH", &key);
    world.write("app.env", "x\n");
    world.git(&["add", "-A"]);
    let run = with_path(&["commit", "-q", "-m", "x"]);
    assert_eq!((run.code, run.err.trim()), (0, "lint"), "{}", run.out);
    let run = world.run(["hook", "status"]).exits(0);
    assert!(run.out.contains("managed by husky"), "{}", run.out);
    world.run(["hook", "uninstall"]).exits(0);
    assert_eq!(read(&husky.join("pre-commit")), "echo lint >&2\n");
    assert!(!husky.join("pre-push").exists());
}

/// Runs something with settings of the user's own.
fn own(world: &World, mut command: std::process::Command) -> Run {
    Run::of(&command.env("GIT_CONFIG_GLOBAL", world.beside("home/.gitconfig")).output().unwrap())
}

fn leeward(world: &World, args: &[&str]) -> Run {
    let mut command = world.leeward(&world.work());
    command.args(args);
    own(world, command)
}

#[test]
fn all_repositories_are_guarded_and_their_own_hooks_run() {
    let (world, key) = (World::repository(), key());
    let hooks = world.beside("home/.config/leeward/hooks");
    let said = world.beside("said");
    for hook in ["pre-commit", "post-commit", "prepare-commit-msg"] {
        let text = format!("#!/bin/sh\necho {hook} >> '{}'\n", said.display());
        program(&world.work().join(".git/hooks").join(hook), &text);
    }
    leeward(&world, &["hook", "status", "--global"]).exits(3);
    leeward(&world, &["hook", "install", "--global"]).exits(0);
    leeward(&world, &["hook", "install", "--global"]).exits(0);
    leeward(&world, &["hook", "status", "--global"]).exits(0);
    // Nothing is to be done in the repository.
    let run = leeward(&world, &["hook", "install"]).exits(0);
    assert_eq!(run.out.matches("already in").count(), 3, "{}", run.out);
    leeward(&world, &["hook", "status"]).exits(0);
    let commit = |dir: &Path| {
        let mut git = world.git_command(dir);
        git.args(["commit", "-q", "-m", "x"]);
        own(&world, git)
    };
    leak(&world, &key);
    stopped(&commit(&world.work()), "app.env:1", &key);
    assert!(!said.exists());
    world.write("app.env", "x\n");
    world.git(&["add", "-A"]);
    passed(&commit(&world.work()));
    assert_eq!(read(&said), "pre-commit\nprepare-commit-msg\npost-commit\n");
    // A linked tree finds the hooks of its repository.
    let linked = world.beside("linked");
    world.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    fs::write(linked.join("b.txt"), "b\n").unwrap();
    world.git_in(&linked, &["add", "-A"]);
    passed(&commit(&linked));
    assert_eq!(read(&said).lines().count(), 6);

    leeward(&world, &["hook", "uninstall", "--global"]).exits(0);
    assert!(!hooks.exists());
    assert!(!read(&world.beside("home/.gitconfig")).contains("hooksPath"));
    leak(&world, &key);
    passed(&commit(&world.work()));
}

#[test]
fn a_directory_that_is_set_for_all_is_respected() {
    let world = World::repository();
    let theirs = world.beside("theirs");
    program(&theirs.join("pre-commit"), "#!/bin/sh\nexit 0\n");
    fs::write(
        world.beside("home/.gitconfig"),
        format!("[core]\n\thooksPath = {}\n", theirs.display()),
    )
    .unwrap();
    // One repository does not change what all use.
    let run = leeward(&world, &["hook", "install"]).exits(2);
    assert!(run.err.contains("--global"), "{}", run.err);
    assert_eq!(read(&theirs.join("pre-commit")), "#!/bin/sh\nexit 0\n");
    leeward(&world, &["hook", "install", "--global"]).exits(0);
    assert!(read(&theirs.join("pre-commit")).contains("begin leeward"));
    leeward(&world, &["hook", "status"]).exits(0);
    leeward(&world, &["hook", "uninstall", "--global"]).exits(0);
    assert_eq!(read(&theirs.join("pre-commit")), "#!/bin/sh\nexit 0\n");
    assert!(read(&world.beside("home/.gitconfig")).contains("hooksPath"));
}

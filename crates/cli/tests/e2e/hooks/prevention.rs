//! The step of a response that keeps the next key out.

use std::fs;

use super::{program, read, stopped};
use crate::fixture::{World, key, line};

#[test]
fn a_response_puts_hooks_in_place() {
    let (world, old, new) = (World::repository(), key(), key());
    world.commit_file("app.env", &line(&old));
    world.run(["scan", "--record", "--quiet"]).exits(1);
    let hooks = world.work().join(".git/hooks");
    program(&hooks.join("pre-push"), "#!/bin/sh\nexit 0\n");
    let respond = |more: &[&str]| {
        let args = [&["respond", "1", "prevent", "--offline"], more].concat();
        let run = world.run(args);
        assert!(!run.out.contains(&old) && !run.err.contains(&old));
        run
    };
    let plan = respond(&[]);
    assert!(plan.out.contains("put the git hooks pre-commit"), "{}\n{}", plan.out, plan.err);
    assert!(!hooks.join("pre-commit").exists());
    respond(&["--apply"]);
    world.run(["hook", "status"]).exits(0);
    assert!(read(&hooks.join("pre-push")).ends_with("exit 0\n"));
    let said = world.run(["incident", "show", "1", "--format", "json"]).out;
    assert!(said.contains("hook-001") && said.contains("pre-commit"), "{said}");
    world.write("b.env", line(&new));
    world.git(&["add", "-A"]);
    stopped(&world.try_git(&["commit", "-q", "-m", "x"]), "b.env:1", &new);
    // Once they stand there is nothing to put in place.
    assert!(!respond(&[]).out.contains("put the git hooks"));
}

#[test]
fn a_response_changes_no_file_that_is_checked_in() {
    let (world, old) = (World::repository(), key());
    world.commit_file("app.env", &line(&old));
    world.run(["scan", "--record", "--quiet"]).exits(1);
    world.git(&["config", "core.hooksPath", ".husky/_"]);
    fs::create_dir_all(world.work().join(".husky/_")).unwrap();
    world.run(["respond", "1", "prevent", "--offline", "--apply"]);
    assert!(!world.work().join(".husky/pre-commit").exists());
    let said = world.run(["incident", "show", "1", "--format", "json"]).out;
    assert!(said.contains("leeward hook install"), "{said}");
}

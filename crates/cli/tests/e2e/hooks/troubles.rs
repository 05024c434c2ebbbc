//! When a hook cannot do its work it says so, and never passes without a word.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use super::{guarded, passed, program, stopped};
use crate::fixture::{Run, World, key, line};

fn staged(world: &World, key: &str) {
    world.write("app.env", line(key));
    world.git(&["add", "-A"]);
}

fn commit(world: &World) -> Run {
    world.try_git(&["commit", "-q", "-m", "x"])
}

/// A repository whose hooks call a program that stands in for this one.
fn standing_in(text: Option<&str>, when_missing: &str) -> World {
    let world = World::repository();
    let stand_in = world.beside("bin/leeward");
    fs::create_dir_all(stand_in.parent().unwrap()).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_leeward"), &stand_in).unwrap();
    let mut install = std::process::Command::new(&stand_in);
    install.current_dir(world.work()).args(["hook", "install", "--when-missing", when_missing]);
    assert!(install.output().unwrap().status.success());
    fs::remove_file(&stand_in).unwrap();
    if let Some(text) = text {
        program(&stand_in, text);
    }
    world
}

#[test]
fn a_missing_program_is_told() {
    let key = key();
    let world = standing_in(None, "stop");
    staged(&world, &key);
    stopped(&commit(&world), "this commit was not looked at, it is stopped", &key);
    let world = standing_in(None, "pass");
    staged(&world, &key);
    let run = commit(&world);
    assert_eq!(run.code, 0);
    assert!(run.err.contains("was not looked at, it passes"), "{}", run.err);
}

#[test]
fn an_old_or_broken_program_is_told() {
    let key = key();
    for text in [
        "#!/bin/sh\necho \"error: unrecognized subcommand 'hook'\" >&2; exit 2\n",
        "#!/bin/sh\nkill -9 $$\n",
        "#!/nowhere\n",
    ] {
        let world = standing_in(Some(text), "stop");
        staged(&world, &key);
        stopped(&commit(&world), "is it too old for this hook?", &key);
        world.git(&["commit", "-q", "--no-verify", "-m", "x"]);
        let bare = world.beside("bare.git");
        world.git(&["init", "-q", "--bare", bare.to_str().unwrap()]);
        let run = world.try_git(&["push", "-q", bare.to_str().unwrap(), "main"]);
        stopped(&run, "this push was not looked at", &key);
    }
}

#[test]
fn a_broken_index_and_objects_that_cannot_be_read_stop_it() {
    let (world, key) = (guarded(), key());
    staged(&world, &key);
    let hook = |index: &Path| {
        let mut command = world.leeward(&world.work());
        command.args(["hook", "pre-commit"]).env("GIT_INDEX_FILE", index);
        Run::of(&command.output().unwrap())
    };
    let index = world.work().join(".git/index");
    let bytes = fs::read(&index).unwrap();
    let broken = world.work().join(".git/broken");
    for text in [&b"DIRC nonsense"[..], &bytes[..bytes.len() / 2], b""] {
        fs::write(&broken, text).unwrap();
        let run = hook(&broken).exits(3);
        stopped(&run, "could not be looked at in full", &key);
    }
    // None at all is not an empty one.
    let run = hook(&world.work().join(".git/none")).exits(3);
    assert!(run.err.contains("the index is not there"), "{}", run.err);

    let blob = world.git(&["rev-parse", ":app.env"]);
    let object = world.work().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let text = fs::read(&object).unwrap();
    fs::set_permissions(&object, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&object, &text[..text.len() / 2]).unwrap();
    let run = hook(&index).exits(3);
    stopped(&run, "`app.env` was not looked at", &key);
    fs::remove_file(&object).unwrap();
    let run = hook(&index).exits(3);
    stopped(&run, "`app.env` was not looked at: missing-object", &key);
}

#[test]
fn the_user_s_word_decides_what_trouble_does() {
    let (world, key) = (guarded(), key());
    let settings = world.beside("home/.config/leeward/leeward.toml");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    world.write("a.txt", "a\n");
    world.git(&["add", "-A"]);
    fs::write(&settings, "[guard]\nwithin_seconds = 0\n").unwrap();
    let run = commit(&world);
    stopped(&run, "guard.within_seconds", &key);
    assert!(run.err.contains("LEEWARD_BYPASS"), "{}", run.err);
    fs::write(&settings, "[guard]\nwithin_seconds = 0\non_trouble = \"pass\"\n").unwrap();
    let run = commit(&world);
    assert_eq!(run.code, 0);
    assert!(run.err.contains("and passes, as `guard.on_trouble` says"), "{}", run.err);
    // Settings that cannot be read are trouble, and nobody's word.
    staged(&world, &key);
    fs::write(&settings, format!("[guard]\nnonsense = \"{key}\"\n")).unwrap();
    stopped(&commit(&world), "leeward.toml", &key);
    // A reason passes trouble too, and says what was not looked at.
    let mut git = world.git_command(&world.work());
    git.args(["commit", "-q", "-m", "x"]).env("LEEWARD_BYPASS", "the settings are broken");
    assert_eq!(Run::of(&git.output().unwrap()).code, 0);
    let events = super::read(&world.work().join(".git/leeward/events.jsonl"));
    assert!(events.contains("leeward.toml") && !events.contains(&key));
}

#[test]
fn nonsense_from_git_stops_a_push() {
    let world = guarded();
    let run = world.run_with_input(&["hook", "pre-push", "origin", "x"], |stdin| {
        stdin.write_all(b"what is this\n").unwrap();
    });
    assert!(run.exits(3).err.contains("line 1 of standard input"));
    let run = world.run(["hook", "pre-push"]).exits(3);
    assert!(run.err.contains("nobody did"), "{}", run.err);
    let gone = format!("refs/heads/a {} refs/heads/a {}\n", "1".repeat(40), "0".repeat(40));
    let run = world.run_with_input(&["hook", "pre-push", "origin", "x"], |stdin| {
        stdin.write_all(gone.as_bytes()).unwrap();
    });
    assert!(run.exits(3).err.contains("was not looked at: missing-object"));
}

#[test]
fn an_index_that_stays_the_same_and_nothing_staged_pass() {
    let world = guarded();
    passed(&world.try_git(&["commit", "-q", "--allow-empty", "-m", "x"]));
    world.git(&["rm", "-q", "readme.md"]);
    passed(&commit(&world));
    world.write("empty", "");
    world.git(&["add", "-A"]);
    passed(&commit(&world));
}

//! Git's hooks, run by Git: what is stopped, what passes, what is told, and how
//! hooks get where they are.

mod commits;
mod frames;
mod installing;
mod prevention;
mod pushes;
mod quiet;
mod troubles;

use std::{fs, path::Path};

use crate::fixture::{Run, World, key};

/// A repository with a first commit and all hooks.
fn guarded() -> World {
    let world = World::repository();
    world.commit_file("readme.md", "# nothing\n");
    world.run(["hook", "install"]).exits(0);
    world
}

/// That Git was stopped, with a place and no value.
#[track_caller]
fn stopped(run: &Run, place: &str, key: &str) {
    assert_ne!(run.code, 0, "{}", run.err);
    assert!(run.err.contains(place), "`{place}` is not in: {}", run.err);
    silent(run, key);
}

/// That nothing shows a value.
#[track_caller]
fn silent(run: &Run, key: &str) {
    assert!(!run.err.contains(key) && !run.out.contains(key), "a value is shown");
}

/// That Git went on and no hook said anything.
#[track_caller]
fn passed(run: &Run) {
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
}

/// Writes a program.
fn program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The text of a file.
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

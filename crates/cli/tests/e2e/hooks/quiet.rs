//! Hooks are quick because of what they leave out: no socket, no ring, no
//! waiting on events, and nothing written at home.

#![cfg(target_os = "linux")]

use std::{collections::BTreeMap, fs, path::Path, process::Output, thread};

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use super::guarded;
use crate::fixture::{Run, World, key, line};

/// Numbers of system calls, by architecture: what a socket, an async runtime
/// and a database that is shared in memory begin with.
const FORBIDDEN: &[i64] = if cfg!(target_arch = "x86_64") {
    // socket, epoll_create, epoll_create1, eventfd2, io_uring_setup
    &[41, 213, 291, 290, 425]
} else {
    // socket, epoll_create1, eventfd2, io_uring_setup
    &[198, 20, 19, 425]
};

fn sealed(world: &World, args: &[&str]) -> Output {
    let mut command = world.leeward(&world.work());
    command.args(args);
    let run = move || {
        let filter = SeccompFilter::new(
            FORBIDDEN.iter().map(|number| (*number, Vec::new())).collect::<BTreeMap<_, _>>(),
            SeccompAction::Allow,
            SeccompAction::KillProcess,
            std::env::consts::ARCH.try_into().unwrap(),
        );
        let program: BpfProgram = filter.unwrap().try_into().unwrap();
        apply_filter(&program).unwrap();
        command.output().unwrap()
    };
    thread::spawn(run).join().unwrap()
}

/// Everything below a directory.
fn below(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn a_hook_starts_no_runtime_and_opens_no_database() {
    let (world, key) = (guarded(), key());
    world.write("app.env", line(&key));
    world.git(&["add", "-A"]);
    world.write("message", format!("MISTRAL_API_KEY={key}\n"));
    let input =
        format!("refs/x {0} refs/x {1}\n", world.git(&["rev-parse", "HEAD"]), "0".repeat(40));
    fs::write(world.beside("input"), input).unwrap();
    Run::of(&sealed(&world, &["hook", "pre-commit"])).exits(1);
    Run::of(&sealed(&world, &["hook", "commit-msg", "message"])).exits(1);
    assert_eq!(below(&world.beside("home")), Vec::<std::path::PathBuf>::new());
    assert_eq!(below(&world.temporary()), Vec::<std::path::PathBuf>::new());
    assert!(!world.work().join(".git/leeward").exists());
    // The same cannot be said of what keeps incidents.
    world.run(["scan", "--staged", "--record", "--quiet"]).exits(1);
    assert_ne!(below(&world.beside("home")), Vec::<std::path::PathBuf>::new());
}

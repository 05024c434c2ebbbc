//! That what promises to send nothing cannot: the kernel kills the command at
//! its first socket.
//!
//! A filter holds for the thread that puts it on itself and for every process
//! that this thread starts, so a test needs no helper program: it starts the
//! command from a thread of its own.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    os::unix::process::ExitStatusExt as _,
    process::Output,
    thread,
};

use leeward_counterpart::Key;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use crate::{
    fixture::{Run, World, key, line},
    provider,
};

/// The number of a system call, by architecture: `socket`, and the ring by
/// which the kernel opens one for a caller who never calls it.
const SOCKET: i64 = if cfg!(target_arch = "x86_64") { 41 } else { 198 };
const RING: i64 = 425;

/// The signal of a forbidden system call.
const SIGSYS: i32 = 31;

/// What a command does that can open no socket of any kind.
fn airtight(world: &World, args: &[&str], input: &str) -> Output {
    let mut command = world.leeward(&world.work());
    command.args(args);
    if !input.is_empty() {
        let file = world.beside("input");
        fs::write(&file, input).unwrap();
        command.stdin(File::open(file).unwrap());
    }
    let sealed = move || {
        let filter = SeccompFilter::new(
            BTreeMap::from([(SOCKET, Vec::new()), (RING, Vec::new())]),
            SeccompAction::Allow,
            SeccompAction::KillProcess,
            std::env::consts::ARCH.try_into().unwrap(),
        );
        let program: BpfProgram = filter.unwrap().try_into().unwrap();
        apply_filter(&program).unwrap();
        command.output().unwrap()
    };
    thread::spawn(sealed).join().unwrap()
}

#[test]
fn what_asks_is_killed() {
    let (world, key) = (World::new(), key());
    let server = provider::with(Key::standard(&key));
    world.write("app.env", line(&key));
    let url = server.url();
    for args in [
        &["verify", "--base-url", &url][..],
        &["assess", "--base-url", &url],
        &["scan", "--verify", "--base-url", &url],
    ] {
        let output = airtight(&world, args, &key);
        assert_eq!(output.status.signal(), Some(SIGSYS), "{args:?}: {output:?}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn what_promises_to_send_nothing_opens_no_socket() {
    let (world, key) = (World::repository(), key());
    world.commit_file("app.env", &line(&key));
    let report = world.beside("report.json");
    let report = report.to_str().unwrap();
    world.run(["scan", "--format", "json", "--output", report]).exits(1);
    let key = key.as_str();
    for (args, input, code) in [
        (&["scan"][..], "", 1),
        (&["scan", "--offline"], "", 1),
        (&["scan", "--verify", "--plan"], "", 1),
        (&["scan", "--assess", "--plan"], "", 1),
        (&["scan", "--verify", "--offline"], "", 1),
        (&["scan", "--assess", "--offline"], "", 1),
        (&["scan", "--verify=active-only", "--offline"], "", 3),
        (&["verify", "--plan"], key, 0),
        (&["verify", "--plan", "--dossier", "mistral-api-key"], "", 0),
        (&["verify", "--plan", "--report", report], "", 0),
        (&["verify", "--offline"], key, 3),
        (&["verify", "--offline", "--report", report], "", 3),
        (&["assess", "--plan"], key, 0),
        (&["assess", "--offline"], key, 3),
        (&["probe", "hosts"], "", 0),
        (&["probe", "hosts", "--base-url", "https://gateway.example"], "", 0),
        (&["dossier", "list"], "", 0),
    ] {
        Run::of(&airtight(&world, args, input)).exits(code);
    }
}

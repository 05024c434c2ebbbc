//! Whatever lies in the scanned place: it is told, not obeyed, and costs no
//! more than it should.

use std::fs;
#[cfg(unix)]
use std::{
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::Path,
};

use crate::fixture::{World, key, line, write_long_line};

const FORMATS: [&str; 10] =
    ["human", "json", "jsonl", "sarif", "csv", "markdown", "html", "junit", "gitlab", "github"];

#[cfg(unix)]
#[test]
fn names_cannot_speak_to_the_terminal() {
    let world = World::repository();
    let name = "a\u{1b}]0;owned\u{7}\u{1b}[2J\n\u{202e}b.env";
    world.write(name, line(&key()));
    world.write(std::ffi::OsStr::from_bytes(b"\xff\x1b[31m.env"), line(&key()));
    world.git(&["checkout", "-q", "-b", "b\u{202e}ranch"]);
    world.git(&["-c", "user.name=A\u{202e}da", "commit", "-q", "--allow-empty", "-m", "x"]);
    world.commit("\u{1b}[31mred");
    for format in FORMATS {
        let run = world.run(["scan", "--format", format]).exits(1);
        for text in [&run.out, &run.err] {
            for bad in ['\u{1b}', '\u{7}', '\u{202e}'] {
                assert!(!text.contains(bad), "{format}: {text:?}");
            }
        }
    }
    let run = world.run(["scan", "no/such\u{1b}[31m"]).exits(2);
    assert!(!run.err.contains('\u{1b}'), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn a_name_comes_back_from_json_as_it_was() {
    let world = World::new();
    let name = "a\u{1b}[2J\nb.env";
    world.write(name, line(&key()));
    let place = world.run(["scan", "--format", "json"]).exits(1).location();
    assert_eq!(place["path"], name);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    let world = World::new();
    let fifo = world.work().join("pipe.env");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(world.work().join("s.env")).unwrap();
    world.write("a.env", line(&key()));
    let run = world.run(["scan", "--format", "json"]).exits(1);
    let gaps = run.json()["coverage"]["not_scanned"].clone();
    let mut paths: Vec<_> = gaps.as_array().unwrap().iter().collect();
    paths.sort_by_key(|gap| gap["path"].to_string());
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert!(paths.iter().all(|gap| gap["reason"] == "not-a-file"), "{paths:?}");
    // Named alone, it is refused rather than read.
    world.run(["scan", "pipe.env"]).exits(2);
    world.run(["scan", "/dev/zero"]).exits(2);
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere() {
    let world = World::new();
    let outside = world.beside("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("a.env"), line(&key())).unwrap();
    let inside = world.work();
    fs::create_dir_all(inside.join("a/b")).unwrap();
    let link = |to: &Path, name: &str| symlink(to, inside.join(name)).unwrap();
    link(Path::new(".."), "a/b/up");
    link(Path::new("itself"), "itself");
    link(&inside, "a/all");
    link(&outside, "out");
    link(&outside.join("a.env"), "a.env");
    let run = world.run(["scan", "--format", "json"]).exits(0);
    let gaps = run.json()["coverage"]["not_scanned"].clone();
    let gaps = gaps.as_array().unwrap();
    assert_eq!(gaps.len(), 5, "{gaps:?}");
    assert!(gaps.iter().all(|gap| gap["reason"] == "symbolic-link"), "{gaps:?}");
}

/// Nothing that a repository's own settings name is started, in any scope.
#[cfg(unix)]
#[test]
fn settings_of_a_repository_start_nothing() {
    use std::os::unix::fs::PermissionsExt as _;

    let (world, key) = (World::repository(), key());
    let marker = world.beside("marker");
    let script = world.beside("evil.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch '{}'\ncat\n", marker.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    world.commit_file("app.env", &line(&key));
    world.commit_file("app.env", "# gone\n");
    world.write("new.env", line(&crate::fixture::key()));
    world.git(&["add", "new.env"]);

    let evil = script.display();
    let hooks = world.work().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for hook in ["post-checkout", "post-index-change", "pre-commit", "reference-transaction"] {
        symlink(&script, hooks.join(hook)).unwrap();
    }
    world.write(".git/info/attributes", "* filter=evil diff=evil\n");
    let settings = format!(
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {evil}\n\thooksPath = {}\n\
         \tpager = {evil}\n\tsshCommand = {evil}\n\
         [filter \"evil\"]\n\tclean = {evil}\n\tsmudge = {evil}\n\tprocess = {evil}\n\
         [diff]\n\texternal = {evil}\n[diff \"evil\"]\n\ttextconv = {evil}\n\
         [alias]\n\tstatus = !{evil}\n[protocol \"ext\"]\n\tallow = always\n\
         [remote \"origin\"]\n\turl = ext::{evil}\n\tpromisor = true\n",
        hooks.display()
    );
    world.write(".git/config", settings);
    for flags in [
        &[][..],
        &["--no-history"],
        &["--history-only"],
        &["--staged"],
        &["--range", "HEAD~1..HEAD"],
    ] {
        world.run(["scan"].iter().chain(flags));
    }
    world.run(["scan", "--staged"]).exits(1);
    world.run(["scan", &format!("file://{}", world.work().display())]).exits(1);
    assert!(!marker.exists(), "the scanned repository made the scan run something");
}

#[test]
fn depth_is_no_matter() {
    let world = World::new();
    let mut folder = world.work();
    for _ in 0..200 {
        folder.push("d");
        fs::create_dir(&folder).unwrap();
    }
    fs::write(folder.join("a.env"), line(&key())).unwrap();
    world.run(["scan"]).exits(1);
}

#[test]
fn a_nested_repository_is_not_taken_for_the_outer() {
    let world = World::repository();
    world.commit("outer");
    let inner = world.work().join("inner");
    fs::create_dir(&inner).unwrap();
    world.git_in(&inner, &["init", "-q", "."]);
    fs::write(inner.join("a.env"), line(&key())).unwrap();
    world.git_in(&inner, &["add", "."]);
    world.git_in(&inner, &["commit", "-q", "-m", "in"]);
    // The outer repository does not track it, and says nothing of the inner.
    let place = world.run(["scan", "--format", "json"]).exits(1).location();
    assert_eq!((&place["path"], &place["tracking"]), (&"inner/a.env".into(), &().into()));
    // Asked for both, each speaks for its own.
    let both = world.run(["scan", "--no-history", "--format", "json", ".", "inner"]).exits(1);
    assert_eq!(both.location()["tracking"], "tracked");
    fs::remove_file(inner.join("a.env")).unwrap();
    let run = world.run(["scan", "--format", "json"]).exits(0);
    let gaps = run.json()["coverage"]["not_scanned"].to_string();
    assert!(gaps.contains("nested-repository"), "{gaps}");
    world.run(["scan", "inner"]).exits(1);
}

#[test]
fn a_git_file_may_not_lead_elsewhere() {
    let (victim, world) = (World::repository(), World::new());
    victim.commit_file("a.env", &line(&key()));
    let git_dir = victim.work().join(".git");
    world.write(".git", format!("gitdir: {}\n", git_dir.display()));
    let run = world.run(["scan", "--format", "json"]).exits(3);
    let gaps = run.json()["coverage"]["not_scanned"].to_string();
    assert!(gaps.contains("outside-target"), "{gaps}");
}

#[test]
fn objects_without_a_repository_are_not_passed_over() {
    let world = World::repository();
    world.commit_file("a.env", &line(&key()));
    fs::remove_file(world.work().join("a.env")).unwrap();
    fs::remove_file(world.work().join(".git/HEAD")).unwrap();
    let run = world.run(["scan", "--format", "json"]).exits(3);
    let gaps = run.json()["coverage"]["not_scanned"].to_string();
    assert!(gaps.contains("make no repository"), "{gaps}");
}

#[test]
fn bytes_that_are_no_text_are_searched() {
    let (world, key) = (World::new(), key());
    let mut bytes = b"\x00\xff\xfe\x1b\xc3\x28".repeat(500);
    bytes.extend(b"\nMISTRAL_API_KEY=");
    bytes.extend(key.as_bytes());
    bytes.extend(b"\n\xff\x00");
    world.write("core", bytes);
    let place = world.run(["scan", "--format", "json"]).exits(1).location();
    assert_eq!(place["byte_start"], 3000 + 17);
}

/// A line of 200 MB costs neither memory nor minutes.
#[test]
fn a_long_line_is_read_in_pieces() {
    let (world, key) = (World::new(), key());
    let bytes = 200 << 20;
    write_long_line(&world.work().join("long.log"), bytes, &key);
    let mut command = world.leeward(&world.work());
    command.args(["scan", "--format", "json"]).stdout(std::process::Stdio::piped());
    let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let (ended, watched) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let mut peak = None;
        let tick = std::time::Duration::from_millis(5);
        while watched.recv_timeout(tick) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            peak = peak.max(peak_memory(id));
        }
        peak
    });
    let run = crate::fixture::Run::of(&child.wait_with_output().unwrap()).exits(1);
    drop(ended);
    let place = run.location();
    assert_eq!(place["line"], 1);
    assert_eq!(place["byte_start"], bytes / 2 + " MISTRAL_API_KEY=".len());
    assert!(run.out.len() < 20_000, "the excerpt is cut");
    if let Some(peak) = watch.join().unwrap() {
        assert!(peak < 128 << 10, "{peak} kB");
    }
}

/// The most memory that a process had so far, in kB, where the system says.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().split(' ').next()?.parse().ok()
}

//! Children that serve one container after another: what one of them does to its child is
//! nothing to the next, and no child is left when there is nobody to serve.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use leeward_unpack::apart::{Parser, SERVED};

use super::{docx, key, places, scan, tried_by};

/// Has a container parsed well, and says by which child.
fn who(parser: &mut Option<Parser>, container: &[u8]) -> String {
    let (ended, kept) = tried_by(parser, "trial-who", container);
    ended.unwrap();
    assert!(kept.members.keys().eq(["first", "last", "who"]), "{:?}", kept.members.keys());
    assert_eq!(kept.members["first"], container);
    assert_eq!(kept.members["last"], b"last");
    String::from_utf8(kept.members["who"].clone()).unwrap()
}

fn is_running(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // Whoever takes over what a killed process leaves may be slow to look at it.
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

#[test]
fn a_child_serves_as_many_as_it_may_each_its_own() {
    let mut parser = None;
    let mut children = BTreeSet::new();
    let long = vec![b'x'; 300_000];
    for turn in 0..SERVED {
        // Nothing of a long one is behind a short one.
        let short = format!("container {turn}");
        let container = if turn % 2 == 0 { &long } else { short.as_bytes() };
        children.insert(who(&mut parser, container));
    }
    assert_eq!(children.len(), 1);
    assert!(parser.is_none());
    assert!(!children.contains(&who(&mut parser, b"one more")));
    assert!(parser.is_some());
}

#[test]
fn what_one_container_does_to_its_child_is_nothing_to_the_next() {
    // Those that go wrong, and those that only say that they have ended.
    let wrong = [
        "trial-loop",
        "trial-sleep",
        "trial-allocate",
        "trial-recurse",
        "trial-abort",
        "trial-panic",
        "trial-nonsense",
        "trial-none",
    ];
    let lying = ["trial-beyond", "trial-ahead", "trial-gone", "trial-mute"];
    let mut parser = None;
    let mut before = who(&mut parser, b"before all");
    for name in wrong.into_iter().chain(lying) {
        let (ended, kept) = tried_by(&mut parser, name, b"hostile");
        assert_eq!(ended.is_ok(), lying.contains(&name), "{name}");
        assert!(name == "trial-none" || kept.members["first"] == b"hostile", "{name}");
        assert!(ended.is_ok() || parser.is_none(), "{name}");
        let after = who(&mut parser, name.as_bytes());
        assert_ne!(after, before, "{name}");
        assert_eq!(who(&mut parser, b"by the same"), after, "{name}");
        before = after;
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_child_that_has_grown_or_worked_long_is_replaced() {
    let mut parser = None;
    let first = who(&mut parser, b"x");
    let mut held = 0;
    while parser.is_some() {
        let (ended, _) = tried_by(&mut parser, "trial-hoard", b"x");
        ended.unwrap();
        held += 1;
    }
    // Two mebibytes each.
    assert!((4..=5).contains(&held), "{held}");
    let second = who(&mut parser, b"x");
    assert_ne!(first, second);
    let (ended, _) = tried_by(&mut parser, "trial-burn", b"x");
    ended.unwrap();
    assert!(parser.is_none());
}

#[test]
fn a_child_serves_the_thread_that_started_it() {
    let started = thread::spawn(|| {
        let mut parser = None;
        let child = who(&mut parser, b"there");
        (parser, child)
    });
    let (mut parser, there) = started.join().unwrap();
    assert!(parser.is_some());
    assert_ne!(who(&mut parser, b"here"), there);
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_of_a_child_that_nobody_keeps() {
    let mut parser = None;
    let child = who(&mut parser, b"x");
    assert!(is_running(&child));
    drop(parser);
    assert!(!Path::new("/proc").join(child).exists());
}

#[test]
fn documents_between_hostile_ones_are_all_found() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("work");
    fs::create_dir(&dir).unwrap();
    let mut wanted = Vec::new();
    for turn in 0..90 {
        let text = format!("<w:p><w:r><w:t>MISTRAL_API_KEY={}</w:t></w:r></w:p>", key());
        let mut bytes = docx(&text);
        if turn % 3 == 1 {
            // It says that it is a document, and its directory leads nowhere.
            let end = bytes.len() - 40;
            bytes[end..].fill(0xff);
        } else {
            wanted.push(format!("{turn}.docx!word/document.xml:1"));
        }
        fs::write(dir.join(format!("{turn}.docx")), bytes).unwrap();
    }
    let (report, _) = scan(&dir);
    let places = places(&report);
    for place in &wanted {
        assert!(places.contains(place), "{place}: {places:?}");
    }
    let left_out = report["coverage"]["not_scanned"].to_string();
    for turn in (1..90).step_by(3) {
        assert!(left_out.contains(&format!("{turn}.docx")), "{turn}: {left_out}");
    }
}

/// A scan of its standard input, which is an archive with a document and then a text that
/// does not end: the child that has parsed the document waits for another.
#[cfg(target_os = "linux")]
fn waiting(home: &Path) -> (Child, Vec<String>) {
    let mut scan = Command::new(env!("CARGO_BIN_EXE_leeward"))
        .args(["scan", "-"])
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let document = docx("<w:p><w:r><w:t>a text</w:t></w:r></w:p>");
    let mut header = tar_header("a.docx", document.len() as u64);
    header.extend(&document);
    header.resize(header.len().next_multiple_of(512), 0);
    header.extend(tar_header("long.txt", 4 << 30));
    let (id, stdin) = (scan.id(), scan.stdin.as_mut().unwrap());
    stdin.write_all(&header).unwrap();
    let line = "nothing to see\n".repeat(1 << 14);
    let begun = Instant::now();
    let mut children = Vec::new();
    while children.is_empty() && begun.elapsed() < Duration::from_secs(30) {
        stdin.write_all(line.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(50));
        children = children_of(id);
    }
    assert!(!children.is_empty(), "no document was parsed");
    // Its document is done with long before.
    thread::sleep(Duration::from_secs(1));
    assert!(children.iter().all(|child| is_running(child)));
    (scan, children)
}

#[cfg(target_os = "linux")]
fn tar_header(name: &str, size: u64) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{size:011o} ").as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

#[cfg(target_os = "linux")]
fn children_of(parent: u32) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let names = processes.filter_map(|process| process.file_name().into_string().ok());
    let is_child = |id: &String| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let after = stat.rsplit(") ").next().unwrap_or_default();
        after.split(' ').nth(1) == Some(parent.to_string().as_str())
    };
    names.filter(is_child).collect()
}

#[cfg(target_os = "linux")]
fn end_within(children: &[String], time: Duration) {
    let begun = Instant::now();
    while children.iter().any(|child| is_running(child)) {
        assert!(begun.elapsed() < time, "{children:?} outlived their parent");
        thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_child_outlives_a_scan_that_is_killed_or_interrupted() {
    let home = tempfile::tempdir().unwrap();
    let (mut killed, children) = waiting(home.path());
    killed.kill().unwrap();
    killed.wait().unwrap();
    end_within(&children, Duration::from_secs(10));

    let (mut interrupted, children) = waiting(home.path());
    let id = interrupted.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let line = "nothing to see\n".repeat(1 << 14);
    let mut stdin = interrupted.stdin.take().unwrap();
    while stdin.write_all(line.as_bytes()).is_ok() {}
    // It has found nothing, and was not done.
    assert_eq!(interrupted.wait().unwrap().code(), Some(3));
    assert!(children.iter().all(|child| !Path::new("/proc").join(child).exists()));
}

/// The parent in [`a_child_at_work_ends_with_its_parent`].
#[test]
#[ignore = "started by another test, to be killed"]
fn has_a_child_at_work() {
    let _ = tried_by(&mut None, "trial-sleep", b"x");
}

#[cfg(target_os = "linux")]
#[test]
fn a_child_at_work_ends_with_its_parent() {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kept::has_a_child_at_work", "--ignored"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let mut children = Vec::new();
    while children.is_empty() && begun.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(5));
        children = children_of(parent.id());
    }
    // Its bounds are on it by then.
    thread::sleep(Duration::from_millis(500));
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(!children.is_empty());
    end_within(&children, Duration::from_secs(1));
}

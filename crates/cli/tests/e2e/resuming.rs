//! `scan --resume`: whenever a scan ends, and by whatever, the next one with the same
//! memory reports what a scan without memory reports, and no more than is needed is looked
//! at again.

use std::{
    fmt::Write as _,
    io::Write as _,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rand::RngExt as _;
use serde_json::Value;

use crate::fixture::{Run, World, key, line};

const SCAN: [&str; 4] = ["scan", "--quiet", "--format", "json"];

/// A repository with many versions of many files, here and there a key, loose and packed,
/// and files that Git does not know.
fn repository(blobs: usize) -> World {
    let world = World::repository();
    let mut rng = rand::rng();
    let mut text = String::new();
    for number in 0..blobs {
        let mut content = String::new();
        for _ in 0..rng.random_range(5..60) {
            writeln!(content, "let value_{} = {};", number % 7, rng.random::<u64>()).unwrap();
        }
        if number % 97 == 3 {
            content.push_str(&line(&key()));
        }
        text.push_str("commit refs/heads/main\n");
        writeln!(text, "committer A <a@b.c> {} +0000", 1_700_000_000 + number).unwrap();
        writeln!(
            text,
            "data 5
hello
M 100644 inline dir{}/f{}",
            number % 5,
            number % 50
        )
        .unwrap();
        writeln!(text, "data {}\n{content}", content.len()).unwrap();
    }
    let mut import = world.git_command(&world.work());
    import.args(["fast-import", "--quiet"]).stdin(Stdio::piped());
    let mut import = import.spawn().unwrap();
    import.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    world.git(&["reset", "-q", "--hard", "main"]);
    world.commit_file("loose.txt", "nothing");
    world.write("notes/.env", line(&key()));
    (0..40).for_each(|number| drop(world.write(format!("more/{number}"), "some text\n")));
    world
}

/// What a report says of the world, without what it says of the scan.
pub(crate) fn essence(run: &Run) -> (i32, Value, Value, Value) {
    let mut report = run.json();
    let mut take = |name: &str| report[name].take();
    let (mut findings, stealers, mut coverage) =
        (take("findings"), take("stealers"), take("coverage"));
    // How long a secret has lain open depends on the hour.
    for finding in findings.as_array_mut().unwrap() {
        finding["exposure"]["seconds"].take();
    }
    let left = coverage["not_scanned"].take();
    (run.code, findings, stealers, left)
}

pub(crate) fn before(run: &Run, what: &str) -> u64 {
    run.json()["coverage"]["judged_before"][what].as_u64().unwrap()
}

#[test]
fn a_scan_that_is_killed_anywhere_goes_on_and_finds_what_one_scan_finds() {
    let world = repository(1500);
    let whole = world.run(SCAN).exits(1);
    assert!(whole.json()["findings"].as_array().unwrap().len() > 10);
    let begun = Instant::now();
    let store = |number: usize| world.beside(&format!("state{number}.db"));
    let resume = |number: usize| {
        let mut command = world.leeward(&world.work());
        command.args(SCAN).arg("--resume").arg("--store").arg(store(number));
        command
    };
    let undisturbed = Run::of(&resume(0).output().unwrap());
    let within = begun.elapsed();
    assert_eq!(essence(&undisturbed), essence(&whole));
    let mut killed = 0;
    for number in 1..=8 {
        for _ in 0..3 {
            let mut child =
                resume(number).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            thread::sleep(within.mul_f64(rand::rng().random_range(0.1..1.0)));
            child.kill().unwrap();
            killed += usize::from(child.wait().unwrap().code().is_none());
        }
        let resumed = Run::of(&resume(number).output().unwrap());
        assert_eq!(essence(&resumed), essence(&whole));
    }
    assert!(killed > 8, "too few were ended within their work: {killed}");
    // Nothing is left to be judged but what holds something and what is too fresh.
    let again = Run::of(&resume(0).output().unwrap());
    assert_eq!(essence(&again), essence(&whole));
    assert!(before(&again, "objects") > 2500, "{}", again.out);
}

#[test]
fn what_comes_anew_is_found_and_what_was_accepted_is_looked_at_each_time() {
    let world = repository(60);
    let both = |args: &[&str]| {
        let with = world.run([&SCAN[..], args, &["--resume"]].concat());
        let without = world.run([&SCAN[..], args].concat());
        assert_eq!(essence(&with), essence(&without));
        with
    };
    both(&[]);
    thread::sleep(Duration::from_secs(5));
    both(&[]);
    assert!(before(&both(&[]), "files") > 40);
    let found = |run: &Run| run.json()["findings"].as_array().unwrap().len();
    let known = found(&both(&[]));
    let new = key();
    world.commit_file("new.env", &line(&new));
    world.git(&["gc", "-q"]);
    assert_eq!(found(&both(&[])), known + 1);
    // Accepted for a while: not shown, and not forgotten.
    let path = world.beside("known.json");
    world.run(["scan", "--quiet", "--resume", "--write-baseline", path.to_str().unwrap()]).exits(1);
    assert_eq!(found(&both(&["--baseline", path.to_str().unwrap()])), 0);
    assert_eq!(found(&both(&[])), known + 1);
    // Other rules: what is found under these alone is not hidden by a judgement.
    world.commit_file("app.ini", &format!("mistral_key = {}\n", new[..24].to_lowercase()));
    both(&[]);
    let low = both(&["--confidence", "low"]);
    assert_eq!(before(&low, "objects"), 0);
    assert_eq!(found(&low), known + 2);
}

#[test]
fn what_becomes_of_packs_and_refs_hides_nothing_from_scans_of_which_two_run_at_once() {
    let world = repository(400);
    world.git(&["gc", "-q"]);
    let history = [&SCAN[..], &["--history-only"]].concat();
    let resume = || {
        let mut command = world.leeward(&world.work());
        command.args(&history).arg("--resume");
        command
    };
    let counted = |run: &Run| {
        let scanned = run.json()["coverage"]["objects_scanned"].as_u64().unwrap();
        (scanned, before(run, "objects"))
    };
    let whole = world.run(&history).exits(1);
    let all = counted(&whole).0;
    let both: Vec<_> = (0..2)
        .map(|_| resume().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    for child in both {
        let run = Run::of(&child.wait_with_output().unwrap());
        assert_eq!(essence(&run), essence(&whole));
    }
    // The whole pack is known: only what held something is looked at, and all is counted.
    let again = Run::of(&resume().output().unwrap());
    assert_eq!(essence(&again), essence(&whole));
    assert_eq!(counted(&again), (5, all - 5));
    let change: [(&str, &[&[&str]], u64); 5] = [
        ("packs are written anew", &[&["repack", "-q", "-a", "-d", "-f", "--depth=4"]], all),
        ("a ref leads there", &[&["branch", "kept", "HEAD~3"]], all),
        ("another ref is moved", &[&["reset", "-q", "--hard", "HEAD~200"]], all),
        ("an object is added that nothing leads to", &[&["hash-object", "-w", "k.env"]], all + 1),
        ("it is packed", &[&["repack", "-q", "-a", "-d", "-k"]], all + 1),
    ];
    world.write("k.env", line(&key()));
    for (what, commands, total) in change {
        commands.iter().for_each(|command| drop(world.git(command)));
        let without = world.run(&history).exits(1);
        for _ in 0..2 {
            let with = Run::of(&resume().output().unwrap());
            assert_eq!(essence(&with), essence(&without), "{what}");
            let (scanned, judged) = counted(&with);
            assert_eq!(scanned + judged, total, "{what}");
            assert!(scanned <= 6, "{what}: {scanned}");
        }
    }
}

#[test]
fn a_scan_that_is_interrupted_says_how_to_go_on() {
    let world = repository(3000);
    // On a machine that is busy it may be too early or too late for an interrupt.
    let is_told = (1..30).any(|tenths| {
        let store = world.beside(&format!("{tenths}.db"));
        let mut command = world.leeward(&world.work());
        command.args(["scan", "--resume", "--store"]).arg(&store);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let id = child.id().to_string();
        thread::sleep(Duration::from_millis(100 * tenths));
        let _ = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        said.contains("the same command goes on from here")
    });
    assert!(is_told);
    world.run(["scan", "--resume"]).exits(1);
    let next = world.run(["scan", "--resume"]).exits(1);
    let said = next.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("judged before under the same rules"), "{said}");
}

#[test]
fn a_database_that_cannot_be_written_is_known_at_once() {
    let world = World::new();
    world.write("a", "text");
    world.write("state.db", "this is no database, but a text that is long enough for one");
    let run = world.run(["scan", "--resume", "--store", "state.db"]).exits(2);
    assert!(run.err.contains("not a leeward database"), "{}", run.err);
}

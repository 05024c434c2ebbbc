//! `leeward scan --verify`: once for each secret, only about what is reported,
//! and never in the way of the report.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use leeward_counterpart::{Counterpart, Fault, Key, KeySeen, World as Provider};
use serde_json::Value;

use crate::{
    fixture::{Run, World, hint, key, line},
    provider,
};

const JSON: [&str; 4] = ["scan", "--verify", "--format", "json"];

/// The finding of a key.
#[track_caller]
fn of<'d>(document: &'d Value, key: &str) -> &'d Value {
    let mut findings = document["findings"].as_array().unwrap().iter();
    findings.find(|finding| finding["hint"] == hint(key)).expect("found")
}

/// Whose requests came, by the key's place.
fn asked(server: &Counterpart) -> Vec<usize> {
    let known = |seen| match seen {
        KeySeen::Known(place) => place,
        other => panic!("{other:?}"),
    };
    let mut all: Vec<_> = server.requests().into_iter().map(|request| known(request.key)).collect();
    all.sort_unstable();
    all
}

#[test]
fn a_secret_is_asked_about_once_though_it_lies_everywhere() {
    let world = World::repository();
    let keys = [key(), key(), key()];
    for number in 0..50 {
        let text: String = keys.iter().map(|key| format!("# {number}\n{}", line(key))).collect();
        world.write(format!("{number}/app.env"), &text);
    }
    world.commit("all");
    world.write("0/app.env", "# gone\n");
    world.commit("one less");
    let provider = keys.iter().fold(Provider::new(), |all, key| all.key(Key::standard(key)));
    let server = Counterpart::start(provider);
    let document = world.ask(&server, &JSON).exits(1).json();
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 3);
    assert!(findings.iter().all(|finding| finding["locations"].as_array().unwrap().len() >= 50));
    assert_eq!(asked(&server), [0, 1, 2]);
    assert_eq!(server.count("/v1/models"), 3);
    server.assert_no_violations();
}

#[test]
fn severity_follows_the_answer() {
    let world = World::repository();
    let keys = [key(), key(), key(), key(), key(), key()];
    let [live, dead, spent, open, fresh, local] = &keys;
    let committed: String = [live, dead, spent, open].map(|key| line(key)).concat();
    world.commit_file("app.env", &committed);
    world.write("fresh.env", line(fresh));
    world.commit_file(".gitignore", "local.env\n");
    world.git(&["rm", "-q", "--cached", "fresh.env"]);
    world.write("local.env", line(local));
    let provider = Provider::new()
        .key(Key::standard(live))
        .key(Key::revoked(dead))
        .key(Key::no_quota(spent))
        .key(Key::limited(open, 1_000_000))
        .key(Key::standard(fresh))
        .key(Key::standard(local));
    let server = Counterpart::start(provider);
    let document = world.ask(&server, &JSON).exits(1).json();
    for (key, validity, severity) in [
        (live, "active", "critical"),
        (dead, "inactive", "low"),
        (spent, "restricted", "high"),
        (open, "unknown", "high"),
        (local, "active", "high"),
    ] {
        let finding = of(&document, key);
        assert_eq!(finding["verification"]["validity"], validity, "{finding:#}");
        assert_eq!(finding["severity"]["level"], severity, "{validity}: {finding:#}");
    }
    let order: Vec<&Value> = document["findings"].as_array().unwrap().iter().collect();
    assert_eq!(order[0]["severity"]["level"], "critical");
    assert_eq!(order.last().unwrap()["hint"], hint(dead));
    let counts = &document["summary"]["validity"];
    assert_eq!(
        ["active", "inactive", "restricted", "unknown", "unchecked"].map(|it| counts[it].as_u64()),
        [3, 1, 1, 1, 0].map(Some)
    );
    server.assert_no_violations();
}

#[test]
fn only_live_ones_may_be_reported() {
    let (world, live, dead, open) = (World::new(), key(), key(), key());
    world.write("app.env", [&live, &dead, &open].map(|key| line(key)).concat());
    let provider = Provider::new()
        .key(Key::standard(&live))
        .key(Key::revoked(&dead))
        .key(Key::limited(&open, 1_000_000));
    let server = Counterpart::start(provider);
    let only = ["scan", "--verify=active-only"];
    let document = world.ask(&server, &[&only[..], &["--format", "json"]].concat()).exits(1).json();
    assert_eq!(document["findings"].as_array().unwrap().len(), 1);
    assert_eq!(of(&document, &live)["verification"]["validity"], "active");
    assert_eq!(
        (&document["summary"]["not_live"], &document["summary"]["not_live_open"]),
        (&2.into(), &1.into())
    );
    let text = world.ask(&server, &only).exits(1).out;
    let left_out = "not shown: 2 findings that no provider calls live; 1 of them got no answer";
    assert!(text.contains(left_out), "{text}");
    for gone in [&dead, &open] {
        assert!(!text.contains(&hint(gone)), "{text}");
    }
}

#[test]
fn when_none_is_live_the_code_says_whether_all_answered() {
    let (world, dead, open) = (World::new(), key(), key());
    let provider = Provider::new().key(Key::revoked(&dead)).key(Key::limited(&open, 1_000_000));
    let server = Counterpart::start(provider);
    let only = ["scan", "--verify=active-only"];
    world.write("dead.env", line(&dead));
    let run = world.ask(&server, &only).exits(0);
    assert!(run.out.contains("not shown: 1 finding that no provider calls live\n"), "{}", run.out);
    world.write("open.env", line(&open));
    world.ask(&server, &only).exits(3);
    world.ask(&server, &["scan", "--verify=active-only", "--allow-incomplete"]).exits(0);
    // All of them count as findings where all are reported.
    world.ask(&server, &["scan", "--verify"]).exits(1);
}

#[test]
fn what_is_left_alone_is_never_asked_about() {
    let world = World::repository();
    let keys = [key(), key(), key(), key(), key(), key()];
    let [wanted, known, noted, listed, printed, past] = &keys;
    world.write("known.env", line(known));
    world.write("printed.env", line(printed));
    let baseline = world.beside("baseline.json");
    let baseline = baseline.to_str().unwrap();
    let scan = ["scan", "--format", "json", "--write-baseline", baseline];
    world.run([&scan[..], &["known.env"]].concat()).exits(1);
    let finding = world.run(["scan", "--format", "json", "printed.env"]).exits(1).finding();
    let print = finding["fingerprint"].as_str().unwrap();
    world.commit_file("past.env", &line(past));
    world.commit_file("past.env", &format!("# leeward:ignore example\n{}", line(past)));
    world.write("noted.env", format!("# leeward:ignore example\n{}", line(noted)));
    world.write("tests/listed.env", line(listed));
    world.write("wanted.env", line(wanted));
    // Of the loosely documented form: below the threshold.
    world.write("loose.ini", format!("mistral_key = {}\n", key()[..24].to_lowercase()));
    let entry = "[[ignore]]\npath = \"tests/**\"\nreason = \"made up\"\n";
    let other = format!("[[ignore]]\nfingerprint = \"{print}\"\nreason = \"revoked\"\n");
    let provider = keys.iter().fold(Provider::new(), |all, key| all.key(Key::standard(key)));
    let args = [&JSON[..], &["--baseline", baseline]].concat();
    // With the file and, where things are asked early, without it.
    world.write(".leeward-ignore.toml", format!("{entry}{other}"));
    let server = Counterpart::start(provider.clone());
    let finding = world.ask(&server, &args).exits(1).finding();
    assert_eq!(finding["hint"], hint(wanted));
    assert_eq!(asked(&server), [0]);
    std::fs::remove_file(world.work().join(".leeward-ignore.toml")).unwrap();
    let server = Counterpart::start(provider);
    world.ask(&server, &args).exits(1);
    assert_eq!(asked(&server), [0, 3, 4]);
}

#[test]
fn what_has_not_the_form_of_a_value_is_reported_and_not_asked_about() {
    let world = World::new();
    world.write("loose.ini", format!("mistral_key = {}\n", key()[..24].to_lowercase()));
    let server = Counterpart::start(Provider::new());
    let args = [&JSON[..], &["--confidence", "low"]].concat();
    let verification = world.ask(&server, &args).exits(1).finding()["verification"].clone();
    assert_eq!(verification["validity"], "unchecked");
    assert!(verification["why"].as_str().unwrap().contains("form"), "{verification}");
    assert!(server.requests().is_empty());
}

#[test]
fn a_silent_provider_does_not_keep_the_findings() {
    let (world, one, two) = (World::repository(), key(), key());
    world.commit_file("app.env", &format!("{}{}", line(&one), line(&two)));
    let server = provider::failing(Key::standard(&one), Fault::Hang);
    let begun = Instant::now();
    let run = world.ask(&server, &[&JSON[..], &["--ask-within", "2"]].concat()).exits(1);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let document = run.json();
    for key in [&one, &two] {
        let finding = of(&document, key);
        assert_eq!(finding["verification"]["validity"], "unknown");
        assert!(!finding["verification"]["why"].as_str().unwrap().is_empty());
        // As bad as if nobody had asked.
        assert_eq!(finding["severity"]["level"], "high");
    }
    assert_eq!(document["coverage"]["complete"], true);
}

/// Sends the signal of Ctrl-C.
fn interrupt(child: &std::process::Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_asking_keeps_what_is_known() {
    let (world, live, open) = (World::new(), key(), key());
    world.write("app.env", format!("{}{}", line(&live), line(&open)));
    let provider = Provider::new().key(Key::standard(&live)).key(Key::standard(&open));
    let server = Counterpart::setup(provider).fault(Fault::Hang.always().for_key(1)).start();
    let mut command = world.leeward(&world.work());
    let piped = command.args(provider::at(&server, &JSON)).stdout(Stdio::piped());
    let child = piped.stderr(Stdio::piped()).spawn().unwrap();
    while server.count("/v1/models") < 2 {
        thread::sleep(Duration::from_millis(10));
    }
    // The answer about the first is on its way.
    thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    interrupt(&child);
    let run = Run::of(&child.wait_with_output().unwrap()).exits(1);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(run.err.starts_with("stopping;"), "{}", run.err);
    let document = run.json();
    assert_eq!(of(&document, &live)["verification"]["validity"], "active");
    let verification = &of(&document, &open)["verification"];
    assert_eq!(verification["validity"], "unknown");
    assert!(verification["why"].as_str().unwrap().contains("stopped"), "{verification}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_assessment_keeps_what_is_known() {
    let (world, value) = (World::new(), key());
    world.write("app.env", line(&value));
    let server = provider::failing(Key::standard(&value), Fault::Hang.on("/v1/libraries"));
    let args = ["scan", "--assess", "--format", "json"];
    let mut command = world.leeward(&world.work());
    let piped = command.args(provider::at(&server, &args)).stdout(Stdio::piped());
    let child = piped.stderr(Stdio::piped()).spawn().unwrap();
    while server.count("/v1/libraries") < 1 {
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(300));
    interrupt(&child);
    let finding = Run::of(&child.wait_with_output().unwrap()).exits(1).finding();
    assert_eq!(finding["verification"]["validity"], "active");
    let known = &finding["assessment"];
    assert!(known["identity"].to_string().contains("ada@example.com"), "{known:#}");
    assert!(known["gaps"].to_string().contains("\"libraries\""), "{:#}", known["gaps"]);
}

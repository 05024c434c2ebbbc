//! `leeward verify --report`: a report holds no values, so they are read again
//! where it found them.

use std::fs;

use leeward_counterpart::{Counterpart, Key, World as Provider};
use serde_json::{Value, json};

use crate::{
    fixture::{Run, World, hint, key, line},
    formats::base64,
};

/// Writes a report of what lies here; its path and its findings.
fn report(world: &World, args: &[&str]) -> (String, Vec<Value>) {
    let path = world.beside("report.json");
    let path = path.to_str().unwrap().to_owned();
    world.run([&["scan", "--format", "json", "--output", &path], args].concat()).exits(1);
    let document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    (path, document["findings"].as_array().unwrap().clone())
}

/// Hint and validity of each finding, in order.
fn validities(run: &Run) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = run.json()["findings"].as_array().unwrap().clone();
    let of = |it: &Value| (text(&it["hint"]), text(&it["verification"]["validity"]));
    let mut all: Vec<_> = findings.iter().map(of).collect();
    all.sort();
    all
}

/// What is expected of it.
fn expected(keys: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all: Vec<_> =
        keys.iter().map(|(key, validity)| (hint(key), (*validity).to_owned())).collect();
    all.sort();
    all
}

#[test]
fn values_are_read_again_wherever_they_lie() {
    let world = World::repository();
    let keys = [key(), key(), key(), key(), key()];
    let [gone, dead, coded, staged, told] = &keys;
    world.commit_file("gone.env", &line(gone));
    world.commit_file("gone.env", "# gone\n");
    world.write("dead.env", line(dead));
    world.write("coded.yaml", format!("data:\n  MISTRAL_API_KEY: {}\n", base64(coded)));
    world.commit(&format!("MISTRAL_API_KEY={told}"));
    world.write("staged.env", line(staged));
    world.git(&["add", "staged.env"]);
    fs::remove_file(world.work().join("staged.env")).unwrap();
    let (path, findings) = report(&world, &[]);
    assert!(!fs::read_to_string(&path).unwrap().contains(gone.as_str()));
    let provider = Provider::furnished()
        .key(Key::standard(gone))
        .key(Key::revoked(dead))
        .key(Key::no_quota(coded))
        .key(Key::standard(staged))
        .key(Key::standard(told));
    let server = Counterpart::start(provider);
    let args = ["verify", "--format", "json", "--report", &path];
    let run = world.ask(&server, &args).exits(1);
    assert_eq!(run.err, "");
    let all = [
        (gone.as_str(), "active"),
        (dead, "inactive"),
        (coded, "restricted"),
        (staged, "active"),
        (told, "active"),
    ];
    assert_eq!(findings.len(), all.len());
    assert_eq!(validities(&run), expected(&all));
    assert_eq!(server.count("/v1/models"), 5);
    // Only the one that is named.
    let finding = findings.iter().find(|it| it["hint"] == hint(dead)).unwrap();
    let named = [&args[..], &[finding["fingerprint"].as_str().unwrap()]].concat();
    let run = world.ask(&server, &named).exits(0);
    assert_eq!(validities(&run), expected(&[(dead, "inactive")]));
    assert_eq!(run.finding()["locations"][0]["path"], "dead.env");
    assert_eq!(server.count("/v1/models"), 6);
    server.assert_no_violations();
}

#[test]
fn a_value_is_found_though_its_lines_moved() {
    let (world, value) = (World::new(), key());
    world.write("app.env", line(&value));
    let (path, _) = report(&world, &[]);
    world.write("app.env", format!("# a line\n# and another\n\n{}", line(&value)));
    let server = crate::provider::with(Key::standard(&value));
    let args = ["verify", "--format", "json", "--report", &path];
    let place = world.ask(&server, &args).exits(1).location();
    assert_eq!(place["line"], 4);
}

#[test]
fn what_is_gone_is_named_and_the_rest_goes_on() {
    let (world, kept, gone) = (World::new(), key(), key());
    world.write("kept.env", line(&kept));
    world.write("gone.env", line(&gone));
    let (path, _) = report(&world, &[]);
    world.write("gone.env", line(&key()));
    let server = crate::provider::with(Key::standard(&kept));
    let args = ["verify", "--format", "json", "--report", &path];
    let run = world.ask(&server, &args).exits(1);
    assert!(run.err.contains(&hint(&gone)) && run.err.contains("any more"), "{}", run.err);
    assert_eq!(validities(&run), expected(&[(&kept, "active")]));
    fs::remove_file(world.work().join("kept.env")).unwrap();
    let run = world.ask(&server, &args).exits(2);
    assert!(run.err.contains("none of its values could be read again"), "{}", run.err);
    assert_eq!(server.count("/v1/models"), 1);
}

/// Of a value that is gone nothing is known, so the rest is not called all.
#[test]
fn what_is_gone_keeps_the_others_from_being_all() {
    let (world, kept, gone) = (World::new(), key(), key());
    world.write("kept.env", line(&kept));
    world.write("gone.env", line(&gone));
    let (path, _) = report(&world, &[]);
    let server = crate::provider::with(Key::revoked(&kept));
    let args = ["verify", "--format", "json", "--report", &path];
    world.write("gone.env", "");
    world.ask(&server, &args).exits(3);
    let only = fs::read_to_string(&path).unwrap();
    let only: serde_json::Value = serde_json::from_str(&only).unwrap();
    let of = |hint: &str| {
        let mut findings = only["findings"].as_array().unwrap().iter();
        findings.find(|it| it["hint"] == hint).unwrap()["fingerprint"].as_str().unwrap().to_owned()
    };
    world.ask(&server, &["verify", "--report", &path, &of(&hint(&kept))]).exits(0);
}

#[test]
fn the_other_half_is_read_too() {
    let world = World::new();
    // Both halves are nobody's.
    let half = format!("{}{}", key(), &key()[..8]);
    let id = format!("AKIA{}", &key().to_uppercase()[..16].replace(['8', '9'], "7"));
    world.write(
        "credentials",
        format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {half}\n"),
    );
    let (path, findings) = report(&world, &[]);
    let has_half = !findings[0]["companions"].as_array().unwrap().is_empty();
    assert!(has_half, "{:#}", findings[0]);
    let run = world.run(["verify", "--offline", "--format", "json", "--report", &path]).exits(3);
    assert_eq!(run.finding()["companions"], findings[0]["companions"]);
}

#[test]
fn what_is_no_report_is_2() {
    let (world, value) = (World::new(), key());
    world.write("app.env", line(&value));
    let (path, findings) = report(&world, &[]);
    let mut document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    document["schema"] = json!("leeward.report/9");
    world.write("later.json", document.to_string());
    document["schema"] = json!("leeward.report/1");
    document["findings"][0]["fingerprint"] = json!("nonsense");
    world.write("odd.json", document.to_string());
    let server = crate::provider::with(Key::standard(&value));
    let print = findings[0]["fingerprint"].as_str().unwrap();
    let other = format!("lw1_{}", "0".repeat(32));
    for (args, says) in [
        (&["--report", "gone.json"][..], "gone.json"),
        (&["--report", "app.env"], "not a report"),
        (&["--report", "later.json"], "leeward.report/1"),
        (&["--report", "odd.json"], "odd.json"),
        (&["--report", &path, &other], &other),
        (&["--report", &path, "nonsense"], "nonsense"),
        // A value in a fingerprint's place.
        (&["--report", &path, &value], "no finding in it has the fingerprint"),
        (&[print], "--report"),
    ] {
        for command in ["verify", "assess"] {
            let run = world.ask(&server, &[&[command], args].concat()).exits(2);
            assert!(run.err.contains(says), "{args:?}: {}", run.err);
            assert!(!run.err.contains(&value), "{args:?}");
            assert_eq!(run.out, "");
        }
    }
    assert!(server.requests().is_empty());
}

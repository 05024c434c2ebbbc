//! What a user wants left out: the baseline, the ignore file, comments. It is
//! always counted, and nobody else decides it.

use std::fs;

use serde_json::{Value, json};

use crate::fixture::{Run, World, key, line};

const JSON: [&str; 3] = ["scan", "--format", "json"];

/// What was left out: total, baseline, inline, ignore file, expired.
fn suppressed(run: &Run) -> [Value; 5] {
    let suppressed = &run.json()["suppressed"];
    ["total", "baseline", "inline", "ignore_file", "expired"].map(|name| suppressed[name].clone())
}

fn ignore(world: &World, text: &str) {
    world.write(".leeward-ignore.toml", text);
}

#[test]
fn a_baseline_hides_what_it_knows_and_nothing_else() {
    let (world, old, new) = (World::new(), key(), key());
    world.write("old.env", line(&old));
    let baseline = world.beside("baseline.json");
    let path = baseline.to_str().unwrap();
    world.run(["scan", "--write-baseline", path]).exits(1);
    let text = fs::read_to_string(&baseline).unwrap();
    assert!(!text.contains(&old));
    assert!(text.contains("\"schema\": \"leeward.baseline/1\""), "{text}");
    let run = world.run(["scan", "--format", "json", "--baseline", path]).exits(0);
    assert_eq!(suppressed(&run), [1, 1, 0, 0, 0].map(Value::from));
    // The same secret at another place is still known; another is not.
    world.write("moved.env", line(&old));
    world.write("new.env", line(&new));
    let both = ["scan", "--format", "json", "--baseline", path, "--write-baseline", path];
    let run = world.run(both).exits(1);
    assert_eq!(run.location()["path"], "new.env");
    // What is known stays known when the baseline is written again.
    world.run(["scan", "--baseline", path]).exits(0);
}

#[test]
fn an_entry_with_a_reason_is_honoured() {
    let (world, key) = (World::new(), key());
    world.write("tests/a.env", line(&key));
    ignore(&world, "[[ignore]]\npath = \"tests/**\"\nreason = \"made up for tests\"\n");
    let run = world.run(JSON).exits(0);
    assert_eq!(suppressed(&run), [1, 0, 0, 1, 0].map(Value::from));
    world.write("src/a.env", line(&key));
    assert_eq!(world.run(JSON).exits(1).location()["path"], "src/a.env");
}

#[test]
fn an_entry_may_name_a_fingerprint() {
    let (world, key) = (World::new(), key());
    world.write("a.env", line(&key));
    let finding = world.run(JSON).exits(1).finding();
    let print = finding["fingerprint"].as_str().unwrap();
    ignore(&world, &format!("[[ignore]]\nfingerprint = \"{print}\"\nreason = \"revoked\"\n"));
    world.run(["scan"]).exits(0);
}

#[test]
fn an_entry_without_a_reason_is_refused_with_its_line() {
    let world = World::new();
    world.write("a.env", line(&key()));
    for text in ["\n\n[[ignore]]\npath = \"a.env\"\n", "\n\n[[ignore]]\npath='a'\nreason=' '\n"] {
        ignore(&world, text);
        let run = world.run(["scan"]).exits(2);
        assert!(run.err.contains(".leeward-ignore.toml"), "{}", run.err);
        assert!(run.err.contains("line 3") && run.err.contains("reason"), "{}", run.err);
    }
}

#[test]
fn an_expired_entry_hides_nothing_and_is_told() {
    let world = World::new();
    world.write("a.env", line(&key()));
    let entry = "[[ignore]]\npath = \"a.env\"\nreason = \"soon\"\nuntil = \"2020-01-31\"\n";
    ignore(&world, entry);
    let run = world.run(JSON).exits(1);
    assert_eq!(suppressed(&run), [0, 0, 0, 0, 1].map(Value::from));
    ignore(&world, &entry.replace("2020", "2999"));
    world.run(JSON).exits(0);
}

#[test]
fn a_comment_beside_it_is_honoured() {
    let world = World::new();
    world.write("a.env", format!("MISTRAL_API_KEY={} # leeward:ignore example\n", key()));
    let run = world.run(JSON).exits(0);
    assert_eq!(suppressed(&run), [1, 0, 1, 0, 0].map(Value::from));
    world.write("b.env", line(&key()));
    assert_eq!(world.run(JSON).exits(1).location()["path"], "b.env");
}

#[test]
fn a_comment_speaks_for_the_past_of_its_file() {
    let (world, key) = (World::repository(), key());
    world.commit_file("a.env", &line(&key));
    world.run(JSON).exits(1);
    world.commit_file("a.env", &format!("# leeward:ignore example\n{}", line(&key)));
    let run = world.run(JSON).exits(0);
    assert_eq!(suppressed(&run), [1, 0, 1, 0, 0].map(Value::from));
}

#[test]
fn what_lies_in_another_repository_decides_nothing() {
    let world = World::repository();
    world.write("a.env", line(&key()));
    ignore(&world, "[[ignore]]\npath = \"**\"\nreason = \"trust me\"\n");
    world.commit("hide it");
    // Where the user stands, the file is the user's own.
    world.run(["scan"]).exits(0);
    fs::create_dir(world.work().join("sub")).unwrap();
    world.run_in(&world.work().join("sub"), ["scan", ".."]).exits(0);
    // Elsewhere it is the scanned repository's.
    let elsewhere = world.beside("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let work = world.work();
    let args = ["scan", "--format", "json", work.to_str().unwrap()];
    let run = world.run_in(&elsewhere, args).exits(1);
    assert_eq!(run.json()["suppressed"]["total"], json!(0));
    let url = format!("file://{}", world.work().display());
    world.run_in(&elsewhere, ["scan", &url]).exits(1);
}

//! Files, directories and standard input.

use std::fs;

use serde_json::json;

use crate::fixture::{World, key, line};

const JSON: [&str; 3] = ["scan", "--format", "json"];

#[test]
fn a_directory_is_searched_to_its_leaves() {
    let (world, key) = (World::new(), key());
    world.write("a/b/c/settings.env", line(&key));
    world.write("readme.md", "nothing\n");
    let run = world.run(JSON).exits(1);
    let place = run.location();
    assert_eq!(place["path"], "a/b/c/settings.env");
    assert_eq!(place["git"], json!(null));
    assert_eq!(run.json()["coverage"]["files_scanned"], 2);
    assert_eq!(run.finding()["dossier"], "mistral-api-key");
}

#[test]
fn a_single_file_is_only_itself() {
    let (world, key) = (World::repository(), key());
    world.commit_file("old.env", &line(&crate::fixture::key()));
    let path = world.write("new.env", line(&key));
    let run = world.run(["scan", "--format", "json", path.to_str().unwrap()]).exits(1);
    assert_eq!(run.location()["path"], path.to_str().unwrap());
    assert_eq!(run.json()["coverage"]["files_scanned"], 1);
}

#[test]
fn several_targets_are_one_report() {
    let (world, first, second) = (World::new(), key(), key());
    world.write("a/one.env", line(&first));
    world.write("b/two.env", line(&second));
    world.write("c/three.env", line(&key()));
    let run = world.run(["scan", "--format", "json", "a", "b/two.env"]).exits(1);
    let document = run.json();
    let mut paths: Vec<_> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["locations"][0]["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    assert_eq!(paths, ["a/one.env", "b/two.env"]);
    assert_eq!(document["scan"]["targets"], json!(["a", "b/two.env"]));
}

#[test]
fn overlapping_targets_are_read_once() {
    let (world, key) = (World::new(), key());
    world.write("a/one.env", line(&key));
    let run = world.run(["scan", "--format", "json", ".", "a", "a/one.env", "a"]).exits(1);
    run.location();
    assert_eq!(run.json()["coverage"]["files_scanned"], 1);
}

#[test]
fn one_secret_in_two_files_is_one_finding() {
    let (world, key) = (World::new(), key());
    world.write("one.env", line(&key));
    world.write("two.json", format!("{{\"mistral_api_key\": \"{key}\"}}\n"));
    let finding = world.run(JSON).exits(1).finding();
    assert_eq!(finding["locations"].as_array().unwrap().len(), 2);
}

#[test]
fn standard_input_is_a_target() {
    let (world, key) = (World::new(), key());
    let text = format!("first\n  {}", line(&key));
    let feed = |to: &mut dyn std::io::Write| to.write_all(text.as_bytes()).unwrap();
    let run = world.run_with_input(&["scan", "--format", "json", "-"], feed).exits(1);
    let place = run.location();
    assert_eq!(place["path"], "-");
    assert_eq!((&place["line"], &place["column"]), (&json!(2), &json!(19)));
    assert_eq!(place["byte_start"], text.find(&key).unwrap());
}

#[test]
fn standard_input_may_be_long() {
    let (world, key) = (World::new(), key());
    let filler = "2026-01-01T00:00:00Z info: all is well, nothing to see here\n".repeat(8_000);
    let rounds = (50 << 20) / filler.len();
    let secret = line(&key);
    let feed = |to: &mut dyn std::io::Write| {
        for round in 0..rounds {
            to.write_all(filler.as_bytes()).unwrap();
            if round == rounds / 2 {
                to.write_all(secret.as_bytes()).unwrap();
            }
        }
    };
    let run = world.run_with_input(&["scan", "--format", "json", "-"], feed).exits(1);
    let (before, place) = (filler.len() * (rounds / 2 + 1), run.location());
    assert_eq!(place["byte_start"], before + "MISTRAL_API_KEY=".len());
    assert_eq!(place["line"], 8_000 * (rounds / 2 + 1) + 1);
    assert_eq!(run.json()["coverage"]["bytes_scanned"], filler.len() * rounds + secret.len());
}

#[test]
fn an_empty_input_is_clean() {
    let world = World::new();
    world.write("empty", "");
    world.run(["scan", "-", "empty"]).exits(0);
}

#[test]
fn caches_are_left_out_and_counted() {
    let (world, key) = (World::new(), key());
    world.write("node_modules/left/index.js", line(&key));
    let run = world.run(JSON).exits(0);
    let left_out = &run.json()["coverage"]["not_scanned"][0];
    assert_eq!(left_out["path"], "node_modules");
    assert_eq!((&left_out["reason"], &left_out["by_choice"]), (&json!("excluded"), &json!(true)));
    world.run(["scan", "--no-default-excludes"]).exits(1);
    world.write("mine/key.env", line(&key));
    world.run(["scan", "--exclude", "mine"]).exits(0);
}

#[test]
fn clones_are_removed() {
    let (world, key) = (World::repository(), key());
    world.commit_file("app.env", &line(&key));
    let url = format!("file://{}", world.work().display());
    let place = world.run(["scan", "--format", "json", &url]).exits(1).location();
    assert_eq!(place["path"], "app.env");
    assert_eq!(place["git"]["repository"], url.as_str());
    assert_eq!(place["git"]["in_head"], true);
    let left: Vec<_> = fs::read_dir(world.temporary()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

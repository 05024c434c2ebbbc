//! Containers of every form, made by the libraries that people make them with: each is
//! opened, and each place says the whole way in. What a damaged or hostile one does is
//! the business of `leeward-unpack`.

use std::{collections::BTreeMap, fs, process::Command};

use serde_json::Value;

use crate::fixture::{World, python};

/// What the files are made with, besides Python itself.
const PACKAGES: [&str; 8] = [
    "fpdf2==2.8.9",
    "lz4==4.4.5",
    "odfpy==1.4.1",
    "openpyxl==3.1.5",
    "py7zr==1.1.4",
    "python-docx==1.2.0",
    "warcio==1.8.1",
    "zstandard==0.25.0",
];

/// A key at the start, in the middle and at the end of each form, and each container in
/// each other one: all are found, each where it is.
#[test]
fn a_key_is_found_in_every_form_with_the_whole_way_in() {
    let venv = python("containers", &PACKAGES);
    let world = World::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/containers/make.py");
    let mut make = Command::new(venv.join("bin/python"));
    let made = make.arg(script).arg(world.work().join("files")).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let expected = fs::read(world.work().join("expected.json")).unwrap();
    fs::remove_file(world.work().join("expected.json")).unwrap();
    let expected: Vec<Value> = serde_json::from_slice(&expected).unwrap();

    let report = world.run(["scan", "files", "--format", "json"]).exits(1).json();
    let mut found = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let hint = finding["hint"].as_str().unwrap().to_owned();
        found.insert(hint, finding["locations"].as_array().unwrap().clone());
    }
    let mut wrong = Vec::new();
    for item in &expected {
        let file = item["file"].as_str().unwrap();
        let places = found.get(item["key"].as_str().unwrap());
        let fits = |place: &&Value| {
            let names = place["inside"].as_array().cloned().unwrap_or_default();
            let path = place["path"].as_str().unwrap();
            let way: Vec<&str> = names.iter().map(|name| name.as_str().unwrap()).collect();
            let whole = [&[&*format!("files/{file}")], way.as_slice()].concat().join("!");
            path == whole
                && (item["inside"].is_null() || item["inside"] == Value::Array(names))
                && (item["line"].is_null() || item["line"] == place["line"])
        };
        if !places.is_some_and(|places| places.iter().any(|place| fits(&place))) {
            let got = places.map(|places| {
                let shown = places.iter().map(|at| format!("{}:{}", at["path"], at["line"]));
                shown.collect::<Vec<_>>()
            });
            wrong.push(format!("{file}: {} line {}: {got:?}", item["inside"], item["line"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
    assert_eq!(report["coverage"]["complete"], true, "{}", report["coverage"]);
}

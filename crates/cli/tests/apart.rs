//! Parsers that run apart, with the real command as the child: each bound on it holds,
//! nothing of a container is where others can see it, and what is found inside documents
//! and tables is found again by its way in.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

#[path = "apart/kept.rs"]
mod kept;

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Read, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use leeward_dossier::Library;
use leeward_model::{Content, FilePlace, Provenance, Reason, Tracking, Way};
use leeward_unpack::{
    Apart, Format, Limits, Members, Problem, Settings,
    apart::{self, Parser},
};
use leeward_watch::reread::Reader;
use serde_json::Value;

fn program() -> Apart {
    Apart {
        program: PathBuf::from(env!("CARGO_BIN_EXE_leeward")),
        arguments: vec!["unpack-apart".into()],
    }
}

/// A form that only a child for development knows, by its name.
struct Trial(&'static str);

impl Format for Trial {
    fn name(&self) -> &'static str {
        self.0
    }

    fn is(&self, _: &[u8], _: Option<&[u8]>) -> bool {
        true
    }

    fn members(&self, _: Content<'_>, _: &Limits, _: &mut dyn Members) -> Result<(), Problem> {
        unreachable!("it is parsed apart")
    }
}

/// Keeps what is handed out.
#[derive(Default)]
struct Kept {
    members: BTreeMap<String, Vec<u8>>,
    wants: Option<usize>,
}

impl Members for Kept {
    fn member(&mut self, name: &[u8], bytes: &mut dyn Read) -> Result<(), Problem> {
        let mut kept = Vec::new();
        let most = self.wants.unwrap_or(usize::MAX) as u64;
        let _ = bytes.take(most).read_to_end(&mut kept);
        let is_enough = self.wants == Some(kept.len());
        self.members.insert(String::from_utf8_lossy(name).into_owned(), kept);
        if is_enough { Err(Problem::Stop) } else { Ok(()) }
    }

    fn table(&mut self, name: &[u8], rows: &mut dyn Read) -> Result<(), Problem> {
        self.member(name, rows)
    }

    fn left_out(&mut self, _: &[u8], _: Reason, _: Option<u64>) {}
}

const LIMITS: Limits = Limits {
    depth: 4,
    members: 100,
    bytes: 1 << 30,
    bytes_for_each: 100,
    sudden: 1 << 30,
    sudden_for_each: 100,
    held: 1 << 30,
    // So much that a machine that is busy with other tests does not use it up.
    time: Duration::from_secs(120),
    memory: 96 << 20,
    window: 64 << 20,
};

/// For those that never end by themselves.
const HASTY: Limits = Limits { time: Duration::from_secs(3), ..LIMITS };

fn tried(name: &'static str, container: &[u8]) -> (Result<(), Problem>, Kept) {
    tried_by(&mut None, name, container)
}

/// The same, by a child that there may be already, and with the one there is then.
fn tried_by(
    parser: &mut Option<Parser>,
    name: &'static str,
    container: &[u8],
) -> (Result<(), Problem>, Kept) {
    let mut kept = Kept::default();
    let mut content = Cursor::new(container);
    let is_endless = matches!(name, "trial-loop" | "trial-sleep" | "trial-mute");
    let ended = apart::members(
        Some(&program()),
        parser,
        &Trial(name),
        Content::Seekable(&mut content),
        if is_endless { &HASTY } else { &LIMITS },
        &mut kept,
        &|| false,
    );
    (ended, kept)
}

fn reason(ended: Result<(), Problem>) -> Reason {
    match ended {
        Err(Problem::Because(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_child_that_works_hands_out_everything() {
    let long: Vec<u8> = (0..3_000_000_u32).map(|at| at as u8).collect();
    for container in [&b"a container"[..], &long] {
        let (ended, kept) = tried("trial-echo", container);
        ended.unwrap();
        assert_eq!(kept.members["first"], container);
        assert_eq!(kept.members["last"], b"last");
    }
}

#[test]
fn a_child_that_goes_wrong_costs_its_own_container() {
    let limited = ["trial-loop", "trial-sleep", "trial-allocate", "trial-recurse", "trial-abort"];
    for name in limited {
        let begun = Instant::now();
        let (ended, kept) = tried(name, b"a container");
        let reason = reason(ended);
        assert!(
            matches!(&reason, Reason::Limit(why) if why.contains("the parser of")),
            "{name}: {reason:?}"
        );
        assert_eq!(kept.members["first"], b"a container", "{name}");
        assert!(!kept.members.contains_key("last"), "{name}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{name}");
    }
    for (name, said) in
        [("trial-panic", "gave up"), ("trial-nonsense", "nonsense"), ("trial-none", "died")]
    {
        let reason = reason(tried(name, b"a container").0);
        assert!(
            matches!(&reason, Reason::Corrupt(why) if why.contains(said)),
            "{name}: {reason:?}"
        );
    }
    let nobody = Apart { program: "/nowhere/leeward".into(), arguments: Vec::new() };
    let other = Apart { program: "/bin/echo".into(), arguments: Vec::new() };
    for (program, said) in [(nobody, "no parser could be started"), (other, "nonsense")] {
        let mut content = Cursor::new(b"x");
        let content = Content::Seekable(&mut content);
        let ended = apart::members(
            Some(&program),
            &mut None,
            &Trial("trial-echo"),
            content,
            &LIMITS,
            &mut Kept::default(),
            &|| false,
        );
        let reason = reason(ended);
        assert!(reason.detail().unwrap().contains(said), "{reason:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_child_reaches_nothing() {
    let (ended, kept) = tried("trial-reach", b"");
    ended.unwrap();
    assert_eq!(String::from_utf8_lossy(&kept.members["reached"]), "false false false false");
}

#[test]
fn what_is_enough_ends_the_child() {
    let mut kept = Kept { wants: Some(1 << 20), ..Kept::default() };
    let mut content = Cursor::new(b"x");
    let content = Content::Seekable(&mut content);
    let ended = apart::members(
        Some(&program()),
        &mut None,
        &Trial("trial-endless"),
        content,
        &LIMITS,
        &mut kept,
        &|| false,
    );
    assert!(matches!(ended, Err(Problem::Stop)), "{ended:?}");
    assert_eq!(kept.members["endless"].len(), 1 << 20);
    // Whoever asks to stop is heard while the child is silent.
    let begun = Instant::now();
    let mut content = Cursor::new(b"x");
    let content = Content::Seekable(&mut content);
    let stop = || begun.elapsed() > Duration::from_millis(500);
    let ended = apart::members(
        Some(&program()),
        &mut None,
        &Trial("trial-sleep"),
        content,
        &LIMITS,
        &mut Kept::default(),
        &stop,
    );
    assert!(reason(ended).detail().unwrap().contains("stopped"));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_of_a_container_is_among_arguments_or_in_the_environment() {
    let value = leeward_counterpart::random_value();
    let container = value.clone().into_bytes();
    thread::scope(|scope| {
        let waiting = scope.spawn(move || tried("trial-sleep", &container));
        let mut seen = 0;
        while !waiting.is_finished() {
            for process in fs::read_dir("/proc").unwrap().flatten() {
                let read = |name: &str| fs::read(process.path().join(name)).unwrap_or_default();
                let line = read("cmdline");
                if !line.windows(12).any(|here| here == b"unpack-apart") {
                    continue;
                }
                seen += 1;
                let environment = read("environ");
                assert!(!line.windows(value.len()).any(|here| here == value.as_bytes()));
                assert!(environment.is_empty(), "{}", String::from_utf8_lossy(&environment));
            }
            thread::sleep(Duration::from_millis(100));
        }
        assert!(seen > 0);
    });
}

/// A key, and a line that gives it away.
fn key() -> String {
    leeward_counterpart::random_value()
}

/// What a scan of a directory says, as JSON, and the exit code.
fn scan(dir: &Path) -> (Value, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_leeward"))
        .args(["scan", "--format", "json", "--confidence", "medium", "."])
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir.parent().unwrap())
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let report =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (report, output.status.code())
}

/// The places of a report, as `path:line`.
fn places(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let locations = findings.flat_map(|finding| finding["locations"].as_array().unwrap());
    let mut places: Vec<String> = locations
        .map(|place| format!("{}:{}", place["path"].as_str().unwrap(), place["line"]))
        .collect();
    places.sort();
    places
}

fn docx(text: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in [("[Content_Types].xml", "<Types/>"), ("word/document.xml", text)] {
        archive.start_file(name, options).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn documents_and_tables_are_scanned_and_read_again() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("work");
    fs::create_dir(&dir).unwrap();
    let keys: Vec<String> = (0..3).map(|_| key()).collect();
    let database = rusqlite::Connection::open(dir.join("app.db")).unwrap();
    database.execute_batch("CREATE TABLE settings (name TEXT, value TEXT)").unwrap();
    for row in 1..=40 {
        let (name, value) = match row {
            17 => ("MISTRAL_API_KEY", keys[0].as_str()),
            _ => ("theme", "dark"),
        };
        database.execute("INSERT INTO settings VALUES (?1, ?2)", [name, value]).unwrap();
    }
    database.close().unwrap();
    let (head, tail) = keys[1].split_at(10);
    let text = format!(
        "<w:p><w:r><w:t>Title</w:t></w:r></w:p><w:p><w:r><w:t>MISTRAL_API_KEY=</w:t></w:r>\
         <w:r><w:t>{head}</w:t></w:r><w:r><w:t>{tail}</w:t></w:r></w:p>"
    );
    fs::write(dir.join("plan.docx"), docx(&text)).unwrap();
    let notebook = serde_json::json!({ "cells": [
        { "source": ["import os\n", "x = 1\n"],
          "outputs": [{ "text": [format!("MISTRAL_API_KEY={}\n", keys[2])] }] },
    ] });
    fs::write(dir.join("a.ipynb"), notebook.to_string()).unwrap();
    let (report, code) = scan(&dir);
    let places = places(&report);
    for wanted in
        ["app.db!settings!value:17", "plan.docx!word/document.xml:2", "a.ipynb!cell 1 output 1:1"]
    {
        assert!(places.contains(&wanted.to_owned()), "{wanted}: {places:?}");
    }
    assert_eq!(code, Some(1));
    assert_eq!(report["findings"].as_array().unwrap().len(), 3);
    // Every place of the report leads to the value again.
    let library = Library::builtin();
    let settings = Settings { apart: Some(program()), ..Settings::default() };
    let mut reader = Reader::new(&library, Some(&settings));
    for finding in report["findings"].as_array().unwrap() {
        let print = finding["fingerprint"].as_str().unwrap().parse().unwrap();
        for place in finding["locations"].as_array().unwrap() {
            let inside: Vec<Vec<u8>> = place["inside"]
                .as_array()
                .map(|names| names.iter().map(|it| it.as_str().unwrap().into()).collect())
                .unwrap_or_default();
            let way = Way::of(inside);
            let path = place["path"].as_str().unwrap();
            let outer = path.split('!').next().unwrap();
            let path = dir.join(outer).into_os_string().into_encoded_bytes();
            let file = FilePlace { path, tracking: Tracking::NoRepository };
            let found = reader.finding(print, [(Provenance::File(file), way.clone())]).unwrap();
            let again = &found.locations[0];
            assert_eq!(again.inside, way);
            assert_eq!(Value::from(again.start.line), place["line"]);
            assert_eq!(Value::from(again.span.start), place["byte_start"]);
        }
    }
}

#[test]
fn what_compilers_and_bundlers_make_is_seen_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("work");
    fs::create_dir(&dir).unwrap();
    let name = "MISTRAL_API_KEY";
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let filler: Vec<u8> = (0..9000_u32).map(|at| (at * 37 % 251) as u8).collect();
    let class = |text: &str| {
        let mut bytes = vec![1];
        bytes.extend((text.len() as u16).to_be_bytes());
        bytes.extend(text.bytes());
        bytes
    };
    let pyc = |text: &str| {
        let mut bytes = vec![0xda, text.len() as u8];
        bytes.extend(text.bytes());
        bytes
    };
    let keys: Vec<String> = (0..5).map(|_| key()).collect();
    let files: [(&str, Vec<u8>); 5] = [
        (
            "program",
            [
                b"\x7fELF\x02\x01\x01\0".as_slice(),
                &filler,
                b"\0",
                name.as_bytes(),
                b"\0",
                keys[0].as_bytes(),
                b"\0",
                &filler,
            ]
            .concat(),
        ),
        (
            "a.pyc",
            [b"\xa7\r\r\n\0\0\0\0".as_slice(), &filler, &pyc(name), &pyc(&keys[1]), &filler]
                .concat(),
        ),
        (
            "a.class",
            [b"\xca\xfe\xba\xbe\0\0\0\x3d".as_slice(), &class(name), &class(&keys[2]), &filler]
                .concat(),
        ),
        (
            "a.exe",
            [
                b"MZ\0\0".as_slice(),
                &filler,
                b"\0\0",
                &wide(name),
                b"\0\0",
                &wide(&keys[3]),
                b"\0\0",
                &filler,
            ]
            .concat(),
        ),
        (
            "app.min.js",
            format!(
                "{}var e={{{name}:\"{}\",a:1}};{}",
                "f(1);".repeat(90_000),
                keys[4],
                "g();".repeat(9000)
            )
            .into_bytes(),
        ),
    ];
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes).unwrap();
    }
    let (report, _) = scan(&dir);
    let findings = report["findings"].as_array().unwrap();
    let places = places(&report);
    assert_eq!(findings.len(), 5, "{places:?}");
}

//! The rules of the house that a compiler does not hold: which crate may stand
//! on which, what the pure ones may have below them and may touch, and that
//! knowledge of providers is data.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Each crate and the crates of the workspace it may use: arrows point down.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("dossier", &["model"]),
    ("detect", &["dossier", "model"]),
    ("source", &["model"]),
    ("unpack", &["model", "source"]),
    ("report", &["dossier", "model"]),
    ("probe", &["dossier", "model"]),
    ("respond", &["detect", "dossier", "model", "probe", "source"]),
    ("store", &["model"]),
    ("objects", &["model", "probe", "source"]),
    ("pipeline", &["detect", "dossier", "model", "objects", "probe", "source", "unpack"]),
    ("python", &["detect", "dossier", "model"]),
    ("guard", &["detect", "dossier", "model", "pipeline", "respond", "source", "unpack"]),
    ("remote", &["model", "probe"]),
    (
        "watch",
        &[
            "detect", "dossier", "model", "pipeline", "probe", "remote", "report", "respond",
            "source", "store", "unpack",
        ],
    ),
    ("fleet", &["detect", "dossier", "model", "pipeline", "report", "source", "store", "watch"]),
    (
        "server",
        &[
            "detect", "dossier", "model", "pipeline", "probe", "remote", "report", "respond",
            "source", "store", "unpack", "watch",
        ],
    ),
    (
        "cli",
        &[
            "detect", "dossier", "fleet", "guard", "model", "objects", "pipeline", "probe",
            "remote", "report", "respond", "server", "source", "store", "unpack", "watch",
        ],
    ),
];

/// Crates that touch no file, socket, environment or process, and what of
/// others' they may use directly. Adding to a list is a decision: look at what
/// comes with it.
const PURE: &[(&str, &[&str])] = &[
    ("model", &["hmac", "sha2", "zeroize"]),
    // serde_json: whether the body of a request is JSON is said when a dossier is read.
    ("dossier", &["postcard", "serde", "serde_json", "toml"]),
    ("detect", &["memchr", "regex"]),
    // maud: HTML that is escaped unless said otherwise and whose tags close, both held at
    // compile time; below it are a number formatter and macros. quick-xml: tags that close and
    // attributes that are escaped, with `memchr` alone below it; `quick-junit`, which stands on
    // it, brings a clock and ids of its own, and leaves out silently what XML forbids. sha2: what a page's policy
    // names its own style and script by.
    (
        "report",
        &[
            "aho-corasick",
            "anstyle",
            "csv",
            "jiff",
            "maud",
            "quick-xml",
            "serde",
            "serde_json",
            "sha2",
            "unicode-width",
        ],
    ),
];

/// What no pure crate may have below it, however deep.
const EFFECTS: &[&str] = &[
    "async-std",
    "clap",
    "getrandom",
    "hyper",
    "mio",
    "rand",
    "reqwest",
    "rustix",
    "rustls",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
    "ureq",
    "walkdir",
];

/// Modules of the standard library that reach outside.
const OUTSIDE: &[&str] = &["env", "fs", "net", "process", "thread"];

#[test]
fn arrows_point_down() {
    let known: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(crates(), known.into_iter().map(str::to_owned).collect());
    for (name, allowed) in ARROWS {
        for used in dependencies(name) {
            if let Some(used) = used.strip_prefix("leeward-") {
                assert!(allowed.contains(&used), "`{name}` must not use `{used}`");
            }
        }
    }
}

#[test]
fn pure_crates_use_nothing_with_an_effect() {
    for (name, allowed) in PURE {
        let direct = dependencies(name).into_iter().filter(|used| !used.starts_with("leeward-"));
        let direct: Vec<String> = direct.collect();
        for used in &direct {
            assert!(allowed.contains(&used.as_str()), "`{name}` uses `{used}`: is it pure?");
        }
        for used in below(name) {
            assert!(!EFFECTS.contains(&used.as_str()), "`{name}` stands on `{used}`");
        }
    }
}

#[test]
fn pure_crates_do_not_reach_outside() {
    for (name, _) in PURE {
        for (path, code) in sources(name) {
            for module in OUTSIDE {
                let written = format!("std::{module}");
                assert!(!code.contains(&written), "{} uses {written}", path.display());
                // The other way to write it.
                let mut groups = code.split("use std::{").skip(1);
                let is_imported = groups.any(|group| {
                    let names = group.split("};").next().unwrap();
                    names.split(|c: char| !c.is_alphanumeric()).any(|name| name == *module)
                });
                assert!(!is_imported, "{} uses {written}", path.display());
            }
        }
    }
}

#[test]
fn only_the_command_line_prints_exits_and_reads_the_environment() {
    let kept = ["std::env::", "env::var", "env::args", "process::exit", "println!", "clap::"];
    for (name, _) in ARROWS.iter().filter(|(name, _)| *name != "cli") {
        for (path, code) in sources(name) {
            for kept in kept {
                assert!(!code.contains(kept), "{} has {kept}", path.display());
            }
        }
    }
}

#[test]
fn http_clients_are_built_in_one_place() {
    for (name, _) in ARROWS {
        // `server` answers with hyper; whoever asks with it builds a client, which is looked
        // for below.
        let asks = |used: &String| used == "reqwest" || (used == "hyper" && *name != "server");
        let uses = dependencies(name).iter().any(asks);
        // `objects` asks with the clients of `probe`, those of stores' own client included:
        // that one is given them, and brings none.
        let may = ["objects", "probe", "remote"].contains(name);
        assert!(!uses || may, "`{name}` may not speak HTTP");
        for (path, code) in sources(name) {
            let is_the_place = path.ends_with("probe/src/client.rs");
            let builds = code.contains("Client::builder()")
                || code.contains("Client::new()")
                || code.contains("hyper::client");
            assert!(!builds || is_the_place, "{} builds an HTTP client", path.display());
        }
    }
}

#[test]
fn no_provider_is_named_in_code() {
    let providers: BTreeSet<String> = fs::read_dir(root().join("dossiers"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_lowercase())
        .collect();
    assert!(providers.len() >= 3, "{providers:?}");
    // Where the user keeps secrets is named there: the place has the name of its
    // vendor, who may have a dossier too.
    let places = root().join("crates/respond/src/vault");
    // So are the stores that the user's objects lie in.
    let stores = root().join("crates/objects/src");
    for (name, _) in ARROWS {
        for (path, code) in sources(name) {
            if path.starts_with(&places) || path.starts_with(&stores) {
                continue;
            }
            let code = code.to_lowercase();
            let words: BTreeSet<&str> = code.split(|c: char| !c.is_ascii_alphanumeric()).collect();
            for provider in &providers {
                // A short name may be part of an innocent word.
                let is_named = words.contains(provider.as_str())
                    || provider.len() > 4 && code.contains(provider.as_str());
                assert!(!is_named, "{} names {provider}", path.display());
            }
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn crates() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// What a crate uses, on any platform, tests and build script aside.
fn dependencies(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let of = |table: Option<&toml::Value>| -> Vec<String> {
        let table = table.and_then(|table| table.as_table());
        table.into_iter().flat_map(|table| table.keys().cloned()).collect()
    };
    let mut names = of(manifest.get("dependencies"));
    let targets = manifest.get("target").and_then(|targets| targets.as_table());
    for target in targets.into_iter().flat_map(toml::Table::values) {
        names.extend(of(target.get("dependencies")));
    }
    names
}

/// What a crate stands on, however deep, if it is built for itself. The lock file does
/// not tell: it has what tests use, and edges that other crates of the workspace turn on.
fn below(name: &str) -> BTreeSet<String> {
    let package = format!("leeward-{name}");
    let asked = ["tree", "--package", &package, "--edges", "normal", "--prefix", "none"];
    let told = Command::new(env!("CARGO"))
        .args(asked)
        .args(["--format", "{p}", "--offline", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let lines = String::from_utf8(told.stdout).unwrap();
    let names = lines.lines().filter_map(|line| line.split(' ').next());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    let direct = dependencies(name);
    assert!(names.len() > direct.len(), "`cargo tree` said too little: {names:?}");
    names
}

/// The code of a crate, file by file: no comments, and no tests, which stand
/// at the foot of a file or in files of their own.
fn sources(name: &str) -> Vec<(PathBuf, String)> {
    let mut open = vec![root().join("crates").join(name).join("src")];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text
                .lines()
                .take_while(|line| !line.starts_with("#[cfg(test)]") && !is_of_tests(line))
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            files.push((path, code.join("\n")));
        }
    }
    assert!(!files.is_empty(), "{name}");
    files
}

fn is_of_tests(line: &str) -> bool {
    line.starts_with("#[cfg(all(test")
}

//! Exit codes, and what stands behind each of them.

use std::{fs, io::Write as _, process::Command};

use serde_json::json;

use crate::fixture::{Run, World, key, line};

#[test]
fn nothing_found_is_0() {
    let world = World::new();
    world.write("readme.md", "hello\n");
    let run = world.run(["scan"]).exits(0);
    assert_eq!(run.err, "");
}

#[test]
fn something_found_is_1() {
    let world = World::new();
    world.write(".env", line(&key()));
    world.run(["scan"]).exits(1);
}

#[test]
fn the_loose_form_is_shown_on_request() {
    let (world, key) = (World::new(), key());
    // Only the loosely documented form: too short and without capitals.
    world.write("app.ini", format!("mistral_key = {}\n", key[..24].to_lowercase()));
    let medium = world.run(["scan", "--format", "json"]).exits(0);
    assert_eq!(medium.json()["summary"]["findings"], 0);
    let low = world.run(["scan", "--confidence", "low", "--format", "json"]).exits(1).finding();
    assert_eq!(
        (&low["confidence"]["level"], &low["dossier"]),
        (&json!("low"), &json!("mistral-api-key"))
    );
}

#[test]
fn what_cannot_be_done_is_2() {
    let world = World::new();
    world.write("some", "text");
    for (args, says) in [
        (&["scan", "no/such/place"][..], "no/such/place"),
        (&["scan", "--no-such-flag"], "--no-such-flag"),
        (&["scan", "--format", "xml"], "xml"),
        (&["scan", "--baseline", "gone.json"], "gone.json"),
        (&["scan", "--ignore-file", "gone.toml"], "gone.toml"),
        (&["scan", "--output", "no/such/place.json"], "no/such/place.json"),
        (&["scan", "--baseline", "some"], "not a baseline"),
        (&["scan", "--dossiers", "gone.toml"], "gone.toml"),
        (&["scan", "ext::sh -c true"], "could be taken for"),
        (&["scan", "http://example.com/a"], "https://"),
        (&["scan", "oci://"], "names no image"),
        (&["scan", "--start-after", "key"], "name that bucket"),
        (&["scan", "--offline", "docker://app"], "save it first"),
        #[cfg(not(feature = "buckets"))]
        (&["scan", "s3://bucket"], "--features buckets"),
        (&["scan", "--show-secrets"], "only on a terminal"),
        (&["dossier", "show", "no-such-kind"], "no-such-kind"),
        (&["no-such-command"], "no-such-command"),
        (&[], "Usage"),
    ] {
        let run = world.run(args).exits(2);
        assert!(run.err.contains(says), "{args:?}: {}", run.err);
        assert_eq!(run.out, "", "{args:?}");
    }
}

#[test]
fn help_and_version_are_0() {
    let world = World::new();
    assert!(world.run(["--help"]).exits(0).out.contains("Usage"));
    assert!(world.run(["--version"]).exits(0).out.starts_with("leeward "));
}

/// A repository whose only pack is damaged in the middle.
fn with_damaged_pack() -> World {
    let world = World::repository();
    let noise: String = (0..500).map(|_| key() + "\n").collect();
    world.commit_file("noise.txt", &noise);
    world.git(&["gc", "-q"]);
    let packs = world.work().join(".git/objects/pack");
    let is_pack = |path: &std::path::PathBuf| path.extension().is_some_and(|ext| ext == "pack");
    let mut entries = fs::read_dir(packs).unwrap().map(|entry| entry.unwrap().path());
    let pack = entries.find(is_pack).unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0x5a);
    // Git makes packs read-only.
    fs::remove_file(&pack).unwrap();
    fs::write(&pack, bytes).unwrap();
    world
}

#[test]
fn what_is_missing_is_named_and_3() {
    let world = with_damaged_pack();
    let run = world.run(["scan", "--format", "json"]).exits(3);
    let coverage = &run.json()["coverage"];
    assert_eq!(coverage["complete"], false);
    let left_out = coverage["not_scanned"].as_array().unwrap();
    assert!(left_out.iter().any(|gap| gap["reason"] == "corrupt"), "{left_out:?}");
    world.run(["scan", "--allow-incomplete"]).exits(0);
}

#[test]
fn findings_count_for_more_than_gaps() {
    let world = with_damaged_pack();
    world.write(".env", line(&key()));
    let run = world.run(["scan", "--format", "json"]).exits(1);
    assert_eq!(run.json()["coverage"]["complete"], false);
    world.run(["scan", "--allow-incomplete"]).exits(1);
}

#[test]
fn what_a_partial_clone_left_behind_is_named_and_3() {
    let world = World::repository();
    world.git(&["config", "uploadpack.allowFilter", "true"]);
    world.commit_file("app.txt", "some text\n");
    world.commit_file("app.txt", "other text\n");
    let url = format!("file://{}", world.work().display());
    let partial = world.beside("partial");
    let to = partial.to_str().unwrap();
    world.git(&["clone", "-q", "--filter=blob:none", &url, to]);
    let missing = world.git(&["rev-parse", "HEAD~1:app.txt"]);
    let run = world.run_in(&partial, ["scan", "--format", "json"]).exits(3);
    let gaps = run.json()["coverage"]["not_scanned"].to_string();
    assert!(gaps.contains("missing-object") && gaps.contains(&missing), "{gaps}");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_named_and_3() {
    use std::os::unix::fs::PermissionsExt as _;

    let world = World::new();
    let path = world.write("locked/app.env", line(&key()));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        return; // The administrator reads everything.
    }
    let run = world.run(["scan", "--format", "json"]).exits(3);
    let gap = run.json()["coverage"]["not_scanned"][0].clone();
    assert_eq!(
        (gap["path"].as_str(), gap["reason"].as_str()),
        (Some("locked/app.env"), Some("unreadable"))
    );
}

#[test]
fn a_closed_pipe_is_no_accident() {
    let world = World::new();
    for number in 0..300 {
        world.write(format!("{number}.env"), line(&key()));
    }
    for args in
        [&["scan", "--format", "json"][..], &["scan"], &["dossier", "show", "mistral-api-key"]]
    {
        let mut command = world.leeward(&world.work());
        let piped = command.args(args).stdout(std::process::Stdio::piped());
        let mut child = piped.stderr(std::process::Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        let code = output.status.code().expect("no signal");
        assert_eq!(code, i32::from(args[0] == "scan"), "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_scan_reports_what_it_has_done() {
    let (world, key) = (World::new(), key());
    let mut command = world.leeward(&world.work());
    let piped = command.args(["scan", "-"]).stdin(std::process::Stdio::piped());
    let piped = piped.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let filler = "nothing to see here\n".repeat(1 << 16);
    stdin.write_all(line(&key).as_bytes()).unwrap();
    // More than pipes and buffers hold, so that reading is under way.
    for _ in 0..16 {
        stdin.write_all(filler.as_bytes()).unwrap();
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    // Until nobody reads any more; without an end, if the signal did nothing.
    while stdin.write_all(filler.as_bytes()).is_ok() {}
    let run = Run::of(&child.wait_with_output().unwrap()).exits(1);
    assert!(run.out.contains("INCOMPLETE: 1 thing could not be looked at"), "{}", run.out);
    assert!(run.err.starts_with("stopping;"), "{}", run.err);
}

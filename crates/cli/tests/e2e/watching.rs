//! `leeward watch` in the foreground: exit codes, what is said, and what is kept.

use std::{fs, io::Write};

use crate::fixture::{World, key, line};

fn settings(world: &World, text: &str) -> String {
    let path = world.beside("watch.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What is typed into the command.
fn feed(bytes: &[u8]) -> impl FnOnce(&mut dyn Write) + Send {
    move |pipe| pipe.write_all(bytes).unwrap()
}

#[test]
fn a_target_is_looked_at_once() {
    let world = World::new();
    let value = key();
    world.write("app.env", line(&value));
    let target = world.work().to_str().unwrap().to_owned();
    let config = settings(
        &world,
        &format!("[watch]\nnames = [\"acme.com\"]\n[[watch.scan]]\ntarget = \"{target}\"\n"),
    );
    let watch = |more: &[&str]| {
        let args = [&["watch", "--config", &config], more].concat();
        world.run(args)
    };
    let run = watch(&["--once"]).exits(1);
    assert!(run.err.contains("1 incident opened"), "{}", run.err);
    assert!(!run.err.contains(&value));
    watch(&["--once"]).exits(0);
    // What is gone from the target is gone from the incident.
    fs::remove_file(world.work().join("app.env")).unwrap();
    watch(&["--once"]).exits(0);
    let shown = world.run(["incident", "show", "1"]).exits(0);
    assert!(shown.out.contains("gone") || shown.out.contains("no longer"), "{}", shown.out);
    let run = watch(&["--status"]).exits(0);
    assert!(run.out.contains("known by fingerprint: 1 value of yours"), "{}", run.out);
}

#[test]
fn values_of_ones_own_are_known_by_fingerprints_alone() {
    let world = World::new();
    let (one, other) = (key(), key());
    let input = format!("{one}\n\n  {other}\r\n{one}\n");
    let ours = ["watch", "ours", "--label", "vault: app"];
    let run = world.run_with_input(&ours, feed(input.as_bytes())).exits(0);
    assert_eq!(run.out, "2 fingerprints added, 1 known already\n");
    let run = world.run_with_input(&["watch", "ours"], feed(b"no value\n")).exits(3);
    assert!(run.err.contains("--dossier"), "{}", run.err);
    world.run_with_input(&["watch", "ours"], feed(b"")).exits(2);
    world.write(".gitignore", ".env\n");
    world.write(".env", format!("KEY={one}\n"));
    let run = world.run(["watch", "ours", "--from", "env:.env#KEY"]).exits(0);
    assert_eq!(run.out, "0 fingerprints added, 1 known already\n");
    for entry in fs::read_dir(world.beside("home/.local/share/leeward")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for value in [&one, &other] {
            let mut windows = bytes.windows(value.len());
            assert!(!windows.any(|window| window == value.as_bytes()), "a value was kept");
        }
    }
}

#[test]
fn settings_that_make_no_sense_are_said_to() {
    let world = World::new();
    for (text, told) in [
        ("", "name nothing to watch"),
        ("[[source]]\nname = \"x\"\nservice = \"nothing\"\n", "there is no service `nothing`"),
        ("[watch]\nnames = [\"a\"]\n[[watch.scan]]\ntarget = \".\"\n", "everybody's texts"),
        ("[[watch.scan]]\ntarget = \".\"\nat = \"whenever\"\n", "is not understood"),
    ] {
        let config = settings(&world, text);
        let run = world.run(["watch", "--once", "--config", &config]).exits(2);
        assert!(run.err.contains(told), "{}", run.err);
    }
    let run = world.run(["watch", "--once", "--offline"]).exits(2);
    assert!(run.err.contains("--offline"), "{}", run.err);
    world.run(["watch", "pause", "x"]).exits(2);
}

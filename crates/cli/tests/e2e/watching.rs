//! `leeward watch` in the foreground: exit codes, what is said, and what is kept.

use std::{fs, io::Write};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::fixture::{World, key, line, locked, zip};

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
fn what_is_attached_to_mail_is_opened() {
    let world = World::new();
    let (table, plain) = (key(), key());
    let database = world.beside("backup.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.execute_batch("CREATE TABLE settings (name TEXT, value TEXT)").unwrap();
    let row = ["MISTRAL_API_KEY", &table];
    connection.execute("INSERT INTO settings VALUES (?1, ?2)", row).unwrap();
    connection.close().unwrap();
    let parts: String = [
        ("backup.db", fs::read(&database).unwrap()),
        ("env.zip", zip("prod.env", &line(&plain))),
        ("secret.zip", locked(zip("prod.env", &line(&key())))),
    ]
    .into_iter()
    .map(|(name, bytes)| {
        let text = BASE64_STANDARD.encode(bytes);
        format!(
            "--b\r\nContent-Type: application/octet-stream; name={name}\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{text}\r\n"
        )
    })
    .collect();
    let mail = world.beside("mail");
    fs::create_dir(&mail).unwrap();
    let head = "From: a@b.example\r\nMessage-ID: <1@b.example>\r\nMIME-Version: 1.0\r\n\
                Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    fs::write(mail.join("1.eml"), format!("{head}{parts}--b--\r\n")).unwrap();
    let path = mail.display();
    let config = settings(
        &world,
        &format!("[[source]]\nname = \"box\"\nservice = \"mail\"\npath = \"{path}\"\n"),
    );
    let watch = |more: &str| world.run(["watch", "--config", &config, more]);
    let run = watch("--once").exits(1);
    assert!(run.err.contains("2 incidents opened"), "{}", run.err);
    let shown = [1, 2].map(|id| world.run(["incident", "show", &id.to_string()]).exits(0).out);
    let shown = shown.join("\n");
    for way in ["backup.db!settings", "env.zip!prod.env"] {
        assert!(shown.contains(way), "{way}: {shown}");
    }
    let run = watch("--status").exits(0);
    assert!(run.out.contains("secret.zip!prod.env"), "{}", run.out);
    assert!(![&table, &plain].iter().any(|value| run.out.contains(*value)));
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

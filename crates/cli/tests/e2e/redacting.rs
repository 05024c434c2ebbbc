//! Streams with their secrets masked, through real pipes.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::fixture::{World, key, line};

/// Far more than a line may ever take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `leeward redact` on some bytes.
fn redact(world: &World, args: &[&str], input: &[u8]) -> Output {
    let mut command = world.leeward(&world.work());
    let command = command.arg("redact").args(args).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    thread::scope(|scope| {
        // It may end before it has read everything.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    })
}

#[track_caller]
fn out(output: &Output, code: i32) -> String {
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{err}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A key for redaction in a file of the world; the file's name.
fn new_key(world: &World, name: &str) -> String {
    let path = world.beside(name).to_str().unwrap().to_owned();
    world.run(["redact", "--new-key", &path]).exits(0);
    path
}

#[test]
fn the_same_secret_has_the_same_token_on_every_machine() {
    let key = key();
    let text = format!("{}later {key}\n", line(&key));
    let (one, other) = (World::new(), World::new());
    let masked = out(&redact(&one, &[], text.as_bytes()), 0);
    assert_eq!(masked, out(&redact(&other, &[], text.as_bytes()), 0));
    let token = masked.lines().next().unwrap().strip_prefix("MISTRAL_API_KEY=").unwrap();
    assert_eq!(masked, text.replace(&key, token));
    let finding = one.run_with_input(&["scan", "-", "--format", "json"], {
        let text = text.clone();
        move |stdin| stdin.write_all(text.as_bytes()).unwrap()
    });
    let fingerprint = finding.finding()["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(token, format!("[redacted:mistral-api-key:{}]", &fingerprint[4..12]));
}

#[test]
fn no_value_is_in_anything_that_comes_out() {
    let (world, key) = (World::new(), key());
    let sealing = new_key(&world, "key");
    let report = world.beside("report.json");
    let text = format!("{}{{\"mistral\": {{\"key\": \"{key}\"}}}}\r\n\0\u{fffd}{key}", line(&key));
    let report_flag = ["--stats", "--report", report.to_str().unwrap()];
    for more in [&[][..], &["--line-buffered"], &["--key", &sealing], &["--confidence", "low"]] {
        let output = redact(&world, &[&report_flag[..], more].concat(), text.as_bytes());
        assert_eq!(output.status.code(), Some(0));
        let report = fs::read_to_string(&report).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        for text in [&String::from_utf8(output.stdout).unwrap(), &err, &report] {
            assert!(!text.contains(&key), "{}", text.replace(&key, "<WHOLE VALUE>"));
        }
        assert!(err.contains("1 secret masked in 3 places"), "{err}");
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["schema"], "leeward.redaction/1");
        assert_eq!(report["complete"], true);
        assert_eq!(report["bytes_read"], text.len());
        assert_eq!(report["masked"][0]["dossier"], "mistral-api-key");
        assert_eq!(report["masked"][0]["places"], 3);
    }
}

#[test]
fn what_was_accepted_is_masked_and_the_exit_code_can_tell() {
    let (world, key) = (World::repository(), key());
    let text = format!("MISTRAL_API_KEY={key} # leeward:ignore\n");
    assert!(!out(&redact(&world, &[], text.as_bytes()), 0).contains(&key));
    assert!(!out(&redact(&world, &["--fail-on-found"], text.as_bytes()), 1).contains(&key));
    assert_eq!(out(&redact(&world, &["--fail-on-found"], b"nothing\n"), 0), "nothing\n");
}

#[test]
fn bytes_of_any_kind_come_out_as_they_went_in() {
    let world = World::new();
    let mut bytes: Vec<u8> = (0..=255_u8).cycle().take(100_000).collect();
    for text in [&b"mistral\0\r\n\xff\xfe"[..], b"", b"\n\n", b"no newline"] {
        assert_eq!(redact(&world, &[], text).stdout, text);
    }
    let key = key();
    bytes.extend(b"\xff\0MISTRAL_API_KEY=".iter().chain(key.as_bytes()).chain(b"\0\xff"));
    bytes.extend_from_within(..100_000);
    let sealing = new_key(&world, "key");
    let sealed = redact(&world, &["--key", &sealing], &bytes).stdout;
    assert!(holds(&sealed, b"[sealed:mistral-api-key:"));
    let restored = redact(&world, &["--restore", "--key", &sealing], &sealed);
    assert!(restored.stdout == bytes);
}

fn holds(text: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(text, needle).is_some()
}

#[test]
fn only_the_key_brings_values_back() {
    let (world, value) = (World::new(), key());
    let (key, other) = (new_key(&world, "key"), new_key(&world, "other"));
    let wide: Vec<u8> = line(&value).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let text = [line(&value).as_bytes(), format!("x {value}, y\n").as_bytes()].concat();
    for text in [text, wide] {
        let sealed = redact(&world, &["--key", &key], &text).stdout;
        assert!(!holds(&sealed, value.as_bytes()));
        assert_eq!(sealed, redact(&world, &["--key", &key], &text).stdout);
        assert_ne!(sealed, redact(&world, &["--key", &other], &text).stdout);
        let restored = redact(&world, &["--restore", "--key", &key], &sealed);
        assert_eq!((restored.status.code(), restored.stdout), (Some(0), text));
        let wrong = redact(&world, &["--restore", "--key", &other], &sealed);
        assert_eq!(wrong.status.code(), Some(3));
        assert_eq!(wrong.stdout, sealed);
        let err = String::from_utf8(wrong.stderr).unwrap();
        assert!(err.contains("left as they are: sealed with another key"), "{err}");
    }
    let sealed = out(&redact(&world, &["--key", &key], line(&value).as_bytes()), 0);
    let altered = sealed.replace("mistral-api-key", "mistral-admin-key");
    assert_eq!(out(&redact(&world, &["--restore", "--key", &key], altered.as_bytes()), 3), altered);
}

#[test]
fn keys_are_made_once_and_kept_to_their_owner() {
    let world = World::new();
    let path = new_key(&world, "key");
    let before = fs::read(&path).unwrap();
    let again = world.run(["redact", "--new-key", &path]).exits(2);
    assert!(again.err.contains("cannot make the key"), "{}", again.err);
    assert_eq!(fs::read(&path).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let output = redact(&world, &["--key", &path], b"x");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("others on this machine can read")
        );
    }
    let key = String::from_utf8(before).unwrap();
    let wrong = world.write("wrong", &key[..60]);
    let run = world.run(["redact", "--key", wrong.to_str().unwrap()]).exits(2);
    assert!(run.err.contains("`leeward redact --new-key FILE` makes one"), "{}", run.err);
    assert!(!run.err.contains(&key[30..60]));
    world.run(["redact", "--restore"]).exits(2);
    let run = world.run(["redact", "--key-variable", "NOBODY_SET_THIS"]).exits(2);
    assert!(run.err.contains("is not set"), "{}", run.err);
    let mut command = world.leeward(&world.work());
    let command = command.args(["redact", "--key-variable", "THE_KEY"]).env("THE_KEY", &key);
    assert!(command.output().unwrap().status.success());
}

#[test]
fn a_line_comes_while_the_pipe_stays_open() {
    let (world, key) = (World::new(), key());
    for args in [&["redact"][..], &["redact", "--line-buffered"]] {
        let mut command = world.leeward(&world.work());
        let piped = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, seen) = mpsc::channel();
        let reader = thread::spawn(move || {
            for line in lines {
                sender.send(line.unwrap()).unwrap();
            }
        });
        for text in ["ready".to_owned(), format!("MISTRAL_API_KEY={key}"), format!("again {key}")] {
            writeln!(stdin, "{text}").unwrap();
            let line = seen.recv_timeout(PATIENCE).expect("the line comes");
            assert_eq!(line.contains("[redacted:"), text.contains(&key), "{line}");
            assert!(!line.contains(&key));
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
        reader.join().unwrap();
    }
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let (world, key) = (World::new(), key());
    let mut command = world.leeward(&world.work());
    let piped = command.arg("redact").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = [line(&key), "lorem ipsum, ".repeat(5_000)].concat();
    let writer = thread::spawn(move || while stdin.write_all(text.as_bytes()).is_ok() {});
    let mut first = vec![0; 16];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(first, b"MISTRAL_API_KEY=");
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_fails_is_said() {
    let world = World::new();
    let mut command = world.leeward(&world.work());
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let piped = command.arg("redact").stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the output"));
}

#[test]
fn a_long_line_is_masked_within_bounded_memory() {
    const LENGTH: usize = 64 << 20;
    let (world, key) = (World::new(), key());
    let path = world.beside("long");
    crate::fixture::write_long_line(&path, LENGTH, &key);
    let mut command = world.leeward(&world.work());
    let command = command.arg("redact").stdin(fs::File::open(&path).unwrap());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut out = vec![0; LENGTH - (8 << 20)];
    stdout.read_exact(&mut out).unwrap();
    #[cfg(target_os = "linux")]
    {
        // It still runs, for nobody has read the rest.
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let of = |name: &str| -> usize {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches("kB").trim().parse().unwrap()
        };
        // Without the pages of the program's file, of which a build for development has many.
        let kib = of("VmHWM:") - of("RssFile:");
        assert!(kib < LENGTH >> 11, "{kib} KiB");
    }
    stdout.read_to_end(&mut out).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(!holds(&out, key.as_bytes()) && holds(&out, b"MISTRAL_API_KEY=[redacted:"));
    assert_eq!(out.len(), fs::metadata(&path).unwrap().len() as usize - key.len() + 35);
}

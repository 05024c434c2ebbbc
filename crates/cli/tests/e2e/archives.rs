//! What is inside archives, by the real command: large, exploding, from a pipe, in
//! history; and how much memory that takes.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    process::{Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::fixture::{Run, World, key, line};

/// What a scan may take at most, in kB.
const MEMORY: u64 = 256 << 10;

/// Runs a scan, feeds it, and watches how much memory it takes.
fn watched(mut command: Command, feed: impl FnOnce(&mut dyn Write) + Send) -> (Run, u64) {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let (id, mut stdin) = (child.id(), child.stdin.take().unwrap());
    let (ended, running) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let watch = scope.spawn(move || {
            let mut peak = 0;
            let tick = Duration::from_millis(3);
            while running.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
                let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let now = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
                peak = peak.max(now.unwrap_or(0));
            }
            peak
        });
        scope.spawn(move || feed(&mut stdin));
        let run = Run::of(&child.wait_with_output().unwrap());
        drop(ended);
        (run, watch.join().unwrap())
    })
}

fn scan(world: &World, what: &str) -> Command {
    let mut command = world.leeward(&world.work());
    command.args(["scan", "--format", "json", what]);
    command
}

/// Writes some mebibytes of lines of a log.
fn write_log(writer: &mut dyn Write, mebibytes: usize) {
    let line = b"2026-01-01T00:00:00Z info: nothing to see, and much of it\n";
    let block: Vec<u8> = line.iter().copied().cycle().take(1 << 20).collect();
    for _ in 0..mebibytes {
        writer.write_all(&block).unwrap();
    }
    writer.write_all(b"\n").unwrap();
}

fn limits(run: &Run) -> Vec<String> {
    let gaps = run.json()["coverage"]["not_scanned"].clone();
    let gaps = gaps.as_array().unwrap().iter().filter(|gap| gap["reason"] == "limit");
    gaps.map(|gap| gap["detail"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_key_behind_300_mib_in_a_zip_is_found() {
    let (world, key) = (World::new(), key());
    let file = BufWriter::new(File::create(world.work().join("logs.zip")).unwrap());
    let mut zip = ZipWriter::new(file);
    zip.start_file("var/big.log", SimpleFileOptions::default().large_file(true)).unwrap();
    write_log(&mut zip, 300);
    zip.write_all(line(&key).as_bytes()).unwrap();
    zip.finish().unwrap();
    let (run, peak) = watched(scan(&world, "."), |_| ());
    let place = run.exits(1).location();
    assert_eq!(place["inside"], serde_json::json!(["var/big.log"]));
    assert_eq!(place["byte_start"], (300_u64 << 20) + 1 + "MISTRAL_API_KEY=".len() as u64);
    assert!(peak < MEMORY, "{peak} kB");
}

#[test]
fn a_few_bytes_that_become_256_mib_stop_at_a_bound_and_say_so() {
    let world = World::new();
    let mut bomb = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..256 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 300, "{}", bomb.len());
    world.write("bomb.bz2", bomb);
    let began = Instant::now();
    let (run, peak) = watched(scan(&world, "."), |_| ());
    let run = run.exits(3);
    assert_eq!(limits(&run), ["bytes unpacked from next to nothing"]);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(peak < MEMORY, "{peak} kB");
}

#[test]
fn a_mebibyte_that_becomes_a_gibibyte_stops_at_a_bound_and_says_so() {
    let world = World::new();
    let mut zip = ZipWriter::new(File::create(world.work().join("bomb.zip")).unwrap());
    zip.start_file("zeros", SimpleFileOptions::default().large_file(true)).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..1024 {
        zip.write_all(&zeros).unwrap();
    }
    zip.finish().unwrap();
    let began = Instant::now();
    let (run, peak) = watched(scan(&world, "."), |_| ());
    assert_eq!(limits(&run.exits(3)), ["bytes unpacked from one container"]);
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
    assert!(peak < MEMORY, "{peak} kB");
}

/// A tar file, without its end, of a log and a last member.
fn tar(mebibytes: usize, last: &str) -> Vec<u8> {
    let mut log = Vec::new();
    write_log(&mut log, mebibytes);
    tarred(&[("var/log/app.log", log.as_slice()), ("etc/last.env", last.as_bytes())])
}

/// A tar archive of some files.
pub(crate) fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend(header);
        out.extend(*bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out
}

pub(crate) fn gzip(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), level);
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

#[test]
fn an_archive_from_a_pipe_is_opened_while_it_comes() {
    let (world, key) = (World::new(), key());
    let log = gzip(&tar(16, "nothing"), Compression::fast());
    let last = gzip(&tar(1, &line(&key)), Compression::fast());
    let (run, peak) = watched(scan(&world, "-"), |stdin| {
        for _ in 0..24 {
            stdin.write_all(&log).unwrap();
        }
        stdin.write_all(&last).unwrap();
    });
    let place = run.exits(1).location();
    assert_eq!(place["inside"], serde_json::json!(["etc/last.env"]));
    assert!(peak < MEMORY, "{peak} kB");
    // Not compressed, its own bytes are looked at beside its members.
    let log = tar(16, "nothing");
    let last = [tar(1, &line(&key)), vec![0; 1024]].concat();
    let (run, peak) = watched(scan(&world, "-"), |stdin| {
        for _ in 0..4 {
            stdin.write_all(&log).unwrap();
        }
        stdin.write_all(&last).unwrap();
    });
    let inside = run.exits(1).location()["inside"].clone();
    assert_eq!(inside, serde_json::json!(["etc/last.env"]));
    assert!(peak < MEMORY, "{peak} kB");
}

#[test]
fn a_zip_from_a_pipe_is_read_by_its_directory() {
    let (world, key) = (World::new(), key());
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("big.log", stored).unwrap();
    write_log(&mut zip, 12);
    zip.start_file("app.env", SimpleFileOptions::default()).unwrap();
    zip.write_all(line(&key).as_bytes()).unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    let run = world.run_with_input(&["scan", "--format", "json", "-"], |stdin| {
        stdin.write_all(&bytes).unwrap();
    });
    let place = run.exits(1).location();
    assert_eq!(place["inside"], serde_json::json!(["app.env"]));
    // Cut off, what came is read, and that something is missing is told.
    let run = world.run_with_input(&["scan", "--format", "json", "-"], |stdin| {
        stdin.write_all(&bytes[..10 << 20]).unwrap();
    });
    run.exits(3);
}

#[test]
fn large_archives_in_history_are_opened() {
    for level in [Compression::none(), Compression::fast()] {
        let (world, key) = (World::repository(), key());
        let mut bytes = tar(12, &line(&key));
        bytes.resize(bytes.len() + 1024, 0);
        // Stored blocks make an object that is too large to be held.
        if level == Compression::none() {
            bytes = gzip(&bytes, level);
        }
        world.write("backup.bin", bytes);
        world.commit("a backup");
        fs::remove_file(world.work().join("backup.bin")).unwrap();
        world.commit("no backup");
        let run = world.run(["scan", "--format", "json", "."]).exits(1);
        let place = run.location();
        assert_eq!(place["path"], "backup.bin!etc/last.env", "{place:#}");
        assert_eq!(place["inside"], serde_json::json!(["etc/last.env"]));
    }
}

#[test]
fn what_is_compressed_in_history_has_the_name_of_its_file() {
    let (world, key) = (World::repository(), key());
    world.write("conf/app.env.gz", gzip(line(&key).as_bytes(), Compression::fast()));
    world.commit("settings");
    let run = world.run(["scan", "--history-only", "--format", "json", "."]).exits(1);
    let place = run.location();
    assert_eq!(place["path"], "conf/app.env.gz!app.env", "{place:#}");
    // It is found again by that name.
    let report = world.beside("report.json");
    fs::write(&report, &run.out).unwrap();
    let run = world.run(["verify", "--plan", "--report", report.to_str().unwrap()]).exits(0);
    assert!(run.out.contains("one value"), "{}{}", run.out, run.err);
}

//! Buckets through the command, against servers that speak as the stores do: what is found
//! and where it is said to lie, what a second scan leaves out, and what is left of a scan
//! that ends before its end.

mod others;

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use flate2::Compression;
use leeward_servers::Moto;
use serde_json::Value;

use crate::{
    archives::{gzip, tarred},
    fixture::{Run, World, key, line, zip},
    resuming::{before, essence},
};

/// Whoever may read a bucket, from a machine without anything else.
struct Reader {
    world: World,
    url: String,
    /// The secret half of its credential.
    secret: String,
}

impl Reader {
    fn of(moto: &Moto) -> Self {
        Self { world: World::new(), url: moto.url(), secret: key() }
    }

    fn scan(&self, args: &[&str]) -> Command {
        let mut command = self.world.leeward(&self.world.work());
        command
            .arg("scan")
            .args(args)
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", "somebody")
            .env("AWS_SECRET_ACCESS_KEY", &self.secret);
        command
    }

    /// Scans, and sees that no output holds the credential.
    fn run(&self, args: &[&str]) -> Run {
        let run = Run::of(&self.scan(args).output().unwrap());
        assert!(!run.out.contains(&self.secret) && !run.err.contains(&self.secret));
        run
    }

    /// Scans as JSON until so many objects were asked for.
    fn begin(&self, moto: &Moto, bucket: &str, objects: usize, args: &[&str]) -> Child {
        let asked = moto.gets(bucket);
        let mut command = self.scan(&[&["--format", "json"], args].concat());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until(|| moto.gets(bucket) >= asked + objects);
        child
    }
}

#[track_caller]
fn until(is_so: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < patience, "it does not come to that");
        thread::sleep(Duration::from_millis(2));
    }
}

fn signal(child: &Child, which: &str) {
    let sent = Command::new("kill").args([which, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

fn end(child: Child) -> Run {
    Run::of(&child.wait_with_output().unwrap())
}

/// The places of all findings, sorted, with their positions.
fn places(run: &Run) -> Vec<String> {
    let report = run.json();
    let findings = report["findings"].as_array().unwrap().iter();
    let places = findings.flat_map(|finding| finding["locations"].as_array().unwrap());
    let said = |place: &Value| format!("{}:{}", place["path"].as_str().unwrap(), place["line"]);
    let mut places: Vec<String> = places.map(said).collect();
    places.sort();
    places
}

/// What was left out, with the reason.
fn left_out(run: &Run) -> Vec<(String, String)> {
    let report = run.json();
    let left_out = report["coverage"]["not_scanned"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    left_out.map(|one| (text(&one["path"]), text(&one["detail"]))).collect()
}

/// Objects of every kind with a key in each, and where those are found below an address.
fn objects(keys: &[String; 4]) -> Vec<(&'static str, Vec<u8>)> {
    let nested = zip("config/.env", &format!("A=1\n{}", line(&keys[2])));
    let nested = gzip(&tarred(&[("app/inner.zip", &nested)]), Compression::fast());
    let mut log = b"a line of a long log of nothing\n".repeat(6 << 15);
    log.extend(line(&keys[3]).bytes());
    vec![
        ("in/plain.env", line(&keys[0]).into_bytes()),
        ("in/release.zip", zip("app.env", &line(&keys[1]))),
        ("in/backup.tar.gz", nested),
        ("in/long.log", log),
    ]
}

fn places_below(address: &str) -> Vec<String> {
    [
        "backup.tar.gz!app/inner.zip!config/.env:2",
        "long.log:196609",
        "plain.env:1",
        "release.zip!app.env:1",
    ]
    .map(|place| format!("{address}/in/{place}"))
    .to_vec()
}

/// A bucket of many objects, some with keys.
fn many(moto: &Moto, number: usize) -> String {
    let bucket = moto.bucket();
    for number in 0..number {
        let text = if number % 40 == 7 { line(&key()) } else { format!("text {number}\n") };
        moto.put(&bucket, &format!("logs/{number:05}.env"), text.as_bytes());
    }
    bucket
}

#[test]
fn what_lies_in_a_bucket_is_found_with_the_whole_way_in() {
    let (moto, keys) = (Moto::shared(), [key(), key(), key(), key()]);
    let (reader, bucket) = (Reader::of(moto), moto.bucket());
    for (key, bytes) in objects(&keys) {
        moto.put(&bucket, key, &bytes);
    }
    moto.put(&bucket, "elsewhere.env", line(&key()).as_bytes());
    moto.put_as("GLACIER", &bucket, "in/frozen.env", b"nothing");
    let (address, root) = (format!("s3://{bucket}/in/"), format!("s3://{bucket}"));
    let run = reader.run(&[&address, "--format", "json"]).exits(1);
    assert_eq!(places(&run), places_below(&root));
    let left = left_out(&run);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].0, format!("{root}/in/frozen.env"));
    assert!(left[0].1.contains("restore it first"), "{left:?}");
    // No format, no file and no database holds a value or the credential.
    let formats =
        ["human", "jsonl", "sarif", "csv", "markdown", "html", "junit", "gitlab", "github"];
    for format in formats {
        let run = reader.run(&[&address, "--format", format]).exits(1);
        assert!(run.out.contains("release.zip"), "{format}: {}", run.out);
        assert!(keys.iter().all(|key| !run.out.contains(key)), "{format}");
    }
    let store = reader.world.beside("state.db");
    reader.run(&[&address, "--resume", "--record", "--store", store.to_str().unwrap()]).exits(1);
    for file in fs::read_dir(store.parent().unwrap()).unwrap().flatten() {
        let Ok(bytes) = fs::read(file.path()) else { continue };
        for value in keys.iter().chain([&reader.secret]) {
            assert!(memchr::memmem::find(&bytes, value.as_bytes()).is_none(), "{file:?}");
        }
    }
    assert_eq!(fs::read_dir(reader.world.temporary()).unwrap().count(), 0);
}

#[test]
fn what_is_unchanged_is_not_fetched_again() {
    let moto = Moto::shared();
    let (reader, bucket) = (Reader::of(moto), many(moto, 60));
    let address = format!("s3://{bucket}/logs/");
    let scan = [address.as_str(), "--quiet", "--format", "json"];
    let resume = [&scan[..], &["--resume"]].concat();
    let whole = reader.run(&scan);
    assert_eq!(essence(&reader.run(&resume)), essence(&whole));
    let fetched = moto.gets(&bucket);
    let again = reader.run(&resume);
    assert_eq!(essence(&again), essence(&whole));
    assert_eq!((before(&again, "files"), moto.gets(&bucket) - fetched), (58, 2));
    let said = reader.run(&[&address, "--resume"]).out;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("58 files (455 bytes) judged before under the same rules"), "{said}");
    // Of the same length, and something else.
    moto.put(&bucket, "logs/00003.env", b"text X\n");
    moto.put(&bucket, "logs/00004.env", line(&key()).as_bytes());
    let changed = reader.run(&resume);
    assert_eq!((before(&changed, "files"), places(&changed).len()), (56, 3));
}

#[test]
fn a_scan_that_is_killed_goes_on_and_finds_what_one_scan_finds() {
    let moto = Moto::shared();
    let (reader, bucket) = (Reader::of(moto), many(moto, 300));
    let address = format!("s3://{bucket}");
    let whole = essence(&reader.run(&[&address, "--format", "json"]).exits(1));
    // The second one is held up until it is time to write down what was judged.
    for pause in [0, 4_500] {
        let mut child = reader.begin(moto, &bucket, 80, &[&address, "--resume"]);
        let asked = moto.gets(&bucket);
        signal(&child, "-STOP");
        thread::sleep(Duration::from_millis(pause));
        signal(&child, "-CONT");
        until(|| moto.gets(&bucket) > asked + 80);
        child.kill().unwrap();
        assert!(child.wait().unwrap().code().is_none());
    }
    let resumed = reader.run(&[&address, "--resume", "--format", "json"]);
    assert_eq!(essence(&resumed), whole);
    assert!(before(&resumed, "files") > 20, "{}", resumed.out);
}

#[test]
fn a_scan_that_is_interrupted_says_from_where_to_go_on() {
    let moto = Moto::shared();
    let (reader, bucket) = (Reader::of(moto), many(moto, 300));
    let address = format!("s3://{bucket}");
    let whole = places(&reader.run(&[&address, "--format", "json"]));
    let child = reader.begin(moto, &bucket, 100, &[&address]);
    signal(&child, "-INT");
    let first = end(child).exits(1);
    let left = left_out(&first);
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].1.starts_with("the scan was stopped; everything up to `logs/"), "{left:?}");
    let last = left[0].1.split('`').nth(1).unwrap();
    let rest = reader.run(&[&address, "--format", "json", "--start-after", last]).exits(1);
    assert_eq!(left_out(&rest), []);
    let mut both = [places(&first), places(&rest)].concat();
    both.sort();
    both.dedup();
    assert_eq!(both, whole);
}

#[test]
fn an_object_that_disappears_is_told_and_keeps_no_other_from_being_read() {
    let moto = Moto::shared();
    let (reader, bucket) = (Reader::of(moto), many(moto, 300));
    let child = reader.begin(moto, &bucket, 5, &[&format!("s3://{bucket}")]);
    moto.delete(&bucket, "logs/00299.env");
    let run = end(child).exits(1);
    assert_eq!(places(&run).len(), 8);
    assert_eq!(left_out(&run), [(format!("s3://{bucket}/logs/00299.env"), String::new())]);
    assert_eq!(run.json()["coverage"]["not_scanned"][0]["reason"], "changed-while-reading");
}

#[test]
fn a_store_that_ends_it_leaves_what_was_done() {
    let moto = Moto::start();
    let (reader, bucket) = (Reader::of(&moto), many(&moto, 300));
    let address = format!("s3://{bucket}");
    let only = |run: &Run| {
        let left = left_out(run);
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(
            (left[0].0.as_str(), run.json()["scan"]["complete"].as_bool()),
            (address.as_str(), Some(false))
        );
        left[0].1.clone()
    };
    // The credential's time is over.
    moto.refuse_after(100);
    let run = reader.run(&[&address, "--resume", "--format", "json"]).exits(1);
    let why = only(&run);
    assert!(why.contains("expired or is refused (InvalidAccessKeyId): sign in again"), "{why}");
    assert!(why.contains("everything up to `logs/000"), "{why}");
    assert!(!places(&run).is_empty());
    // It is over from the beginning: nothing was found, and that is no all-clear.
    let run = reader.run(&[&address, "--resume", "--format", "json"]).exits(3);
    assert!(only(&run).starts_with("it cannot be listed: the credential"), "{run:?}");
    moto.refuse_after(1_000_000);
    let run = reader.run(&[&address, "--resume", "--format", "json"]).exits(1);
    assert!(left_out(&run).is_empty() && places(&run).len() == 8);
    assert!(before(&run, "files") > 20, "{}", run.out);
    // The store is gone.
    let child = reader.begin(&moto, &bucket, 50, &[&address]);
    drop(moto);
    let run = end(child).exits(1);
    let left = left_out(&run);
    let (_, why) = left.iter().find(|(path, _)| *path == address).expect("the end is told");
    assert!(why.starts_with("nothing more was read: ") && why.contains("up to `logs/"), "{why}");
    assert!(left.len() < 40 && !places(&run).is_empty(), "{left:?}");
    let run = reader.run(&[&address]).exits(3);
    assert!(run.out.contains("no connection; see that the store"), "{}", run.out);
}

#[test]
fn what_cannot_be_meant_says_what_to_do() {
    let moto = Moto::shared();
    let reader = Reader::of(moto);
    let said = |run: Run| run.out.split_whitespace().collect::<Vec<_>>().join(" ") + &run.err;
    let missing = said(reader.run(&["s3://nobody-has-this"]).exits(3));
    assert!(missing.contains("there is no such bucket (NoSuchBucket); look at"), "{missing}");
    let bucket = moto.bucket();
    moto.put(&bucket, "a.env", b"nothing");
    let nothing = said(reader.run(&[&format!("s3://{bucket}/b/")]).exits(0));
    assert!(nothing.contains("begins with `b/`"), "{nothing}");
    let mut half = reader.scan(&["s3://bucket"]);
    let half = said(Run::of(&half.env_remove("AWS_ACCESS_KEY_ID").output().unwrap()).exits(2));
    assert!(half.contains("AWS_SECRET_ACCESS_KEY is set alone"), "{half}");
    let anybody = said(reader.run(&["--anonymous", &format!("s3://{bucket}")]).exits(3));
    assert!(anybody.contains("it is not public; leave"), "{anybody}");
    let world = &reader.world;
    let path = world.write("share/app.env", line(&key()));
    let folder = format!("file://{}", path.parent().unwrap().display());
    let found = reader.run(&[&folder, "--format", "json"]).exits(1);
    assert_eq!(places(&found), [format!("{}:1", path.display())]);
    let missing = said(reader.run(&[&format!("{folder}/nowhere")]).exits(2));
    assert!(missing.contains("cannot scan"), "{missing}");
}

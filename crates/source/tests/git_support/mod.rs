//! Real repositories for tests, made by the `git` binary in an empty
//! directory, with fixed authors and dates and nobody's configuration.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of this")]
#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    ops::Range,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

use leeward_model::{
    Blob, Coverage, GitObjectKind, Inspect, ObjectId, Origin, Position, Trace, Worker,
};
use leeward_source::{
    Progress,
    git::{Repository, ScanError, Selection},
};
use tempfile::TempDir;

/// A repository, or a directory to make some in.
pub struct Repo {
    dir: TempDir,
    pub path: PathBuf,
    clock: std::cell::Cell<i64>,
}

pub const START: i64 = 1_700_000_000;

impl Repo {
    /// An empty repository with a work tree.
    pub fn new() -> Self {
        Self::with(&[])
    }

    pub fn with(init: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("repo");
        fs::create_dir(&path).unwrap();
        let repo = Self { dir, path, clock: std::cell::Cell::new(START) };
        let mut args = vec!["init", "-q", "-b", "main"];
        args.extend(init);
        args.push(".");
        repo.git(&args);
        repo
    }

    /// A path beside the repository.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.path, args)
    }

    pub fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        String::from_utf8_lossy(&self.git_bytes(dir, args)).trim_end().to_owned()
    }

    pub fn git_bytes(&self, dir: &Path, args: &[&str]) -> Vec<u8> {
        let output = self.command(dir).args(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {stderr}");
        output.stdout
    }

    pub fn command(&self, dir: &Path) -> Command {
        let date = format!("{} +0000", self.clock.get());
        let mut command = Command::new("git");
        command
            .current_dir(dir)
            .env_clear()
            .envs(std::env::vars_os().filter(|(key, _)| key == OsStr::new("PATH")))
            .env("HOME", self.dir.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Ada Author")
            .env("GIT_AUTHOR_EMAIL", "ada@example.com")
            .env("GIT_COMMITTER_NAME", "Carl Committer")
            .env("GIT_COMMITTER_EMAIL", "carl@example.com")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .stdin(Stdio::null());
        command
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Commits all there is, a minute after the last commit.
    pub fn commit(&self, message: &str) -> String {
        self.clock.set(self.clock.get() + 60);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub fn tick(&self) {
        self.clock.set(self.clock.get() + 60);
    }

    pub fn now(&self) -> i64 {
        self.clock.get()
    }

    pub fn blob_id(&self, spec: &str) -> ObjectId {
        id(&self.git(&["rev-parse", spec]))
    }

    pub fn open(&self) -> Repository {
        Repository::open(&self.path).unwrap()
    }

    /// All objects but trees, as git tells them.
    pub fn truth(&self, dir: &Path) -> BTreeMap<ObjectId, (String, Vec<u8>)> {
        let all = ["cat-file", "--batch-all-objects", "--batch"];
        let output = self.git_bytes(dir, &all);
        let mut objects = BTreeMap::new();
        let mut rest = &output[..];
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let head = std::str::from_utf8(&rest[..end]).unwrap();
            let mut words = head.split(' ');
            let (name, kind) = (words.next().unwrap(), words.next().unwrap());
            let size: usize = words.next().unwrap().parse().unwrap();
            let bytes = rest[end + 1..end + 1 + size].to_vec();
            rest = &rest[end + 2 + size..];
            if kind != "tree" {
                objects.insert(id(name), (kind.to_owned(), bytes));
            }
        }
        objects
    }
}

/// An object name from its hexadecimal digits.
pub fn id(hex: &str) -> ObjectId {
    let raw: Vec<u8> = (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    ObjectId::from_bytes(&raw).unwrap()
}

/// Something that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub kind: GitObjectKind,
    pub bytes: Vec<u8>,
    /// How often.
    pub times: usize,
    /// The version it was said to be built on, and what is new.
    pub base: Option<(Vec<u8>, Vec<Range<usize>>)>,
}

/// Keeps everything it is shown.
#[derive(Default)]
pub struct Recorder {
    all: Mutex<Vec<(ObjectId, Vec<u8>)>>,
    shown: Mutex<BTreeMap<ObjectId, Shown>>,
    pub starts: Mutex<Vec<Position>>,
}

impl Recorder {
    pub fn shown(self) -> BTreeMap<ObjectId, Shown> {
        self.shown.into_inner().unwrap()
    }
}

pub struct RecordingWorker<'a>(&'a Recorder);

impl<'a> Inspect for &'a Recorder {
    type Worker = RecordingWorker<'a>;

    fn worker(&self) -> RecordingWorker<'a> {
        RecordingWorker(self)
    }

    fn pieces_done(&self, _: Origin<'_>, starts: &[Position]) {
        self.starts.lock().unwrap().extend_from_slice(starts);
    }
}

impl Worker for RecordingWorker<'_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let Origin::Git(kind, id) = blob.origin else { panic!("not from git") };
        let mut all = self.0.all.lock().unwrap();
        let base =
            blob.base.map(|base| (all[base.trace.0 as usize].1.clone(), base.fresh.to_vec()));
        let own = blob.piece.map_or(0..blob.bytes.len(), |piece| piece.own_start..piece.own_end);
        let mut shown = self.0.shown.lock().unwrap();
        let is_next_piece = blob.piece.is_some_and(|piece| piece.index > 0);
        if is_next_piece {
            shown.get_mut(&id).unwrap().bytes.extend_from_slice(&blob.bytes[own]);
        } else {
            let bytes = blob.bytes[own].to_vec();
            let entry = shown.entry(id).or_insert(Shown { kind, bytes, times: 0, base });
            entry.times += 1;
        }
        all.push((id, blob.bytes.to_vec()));
        Trace(all.len() as u64 - 1)
    }
}

/// Scans everything and answers what was shown.
pub fn scan(repository: &Repository) -> (BTreeMap<ObjectId, Shown>, Coverage) {
    scan_selection(repository, &Selection::Everything)
}

pub fn scan_range(repository: &Repository, range: &str) -> (BTreeMap<ObjectId, Shown>, Coverage) {
    scan_selection(repository, &Selection::Range(range.into()))
}

/// Scans a range that may make no sense.
pub fn try_range(
    repository: &Repository,
    range: &str,
    recorder: &Recorder,
) -> Result<Coverage, ScanError> {
    let selection = Selection::Range(range.into());
    repository.scan_history(&selection, 2, &recorder, &Progress::default())
}

fn scan_selection(
    repository: &Repository,
    selection: &Selection,
) -> (BTreeMap<ObjectId, Shown>, Coverage) {
    let recorder = Recorder::default();
    let progress = Progress::default();
    let coverage = repository.scan_history(selection, 3, &&recorder, &progress).unwrap();
    (recorder.shown(), coverage)
}

/// The contents of all blobs shown, sorted.
pub fn blobs(shown: &BTreeMap<ObjectId, Shown>) -> Vec<String> {
    let mut blobs: Vec<String> = shown
        .values()
        .filter(|shown| shown.kind == GitObjectKind::Blob)
        .map(|shown| String::from_utf8_lossy(&shown.bytes).into_owned())
        .collect();
    blobs.sort_unstable();
    blobs
}

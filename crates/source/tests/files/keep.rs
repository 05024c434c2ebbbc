//! An inspector that keeps what it is given, and a scan with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use leeward_model::{
    Blob, Coverage, Inspect, Judged, Mark, Origin, Piece, Position, Reason, Trace, Worker,
};
use leeward_source::{
    Progress,
    files::{self, Options},
};

/// Path, reason and bytes of something left out.
pub(crate) type LeftOut = (String, Reason, Option<u64>);
/// Path, bytes at hand and piece of something handed out.
pub(crate) type Kept = (PathBuf, Vec<u8>, Option<Piece>);
type Hook<'a> = Box<dyn Fn(&Path) + Sync + 'a>;

/// Everything that was handed out.
#[derive(Default)]
pub(crate) struct Keep<'a> {
    pub(crate) blobs: Mutex<Vec<Kept>>,
    pub(crate) starts: Mutex<BTreeMap<PathBuf, Vec<Position>>>,
    /// Called with the path before a blob is kept.
    hook: Option<Hook<'a>>,
    /// What is remembered; nothing is found in anything.
    pub(crate) memory: Option<&'a Memory>,
}

/// A memory that is held.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) Mutex<BTreeSet<Mark>>);

impl Judged for Memory {
    fn is_clean(&self, mark: Mark) -> bool {
        self.0.lock().unwrap().contains(&mark)
    }

    fn clean(&self, mark: Mark) {
        self.0.lock().unwrap().insert(mark);
    }
}

pub(crate) struct Keeper<'k, 'a>(&'k Keep<'a>);

impl<'k, 'a> Inspect for &'k Keep<'a> {
    type Worker = Keeper<'k, 'a>;

    fn worker(&self) -> Keeper<'k, 'a> {
        Keeper(self)
    }

    fn pieces_done(&self, origin: Origin<'_>, starts: &[Position]) {
        let before = self.starts.lock().unwrap().insert(path(origin), starts.to_vec());
        assert!(before.is_none(), "pieces are done once");
    }

    fn judged(&self) -> Option<&dyn Judged> {
        self.memory.map(|memory| memory as &dyn Judged)
    }
}

impl Worker for Keeper<'_, '_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let path = path(blob.origin);
        if let Some(hook) = &self.0.hook {
            hook(&path);
        }
        self.0.blobs.lock().unwrap().push((path, blob.bytes.to_vec(), blob.piece));
        Trace::default()
    }

    fn done(&mut self, _: Origin<'_>, mark: Mark) -> bool {
        self.0.memory.unwrap().clean(mark);
        true
    }
}

fn path(origin: Origin<'_>) -> PathBuf {
    match origin {
        Origin::File(path) => path.to_owned(),
        other => panic!("not a file: {other:?}"),
    }
}

impl<'a> Keep<'a> {
    pub(crate) fn remembering(memory: &'a Memory) -> Self {
        Self { memory: Some(memory), ..Self::default() }
    }

    pub(crate) fn with_hook(hook: impl Fn(&Path) + Sync + 'a) -> Self {
        Self { hook: Some(Box::new(hook)), ..Self::default() }
    }

    /// Scans with an options of one thread unless told otherwise.
    pub(crate) fn scan(&self, targets: &[PathBuf], options: &Options) -> Coverage {
        files::scan(targets, options, &self, &Progress::default())
    }

    /// Paths and whole contents, pieces put together by their own ranges,
    /// sorted.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut blobs = self.blobs.lock().unwrap();
        blobs.sort_by_key(|(path, _, piece)| (path.clone(), piece.map(|piece| piece.index)));
        let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        for (path, bytes, piece) in blobs.iter() {
            let (index, own) = match piece {
                Some(piece) => (piece.index, piece.own_start..piece.own_end),
                None => (0, 0..bytes.len()),
            };
            match files.last_mut() {
                Some(last) if index > 0 && last.0 == *path => last.1.extend(&bytes[own]),
                _ => files.push((path.clone(), bytes[own].to_vec())),
            }
        }
        files
    }

    /// Paths below `root`, sorted.
    pub(crate) fn paths(&self, root: &Path) -> Vec<PathBuf> {
        let below = |path: &Path| path.strip_prefix(root).expect("below the target").to_owned();
        self.files().iter().map(|(path, _)| below(path)).collect()
    }
}

/// Options for one thread, so that the order of things is known.
pub(crate) fn alone() -> Options {
    Options { threads: 1, ..Options::default() }
}

pub(crate) fn together() -> Options {
    Options { threads: 3, ..Options::default() }
}

/// Writes a file and the directories above it.
pub(crate) fn write(root: &Path, path: &str, bytes: &[u8]) -> PathBuf {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

/// What was left out: path below `root`, reason, bytes.
pub(crate) fn left_out(coverage: &Coverage, root: &Path) -> Vec<LeftOut> {
    let prefix = format!("{}/", root.display());
    let name = |path: &[u8]| String::from_utf8_lossy(path).replace(&prefix, "");
    let not_scanned = coverage.not_scanned.iter();
    not_scanned.map(|it| (name(&it.path), it.reason.clone(), it.bytes)).collect()
}

//! Files that were judged before: left out while they are the same, and only then.

#![cfg(unix)]

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use leeward_source::files::Options;

use crate::keep::{Keep, Memory, together, write};

/// Long enough for a file to count as left alone.
const SETTLED: Duration = Duration::from_millis(4100);

/// What a scan opens, and how many files and bytes were judged before.
fn scan(root: &Path, memory: &Memory, options: &Options) -> (Vec<PathBuf>, (u64, u64)) {
    let keep = Keep::remembering(memory);
    let coverage = keep.scan(&[root.to_owned()], options);
    assert!(coverage.not_scanned.is_empty(), "{:?}", coverage.not_scanned);
    let before = coverage.judged_before;
    assert_eq!(before.objects, 0);
    (keep.paths(root), (before.files, before.bytes))
}

#[test]
fn a_file_is_left_out_while_it_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (root, memory) = (dir.path(), Memory::default());
    for name in ["a", "b", "sub/c", "sub/d"] {
        write(root, name, b"four");
    }
    // Larger than a piece.
    write(root, "large", &vec![b'x'; 5 << 20]);
    let all = ["a", "b", "large", "sub/c", "sub/d"].map(PathBuf::from);
    let large = 5 << 20;
    // So fresh that a change might leave no trace: nothing is remembered.
    for _ in 0..2 {
        assert_eq!(scan(root, &memory, &together()), (all.to_vec(), (0, 0)));
    }
    assert!(memory.0.lock().unwrap().is_empty());
    thread::sleep(SETTLED);
    assert_eq!(scan(root, &memory, &together()), (all.to_vec(), (0, 0)));
    assert_eq!(scan(root, &memory, &together()), (Vec::new(), (5, 16 + large)));

    // Other content of the same size under the same time of change; another name;
    // another file in its place; a new one.
    let old = fs::metadata(root.join("a")).unwrap().modified().unwrap();
    fs::write(root.join("a"), "five").unwrap();
    File::options().write(true).open(root.join("a")).unwrap().set_modified(old).unwrap();
    fs::rename(root.join("b"), root.join("e")).unwrap();
    fs::copy(root.join("sub/c"), root.join("sub/new")).unwrap();
    fs::rename(root.join("sub/new"), root.join("sub/c")).unwrap();
    write(root, "sub/f", b"four");
    let changed = ["a", "e", "sub/c", "sub/f"].map(PathBuf::from);
    assert_eq!(scan(root, &memory, &together()), (changed.to_vec(), (2, 4 + large)));

    // Named as a target itself.
    let keep = Keep::remembering(&memory);
    let coverage = keep.scan(&[root.join("sub/d")], &together());
    assert_eq!((coverage.judged_before.files, coverage.files_scanned), (1, 0));

    // What is left out for its size is told as ever.
    let options = Options { max_file_size: Some(100), ..together() };
    let keep = Keep::remembering(&memory);
    let coverage = keep.scan(&[root.to_owned()], &options);
    assert_eq!(coverage.not_scanned.len(), 1);
}

#[test]
fn a_file_from_the_future_is_not_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let (root, memory) = (dir.path(), Memory::default());
    let path = write(root, "a", b"four");
    let future = SystemTime::now() + Duration::from_secs(3600);
    File::options().write(true).open(&path).unwrap().set_modified(future).unwrap();
    thread::sleep(SETTLED);
    for _ in 0..2 {
        assert_eq!(scan(root, &memory, &together()), (vec!["a".into()], (0, 0)));
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_not_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let (root, memory) = (dir.path(), Memory::default());
    let path = write(root, "a", b"four");
    thread::sleep(SETTLED);
    let old = fs::metadata(&path).unwrap().modified().unwrap();
    let change = |_: &Path| {
        fs::write(&path, "five").unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
    };
    let mut keep = Keep::with_hook(change);
    keep.memory = Some(&memory);
    keep.scan(&[root.to_owned()], &together());
    // It was read before it changed; what is there now was not.
    drop(keep);
    assert_eq!(scan(root, &memory, &together()).0.len(), 1);
}

//! Files that change while they are being scanned.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    thread,
};

use leeward_model::Reason;
use leeward_source::{Cut, files::Options};

use crate::keep::{Keep, LeftOut, alone, left_out, together, write};

fn in_pieces() -> Options {
    Options { cut: Cut::new(100, 10), ..alone() }
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// Scans a file of 1,000 bytes that is changed when its first piece is seen.
fn changed(change: impl Fn(&Path) + Sync) -> (u64, u64, Vec<LeftOut>) {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "file", &[b'x'; 1000]);
    let first = AtomicBool::new(true);
    let keep = Keep::with_hook(|path| {
        if first.swap(false, Relaxed) {
            change(path);
        }
    });
    let coverage = keep.scan(&[file], &in_pieces());
    assert_eq!(keep.files()[0].1.len() as u64, coverage.bytes_scanned);
    (coverage.bytes_scanned, coverage.files_scanned, left_out(&coverage, dir.path()))
}

#[test]
fn a_file_that_grows_is_read_as_far_as_it_was() {
    let wanted = [("file".to_owned(), Reason::Changed, Some(7))];
    assert_eq!(changed(|path| append(path, b"further")), (1000, 0, wanted.to_vec()));
}

#[test]
fn a_file_that_shrinks_is_read_as_far_as_it_is() {
    let (scanned, files, left_out) =
        changed(|path| File::options().write(true).open(path).unwrap().set_len(350).unwrap());
    assert_eq!((scanned, files), (350, 0));
    assert_eq!(left_out, [("file".to_owned(), Reason::Changed, Some(650))]);
}

#[test]
fn a_file_that_is_written_over_is_changed() {
    let (scanned, files, left_out) = changed(|path| {
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(9);
        fs::write(path, [b'y'; 1000]).unwrap();
        File::options().write(true).open(path).unwrap().set_modified(later).unwrap();
    });
    assert_eq!((scanned, files), (1000, 0));
    assert_eq!(left_out, [("file".to_owned(), Reason::Changed, Some(0))]);
}

#[test]
fn a_file_that_is_removed_while_it_is_read_is_read_to_its_end() {
    assert_eq!(changed(|path| fs::remove_file(path).unwrap()), (1000, 1, vec![]));
}

#[test]
fn files_and_directories_that_vanish_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for name in ["a", "b", "c", "d/e", "node_modules/f"] {
        write(root, name, b"1");
    }
    let seen = AtomicU32::new(0);
    let keep = Keep::with_hook(|path| {
        seen.fetch_add(1, Relaxed);
        for entry in fs::read_dir(root).unwrap() {
            let other = entry.unwrap().path();
            if other.is_dir() {
                fs::remove_dir_all(other).unwrap();
            } else if other != path {
                fs::remove_file(other).unwrap();
            }
        }
    });
    let coverage = keep.scan(&[root.to_owned()], &alone());
    assert_eq!(coverage.files_scanned, 1);
    let left_out = left_out(&coverage, root);
    assert_eq!(left_out.len(), 4, "{left_out:?}");
    for (path, reason, bytes) in left_out {
        assert_eq!(bytes, None);
        let wanted = if path == "node_modules" { Reason::Excluded } else { Reason::Changed };
        assert_eq!(reason, wanted);
    }
}

#[cfg(unix)]
#[test]
fn a_directory_that_became_a_link_is_not_followed() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = dir.path();
    write(outside.path(), "secret", b"1");
    write(root, "first", b"1");
    write(root, "dir/file", b"1");
    let keep = Keep::with_hook(|_| {
        fs::remove_dir_all(root.join("dir")).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.join("dir")).unwrap();
    });
    let coverage = keep.scan(&[root.to_owned()], &alone());
    assert_eq!(keep.files().len(), 1);
    assert_eq!(left_out(&coverage, root), [("dir".to_owned(), Reason::Changed, None)]);
}

#[test]
fn a_log_that_is_written_and_rotated_all_the_time_is_read_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "log", b"");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut log = OpenOptions::new().append(true).open(&file).unwrap();
            let mut lines = 0;
            while !stop.load(Relaxed) {
                log.write_all(&[b'x'; 77]).unwrap();
                lines += 1;
                if lines % 1000 == 0 {
                    log.set_len(0).unwrap();
                }
            }
        });
        for _ in 0..100 {
            let keep = Keep::default();
            let options = Options { cut: Cut::new(5000, 500), ..together() };
            let coverage = keep.scan(std::slice::from_ref(&file), &options);
            let seen: usize = keep.files().iter().map(|(_, bytes)| bytes.len()).sum();
            assert_eq!(coverage.bytes_scanned, seen as u64);
            assert_eq!(coverage.files_scanned + coverage.not_scanned.len() as u64, 1);
        }
        stop.store(true, Relaxed);
    });
}

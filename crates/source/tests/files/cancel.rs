//! Being asked to stop, and inspectors that fail.

use std::{panic, path::PathBuf};

use leeward_model::{Blob, Inspect, Origin, Position, Reason, Trace, Worker};
use leeward_source::{
    Cut, Progress,
    files::{self, Options},
};

use crate::keep::{Keep, alone, left_out, together, write};

fn stopped() -> Reason {
    Reason::stopped()
}

#[test]
fn what_is_left_when_cancelled_is_reported_once_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for name in ["a", "b", "c"] {
        for i in 0..100 {
            write(root, &format!("{name}/f{i}"), b"1");
        }
        write(root, &format!("{name}/below/g"), b"1");
    }
    for options in [alone(), together()] {
        let progress = Progress::default();
        let keep = Keep::with_hook(|_| progress.cancel());
        let coverage = files::scan(&[root.to_owned()], &options, &&keep, &progress);
        assert!(!coverage.is_complete());
        let reported: Vec<_> =
            left_out(&coverage, root).into_iter().map(|(path, ..)| root.join(path)).collect();
        assert!(reported.len() <= 8, "{reported:?}");
        assert!(coverage.not_scanned.iter().all(|it| it.reason == stopped()));
        // Every directory that was not done is named, or one above it.
        let seen = keep.paths(root);
        for name in ["a", "b", "c"] {
            let is_done = seen.iter().filter(|path| path.starts_with(name)).count() == 101;
            let is_named = reported.iter().any(|path| root.join(name).starts_with(path));
            assert!(is_done || is_named, "{name} is neither scanned nor reported");
        }
    }
}

#[test]
fn a_large_file_is_cut_short_and_the_rest_counted() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "large", &[b'x'; 1000]);
    for options in [alone(), together()] {
        let progress = Progress::default();
        let keep = Keep::with_hook(|_| progress.cancel());
        let options = Options { cut: Cut::new(100, 10), ..options };
        let coverage = files::scan(std::slice::from_ref(&file), &options, &&keep, &progress);
        let seen = keep.files()[0].1.len() as u64;
        assert_eq!(coverage.bytes_scanned, seen);
        assert_eq!(coverage.not_scanned.len(), 1);
        assert_eq!(coverage.not_scanned[0].bytes, Some(1000 - seen));
        assert_eq!(coverage.not_scanned[0].reason, stopped());
        assert_eq!(keep.starts.lock().unwrap()[&file].len() as u64, seen / 100);
    }
}

#[test]
fn a_scan_that_was_cancelled_before_it_began_names_its_targets() {
    let progress = Progress::default();
    progress.cancel();
    let keep = Keep::default();
    let targets = [PathBuf::from("src"), PathBuf::from("Cargo.toml")];
    let coverage = files::scan(&targets, &together(), &&keep, &progress);
    assert_eq!(coverage.not_scanned.len(), 2);
    assert!(keep.files().is_empty());
}

#[test]
fn a_panic_of_the_inspector_is_passed_on_and_nobody_waits() {
    struct Panics;
    impl Inspect for Panics {
        type Worker = Self;
        fn worker(&self) -> Self {
            Self
        }
        fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}
    }
    impl Worker for Panics {
        fn inspect(&mut self, _: Blob<'_>) -> Trace {
            panic!("on purpose");
        }
    }
    let dir = tempfile::tempdir().unwrap();
    for i in 0..10 {
        write(dir.path(), &format!("d{i}/f"), &[b'x'; 100]);
    }
    let options = Options { cut: Cut::new(10, 5), ..together() };
    let targets = [dir.path().to_owned()];
    let result =
        panic::catch_unwind(|| files::scan(&targets, &options, &Panics, &Progress::default()));
    assert!(result.is_err());
}

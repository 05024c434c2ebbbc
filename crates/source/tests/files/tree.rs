//! What is found, and under which name.

use std::{fs, path::PathBuf};

use leeward_source::{
    Progress,
    files::{self, ExcludeList, Options},
};

use crate::keep::{Keep, alone, left_out, together, write};

#[test]
fn everything_is_handed_out_hidden_ignored_and_binary() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let wanted = [
        (".env", &b"A=1"[..]),
        (".gitignore", b".env\nignored\n*"),
        (".hidden/deep/er/.x", b"x"),
        (".ignore", b"*"),
        ("binary", b"\0\xff\xfe\0"),
        ("empty", b""),
        ("ignored/a", b"a"),
    ];
    for (path, bytes) in wanted {
        write(root, path, bytes);
    }
    for options in [alone(), together()] {
        let keep = Keep::default();
        let coverage = keep.scan(&[root.to_owned()], &options);
        let wanted: Vec<_> =
            wanted.iter().map(|(path, bytes)| (root.join(path), bytes.to_vec())).collect();
        assert_eq!(keep.files(), wanted);
        assert_eq!(coverage.not_scanned, []);
        assert_eq!(coverage.files_scanned, 7);
        assert_eq!(
            coverage.bytes_scanned,
            wanted.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>()
        );
    }
}

#[test]
fn paths_are_written_as_the_user_would() {
    // The tests run in the directory of the crate.
    for (target, wanted) in [
        (".", "src/files/walk.rs"),
        ("./", "src/files/walk.rs"),
        ("src", "src/files/walk.rs"),
        ("src/", "src/files/walk.rs"),
        ("./src", "./src/files/walk.rs"),
        ("src/files/.", "src/files/./walk.rs"),
        ("../source/src", "../source/src/files/walk.rs"),
        ("src/files/walk.rs", "src/files/walk.rs"),
    ] {
        let keep = Keep::default();
        keep.scan(&[PathBuf::from(target)], &alone());
        let found = keep.blobs.lock().unwrap().iter().any(|(path, ..)| {
            // Paths compare by their parts; what is shown are the bytes.
            path.as_os_str() == wanted
        });
        assert!(found, "{target} should give {wanted}");
    }
}

#[test]
fn nothing_is_scanned_twice_when_targets_overlap() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let file = write(root, "a/b/file", b"1");
    write(root, "a/other", b"2");
    let targets =
        [root.to_owned(), root.join("a/b"), file.clone(), file, root.join("a/b/"), root.join("a")];
    for options in [alone(), together()] {
        let keep = Keep::default();
        let coverage = keep.scan(&targets, &options);
        assert_eq!(keep.paths(root), [PathBuf::from("a/b/file"), PathBuf::from("a/other")]);
        assert_eq!((coverage.bytes_scanned, coverage.files_scanned), (2, 2));
    }
}

#[test]
fn many_targets_and_none() {
    let dir = tempfile::tempdir().unwrap();
    let targets: Vec<_> =
        (0..300).map(|i| write(dir.path(), &format!("f{i}"), i.to_string().as_bytes())).collect();
    let keep = Keep::default();
    assert_eq!(keep.scan(&targets, &together()).files_scanned, 300);
    assert_eq!(keep.files().len(), 300);
    assert_eq!(Keep::default().scan(&[], &together()), Default::default());
}

#[test]
fn progress_knows_how_much_there_is_and_was() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..200 {
        write(dir.path(), &format!("d{}/f{i}", i % 7), b"12345");
    }
    for threads in [0, 1, 2, 5] {
        let (keep, progress) = (Keep::default(), Progress::default());
        let options = Options { threads, ..Options::default() };
        files::scan(&[dir.path().to_owned()], &options, &&keep, &progress);
        assert_eq!(progress.snapshot(), (1000, 200, 200));
    }
}

#[test]
fn a_flat_directory_of_twenty_thousand_files_is_shared() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..20_000 {
        fs::write(dir.path().join(format!("file-{i}")), i.to_string()).unwrap();
    }
    let keep = Keep::default();
    let coverage = keep.scan(&[dir.path().to_owned()], &together());
    assert_eq!(coverage.files_scanned, 20_000);
    let mut paths = keep.paths(dir.path());
    paths.dedup();
    assert_eq!(paths.len(), 20_000);
}

#[test]
fn the_exclude_list_can_be_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "node_modules/x", b"1");
    write(root, "generated/y", b"22");
    let mut mine = ExcludeList::none();
    mine.add("generated").unwrap();
    for (exclude, wanted, out) in [
        (ExcludeList::default(), &["generated/y"][..], &["node_modules"][..]),
        (ExcludeList::none(), &["generated/y", "node_modules/x"], &[]),
        (mine, &["node_modules/x"], &["generated"]),
    ] {
        let keep = Keep::default();
        let coverage = keep.scan(&[root.to_owned()], &Options { exclude, ..alone() });
        let wanted: Vec<_> = wanted.iter().map(PathBuf::from).collect();
        assert_eq!(keep.paths(root), wanted);
        let names: Vec<_> = left_out(&coverage, root).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, out);
        assert!(coverage.is_complete());
    }
}

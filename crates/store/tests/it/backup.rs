//! A copy of a database that is in use.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use leeward_store::{NoBackup, Place, Store};

use crate::fixture::*;

#[test]
fn a_copy_is_whole_while_somebody_writes_and_is_a_database() {
    let base = Base::sqlite();
    let mut store = base.open();
    record(&mut store, NOW, &[finding(&[file("/srv/.env", 1)])]);
    let is_done = AtomicBool::new(false);
    let directory = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = base.open();
            let mut at = 0;
            while !is_done.load(Ordering::Relaxed) {
                at += 1;
                record(&mut writer, NOW + at, &[finding(&[file(format!("/srv/{at}"), 1)])]);
            }
        });
        for copy in 0..5 {
            let to = directory.path().join(format!("copy{copy}.db"));
            let check = store.backup(&to).unwrap();
            assert!(check.is_sound());
            let mut opened = Store::open(&Place::File(to.clone())).unwrap();
            assert_eq!(opened.head().unwrap(), check.head);
            assert_sound(&mut opened);
            assert!(store.holds(&check.head).unwrap());
        }
        is_done.store(true, Ordering::Relaxed);
    });
    let mut names: Vec<String> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
        .collect();
    names.sort();
    assert_eq!(names, ["copy0.db", "copy1.db", "copy2.db", "copy3.db", "copy4.db"]);
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(directory.path().join("copy0.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it is as private as the database");
}

#[test]
fn nothing_is_written_over_and_what_cannot_be_written_leaves_nothing() {
    let base = Base::sqlite();
    let mut store = base.open();
    let directory = tempfile::tempdir().unwrap();
    let taken = directory.path().join("taken");
    fs::write(&taken, "mine").unwrap();
    assert!(matches!(store.backup(&taken), Err(NoBackup::Exists)));
    assert_eq!(fs::read(&taken).unwrap(), b"mine");
    let dangling = directory.path().join("link");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    assert!(matches!(store.backup(&dangling), Err(NoBackup::Exists)));
    let missing = directory.path().join("no/such/copy.db");
    assert!(matches!(store.backup(&missing), Err(NoBackup::File(_))));
    assert!(matches!(store.backup(&base.file()), Err(NoBackup::Exists)));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn a_server_is_copied_by_its_own_programs() {
    let base = Base::postgres();
    let directory = tempfile::tempdir().unwrap();
    let refused = base.open().backup(&directory.path().join("copy")).unwrap_err();
    assert!(refused.to_string().contains("pg_dump"), "{refused}");
}

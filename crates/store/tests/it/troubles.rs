//! Files that cannot be used, and what is said of them.

use std::{
    fs, io,
    os::unix::fs::{PermissionsExt as _, chown},
    path::Path,
    thread,
};

use leeward_model::{EventKind, IncidentId};
use leeward_store::{Filter, Place, Store, Trouble};

use crate::fixture::*;

/// A closed database with one incident.
fn filled() -> Base {
    let base = Base::sqlite();
    record(&mut base.open(), NOW, &[finding(&[file("/srv/a", 1)])]);
    base
}

/// Does something as a user who has no rights beyond those of the files: root may
/// write everywhere.
fn as_nobody<T: Send>(directory: &Path, work: impl FnOnce() -> T + Send) -> T {
    const NOBODY: u32 = 65_534;
    let give = |path: &Path| match chown(path, Some(NOBODY), Some(NOBODY)) {
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => panic!("{error}"),
        _ => {}
    };
    for path in below(directory) {
        give(&path);
    }
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            // Of this thread alone. Without the right to change it, the test runs as a user
            // who has no more rights either.
            let nobody = rustix::fs::Uid::from_raw(NOBODY);
            let _ = rustix::thread::set_thread_res_uid(nobody, nobody, nobody);
            work()
        });
        thread.join().unwrap()
    })
}

fn below(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut all = vec![directory.to_owned()];
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(below(&path)) } else { all.push(path) }
    }
    all
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn only_its_owner_reads_it() {
    let base = filled();
    let mut store = base.open();
    record(&mut store, NOW + 1, &[finding(&[file("/srv/a", 2)])]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(base.file().parent().unwrap()), 0o700);
    for path in below(base.file().parent().unwrap()).iter().skip(1) {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_read_only_file_is_read() {
    let base = filled();
    let (file, directory) = (base.file(), base.file().parent().unwrap().to_owned());
    allow(&file, 0o400);
    for (mode, sentence) in [(0o700, "the file"), (0o500, "the file and its directory")] {
        allow(&directory, mode);
        as_nobody(directory.parent().unwrap(), || {
            let mut store = Store::open_existing(&base.place()).unwrap().unwrap();
            assert_eq!(store.incidents(&Filter::default()).unwrap().len(), 1, "{sentence}");
            assert_sound(&mut store);
            let said = store.append(&[entry(IncidentId(1), NOW, EventKind::Noted, &[])]);
            let said = said.unwrap_err();
            assert!(matches!(said, Trouble::ReadOnly), "{said}");
        });
    }
    allow(&directory, 0o700);
}

#[test]
fn a_directory_that_may_not_be_written_is_named() {
    let outer = tempfile::tempdir().unwrap();
    allow(outer.path(), 0o500);
    let path = outer.path().join("sub/leeward.db");
    let said = as_nobody(outer.path(), || refusal(Store::open(&Place::File(path.clone()))));
    let said = said.to_string();
    assert!(said.contains("sub/leeward.db cannot be made: Permission denied"), "{said}");
    assert!(said.contains("check the path"), "{said}");
    let said = refusal(Store::open(&Place::File(outer.path().to_owned()))).to_string();
    assert!(said.contains("is a directory"), "{said}");
}

#[test]
fn other_files_are_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let place = Place::File(path.clone());
    fs::write(&path, "dear diary, ".repeat(400)).unwrap();
    let said = refusal(Store::open(&place));
    assert!(matches!(said, Trouble::NotADatabase(_)), "{said}");
    assert!(matches!(Store::open_existing(&place), Err(Trouble::NotADatabase(_))));
    assert!(fs::read_to_string(&path).unwrap().starts_with("dear diary"));

    fs::remove_file(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    let said = refusal(Store::open(&place)).to_string();
    assert!(said.starts_with("this is not a leeward database (another program"), "{said}");
    assert_eq!(fs::read(&path).unwrap(), before);

    // Nothing at all is a new one.
    fs::write(&path, "").unwrap();
    assert!(Store::open_existing(&place).unwrap().is_none());
    Store::open(&place).unwrap();
}

#[test]
fn a_damaged_file_is_called_damaged() {
    let base = Base::sqlite();
    let many: Vec<_> = (0..200).map(|n| finding(&[file(format!("/srv/{n}"), n)])).collect();
    record(&mut base.open(), NOW, &many);
    let whole = fs::read(base.file()).unwrap();
    let read_all = || -> Result<(), Trouble> {
        let mut store = Store::open_existing(&base.place())?.unwrap();
        store.incidents(&Filter::default())?;
        for fingerprint in many.iter().map(|finding| finding.fingerprint) {
            store.case(&fingerprint)?;
        }
        let check = store.verify_log()?;
        if check.is_sound() { Ok(()) } else { Err(Trouble::Corrupt("found by its log".to_owned())) }
    };
    read_all().unwrap();
    fs::write(base.file(), &whole[..whole.len() / 2]).unwrap();
    let said = read_all().unwrap_err();
    assert!(matches!(said, Trouble::Corrupt(_)), "{said:?}");
    assert!(
        said.to_string().contains("restore a backup") && said.to_string().contains("verify-log")
    );

    let mut garbled = whole.clone();
    for page in garbled.chunks_mut(4096).skip(1) {
        page[..64].fill(0xa5);
    }
    fs::write(base.file(), &garbled).unwrap();
    assert!(matches!(read_all(), Err(Trouble::Corrupt(_))));

    fs::write(base.file(), &whole[..50]).unwrap();
    let said = read_all().unwrap_err();
    assert!(matches!(said, Trouble::NotADatabase(_) | Trouble::Corrupt(_)), "{said:?}");
}

on_both! {
    fn records_that_cannot_be_read_are_called_damaged(base: &Base) {
        let mut store = base.open();
        let found = finding(&[file("/srv/a", 1)]);
        let print = found.fingerprint;
        record(&mut store, NOW, &[found]);
        for sql in [
            "UPDATE locations SET body = '{\"v\":1}'",
            "UPDATE cases SET rating = '{\"v\":9,\"is\":{}}'",
            "UPDATE cases SET verification = ''",
        ] {
            base.tamper(sql);
            assert!(matches!(store.case(&print), Err(Trouble::Corrupt(_))), "{sql}");
        }
        base.tamper("UPDATE incidents SET state = 'lost'");
        assert!(matches!(store.incidents(&Filter::default()), Err(Trouble::Corrupt(_))));
        let problems = store.verify_log().unwrap().problems;
        assert_eq!(problems[0].to_string(), "incident 1: its line cannot be read");
    }
}

#[test]
fn a_locked_database_is_waited_for_and_then_named() {
    let base = filled();
    let mut store = base.open();
    let other = rusqlite::Connection::open(base.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(store.incidents(&Filter::default()).unwrap().len(), 1, "readers do not wait");
    thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(std::time::Duration::from_millis(500));
            other.execute_batch("COMMIT").unwrap();
        });
        close(&mut store, IncidentId(1), NOW + 1);
    });
    let other = rusqlite::Connection::open(base.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let said = store.append(&[entry(IncidentId(1), NOW, EventKind::Noted, &[])]).unwrap_err();
    assert!(matches!(said, Trouble::Locked), "{said}");
    assert!(said.to_string().contains("try again"));
}

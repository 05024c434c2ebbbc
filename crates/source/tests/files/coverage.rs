//! Every byte that is not looked at is counted, with its reason.

use std::path::PathBuf;

use leeward_model::Reason;
use leeward_source::files::Options;

use crate::keep::{Keep, alone, left_out, together, write};

#[test]
fn an_excluded_directory_is_one_entry_with_the_sum_of_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "app/node_modules/a", &[0; 1000]);
    write(root, "app/node_modules/b/c/d", &[0; 200]);
    write(root, "app/node_modules/b/node_modules/e", &[0; 30]);
    write(root, "app/node_modules/.git/objects/f", &[0; 4]);
    write(root, "app/main", b"x");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/", root.join("app/node_modules/out")).unwrap();
        std::os::unix::fs::symlink("..", root.join("app/node_modules/up")).unwrap();
    }
    for options in [alone(), together()] {
        let keep = Keep::default();
        let coverage = keep.scan(&[root.to_owned()], &options);
        assert_eq!(keep.paths(root), [PathBuf::from("app/main")]);
        let wanted = ("app/node_modules".to_owned(), Reason::Excluded, Some(1234));
        assert_eq!(left_out(&coverage, root), [wanted]);
    }
}

#[test]
fn what_the_user_names_is_scanned_even_if_it_is_on_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("node_modules");
    write(&target, "a/node_modules/b", b"1");
    let keep = Keep::default();
    let coverage = keep.scan(std::slice::from_ref(&target), &alone());
    assert_eq!(keep.paths(&target), [PathBuf::from("a/node_modules/b")]);
    assert_eq!(coverage.not_scanned, []);
}

#[test]
fn files_above_the_users_limit_are_too_large() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "small", &[b'x'; 10]);
    write(root, "large", &[b'x'; 11]);
    write(root, "huge", &vec![b'x'; 3 << 20]);
    let keep = Keep::default();
    let options = Options { max_file_size: Some(10), ..alone() };
    let coverage = keep.scan(&[root.to_owned()], &options);
    assert_eq!(keep.paths(root), [PathBuf::from("small")]);
    assert_eq!(
        left_out(&coverage, root),
        [
            ("huge".to_owned(), Reason::TooLarge, Some(3 << 20)),
            ("large".to_owned(), Reason::TooLarge, Some(11)),
        ]
    );
}

#[test]
fn a_target_that_is_not_there_is_unreadable() {
    let dir = tempfile::tempdir().unwrap();
    let targets = [dir.path().join("nothing"), dir.path().join("x".repeat(5000))];
    let coverage = Keep::default().scan(&targets, &alone());
    assert_eq!(coverage.not_scanned.len(), 2);
    assert!(coverage.not_scanned.iter().all(|it| matches!(it.reason, Reason::Unreadable(_))));
    assert!(!coverage.is_complete());
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_unreadable_in_the_systems_words() {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let file = write(root, "file", b"1");
    write(root, "dir/a", b"1");
    write(root, "node_modules/a", b"1");
    let closed = [file.clone(), root.join("dir"), root.join("node_modules")];
    let set = |mode| {
        closed.iter().for_each(|path| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        });
    };
    set(0);
    let everything_is_allowed = fs::read(&file).is_ok();
    let coverage = Keep::default().scan(&[root.to_owned()], &together());
    set(0o700);
    if everything_is_allowed {
        // The superuser's tests cannot see this.
        return;
    }
    let words = Reason::Unreadable("Permission denied (os error 13)".to_owned());
    assert_eq!(
        left_out(&coverage, root),
        [
            ("dir".to_owned(), words.clone(), None),
            ("file".to_owned(), words, None),
            ("node_modules".to_owned(), Reason::Excluded, None),
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_while_it_is_read_is_unreadable() {
    let coverage = Keep::default().scan(&[PathBuf::from("/proc/self/mem")], &alone());
    let words = Reason::Unreadable("Input/output error (os error 5)".to_owned());
    assert_eq!(coverage.not_scanned[0].reason, words);
    assert_eq!(coverage.files_scanned, 0);
}

//! Things in a tree that are made, or happen, to trip a scanner.

#![cfg(unix)]

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::{Path, PathBuf},
};

use leeward_model::Reason;
use rustix::fs::{Mode, OFlags};

use crate::keep::{Keep, LeftOut, alone, left_out, together, write};

fn out(path: &str, reason: Reason) -> LeftOut {
    (path.to_owned(), reason, None)
}

#[test]
fn links_are_named_and_not_followed() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = dir.path();
    let secret = write(outside.path(), "secret", b"outside");
    write(root, "d/file", b"1");
    symlink(&secret, root.join("d/to-file")).unwrap();
    symlink(outside.path(), root.join("d/to-dir")).unwrap();
    symlink("..", root.join("d/up")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    let keep = Keep::default();
    let coverage = keep.scan(&[root.to_owned()], &together());
    assert_eq!(keep.paths(root), [PathBuf::from("d/file")]);
    let links = ["d/to-dir", "d/to-file", "d/up", "dangling", "loop"];
    assert_eq!(left_out(&coverage, root), links.map(|path| out(path, Reason::SymbolicLink)));
}

#[test]
fn a_link_that_the_user_names_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "real/file", b"1");
    symlink("real", root.join("dir")).unwrap();
    symlink("real/file", root.join("file")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    for (target, wanted) in [("dir", Some("dir/file")), ("file", Some("file")), ("loop", None)] {
        let keep = Keep::default();
        let coverage = keep.scan(&[root.join(target)], &alone());
        let wanted: Vec<_> = wanted.iter().map(PathBuf::from).collect();
        assert_eq!(keep.paths(root), wanted);
        assert_eq!(coverage.is_complete(), !wanted.is_empty());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn fifos_sockets_and_devices_do_not_block() {
    use rustix::fs::{CWD, FileType};
    use std::os::unix::net::UnixListener;

    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "file", b"1");
    rustix::fs::mknodat(CWD, root.join("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
        .unwrap();
    let _listener = UnixListener::bind(root.join("socket")).unwrap();
    let zero = rustix::fs::makedev(1, 5);
    let device = root.join("zero");
    let made = rustix::fs::mknodat(CWD, device, FileType::CharacterDevice, Mode::RUSR, zero);
    let mut names = vec!["fifo", "socket"];
    names.extend(made.is_ok().then_some("zero"));
    let wanted: Vec<_> = names.iter().map(|name| out(name, Reason::NotAFile)).collect();
    let keep = Keep::default();
    let coverage = keep.scan(&[root.to_owned()], &together());
    assert_eq!(keep.paths(root), [PathBuf::from("file")]);
    assert_eq!(left_out(&coverage, root), wanted);
    // And as targets, with the one device that is everywhere.
    let mut targets: Vec<_> = names.iter().map(|name| root.join(name)).collect();
    targets.push(PathBuf::from("/dev/zero"));
    let coverage = Keep::default().scan(&targets, &together());
    assert_eq!(coverage.not_scanned.len(), targets.len());
    assert!(coverage.not_scanned.iter().all(|it| it.reason == Reason::NotAFile));
}

#[test]
fn names_are_handed_on_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let long = [b'n'; 255];
    let names: [&[u8]; 6] =
        [b"\x1b[2J\x07", b"a\nb", b"CON", &long, b"\xff\xfe\x80", "\u{202e}txt".as_bytes()];
    for name in names {
        let below = dir.path().join(OsStr::from_bytes(name));
        fs::create_dir(&below).unwrap();
        fs::write(below.join(OsStr::from_bytes(name)), "1").unwrap();
        symlink("nowhere", below.join("link")).unwrap();
    }
    for options in [alone(), together()] {
        let keep = Keep::default();
        let coverage = keep.scan(&[dir.path().to_owned()], &options);
        let at = |name: &[u8], file: &[u8]| {
            dir.path().join(OsStr::from_bytes(name)).join(OsStr::from_bytes(file))
        };
        let mut files = names.map(|name| at(name, name));
        files.sort();
        assert_eq!(keep.files().into_iter().map(|(path, _)| path).collect::<Vec<_>>(), files);
        let mut links = names.map(|name| at(name, b"link").into_os_string());
        links.sort();
        let reported: Vec<_> = coverage.not_scanned.iter().map(|it| it.path.clone()).collect();
        assert_eq!(reported, links.map(|link| link.as_bytes().to_vec()));
    }
}

/// Directories one in the other, deeper than any path may be long.
struct Deep(PathBuf);

impl Deep {
    const NAME: &str = "a-directory-in-a-directory";

    fn new(root: &Path, depth: usize) -> Self {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let mut here = rustix::fs::open(root, flags, Mode::empty()).unwrap();
        for _ in 0..depth {
            rustix::fs::mkdirat(&here, Self::NAME, Mode::RWXU).unwrap();
            here = rustix::fs::openat(&here, Self::NAME, flags, Mode::empty()).unwrap();
        }
        let create = OFlags::WRONLY | OFlags::CREATE;
        let file = rustix::fs::openat(&here, "bottom", create, Mode::RUSR).unwrap();
        rustix::io::write(&file, b"deep").unwrap();
        Self(root.to_owned())
    }
}

impl Drop for Deep {
    /// From the top, since the bottom is too far away to be named.
    fn drop(&mut self) {
        let (top, spare) = (self.0.join(Self::NAME), self.0.join("spare"));
        while fs::rename(top.join(Self::NAME), &spare).is_ok() {
            fs::remove_dir(&top).unwrap();
            fs::rename(&spare, &top).unwrap();
        }
    }
}

#[test]
fn two_thousand_directories_deep() {
    let dir = tempfile::tempdir().unwrap();
    let deep = Deep::new(dir.path(), 2000);
    let keep = Keep::default();
    let coverage = keep.scan(&[dir.path().to_owned()], &together());
    let files = keep.files();
    assert_eq!(coverage.not_scanned, []);
    assert_eq!(files[0].1, b"deep");
    assert_eq!(files[0].0.strip_prefix(dir.path()).unwrap().iter().count(), 2001);
    drop(deep);
}

#[test]
fn an_excluded_directory_may_be_deep_too() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().join("node_modules");
    fs::create_dir(&top).unwrap();
    let deep = Deep::new(&top, 500);
    let coverage = Keep::default().scan(&[dir.path().to_owned()], &together());
    let wanted = ("node_modules".to_owned(), Reason::Excluded, Some(4));
    assert_eq!(left_out(&coverage, dir.path()), [wanted]);
    drop(deep);
}

#[cfg(target_os = "linux")]
#[test]
fn files_without_a_size_are_read_to_their_end() {
    let keep = Keep::default();
    let targets = ["/proc/self/status", "/proc/version"].map(PathBuf::from);
    let coverage = keep.scan(&targets, &alone());
    assert_eq!((coverage.files_scanned, coverage.not_scanned.len()), (2, 0));
    let files = keep.files();
    assert!(files[0].1.starts_with(b"Name:"), "{files:?}");
    assert!(files[1].1.starts_with(b"Linux"));
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_are_made_up_without_end_are_left() {
    // Its size says as much as there could be memory, on machines that have it.
    let core = Path::new("/proc/kcore");
    if !core.exists() {
        return;
    }
    let coverage = Keep::default().scan(&[core.to_owned()], &together());
    assert_eq!(coverage.not_scanned.len(), 1);
    assert!(!coverage.is_complete());
}

//! The Unix way: everything is opened relative to a directory already open,
//! without following links and without waiting for a writer.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{ffi::OsStrExt as _, fs::FileExt as _},
    },
    path::Path,
};

use rustix::{
    fs::{self, AtFlags, CWD, FileType, Mode, OFlags, Stat},
    io::Errno,
};

use super::{Kind, Meta};

/// Wide enough for what any platform calls a device, inode or time.
pub(in crate::files) type Number = i128;
/// Seconds and nanoseconds.
pub(in crate::files) type Moment = (i128, i128);

/// `O_NONBLOCK`, so that opening a FIFO that took a file's place does not
/// wait; `O_NOCTTY`, so that a terminal does not become ours.
const READ: OFlags =
    OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);
const LIST: OFlags = READ.union(OFlags::DIRECTORY);
/// What a path may be long in one system call, with room to spare.
const PATH_MAX: usize = 4000;

/// An open directory.
#[derive(Debug)]
pub(in crate::files) struct Directory(OwnedFd);

impl Directory {
    /// Opens a directory that the user named, through links if need be.
    pub(in crate::files) fn target(path: &Path) -> io::Result<Self> {
        Ok(Self(fs::openat(CWD, path, LIST, Mode::empty())?))
    }

    /// Opens a directory below this one, however deep, through no link.
    pub(in crate::files) fn descend(&self, relative: &Path) -> io::Result<Self> {
        let mut rest = relative.as_os_str().as_bytes();
        let mut above: Option<OwnedFd> = None;
        while rest.len() > PATH_MAX {
            let cut = rest[..PATH_MAX].iter().rposition(|&byte| byte == b'/').unwrap_or(PATH_MAX);
            let (head, tail) = rest.split_at(cut);
            above = Some(open_below(above.as_ref().unwrap_or(&self.0), head)?);
            rest = tail.strip_prefix(b"/").unwrap_or(tail);
        }
        let rest = if rest.is_empty() { b"." } else { rest };
        Ok(Self(open_below(above.as_ref().unwrap_or(&self.0), rest)?))
    }

    /// Names every entry except `.` and `..`. `room` is for names on their
    /// way, so that it can be used again.
    #[cfg(target_os = "linux")]
    pub(in crate::files) fn list(
        &self,
        room: &mut Vec<u8>,
        mut each: impl FnMut(&OsStr, Kind),
    ) -> io::Result<()> {
        room.clear();
        room.reserve(32 << 10);
        let mut entries = fs::RawDir::new(&self.0, room.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            self.name(entry.file_name().to_bytes(), entry.file_type(), &mut each);
        }
        Ok(())
    }

    /// Names every entry except `.` and `..`.
    #[cfg(not(target_os = "linux"))]
    pub(in crate::files) fn list(
        &self,
        _room: &mut Vec<u8>,
        mut each: impl FnMut(&OsStr, Kind),
    ) -> io::Result<()> {
        for entry in fs::Dir::read_from(&self.0)? {
            let entry = entry?;
            self.name(entry.file_name().to_bytes(), entry.file_type(), &mut each);
        }
        Ok(())
    }

    fn name(&self, name: &[u8], found: FileType, each: &mut impl FnMut(&OsStr, Kind)) {
        if matches!(name, b"." | b"..") {
            return;
        }
        let name = OsStr::from_bytes(name);
        let kind = match found {
            // Some file systems do not tell. What cannot be asked after is
            // left to `open` to explain.
            FileType::Unknown => self.look(name).map_or(Kind::File, |meta| meta.kind),
            known => kind(known),
        };
        each(name, kind);
    }

    /// Opens a file of this directory, unless it is a link.
    pub(in crate::files) fn open(&self, name: &OsStr) -> io::Result<File> {
        Ok(fs::openat(&self.0, name, READ | OFlags::NOFOLLOW, Mode::empty())?.into())
    }

    /// Looks at an entry without opening it or following it.
    pub(in crate::files) fn look(&self, name: &OsStr) -> io::Result<Meta> {
        Ok(known(&fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    /// Looks at the directory itself.
    pub(in crate::files) fn meta(&self) -> io::Result<Meta> {
        Ok(known(&fs::fstat(&self.0)?))
    }

    /// Whether what lies here is made up by the kernel while it is read.
    pub(in crate::files) fn is_made_up(&self) -> bool {
        is_made_up(&self.0)
    }
}

/// Opens a directory by a short path through no link, in one call where the
/// kernel can do that and else name by name.
fn open_below(above: &OwnedFd, path: &[u8]) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    {
        let resolve = fs::ResolveFlags::NO_SYMLINKS | fs::ResolveFlags::BENEATH;
        match fs::openat2(above, path, LIST, Mode::empty(), resolve) {
            // An old kernel, or a sandbox that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => {}
            answer => return Ok(answer?),
        }
    }
    open_by_names(above, path)
}

fn open_by_names(above: &OwnedFd, path: &[u8]) -> io::Result<OwnedFd> {
    let step = |above: &OwnedFd, name: &[u8]| {
        fs::openat(above, name, LIST | OFlags::NOFOLLOW, Mode::empty())
    };
    let mut names = path.split(|&byte| byte == b'/');
    let mut here = step(above, names.next().unwrap_or(b"."))?;
    for name in names {
        here = step(&here, name)?;
    }
    Ok(here)
}

/// Looks at something the user named, through links.
pub(in crate::files) fn look_at_target(path: &Path) -> io::Result<Meta> {
    Ok(known(&fs::statat(CWD, path, AtFlags::empty())?))
}

/// Opens a file that the user named, through links if need be.
pub(in crate::files) fn open_target(path: &Path) -> io::Result<File> {
    Ok(fs::openat(CWD, path, READ, Mode::empty())?.into())
}

/// Looks at an open file.
pub(in crate::files) fn meta(file: &File) -> io::Result<Meta> {
    Ok(known(&fs::fstat(file)?))
}

/// Reads at an offset, without moving the file's own.
pub(in crate::files) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(bytes, offset)
}

/// Whether an error says that a name stands for something else than it did
/// when it was listed: a link, a FIFO without a writer, a socket, nothing.
pub(in crate::files) fn is_changed(error: &io::Error) -> bool {
    let changed =
        [Errno::NOENT, Errno::NOTDIR, Errno::LOOP, Errno::MLINK, Errno::NXIO, Errno::STALE];
    error.raw_os_error().is_some_and(|raw| changed.iter().any(|errno| errno.raw_os_error() == raw))
}

/// Where the next bytes lie that take room on disk, at or after `from`: start
/// and end. `None` after the last. Without help from the file system, all
/// bytes are taken for such.
pub(in crate::files) fn next_data(file: &File, from: u64, size: u64) -> Option<(u64, u64)> {
    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
    {
        let start = match fs::seek(file, fs::SeekFrom::Data(from)) {
            Ok(start) => start.max(from),
            Err(Errno::NXIO) => return None,
            Err(_) => return Some((from, size)),
        };
        let end = fs::seek(file, fs::SeekFrom::Hole(start)).unwrap_or(size);
        // A hole that begins where the data does would never end.
        let end = if end > start { end.min(size) } else { size };
        (start < size).then_some((start, end))
    }
    #[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
    (from < size).then_some((from, size))
}

/// Whether a file is made up by the kernel while it is read, so that its size
/// means nothing.
pub(in crate::files) fn is_made_up(file: impl AsFd) -> bool {
    #[cfg(target_os = "linux")]
    {
        /// proc, sysfs, debugfs, tracefs, securityfs, cgroup, cgroup 2,
        /// pstore, bpf, configfs, selinux, efivarfs, binfmt_misc, devpts,
        /// mqueue; from `linux/magic.h`.
        const MADE_UP: [u32; 15] = [
            0x9fa0,
            0x6265_6572,
            0x6462_6720,
            0x7472_6163,
            0x7363_6673,
            0x27_e0eb,
            0x6367_7270,
            0x6165_676c,
            0xcafe_4a11,
            0x6265_6570,
            0xf97c_ff8c,
            0xde5e_81e4,
            0x4249_4e4d,
            0x1cd1,
            0x1980_0202,
        ];
        fs::fstatfs(file).is_ok_and(|system| {
            MADE_UP.iter().any(|&magic| i128::from(magic) == i128::from(system.f_type))
        })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        false
    }
}

fn kind(found: FileType) -> Kind {
    match found {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::SymbolicLink,
        _ => Kind::Other,
    }
}

fn known(stat: &Stat) -> Meta {
    let device = Number::from(stat.st_dev);
    Meta {
        kind: kind(FileType::from_raw_mode(stat.st_mode)),
        size: u64::try_from(stat.st_size).unwrap_or(0),
        allocated: u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512),
        modified: (Number::from(stat.st_mtime), Number::from(stat.st_mtime_nsec)),
        changed: Some((Number::from(stat.st_ctime), Number::from(stat.st_ctime_nsec))),
        device,
        identity: Some((device, Number::from(stat.st_ino))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_down_refuse_links() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        std::fs::create_dir_all(dir.path().join("a/b"))?;
        std::os::unix::fs::symlink("a", dir.path().join("link"))?;
        let root = Directory::target(dir.path())?;
        for open in [open_below, open_by_names] {
            assert!(open(&root.0, b"a/b").is_ok());
            assert!(open(&root.0, b".").is_ok());
            for refused in [&b"link"[..], b"link/b"] {
                let error = open(&root.0, refused).expect_err("it leads through a link");
                assert!(is_changed(&error), "{error}");
            }
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_became_a_fifo_is_opened_without_waiting() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let root = Directory::target(dir.path())?;
        fs::mknodat(CWD, dir.path().join("pipe"), FileType::Fifo, Mode::RUSR, 0)?;
        let file = root.open(OsStr::new("pipe"))?;
        assert_eq!(meta(&file)?.kind, Kind::Other);
        Ok(())
    }
}

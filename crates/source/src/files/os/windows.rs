//! The Windows way: by path, with what the standard library offers, and with
//! fewer promises when somebody changes the tree meanwhile.

use std::{
    ffi::OsStr,
    fs::{self, File, FileType, Metadata},
    io,
    os::windows::fs::FileExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{Kind, Meta};

/// Devices and files have no numbers here that could be had without opening.
pub(in crate::files) type Number = u64;
/// When the file was last written, where that is kept.
pub(in crate::files) type Moment = Option<SystemTime>;

/// A directory, by its path.
#[derive(Debug)]
pub(in crate::files) struct Directory(PathBuf);

impl Directory {
    /// A directory that the user named.
    pub(in crate::files) fn target(path: &Path) -> io::Result<Self> {
        Ok(Self(path.to_owned()))
    }

    /// A directory below this one.
    pub(in crate::files) fn descend(&self, relative: &Path) -> io::Result<Self> {
        Ok(Self(self.0.join(relative)))
    }

    /// Names every entry except `.` and `..`.
    pub(in crate::files) fn list(
        &self,
        _room: &mut Vec<u8>,
        mut each: impl FnMut(&OsStr, Kind),
    ) -> io::Result<()> {
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            each(&entry.file_name(), kind(entry.file_type()?));
        }
        Ok(())
    }

    /// Opens a file of this directory, unless it is a link.
    pub(in crate::files) fn open(&self, name: &OsStr) -> io::Result<File> {
        match self.look(name)?.kind {
            Kind::File => File::open(self.0.join(name)),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Looks at an entry without opening it or following it.
    pub(in crate::files) fn look(&self, name: &OsStr) -> io::Result<Meta> {
        fs::symlink_metadata(self.0.join(name)).map(|found| known(&found))
    }

    /// Looks at the directory itself.
    pub(in crate::files) fn meta(&self) -> io::Result<Meta> {
        look_at_target(&self.0)
    }

    /// Whether what lies here is made up by the kernel while it is read.
    pub(in crate::files) fn is_made_up(&self) -> bool {
        false
    }
}

/// Looks at something the user named, through links.
pub(in crate::files) fn look_at_target(path: &Path) -> io::Result<Meta> {
    fs::metadata(path).map(|found| known(&found))
}

/// Opens a file that the user named.
pub(in crate::files) fn open_target(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Looks at an open file.
pub(in crate::files) fn meta(file: &File) -> io::Result<Meta> {
    file.metadata().map(|found| known(&found))
}

/// Reads at an offset.
pub(in crate::files) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(bytes, offset)
}

/// Whether an error says that a name stands for something else than it did
/// when it was listed.
pub(in crate::files) fn is_changed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Where the next bytes lie that take room on disk: all of them do.
pub(in crate::files) fn next_data(_file: &File, from: u64, size: u64) -> Option<(u64, u64)> {
    (from < size).then_some((from, size))
}

/// Whether a file is made up by the kernel while it is read.
pub(in crate::files) fn is_made_up(_file: &File) -> bool {
    false
}

fn kind(found: FileType) -> Kind {
    if found.is_symlink() {
        Kind::SymbolicLink
    } else if found.is_dir() {
        Kind::Directory
    } else if found.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}

fn known(found: &Metadata) -> Meta {
    Meta {
        kind: kind(found.file_type()),
        size: found.len(),
        allocated: found.len(),
        modified: found.modified().ok(),
        // Not told by the standard library, so that nothing is known by it.
        changed: None,
        device: 0,
        identity: None,
    }
}

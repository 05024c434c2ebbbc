//! Maps a file into memory for reading: the one unsafe line of this crate.
//!
//! Packs and their indexes are mapped because a history walk reads them once,
//! all over, and because mapped pages are the kernel's to drop. Git never
//! changes a pack in place; it replaces it by a new file, and the mapping
//! keeps the old one. Nothing else is mapped: see the callers.

use std::{fs::File, io, ops::Deref};

use memmap2::Mmap;

/// The bytes of a file, as they were when it was mapped.
#[derive(Debug)]
pub(super) struct Map(Mmap);

impl Map {
    /// Maps all of a regular file.
    #[expect(unsafe_code, reason = "mapping a file is unsafe: another process may cut it short")]
    pub(super) fn of(file: &File) -> io::Result<Self> {
        // SAFETY: the file is a pack or pack index, which Git writes once and
        // then only unlinks. The mapping is private and read-only.
        unsafe { Mmap::map(file) }.map(Self)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

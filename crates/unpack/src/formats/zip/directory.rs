//! The directory at the end of a zip file, read a window at a time.

use std::io;

use super::{
    File,
    entry::{Entry, u16_at, u32_at, u64_at},
};

/// The end of the directory, which a comment of at most 64 KiB follows.
const END: &[u8] = b"PK\x05\x06";
const END_LEN: usize = 22;

/// What stands before it where numbers do not fit: where another end is, and that end.
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_LEN: u64 = 20;
const WIDE_END: &[u8] = b"PK\x06\x06";
const WIDE_END_LEN: usize = 56;

/// How far from the end of the file the directory's is looked for: a comment, and as
/// much again that somebody put behind it.
const TAIL: u64 = 128 << 10;

/// How much of the directory is read at once: more than any entry takes.
const WINDOW: usize = 256 << 10;

/// Where the directory is.
#[derive(Debug)]
pub(super) struct Directory {
    start: u64,
    end: u64,
    /// What is to be added to offsets: data that was put before the archive.
    pub(super) base: u64,
    /// How many entries it has, as it says.
    pub(super) count: u64,
}

impl Directory {
    /// Finds the last directory of a file.
    pub(super) fn find(file: &mut File<'_>) -> io::Result<Option<Self>> {
        let from = file.len.saturating_sub(TAIL);
        let tail = file.slice(from, TAIL as usize)?;
        let mut before = tail.len();
        while let Some(found) = memchr::memmem::rfind(&tail[..before], END) {
            if let Some(directory) = Self::by_end(file, from + found as u64, &tail[found..])? {
                return Ok(Some(directory));
            }
            before = found + END.len() - 1;
        }
        Ok(None)
    }

    fn by_end(file: &mut File<'_>, at: u64, end: &[u8]) -> io::Result<Option<Self>> {
        if end.len() < END_LEN {
            return Ok(None);
        }
        let mut count = u64::from(u16_at(end, 10));
        let (mut size, mut start) = (u64::from(u32_at(end, 12)), u64::from(u32_at(end, 16)));
        let mut behind = at;
        if let Some(locator_at) = at.checked_sub(LOCATOR_LEN) {
            let locator = file.slice(locator_at, LOCATOR_LEN as usize)?;
            if locator.starts_with(LOCATOR) {
                // It stands right before, unless it is larger than it is today.
                let said = u64_at(&locator, 8);
                for wide_at in [said, locator_at.saturating_sub(WIDE_END_LEN as u64)] {
                    let wide = file.slice(wide_at, WIDE_END_LEN)?;
                    if wide.len() == WIDE_END_LEN && wide.starts_with(WIDE_END) {
                        (count, size, start) =
                            (u64_at(&wide, 32), u64_at(&wide, 40), u64_at(&wide, 48));
                        behind = wide_at;
                        break;
                    }
                }
            }
        }
        // The directory stands right before its end; what it says differs by what was put
        // before the file.
        let Some(real) = behind.checked_sub(size) else { return Ok(None) };
        if count > 0 && Entry::central(&file.slice(real, WINDOW)?).is_none() {
            // Or it does not, and is where it says.
            let is_there = Entry::central(&file.slice(start, WINDOW)?).is_some();
            let end = start.saturating_add(size).min(file.len);
            return Ok(is_there.then_some(Self { start, end, base: 0, count }));
        }
        Ok(Some(Self { start: real, end: behind, base: real.saturating_sub(start), count }))
    }

    pub(super) fn entries(&self) -> Entries {
        Entries { at: self.start, end: self.end, missing: self.count, window: Vec::new(), used: 0 }
    }
}

/// The entries of a directory, one after the other.
pub(super) struct Entries {
    /// Where the window's unused part stands in the file.
    at: u64,
    end: u64,
    missing: u64,
    window: Vec<u8>,
    used: usize,
}

impl Entries {
    /// The next entry.
    ///
    /// # Errors
    /// If the directory is damaged or there are fewer than it says.
    pub(super) fn next(&mut self, file: &mut File<'_>) -> io::Result<Option<Entry>> {
        let mut found = Entry::central(&self.window[self.used..]);
        if found.is_none() {
            let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
            self.window = file.slice(self.at, WINDOW.min(left))?;
            self.used = 0;
            found = Entry::central(&self.window);
        }
        let Some((entry, len)) = found else {
            // There may be more than it says, but not fewer.
            return match self.missing {
                0 => Ok(None),
                _ => Err(io::Error::other("the directory is damaged")),
            };
        };
        self.used = (self.used + len).min(self.window.len());
        self.at += len as u64;
        self.missing = self.missing.saturating_sub(1);
        Ok(Some(entry))
    }
}

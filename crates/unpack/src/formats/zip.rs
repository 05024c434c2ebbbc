//! zip, and so jar, apk, wheels, Office's documents and much else. It is read by the
//! directory at its end, and then by the headers before each member where the directory
//! does not lead to them or they say otherwise: what one program would unpack and another
//! would not is looked at either way.

mod data;
mod directory;
mod entry;

use std::io::{self, BufReader, Read};

use leeward_model::{Content, Reason, Seekable};

use self::{
    data::Data,
    directory::Directory,
    entry::{Entry, LOCAL},
};
use super::named;
use crate::{Format, Limits, Members, Problem, Reads};

/// Endings of names of files that may begin with something else: a script or a program
/// that runs what is behind it.
const ENDINGS: &[&[u8]] =
    &[b".zip", b".jar", b".war", b".ear", b".pyz", b".pex", b".par", b".xpi", b".crx", b".exe"];

/// Read ahead: little, since what is read where somebody goes next may be elsewhere.
const AHEAD: usize = 8 << 10;

/// Members whose places are remembered.
const SEEN: usize = 2 << 20;

pub(super) struct Zip;

impl Format for Zip {
    fn name(&self) -> &'static str {
        "zip"
    }

    fn is(&self, head: &[u8], name: Option<&[u8]>) -> bool {
        // Of a member, of an empty archive, of one that was to be in parts.
        head.starts_with(LOCAL)
            || head.starts_with(b"PK\x05\x06")
            || head.starts_with(b"PK\x07\x08PK\x03\x04")
            || head.starts_with(b"PK00PK\x03\x04")
            || named(name, ENDINGS)
    }

    fn reads(&self) -> Reads {
        Reads::Anywhere
    }

    fn members(
        &self,
        content: Content<'_>,
        limits: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let Content::Seekable(content) = content else {
            return Err(Problem::corrupt("zip is read in any order"));
        };
        let mut file = File::new(content)?;
        let has_mark = file.slice(0, 2)? == b"PK";
        let directory = Directory::find(&mut file)?;
        let start = match &directory {
            _ if has_mark => 0,
            Some(directory) if directory.count > 0 => directory.base,
            // It has the name alone, and its bytes are shown as they are.
            _ => return Ok(()),
        };
        let mut reading = Reading { file, limits, into, seen: Vec::new() };
        let by_directory = match &directory {
            Some(directory) => reading.by_directory(directory),
            None => Err(Problem::corrupt("there is no directory at its end")),
        };
        if let Err(Problem::Stop) = by_directory {
            return by_directory;
        }
        reading.by_headers(start)?;
        by_directory
    }
}

/// The file, and where in it the next byte is.
struct File<'r> {
    reader: BufReader<&'r mut dyn Seekable>,
    at: u64,
    len: u64,
}

impl<'r> File<'r> {
    fn new(content: &'r mut dyn Seekable) -> io::Result<Self> {
        let len = content.seek(io::SeekFrom::End(0))?;
        content.seek(io::SeekFrom::Start(0))?;
        Ok(Self { reader: BufReader::with_capacity(AHEAD, content), at: 0, len })
    }

    /// Goes to an offset. What was read ahead is kept, if it leads there.
    fn go(&mut self, to: u64) -> io::Result<()> {
        let (Ok(here), Ok(there)) = (i64::try_from(self.at), i64::try_from(to)) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        self.reader.seek_relative(there - here)?;
        self.at = to;
        Ok(())
    }

    /// Bytes from an offset, or as many as there are.
    fn slice(&mut self, at: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if at < self.len {
            self.go(at)?;
            let read = (&mut *self).take(len as u64).read_to_end(&mut bytes);
            read?;
        }
        Ok(bytes)
    }
}

impl Read for File<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl io::BufRead for File<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, len: usize) {
        self.at += len as u64;
        self.reader.consume(len);
    }
}

struct Reading<'r, 'i> {
    file: File<'r>,
    limits: &'i Limits,
    into: &'i mut dyn Members,
    /// What members were read from, from a header to the end of its data.
    seen: Vec<(u64, u64)>,
}

impl Reading<'_, '_> {
    fn by_directory(&mut self, directory: &Directory) -> Result<(), Problem> {
        let mut entries = directory.entries();
        while let Some(entry) = entries.next(&mut self.file)? {
            let at = directory.base.saturating_add(entry.at);
            let local = Entry::local(&mut self.file, at)?;
            let (at, local) = match local {
                // Some programs count from the start of the file all the same.
                None if directory.base > 0 => (entry.at, Entry::local(&mut self.file, entry.at)?),
                local => (at, local),
            };
            let Some(local) = local else {
                let reason = Reason::Corrupt("its header is not where the directory says".into());
                self.into.left_out(&entry.name, reason, Some(entry.packed));
                continue;
            };
            self.member(at, &Entry { data: local.data, ..entry.clone() })?;
            if local.contradicts(&entry) {
                self.member(at, &local)?;
            }
        }
        Ok(())
    }

    /// Reads what the directory did not lead to.
    fn by_headers(&mut self, start: u64) -> Result<(), Problem> {
        self.seen.sort_unstable();
        let seen = std::mem::take(&mut self.seen);
        let mut from = start;
        for (start, end) in seen {
            self.between(from, start)?;
            from = from.max(end);
        }
        self.between(from, self.file.len)
    }

    /// Reads the members whose headers begin in a range.
    fn between(&mut self, mut from: u64, to: u64) -> Result<(), Problem> {
        while let Some(at) = self.find(LOCAL, from, to)? {
            from = at + 1;
            let Some(local) = Entry::local(&mut self.file, at)?.filter(Entry::is_likely) else {
                continue;
            };
            let local = self.measured(local, to)?;
            self.member(at, &local)?;
            from = self.seen.pop().map_or(from, |(_, end)| end.max(from));
        }
        Ok(())
    }

    /// The length of data that does not tell it and whose header does not either: up to
    /// the next header of any kind.
    fn measured(&mut self, mut local: Entry, to: u64) -> io::Result<Entry> {
        if local.is_streamed() && local.packed == 0 && !local.ends_itself() {
            let mut from = local.data;
            let end = loop {
                let Some(at) = self.find(b"PK", from, to)? else { break to.max(local.data) };
                let header = self.file.slice(at, 4)?;
                if matches!(header.get(2..), Some([7, 8] | [3, 4] | [1, 2] | [5, 6])) {
                    break at;
                }
                from = at + 1;
            };
            local.packed = end - local.data;
        }
        Ok(local)
    }

    /// Where some bytes are first found in a range, into which they begin.
    fn find(&mut self, what: &[u8], from: u64, to: u64) -> io::Result<Option<u64>> {
        const STEP: usize = 64 << 10;
        let finder = memchr::memmem::Finder::new(what);
        let mut at = from;
        while at < to.min(self.file.len) {
            let bytes = self.file.slice(at, STEP + what.len() - 1)?;
            if let Some(found) = finder.find(&bytes) {
                let found = at + found as u64;
                return Ok((found < to).then_some(found));
            }
            at += STEP as u64;
        }
        Ok(None)
    }

    /// Hands out a member whose header is at an offset.
    fn member(&mut self, at: u64, entry: &Entry) -> Result<(), Problem> {
        if self.seen.len() >= SEEN {
            return Err(Problem::Because(Reason::Limit("members of one container".to_owned())));
        }
        let name = super::tar::named(&entry.name);
        if entry.is_encrypted() {
            let reason = crate::format::encrypted();
            self.into.left_out(name, reason, Some(entry.packed));
        } else if !(entry.packed == 0 && name.ends_with(b"/")) {
            self.file.go(entry.data)?;
            match Data::begin(&mut self.file, entry, self.limits) {
                Ok(mut data) => {
                    self.into.member(name, &mut data)?;
                    if let Some(problem) = data.problem() {
                        self.into.left_out(name, problem, None);
                    }
                }
                Err(Problem::Because(reason)) => {
                    self.into.left_out(name, reason, Some(entry.packed));
                }
                Err(stop) => return Err(stop),
            }
        }
        // A stream that ends by itself may end behind what was said, or before.
        let end = match entry.ends_itself() {
            true => self.file.at.max(entry.data),
            false => entry.data.saturating_add(entry.packed),
        };
        self.seen.push((at, end.min(self.file.len).max(at + 1)));
        Ok(())
    }
}

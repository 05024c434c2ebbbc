//! One open file: what it really is, and its bytes in one go if they fit the
//! buffer.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
};

use leeward_model::{Blob, Content, Inspect, Origin, Reason, Wanted, Worker as _};

use super::{
    judged::Sight,
    large::Large,
    os::{self, Kind, Meta},
    walk::Walker,
};
use crate::piece::{Cutter, Measured};

/// How much is read of a file that does not say how long it is, as those in
/// `/proc`: some of them never end.
const UNSIZED_LIMIT: u64 = 64 << 20;

/// How much of a large file says what it is.
const HEAD: usize = 4 << 10;

impl<I: Inspect> Walker<'_, '_, I> {
    /// Hands out a file that was just opened; its path is in `self.path`.
    pub(super) fn file(&mut self, file: File) {
        let path = std::mem::take(&mut self.path);
        self.file_at(file, &path);
        // Kept for its room.
        self.path = path;
    }

    fn file_at(&mut self, file: File, path: &Path) {
        // Reading comes before asking what the file is: most files are read by
        // that one call, and then have the size that was read, so that one
        // question answers whether they are regular, small and complete. Each
        // call saved is felt on a tree of many files.
        let read = read_more(&file, &mut self.buffer);
        let before = match os::meta(&file) {
            Ok(before) => before,
            Err(error) => return self.unreadable(path, &error),
        };
        if before.kind != Kind::File {
            // Something else took the file's place since it was listed.
            return self.left_out(path, Reason::Changed, None);
        }
        if self.scan.options.max_file_size.is_some_and(|most| before.size > most) {
            return self.left_out(path, Reason::TooLarge, Some(before.size));
        }
        let len = match read {
            Ok(len) => len,
            Err(error) => {
                let reason = Reason::Unreadable(error.to_string());
                return self.left_out(path, reason, Some(before.size));
            }
        };
        if before.size > self.scan.options.cut.own() as u64 {
            if os::is_made_up(&file) {
                return self.made_up(&file, path);
            }
            return self.large_file(file, path, before, len);
        }
        if len as u64 == before.size {
            self.whole(path, len);
            self.coverage.files_scanned += 1;
            // Asked for after it was read.
            if let Some(sight) = self.sight.take() {
                self.judge(path, sight, &before);
            }
        } else if before.size == 0 {
            self.made_up(&file, path);
        } else {
            self.unsteady(&file, path, &before, len);
        }
    }

    /// Hands out a file above the size of a piece, as the worker wants it by the first
    /// bytes, `len` of which are in the buffer.
    fn large_file(&mut self, file: File, path: &Path, before: Meta, len: usize) {
        let origin = Origin::File(path);
        let head = self.buffer[..len.min(HEAD)].to_vec();
        let wanted = self.worker.wants(origin, &head);
        let whole = match wanted {
            Wanted::Pieces => None,
            Wanted::Both => match file.try_clone() {
                Ok(file) => Some(file),
                Err(error) => {
                    self.unreadable(path, &error);
                    None
                }
            },
            Wanted::Whole => {
                let mut reader = Positioned { file: &file, offset: 0 };
                self.worker.open(origin, &head, Content::Seekable(&mut reader));
                self.coverage.bytes_scanned += before.size;
                self.scan.progress.add(before.size);
                let sight = self.sight.take();
                return self.finished(&file, path, &before, before.size, sight);
            }
        };
        // Before it is read in pieces, so that it is done with when the last is.
        if let Some(file) = whole {
            let mut reader = Positioned { file: &file, offset: 0 };
            self.worker.open(origin, &head, Content::Seekable(&mut reader));
        }
        let sight = self.sight.take();
        self.large(&Arc::new(Large::new(file, path.to_owned(), before, sight)), len);
    }

    fn whole(&mut self, path: &Path, len: usize) {
        self.worker.inspect(Blob::whole(&self.buffer[..len], Origin::File(path)));
        self.coverage.bytes_scanned += len as u64;
        self.scan.progress.add(len as u64);
    }

    /// Reads on in a file of which `len` bytes, not its size, were read: it
    /// grows or shrinks, or is read in smaller parts. It is read no further
    /// than there is room.
    fn unsteady(&mut self, file: &File, path: &Path, before: &Meta, mut len: usize) {
        while len < self.buffer.len() {
            match read_more(file, &mut self.buffer[len..]) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) => {
                    self.whole(path, len);
                    let bytes = before.size.saturating_sub(len as u64);
                    let reason = Reason::Unreadable(error.to_string());
                    return self.left_out(path, reason, Some(bytes));
                }
            }
        }
        self.whole(path, len);
        self.finished(file, path, before, len as u64, None);
    }

    /// Counts a file as read, if it is what it was before it was read up to
    /// the offset `seen`.
    pub(super) fn finished(
        &mut self,
        file: &File,
        path: &Path,
        before: &Meta,
        seen: u64,
        sight: Option<Sight>,
    ) {
        match os::meta(file) {
            Ok(after) if after.size == seen && after.modified == before.modified => {
                self.coverage.files_scanned += 1;
                if let Some(sight) = sight {
                    self.judge(path, sight, &after);
                }
            }
            Ok(after) => {
                let unseen = after.size.max(before.size).saturating_sub(seen);
                self.left_out(path, Reason::Changed, Some(unseen));
            }
            Err(error) => self.unreadable(path, &error),
        }
    }

    /// Reads a file whose size says nothing, to its end or to the limit.
    fn made_up(&mut self, file: &File, path: &Path) {
        let cut = self.scan.options.cut;
        let mut reader = Positioned { file, offset: 0 };
        let mut cutter = Cutter::new((&mut reader).take(UNSIZED_LIMIT), cut);
        let (mut measured, mut scanned) = (Vec::new(), 0);
        let mut head = Vec::new();
        while let Some(filled) = cutter.fill(&mut self.buffer) {
            if filled.piece.is_some_and(|piece| piece.index == 0) {
                head.extend_from_slice(&self.buffer[..filled.len.min(HEAD)]);
            }
            let bytes = &self.buffer[..filled.len];
            let blob = Blob { piece: filled.piece, ..Blob::whole(bytes, Origin::File(path)) };
            self.worker.inspect(blob);
            measured.extend(filled.piece.map(|piece| Measured::of(cut, bytes, piece)));
            scanned += filled.own().len() as u64;
            if self.scan.progress.is_cancelled() {
                break;
            }
        }
        if !measured.is_empty() {
            self.scan.inspect.pieces_done(Origin::File(path), &Measured::starts(measured));
        }
        let error = cutter.into_error();
        let origin = Origin::File(path);
        // It is made anew when it is read anew, and need not be the same; what is opened
        // is told for itself.
        if !head.is_empty() && self.worker.wants(origin, &head) != Wanted::Pieces {
            let mut again = Positioned { file, offset: 0 }.take(UNSIZED_LIMIT);
            self.worker.open(origin, &head, Content::Stream(&mut again));
        }
        self.coverage.bytes_scanned += scanned;
        self.scan.progress.add(scanned);
        if let Some(error) = error {
            self.unreadable(path, &error);
        } else if !self.cancelled(path) {
            if scanned < UNSIZED_LIMIT {
                self.coverage.files_scanned += 1;
            } else {
                let limit = "64 MiB of a file that does not tell its size";
                self.left_out(path, Reason::Limit(limit.to_owned()), None);
            }
        }
    }
}

fn read_more(mut file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            answer => return answer,
        }
    }
}

/// Reads a file from its start, whatever was read of it before.
struct Positioned<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for Positioned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = os::read_at(self.file, buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl Seek for Positioned<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.offset.checked_add_signed(by),
            SeekFrom::End(by) => os::meta(self.file)?.size.checked_add_signed(by),
        };
        self.offset = moved.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.offset)
    }
}

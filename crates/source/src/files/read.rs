//! One open file: what it really is, and its bytes in one go if they fit the
//! buffer.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use leeward_model::{Blob, Inspect, Origin, Reason, Worker as _};

use super::{
    large::Large,
    os::{self, Kind, Meta},
    walk::Walker,
};
use crate::piece::{Cutter, Measured};

/// How much is read of a file that does not say how long it is, as those in
/// `/proc`: some of them never end.
const UNSIZED_LIMIT: u64 = 64 << 20;

impl<I: Inspect> Walker<'_, '_, I> {
    /// Hands out a file that was just opened; its path is in `self.path`.
    pub(super) fn file(&mut self, file: File) {
        let path = std::mem::take(&mut self.path);
        self.file_at(file, &path);
        // Kept for its room.
        self.path = path;
    }

    fn file_at(&mut self, file: File, path: &Path) {
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
        if before.size <= self.scan.options.cut.own() as u64 {
            self.small(&file, path, &before);
        } else if os::is_made_up(&file) {
            self.made_up(&file, path);
        } else {
            let large = Large::new(file, path.to_owned(), before);
            self.large(&Arc::new(large));
        }
    }

    /// Reads a file in one go. One that grows meanwhile is read no further
    /// than there is room.
    fn small(&mut self, mut file: &File, path: &Path, before: &Meta) {
        let size = before.size as usize;
        let mut len = 0;
        loop {
            match file.read(&mut self.buffer[len..]) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let bytes = before.size.checked_sub(len as u64);
                    let reason = Reason::Unreadable(error.to_string());
                    self.left_out(path, reason, bytes);
                    break;
                }
            }
            if size == 0 {
                return self.made_up(file, path);
            }
            // There is room for more, so that this is where the file ended.
            if len == size || len == self.buffer.len() {
                break;
            }
        }
        let bytes = &self.buffer[..len];
        self.worker.inspect(Blob::whole(bytes, Origin::File(path)));
        self.coverage.bytes_scanned += len as u64;
        self.scan.progress.add(len as u64);
        self.finished(file, path, before, len as u64);
    }

    /// Counts a file as read, if it is what it was before it was read up to
    /// the offset `seen`.
    pub(super) fn finished(&mut self, file: &File, path: &Path, before: &Meta, seen: u64) {
        match os::meta(file) {
            Ok(after) if after.size == seen && after.modified == before.modified => {
                self.coverage.files_scanned += 1;
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
        while let Some(filled) = cutter.fill(&mut self.buffer) {
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
        self.coverage.bytes_scanned += scanned;
        self.scan.progress.add(scanned);
        if let Some(error) = cutter.into_error() {
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

//! Logs line by line: compressed or not, with bounds on how long a line may be
//! and how much comes out of a compressed file. What is too long is still looked
//! through, in parts that overlap.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;
use leeward_model::{NotScanned, Reason};
use leeward_source::Progress;

/// The longest line that is read as one.
const LONGEST: usize = 1 << 20;
/// How much of one part is seen again with the next.
const OVERLAP: usize = 4 << 10;
/// The most that is read out of one compressed file, and how many times its own
/// size that may be.
const MOST: u64 = 64 << 30;
const RATIO: u64 = 1500;
/// What may come out of any compressed file, however small.
const LEAST: u64 = 256 << 20;
/// The most files taken from one directory.
const MOST_FILES: usize = 10_000;

/// A line, or a part of one that is too long.
pub(super) struct Line<'t> {
    pub(super) text: &'t [u8],
    /// Its number, from 1.
    pub(super) number: u64,
    /// Where its first byte is in the (uncompressed) log.
    pub(super) offset: u64,
    /// Where in the line the text begins.
    pub(super) from: usize,
    /// What begins from here on is seen again with the next part.
    pub(super) own_end: usize,
    /// It is the beginning of a line.
    pub(super) is_first: bool,
    /// It is all of it.
    pub(super) is_whole: bool,
}

/// How reading ended.
pub(super) struct Ended {
    pub(super) bytes: u64,
    /// Why it ended before the log did.
    pub(super) problem: Option<Reason>,
}

/// The logs that a path means, and what is left out of a directory.
pub(super) fn files(path: &Path) -> io::Result<(Vec<PathBuf>, Vec<NotScanned>)> {
    if !fs::metadata(path)?.is_dir() {
        return Ok((vec![path.to_owned()], Vec::new()));
    }
    let (mut files, mut left_out) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(path)?.flatten() {
        let kind = entry.file_type();
        let reason = match kind {
            Ok(kind) if kind.is_file() && files.len() < MOST_FILES => {
                files.push(entry.path());
                continue;
            }
            Ok(kind) if kind.is_file() => Reason::Limit("too many files in a directory".into()),
            Ok(kind) if kind.is_symlink() => Reason::SymbolicLink,
            Ok(kind) if kind.is_dir() => Reason::Excluded,
            Ok(_) => Reason::NotAFile,
            Err(error) => Reason::Unreadable(error.to_string()),
        };
        let path = entry.path().into_os_string().into_encoded_bytes();
        left_out.push(NotScanned { path, reason, bytes: None });
    }
    files.sort();
    Ok((files, left_out))
}

/// Hands out each line of a log.
pub(super) fn each(
    path: &Path,
    progress: &Progress,
    line: &mut dyn FnMut(Line<'_>),
) -> io::Result<Ended> {
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Ok(Ended { bytes: 0, problem: Some(Reason::NotAFile) });
    }
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        let most = LEAST.max(found.len().saturating_mul(RATIO)).min(MOST);
        let unpacked = MultiGzDecoder::new(file).take(most);
        let mut unpacked = BufReader::with_capacity(1 << 16, unpacked);
        let mut ended = lines(&mut unpacked, progress, line);
        if ended.problem.is_none() && ended.bytes >= most {
            let what = "more comes out of it than a compressed log has";
            ended.problem = Some(Reason::Limit(what.into()));
        }
        return Ok(ended);
    }
    Ok(lines(&mut file, progress, line))
}

fn lines(from: &mut impl BufRead, progress: &Progress, line: &mut dyn FnMut(Line<'_>)) -> Ended {
    let mut held = Vec::new();
    let (mut number, mut bytes, mut start) = (1, 0, 0);
    let (mut dropped, mut is_first) = (0, true);
    loop {
        if progress.is_cancelled() {
            let problem = Some(Reason::Stopped("the reading was stopped".into()));
            return Ended { bytes, problem };
        }
        let chunk = match from.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let problem = Some(Reason::Corrupt(error.to_string()));
                return Ended { bytes, problem };
            }
        };
        let newline = memchr::memchr(b'\n', chunk);
        let taken = newline.map_or(chunk.len(), |at| at + 1);
        let is_last = chunk.is_empty();
        held.extend_from_slice(&chunk[..newline.unwrap_or(chunk.len())]);
        from.consume(taken);
        bytes += taken as u64;
        progress.add_bytes(taken as u64);
        let ends = newline.is_some() || is_last;
        if ends || held.len() >= LONGEST {
            if !(is_last && held.is_empty()) {
                let (text, is_whole) = (&held[..], ends && is_first);
                let own_end = if ends { text.len() } else { text.len() - OVERLAP };
                let (offset, from) = (start, dropped);
                line(Line { text, number, offset, from, own_end, is_first, is_whole });
            }
            if ends {
                held.clear();
                (number, start) = (number + 1, bytes);
                (dropped, is_first) = (0, true);
            } else {
                dropped += held.len() - OVERLAP;
                held.drain(..held.len() - OVERLAP);
                is_first = false;
            }
        }
        if is_last {
            return Ended { bytes, problem: None };
        }
    }
}

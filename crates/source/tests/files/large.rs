//! Files that are read in pieces by several threads, and sparse ones.

use std::{
    fs::{self, File},
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
};

use leeward_model::{Coverage, Position};
use leeward_source::{Cut, files::Options};
use proptest::prelude::*;

use crate::keep::{Keep, together, write};

/// Checks what was handed out of one file against what is in it, where bytes
/// that nobody owns must be zeros.
fn check(keep: &Keep<'_>, coverage: &Coverage, file: &Path, cut: (usize, usize)) {
    let text = fs::read(file).unwrap();
    assert_eq!(coverage.bytes_scanned, text.len() as u64);
    assert_eq!((coverage.files_scanned, coverage.not_scanned.len()), (1, 0));
    let (own, overlap) = cut;
    let starts = keep.starts.lock().unwrap().get(file).cloned().unwrap_or_default();
    let mut owners = vec![0; text.len()];
    let blobs = keep.blobs.lock().unwrap();
    for (_, bytes, piece) in blobs.iter() {
        let Some(piece) = piece else {
            assert_eq!(*bytes, text);
            owners.iter_mut().for_each(|owners| *owners += 1);
            continue;
        };
        let offset = piece.offset as usize;
        let (start, end) = (offset + piece.own_start, offset + piece.own_end);
        let sees = start.saturating_sub(overlap)..(end + overlap).min(text.len());
        assert_eq!(offset..offset + bytes.len(), sees);
        assert_eq!(bytes, &text[sees]);
        assert!(end - start <= own);
        owners[start..end].iter_mut().for_each(|owners| *owners += 1);
        let wanted = Position::START.after(&text[..offset]);
        assert_eq!(starts[piece.index as usize], wanted, "piece {}", piece.index);
    }
    let pieces = blobs.iter().filter(|(_, _, piece)| piece.is_some()).count();
    assert_eq!(starts.len(), pieces);
    for (at, owners) in owners.into_iter().enumerate() {
        assert!(owners == 1 || owners == 0 && text[at] == 0, "byte {at} has {owners} owners");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pieces_cover_every_byte_once_and_know_where_they_begin(
        text in "[a-zé\n]{0,300}", own in 1usize..40, overlap in 0usize..20, threads in 1usize..4,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let file = write(dir.path(), "file", text.as_bytes());
        let keep = Keep::default();
        let options = Options { cut: Cut::new(own, overlap), threads, ..Options::default() };
        let coverage = keep.scan(std::slice::from_ref(&file), &options);
        check(&keep, &coverage, &file, (own, overlap.clamp(1, own)));
        prop_assert_eq!(keep.files()[0].1.len(), text.len());
    }

    #[test]
    fn holes_change_nothing_but_who_reads_them(
        parts in prop::collection::vec((0u64..20, "[a-zé\n]{1,9000}"), 0..8), end in 0u64..20,
    ) {
        const BLOCK: u64 = 4096;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sparse");
        let mut file = File::create(&path).unwrap();
        for (hole, text) in &parts {
            let here = file.stream_position().unwrap();
            file.seek(SeekFrom::Start(here.next_multiple_of(BLOCK) + hole * BLOCK)).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }
        let len = file.stream_position().unwrap() + end * BLOCK;
        file.set_len(len).unwrap();
        drop(file);
        let cut = (2 * BLOCK as usize, 300);
        let keep = Keep::default();
        let options = Options { cut: Cut::new(cut.0, cut.1), ..together() };
        let coverage = keep.scan(std::slice::from_ref(&path), &options);
        check(&keep, &coverage, &path, cut);
    }
}

#[test]
fn a_real_cut_of_a_real_size() {
    let dir = tempfile::tempdir().unwrap();
    let line = "a line with é in it, and a number\n".as_bytes();
    let mut text: Vec<u8> = line.iter().copied().cycle().take(3_500_000).collect();
    // A single line across three pieces.
    text[900_000..3_300_000].iter_mut().filter(|byte| **byte == b'\n').for_each(|b| *b = b' ');
    let file = write(dir.path(), "file", &text);
    let keep = Keep::default();
    let coverage = keep.scan(std::slice::from_ref(&file), &together());
    check(&keep, &coverage, &file, (1 << 20, 16 << 10));
    assert_eq!(keep.starts.lock().unwrap()[&file].len(), 4);
}

#[cfg(unix)]
#[test]
fn a_terabyte_of_nothing_takes_no_time() {
    use std::time::{Duration, Instant};

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sparse");
    let mut file = File::create(&path).unwrap();
    let size = 1u64 << 40;
    if file.set_len(size).is_err() {
        // Not every file system goes so far.
        return;
    }
    for at in [0, 77 << 30, size - 6] {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(b"text\nx").unwrap();
    }
    drop(file);
    let began = Instant::now();
    let keep = Keep::default();
    let coverage = keep.scan(std::slice::from_ref(&path), &together());
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!((coverage.bytes_scanned, coverage.files_scanned), (size, 1));
    assert_eq!(coverage.not_scanned, []);
    let texts: usize = keep
        .blobs
        .lock()
        .unwrap()
        .iter()
        .map(|(_, bytes, piece)| {
            let piece = piece.expect("pieces");
            let own = &bytes[piece.own_start..piece.own_end];
            own.windows(6).filter(|window| window == b"text\nx").count()
        })
        .sum();
    assert_eq!(texts, 3);
    let starts = keep.starts.lock().unwrap()[&path].clone();
    assert_eq!(starts.iter().map(|start| start.line).max(), Some(3));
}

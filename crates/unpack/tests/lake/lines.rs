//! JSON lines are texts: a line is a row, and needs no form of its own. Held to that with
//! the detector itself, over files as sources cut them.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::Mutex,
};

use flate2::{Compression, write::GzEncoder};
use leeward_detect::{Detector, Options, Scratch};
use leeward_dossier::Library;
use leeward_model::{Blob, Inspect, Origin, Position, Trace, Worker};
use leeward_source::{Progress, files};
use leeward_unpack::{Opener, Settings};
use rand::RngExt as _;

/// Keeps the lines of what the detector finds.
struct Judge {
    detector: Detector,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    pending: HashMap<String, Vec<(u32, Position)>>,
    /// The way, the line and the column.
    places: Vec<(String, u64, u64)>,
}

impl<'j> Inspect for &'j Judge {
    type Worker = Looking<'j>;

    fn worker(&self) -> Looking<'j> {
        Looking { judge: self, scratch: Scratch::default() }
    }

    fn pieces_done(&self, origin: Origin<'_>, starts: &[Position]) {
        let (way, mut found) = (way(origin), self.found.lock().unwrap());
        for (piece, start) in found.pending.remove(&way).into_iter().flatten() {
            let start = start.offset_by(starts[piece as usize]);
            found.places.push((way.clone(), start.line, start.column));
        }
    }
}

struct Looking<'j> {
    judge: &'j Judge,
    scratch: Scratch,
}

impl Worker for Looking<'_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let found = &self.judge.found;
        self.judge.detector.scan(&blob, &mut self.scratch, |sighting| {
            let (way, mut found) = (way(blob.origin), found.lock().unwrap());
            let start = sighting.start;
            match blob.piece {
                None => found.places.push((way, start.line, start.column)),
                Some(piece) => {
                    found.pending.entry(way).or_default().push((piece.index, start));
                }
            }
        })
    }
}

fn way(origin: Origin<'_>) -> String {
    let inside = origin.inside().from(b"");
    String::from_utf8_lossy(&inside).into_owned()
}

/// What is found in a file, in order.
fn places(path: &Path) -> Vec<(String, u64, u64)> {
    let detector = Detector::new(&Library::builtin(), Options::default());
    let judge = Judge { detector, found: Mutex::default() };
    let (inspector, settings) = (&judge, Settings::default());
    let opener = Opener::new(&inspector, Some(&settings), &|| false);
    let options = files::Options::default();
    let mut account = files::scan(&[path.to_owned()], &options, &&opener, &Progress::default());
    account.merge(opener.into_coverage());
    assert!(account.not_scanned.is_empty(), "{:?}", account.not_scanned);
    let mut places = judge.found.into_inner().unwrap().places;
    places.sort();
    places
}

/// A key, made here and nobody's.
fn key() -> String {
    let letters = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut rng = rand::rng();
    let any = |_| char::from(letters[rng.random_range(0..letters.len())]);
    format!("aB3{}", (0..29).map(any).collect::<String>())
}

const MIB: usize = 1 << 20;

/// Writes lines until there are so many bytes, with a key in these and in the last one;
/// how many there are.
fn write(mut to: impl Write, bytes: usize, with_key: &[u64]) -> u64 {
    let nothing = format!("{{\"id\": 7, \"text\": \"{}\"}}\n", "a word of weather ".repeat(200));
    let (mut written, mut line) = (0, 0);
    while written < bytes {
        line += 1;
        if with_key.contains(&line) {
            writeln!(to, "{{\"id\": {line}, \"note\": \"MISTRAL_API_KEY={}\"}}", key()).unwrap();
        } else {
            to.write_all(nothing.as_bytes()).unwrap();
            written += nothing.len();
        }
    }
    writeln!(to, "{{\"mistral_api_key\": \"{}\"}}", key()).unwrap();
    line + 1
}

#[test]
fn a_key_in_any_column_of_any_row_is_found_in_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    let mut expected = Vec::new();
    for line in 1..=400 {
        let mut row = vec!["\"a\": 1".to_owned(), "\"b\": \"größer\"".into(), "\"c\": null".into()];
        if line % 5 == 0 {
            let at = line / 5 % 4;
            row.insert(at, format!("\"mistral_api_key\": \"{}\"", key()));
            let before: usize = row[..at].iter().map(|field| field.chars().count() + 2).sum();
            expected.push((String::new(), line as u64, (before + 22) as u64));
        }
        writeln!(file, "{{{}}}", row.join(", ")).unwrap();
    }
    drop(file);
    assert_eq!(places(&path), expected);
}

#[test]
fn a_key_in_a_file_of_300_mib_is_found_in_its_line_also_when_it_is_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let at = [1, 40_000, 77_777];
    let path = folder.path().join("rows.jsonl");
    let last = write(BufWriter::new(File::create(&path).unwrap()), 300 * MIB, &at);
    let lines = |way: &str| -> Vec<(String, u64)> {
        [&at[..], &[last]].concat().into_iter().map(|line| (way.to_owned(), line)).collect()
    };
    let found = |path| places(path).into_iter().map(|(way, line, _)| (way, line));
    assert_eq!(found(&path).collect::<Vec<_>>(), lines(""));
    let path = folder.path().join("rows.jsonl.gz");
    let file = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
    write(file, 300 * MIB, &at);
    assert_eq!(found(&path).collect::<Vec<_>>(), lines("!rows.jsonl"));
}

#[test]
fn a_key_in_a_line_of_many_pieces_is_found_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    let long = "weather and ".repeat(MIB);
    writeln!(file, "{{\"a\": 1}}").unwrap();
    writeln!(file, "{{\"text\": \"{long} MISTRAL_API_KEY={} {long}\"}}", key()).unwrap();
    writeln!(file, "{{\"mistral_api_key\": \"{}\"}}", key()).unwrap();
    drop(file);
    let column = "{\"text\": \"".len() + long.len() + " MISTRAL_API_KEY=".len() + 1;
    let expected = [(String::new(), 2, column as u64), (String::new(), 3, 22)];
    assert_eq!(places(&path), expected);
}

//! What three million marks cost: `cargo run --release -p leeward-store --example marks`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example measures and tells")]

use std::{fs, time::Instant};

use leeward_model::{Judged as _, Mark};
use leeward_store::{Memory, Place};

const MARKS: u32 = 3_000_000;

fn mark(number: u32) -> Mark {
    Mark::of("example", &[&number.to_be_bytes()])
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("marks.db");
    let place = Place::File(file.clone());
    let begun = Instant::now();
    let first = Memory::open(&place, "rules", 0).unwrap();
    (0..MARKS).for_each(|number| first.clean(mark(number)));
    println!("noted after {:?}", begun.elapsed());
    first.close().unwrap();
    println!("written after {:?}, {} bytes", begun.elapsed(), fs::metadata(&file).unwrap().len());
    let begun = Instant::now();
    let second = Memory::open(&place, "rules", 0).unwrap();
    assert!(second.is_clean(mark(MARKS - 1)));
    println!("loaded after {:?}", begun.elapsed());
    assert!((0..MARKS).all(|number| second.is_clean(mark(number))));
    println!("asked for each after {:?}", begun.elapsed());
}

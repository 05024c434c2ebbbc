//! Files of columns that were made to do harm, or that are damaged.

use std::{io::Cursor, sync::Arc, time::Instant};

use arrow_array::{ArrayRef, DictionaryArray, Int32Array, ListArray, RecordBatch, StringArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::Field;
use leeward_model::Content;
use leeward_unpack::Limits;
use parquet::file::properties::WriterProperties;
use rand::RngExt as _;

use crate::{
    columns::{ROWS, arrow, cell, parquet, prompts, stream, word},
    seen::{show, show_within},
};

#[test]
fn a_value_that_is_repeated_without_end_is_bounded_and_told() {
    // Whoever writes it looks at each row's value, and this is to be quick.
    let long = "x".repeat(4 << 10);
    let keys = Int32Array::from(vec![0; 50_000]);
    let values = Arc::new(StringArray::from(vec![long.as_str()]));
    let repeated: ArrayRef = Arc::new(DictionaryArray::new(keys, values));
    let batch = RecordBatch::try_from_iter([("text", repeated)]).unwrap();
    let started = Instant::now();
    for (name, file) in [
        ("a.parquet", parquet(&batch, WriterProperties::default())),
        ("a.arrow", arrow(&batch, None)),
    ] {
        assert!(file.len() < 1 << 20, "{} bytes are no trap", file.len());
        let limits = Limits { bytes: 32 << 20, bytes_for_each: 1, ..Limits::default() };
        let mut content = Cursor::new(&file[..]);
        let shown = show_within(name, Content::Seekable(&mut content), &limits);
        let told = shown.left_out();
        assert!(told.iter().any(|told| told.contains(": limit bytes unpacked")), "{told:?}");
        assert!(shown.coverage.bytes_scanned < 64 << 20);
    }
    assert!(started.elapsed().as_secs() < 120);
}

#[test]
fn one_row_that_is_too_long_is_cut_and_told() {
    let long = "x".repeat(1 << 20);
    let keys = Int32Array::from(vec![0; 100]);
    let values: ArrayRef = Arc::new(StringArray::from(vec![long.as_str()]));
    let repeated: ArrayRef = Arc::new(DictionaryArray::new(keys, values));
    let field = Arc::new(Field::new("item", repeated.data_type().clone(), true));
    let lists = ListArray::new(field, OffsetBuffer::from_lengths([100]), repeated, None);
    let batch = RecordBatch::try_from_iter([("texts", Arc::new(lists) as ArrayRef)]).unwrap();
    let shown = show("a.arrow", &arrow(&batch, None));
    let told = shown.left_out();
    assert!(told.iter().any(|told| told.contains("limit")), "{told:?}");
    assert!(shown.texts.values().map(Vec::len).sum::<usize>() <= (65 << 20));
}

#[test]
fn what_is_cut_short_is_told_and_what_lies_before_is_shown() {
    let one = word();
    let batch = prompts(&[(1, &one)]);
    let file = stream(&batch, None);
    let shown = show("a.arrows", &file[..file.len() / 2]);
    assert_eq!(cell(&shown, "a.arrows!(rows)", &one), [(1, "prompt".to_owned())]);
    let told = shown.left_out();
    assert!(told[0].contains("corrupt"), "{told:?}");
    let whole = parquet(&batch, WriterProperties::default());
    for at in [4, 5, 11, 12, 100, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let told = show("a.parquet", &whole[..at]).left_out();
        assert!(told.len() == 1 && told[0].contains("corrupt"), "{at}: {told:?}");
    }
    let whole = arrow(&batch, None);
    for at in [8, 12, 100, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let told = show("a.arrow", &whole[..at]).left_out();
        assert!(told.len() == 1 && told[0].contains("corrupt"), "{at}: {told:?}");
    }
}

#[test]
fn an_encrypted_file_is_told_of() {
    let told = show("a.parquet", b"PAREwhatever\x04\0\0\0PARE").left_out();
    assert!(told.len() == 1 && told[0].contains("encrypted"), "{told:?}");
}

#[test]
fn damage_anywhere_ends_in_a_report() {
    let one = word();
    let batch = prompts(&[(ROWS, &one)]).slice(ROWS - 200, 200);
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(50)).build();
    let files = [
        ("a.parquet", parquet(&batch, properties)),
        ("a.arrow", arrow(&batch, None)),
        ("a.arrows", stream(&batch, None)),
    ];
    let mut rng = rand::rng();
    for (name, file) in files {
        let (mut whole, mut told) = (0, 0);
        for _ in 0..400 {
            let mut file = file.clone();
            let from = if rng.random_bool(0.5) { 0 } else { file.len().saturating_sub(1_500) };
            for _ in 0..rng.random_range(1..4) {
                let at = rng.random_range(from.max(8)..file.len());
                file[at] = rng.random();
            }
            let shown = show(name, &file);
            let is_whole = shown
                .texts
                .values()
                .any(|text| memchr::memmem::find(text, one.as_bytes()).is_some());
            whole += usize::from(is_whole);
            told += usize::from(!shown.left_out().is_empty());
        }
        assert!(whole > 0 && told > 0, "{name}: {whole} {told}");
    }
}

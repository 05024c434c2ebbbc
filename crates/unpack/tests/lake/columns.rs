//! Parquet and Arrow, as their own libraries write them.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, DictionaryArray, FixedSizeBinaryArray, Int64Array, LargeStringArray,
    RecordBatch, StringArray, StringViewArray, StructArray,
    builder::{ListBuilder, MapBuilder, StringBuilder},
    types::Int32Type,
};
use arrow_ipc::{
    CompressionType,
    writer::{FileWriter, IpcWriteOptions, StreamWriter},
};
use arrow_schema::Field;
use parquet::{
    arrow::ArrowWriter,
    basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties, WriterVersion},
};
use rand::RngExt as _;

use crate::seen::{Shown, show, show_stream, show_within};
use leeward_model::Content;
use leeward_unpack::Limits;

pub(crate) const ROWS: usize = 5_000;

/// A word that stands nowhere else.
pub(crate) fn word() -> String {
    let mut rng = rand::rng();
    (0..32).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect()
}

/// Where a word is: the row, and the column in it.
pub(crate) fn cell(shown: &Shown, table: &str, word: &str) -> Vec<(usize, String)> {
    let text = std::str::from_utf8(&shown.texts[table]).unwrap();
    let mut found = Vec::new();
    for (row, line) in text.lines().enumerate() {
        if line.contains(word) {
            let row_of = serde_json::from_str::<serde_json::Map<_, _>>(line).unwrap();
            let holds = |value: &serde_json::Value| value.to_string().contains(word);
            let columns = row_of.iter().filter(|(_, value)| holds(value));
            found.extend(columns.map(|(name, _)| (row + 1, name.clone())));
        }
    }
    found
}

pub(crate) fn parquet(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// Numbers and two columns of texts, with words in some rows.
pub(crate) fn prompts(words: &[(usize, &str)]) -> RecordBatch {
    let text = |row: usize, of: &str| {
        let word = words.iter().find(|(at, _)| *at == row + 1).map_or("", |(_, word)| word);
        format!("a {of} of row {row}, \"quoted\"\nin two lines {word}")
    };
    let prompts = (0..ROWS).map(|row| text(row, "prompt"));
    let answers = (0..ROWS).map(|row| (row % 3 > 0).then(|| format!("an answer to {row}")));
    RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from_iter_values(0..ROWS as i64)) as ArrayRef),
        ("prompt", Arc::new(StringArray::from_iter_values(prompts))),
        ("answer", Arc::new(StringArray::from_iter(answers))),
    ])
    .unwrap()
}

#[test]
fn a_word_is_found_by_row_and_column_whatever_the_codec() {
    let words = [word(), word(), word()];
    let batch = prompts(&[(1, &words[0]), (2_500, &words[1]), (ROWS, &words[2])]);
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4_RAW,
        Compression::LZ4,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let properties = WriterProperties::builder()
            .set_compression(codec)
            .set_max_row_group_row_count(Some(1_000))
            .build();
        let file = parquet(&batch, properties);
        for shown in [show("users.parquet", &file), show_stream("users.parquet", &file)] {
            assert!(shown.left_out().is_empty(), "{codec}: {:?}", shown.left_out());
            assert_eq!(shown.ways(), ["users.parquet!(rows)"], "{codec}");
            for (row, word) in [1, 2_500, ROWS].into_iter().zip(&words) {
                let found = cell(&shown, "users.parquet!(rows)", word);
                assert_eq!(found, [(row, "prompt".to_owned())], "{codec}");
            }
            let text = String::from_utf8_lossy(&shown.texts["users.parquet!(rows)"]);
            assert_eq!(text.lines().count(), ROWS);
            assert!(text.starts_with("{\"prompt\":\"a prompt of row 0, \\\"quoted\\\"\\nin two"));
            assert!(!text.contains("\"id\""), "numbers are no texts");
        }
    }
}

#[test]
fn pages_may_be_written_in_any_way() {
    let words = [word(), word(), word()];
    let batch = prompts(&[(1, &words[0]), (2_500, &words[1]), (ROWS, &words[2])]);
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for encoding in
            [Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY]
        {
            for has_dictionary in [true, false] {
                let properties = WriterProperties::builder()
                    .set_writer_version(version)
                    .set_column_encoding("prompt".into(), encoding)
                    .set_dictionary_enabled(has_dictionary)
                    .set_statistics_enabled(EnabledStatistics::Page)
                    .set_data_page_row_count_limit(100)
                    .set_write_batch_size(50)
                    .build();
                let shown = show("a.parquet", &parquet(&batch, properties));
                for (row, word) in [1, 2_500, ROWS].into_iter().zip(&words) {
                    let found = cell(&shown, "a.parquet!(rows)", word);
                    assert_eq!(found, [(row, "prompt".to_owned())], "{encoding}");
                }
            }
        }
    }
}

/// A word in a column of each type that can hold one, and those words by their columns.
fn of_all_types() -> (RecordBatch, Vec<(&'static str, String)>) {
    let names = [
        "large",
        "view",
        "binary",
        "bytes",
        "fixed",
        "dictionary",
        "list",
        "struct",
        "map",
        "deep",
    ];
    let words: Vec<String> = names.iter().map(|_| word()).collect();
    let two = |word: &str| [format!("nothing {}", &word[..4]), format!("with {word}")];
    let mut list = ListBuilder::new(StringBuilder::new());
    let mut deep = ListBuilder::new(ListBuilder::new(StringBuilder::new()));
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for row in 0..2 {
        for text in ["x", &two(&words[6])[row]] {
            list.values().append_value(text);
        }
        list.append(true);
        map.keys().append_value("k");
        map.values().append_value(&two(&words[8])[row]);
        map.append(true).unwrap();
        for text in ["x", &two(&words[9])[row]] {
            deep.values().values().append_value(text);
            deep.values().append(true);
        }
        deep.append(true);
    }
    let inner: ArrayRef = Arc::new(StringArray::from(two(&words[7]).to_vec()));
    let number: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let of = |name: &str, array: &ArrayRef| {
        (Arc::new(Field::new(name, array.data_type().clone(), true)), Arc::clone(array))
    };
    let structs = StructArray::from(vec![of("n", &number), of("text", &inner)]);
    let bytes = [&b"\xff\xfe\0 "[..], words[3].as_bytes(), b" \x80"].concat();
    let fixed = [vec![b'-'; 32], words[4].clone().into_bytes()];
    let dictionary: DictionaryArray<Int32Type> =
        two(&words[5]).iter().map(|text| Some(text.as_str())).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(LargeStringArray::from(two(&words[0]).to_vec())),
        Arc::new(StringViewArray::from_iter_values(two(&words[1]))),
        Arc::new(BinaryArray::from_iter_values(two(&words[2]))),
        Arc::new(BinaryArray::from_iter_values([b"nothing".to_vec(), bytes])),
        Arc::new(FixedSizeBinaryArray::try_from_iter(fixed.into_iter()).unwrap()),
        Arc::new(dictionary),
        Arc::new(list.finish()),
        Arc::new(structs),
        Arc::new(map.finish()),
        Arc::new(deep.finish()),
    ];
    let batch = RecordBatch::try_from_iter(names.into_iter().zip(columns)).unwrap();
    (batch, names.into_iter().zip(words).collect())
}

#[test]
fn a_word_in_a_column_of_any_type_is_found() {
    let (batch, words) = of_all_types();
    for (name, file) in [
        ("a.parquet", parquet(&batch, WriterProperties::default())),
        ("a.arrow", arrow(&batch, None)),
        ("a.arrows", stream(&batch, None)),
    ] {
        let shown = show(name, &file);
        assert!(shown.left_out().is_empty(), "{:?}", shown.left_out());
        for (column, word) in &words {
            let found = cell(&shown, &format!("{name}!(rows)"), word);
            assert_eq!(found, [(2, (*column).to_owned())], "{name}");
        }
    }
}

fn options(codec: Option<CompressionType>) -> IpcWriteOptions {
    IpcWriteOptions::default().try_with_compression(codec).unwrap()
}

pub(crate) fn arrow(batch: &RecordBatch, codec: Option<CompressionType>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let schema = batch.schema();
    let writer = FileWriter::try_new_with_options(&mut bytes, &schema, options(codec));
    let mut writer = writer.unwrap();
    for from in (0..batch.num_rows()).step_by(1_000) {
        writer.write(&batch.slice(from, 1_000.min(batch.num_rows() - from))).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    bytes
}

pub(crate) fn stream(batch: &RecordBatch, codec: Option<CompressionType>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let schema = batch.schema();
    let writer = StreamWriter::try_new_with_options(&mut bytes, &schema, options(codec));
    let mut writer = writer.unwrap();
    for from in (0..batch.num_rows()).step_by(1_000) {
        writer.write(&batch.slice(from, 1_000.min(batch.num_rows() - from))).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    bytes
}

#[test]
fn a_word_in_an_arrow_file_or_stream_is_found_by_row_and_column() {
    let words = [word(), word(), word()];
    let batch = prompts(&[(1, &words[0]), (2_500, &words[1]), (ROWS, &words[2])]);
    for codec in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
        for (name, file) in [
            ("a.feather", arrow(&batch, codec)),
            ("a.arrows", stream(&batch, codec)),
            ("no-name", arrow(&batch, codec)),
        ] {
            for shown in [show(name, &file), show_stream(name, &file)] {
                assert!(shown.left_out().is_empty(), "{:?}", shown.left_out());
                for (row, word) in [1, 2_500, ROWS].into_iter().zip(&words) {
                    let found = cell(&shown, &format!("{name}!(rows)"), word);
                    assert_eq!(found, [(row, "prompt".to_owned())], "{name} {codec:?}");
                }
            }
        }
    }
}

#[test]
fn groups_of_rows_that_are_too_large_are_read_column_by_column() {
    let (one, other) = (word(), word());
    let batch = prompts(&[(2_500, &one), (ROWS, &other)]);
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_bloom_filter_enabled("prompt".into(), false)
        .build();
    let file = parquet(&batch, properties);
    let within = |memory| {
        let limits = Limits { memory, ..Limits::default() };
        let mut content = std::io::Cursor::new(&file[..]);
        show_within("a.parquet", Content::Seekable(&mut content), &limits)
    };
    let shown = within(3 * 300_000);
    assert_eq!(shown.ways(), ["a.parquet!answer!(rows)", "a.parquet!prompt!(rows)"]);
    let found = cell(&shown, "a.parquet!prompt!(rows)", &one);
    assert_eq!(found, [(2_500, "prompt".to_owned())]);
    let found = cell(&shown, "a.parquet!prompt!(rows)", &other);
    assert_eq!(found, [(ROWS, "prompt".to_owned())]);
    let shown = within(3 * 100_000);
    assert_eq!(shown.ways(), ["a.parquet!answer!(rows)"]);
    let told = shown.left_out();
    assert!(told[0].starts_with("a.parquet!prompt: limit size of a column"), "{told:?}");
}

#[test]
fn a_file_without_texts_is_no_matter() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
    for (name, file) in [
        ("a.parquet", parquet(&batch, WriterProperties::default())),
        ("a.arrow", arrow(&batch, None)),
        ("a.arrows", stream(&batch, None)),
    ] {
        let shown = show(name, &file);
        assert!(shown.left_out().is_empty() && shown.texts.is_empty());
    }
}

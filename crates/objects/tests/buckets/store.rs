//! A store that works.

use std::{
    collections::BTreeSet,
    io::{Cursor, Write as _},
    sync::Mutex,
};

use leeward_model::{Reason, Secret};
use leeward_objects::{Access, Address, Options, Read, scan};
use leeward_servers::Moto;
use leeward_source::Progress;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::seen::{Memory, Seen};

pub(crate) fn access(endpoint: &str) -> Access {
    let setting = |name: &str, value: &str| (name.to_owned(), Secret::new(value.as_bytes()));
    Access {
        settings: vec![
            setting("aws_access_key_id", "somebody"),
            setting("aws_secret_access_key", "something"),
        ],
        endpoint: Some(endpoint.to_owned()),
        ..Access::default()
    }
}

fn read(address: &str, options: &Options<'_>, seen: &Seen) -> Read {
    let address = Address::parse(address).expect("an address");
    let access = access(&Moto::shared().url());
    scan(&address, &access, options, &seen, &Progress::default()).expect("a store")
}

#[test]
fn every_object_of_many_pages_is_read_once() {
    let (moto, seen) = (Moto::shared(), Seen::default());
    let bucket = moto.bucket();
    for number in 0..1_050 {
        moto.put(&bucket, &format!("logs/{number:05}.txt"), format!("text {number}").as_bytes());
    }
    moto.put(&bucket, "other", b"elsewhere");
    moto.put(&bucket, "logs/empty", b"");
    let options = Options { threads: 2, ..Options::default() };
    let read = read(&format!("s3://{bucket}/logs/"), &options, &seen);
    assert_eq!(read.coverage.not_scanned, []);
    assert_eq!(read.coverage.files_scanned, 1_051);
    assert_eq!(seen.paths().len(), 1_050);
    assert_eq!(seen.text(&format!("s3://{bucket}/logs/00777.txt")), b"text 777");
    assert_eq!(moto.gets(&bucket), 1_050);
}

#[test]
fn a_large_object_is_read_by_ranges_to_its_last_byte() {
    let (moto, seen) = (Moto::shared(), Seen::default());
    let bucket = moto.bucket();
    let mut text = b"a line of a long log\n".repeat(2 << 20);
    text.truncate(40 << 20);
    text.extend_from_slice(b"the end");
    moto.put(&bucket, "long.log", &text);
    let read = read(&format!("s3://{bucket}"), &Options::default(), &seen);
    assert_eq!(read.coverage.not_scanned, []);
    assert_eq!(read.coverage.bytes_scanned, text.len() as u64);
    assert!(seen.text(&format!("s3://{bucket}/long.log")) == text);
    assert_eq!(read.asked, 21, "each stretch once");
}

#[test]
fn a_zip_file_is_read_from_its_end() {
    let (moto, seen) = (Moto::shared(), Seen::default());
    let bucket = moto.bucket();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for name in ["one", "two", "three"] {
        zip.start_file(name, stored).expect("a member");
        zip.write_all(&vec![b'x'; 3 << 20]).expect("its bytes");
    }
    let bytes = zip.finish().expect("a zip file").into_inner();
    moto.put(&bucket, "three.zip", &bytes);
    let read = read(&format!("s3://{bucket}"), &Options::default(), &seen);
    assert_eq!(read.coverage.not_scanned, []);
    let members = seen.members.lock().expect("nobody panicked").clone();
    assert_eq!(members.len(), 3);
    assert!(members.iter().all(|(_, len)| *len == 3 << 20));
}

#[test]
fn what_is_unchanged_is_not_asked_for_again() {
    let (moto, memory) = (Moto::shared(), Box::leak(Box::<Memory>::default()));
    let bucket = moto.bucket();
    for number in 0..20 {
        moto.put(&bucket, &format!("{number:02}"), b"nothing");
    }
    moto.put(&bucket, "with", b"something");
    let options = Options { threads: 2, ..Options::default() };
    let read = |seen: &Seen| read(&format!("s3://{bucket}"), &options, seen);
    let seeing = || Seen { memory: Some(memory), ..Seen::default() };
    assert_eq!(read(&seeing()).asked, 21);
    let again = read(&seeing());
    assert_eq!((again.asked, again.coverage.judged_before.files), (1, 20));
    assert!(again.coverage.is_complete());
    // The same size, another content.
    moto.put(&bucket, "07", b"changed");
    let seen = seeing();
    let third = read(&seen);
    assert_eq!((third.asked, third.coverage.judged_before.files), (2, 19));
    assert_eq!(seen.text(&format!("s3://{bucket}/07")), b"changed");
    assert_eq!(moto.gets(&bucket), 24);
}

#[test]
fn a_scan_goes_on_after_the_last_key() {
    let moto = Moto::shared();
    let bucket = moto.bucket();
    for number in 0..30 {
        moto.put(&bucket, &format!("{number:02}"), b"nothing");
    }
    let (cursor, progress, seen) = (Mutex::new(None), Progress::default(), Seen::default());
    let stop = |key: &str| {
        *cursor.lock().expect("nobody panicked") = Some(key.to_owned());
        if key >= "10" {
            progress.cancel();
        }
    };
    let options = Options { on_cursor: Some(&stop), at_once: 4, ..Options::default() };
    let address = Address::parse(&format!("s3://{bucket}")).expect("an address");
    let first = scan(&address, &access(&moto.url()), &options, &&seen, &progress).expect("a store");
    assert!(!first.coverage.is_complete());
    let cursor = cursor.into_inner().expect("nobody panicked").expect("a key");
    let mut both: BTreeSet<String> = seen.paths().into_iter().collect();
    let rest = Seen::default();
    let options = Options { start_after: Some(cursor), ..Options::default() };
    assert!(read(&format!("s3://{bucket}"), &options, &rest).coverage.is_complete());
    both.extend(rest.paths());
    assert_eq!(both.len(), 30);
}

#[test]
fn an_archived_object_is_told() {
    let (moto, seen) = (Moto::shared(), Seen::default());
    let bucket = moto.bucket();
    moto.put(&bucket, "at-hand", b"text");
    moto.put_as("GLACIER", &bucket, "frozen", b"text");
    let read = read(&format!("s3://{bucket}"), &Options::default(), &seen);
    assert_eq!(seen.paths(), [format!("s3://{bucket}/at-hand")]);
    let left_out = &read.coverage.not_scanned;
    assert_eq!(left_out.len(), 1, "{left_out:?}");
    assert_eq!(left_out[0].path, format!("s3://{bucket}/frozen").into_bytes());
    assert!(matches!(&left_out[0].reason, Reason::Unreadable(why) if why.contains("restore")));
}

#[test]
fn a_key_that_cannot_be_asked_for_keeps_no_other_from_being_read() {
    let (moto, seen) = (Moto::shared(), Seen::default());
    let bucket = moto.bucket();
    for number in 0..300 {
        moto.put(&bucket, &format!("a/{number:03}"), b"text");
    }
    moto.put(&bucket, "a/150//b", b"text");
    moto.put(&bucket, "b/folder/", b"");
    moto.put(&bucket, "c", b"text");
    let read = read(&format!("s3://{bucket}"), &Options::default(), &seen);
    assert_eq!(seen.paths().len(), 301);
    let left_out = &read.coverage.not_scanned;
    assert_eq!(left_out.len(), 1, "{left_out:?}");
    assert_eq!(left_out[0].path, format!("s3://{bucket}/a/150//b").into_bytes());
}

#[test]
fn a_bucket_that_is_not_there_is_told() {
    let read = read("s3://nobody-has-this", &Options::default(), &Seen::default());
    let left_out = &read.coverage.not_scanned;
    assert!(
        matches!(&left_out[0].reason, Reason::Unreadable(why) if why.contains("no such bucket")),
        "{left_out:?}"
    );
}

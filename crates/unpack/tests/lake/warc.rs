//! What crawlers keep.

use std::io::Write as _;

use flate2::{Compression, write};

use crate::seen::show;

/// A record, by its type, address and block.
fn record(kind: &str, address: &str, block: &[u8]) -> Vec<u8> {
    record_of_length(kind, address, block, block.len())
}

fn record_of_length(kind: &str, address: &str, block: &[u8], length: usize) -> Vec<u8> {
    let head = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {address}\r\n\
         WARC-Record-ID: <urn:uuid:1>\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

fn answer(fields: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nServer: x\r\n{fields}\r\n").as_bytes(), body].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = write::GzEncoder::new(Vec::new(), Compression::default());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

/// Some lines with a word in the last.
fn text(word: &str) -> Vec<u8> {
    let filler = "a line of a page that says nothing\n".repeat(4_000);
    format!("{filler}{word}\n").into_bytes()
}

fn chunked(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut all = Vec::new();
    for chunk in bytes.chunks(size) {
        all.extend_from_slice(format!("{:x};x=1\r\n", chunk.len()).as_bytes());
        all.extend_from_slice(chunk);
        all.extend_from_slice(b"\r\n");
    }
    [&all[..], b"0\r\n\r\n"].concat()
}

#[test]
fn each_record_is_a_member_by_its_address_whatever_it_was_sent_in() {
    let zlib = {
        let mut to = write::ZlibEncoder::new(Vec::new(), Compression::default());
        to.write_all(&text("word-zlib")).unwrap();
        to.finish().unwrap()
    };
    let deflate = {
        let mut to = write::DeflateEncoder::new(Vec::new(), Compression::default());
        to.write_all(&text("word-deflate")).unwrap();
        to.finish().unwrap()
    };
    // "word-br" and an end, not compressed, as RFC 7932 has it.
    let brotli = [&[0x0b, 0x03, 0x80][..], b"word-br", &[0x03]].concat();
    let file = [
        record("warcinfo", "", b"software: word-info\r\n"),
        record("request", "http://a/1", b"GET /1?key=word-request HTTP/1.1\r\n\r\n"),
        record("response", "http://a/1", &answer("X-Key: word-head\r\n", &text("word-plain"))),
        record(
            "response",
            "http://a/2.js",
            &answer("Content-Encoding: gzip\r\n", &gzip(&text("word-gzip"))),
        ),
        record(
            "response",
            "http://a/3",
            &answer(
                "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
                &chunked(&gzip(&text("word-both")), 100),
            ),
        ),
        record(
            "response",
            "http://a/4",
            &answer("Transfer-Encoding: chunked\r\n", &chunked(&text("word-chunked"), 7)),
        ),
        record("response", "http://a/5", &answer("Content-Encoding: deflate\r\n", &zlib)),
        record("response", "http://a/6", &answer("Content-Encoding: deflate\r\n", &deflate)),
        record("response", "http://a/7", &answer("Content-Encoding: br\r\n", &brotli)),
        // What crawlers undo and still name.
        record(
            "response",
            "http://a/8",
            &answer(
                "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
                &text("word-undone"),
            ),
        ),
        record(
            "response",
            "http://a/9",
            &answer("Content-Encoding: br\r\n", &text("word-undone-br")),
        ),
        record("resource", "http://a/10.zip", b"word-resource"),
        record("metadata", "http://a/10", b"via: word-metadata\r\n"),
        // No address: by its id.
        b"WARC/1.1\nWARC-Type: conversion\nWARC-Record-ID: <urn:uuid:77>\nContent-Length: 9\n\nword-conv"
            .to_vec(),
    ]
    .concat();
    for (name, file) in [("c.warc", file.clone()), ("c.warc.gz", gzip(&file))] {
        let shown = show(name, &file);
        for (word, place) in [
            ("word-info", "!<urn> (warcinfo):6"),
            ("word-request", "!http://a/1 (request):6"),
            ("word-head", "!http://a/1 (head):8"),
            ("word-plain", "!http://a/1:4001"),
            ("word-gzip", "!http://a/2.js:4001"),
            ("word-both", "!http://a/3:4001"),
            ("word-chunked", "!http://a/4:4001"),
            ("word-zlib", "!http://a/5:4001"),
            ("word-deflate", "!http://a/6:4001"),
            ("word-br", "!http://a/7:1"),
            ("word-undone\n", "!http://a/8:4001"),
            ("word-undone-br", "!http://a/9:4001"),
            ("word-resource", "!http://a/10.zip:1"),
            ("word-metadata", "!http://a/10 (metadata):6"),
            ("word-conv", "!urn:uuid:77:1"),
        ] {
            let place = place.replace("<urn>", "urn:uuid:1");
            assert_eq!(shown.place(word), format!("{name}{place}"));
        }
        assert!(shown.left_out().is_empty(), "{:?}", shown.left_out());
    }
}

#[test]
fn records_that_are_each_compressed_are_one_file() {
    let file: Vec<u8> = (0..50)
        .flat_map(|n| {
            let body = format!("word-{n}-end");
            gzip(&record("response", &format!("http://a/{n}"), &answer("", body.as_bytes())))
        })
        .collect();
    let shown = show("c.warc.gz", &file);
    for n in 0..50 {
        assert_eq!(shown.place(&format!("word-{n}-end")), format!("c.warc.gz!http://a/{n}:1"));
    }
}

#[test]
fn a_wrong_length_loses_no_record_after_it() {
    let good = |n: u32| {
        let body = gzip(format!("word-{n}-end").as_bytes());
        record("response", &format!("http://a/{n}"), &answer("Content-Encoding: gzip\r\n", &body))
    };
    let wrong = |length: usize| {
        let block = answer("", b"word-wrong, and then some more");
        record_of_length("response", "http://a/wrong", &block, length)
    };
    for length in [0, 1, 20, 50, 10_000, usize::MAX] {
        let file = [good(1), wrong(length), good(2), wrong(length), good(3)].concat();
        let shown = show("c.warc", &file);
        for n in 1..4 {
            assert_eq!(shown.place(&format!("word-{n}-end")), format!("c.warc!http://a/{n}:1"));
        }
        let all: Vec<u8> = shown.texts.values().flatten().copied().collect();
        let mentions = memchr::memmem::find_iter(&all, b"some more").count();
        assert!(mentions > 0, "{length}: {:?}", shown.ways());
    }
    // No length, no number, and a head without an end.
    for head in ["", "Content-Length: -1\r\n", "Content-Length: many\r\n"] {
        let broken = format!("WARC/1.0\r\nWARC-Type: resource\r\n{head}\r\nword-broken");
        let file = [broken.as_bytes(), b"\r\n\r\n", &good(1)].concat();
        assert_eq!(show("c.warc", &file).place("word-1-end"), "c.warc!http://a/1:1");
        let endless = format!("WARC/1.0\r\n{head}{}", "x-field: 1\r\n".repeat(10_000));
        let file = [endless.as_bytes(), &good(1)].concat();
        assert_eq!(show("c.warc", &file).place("word-1-end"), "c.warc!http://a/1:1");
    }
}

#[test]
fn a_text_about_records_is_a_text() {
    let body = b"how they begin:\nWARC/1.0, they say; and WARC/ again\nWARC/1\nword-end";
    let shown = show("c.warc", &record("response", "http://a/1", &answer("", body)));
    assert_eq!(shown.place("word-end"), "c.warc!http://a/1:4");
}

#[test]
fn what_is_cut_short_or_makes_too_much_is_told() {
    let body = gzip(&text("word-cut"));
    let whole = record("response", "http://a/1", &answer("Content-Encoding: gzip\r\n", &body));
    let shown = show("c.warc", &whole[..whole.len() - 100]);
    let told = shown.left_out();
    assert!(told.len() == 1 && told[0].starts_with("c.warc!http://a/1: corrupt"), "{told:?}");
    // A little that becomes much, in two layers, so that the ratio is beyond each one's.
    let zeros = gzip(&gzip(&vec![0; 256 << 20]));
    let bomb = record("response", "http://a/1", &answer("Content-Encoding: gzip\r\n", &zeros));
    let shown = show("c.warc", &bomb);
    assert!(shown.left_out().iter().any(|told| told.contains(": limit")), "{:?}", shown.left_out());
}

//! Stores that fail: each answers from a script, request by request.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use leeward_model::{Blob, Inspect, Origin, Position, Reason, Trace, Worker};
use leeward_objects::{Address, Options, Patience, Read, scan};
use leeward_source::Progress;

use crate::{seen::Seen, store::access};

/// What a store answers: to the path and query of a request, and its number.
type Script = dyn Fn(&str, usize) -> Answer + Send + Sync;

enum Answer {
    /// A status, and a body.
    Status(u16, String),
    /// A body that promises more than there is.
    Cut(String),
    /// Nothing, for so long.
    Silence(Duration),
}

/// Answers until the test's process ends.
fn serve(script: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (script, number): (Arc<Script>, _) = (Arc::new(script), Arc::new(AtomicUsize::new(0)));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (script, number) = (Arc::clone(&script), Arc::clone(&number));
            thread::spawn(move || {
                let number = number.fetch_add(1, Ordering::Relaxed);
                let _ = answer(stream, &*script, number);
            });
        }
    });
    address
}

fn answer(mut stream: TcpStream, script: &Script, number: usize) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    let mut line = String::new();
    while lines.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let head = |status: u16, len: usize| {
        format!(
            "HTTP/1.1 {status} Whatever\r\nconnection: close\r\ncontent-length: {len}\r\n\
             etag: \"t\"\r\nlast-modified: Sat, 28 Nov 2026 00:00:00 GMT\r\n\r\n"
        )
    };
    match script(&path, number) {
        Answer::Status(status, body) => {
            stream.write_all((head(status, body.len()) + &body).as_bytes())
        }
        Answer::Cut(body) => stream.write_all((head(200, body.len() + 100) + &body).as_bytes()),
        Answer::Silence(time) => {
            thread::sleep(time);
            stream.read(&mut [0]).map(|_| ())
        }
    }
}

/// A listing of objects of four bytes.
fn listing(keys: &[&str], token: Option<&str>) -> Answer {
    let contents: String = keys
        .iter()
        .map(|key| {
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-11-28T00:00:00.000Z</LastModified>\
                 <ETag>\"t\"</ETag><Size>4</Size></Contents>"
            )
        })
        .collect();
    let token = token.map_or_else(String::new, |token| {
        format!("<NextContinuationToken>{token}</NextContinuationToken>")
    });
    Answer::Status(200, format!("<ListBucketResult>{contents}{token}</ListBucketResult>"))
}

fn error(status: u16, code: &str) -> Answer {
    Answer::Status(
        status,
        format!("<Error><Code>{code}</Code><Message>\u{1b}[2J</Message></Error>"),
    )
}

fn read(endpoint: &str, seen: &Seen) -> Read {
    let address = Address::parse("s3://bucket").expect("an address");
    let mut access = access(endpoint);
    access.patience = Patience { retries: 1, within: Duration::from_secs(2) };
    access.network.answer_within = Duration::from_secs(2);
    scan(&address, &access, &Options::default(), &seen, &Progress::default()).expect("a store")
}

/// Why things were left out, in order of their paths.
fn reasons(read: &Read) -> Vec<(String, String)> {
    let mut left_out = read.coverage.not_scanned.clone();
    left_out.sort();
    let detail = |reason: &Reason| reason.detail().unwrap_or(reason.name()).to_owned();
    left_out
        .iter()
        .map(|one| (String::from_utf8_lossy(&one.path).into_owned(), detail(&one.reason)))
        .collect()
}

fn is_listing(path: &str) -> bool {
    path.contains("list-type=2")
}

#[test]
fn an_object_that_vanished_or_is_withheld_keeps_no_other_from_being_read() {
    let seen = Seen::default();
    let endpoint = serve(|path, _| match path {
        path if is_listing(path) => listing(&["a", "b", "c", "d"], None),
        "/bucket/a" => error(404, "NoSuchKey"),
        "/bucket/b" => error(403, "AccessDenied"),
        _ => Answer::Status(200, "text".to_owned()),
    });
    let read = read(&endpoint, &seen);
    assert_eq!(seen.paths(), ["s3://bucket/c", "s3://bucket/d"]);
    let reasons = reasons(&read);
    assert_eq!(reasons[0], ("s3://bucket/a".to_owned(), "changed-while-reading".to_owned()));
    assert_eq!(reasons[1].1, "the credential may not read it (AccessDenied)");
    assert_eq!(reasons.len(), 2);
}

#[test]
fn an_expired_credential_ends_it_and_what_was_read_stands() {
    let seen = Seen::default();
    let endpoint = serve(|path, _| match path {
        path if path.contains("continuation-token") => {
            thread::sleep(Duration::from_secs(1));
            error(400, "ExpiredToken")
        }
        path if is_listing(path) => listing(&["a", "b"], Some("next")),
        _ => Answer::Status(200, "text".to_owned()),
    });
    let read = read(&endpoint, &seen);
    assert_eq!(seen.paths(), ["s3://bucket/a", "s3://bucket/b"]);
    let reasons = reasons(&read);
    assert!(reasons[0].1.contains("sign in again"), "{reasons:?}");
    assert!(reasons[0].1.contains("everything up to `b` was read"), "{reasons:?}");
    assert!(!format!("{read:?}").contains("\\u{1b}"), "{read:?}");
}

#[test]
fn a_credential_that_expires_between_objects_ends_it() {
    let endpoint = serve(|path, number| match number {
        _ if is_listing(path) => {
            let keys: Vec<String> = (100..600).map(|number| number.to_string()).collect();
            listing(&keys.iter().map(String::as_str).collect::<Vec<_>>(), None)
        }
        0..=20 => Answer::Status(200, "text".to_owned()),
        _ => error(400, "ExpiredToken"),
    });
    let read = read(&endpoint, &Seen::default());
    assert!(read.asked < 100, "{}", read.asked);
    let reasons = reasons(&read);
    assert!(reasons.iter().any(|(path, why)| {
        path == "s3://bucket" && why.starts_with("nothing more was read") && why.contains("sign in")
    }));
}

#[test]
fn a_broken_store_ends_it_after_a_few_objects() {
    let begun = Instant::now();
    let endpoint = serve(|path, _| match path {
        path if is_listing(path) => {
            let keys: Vec<String> = (100..600).map(|number| number.to_string()).collect();
            listing(&keys.iter().map(String::as_str).collect::<Vec<_>>(), None)
        }
        _ => error(503, "SlowDown"),
    });
    let read = read(&endpoint, &Seen::default());
    assert!(read.asked < 100, "{}", read.asked);
    assert!(begun.elapsed() < Duration::from_secs(30));
    let reasons = reasons(&read);
    assert!(reasons.iter().any(|(path, why)| path == "s3://bucket" && why.contains("SlowDown")));
}

#[test]
fn an_answer_that_breaks_off_is_told() {
    let endpoint = serve(|path, _| match path {
        path if is_listing(path) => listing(&["a"], None),
        _ => Answer::Cut("te".to_owned()),
    });
    let reasons = reasons(&read(&endpoint, &Seen::default()));
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert_eq!(reasons[0].0, "s3://bucket/a");
}

#[test]
fn a_listing_that_leads_to_itself_ends() {
    let seen = Seen::default();
    let endpoint = serve(|path, _| match path {
        path if is_listing(path) => listing(&["a"], Some("again")),
        _ => Answer::Status(200, "text".to_owned()),
    });
    let reasons = reasons(&read(&endpoint, &seen));
    assert!(reasons[0].1.contains("leads to itself"), "{reasons:?}");
    assert_eq!(seen.paths(), ["s3://bucket/a"]);
}

#[test]
fn a_store_that_says_nothing_can_be_stopped() {
    let endpoint = serve(|_, _| Answer::Silence(Duration::from_secs(120)));
    let progress = Arc::new(Progress::default());
    let stop = Arc::clone(&progress);
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        stop.cancel();
    });
    let begun = Instant::now();
    let address = Address::parse("s3://bucket").expect("an address");
    let seen = Seen::default();
    let read = scan(&address, &access(&endpoint), &Options::default(), &&seen, &progress);
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(!read.expect("a store").coverage.is_complete());
}

#[test]
fn an_endpoint_in_the_clear_elsewhere_is_refused() {
    let mut access = access("http://store.example.com");
    access.patience = Patience { retries: 0, within: Duration::from_secs(1) };
    let address = Address::parse("s3://bucket").expect("an address");
    let seen = Seen::default();
    let read = scan(&address, &access, &Options::default(), &&seen, &Progress::default());
    let reasons = reasons(&read.expect("a store"));
    assert!(reasons[0].1.contains("https://"), "{reasons:?}");
}

#[test]
fn an_inspector_that_panics_does_not_hang_the_reader() {
    struct Panics;
    impl Inspect for Panics {
        type Worker = Self;
        fn worker(&self) -> Self {
            Self
        }
        fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}
    }
    impl Worker for Panics {
        fn inspect(&mut self, _: Blob<'_>) -> Trace {
            panic!("on purpose");
        }
    }
    let endpoint = serve(|path, _| match path {
        path if is_listing(path) => {
            let keys: Vec<String> = (100..600).map(|number| number.to_string()).collect();
            listing(&keys.iter().map(String::as_str).collect::<Vec<_>>(), None)
        }
        _ => Answer::Status(200, "text".to_owned()),
    });
    let address = Address::parse("s3://bucket").expect("an address");
    let result = std::panic::catch_unwind(|| {
        let (access, progress) = (access(&endpoint), Progress::default());
        scan(&address, &access, &Options::default(), &Panics, &progress).map(|read| read.asked)
    });
    assert!(result.is_err());
}

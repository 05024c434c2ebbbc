//! Each fault is on the wire what it says, where and as often as it was asked
//! for.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;
use leeward_counterpart::{Counterpart, Cut, Fault, Key, RetryAfter, Rule, World, random_value};

use crate::client::{Answer, connect, get, line, talk};

/// A server with one fault, and a key for it.
fn broken(rule: impl Into<Rule>) -> (Counterpart, String) {
    let key = random_value();
    let world = World::furnished().key(Key::standard(&key));
    (Counterpart::setup(world).fault(rule).start(), key)
}

fn struck(fault: Fault) -> Answer {
    let (server, key) = broken(fault);
    get(server.address(), "/v1/models", &key)
}

#[test]
fn answers_that_are_not_the_apis() {
    let portal = struck(Fault::CaptivePortal);
    assert_eq!(portal.status, 200);
    assert_eq!(portal.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(struck(Fault::Html(403)).status, 403);
    assert_eq!(struck(Fault::Empty(503)).body, b"");
    assert_eq!(struck(Fault::Status(500, "{}".to_owned())).text(), "{}");
    assert!(serde_json::from_slice::<serde_json::Value>(&struck(Fault::NotJson).body).is_err());
    assert!(
        serde_json::from_slice::<serde_json::Value>(&struck(Fault::TruncatedJson).body).is_err()
    );
    assert!(struck(Fault::WrongShape).json().is_array());
    let redirect = struck(Fault::Redirect("http://127.0.0.1:1/".to_owned()));
    assert_eq!((redirect.status, redirect.header("location")), (302, Some("http://127.0.0.1:1/")));
}

#[test]
fn waiting_is_asked_for_in_every_way() {
    let wait = |after| struck(Fault::RateLimit(after)).header("retry-after").map(str::to_owned);
    assert_eq!(wait(RetryAfter::Seconds(1_000_000_000)).as_deref(), Some("1000000000"));
    assert!(wait(RetryAfter::Date(60)).unwrap().ends_with(" GMT"));
    assert_eq!(wait(RetryAfter::Unsaid), None);
}

#[test]
fn the_key_comes_back() {
    let (server, key) = broken(Fault::EchoKey(401));
    let answer = get(server.address(), "/v1/models", &key);
    assert!(answer.text().contains(&key));
    assert_eq!(answer.header("x-received-key"), Some(&*key));
}

#[test]
fn gzip_that_is_none_and_gzip_that_is_too_much() {
    let bad = struck(Fault::BadGzip);
    assert_eq!(bad.header("content-encoding"), Some("gzip"));
    assert!(GzDecoder::new(&*bad.body).read_to_end(&mut Vec::new()).is_err());
    let bomb = struck(Fault::GzipBomb);
    assert!(bomb.body.len() < 2_000_000, "{}", bomb.body.len());
    let mut decoder = GzDecoder::new(&*bomb.body);
    let inflated = std::io::copy(&mut decoder, &mut std::io::sink()).unwrap();
    assert_eq!(inflated, 1 << 30);
}

#[test]
fn connections_that_hang_break_and_crawl() {
    let (server, key) = broken(Fault::Hang);
    let bearer = format!("Bearer {key}");
    let request = line("GET", "/v1/models", &[("authorization", &bearer)]);
    let error = talk(&mut connect(server.address()), &request).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    assert_eq!(server.requests()[0].status, None);

    let (server, _) = broken(Fault::Drop(Cut::BeforeAnswer));
    let read = talk(&mut connect(server.address()), &request);
    assert!(read.is_err() || read.is_ok_and(|read| read.is_empty()));

    let (server, _) = broken(Fault::Drop(Cut::InBody));
    let read = talk(&mut connect(server.address()), &request).unwrap();
    let read = String::from_utf8(read).unwrap();
    assert!(read.contains("content-length: 4096") && read.len() < 1000, "{read}");
    assert!(read.contains("\"data\":["), "{read}");

    let (server, _) = broken(Fault::SlowLoris);
    let mut stream = connect(server.address());
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let start = Instant::now();
    let mut two = [0; 2];
    stream.read_exact(&mut two).unwrap();
    assert_eq!(&two, b"HT");
    assert!(start.elapsed() >= Duration::from_millis(1900));
}

#[test]
fn a_body_without_end_is_only_made_as_it_is_read() {
    let (server, key) = broken(Fault::Endless);
    let bearer = format!("Bearer {key}");
    let mut stream = connect(server.address());
    let request = line("GET", "/v1/models", &[("authorization", &bearer)]);
    stream.write_all(request.as_bytes()).unwrap();
    let mut read = vec![0; 8 << 20];
    stream.read_exact(&mut read).unwrap();
    drop(stream);
    assert!(server.bytes_sent() < 64 << 20, "{}", server.bytes_sent());
}

#[test]
fn faults_strike_where_and_as_often_as_asked() {
    let five = |rule: Rule| {
        let (server, key) = broken(rule);
        [(); 5].map(|()| get(server.address(), "/v1/models", &key).status)
    };
    let fault = || Fault::Empty(503);
    assert_eq!(five(fault().on("/v1/models").first(2)), [503, 503, 200, 200, 200]);
    assert_eq!(five(fault().on("/v1/*").after(3)), [200, 200, 200, 503, 503]);
    assert_eq!(five(fault().always().every_second()), [503, 200, 503, 200, 503]);
    assert_eq!(five(fault().on("/v1/files")), [200; 5]);
    assert_eq!(five(fault().always().for_key(1)), [200; 5]);

    let (server, key) = broken(fault().always());
    assert_eq!(get(server.address(), "/v1/models", &key).status, 503);
    server.mend();
    assert_eq!(get(server.address(), "/v1/models", &key).status, 200);
    server.inject(fault());
    assert_eq!(get(server.address(), "/v1/models", &key).status, 503);
}

#[test]
fn those_at_the_same_time_are_counted() {
    let (server, key) = broken(Fault::Slow(Duration::from_millis(300)));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(get(server.address(), "/v1/models", &key).status, 200));
        }
    });
    assert_eq!((server.peak_connections(), server.peak_in_flight()), (3, 3));
    assert_eq!(server.count("/v1/models"), 3);
}

//! The socket itself: slow and rude clients, many of them, and an orderly end.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use leeward_server::{Beside, Limits, listen};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::fixture::{Base, word};

struct Listening {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
    _base: Base,
}

async fn listening(base: Base) -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let slow = async || {
        tokio::time::sleep(Duration::from_millis(700)).await;
        "finished"
    };
    let open = axum::Router::new().route("/slow", axum::routing::get(slow));
    let app = base.server.app(Beside { signed_in: axum::Router::new(), open });
    let (server, stopping) = (base.server.clone(), stop.clone());
    let task = tokio::spawn(async move {
        listen::serve(listener, app, server.limits(), server.proxies(), stopping).await
    });
    Listening { address, stop, task, _base: base }
}

fn quick() -> Limits {
    let milliseconds = Duration::from_millis;
    Limits {
        answer_within: milliseconds(1500),
        arrives_within: milliseconds(500),
        head_within: milliseconds(400),
        finish_within: milliseconds(3000),
        connections: 6,
        ..Limits::default()
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// What came until the connection ended; empty if it was cut.
fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = connect(address);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    rest(&mut stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_or_rude_is_cut_off_and_others_are_served() {
    let up = listening(Base::with("", &[], quick())).await;
    let address = up.address;
    tokio::task::spawn_blocking(move || {
        // As many as there is room for, each with half a head.
        let begun = Instant::now();
        let mut slow: Vec<TcpStream> = (0..6).map(|_| connect(address)).collect();
        for stream in &mut slow {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: local").unwrap();
        }
        assert!(ask(address, "/healthz").starts_with("HTTP/1.1 200"));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        for stream in &mut slow {
            assert!(!rest(stream).contains(" 200 "));
        }
        // Those who say nothing at all.
        let mut silent = connect(address);
        assert_eq!(rest(&mut silent), "");
        // A head that never ends.
        let mut long = connect(address);
        let _ = long.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ");
        let _ = long.write_all(&vec![b'a'; 200 << 10]);
        assert!(!rest(&mut long).contains(" 200 "));
        // No HTTP.
        for noise in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET / HTTP/9.9\r\n\r\n", b"\0\0\0\0\r\n\r\n"] {
            let mut stream = connect(address);
            stream.write_all(noise).unwrap();
            stream.write_all(b"\r\n\r\n").ok();
            assert!(!rest(&mut stream).contains(" 200 "));
        }
        // Two requests where a proxy might see one.
        let mut smuggler = connect(address);
        let both = "POST /sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\
                    transfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
        smuggler.write_all(both.as_bytes()).unwrap();
        assert!(!rest(&mut smuggler).contains("\r\n\r\nok"), "the second was answered");
        assert!(ask(address, "/healthz").starts_with("HTTP/1.1 200"));
    })
    .await
    .unwrap();
    up.stop.cancel();
    up.task.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let secret = word();
    let serve = "[[hook]]\nsource = 'hub'\nkind = 'github'\nsecret = { env = 'HOOK' }";
    let up = listening(Base::with(serve, &[("HOOK", &secret)], quick())).await;
    let address = up.address;
    tokio::task::spawn_blocking(move || {
        for (path, more) in
            [("/sign-in", ""), ("/hooks/github/hub", "x-hub-signature-256: sha256=00\r\n")]
        {
            let mut stream = connect(address);
            write!(
                stream,
                "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n{more}\
                 content-type: application/x-www-form-urlencoded\r\n\r\nname="
            )
            .unwrap();
            let mut answer = vec![0; 12];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 408", "{path}");
        }
    })
    .await
    .unwrap();
    up.stop.cancel();
    up.task.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_begun_is_finished_when_the_server_ends() {
    let up = listening(Base::with("", &[], quick())).await;
    let address = up.address;
    let slow = tokio::task::spawn_blocking(move || ask(address, "/slow"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    // Somebody who is connected and asks nothing does not hold it up.
    let idle = connect(address);
    let begun = Instant::now();
    up.stop.cancel();
    up.task.await.unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(slow.await.unwrap().ends_with("finished"));
    drop(idle);
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

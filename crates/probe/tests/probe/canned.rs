//! A server that gives the same answer to everybody and keeps what was sent,
//! word for word: for what the counterpart has no words for.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Runs until the test ends.
pub(crate) struct Canned {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// Answers with this status, these further headers and this body.
    pub(crate) fn start(status: u16, headers: &str, body: &str) -> Self {
        Self::on("127.0.0.1:0", status, headers, body).unwrap()
    }

    /// As [`start`](Self::start), on an address that may not exist here.
    pub(crate) fn on(address: &str, status: u16, headers: &str, body: &str) -> Option<Self> {
        let listener = TcpListener::bind(address).ok()?;
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\nconnection: close\r\n\
             content-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        let keep = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read(&mut stream);
                keep.lock().unwrap().push(request);
                // The other side may be gone.
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Some(Self { address, seen })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request, head and body.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// A request to its end.
fn read(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0_usize) {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => read.extend_from_slice(&buffer[..count]),
            _ => return text,
        }
    }
}

//! The plainest of callers: one request, one connection, and whatever comes
//! back. It follows nothing, repeats nothing and inflates nothing.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::Value;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(bytes[..end].to_vec()).expect("ASCII");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Self { status: status.expect("a status"), head, body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// A connection that gives up after a second.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(1))).expect("a timeout");
    stream
}

/// Writes a request and reads to the end, or as much as there is.
pub(crate) fn talk(stream: &mut (impl Read + Write), request: &str) -> io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes())?;
    let mut read = Vec::new();
    match stream.read_to_end(&mut read) {
        Ok(_) => Ok(read),
        Err(error) if read.is_empty() => Err(error),
        Err(_) => Ok(read),
    }
}

/// A request without a body.
pub(crate) fn line(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{headers}\r\n")
}

/// Asks for a path with headers.
#[track_caller]
pub(crate) fn ask(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let read = talk(&mut connect(to), &line(method, path, headers));
    Answer::parse(&read.expect("an answer"))
}

/// Asks for a path as the bearer of a key.
#[track_caller]
pub(crate) fn get(to: SocketAddr, path: &str, key: &str) -> Answer {
    ask(to, "GET", path, &[("authorization", &format!("Bearer {key}"))])
}

/// Sends a body as the bearer of a key.
#[track_caller]
pub(crate) fn post(to: SocketAddr, path: &str, key: &str, body: &str) -> Answer {
    let headers = [
        ("authorization", &*format!("Bearer {key}")),
        ("content-length", &*body.len().to_string()),
    ];
    let request = line("POST", path, &headers) + body;
    Answer::parse(&talk(&mut connect(to), &request).expect("an answer"))
}

/// Asks over TLS for a path on a host, trusting one authority.
pub(crate) fn get_tls(
    stream: TcpStream,
    host: &'static str,
    ca_pem: &str,
    path: &str,
    key: &str,
) -> io::Result<Answer> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).expect("PEM")).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host).expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a configuration");
    let mut stream = StreamOwned::new(connection, stream);
    let key = format!("Bearer {key}");
    talk(&mut stream, &line("GET", path, &[("authorization", &key)]))
        .map(|read| Answer::parse(&read))
}

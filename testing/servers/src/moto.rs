//! An object store of the test's own: the server of `moto`, a package of Python's that
//! plays the interface most stores speak, on a free port of this machine. It takes any
//! credential, and requests without one.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tempfile::TempDir;

use crate::guarded::{Guarded, installed, run, words};

/// The version that the tests are known to run with.
const PACKAGE: &str = "moto[server]==5.2.5";

/// A running server.
pub struct Moto {
    server: Guarded,
    next: AtomicU64,
    _directory: TempDir,
}

impl Moto {
    /// The server of this test process, started on first use.
    ///
    /// # Panics
    ///
    /// If it cannot be started, with what is missing.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<Moto> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    /// A server of its own, for whoever makes trouble with it. It is gone when it is
    /// dropped.
    ///
    /// # Panics
    ///
    /// If it cannot be started, with what is missing.
    pub fn start() -> Self {
        let python = python();
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let arguments =
            |port: &str| words(&[&python], &format!("-m moto.server -H 127.0.0.1 -p {port}"));
        let server = Guarded::start(&directory.path().join("log"), arguments, &[]);
        Self { server, next: AtomicU64::new(1), _directory: directory }
    }

    /// The address it answers at, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }

    /// A new, empty bucket.
    pub fn bucket(&self) -> String {
        let name = format!("bucket-{}", self.next.fetch_add(1, Ordering::Relaxed));
        self.ask("PUT", &format!("/{name}"), "", b"");
        name
    }

    /// Puts an object; the key as it stands in an address.
    pub fn put(&self, bucket: &str, key: &str, bytes: &[u8]) {
        self.ask("PUT", &format!("/{bucket}/{key}"), "", bytes);
    }

    /// Puts an object of another class, such as `GLACIER`.
    pub fn put_as(&self, class: &str, bucket: &str, key: &str, bytes: &[u8]) {
        let header = format!("x-amz-storage-class: {class}\r\n");
        self.ask("PUT", &format!("/{bucket}/{key}"), &header, bytes);
    }

    /// Takes an object away.
    pub fn delete(&self, bucket: &str, key: &str) {
        self.ask("DELETE", &format!("/{bucket}/{key}"), "", b"");
    }

    /// Has it refuse every credential after so many more requests.
    pub fn refuse_after(&self, requests: usize) {
        let body = requests.to_string();
        self.ask("POST", "/moto-api/reset-auth", "content-type: text/plain\r\n", body.as_bytes());
    }

    /// How many objects, or ranges of one, of a bucket were asked for so far.
    pub fn gets(&self, bucket: &str) -> usize {
        let wanted = format!("\"GET /{bucket}/");
        self.server.log().lines().filter(|line| line.contains(&wanted)).count()
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.server.port)).expect("it runs");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=somebody/20261128/us-east-1/s3/aws4_request, \
             SignedHeaders=host, Signature=0\r\ncontent-length: {}\r\n{headers}\r\n",
            self.server.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("it reads");
        stream.write_all(body).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let answer = String::from_utf8_lossy(&answer);
        let is_ok = answer.split(' ').nth(1).is_some_and(|status| status.starts_with('2'));
        assert!(is_ok, "{method} {path}: {answer}");
    }
}

/// The Python that has the package.
fn python() -> PathBuf {
    const NEEDS: &str = "`python3` with `venv` and `pip`, and its package index, for moto";
    let place = installed("moto-5.2.5", |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder), NEEDS);
        // As a module: the scripts of an environment hold the path it was made at.
        let mut pip = Command::new(folder.join("bin/python"));
        run(pip.args(["-m", "pip", "install", "--quiet", "--no-input", PACKAGE]), NEEDS);
    });
    place.join("bin/python")
}

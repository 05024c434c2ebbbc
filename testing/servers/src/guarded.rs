//! A program that ends when the test's process does, however that ends: a shell stands
//! between, and kills it when nobody holds the shell's standard input any more.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const GUARD: &str = r#"
log=$1; shift
"$@" >>"$log" 2>&1 &
server=$!
echo $server >"$log.pid"
read -r ignored
kill -KILL $server
wait $server
"#;

/// How long a server may take to start, on a machine that is busy: some load half of Python.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server on a port of this machine.
pub(crate) struct Guarded {
    pub(crate) port: u16,
    log: PathBuf,
    // Holds the standard input that the guard reads from.
    guard: Child,
}

impl Guarded {
    /// Starts a server, told by `arguments` at which port, and waits until it answers.
    pub(crate) fn start(
        log: &Path,
        arguments: impl FnOnce(&str) -> Vec<String>,
        environment: &[(&str, &str)],
    ) -> Self {
        let port = free();
        Self::at(port, log, &arguments(&port.to_string()), environment)
    }

    /// Starts a server that answers at a port, and waits until it does.
    pub(crate) fn at(
        port: u16,
        log: &Path,
        arguments: &[String],
        environment: &[(&str, &str)],
    ) -> Self {
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(log)
            .args(arguments)
            .envs(environment.iter().copied())
            // What interrupts the tests is not to hit the server before its guard.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`sh` can be started");
        let server = Self { port, log: log.to_owned(), guard };
        let patience = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < patience, "{arguments:?} does not start:\n{}", server.log());
            thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// What it said so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        let text = fs::read_to_string(self.log.with_added_extension("pid")).expect("it runs");
        text.trim().parse().expect("the shell writes a number")
    }
}

/// What a server is started with: some words as they are, such as paths, and others in one
/// text.
pub(crate) fn words(first: &[&Path], rest: &str) -> Vec<String> {
    let first = first.iter().map(|word| word.display().to_string());
    first.chain(rest.split(' ').map(str::to_owned)).collect()
}

/// A port that nobody listens at.
pub(crate) fn free() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("this machine has a free port").port()
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// A folder below the target directory that `install` fills when it is not there, put into
/// its place in one go: tests run at the same time.
pub(crate) fn installed(name: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let place = target.join(name);
    if !place.is_dir() {
        fs::create_dir_all(&target).expect("the target directory can be made");
        let fresh = tempfile::tempdir_in(&target).expect("the target directory is ours");
        install(fresh.path());
        // Whoever was quicker has the same.
        let _ = fs::rename(fresh.keep(), &place);
    }
    place
}

/// Runs a program that installs something to its end.
pub(crate) fn run(command: &mut Command, needs: &str) {
    let done = command.stdin(Stdio::null()).output();
    let done = done.unwrap_or_else(|error| panic!("these tests need {needs}: {error}"));
    assert!(
        done.status.success(),
        "these tests need {needs}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

//! Programs of others that are packages of Python's registry: installed once below the
//! target directory. They are never skipped: what cannot be installed fails the test and
//! says what to install.

use std::{
    fs::{self, File},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// An environment with a package in it.
pub(crate) fn environment(package: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("servers");
    fs::create_dir_all(&root).unwrap();
    let name: String =
        package.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let venv = root.join(&name);
    // Tests run at the same time, in threads and in processes.
    let lock = File::create(root.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let done = venv.join("installed");
    if !done.is_file() {
        let _ = fs::remove_dir_all(&venv);
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv), package);
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]);
        run(&mut pip, package);
        fs::write(done, "").unwrap();
    }
    venv
}

fn run(command: &mut Command, package: &str) {
    let ran = command.stdin(Stdio::null()).output();
    let done = ran.as_ref().is_ok_and(|ran| ran.status.success());
    assert!(
        done,
        "this test needs the Python package `{package}`, installed with `python3 -m venv` and `pip` \
         below the target directory: {ran:?}"
    );
}

/// A process that ends with the test.
pub(crate) struct Running {
    child: Child,
    pub(crate) port: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a program that listens on a free port, and waits until it does.
pub(crate) fn start(command: impl Fn(u16) -> Command) -> Running {
    for _ in 0..5 {
        // Somebody else may take it meanwhile: then the program ends, and it is tried again.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = command(port)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Running { child, port };
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    panic!("the program did not listen");
}

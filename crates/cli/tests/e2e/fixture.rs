//! A world of its own for one test: an empty directory, a home without
//! settings, a git that knows nobody's configuration, a clock that only the
//! test moves, and no way out of this machine. Keys are made when the test
//! runs and are nobody's.

use std::{
    cell::Cell,
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// When the first commit of each repository is made: 2023-11-14T22:13:20Z.
const START: i64 = 1_700_000_000;

/// A temporary directory with everything that a test needs from a machine.
pub(crate) struct World {
    _dir: TempDir,
    root: PathBuf,
    clock: Cell<i64>,
}

impl World {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for name in ["work", "home", "tmp"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        Self { _dir: dir, root, clock: Cell::new(START) }
    }

    /// An empty repository.
    pub(crate) fn repository() -> Self {
        let world = Self::new();
        world.git(&["init", "-q", "-b", "main", "."]);
        world
    }

    /// Where commands run.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// A path beside the directory where commands run.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where the command keeps what it needs for a while.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Runs git where commands run.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.work(), args)
    }

    /// Runs git where it may be stopped.
    pub(crate) fn try_git(&self, args: &[&str]) -> Run {
        Run::of(&self.git_command(&self.work()).args(args).output().unwrap())
    }

    /// Git, ready to be given arguments.
    pub(crate) fn git_command(&self, dir: &Path) -> Command {
        self.isolated(Command::new("git"), dir)
    }

    /// Runs git elsewhere.
    pub(crate) fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        let output = self.isolated(Command::new("git"), dir).args(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {stderr}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Commits all there is, a minute after the last commit; its name.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.clock.set(self.clock.get() + 60);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Writes a file and commits it.
    pub(crate) fn commit_file(&self, name: &str, content: &str) -> String {
        self.write(name, content);
        self.commit(&format!("change {name}"))
    }

    /// Runs the command to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        self.run_in(&self.work(), args)
    }

    /// Runs the command to its end, elsewhere.
    pub(crate) fn run_in<A: AsRef<OsStr>>(
        &self,
        dir: &Path,
        args: impl IntoIterator<Item = A>,
    ) -> Run {
        Run::of(&self.leeward(dir).args(args).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs the command with something on its standard input.
    pub(crate) fn run_with_input(
        &self,
        args: &[&str],
        feed: impl FnOnce(&mut dyn std::io::Write) + Send,
    ) -> Run {
        let mut command = self.leeward(&self.work());
        let piped = command.args(args).stdin(Stdio::piped());
        let mut child = piped.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || feed(&mut stdin));
            Run::of(&child.wait_with_output().unwrap())
        })
    }

    /// The command, ready to be given arguments.
    pub(crate) fn leeward(&self, dir: &Path) -> Command {
        self.isolated(Command::new(env!("CARGO_BIN_EXE_leeward")), dir)
    }

    fn isolated(&self, mut command: Command, dir: &Path) -> Command {
        let date = format!("{} +0000", self.clock.get());
        command
            .current_dir(dir)
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", self.root.join("home"))
            .env("XDG_CONFIG_HOME", self.root.join("home/.config"))
            .env("TMPDIR", self.temporary())
            // No test reaches a provider, by mistake neither.
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Ada Author")
            .env("GIT_AUTHOR_EMAIL", "ada@example.com")
            .env("GIT_COMMITTER_NAME", "Carl Committer")
            .env("GIT_COMMITTER_EMAIL", "carl@example.com")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .stdin(Stdio::null());
        command
    }
}

/// Where programs are.
pub(crate) fn search_path() -> OsString {
    #[expect(clippy::disallowed_methods, reason = "git is where the machine has it")]
    std::env::var_os("PATH").unwrap_or_default()
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Self {
            code: output.status.code().expect("no signal"),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// That it ended with this exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }

    /// The JSON document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    /// The only finding of the JSON document.
    #[track_caller]
    pub(crate) fn finding(&self) -> Value {
        let document = self.json();
        let findings = document["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), 1, "{document:#}");
        findings[0].clone()
    }

    /// The only location of the only finding.
    #[track_caller]
    pub(crate) fn location(&self) -> Value {
        let finding = self.finding();
        let locations = finding["locations"].as_array().expect("a list");
        assert_eq!(locations.len(), 1, "{finding:#}");
        locations[0].clone()
    }
}

/// A value of the shape of a Mistral key, and nobody's.
pub(crate) use leeward_counterpart::random_value as key;

/// A line of an `.env` file that gives a key away.
pub(crate) fn line(key: &str) -> String {
    format!("MISTRAL_API_KEY={key}\n")
}

/// What a report says of a secret instead of the secret.
pub(crate) fn hint(key: &str) -> String {
    format!("{}…{}", &key[..4], &key[key.len() - 4..])
}

/// Writes a file of one line with a key in its middle, quickly.
pub(crate) fn write_long_line(path: &Path, bytes: usize, key: &str) {
    let mut file = File::create(path).unwrap();
    let filler = b"lorem ipsum, ".repeat(80_000);
    let half = |file: &mut File| {
        let mut left = bytes / 2;
        while left > 0 {
            let now = left.min(filler.len());
            file.write_all(&filler[..now]).unwrap();
            left -= now;
        }
    };
    half(&mut file);
    write!(file, " MISTRAL_API_KEY={key} ").unwrap();
    half(&mut file);
}

/// A virtual environment of Python with these packages, installed once below the target
/// directory.
pub(crate) fn python(name: &str, packages: &[&str]) -> PathBuf {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Tests run at the same time, in threads and in processes.
    let lock = File::create(venv.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let done = venv.join("installed");
    if fs::read_to_string(&done).is_ok_and(|text| text == packages.join(" ")) {
        return venv;
    }
    let _ = fs::remove_dir_all(&venv);
    let run = |command: &mut Command| {
        let output = command.stdin(Stdio::null()).output();
        let needs = "these tests need Python 3 with `venv` and `pip`, and a registry of packages";
        let output = output.unwrap_or_else(|error| panic!("{needs}: {error}"));
        assert!(output.status.success(), "{needs}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(venv.join("bin/python")).args(pip).args(packages));
    fs::write(done, packages.join(" ")).unwrap();
    venv
}

/// A zip archive of one file.
pub(crate) fn zip(name: &str, text: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(text.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}

/// A zip archive that says of its only file that it is encrypted.
pub(crate) fn locked(mut archive: Vec<u8>) -> Vec<u8> {
    // The flags stand 6 bytes into the header before a file, and 8 into the directory's.
    let directory = archive.windows(4).rposition(|at| at == b"PK\x01\x02").unwrap();
    archive[6] |= 1;
    archive[directory + 8] |= 1;
    archive
}

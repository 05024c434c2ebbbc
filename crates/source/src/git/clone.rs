//! Fetches a remote repository into an empty directory, and says how any
//! program that works on a clone of ours is started: nothing else here starts
//! `git`, and never in a repository that is somebody's own.
//!
//! Nobody's configuration is used, nothing is checked out, no hook, helper or
//! submodule is started, and only the one protocol asked for is spoken.
//! Credentials travel in the environment, never in arguments.

use std::{
    ffi::OsStr,
    fmt,
    io::{self, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    time::Duration,
};

use leeward_model::SafeText;

use super::{BadUrl, OpenError, RemoteUrl, Repository};
use crate::Progress;

/// Why a remote repository could not be fetched.
#[derive(Debug)]
pub enum CloneError {
    /// The address is refused.
    Url(BadUrl),
    /// `git` could not be started.
    NoGit(io::Error),
    /// `git` failed; its last words are free of credentials and harmless to
    /// show.
    Failed {
        /// The address, without credentials.
        url: String,
        /// What git said last.
        said: String,
    },
    /// Somebody asked to stop.
    Stopped,
    /// What arrived could not be opened.
    Open(OpenError),
}

impl fmt::Display for CloneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => write!(f, "failed to clone: {error}"),
            Self::NoGit(error) => {
                write!(f, "failed to start `git`, which fetches remote repositories: {error}")
            }
            Self::Failed { url, said } => write!(f, "failed to clone `{url}`: {said}"),
            Self::Stopped => f.write_str("the clone was stopped"),
            Self::Open(error) => write!(f, "failed to open the clone: {error}"),
        }
    }
}

impl std::error::Error for CloneError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Url(error) => Some(error),
            Self::NoGit(error) => Some(error),
            Self::Open(error) => Some(error),
            Self::Failed { .. } | Self::Stopped => None,
        }
    }
}

/// Variables that would point git elsewhere, as they are set inside hooks.
const UNSET: [&str; 16] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_NAMESPACE",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_EXTERNAL_DIFF",
    "GIT_TEMPLATE_DIR",
    "GIT_TRACE",
    "GIT_TRACE_CURL",
    "GIT_CURL_VERBOSE",
    "GIT_TRACE_PACKET",
];

/// Settings for the one run, over everything else.
const SETTINGS: [(&str, &str); 9] = [
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.askPass", ""),
    ("credential.helper", ""),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("transfer.bundleURI", "false"),
    ("submodule.recurse", "false"),
    ("protocol.ext.allow", "never"),
];

/// Fetches all refs and their objects into `into`, an empty directory, and
/// opens what arrived. Removing it is the caller's.
pub fn clone_bare(
    url: &RemoteUrl,
    into: &Path,
    progress: &Progress,
) -> Result<Repository, CloneError> {
    match run(&mut command(url, into), &url.secrets(), progress) {
        Ok(()) => Repository::open(into).map_err(CloneError::Open),
        Err(RunError::Failed(said)) => Err(CloneError::Failed { url: url.to_string(), said }),
        Err(RunError::Stopped) => Err(CloneError::Stopped),
        Err(RunError::NotStarted(error)) => Err(CloneError::NoGit(error)),
    }
}

/// Why a program did not do its work.
#[derive(Debug)]
pub enum RunError {
    /// It could not be started.
    NotStarted(io::Error),
    /// It failed; its last words, harmless to show.
    Failed(String),
    /// Somebody asked to stop.
    Stopped,
}

/// Runs a program to its end. Of what it says on standard error the end is
/// kept, without any of these texts.
///
/// # Errors
/// If it could not be started, failed or was stopped.
pub fn run(command: &mut Command, secrets: &[String], progress: &Progress) -> Result<(), RunError> {
    let mut child = command.spawn().map_err(RunError::NotStarted)?;
    let stderr = child.stderr.take();
    let (talking, is_talking) = mpsc::channel();
    let said = std::thread::spawn(move || {
        let _talking: mpsc::Sender<()> = talking;
        last_words(stderr)
    });
    let status = wait(&mut child, &is_talking, progress);
    let said = said.join().unwrap_or_default();
    match status {
        Ok(Some(status)) if status.success() => Ok(()),
        Ok(Some(_)) => Err(RunError::Failed(harmless(&said, secrets))),
        Ok(None) => Err(RunError::Stopped),
        Err(error) => Err(RunError::NotStarted(error)),
    }
}

/// A program that works on a directory of ours with Git: nobody's
/// configuration, no hook, no helper, no prompt, only these protocols.
pub fn tame(program: impl AsRef<OsStr>, into: &Path, protocols: &str) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(into)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "")
        .env("SSH_ASKPASS", "")
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .env("GIT_ALLOW_PROTOCOL", protocols)
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    for name in UNSET {
        command.env_remove(name);
    }
    // So that it ends with all that it started: see `kill`.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    set(&mut command, SETTINGS.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())));
    command
}

/// Settings for one run, over everything else.
fn set(command: &mut Command, settings: impl Iterator<Item = (String, String)>) {
    let mut count = 0;
    for (key, value) in settings {
        command.env(format!("GIT_CONFIG_KEY_{count}"), key);
        command.env(format!("GIT_CONFIG_VALUE_{count}"), value);
        count += 1;
    }
    command.env("GIT_CONFIG_COUNT", count.to_string());
}

fn command(url: &RemoteUrl, into: &Path) -> Command {
    let mut command = tame("git", into, url.scheme());
    command
        .args(["clone", "--quiet", "--mirror", "--no-local", "--template=", "--"])
        .args([url.as_str(), "."]);
    let mut own = Vec::new();
    if url.scheme() == "http" {
        // In the clear on this machine alone: through no proxy, and nowhere else.
        own.push(("http.proxy".to_owned(), String::new()));
        own.push(("http.followRedirects".to_owned(), "false".to_owned()));
    }
    if let Some(header) = url.authorization() {
        own.push((format!("http.{}.extraHeader", url.as_str()), header));
        // The credentials are for this host and no other.
        own.push(("http.followRedirects".to_owned(), "false".to_owned()));
    }
    if !own.is_empty() {
        let settings = SETTINGS.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        set(&mut command, settings.chain(own));
    }
    command
}

/// Waits for the end; kills the program when asked to stop. What it talks through is closed
/// when it ends, which is noticed sooner than by looking again and again.
fn wait(
    child: &mut Child,
    is_talking: &mpsc::Receiver<()>,
    progress: &Progress,
) -> io::Result<Option<ExitStatus>> {
    const GLANCE: Duration = Duration::from_millis(20);
    const QUIET: Duration = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if progress.is_cancelled() {
            kill(child)?;
            child.wait()?;
            return Ok(None);
        }
        if is_talking.recv_timeout(GLANCE) == Err(mpsc::RecvTimeoutError::Disconnected) {
            std::thread::sleep(QUIET);
        }
    }
}

/// Kills a program, and what it started: what speaks to the host is another program, which
/// would wait for an answer as long as the host likes, and hold what is read from here.
fn kill(child: &mut Child) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        // Its own group goes by its number, which is its own until it was waited for.
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    child.kill()
}

/// The end of what a program says, however much that is.
fn last_words(stream: Option<impl Read>) -> Vec<u8> {
    const KEPT: usize = 4 << 10;
    let (mut kept, mut buffer) = (Vec::new(), [0; KEPT]);
    let Some(mut stream) = stream else { return kept };
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..read]);
        kept.drain(..kept.len().saturating_sub(KEPT));
    }
    kept
}

/// Foreign words without credentials or anything that acts on a terminal, on
/// one line.
fn harmless(said: &[u8], secrets: &[String]) -> String {
    let mut text = String::from_utf8_lossy(said).into_owned();
    for secret in secrets {
        text = text.replace(secret.as_str(), "***");
    }
    let lines: Vec<String> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| SafeText::new(line).to_string())
        .collect();
    if lines.is_empty() { "git gave no reason".to_owned() } else { lines.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_in_no_argument() {
        let url = RemoteUrl::parse("https://user1:token123@example.com/a", false).unwrap();
        let command = command(&url, Path::new("/tmp"));
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
        assert!(args.iter().all(|arg| !arg.contains("token123") && !arg.contains("user1")));
        let address = args.iter().position(|arg| arg.contains("example.com")).unwrap();
        assert_eq!(args[address - 1], "--");
    }

    #[test]
    fn words_of_others_are_made_harmless() {
        let said = b"remote: \x1b[2Jhello\nfatal: for https://user1:token123@h/\n\n";
        let secrets = ["token123".to_owned(), "user1".to_owned()];
        assert_eq!(
            harmless(said, &secrets),
            "remote: \\u{1b}[2Jhello; fatal: for https://***:***@h/"
        );
        assert_eq!(harmless(b"", &[]), "git gave no reason");
    }

    #[test]
    fn long_speeches_are_cut() {
        let long = vec![b'x'; 1 << 20];
        assert_eq!(last_words(Some(&long[..])).len(), 4 << 10);
    }
}

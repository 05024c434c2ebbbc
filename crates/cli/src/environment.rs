//! What the environment says of Git, proxies, the terminal, the user and their
//! secrets, read in one place.

use std::{ffi::OsString, path::PathBuf};

use leeward_model::Secret;
use zeroize::Zeroizing;

/// The user's own list of files that Git ignores, at its default place.
pub(crate) fn git_ignore_rules() -> Option<PathBuf> {
    let config = variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".config")))?;
    Some(config.join("git/ignore"))
}

/// The index that Git names to its hooks, when a commit does not take all that
/// is staged.
pub(crate) fn git_index() -> Option<PathBuf> {
    variable("GIT_INDEX_FILE").map(PathBuf::from)
}

/// The git directory that Git names to its hooks, where it is not the one
/// around.
pub(crate) fn git_dir() -> Option<PathBuf> {
    variable("GIT_DIR").map(PathBuf::from)
}

/// Whether Git says that no editor is used for this commit: then it takes the
/// message as it is.
pub(crate) fn git_uses_no_editor() -> bool {
    variable("GIT_EDITOR").is_some_and(|editor| editor == ":")
}

/// Why a hook is to let something pass; empty if the variable is.
pub(crate) fn bypass() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    let value = std::env::var_os("LEEWARD_BYPASS");
    value.map(|value| value.to_string_lossy().into_owned())
}

/// What the pre-commit framework says of a push.
pub(crate) struct FrameworkPush {
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) remote: Option<String>,
    pub(crate) address: Option<String>,
}

/// What the pre-commit framework says of a push, if it runs this.
pub(crate) fn pre_commit_push() -> Option<FrameworkPush> {
    variable("PRE_COMMIT")?;
    let remote = text("PRE_COMMIT_REMOTE_NAME");
    remote.is_some().then(|| FrameworkPush {
        from: text("PRE_COMMIT_FROM_REF"),
        to: text("PRE_COMMIT_TO_REF"),
        branch: text("PRE_COMMIT_LOCAL_BRANCH"),
        remote,
        address: text("PRE_COMMIT_REMOTE_URL"),
    })
}

/// The proxy for encrypted connections, and the hosts that go without it.
pub(crate) fn proxy() -> (Option<String>, Option<String>) {
    let text = |names: &[&str]| {
        names.iter().find_map(|name| variable(name)).map(|text| text.to_string_lossy().into_owned())
    };
    let proxy = text(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
    (proxy, text(&["NO_PROXY", "no_proxy"]))
}

/// Whether text may hold more than ASCII here.
pub(crate) fn is_utf8() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).is_some_and(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.replace('-', "").contains("utf8")
    })
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<OsString> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    let value = std::env::var_os(name);
    value.filter(|value| !value.is_empty())
}

/// The user's settings, at their default place.
pub(crate) fn config_file() -> Option<PathBuf> {
    if let Some(path) = variable("LEEWARD_CONFIG") {
        return Some(PathBuf::from(path));
    }
    let dir = variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(dirs::config_dir)?;
    Some(dir.join("leeward").join("leeward.toml"))
}

/// Where hooks for all repositories of this user are put.
pub(crate) fn hooks_dir() -> Option<PathBuf> {
    let dir = variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(dirs::config_dir)?;
    Some(dir.join("leeward").join("hooks"))
}

/// This program.
pub(crate) fn program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// Where programs keep what they make, for this user.
pub(crate) fn data_dir() -> Option<PathBuf> {
    variable("XDG_DATA_HOME").map(PathBuf::from).or_else(dirs::data_local_dir)
}

/// Where incidents are kept, if the user says so in the environment: the
/// address of a server may hold a password.
pub(crate) fn store() -> Option<String> {
    variable("LEEWARD_STORE").and_then(|text| text.into_string().ok())
}

/// The user's home directory.
pub(crate) fn home() -> Option<PathBuf> {
    dirs::home_dir()
}

/// A variable that holds a secret, with the first of these names that is set.
pub(crate) fn secret<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<Secret> {
    let found = names.into_iter().find_map(variable)?;
    let bytes = Zeroizing::new(found.into_encoded_bytes());
    Some(Secret::new(bytes.trim_ascii()))
}

/// A variable by its name.
pub(crate) fn text(name: &str) -> Option<String> {
    variable(name).and_then(|text| text.into_string().ok())
}

/// Variables whose names begin in one of these ways, by their names in lower case.
pub(crate) fn beginning_with(prefixes: &[&str]) -> Vec<(String, Secret)> {
    let mut found = Vec::new();
    for (name, value) in std::env::vars_os() {
        let value = Zeroizing::new(value.into_encoded_bytes());
        let name = name.into_string().unwrap_or_default();
        let is_meant = prefixes.iter().any(|prefix| name.starts_with(prefix));
        if is_meant && !value.is_empty() {
            found.push((name.to_ascii_lowercase(), Secret::new(value.as_slice())));
        }
    }
    found
}

/// Everything, as `NAME=value` lines: what a command started from here would
/// see.
pub(crate) fn everything() -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::new());
    for (name, value) in std::env::vars_os() {
        let value = Zeroizing::new(value.into_encoded_bytes());
        text.extend_from_slice(name.as_encoded_bytes());
        text.push(b'=');
        text.extend_from_slice(&value);
        text.push(b'\n');
    }
    text
}

/// Where the command was started.
pub(crate) fn here() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the command line knows where it was started")]
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}

/// Who runs this, and where, as the machine knows them.
pub(crate) fn user_at_machine() -> String {
    let text = |names: &[&str]| names.iter().find_map(|name| self::text(name));
    let user = text(&["USER", "LOGNAME", "USERNAME"]).unwrap_or_else(|| "somebody".to_owned());
    #[cfg(unix)]
    let machine = Some(rustix::system::uname().nodename().to_string_lossy().into_owned());
    #[cfg(not(unix))]
    let machine = text(&["COMPUTERNAME"]);
    match machine {
        Some(machine) if !machine.is_empty() => format!("{user}@{machine}"),
        _ => user,
    }
}

/// Where the system keeps what is not kept.
pub(crate) fn temporary() -> PathBuf {
    std::env::temp_dir()
}

/// What tells this machine, or this container, from others: where numbers of
/// processes mean the same.
pub(crate) fn machine() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = text("COMPUTERNAME").unwrap_or_default();
    let space = std::fs::read_link("/proc/self/ns/pid");
    let space = space.map(|link| link.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{name}{space}")
}

/// Whether a process of this machine runs. Where that cannot be told it does.
pub(crate) fn is_running(process: i32) -> bool {
    #[cfg(unix)]
    {
        use rustix::{
            io::Errno,
            process::{Pid, test_kill_process},
        };
        let Some(process) = Pid::from_raw(process) else { return true };
        test_kill_process(process) != Err(Errno::SRCH)
    }
    #[cfg(not(unix))]
    {
        let _ = process;
        true
    }
}

/// Where the command was started, links followed.
pub(crate) fn really_here() -> std::io::Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the command line knows where it was started")]
    let here = std::env::current_dir()?;
    here.canonicalize()
}

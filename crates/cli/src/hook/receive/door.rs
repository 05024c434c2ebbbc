//! Where a push arrives and who pushes, as Git and the server say in the
//! environment of the hook.

use std::{
    fs,
    path::{Path, PathBuf},
};

use leeward_guard::receive::{self, Ledger};
use leeward_model::Secret;

use leeward_watch::discreet::discreet;

use crate::{environment, failure::Failure};

/// Who pushes, by the names that servers have for them: GitLab, Gitea and
/// Forgejo, GitHub Enterprise Server, Bitbucket, gitolite, web servers.
const PUSHERS: [&str; 9] = [
    "GL_USERNAME",
    "GITEA_PUSHER_NAME",
    "GITHUB_USER_LOGIN",
    "BB_USER_NAME",
    "GL_USER",
    "GL_ID",
    "REMOTE_USER",
    "USER",
    "LOGNAME",
];
/// What else is said of them, and where it goes in an event.
const SAID: [(&str, &str); 4] = [
    ("SSH_CONNECTION", "ssh-connection"),
    ("REMOTE_ADDR", "remote-address"),
    ("GL_PROJECT_PATH", "project"),
    ("GITHUB_REPO_NAME", "project"),
];
/// The most options of a push that are looked at.
const MOST_OPTIONS: usize = 100;
/// The most tokens that are tried.
const MOST_TOKENS: usize = 4;
/// What an option with a token begins with.
const OPTION: &[u8] = b"leeward-bypass=";

/// Where a push arrives, and who pushes.
pub(super) struct Door {
    git_dir: PathBuf,
    quarantine: Option<PathBuf>,
    borrowed: Vec<PathBuf>,
    /// The repository, as bypasses name it.
    pub(super) name: String,
    /// As the server knows them; foreign text.
    pub(super) pusher: String,
    /// Facts of theirs.
    pub(super) pusher_said: Vec<(String, String)>,
    /// Tokens that came with the push.
    pub(super) tokens: Vec<Secret>,
}

impl Door {
    /// Reads what Git hands to its hooks.
    pub(super) fn of_environment() -> Result<Self, Failure> {
        let git_dir = PathBuf::from(environment::text("GIT_DIR").unwrap_or_else(|| ".".to_owned()));
        let own = |name| environment::text(name).map(PathBuf::from);
        let objects = fs::canonicalize(git_dir.join("objects")).ok();
        let quarantine = own("GIT_QUARANTINE_PATH").or_else(|| {
            let dir = own("GIT_OBJECT_DIRECTORY")?;
            (fs::canonicalize(&dir).ok() != objects).then_some(dir)
        });
        let borrowed = environment::text("GIT_ALTERNATE_OBJECT_DIRECTORIES");
        let said = SAID.iter().filter_map(|(variable, name)| {
            Some(((*name).to_owned(), discreet(&environment::text(variable)?)))
        });
        let pusher = PUSHERS.iter().find_map(|name| environment::text(name));
        Ok(Self {
            name: name(&git_dir)?,
            quarantine,
            borrowed: borrowed.map(|list| paths(&list)).unwrap_or_default(),
            pusher: pusher.map_or_else(|| "somebody".to_owned(), |name| discreet(&name)),
            pusher_said: said.collect(),
            tokens: tokens(),
            git_dir,
        })
    }

    /// As the guard wants it.
    pub(super) fn as_guard(&self) -> receive::Door<'_> {
        receive::Door {
            git_dir: &self.git_dir,
            quarantine: self.quarantine.as_deref(),
            borrowed: &self.borrowed,
        }
    }

    /// What is kept for it.
    pub(super) fn ledger(&self, state: Option<&Path>) -> Ledger {
        ledger(&self.git_dir, state)
    }
}

/// What is kept for a repository: where the operator says, or in it.
pub(super) fn ledger(git_dir: &Path, state: Option<&Path>) -> Ledger {
    Ledger::at(state.map_or_else(|| git_dir.join("leeward"), Path::to_owned))
}

/// A repository as bypasses name it: its resolved path.
pub(super) fn name(git_dir: &Path) -> Result<String, Failure> {
    let real = fs::canonicalize(git_dir)
        .map_err(|error| Failure::File("find the repository", git_dir.to_owned(), error))?;
    Ok(real.to_string_lossy().into_owned())
}

/// Tokens among the options of the push.
fn tokens() -> Vec<Secret> {
    let count = environment::text("GIT_PUSH_OPTION_COUNT");
    let count = count.and_then(|count| count.parse::<usize>().ok()).unwrap_or_default();
    let options = (0..count.min(MOST_OPTIONS)).filter_map(|number| {
        let option = environment::secret([format!("GIT_PUSH_OPTION_{number}").as_str()])?;
        #[expect(clippy::disallowed_methods, reason = "the option's name is cut off")]
        option.expose().strip_prefix(OPTION).map(Secret::new)
    });
    options.take(MOST_TOKENS).collect()
}

/// A list of directories as Git writes it: colons between them, and quotes
/// around one that has a colon in it.
fn paths(list: &str) -> Vec<PathBuf> {
    const BETWEEN: char = if cfg!(windows) { ';' } else { ':' };
    let mut found = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let mut path = String::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut chars = quoted.char_indices();
            let mut end = quoted.len();
            while let Some((at, c)) = chars.next() {
                match c {
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    '\\' => path.extend(chars.next().map(|(_, c)| c)),
                    c => path.push(c),
                }
            }
            rest = quoted[end..].trim_start_matches(BETWEEN);
        } else {
            let end = rest.find(BETWEEN).unwrap_or(rest.len());
            path.push_str(&rest[..end]);
            rest = rest[end..].trim_start_matches(BETWEEN);
        }
        if !path.is_empty() {
            found.push(PathBuf::from(path));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn lists_of_directories_are_read_as_git_writes_them() {
        let read = |list: &str| -> Vec<String> {
            paths(list).iter().map(|path| path.display().to_string()).collect()
        };
        assert_eq!(read("/a:/b c"), ["/a", "/b c"]);
        assert_eq!(read(r#""/a:\"x":/b"#), [r#"/a:"x"#, "/b"]);
        assert!(read("").is_empty() && read("::").is_empty());
    }
}

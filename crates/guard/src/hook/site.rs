//! Where Git looks for the hooks of a repository, and who else manages them.
//! Git itself is asked: only it knows what its settings amount to, includes and
//! conditions among them. That is for putting hooks in place, at the user's
//! wish and in a repository of their own; what is only looked at is never
//! asked anything.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use leeward_model::SafeText;

use super::tell::Moment;

/// Where hooks of a repository are.
#[derive(Clone, Debug)]
pub struct Site {
    /// The checked-out files, unless the repository is bare.
    pub root: Option<PathBuf>,
    /// Where Git looks for hooks.
    pub hooks: PathBuf,
    /// Where it would look without `core.hooksPath`.
    pub own: PathBuf,
    /// Whether `core.hooksPath` is set for all repositories of this user.
    pub is_shared: bool,
    /// Who writes the hooks.
    pub manager: Manager,
    /// What is set up in the files of the repository, and not active.
    pub idle: Vec<&'static str>,
}

/// Who writes the hooks of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manager {
    /// Whoever likes to.
    Nobody,
    /// husky, with the directory of its scripts.
    Husky(PathBuf),
    /// lefthook, with its settings.
    Lefthook(PathBuf),
    /// The pre-commit framework, with its settings.
    PreCommit(PathBuf),
}

impl Manager {
    /// How people call it.
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::Nobody => None,
            Self::Husky(_) => Some("husky"),
            Self::Lefthook(_) => Some("lefthook"),
            Self::PreCommit(_) => Some("the pre-commit framework"),
        }
    }
}

/// Why hooks cannot be put in place or found.
#[derive(Debug)]
pub enum Trouble {
    /// The `git` program does not start.
    NoGit(io::Error),
    /// Git refuses, in its words.
    Refused(String),
    /// A file cannot be read or written: what for, which, why.
    File(&'static str, PathBuf, io::Error),
    /// It would change more than was asked for.
    TooMuch(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGit(error) => write!(f, "`git` cannot be started: {error}"),
            Self::Refused(words) => write!(f, "git says: {}", SafeText::new(words.trim())),
            Self::File(what, path, error) => write!(f, "cannot {what} `{}`: {error}", shown(path)),
            Self::TooMuch(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Trouble {}

/// A path as people see it.
pub(super) fn shown(path: &Path) -> String {
    SafeText::new(path.as_os_str().as_encoded_bytes()).to_string()
}

/// Files that say that lefthook is used.
const LEFTHOOK: [&str; 10] = [
    "lefthook.yml",
    "lefthook.yaml",
    "lefthook.toml",
    "lefthook.json",
    ".lefthook.yml",
    ".lefthook.yaml",
    ".lefthook.toml",
    ".lefthook.json",
    ".config/lefthook.yml",
    ".config/lefthook.yaml",
];

/// The settings of the pre-commit framework.
pub(super) const PRE_COMMIT: &str = ".pre-commit-config.yaml";

impl Site {
    /// The one around a directory.
    ///
    /// # Errors
    /// If there is none, or Git cannot be asked.
    pub fn find(start: &Path) -> Result<Self, Trouble> {
        let ask = |args: &[&str]| git(start, args);
        let place = |text: &str| start.join(text);
        let common = place(&ask(&["rev-parse", "--git-common-dir"])?);
        let hooks = place(&ask(&["rev-parse", "--git-path", "hooks"])?);
        let root = ask(&["rev-parse", "--show-toplevel"]).ok().filter(|text| !text.is_empty());
        let root = root.map(|text| place(&text));
        // It fails where nothing is set, and in an old git that knows no scopes.
        let scope = ask(&["config", "--show-scope", "--get", "core.hooksPath"]).unwrap_or_default();
        let scope = scope.split_whitespace().next().unwrap_or_default();
        let mut site = Self {
            root,
            hooks,
            own: common.join("hooks"),
            is_shared: matches!(scope, "global" | "system"),
            manager: Manager::Nobody,
            idle: Vec::new(),
        };
        site.manager = site.managed();
        site.idle = site.idle();
        Ok(site)
    }

    fn managed(&self) -> Manager {
        if self.hooks.ends_with(".husky/_") {
            let scripts = self.hooks.parent().unwrap_or(&self.hooks);
            return Manager::Husky(scripts.to_owned());
        }
        if self.hooks.ends_with(".husky") {
            return Manager::Husky(self.hooks.clone());
        }
        for moment in Moment::ALL {
            let text = fs::read(self.hooks.join(moment.hook())).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            if text.contains("call_lefthook") {
                return Manager::Lefthook(self.lefthook().unwrap_or_else(|| "lefthook.yml".into()));
            }
            if text.contains("File generated by pre-commit") {
                let root = self.root.as_deref().unwrap_or(Path::new("."));
                return Manager::PreCommit(root.join(PRE_COMMIT));
            }
        }
        Manager::Nobody
    }

    fn lefthook(&self) -> Option<PathBuf> {
        let root = self.root.as_deref()?;
        LEFTHOOK.iter().map(|name| root.join(name)).find(|path| path.is_file())
    }

    fn idle(&self) -> Vec<&'static str> {
        let Some(root) = self.root.as_deref() else { return Vec::new() };
        let mut idle = Vec::new();
        if self.manager != Manager::Nobody {
            return idle;
        }
        if root.join(".husky").is_dir() {
            idle.push("`.husky` is there and not active: once husky is installed, run this again");
        }
        if self.lefthook().is_some() {
            idle.push(
                "lefthook is set up and not active: after `lefthook install`, run this again",
            );
        }
        if root.join(PRE_COMMIT).is_file() {
            idle.push(
                "the pre-commit framework is set up and not active: `pre-commit install` will \
                 keep these hooks and run them too",
            );
        }
        idle
    }
}

/// Asks Git, in a directory.
pub(super) fn git(dir: &Path, args: &[&str]) -> Result<String, Trouble> {
    let mut command = Command::new("git");
    command.current_dir(dir).args(args).env("LC_ALL", "C");
    let output = command.output().map_err(Trouble::NoGit)?;
    if !output.status.success() {
        return Err(Trouble::Refused(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_owned())
}

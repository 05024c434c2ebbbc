//! How files of a work tree stand with Git: tracked, ignored, or neither.
//! Asked only for files with findings.

use std::{
    collections::HashMap,
    fs,
    io::Read as _,
    path::{Component, Path, PathBuf},
};

use leeward_model::Tracking;

use super::{Repository, ignore_rules::IgnoreRules, index_file::Index, inside::path_bytes};

/// The most bytes of rules read from one file.
const RULES_BYTES: u64 = 16 << 20;

/// Answers how files of one work tree stand with Git.
#[derive(Debug)]
pub struct Tracker {
    /// Resolved; `None` if there is no work tree.
    work_tree: Option<PathBuf>,
    index: Index,
    /// Rules of the repository and of the user, the stronger first.
    common: [IgnoreRules; 2],
    by_dir: HashMap<PathBuf, IgnoreRules>,
}

impl Repository {
    /// Reads the index, and the rules that hold everywhere. `user_rules` is
    /// the user's own list of ignored files, if the caller knows of one.
    pub fn tracker(&self, user_rules: Option<&Path>) -> Tracker {
        let exclude = self.inside().read(&self.common_dir().join("info/exclude"), RULES_BYTES);
        let exclude = exclude.ok().flatten().unwrap_or_default();
        let user = user_rules.and_then(|path| fs::read(path).ok()).unwrap_or_default();
        Tracker {
            work_tree: self.work_tree().and_then(|path| fs::canonicalize(path).ok()),
            index: self.read_index(None).unwrap_or_default(),
            common: [IgnoreRules::parse(&exclude), IgnoreRules::parse(&user)],
            by_dir: HashMap::new(),
        }
    }
}

impl Tracker {
    /// How a file stands; the path is from where the program runs.
    pub fn tracking(&mut self, path: &Path) -> Tracking {
        match self.relative(path) {
            None => Tracking::NoRepository,
            Some(relative) if self.index.has(&git_path(&relative)) => Tracking::Tracked,
            Some(relative) if self.is_ignored(&relative) => Tracking::Ignored,
            Some(_) => Tracking::Untracked,
        }
    }

    /// The path below the work tree. The file itself may be a link.
    fn relative(&self, path: &Path) -> Option<PathBuf> {
        let parent = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let dir = fs::canonicalize(parent.unwrap_or(Path::new("."))).ok()?;
        let relative = dir.join(path.file_name()?);
        Some(relative.strip_prefix(self.work_tree.as_ref()?).ok()?.to_owned())
    }

    /// A path is ignored if it or any directory above it is.
    fn is_ignored(&mut self, relative: &Path) -> bool {
        let mut above: Vec<&Path> = relative.ancestors().collect();
        above.pop();
        above.reverse();
        let whole = above.len();
        above.iter().enumerate().any(|(depth, path)| self.is_ignored_here(path, depth + 1 < whole))
    }

    /// What the rules nearest to a path say of it alone.
    fn is_ignored_here(&mut self, path: &Path, is_dir: bool) -> bool {
        for dir in path.ancestors().skip(1) {
            let Ok(below) = path.strip_prefix(dir) else { continue };
            if let Some(said) = self.rules_of(dir).is_ignored(&git_path(below), is_dir) {
                return said;
            }
        }
        let path = git_path(path);
        self.common.iter().find_map(|rules| rules.is_ignored(&path, is_dir)).unwrap_or(false)
    }

    fn rules_of(&mut self, dir: &Path) -> &IgnoreRules {
        let work_tree = self.work_tree.as_deref();
        self.by_dir.entry(dir.to_owned()).or_insert_with(|| {
            let file = work_tree.map(|root| root.join(dir).join(".gitignore"));
            IgnoreRules::parse(&file.and_then(|file| read_rules(&file)).unwrap_or_default())
        })
    }
}

/// Rules in the work tree count only as regular files, as with Git.
fn read_rules(path: &Path) -> Option<Vec<u8>> {
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut text = Vec::new();
    fs::File::open(path).ok()?.take(RULES_BYTES).read_to_end(&mut text).ok()?;
    Some(text)
}

/// A path as Git spells it.
fn git_path(path: &Path) -> Vec<u8> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(path_bytes(Path::new(name))),
        _ => None,
    });
    names.collect::<Vec<_>>().join(&b'/')
}

//! What stands around a repository's objects: everything that leads to them,
//! where else copies of them are, and what is not here. Read as files, told to
//! people, never followed.

use std::path::{Path, PathBuf};

use leeward_model::ObjectId;

use super::{RemoteUrl, Repository, inside::path_bytes};

/// The most bytes read of a list of alternates.
const SMALL: u64 = 1 << 20;

/// What stands around a repository's objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Every ref by its full name, and what it points to; foreign text.
    pub refs: Vec<(Vec<u8>, ObjectId)>,
    /// How many earlier stashes there are.
    pub stashes: usize,
    /// How many objects only reflogs and heads such as `ORIG_HEAD` name.
    pub logged: usize,
    /// Where other work trees of it are; foreign text.
    pub work_trees: Vec<PathBuf>,
    /// The remotes of its configuration.
    pub remotes: Vec<Remote>,
    /// Object directories of others that it borrows from; foreign text.
    pub alternates: Vec<Vec<u8>>,
    /// Older history was left out when it was cloned.
    pub is_shallow: bool,
    /// Objects were left with a remote when it was cloned.
    pub is_partial: bool,
    /// What could not be read, in words.
    pub problems: Vec<String>,
}

/// A remote of a repository's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its name; foreign text.
    pub name: String,
    /// Its address without credentials, or nothing if it is of a kind that is
    /// not fetched; foreign text.
    pub address: Option<String>,
}

impl Repository {
    /// Reads what stands around the objects.
    pub fn surroundings(&self) -> Surroundings {
        let refs = self.refs();
        let dirs = self.inside().list(&self.common_dir().join("worktrees")).unwrap_or_default();
        let tree = |dir: &PathBuf| {
            let text = self.inside().read(&dir.join("gitdir"), SMALL).ok().flatten()?;
            let path = PathBuf::from(String::from_utf8_lossy(&text).trim());
            Some(path.parent().map(Path::to_owned).unwrap_or(path))
        };
        let file = self.common_dir().join("objects/info/alternates");
        let alternates = self.inside().read(&file, SMALL).ok().flatten().unwrap_or_default();
        let lines = alternates.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        let is_path = |line: &&[u8]| !line.is_empty() && !line.starts_with(b"#");
        Surroundings {
            stashes: refs.stashed.len(),
            logged: refs.unnamed.len(),
            work_trees: dirs.iter().filter_map(tree).collect(),
            remotes: self.config.remotes.iter().map(remote).collect(),
            alternates: lines.filter(is_path).map(<[u8]>::to_vec).collect(),
            is_shallow: self.is_shallow(),
            is_partial: self.is_partial(),
            refs: refs.named.into_iter().collect(),
            problems: refs.problems,
        }
    }
}

fn remote((name, url): &(Vec<u8>, Vec<u8>)) -> Remote {
    let text = String::from_utf8_lossy(url);
    let address = match RemoteUrl::parse(&text, true) {
        Ok(url) => Some(url.as_str().to_owned()),
        // A path of this machine.
        Err(_) => (!text.contains("://") && !text.contains("::") && !text.starts_with('-'))
            .then(|| String::from_utf8_lossy(&path_bytes(Path::new(&*text))).into_owned()),
    };
    Remote { name: String::from_utf8_lossy(name).into_owned(), address }
}

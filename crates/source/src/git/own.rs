//! The user's own repository, as Git's hooks see it: what the next commit
//! builds on, what a remote is known to have, what a push names. Git is at work
//! there already and has obeyed its configuration, so links and borrowed
//! objects are followed wherever they lead; a repository that is scanned gets
//! no such trust, see `repository`. Nothing is run or written here either.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use leeward_model::{Coverage, GitObjectKind, Inspect, NotScanned, ObjectId, Reason};

use super::{
    OpenError, Repository,
    object::{Kind, commit_links, header, parse_id, tree_entries},
    objects::not_scanned,
    reader::Reader,
};
use crate::Progress;

/// What the object that a push names leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tip {
    /// Annotated tags on the way, with their texts.
    pub tags: Vec<(ObjectId, Vec<u8>)>,
    /// The commit at the end.
    pub commit: Option<ObjectId>,
    /// Where a tag names no commit: files that it leads to.
    pub blobs: Vec<ObjectId>,
}

/// What the commits before the next one hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Their version of each path asked for, those of several parents one
    /// after the other.
    pub versions: Vec<(Vec<u8>, ObjectId)>,
    /// Files of theirs that the index has no more: where something that was
    /// moved lay.
    pub gone: Vec<ObjectId>,
    /// What could not be read.
    pub problems: Vec<NotScanned>,
}

/// The most files of a parent that are compared.
const MOST_FILES: usize = 2_000_000;
/// The most files below a tag that names a directory.
const MOST_TAGGED: usize = 100_000;

impl Repository {
    /// Opens the user's own repository: the git directory that Git names to its
    /// hooks, or the one around a path; nothing if there is none.
    ///
    /// # Errors
    /// Where there is a repository that cannot be read.
    pub fn open_own(start: &Path, git_dir: Option<&Path>) -> Result<Option<Self>, OpenError> {
        if let Some(git_dir) = git_dir {
            return Self::open_trusted(git_dir, Some(start)).map(Some);
        }
        let Ok(start) = fs::canonicalize(start) else { return Ok(None) };
        for dir in start.ancestors() {
            if let Some(git_dir) = git_dir_at(dir) {
                let is_bare = git_dir == dir;
                return Self::open_trusted(&git_dir, (!is_bare).then_some(dir)).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether refs are kept in a format that is not read here, so that nothing
    /// is known of them.
    pub fn has_unknown_refs(&self) -> bool {
        self.has_unread_refs()
    }

    /// The directory that holds objects, refs and hooks: that of the main work
    /// tree, when this is a linked one.
    pub fn shared_dir(&self) -> &Path {
        self.common_dir()
    }

    /// Whether there is an object of that name.
    pub fn has_object(&self, id: &ObjectId) -> bool {
        self.objects.has(id)
    }

    /// Shows some objects that are files, each read by itself.
    pub fn scan_objects<I: Inspect>(
        &self,
        objects: &[ObjectId],
        kind: GitObjectKind,
        threads: usize,
        inspect: &I,
        progress: &Progress,
    ) -> Coverage {
        self.scan_blobs(objects, kind, threads, inspect, progress)
    }

    /// The commits that the next one builds on: `HEAD` and, while a merge is
    /// under way, those that are merged.
    pub fn next_parents(&self) -> Vec<ObjectId> {
        let merged = fs::read(self.git_dir().join("MERGE_HEAD")).unwrap_or_default();
        let merged = merged.split(|&byte| byte == b'\n').filter_map(parse_id);
        self.head_ref().into_iter().chain(merged).collect()
    }

    /// What the commits before the next one hold: at these paths, and where the
    /// index has nothing any more. It reads all their trees: for when something
    /// was found.
    pub fn before(&self, index: Option<&Path>, paths: &HashSet<Vec<u8>>) -> Before {
        let mut before = Before::default();
        let index = match self.read_index(index) {
            Ok(index) => index,
            Err(problem) => {
                before.problems.push(problem);
                return before;
            }
        };
        let mut reader = Reader::new(&self.objects);
        for commit in self.next_parents() {
            let text = reader.read_kind(&commit, Kind::Commit);
            let Some(links) = text.ok().and_then(|text| commit_links(&text)) else {
                before.problems.push(not_scanned(&commit, Reason::Missing));
                continue;
            };
            let files = files_of(links.tree, MOST_FILES, &mut reader, &mut before.problems);
            for (path, id) in files {
                if !index.has(&path) {
                    before.gone.push(id);
                }
                if paths.contains(&path) {
                    before.versions.push((path, id));
                }
            }
        }
        before
    }

    /// What a remote is known to have, by its name: where its branches were
    /// when it was last fetched from or pushed to.
    pub fn known_of(&self, remote: &str) -> Vec<ObjectId> {
        let prefix = format!("refs/remotes/{remote}/");
        let refs = self.refs_below(&prefix);
        let mut ids: Vec<ObjectId> = refs.into_values().collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The name of the remote that has this address.
    pub fn remote_at(&self, address: &str) -> Option<String> {
        let remotes = &self.config.remotes;
        let found = remotes.iter().find(|(_, url)| url == address.as_bytes());
        found.map(|(name, _)| String::from_utf8_lossy(name).into_owned())
    }

    /// What a ref points to, by its full name.
    pub fn ref_named(&self, name: &str) -> Option<ObjectId> {
        self.refs_below(name).get(name.as_bytes()).copied()
    }

    /// What an object that somebody pushes leads to.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn tip(&self, id: &ObjectId) -> Result<Tip, Reason> {
        let mut reader = Reader::new(&self.objects);
        let (mut tip, mut id, mut met) = (Tip::default(), *id, HashSet::new());
        while met.insert(id) {
            match reader.read(&id)? {
                (Kind::Commit, _) => tip.commit = Some(id),
                (Kind::Blob, _) => tip.blobs.push(id),
                (Kind::Tree, _) => {
                    let mut problems = Vec::new();
                    let files = files_of(id, MOST_TAGGED, &mut reader, &mut problems);
                    tip.blobs = files.into_iter().map(|(_, id)| id).collect();
                    tip.blobs.sort_unstable();
                    tip.blobs.dedup();
                    if let Some(problem) = problems.pop() {
                        return Err(problem.reason);
                    }
                }
                (Kind::Tag, text) => {
                    let target = header(&text, b"object").and_then(parse_id);
                    let broken = || Reason::Corrupt("the tag names no object".into());
                    tip.tags.push((id, text.to_vec()));
                    id = target.ok_or_else(broken)?;
                }
            }
        }
        Ok(tip)
    }
}

/// All files of a tree, up to a bound.
fn files_of(
    tree: ObjectId,
    most: usize,
    reader: &mut Reader<'_>,
    problems: &mut Vec<NotScanned>,
) -> Vec<(Vec<u8>, ObjectId)> {
    let (mut files, mut open) = (Vec::new(), vec![(Vec::new(), tree)]);
    while let Some((path, tree)) = open.pop() {
        if files.len() + open.len() > most {
            let reason = Reason::Limit("files of a commit".into());
            problems.push(NotScanned { path, reason, bytes: None });
            break;
        }
        match reader.read_kind(&tree, Kind::Tree) {
            Ok(bytes) => {
                for entry in tree_entries(&bytes, tree.as_bytes().len()) {
                    let Some(id) = ObjectId::from_bytes(entry.id) else { continue };
                    let mut path = [path.as_slice(), entry.name].concat();
                    if entry.is_tree() {
                        path.push(b'/');
                        open.push((path, id));
                    } else if !entry.is_submodule() {
                        files.push((path, id));
                    }
                }
            }
            Err(reason) => problems.push(not_scanned(&tree, reason)),
        }
    }
    files
}

/// The git directory of a work tree or of a bare repository.
fn git_dir_at(dir: &Path) -> Option<PathBuf> {
    let dot_git = dir.join(".git");
    let meta = fs::metadata(&dot_git);
    if meta.as_ref().is_ok_and(fs::Metadata::is_file) {
        let text = fs::read_to_string(&dot_git).ok()?;
        return Some(dir.join(text.strip_prefix("gitdir:")?.trim()));
    }
    if meta.is_ok() && dot_git.join("HEAD").symlink_metadata().is_ok() {
        return Some(dot_git);
    }
    let is_bare = ["HEAD", "objects", "refs"].iter().all(|name| dir.join(name).exists());
    is_bare.then(|| dir.to_owned())
}

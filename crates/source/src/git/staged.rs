//! Scans what the next commit would bring: files of the index that differ
//! from `HEAD`, by their staged content and not the work tree's.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use leeward_model::{Coverage, GitObjectKind, Inspect, NotScanned, ObjectId, Reason};

use super::{
    Repository,
    index_file::{Index, IndexEntry},
    inside::{Inside, path_bytes},
    object::{Kind, commit_links, tree_entries},
    objects::not_scanned,
    reader::Reader,
};
use crate::Progress;

/// What is staged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staged {
    /// The staged objects that differ from `HEAD`, with the paths they have
    /// in the index.
    pub paths: BTreeMap<ObjectId, Vec<Vec<u8>>>,
    /// What could not be found out.
    pub problems: Vec<NotScanned>,
}

impl Repository {
    /// Finds the files of the index that differ from `HEAD`; all of them
    /// while there is no commit. `index` is another index file to look at, as
    /// Git names one to its hooks.
    pub fn staged(&self, index: Option<&Path>) -> Staged {
        let mut staged = Staged::default();
        let index = match self.read_index(index) {
            Ok(index) => index,
            Err(problem) => {
                staged.problems.push(problem);
                return staged;
            }
        };
        let mut reader = Reader::new(&self.objects);
        let mut head = Head::default();
        if let Some(commit) = self.head_commit() {
            let tree = reader.read_kind(&commit, Kind::Commit).ok();
            match tree.and_then(|text| commit_links(&text)) {
                Some(links) => head.read(links.tree, &index, &mut reader),
                None => head.problems.push(not_scanned(&commit, Reason::Missing)),
            }
        }
        head.same.sort_unstable();
        for entry in index.entries.iter().filter(|entry| head.differs(entry)) {
            staged.add(entry, &mut reader);
        }
        staged.problems.extend(head.problems);
        staged
    }

    /// Shows the staged content of all files that differ from `HEAD`.
    pub fn scan_staged<I: Inspect>(
        &self,
        index: Option<&Path>,
        threads: usize,
        inspect: &I,
        progress: &Progress,
    ) -> Coverage {
        let staged = self.staged(index);
        let objects: Vec<ObjectId> = staged.paths.into_keys().collect();
        let mut coverage =
            self.scan_blobs(&objects, GitObjectKind::Staged, threads, inspect, progress);
        coverage.not_scanned.extend(staged.problems);
        coverage
    }

    pub(super) fn read_index(&self, other: Option<&Path>) -> Result<Index, NotScanned> {
        let own = self.git_dir().join("index");
        let path = other.unwrap_or(&own);
        let problem = |reason| NotScanned { path: path_bytes(path), reason, bytes: None };
        // Another index is the user's word, wherever it lies; the repository's
        // own has to lie in it.
        let dir = match other {
            Some(path) => path.parent().filter(|dir| !dir.as_os_str().is_empty()),
            None => Some(self.git_dir()),
        };
        let inside = Inside::new(dir.unwrap_or(Path::new(".")))
            .map_err(|error| problem(Reason::Unreadable(error.to_string())))?;
        Index::read(&inside, path, self.id_len()).map_err(problem)
    }

    fn head_commit(&self) -> Option<ObjectId> {
        self.head_ref().and_then(|id| self.objects.has(&id).then_some(id))
    }
}

impl Staged {
    fn add(&mut self, entry: &IndexEntry, reader: &mut Reader<'_>) {
        const SUBMODULE: u32 = 0o160_000;
        const SPARSE_DIR: u32 = 0o040_000;
        match entry.mode & 0o170_000 {
            SUBMODULE => {}
            SPARSE_DIR => {
                let mut tree = Head::default();
                tree.read_all(entry.id, &entry.path, reader);
                for (path, id) in tree.files {
                    self.paths.entry(id).or_default().push(path);
                }
                self.problems.extend(tree.problems);
            }
            _ if entry.is_intent => {}
            _ => self.paths.entry(entry.id).or_default().push(entry.path.clone()),
        }
    }
}

/// The most files and directories in a sparse directory: trees may name one
/// tree many times over.
const MOST_SPARSE: usize = 1_000_000;

/// What `HEAD` holds, as far as it is not known to be the same as the index.
#[derive(Default)]
struct Head {
    files: HashMap<Vec<u8>, ObjectId>,
    /// Directories, with a slash behind, in which nothing differs.
    same: Vec<Vec<u8>>,
    problems: Vec<NotScanned>,
}

impl Head {
    fn read(&mut self, tree: ObjectId, index: &Index, reader: &mut Reader<'_>) {
        let mut open = vec![(Vec::new(), tree)];
        while let Some((path, tree)) = open.pop() {
            if index.trees.get(&path) == Some(&tree) {
                self.same.push(path);
                continue;
            }
            let at = index.entries.partition_point(|entry| entry.path < path);
            match index.entries.get(at) {
                Some(sparse) if sparse.path == path && sparse.id == tree => self.same.push(path),
                // What the index has nothing of is gone, however large.
                Some(entry) if entry.path.starts_with(&path) => {
                    self.read_tree(tree, &path, reader, &mut open);
                }
                _ => {}
            }
        }
    }

    fn read_all(&mut self, tree: ObjectId, path: &[u8], reader: &mut Reader<'_>) {
        let mut open = vec![(path.to_owned(), tree)];
        while let Some((path, tree)) = open.pop() {
            if self.files.len() + open.len() > MOST_SPARSE {
                let reason = Reason::Limit("files in a sparse directory".into());
                return self.problems.push(NotScanned { path, reason, bytes: None });
            }
            self.read_tree(tree, &path, reader, &mut open);
        }
    }

    fn read_tree(
        &mut self,
        tree: ObjectId,
        path: &[u8],
        reader: &mut Reader<'_>,
        open: &mut Vec<(Vec<u8>, ObjectId)>,
    ) {
        let bytes = match reader.read_kind(&tree, Kind::Tree) {
            Ok(bytes) => bytes,
            Err(reason) => return self.problems.push(not_scanned(&tree, reason)),
        };
        for entry in tree_entries(&bytes, tree.as_bytes().len()) {
            let Some(id) = ObjectId::from_bytes(entry.id) else { continue };
            let mut path = [path, entry.name].concat();
            if entry.is_tree() {
                path.push(b'/');
                open.push((path, id));
            } else if !entry.is_submodule() {
                self.files.insert(path, id);
            }
        }
    }

    fn differs(&self, entry: &IndexEntry) -> bool {
        let before = self.same.partition_point(|dir| dir.as_slice() <= entry.path.as_slice());
        let is_same =
            before.checked_sub(1).is_some_and(|at| entry.path.starts_with(&self.same[at]));
        !is_same && self.files.get(&entry.path) != Some(&entry.id)
    }
}

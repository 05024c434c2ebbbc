//! What leads into history: refs, loose and packed; the reflogs of all of
//! them; the heads of linked work trees; and what a fetch or merge left
//! behind. Read as files; Git's reftable format is not read.

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use leeward_model::{ObjectId, SafeText};

use super::{Repository, inside::path_bytes, object::parse_id};

/// Everything that keeps objects within reach.
#[derive(Debug, Default)]
pub(super) struct Refs {
    /// Full names of refs, and what they point to.
    pub(super) named: BTreeMap<Vec<u8>, ObjectId>,
    /// What `HEAD` points to, unless it is yet to be born.
    pub(super) head: Option<ObjectId>,
    /// What only reflogs and other heads point to.
    pub(super) unnamed: HashSet<ObjectId>,
    /// Earlier stashes, which only the reflog of `refs/stash` names.
    pub(super) stashed: HashSet<ObjectId>,
    /// Files that could not be read, in words.
    pub(super) problems: Vec<String>,
}

const REF_BYTES: u64 = 4 << 10;
const PACKED_BYTES: u64 = 1 << 30;
const LOG_BYTES: u64 = 256 << 20;
/// How deep names of refs may be nested.
const DEPTH: u32 = 64;
/// How often a ref may point to another.
const HOPS: u32 = 5;
/// Files beside `HEAD` that name objects.
const OTHER_HEADS: [&str; 8] = [
    "FETCH_HEAD",
    "ORIG_HEAD",
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "REBASE_HEAD",
    "AUTO_MERGE",
    "BISECT_HEAD",
];

/// Said of a repository whose refs are in a format that is not read.
pub(super) const UNREAD_REFS: &str = "the repository keeps its refs in a format that is not read \
     here: all objects are scanned, but what leads to them is not known";

impl Repository {
    pub(super) fn has_unread_refs(&self) -> bool {
        self.config.ref_storage.as_deref().is_some_and(|format| format != b"files")
    }

    /// Reads all refs and reflogs.
    pub(super) fn refs(&self) -> Refs {
        let mut refs = Refs::default();
        if self.has_unread_refs() {
            refs.problems.push(UNREAD_REFS.into());
            return refs;
        }
        let common = self.common_dir().to_owned();
        self.read_packed(&mut refs);
        self.read_loose(&common.join("refs"), b"refs", DEPTH, &mut refs);
        self.read_logs(&common.join("logs"), DEPTH, &mut refs);
        self.read_heads(&common, &mut refs);
        refs.head = self.resolve(self.git_dir(), b"HEAD", HOPS, &refs);
        for tree in self.list(&common.join("worktrees"), &mut refs) {
            refs.unnamed.extend(self.resolve(&tree, b"HEAD", HOPS, &refs));
            self.read_loose(&tree.join("refs"), b"refs", DEPTH, &mut refs);
            self.read_logs(&tree.join("logs"), DEPTH, &mut refs);
            self.read_heads(&tree, &mut refs);
        }
        refs
    }

    /// The refs whose full names begin like this, without reading all of them;
    /// a name that ends with a slash is a directory of them.
    pub(super) fn refs_below(&self, prefix: &str) -> BTreeMap<Vec<u8>, ObjectId> {
        let mut refs = Refs::default();
        self.read_packed(&mut refs);
        refs.named.retain(|name, _| name.starts_with(prefix.as_bytes()));
        let dir = prefix.trim_end_matches('/');
        let is_plain =
            Path::new(dir).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if is_plain && prefix.ends_with('/') {
            self.read_loose(&self.common_dir().join(dir), dir.as_bytes(), DEPTH, &mut refs);
        } else if is_plain
            && let Some(id) = self.resolve(self.git_dir(), dir.as_bytes(), HOPS, &refs)
        {
            refs.named.insert(dir.as_bytes().to_vec(), id);
        }
        refs.named
    }

    /// What `HEAD` points to, without reading all refs.
    pub(super) fn head_ref(&self) -> Option<ObjectId> {
        let mut refs = Refs::default();
        self.resolve(self.git_dir(), b"HEAD", HOPS, &refs).or_else(|| {
            self.read_packed(&mut refs);
            self.resolve(self.git_dir(), b"HEAD", HOPS, &refs)
        })
    }

    /// What one ref points to, by its full name or `HEAD`, without reading
    /// all of them.
    pub(super) fn find_ref(&self, name: &[u8], refs: &Refs) -> Option<ObjectId> {
        self.resolve(self.git_dir(), name, HOPS, refs)
    }

    fn read_packed(&self, refs: &mut Refs) {
        let path = self.common_dir().join("packed-refs");
        let Some(text) = self.read_file(&path, PACKED_BYTES, refs) else { return };
        for line in text.split(|&byte| byte == b'\n') {
            let Some((id, name)) = split_at_space(line) else { continue };
            if let Some(id) = parse_id(id) {
                refs.named.insert(name.trim_ascii_end().to_owned(), id);
            }
        }
    }

    fn read_loose(&self, dir: &Path, prefix: &[u8], depth: u32, refs: &mut Refs) {
        for path in self.list(dir, refs) {
            let name = path.file_name().map(|name| path_bytes(Path::new(name)));
            let name = [prefix, b"/", &name.unwrap_or_default()].concat();
            if path.is_dir() {
                match depth.checked_sub(1) {
                    Some(depth) => self.read_loose(&path, &name, depth, refs),
                    None => refs.problem(&path, "it is nested too deep"),
                }
            } else if !name.ends_with(b".lock")
                && let Some(text) = self.read_file(&path, REF_BYTES, refs)
            {
                let id = match text.strip_prefix(b"ref:") {
                    Some(name) => self.resolve(self.git_dir(), name.trim_ascii(), HOPS, refs),
                    None => parse_id(text.trim_ascii()),
                };
                if let Some(id) = id {
                    refs.named.insert(name, id);
                }
            }
        }
    }

    fn read_logs(&self, path: &Path, depth: u32, refs: &mut Refs) {
        for path in self.list(path, refs) {
            if path.is_dir() {
                match depth.checked_sub(1) {
                    Some(depth) => self.read_logs(&path, depth, refs),
                    None => refs.problem(&path, "it is nested too deep"),
                }
            } else if let Some(text) = self.read_file(&path, LOG_BYTES, refs) {
                let is_stash = path.ends_with("logs/refs/stash");
                let ids = text
                    .split(|&byte| byte == b'\n')
                    .flat_map(|line| line.split(|&byte| byte == b' ').take(2).filter_map(parse_id));
                let into = if is_stash { &mut refs.stashed } else { &mut refs.unnamed };
                into.extend(ids);
            }
        }
    }

    fn read_heads(&self, dir: &Path, refs: &mut Refs) {
        for name in OTHER_HEADS {
            if let Some(text) = self.read_file(&dir.join(name), LOG_BYTES, refs) {
                let first_words = text.split(|&byte| byte == b'\n').filter_map(|line| {
                    parse_id(line.split(|byte| byte.is_ascii_whitespace()).next()?)
                });
                refs.unnamed.extend(first_words);
            }
        }
    }

    /// Follows a ref by name to an object.
    fn resolve(&self, dir: &Path, name: &[u8], hops: u32, refs: &Refs) -> Option<ObjectId> {
        let inner = std::str::from_utf8(name).ok()?;
        // Names come from the repository too: none may climb out of it.
        if Path::new(inner)
            .components()
            .any(|part| !matches!(part, std::path::Component::Normal(_)))
        {
            return None;
        }
        let read = |dir: &Path| self.inside().read(&dir.join(inner), REF_BYTES).ok().flatten();
        let Some(text) = read(dir).or_else(|| read(self.common_dir())) else {
            return refs.named.get(name).copied();
        };
        match text.strip_prefix(b"ref:") {
            Some(next) => self.resolve(dir, next.trim_ascii(), hops.checked_sub(1)?, refs),
            None => parse_id(text.trim_ascii()),
        }
    }

    fn list(&self, dir: &Path, refs: &mut Refs) -> Vec<PathBuf> {
        self.inside().list(dir).unwrap_or_else(|reason| {
            refs.problem(dir, reason.detail().unwrap_or(reason.name()));
            Vec::new()
        })
    }

    fn read_file(&self, path: &Path, limit: u64, refs: &mut Refs) -> Option<Vec<u8>> {
        self.inside().read(path, limit).unwrap_or_else(|reason| {
            refs.problem(path, reason.detail().unwrap_or(reason.name()));
            None
        })
    }
}

impl Refs {
    fn problem(&mut self, path: &Path, detail: &str) {
        let path = path_bytes(path);
        let (path, detail) = (SafeText::new(&path), SafeText::new(detail));
        self.problems.push(format!("failed to read `{path}` of the repository: {detail}"));
    }
}

fn split_at_space(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = memchr::memchr(b' ', line)?;
    Some((&line[..space], &line[space + 1..]))
}

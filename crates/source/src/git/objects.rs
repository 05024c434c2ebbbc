//! The object database: packs, and directories of loose objects.
//!
//! Alternates are followed only while they stay inside the repository; what
//! would lead elsewhere is told as a problem and not opened, unless whoever
//! opens the repository says that they are their own.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use leeward_model::{NotScanned, ObjectId, Reason};

use super::{
    inside::{Inside, path_bytes},
    loose::{self, Loose},
    pack::Pack,
};

/// Everything that holds objects of a repository.
#[derive(Debug)]
pub(super) struct Objects {
    pub(super) inside: Inside,
    pub(super) id_len: usize,
    /// The largest first: others rarely hold what it does not.
    pub(super) packs: Vec<Pack>,
    pub(super) loose_dirs: Vec<PathBuf>,
    /// What could not be opened.
    pub(super) problems: Vec<NotScanned>,
    /// Whether lists of alternates may lead anywhere.
    borrows: bool,
}

/// How deep alternates may name each other; Git's own bound.
const ALTERNATES_DEPTH: u32 = 5;
/// The most bytes of a list of alternates.
const ALTERNATES_BYTES: u64 = 1 << 20;

impl Objects {
    /// Opens all packs below `objects` and its alternates.
    pub(super) fn open(inside: &Inside, objects: &Path, id_len: usize) -> Self {
        let mut database = Self::empty(inside, id_len);
        database.add(objects);
        database
    }

    /// Opens all packs below `objects`, and follows its lists of alternates
    /// wherever they lead.
    pub(super) fn borrowing(inside: &Inside, objects: &Path, id_len: usize) -> Self {
        let mut database = Self { borrows: true, ..Self::empty(inside, id_len) };
        database.add(objects);
        database
    }

    /// Opens what lies in one directory and nothing that it borrows.
    pub(super) fn alone(inside: &Inside, objects: &Path, id_len: usize) -> Self {
        let mut database = Self::empty(inside, id_len);
        match inside.resolve(objects) {
            Ok(Some(dir)) => {
                database.add_packs(&dir.join("pack"));
                database.loose_dirs.push(dir);
            }
            Ok(None) => {}
            Err(reason) => database.problem(objects, reason),
        }
        database
    }

    fn empty(inside: &Inside, id_len: usize) -> Self {
        Self {
            inside: inside.clone(),
            id_len,
            packs: Vec::new(),
            loose_dirs: Vec::new(),
            problems: Vec::new(),
            borrows: false,
        }
    }

    /// Opens what lies below one more directory, inside the repository too.
    pub(super) fn add(&mut self, objects: &Path) {
        self.add_dir(objects, ALTERNATES_DEPTH);
        self.packs.sort_by_key(|pack| std::cmp::Reverse(pack.end()));
    }

    /// Whether any pack holds an object.
    pub(super) fn is_packed(&self, id: &ObjectId) -> bool {
        self.packs.iter().any(|pack| pack.index.find(id.as_bytes()).is_some())
    }

    /// Whether there is an object of that name.
    pub(super) fn has(&self, id: &ObjectId) -> bool {
        self.is_packed(id)
            || self.loose_dirs.iter().any(|dir| {
                let hex = id.to_string();
                dir.join(&hex[..2]).join(&hex[2..]).is_file()
            })
    }

    /// Opens a loose object, from whichever directory has it.
    pub(super) fn loose(&self, id: &ObjectId) -> Result<Option<Loose>, Reason> {
        for dir in &self.loose_dirs {
            if let Some(loose) = Loose::open(&self.inside, dir, id)? {
                return Ok(Some(loose));
            }
        }
        Ok(None)
    }

    /// The names of all loose objects, in order, each once; directories that
    /// cannot be listed are told.
    pub(super) fn loose_ids(&self, problems: &mut Vec<NotScanned>) -> Vec<ObjectId> {
        let mut ids = Vec::new();
        for dir in &self.loose_dirs {
            ids.extend(loose::list(&self.inside, dir, self.id_len, problems));
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The names of all objects that begin with these whole bytes; stops soon
    /// after there is more than one.
    pub(super) fn starting_with(&self, prefix: &[u8]) -> Vec<ObjectId> {
        let mut found = Vec::new();
        for pack in &self.packs {
            found.extend(pack.index.starting_with(prefix).filter_map(|at| pack.index.id(at)));
        }
        let mut ignored = Vec::new();
        for dir in &self.loose_dirs {
            let loose = loose::list(&self.inside, dir, self.id_len, &mut ignored);
            found.extend(loose.into_iter().filter(|id| id.as_bytes().starts_with(prefix)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn add_dir(&mut self, objects: &Path, depth: u32) {
        if self.borrows {
            self.inside.allow(objects);
        }
        let dir = match self.inside.resolve(objects) {
            Ok(Some(dir)) => dir,
            Ok(None) => return,
            Err(reason) => return self.problem(objects, reason),
        };
        if self.loose_dirs.contains(&dir) {
            return;
        }
        self.add_packs(&dir.join("pack"));
        self.loose_dirs.push(dir.clone());
        let list = dir.join("info/alternates");
        match self.inside.read(&list, ALTERNATES_BYTES) {
            Ok(None) => {}
            Ok(Some(_)) if depth == 0 => {
                self.problem(&list, Reason::Limit("depth of alternates".into()));
            }
            Ok(Some(lines)) => {
                let lines = lines.split(|&byte| byte == b'\n');
                for line in lines.filter(|line| !line.is_empty() && line[0] != b'#') {
                    self.add_dir(&dir.join(path_of(line)), depth - 1);
                }
            }
            Err(reason) => self.problem(&list, reason),
        }
    }

    fn add_packs(&mut self, dir: &Path) {
        let paths = match self.inside.list(dir) {
            Ok(paths) => paths,
            Err(reason) => return self.problem(dir, reason),
        };
        for path in &paths {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("pack") => match self.open_pack(path) {
                    Ok(pack) => self.packs.push(pack),
                    Err(reason) => self.problem(path, reason),
                },
                Some("idx") if !paths.contains(&path.with_extension("pack")) => {
                    self.problem(path, corrupt("the pack of this index is missing"));
                }
                _ => {}
            }
        }
    }

    fn open_pack(&self, path: &Path) -> Result<Pack, Reason> {
        let open = |path: &Path| -> Result<File, Reason> {
            let missing = "the pack has no index; `git index-pack` makes one";
            self.inside.open(path)?.ok_or_else(|| Reason::Corrupt(missing.into()))
        };
        let (pack, index) = (open(path)?, open(&path.with_extension("idx"))?);
        Pack::open(path, &pack, &index, self.id_len).map_err(Reason::Corrupt)
    }

    fn problem(&mut self, path: &Path, reason: Reason) {
        self.problems.push(NotScanned { path: path_bytes(path), reason, bytes: None });
    }
}

/// A path as a repository's file spells it.
#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A path as a repository's file spells it.
#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// An object that was left out.
pub(super) fn not_scanned(id: &ObjectId, reason: Reason) -> NotScanned {
    NotScanned { path: id.to_string().into_bytes(), reason, bytes: None }
}

/// Damage, with what is wrong.
pub(super) fn corrupt(detail: &str) -> Reason {
    Reason::Corrupt(detail.to_owned())
}

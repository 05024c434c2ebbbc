//! Finds and opens a repository, trusting it with nothing.
//!
//! The repository may be anybody's and may say anything about itself: no
//! hook, filter, alias, include or remote of it is ever used, replacements
//! and grafts are not applied, and no owner is checked because nothing is
//! executed. Only the parts of its configuration that say how its files are
//! laid out are read; see `config`.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use leeward_model::{ObjectId, Reason, SafeText};

use super::{
    arrived::Arrived,
    config::Config,
    inside::{Inside, path_bytes},
    objects::Objects,
    reader::Reader,
};

/// An opened Git repository.
#[derive(Debug)]
pub struct Repository {
    git_dir: PathBuf,
    work_tree: Option<PathBuf>,
    pub(super) config: Config,
    pub(super) objects: Objects,
    pub(super) arrived: Option<Arrived>,
    is_shallow: bool,
}

/// Why a repository could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// There is no repository at the path.
    NotARepository(PathBuf),
    /// What should lead to the git directory of this work tree leads to one
    /// that does not lead back.
    NotItsOwn(PathBuf),
    /// A file that says how to read the rest could not be read.
    Unreadable(PathBuf, Reason),
    /// A format this version cannot read.
    UnknownFormat(&'static str, String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &Path| SafeText::new(&path_bytes(path)).to_string();
        match self {
            Self::NotARepository(path) => {
                write!(f, "`{}` is not a git repository", shown(path))
            }
            Self::NotItsOwn(path) => write!(
                f,
                "`{}` points to a git directory that does not point back; \
                 scan that directory by its own path",
                shown(path)
            ),
            Self::Unreadable(path, reason) => {
                let detail = reason.detail().unwrap_or(reason.name());
                write!(f, "failed to read `{}`: {}", shown(path), SafeText::new(detail))
            }
            Self::UnknownFormat(what, name) => {
                let name = SafeText::new(name);
                write!(f, "the repository uses the unknown {what} `{name}`")
            }
        }
    }
}

impl std::error::Error for OpenError {}

/// The most bytes read of a file that says how to read the rest.
const SMALL: u64 = 1 << 20;

impl Repository {
    /// Opens the repository at a path: a work tree's root, a `.git` directory
    /// or a bare repository. A `.git` file (of a linked work tree or a
    /// submodule) is followed if the directory it names points back.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::try_open(path)?.ok_or_else(|| OpenError::NotARepository(path.to_owned()))
    }

    /// Opens the repository that a path lies in, if any.
    pub fn discover(path: &Path) -> Result<Option<Self>, OpenError> {
        if let Some(repository) = Self::try_open(path)? {
            return Ok(Some(repository));
        }
        // Resolved, because the parent of `a/..` is not `a`.
        let Ok(resolved) = fs::canonicalize(path) else { return Ok(None) };
        for dir in resolved.ancestors().skip(1) {
            if let Some(repository) = Self::try_open(dir)? {
                return Ok(Some(repository));
            }
        }
        Ok(None)
    }

    /// Lets lists of alternates lead anywhere: for whoever runs the server
    /// that the repository is on, and wrote them.
    #[must_use]
    pub fn borrowing(mut self) -> Self {
        let inside = &self.objects.inside;
        self.objects = Objects::borrowing(inside, &inside.root().join("objects"), self.id_len());
        self
    }

    /// Takes in the objects of one more directory.
    #[must_use]
    pub fn with_objects(mut self, dir: &Path) -> Self {
        self.objects.add(dir);
        self
    }

    /// Takes in objects that a push has brought and that Git keeps apart
    /// until its hooks agree: the directory it names to them. All of them are
    /// shown by [`Selection::Beyond`](super::Selection::Beyond).
    #[must_use]
    pub fn receiving(mut self, dir: &Path) -> Self {
        self.objects.add(dir);
        self.arrived = Some(Arrived::new(&self.objects.inside, dir, self.id_len()));
        self
    }

    /// The directory that holds `HEAD` and the index.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The root of the checked-out files, unless the repository is bare.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// Whether older history was left out when this repository was cloned.
    pub fn is_shallow(&self) -> bool {
        self.is_shallow
    }

    /// Whether objects were left with a remote when this repository was
    /// cloned.
    pub fn is_partial(&self) -> bool {
        self.config.is_partial
    }

    /// Whether its own configuration lets a push carry options; `None` if that
    /// is left to the configuration of the user or the machine.
    pub fn takes_push_options(&self) -> Option<bool> {
        self.config.takes_push_options
    }

    /// The content of one object, from whichever copy can be read.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read_object(&self, id: &ObjectId) -> Result<Vec<u8>, Reason> {
        let (_, bytes) = Reader::new(&self.objects).read(id)?;
        Ok(Arc::unwrap_or_clone(bytes))
    }

    /// The directory that holds objects and refs: that of the main work tree,
    /// when this is a linked one.
    pub(super) fn common_dir(&self) -> &Path {
        self.objects.inside.root()
    }

    pub(super) fn inside(&self) -> &Inside {
        &self.objects.inside
    }

    pub(super) fn id_len(&self) -> usize {
        self.objects.id_len
    }

    fn try_open(path: &Path) -> Result<Option<Self>, OpenError> {
        let dot_git = path.join(".git");
        match fs::metadata(&dot_git) {
            Ok(meta) if meta.is_dir() && is_git_dir(&dot_git) => {
                if leads_out(&dot_git, path) {
                    return Err(OpenError::NotItsOwn(dot_git));
                }
                return Self::open_dir(&dot_git, Some(path)).map(Some);
            }
            Ok(meta) if meta.is_file() => return Self::open_linked(&dot_git, path).map(Some),
            _ => {}
        }
        if !is_git_dir(path) {
            return Ok(None);
        }
        let is_dot_git = fs::canonicalize(path).ok().filter(|path| path.ends_with(".git"));
        let around = is_dot_git.as_deref().and_then(Path::parent);
        let repository = Self::open_dir(path, around)?;
        Ok(Some(repository))
    }

    /// Follows a `.git` file.
    fn open_linked(dot_git: &Path, work_tree: &Path) -> Result<Self, OpenError> {
        let unreadable = |reason| OpenError::Unreadable(dot_git.to_owned(), reason);
        let bytes =
            fs::read(dot_git).map_err(|error| unreadable(Reason::Unreadable(error.to_string())))?;
        let target = bytes
            .strip_prefix(b"gitdir:")
            .and_then(|path| std::str::from_utf8(path).ok())
            .ok_or_else(|| OpenError::NotARepository(work_tree.to_owned()))?;
        let git_dir = work_tree.join(target.trim());
        if !is_git_dir(&git_dir) && !git_dir.join("commondir").is_file() {
            return Err(OpenError::NotARepository(git_dir));
        }
        if !points_back(&git_dir, dot_git, work_tree) {
            return Err(OpenError::NotItsOwn(dot_git.to_owned()));
        }
        Self::open_dir(&git_dir, Some(work_tree))
    }

    fn open_dir(git_dir: &Path, around: Option<&Path>) -> Result<Self, OpenError> {
        let common = common_dir_of(git_dir)?;
        if common != git_dir && leads_out(git_dir, &common.join("worktrees")) {
            return Err(OpenError::NotItsOwn(git_dir.join("commondir")));
        }
        let inside = Inside::new(&common).map_err(|error| refused(&common, &error))?;
        Self::open_inside(git_dir, &common, &inside, around)
    }

    /// Opens a git directory of the user's own, whose links and borrowed objects
    /// are followed wherever they lead.
    pub(super) fn open_trusted(git_dir: &Path, around: Option<&Path>) -> Result<Self, OpenError> {
        if !is_git_dir(git_dir) && !git_dir.join("commondir").is_file() {
            return Err(OpenError::NotARepository(git_dir.to_owned()));
        }
        let common = common_dir_of(git_dir)?;
        let inside = Inside::anywhere(&common).map_err(|error| refused(&common, &error))?;
        Self::open_inside(git_dir, &common, &inside, around)
    }

    fn open_inside(
        git_dir: &Path,
        common: &Path,
        inside: &Inside,
        around: Option<&Path>,
    ) -> Result<Self, OpenError> {
        let unreadable = |path: &Path, reason| OpenError::Unreadable(path.to_owned(), reason);
        let config_path = common.join("config");
        let text =
            inside.read(&config_path, SMALL).map_err(|reason| unreadable(&config_path, reason))?;
        let config = Config::parse(&text.unwrap_or_default());
        let id_len = id_len(&config)?;
        let work_tree = around.filter(|_| config.bare != Some(true));
        Ok(Self {
            git_dir: git_dir.to_owned(),
            work_tree: work_tree.map(Path::to_owned),
            objects: Objects::open(inside, &common.join("objects"), id_len),
            arrived: None,
            is_shallow: common.join("shallow").is_file(),
            config,
        })
    }
}

fn common_dir_of(git_dir: &Path) -> Result<PathBuf, OpenError> {
    common_dir(git_dir).map_err(|error| refused(git_dir, &error))
}

fn refused(path: &Path, error: &io::Error) -> OpenError {
    OpenError::Unreadable(path.to_owned(), Reason::Unreadable(error.to_string()))
}

/// Git's own test: a `HEAD`, and places for objects and refs.
fn is_git_dir(path: &Path) -> bool {
    // A linked work tree's directory has its objects elsewhere.
    let has_objects = path.join("objects").is_dir() && path.join("refs").is_dir();
    fs::symlink_metadata(path.join("HEAD")).is_ok()
        && (has_objects || path.join("commondir").is_file())
}

/// Whether a path, links resolved, does not lie below a directory.
fn leads_out(path: &Path, dir: &Path) -> bool {
    match (fs::canonicalize(path), fs::canonicalize(dir)) {
        (Ok(path), Ok(dir)) => !path.starts_with(dir),
        _ => true,
    }
}

/// Whether a git directory says that it belongs to this work tree: a linked
/// one by its `gitdir` file, a submodule's by its configuration.
fn points_back(git_dir: &Path, dot_git: &Path, work_tree: &Path) -> bool {
    let same = |one: &Path, other: &Path| matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(a), Ok(b)) if a == b);
    if let Ok(back) = fs::read_to_string(git_dir.join("gitdir")) {
        return same(&git_dir.join(back.trim()), dot_git);
    }
    let config = fs::read(git_dir.join("config")).map(|text| Config::parse(&text));
    let claimed = config.ok().and_then(|config| config.work_tree);
    let claimed = claimed.and_then(|path| String::from_utf8(path).ok());
    claimed.is_some_and(|path| same(&git_dir.join(path), work_tree))
}

/// Where a linked work tree's repository has its objects and refs.
fn common_dir(git_dir: &Path) -> io::Result<PathBuf> {
    match fs::read_to_string(git_dir.join("commondir")) {
        Ok(path) => Ok(git_dir.join(path.trim())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(git_dir.to_owned()),
        Err(error) => Err(error),
    }
}

fn id_len(config: &Config) -> Result<usize, OpenError> {
    match config.object_format.as_deref() {
        None | Some(b"sha1") => Ok(20),
        Some(b"sha256") => Ok(32),
        Some(other) => Err(OpenError::UnknownFormat(
            "object format",
            String::from_utf8_lossy(other).into_owned(),
        )),
    }
}

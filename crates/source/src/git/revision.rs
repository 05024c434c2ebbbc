//! Reads ranges of commits as Git writes them, and walks the commits in them.
//!
//! Understood are full and abbreviated object names, refs by any of their
//! names, `HEAD` and `@`, the suffixes `~`, `~2`, `^`, `^2` and `^{}`, and the
//! combinations `a`, `^a`, `a..b` and `a...b`, several of them apart by
//! spaces. Reflog and upstream notations such as `@{1}` are refused.

use std::{
    collections::{BinaryHeap, HashMap, HashSet},
    fmt,
    sync::Arc,
};

use leeward_model::{ObjectId, SafeText};

use super::{
    Repository,
    object::{CommitLinks, Kind, commit_links, header, parse_id},
    reader::Reader,
    refs::Refs,
};

/// Why a range is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevisionError {
    /// Nothing has this name.
    Unknown(String),
    /// Several objects' names begin like this.
    Ambiguous(String),
    /// A notation of Git's that is not read here.
    Unsupported(String),
    /// It names no commit.
    NotACommit(String),
    /// There is nothing in the range to begin with.
    Empty,
}

impl fmt::Display for RevisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                write!(f, "no ref or object is called `{}`", SafeText::new(name))
            }
            Self::Ambiguous(name) => {
                write!(f, "several objects begin with `{}`; give more digits", SafeText::new(name))
            }
            Self::Unsupported(name) => write!(
                f,
                "`{}` is a notation that is not understood; give a ref or an object name",
                SafeText::new(name)
            ),
            Self::NotACommit(name) => write!(f, "`{}` is not a commit", SafeText::new(name)),
            Self::Empty => f.write_str("it names no commit to begin with"),
        }
    }
}

impl std::error::Error for RevisionError {}

/// Where a walk begins, and what it leaves out with all its ancestors.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ends {
    include: Vec<ObjectId>,
    exclude: Vec<ObjectId>,
}

/// A commit of a range.
#[derive(Clone, Debug)]
pub(super) struct Selected {
    pub(super) id: ObjectId,
    pub(super) text: Arc<Vec<u8>>,
    pub(super) links: CommitLinks,
}

impl Repository {
    /// Whether a revision, such as a full name of a ref or an object name, is
    /// a commit that is here.
    pub fn has_commit(&self, revision: &str) -> bool {
        let refs = self.refs();
        let mut reader = Reader::new(&self.objects);
        let mut resolver = Resolver { repository: self, refs: &refs, reader: &mut reader };
        let id = resolver.commit(revision);
        id.is_ok_and(|id| reader.read_kind(&id, Kind::Commit).is_ok())
    }

    /// The commits of a range, newest first, and those that are not here.
    pub(super) fn select(
        &self,
        range: &str,
        reader: &mut Reader<'_>,
    ) -> Result<(Vec<Selected>, Vec<ObjectId>), RevisionError> {
        let refs = self.refs();
        let mut resolver = Resolver { repository: self, refs: &refs, reader };
        let ends = resolver.ends(range)?;
        let walked = walk(&ends, reader, &|| false);
        Ok((walked.found, walked.missing))
    }
}

/// The commits that some lead to and others do not, newest first. All are
/// commits; what is not here of those that are left out does not matter.
pub(super) fn beyond(
    include: Vec<ObjectId>,
    exclude: Vec<ObjectId>,
    reader: &mut Reader<'_>,
    is_stopped: &dyn Fn() -> bool,
) -> (Vec<Selected>, Vec<ObjectId>) {
    let mut walked = walk(&Ends { include, exclude }, reader, is_stopped);
    walked.missing.retain(|id| walked.flags.get(id).is_none_or(|flags| flags & EXCLUDED == 0));
    (walked.found, walked.missing)
}

/// What a walk came upon.
struct Found {
    found: Vec<Selected>,
    missing: Vec<ObjectId>,
    flags: HashMap<ObjectId, u8>,
}

const EXCLUDED: u8 = 1;
const LEFT: u8 = 2;
const RIGHT: u8 = 4;

/// Walks from the newest commit down until only excluded ones are left.
fn walk(ends: &Ends, reader: &mut Reader<'_>, is_stopped: &dyn Fn() -> bool) -> Found {
    let mut commits = Walked::default();
    for (ids, flag) in [(&ends.include, 0), (&ends.exclude, EXCLUDED)] {
        for id in ids {
            commits.meet(*id, flag, reader);
        }
    }
    let mut found = Vec::new();
    while commits.wanted > 0
        && !is_stopped()
        && let Some((flags, commit)) = commits.newest()
    {
        for parent in &commit.links.parents {
            commits.meet(*parent, flags & EXCLUDED, reader);
        }
        if flags & EXCLUDED == 0 {
            found.push(commit);
        }
    }
    // Clocks that went wrong may exclude a commit only after it was found.
    found.retain(|commit| commits.flags.get(&commit.id).is_none_or(|flags| flags & EXCLUDED == 0));
    Found { found, missing: commits.missing, flags: commits.flags }
}

/// The commits that two have in common.
fn common(left: ObjectId, right: ObjectId, reader: &mut Reader<'_>) -> Vec<ObjectId> {
    const BOTH: u8 = LEFT | RIGHT;
    let mut commits = Walked::default();
    commits.meet(left, LEFT, reader);
    commits.meet(right, RIGHT, reader);
    let mut common = Vec::new();
    while commits.wanted > 0
        && let Some((flags, commit)) = commits.newest()
    {
        let mut pass_on = flags;
        if flags & BOTH == BOTH {
            common.push(commit.id);
            pass_on |= EXCLUDED;
        }
        for parent in &commit.links.parents {
            commits.meet(*parent, pass_on, reader);
        }
    }
    common
}

/// Commits met on a walk, the newest of which is next.
#[derive(Default)]
struct Walked {
    flags: HashMap<ObjectId, u8>,
    queue: BinaryHeap<(i64, ObjectId)>,
    waiting: HashMap<ObjectId, Selected>,
    /// How many of those waiting are not excluded.
    wanted: usize,
    missing: Vec<ObjectId>,
}

impl Walked {
    fn meet(&mut self, id: ObjectId, flags: u8, reader: &mut Reader<'_>) {
        if let Some(before) = self.flags.get_mut(&id) {
            let after = *before | flags;
            let is_news = after & EXCLUDED > *before & EXCLUDED;
            *before = after;
            if is_news && self.waiting.contains_key(&id) {
                self.wanted -= 1;
            }
            return;
        }
        self.flags.insert(id, flags);
        let read = reader.read_kind(&id, Kind::Commit).ok();
        let Some((text, links)) = read
            .and_then(|text| Some((commit_links(&text)?, text)))
            .map(|(links, text)| (text, links))
        else {
            return self.missing.push(id);
        };
        self.queue.push((links.committed_at, id));
        self.waiting.insert(id, Selected { id, text, links });
        if flags & EXCLUDED == 0 {
            self.wanted += 1;
        }
    }

    fn newest(&mut self) -> Option<(u8, Selected)> {
        let (_, id) = self.queue.pop()?;
        let commit = self.waiting.remove(&id)?;
        let flags = self.flags.get(&id).copied().unwrap_or_default();
        if flags & EXCLUDED == 0 {
            self.wanted -= 1;
        }
        Some((flags, commit))
    }
}

struct Resolver<'a, 'r> {
    repository: &'a Repository,
    refs: &'a Refs,
    reader: &'a mut Reader<'r>,
}

impl Resolver<'_, '_> {
    fn ends(&mut self, range: &str) -> Result<Ends, RevisionError> {
        let mut ends = Ends::default();
        for part in range.split_whitespace() {
            if let Some((left, right)) = part.split_once("...") {
                let (left, right) = (self.commit(left)?, self.commit(right)?);
                ends.include.extend([left, right]);
                ends.exclude.extend(common(left, right, self.reader));
            } else if let Some((left, right)) = part.split_once("..") {
                ends.exclude.push(self.commit(left)?);
                ends.include.push(self.commit(right)?);
            } else if let Some(name) = part.strip_prefix('^') {
                ends.exclude.push(self.commit(name)?);
            } else {
                ends.include.push(self.commit(part)?);
            }
        }
        if ends.include.is_empty() { Err(RevisionError::Empty) } else { Ok(ends) }
    }

    /// A commit by name and suffixes; nothing means `HEAD`.
    fn commit(&mut self, spelled: &str) -> Result<ObjectId, RevisionError> {
        if spelled.contains("@{") || spelled.contains(':') || spelled.starts_with('-') {
            return Err(RevisionError::Unsupported(spelled.to_owned()));
        }
        let end = spelled.find(['~', '^']).unwrap_or(spelled.len());
        let (name, mut suffixes) = spelled.split_at(end);
        let mut id = self.peeled(self.named(name)?, spelled)?;
        while let Some(suffix) = suffixes.chars().next() {
            let rest = &suffixes[1..];
            if let Some(after) = rest.strip_prefix("{}").or_else(|| rest.strip_prefix("{commit}")) {
                suffixes = after;
                continue;
            }
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let unsupported = || RevisionError::Unsupported(spelled.to_owned());
            let number = match &rest[..digits] {
                "" => 1,
                number => number.parse::<u32>().map_err(|_| unsupported())?,
            };
            let unknown = || RevisionError::Unknown(spelled.to_owned());
            id = match suffix {
                '~' => (0..number).try_fold(id, |id, _| self.parent(&id, 1)).ok_or_else(unknown)?,
                '^' if number == 0 => id,
                '^' => self.parent(&id, number).ok_or_else(unknown)?,
                _ => return Err(unsupported()),
            };
            suffixes = &rest[digits..];
        }
        Ok(id)
    }

    fn parent(&mut self, id: &ObjectId, number: u32) -> Option<ObjectId> {
        let text = self.reader.read_kind(id, Kind::Commit).ok()?;
        commit_links(&text)?.parents.get(number as usize - 1).copied()
    }

    /// The object of a name, in Git's order of precedence.
    fn named(&self, name: &str) -> Result<ObjectId, RevisionError> {
        let name = if matches!(name, "" | "@") { "HEAD" } else { name };
        if let Some(id) = parse_id(name.as_bytes()) {
            return Ok(id);
        }
        let spellings = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"]
            .map(|prefix| format!("{prefix}{name}"));
        let remote_head = format!("refs/remotes/{name}/HEAD");
        let found = spellings.iter().chain([&remote_head]).find_map(|full| {
            let is_ref = full.starts_with("refs/") || full.ends_with("HEAD");
            is_ref.then(|| self.repository.find_ref(full.as_bytes(), self.refs)).flatten()
        });
        found.map_or_else(|| self.abbreviated(name), Ok)
    }

    fn abbreviated(&self, name: &str) -> Result<ObjectId, RevisionError> {
        let unknown = || RevisionError::Unknown(name.to_owned());
        let is_hex = name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if name.len() < 4 || name.len() > 2 * self.repository.id_len() || !is_hex {
            return Err(unknown());
        }
        let whole = format!("{:0<64}", &name[..name.len() & !1]);
        let prefix = parse_id(whole.as_bytes()).ok_or_else(unknown)?;
        let lower = name.to_ascii_lowercase();
        let mut found: Vec<ObjectId> =
            self.repository.objects.starting_with(&prefix.as_bytes()[..name.len() / 2]);
        found.retain(|id| id.to_string().starts_with(&lower));
        match found.as_slice() {
            [] => Err(unknown()),
            [id] => Ok(*id),
            _ => Err(RevisionError::Ambiguous(name.to_owned())),
        }
    }

    /// Follows annotated tags.
    fn peeled(&mut self, id: ObjectId, spelled: &str) -> Result<ObjectId, RevisionError> {
        let (mut id, mut met) = (id, HashSet::new());
        while met.insert(id) {
            match self.reader.read(&id) {
                Ok((Kind::Commit, _)) => return Ok(id),
                Ok((Kind::Tag, text)) => {
                    let target = header(&text, b"object").and_then(parse_id);
                    id = target.ok_or_else(|| RevisionError::NotACommit(spelled.to_owned()))?;
                }
                Ok(_) => break,
                Err(_) => return Err(RevisionError::Unknown(spelled.to_owned())),
            }
        }
        Err(RevisionError::NotACommit(spelled.to_owned()))
    }
}

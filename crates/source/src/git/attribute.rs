//! Says how objects came into history: by which commit, under which paths,
//! and what still leads to them. Done for the few objects with findings, so
//! that a scan never has to ask for any other.

use std::collections::{BTreeSet, HashMap, HashSet};

use leeward_model::{Commit, History, ObjectId, Signature};

use super::{
    Repository, ScanError,
    graph::Graph,
    holders::Holders,
    object::{Kind, header, signature, summary},
    reader::Reader,
    refs::Refs,
};
use crate::Progress;

/// Objects worked on at once: one bit each.
const BATCH: usize = 64;
/// The most paths told of one object.
const MOST_PATHS: usize = 1000;
/// The most refs told of one object.
const MOST_REFS: usize = 1000;
/// Trees looked into for paths, each as often as it has prefixes: a bound
/// against trees that name one another to multiply.
const MOST_STEPS: usize = 2_000_000;
/// Marks the root tree of a commit that holds nothing looked for.
const NO_NODE: u32 = u32::MAX;

/// What was found out of how objects came into history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histories {
    /// The history of each object asked for.
    pub of: HashMap<ObjectId, History>,
    /// Of each, which refs of a push would lead to it.
    pub pushed: HashMap<ObjectId, Vec<String>>,
    /// What limits the histories: refs and logs that could not be read, so
    /// that what only they lead to is told as out of reach, and the like.
    pub warnings: Vec<String>,
}

impl Repository {
    /// Finds the histories of some objects. Objects that no commit or tag
    /// leads to have an empty one.
    pub fn attribute(
        &self,
        objects: &BTreeSet<ObjectId>,
        threads: usize,
        progress: &Progress,
    ) -> Result<Histories, ScanError> {
        self.attribute_push(objects, &[], threads, progress)
    }

    /// Finds the histories of some objects while a push is not taken yet: names
    /// of refs, and what they would point to. Histories tell what there is
    /// before it.
    pub fn attribute_push(
        &self,
        objects: &BTreeSet<ObjectId>,
        pushed: &[(String, ObjectId)],
        threads: usize,
        progress: &Progress,
    ) -> Result<Histories, ScanError> {
        if objects.is_empty() {
            return Ok(Histories::default());
        }
        let loose = self.loose_only();
        let wanted = objects.iter().copied();
        let holders = Holders::find(&self.objects, &loose, wanted, threads, progress);
        let mark = |tree: &ObjectId| holders.numbers.get(tree).copied().unwrap_or(NO_NODE);
        let graph = Graph::load(&self.objects, &loose, threads, progress, &mark);
        if progress.is_cancelled() {
            return Err(ScanError::Stopped);
        }
        let refs = self.refs();
        let mut reader = Reader::new(&self.objects);
        let tips = Tips::new(&refs, pushed, &graph, &mut reader);
        let attribution = Attribution { graph: &graph, holders: &holders, tips: &tips };
        let Ran { of, pushed, has_all_paths } = attribution.run(objects, &mut reader);
        let mut warnings = refs.problems;
        if !has_all_paths {
            warnings.push("directories are nested so often that not all paths are told".into());
        }
        Ok(Histories { of, pushed, warnings })
    }

    /// Loose objects that are in no pack.
    pub(super) fn loose_only(&self) -> Vec<ObjectId> {
        // Directories that cannot be read were told by the scan.
        let mut ids = self.objects.loose_ids(&mut Vec::new());
        ids.retain(|id| !self.objects.is_packed(id));
        ids
    }
}

/// Where refs lead, down to commits.
struct Tips {
    /// Commits, and the names of the refs that lead there.
    named: Vec<(u32, String)>,
    /// Tags and other objects that refs lead to, with the refs' names.
    through: HashMap<ObjectId, Vec<String>>,
    /// The same two of refs that are pushed.
    pushed: Vec<(u32, String)>,
    pushed_through: HashMap<ObjectId, Vec<String>>,
    /// Commits that can be reached from a ref, and those from anything.
    from_refs: Vec<bool>,
    reached: Vec<bool>,
    head: Option<u32>,
}

impl Tips {
    fn new(
        refs: &Refs,
        pushed: &[(String, ObjectId)],
        graph: &Graph,
        reader: &mut Reader<'_>,
    ) -> Self {
        let mut tips = Self {
            named: Vec::new(),
            through: HashMap::new(),
            pushed: Vec::new(),
            pushed_through: HashMap::new(),
            from_refs: Vec::new(),
            reached: Vec::new(),
            head: refs.head.and_then(|id| graph.find(&id)),
        };
        for (name, id) in pushed {
            let commit = tips.peel(id, name, graph, reader);
            tips.pushed.extend(commit.map(|commit| (commit, name.clone())));
        }
        tips.pushed_through = std::mem::take(&mut tips.through);
        for (name, id) in &refs.named {
            let name = String::from_utf8_lossy(name).into_owned();
            if let Some(commit) = tips.peel(id, &name, graph, reader) {
                tips.named.push((commit, name));
            }
        }
        let stashed = refs.stashed.iter().filter_map(|id| graph.find(id));
        tips.named.extend(stashed.map(|commit| (commit, "refs/stash".to_owned())));
        // A detached HEAD is the only thing that keeps what it alone leads to.
        if let Some(head) = tips.head
            && !tips.named.iter().any(|(commit, _)| *commit == head)
        {
            tips.named.push((head, "HEAD".to_owned()));
        }
        let mut unnamed = Vec::new();
        for id in &refs.unnamed {
            unnamed.extend(tips.peel(id, "", graph, reader));
        }
        let named = || tips.named.iter().map(|(commit, _)| *commit);
        tips.from_refs = graph.reachable(named());
        tips.reached = graph.reachable(named().chain(unnamed));
        // Where there are too many to tell, these are told first.
        tips.named.sort_by_key(|(_, name)| !is_of_the_user(name));
        tips
    }

    fn reach(&self, commit: u32) -> Reach {
        match (self.from_refs[commit as usize], self.reached[commit as usize]) {
            (true, _) => Reach::Named,
            (false, true) => Reach::Logged,
            (false, false) => Reach::Lost,
        }
    }

    /// Follows tags to a commit, and remembers what lay on the way.
    fn peel(
        &mut self,
        id: &ObjectId,
        name: &str,
        graph: &Graph,
        reader: &mut Reader<'_>,
    ) -> Option<u32> {
        let mut id = *id;
        let mut met = HashSet::new();
        loop {
            if let Some(commit) = graph.find(&id) {
                return Some(commit);
            }
            if !met.insert(id) {
                return None;
            }
            let names = self.through.entry(id).or_default();
            if !name.is_empty() {
                names.push(name.to_owned());
            }
            let (kind, text) = reader.read(&id).ok()?;
            if kind != Kind::Tag {
                return None;
            }
            id = super::object::parse_id(header(&text, b"object")?)?;
        }
    }
}

/// Whether a ref is one that people work with, and not one of the thousands
/// that a server keeps for its own ends.
fn is_of_the_user(name: &str) -> bool {
    let kinds = ["refs/heads/", "refs/tags/", "refs/remotes/", "refs/stash", "refs/notes/", "HEAD"];
    kinds.iter().any(|kind| name.starts_with(kind))
}

struct Attribution<'a> {
    graph: &'a Graph,
    holders: &'a Holders,
    tips: &'a Tips,
}

/// A history in the making.
#[derive(Clone, Default)]
struct Draft {
    introduced: Option<u32>,
    /// What leads to that commit.
    reach: Option<Reach>,
    history: History,
    pushed: Vec<String>,
}

/// What an attribution found out.
struct Ran {
    of: HashMap<ObjectId, History>,
    pushed: HashMap<ObjectId, Vec<String>>,
    has_all_paths: bool,
}

/// What leads to a commit, the better the higher.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Lost,
    /// A reflog, or what a fetch or merge left behind.
    Logged,
    Named,
}

impl Attribution<'_> {
    fn run(&self, objects: &BTreeSet<ObjectId>, reader: &mut Reader<'_>) -> Ran {
        // The first nodes are the objects, in their order.
        let mut drafts = vec![Draft::default(); objects.len()];
        for first in (0..objects.len()).step_by(BATCH) {
            let last = objects.len().min(first + BATCH);
            self.introduce(first, &mut drafts[first..last]);
        }
        for (draft, id) in drafts.iter_mut().zip(objects) {
            if let Some(commit) = self.graph.find(id) {
                self.commit_itself(commit, draft);
            }
        }
        let has_all_paths = self.add_paths(&mut drafts);
        for batch in drafts.chunks_mut(BATCH) {
            self.add_refs(batch);
        }
        let mut read = HashMap::new();
        let mut pushed = HashMap::new();
        let histories = drafts.into_iter().zip(objects).map(|(draft, id)| {
            let mut history = draft.history;
            let mut names = draft.pushed;
            names.extend(self.tips.pushed_through.get(id).into_iter().flatten().cloned());
            if !names.is_empty() {
                names.sort_unstable();
                names.dedup();
                pushed.insert(*id, names);
            }
            if let Some(names) = self.tips.through.get(id) {
                history.reachable = true;
                history.refs.extend_from_slice(&names[..names.len().min(MOST_REFS)]);
                history.refs.sort_unstable();
                history.refs.dedup();
            }
            history.introduced = draft.introduced.map(|commit| {
                let id = self.graph.ids[commit as usize];
                let read = read.entry(commit).or_insert_with(|| describe(id, reader));
                read.clone()
            });
            (*id, history)
        });
        let of = histories.collect();
        Ran { of, pushed, has_all_paths }
    }

    /// Finds, for a batch of objects, the oldest commit that has each of them
    /// and got it from no parent. A commit that refs lead to comes before one
    /// that was amended away, however old.
    fn introduce(&self, first: usize, drafts: &mut [Draft]) {
        let masks = self.node_masks(first, drafts.len());
        let graph = self.graph;
        let held = |commit: u32| match graph.trees[commit as usize] {
            NO_NODE => 0,
            node => masks[node as usize],
        };
        for commit in 0..graph.len() {
            let mask = held(commit);
            if mask == 0 {
                continue;
            }
            let reach = self.tips.reach(commit);
            let inherited = graph.parents(commit).iter().fold(0, |all, &parent| all | held(parent));
            for (bit, draft) in drafts.iter_mut().enumerate() {
                if mask >> bit & 1 == 0 {
                    continue;
                }
                draft.history.reachable |= reach != Reach::Lost;
                if inherited >> bit & 1 == 0 && draft.reach.is_none_or(|before| before < reach) {
                    draft.introduced = Some(commit);
                    draft.reach = Some(reach);
                }
            }
        }
        let in_head = self.tips.head.map_or(0, held);
        for (bit, draft) in drafts.iter_mut().enumerate() {
            draft.history.in_head = in_head >> bit & 1 != 0;
        }
    }

    /// For each node, which of a batch of objects it holds.
    fn node_masks(&self, first: usize, len: usize) -> Vec<u64> {
        let nodes = &self.holders.nodes;
        let mut masks = vec![0u64; nodes.len()];
        for (bit, mask) in masks[first..first + len].iter_mut().enumerate() {
            *mask = 1 << bit;
        }
        // Nodes are numbered by the level at which they were first met, but an
        // entry may lead to one of a higher level: repeat until all is known.
        let mut changed = true;
        while changed {
            changed = false;
            for node in 0..nodes.len() {
                let below = nodes[node]
                    .entries
                    .iter()
                    .fold(0, |all, &(_, child)| all | masks[child as usize]);
                changed |= masks[node] | below != masks[node];
                masks[node] |= below;
            }
        }
        masks
    }

    /// The text of a commit was introduced by the commit.
    fn commit_itself(&self, commit: u32, draft: &mut Draft) {
        draft.introduced = Some(commit);
        draft.history.reachable = self.tips.reached[commit as usize];
        draft.history.in_head =
            self.tips.head.is_some_and(|head| self.graph.reachable([head])[commit as usize]);
    }

    /// Finds all paths, in the order of the commits that first had them;
    /// whether there was an end to them.
    fn add_paths(&self, drafts: &mut [Draft]) -> bool {
        let mut seen = HashSet::new();
        let mut prefixes = Prefixes::default();
        let mut open = Vec::new();
        for commit in 0..self.graph.len() {
            let root = self.graph.trees[commit as usize];
            if root == NO_NODE || !seen.insert((root, ROOT_PREFIX)) {
                continue;
            }
            open.push((root, ROOT_PREFIX));
            while let Some((node, prefix)) = open.pop() {
                for &(name, child) in &self.holders.nodes[node as usize].entries {
                    let path = prefixes.extend(prefix, name);
                    if !seen.insert((child, path)) {
                        continue;
                    }
                    if seen.len() > MOST_STEPS {
                        return false;
                    }
                    match drafts.get_mut(child as usize) {
                        Some(draft) if draft.history.paths.len() < MOST_PATHS => {
                            draft.history.paths.push(prefixes.spell(path, &self.holders.names));
                        }
                        Some(_) => {}
                        None => open.push((child, path)),
                    }
                }
            }
        }
        true
    }

    /// Finds the refs that lead to the introducing commits of a batch.
    fn add_refs(&self, drafts: &mut [Draft]) {
        let mut marks = vec![0u64; self.graph.ids.len()];
        for (bit, draft) in drafts.iter().enumerate() {
            if let Some(commit) = draft.introduced {
                marks[commit as usize] |= 1 << bit;
            }
        }
        let marks = self.graph.inherit(marks);
        for (commit, name) in &self.tips.named {
            let mask = marks[*commit as usize];
            for (bit, draft) in drafts.iter_mut().enumerate() {
                let refs = &mut draft.history.refs;
                if mask >> bit & 1 != 0 && refs.len() < MOST_REFS {
                    refs.push(name.clone());
                }
            }
        }
        for (commit, name) in &self.tips.pushed {
            let mask = marks[*commit as usize];
            for (bit, draft) in drafts.iter_mut().enumerate() {
                if mask >> bit & 1 != 0 && draft.pushed.len() < MOST_REFS {
                    draft.pushed.push(name.clone());
                }
            }
        }
        for draft in drafts {
            draft.history.refs.sort_unstable();
            draft.history.refs.dedup();
        }
    }
}

/// What a commit says of itself.
pub(super) fn describe(id: ObjectId, reader: &mut Reader<'_>) -> Commit {
    let text = reader.read_kind(&id, Kind::Commit).unwrap_or_default();
    let person = |name: &[u8]| header(&text, name).map_or_else(Signature::default, signature);
    Commit {
        id,
        author: person(b"author"),
        committed_at: person(b"committer").at,
        summary: summary(&text),
    }
}

/// Paths in the making, each a name behind a shorter path.
#[derive(Default)]
struct Prefixes {
    all: Vec<(u32, u32)>,
    numbers: HashMap<(u32, u32), u32>,
}

const ROOT_PREFIX: u32 = u32::MAX;

impl Prefixes {
    fn extend(&mut self, prefix: u32, name: u32) -> u32 {
        *self.numbers.entry((prefix, name)).or_insert_with(|| {
            self.all.push((prefix, name));
            self.all.len() as u32 - 1
        })
    }

    fn spell(&self, mut path: u32, names: &[Box<[u8]>]) -> Vec<u8> {
        let mut parts = Vec::new();
        while path != ROOT_PREFIX {
            let (prefix, name) = self.all[path as usize];
            parts.push(&names[name as usize][..]);
            path = prefix;
        }
        parts.reverse();
        parts.join(&b'/')
    }
}

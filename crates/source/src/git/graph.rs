//! The graph of all commits a repository holds, reachable or not, in one
//! order: every commit after its parents, and of those that could come next
//! the oldest first.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    io::Read,
};

use leeward_model::{ObjectId, Reason, Trace};

use super::{
    forest::Forest,
    limits::Limits,
    object::{Kind, Kinds, commit_links},
    objects::Objects,
    visit::{Object, Visit},
    walk::Walk,
};
use crate::Progress;

/// All commits. They are numbered by age: parents have lower numbers.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Names, by number.
    pub(super) ids: Vec<ObjectId>,
    /// For each commit what the caller wants to know of its root tree.
    pub(super) trees: Vec<u32>,
    /// Where the parents of each commit lie in `parents`; one more than there
    /// are commits.
    starts: Vec<u32>,
    parents: Vec<u32>,
    numbers: HashMap<ObjectId, u32>,
}

/// A commit as it is collected.
struct Row {
    id: ObjectId,
    tree: u32,
    time: i64,
    parents: Vec<ObjectId>,
}

impl Graph {
    /// Reads all commits. `tree_mark` turns the name of a root tree into the
    /// number kept of it.
    pub(super) fn load(
        objects: &Objects,
        loose: &[ObjectId],
        threads: usize,
        progress: &Progress,
        tree_mark: &(impl Fn(&ObjectId) -> u32 + Sync),
    ) -> Self {
        let mut collectors: Vec<_> =
            (0..threads.max(1)).map(|_| Collector { rows: Vec::new(), tree_mark }).collect();
        for pack in &objects.packs {
            let Ok(forest) = Forest::new(pack, threads) else { continue };
            let walk = Walk {
                forest: &forest,
                kinds: Kinds::only(Kind::Commit),
                limits: Limits::default(),
                known: None,
            };
            walk.run(&mut collectors, progress);
        }
        for id in loose {
            collectors[0].add_loose(objects, id);
        }
        let mut rows: Vec<Row> =
            collectors.into_iter().flat_map(|collector| collector.rows).collect();
        rows.sort_unstable_by_key(|row| row.id);
        rows.dedup_by_key(|row| row.id);
        Self::ordered(&rows)
    }

    /// How many commits there are.
    pub(super) fn len(&self) -> u32 {
        self.ids.len() as u32
    }

    /// The number of a commit.
    pub(super) fn find(&self, id: &ObjectId) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// The parents of a commit that are here; all have lower numbers.
    pub(super) fn parents(&self, commit: u32) -> &[u32] {
        let commit = commit as usize;
        &self.parents[self.starts[commit] as usize..self.starts[commit + 1] as usize]
    }

    /// Marks what can be reached from some commits.
    pub(super) fn reachable(&self, from: impl IntoIterator<Item = u32>) -> Vec<bool> {
        let mut reached = vec![false; self.ids.len()];
        for commit in from {
            reached[commit as usize] = true;
        }
        for commit in (0..self.len()).rev() {
            if reached[commit as usize] {
                for &parent in self.parents(commit) {
                    reached[parent as usize] = true;
                }
            }
        }
        reached
    }

    /// For each commit, which of some sets of commits it descends from or is
    /// in: `marks` gives each set a bit.
    pub(super) fn inherit(&self, mut marks: Vec<u64>) -> Vec<u64> {
        for commit in 0..self.len() {
            let inherited =
                self.parents(commit).iter().fold(0, |mask, &parent| mask | marks[parent as usize]);
            marks[commit as usize] |= inherited;
        }
        marks
    }

    /// Numbers rows, sorted by name, by age.
    fn ordered(rows: &[Row]) -> Self {
        let find = |id: &ObjectId| rows.binary_search_by_key(id, |row| row.id).ok();
        let parents: Vec<Vec<usize>> =
            rows.iter().map(|row| row.parents.iter().filter_map(find).collect()).collect();
        let mut children = vec![Vec::new(); rows.len()];
        for (row, parents) in parents.iter().enumerate() {
            for &parent in parents {
                children[parent].push(row as u32);
            }
        }
        let mut waiting: Vec<usize> = parents.iter().map(Vec::len).collect();
        let mut ready: BinaryHeap<_> = (0..rows.len())
            .filter(|&row| waiting[row] == 0)
            .map(|row| Reverse((rows[row].time, row)))
            .collect();
        let mut graph = Self { starts: vec![0], ..Self::default() };
        let mut numbers = vec![0u32; rows.len()];
        while let Some(Reverse((_, row))) = ready.pop() {
            numbers[row] = graph.len();
            graph.numbers.insert(rows[row].id, graph.len());
            graph.ids.push(rows[row].id);
            graph.trees.push(rows[row].tree);
            graph.parents.extend(parents[row].iter().map(|&parent| numbers[parent]));
            graph.starts.push(graph.parents.len() as u32);
            for &child in &children[row] {
                let child = child as usize;
                waiting[child] -= 1;
                if waiting[child] == 0 {
                    ready.push(Reverse((rows[child].time, child)));
                }
            }
        }
        graph
    }
}

/// Collects commits on one thread.
struct Collector<'a, F> {
    rows: Vec<Row>,
    tree_mark: &'a F,
}

impl<F: Fn(&ObjectId) -> u32> Collector<'_, F> {
    fn add(&mut self, id: ObjectId, text: &[u8]) {
        let Some(links) = commit_links(text) else { return };
        let (tree, time) = ((self.tree_mark)(&links.tree), links.committed_at);
        self.rows.push(Row { id, tree, time, parents: links.parents });
    }

    fn add_loose(&mut self, objects: &Objects, id: &ObjectId) {
        let Ok(Some(loose)) = objects.loose(id) else { return };
        let mut text = Vec::new();
        if loose.kind == Kind::Commit && loose.read_all(Limits::default().object, &mut text).is_ok()
        {
            self.add(*id, &text);
        }
    }
}

impl<F: Fn(&ObjectId) -> u32 + Sync> Visit for Collector<'_, F> {
    fn visit(&mut self, object: Object<'_>) -> Trace {
        self.add(object.id, object.bytes);
        Trace::default()
    }

    /// A commit of that size has no place in a history that makes sense; its
    /// text was scanned.
    fn visit_stream(
        &mut self,
        _: Kind,
        _: ObjectId,
        _: u64,
        _: &mut dyn Read,
    ) -> Result<(), Reason> {
        Err(Reason::Limit("size of a commit".into()))
    }
}

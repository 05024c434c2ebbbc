//! The graph of all commits a repository holds, reachable or not, in one
//! order: every commit after its parents, and of those that could come next
//! the oldest first.

use std::{cmp::Reverse, collections::BinaryHeap, io::Read, ops::Range};

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
    /// Numbers in the order of names.
    by_name: Vec<u32>,
}

/// A commit as it is collected; its parents lie in a list of all parents.
struct Row {
    id: ObjectId,
    tree: u32,
    time: i64,
    parents: Range<u32>,
}

/// No such commit.
const NONE: u32 = u32::MAX;

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
            (0..threads.max(1)).map(|_| Collector::new(tree_mark)).collect();
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
        let (mut rows, mut parents) = (Vec::new(), Vec::new());
        for mut collector in collectors {
            let before = parents.len() as u32;
            for row in &mut collector.rows {
                row.parents = row.parents.start + before..row.parents.end + before;
            }
            rows.append(&mut collector.rows);
            parents.append(&mut collector.parents);
        }
        rows.sort_unstable_by_key(|row: &Row| row.id);
        rows.dedup_by_key(|row| row.id);
        let find = |id: &ObjectId| rows.binary_search_by_key(id, |row| row.id);
        let parents: Vec<u32> =
            parents.iter().map(|id| find(id).map_or(NONE, |row| row as u32)).collect();
        Self::ordered(&rows, &parents)
    }

    /// How many commits there are.
    pub(super) fn len(&self) -> u32 {
        self.ids.len() as u32
    }

    /// The number of a commit.
    pub(super) fn find(&self, id: &ObjectId) -> Option<u32> {
        let name = |number: &u32| self.ids[*number as usize];
        self.by_name.binary_search_by_key(id, name).ok().map(|at| self.by_name[at])
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

    /// Numbers rows, sorted by name, by age. `parents` are rows.
    fn ordered(rows: &[Row], parents: &[u32]) -> Self {
        let parents_of = |row: usize| {
            let range = rows[row].parents.start as usize..rows[row].parents.end as usize;
            parents[range].iter().copied().filter(|&parent| parent != NONE)
        };
        let children = Children::new(rows.len(), parents_of);
        let mut waiting: Vec<u32> =
            (0..rows.len()).map(|row| parents_of(row).count() as u32).collect();
        let mut ready: BinaryHeap<_> = (0..rows.len())
            .filter(|&row| waiting[row] == 0)
            .map(|row| Reverse((rows[row].time, row)))
            .collect();
        let mut graph =
            Self { starts: vec![0], by_name: vec![NONE; rows.len()], ..Self::default() };
        while let Some(Reverse((_, row))) = ready.pop() {
            graph.by_name[row] = graph.len();
            graph.ids.push(rows[row].id);
            graph.trees.push(rows[row].tree);
            graph.parents.extend(parents_of(row).map(|parent| graph.by_name[parent as usize]));
            graph.starts.push(graph.parents.len() as u32);
            for &child in children.of(row) {
                let child = child as usize;
                waiting[child] -= 1;
                if waiting[child] == 0 {
                    ready.push(Reverse((rows[child].time, child)));
                }
            }
        }
        // Only false names can make commits their own ancestors; they and what
        // is built on them have no age and are left out.
        graph.by_name.retain(|&number| number != NONE);
        graph
    }
}

/// For each row those that name it as a parent.
struct Children {
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl Children {
    fn new<P: Iterator<Item = u32>>(rows: usize, parents_of: impl Fn(usize) -> P) -> Self {
        let mut starts = vec![0u32; rows + 1];
        for parent in (0..rows).flat_map(&parents_of) {
            starts[parent as usize] += 1;
        }
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        // Each start is the end of its stretch until the stretch is filled.
        let mut all = vec![0; end as usize];
        for row in (0..rows).rev() {
            for parent in parents_of(row) {
                starts[parent as usize] -= 1;
                all[starts[parent as usize] as usize] = row as u32;
            }
        }
        Self { starts, all }
    }

    fn of(&self, row: usize) -> &[u32] {
        &self.all[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
}

/// Collects commits on one thread.
struct Collector<'a, F> {
    rows: Vec<Row>,
    parents: Vec<ObjectId>,
    tree_mark: &'a F,
}

impl<'a, F: Fn(&ObjectId) -> u32> Collector<'a, F> {
    fn new(tree_mark: &'a F) -> Self {
        Self { rows: Vec::new(), parents: Vec::new(), tree_mark }
    }

    fn add(&mut self, id: ObjectId, text: &[u8]) {
        let Some(links) = commit_links(text) else { return };
        let start = self.parents.len() as u32;
        self.parents.extend(links.parents);
        let parents = start..self.parents.len() as u32;
        let (tree, time) = ((self.tree_mark)(&links.tree), links.committed_at);
        self.rows.push(Row { id, tree, time, parents });
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

#[cfg(test)]
mod tests {
    use super::{super::fixture::name, *};

    /// Commits as (name, time, parents' names), in any order.
    fn graph(commits: &[(u32, i64, &[u32])]) -> Graph {
        let mut rows: Vec<(ObjectId, i64, &[u32])> =
            commits.iter().map(|&(id, time, parents)| (name(id), time, parents)).collect();
        rows.sort_unstable_by_key(|row| row.0);
        let mut parents = Vec::new();
        let made: Vec<Row> = rows
            .iter()
            .map(|&(id, time, names)| {
                let start = parents.len() as u32;
                parents.extend(names.iter().map(|&parent| {
                    let found = rows.iter().position(|row| row.0 == name(parent));
                    found.map_or(NONE, |row| row as u32)
                }));
                Row { id, tree: 0, time, parents: start..parents.len() as u32 }
            })
            .collect();
        Graph::ordered(&made, &parents)
    }

    #[test]
    fn parents_come_first_whatever_the_clocks_say() {
        let graph = graph(&[(1, 50, &[]), (2, 10, &[1]), (3, 60, &[1]), (4, 5, &[3, 2, 99])]);
        let order: Vec<ObjectId> = [1, 2, 3, 4].map(name).into();
        assert_eq!(graph.ids, order);
        let number = |id| graph.find(&name(id)).unwrap();
        assert_eq!(graph.parents(number(4)), [number(3), number(2)]);
        assert_eq!(graph.reachable([number(3)]), [true, false, true, false]);
        assert_eq!(graph.inherit(vec![0, 1, 2, 0]), [0, 1, 2, 3]);
        assert_eq!(graph.find(&name(99)), None);
    }

    #[test]
    fn commits_that_are_their_own_ancestors_are_left_out() {
        let graph =
            graph(&[(1, 1, &[]), (2, 2, &[3, 1]), (3, 3, &[2]), (4, 4, &[3]), (5, 5, &[5])]);
        assert_eq!(graph.ids, [name(1)]);
        assert_eq!(graph.find(&name(1)), Some(0));
        assert!((2..6).all(|id| graph.find(&name(id)).is_none()));
    }
}

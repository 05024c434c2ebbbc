//! Shows every object of a database, each once: packs as wholes, then loose
//! objects. An object that cannot be read in one place is shown from another.

use std::collections::HashSet;

use leeward_model::{NotScanned, ObjectId, Reason};

use super::{
    bits::Bits,
    forest::{Forest, NONE},
    inside::path_bytes,
    limits::Limits,
    object::Kinds,
    objects::{Objects, not_scanned},
    pack::Pack,
    visit::{Object, Visit},
    walk::{Known, Walk},
};
use crate::Progress;

/// Shows all objects of these kinds, on one thread for each visitor; what could
/// not be shown.
pub(super) fn sweep<V: Visit>(
    objects: &Objects,
    kinds: Kinds,
    visitors: &mut [V],
    progress: &Progress,
) -> Vec<NotScanned> {
    let mut sweep = Sweep { objects, kinds, failed: Failed::default(), progress };
    for number in 0..objects.packs.len() {
        sweep.pack(number, visitors);
    }
    let mut problems = sweep.loose(visitors);
    problems.extend(sweep.failed.problems);
    problems
}

struct Sweep<'a> {
    objects: &'a Objects,
    kinds: Kinds,
    failed: Failed,
    progress: &'a Progress,
}

impl Sweep<'_> {
    fn pack<V: Visit>(&mut self, number: usize, visitors: &mut [V]) {
        let (before, pack) = (&self.objects.packs[..number], &self.objects.packs[number]);
        let problem = |detail: &str| NotScanned {
            path: path_bytes(&pack.path),
            reason: Reason::Corrupt(detail.to_owned()),
            bytes: None,
        };
        let forest = match Forest::new(pack, visitors.len()) {
            Ok(forest) => forest,
            Err(detail) => return self.failed.add(vec![problem(detail)]),
        };
        if !forest.is_complete() {
            let detail = "the pack's index does not name all its objects; \
                          `git index-pack` makes a new one";
            self.failed.add(vec![problem(detail)]);
        }
        self.progress.expect(u64::from(forest.len() - forest.trees()));
        let known = known_elsewhere(before, &forest, &self.failed);
        let walk = Walk { forest: &forest, kinds: self.kinds, limits: Limits::default(), known };
        let problems = walk.run(visitors, self.progress);
        self.failed.retain(|id| pack.index.find(id.as_bytes()).is_none());
        self.failed.add(problems);
    }

    /// Shows what is in no pack, or could not be read there.
    fn loose<V: Visit>(&mut self, visitors: &mut [V]) -> Vec<NotScanned> {
        let (objects, kinds, progress) = (self.objects, self.kinds, self.progress);
        let mut problems = Vec::new();
        let mut ids = objects.loose_ids(&mut problems);
        ids.retain(|id| !objects.is_packed(id) || self.failed.has(id));
        progress.expect(ids.len() as u64);
        let share = ids.len().div_ceil(visitors.len()).max(1);
        let mut unread = HashSet::new();
        std::thread::scope(|scope| {
            let parts: Vec<_> = visitors
                .iter_mut()
                .zip(ids.chunks(share))
                .map(|(visitor, ids)| {
                    scope.spawn(move || see_loose(objects, kinds, ids, visitor, progress))
                })
                .collect();
            for part in parts {
                match part.join() {
                    Ok(part) => {
                        unread.extend(part.unread);
                        problems.extend(part.problems);
                    }
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        self.failed.retain(|id| ids.binary_search(id).is_err() || unread.contains(id));
        problems
    }
}

/// Loose objects that one thread could not show.
#[derive(Default)]
struct Unread {
    unread: Vec<ObjectId>,
    problems: Vec<NotScanned>,
}

fn see_loose<V: Visit>(
    objects: &Objects,
    kinds: Kinds,
    ids: &[ObjectId],
    visitor: &mut V,
    progress: &Progress,
) -> Unread {
    let (mut bytes, mut unread) = (Vec::new(), Unread::default());
    for (done, id) in ids.iter().enumerate() {
        if progress.is_cancelled() {
            let left = format!("{} loose objects", ids.len() - done);
            let reason = Reason::Limit("the scan was stopped".into());
            unread.problems.push(NotScanned { path: left.into_bytes(), reason, bytes: None });
            return unread;
        }
        if let Err(reason) = see_one(objects, kinds, id, visitor, &mut bytes) {
            unread.unread.push(*id);
            unread.problems.push(not_scanned(id, reason));
        }
    }
    unread
}

fn see_one<V: Visit>(
    objects: &Objects,
    kinds: Kinds,
    id: &ObjectId,
    visitor: &mut V,
    bytes: &mut Vec<u8>,
) -> Result<(), Reason> {
    let mut loose = objects.loose(id)?.ok_or(Reason::Changed)?;
    let (kind, size, limits) = (loose.kind, loose.size, Limits::default());
    if !kinds.has(kind) {
        return Ok(());
    }
    if size > limits.hold {
        visitor.visit_stream(kind, *id, size, &mut loose)
    } else {
        loose.read_all(limits.hold, bytes)?;
        visitor.visit(Object { kind, id: *id, bytes, base: None });
        Ok(())
    }
}

/// Objects that could not be read so far; another copy may do better.
#[derive(Default)]
struct Failed {
    ids: HashSet<Vec<u8>>,
    problems: Vec<NotScanned>,
}

impl Failed {
    fn add(&mut self, problems: Vec<NotScanned>) {
        self.ids.extend(problems.iter().map(|problem| problem.path.clone()));
        self.problems.extend(problems);
    }

    fn has(&self, id: &ObjectId) -> bool {
        !self.ids.is_empty() && self.ids.contains(id.to_string().as_bytes())
    }

    /// Forgets objects of which a later copy was looked at.
    fn retain(&mut self, mut still: impl FnMut(&ObjectId) -> bool) {
        if self.ids.is_empty() {
            return;
        }
        self.problems
            .retain(|problem| super::object::parse_id(&problem.path).is_none_or(|id| still(&id)));
        self.ids = self.problems.iter().map(|problem| problem.path.clone()).collect();
    }
}

/// Which entries of a pack lie in one of the packs before it and were read.
fn known_elsewhere(before: &[Pack], forest: &Forest<'_>, failed: &Failed) -> Option<Known> {
    if before.is_empty() {
        return None;
    }
    let mut known = Known { seen: Bits::new(forest.len()), idle: Bits::new(forest.len()) };
    for entry in (0..forest.len()).rev() {
        let place = forest.place(entry);
        let raw = forest.pack.index.raw_id(place);
        let is_seen = before.iter().any(|pack| pack.index.find(raw).is_some())
            && !forest.id(entry).is_some_and(|id| failed.has(&id));
        if !is_seen {
            continue;
        }
        known.seen.insert(entry);
        let mut child = forest.first_child(entry);
        while child != NONE && known.idle.has(child) {
            child = forest.next_sibling(child);
        }
        if child == NONE {
            known.idle.insert(entry);
        }
    }
    Some(known)
}

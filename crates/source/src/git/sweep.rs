//! Shows every object of a database, each once: packs as wholes, then loose
//! objects. An object that cannot be read in one place is shown from another, and
//! what was judged clean before is left out.

use std::collections::HashSet;

use leeward_model::{Judged, NotScanned, ObjectId, Reason};

use super::{
    bits::Bits,
    forest::Forest,
    inside::path_bytes,
    judged::{Whole, clean_places, lying_in, mark_of},
    limits::Limits,
    object::Kinds,
    objects::{Objects, not_scanned},
    pack::Pack,
    part::{Part, has_loose},
    reader::Reader,
    visit::{Object, Visit},
    walk::{Known, Walk},
};
use crate::Progress;

/// How a sweep ended.
pub(super) struct Swept {
    /// What could not be shown.
    pub(super) problems: Vec<NotScanned>,
    /// How many objects were judged clean before.
    pub(super) judged_before: u64,
}

/// Shows all objects of these kinds, or those of a part, on one thread for each visitor,
/// but for those that were judged clean.
pub(super) fn sweep<V: Visit>(
    objects: &Objects,
    kinds: Kinds,
    part: Option<&Part>,
    visitors: &mut [V],
    judged: Option<&dyn Judged>,
    progress: &Progress,
) -> Swept {
    let (failed, again) = (Failed::default(), HashSet::new());
    // What one part has looked at says nothing of a pack, and is asked for once.
    let judged = judged.filter(|_| part.is_none());
    let mut sweep =
        Sweep { objects, kinds, part, failed, judged, again, judged_before: 0, progress };
    for number in 0..objects.packs.len() {
        if !sweep.pack_again(number, visitors) {
            sweep.pack(number, visitors);
        }
    }
    let mut problems = sweep.loose(visitors);
    problems.extend(sweep.failed.problems);
    Swept { problems, judged_before: sweep.judged_before }
}

struct Sweep<'a> {
    objects: &'a Objects,
    kinds: Kinds,
    part: Option<&'a Part>,
    failed: Failed,
    judged: Option<&'a dyn Judged>,
    /// What was shown and has to be shown again the next time.
    again: HashSet<ObjectId>,
    judged_before: u64,
    progress: &'a Progress,
}

/// Objects of a pack that are read one by one: below one in so many of all. Each is made
/// from its base anew; a walk makes all others too, but each once.
const FEW: u64 = 32;
/// The least objects for which a thread is worth starting: about a millisecond's.
const SHARE: usize = 8;

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
        if !forest.is_complete() && self.part.is_none_or(Part::is_first) {
            let detail = "the pack's index does not name all its objects; \
                          `git index-pack` makes a new one";
            self.failed.add(vec![problem(detail)]);
        }
        let (clean, clean_count) = clean_places(pack, self.judged);
        let texts = u64::from(forest.len() - forest.trees());
        self.progress.expect(texts.saturating_sub(clean_count));
        let known = self.known(before, &forest, self.judged.map(|_| &clean));
        let walk = Walk { forest: &forest, kinds: self.kinds, limits: Limits::default(), known };
        let problems = walk.run(visitors, self.progress);
        self.judged_before += clean_count;
        let (shown, again) = self.take_shown(visitors);
        // What an earlier pack has counts as shown from there: only if all of it was.
        if let Some(judged) = self.judged
            && problems.is_empty()
            && self.failed.problems.is_empty()
        {
            let whole = Whole {
                clean: (shown + clean_count).saturating_sub(again),
                again: lying_in(pack, &self.again),
            };
            whole.note(pack, judged);
        }
        self.failed.retain(|id| pack.index.find(id.as_bytes()).is_none());
        self.failed.add(problems);
    }

    /// Shows of a pack that was judged as a whole what has to be shown again; whether it
    /// is such a pack.
    fn pack_again<V: Visit>(&mut self, number: usize, visitors: &mut [V]) -> bool {
        let (before, pack) = (&self.objects.packs[..number], &self.objects.packs[number]);
        let noted = self.judged.and_then(|judged| Whole::noted(pack, judged));
        let Some(Whole { clean, again }) = noted else { return false };
        let is_few = again.len() as u64 <= u64::from(pack.index.len()) / FEW;
        if !is_few || again.iter().any(|id| !pack.is_held(id)) {
            return false;
        }
        // An object in several packs is shown from the first.
        let is_elsewhere = |id: &ObjectId| is_in(before, id.as_bytes()) && !self.failed.has(id);
        let ids: Vec<ObjectId> = again.iter().copied().filter(|id| !is_elsewhere(id)).collect();
        self.again.extend(again);
        self.judged_before += clean;
        self.progress.expect(ids.len() as u64);
        let (objects, kinds, progress) = (self.objects, self.kinds, self.progress);
        let see =
            |visitor: &mut V, ids: &[ObjectId]| see_packed(objects, kinds, ids, visitor, progress);
        let share = ids.len().div_ceil(visitors.len()).max(SHARE);
        let mut problems = Vec::new();
        if let ([visitor, ..], true) = (&mut *visitors, ids.len() <= share) {
            problems = see(visitor, &ids);
        } else {
            std::thread::scope(|scope| {
                let parts = visitors.iter_mut().zip(ids.chunks(share));
                let parts: Vec<_> =
                    parts.map(|(visitor, ids)| scope.spawn(move || see(visitor, ids))).collect();
                for part in parts {
                    problems.extend(
                        part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                    );
                }
            });
        }
        self.failed.retain(|id| pack.index.find(id.as_bytes()).is_none());
        self.failed.add(problems);
        self.take_shown(visitors);
        true
    }

    /// How many objects were shown, and how many of them have to be shown again.
    fn take_shown<V: Visit>(&mut self, visitors: &mut [V]) -> (u64, u64) {
        let mut counts = (0, 0);
        for (shown, again) in visitors.iter_mut().map(Visit::take_shown) {
            counts = (counts.0 + shown, counts.1 + again.len() as u64);
            self.again.extend(again);
        }
        counts
    }

    /// Which entries of a pack are not to be shown: those that lie in one of the packs
    /// before it and were read, those that were judged clean, and those of other parts.
    fn known(&self, before: &[Pack], forest: &Forest<'_>, clean: Option<&Bits>) -> Option<Known> {
        let is_elsewhere = |entry: u32| {
            is_in(before, forest.pack.index.raw_id(forest.place(entry)))
                && !forest.id(entry).is_some_and(|id| self.failed.has(&id))
        };
        let is_clean = |entry: u32| clean.is_some_and(|clean| clean.has(forest.place(entry)));
        match self.part {
            Some(part) => Some(part.known(forest, self.kinds, is_elsewhere)),
            None if before.is_empty() && clean.is_none() => None,
            None => Some(Known::of(forest, |entry| is_clean(entry) || is_elsewhere(entry))),
        }
    }

    /// Shows what is in no pack, or could not be read there.
    fn loose<V: Visit>(&mut self, visitors: &mut [V]) -> Vec<NotScanned> {
        let (objects, kinds, progress) = (self.objects, self.kinds, self.progress);
        let mut problems = Vec::new();
        let mut ids = objects.loose_ids(&mut problems);
        ids.retain(|id| has_loose(self.part, id) && !objects.is_packed(id) || self.failed.has(id));
        let all = ids.len();
        if let Some(judged) = self.judged {
            ids.retain(|id| self.failed.has(id) || !judged.is_clean(mark_of(id)));
        }
        self.judged_before += (all - ids.len()) as u64;
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

/// Shows some objects of packs, each read by itself; what could not be shown.
fn see_packed<V: Visit>(
    objects: &Objects,
    kinds: Kinds,
    ids: &[ObjectId],
    visitor: &mut V,
    progress: &Progress,
) -> Vec<NotScanned> {
    let (mut reader, mut problems) = (Reader::sparse(objects), Vec::new());
    for id in ids {
        if progress.is_cancelled() {
            let reason = Reason::stopped();
            let path = b"git objects".to_vec();
            problems.push(NotScanned { path, reason, bytes: None });
            break;
        }
        match reader.read(id) {
            Ok((kind, bytes)) if kinds.has(kind) => {
                visitor.visit(Object { kind, id: *id, bytes: &bytes, base: None });
            }
            Ok(_) => {}
            Err(reason) => problems.push(not_scanned(id, reason)),
        }
    }
    problems
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
            let reason = Reason::stopped();
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

fn is_in(packs: &[Pack], id: &[u8]) -> bool {
    packs.iter().any(|pack| pack.index.find(id).is_some())
}

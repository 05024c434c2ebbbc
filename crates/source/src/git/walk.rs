//! Reads every object of a pack once: each entry is unpacked once and each
//! delta applied once, on all threads, in bounded memory.
//!
//! Threads take roots in pack order and walk their trees of deltas depth
//! first. A thread that has nothing left is given a part of another's tree.
//! What cannot be read is told object by object and stops nothing else.

use std::{ops::Range, sync::atomic::Ordering::Relaxed};

use leeward_model::{Base, NotScanned, Reason, Trace};

use super::{
    bits::Bits,
    crew::{Crew, Frame, Leave},
    delta,
    forest::{Forest, NONE, Root},
    inflate::Inflate,
    limits::Limits,
    object::{Kind, Kinds},
    objects::corrupt,
    visit::{Object, Visit},
};
use crate::Progress;

/// What to walk.
pub(super) struct Walk<'a> {
    pub(super) forest: &'a Forest<'a>,
    pub(super) kinds: Kinds,
    pub(super) limits: Limits,
    /// Entries known from elsewhere, if any.
    pub(super) known: Option<Known>,
}

/// Entries that somebody has seen already.
pub(super) struct Known {
    /// Not to be visited.
    pub(super) seen: Bits,
    /// Not even to be read: nothing built on them is new.
    pub(super) idle: Bits,
}

/// Entries claimed at once: small, because sixteen may be large.
const CLAIM: usize = 16;
/// Buffers a thread keeps for reuse hold no more than this in all.
const KEPT_BYTES: usize = 8 << 20;

impl Walk<'_> {
    /// Walks with one thread per visitor.
    pub(super) fn run<V: Visit>(&self, visitors: &mut [V], progress: &Progress) -> Vec<NotScanned> {
        let crew = Crew::new(visitors.len());
        let budget = self
            .limits
            .output
            .saturating_add(self.limits.output_ratio.saturating_mul(self.forest.pack.end()));
        std::thread::scope(|scope| {
            for visitor in visitors {
                let crew = &crew;
                scope.spawn(move || {
                    let _leave = Leave(crew);
                    Walker::new(self, crew, budget, visitor, progress).run();
                });
            }
        });
        let mut problems = crew.lock().problems.split_off(0);
        problems.sort_unstable();
        if crew.stopped.load(Relaxed) {
            problems.push(NotScanned {
                path: b"git objects".to_vec(),
                reason: Reason::stopped(),
                bytes: None,
            });
        }
        problems
    }
}

struct Walker<'w, V> {
    walk: &'w Walk<'w>,
    crew: &'w Crew,
    budget: u64,
    visitor: &'w mut V,
    progress: &'w Progress,
    inflate: Inflate,
    delta: Vec<u8>,
    fresh: Vec<Range<usize>>,
    spare: Vec<Vec<u8>>,
    spare_bytes: usize,
}

impl<'w, V: Visit> Walker<'w, V> {
    fn new(
        walk: &'w Walk<'w>,
        crew: &'w Crew,
        budget: u64,
        visitor: &'w mut V,
        progress: &'w Progress,
    ) -> Self {
        Self {
            walk,
            crew,
            budget,
            visitor,
            progress,
            inflate: Inflate::new(),
            delta: Vec::new(),
            fresh: Vec::new(),
            spare: Vec::new(),
            spare_bytes: 0,
        }
    }

    fn run(&mut self) {
        let len = self.walk.forest.len();
        let mut stack = Vec::new();
        while let start = self.crew.next_root.fetch_add(CLAIM, Relaxed)
            && start < len as usize
            && !self.is_stopped()
        {
            for entry in start..(start + CLAIM).min(len as usize) {
                self.root(entry as u32, &mut stack);
            }
        }
        while let Some(frame) = self.crew.receive() {
            stack.push(frame);
            self.descend(&mut stack);
        }
    }

    fn is_stopped(&self) -> bool {
        let stopped = self.progress.is_cancelled();
        if stopped {
            self.crew.stopped.store(true, Relaxed);
        }
        stopped
    }

    /// Walks the tree above a root, if the entry is one.
    fn root(&mut self, entry: u32, stack: &mut Vec<Frame>) {
        let Some(root) = self.walk.forest.root(entry) else { return };
        if self.walk.known.as_ref().is_some_and(|known| known.idle.has(entry)) {
            return;
        }
        let kind = match root {
            Root::Whole(kind) if self.walk.kinds.has(kind) => kind,
            Root::Whole(_) => return,
            Root::Broken => {
                let reason = match self.walk.forest.head(entry) {
                    Err(detail) => detail,
                    Ok(_) => "the base of the delta is not in the pack",
                };
                return self.fail(entry, &Reason::Corrupt(reason.into()), None);
            }
        };
        if let Err(reason) = self.make_root(entry, kind, stack) {
            let size = self.walk.forest.head(entry).ok().map(|(head, _)| head.size);
            return self.fail(entry, &reason, size);
        }
        self.descend(stack);
    }

    fn make_root(&mut self, entry: u32, kind: Kind, stack: &mut Vec<Frame>) -> Result<(), Reason> {
        let forest = self.walk.forest;
        let (head, next) = forest.head(entry).map_err(corrupt)?;
        let child = forest.first_child(entry);
        let limits = &self.walk.limits;
        if head.size > if child == NONE { limits.hold } else { limits.object } {
            return self.stream(entry, kind);
        }
        let mut bytes = self.buffer();
        let made = forest.pack.inflate(&head, next, &mut self.inflate, &mut bytes);
        if let Err(detail) = made {
            self.recycle(bytes);
            return Err(corrupt(detail));
        }
        let trace = self.look(entry, kind, &bytes, None);
        self.keep(Frame { bytes, kind, trace, next: child, end: NONE }, stack);
        Ok(())
    }

    /// Passes on an object that is too large to hold. What is built on it
    /// cannot be made.
    fn stream(&mut self, entry: u32, kind: Kind) -> Result<(), Reason> {
        let forest = self.walk.forest;
        let (head, next) = forest.head(entry).map_err(corrupt)?;
        if !self.is_seen(entry) {
            let id = forest.id(entry).ok_or_else(|| corrupt("the index has no name for it"))?;
            let mut stream = forest.pack.stream(&head, next);
            self.visitor.visit_stream(kind, id, head.size, &mut stream)?;
        }
        let reason = Reason::Limit("size of an object that others are built on".into());
        self.fail_descendants(entry, &reason);
        Ok(())
    }

    /// Makes all that is still to be made of the frames on the stack.
    fn descend(&mut self, stack: &mut Vec<Frame>) {
        while let Some(mut frame) = stack.pop() {
            if frame.next == frame.end || frame.next == NONE || self.is_stopped() {
                self.let_go(frame);
                continue;
            }
            let entry = frame.next;
            frame.next = self.walk.forest.next_sibling(entry);
            if self.is_idle(entry) {
                stack.push(frame);
                continue;
            }
            let made = self.make_child(entry, &frame);
            if frame.next == frame.end || frame.next == NONE {
                self.let_go(frame);
            } else {
                stack.push(frame);
            }
            match made {
                Ok(child) => self.keep(child, stack),
                Err(reason) => self.fail(entry, &reason, None),
            }
            if self.crew.hungry.load(Relaxed) > 0 {
                self.share(stack);
            }
        }
    }

    fn make_child(&mut self, entry: u32, base: &Frame) -> Result<Frame, Reason> {
        let forest = self.walk.forest;
        let limits = &self.walk.limits;
        let (head, next) = forest.head(entry).map_err(corrupt)?;
        if head.size > limits.object {
            return Err(Reason::Limit("size of an object".into()));
        }
        let delta = &mut self.delta;
        forest.pack.inflate(&head, next, &mut self.inflate, delta).map_err(corrupt)?;
        let (sizes, _) = delta::sizes(delta).ok_or_else(|| corrupt("the delta has no sizes"))?;
        if sizes.result > limits.object {
            return Err(Reason::Limit("size of an object".into()));
        }
        if self.crew.live.load(Relaxed).saturating_add(sizes.result) > limits.live {
            return Err(Reason::Limit("memory for objects that others are built on".into()));
        }
        if self.crew.output.fetch_add(sizes.result, Relaxed) > self.budget {
            return Err(Reason::Limit("bytes unpacked from one pack".into()));
        }
        let mut bytes = self.buffer();
        let made = delta::apply(&base.bytes, &self.delta, &mut bytes, &mut self.fresh);
        if self.delta.capacity() > KEPT_BYTES {
            self.delta = Vec::new();
        }
        if let Err(detail) = made {
            self.recycle(bytes);
            return Err(corrupt(detail));
        }
        let trace = self.look(entry, base.kind, &bytes, base.trace);
        let next = forest.first_child(entry);
        Ok(Frame { bytes, kind: base.kind, trace, next, end: NONE })
    }

    /// Shows an object to the visitor, unless it has been seen.
    fn look(&mut self, entry: u32, kind: Kind, bytes: &[u8], base: Option<Trace>) -> Option<Trace> {
        if self.is_seen(entry) {
            return None;
        }
        let id = self.walk.forest.id(entry)?;
        let base = base.map(|trace| Base { trace, fresh: &self.fresh });
        Some(self.visitor.visit(Object { kind, id, bytes, base }))
    }

    fn is_seen(&self, entry: u32) -> bool {
        self.walk.known.as_ref().is_some_and(|known| known.seen.has(entry))
    }

    fn is_idle(&self, entry: u32) -> bool {
        self.walk.known.as_ref().is_some_and(|known| known.idle.has(entry))
    }

    /// Hands the lowest frame to whoever is idle: it has the most to do, and
    /// nobody here needs its bytes but its own children. A lone frame is cut
    /// in two, its first child for us.
    fn share(&mut self, stack: &mut Vec<Frame>) {
        if stack.len() > 1 {
            self.crew.offer(stack.remove(0));
            return;
        }
        let Some(frame) = stack.first_mut() else { return };
        let second = self.walk.forest.next_sibling(frame.next);
        if second == NONE || second == frame.end {
            return;
        }
        let theirs = Frame { bytes: frame.bytes.clone(), next: second, ..*frame };
        frame.end = second;
        self.crew.live.fetch_add(theirs.bytes.len() as u64, Relaxed);
        self.crew.offer(theirs);
    }

    /// Puts a frame on the stack if anything is built on it.
    fn keep(&mut self, frame: Frame, stack: &mut Vec<Frame>) {
        if frame.next == NONE {
            self.recycle(frame.bytes);
        } else {
            self.crew.live.fetch_add(frame.bytes.len() as u64, Relaxed);
            stack.push(frame);
        }
    }

    fn let_go(&mut self, frame: Frame) {
        self.crew.live.fetch_sub(frame.bytes.len() as u64, Relaxed);
        self.recycle(frame.bytes);
    }

    fn buffer(&mut self) -> Vec<u8> {
        let buffer = self.spare.pop().unwrap_or_default();
        self.spare_bytes -= buffer.capacity();
        buffer
    }

    fn recycle(&mut self, buffer: Vec<u8>) {
        if self.spare_bytes + buffer.capacity() <= KEPT_BYTES {
            self.spare_bytes += buffer.capacity();
            self.spare.push(buffer);
        }
    }

    /// Tells of an object that could not be read, and so of all built on it.
    fn fail(&mut self, entry: u32, reason: &Reason, size: Option<u64>) {
        self.tell(entry, reason.clone(), size);
        let beneath = match reason {
            Reason::Corrupt(_) => {
                Reason::Corrupt("a delta against an object that cannot be read".into())
            }
            other => other.clone(),
        };
        self.fail_descendants(entry, &beneath);
    }

    fn fail_descendants(&mut self, entry: u32, reason: &Reason) {
        let forest = self.walk.forest;
        forest.descendants(entry, |entry| self.tell(entry, reason.clone(), None));
    }

    fn tell(&mut self, entry: u32, reason: Reason, bytes: Option<u64>) {
        if self.is_seen(entry) {
            return;
        }
        let path = self.walk.forest.id(entry).map(|id| id.to_string()).unwrap_or_default();
        let problem = NotScanned { path: path.into_bytes(), reason, bytes };
        self.crew.lock().problems.push(problem);
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, io::Read};

    use leeward_model::ObjectId;

    use super::super::fixture::{Part, append, copies, head, name, pack};
    use super::*;

    /// Counts what it is shown, and how large it was.
    #[derive(Default)]
    struct Count {
        seen: BTreeMap<ObjectId, usize>,
        streamed: usize,
    }

    impl Visit for Count {
        fn visit(&mut self, object: Object<'_>) -> Trace {
            assert_eq!(self.seen.insert(object.id, object.bytes.len()), None);
            Trace::default()
        }

        fn visit_stream(
            &mut self,
            _: Kind,
            _: ObjectId,
            _: u64,
            bytes: &mut dyn Read,
        ) -> Result<(), Reason> {
            let mut all = Vec::new();
            bytes.read_to_end(&mut all).map_err(|error| corrupt(&error.to_string()))?;
            self.streamed += all.len();
            Ok(())
        }
    }

    struct Outcome {
        seen: BTreeMap<ObjectId, usize>,
        streamed: usize,
        problems: Vec<NotScanned>,
    }

    impl Outcome {
        fn reason(&self, number: u32) -> &Reason {
            let path = name(number).to_string().into_bytes();
            &self.problems.iter().find(|problem| problem.path == path).unwrap().reason
        }
    }

    fn walk(parts: &[Part], limits: Limits, threads: usize) -> Outcome {
        let (_dir, pack) = pack(parts);
        let forest = Forest::new(&pack, threads).unwrap();
        let mut counts: Vec<Count> = (0..threads).map(|_| Count::default()).collect();
        let walk = Walk { forest: &forest, kinds: Kinds::TEXTS, limits, known: None };
        let problems = walk.run(&mut counts, &Progress::default());
        let streamed = counts.iter().map(|count| count.streamed).sum();
        let seen: BTreeMap<_, _> = counts.into_iter().flat_map(|count| count.seen).collect();
        assert!(seen.len() + problems.len() <= parts.len());
        Outcome { seen, streamed, problems }
    }

    fn blob(len: usize) -> Part {
        Part::Whole(Kind::Blob, vec![b'x'; len])
    }

    #[test]
    fn wide_and_deep_trees_are_walked_by_all_threads() {
        let mut parts = vec![blob(10)];
        let mut sizes = vec![10];
        for number in 1..3000usize {
            // A comb: a long chain with teeth.
            let base = if number % 3 == 0 { number - 1 } else { number.saturating_sub(3) };
            parts.push(Part::Offset(base, append(sizes[base], b'y')));
            sizes.push(sizes[base] + 1);
        }
        for threads in [1, 2, 7] {
            let outcome = walk(&parts, Limits::default(), threads);
            assert_eq!(outcome.problems, []);
            for (number, size) in sizes.iter().enumerate() {
                assert_eq!(outcome.seen[&name(number as u32)], *size);
            }
        }
    }

    #[test]
    fn a_chain_as_long_as_the_pack_is_walked() {
        let mut parts = vec![blob(1)];
        parts.extend((1..20_000).map(|number| Part::Offset(number - 1, append(number, b'y'))));
        assert_eq!(walk(&parts, Limits::default(), 2).seen.len(), 20_000);
    }

    #[test]
    fn a_bomb_of_growing_deltas_stops_at_the_size_of_an_object() {
        let limits = Limits { object: 1 << 20, ..Limits::default() };
        let mut parts = vec![blob(1 << 10)];
        let mut size = 1 << 10;
        for number in 0..8 {
            parts.push(Part::Offset(number, copies(size, 16)));
            size *= 16;
        }
        let outcome = walk(&parts, limits, 2);
        assert_eq!(outcome.seen.len(), 3);
        assert!(matches!(outcome.reason(3), Reason::Limit(_)));
        assert!(matches!(outcome.reason(8), Reason::Limit(_)));
    }

    #[test]
    fn a_bomb_of_many_versions_stops_at_the_output() {
        let limits = Limits { output: 1 << 20, output_ratio: 0, ..Limits::default() };
        let mut parts = vec![blob(1 << 16)];
        parts.extend((1..100).map(|_| Part::Offset(0, append(1 << 16, b'y'))));
        let outcome = walk(&parts, limits, 2);
        assert!((15..=20).contains(&outcome.seen.len()));
        assert_eq!(outcome.seen.len() + outcome.problems.len(), 100);
    }

    #[test]
    fn held_objects_stay_within_memory() {
        let limits = Limits { live: 100 << 10, ..Limits::default() };
        // Every second version has two more built on it, so bases pile up.
        let mut parts = vec![blob(30 << 10)];
        for number in 1..40usize {
            let base = (number - 1) / 2;
            let depth = usize::BITS - (base + 1).leading_zeros() - 1;
            parts.push(Part::Offset(base, append((30 << 10) + depth as usize, b'y')));
        }
        let outcome = walk(&parts, limits, 1);
        assert!(outcome.problems.iter().all(|p| matches!(p.reason, Reason::Limit(_))));
        assert!(!outcome.problems.is_empty() && outcome.seen.len() > 3);
    }

    #[test]
    fn objects_too_large_to_hold_are_streamed() {
        let limits = Limits { hold: 1 << 10, object: 1 << 14, ..Limits::default() };
        let big = 1 << 15;
        let parts = [
            blob(1 << 12),
            blob(1 << 12),
            Part::Offset(1, append(1 << 12, b'y')),
            blob(big),
            Part::Offset(3, append(big, b'y')),
        ];
        let outcome = walk(&parts, limits, 1);
        assert_eq!(outcome.streamed, (1 << 12) + big);
        assert_eq!(outcome.seen.len(), 2);
        assert!(matches!(outcome.reason(4), Reason::Limit(_)));
    }

    #[test]
    fn lies_about_sizes_cost_nothing() {
        let mut huge = Vec::new();
        head(3, 200 << 20, &mut huge);
        huge.extend(super::super::inflate::deflate(b"tiny"));
        let mut delta = copies(4, 1);
        delta[1] = 0xff;
        delta.insert(2, 0x7f);
        let parts = [Part::Raw(huge), blob(4), Part::Offset(1, delta), Part::Offset(1, vec![])];
        let outcome = walk(&parts, Limits::default(), 1);
        assert_eq!(outcome.seen.len(), 1);
        for number in [0, 2, 3] {
            assert!(matches!(outcome.reason(number), Reason::Corrupt(_)), "{number}");
        }
    }

    #[test]
    fn an_inspector_that_panics_is_not_waited_for() {
        struct Panics;
        impl Visit for Panics {
            fn visit(&mut self, _: Object<'_>) -> Trace {
                panic!("on purpose")
            }

            fn visit_stream(
                &mut self,
                _: Kind,
                _: ObjectId,
                _: u64,
                _: &mut dyn Read,
            ) -> Result<(), Reason> {
                Ok(())
            }
        }
        let (_dir, pack) = pack(&[blob(4)]);
        let forest = Forest::new(&pack, 1).unwrap();
        let limits = Limits::default();
        let walk = Walk { forest: &forest, kinds: Kinds::TEXTS, limits, known: None };
        let run = || walk.run(&mut [Panics, Panics, Panics], &Progress::default());
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    }

    #[test]
    fn cycles_and_lost_bases_are_damage() {
        let parts = [
            Part::Named(1, append(4, b'a')),
            Part::Named(0, append(5, b'b')),
            Part::Named(2, append(4, b'c')),
            Part::Named(77, append(4, b'd')),
            Part::Named(5, append(4, b'e')),
            blob(4),
            Part::Named(1, append(6, b'f')),
            Part::Raw(vec![0; 8]),
        ];
        let outcome = walk(&parts, Limits::default(), 2);
        assert_eq!(outcome.seen.len(), 2);
        for number in [0, 1, 2, 3, 6, 7] {
            assert!(matches!(outcome.reason(number), Reason::Corrupt(_)), "{number}");
        }
    }
}

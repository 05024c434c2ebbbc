//! What the next commit would bring: the staged content of files, not the work
//! tree's, and their names. What the version before it holds already is not
//! brought by it: it is told, and stops nothing.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::Path,
    time::SystemTime,
};

use leeward_model::{Confidence, Fingerprint, GitObjectKind, Level, ObjectId};
use leeward_source::{
    Progress,
    git::{Repository, Staged},
};

use super::{
    gather::Gather,
    guarded::Guarded,
    leak::{At, Leak, Verdict},
};

/// How often the index is read anew when it changes meanwhile.
const TIMES: usize = 3;

/// Looks at what is staged. `index` is the one that Git names to its hooks, if
/// the commit does not take all that is staged.
pub fn commit(
    repository: &Repository,
    index: Option<&Path>,
    guarded: &Guarded,
    progress: &Progress,
) -> Verdict {
    let own = repository.git_dir().join("index");
    let file = index.unwrap_or(&own);
    for _ in 0..TIMES {
        let before = stamp(file);
        if before.is_none() && !repository.next_parents().is_empty() {
            return Verdict::trouble("the index is not there, so what is staged is not known");
        }
        let verdict = Look { repository, index, guarded, progress }.verdict();
        if stamp(file) == before {
            return verdict;
        }
    }
    Verdict::trouble("the index kept changing while it was looked at")
}

/// What changes when a file is written.
fn stamp(file: &Path) -> Option<(u64, Option<SystemTime>)> {
    let meta = fs::metadata(file).ok()?;
    Some((meta.len(), meta.modified().ok()))
}

struct Look<'a> {
    repository: &'a Repository,
    index: Option<&'a Path>,
    guarded: &'a Guarded,
    progress: &'a Progress,
}

impl Look<'_> {
    fn verdict(&self) -> Verdict {
        let staged = self.repository.staged(self.index);
        let mut verdict = Verdict::default();
        for problem in &staged.problems {
            verdict.left_out(problem);
        }
        let mut leaks = self.contents(&staged, &mut verdict);
        leaks.extend(self.names(&staged));
        if !leaks.is_empty() {
            self.tell_old(&mut leaks, &mut verdict);
        }
        verdict.leaks = leaks;
        self.guarded.show(&mut verdict);
        verdict.sort();
        verdict
    }

    fn contents(&self, staged: &Staged, verdict: &mut Verdict) -> Vec<Leak> {
        let objects: Vec<ObjectId> = staged.paths.keys().copied().collect();
        let gather = Gather::new(self.guarded.look.detector());
        let (kind, threads) = (GitObjectKind::Staged, self.guarded.threads);
        let progress = self.progress;
        let (coverage, inside) = self.guarded.opening(&gather, progress, |inspect| {
            self.repository.scan_objects(&objects, kind, threads, inspect, progress)
        });
        verdict.note_unopened(&inside, |id| {
            let id = std::str::from_utf8(id).ok().and_then(ObjectId::from_hex)?;
            staged.paths.get(&id)?.first().cloned()
        });
        for left_out in &coverage.not_scanned {
            let id = std::str::from_utf8(&left_out.path).ok().and_then(ObjectId::from_hex);
            let paths = id.and_then(|id| staged.paths.get(&id));
            let mut left_out = left_out.clone();
            left_out.path = paths.and_then(|paths| paths.first().cloned()).unwrap_or(left_out.path);
            verdict.left_out(&left_out);
        }
        let (seen, all) = (coverage.objects_scanned, objects.len() as u64);
        if verdict.troubles.is_empty() && seen != all {
            verdict.troubles.push(format!("{seen} of {all} staged files were looked at"));
        }
        let mut leaks = Vec::new();
        for mut seen in gather.finish() {
            let signals = seen.sighting.signals.clone();
            for path in staged.paths.get(&seen.object).into_iter().flatten() {
                seen.sighting.signals.clone_from(&signals);
                if self.guarded.counts(&mut seen.sighting, Some(path)) {
                    let line = seen.sighting.start.line;
                    let inside = seen.inside.clone();
                    let at = At::Staged { path: path.clone(), inside, line };
                    leaks.push(self.guarded.leak(&seen.sighting, at));
                }
            }
        }
        leaks
    }

    /// Names of files: each is a text of its own, and has to be sure by itself.
    fn names(&self, staged: &Staged) -> Vec<Leak> {
        let mut leaks = Vec::new();
        for path in staged.paths.values().flatten() {
            for mut sighting in self.guarded.in_name(path) {
                let is_sure = Confidence::of(&sighting.signals).level() == Level::High;
                if is_sure && self.guarded.counts(&mut sighting, None) {
                    leaks.push(self.guarded.leak(&sighting, At::Name(path.clone())));
                }
            }
        }
        leaks
    }

    /// Takes out what the commits before this one hold in the same file, or in
    /// one that is gone: there it moved from.
    fn tell_old(&self, leaks: &mut Vec<Leak>, verdict: &mut Verdict) {
        let paths: HashSet<Vec<u8>> = leaks
            .iter()
            .filter_map(|leak| match &leak.at {
                At::Staged { path, .. } => Some(path.clone()),
                _ => None,
            })
            .collect();
        let before = self.repository.before(self.index, &paths);
        for problem in &before.problems {
            verdict.left_out(problem);
        }
        let wanted: HashSet<Fingerprint> = leaks.iter().map(|leak| leak.fingerprint).collect();
        let mut objects: Vec<ObjectId> = before.gone.clone();
        objects.extend(before.versions.iter().map(|(_, id)| *id));
        objects.sort_unstable();
        objects.dedup();
        let gather = Gather::new(self.guarded.look.detector());
        let (kind, threads) = (GitObjectKind::Blob, self.guarded.threads);
        // What cannot be read is not known to be old.
        drop(self.guarded.opening(&gather, self.progress, |inspect| {
            self.repository.scan_objects(&objects, kind, threads, inspect, self.progress)
        }));
        let mut held: BTreeMap<ObjectId, HashSet<Fingerprint>> = BTreeMap::new();
        for seen in gather.finish() {
            if wanted.contains(&seen.sighting.fingerprint) {
                held.entry(seen.object).or_default().insert(seen.sighting.fingerprint);
            }
        }
        let of = |id: &ObjectId| held.get(id).into_iter().flatten().copied();
        let moved: HashSet<Fingerprint> = before.gone.iter().flat_map(of).collect();
        let mut versions: HashMap<&[u8], HashSet<Fingerprint>> = HashMap::new();
        for (path, id) in &before.versions {
            versions.entry(path).or_default().extend(of(id));
        }
        let is_old = |leak: &mut Leak| {
            let At::Staged { path, .. } = &leak.at else { return false };
            moved.contains(&leak.fingerprint)
                || versions
                    .get(path.as_slice())
                    .is_some_and(|held| held.contains(&leak.fingerprint))
        };
        verdict.known = leaks.extract_if(.., is_old).collect();
    }
}

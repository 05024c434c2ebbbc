//! A scan that remembers finds what one without memory finds: over repositories that change
//! at random between scans, in ways that people and `git gc` change them, and when scans
//! are stopped half-way.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod git_support;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    sync::Mutex,
};

use git_support::Repo;
use leeward_model::{
    Blob, Coverage, Inspect, Judged, Mark, ObjectId, Origin, Position, Trace, Worker,
};
use leeward_source::{
    Progress,
    git::{Repository, Selection},
};

/// A memory that is held.
#[derive(Default)]
struct Memory {
    clean: Mutex<HashSet<Mark>>,
    notes: Mutex<HashMap<Mark, Vec<u8>>>,
}

impl Judged for Memory {
    fn is_clean(&self, mark: Mark) -> bool {
        self.clean.lock().unwrap().contains(&mark)
    }

    fn clean(&self, mark: Mark) {
        self.clean.lock().unwrap().insert(mark);
    }

    fn noted(&self, mark: Mark) -> Option<Vec<u8>> {
        self.notes.lock().unwrap().get(&mark).cloned()
    }

    fn note(&self, mark: Mark, what: &[u8]) {
        self.notes.lock().unwrap().insert(mark, what.to_vec());
    }
}

/// Finds a word.
struct Finder<'a> {
    memory: Option<&'a Memory>,
    progress: &'a Progress,
    /// Stops the scan after so many objects.
    stops_after: usize,
    shown: Mutex<BTreeMap<ObjectId, bool>>,
}

struct Seer<'f, 'a>(&'f Finder<'a>);

fn id(origin: Origin<'_>) -> ObjectId {
    let Origin::Git(_, id) = origin else { panic!("{origin:?}") };
    id
}

impl<'f, 'a> Inspect for &'f Finder<'a> {
    type Worker = Seer<'f, 'a>;

    fn worker(&self) -> Seer<'f, 'a> {
        Seer(self)
    }

    fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}

    fn judged(&self) -> Option<&dyn Judged> {
        self.memory.map(|memory| memory as &dyn Judged)
    }
}

impl Worker for Seer<'_, '_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let is_found = blob.bytes.windows(3).any(|window| window == b"KEY");
        let mut shown = self.0.shown.lock().unwrap();
        let before = shown.insert(id(blob.origin), is_found);
        assert!(before.is_none() || blob.piece.is_some(), "each object once");
        if shown.len() == self.0.stops_after {
            self.0.progress.cancel();
        }
        Trace(1)
    }

    fn done(&mut self, origin: Origin<'_>, mark: Mark) -> bool {
        let is_clean = !self.0.shown.lock().unwrap()[&id(origin)];
        if is_clean {
            self.0.memory.unwrap().clean(mark);
        }
        is_clean
    }
}

struct Seen {
    found: BTreeSet<ObjectId>,
    shown: usize,
    coverage: Coverage,
}

fn scan(repo: &Repo, memory: Option<&Memory>, stops_after: usize) -> Seen {
    let progress = Progress::default();
    let finder = Finder { memory, progress: &progress, stops_after, shown: Mutex::default() };
    let repository = Repository::open(&repo.path).unwrap();
    let coverage = repository.scan_history(&Selection::Everything, 2, &&finder, &progress).unwrap();
    let shown = finder.shown.into_inner().unwrap();
    let found = shown.iter().filter(|(_, found)| **found).map(|(id, _)| *id).collect();
    Seen { found, shown: shown.len(), coverage }
}

/// What a scan with a memory and one without say, which must be the same.
#[track_caller]
fn same(repo: &Repo, memory: &Memory, what: &str) -> Seen {
    let (with, without) = (scan(repo, Some(memory), 0), scan(repo, None, 0));
    assert_eq!(with.found, without.found, "{what}");
    assert_eq!(with.coverage.not_scanned, without.coverage.not_scanned, "{what}");
    assert_eq!(with.coverage.warnings, without.coverage.warnings, "{what}");
    let repository = Repository::open(&repo.path).unwrap();
    let progress = Progress::default();
    let told = repository.attribute(&without.found, 2, &progress).unwrap();
    for _ in 0..2 {
        let again = repository.attribute_again(&with.found, 2, &progress, memory, &|_| true);
        assert_eq!(again.unwrap(), told, "{what}");
    }
    with
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Changes a repository somehow; what was done.
fn change(repo: &Repo, dice: &mut Dice) -> String {
    let name = format!("{}/{}.txt", dice.roll(3), dice.roll(4));
    let path = repo.path.join(&name);
    match dice.roll(12) {
        0..=4 => {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut text = fs::read_to_string(&path).unwrap_or_default();
            let word = if dice.roll(3) == 0 { "KEY" } else { "word" };
            for _ in 0..=dice.roll(40) {
                text = format!("{text}a line with a {word} and {}\n", dice.roll(1 << 40));
            }
            fs::write(&path, text).unwrap();
            repo.git(&["add", "-A"]);
            let message =
                format!("write a {} into {name}", if dice.roll(5) == 0 { "KEY" } else { "line" });
            repo.git(&["commit", "-q", "--allow-empty", "-m", &message]);
            message
        }
        5 => {
            let _ = fs::remove_file(&path);
            repo.git(&["add", "-A"]);
            repo.git(&["commit", "-q", "--allow-empty", "-m", "remove"]);
            format!("remove {name}")
        }
        6 => {
            repo.git(&["commit", "-q", "--allow-empty", "--amend", "-m", "amended"]);
            "amend".into()
        }
        7 => {
            repo.git(&["tag", "-f", "-a", "-m", "a KEY or none", &format!("t{}", dice.roll(5))]);
            "tag".into()
        }
        8 => {
            repo.git(&["repack", "-q", "-d"]);
            "repack what is loose".into()
        }
        9 => {
            repo.git(&["gc", "-q"]);
            "gc".into()
        }
        10 => {
            repo.git(&["repack", "-q", "-a", "-f", "--depth=50", "--window=50"]);
            "a second pack with everything".into()
        }
        _ => {
            repo.git(&["reflog", "expire", "--expire=now", "--all"]);
            repo.git(&["gc", "-q", "--prune=now"]);
            "prune".into()
        }
    }
}

#[test]
fn a_scan_that_remembers_finds_what_one_without_memory_finds() {
    let mut left_out = 0;
    for seed in 1..=6 {
        let (repo, memory, mut dice) = (Repo::new(), Memory::default(), Dice(seed * 7919));
        repo.git(&["commit", "-q", "--allow-empty", "-m", "begin"]);
        let mut done = Vec::new();
        for _ in 0..10 {
            for _ in 0..=dice.roll(3) {
                done.push(change(&repo, &mut dice));
            }
            if dice.roll(3) == 0 {
                let after = 1 + dice.roll(20) as usize;
                scan(&repo, Some(&memory), after);
                done.push(format!("stopped after {after}"));
            }
            let what = format!("seed {seed}: {}", done.join(", "));
            same(&repo, &memory, &what);
            let again = same(&repo, &memory, &what);
            assert_eq!(again.shown, again.found.len(), "{what}");
            left_out += again.coverage.judged_before.objects;
        }
    }
    assert!(left_out > 300, "{left_out}");
}

#[test]
fn a_pack_that_was_judged_is_not_read() {
    let (repo, memory) = (Repo::new(), Memory::default());
    for number in 0..200 {
        fs::write(repo.path.join("file"), format!("{number} {}\n", "line\n".repeat(50))).unwrap();
        if number == 77 {
            fs::write(repo.path.join("other"), "KEY\n").unwrap();
        }
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "change"]);
    }
    repo.git(&["gc", "-q"]);
    same(&repo, &memory, "gc");
    // The note of the pack is enough: of single objects nothing is asked.
    memory.clean.lock().unwrap().clear();
    let again = same(&repo, &memory, "again");
    assert_eq!((again.shown, again.found.len()), (1, 1));
    assert_eq!(again.coverage.judged_before.objects, 400);
    assert_eq!(again.coverage.objects_scanned, 1);
}

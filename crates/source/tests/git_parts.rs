//! Parts of a repository: together they show what the whole shows, each object once,
//! however it is kept and however many parts there are.

#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod git_support;

use std::collections::BTreeMap;

use git_support::{Recorder, Repo};
use leeward_model::ObjectId;
use leeward_source::{
    Progress,
    git::{Part, Repository, ScanError, Selection},
};
use proptest::prelude::*;

/// What a part shows: each object with its bytes.
fn shown(repository: &Repository, selection: &Selection) -> BTreeMap<ObjectId, Vec<u8>> {
    let recorder = Recorder::default();
    let coverage = repository.scan_history(selection, 2, &&recorder, &Progress::default()).unwrap();
    assert_eq!(coverage.not_scanned, []);
    let shown = recorder.shown();
    assert_eq!(coverage.objects_scanned, shown.len() as u64);
    shown
        .into_iter()
        .map(|(id, shown)| {
            assert_eq!(shown.times, 1, "{id} was shown more than once");
            (id, shown.bytes)
        })
        .collect()
}

/// Shows all parts, and holds them against the whole; how many showed anything.
fn parts(repository: &Repository, of: u32, pack: Option<String>) -> usize {
    let whole = shown(repository, &Selection::Everything);
    let (mut union, mut busy) = (BTreeMap::new(), 0);
    for index in 0..of {
        let part = Part { index, of, pack: pack.clone() };
        let shown = shown(repository, &Selection::Part(part));
        busy += usize::from(!shown.is_empty());
        for (id, bytes) in shown {
            assert!(union.insert(id, bytes).is_none(), "{id} is in two parts");
        }
    }
    assert_eq!(union.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    assert!(union == whole);
    busy
}

/// A repository of files that grow, so that there are trees of deltas.
fn grown(commits: usize, files: usize, seed: usize) -> Repo {
    let repo = Repo::new();
    for commit in 0..commits {
        for file in 0..files {
            if (commit + seed).is_multiple_of(file + 1) {
                let text: String = (0..40 + commit)
                    .map(|line| format!("{line} {} {}\n", file * 31 + line, line * seed % 97))
                    .collect();
                repo.write(&format!("f{file}"), text.as_bytes());
            }
        }
        repo.commit(&format!("change {commit}"));
    }
    repo
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn parts_are_the_whole_and_no_object_is_in_two(
        commits in 1usize..14,
        files in 1usize..5,
        seed in 1usize..1_000,
        of in 1u32..9,
        late in 0usize..3,
    ) {
        let repo = grown(commits, files, seed);
        // Loose, then one pack, then a pack and what came after it, then two packs.
        let open = || Repository::open(&repo.path.join(".git")).unwrap();
        parts(&open(), of, None);
        repo.git(&["repack", "-adfq", "--depth=50"]);
        let repository = open();
        let sum = repository.pack_sum();
        prop_assert!(sum.is_some());
        parts(&repository, of, None);
        parts(&repository, of, sum);
        for nth in 0..late {
            repo.write("late", format!("late {nth} {seed}\n").as_bytes());
            repo.commit("late");
        }
        parts(&open(), of, open().pack_sum());
        if late > 0 {
            repo.git(&["repack", "-q"]);
            let repository = open();
            prop_assert_eq!(repository.pack_sum(), None);
            parts(&repository, of, None);
        }
    }
}

#[test]
fn ranges_of_a_pack_keep_several_busy_and_another_pack_is_refused() {
    let repo = grown(30, 6, 7);
    repo.git(&["repack", "-adfq"]);
    let repository = Repository::open(&repo.path.join(".git")).unwrap();
    assert!(repository.pack_bytes() > 0);
    assert_eq!(parts(&repository, 4, repository.pack_sum()), 4);
    assert_eq!(parts(&repository, 4, None), 4);
    let other = Part { index: 0, of: 2, pack: Some("00".repeat(20)) };
    let refused = repository.scan_history(
        &Selection::Part(other),
        1,
        &&Recorder::default(),
        &Progress::default(),
    );
    assert_eq!(refused.unwrap_err(), ScanError::OtherPack);
}

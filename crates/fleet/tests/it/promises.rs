//! What any queue promises, put to the test through the server's and the workers' ends.

use std::{path::Path, sync::Arc, thread, time::Duration};

use leeward_fleet::{Came, Job, Key, PROTOCOL, Planning, Queue, Taken, Turn};
use leeward_store::{JobState, Place};

use crate::fixture::*;

/// Both ends of a queue whose leases last a second.
pub(crate) struct Ends {
    pub(crate) server: Arc<dyn Queue>,
    pub(crate) worker: Arc<dyn Queue>,
}

/// All promises. `new` makes a queue for a store.
pub(crate) fn all(new: &mut dyn FnMut(&Path) -> Ends) {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| {
        let path = directory.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    };
    let mut run = |name: &str, promise: fn(&Path, Ends)| {
        let path = at(name);
        let ends = new(&path.join("a.db"));
        promise(&path, ends);
    };
    run("once", found_once);
    run("parts", parts_make_the_whole);
    run("packs", another_pack_is_split_by_names);
    run("lost", what_was_lost_is_done_again_and_the_late_result_refused);
    run("poison", what_ends_every_worker_is_given_up);
    run("broken", what_cannot_be_cloned_is_tried_again);
    run("version", other_versions_are_left_alone);
}

fn office(at: &Path, ends: &Ends) -> Office {
    Office::new(Place::File(at.join("a.db")), Arc::clone(&ends.server), Key::generate())
}

/// The same, scanned by a single process.
fn alone(at: &Path, urls: &[String]) -> Vec<String> {
    let ground = Arc::new(ground(Place::File(at.join("alone.db"))));
    let mut store = ground.store().unwrap();
    let mut worker = leeward_watch::Worker::new(Arc::clone(&ground));
    for url in urls {
        leeward_watch::status::enqueue(&mut store, &task(url), now()).unwrap();
    }
    while worker.turn(&mut store).unwrap().is_some() {}
    found(&mut store)
}

fn found_once(at: &Path, ends: Ends) {
    let mut office = office(at, &ends);
    let ((one, value), (other, _)) = (leak(), leak());
    let urls: Vec<String> = ["a", "b", "c"].iter().map(|name| url(&at.join(name))).collect();
    repository(&at.join("a"), &[one.clone(), "nothing\n".to_owned()]);
    repository(&at.join("b"), &[other]);
    repository(&at.join("c"), &["nothing\n".to_owned()]);
    for url in &urls {
        office.add(url);
    }
    office.hand_out();
    assert_eq!(office.store.queue().unwrap().running, 3);
    let place = workplace(&at.join("work"), Planning::default());
    let turns = work(&*ends.worker, &place);
    for turn in &turns {
        let Turn::Done(report) = turn else { panic!("{turn:?}") };
        assert!(!stands(&report.to_bytes(), &value), "a value in the clear");
    }
    assert_eq!(turns.len(), 3);
    assert!(std::fs::read_dir(at.join("work")).unwrap().next().is_none(), "nothing is left");
    let taken = office.take_in();
    assert_eq!(taken.iter().filter(|it| matches!(it, Taken::Done(1))).count(), 2, "{taken:?}");
    assert_eq!(office.found(), alone(at, &urls));
    assert_eq!(office.store.queue().unwrap().running, 0);
    // The value arrived, for whoever asks providers.
    let line = office.store.incidents(&leeward_store::Filter::default()).unwrap();
    assert!(office.ground.vault.get(&line[0].fingerprint).is_some());
    // Later only what is new.
    repository(&at.join("d"), &[]);
    office.add(&urls[0]);
    office.hand_out();
    let turns = work(&*ends.worker, &place);
    assert!(matches!(&turns[..], [Turn::Done(it)] if it.came == Came::Unchanged), "{turns:?}");
    assert_eq!(office.take_in(), [Taken::Done(0)]);
}

fn parts_make_the_whole(at: &Path, ends: Ends) {
    let mut office = office(at, &ends);
    let (shared, _) = leak();
    let versions: Vec<String> =
        (0..40).map(|nth| format!("{nth} {}\n{}{}", "x".repeat(nth), leak().0, shared)).collect();
    repository(&at.join("a"), &versions);
    let urls = [url(&at.join("a"))];
    office.add(&urls[0]);
    office.hand_out();
    let planning = Planning { part_bytes: 1_500, most: 5 };
    let place = workplace(&at.join("work"), planning);
    let mut parts = 0;
    for _ in 0..20 {
        for turn in work(&*ends.worker, &place) {
            let Turn::Done(report) = turn else { panic!("{turn:?}") };
            parts += u32::from(report.part.is_some() && matches!(report.came, Came::Scanned(_)));
        }
        if office.take_in().iter().any(|taken| matches!(taken, Taken::Done(_))) {
            break;
        }
    }
    assert!(parts > 1, "{parts}");
    assert_eq!(office.found(), alone(at, &urls));
    assert_eq!(office.store.tips(&urls[0]).unwrap().map(|tips| tips.len()), Some(1));
    assert_eq!(ends.server.depth().unwrap(), 0);
}

fn another_pack_is_split_by_names(at: &Path, ends: Ends) {
    let mut office = office(at, &ends);
    let versions: Vec<String> =
        (0..30).map(|nth| format!("{nth} {}\n{}", "x".repeat(nth), leak().0)).collect();
    repository(&at.join("a"), &versions);
    git(&at.join("a"), &["repack", "-adfq"]);
    let urls = [url(&at.join("a"))];
    office.add(&urls[0]);
    office.hand_out();
    let place = workplace(&at.join("work"), Planning { part_bytes: 1_500, most: 3 });
    let turns = work(&*ends.worker, &place);
    let [Turn::Done(report)] = &turns[..] else { panic!("{turns:?}") };
    assert!(matches!(&report.came, Came::Split { pack: Some(_), .. }), "{report:?}");
    assert_eq!(office.take_in(), [Taken::Part]);
    // Something is pushed, so that whoever clones now gets another pack.
    git(&at.join("a"), &["tag", "-a", "-m", "words", "v1", "main"]);
    let mut other = 0;
    for _ in 0..10 {
        for turn in work(&*ends.worker, &place) {
            let Turn::Done(report) = turn else { panic!("{turn:?}") };
            other += u32::from(report.came == Came::OtherPack);
        }
        if office.take_in().iter().any(|taken| matches!(taken, Taken::Done(_))) {
            break;
        }
    }
    assert!(other > 0);
    assert_eq!(office.found(), alone(at, &urls));
    assert_eq!(ends.server.depth().unwrap(), 0);
}

fn what_was_lost_is_done_again_and_the_late_result_refused(at: &Path, ends: Ends) {
    let mut office = office(at, &ends);
    let (line, _) = leak();
    repository(&at.join("a"), &[line]);
    let url = url(&at.join("a"));
    office.add(&url);
    office.hand_out();
    let wait = Duration::from_secs(1);
    let held = ends.worker.pull(wait).unwrap().unwrap();
    assert!(ends.worker.pull(Duration::from_millis(100)).unwrap().is_none(), "held by one");
    // Stopped for longer than its lease.
    thread::sleep(Duration::from_millis(2_500));
    let place = workplace(&at.join("work"), Planning::default());
    let turns = work(&*ends.worker, &place);
    let [Turn::Done(report)] = &turns[..] else { panic!("{turns:?}") };
    assert_eq!(office.take_in(), [Taken::Done(1)]);
    let before = office.found();
    // It goes on, and hands in what it found.
    let mut late = (**report).clone();
    late.worker = "late".to_owned();
    ends.worker.report("late", &late.to_bytes()).unwrap();
    let _ = held.ack();
    assert_eq!(office.take_in(), [Taken::Late]);
    assert_eq!(office.found(), before);
    assert_eq!(ends.server.depth().unwrap(), 0);
}

fn what_ends_every_worker_is_given_up(at: &Path, ends: Ends) {
    let mut office = office(at, &ends);
    repository(&at.join("a"), &["nothing\n".to_owned()]);
    office.add(&url(&at.join("a")));
    office.hand_out();
    for _ in 0..6 {
        // Each is gone without a word.
        drop(ends.worker.pull(Duration::from_secs(20)).unwrap().unwrap());
    }
    let place = workplace(&at.join("work"), Planning::default());
    thread::sleep(Duration::from_millis(2_500));
    let turns = work(&*ends.worker, &place);
    assert!(matches!(&turns[..], [Turn::Done(_)]), "{turns:?}");
    let taken = office.take_in();
    assert!(matches!(&taken[..], [Taken::Failed(why, true)] if why.contains("ended each time")));
    let dead = office.store.jobs(JobState::Dead, 9).unwrap();
    assert!(dead[0].trouble.as_deref().unwrap().contains("ended each time"));
}

fn what_cannot_be_cloned_is_tried_again(at: &Path, ends: Ends) {
    let mut office = office(at, &ends);
    office.add(&url(&at.join("nowhere")));
    office.hand_out();
    let place = workplace(&at.join("work"), Planning::default());
    work(&*ends.worker, &place);
    let taken = office.take_in();
    assert!(
        matches!(&taken[..], [Taken::Failed(why, false)] if why.contains("clone")),
        "{taken:?}"
    );
    let waiting = office.store.jobs(JobState::Waiting, 9).unwrap();
    assert_eq!((waiting.len(), waiting[0].attempts), (1, 1));
}

fn other_versions_are_left_alone(at: &Path, ends: Ends) {
    let mut office = office(at, &ends);
    repository(&at.join("a"), &["nothing\n".to_owned()]);
    office.add(&url(&at.join("a")));
    office.hand_out();
    // Another protocol: left in the queue, for whoever speaks it.
    let held = ends.worker.pull(Duration::from_secs(1)).unwrap().unwrap();
    let job: Job = serde_json::from_slice(held.bytes()).unwrap();
    let newer = Job { v: PROTOCOL + 1, ..job.clone() };
    ends.server.publish("newer", &newer.to_bytes()).unwrap();
    let place = workplace(&at.join("work"), Planning::default());
    let mut worker = leeward_fleet::Worker::new(&*ends.worker, &place).unwrap();
    let turn = worker.turn(Duration::from_secs(1), &|| false).unwrap();
    assert!(matches!(&turn, Turn::Other(why, _) if why.contains("version 2")), "{turn:?}");
    // Other rules: given back, and not counted as a try.
    held.ack().unwrap();
    let other = Job { rules: "other".to_owned(), ..job };
    ends.server.publish("other", &other.to_bytes()).unwrap();
    let turn = worker.turn(Duration::from_secs(1), &|| false).unwrap();
    assert!(matches!(&turn, Turn::Other(why, _) if why.contains("rules other")), "{turn:?}");
    assert_eq!(office.take_in(), [Taken::Refused]);
    let waiting = office.store.jobs(JobState::Waiting, 9).unwrap();
    assert_eq!((waiting.len(), waiting[0].attempts), (1, 0));
    assert!(waiting[0].trouble.as_deref().unwrap().contains("has the rules"));
}

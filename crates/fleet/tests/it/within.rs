//! One process over its store: what it hands over it does itself, and what another left in
//! the middle too; as if there had been no queue.

use std::{path::Path, sync::Arc, thread, time::Duration};

use leeward_fleet::{Bounds, Embedded, HOLDER_WITHIN, Queue as _, Setup, Within};
use leeward_model::Level;
use leeward_servers::Postgres;
use leeward_store::{JobState, Place, Store};
use leeward_watch::{Done, Ground, Once, Shift, Task, status};

use crate::fixture::*;

fn setup(place: &Place, at: &Path, ground: &Ground) -> Setup {
    Setup {
        place: place.clone(),
        library: Arc::clone(&ground.library),
        least: Level::Medium,
        local_repositories: true,
        directory: at.join("work"),
        threads: 1,
        unpack: None,
        clock: now,
    }
}

/// What one process stands on.
fn process(place: &Place, at: &Path) -> Arc<Ground> {
    let mut ground = ground(place.clone());
    ground.fleet = Some(Arc::new(Within::new(setup(place, at, &ground)).unwrap()));
    Arc::new(ground)
}

/// Does all that is there to do; what was said.
fn do_all(ground: &Arc<Ground>) -> (Once, Vec<Done>) {
    let said = std::sync::Mutex::new(Vec::new());
    let shift = Shift::new(Arc::clone(ground), Vec::new(), Vec::new());
    let once = shift.once(&|_, _| {}, &|done| said.lock().unwrap().push(done.clone())).unwrap();
    (once, said.into_inner().unwrap())
}

/// How many rows of the queue are in a state, and whether any holds a word of what it was.
fn queued(place: &Place, state: &str) -> (usize, bool) {
    let Place::File(path) = place else { panic!("a file") };
    let database = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT payload FROM jobs WHERE kind LIKE 'queue.%' AND state = ?1";
    let mut asked = database.prepare(sql).unwrap();
    let rows = asked.query_map([state], |row| row.get::<_, String>(0)).unwrap();
    let rows: Vec<String> = rows.map(Result::unwrap).collect();
    (rows.len(), rows.iter().any(|text| !text.is_empty()))
}

/// Time passes for what is held.
fn expire(place: &Place) {
    let Place::File(path) = place else { panic!("a file") };
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute("UPDATE jobs SET until = 1 WHERE kind LIKE 'queue.%'", []).unwrap();
}

fn add(store: &mut Store, url: &str) {
    assert!(status::enqueue(store, &task(url), now()).unwrap());
}

#[test]
fn a_process_does_what_it_hands_over_and_keeps_no_value() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let place = Place::File(at.join("a.db"));
    let ground = process(&place, at);
    let mut store = ground.store().unwrap();
    let mut values = Vec::new();
    for name in ["a", "b", "c"] {
        let (line, value) = leak();
        repository(&at.join(name), &[line, "nothing\n".to_owned()]);
        add(&mut store, &url(&at.join(name)));
        values.push(value);
    }
    add(&mut store, &url(&at.join("nowhere")));
    let (once, said) = do_all(&ground);
    assert_eq!((once.opened, once.undone), (3, 1), "one is tried again later");
    assert_eq!(said.iter().filter(|done| done.opened == 1).count(), 3, "{said:?}");
    let later = said.iter().find(|done| done.trouble.is_some()).unwrap();
    assert!(!later.is_dead && later.kind == "repository", "{later:?}");
    assert_eq!(queued(&place, "done"), (4, false), "each went through the queue");
    assert_eq!((queued(&place, "waiting").0, queued(&place, "running").0), (0, 0));
    assert_eq!(store.queue().unwrap().waiting, 1, "the queue's own are not counted");
    assert!(std::fs::read_dir(at.join("work")).unwrap().next().is_none(), "nothing is left");
    for entry in std::fs::read_dir(at).unwrap().flatten().filter(|it| it.path().is_file()) {
        let bytes = std::fs::read(entry.path()).unwrap();
        assert!(values.iter().all(|value| !stands(&bytes, value)), "{:?}", entry.path());
    }
    // Nothing is new the second time.
    add(&mut store, &url(&at.join("a")));
    assert_eq!(do_all(&ground).0.opened, 0);
    // What needs a credential is never handed over.
    let before = queued(&place, "done").0;
    let private = Task::Repository {
        source: None,
        url: url(&at.join("b")),
        is_public: Some(false),
        needs_credential: true,
    };
    assert!(status::enqueue(&mut store, &private, now()).unwrap());
    do_all(&ground);
    assert_eq!(queued(&place, "done").0, before);
    assert_eq!(ground.vault.len(), 3);
}

#[test]
fn what_a_killed_process_left_is_done_by_the_next_and_counts_as_no_failure() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let place = Place::File(at.join("a.db"));
    let mut store = Store::open(&place).unwrap();
    repository(&at.join("a"), &[leak().0]);
    repository(&at.join("b"), &[leak().0]);
    for name in ["a", "b"] {
        add(&mut store, &url(&at.join(name)));
    }
    // Killed after it handed one over and took it up; and after it handed the other over.
    {
        let ground = process(&place, at);
        let fleet = ground.fleet.as_ref().unwrap();
        let _hand = fleet.hand(&ground).unwrap();
        let mut worker = leeward_watch::Worker::new(Arc::clone(&ground));
        assert_eq!(worker.turn(&mut store).unwrap(), None);
        let queue = Embedded::new(&place, Bounds::default(), now).unwrap();
        drop(queue.pull(Duration::ZERO).unwrap().unwrap());
        assert_eq!(worker.turn(&mut store).unwrap(), None);
    }
    assert_eq!((queued(&place, "running").0, queued(&place, "waiting").0), (1, 1));
    let next = process(&place, at);
    assert_eq!(do_all(&next).0.opened, 1, "the other may still live");
    expire(&place);
    assert_eq!(do_all(&next).0.opened, 1);
    let done = store.jobs(JobState::Done, 9).unwrap();
    assert_eq!(done.iter().map(|job| job.attempts).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(queued(&place, "done"), (2, false));
    assert_eq!(store.queue().unwrap().running, 0);
}

#[test]
fn work_whose_job_was_lost_is_not_held_for_ever() {
    let directory = tempfile::tempdir().unwrap();
    lost_job(directory.path(), &Place::File(directory.path().join("a.db")));
    lost_job(directory.path(), &Place::parse(&Postgres::shared().database()));
}

fn lost_job(at: &Path, place: &Place) {
    let ground = process(place, at);
    let mut store = ground.store().unwrap();
    add(&mut store, &url(&at.join("a")));
    let fleet = ground.fleet.as_ref().unwrap();
    let hand = fleet.hand(&ground).unwrap();
    let mut worker = leeward_watch::Worker::new(Arc::clone(&ground));
    assert_eq!(worker.turn(&mut store).unwrap(), None);
    let held = |store: &mut Store| {
        let job = store.jobs(JobState::Running, 9).unwrap().pop().unwrap();
        assert_eq!(job.holder.as_deref(), Some(HOLDER_WITHIN));
        job.until.unwrap()
    };
    let before = held(&mut store);
    fleet.sign(&mut store, now() + 100).unwrap();
    assert_eq!(held(&mut store), before.max(now() + 1_000), "its job waits");
    let queue = Embedded::new(place, Bounds::default(), now).unwrap();
    queue.pull(Duration::ZERO).unwrap().unwrap().ack().unwrap();
    let before = held(&mut store);
    fleet.sign(&mut store, now() + 200).unwrap();
    assert_eq!(held(&mut store), before, "nothing of it lies in the queue");
    drop(hand);
}

#[test]
fn several_processes_at_one_store_share_the_work() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let place = Place::parse(&Postgres::shared().database());
    let grounds = [process(&place, at), process(&place, at)];
    let mut store = grounds[0].store().unwrap();
    for nth in 0..12 {
        let path = at.join(format!("r{nth}"));
        repository(&path, &[leak().0]);
        add(&mut store, &url(&path));
    }
    thread::scope(|scope| {
        for ground in &grounds {
            let shift = Shift::new(Arc::clone(ground), Vec::new(), Vec::new());
            scope.spawn(move || shift.run(&|_, _| {}, &|_| {}));
        }
        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_secs(60)
            && store.jobs(JobState::Done, 99).unwrap().len() < 12
        {
            thread::sleep(Duration::from_millis(50));
        }
        for ground in &grounds {
            ground.stop.cancel();
        }
    });
    let done = store.jobs(JobState::Done, 99).unwrap();
    assert_eq!(done.len(), 12, "{:?}", store.queue());
    assert!(done.iter().all(|job| job.attempts == 1), "{done:?}");
    assert_eq!(store.incidents(&leeward_store::Filter::default()).unwrap().len(), 12);
}

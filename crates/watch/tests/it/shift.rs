//! All of it at once, in threads and by the system's clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use leeward_counterpart::random_value;
use leeward_remote::{Belongs, SystemClock, Trouble};
use leeward_store::{Filter, SourceState};
use leeward_watch::{Once, Shift, Status, Turn};

use crate::fixture::*;

#[test]
fn a_shift_watches_until_it_is_stopped() {
    let (name, listed) = (usual_name(), Listed::default());
    let directory = tempfile::tempdir().unwrap();
    let handed = listed.clone();
    let broken = AtomicU64::new(0);
    let mut ground =
        ground(&directory.path().join("a.db"), &Turned::new(), move |_| Box::new(handed.clone()));
    ground.clock = Arc::new(SystemClock);
    ground.tell = Box::new(move |_, _| {
        // A thread that breaks is begun anew; here it may break once.
        assert!(broken.fetch_add(1, Ordering::Relaxed) > 0, "broken on purpose");
    });
    let ground = Arc::new(ground);
    let mut store = ground.store().unwrap();
    let seen = AtomicU64::new(0);
    thread::scope(|scope| {
        let shift = Shift::new(
            Arc::clone(&ground),
            vec![watched("ours", Belongs::Us), watched("others", Belongs::Us)],
            Vec::new(),
        );
        let seen = &seen;
        scope.spawn(move || {
            let hear = |_: &str, turn: &Turn| {
                seen.fetch_add(u64::from(matches!(turn, Turn::Page(_))), Ordering::Relaxed);
            };
            shift.run(&hear, &|_| {});
        });
        let begun = Instant::now();
        while seen.load(Ordering::Relaxed) < 2 {
            assert!(begun.elapsed() < Duration::from_secs(20));
            thread::sleep(Duration::from_millis(20));
        }
        listed.put(text("1", "1", format!("{name}={}", random_value())));
        let begun = Instant::now();
        let now = jiff::Timestamp::now().as_second();
        store.look_now("others", now).unwrap();
        ground.bell.ring();
        while store.incidents(&Filter::default()).unwrap().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(10), "woken, it looks at once");
            thread::sleep(Duration::from_millis(20));
        }
        let begun = Instant::now();
        while store.source("others").unwrap().unwrap().read.items == 0 {
            assert!(begun.elapsed() < Duration::from_secs(40), "what broke goes on");
            thread::sleep(Duration::from_millis(50));
        }
        let begun = Instant::now();
        ground.stop.cancel();
        while begun.elapsed() < Duration::from_millis(10) {
            thread::yield_now();
        }
    });
    let status = Status::of(&mut store).unwrap();
    assert_eq!(status.sources.len(), 2);
    assert!(status.sources.iter().all(|source| source.state == SourceState::Waiting));
}

#[test]
fn everything_is_looked_at_once() {
    let (name, listed) = (usual_name(), Listed::default());
    listed.put(text("1", "1", format!("{name}={}", random_value())));
    let directory = tempfile::tempdir().unwrap();
    let handed = listed.clone();
    let ground =
        ground(&directory.path().join("a.db"), &Turned::new(), move |_| Box::new(handed.clone()));
    let watched = vec![watched("ours", Belongs::Us)];
    let shift = Shift::new(Arc::new(ground), watched, Vec::new());
    let came = shift.once(&|_, _| {}, &|_| {}).unwrap();
    assert_eq!(came, Once { opened: 1, failed: 0, undone: 0 });
    listed.fail(Trouble::Refused("no".to_owned()));
    let came = shift.once(&|_, _| {}, &|_| {}).unwrap();
    assert_eq!(came, Once { opened: 0, failed: 1, undone: 0 });
}

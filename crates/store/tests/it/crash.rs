//! A program that is killed while it writes: what it was told was kept is there, and
//! what it did halfway is not.

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use leeward_counterpart::random_value;
use leeward_model::{EventKind, State};
use leeward_store::{Filter, Place, Store};

use crate::fixture::*;

/// Where the writer that is to be killed finds the database.
const ADDRESS: &str = "LEEWARD_TEST_WRITES_TO";

/// No test of its own: the writer, when it is started by the tests below.
#[test]
fn writer() {
    #[expect(clippy::disallowed_methods, reason = "so the test tells its other self")]
    let Ok(address) = env::var(ADDRESS) else { return };
    let mut store = Store::open(&Place::parse(&address)).unwrap();
    loop {
        let found: Vec<_> = (0..3).map(|n| finding(&[file("/srv/a", n)])).collect();
        let id = record(&mut store, NOW, &found).opened[0];
        println!("kept {}", store.head().unwrap().sequence);
        let told = [
            entry(id, NOW, EventKind::Intent, &[]),
            entry(id, NOW, EventKind::Step, &[("step", "revoke"), ("progress", "done")]),
            entry(id, NOW, EventKind::Moved, &[("to", "contained")]),
        ];
        let events = store.append(&told).unwrap();
        println!("kept {}", events[2].sequence);
    }
}

on_both! {
    fn what_was_acknowledged_is_kept(base: &Base) {
        drop(base.open());
        let mut acknowledged = 0;
        for round in 0..30 {
            let mut writer = Command::new(env::current_exe().unwrap())
                .args(["--exact", "crash::writer", "--nocapture", "--test-threads=1"])
                .env(ADDRESS, base.address())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let out = BufReader::new(writer.stdout.take().unwrap());
            let (tell, told) = mpsc::channel();
            let reader = thread::spawn(move || {
                for line in out.lines().map_while(Result::ok) {
                    let number = line.split("kept ").nth(1);
                    if let Some(number) = number.and_then(|text| text.trim().parse().ok()) {
                        tell.send(number).unwrap();
                    }
                }
            });
            // Every third is killed wherever it is, the others once they write.
            let mut last: i64 = acknowledged;
            if round % 3 != 0 {
                last = told.recv_timeout(Duration::from_secs(60)).unwrap();
            }
            let patience = u64::from(random_value().as_bytes()[0] % 64);
            thread::sleep(Duration::from_millis(patience));
            writer.kill().unwrap();
            writer.wait().unwrap();
            reader.join().unwrap();
            last = told.iter().last().unwrap_or(last);
            let mut store = base.open();
            assert_sound(&mut store);
            let head = store.head().unwrap().sequence;
            assert!(head >= last, "{last} was acknowledged, and {head} is the last");
            // Six events each time round, in two portions: never a part of one.
            assert_eq!(head % 3, 0, "a portion is whole");
            acknowledged = head;
        }
        assert!(acknowledged > 60, "it was killed too early to write: {acknowledged}");
        let lines = base.open().incidents(&Filter::default()).unwrap();
        assert!(lines.iter().any(|line| line.state == State::Contained), "it went on");
    }
}

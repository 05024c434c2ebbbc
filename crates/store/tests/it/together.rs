//! Several that write at once.

use std::thread;

use leeward_model::EventKind;
use leeward_store::{Claim, Filter};

use crate::fixture::*;

on_both! {
    fn writers_wait_for_each_other(base: &Base) {
        let id = record(&mut base.open(), NOW, &[finding(&[file("/srv/a", 1)])]).opened[0];
        const WRITERS: usize = 4;
        const EACH: usize = 25;
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                scope.spawn(move || {
                    let mut store = base.open();
                    for n in 0..EACH {
                        let owner = format!("{writer}");
                        let facts = [("owner", owner.as_str())];
                        let said = entry(id, NOW + n as i64, EventKind::Assigned, &facts);
                        store.append(&[said]).unwrap();
                        record(&mut store, NOW, &[finding(&[file("/srv/b", n as u64)])]);
                    }
                });
            }
        });
        let mut store = base.open();
        assert_sound(&mut store);
        assert_eq!(store.head().unwrap().sequence as usize, 1 + WRITERS * EACH * 2);
        assert_eq!(store.incidents(&Filter::default()).unwrap().len(), 1 + WRITERS * EACH);
    }
}

on_both! {
    fn the_same_scan_twice_at_once_opens_one_incident(base: &Base) {
        let value = leeward_counterpart::random_value();
        drop(base.open());
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| record(&mut base.open(), NOW, &[of(&value, &[file("/srv/a", 1)])]));
            }
        });
        let mut store = base.open();
        assert_eq!(store.incidents(&Filter::default()).unwrap().len(), 1);
        assert_sound(&mut store);
    }
}

on_both! {
    fn one_of_many_gets_the_claim(base: &Base) {
        let id = record(&mut base.open(), NOW, &[finding(&[file("/srv/a", 1)])]).opened[0];
        let claims: Vec<Claim> = thread::scope(|scope| {
            let claim = |n: usize| {
                scope.spawn(move || base.open().claim(id, &n.to_string(), NOW, NOW + 60).unwrap())
            };
            let all: Vec<_> = (0..6).map(claim).collect();
            all.into_iter().map(|claim| claim.join().unwrap()).collect()
        });
        assert_eq!(claims.iter().filter(|claim| **claim == Claim::Yours).count(), 1, "{claims:?}");
    }
}

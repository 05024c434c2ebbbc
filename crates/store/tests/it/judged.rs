//! What scans found nothing in.

use std::{thread, time::Duration};

use leeward_model::{Judged as _, Mark};
use leeward_store::Memory;

use crate::fixture::*;

fn mark(number: u32) -> Mark {
    Mark::of("test", &[&number.to_le_bytes()])
}

fn memory(base: &Base, rules: &str) -> Memory {
    Memory::open(&base.place(), rules, NOW).unwrap()
}

on_both! {
    fn what_was_judged_is_known_to_the_next_scan_under_the_same_rules(base: &Base) {
        let first = memory(base, "a");
        assert!(!first.is_clean(mark(1)));
        (0..1000).for_each(|number| first.clean(mark(number)));
        first.note(mark(7), b"of seven");
        // At once, and written or not.
        assert!((0..1000).all(|number| first.is_clean(mark(number))));
        assert!(!first.is_clean(mark(1000)));
        assert_eq!(first.noted(mark(7)).as_deref(), Some(&b"of seven"[..]));
        first.close().unwrap();

        let other = memory(base, "b");
        assert!(!other.is_clean(mark(1)) && other.noted(mark(7)).is_none());
        other.clean(mark(5000));
        other.close().unwrap();

        let second = memory(base, "a");
        assert!((0..1000).all(|number| second.is_clean(mark(number))));
        assert!(!second.is_clean(mark(5000)));
        assert_eq!(second.noted(mark(7)).as_deref(), Some(&b"of seven"[..]));
        second.note(mark(7), b"other");
        second.close().unwrap();
        assert_eq!(memory(base, "a").noted(mark(7)).as_deref(), Some(&b"other"[..]));
    }
}

on_both! {
    fn many_small_scans_are_brought_together_and_nothing_is_lost(base: &Base) {
        for round in 0..20u32 {
            let memory = memory(base, "a");
            (0..50).for_each(|number| memory.clean(mark(round * 40 + number)));
            memory.close().unwrap();
        }
        let memory = memory(base, "a");
        assert!((0..19 * 40 + 50).all(|number| memory.is_clean(mark(number))));
        assert!(!memory.is_clean(mark(19 * 40 + 50)));
    }
}

on_both! {
    fn rules_that_nobody_uses_are_forgotten(base: &Base) {
        for (at, rules) in ["a", "b", "c", "d", "a", "e"].iter().enumerate() {
            let memory = Memory::open(&base.place(), rules, NOW + 86_400 * at as i64).unwrap();
            memory.clean(mark(1));
            memory.close().unwrap();
        }
        for (rules, is_known) in [("a", true), ("c", true), ("d", true), ("e", true), ("b", false)] {
            let memory = Memory::open(&base.place(), rules, NOW + 86_400 * 5).unwrap();
            assert_eq!(memory.is_clean(mark(1)), is_known, "{rules}");
        }
    }
}

on_both! {
    fn several_scans_may_write_at_once(base: &Base) {
        thread::scope(|scope| {
            for part in 0..4u32 {
                let memory = memory(base, "a");
                scope.spawn(move || {
                    (0..2000).for_each(|number| memory.clean(mark(part * 1000 + number)));
                    memory.close().unwrap();
                });
            }
        });
        let memory = memory(base, "a");
        assert!((0..5000).all(|number| memory.is_clean(mark(number))));
    }
}

on_both! {
    fn what_is_judged_is_written_before_the_end(base: &Base) {
        let running = memory(base, "a");
        running.clean(mark(1));
        let is_written = (0..100).any(|_| {
            thread::sleep(Duration::from_millis(100));
            memory(base, "a").is_clean(mark(1))
        });
        assert!(is_written);
        // As when the program is killed: nothing is closed.
        std::mem::forget(running);
    }
}

#[test]
fn a_database_that_cannot_be_written_does_not_stop_a_scan() {
    let base = Base::sqlite();
    let running = memory(&base, "a");
    base.tamper("DROP TABLE judged_marks");
    running.clean(mark(1));
    assert!(running.is_clean(mark(1)));
    running.note(mark(2), b"note");
    assert_eq!(running.noted(mark(2)).as_deref(), Some(&b"note"[..]));
    assert!(running.close().is_err());
}

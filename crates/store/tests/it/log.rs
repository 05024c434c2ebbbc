//! The log: what follows from its entries, and how every change to it is noticed.

use std::process::Command;

use leeward_model::{EventKind, IncidentId, Progress, State, StepName};
use leeward_store::{Head, Store, Trouble};

use crate::fixture::*;

/// Two incidents with a few events each; 1 is closed.
fn filled(base: &Base) -> Store {
    let mut store = base.open();
    let all = [finding(&[file("/srv/a", 1)]), finding(&[file("/srv/b", 1)])];
    let ids = record(&mut store, NOW, &all).opened;
    let step = [("step", "revoke"), ("progress", "done"), ("key-id", "k-1")];
    store
        .append(&[
            entry(ids[0], NOW + 1, EventKind::Assigned, &[("owner", "ann")]),
            entry(ids[0], NOW + 2, EventKind::Step, &step),
            entry(ids[1], NOW + 3, EventKind::Noted, &[]),
            entry(ids[0], NOW + 4, EventKind::Moved, &[("to", "closed"), ("from", "open")]),
        ])
        .unwrap();
    store
}

on_both! {
    fn what_follows_is_in_the_tables(base: &Base) {
        let mut store = filled(base);
        let id = IncidentId(1);
        let line = store.incident(id).unwrap().unwrap();
        assert_eq!(line.owner.as_deref(), Some("ann"));
        assert_eq!((line.state, line.closed_at), (State::Closed, Some(NOW + 4)));
        assert_eq!(line.updated_at, NOW + 4);
        let steps = store.steps(id).unwrap();
        assert_eq!(steps.iter().map(|it| it.step).collect::<Vec<_>>(), StepName::ALL);
        assert_eq!(steps[0].progress, Progress::Done);
        assert_eq!((steps[0].text.as_str(), steps[0].by.as_str(), steps[0].at), ("because", "ann", NOW + 2));
        assert_eq!((steps[1].progress, steps[1].at), (Progress::Open, NOW));

        let step = [("step", "revoke"), ("progress", "failed")];
        let events = store
            .append(&[
                entry(id, NOW + 5, EventKind::Assigned, &[("owner", "")]),
                entry(id, NOW + 5, EventKind::Due, &[("due", "")]),
                entry(id, NOW + 5, EventKind::Step, &step),
            ])
            .unwrap();
        assert_eq!(events.iter().map(|it| it.sequence).collect::<Vec<_>>(), [7, 8, 9]);
        let line = store.incident(id).unwrap().unwrap();
        assert_eq!((line.owner, line.due), (None, None));
        assert_eq!(store.steps(id).unwrap()[0].progress, Progress::Failed);
        assert_eq!(store.events(Some(id)).unwrap().len(), 7);
        assert_eq!(store.events(None).unwrap().len(), 9);
        assert_eq!(store.events(None).unwrap()[8], events[2]);
        assert_eq!(store.head().unwrap(), Head { sequence: 9, hash: events[2].hash.clone() });
        assert_sound(&mut store);
    }
}

on_both! {
    fn an_entry_that_says_too_little_is_refused_with_all_beside_it(base: &Base) {
        let mut store = filled(base);
        let head = store.head().unwrap();
        let id = IncidentId(2);
        let good = entry(id, NOW + 9, EventKind::Noted, &[]);
        for (kind, facts) in [
            (EventKind::Moved, vec![]),
            (EventKind::Moved, vec![("to", "shut")]),
            (EventKind::Assigned, vec![]),
            (EventKind::Due, vec![("due", "tomorrow")]),
            (EventKind::Step, vec![("step", "revoke")]),
            (EventKind::Step, vec![("step", "dance"), ("progress", "done")]),
            (EventKind::Rated, vec![("severity", "bad")]),
            (EventKind::Verified, vec![("validity", "\u{1b}[2J")]),
            (EventKind::Opened, vec![]),
        ] {
            let bad = entry(id, NOW + 9, kind, &facts);
            let said = store.append(&[good.clone(), bad.clone()]).unwrap_err();
            assert!(matches!(&said, Trouble::Entry(_)), "{kind:?} {said}");
            assert!(!said.to_string().contains('\u{1b}'));
        }
        let nobodys = entry(IncidentId(99), NOW, EventKind::Noted, &[]);
        let said = store.append(&[good.clone(), nobodys.clone()]).unwrap_err();
        assert!(matches!(said, Trouble::NoIncident(_)));
        let mut homeless = entry(id, NOW, EventKind::Moved, &[("to", "closed")]);
        homeless.incident = None;
        assert!(matches!(store.append(&[homeless]), Err(Trouble::Entry(_))));
        assert_eq!(store.head().unwrap(), head, "nothing was recorded");
        let mut of_all = good;
        of_all.incident = None;
        store.append(&[of_all]).unwrap();
        assert_sound(&mut store);
    }
}

/// What is found after something was done to the database.
#[track_caller]
fn found(base: &Base, sql: &str) -> Vec<String> {
    let mut store = filled(base);
    assert_sound(&mut store);
    drop(store);
    base.tamper(sql);
    let check = base.open().verify_log().unwrap();
    assert!(!check.is_sound(), "{sql}");
    check.problems.iter().map(ToString::to_string).collect()
}

/// A test of what is found after a statement.
macro_rules! notices {
    ($($name:ident: $sql:expr => $($problem:expr),+;)+) => {$(
        on_both! {
            fn $name(base: &Base) {
                assert_eq!(found(base, $sql), [$($problem),+]);
            }
        }
    )+};
}

notices! {
    a_changed_word: "UPDATE events SET text = 'because!' WHERE sequence = 5" =>
        "event 5 is not what was recorded, or does not follow the one before it";
    a_changed_time: "UPDATE events SET at = at + 1 WHERE sequence = 5" =>
        "event 5 is not what was recorded, or does not follow the one before it",
        "incident 2: its last change is `1800000003`, and by its events `1800000004`";
    a_changed_fact: "UPDATE events SET facts = replace(facts, 'k-1', 'k-2') WHERE sequence = 4" =>
        "event 4 is not what was recorded, or does not follow the one before it";
    facts_that_are_none: "UPDATE events SET facts = 'x' WHERE sequence = 5" =>
        "event 5 is not what was recorded, or does not follow the one before it",
        "incident 2: its last change is `1800000003`, and by its events `1800000000`";
    a_changed_hash: "UPDATE events SET hash = replace(hash, substr(hash, 1, 1), '!') WHERE sequence = 5" =>
        "event 5 is not what was recorded, or does not follow the one before it",
        "event 6 is not what was recorded, or does not follow the one before it";
    a_deleted_tail: "DELETE FROM events WHERE sequence > 5" =>
        "event 6 is missing",
        "incident 1: its state is `closed`, and by its events `open`",
        "incident 1: its last change is `1800000004`, and by its events `1800000002`",
        "incident 1: its end is `1800000004`, and by its events not set",
        "incident 1: it is listed in the wrong place";
    a_deleted_middle: "DELETE FROM events WHERE sequence IN (3, 5)" =>
        "event 3 is missing",
        "event 4 is not what was recorded, or does not follow the one before it",
        "event 5 is missing",
        "event 6 is not what was recorded, or does not follow the one before it",
        "incident 1: its owner is `ann`, and by its events not set",
        "incident 2: its last change is `1800000003`, and by its events `1800000000`";
    a_swapped_pair: "UPDATE events SET sequence = 50 WHERE sequence = 4;
                     UPDATE events SET sequence = 4 WHERE sequence = 5;
                     UPDATE events SET sequence = 5 WHERE sequence = 50" =>
        "event 4 is not what was recorded, or does not follow the one before it",
        "event 5 is not what was recorded, or does not follow the one before it",
        "event 6 is not what was recorded, or does not follow the one before it";
    an_inserted_row: "INSERT INTO events SELECT 7, incident, at, actor, kind, text, facts, hash
                      FROM events WHERE sequence = 5" =>
        "event 7 is not what was recorded, or does not follow the one before it",
        "event 7 is behind the end of the log that was noted";
    an_owner_without_an_event: "UPDATE incidents SET owner = 'bob' WHERE id = 2" =>
        "incident 2: its owner is `bob`, and by its events not set";
    a_state_without_an_event: "UPDATE incidents SET state = 'closed', closed = 1 WHERE id = 2" =>
        "incident 2: its state is `closed`, and by its events `open`",
        "incident 2: it is listed in the wrong place";
    a_severity_without_an_event: "UPDATE incidents SET severity = 4 WHERE id = 2" =>
        "incident 2: its severity is `low`, and by its events `high`";
    a_deleted_incident: "DELETE FROM incidents WHERE id = 2" =>
        "incident 2: events tell of it, and it is not in the list";
    a_changed_step: "UPDATE steps SET progress = 'waived'" =>
        "incident 1: step `revoke` is not what was recorded of it";
    a_deleted_step: "DELETE FROM steps" =>
        "incident 1: step `revoke` is not what was recorded of it";
    an_added_step: "INSERT INTO steps VALUES (2, 'audit', 'done', '', '', 0)" =>
        "incident 2: step `audit` follows from no event";
    an_end_that_was_moved: "UPDATE head SET hash = 'x'" =>
        "event 6 is not the one that was noted as the last";
}

on_both! {
    fn a_head_noted_elsewhere_shows_a_log_written_anew(base: &Base) {
        let mut store = filled(base);
        let noted = store.head().unwrap();
        assert!(store.holds(&noted).unwrap());
        assert!(store.holds(&Head { sequence: 0, hash: "0".repeat(64) }).unwrap());
        close(&mut store, IncidentId(2), NOW + 9);
        assert!(store.holds(&noted).unwrap(), "it only grew");
        assert!(!store.holds(&Head { sequence: 6, hash: "0".repeat(64) }).unwrap());
        drop(store);
        // The tail is cut off, and all that would show it is mended.
        base.tamper(
            "DELETE FROM events WHERE sequence > 5;
             UPDATE head SET sequence = 5, hash = (SELECT hash FROM events WHERE sequence = 5);
             UPDATE incidents SET state = 'open', closed = 0, closed_at = NULL;
             UPDATE incidents SET updated_at = 1800000002 WHERE id = 1;
             UPDATE incidents SET updated_at = 1800000003 WHERE id = 2;",
        );
        let mut store = base.open();
        assert_sound(&mut store);
        assert!(!store.holds(&noted).unwrap());
    }
}

on_both! {
    fn the_log_is_fenced(base: &Base) {
        drop(filled(base));
        let statements = match base {
            Base::Sqlite(_) => vec!["UPDATE events SET text = ''", "DELETE FROM events"],
            Base::Postgres(_) => {
                vec!["UPDATE events SET text = ''", "DELETE FROM events", "TRUNCATE events"]
            }
        };
        for sql in statements {
            let said = match base {
                Base::Sqlite(_) => {
                    let open = rusqlite::Connection::open(base.file()).unwrap();
                    open.execute_batch(sql).unwrap_err().to_string()
                }
                Base::Postgres(url) => {
                    let mut open = postgres::Client::connect(url, postgres::NoTls).unwrap();
                    format!("{:?}", open.batch_execute(sql).unwrap_err())
                }
            };
            assert!(said.contains("only ever longer"), "{sql}: {said}");
        }
        assert_sound(&mut base.open());
    }
}

/// The program in the page recomputes the log by itself.
#[test]
fn a_third_party_can_check_the_log() {
    let base = Base::sqlite();
    let mut store = filled(&base);
    let strange = [("né", "\u{0}\"\\\u{1f600}"), ("a", ""), ("𝕫", "é"), ("\u{fffd}", "z")];
    let mut noted = entry(IncidentId(2), NOW, EventKind::Noted, &strange);
    noted.actor = "a\u{0}b\nc".to_owned();
    store.append(&[noted]).unwrap();
    let head = store.head().unwrap();
    drop(store);
    let page = include_str!("../../../../docs/store.md");
    let program = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(program.lines().count() <= 20);
    let run = |file| {
        let run = Command::new("python3").arg("-c").arg(program).arg(file).output();
        let run = run.expect("this test needs `python3`: install it");
        let out = String::from_utf8(run.stdout).unwrap();
        (run.status.success(), out, String::from_utf8(run.stderr).unwrap())
    };
    let (is_good, out, error) = run(base.file());
    assert!(is_good, "{out}{error}");
    assert_eq!(out.trim(), format!("7 events, the last is {}", head.hash));
    base.tamper("UPDATE events SET actor = 'eve' WHERE sequence = 3");
    let (is_good, out, error) = run(base.file());
    assert!(!is_good && format!("{out}{error}").contains("event 3"), "{out}{error}");
}

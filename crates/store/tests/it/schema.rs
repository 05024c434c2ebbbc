//! Databases of other versions.

use std::thread;

use leeward_model::{IncidentId, Progress, State};
use leeward_store::{Filter, Letter, Store, Trouble};

use crate::fixture::*;

/// A database as the first version left it, with an incident that was taken up and
/// contained, as SQL that both understand.
const FIRST: &str = include_str!("first.sql");

/// Makes a database of the first version, by its own statements.
fn first(base: &Base) {
    let schema = include_str!("../../migrations/0001_state.sql");
    let (both, rest) = schema.split_once("\n-- @sqlite\n").unwrap();
    let (ours, theirs) = rest.split_once("\n-- @postgres\n").unwrap();
    match base {
        Base::Sqlite(_) => {
            std::fs::create_dir_all(base.file().parent().unwrap()).unwrap();
            let file = rusqlite::Connection::open(base.file()).unwrap();
            let both = both.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY");
            file.execute_batch(&both).unwrap();
            file.execute_batch(ours).unwrap();
            file.execute_batch(FIRST).unwrap();
            file.execute_batch("PRAGMA application_id = 0x4c656577").unwrap();
        }
        Base::Postgres(url) => {
            let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
            client.batch_execute(both).unwrap();
            client.batch_execute(theirs).unwrap();
            client.batch_execute(FIRST).unwrap();
        }
    }
}

on_both! {
    fn an_old_database_is_brought_up_to_date_with_what_is_in_it(base: &Base) {
        first(base);
        let mut store = Store::open_existing(&base.place()).unwrap().unwrap();
        assert_sound(&mut store);
        let line = store.find("lw1_0643d5").unwrap();
        assert_eq!((line.id, line.state), (IncidentId(1), State::Contained));
        assert_eq!(line.owner.as_deref(), Some("ann"));
        assert_eq!(store.steps(line.id).unwrap()[0].progress, Progress::Done);
        let case = store.case(&line.fingerprint).unwrap().unwrap();
        assert_eq!((case.locations.len(), case.gone.len()), (1, 0));
        // What the newer version brought works.
        let letter = Letter {
            channel: "chat".to_owned(),
            incident: Some(line.id),
            key: "1".to_owned(),
            body: String::new(),
            not_before: 0,
        };
        assert_eq!(store.post(&[letter]).unwrap(), 1);
        close(&mut store, line.id, NOW);
        assert_sound(&mut store);
    }
}

on_both! {
    fn a_newer_database_is_left_alone(base: &Base) {
        drop(base.open());
        base.tamper("INSERT INTO leeward_schema (version, name) VALUES (9, 'later')");
        for opened in
            [Store::open(&base.place()), Store::open_existing(&base.place()).map(Option::unwrap)]
        {
            let said = refusal(opened);
            assert!(matches!(said, Trouble::Newer { schema: 9, known: 8 }));
            assert_eq!(
                said.to_string(),
                "the database was written by a newer leeward (schema 9; this one knows 8): \
                 update leeward"
            );
        }
    }
}

on_both! {
    fn many_may_open_a_new_database_at_once(base: &Base) {
        thread::scope(|scope| {
            let open = || scope.spawn(|| Store::open(&base.place()).map(drop));
            let all: Vec<_> = (0..8).map(|_| open()).collect();
            for opened in all {
                opened.join().unwrap().unwrap();
            }
        });
        let mut store = base.open();
        assert!(store.incidents(&Filter::default()).unwrap().is_empty());
        assert_sound(&mut store);
    }
}

on_both! {
    fn what_is_not_there_is_not_made_by_reading(base: &Base) {
        assert!(Store::open_existing(&base.place()).unwrap().is_none());
        if let Base::Sqlite(_) = base {
            assert!(!base.file().exists());
            assert!(!base.file().parent().unwrap().exists());
        }
        drop(base.open());
        assert!(Store::open_existing(&base.place()).unwrap().is_some());
    }
}

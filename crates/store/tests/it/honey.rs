//! Keys that nobody uses, as both databases keep them.

use leeward_model::{DossierId, EventKind, Severity, State};
use leeward_store::{Honey, HoneyUse, NewHoney, Store, Trouble};

use crate::fixture::*;

/// One with a value of the fixture's; its number.
fn add(store: &mut Store) -> i64 {
    let known = finding(&[]);
    let (dossier, hint) = (DossierId::new("mistral-api-key"), known.secret.hint());
    let new = NewHoney {
        fingerprint: known.fingerprint,
        dossier: &dossier,
        hint: &hint,
        sha256: "00ff",
        place: "/srv/bait/.env",
        note: "it's by the door",
        at: NOW,
        actor: "ann",
    };
    store.honey_add(&new).unwrap()
}

fn the(store: &mut Store) -> Honey {
    store.honey().unwrap().remove(0)
}

fn used<'a>(text: &'a str, rating: &'a leeward_model::Rating) -> HoneyUse<'a> {
    HoneyUse { at: NOW + 9, actor: "ben", text, facts: &[], locations: &[], rating, due: None }
}

on_both! {
    fn one_is_kept_and_its_making_and_end_are_in_the_log(base: &Base) {
        let mut store = base.open();
        assert_eq!(add(&mut store), 1);
        drop(store);
        let mut store = base.open();
        let honey = the(&mut store);
        assert_eq!((honey.place.as_str(), honey.note.as_str()), ("/srv/bait/.env", "it's by the door"));
        assert_eq!((honey.made_at, honey.made_by.as_str(), honey.retired_at), (NOW, "ann", None));
        assert_eq!(store.honey_of(&honey.fingerprint).unwrap(), Some(honey.clone()));
        assert_eq!(store.honey_of(&of("another", &[]).fingerprint).unwrap(), None);
        assert!(store.honey_retire(&honey, NOW + 5, "ben", "moved").unwrap());
        assert!(!store.honey_retire(&honey, NOW + 6, "ben", "moved").unwrap(), "once");
        assert_eq!(the(&mut store).retired_at, Some(NOW + 5));
        let events = store.events(None).unwrap();
        assert_eq!(events.len(), 2);
        assert!(events.iter().all(|it| it.entry.kind == EventKind::Noted));
        assert!(events[1].entry.text.contains("moved"));
        assert_sound(&mut store);
    }
}

on_both! {
    fn the_same_value_is_not_kept_twice(base: &Base) {
        let mut store = base.open();
        add(&mut store);
        let known = the(&mut store);
        let again = NewHoney {
            fingerprint: known.fingerprint,
            dossier: &known.dossier,
            hint: &known.hint,
            sha256: "",
            place: "",
            note: "",
            at: NOW,
            actor: "ann",
        };
        let refused: Result<i64, Trouble> = store.honey_add(&again);
        assert!(refused.is_err());
        assert_eq!(store.honey().unwrap().len(), 1);
        assert_sound(&mut store);
    }
}

on_both! {
    fn a_use_opens_an_incident_adds_to_it_and_opens_it_again(base: &Base) {
        let mut store = base.open();
        add(&mut store);
        let (honey, worst) = (the(&mut store), rating(Severity::Critical));
        let locations = [file("/var/log/gateway.log", 7)];
        let first = HoneyUse { locations: &locations, due: Some(NOW + 99), ..used("1 request", &worst) };
        let id = store.honey_used(&honey, &first).unwrap().unwrap();
        let line = store.find(&id.to_string()).unwrap();
        assert_eq!((line.severity, line.state), (Severity::Critical, State::Open));
        assert_eq!((line.due, line.places, &line.hint), (Some(NOW + 99), 1, &honey.hint));
        let case = store.case(&honey.fingerprint).unwrap().unwrap();
        assert_eq!((case.locations.len(), &case.severity), (1, &worst));
        assert_eq!(store.honey_used(&honey, &first).unwrap(), None, "the same evidence");
        assert_eq!(store.honey_used(&honey, &used("2 requests", &worst)).unwrap(), Some(id));
        assert_eq!(kinds(&mut store, id), ["opened", "evidence", "evidence"]);
        close(&mut store, id, NOW + 10);
        assert_eq!(store.honey_used(&honey, &used("3 requests", &worst)).unwrap(), Some(id));
        assert_eq!(store.find(&id.to_string()).unwrap().state, State::Reopened);
        assert_sound(&mut store);
    }
}

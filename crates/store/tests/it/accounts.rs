//! Accounts, sessions, tokens, links, deliveries and attempts, as both databases keep
//! them.

use leeward_model::{Entry, EventKind};
use leeward_store::{
    Account, Attempt, Change, Chosen, Limit, NewAccount, NewSession, NewToken, Setup, Store,
};

use crate::fixture::*;

fn said(text: &str) -> Entry {
    Entry {
        incident: None,
        at: NOW,
        actor: "root".to_owned(),
        kind: EventKind::Acted,
        text: text.to_owned(),
        facts: [("action".to_owned(), "test".to_owned())].into(),
    }
}

fn add(store: &mut Store, name: &str, role: &str) -> Account {
    let new = NewAccount { name, role, subject: None, at: NOW };
    store.account_add(&new, &said("made")).unwrap().unwrap();
    store.account(name).unwrap().unwrap()
}

fn texts(store: &mut Store) -> Vec<String> {
    store.events(None).unwrap().into_iter().map(|event| event.entry.text).collect()
}

on_both! {
    fn the_first_link_is_good_once_and_only_for_the_first(base: &Base) {
        let mut store = base.open();
        assert!(store.setup_first("old", NOW, NOW + 60, &said("old")).unwrap());
        assert!(store.setup_first("new", NOW, NOW + 60, &said("new")).unwrap());
        assert_eq!(store.setup("old", NOW).unwrap(), None, "a later start made another");
        assert_eq!(store.setup("new", NOW + 60).unwrap(), None, "too late");
        assert_eq!(store.setup("new", NOW).unwrap(), Some(Setup::First));
        let chosen = Chosen { name: "Ann", hash: "$hash", at: NOW };
        let made = store.setup_use("new", &chosen, &said("chose")).unwrap().unwrap();
        assert_eq!((made.name.as_str(), made.role.as_str(), made.has_password), ("Ann", "admin", true));
        assert_eq!(store.setup_use("new", &chosen, &said("again")).unwrap(), None);
        assert!(!store.setup_first("later", NOW, NOW + 60, &said("later")).unwrap());
        let (account, hash) = store.account_hash("ANN").unwrap().unwrap();
        assert_eq!((account.id, hash.as_str()), (made.id, "$hash"));
        assert_eq!(texts(&mut store), ["old", "new", "chose"]);
        assert_eq!(store.events(None).unwrap()[2].entry.actor, "Ann");
        assert_sound(&mut store);
    }
}

on_both! {
    fn a_link_for_a_password_ends_with_another_and_with_the_account(base: &Base) {
        let mut store = base.open();
        add(&mut store, "root", "admin");
        let ann = add(&mut store, "ann", "viewer");
        assert!(store.account_hash("ann").unwrap().is_none(), "she has chosen none");
        store.setup_password("one", ann.id, NOW, NOW + 60, &said("one")).unwrap();
        store.setup_password("two", ann.id, NOW, NOW + 60, &said("two")).unwrap();
        assert_eq!(store.setup("one", NOW).unwrap(), None);
        let chosen = Chosen { name: "ignored", hash: "$hash", at: NOW };
        let used = store.setup_use("two", &chosen, &said("chose")).unwrap().unwrap();
        assert_eq!(used.name, "ann");
        store.setup_password("three", ann.id, NOW, NOW + 60, &said("three")).unwrap();
        assert_eq!(store.account_disable(ann.id, true, &said("off")).unwrap(), Change::Done);
        assert_eq!(store.setup("three", NOW).unwrap(), None);
        assert!(store.account_hash("ann").unwrap().is_none(), "she may not sign in");
    }
}

on_both! {
    fn names_are_one_whatever_their_case_and_somebody_stays_administrator(base: &Base) {
        let mut store = base.open();
        let root = add(&mut store, "root", "admin");
        let taken = NewAccount { name: "ROOT", role: "admin", subject: None, at: NOW };
        assert_eq!(store.account_add(&taken, &said("never")).unwrap(), None);
        assert_eq!(store.account_role(root.id, "viewer", &said("never")).unwrap(), Change::LastAdmin);
        assert_eq!(store.account_disable(root.id, true, &said("never")).unwrap(), Change::LastAdmin);
        assert_eq!(store.account_role(99, "viewer", &said("never")).unwrap(), Change::Missing);
        let second = add(&mut store, "second", "admin");
        // Who was invited and never came looks after nothing.
        assert_eq!(store.account_disable(root.id, true, &said("never")).unwrap(), Change::LastAdmin);
        store.account_password(second.id, "h", &said("chosen")).unwrap();
        assert_eq!(store.account_disable(root.id, true, &said("off")).unwrap(), Change::Done);
        assert_eq!(store.account_role(second.id, "viewer", &said("never")).unwrap(), Change::LastAdmin);
        let subject = Some(("https://id.example", "42"));
        let new = NewAccount { name: "cat", role: "viewer", subject, at: NOW };
        assert!(store.account_add(&new, &said("made")).unwrap().is_some());
        let twice = NewAccount { name: "dog", ..new };
        assert_eq!(store.account_add(&twice, &said("never")).unwrap(), None, "the same subject");
        let cat = store.account_of("https://id.example", "42").unwrap().unwrap();
        assert_eq!((cat.name.as_str(), cat.has_password), ("cat", false));
        assert_eq!(store.account_of("https://other.example", "42").unwrap(), None);
        assert!(!texts(&mut store).contains(&"never".to_owned()));
        assert_eq!(store.accounts().unwrap().len(), 3);
    }
}

on_both! {
    fn a_session_ends_by_time_by_disuse_and_with_its_account(base: &Base) {
        let mut store = base.open();
        add(&mut store, "root", "admin");
        let ann = add(&mut store, "ann", "viewer");
        let begin = |store: &mut Store, hash: &str, at: i64| {
            let new = NewSession { hash, account: ann.id, at, expires_at: at + 1000 };
            store.session_begin(&new, None, &said("in")).unwrap();
        };
        begin(&mut store, "a", NOW);
        assert_eq!(store.session("a", NOW + 9, 100).unwrap().unwrap().account.name, "ann");
        assert_eq!(store.session("b", NOW, 100).unwrap(), None);
        assert_eq!(store.session("a", NOW + 100, 100).unwrap(), None, "not used");
        store.session_used("a", NOW + 90).unwrap();
        assert!(store.session("a", NOW + 150, 100).unwrap().is_some());
        store.session_used("a", NOW + 999).unwrap();
        assert_eq!(store.session("a", NOW + 1000, 100).unwrap(), None, "used, and over");
        assert_eq!(store.account("ann").unwrap().unwrap().signed_in_at, Some(NOW));
        // No more than some at once: the oldest ends.
        for at in 0..25 {
            begin(&mut store, &format!("many{at:02}"), NOW + at);
        }
        let live = (0..25).filter(|at| {
            store.session(&format!("many{at:02}"), NOW + 26, 1000).unwrap().is_some()
        });
        assert_eq!(live.count(), 20);
        assert!(store.session_end("many24", &said("out")).unwrap());
        assert!(!store.session_end("many24", &said("never")).unwrap());
        // A role that somebody vouches for comes with the session.
        let new = NewSession { hash: "c", account: ann.id, at: NOW, expires_at: NOW + 1000 };
        store.session_begin(&new, Some("responder"), &said("in")).unwrap();
        assert_eq!(store.session("c", NOW, 100).unwrap().unwrap().account.role, "responder");
        store.account_password(ann.id, "$new", &said("changed")).unwrap();
        assert_eq!(store.session("c", NOW, 100).unwrap(), None);
        begin(&mut store, "d", NOW);
        store.account_disable(ann.id, true, &said("off")).unwrap();
        assert_eq!(store.session("d", NOW, 100).unwrap(), None);
        store.account_disable(ann.id, false, &said("on")).unwrap();
        assert_eq!(store.session("d", NOW, 100).unwrap(), None, "it does not come back");
        store.sweep_sign_ins(NOW + 99_999, 100).unwrap();
        assert_sound(&mut store);
    }
}

on_both! {
    fn a_token_is_found_until_it_ends_and_revoked_by_whom_it_is(base: &Base) {
        let mut store = base.open();
        add(&mut store, "root", "admin");
        let (ann, ben) = (add(&mut store, "ann", "responder"), add(&mut store, "ben", "viewer"));
        let new = |hash, expires_at| NewToken {
            hash, label: "it's", account: ann.id, role: "viewer", at: NOW, expires_at,
        };
        let id = store.token_add(&new("h1", Some(NOW + 10)), &said("made")).unwrap();
        let forever = store.token_add(&new("h2", None), &said("made")).unwrap();
        let found = store.token("h1", NOW + 9).unwrap().unwrap();
        assert_eq!((found.id, found.account.name.as_str(), found.label.as_str()), (id, "ann", "it's"));
        assert_eq!(store.token("h1", NOW + 10).unwrap(), None);
        assert!(store.token("h2", i64::MAX).unwrap().is_some());
        store.token_used(id, NOW + 5).unwrap();
        assert_eq!(store.tokens(Some(ann.id)).unwrap()[0].used_at, Some(NOW + 5));
        assert_eq!(store.tokens(Some(ben.id)).unwrap(), []);
        assert!(!store.token_revoke(forever, Some(ben.id), NOW, &said("never")).unwrap());
        assert!(store.token_revoke(forever, Some(ann.id), NOW, &said("revoked")).unwrap());
        assert!(!store.token_revoke(forever, None, NOW, &said("never")).unwrap(), "once");
        assert_eq!(store.token("h2", NOW).unwrap(), None);
        assert!(store.token_revoke(id, None, NOW, &said("revoked")).unwrap());
        assert!(!texts(&mut store).contains(&"never".to_owned()));
        assert_sound(&mut store);
    }
}

on_both! {
    fn a_delivery_is_new_once_until_it_is_forgotten(base: &Base) {
        let mut store = base.open();
        let keys = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(store.delivery("hub", &keys(&["id 1", "body a"]), NOW).unwrap());
        assert!(!store.delivery("hub", &keys(&["id 1", "body b"]), NOW).unwrap());
        assert!(!store.delivery("hub", &keys(&["id 2", "body a"]), NOW).unwrap());
        assert!(store.delivery("lab", &keys(&["id 1", "body a"]), NOW).unwrap(), "another hook");
        assert!(store.delivery("hub", &keys(&["id 2", "body b"]), NOW).unwrap(), "noted as a whole");
        store.delivery_forget("hub", &keys(&["id 1", "body a"])).unwrap();
        assert!(store.delivery("hub", &keys(&["id 1", "body a"]), NOW).unwrap());
        let later = NOW + 4 * 86_400;
        assert!(store.delivery("hub", &keys(&["id 1", "body a"]), later).unwrap(), "long ago");
        // One that was never handed on, since its process ended, is taken anew.
        let own = keys(&["id 9", "body z"]);
        assert!(store.delivery("hub", &own, later).unwrap());
        assert!(!store.delivery("hub", &own, later + 60).unwrap(), "it is being handed on");
        assert!(store.delivery("hub", &own, later + 3_600).unwrap(), "nobody does that any more");
        store.delivery_done("hub", &own).unwrap();
        assert!(!store.delivery("hub", &own, later + 7_200).unwrap(), "it was handed on");
    }
}

on_both! {
    fn attempts_wait_longer_each_time_and_are_forgiven(base: &Base) {
        let mut store = base.open();
        let limit = |key: &str, free| Limit { key: key.to_owned(), free, longest: 60 };
        let both = [limit("account", 2), limit("address", 100)];
        assert_eq!(store.attempt(&both, NOW).unwrap(), Attempt::Counted(0));
        assert_eq!(store.attempt(&both, NOW).unwrap(), Attempt::Counted(1));
        assert_eq!(store.attempt(&both, NOW).unwrap(), Attempt::Counted(2));
        assert_eq!(store.attempt(&both, NOW).unwrap(), Attempt::Wait(2));
        assert_eq!(store.attempt(&both, NOW + 1).unwrap(), Attempt::Wait(1), "it was not counted");
        assert_eq!(store.attempt(&both, NOW + 2).unwrap(), Attempt::Counted(3));
        assert_eq!(store.attempt(&both, NOW + 2).unwrap(), Attempt::Wait(4));
        assert_eq!(store.attempt(&[limit("other", 2)], NOW).unwrap(), Attempt::Counted(0));
        assert_eq!(store.attempt(&both, NOW - 5).unwrap(), Attempt::Wait(4), "a clock set back");
        store.attempt_succeeded("account", "address").unwrap();
        assert_eq!(store.attempt(&[limit("account", 2)], NOW).unwrap(), Attempt::Counted(0));
        assert_eq!(store.attempt(&[limit("address", 100)], NOW).unwrap(), Attempt::Counted(3));
        let tomorrow = NOW + 90_000;
        assert_eq!(store.attempt(&both, tomorrow).unwrap(), Attempt::Counted(0));
    }
}

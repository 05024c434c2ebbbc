//! Which incidents are listed, in which order, and which one is meant.

use leeward_model::{EventKind, IncidentId, Severity, State};
use leeward_store::{Claim, Filter, Trouble};

use crate::fixture::*;

on_both! {
    fn the_order_is_that_of_the_work(base: &Base) {
        let mut store = base.open();
        let of_level = |level, n| {
            let mut finding = finding(&[file("/srv/a", n)]);
            finding.severity = rating(level);
            finding
        };
        // 1 low, 2 critical, 3 high, 4 high, 5 critical
        let levels =
            [Severity::Low, Severity::Critical, Severity::High, Severity::High, Severity::Critical];
        let all: Vec<_> = levels.into_iter().enumerate().map(|(n, l)| of_level(l, n as u64)).collect();
        let ids = record(&mut store, NOW, &all).opened;
        close(&mut store, ids[1], NOW + 1);
        let due = |id, due| entry(id, NOW + 2, EventKind::Due, &[("due", due)]);
        store.append(&[due(ids[3], "1800000001"), due(ids[4], "")]).unwrap();
        store.append(&[entry(ids[3], NOW, EventKind::Assigned, &[("owner", "ann")])]).unwrap();
        let mut numbers = |filter: Filter| -> Vec<i64> {
            store.incidents(&filter).unwrap().iter().map(|line| line.id.0).collect()
        };
        let usual = Filter::default();
        assert_eq!(numbers(usual.clone()), [5, 4, 3, 1]);
        assert_eq!(numbers(Filter { all: true, ..usual.clone() }), [5, 4, 3, 1, 2]);
        assert_eq!(numbers(Filter { limit: Some(2), ..usual.clone() }), [5, 4]);
        assert_eq!(numbers(Filter { states: vec![State::Closed], ..usual.clone() }), [2]);
        assert_eq!(numbers(Filter { severity: Some(Severity::High), ..usual.clone() }), [5, 4, 3]);
        assert_eq!(numbers(Filter { owner: Some("ann".into()), ..usual.clone() }), [4]);
        assert_eq!(numbers(Filter { dossier: Some("none".into()), ..usual.clone() }), [0i64; 0]);
        assert_eq!(numbers(Filter { overdue_at: Some(NOW + 9), ..usual.clone() }), [4]);
        assert_sound(&mut store);
    }
}

on_both! {
    fn one_is_found_by_what_people_write(base: &Base) {
        let mut store = base.open();
        let all: Vec<_> = (0..3).map(|n| finding(&[file("/srv/a", n)])).collect();
        let ids = record(&mut store, NOW, &all).opened;
        let print = all[1].fingerprint.to_string();
        for handle in
            ["2", "#2", " 2 ", &print, &print[..10], &print[4..10], &print[4..].to_uppercase()]
        {
            assert_eq!(store.find(handle).unwrap().id, ids[1], "{handle}");
        }
        for handle in ["", "#", "0", "99", "#lw1_", &print[4..9], "lw1_", "'; --", "é", "-1"] {
            let trouble = store.find(handle).unwrap_err();
            assert!(matches!(trouble, Trouble::NoIncident(_)), "{handle}: {trouble}");
        }
        assert!(store.find("99").unwrap_err().to_string().contains("`incident list`"));
        assert_eq!(store.incident(IncidentId(99)).unwrap(), None);
    }
}

on_both! {
    fn what_could_mean_several_is_not_guessed(base: &Base) {
        let mut store = base.open();
        let all: Vec<_> = (0..2).map(|n| finding(&[file("/srv/a", n)])).collect();
        record(&mut store, NOW, &all);
        base.tamper(
            "UPDATE incidents SET fingerprint = 'lw1_123456aaaaaaaaaaaaaaaaaaaaaaaaaa' WHERE id = 1;
             UPDATE incidents SET fingerprint = 'lw1_123456bbbbbbbbbbbbbbbbbbbbbbbbbb' WHERE id = 2;",
        );
        let trouble = store.find("123456").unwrap_err();
        assert!(
            trouble.to_string().starts_with("several incidents match `123456`: #1 lw1_123456aaa"),
            "{trouble}"
        );
        assert_eq!(store.find("123456a").unwrap().id, IncidentId(1));
        // A number that is also how a fingerprint begins.
        base.tamper("UPDATE incidents SET id = 123456 WHERE id = 1");
        assert!(matches!(store.find("123456"), Err(Trouble::Several { .. })));
        assert_eq!(store.find("#123456").unwrap().id, IncidentId(123_456));
    }
}

on_both! {
    fn a_claim_keeps_others_away_until_it_runs_out(base: &Base) {
        let mut store = base.open();
        let id = record(&mut store, NOW, &[finding(&[file("/srv/a", 1)])]).opened[0];
        let theirs = Claim::Theirs { holder: "ann".to_owned(), until: NOW + 20 };
        assert_eq!(store.claim(id, "ann", NOW, NOW + 10).unwrap(), Claim::Yours);
        assert_eq!(store.claim(id, "ann", NOW + 5, NOW + 20).unwrap(), Claim::Yours, "renewed");
        let mut other = base.open();
        assert_eq!(other.claim(id, "bob", NOW + 6, NOW + 30).unwrap(), theirs);
        other.release(id, "bob").unwrap();
        assert_eq!(other.claim(id, "bob", NOW + 6, NOW + 30).unwrap(), theirs);
        assert_eq!(other.claim(id, "bob", NOW + 20, NOW + 30).unwrap(), Claim::Yours, "ran out");
        other.release(id, "bob").unwrap();
        assert_eq!(store.claim(id, "ann", NOW + 21, NOW + 40).unwrap(), Claim::Yours);
        let nobody = store.claim(IncidentId(99), "ann", NOW, NOW + 1);
        assert!(matches!(nobody, Err(Trouble::NoIncident(_))));
    }
}

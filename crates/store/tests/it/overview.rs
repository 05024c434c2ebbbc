//! Incidents leaf by leaf, counts of them, trends, and the log from its end.

use leeward_model::{
    EventKind, IncidentId, Location, Provenance, RemotePlace, Severity, State, Validity,
};
use leeward_store::{LogQuery, Mark, Query, Sort, Store, Stretch, Whose};

use crate::fixture::*;

/// A Monday.
const MONDAY: i64 = 1_799_625_600;
const DAY: i64 = 86_400;

fn remote(source: &str, item: &str) -> Location {
    place(
        Provenance::Remote(Box::new(RemotePlace {
            source: source.to_owned(),
            service: "feed".to_owned(),
            item: item.to_owned(),
            url: "https://example.com/1".to_owned(),
            path: None,
            author: None,
            at: None,
            is_public: Some(true),
        })),
        1,
    )
}

/// Numbers of all incidents of a query, leaf by leaf, there; and each leaf's on the way
/// back must be the same.
#[track_caller]
fn leaf_by_leaf(store: &mut Store, query: &Query, most: u32) -> Vec<i64> {
    let (mut all, mut leaves, mut mark) = (Vec::new(), Vec::new(), None::<Mark>);
    loop {
        let leaf = store.leaf(query, mark.as_ref(), most).unwrap();
        assert!(leaf.incidents.len() <= most as usize);
        let ids: Vec<i64> = leaf.incidents.iter().map(|line| line.id.0).collect();
        assert_eq!(leaf.previous.is_some(), mark.is_some() && !ids.is_empty());
        all.extend(&ids);
        leaves.push((ids, leaf.previous));
        // As a link has it.
        mark = leaf.next.map(|mark| mark.to_string().parse().unwrap());
        if mark.is_none() {
            break;
        }
    }
    while let Some((_, Some(mark))) = leaves.pop() {
        let leaf = store.leaf(query, Some(&mark), most).unwrap();
        let ids: Vec<i64> = leaf.incidents.iter().map(|line| line.id.0).collect();
        assert_eq!(&ids, &leaves.last().unwrap().0);
        assert!(leaf.next.is_some());
    }
    assert_eq!(store.matching(query, 1000).unwrap(), all.len() as u64);
    all
}

on_both! {
    fn every_order_is_the_same_leaf_by_leaf(base: &Base) {
        let mut store = base.open();
        let levels = [Severity::Low, Severity::Critical, Severity::High, Severity::Medium];
        for n in 0..23 {
            let mut finding = finding(&[file("/srv/a", n)]);
            finding.severity = rating(levels[n as usize % 4]);
            record(&mut store, NOW + (n as i64 % 5), &[finding]);
        }
        close(&mut store, IncidentId(2), NOW + 9);
        store.append(&[entry(IncidentId(3), NOW + 50, EventKind::Due, &[("due", "")])]).unwrap();
        for sort in Sort::ALL {
            let query = Query { all: true, sort, ..Query::default() };
            let whole = leaf_by_leaf(&mut store, &query, 100);
            assert_eq!(whole.len(), 23);
            for most in [1, 2, 7, 22, 23] {
                assert_eq!(leaf_by_leaf(&mut store, &query, most), whole, "{sort:?} {most}");
            }
        }
        let usual = leaf_by_leaf(&mut store, &Query::default(), 5);
        let filter = leeward_store::Filter::default();
        let listed: Vec<i64> =
            store.incidents(&filter).unwrap().iter().map(|line| line.id.0).collect();
        assert_eq!(usual, listed);
        // A mark of another order is none.
        let mark: Mark = "a.1.2".parse().unwrap();
        let first = store.leaf(&Query::default(), Some(&mark), 3).unwrap();
        assert_eq!(first.incidents[0].id.0, usual[0]);
    }
}

on_both! {
    fn filters_mean_what_they_say(base: &Base) {
        let mut store = base.open();
        let odd = finding(&[file("/srv/100%_sure\\'; --/B.env", 1)]);
        let pasted = finding(&[remote("pastes", "p1"), file("/srv/x", 3)]);
        let ids = record(&mut store, NOW, &[finding(&[file("/srv/a.py", 1)]), odd, pasted]).opened;
        record(&mut store, NOW + DAY, &[finding(&[file("/srv/c", 1)])]);
        store
            .append(&[entry(ids[0], NOW + 1, EventKind::Assigned, &[("owner", "o'ann %")])])
            .unwrap();
        let verified = [("validity", "active")];
        store.append(&[entry(ids[1], NOW + 1, EventKind::Verified, &verified)]).unwrap();
        close(&mut store, IncidentId(4), NOW + 2 * DAY);
        let mut of = |query: Query| leaf_by_leaf(&mut store, &query, 2);
        let usual = Query::default();
        let text = |text: &str| Query { text: Some(text.to_owned()), ..Query::default() };
        assert_eq!(of(text("100%_SURE\\'; --")), [2]);
        assert_eq!(of(text("b.env")), [2]);
        for nothing in ["1__%", "\\x", "100%%", "lw1%", "' OR 1=1 --"] {
            let found = of(text(nothing));
            assert!(found.is_empty(), "{nothing}: {found:?}");
        }
        assert_eq!(of(text("%")), [1, 2], "only where a percent sign is: an owner, a place");
        assert_eq!(of(text("  ")), [1, 2, 3], "blank asks for nothing");
        let owner = |whose| Query { owner: Some(whose), ..Query::default() };
        assert_eq!(of(owner(Whose::Of("o'ann %".to_owned()))), [1]);
        assert_eq!(of(owner(Whose::Nobodys)), [2, 3]);
        assert_eq!(of(Query { source: Some("pastes".to_owned()), ..usual.clone() }), [3]);
        assert_eq!(of(Query { source: Some("/srv/x".to_owned()), ..usual.clone() }), [0i64; 0]);
        assert_eq!(of(Query { validities: vec![Validity::Active], ..usual.clone() }), [2]);
        assert_eq!(of(Query { severities: vec![Severity::Low], ..usual.clone() }), [0i64; 0]);
        assert_eq!(of(Query { states: vec![State::Closed], ..usual.clone() }), [4]);
        assert_eq!(of(Query { dossier: Some("acme-api-key".into()), ..usual.clone() }).len(), 3);
        assert_eq!(of(Query { opened_from: Some(NOW + 1), all: true, ..usual.clone() }), [4]);
        assert_eq!(of(Query { opened_until: Some(NOW), all: true, ..usual.clone() }), [0i64; 0]);
        assert_eq!(of(Query { overdue_at: Some(NOW + DAY + 1), ..usual }), [1, 2, 3]);
        assert_eq!(store.owners().unwrap(), [("o'ann %".to_owned(), 1)]);
        assert_eq!(store.kinds().unwrap(), [("acme-api-key".to_owned(), 4)]);
        assert_eq!(store.sources_with_incidents().unwrap(), [("pastes".to_owned(), 1)]);
        let numbers = [IncidentId(3), IncidentId(9), IncidentId(1)];
        let found: Vec<i64> =
            store.numbered(&numbers).unwrap().iter().map(|line| line.id.0).collect();
        assert_eq!(found, [1, 3]);
    }
}

on_both! {
    fn everything_is_counted_once(base: &Base) {
        let mut store = base.open();
        assert_eq!(store.counts(NOW).unwrap().total(), 0);
        let ages = [0, DAY, 8 * DAY, 40 * DAY, 400 * DAY];
        for (n, age) in ages.into_iter().enumerate() {
            record(&mut store, NOW - age, &[finding(&[file("/srv/a", n as u64)])]);
        }
        close(&mut store, IncidentId(5), NOW);
        store.append(&[entry(IncidentId(1), NOW, EventKind::Assigned, &[("owner", "ann")])]).unwrap();
        let counts = store.counts(NOW).unwrap();
        assert_eq!((counts.total(), counts.open(|cell| cell.count)), (5, 4));
        assert_eq!(counts.open(|cell| cell.unowned), 3);
        assert_eq!(counts.open(|cell| cell.late), 2, "due a day after they were opened");
        let by_age: Vec<u64> = (0..5).map(|age| counts.open(|cell| cell.ages[age])).collect();
        assert_eq!(by_age, [1, 1, 1, 1, 0]);
    }
}

on_both! {
    fn a_trend_tells_what_was_opened_closed_and_how_long_it_took(base: &Base) {
        let mut store = base.open();
        // Long before; then ten in the first week, one a day later each.
        record(&mut store, MONDAY - 100 * DAY, &[finding(&[file("/srv/old", 1)])]);
        for n in 0..10 {
            record(&mut store, MONDAY + n, &[finding(&[file("/srv/a", n as u64)])]);
        }
        // Closed in the second week, after 7 to 12 days; two stay.
        for n in 0..8_i64 {
            let id = IncidentId(2 + n);
            let at = MONDAY + 7 * DAY + n * DAY / 2;
            let verified = [("validity", "inactive")];
            store.append(&[entry(id, at - 60, EventKind::Verified, &verified)]).unwrap();
            close(&mut store, id, at);
        }
        while store.measure_exposures(7).unwrap() > 0 {}
        let now = MONDAY + 14 * DAY + 5;
        let trend = store.trend(Stretch::Week, now, 3).unwrap();
        assert_eq!(trend.iter().map(|one| one.from).collect::<Vec<_>>(),
            [MONDAY, MONDAY + 7 * DAY, MONDAY + 14 * DAY]);
        assert_eq!(trend.iter().map(|one| one.opened).collect::<Vec<_>>(), [10, 0, 0]);
        assert_eq!(trend.iter().map(|one| one.closed).collect::<Vec<_>>(), [0, 8, 0]);
        assert_eq!(trend.iter().map(|one| one.open).collect::<Vec<_>>(), [11, 3, 3]);
        let spread = trend[1].to_close.unwrap();
        assert_eq!(spread.count, 8);
        assert_eq!(spread.median, 7 * DAY + 3 * DAY / 2 - 3);
        assert_eq!(spread.ninetieth, 7 * DAY + 7 * DAY / 2 - 7);
        // The first was proven dead a minute before the second week began.
        assert_eq!(trend[0].exposure.unwrap().count, 1);
        assert_eq!(trend[1].exposure.unwrap().count, 7);
        assert_eq!(trend[2].exposure, None);
        let days = store.trend(Stretch::Day, now, 15).unwrap();
        assert_eq!((days.len(), days[0].opened, days[14].open), (15, 10, 3));
        let exposed = store.exposed().unwrap();
        assert_eq!((exposed.count, exposed.behind), (3, 0));
        assert_eq!(exposed.since, Some(MONDAY - 100 * DAY));
        assert_eq!(store.measure_exposures(7).unwrap(), 0, "nothing new");
        assert_sound(&mut store);
    }
}

on_both! {
    fn the_log_is_read_from_its_end(base: &Base) {
        let mut store = base.open();
        let id = record(&mut store, NOW, &[finding(&[file("/srv/a", 1)])]).opened[0];
        for n in 1..=9 {
            let mut note = entry(id, NOW + n, EventKind::Noted, &[]);
            note.actor = if n % 3 == 0 { "bob" } else { "ann" }.to_owned();
            note.text = format!("Note {n} of 100%");
            store.append(&[note]).unwrap();
        }
        let mut of = |query: LogQuery, before| -> Vec<i64> {
            let events = store.log_before(&query, before, 4).unwrap();
            events.iter().map(|event| event.sequence).collect()
        };
        let usual = LogQuery::default();
        assert_eq!(of(usual.clone(), None), [10, 9, 8, 7]);
        assert_eq!(of(usual.clone(), Some(7)), [6, 5, 4, 3]);
        assert_eq!(of(LogQuery { actor: Some("bob".into()), ..usual.clone() }, None), [10, 7, 4]);
        let opened = LogQuery { kind: Some(EventKind::Opened), ..usual.clone() };
        assert_eq!(of(opened, None), [1]);
        assert_eq!(of(LogQuery { incident: Some(IncidentId(2)), ..usual.clone() }, None), [0i64; 0]);
        assert_eq!(of(LogQuery { text: Some("nOTE 3".into()), ..usual.clone() }, None), [4]);
        assert_eq!(of(LogQuery { text: Some("0%".into()), ..usual.clone() }, Some(3)), [2]);
        assert_eq!(of(LogQuery { text: Some("_".into()), ..usual.clone() }, None), [0i64; 0]);
        let some = LogQuery { from: Some(NOW + 2), until: Some(NOW + 4), ..usual };
        assert_eq!(of(some, None), [4, 3]);
    }
}

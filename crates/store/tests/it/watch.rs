//! Sources, pages, jobs and fingerprints: a page is kept once and whole, work is done
//! by one at a time, and of other people's values nothing but a fingerprint stays.

use leeward_model::DossierId;
use leeward_store::{
    JobState, Kept, MOST_GAPS, NewGap, NewJob, NewSource, OurKey, PageRead, SeenItem, Source,
    SourceId, SourceState, Store,
};

use crate::fixture::*;

fn source(store: &mut Store) -> Source {
    let new = NewSource { name: "ours", service: "tracker", belongs: "us" };
    store.source_named(&new, NOW).unwrap()
}

fn page<'a>(source: &Source, texts: &'a [(SeenItem, u64)], cursor: &'a str) -> PageRead<'a> {
    PageRead {
        source: source.id,
        turn: source.turn,
        at: NOW,
        cursor,
        next_at: None,
        texts,
        repositories: &[],
        gaps: &[],
        jobs: &[],
        strangers: &[],
    }
}

fn kept(kept: Kept) -> (Source, u64) {
    match kept {
        Kept::Page(source, new) => (*source, new),
        Kept::Stale => panic!("stale"),
    }
}

fn job(key: &str) -> NewJob {
    NewJob {
        kind: "repository".to_owned(),
        key: key.to_owned(),
        payload: "{}".to_owned(),
        not_before: NOW,
    }
}

on_both! {
    fn a_page_is_kept_once_and_as_a_whole(base: &Base) {
        let mut store = base.open();
        let first = source(&mut store);
        assert_eq!((first.cursor.as_deref(), first.turn), (None, 0));
        let items = [
            (SeenItem::new("a", "1"), 10),
            (SeenItem::new("b", "1"), 20),
            (SeenItem::new("a", "1"), 10),
            (SeenItem::new("a", "2"), 30),
        ];
        let repositories = [SeenItem::new("r", "1")];
        let gaps = [NewGap { what: "c", why: "too large" }];
        let jobs = [job("https://x.example/a")];
        let stranger = finding(&[]);
        let strangers = [(stranger.fingerprint, stranger.dossier.clone())];
        let read = PageRead {
            repositories: &repositories,
            gaps: &gaps,
            jobs: &jobs,
            strangers: &strangers,
            ..page(&first, &items, "x")
        };
        let (now, new) = kept(store.keep_page(&read).unwrap());
        assert_eq!(new, 4);
        assert_eq!((now.cursor.as_deref(), now.turn), (Some("x"), 1));
        assert_eq!((now.read.items, now.read.bytes, now.read.repositories), (4, 60, 1));
        // Whoever read the same page keeps nothing of it.
        assert_eq!(store.keep_page(&read).unwrap(), Kept::Stale);
        drop(store);

        let mut store = base.open();
        assert_eq!(source(&mut store), now);
        // The same items again, from wherever they are handed out.
        let again = PageRead { gaps: &gaps, ..page(&now, &items, "y") };
        let (now, new) = kept(store.keep_page(&again).unwrap());
        assert_eq!((new, now.read.items, now.read.bytes, now.read.pages), (0, 4, 60, 2));
        let asked = [SeenItem::new("a", "2"), SeenItem::new("a", "3")];
        let seen = store.seen_items(now.id, &asked).unwrap();
        assert!(seen.contains(&asked[0]) && !seen.contains(&asked[1]));
        let gaps = store.gaps(Some(now.id)).unwrap();
        assert_eq!((gaps.len(), gaps[0].times, gaps[0].what.as_str()), (1, 2, "c"));
        assert_eq!(store.jobs(JobState::Waiting, 10).unwrap().len(), 1);
        let met = store.strangers().unwrap();
        assert_eq!((met.total, &met.by_dossier[0].0), (1, &stranger.dossier));
        assert_eq!(store.forget_before(NOW + 90_000).unwrap(), 4);
    }
}

on_both! {
    fn a_page_that_cannot_be_kept_leaves_nothing(base: &Base) {
        let mut store = base.open();
        let first = source(&mut store);
        let items = [(SeenItem::new("a", "1"), 10)];
        // Nobody has that number, so that the items have no source.
        let lost = PageRead { source: SourceId(77), turn: 0, ..page(&first, &items, "x") };
        assert_eq!(store.keep_page(&lost).unwrap(), Kept::Stale);
        assert_eq!(source(&mut store), first);
    }
}

on_both! {
    fn gaps_are_listed_up_to_a_number_and_counted_beyond(base: &Base) {
        let mut store = base.open();
        let mut now = source(&mut store);
        let names: Vec<String> = (0..MOST_GAPS + 20).map(|nth| format!("item {nth}")).collect();
        let gaps: Vec<NewGap<'_>> =
            names.iter().map(|what| NewGap { what, why: "gone" }).collect();
        for cursor in ["1", "2"] {
            let read = PageRead { gaps: &gaps, ..page(&now, &[], cursor) };
            now = kept(store.keep_page(&read).unwrap()).0;
        }
        assert_eq!(store.gaps(None).unwrap().len() as i64, MOST_GAPS);
        assert_eq!((now.read.gaps as i64, now.read.untold), (2 * (MOST_GAPS + 20), 40));
    }
}

on_both! {
    fn a_source_is_looked_at_paused_and_resumed(base: &Base) {
        let mut store = base.open();
        let first = source(&mut store);
        assert!(store.look_began(first.id, NOW).unwrap());
        assert_eq!(source(&mut store).state, SourceState::Running);
        store.look_failed(first.id, NOW + 1, SourceState::Failing, "no", NOW + 61).unwrap();
        let failing = source(&mut store);
        assert_eq!((failing.troubles, failing.next_at), (1, NOW + 61));
        assert!(store.look_now("ours", NOW + 2).unwrap());
        assert!(!store.look_now("theirs", NOW + 2).unwrap());
        assert!(store.source_pause("ours", "ann: too loud").unwrap());
        assert!(!store.look_began(first.id, NOW + 3).unwrap());
        assert!(!store.look_now("ours", NOW + 3).unwrap());
        // A page under way is kept, and the pause with it.
        let read = PageRead { next_at: Some(NOW + 60), ..page(&first, &[], "x") };
        let (now, _) = kept(store.keep_page(&read).unwrap());
        assert_eq!((now.state, now.success_at), (SourceState::Paused, Some(NOW)));
        assert!(store.source_resume("ours", NOW + 4).unwrap());
        let now = source(&mut store);
        assert_eq!((now.state, now.next_at, now.trouble), (SourceState::Waiting, NOW + 4, None));
        // As another service it begins anew.
        let new = NewSource { name: "ours", service: "feed", belongs: "anyone" };
        let now = store.source_named(&new, NOW).unwrap();
        assert_eq!((now.cursor, now.belongs.as_str(), now.turn), (None, "anyone", 2));
    }
}

on_both! {
    fn work_is_done_by_one_at_a_time(base: &Base) {
        let mut store = base.open();
        assert!(store.job_add(&job("a"), NOW).unwrap());
        assert!(!store.job_add(&job("a"), NOW).unwrap(), "it waits already");
        assert!(store.job_take("one", NOW - 1, NOW + 10).unwrap().is_none(), "not due");
        let taken = store.job_take("one", NOW, NOW + 10).unwrap().unwrap();
        assert_eq!((taken.attempts, taken.state), (1, JobState::Running));
        assert!(store.job_add(&job("a"), NOW).unwrap(), "there is news since");
        assert!(store.job_take("two", NOW, NOW + 10).unwrap().is_none(), "its like is being done");
        assert_eq!(store.next_job_at().unwrap(), Some(NOW));
        store.job_done(taken.id, "two", NOW + 1).unwrap();
        assert_eq!(store.queue().unwrap().running, 1, "only who holds it has done it");
        store.job_done(taken.id, "one", NOW + 1).unwrap();
        let next = store.job_take("two", NOW + 1, NOW + 10).unwrap().unwrap();
        // Who holds it is dead.
        let again = store.job_take("three", NOW + 11, NOW + 20).unwrap().unwrap();
        assert_eq!((again.id, again.attempts), (next.id, 2));
        assert!(!store.job_hold(next.id, "two", NOW + 30).unwrap());
        assert!(store.job_hold(next.id, "three", NOW + 30).unwrap());
        store.job_failed(next.id, "three", NOW + 12, "no answer", Some(NOW + 60)).unwrap();
        assert!(store.job_take("one", NOW + 59, NOW + 99).unwrap().is_none());
        let last = store.job_take("one", NOW + 60, NOW + 99).unwrap().unwrap();
        store.job_failed(last.id, "one", NOW + 61, "never", None).unwrap();
        let queue = store.queue().unwrap();
        assert_eq!((queue.waiting, queue.running, queue.dead), (0, 0, 1));
        assert_eq!(store.jobs(JobState::Dead, 9).unwrap()[0].trouble.as_deref(), Some("never"));
        assert!(store.job_revive(last.id, NOW + 70).unwrap());
        assert_eq!(store.queue().unwrap().waiting, 1);
        store.set_tips("https://x.example/a", &["01".to_owned(), "02".to_owned()], NOW).unwrap();
        store.set_tips("https://x.example/a", &["03".to_owned()], NOW).unwrap();
        assert_eq!(store.tips("https://x.example/a").unwrap(), Some(vec!["03".to_owned()]));
        assert_eq!(store.tips("https://x.example/b").unwrap(), None);
    }
}

on_both! {
    fn ours_are_known_by_fingerprints(base: &Base) {
        let mut store = base.open();
        let (added, met) = (finding(&[]), finding(&[file("/srv/a", 1)]));
        let key = |label: &str| OurKey { fingerprint: added.fingerprint, label: label.to_owned() };
        assert_eq!(store.ours_add(&[key("vault: app")], NOW).unwrap(), 1);
        assert_eq!(store.ours_add(&[key("vault: web")], NOW).unwrap(), 0);
        let id = record(&mut store, NOW, std::slice::from_ref(&met)).opened[0];
        let known = store.our_fingerprints().unwrap();
        assert_eq!(store.our_count().unwrap(), known.len() as u64);
        assert_eq!(known.get(&added.fingerprint), Some(&None));
        let dossier: Option<DossierId> = Some(met.dossier.clone());
        assert_eq!(known.get(&met.fingerprint), Some(&dossier));
        close(&mut store, id, NOW);
        assert_eq!(store.our_fingerprints().unwrap().len(), 1);
        assert_eq!(store.our_count().unwrap(), 1);
        assert_eq!(store.ours().unwrap()[0].label, "vault: web");
        assert!(store.ours_remove(&added.fingerprint).unwrap());
        assert!(!store.ours_remove(&added.fingerprint).unwrap());
    }
}

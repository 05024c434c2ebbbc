//! Whose a value is, where it comes from, and what becomes of a source in trouble.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use leeward_counterpart::random_value;
use leeward_model::{Fingerprint, RemotePlace, Secret};
use leeward_remote::{Belongs, Client, Clock as _, Cursor, Gap, Page, Service, Trouble};
use leeward_store::{Filter, NewJob, OurKey, SourceState, Store};
use leeward_watch::{Ground, Lookout, Names, PageDone, Schedule, Times, Turn, What, status};

use crate::fixture::*;

fn print(value: &str) -> Fingerprint {
    Fingerprint::new(&usual_family(), &Secret::new(value.as_bytes()))
}

/// A place to stand on that hands out one list.
fn on(listed: &Listed, change: impl FnOnce(&mut Ground)) -> (tempfile::TempDir, Arc<Ground>) {
    let directory = tempfile::tempdir().unwrap();
    let listed = listed.clone();
    let mut ground =
        ground(&directory.path().join("a.db"), &Turned::new(), move |_| Box::new(listed.clone()));
    change(&mut ground);
    (directory, Arc::new(ground))
}

fn page(lookout: &mut Lookout, store: &mut Store) -> PageDone {
    match lookout.turn(store).unwrap() {
        Turn::Page(done) => done,
        other => panic!("{other:?}"),
    }
}

fn prints(store: &mut Store) -> Vec<Fingerprint> {
    let incidents = store.incidents(&Filter::default()).unwrap();
    let mut prints: Vec<_> = incidents.into_iter().map(|it| it.fingerprint).collect();
    prints.sort();
    prints
}

#[test]
fn of_what_is_anybodys_only_ours_is_kept() {
    let (name, listed) = (usual_name(), Listed::default());
    let (vaulted, named, theirs, lone) =
        (random_value(), random_value(), random_value(), random_value());
    listed.put(text("1", "1", format!("nothing around it: {vaulted}, really")));
    listed.put(text("2", "1", format!("for Acme.com: {name}={named}")));
    listed.put(text("3", "1", format!("{name}={theirs} # not ours, acmexcom")));
    listed.put(text("4", "1", format!("nobody knows {lone}")));
    let (directory, ground) = on(&listed, |ground| {
        ground.names = Names::new(&["acme.com".to_owned()]).unwrap();
    });
    let mut store = ground.store().unwrap();
    let key = OurKey { fingerprint: print(&vaulted), label: "vault".to_owned() };
    store.ours_add(&[key], NOW).unwrap();
    let mut lookout = Lookout::new(Arc::clone(&ground), watched("web", Belongs::Anyone));
    let done = page(&mut lookout, &mut store);
    assert_eq!((done.new, done.opened, done.strangers), (4, 2, 1));
    let mut expected = vec![print(&vaulted), print(&named)];
    expected.sort();
    assert_eq!(prints(&mut store), expected);
    assert_eq!(store.strangers().unwrap().total, 1);

    // Once it is ours it is ours everywhere, also where no name of ours stands.
    listed.put(text("5", "1", format!("seen again {named} here")));
    let clock = ground.now();
    drop(lookout);
    store.look_now("web", clock).unwrap();
    let mut lookout = Lookout::new(Arc::clone(&ground), watched("web", Belongs::Anyone));
    assert_eq!(page(&mut lookout, &mut store).strangers, 0);
    let case = store.case(&print(&named)).unwrap().unwrap();
    assert_eq!(case.locations.len(), 2);

    // Of other people's values nothing is anywhere but their fingerprints.
    drop((lookout, store));
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for value in [&vaulted, &named, &theirs, &lone] {
            assert!(memmem(&bytes, value.as_bytes()).is_none(), "a value is in the database");
        }
        assert!(memmem(&bytes, &theirs.as_bytes()[..4]).is_none(), "a hint of a stranger's value");
        assert!(memmem(&bytes, b"not ours, acmexcom").is_none(), "a stranger's text");
        assert!(memmem(&bytes, b"tracker.example/3").is_none(), "a stranger's place");
    }
}

fn memmem(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[test]
fn of_what_is_ours_everything_is_kept_and_what_was_read_is_not_read_again() {
    let (name, listed) = (usual_name(), Listed::default());
    let value = random_value();
    listed.put(text("1", "1", format!("{name}={value}")));
    listed
        .0
        .lock()
        .unwrap()
        .gaps
        .push(Gap { what: format!("{value}.zip"), why: "it is larger than is read".to_owned() });
    let (_directory, ground) = on(&listed, |_| {});
    let mut store = ground.store().unwrap();
    let mut lookout = Lookout::new(Arc::clone(&ground), watched("ours", Belongs::Us));
    let done = page(&mut lookout, &mut store);
    assert_eq!((done.new, done.opened, done.gaps), (1, 1, 1));
    assert!(!store.gaps(None).unwrap()[0].what.contains(&value));
    // Not before its time.
    assert_eq!(lookout.turn(&mut store).unwrap(), Turn::Idle(NOW + 60));
    assert!(status::look_now(&mut store, "ours", NOW).unwrap());
    listed.put(text("1", "1", format!("{name}={value}")));
    assert_eq!(page(&mut lookout, &mut store).new, 0);
    assert_eq!(ground.vault.len(), 1);
}

#[test]
fn a_source_in_trouble_is_tried_again_later_and_later() {
    let listed = Listed::default();
    let (_directory, ground) = on(&listed, |_| {});
    let mut store = ground.store().unwrap();
    let mut lookout = Lookout::new(Arc::clone(&ground), watched("ours", Belongs::Us));
    let after = Duration::from_secs(700);
    listed.fail(Trouble::Later { after, why: "tracker.example: too many requests".to_owned() });
    let Turn::Trouble { next_at, is_refused: false, .. } = lookout.turn(&mut store).unwrap() else {
        panic!("no trouble")
    };
    assert!(next_at >= NOW + 700, "its time is honoured");
    let source = store.source("ours").unwrap().unwrap();
    assert_eq!((source.state, source.troubles), (SourceState::Failing, 1));
    store.look_now("ours", NOW).unwrap();
    listed.fail(Trouble::Refused("the credential is refused\u{1b}[2J".to_owned()));
    let Turn::Trouble { why, is_refused: true, next_at } = lookout.turn(&mut store).unwrap() else {
        panic!("not refused")
    };
    assert_eq!((next_at, why.contains('\u{1b}')), (NOW + 3600, false));
    assert!(status::resume(&mut store, "ours", NOW).unwrap());
    page(&mut lookout, &mut store);
    let source = store.source("ours").unwrap().unwrap();
    assert_eq!((source.state, source.troubles, source.trouble), (SourceState::Waiting, 0, None));
    assert!(status::pause(&mut store, "ours", "ann", "too loud").unwrap());
    assert!(matches!(lookout.turn(&mut store).unwrap(), Turn::Idle(_)));
}

/// Another engine reads the same page while this one does.
struct Meddling(Arc<Ground>, Listed, Arc<AtomicUsize>);

impl Service for Meddling {
    fn page(&mut self, client: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        let page = self.1.page(client, from);
        if self.2.fetch_add(1, Ordering::Relaxed) == 0 {
            let mut store = self.0.store().unwrap();
            let mut other = Lookout::new(Arc::clone(&self.0), watched("ours", Belongs::Us));
            assert!(matches!(other.turn(&mut store).unwrap(), Turn::Page(_)));
        }
        page
    }

    fn again(&mut self, _: &mut Client, _: &RemotePlace) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(None)
    }
}

#[test]
fn two_that_read_the_same_page_keep_it_once() {
    let (name, listed) = (usual_name(), Listed::default());
    let value = random_value();
    listed.put(text("1", "1", format!("{name}={value}")));
    let (directory, quiet) = on(&listed, |_| {});
    let times = Arc::new(AtomicUsize::new(0));
    let (one, other) = (listed.clone(), Arc::clone(&quiet));
    let ground = ground(&directory.path().join("a.db"), &Turned::new(), move |_| {
        Box::new(Meddling(Arc::clone(&other), one.clone(), Arc::clone(&times)))
    });
    let mut store = ground.store().unwrap();
    let mut lookout = Lookout::new(Arc::new(ground), watched("ours", Belongs::Us));
    assert_eq!(lookout.turn(&mut store).unwrap(), Turn::Stale);
    let source = store.source("ours").unwrap().unwrap();
    assert_eq!((source.read.items, source.read.pages, source.turn), (1, 1, 1));
    let case = store.case(&print(&value)).unwrap().unwrap();
    assert_eq!(case.locations.len(), 1);
    assert_eq!(store.incidents(&Filter::default()).unwrap().len(), 1);
}

#[test]
fn people_are_told_of_what_was_recorded_before_the_page_is_kept() {
    let (name, listed) = (usual_name(), Listed::default());
    listed.put(text("1", "1", format!("{name}={}", random_value())));
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&told);
    let (_directory, ground) = on(&listed, |ground| {
        ground.tell = Box::new(move |store, _| {
            let source = store.source("ours").unwrap().unwrap();
            let open = store.incidents(&Filter::default()).unwrap().len();
            hears.lock().unwrap().push((open, source.cursor));
        });
    });
    let mut store = ground.store().unwrap();
    page(&mut Lookout::new(ground, watched("ours", Belongs::Us)), &mut store);
    assert_eq!(*told.lock().unwrap(), [(1, None)]);
    assert_eq!(Turned::new().now(), NOW);
}

#[test]
fn a_name_of_ours_at_one_end_of_a_long_list_makes_not_all_of_it_ours() {
    let (name, listed) = (usual_name(), Listed::default());
    let near = random_value();
    let mut bytes = format!("acme.com\n{name}={near}\n");
    for _ in 0..500 {
        bytes.extend([name.as_str(), "=", random_value().as_str(), "\n"]);
        bytes.push_str(&"other people's words\n".repeat(40));
    }
    listed.put(text("1", "1", bytes));
    let (_directory, ground) = on(&listed, |ground| {
        ground.names = Names::new(&["acme.com".to_owned()]).unwrap();
    });
    let mut store = ground.store().unwrap();
    let mut lookout = Lookout::new(Arc::clone(&ground), watched("web", Belongs::Anyone));
    let done = page(&mut lookout, &mut store);
    assert!(prints(&mut store).contains(&print(&near)));
    assert!(done.opened < 15 && done.strangers > 480, "{done:?}");
    // And they are forgotten in time.
    store.forget_before(NOW + 86_400).unwrap();
    assert_eq!(store.strangers().unwrap().total, 0);
}

#[test]
fn a_clock_that_was_years_ahead_puts_nothing_off_for_years() {
    let listed = Listed::default();
    let (_directory, ground) = on(&listed, |_| {});
    let mut store = ground.store().unwrap();
    let mut lookout = Lookout::new(Arc::clone(&ground), watched("ours", Belongs::Us));
    page(&mut lookout, &mut store);
    store.look_now("ours", NOW + 70 * 365 * 86_400).unwrap();
    page(&mut lookout, &mut store);
    assert!(matches!(lookout.turn(&mut store).unwrap(), Turn::Idle(at) if at <= NOW + 60));

    let late = NOW + 70 * 365 * 86_400;
    let job = |key: &str| NewJob {
        kind: "target".to_owned(),
        key: key.to_owned(),
        payload: String::new(),
        not_before: late,
    };
    store.job_add(&job("a"), late).unwrap();
    store.job_add(&job("b"), late).unwrap();
    store.job_take("killed", late, late + 300).unwrap().unwrap();
    let taken = [(); 3].map(|()| store.job_take("next", NOW, NOW + 300).unwrap());
    assert_eq!(taken.iter().flatten().count(), 2, "both are done, and once");
    assert_eq!(store.last_job("target", None).unwrap(), Some(late));
    let every = Times::every(60).unwrap();
    let wanted = vec![(What::Scan("a".to_owned()), every)];
    let schedule = Schedule::new(&mut store, wanted, NOW).unwrap();
    assert_eq!(schedule.next_at(), Some(NOW + 60));
}

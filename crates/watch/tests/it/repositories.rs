//! Repositories that are cloned and scanned, targets that are scanned again, and
//! values that are asked about again.

use std::{path::Path, process::Command, sync::Arc, time::Instant};

use leeward_counterpart::{Counterpart, Key, World, random_value};
use leeward_dossier::Library;
use leeward_model::Validity;
use leeward_probe::{Base, Depth, Manners, Network, Rate, Settings};
use leeward_remote::Belongs;
use leeward_store::{Filter, JobState, Store};
use leeward_watch::{Asking, Done, Ground, Schedule, Task, Times, Watched, What, Worker, status};

use crate::fixture::*;

fn git(at: &Path, args: &[&str]) {
    let done = Command::new("git")
        .current_dir(at)
        .args(["-c", "user.name=ann", "-c", "user.email=ann@example.com"])
        .args(["-c", "init.defaultBranch=main"])
        .args(args)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn commit(at: &Path, text: &str) {
    std::fs::write(at.join("app.env"), text).unwrap();
    git(at, &["add", "-A"]);
    git(at, &["commit", "-qm", "change"]);
}

fn task(url: &str) -> Task {
    Task::Repository { source: None, url: url.to_owned(), is_public: None, needs_credential: false }
}

pub(crate) fn asking(server: &Counterpart) -> Asking {
    let family = usual_family();
    let settings = Settings {
        network: Network {
            bases: vec![Base::new(&family, &server.url()).unwrap()],
            ..Network::default()
        },
        manners: Manners { rate: Rate::per_second(1000.0).unwrap(), ..Manners::default() },
        ..Settings::default()
    };
    Asking { settings, depth: Depth::Validity, within: std::time::Duration::from_secs(20) }
}

fn on(path: &Path, asking: Option<Asking>) -> (Arc<Turned>, Arc<Ground>) {
    let clock = Turned::new();
    let mut ground = ground(path, &clock, |_| Box::new(Listed::default()));
    ground.asking = asking;
    (clock, Arc::new(ground))
}

fn work(ground: &Arc<Ground>, store: &mut Store) -> Done {
    Worker::new(Arc::clone(ground)).turn(store).unwrap().unwrap()
}

#[test]
fn a_push_is_recorded_and_asked_about_in_a_moment() {
    let (name, live, dead) = (usual_name(), random_value(), random_value());
    let server = Counterpart::start(World::new().key(Key::standard(&live)));
    let directory = tempfile::tempdir().unwrap();
    let origin = directory.path().join("origin");
    std::fs::create_dir(&origin).unwrap();
    git(&origin, &["init", "-q"]);
    commit(&origin, &format!("{name}={dead}\n"));
    let (_, ground) = on(&directory.path().join("a.db"), Some(asking(&server)));
    let mut store = ground.store().unwrap();
    let url = format!("file://{}", origin.display());
    assert!(status::enqueue(&mut store, &task(&url), NOW).unwrap());
    assert!(!status::enqueue(&mut store, &task(&url), NOW).unwrap(), "it waits already");
    assert_eq!(work(&ground, &mut store).opened, 1);

    commit(&origin, &format!("{name}={live}\n"));
    let begun = Instant::now();
    status::enqueue(&mut store, &task(&url), NOW).unwrap();
    let done = work(&ground, &mut store);
    assert_eq!((done.opened, done.trouble), (1, None), "the old one is not looked at again");
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    let validities: Vec<Validity> =
        store.incidents(&Filter::default()).unwrap().iter().map(|it| it.validity).collect();
    assert!(validities.contains(&Validity::Active), "{validities:?}");
    assert!(validities.contains(&Validity::Inactive), "{validities:?}");
    let asked = server.count("/v1/models");
    // Nothing new, nothing done.
    status::enqueue(&mut store, &task(&url), NOW).unwrap();
    assert_eq!(work(&ground, &mut store).opened, 0);
    assert_eq!(server.count("/v1/models"), asked);
    server.assert_no_violations();
}

#[test]
fn what_cannot_be_cloned_is_given_up_and_said_so() {
    let directory = tempfile::tempdir().unwrap();
    let (clock, ground) = on(&directory.path().join("a.db"), None);
    let mut store = ground.store().unwrap();
    let source = leeward_store::NewSource { name: "host", service: "listed", belongs: "us" };
    store.source_named(&source, NOW).unwrap();
    let lost = Task::Repository {
        source: Some("host".to_owned()),
        url: format!("file://{}/nowhere", directory.path().display()),
        is_public: None,
        needs_credential: false,
    };
    let private = Task::Repository {
        source: Some("host".to_owned()),
        url: "https://code.example/a".to_owned(),
        is_public: Some(false),
        needs_credential: true,
    };
    status::enqueue(&mut store, &lost, NOW).unwrap();
    status::enqueue(&mut store, &private, NOW).unwrap();
    let mut tries = 0;
    let mut at = NOW;
    while let Some(next) = store.next_job_at().unwrap() {
        at = at.max(next);
        clock.set(at);
        work(&ground, &mut store);
        tries += 1;
        assert!(tries < 20);
    }
    assert_eq!(tries, 7, "six times, and the one that never will once");
    let dead = store.jobs(JobState::Dead, 9).unwrap();
    assert_eq!(dead.len(), 2);
    assert!(dead.iter().any(|job| job.trouble.as_ref().unwrap().contains("token_env")));
    assert_eq!(store.gaps(None).unwrap().len(), 2, "both are in the account of what is not seen");
}

#[test]
fn targets_are_scanned_and_values_asked_about_by_the_clock() {
    let (name, live) = (usual_name(), random_value());
    let server = Counterpart::start(World::new().key(Key::standard(&live)));
    let directory = tempfile::tempdir().unwrap();
    let files = directory.path().join("files");
    std::fs::create_dir(&files).unwrap();
    std::fs::write(files.join("app.env"), format!("{name}={live}\n")).unwrap();
    let path = directory.path().join("a.db");
    let (clock, ground) = on(&path, Some(asking(&server)));
    let mut store = ground.store().unwrap();
    let wanted = || {
        let target = files.to_str().unwrap().to_owned();
        vec![
            (What::Scan(target), Times::every(3600).unwrap()),
            (What::Verify, Times::at("0 3 * * *").unwrap()),
        ]
    };
    let mut schedule = Schedule::new(&mut store, wanted(), NOW).unwrap();
    assert_eq!(schedule.turn(&ground, &mut store).unwrap(), 1, "what was never scanned is now");
    assert_eq!(work(&ground, &mut store).opened, 1);
    let asked = server.count("/v1/models");
    assert!(asked > 0);
    // The next time is kept though another process is on watch now.
    let schedule_again = Schedule::new(&mut store, wanted(), NOW + 10).unwrap();
    assert_eq!(schedule_again.next_at(), Some(NOW + 3600));

    // The value is gone from its file, and from the memory of whoever saw it.
    clock.set(NOW + 86_400);
    drop(ground);
    let (clock, ground) = on(&path, Some(asking(&server)));
    clock.set(NOW + 86_400);
    schedule.turn(&ground, &mut store).unwrap();
    while Worker::new(Arc::clone(&ground)).turn(&mut store).unwrap().is_some() {}
    assert!(server.count("/v1/models") > asked, "asked about again, with the value read again");
    let incident = &store.incidents(&Filter::default()).unwrap()[0];
    assert_eq!(incident.validity, Validity::Active);
    assert!(store.verify_log().unwrap().is_sound());
    server.assert_no_violations();
    let _ = (Library::builtin(), Watched { ..watched("x", Belongs::Us) });
}

#[test]
fn what_is_of_a_source_that_nobody_knows_is_nobodys_business() {
    let directory = tempfile::tempdir().unwrap();
    let origin = directory.path().join("origin");
    std::fs::create_dir(&origin).unwrap();
    git(&origin, &["init", "-q"]);
    let value = random_value();
    commit(&origin, &format!("{}={value}\n", usual_name()));
    let server = Counterpart::start(World::new().key(Key::standard(&value)));
    let (_, ground) = on(&directory.path().join("a.db"), Some(asking(&server)));
    let mut store = ground.store().unwrap();
    let url = format!("file://{}", origin.display());
    let task = Task::Repository {
        source: Some("renamed since".to_owned()),
        url,
        is_public: Some(true),
        needs_credential: false,
    };
    status::enqueue(&mut store, &task, NOW).unwrap();
    assert_eq!(work(&ground, &mut store).opened, 0);
    assert_eq!(store.strangers().unwrap().total, 1);
    assert_eq!(server.count("/v1/models"), 0, "a stranger's value was tried");
}

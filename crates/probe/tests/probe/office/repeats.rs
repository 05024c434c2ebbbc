//! When no answer comes, or one that asks to wait: what only reads is asked
//! again; what changes something is sent once, and nobody says that it was not
//! done.

use std::{thread, time::Duration};

use leeward_counterpart::{Cut, Fault, RetryAfter, World, random_value};
use leeward_model::Secret;
use leeward_probe::{Office, RefusedKind, Stop};

use super::{
    office,
    scene::{Scene, refused},
    wanted,
};
use crate::asking::{STANDARD, at, library};

#[test]
fn a_change_that_no_answer_came_to_is_not_repeated() {
    let lost = [
        Fault::Hang,
        Fault::Drop(Cut::BeforeAnswer),
        Fault::Drop(Cut::InBody),
        Fault::Hang.after_doing(),
        Fault::Drop(Cut::BeforeAnswer).after_doing(),
        Fault::Drop(Cut::InBody).after_doing(),
        Fault::TruncatedJson,
        Fault::NotJson,
        Fault::WrongShape,
        Fault::Endless,
        Fault::BadGzip,
        Fault::Status(500, "{}".to_owned()),
        Fault::Status(504, "{}".to_owned()).after_doing(),
        Fault::Html(502),
        Fault::Html(520),
        Fault::Empty(502),
        Fault::Status(202, "{}".to_owned()),
        Fault::Status(408, "{}".to_owned()),
        Fault::CaptivePortal,
    ];
    for fault in lost {
        let scene = Scene::with(World::new(), []);
        let record = scene.record();
        let office = scene.hasty();
        scene.server.inject(fault.clone());
        let no = refused(office.delete(&record.id), RefusedKind::Unsure);
        assert!(no.why.contains("look again before repeating it"), "{fault:?}: {no}");
        refused(office.create(&wanted("next", &record)), RefusedKind::Unsure);
        refused(office.brake(5), RefusedKind::Unsure);
        refused(office.release(), RefusedKind::Unsure);
        assert_eq!((scene.count("DELETE"), scene.count("POST")), (1, 3), "{fault:?}");
        scene.server.assert_no_violations();
    }
}

#[test]
fn a_key_whose_value_got_lost_is_found_by_its_name() {
    for (world, rule) in [
        (World::new().tells_no_value(), None),
        (World::new(), Some(Fault::Drop(Cut::InBody).after_doing().always().when("POST"))),
        (World::new(), Some(Fault::TruncatedJson.always().when("POST"))),
    ] {
        let scene = Scene::with(world, []);
        let record = scene.record();
        if let Some(rule) = rule {
            scene.server.inject(rule);
        }
        let office = scene.office();
        refused(office.create(&wanted("in its place", &record)), RefusedKind::Unsure);
        let found = office.find_by_name("in its place").unwrap().value;
        assert_eq!(found.len(), 1);
        office.delete(&found[0].id).unwrap();
        assert_eq!(scene.count("POST"), 1);
    }
}

#[test]
fn a_limit_is_waited_for_where_that_is_safe() {
    let limits = [
        Fault::RateLimit(RetryAfter::Seconds(0)),
        Fault::RateLimit(RetryAfter::Unsaid),
        Fault::Status(503, "{}".to_owned()),
    ];
    for fault in limits {
        let scene = Scene::with(World::new(), []);
        let record = scene.record();
        let office = scene.stubborn();
        scene.server.inject(fault.clone().always().when("DELETE").first(1));
        let done = office.delete(&record.id).unwrap();
        assert_eq!((done.evidence[0].attempts, scene.count("DELETE")), (2, 2), "{fault:?}");
        scene.server.inject(fault.clone().always().when("GET").first(2));
        assert_eq!(office.find_by_name("").unwrap().evidence[0].attempts, 3, "{fault:?}");
        // Making a key is sent once, whatever is said.
        scene.server.inject(fault.clone().always().when("POST"));
        let is_limit = matches!(fault, Fault::RateLimit(_));
        let kind = if is_limit { RefusedKind::NotNow } else { RefusedKind::Unsure };
        refused(office.create(&wanted("next", &record)), kind);
        assert_eq!(scene.count("POST"), 1, "{fault:?}");
    }
}

#[test]
fn a_wait_beyond_our_patience_is_said() {
    let limit = Fault::RateLimit(RetryAfter::Seconds(3600)).always();
    let scene = Scene::with(World::new(), [limit]);
    let no = refused(scene.stubborn().limit(), RefusedKind::NotNow);
    assert!(no.why.contains("asks to wait 3600 s"), "{no}");
    assert_eq!(scene.count("GET"), 1);
}

#[test]
fn what_only_reads_is_asked_again() {
    for fault in [Fault::Hang, Fault::Drop(Cut::InBody), Fault::Status(500, "{}".to_owned())] {
        let scene = Scene::with(World::new(), [fault.clone().always().first(1)]);
        let found = scene.hasty().find_by_name("").unwrap();
        assert_eq!((found.value.len(), found.evidence[0].attempts), (1, 2), "{fault:?}");
        let scene = Scene::with(World::new(), [fault.always()]);
        refused(scene.hasty().find_by_name(""), RefusedKind::NotNow);
        assert_eq!(scene.count("GET"), 2);
    }
    let slow = Fault::Slow(Duration::from_millis(50)).always();
    assert!(Scene::with(World::new(), [slow]).office().find_by_name("").is_ok());
}

#[test]
fn no_connection_changes_nothing() {
    let scene = Scene::with(World::new(), []);
    let record = scene.record();
    let address = scene.server.url();
    let settings = at(&scene.server);
    drop(scene);
    let office = office(settings, &random_value(), &random_value());
    for no in [
        refused(office.delete(&record.id), RefusedKind::NotNow),
        refused(office.create(&wanted("next", &record)), RefusedKind::NotNow),
    ] {
        assert!(
            no.why.contains(address.trim_start_matches("http://")) || no.why.contains("127.0.0.1"),
            "{no}"
        );
    }
}

#[test]
fn stopping_is_heeded() {
    let scene = Scene::with(World::new(), [Fault::Hang.on("/v1/admin/*").when("DELETE")]);
    let library = library();
    let kind = library.get(STANDARD).unwrap().clone();
    let stop = Stop::new();
    let secret = Secret::new(scene.admin.as_bytes());
    let office = Office::open(library, at(&scene.server), &kind, secret, stop.clone()).unwrap();
    let id = "00000000-0000-4000-8000-000000000000";
    thread::scope(|scope| {
        scope.spawn(|| {
            while scene.count("DELETE") == 0 {
                thread::sleep(Duration::from_millis(5));
            }
            stop.cancel();
        });
        refused(office.delete(id), RefusedKind::Unsure);
    });
    // From then on nothing is sent.
    let no = refused(office.delete(id), RefusedKind::NotNow);
    assert!(no.evidence.is_empty());
    assert_eq!(scene.server.requests().len(), 1);
}

//! Whatever goes wrong with answers: a credential that is none, one that may
//! not, keys that look alike, deletions that delete nothing, somebody else who
//! answers; and that no value shows in any of it.

use std::sync::Arc;

use leeward_counterpart::{
    Counterpart, Fault, Key, World, random_twin, random_value, random_with_end_of,
};
use leeward_model::Secret;
use leeward_probe::{BadOffice, Base, Duty, Office, RefusedKind, Settings, Stop, Wanted};

use super::{
    office,
    scene::{Scene, refused},
    wanted,
};
use crate::asking::{at, library, lines};

#[test]
fn a_credential_that_is_none_is_refused_in_both_headers() {
    let scene = Scene::of(|value| Key::admin(value).ended(), World::new(), []);
    let no = refused(scene.office().find_by_tail("abcd"), RefusedKind::NotAnAdmin);
    assert_eq!(no.evidence.iter().map(|it| it.status).collect::<Vec<_>>(), [Some(401); 2]);
    assert!(no.why.contains("answered 401: the credential is unknown, expired or deleted"), "{no}");
    refused(scene.office().delete("x"), RefusedKind::NotAnAdmin);
    let unknown = office(at(&scene.server), &random_value(), &scene.leaked);
    refused(unknown.limit(), RefusedKind::NotAnAdmin);
    // A standard key is no administrator's.
    let standard = office(at(&scene.server), &scene.leaked, &scene.leaked);
    refused(standard.usage(2026, 10), RefusedKind::NotAnAdmin);
}

#[test]
fn a_credential_that_may_not_is_told_from_one_that_is_none() {
    let scene = Scene::of(|value| Key::admin(value).without_permission(), World::new(), []);
    refused(scene.office().find_by_name(""), RefusedKind::NotAllowed);
    let scene = Scene::of(|value| Key::admin(value).only_reads(), World::new(), []);
    let record = scene.record();
    let office = scene.office();
    refused(office.delete(&record.id), RefusedKind::NotAllowed);
    refused(office.create(&wanted("next", &record)), RefusedKind::NotAllowed);
    refused(office.brake(1), RefusedKind::NotAllowed);
    assert!(scene.is_live(&office));
    scene.server.assert_no_violations();
}

#[test]
fn either_header_will_do_and_nothing_is_done_twice() {
    for make in [Key::without_header_bearer as fn(Key) -> Key, Key::without_header_x_api_key] {
        let scene = Scene::of(|value| make(Key::admin(value)), World::new(), []);
        let record = scene.record();
        let made = scene.office().create(&wanted("next", &record)).unwrap();
        assert_eq!(made.value.record.name.as_deref(), Some("next"));
        assert_eq!(scene.office().find_by_name("next").unwrap().value.len(), 1);
        scene.office().delete(&record.id).unwrap();
        scene.server.assert_no_violations();
    }
}

#[test]
fn keys_with_the_same_end_are_told_apart() {
    let leaked = random_value();
    let (end, twin) = (random_with_end_of(&leaked), random_twin(&leaked));
    let admin = random_value();
    let named = Key::standard(random_value()).named(format!("not {}", &leaked[28..]));
    let world = World::new()
        .key(Key::standard(&leaked).named("ours"))
        .key(Key::standard(&end).made_by("bob@example.com").of_product("Vibe"))
        .key(named)
        .key(Key::standard(&twin).named("twin").undeletable())
        .key(Key::admin(&admin));
    let server = Counterpart::start(world);
    let office = office(at(&server), &admin, &leaked);
    let hint = Secret::new(leaked.as_bytes()).hint();
    let found = office.find_by_tail(&leaked[28..].to_lowercase()).unwrap().value;
    assert_eq!(found.len(), 4, "in names too, in any case");
    let fitting: Vec<_> = found.iter().filter(|record| record.matches(&hint)).collect();
    let names: Vec<_> = fitting.iter().filter_map(|it| it.name.as_deref()).collect();
    assert_eq!(names, ["ours", "twin"], "nothing tells these apart");
    let other = &found[1];
    assert_eq!(other.creator.as_deref(), Some("bob@example.com"));
    assert_eq!(other.product.as_deref(), Some("Vibe"));
    assert_eq!((other.deletable, &other.undeletable), (Some(true), &None));
    assert_eq!(fitting[1].deletable, Some(false));
    assert_eq!(fitting[1].undeletable.as_deref(), Some("not_allowed"));
    refused(office.delete(&fitting[1].id), RefusedKind::NotAllowed);
    server.assert_no_violations();
}

#[test]
fn a_deletion_that_deletes_nothing_is_found_out_by_asking() {
    let scene = Scene::with(World::new().deletes_nothing(), []);
    let (office, record) = (scene.office(), scene.record());
    office.delete(&record.id).unwrap();
    assert!(scene.is_live(&office));
    assert_eq!(office.find_by_tail(&scene.leaked[28..]).unwrap().value, [scene.record()]);
}

#[test]
fn a_key_that_is_gone_is_said_to_be_gone() {
    let scene = Scene::with(World::new(), []);
    let no =
        refused(scene.office().delete("00000000-0000-4000-8000-000000000000"), RefusedKind::Gone);
    assert!(no.why.contains("there is no key of that id"), "{no}");
    // The gateway's own word for a path that it does not know is another matter.
    let body = r#"{"message": "no Route matched with those values", "request_id": "0"}"#;
    scene.server.inject(Fault::Status(404, body.to_owned()).always());
    let id = "00000000-0000-4000-8000-000000000000";
    refused(scene.office().delete(id), RefusedKind::NotUnderstood);
    for upwards in ["..", "", "."] {
        refused(scene.office().delete(upwards), RefusedKind::NotUnderstood);
    }
    assert_eq!(scene.count("DELETE"), 2);
}

#[test]
fn somebody_elses_answer_means_nothing() {
    for fault in [
        Fault::Html(403),
        Fault::Html(404),
        Fault::Redirect("https://example.com".to_owned()),
        Fault::Status(403, "\"blocked\"".to_owned()),
        Fault::Status(418, "{}".to_owned()),
        Fault::Status(422, "{}".to_owned()),
    ] {
        let scene = Scene::with(World::new(), [fault.clone().always()]);
        let office = scene.office();
        let id = "00000000-0000-4000-8000-000000000000";
        refused(office.find_by_name(""), RefusedKind::NotUnderstood);
        refused(office.delete(id), RefusedKind::NotUnderstood);
        assert_eq!(scene.server.requests().len(), 2, "{fault:?}");
    }
}

#[test]
fn nothing_is_sent_offline_or_to_another_address() {
    let scene = Scene::with(World::new(), []);
    let settings = Settings { offline: true, ..at(&scene.server) };
    let offline = office(settings, &scene.admin, &scene.leaked);
    let no = refused(offline.find_by_tail("abcd"), RefusedKind::NotNow);
    assert_eq!(no.why, "not asked: offline");
    let mut settings = at(&scene.server);
    settings.network.bases = vec![Base::new("openai", &scene.server.url()).unwrap()];
    let elsewhere = office(settings, &scene.admin, &scene.leaked);
    refused(elsewhere.find_by_tail("abcd"), RefusedKind::Unsupported);
    assert!(scene.server.requests().is_empty());
}

#[test]
fn a_value_never_stands_in_an_address() {
    let scene = Scene::with(World::new(), []);
    let office = scene.office();
    refused(office.find_by_tail(&scene.leaked), RefusedKind::NotUnderstood);
    refused(office.find_by_tail(""), RefusedKind::NotUnderstood);
    for value in [&scene.leaked, &scene.admin] {
        refused(office.find_by_name(value), RefusedKind::NotUnderstood);
        refused(office.delete(value), RefusedKind::NotUnderstood);
    }
    assert!(scene.server.requests().is_empty());
}

#[test]
fn what_is_lacking_is_said_before_anything_is_sent() {
    let scene = Scene::with(World::new(), []);
    let no = refused(scene.office().create(&Wanted::default()), RefusedKind::NotUnderstood);
    assert_eq!(no.why, "not sent: it takes the workspace id, which is not known; name it");
    refused(scene.office().usage(2026, 13), RefusedKind::NotUnderstood);
    assert!(scene.server.requests().is_empty());
}

#[test]
fn an_office_needs_a_dossier_that_says_how() {
    let library = library();
    let none = library.dossiers().iter().find(|it| it.administer.is_none()).unwrap().clone();
    let admin = Secret::new(random_value().into_bytes());
    let bad = Office::open(Arc::clone(&library), Settings::default(), &none, admin, Stop::new());
    let bad = bad.unwrap_err();
    assert!(matches!(bad, BadOffice::NotDescribed(_)), "{bad}");
    assert!(bad.to_string().contains("does not say how its keys are administered"), "{bad}");
}

/// Neither value shows in anything that is handed out, whatever the provider
/// repeats.
#[test]
fn no_value_shows() {
    let scene = Scene::with(World::new(), []);
    let (record, leaked, admin) = (scene.record(), &scene.leaked, &scene.admin);
    let mut shown = vec![format!("{:?}", scene.office())];
    for code in [200, 400, 401, 403, 404, 429, 500] {
        scene.server.mend();
        scene.server.inject(Fault::EchoKey(code));
        let office = scene.office();
        shown.push(format!("{:?}", office.find_by_name("")));
        shown.push(format!("{:?}", office.delete(&record.id)));
        shown.push(format!("{:?}", office.create(&wanted("next", &record))));
        shown.push(format!("{:?}", office.log(0, 10, 10)));
        shown.push(format!("{:?}", office.usage(2026, 1)));
        shown.push(format!("{:?}", office.brake(1)));
    }
    // Names that hold a value, as careless people give them.
    let world = World::new()
        .key(
            Key::standard(leaked)
                .named(format!("was {leaked}"))
                .made_by(format!("{admin} {leaked}")),
        )
        .key(Key::admin(admin))
        .next_key(random_value());
    let server = Counterpart::start(world);
    let office = office(at(&server), admin, leaked);
    let found = office.find_by_name("was").unwrap();
    assert_eq!(found.value[0].name.as_deref(), Some(&*format!("was {}", hint(leaked))));
    let made = office.create(&wanted("next", &found.value[0])).unwrap();
    let fresh = made.value.secret.duplicate();
    shown.push(format!("{found:?} {made:?}"));
    #[expect(clippy::disallowed_methods, reason = "the value is looked for where it must not be")]
    let fresh = std::str::from_utf8(fresh.expose()).unwrap();
    for text in &shown {
        for value in [&**leaked, &**admin, fresh] {
            assert!(!text.contains(value), "{}", text.replace(value, "VALUE"));
        }
    }
}

fn hint(value: &str) -> String {
    Secret::new(value.as_bytes()).hint().as_str().to_owned()
}

#[test]
fn a_plan_sends_nothing_and_says_what_changes() {
    let scene = Scene::with(World::new(), []);
    let planned = scene.office().plan(&Duty::ALL);
    assert_eq!(planned.len(), 9);
    let writes: Vec<_> = planned.iter().filter(|it| it.writes).map(|it| it.duty).collect();
    assert_eq!(writes, [Duty::Delete, Duty::Create, Duty::Brake, Duty::Release]);
    let delete = &planned[1];
    assert_eq!((delete.method, &*delete.path), ("DELETE", "/v1/admin/api-keys/{key-id}"));
    assert_eq!(format!("http://{}", delete.host), scene.server.url());
    assert_eq!((&*delete.credential, &*delete.carries), (crate::asking::ADMIN, "x-api-key"));
    assert_eq!(planned[0].path, "/v1/admin/api-keys?limit=100&name={tail}");
    for one in &planned {
        assert_eq!(one.writes, one.changes.is_some());
        assert!(one.unsent.is_none() && !one.why.is_empty());
    }
    let brake = planned.iter().find(|it| it.duty == Duty::Brake).unwrap();
    assert!(brake.changes.as_ref().unwrap().contains("whole organization"));
    assert!(lines(&scene.server).is_empty());
}

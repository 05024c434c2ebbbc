//! What forms do, and for whom.

use leeward_model::{IncidentId, State};
use leeward_server::Role;

use crate::fixture::*;

#[tokio::test]
async fn who_only_looks_changes_nothing() {
    let world = World::new(true);
    let before = world.store().head().unwrap();
    for path in [
        "/incidents/1/assign",
        "/incidents/1/due",
        "/incidents/1/note",
        "/incidents/1/close",
        "/incidents/1/reopen",
        "/incidents/1/evidence",
        "/incidents/1/steps/revoke/apply",
        "/incidents/1/steps/revoke/attest",
        "/incidents/1/steps/revoke/waive",
        "/incidents/bulk",
        "/sources/ask",
        "/log/verify",
    ] {
        let form = "owner=x&text=x&due=3d&id=1&do=assign&name=pastes&ask=pause";
        let answer = world.post(Role::Viewer, path, form).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    assert_eq!(
        world.post(Role::Responder, "/sources/ask", "name=pastes&ask=pause").await.status,
        403
    );
    assert_eq!(world.store().head().unwrap(), before);
    assert!(world.calls.lock().unwrap().is_empty());
    for path in ["/incidents/1", "/incidents", "/log"] {
        let request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        let page = tower::ServiceExt::oneshot(world.router(Role::Viewer), request).await.unwrap();
        let text = Answer::of(page).await.text;
        assert!(!text.contains("method=\"post\" action=\"/incidents/1/"), "{path}");
    }
}

#[tokio::test]
async fn care_is_written_down_and_said() {
    let world = World::new(true);
    let mut store = world.store();
    let said = world.post(Role::Responder, "/incidents/2/assign", "owner=%3Cb%3Edora").await;
    assert_eq!((said.status, said.header("location")), (303, "/incidents/2"));
    assert_eq!(said.flash(), "d<b>dora takes care of it");
    world.post(Role::Responder, "/incidents/2/due", "due=2027-01-31").await;
    world.post(Role::Responder, "/incidents/2/note", "text=looked+at").await;
    let line = store.incident(IncidentId(2)).unwrap().unwrap();
    assert_eq!((line.owner.as_deref(), line.due), (Some("<b>dora"), Some(1_801_439_999)));
    for (path, form) in [("due", "due=soon"), ("note", "text=++"), ("close", "")] {
        let said = world.post(Role::Responder, &format!("/incidents/2/{path}"), form).await;
        assert_eq!(said.status, 303);
        assert!(said.flash().starts_with('n'), "{path}: {}", said.flash());
        assert!(!said.flash().contains("leeward respond"), "{path}: {}", said.flash());
    }
    assert_eq!(store.incident(IncidentId(2)).unwrap().unwrap().state, State::Open);
    assert_eq!(world.post(Role::Responder, "/incidents/9999/assign", "owner=x").await.status, 404);
}

#[tokio::test]
async fn several_are_cared_for_at_once_and_the_way_back_stays_here() {
    let world = World::new(true);
    let form = "id=2&id=3&id=9999&id=x&do=assign&owner=eve&back=%2Fincidents%3Fq%3Da";
    let said = world.post(Role::Responder, "/incidents/bulk", form).await;
    assert_eq!(said.header("location"), "/incidents?q=a");
    assert_eq!(said.flash(), "deve takes care of 2 incidents");
    for back in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2Fincidents.evil"] {
        let form = format!("id=2&do=due&due=3d&back={back}");
        let said = world.post(Role::Responder, "/incidents/bulk", &form).await;
        assert_eq!(said.header("location"), "/incidents", "{back}");
    }
    let none = world.post(Role::Responder, "/incidents/bulk", "do=assign&owner=eve").await;
    assert!(none.flash().starts_with("nnone was chosen"));
}

#[tokio::test]
async fn steps_are_taken_by_whoever_takes_them() {
    let world = World::new(true);
    let base = "/incidents/1/steps/revoke";
    let value = leeward_counterpart::random_value();
    let done =
        world.post(Role::Responder, &format!("{base}/apply"), &format!("value={value}")).await;
    assert_eq!((done.status, done.header("location")), (303, base));
    assert!(!format!("{:?}{}", done.headers, done.text).contains(&value));
    world.post(Role::Responder, &format!("{base}/apply"), "value=").await;
    world.post(Role::Responder, &format!("{base}/attest"), "text=deleted+by+hand").await;
    world.post(Role::Responder, &format!("{base}/waive"), "text=").await;
    world.post(Role::Admin, "/sources/ask", "name=pastes&ask=pause").await;
    assert_eq!(
        *world.calls.lock().unwrap(),
        [
            "ann applies revoke to 1, value: true",
            "ann applies revoke to 1, value: false",
            "ann done revoke of 1: deleted by hand",
            "ann Pause pastes",
        ]
    );
    assert_eq!(
        world.post(Role::Responder, "/incidents/9999/steps/revoke/apply", "").await.status,
        404
    );
}

#[tokio::test]
async fn the_chain_is_verified_and_what_happened_is_said_once() {
    let world = World::new(true);
    let said = world.post(Role::Responder, "/log/verify", "csrf=x").await;
    assert!(said.flash().starts_with("dthe log is whole"), "{}", said.flash());
    let cookie = said.header("set-cookie").split(';').next().unwrap().to_owned();
    let request = axum::http::Request::get("/log")
        .header("cookie", format!("a=b; {cookie}"))
        .body(axum::body::Body::empty())
        .unwrap();
    let page = tower::ServiceExt::oneshot(world.router(Role::Viewer), request).await.unwrap();
    let page = Answer::of(page).await;
    assert!(page.text.contains("The log is whole"));
    assert!(page.header("set-cookie").contains("Max-Age=0"));
}

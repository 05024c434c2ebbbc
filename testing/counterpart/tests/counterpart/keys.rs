//! Each kind of key is answered as recorded, and an administration can find,
//! revoke and replace keys.

use leeward_counterpart::{Counterpart, Key, KeySeen, Refusal, Resource, World, random_value};
use serde_json::json;

use crate::client::{ask, get, post};

/// How a key is made, and the status and a part of the body it is answered with.
type Answered = (fn(String) -> Key, u16, &'static str);

#[test]
fn each_standing_has_its_status_and_body() {
    let bodies: [Answered; 6] = [
        (Key::standard, 200, "\"object\":"),
        (Key::revoked, 401, r#"{"detail":"Unauthorized"}"#),
        (Key::expired, 401, r#"{"detail":"Unauthorized"}"#),
        (Key::no_quota, 402, "Check your subscription"),
        (Key::no_permission, 403, "Forbidden"),
        (|value| Key::limited(value, 7), 429, "\"code\":\"1300\""),
    ];
    for (make, status, body) in bodies {
        let key = random_value();
        let server = Counterpart::start(World::new().key(make(key.clone())));
        let answer = get(server.address(), "/v1/models", &key);
        assert_eq!(answer.status, status);
        assert!(answer.text().contains(body), "{}", answer.text());
        assert!(answer.header("mistral-correlation-id").is_some());
        assert_eq!(answer.header("x-kong-request-id").map(str::len), Some(32));
        assert_eq!(answer.header("retry-after"), (status == 429).then_some("7"));
        server.assert_no_violations();
    }
    let unknown = get(Counterpart::start(World::new()).address(), "/v1/models", &random_value());
    assert_eq!(unknown.status, 401);
}

#[test]
fn a_refusal_has_three_forms() {
    for (refusal, body) in
        [(Refusal::Message, "{\"message\":\"Unauthorized\""), (Refusal::Empty, "")]
    {
        let key = random_value();
        let world = World::new().key(Key::revoked(&key).refused_with(refusal));
        let server = Counterpart::start(world);
        let answer = get(server.address(), "/v1/models", &key);
        assert_eq!(answer.status, 401);
        assert!(answer.text().starts_with(body) && answer.text().is_empty() == body.is_empty());
    }
}

#[test]
fn a_young_key_is_refused_at_first() {
    let key = random_value();
    let server = Counterpart::start(World::new().key(Key::young(&key, 2)));
    let statuses = [(); 4].map(|()| get(server.address(), "/v1/models", &key).status);
    assert_eq!(statuses, [401, 401, 200, 200]);
}

#[test]
fn a_key_may_see_more_than_another() {
    let (poor, rich) = (random_value(), random_value());
    let world = World::new()
        .with(Resource::Files, 1)
        .key(Key::standard(&poor))
        .key(Key::standard(&rich).with(Resource::Files, 57_029));
    let server = Counterpart::start(world);
    let total = |key| get(server.address(), "/v1/files?page_size=1", key).json()["total"].clone();
    assert_eq!((total(&poor), total(&rich)), (1.into(), 57_029.into()));
    let hints: Vec<KeySeen> = server.requests().into_iter().map(|request| request.key).collect();
    assert_eq!(hints, [KeySeen::Known(0), KeySeen::Known(1)]);
}

#[test]
fn only_an_administrations_key_reaches_the_administration() {
    let (standard, admin) = (random_value(), random_value());
    let world = World::new().key(Key::standard(&standard)).key(Key::admin(&admin));
    let server = Counterpart::start(world);
    let to = server.address();
    assert_eq!(get(to, "/v1/admin/api-keys", &standard).status, 401);
    assert_eq!(get(to, "/v1/admin/api-keys", &admin).status, 200);
    assert_eq!(ask(to, "GET", "/v1/admin/api-keys", &[("x-api-key", &admin)]).status, 200);
    assert_eq!(get(to, "/v1/models", &admin).status, 401);
    server.assert_no_violations();
}

#[test]
fn a_key_is_found_revoked_and_replaced() {
    let (leaked, admin, fresh) = (random_value(), random_value(), random_value());
    let world = World::furnished()
        .key(Key::standard(random_value()).named("another"))
        .key(Key::standard(&leaked).named("ci"))
        .key(Key::admin(&admin))
        .revocation_takes(2)
        .next_key(&fresh)
        .creation_takes(1);
    let server = Counterpart::start(world);
    let to = server.address();

    let last_four = &leaked[leaked.len() - 4..];
    let found = get(to, &format!("/v1/admin/api-keys?name={last_four}"), &admin).json();
    assert_eq!(found["keys"].as_array().unwrap().len(), 1);
    let id = found["keys"][0]["key_id"].as_str().unwrap().to_owned();
    let hidden = format!("{}...{last_four}", &leaked[..4]);
    assert_eq!(found["keys"][0]["hidden_key"], hidden);
    // The key itself knows its record.
    let me = ask(to, "GET", "/v1/users/me", &[("x-api-key", &leaked)]).json();
    assert_eq!(me["api_key"], json!({"id": id, "name": "ci"}));
    assert_eq!(me["workspace"]["id"], found["keys"][0]["workspace_id"]);
    let spaces = ask(to, "GET", "/v1/users/me/workspaces", &[("x-api-key", &leaked)]).json();
    assert_eq!(spaces["workspaces"][0]["id"], me["workspace"]["id"]);
    assert_eq!(spaces["workspaces"][0]["organization_id"], me["organization"]["id"]);
    let spaces = get(to, "/v1/admin/workspaces", &admin).json();
    assert_eq!(spaces["items"][0]["uuid"], me["workspace"]["id"]);

    let bearer = format!("Bearer {admin}");
    let path = format!("/v1/admin/api-keys/{id}");
    let delete = || ask(to, "DELETE", &path, &[("authorization", &bearer)]);
    assert_eq!(delete().json(), json!({"detail": "API key deleted successfully"}));
    assert_eq!(delete().status, 404);
    let statuses = [(); 4].map(|()| get(to, "/v1/models", &leaked).status);
    assert_eq!(statuses, [200, 200, 401, 401]);

    let (space, user) = (&me["workspace"]["id"], &me["id"]);
    let body = json!({"workspace_uuid": space, "user_id": user, "name": "ci again"}).to_string();
    let made = post(to, "/v1/admin/api-keys", &admin, &body).json();
    assert_eq!(made["key"], fresh);
    assert_eq!(get(to, "/v1/models", &fresh).status, 401);
    assert_eq!(get(to, "/v1/models", &fresh).status, 200);
    server.assert_no_violations();
    assert_eq!(post(to, "/v1/admin/api-keys", &admin, "{}").status, 422);
}

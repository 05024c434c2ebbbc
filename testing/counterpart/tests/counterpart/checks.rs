//! Requests that break the contract are noticed, each for its reason.

use std::collections::BTreeSet;

use leeward_counterpart::{
    Contract, Counterpart, Host, Key, KeySeen, Request, World, random_value,
};

use crate::client::{ask, get, post};

/// That a `GET` as the bearer of a good key is a violation for this reason.
#[track_caller]
fn flags(path: &str, why: &str) {
    let key = random_value();
    let server = Counterpart::start(World::furnished().key(Key::standard(&key)));
    get(server.address(), path, &key);
    let violations = server.violations();
    assert!(violations.iter().any(|found| found.why.contains(why)), "{path}: {violations:?}");
}

#[test]
fn the_contract_is_whole() {
    let operations = Contract::published().operations();
    let reading = operations.iter().filter(|known| known.method == "GET");
    let paths: BTreeSet<&str> = operations.iter().map(|known| &*known.path).collect();
    // As published, where some paths stand more than once, and two of our own.
    assert_eq!((operations.len(), reading.count(), paths.len()), (290, 128, 207));
}

#[test]
fn bad_requests_are_flagged() {
    flags("/v1/status", "no such operation");
    flags("/v1/models/", "no such operation");
    flags("/v1/files?page_size=many", "no whole number");
    flags("/v1/files?limit=1", "`limit` is no parameter");
    flags("/v1/files?page=0&page=1", "more than once");
    flags("/v1/libraries?page_size=1000", "out of bounds");
    flags("/v1/observability/judges?page=0", "out of bounds");
    flags("/v1/files?include_total=yes", "neither");
    flags("/v1/files?purpose=none", "none of its choices");
    flags("/v1/files/not-a-uuid", "is no \"uuid\"");
    flags("/v1/users/me", "no `x-api-key`");
    flags("/v1/admin/analytics/vibe/code/usage/by_organization", "is required");
    let id = "00000000-0000-4000-8000-000000000000";
    for denied in [
        format!("/v1/files/{id}/url"),
        format!("/v1/files/{id}/content"),
        format!("/v1/libraries/{id}/documents/{id}/signed-url"),
        format!("/v1/libraries/{id}/documents/{id}/text_content"),
        "/v1/connectors/one/auth_url".to_owned(),
        "/v1/conversations/one/messages".to_owned(),
        "/v1/conversations/one/history".to_owned(),
        "/v1/workflows/events/stream".to_owned(),
        format!("/v1/audio/voices/{id}/sample"),
        format!("/v1/observability/datasets/{id}/exports/to-jsonl"),
    ] {
        flags(&denied, "must never be called");
    }
}

#[test]
fn a_plan_can_be_checked_without_asking() {
    let check = |method, target, header| {
        let plan = Request::planned(method, target, header);
        Contract::published().check(Host::Api, &plan)
    };
    assert_eq!(check("GET", "/v1/files?page_size=1", "Authorization"), [""; 0]);
    assert_eq!(check("GET", "/v1/users/me", "x-api-key"), [""; 0]);
    assert_eq!(check("GET", "/v1/files?size=1", "Authorization").len(), 1);
    assert_eq!(check("DELETE", "/v1/models/one", "Authorization").len(), 1);
    assert_eq!(check("GET", "/v1/status", "Authorization").len(), 1);
}

#[test]
fn good_requests_are_not() {
    let key = random_value();
    let server = Counterpart::start(World::furnished().key(Key::standard(&key)));
    for path in [
        "/v1/models",
        "/v1/files?page_size=1&include_total=true&purpose=batch",
        "/v1/batch/jobs?page_size=1&status=QUEUED&status=RUNNING",
        "/v1/agents/pages?page_size=100&metadata=%7B%7D",
        "/v1/connectors?active=true",
        "/v1/workflows/runs?start_time_after=2026-01-01T00:00:00Z",
        "/v1/workflows/workers/whoami",
    ] {
        assert_eq!(get(server.address(), path, &key).status, 200, "{path}");
    }
    assert_eq!(ask(server.address(), "GET", "/v1/users/me", &[("x-api-key", &key)]).status, 200);
    server.assert_no_violations();
    assert_eq!(server.count("/v1/files"), 1);
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.key == KeySeen::Known(0)));
    assert_eq!(requests[1].value("purpose"), Some("batch"));
    assert_eq!(requests[1].status, Some(200));
}

#[test]
fn changes_are_flagged() {
    let key = random_value();
    let server = Counterpart::start(World::furnished().key(Key::standard(&key)));
    let bearer = format!("Bearer {key}");
    let id = "00000000-0000-4000-8000-000000000000";
    ask(server.address(), "DELETE", &format!("/v1/files/{id}"), &[("authorization", &bearer)]);
    post(server.address(), "/v1/chat/completions", &key, "{}");
    let violations = server.violations();
    assert_eq!(violations.len(), 2, "{violations:?}");
    assert!(violations.iter().all(|found| found.why.contains("never")));
}

#[test]
fn a_key_astray_is_flagged_and_not_written_down() {
    let key = random_value();
    let server = Counterpart::start(World::new().key(Key::standard(&key)));
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", &*bearer), ("referer", &*key)];
    ask(server.address(), "GET", &format!("/v1/models?model={key}"), &headers);
    ask(server.address(), "GET", &format!("/v1/models/{key}"), &headers[..1]);
    let violations = server.violations();
    let astray = violations.iter().filter(|found| found.why.contains("elsewhere"));
    assert_eq!(astray.count(), 2, "{violations:?}");
    let all = format!("{violations:?}{:?}{server:?}", server.requests());
    assert!(!all.contains(&key), "{all}");
}

#[test]
fn a_header_that_was_refused_may_be_replaced() {
    let key = random_value();
    let world = World::new().key(Key::standard(&key).without_header_x_api_key());
    let server = Counterpart::start(world);
    let path = "/v1/users/me";
    assert_eq!(ask(server.address(), "GET", path, &[("x-api-key", &key)]).status, 401);
    assert_eq!(get(server.address(), path, &key).status, 200);
    server.assert_no_violations();
}

#[test]
fn each_host_has_its_operations() {
    let key = random_value();
    let world = World::new().key(Key::codestral(&key));
    let server = Counterpart::start(world.clone().plays(Host::Codestral));
    let answer = get(server.address(), "/v1/models", &key);
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["message"], "no Route matched with those values");
    assert_eq!(answer.json()["request_id"].as_str().map(str::len), Some(32));
    let server = Counterpart::start(world);
    assert_eq!(get(server.address(), "/v1/models", &key).status, 401);

    let key = random_value();
    let server = Counterpart::start(World::new().key(Key::standard(&key)).plays(Host::Console));
    let answer = get(server.address(), "/api/vibe/whoami", &key);
    assert_eq!(answer.json()["plan_type"], "API");
    server.assert_no_violations();
}

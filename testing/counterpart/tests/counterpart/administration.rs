//! An administration's key reads and changes what is kept, within what the
//! specification says, and the log tells of it.

use leeward_counterpart::{
    Counterpart, Cut, Event, Fault, Key, Used, World, random_twin, random_value, random_with_end_of,
};
use serde_json::{Value, json};

use crate::client::{Answer, ask, connect, get, line, post, talk};

/// A world with an administration's key, served.
fn start(world: World) -> (Counterpart, String) {
    let admin = random_value();
    (Counterpart::start(world.key(Key::admin(&admin))), admin)
}

fn delete(server: &Counterpart, admin: &str, id: &str) -> Answer {
    let bearer = format!("Bearer {admin}");
    let path = format!("/v1/admin/api-keys/{id}");
    ask(server.address(), "DELETE", &path, &[("authorization", &bearer)])
}

fn keys(server: &Counterpart, admin: &str, query: &str) -> Vec<Value> {
    let found = get(server.address(), &format!("/v1/admin/api-keys{query}"), admin).json();
    found["keys"].as_array().unwrap().clone()
}

fn names(keys: &[Value]) -> Vec<&str> {
    keys.iter().map(|key| key["name"].as_str().unwrap()).collect()
}

/// A body that makes a key.
fn body(name: &str) -> Value {
    let id = "00000000-0000-4000-8000-000000000000";
    json!({"workspace_uuid": id, "user_id": id, "name": name, "expiration": "2027-01-31"})
}

#[test]
fn a_list_is_narrowed_by_name_and_end_in_any_case() {
    let leaked = random_value();
    let world = World::new()
        .key(Key::standard(&leaked).named("Präsentation"))
        .key(Key::standard(random_with_end_of(&leaked)).named("same end").of_product("Vibe"))
        .key(Key::standard(random_twin(&leaked)).named("twin").made_by("bob@example.com"))
        .key(Key::codestral(random_value()).named("editor").undeletable());
    let (server, admin) = start(world);
    let end = &leaked[28..];
    for end in [end.to_owned(), end.to_lowercase(), end.to_uppercase()] {
        let found = keys(&server, &admin, &format!("?name={end}"));
        assert_eq!(names(&found), ["Präsentation", "same end", "twin"]);
    }
    let found = keys(&server, &admin, "?name=prase");
    assert_eq!(names(&found), ["Präsentation"]);
    assert!(keys(&server, &admin, &format!("?name={}", &leaked[27..])).is_empty());
    let all = keys(&server, &admin, "?limit=2&offset=1");
    assert_eq!(names(&all), ["same end", "twin"]);
    let all = keys(&server, &admin, "");
    assert_eq!(all[0]["hidden_key"], all[2]["hidden_key"]);
    assert_eq!(all[2]["created_by"], "bob@example.com");
    assert_eq!((&all[1]["product"], &all[3]["product"]), (&json!("Vibe"), &json!("Mistral Code")));
    assert_eq!(all[0]["actions"]["delete"], json!({"status": "available"}));
    let kept = &all[3];
    assert_eq!(
        (&kept["can_delete"], &kept["actions"]["delete"]["reason"]),
        (&json!(false), &json!("not_allowed"))
    );
    assert_eq!(delete(&server, &admin, kept["key_id"].as_str().unwrap()).status, 403);
    server.assert_no_violations();
}

#[test]
fn a_key_that_was_used_says_when() {
    let key = random_value();
    let (server, admin) = start(World::new().key(Key::standard(&key)));
    assert_eq!(keys(&server, &admin, "")[0]["last_used"], Value::Null);
    get(server.address(), "/v1/models", &key);
    let used = keys(&server, &admin, "")[0]["last_used"].as_str().unwrap().to_owned();
    assert!(is_day(&used), "{used}");
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.chars().filter(|c| *c == '-').count() == 2
}

#[test]
fn bodies_are_held_against_the_specification() {
    let (server, admin) = start(World::new());
    let to = server.address();
    let id = "00000000-0000-4000-8000-000000000000";
    for (body, why) in [
        (json!({}), "`workspace_uuid` is required"),
        (json!({"workspace_uuid": "w", "user_id": id}), "`workspace_uuid` is no \"uuid\""),
        (json!({"workspace_uuid": id, "user_id": id, "expiration": "soon"}), "`expiration` is no"),
        (json!({"workspace_uuid": id, "user_id": id, "scope": "all"}), "`scope` is no field"),
        (json!({"workspace_uuid": id, "user_id": id, "name": 7}), "`name` is no string"),
        (json!([]), "`body` is no JSON object"),
    ] {
        assert_eq!(post(to, "/v1/admin/api-keys", &admin, &body.to_string()).status, 422, "{why}");
        let violations = server.violations();
        assert!(violations.iter().any(|it| it.why.starts_with(why)), "{why}: {violations:?}");
    }
    assert_eq!(post(to, "/v1/admin/spend-limit", &admin, r#"{"amount": "7"}"#).status, 422);
    assert!(keys(&server, &admin, "").is_empty());
    let nulls = json!({"workspace_uuid": id, "user_id": id, "name": null, "expiration": null});
    assert_eq!(post(to, "/v1/admin/api-keys", &admin, &nulls.to_string()).status, 200);
}

#[test]
fn who_may_only_look_changes_nothing() {
    let (leaked, admin, ended, none) =
        (random_value(), random_value(), random_value(), random_value());
    let world = World::new()
        .key(Key::standard(&leaked))
        .key(Key::admin(&admin).only_reads())
        .key(Key::admin(&ended).ended())
        .key(Key::admin(&none).without_permission());
    let server = Counterpart::start(world);
    let id = keys(&server, &admin, "")[0]["key_id"].as_str().unwrap().to_owned();
    assert_eq!(delete(&server, &admin, &id).status, 403);
    let made = post(server.address(), "/v1/admin/api-keys", &admin, &body("x").to_string());
    assert_eq!(made.status, 403);
    assert_eq!(delete(&server, &ended, &id).status, 401);
    assert_eq!(delete(&server, &none, &id).status, 403);
    assert_eq!(get(server.address(), "/v1/models", &leaked).status, 200);
    server.assert_no_violations();
}

#[test]
fn answers_may_lie() {
    let leaked = random_value();
    let world = World::new().key(Key::standard(&leaked)).deletes_nothing().tells_no_value();
    let (server, admin) = start(world);
    let id = keys(&server, &admin, "")[0]["key_id"].as_str().unwrap().to_owned();
    assert_eq!(delete(&server, &admin, &id).status, 200);
    assert_eq!(get(server.address(), "/v1/models", &leaked).status, 200);
    let made = post(server.address(), "/v1/admin/api-keys", &admin, &body("new").to_string());
    assert_eq!((made.status, &made.json()["key"]), (200, &Value::Null));
    let listed = keys(&server, &admin, "");
    assert_eq!(names(&listed), ["ci", "new"]);
    assert_eq!(listed[1]["expiration_date"], "2027-01-31");
}

#[test]
fn what_was_done_stays_done_when_the_answer_is_lost() {
    let (server, admin) = start(World::new());
    let rule = Fault::Drop(Cut::BeforeAnswer).after_doing().on("/v1/admin/api-keys").when("POST");
    server.inject(rule);
    let text = body("lost").to_string();
    let head = [
        ("authorization", &*format!("Bearer {admin}")),
        ("content-length", &*text.len().to_string()),
    ];
    let request = line("POST", "/v1/admin/api-keys", &head) + &text;
    let answer = talk(&mut connect(server.address()), &request);
    assert!(answer.is_err() || answer.is_ok_and(|bytes| bytes.is_empty()));
    // Only that method is struck.
    assert_eq!(names(&keys(&server, &admin, "")), ["lost"]);
}

fn log(server: &Counterpart, admin: &str, query: &str) -> Vec<Value> {
    let log = get(server.address(), &format!("/v1/admin/audit-logs{query}"), admin).json();
    log.as_array().unwrap().clone()
}

#[test]
fn the_log_tells_what_happened() {
    let event = |at, actor| Event {
        at,
        kind: "library.share",
        actor,
        target: "LIBRARY",
        name: "docs".to_owned(),
    };
    let world = World::new()
        .key(Key::standard(random_value()))
        .happened(event(1_760_000_000, "HUMAN"))
        .happened(event(1_760_000_060, "API_KEY"));
    let (server, admin) = start(world);
    let id = keys(&server, &admin, "")[0]["key_id"].as_str().unwrap().to_owned();
    delete(&server, &admin, &id);
    post(server.address(), "/v1/admin/api-keys", &admin, &body("new").to_string());
    post(server.address(), "/v1/admin/spend-limit", &admin, r#"{"amount": 5}"#);
    let kinds = |query: &str| -> Vec<String> {
        let log = log(&server, &admin, query);
        log.iter().map(|line| line["event_type"].as_str().unwrap().to_owned()).collect()
    };
    let done = [
        "library.share",
        "library.share",
        "api_key.delete",
        "api_key.create",
        "billing.monthly_limit.updated",
    ];
    assert_eq!(kinds("?sort=ascending"), done);
    assert_eq!(kinds("?limit=1"), ["billing.monthly_limit.updated"], "the newest first");
    assert_eq!(kinds("?actor_type=HUMAN"), ["library.share"]);
    let within = "?after=2025-10-09T08:53:20Z&before=2025-10-09T08:54:21Z";
    assert_eq!(log(&server, &admin, within).len(), 1, "what is told is after that time");
    server.assert_no_violations();
}

#[test]
fn usage_is_that_of_the_month() {
    let used = |amount| Used {
        category: "completion",
        model: "mistral-small",
        group: "input",
        amount,
        price: Some(0.25),
    };
    let (server, admin) = start(World::new().used(2026, 10, used(40)).used(2026, 10, used(2)));
    let usage =
        |query: &str| get(server.address(), &format!("/v1/admin/usage{query}"), &admin).json();
    let october = usage("?year=2026&month=10");
    let items = october["completion"]["models"]["mistral-small"]["input"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| item["value"].as_u64().unwrap()).sum::<u64>(), 42);
    assert_eq!(october["prices"][0]["price"], "0.25");
    assert_eq!(october["prices"].as_array().unwrap().len(), 2);
    assert_eq!(usage("?year=2026&month=09")["completion"]["models"], json!({}));
    assert!(usage("")["start_date"].as_str().unwrap().ends_with("-01T00:00:00Z"));
    server.assert_no_violations();
}

#[test]
fn the_limit_that_was_set_is_kept_and_stops_inference() {
    let standard = random_value();
    let admin = random_value();
    let world = World::new()
        .spending(Some(100), 40.0)
        .key(Key::standard(&standard))
        .key(Key::admin(&admin));
    let server = Counterpart::setup(world).allow("POST", "/v1/chat/completions").start();
    let to = server.address();
    let limit = || get(to, "/v1/admin/spend-limit", &admin).json()["limits"]["completion"].clone();
    assert_eq!((&limit()["usage_limit"], &limit()["total_usage"]), (&json!(100), &json!(40.0)));
    let asked = r#"{"model": "none", "messages": []}"#;
    assert_eq!(post(to, "/v1/chat/completions", &standard, asked).status, 400);
    let set = post(to, "/v1/admin/spend-limit", &admin, r#"{"amount": 40}"#);
    assert_eq!(set.json()["limits"]["completion"], limit());
    assert_eq!(limit()["monthly_limit_reached"], true);
    assert_eq!(post(to, "/v1/chat/completions", &standard, asked).status, 429);
    let free = r#"{"amount": 0, "no_monthly_limit": true}"#;
    assert_eq!(post(to, "/v1/admin/spend-limit", &admin, free).status, 200);
    assert_eq!(
        (&limit()["usage_limit"], &limit()["no_monthly_limit"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(post(to, "/v1/admin/spend-limit", &standard, free).status, 401);
    server.assert_no_violations();
}

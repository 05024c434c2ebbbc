//! The API: what is read and done through it, and what is sent to it in bad faith.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Base;

#[tokio::test]
async fn the_list_is_filtered_searched_and_paged() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    for at in 0..7 {
        base.found(&format!("/srv/app{at}/.env"));
    }
    base.found("/srv/100%_sure/\\x'; DROP TABLE incidents; --");
    let mut seen: Vec<i64> = Vec::new();
    let mut path = "/api/v1/incidents?limit=3".to_owned();
    loop {
        let page = admin.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let page = page.json();
        seen.extend(
            page["incidents"].as_array().unwrap().iter().map(|it| it["id"].as_i64().unwrap()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/incidents?limit=3&cursor={next}");
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=8).collect::<Vec<i64>>(), "each once");
    let asking = admin.clone();
    let count = async |query: &str| {
        let mut admin = asking.clone();
        let answer = admin.get(&format!("/api/v1/incidents?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
        answer.json()["incidents"].as_array().unwrap().len()
    };
    assert_eq!(count("q=APP3").await, 1);
    assert_eq!(count("q=%25").await, 1, "a percent sign is one");
    assert_eq!(count("q=%25_").await, 1);
    assert_eq!(count("q=p_3").await, 0, "an underscore is one");
    assert_eq!(count("q=%5C").await, 1);
    assert_eq!(count("q='%20OR%20'1'='1").await, 0);
    assert_eq!(count("q=%27%3B%20DROP%20TABLE").await, 1);
    assert_eq!(count("owner=").await, 8);
    assert_eq!(count("owner=%25").await, 0);
    assert_eq!(count("state=open,reopened&severity=high").await, 8);
    assert_eq!(count("state=closed").await, 0);
    assert_eq!(count("severity=critical&validity=unchecked&overdue=true").await, 0);
    assert_eq!(count("dossier=acme-api-key'%20--").await, 0);
    for bad in [
        "state=lost",
        "severity=high'",
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=1",
        "cursor=0-1-2-3%20OR%201=1",
        "validity=dead",
        &format!("q={}", "x".repeat(300)),
    ] {
        let answer = admin.get(&format!("/api/v1/incidents?{bad}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{bad}");
    }
}

#[tokio::test]
async fn an_incident_is_worked_to_its_end() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    let mut rick = base.somebody(&mut admin, "rick", "responder").await;
    let id = base.found("/srv/<script>alert(1)</script>\u{1b}[2J/.env");
    let at = |rest: &str| format!("/api/v1/incidents/{id}{rest}");
    let one = rick.get(&at("")).await.json();
    assert_eq!((one["state"].as_str(), one["severity"].as_str()), (Some("open"), Some("high")));
    let places = rick.get(&at("/places")).await;
    assert_eq!(places.header("content-type"), "application/json");
    assert_eq!(places.json()[0]["path"], "/srv/<script>alert(1)</script>\u{1b}[2J/.env");
    assert_eq!(places.json()[0]["kind"], "file");
    assert_eq!(rick.get(&at("/steps")).await.json().as_array().unwrap().len(), 8);
    let asking = rick.clone();
    let done = async |method: &str, rest: &str, body: Value| {
        let answer = asking.clone().json(method, &at(rest), &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{rest}: {}", answer.text);
    };
    done("POST", "/notes", json!({ "text": "it's <b>mine</b>" })).await;
    done("PUT", "/owner", json!({ "owner": "rick" })).await;
    done("PUT", "/due", json!({ "due": 1_900_000_000 })).await;
    let refused = rick.json("POST", &at("/close"), &json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    for step in leeward_model::StepName::ALL {
        done("POST", &format!("/steps/{step}/waive"), json!({ "text": "a test" })).await;
    }
    done("POST", "/close", json!({})).await;
    assert_eq!(rick.get(&at("")).await.json()["state"], "closed");
    done("POST", "/reopen", json!({ "text": "it is back" })).await;
    assert_eq!(rick.get(&at("")).await.json()["state"], "reopened");
    // Who did it is the account, and the log is sound.
    let events = rick.get(&at("/events?limit=200")).await.json();
    let events = events["events"].as_array().unwrap().clone();
    let mine = events.iter().filter(|event| event["actor"] == "rick").count();
    assert!(mine >= 12, "{mine} of {}", events.len());
    assert!(base.store().verify_log().unwrap().is_sound());
    let mut after = rick.clone();
    let page = after.get(&at("/events?limit=2&after=3")).await.json();
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
    assert!(page["next"].as_i64().unwrap() > 3);
    for (method, rest, body, status) in [
        ("POST", "/notes", json!({ "text": "  " }), StatusCode::BAD_REQUEST),
        ("POST", "/notes", json!({ "text": "x".repeat(70_000) }), StatusCode::BAD_REQUEST),
        ("POST", "/notes", json!({ "text": "x", "actor": "root" }), StatusCode::BAD_REQUEST),
        ("POST", "/notes", json!({ "text": "x".repeat(2 << 20) }), StatusCode::PAYLOAD_TOO_LARGE),
        ("PUT", "/owner", json!({ "owner": "a\nb" }), StatusCode::BAD_REQUEST),
        ("PUT", "/due", json!({ "due": -1 }), StatusCode::BAD_REQUEST),
        ("PUT", "/due", json!({ "due": i64::MAX }), StatusCode::BAD_REQUEST),
        ("POST", "/steps/dance/waive", json!({ "text": "x" }), StatusCode::NOT_FOUND),
    ] {
        let answer = rick.json(method, &at(rest), &body).await;
        assert_eq!(answer.status, status, "{rest}: {}", answer.text);
    }
    for id in ["0", "-1", "99", "1e3", "9223372036854775808", "1%20OR%201", "..%2f1"] {
        let answer = rick.get(&format!("/api/v1/incidents/{id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_note_that_quotes_a_value_does_not_keep_it() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    let id = base.found("/srv/.env");
    let value = leeward_counterpart::random_value();
    let note = json!({ "text": format!("the key is {value}") });
    let answer = admin.json("POST", &format!("/api/v1/incidents/{id}/notes"), &note).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!base.log().join("\n").contains(&value));
    // What is not JSON is not quoted either.
    let broken = format!("{{\"text\": {value}");
    let mut carrying = admin.sending("x-csrf-token", admin.csrf.as_deref().unwrap());
    let path = format!("/api/v1/incidents/{id}/notes");
    let answer = carrying.send("POST", &path, Some("application/json"), broken).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(!answer.text.contains(&value), "{}", answer.text);
}

#[tokio::test]
async fn a_token_is_shown_once_and_is_its_owners() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    let mut vera = base.somebody(&mut admin, "vera", "viewer").await;
    let mut rick = base.somebody(&mut admin, "rick", "responder").await;
    let make = json!({ "label": "ci", "role": "viewer", "days": 1 });
    let made = rick.json("POST", "/api/v1/tokens", &make).await.json();
    let value = made["token"].as_str().unwrap().to_owned();
    assert!(value.starts_with("lwt_"));
    let listed = rick.get("/api/v1/tokens").await.text;
    assert!(!listed.contains(&value) && !base.log().join("\n").contains(&value));
    let mut token = rick.bearer(&value);
    assert_eq!(token.get("/api/v1/incidents").await.status, StatusCode::OK);
    // Tokens prove themselves: nothing that a browser would carry is asked for.
    assert_eq!(token.json("POST", "/api/v1/tokens", &make).await.status, StatusCode::FORBIDDEN);
    for bad in [
        json!({ "label": "x", "role": "admin" }),
        json!({ "label": "x", "role": "root" }),
        json!({ "label": "", "role": "viewer" }),
        json!({ "label": "a\u{0}b", "role": "viewer" }),
        json!({ "label": "x", "role": "viewer", "days": -1 }),
        json!({ "label": "x", "role": "viewer", "days": 5000 }),
    ] {
        let status = rick.json("POST", "/api/v1/tokens", &bad).await.status;
        assert!(status.is_client_error(), "{bad}: {status}");
    }
    // Others' tokens are none of hers; an administrator's they are.
    let path = format!("/api/v1/tokens/{}", made["id"]);
    assert_eq!(vera.get("/api/v1/tokens").await.json(), json!([]));
    assert_eq!(vera.json("DELETE", &path, &json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(token.get("/api/v1/incidents").await.status, StatusCode::OK);
    assert_eq!(admin.json("DELETE", &path, &json!({})).await.status, StatusCode::OK);
    assert_eq!(token.get("/api/v1/incidents").await.status, StatusCode::UNAUTHORIZED, "replayed");
    assert_eq!(admin.json("DELETE", &path, &json!({})).await.status, StatusCode::NOT_FOUND);
    for wrong in ["", "lwt_", "lwt_x", "Bearer", &value.to_uppercase(), &"lwt_x".repeat(1000)] {
        // A session beside a wrong token does not help.
        let mut both = rick.sending("authorization", &format!("Bearer {wrong}"));
        assert_eq!(both.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    let mut basic = rick.sending("authorization", "Basic cm9vdDpyb290");
    assert_eq!(basic.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn sources_are_looked_after_and_that_is_written_down() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    assert_eq!(admin.get("/api/v1/sources").await.json()[0]["name"], "acme");
    assert_eq!(admin.get("/api/v1/sources/acme").await.json()["state"], "waiting");
    assert_eq!(admin.get("/api/v1/sources/other").await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.get("/api/v1/jobs").await.json()[0]["kind"], "push");
    for what in ["pause", "resume", "look"] {
        let path = format!("/api/v1/sources/acme/{what}");
        assert_eq!(admin.json("POST", &path, &json!({})).await.status, StatusCode::OK);
        let path = format!("/api/v1/sources/oth%65r/{what}");
        assert_eq!(admin.json("POST", &path, &json!({})).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(*base.watching.asked.lock().unwrap(), ["pause acme", "resume acme", "look acme"]);
    let log = admin.get("/api/v1/log?limit=200").await.json();
    let acted: Vec<&Value> = log["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["facts"]["action"] == "source-pause")
        .collect();
    assert_eq!(acted.len(), 1);
    assert_eq!((&acted[0]["kind"], &acted[0]["actor"]), (&json!("acted"), &json!("root")));
    assert_eq!(acted[0]["facts"]["address"], "127.0.0.1");
}

#[tokio::test]
async fn what_is_set_up_and_known_is_told_without_secrets() {
    let secret = crate::fixture::word();
    let serve = "[[hook]]\nsource = 'acme'\nkind = 'github'\nsecret = { env = 'HOOK' }";
    let base = Base::with(serve, &[("HOOK", &secret)], leeward_server::Limits::default());
    let (mut admin, _) = base.admin().await;
    let settings = admin.get("/api/v1/settings").await;
    assert!(!settings.text.contains(&secret));
    assert_eq!(settings.json()["hooks"][0], "http://127.0.0.1:8321/hooks/github/acme");
    let kinds = admin.get("/api/v1/dossiers").await.json();
    let id = kinds[0]["id"].as_str().unwrap().to_owned();
    let page = admin.get(&format!("/api/v1/dossiers/{id}")).await.json();
    assert!(page["page"].as_str().unwrap().len() > 100);
    assert_eq!(admin.get("/api/v1/dossiers/..%2f..%2fx").await.status, StatusCode::NOT_FOUND);
    base.found("/srv/.env");
    let stats = admin.get("/api/v1/stats?days=7").await.json();
    assert_eq!(stats["days"].as_array().unwrap().len(), 7);
    assert_eq!(stats["days"][6]["opened"], 1);
    assert_eq!(stats["counts"][0]["count"], 1);
    assert_eq!(admin.get("/api/v1/stats?days=9999").await.status, StatusCode::BAD_REQUEST);
    // The description is for whoever may look.
    assert_eq!(base.browser().get("/api/v1/openapi.json").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(admin.get("/api/v1/openapi.json").await.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn numbers_are_for_this_machine_or_whoever_may_look() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    let mut nobody = base.browser();
    let numbers = nobody.get("/metrics").await;
    assert_eq!(numbers.status, StatusCode::OK);
    assert!(numbers.text.contains("leeward_http_requests_total"), "{}", numbers.text);
    let passed_on = nobody.sending("x-forwarded-for", "192.0.2.1").get("/metrics").await;
    assert_eq!(passed_on.status, StatusCode::UNAUTHORIZED);
    nobody.from = "192.0.2.1:9".to_owned();
    assert_eq!(nobody.get("/metrics").await.status, StatusCode::UNAUTHORIZED);
    let made =
        admin.json("POST", "/api/v1/tokens", &json!({ "label": "p", "role": "viewer" })).await;
    nobody = nobody.bearer(made.json()["token"].as_str().unwrap());
    assert_eq!(nobody.get("/metrics").await.status, StatusCode::OK);
    assert_eq!(nobody.get("/readyz").await.status, StatusCode::OK);
    *base.watching.is_full.lock().unwrap() = true;
    assert_eq!(nobody.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(nobody.get("/healthz").await.status, StatusCode::OK);
}

//! Every route and every role: the description of the API says which role each needs,
//! and each refuses the lesser ones, and nobody.

use axum::http::StatusCode;
use leeward_server::openapi;
use serde_json::Value;

use crate::{
    fixture::{Base, Browser},
    python,
};

/// Method, path with something in place of its parts, the role it needs, and whether it
/// is for tokens too.
fn routes() -> Vec<(String, String, String, bool)> {
    let description = serde_json::to_value(openapi()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array().unwrap();
            let roles: Vec<&Value> = security
                .iter()
                .flat_map(|one| one.as_object().unwrap().values())
                .flat_map(|scopes| scopes.as_array().unwrap())
                .collect();
            let role = roles[0].as_str().unwrap();
            assert!(roles.iter().all(|one| one.as_str() == Some(role)), "{method} {path}");
            let takes_tokens = security.iter().any(|one| one.get("token").is_some());
            let concrete =
                path.replace("{id}", "1").replace("{name}", "acme").replace("{step}", "harden");
            assert!(!concrete.contains('{'), "{path}");
            routes.push((method.to_uppercase(), concrete, role.to_owned(), takes_tokens));
        }
    }
    assert!(routes.len() > 30, "{}", routes.len());
    routes
}

async fn status(browser: &Browser, method: &str, path: &str) -> StatusCode {
    let mut browser = browser.clone();
    browser.json(method, path, &serde_json::json!({})).await.status
}

#[tokio::test]
async fn each_route_refuses_the_lesser_roles_and_nobody() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    let viewer = base.somebody(&mut admin, "vera", "viewer").await;
    let responder = base.somebody(&mut admin, "rick", "responder").await;
    let nobody = base.browser();
    for (method, path, role, _) in routes() {
        let route = format!("{method} {path}");
        assert_eq!(status(&nobody, &method, &path).await, StatusCode::UNAUTHORIZED, "{route}");
        for (name, who) in [("viewer", &viewer), ("responder", &responder), ("admin", &admin)] {
            let may = match role.as_str() {
                "viewer" => true,
                "responder" => name != "viewer",
                _ => name == "admin",
            };
            // What is empty is refused as such only after the role was.
            let status = status(who, &method, &path).await;
            assert_eq!(status == StatusCode::FORBIDDEN, !may, "{route} as {name}: {status}");
            assert_ne!(status, StatusCode::UNAUTHORIZED, "{route} as {name}");
        }
    }
}

#[tokio::test]
async fn a_token_may_at_most_what_it_was_made_for() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    let body = serde_json::json!({ "label": "ci", "role": "viewer" });
    let made = admin.json("POST", "/api/v1/tokens", &body).await;
    let token = admin.bearer(made.json()["token"].as_str().unwrap());
    for (method, path, role, takes_tokens) in routes() {
        let status = status(&token, &method, &path).await;
        let may = role == "viewer" && takes_tokens;
        assert_eq!(status == StatusCode::FORBIDDEN, !may, "{method} {path}: {status}");
    }
}

#[tokio::test]
async fn a_token_that_was_stolen_opens_no_other_way_in() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    base.somebody(&mut admin, "vera", "viewer").await;
    let body = serde_json::json!({ "label": "ci", "role": "admin" });
    let made = admin.json("POST", "/api/v1/tokens", &body).await;
    let mut token = admin.bearer(made.json()["token"].as_str().unwrap());
    let (add, role, off, on) = (
        serde_json::json!({ "name": "eve", "role": "admin" }),
        serde_json::json!({ "role": "admin" }),
        serde_json::json!({ "is_disabled": true }),
        serde_json::json!({ "is_disabled": false }),
    );
    for (method, path, body, expected) in [
        ("POST", "/api/v1/accounts", &add, StatusCode::FORBIDDEN),
        ("POST", "/api/v1/accounts/vera/link", &off, StatusCode::FORBIDDEN),
        ("PATCH", "/api/v1/accounts/vera", &role, StatusCode::FORBIDDEN),
        ("PATCH", "/api/v1/accounts/vera", &off, StatusCode::OK),
        ("PATCH", "/api/v1/accounts/vera", &on, StatusCode::FORBIDDEN),
    ] {
        assert_eq!(token.json(method, path, body).await.status, expected, "{method} {path} {body}");
    }
}

#[tokio::test]
async fn nothing_is_answered_that_is_not_described() {
    // The router refuses what it does not know with 404 or 405; what it knows is walked
    // above. Here: variations that could reach a handler by another name.
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    for path in [
        "/api/v1/incidents/",
        "/api/v1/../v1/incidents",
        "/api/v1/%69ncidents/..%2f..%2fmetrics",
        "/api//v1/incidents",
        "/API/V1/incidents",
        "/api/v1/incidents/1%2fevents",
        "/api/v2/incidents",
    ] {
        let status = admin.get(path).await.status;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        admin.json("DELETE", "/api/v1/incidents", &serde_json::json!({})).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[test]
fn the_description_is_valid() {
    let text = serde_json::to_string(&openapi()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("openapi.json");
    std::fs::write(&file, text).unwrap();
    let venv = python::environment("openapi-spec-validator==0.9.0");
    let done = std::process::Command::new(venv.join("bin/python"))
        .args(["-m", "openapi_spec_validator"])
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said}");
}

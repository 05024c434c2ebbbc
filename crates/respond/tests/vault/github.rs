//! Secrets of GitHub Actions against a server in the test that has a key pair,
//! opens the sealed box, and follows the documented REST API: paths, headers,
//! statuses. GitHub's own server cannot be had.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_box::{SecretKey, aead::OsRng};
use serde_json::json;

use super::*;
use crate::http::{Request, Response, Server};

/// Paths and opened values.
type Kept = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// GitHub with one repository, one environment, and the secrets it was sent.
fn github(token: String) -> (Server, Kept) {
    let held = Kept::default();
    let kept = Arc::clone(&held);
    let key = SecretKey::generate(&mut OsRng);
    let server = Server::start(move |request| {
        assert_eq!(request.header("accept"), "application/vnd.github+json");
        assert_eq!(request.header("x-github-api-version"), "2022-11-28");
        assert!(!request.header("user-agent").is_empty(), "GitHub refuses those without a name");
        if request.header("authorization") != format!("Bearer {token}") {
            return Response::new(401, json!({ "message": "Bad credentials" }));
        }
        let known =
            ["/repos/acme/app/actions/secrets/", "/repos/acme/app/environments/prod%2Feu/secrets/"];
        let path = known.iter().find_map(|known| request.path.strip_prefix(known));
        let Some(name) = path else {
            return Response::new(404, json!({ "message": "Not Found" }));
        };
        answer(request, name, &key, &mut kept.lock().unwrap())
    });
    (server, held)
}

fn answer(
    request: &Request,
    name: &str,
    key: &SecretKey,
    held: &mut Vec<(String, Vec<u8>)>,
) -> Response {
    let public = STANDARD.encode(key.public_key().as_bytes());
    let at = held.iter().position(|(path, _)| *path == request.path);
    match (request.method.as_str(), name) {
        ("GET", "public-key") => Response::new(200, json!({ "key_id": "k1", "key": public })),
        ("GET", _) if at.is_some() => Response::new(
            200,
            json!({ "name": name, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-11-27T10:00:00Z" }),
        ),
        ("GET", _) => Response::new(404, json!({ "message": "Not Found" })),
        ("PUT", _) => {
            let body = request.json();
            assert_eq!(body["key_id"], "k1");
            let sealed = STANDARD.decode(body["encrypted_value"].as_str().unwrap()).unwrap();
            let opened = key.unseal(&sealed).expect("sealed for the key of the repository");
            if let Some(at) = at {
                held[at].1 = opened;
                return Response::new(204, "");
            }
            held.push((request.path.clone(), opened));
            Response::new(201, "{}")
        }
        _ => Response::new(405, ""),
    }
}

#[test]
fn a_value_arrives_sealed_and_cannot_be_read_back() {
    let token = random_value();
    let (server, held) = github(token.clone());
    let variables = [("GITHUB_TOKEN", &*token), ("GITHUB_API_URL", &*server.url)];
    for place in ["github:acme/app#MISTRAL_API_KEY", "github:acme/app@prod/eu#MISTRAL_API_KEY"] {
        assert_eq!(holds(place, &variables, "x"), Ok(Held::Absent));
        let (old, new) = (random_value(), random_value());
        let made = put(place, &variables, &old).unwrap();
        assert!(made.text.starts_with("made the secret"), "{}", made.text);
        assert_eq!(made.facts["updated_at"], "2026-11-27T10:00:00Z");
        let replaced = put(place, &variables, &new).unwrap();
        assert!(replaced.text.starts_with("replaced the secret"), "{}", replaced.text);
        assert_eq!(held.lock().unwrap().last().unwrap().1, new.as_bytes());
        let unreadable = holds(place, &variables, &new).unwrap();
        let Held::Unreadable { why, since } = unreadable else { panic!("{unreadable:?}") };
        assert!(why.contains("shows nobody") && why.contains("2026-11-27T10:00:00Z"), "{why}");
        assert_eq!(since.as_deref(), Some("2026-11-27T10:00:00Z"));
        for request in server.seen.lock().unwrap().iter() {
            let body = String::from_utf8_lossy(&request.body);
            assert!(!body.contains(&old) && !body.contains(&new), "the value is sent sealed only");
        }
    }
    assert_eq!(held.lock().unwrap().len(), 2);
}

#[test]
fn refusals_say_what_to_do() {
    let token = random_value();
    let (server, _) = github(token.clone());
    let variables = [("GITHUB_TOKEN", "wrong"), ("GITHUB_API_URL", &*server.url)];
    let why = trouble(put("github:acme/app#K", &variables, &random_value()));
    assert!(why.contains("does not take the token"), "{why}");
    let variables = [("GITHUB_TOKEN", &*token), ("GITHUB_API_URL", &*server.url)];
    let why = trouble(put("github:acme/other#K", &variables, &random_value()));
    assert!(why.contains("knows no `acme/other`"), "{why}");
    assert!(trouble(holds("github:acme/other#K", &variables, "x")).contains("knows no"));
    let why = trouble(put("github:acme/app#K", &[], &random_value()));
    assert!(why.starts_with("GITHUB_TOKEN is not set"), "{why}");

    for (status, headers, step) in [
        (403, vec![], "Secrets (write)"),
        (403, vec![("x-github-sso", "required")], "Configure SSO"),
        (
            403,
            vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795800000")],
            "after 2026-11-27T",
        ),
        (429, vec![("retry-after", "60")], "in 60 s"),
        (301, vec![], "another name or owner"),
        (503, vec![], "try again later"),
    ] {
        let canary = random_value();
        let body = json!({ "message": canary }).to_string();
        let server = Server::start(move |_| {
            headers.iter().fold(Response::new(status, &body), |response, (name, value)| {
                response.with(name, value)
            })
        });
        let variables = [("GITHUB_TOKEN", "t"), ("GITHUB_API_URL", &*server.url)];
        let why = trouble(put("github:acme/app#K", &variables, &random_value()));
        assert!(why.contains(step) && !why.contains(&canary), "{status}: {why}");
    }
}

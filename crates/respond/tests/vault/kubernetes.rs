//! Kubernetes Secrets against a server in the test that follows the API's
//! documented semantics and is strict about them: paths, media types, merge
//! patches (RFC 7386), resource versions, Status objects. A real API server
//! cannot be had as a package.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::*;
use crate::http::{Request, Response, Server};

/// What the API server knows.
#[derive(Default)]
struct State {
    secrets: BTreeMap<String, Value>,
    version: u64,
    /// Changed by somebody else before each of that many writes.
    disturbed: usize,
}

struct Cluster {
    server: Server,
    state: Arc<Mutex<State>>,
    dir: tempfile::TempDir,
}

fn status(code: u16, reason: &str, kind: &str) -> Response {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "words", "reason": reason, "details": { "kind": kind }, "code": code,
    });
    Response::new(code, body)
}

impl Cluster {
    fn start(token: &str) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (kept, bearer) = (Arc::clone(&state), format!("Bearer {token}"));
        let server = Server::start(move |request| {
            if request.header("authorization") != bearer {
                return status(401, "Unauthorized", "");
            }
            answer(request, &mut kept.lock().unwrap())
        });
        let dir = tempfile::tempdir().unwrap();
        let cluster = Self { server, state, dir };
        cluster.config(&json!({ "token": token }));
        cluster
    }

    /// Writes a kubeconfig with a user of some kind.
    fn config(&self, user: &Value) -> String {
        let path = self.dir.path().join("config");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "contexts": [{ "name": "here", "context": { "cluster": "c", "user": "u", "namespace": "prod" } }],
            "clusters": [{ "name": "c", "cluster": { "server": self.server.url } }],
            "users": [{ "name": "u", "user": user }],
        });
        // JSON is YAML.
        fs::write(&path, config.to_string()).unwrap();
        path.display().to_string()
    }

    fn path(&self) -> String {
        self.dir.path().join("config").display().to_string()
    }
}

fn answer(request: &Request, state: &mut State) -> Response {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let Some(rest) = path.strip_prefix("/api/v1/namespaces/") else {
        return Response::new(404, "404 page not found");
    };
    let (namespace, rest) = rest.split_once('/').unwrap();
    if namespace == "locked" {
        return status(403, "Forbidden", "secrets");
    }
    let name = rest.strip_prefix("secrets").unwrap().trim_start_matches('/');
    let id = format!("{namespace}/{name}");
    if request.method != "GET" {
        assert_eq!(query, "fieldManager=leeward");
        if state.disturbed > 0 {
            state.disturbed -= 1;
            state.version += 1;
            let version = state.version;
            let secret = state.secrets.entry("prod/app".to_owned()).or_insert_with(|| {
                json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "app" }, "data": {} })
            });
            secret["metadata"]["resourceVersion"] = version.to_string().into();
            secret["data"][format!("other{version}")] = STANDARD.encode("x").into();
        }
        state.version += 1;
    }
    match request.method.as_str() {
        "GET" => match state.secrets.get(&id) {
            Some(secret) => Response::new(200, secret),
            None => status(404, "NotFound", "secrets"),
        },
        "POST" => {
            assert_eq!(request.header("content-type"), "application/json");
            let mut secret = request.json();
            assert_eq!((&secret["kind"], &secret["apiVersion"]), (&json!("Secret"), &json!("v1")));
            let id = format!("{namespace}/{}", secret["metadata"]["name"].as_str().unwrap());
            if namespace == "none" {
                return status(404, "NotFound", "namespaces");
            }
            if state.secrets.contains_key(&id) {
                return status(409, "AlreadyExists", "secrets");
            }
            secret["metadata"]["resourceVersion"] = state.version.to_string().into();
            state.secrets.insert(id, secret.clone());
            Response::new(201, secret)
        }
        "PATCH" => {
            if request.header("content-type") != "application/merge-patch+json" {
                return status(415, "UnsupportedMediaType", "secrets");
            }
            let patch = request.json();
            let Some(secret) = state.secrets.get_mut(&id) else {
                return status(404, "NotFound", "secrets");
            };
            // Optional in a merge patch, but then it is a condition.
            let held = patch["metadata"].get("resourceVersion").expect("a condition is sent");
            if *held != secret["metadata"]["resourceVersion"] {
                return status(409, "Conflict", "secrets");
            }
            merge(secret, &patch);
            for (_, value) in secret["data"].as_object().unwrap() {
                STANDARD.decode(value.as_str().unwrap()).expect("base64");
            }
            secret["metadata"]["resourceVersion"] = state.version.to_string().into();
            Response::new(200, secret)
        }
        _ => status(405, "MethodNotAllowed", "secrets"),
    }
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let target = target.as_object_mut().unwrap();
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[test]
fn one_key_is_made_patched_and_kept() {
    let token = random_value();
    let cluster = Cluster::start(&token);
    let path = cluster.path();
    let variables = [("KUBECONFIG", path.as_str())];
    let place = "kubernetes:app#api.key";
    let (old, new) = (random_value(), random_value());
    assert_eq!(holds(place, &variables, &old), Ok(Held::Absent));
    let made = put(place, &variables, &old).unwrap();
    assert!(made.text.starts_with("made Secret"), "{made:?}");
    assert_eq!(made.facts["namespace"], "prod");
    assert!(!put(place, &variables, &old).unwrap().changed);

    // Somebody adds a key meanwhile, twice, and loses nothing.
    cluster.state.lock().unwrap().disturbed = 2;
    let patched = put(place, &variables, &new).unwrap();
    assert!(patched.text.contains("2 other keys kept"), "{patched:?}");
    assert_eq!(holds(place, &variables, &old), Ok(Held::No));
    assert_eq!(holds(place, &variables, &new), Ok(Held::Yes));
    let state = cluster.state.lock().unwrap();
    let secret = &state.secrets["prod/app"];
    assert_eq!(secret["data"].as_object().unwrap().len(), 3);
    assert_eq!(patched.facts["resourceVersion"], secret["metadata"]["resourceVersion"]);
    drop(state);

    cluster.state.lock().unwrap().disturbed = 100;
    let conflict = put(place, &variables, &old);
    assert!(matches!(conflict, Err(Trouble::Conflict(_))), "{conflict:?}");
}

#[test]
fn a_secret_that_appears_meanwhile_is_patched() {
    let token = random_value();
    let cluster = Cluster::start(&token);
    let path = cluster.path();
    cluster.state.lock().unwrap().disturbed = 1;
    let value = random_value();
    let receipt = put("kubernetes:prod/app#k", &[("KUBECONFIG", &path)], &value).unwrap();
    assert!(receipt.text.contains("1 other key kept"), "{receipt:?}");
}

#[test]
fn refusals_say_what_to_do() {
    let token = random_value();
    let cluster = Cluster::start(&token);
    let path = cluster.path();
    let value = random_value();
    let why = |place: &str| trouble(put(place, &[("KUBECONFIG", &path)], &value));
    assert!(why("kubernetes:locked/app#k").contains("must grant `get`, `create` and `patch`"));
    assert!(why("kubernetes:none/app#k").contains("kubectl create namespace none"));
    let kept = |name: &str, more: Value| {
        let mut secret = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": { "name": name, "resourceVersion": "1" }, "data": {},
        });
        merge(&mut secret, &more);
        cluster.state.lock().unwrap().secrets.insert(format!("prod/{name}"), secret);
    };
    kept("fixed", json!({ "immutable": true }));
    assert!(why("kubernetes:fixed#k").contains("immutable"));
    let owner = json!([{ "kind": "ExternalSecret", "name": "up\u{1b}stream" }]);
    kept("owned", json!({ "metadata": { "ownerReferences": owner } }));
    let owned = why("kubernetes:owned#k");
    assert!(owned.contains(r"ExternalSecret `up\u{1b}stream`"), "{owned}");

    for (user, step) in [
        (json!({ "token": "wrong" }), "does not take the token"),
        (json!({ "exec": { "command": "aws", "args": ["eks"] } }), "a program, which is not run"),
        (json!({ "client-certificate-data": "x" }), "shows a certificate"),
        (json!({}), "has no token"),
        (json!({ "tokenFile": "absent" }), "cannot be read"),
    ] {
        cluster.config(&user);
        assert!(why("kubernetes:app#k").contains(step), "{}", why("kubernetes:app#k"));
    }
    fs::write(cluster.dir.path().join("token"), format!("{token}\n")).unwrap();
    cluster.config(&json!({ "tokenFile": "token" }));
    assert!(put("kubernetes:app#k", &[("KUBECONFIG", &path)], &value).unwrap().changed);

    // Of several files the first that says something counts; some may be absent.
    let list = format!("/nowhere:{path}");
    assert!(!put("kubernetes:app#k", &[("KUBECONFIG", &list)], &value).unwrap().changed);
    let why = trouble(put("kubernetes:app#k", &[("KUBECONFIG", "/nowhere")], &value));
    assert!(why.contains("no kubeconfig was found"), "{why}");
    let torn = format!("token: [{token}");
    fs::write(&path, torn).unwrap();
    let why = trouble(put("kubernetes:app#k", &[("KUBECONFIG", &path)], &value));
    assert!(why.contains("is no kubeconfig") && !why.contains(&token), "{why}");
}

#[test]
fn what_is_no_cluster_is_not_believed() {
    for (code, body, step) in [
        (200, "<html>".to_owned(), "not what a Kubernetes API server sends"),
        (403, "<html>".to_owned(), "not what a Kubernetes API server sends"),
        (404, "404 page not found".to_owned(), "not what a Kubernetes API server sends"),
        (
            429,
            json!({ "kind": "Status", "details": { "retryAfterSeconds": 3 } }).to_string(),
            "in 3 s",
        ),
        (503, String::new(), "try again later"),
    ] {
        let server = Server::start(move |_| Response::new(code, &body));
        let dir = tempfile::tempdir().unwrap();
        let cluster = Cluster { server, state: Arc::default(), dir };
        let path = cluster.config(&json!({ "token": "t" }));
        let why = trouble(put("kubernetes:app#k", &[("KUBECONFIG", &path)], &random_value()));
        assert!(why.contains(step), "{code}: {why}");
    }
}

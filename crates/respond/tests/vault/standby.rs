//! What a vault says that OpenBao cannot be brought to say in a test: standby
//! nodes, limits, maintenance, and others that answer in its place. The
//! statuses are those of its documentation; each body holds a value, which no
//! message may show.

use serde_json::json;

use super::*;
use crate::http::{Response, Server};

/// What is said of a server that answers the mounts, and then in one way.
fn said(status: u16, words: &str, header: Option<(&'static str, &'static str)>) -> Trouble {
    let canary = random_value();
    let body = json!({ "errors": [words], "data": { "leaked": canary } }).to_string();
    let server = Server::start(move |request| {
        assert_eq!(request.header("x-vault-request"), "true");
        if request.path.starts_with("/v1/sys/internal/ui/mounts/") {
            let mount = json!({ "path": "secret/", "type": "kv", "options": { "version": "2" } });
            return Response::new(200, json!({ "data": mount }));
        }
        let response = Response::new(status, &body);
        match header {
            Some((name, value)) => response.with(name, value),
            None => response,
        }
    });
    let variables = [("VAULT_ADDR", &*server.url), ("VAULT_TOKEN", "t")];
    let trouble = put("vault:secret/app#k", &variables, &random_value()).unwrap_err();
    assert!(!format!("{trouble} {trouble:?}").contains(&canary), "a body is quoted");
    trouble
}

#[test]
fn each_status_has_its_next_step() {
    for (status, words, step) in [
        (503, "Vault is sealed", "unseal it"),
        (503, "Vault is not initialized", "not set up yet"),
        (501, "", "not set up yet"),
        (503, "maintenance", "try again later"),
        (429, "", "set VAULT_ADDR to the active node"),
        (472, "", "set VAULT_ADDR to the active node"),
        (473, "", "set VAULT_ADDR to the active node"),
        (412, "required index state not present", "run the step again"),
        (400, "missing client token", "set VAULT_TOKEN"),
        (418, "", "audit log"),
        (200, "", "not what a vault sends"),
        (404, "no handler for route", "`vault secrets list`"),
    ] {
        let trouble = said(status, words, None).to_string();
        assert!(trouble.contains(step), "{status} {words}: {trouble}");
    }
    let limited = said(429, "request path: rate limit quota exceeded", Some(("retry-after", "7")));
    assert!(matches!(&limited, Trouble::Limited(why) if why.contains("in 7 s")), "{limited:?}");
    let elsewhere = said(307, "", Some(("location", "https://active.example/v1/")));
    assert!(elsewhere.to_string().contains("active node"), "{elsewhere}");
}

#[test]
fn a_page_that_stands_between_is_no_vault() {
    let server = Server::start(|_| Response::new(200, "<html>sign in</html>"));
    let variables = [("VAULT_ADDR", &*server.url), ("VAULT_TOKEN", "t")];
    let why = trouble(put("vault:secret/app#k", &variables, &random_value()));
    assert!(why.contains("not what a vault sends"), "{why}");
    // Nothing was sent but the first question, which holds no value.
    assert_eq!(server.asked(), ["GET /v1/sys/internal/ui/mounts/secret/app"]);
    let why = trouble(put(
        "vault:secret/app#k",
        &[("VAULT_ADDR", "http://vault.example.com:8200"), ("VAULT_TOKEN", "t")],
        &random_value(),
    ));
    assert!(why.contains("HTTPS only"), "{why}");
}

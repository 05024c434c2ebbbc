//! Signing in by a provider of identities: against one that runs, as a process of its
//! own, and against what somebody in between would try.

use std::process::Command;

use axum::http::StatusCode;
use leeward_probe::{Courier, Network, Parcel, Stop};
use leeward_server::Limits;
use serde_json::json;

use crate::{
    fixture::{Answer, Base, Browser},
    python::{self, Running},
};

/// A provider that knows an administrator, a viewer, and somebody without a role.
fn provider() -> Running {
    let venv = python::environment("oidc-provider-mock==0.3.4");
    let users = [
        json!({ "sub": "1", "preferred_username": "ann", "groups": ["staff", "security-admins"] }),
        json!({ "sub": "2", "preferred_username": "ben", "groups": "staff" }),
        json!({ "sub": "3", "preferred_username": "cat", "groups": ["others"] }),
        json!({ "sub": "4", "preferred_username": "root", "groups": ["staff"] }),
        json!({ "sub": "5", "preferred_username": "<b>\u{202e}x", "groups": ["staff"] }),
    ];
    python::start(|port| {
        let mut command = Command::new(venv.join("bin/oidc-provider-mock"));
        command.args(["-p", &port.to_string(), "-n", "true"]);
        for user in &users {
            command.args(["--user-claims", &user.to_string()]);
        }
        command
    })
}

fn base(port: u16) -> Base {
    let serve = format!(
        "[oidc]\nissuer = 'http://127.0.0.1:{port}'\nclient_id = 'leeward'\n\
         client_secret = {{ env = 'CLIENT' }}\nscopes = ['profile']\n\
         [oidc.roles]\nadmin = ['security-admins']\nviewer = ['staff']\n"
    );
    let secret = crate::fixture::word();
    Base::with(&serve, &[("CLIENT", &secret)], Limits::default())
}

/// What the provider does when somebody says who they are there: where it sends the
/// browser.
async fn consent(address: &str, form: &'static str) -> String {
    let address = address.to_owned();
    let ask = move || {
        let hosts = ["127.0.0.1".to_owned()];
        let courier = Courier::new(&Network::default(), &hosts, Stop::new()).unwrap();
        let parcel = Parcel::new("POST", &address).unwrap();
        let parcel = parcel.header("content-type", "application/x-www-form-urlencoded").unwrap();
        let answer = courier.send(parcel.body(form)).unwrap();
        answer.header("location").unwrap_or_else(|| panic!("{}", answer.status)).to_owned()
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

async fn begin(browser: &mut Browser) -> String {
    let sent = browser.get("/sign-in/oidc?next=%2Fincidents").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let to = sent.header("location").to_owned();
    assert!(to.contains("code_challenge_method=S256") && to.contains("nonce="), "{to}");
    to
}

fn own(address: &str) -> String {
    address.strip_prefix("http://127.0.0.1:8321").unwrap().to_owned()
}

async fn sign_in(browser: &mut Browser, form: &'static str) -> Answer {
    let to = begin(browser).await;
    let back = consent(&to, form).await;
    browser.get(&own(&back)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_provider_vouches_for_is_signed_in_with_the_role_that_follows() {
    let provider = provider();
    let base = base(provider.port);
    base.admin().await;
    let page = base.browser().get("/sign-in?next=%2Fincidents").await.text;
    assert!(page.contains("href=\"/sign-in/oidc?next=%2Fincidents\""), "{page}");
    for (form, name, role) in [("sub=1", "ann", "admin"), ("sub=2", "ben", "viewer")] {
        for _ in 0..2 {
            let mut browser = base.browser();
            let signed = sign_in(&mut browser, form).await;
            assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
            assert_eq!(signed.header("location"), "/incidents");
            assert!(!browser.cookies.contains_key("leeward-flow"), "it was used");
            let me = browser.get("/api/v1/me").await.json();
            assert_eq!((me["name"].as_str(), me["role"].as_str()), (Some(name), Some(role)));
        }
    }
    let nobody = sign_in(&mut base.browser(), "sub=3").await;
    assert_eq!(nobody.status, StatusCode::FORBIDDEN, "no role");
    // Somebody else's `root` is not ours, and a name is made plain.
    let mut other = base.browser();
    assert_eq!(sign_in(&mut other, "sub=4").await.status, StatusCode::SEE_OTHER);
    let name = other.get("/api/v1/me").await.json()["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("root-") && name != "root", "{name}");
    let mut odd = base.browser();
    assert_eq!(sign_in(&mut odd, "sub=5").await.status, StatusCode::SEE_OTHER);
    let name = odd.get("/api/v1/me").await.json()["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("u-"), "{name}");
    // Who is vouched for chooses no password here, nor is their role changed here.
    let mut ann = base.browser();
    sign_in(&mut ann, "sub=1").await;
    ann.learn().await;
    let link = ann.json("POST", "/api/v1/accounts/ben/link", &json!({})).await;
    assert_eq!(link.status, StatusCode::CONFLICT);
    let off = json!({ "is_disabled": true });
    assert_eq!(ann.json("PATCH", "/api/v1/accounts/ben", &off).await.status, StatusCode::OK);
    let disabled = sign_in(&mut base.browser(), "sub=2").await;
    assert_eq!(disabled.status, StatusCode::FORBIDDEN);
    let log = base.log().join("\n");
    assert!(log.contains("ann: ann signed in, vouched for by http://127.0.0.1"), "{log}");
    assert!(log.contains("leeward: cat was vouched for and has no role here"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_begun_here_or_was_used_signs_nobody_in() {
    let provider = provider();
    let base = base(provider.port);
    let mut victim = base.browser();
    let mut other = base.browser();
    let back = own(&consent(&begin(&mut other).await, "sub=1").await);
    // Somebody else's answer, in a browser that began nothing, or something else.
    assert_eq!(victim.get(&back).await.status, StatusCode::FORBIDDEN);
    let to = begin(&mut victim).await;
    assert_eq!(victim.get(&back).await.status, StatusCode::FORBIDDEN);
    // Somebody else's code, with one's own state.
    let code = |address: &str, name: &str| {
        let url = url::Url::parse(&format!("http://x{address}")).unwrap();
        url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
    };
    let mine = own(&consent(&to, "sub=2").await);
    let mixed = format!(
        "/sign-in/oidc/callback?code={}&state={}",
        code(&back, "code"),
        code(&mine, "state")
    );
    let answer = victim.clone().get(&mixed).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    // A cookie that somebody changed.
    let mut changed = victim.clone();
    let cookie = changed.cookies["leeward-flow"].clone();
    changed.cookies.insert("leeward-flow".to_owned(), format!("x{cookie}"));
    assert_eq!(changed.get(&mine).await.status, StatusCode::FORBIDDEN);
    // The same answer twice.
    let mut again = victim.clone();
    assert_eq!(victim.get(&mine).await.status, StatusCode::SEE_OTHER);
    assert_eq!(again.get(&mine).await.status, StatusCode::FORBIDDEN, "the code was used");
    // The provider, or its user, says no.
    let mut denied = base.browser();
    let to = begin(&mut denied).await;
    let state = code(&to.replace("http://127.0.0.1", ""), "state");
    let said = "<script>alert(1)</script>";
    let path = format!(
        "/sign-in/oidc/callback?error={}&state={state}",
        url::form_urlencoded::byte_serialize(said.as_bytes()).collect::<String>()
    );
    let answer = denied.get(&path).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(!answer.text.contains("script"), "{}", answer.text);
    assert_eq!(denied.get("/sign-in/oidc/callback").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_gone_is_said_to_be_without_more() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let base = base(port);
    let answer = base.browser().get("/sign-in/oidc").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.text);
    assert!(!answer.text.contains(&port.to_string()));
}

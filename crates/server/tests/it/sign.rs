//! Signing in and out, and what others try instead.

use axum::http::StatusCode;
use serde_json::json;

use crate::fixture::{Base, word};

#[tokio::test]
async fn the_first_link_makes_an_administrator_once() {
    let base = Base::new();
    let old = base.server.first_link().await.unwrap().unwrap();
    let link = base.server.first_link().await.unwrap().unwrap();
    let path = |link: &str| link.strip_prefix("http://127.0.0.1:8321").unwrap().to_owned();
    let mut browser = base.browser();
    assert_eq!(browser.get(&path(&old)).await.status, StatusCode::NOT_FOUND, "of an earlier start");
    let shown = browser.get(&path(&link)).await;
    assert_eq!(shown.status, StatusCode::OK);
    let word = word();
    for (name, password, again) in [
        ("root", "short", "short"),
        ("root", word.as_str(), "another one that is long"),
        ("<b>root", word.as_str(), word.as_str()),
        ("leeward", word.as_str(), word.as_str()),
    ] {
        let form = [("name", name), ("password", password), ("again", again)];
        let refused = browser.form(&path(&link), &form).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{name}");
        assert!(!refused.text.contains(&word) && !refused.text.contains("<b>"), "{name}");
    }
    let form = [("name", "root"), ("password", &word), ("again", &word)];
    let cross = browser.sending("origin", "https://evil.example").form(&path(&link), &form).await;
    assert_eq!(cross.status, StatusCode::FORBIDDEN);
    let made = browser.form(&path(&link), &form).await;
    assert_eq!((made.status, made.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert!(browser.get("/").await.text.contains("<h1>Overview</h1>"));
    assert_eq!(base.browser().form(&path(&link), &form).await.status, StatusCode::NOT_FOUND);
    assert!(base.server.first_link().await.unwrap().is_none(), "somebody has an account");
    let log = base.log().join("\n");
    assert!(log.contains("root: root chose a password by a link that is good once"), "{log}");
    assert!(!log.contains(&word) && !log.contains(path(&link).trim_start_matches("/setup/")));
}

#[tokio::test]
async fn what_is_wrong_is_told_the_same_and_who_tries_often_waits() {
    let base = Base::new();
    let (_, right) = base.admin().await;
    let mut browser = base.browser();
    let wrong = browser.sign_in("root", &word()).await;
    let nobody = browser.sign_in("nobody-of-that-name", &word()).await;
    assert_eq!((wrong.status, nobody.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.text, nobody.text);
    // From another address each time: the account is what is guessed at.
    let mut last = wrong.status;
    for at in 0..6 {
        browser.from = format!("192.0.2.{at}:9");
        last = browser.sign_in("ROOT", &word()).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let delayed = browser.sign_in("root", &right).await;
    assert_eq!(delayed.status, StatusCode::TOO_MANY_REQUESTS, "the right one waits too");
    assert!(delayed.header("retry-after").parse::<i64>().unwrap() > 0);
    assert!(browser.cookies.is_empty());
    // One address that goes through names.
    let mut last = StatusCode::OK;
    for at in 0..25 {
        browser.from = "[2001:db8::1]:9".to_owned();
        last = browser.sign_in(&format!("user{at}"), "x").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    browser.from = "[2001:db8::ffff]:9".to_owned();
    let neighbour = browser.sign_in("other", "x").await.status;
    assert_eq!(neighbour, StatusCode::TOO_MANY_REQUESTS, "the same network");
    let log = base.log();
    let refused = log.iter().filter(|line| line.contains("was refused")).count();
    assert!((2..12).contains(&refused), "{refused} of 32 are written down");
    assert!(!log.join("\n").contains("nobody-of-that-name"), "it may have been a password");
}

#[tokio::test]
async fn many_attempts_at_once_are_counted_before_they_are_looked_at() {
    let base = Base::new();
    base.admin().await;
    let tries = (0..40).map(|_| {
        let mut browser = base.browser();
        async move { browser.sign_in("root", "a guess of many").await.status }
    });
    let all = futures_util::future::join_all(tries).await;
    let looked = all.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
    assert!(looked <= 7, "{looked} were looked at");
}

#[tokio::test]
async fn a_session_is_new_at_each_sign_in_and_ends_at_sign_out() {
    let base = Base::new();
    let (mut admin, word) = base.admin().await;
    let first = admin.cookies["leeward-session"].clone();
    // Put there by somebody else before the victim signs in.
    let mut victim = base.browser();
    victim.cookies.insert("leeward-session".to_owned(), "chosen-by-somebody-else".to_owned());
    let signed = victim.sign_in("root", &word).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER);
    let cookie = signed.header("set-cookie");
    assert!(cookie.contains("HttpOnly; SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    assert_ne!(victim.cookies["leeward-session"], "chosen-by-somebody-else");
    assert_ne!(victim.cookies["leeward-session"], first);
    // A session of one's own that signs in anew: the former is good for nothing.
    let mut again = admin.clone();
    assert_eq!(again.sign_in("root", &word).await.status, StatusCode::SEE_OTHER);
    assert_eq!(admin.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    again.learn().await;
    let kept = again.clone();
    let without = again.form("/sign-out", &[]).await;
    assert_eq!(without.status, StatusCode::FORBIDDEN, "somebody else may not sign one out");
    let csrf = again.csrf.clone().unwrap();
    let out = again.form("/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(again.cookies.is_empty());
    assert_eq!(kept.clone().get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_another_site_sends_is_not_done() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    let csrf = admin.csrf.clone().unwrap();
    assert_eq!(admin.form("/form", &[("csrf", &csrf)]).await.text, "done");
    let other = base.somebody(&mut admin, "vera", "viewer").await.csrf.unwrap();
    for (fields, name, value) in [
        (vec![], "x-nothing", ""),
        (vec![("csrf", "")], "x-nothing", ""),
        (vec![("csrf", other.as_str())], "x-nothing", ""),
        (vec![("csrf", csrf.as_str())], "origin", "https://evil.example"),
        (vec![("csrf", csrf.as_str())], "origin", "null"),
        (vec![("csrf", csrf.as_str())], "origin", "http://127.0.0.1:9999"),
        (vec![("csrf", csrf.as_str())], "sec-fetch-site", "cross-site"),
        (vec![("csrf", csrf.as_str())], "sec-fetch-site", "same-site"),
    ] {
        let answer = admin.sending(name, value).form("/form", &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{fields:?} {name}: {value}");
    }
    let mut ours = admin.sending("origin", "http://127.0.0.1:8321");
    ours = ours.sending("sec-fetch-site", "same-origin");
    assert_eq!(ours.form("/form", &[("csrf", &csrf)]).await.status, StatusCode::OK);
    // Forms that need no token: JSON and text that a page of another site can send.
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
        let answer = admin.send("POST", "/api/v1/incidents/1/close", Some(kind), "{}").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{kind}");
    }
    // Reading by a link from elsewhere is no change.
    let led = admin.sending("sec-fetch-site", "cross-site").get("/").await;
    assert!(led.text.contains("<h1>Overview</h1>"));
    let large = format!("csrf={csrf}&text={}", "x".repeat(300 << 10));
    let kind = Some("application/x-www-form-urlencoded");
    let answer = admin.send("POST", "/form", kind, large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn after_signing_in_one_goes_to_own_paths_only() {
    let base = Base::new();
    let (_, word) = base.admin().await;
    let mut stranger = base.browser();
    let sent = stranger.get("/?severity=high&q=a%20b").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert!(sent.header("location").starts_with("/sign-in?next=%2F%3Fseverity"), "{sent:?}");
    for (next, to) in [
        ("/incidents?state=open", "/incidents?state=open"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let form = [("name", "root"), ("password", word.as_str()), ("next", next)];
        assert_eq!(base.browser().form("/sign-in", &form).await.header("location"), to, "{next}");
        let path: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = stranger.get(&format!("/sign-in?next={path}")).await.text;
        assert!(page.contains(&format!("value=\"{}\"", to.replace('&', "&amp;"))), "{next}");
    }
    let page =
        stranger.get("/sign-in?next=%2F%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await.text;
    assert!(!page.contains("<script>alert"), "{page}");
}

#[tokio::test]
async fn a_role_or_its_end_counts_from_the_next_request_on() {
    let base = Base::new();
    let (mut admin, word) = base.admin().await;
    let mut rick = base.somebody(&mut admin, "rick", "responder").await;
    let made =
        rick.json("POST", "/api/v1/tokens", &json!({ "label": "ci", "role": "responder" })).await;
    let mut token = rick.bearer(made.json()["token"].as_str().unwrap());
    assert_eq!(token.get("/api/v1/me").await.json()["role"], "responder");
    let lesser = json!({ "role": "viewer" });
    assert_eq!(admin.json("PATCH", "/api/v1/accounts/rick", &lesser).await.status, StatusCode::OK);
    assert_eq!(rick.get("/api/v1/me").await.json()["role"], "viewer");
    assert_eq!(token.get("/api/v1/me").await.json()["role"], "viewer");
    let off = json!({ "is_disabled": true });
    assert_eq!(admin.json("PATCH", "/api/v1/accounts/rick", &off).await.status, StatusCode::OK);
    for who in [&mut rick, &mut token] {
        assert_eq!(who.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    }
    // Nobody is locked out for good.
    for change in [json!({ "role": "viewer" }), off] {
        let answer = admin.json("PATCH", "/api/v1/accounts/root", &change).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    }
    // One's own password: the current one is asked for, and sessions end.
    let new = crate::fixture::word();
    let wrong = json!({ "current": "not this one", "new": new });
    let answer = admin.json("POST", "/api/v1/me/password", &wrong).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let change = json!({ "current": word, "new": new });
    let answer = admin.json("POST", "/api/v1/me/password", &change).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(admin.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(admin.sign_in("root", &new).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn every_answer_keeps_a_browser_strict() {
    let public = "public_url = 'https://leeward.example'";
    let base = Base::with(public, &[], leeward_server::Limits::default());
    let mut browser = base.browser();
    browser.host = "leeward.example".to_owned();
    for path in ["/sign-in", "/healthz", "/nothing", "/api/v1/me", "/", "/breaks", "/setup/x"] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(answer.header("strict-transport-security").starts_with("max-age="));
        assert!(!answer.header("x-request-id").is_empty());
    }
    // Over an encrypted connection the cookie is bound to this host.
    let link = base.server.first_link().await.unwrap().unwrap();
    let path = link.strip_prefix("https://leeward.example").unwrap().to_owned();
    let word = word();
    let form = [("name", "root"), ("password", &word), ("again", &word)];
    let made = browser.form(&path, &form).await;
    let cookie = made.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-leeward-session=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    for host in ["evil.example", "", "leeward.example.evil.example"] {
        browser.host = host.to_owned();
        assert_eq!(browser.get("/sign-in").await.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_handler_that_breaks_says_nothing_of_why() {
    let base = Base::new();
    let (mut admin, _) = base.admin().await;
    let answer = admin.get("/breaks").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(!answer.text.contains("hunter2"), "{}", answer.text);
    assert!(admin.get("/").await.text.contains("<h1>Overview</h1>"), "the others go on");
}

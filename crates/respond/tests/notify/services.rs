//! Slack and Teams: what arrives, and what their answers are taken for.

use std::time::Duration;

use leeward_respond::notify::{Happening, Receipt, Undelivered};
use serde_json::json;

use crate::{
    sample::{notice, secret, told},
    server::{Answer, Server, answer},
};

fn tell(kind: &str, url: &str) -> Result<Receipt, Undelivered> {
    let fields = format!("kind = \"{kind}\"\nurl = {{ env = \"URL\" }}");
    told(&fields, &[("URL", url)], &notice(Happening::Opened))
}

fn tell_as_app(api: &str, token: &str) -> Result<Receipt, Undelivered> {
    let fields =
        format!("kind = \"slack\"\napi = \"{api}\"\ntoken = {{ env = \"T\" }}\nchannel = \"C012\"");
    told(&fields, &[("T", token)], &notice(Happening::Opened))
}

#[test]
fn an_incoming_webhook_of_slack_is_sent_blocks() {
    let server = Server::always(answer(200, "ok"));
    let url = format!("{}/services/T0/B0/{}", server.url(), secret());
    let receipt = tell("slack", &format!("{url}\n")).unwrap();
    let seen = server.only();
    assert_eq!(seen.method, "POST");
    assert!(url.ends_with(&seen.path));
    assert!(!receipt.text.contains("services"), "the address is a secret: {receipt:?}");
    let message = seen.json();
    assert_eq!(message["blocks"][0]["type"], "header");
    assert_eq!(message["blocks"][1]["text"]["verbatim"], true);
    assert_eq!(message["unfurl_links"], false);
}

#[test]
fn slack_as_an_app_posts_with_its_token() {
    let server = Server::always(answer(200, json!({"ok": true, "ts": "1.2"})));
    let token = secret();
    tell_as_app(&server.url(), &token).unwrap();
    let seen = server.only();
    assert_eq!(seen.line(), "POST /chat.postMessage");
    assert_eq!(seen.header("authorization"), format!("Bearer {token}"));
    let message = seen.json();
    assert_eq!((&message["channel"], &message["parse"]), (&json!("C012"), &json!("none")));
    assert!(!seen.body.contains(&token));
}

#[test]
fn what_slack_says_is_told_in_words() {
    let error = |name: &str| {
        let server = Server::always(answer(200, json!({"ok": false, "error": name})));
        tell_as_app(&server.url(), &secret()).expect_err("not ok")
    };
    insta::assert_snapshot!(
        [
            "invalid_auth",
            "channel_not_found",
            "not_in_channel",
            "ratelimited",
            "invalid_blocks",
            "something_new",
            "<!here> an odd one"
        ]
        .map(|name| {
            let it = error(name);
            format!("{} (forever: {})", it.why, it.forever)
        })
        .join("\n")
    );
    let limited = Server::always(answer(429, "").header("Retry-After", 30));
    let undelivered = tell_as_app(&limited.url(), &secret()).expect_err("limited");
    assert_eq!(undelivered.again_in, Some(Duration::from_secs(30)));
    let webhook = |given: Answer| {
        let server = Server::always(given);
        tell("slack", &server.url()).expect_err("refused")
    };
    assert!(webhook(answer(404, "no_service")).why.contains("make another"));
    assert!(webhook(answer(410, "channel_is_archived")).forever);
    assert!(!webhook(answer(500, "")).forever);
    let portal = Server::always(answer(200, "<html>sign in</html>"));
    let undelivered = tell_as_app(&portal.url(), &secret()).expect_err("not Slack");
    assert!(undelivered.why.contains("did not answer as Slack does"), "{undelivered}");
}

#[test]
fn teams_is_sent_a_card() {
    for status in [200, 202] {
        let server = Server::always(answer(status, ""));
        tell("teams", &format!("{}/workflows/x?sig={}", server.url(), secret())).unwrap();
        let message = server.only().json();
        assert_eq!(message["type"], "message");
        let attachment = &message["attachments"][0];
        assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
        assert_eq!(attachment["content"]["version"], "1.4");
        assert!(server.only().body.len() < 28_000, "what Teams takes at most");
    }
    let refused = |given: Answer| {
        let server = Server::always(given);
        tell("teams", &server.url()).expect_err("refused")
    };
    assert!(refused(answer(401, "")).why.contains("copy its address anew"));
    assert!(!refused(answer(200, "Webhook message delivery failed with error: 429")).forever);
    assert!(!refused(answer(429, "")).forever);
    assert!(refused(answer(410, "")).forever);
}

#[test]
fn an_address_that_is_a_secret_is_in_no_message() {
    let secret = secret();
    for address in [
        format!("http://example.com/services/{secret}"),
        format!("https://{secret}@example.com/"),
        format!("no address {secret}"),
        format!("http://127.0.0.1:1/{secret}"),
    ] {
        let undelivered = tell("slack", &address).expect_err("not sent");
        assert!(!format!("{undelivered:?}").contains(&secret), "{undelivered:?}");
    }
}

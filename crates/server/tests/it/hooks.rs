//! Webhooks: what services send, and what somebody sends in their name.

use axum::http::StatusCode;
use hmac::{Hmac, KeyInit as _, Mac as _};
use leeward_server::{Limits, watching::PushEvent};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::fixture::{Answer, Base, word};

const SERVE: &str = "
[[hook]]
source = 'hub'
kind = 'github'
secret = { env = 'HOOK' }
[[hook]]
source = 'lab'
kind = 'gitlab'
secret = { env = 'HOOK' }
hosts = ['gitlab.example:8443']
[[hook]]
source = 'tea'
kind = 'gitea'
secret = { env = 'HOOK' }
hosts = ['127.0.0.1:3000']
[[hook]]
source = 'bucket'
kind = 'bitbucket'
secret = { env = 'HOOK' }
[[hook]]
source = 'intel'
kind = 'intake'
secret = { env = 'HOOK' }
";

const BEFORE: &str = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";
const AFTER: &str = "59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5";

struct Sender {
    base: Base,
    secret: String,
}

impl Sender {
    fn new() -> Self {
        let secret = word();
        Self { base: Base::with(SERVE, &[("HOOK", &secret)], Limits::default()), secret }
    }

    fn signed(&self, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    async fn send(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut browser = self.base.browser();
        for (name, value) in headers {
            browser = browser.sending(name, value);
        }
        browser.send("POST", path, Some("application/json"), body.to_owned()).await
    }

    async fn hub(&self, event: &str, delivery: &str, body: &str) -> Answer {
        let signature = format!("sha256={}", self.signed(body));
        let headers = [
            ("x-github-event", event),
            ("x-github-delivery", delivery),
            ("x-hub-signature-256", signature.as_str()),
        ];
        self.send("/hooks/github/hub", &headers, body).await
    }

    fn pushed(&self) -> Vec<PushEvent> {
        self.base.watching.pushed.lock().unwrap().clone()
    }
}

fn push(clone_url: &str, after: &str) -> Value {
    json!({
        "ref": "refs/heads/main", "before": BEFORE, "after": after,
        "repository": { "clone_url": clone_url, "full_name": "acme/app" },
        "commits": [{ "message": "<script>alert(1)</script>" }],
    })
}

#[tokio::test]
async fn a_push_that_is_signed_is_handed_on() {
    let sender = Sender::new();
    let body = push("https://github.com/acme/app.git", AFTER).to_string();
    let answer = sender.hub("push", "d-1", &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    assert_eq!(
        sender.pushed(),
        [PushEvent {
            source: "hub".to_owned(),
            repository: "https://github.com/acme/app.git".to_owned(),
            reference: "refs/heads/main".to_owned(),
            before: Some(BEFORE.to_owned()),
            after: Some(AFTER.to_owned()),
        }]
    );
    let gone = push("https://github.com/acme/app.git", &"0".repeat(40)).to_string();
    assert_eq!(sender.hub("push", "d-2", &gone).await.status, StatusCode::ACCEPTED);
    assert_eq!(sender.pushed()[1].after, None);
    let ping = json!({ "zen": "Design for failure." }).to_string();
    let answer = sender.hub("ping", "d-3", &ping).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert!(answer.text.contains("the hook works"));
    assert_eq!(sender.hub("star", "d-4", "{}").await.status, StatusCode::ACCEPTED);
    assert_eq!(sender.pushed().len(), 2);
}

#[tokio::test]
async fn the_others_are_understood_too() {
    let sender = Sender::new();
    let lab = json!({
        "object_kind": "push", "ref": "refs/heads/main", "before": BEFORE, "after": AFTER,
        "project": { "git_http_url": "https://gitlab.example:8443/acme/app.git" },
    })
    .to_string();
    let headers = [
        ("x-gitlab-event", "Push Hook"),
        ("x-gitlab-token", sender.secret.as_str()),
        ("x-gitlab-event-uuid", "u-1"),
    ];
    assert_eq!(sender.send("/hooks/gitlab/lab", &headers, &lab).await.status, StatusCode::ACCEPTED);
    let tea = push("http://127.0.0.1:3000/acme/app.git", AFTER).to_string();
    let signature = sender.signed(&tea);
    let headers = [
        ("x-gitea-event", "push"),
        ("x-gitea-delivery", "t-1"),
        ("x-gitea-signature", signature.as_str()),
    ];
    assert_eq!(sender.send("/hooks/gitea/tea", &headers, &tea).await.status, StatusCode::ACCEPTED);
    let bucket = json!({
        "push": { "changes": [{
            "old": { "type": "branch", "name": "main", "target": { "hash": BEFORE } },
            "new": { "type": "branch", "name": "main", "target": { "hash": AFTER } },
        }] },
        "repository": { "links": { "html": { "href": "https://bitbucket.org/acme/app" } } },
    })
    .to_string();
    let signature = format!("sha256={}", sender.signed(&bucket));
    let headers = [("x-event-key", "repo:push"), ("x-hub-signature", signature.as_str())];
    let answer = sender.send("/hooks/bitbucket/bucket", &headers, &bucket).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let pushed = sender.pushed();
    let repositories: Vec<&str> = pushed.iter().map(|it| it.repository.as_str()).collect();
    assert_eq!(
        repositories,
        [
            "https://gitlab.example:8443/acme/app.git",
            "http://127.0.0.1:3000/acme/app.git",
            "https://bitbucket.org/acme/app.git",
        ]
    );
    assert!(pushed.iter().all(|it| it.before.as_deref() == Some(BEFORE)));
    let bearer = format!("Bearer {}", sender.secret);
    let headers = [("authorization", bearer.as_str())];
    let answer = sender.send("/hooks/intake/intel", &headers, "seen: something").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let taken = sender.base.watching.taken.lock().unwrap().clone();
    assert_eq!(taken, [("intel".to_owned(), b"seen: something".to_vec())]);
}

#[tokio::test]
async fn what_is_forged_is_refused_and_nothing_is_queued() {
    let sender = Sender::new();
    let body = push("https://github.com/acme/app.git", AFTER).to_string();
    let right = format!("sha256={}", sender.signed(&body));
    let other = format!("sha256={}", sender.signed("another body"));
    for (path, name, value) in [
        ("/hooks/github/hub", "x-nothing", "1"),
        ("/hooks/github/hub", "x-hub-signature-256", ""),
        ("/hooks/github/hub", "x-hub-signature-256", "sha256="),
        ("/hooks/github/hub", "x-hub-signature-256", "sha1=00"),
        ("/hooks/github/hub", "x-hub-signature-256", other.as_str()),
        ("/hooks/github/hub", "x-gitlab-token", sender.secret.as_str()),
        ("/hooks/github/hub", "authorization", sender.secret.as_str()),
        ("/hooks/github/lab", "x-hub-signature-256", right.as_str()),
        ("/hooks/github/none", "x-hub-signature-256", right.as_str()),
        ("/hooks/gitlab/lab", "x-gitlab-token", "not the secret"),
        ("/hooks/gitlab/lab", "x-gitlab-token", ""),
        ("/hooks/intake/intel", "authorization", "Bearer not-the-secret"),
        ("/hooks/nothing/hub", "x-hub-signature-256", right.as_str()),
    ] {
        let headers = [("x-github-event", "push"), ("x-gitlab-event", "Push Hook"), (name, value)];
        let answer = sender.send(path, &headers, &body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path} {name}");
        assert!(!answer.text.contains(&sender.secret));
    }
    assert_eq!(sender.pushed(), []);
    assert!(sender.base.watching.taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_delivery_is_taken_once_and_again_only_if_it_could_not_be() {
    let sender = Sender::new();
    let body = push("https://github.com/acme/app.git", AFTER).to_string();
    *sender.base.watching.is_full.lock().unwrap() = true;
    let busy = sender.hub("push", "d-1", &body).await;
    assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!busy.header("retry-after").is_empty());
    *sender.base.watching.is_full.lock().unwrap() = false;
    assert_eq!(sender.hub("push", "d-1", &body).await.status, StatusCode::ACCEPTED);
    assert_eq!(sender.hub("push", "d-1", &body).await.status, StatusCode::CONFLICT);
    // The id is not signed: the same body under another is the same delivery.
    assert_eq!(sender.hub("push", "d-9", &body).await.status, StatusCode::CONFLICT);
    let other = push("https://github.com/acme/app.git", BEFORE).to_string();
    assert_eq!(sender.hub("push", "d-1", &other).await.status, StatusCode::CONFLICT);
    assert_eq!(sender.hub("push", "d-2", &other).await.status, StatusCode::ACCEPTED);
    // Many copies at once.
    let last = push("https://github.com/acme/last.git", AFTER).to_string();
    let copies = (0..6).map(|_| sender.hub("push", "d-3", &last));
    let all = futures_util::future::join_all(copies).await;
    let taken = all.iter().filter(|answer| answer.status == StatusCode::ACCEPTED).count();
    assert_eq!((taken, sender.pushed().len()), (1, 3));
}

#[tokio::test]
async fn a_repository_elsewhere_or_a_body_that_says_nothing_is_refused() {
    let sender = Sender::new();
    for (at, url) in [
        "https://evil.example/acme/app.git",
        "http://github.com/acme/app.git",
        "https://github.com:22/acme/app.git",
        "https://user:word@github.com/acme/app.git",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "ext::sh -c id",
        "--upload-pack=id",
    ]
    .into_iter()
    .enumerate()
    {
        let body = push(url, AFTER).to_string();
        let answer = sender.hub("push", &format!("r-{at}"), &body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{url}");
        assert!(!answer.text.contains(url));
    }
    for (at, body) in [
        "",
        "{",
        "null",
        "[]",
        "{\"ref\": 1}",
        &push("https://github.com/a/b.git", "HEAD").to_string(),
        &push("https://github.com/a/b.git", "--all").to_string(),
        &format!("{}1", "[".repeat(100_000)),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = sender.hub("push", &format!("b-{at}"), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", &body[..body.len().min(80)]);
    }
    assert_eq!(sender.pushed(), []);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whoever_sends_it() {
    let sender = Sender::new();
    let large = "x".repeat((25 << 20) + 1);
    let signature = format!("sha256={}", sender.signed(&large));
    let headers = [("x-github-event", "push"), ("x-hub-signature-256", signature.as_str())];
    let answer = sender.send("/hooks/github/hub", &headers, &large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    // What carries no proof is not read at all.
    let answer = sender.send("/hooks/github/hub", &[("x-github-event", "push")], &large).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    // 20 MiB are taken.
    let mut body = push("https://github.com/acme/app.git", AFTER);
    body["padding"] = Value::String("x".repeat(20 << 20));
    assert_eq!(sender.hub("push", "l-1", &body.to_string()).await.status, StatusCode::ACCEPTED);
}

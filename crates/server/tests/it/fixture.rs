//! A server of one test's own, on a store of its own, with something recorded that
//! watches sources; and a browser that keeps cookies.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use leeward_counterpart::random_value;
use leeward_dossier::Library;
use leeward_model::{
    Confidence, Excerpt, FilePlace, Finding, Fingerprint, Location, Position, Provenance, Rating,
    Secret, Severity, Span, Tracking, Verification, Way,
};
use leeward_probe::{Network, Stop};
use leeward_respond::notify::Reference;
use leeward_server::{
    Beside, Limits, Options, Peer, Pool, Server, Setting, Shared, Watching,
    watching::{JobStatus, PushEvent, Refused, SourceStatus},
};
use leeward_store::{Place, Scan, Store};
use leeward_watch::{journal::Host, policy::Policy, response::Responses};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// A password that may be chosen.
pub(crate) fn word() -> String {
    format!("{}-{}", random_value(), 'z')
}

/// What was asked of whatever watches.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) pushed: Mutex<Vec<PushEvent>>,
    pub(crate) taken: Mutex<Vec<(String, Vec<u8>)>>,
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) is_full: Mutex<bool>,
}

impl Watching for Recorder {
    fn is_alive(&self) -> bool {
        !*self.is_full.lock().unwrap()
    }

    fn sources(&self) -> Result<Vec<SourceStatus>, Refused> {
        Ok(vec![SourceStatus {
            name: "acme".to_owned(),
            service: "github".to_owned(),
            state: "waiting".to_owned(),
            ..SourceStatus::default()
        }])
    }

    fn jobs(&self, _most: usize) -> Result<Vec<JobStatus>, Refused> {
        Ok(vec![JobStatus { id: 1, kind: "push".to_owned(), ..JobStatus::default() }])
    }

    fn pause(&self, source: &str, _who: &str) -> Result<(), Refused> {
        self.note("pause", source)
    }

    fn resume(&self, source: &str) -> Result<(), Refused> {
        self.note("resume", source)
    }

    fn look_now(&self, source: &str) -> Result<(), Refused> {
        self.note("look", source)
    }

    fn push(&self, event: PushEvent) -> Result<(), Refused> {
        if *self.is_full.lock().unwrap() {
            return Err(Refused::Busy);
        }
        self.pushed.lock().unwrap().push(event);
        Ok(())
    }

    fn intake(&self, source: &str, bytes: Vec<u8>) -> Result<(), Refused> {
        self.taken.lock().unwrap().push((source.to_owned(), bytes));
        Ok(())
    }
}

impl Recorder {
    fn note(&self, what: &str, source: &str) -> Result<(), Refused> {
        if source != "acme" {
            return Err(Refused::NoSource);
        }
        self.asked.lock().unwrap().push(format!("{what} {source}"));
        Ok(())
    }
}

/// A server of one test's own.
pub(crate) struct Base {
    pub(crate) server: Server,
    pub(crate) app: Router,
    pub(crate) watching: Arc<Recorder>,
    file: PathBuf,
    _directory: TempDir,
}

impl Base {
    pub(crate) fn new() -> Self {
        Self::with("", &[], Limits::default())
    }

    /// With a table `[serve]`, secrets by the names of their variables, and limits.
    pub(crate) fn with(serve: &str, secrets: &[(&str, &str)], limits: Limits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("leeward.db");
        let setting: Setting = toml::from_str(serve).unwrap();
        let library = Arc::new(Library::builtin());
        let pool = Pool::open(Place::File(file.clone())).unwrap();
        let public_url = "http://127.0.0.1:8321".to_owned();
        let shared = Shared(Arc::new(leeward_server::shared::Inner {
            pool,
            library: Arc::clone(&library),
            public_url,
        }));
        let watching = Arc::new(Recorder::default());
        let secrets: BTreeMap<String, String> =
            secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let read = move |reference: &Reference| match reference {
            Reference::Env(name) => secrets.get(name).map(|it| Secret::new(it.as_bytes())),
            Reference::File(_) => None,
        };
        let host = Host {
            machine: "here".to_owned(),
            process: 1,
            is_running: |_| true,
            now: || jiff::Timestamp::now().as_second(),
        };
        let responses = Responses {
            library,
            policy: Policy::default(),
            settings: None,
            administrator: Box::new(|_| None),
            held: Box::new(|_| None),
            unpack: None,
            host,
            stop: Stop::new(),
        };
        let server = Server::new(Options {
            shared,
            setting,
            read: &read,
            watching: Arc::clone(&watching) as Arc<dyn Watching>,
            network: Network::default(),
            responses: Arc::new(responses),
            limits,
            effective: serde_json::json!({}),
            channels: Vec::new(),
            version: "0",
        })
        .unwrap();
        let beside = Beside {
            signed_in: Router::new()
                .route("/form", axum::routing::post(async || "done"))
                .route("/breaks", axum::routing::get(broken)),
            open: Router::new(),
        };
        Self { app: server.app(beside), server, watching, file, _directory: directory }
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&Place::File(self.file.clone())).unwrap()
    }

    /// Everything in the log, as `actor: text` lines.
    pub(crate) fn log(&self) -> Vec<String> {
        let events = self.store().events(None).unwrap();
        events.into_iter().map(|it| format!("{}: {}", it.entry.actor, it.entry.text)).collect()
    }

    /// An administrator who is signed in, with the password.
    pub(crate) async fn admin(&self) -> (Browser, String) {
        let link = self.server.first_link().await.unwrap().unwrap();
        let path = link.strip_prefix("http://127.0.0.1:8321").unwrap().to_owned();
        let mut browser = self.browser();
        let word = word();
        let form = [("name", "root"), ("password", &word), ("again", &word)];
        let answer = browser.form(&path, &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser.learn().await;
        (browser, word)
    }

    /// Somebody with a role who is signed in.
    pub(crate) async fn somebody(&self, admin: &mut Browser, name: &str, role: &str) -> Browser {
        let body = serde_json::json!({ "name": name, "role": role });
        let made = admin.json("POST", "/api/v1/accounts", &body).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text);
        let link = made.json()["link"].as_str().unwrap().to_owned();
        let path = link.strip_prefix("http://127.0.0.1:8321").unwrap().to_owned();
        let mut browser = self.browser();
        let word = word();
        let answer = browser.form(&path, &[("password", &word), ("again", &word)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser.learn().await;
        browser
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser {
            app: self.app.clone(),
            cookies: BTreeMap::new(),
            csrf: None,
            host: "127.0.0.1:8321".to_owned(),
            from: "127.0.0.1:4000".to_owned(),
            more: Vec::new(),
        }
    }

    /// Records a finding in a file; its incident's number.
    pub(crate) fn found(&self, path: &str) -> i64 {
        let mut store = self.store();
        store
            .record(&Scan {
                at: jiff::Timestamp::now().as_second(),
                actor: "test",
                targets: &[],
                findings: &[finding(path)],
                covered: &[],
                due: &|_| None,
            })
            .unwrap();
        store.count().unwrap() as i64
    }
}

async fn broken() -> String {
    panic!("a value that nobody should see: hunter2")
}

fn finding(path: &str) -> Finding {
    let secret = Secret::new(random_value().as_bytes());
    Finding {
        // A kind that is known: steps are taken by what its dossier says.
        dossier: Library::builtin().dossiers()[0].id().clone(),
        fingerprint: Fingerprint::new("acme", &secret),
        secret,
        companions: Vec::new(),
        confidence: Confidence::of(&[]),
        signals: Vec::new(),
        severity: Rating { level: Severity::High, why: vec!["it bills".to_owned()] },
        locations: vec![Location {
            inside: Way::default(),
            deleted_by: None,
            provenance: Arc::new(Provenance::File(FilePlace {
                path: path.as_bytes().to_vec(),
                tracking: Tracking::Tracked,
            })),
            span: Span { start: 4, end: 36 },
            start: Position { line: 1, column: 5 },
            end: Position { line: 1, column: 37 },
            decoded: Vec::new(),
            excerpt: Excerpt { text: "KEY=abcd…wxyz".to_owned(), mark: 4..15 },
        }],
        verification: Verification::default(),
        assessment: None,
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }
}

/// Keeps cookies as a browser does, and says where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) app: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) csrf: Option<String>,
    pub(crate) host: String,
    pub(crate) from: String,
    pub(crate) more: Vec<(String, String)>,
}

impl Browser {
    /// With a header more.
    pub(crate) fn sending(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.more.push((name.to_owned(), value.to_owned()));
        other
    }

    /// Another that asks with a token.
    pub(crate) fn bearer(&self, token: &str) -> Self {
        let mut other = self.sending("authorization", &format!("Bearer {token}"));
        other.cookies.clear();
        other.csrf = None;
        other
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        kind: Option<&str>,
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !self.host.is_empty() {
            request = request.header(header::HOST, &self.host);
        }
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if !self.cookies.is_empty() {
            let all: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, all.join("; "));
        }
        for (name, value) in &self.more {
            request = request.header(name, value);
        }
        let mut request = request.body(body.into()).unwrap();
        request.extensions_mut().insert(Peer(self.from.parse().unwrap()));
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() || text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None, Body::empty()).await
    }

    pub(crate) async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            body.append_pair(name, value);
        }
        let body = body.finish();
        self.send("POST", path, Some("application/x-www-form-urlencoded"), body).await
    }

    pub(crate) async fn json(
        &mut self,
        method: &str,
        path: &str,
        body: &serde_json::Value,
    ) -> Answer {
        let mut carrying = self.clone();
        if let Some(csrf) = &self.csrf {
            carrying = carrying.sending("x-csrf-token", csrf);
        }
        carrying.send(method, path, Some("application/json"), body.to_string()).await
    }

    /// Learns what forms of this session carry.
    pub(crate) async fn learn(&mut self) {
        let me = self.get("/api/v1/me").await;
        assert_eq!(me.status, StatusCode::OK, "{}", me.text);
        self.csrf = me.json()["csrf"].as_str().map(str::to_owned);
        assert!(self.csrf.is_some());
    }

    pub(crate) async fn sign_in(&mut self, name: &str, word: &str) -> Answer {
        self.form("/sign-in", &[("name", name), ("password", word)]).await
    }
}

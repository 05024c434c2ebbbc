//! A dashboard over a store with incidents that were written to attack whoever looks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Extension, Router,
    body::Body,
    http::{Request, Response, header},
};
use leeward_counterpart::random_value;
use leeward_dossier::Library;
use leeward_model::{
    Action, Assessment, Commit, Confidence, Count, DossierId, Entry, EventKind, Evidence, Excerpt,
    FilePlace, Finding, Fingerprint, Gap as Unknown, GitObjectKind, GitPlace, Grant, History,
    Impact, Incident, IncidentId, Location, ObjectId, Position, Progress, Provenance, Rating,
    RemotePlace, Secret, Severity, Signal, SignalKind, Signature, Span, Standing, StepName,
    Tracking, Trait, Validity, Verification, Way,
};
use leeward_respond::{Plan, Planned};
use leeward_server::{
    Pool, Role, Shared, Who,
    dashboard::{
        self, Backstage, Behind, Gap, Job, Jobs, Responding, Settings, Source, SourceAsk,
        SourceHealth, StepPlan,
        behind::{Account, Token},
    },
    shared::Inner,
};
use leeward_store::{Learnt, Place, Scan, Store};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// What must never be markup, nor run.
pub(crate) const HOSTILE: &str =
    "<script>window.ran=1</script><img src=x onerror=\"window.ran=1\">'\"&\u{202e}\u{1b}[31m";

pub(crate) struct World {
    pub(crate) shared: Shared,
    pub(crate) calls: Arc<Mutex<Vec<String>>>,
    _directory: TempDir,
}

fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}

impl World {
    /// With a few dozen incidents, or with none.
    pub(crate) fn new(full: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::File(directory.path().join("a.db"));
        let library = Library::builtin();
        if full {
            fill(&mut Store::open(&place).unwrap(), &library);
        }
        let shared = Shared(Arc::new(Inner {
            pool: Pool::open(place).unwrap(),
            library: Arc::new(library),
            public_url: "http://127.0.0.1".to_owned(),
        }));
        Self { shared, calls: Arc::default(), _directory: directory }
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(self.shared.pool.place()).unwrap()
    }

    /// As somebody of a role sees it.
    pub(crate) fn router(&self, role: Role) -> Router {
        let who = Who { name: "ann".to_owned(), role, csrf: Some("proof-of-form".to_owned()) };
        let fake = Arc::new(Fake(self.calls.clone()));
        let behind =
            Behind { backstage: Some(fake.clone()), responding: Some(fake), ..Behind::default() };
        self.bare().layer(Extension(who)).layer(Extension(behind))
    }

    /// As nobody sees it.
    pub(crate) fn bare(&self) -> Router {
        dashboard::routes().merge(dashboard::assets()).with_state(self.shared.clone())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.ask(Role::Admin, Request::get(path).body(Body::empty()).unwrap()).await)
            .await
    }

    pub(crate) async fn post(&self, role: Role, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        Answer::of(self.ask(role, request).await).await
    }

    async fn ask(&self, role: Role, request: Request<Body>) -> Response<Body> {
        self.router(role).oneshot(request).await.unwrap()
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 16 << 20).await.unwrap().to_vec();
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What the next page would say.
    pub(crate) fn flash(&self) -> String {
        let cookie = self.header("set-cookie");
        let value = cookie.strip_prefix("leeward_flash=").unwrap_or_default();
        let value = value.split(';').next().unwrap_or_default();
        percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
    }
}

/// Everything behind the dashboard, as a test has it.
struct Fake(Arc<Mutex<Vec<String>>>);

impl Fake {
    fn note(&self, text: String) -> Result<String, String> {
        self.0.lock().unwrap().push(text);
        Ok("it was done".to_owned())
    }
}

impl Backstage for Fake {
    fn sources(&self) -> Result<Vec<Source>, String> {
        let source = |name: &str, health, gaps| Source {
            name: name.to_owned(),
            service: "feed".to_owned(),
            what: "the newest pastes that name us".to_owned(),
            health,
            last: Some(now() - 240),
            next: Some(now() + 60),
            gaps,
            counters: vec![("items read".to_owned(), 12_345), ("found".to_owned(), 2)],
        };
        let gap = Gap {
            what: HOSTILE.to_owned(),
            why: "larger than 5 MiB: look at it by hand".to_owned(),
            at: Some(now() - 3600),
        };
        Ok(vec![
            source("pastes", SourceHealth::Well, vec![gap]),
            source(
                HOSTILE,
                SourceHealth::Failing("the service answered 401: make a new token".to_owned()),
                Vec::new(),
            ),
            source("forum", SourceHealth::Paused, Vec::new()),
        ])
    }

    fn ask_source(&self, who: &str, name: &str, ask: SourceAsk) -> Result<String, String> {
        self.note(format!("{who} {ask:?} {name}"))
    }

    fn jobs(&self) -> Result<Jobs, String> {
        let job = |kind: &str, what: &str, failure: Option<&str>| Job {
            kind: kind.to_owned(),
            what: what.to_owned(),
            incident: Some(IncidentId(1)),
            due: Some(now() + 300),
            attempts: 3,
            failure: failure.map(str::to_owned),
        };
        Ok(Jobs {
            waiting: vec![("ask again".to_owned(), 12), ("letters".to_owned(), 1)],
            next: vec![job("ask again", "whether it is live", None)],
            dead: vec![job("letter", HOSTILE, Some("the chat answered 404: name another channel"))],
        })
    }

    fn settings(&self) -> Result<Settings, String> {
        Ok(Settings {
            accounts: vec![
                Account {
                    name: "ann".to_owned(),
                    role: Role::Admin,
                    way: "password".to_owned(),
                    last: Some(now() - 60),
                    is_disabled: false,
                },
                Account {
                    name: HOSTILE.to_owned(),
                    role: Role::Viewer,
                    way: "single sign-on".to_owned(),
                    last: None,
                    is_disabled: true,
                },
            ],
            tokens: vec![Token {
                id: "t1".to_owned(),
                name: "the build".to_owned(),
                role: Role::Viewer,
                owner: "ann".to_owned(),
                made: now() - 86_400,
                until: Some(now() + 86_400),
                last: None,
            }],
            channels: vec![[
                "security".to_owned(),
                "slack".to_owned(),
                "critical and high".to_owned(),
            ]],
            effective: vec![("listen".to_owned(), "127.0.0.1:8080".to_owned())],
        })
    }
}

impl Responding for Fake {
    fn plan(&self, _: &Incident, step: StepName) -> Result<StepPlan, String> {
        let mut plan = Plan::default();
        plan.acts.push(Planned {
            text: "ask the provider whether it is live".to_owned(),
            changes: false,
        });
        plan.acts.push(Planned {
            text: "delete the key `k1` at the provider".to_owned(),
            changes: true,
        });
        plan.needs.push("an administrator's credential: set `LEEWARD_ADMIN`".to_owned());
        Ok(StepPlan { plan, hindered: None, wants_value: step == StepName::Revoke })
    }

    fn apply(
        &self,
        who: &str,
        id: IncidentId,
        step: StepName,
        value: Option<Secret>,
    ) -> Result<String, String> {
        self.note(format!("{who} applies {step} to {id}, value: {}", value.is_some()))
    }

    fn decide(
        &self,
        who: &str,
        id: IncidentId,
        step: StepName,
        progress: Progress,
        text: &str,
    ) -> Result<String, String> {
        self.note(format!("{who} {} {step} of {id}: {text}", progress.name()))
    }
}

fn location(provenance: Provenance, line: u64, before: &str) -> Location {
    Location {
        inside: Way::default(),
        deleted_by: None,
        provenance: Arc::new(provenance),
        span: Span { start: line * 80, end: line * 80 + 32 },
        start: Position { line, column: 9 },
        end: Position { line, column: 41 },
        decoded: Vec::new(),
        excerpt: Excerpt {
            text: format!("{before}KEY=abcd…wxyz # keep"),
            mark: before.len() + 4..before.len() + 4 + "abcd…wxyz".len(),
        },
    }
}

fn file(path: &str, line: u64) -> Location {
    let place = FilePlace { path: path.as_bytes().to_vec(), tracking: Tracking::Tracked };
    location(Provenance::File(place), line, "export ")
}

fn finding(kind: &DossierId, severity: Severity, locations: Vec<Location>) -> Finding {
    let secret = Secret::new(random_value().as_bytes());
    let signals = vec![Signal {
        kind: SignalKind::Binding,
        weight: 2.3,
        why: "bound to ACME_API_KEY".into(),
    }];
    Finding {
        dossier: kind.clone(),
        fingerprint: Fingerprint::new("acme", &secret),
        secret,
        companions: Vec::new(),
        confidence: Confidence::of(&signals),
        signals,
        severity: Rating { level: severity, why: vec!["live and in a public place".to_owned()] },
        locations,
        verification: Verification::default(),
        assessment: None,
    }
}

fn hostile_places(at: i64) -> Vec<Location> {
    let commit = Commit {
        id: ObjectId::from_bytes(&[7; 20]).unwrap(),
        author: Signature { name: HOSTILE.to_owned(), email: HOSTILE.to_owned(), at },
        committed_at: at,
        summary: HOSTILE.to_owned(),
    };
    let history = History {
        paths: vec![format!("src/{HOSTILE}.py").into_bytes()],
        introduced: Some(commit),
        in_head: true,
        reachable: true,
        refs: vec![format!("refs/remotes/origin/{HOSTILE}")],
    };
    let git = Provenance::Git(GitPlace {
        repository: "https://git.example.com/acme/app.git".to_owned(),
        kind: GitObjectKind::Blob,
        object: ObjectId::from_bytes(&[9; 20]).unwrap(),
        history: Some(Box::new(history)),
    });
    let paste = Provenance::Remote(Box::new(RemotePlace {
        source: "pastes".to_owned(),
        service: "feed".to_owned(),
        item: format!("paste {HOSTILE}"),
        url: "javascript:window.ran=1".to_owned(),
        path: None,
        author: Some(HOSTILE.to_owned()),
        at: Some(at),
        is_public: Some(true),
    }));
    let page = Provenance::Remote(Box::new(RemotePlace {
        source: "pastes".to_owned(),
        service: "feed".to_owned(),
        item: "paste 12".to_owned(),
        url: "https://paste.example.com/12".to_owned(),
        path: None,
        author: None,
        at: Some(at),
        is_public: Some(true),
    }));
    vec![
        file("/srv/app/.env", 3),
        location(git, 12, HOSTILE),
        location(paste, 1, HOSTILE),
        location(page, 2, ""),
    ]
}

fn evidence(at: i64) -> Evidence {
    Evidence {
        probe: "models".to_owned(),
        method: "GET".to_owned(),
        host: "api.acme.example".to_owned(),
        path: "/v1/models".to_owned(),
        status: Some(200),
        meaning: "it accepts the key".to_owned(),
        at,
        attempts: 1,
        millis: 182,
        correlation: Some("req-17".to_owned()),
    }
}

fn assessment(at: i64) -> Assessment {
    let action = |id: &str, title: &str, standing, grants: &[&str]| Action {
        id: id.to_owned(),
        title: title.to_owned(),
        standing,
        because: "the host answered".to_owned(),
        grants: grants.iter().map(|id| (*id).to_owned()).collect(),
    };
    Assessment {
        identity: vec![Trait {
            role: "organisation".to_owned(),
            label: "Organisation".to_owned(),
            value: HOSTILE.to_owned(),
        }],
        grants: vec![Grant {
            id: "files".to_owned(),
            permission: "read-files".to_owned(),
            noun: ("file".to_owned(), "files".to_owned()),
            verb: "read".to_owned(),
            count: Count::Exactly(214),
            listed: 214,
            bytes: Some(3_400_000),
            sums: Vec::new(),
            tallies: Vec::new(),
            span: None,
            names: vec!["salaries.csv".to_owned(), HOSTILE.to_owned()],
            target: false,
            raises: Some("it reads what others uploaded".to_owned()),
            probe: "files".to_owned(),
        }],
        actions: vec![
            action("spend", "Spend the owner's money", Standing::Proven, &[]),
            action("read", "Read uploaded files", Standing::Proven, &["files"]),
            action("delete", "Delete files", Standing::Inferred, &[]),
            action("agents", "Change agents", Standing::Unknown, &[]),
        ],
        impacts: vec![Impact {
            id: "leak".to_owned(),
            title: "Documents leak".to_owned(),
            standing: Standing::Proven,
            text: "whoever has it reads every file".to_owned(),
            from: vec!["read".to_owned()],
        }],
        gaps: vec![Unknown {
            probe: "agents".to_owned(),
            what: "how many agents there are".to_owned(),
            why: "the host answered 503".to_owned(),
            by_choice: false,
        }],
        evidence: vec![evidence(at)],
    }
}

fn entry(id: IncidentId, at: i64, kind: EventKind, text: &str, facts: &[(&str, &str)]) -> Entry {
    let facts: BTreeMap<String, String> =
        facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Entry { incident: Some(id), at, actor: "bob".to_owned(), kind, text: text.to_owned(), facts }
}

fn due(severity: Severity) -> Option<i64> {
    Some(if severity == Severity::Critical { 86_400 } else { 14 * 86_400 })
}

fn fill(store: &mut Store, library: &Library) {
    const DAY: i64 = 86_400;
    let now = now();
    let kind = library.dossiers()[0].id().clone();
    let levels = [Severity::High, Severity::Medium, Severity::Low, Severity::Critical];
    let scan = |store: &mut Store, at: i64, findings: &[Finding]| {
        store
            .record(&Scan { at, actor: "scan", targets: &[], findings, covered: &[], due: &due })
            .unwrap()
            .opened
    };
    // The first is the worst of all, and written to attack.
    let bad = finding(&kind, Severity::Critical, hostile_places(now - 40 * DAY));
    let first = scan(store, now - 3 * DAY, &[bad])[0];
    let said = Verification {
        validity: Validity::Active,
        why: "the host `api.acme.example` accepted it".to_owned(),
        checked_at: Some(now - 3600),
        evidence: vec![evidence(now - 3600)],
    };
    let learnt = Learnt {
        dossier: &kind,
        verification: Some(&said),
        assessment: Some(&assessment(now - 3600)),
        severity: None,
    };
    store.learn(first, &learnt, &[]).unwrap();
    store
        .append(&[
            entry(first, now - 3000, EventKind::Assigned, "because", &[("owner", HOSTILE)]),
            entry(first, now - 2900, EventKind::Noted, HOSTILE, &[]),
            entry(
                first,
                now - 2800,
                EventKind::Step,
                "the log shows 3 strange requests",
                &[("step", "audit"), ("progress", "done")],
            ),
            entry(
                first,
                now - 2700,
                EventKind::Step,
                "the provider did not answer: try it again",
                &[("step", "revoke"), ("progress", "failed")],
            ),
        ])
        .unwrap();
    for n in 0..70_i64 {
        let at = now - (n * 37 % 80) * DAY - n * 61;
        let one = finding(
            &kind,
            levels[n as usize % 3],
            vec![file(&format!("/srv/app-{}/config/settings-{n}.py", n % 7), n as u64 + 1)],
        );
        let id = scan(store, at, &[one])[0];
        if n % 4 == 0 {
            store
                .append(&[entry(
                    id,
                    at + 60,
                    EventKind::Assigned,
                    "because",
                    &[("owner", ["ann", "bob", "carol"][n as usize % 3])],
                )])
                .unwrap();
        }
        let end = at + (n % 9) * DAY + 3600;
        if n % 3 != 0 && end < now {
            store
                .append(&[
                    entry(
                        id,
                        end - 60,
                        EventKind::Verified,
                        "refused",
                        &[("validity", "inactive")],
                    ),
                    entry(
                        id,
                        end,
                        EventKind::Moved,
                        "every step is done",
                        &[("from", "open"), ("to", "closed")],
                    ),
                ])
                .unwrap();
        }
    }
    while store.measure_exposures(500).unwrap() > 0 {}
}

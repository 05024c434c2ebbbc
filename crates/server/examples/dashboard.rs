//! Fills a store with incidents and times each page of the dashboard, from the request to
//! the last byte: `cargo run --release -p leeward-server --example dashboard -- 100000`.
//! It measures, and judges nothing: numbers stand in `docs/performance.md`. With a path
//! after the number it only fills that file, for `bench/serve.py` to serve.

use std::{
    io::{self, Write as _},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Extension, body::Body, http::Request};
use leeward_counterpart::random_value;
use leeward_dossier::Library;
use leeward_model::{
    Confidence, Entry, EventKind, Excerpt, FilePlace, Finding, Fingerprint, IncidentId, Location,
    Position, Provenance, Rating, Secret, Severity, Span, Tracking, Verification, Way,
};
use leeward_server::{Pool, Role, Shared, Who, dashboard, shared::Inner};
use leeward_store::{Place, Scan, Store};
use tower::ServiceExt as _;

/// Pages, and how often each is asked for.
const PAGES: [&str; 14] = [
    "/",
    "/?range=52w",
    "/?range=30d",
    "/counts",
    "/incidents",
    "/incidents?state=any&sort=newest",
    "/incidents?severity=low&validity=inactive&state=closed",
    "/incidents?owner=carol&overdue=1",
    "/incidents?owner=nobody-has-this-name",
    "/incidents?q=settings-99999&state=any",
    "/incidents?q=nothing+has+this&state=any",
    "/incidents/500",
    "/log",
    "/log?kind=moved&who=bob",
];
const TIMES: usize = 9;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    #[expect(clippy::disallowed_methods, reason = "a program for people")]
    let many = std::env::args().nth(1).and_then(|many| many.parse().ok()).unwrap_or(100_000);
    #[expect(clippy::disallowed_methods, reason = "a program for people")]
    let kept = std::env::args().nth(2);
    if let Some(path) = kept {
        return fill(&mut Store::open(&Place::File(path.into()))?, many);
    }
    let directory = tempfile::tempdir()?;
    let place = Place::File(directory.path().join("a.db"));
    let began = Instant::now();
    fill(&mut Store::open(&place)?, many)?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{many} incidents written and measured in {:.0} s",
        began.elapsed().as_secs_f64()
    )?;
    let mut writer = Store::open(&place)?;
    let inner = Inner {
        pool: Pool::open(place)?,
        library: Arc::new(Library::builtin()),
        public_url: String::new(),
    };
    let who = Who { name: "ann".to_owned(), role: Role::Admin, csrf: None };
    let router = dashboard::routes().with_state(Shared(Arc::new(inner))).layer(Extension(who));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for page in PAGES {
        let mut times: Vec<Duration> = Vec::new();
        let mut size = 0;
        // The log goes on before the first visit, so that nothing kept answers it.
        writer.append(&[note()])?;
        for _ in 0..TIMES {
            let began = Instant::now();
            let request = Request::get(page).body(Body::empty())?;
            let answer = runtime.block_on(router.clone().oneshot(request))?;
            let bytes = runtime.block_on(axum::body::to_bytes(answer.into_body(), 64 << 20))?;
            times.push(began.elapsed());
            size = bytes.len();
        }
        let first = times.first().map_or(0.0, |time| time.as_secs_f64() * 1000.0);
        times.sort();
        let median = times[TIMES / 2].as_secs_f64() * 1000.0;
        let worst = times[TIMES - 1].as_secs_f64() * 1000.0;
        writeln!(
            out,
            "{median:7.1} ms  (first {first:.1} ms, worst {worst:.1} ms, {} KiB)  {page}",
            size / 1024
        )?;
    }
    Ok(())
}

fn fill(store: &mut Store, many: i64) -> Result<(), Box<dyn std::error::Error>> {
    const PORTION: i64 = 1000;
    const DAY: i64 = 86_400;
    let library = Library::builtin();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs() as i64;
    let due =
        |severity: Severity| Some(if severity == Severity::Critical { DAY } else { 14 * DAY });
    let mut done = 0;
    while done < many {
        let at = now - (many - done) * 400 * DAY / many;
        let findings: Vec<Finding> = (done..(done + PORTION).min(many))
            .map(|n| {
                let secret = Secret::new(random_value().as_bytes());
                let levels = [Severity::High, Severity::Medium, Severity::Low, Severity::Critical];
                let kinds = library.dossiers();
                let path = format!("/srv/app-{}/config/settings-{n}.py", n % 97).into_bytes();
                let place = Provenance::File(FilePlace { path, tracking: Tracking::Tracked });
                Finding {
                    dossier: kinds[n as usize % kinds.len()].id().clone(),
                    fingerprint: Fingerprint::new("acme", &secret),
                    secret,
                    companions: Vec::new(),
                    confidence: Confidence::of(&[]),
                    signals: Vec::new(),
                    severity: Rating { level: levels[n as usize % 4], why: Vec::new() },
                    locations: vec![Location {
                        inside: Way::default(),
                        deleted_by: None,
                        provenance: Arc::new(place),
                        span: Span { start: 1, end: 33 },
                        start: Position { line: 1, column: 1 },
                        end: Position { line: 1, column: 33 },
                        decoded: Vec::new(),
                        excerpt: Excerpt { text: "KEY=abcd…wxyz".to_owned(), mark: 4..15 },
                    }],
                    verification: Verification::default(),
                    assessment: None,
                }
            })
            .collect();
        let scan =
            Scan { at, actor: "scan", targets: &[], findings: &findings, covered: &[], due: &due };
        let opened = store.record(&scan)?.opened;
        let mut entries = Vec::new();
        for (nth, id) in opened.iter().enumerate() {
            if nth % 4 == 0 {
                let owner = ["ann", "bob", "carol"][nth % 3];
                entries.push(entry(*id, at + 60, EventKind::Assigned, &[("owner", owner)]));
            }
            if nth % 3 != 0 {
                let end = (at + (nth as i64 % 29) * DAY + 3600).min(now);
                entries.push(entry(
                    *id,
                    end - 60,
                    EventKind::Verified,
                    &[("validity", "inactive")],
                ));
                entries.push(entry(
                    *id,
                    end,
                    EventKind::Moved,
                    &[("from", "open"), ("to", "closed")],
                ));
            }
        }
        store.append(&entries)?;
        done += PORTION;
    }
    while store.measure_exposures(2000)? > 0 {}
    Ok(())
}

/// Something that happened, to no incident.
fn note() -> Entry {
    Entry {
        incident: None,
        at: 0,
        actor: "bob".to_owned(),
        kind: EventKind::Acted,
        text: "something".to_owned(),
        facts: std::collections::BTreeMap::new(),
    }
}

fn entry(id: IncidentId, at: i64, kind: EventKind, facts: &[(&str, &str)]) -> Entry {
    let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Entry {
        incident: Some(id),
        at,
        actor: "bob".to_owned(),
        kind,
        text: "because".to_owned(),
        facts: facts.collect(),
    }
}

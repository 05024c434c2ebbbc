//! How long the store takes with 100,000 findings: `sqlite`, in a temporary directory,
//! or the address of an empty PostgreSQL database.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement for people")]

use std::{error::Error, sync::Arc, time::Instant};

use leeward_model::{
    Confidence, DossierId, EventKind, Excerpt, FilePlace, Finding, Fingerprint, GitObjectKind,
    GitPlace, History, Location, ObjectId, Position, Provenance, Rating, Secret, Severity, Signal,
    SignalKind, Span, Tracking, Verification, Way,
};
use leeward_store::{Filter, Place, Scan, Store, all_files};

/// How many findings there are before anything is measured.
const MANY: u64 = 100_000;

/// How many a scan brings.
const SCAN: u64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "a program of its own")]
    let wanted = std::env::args().nth(1).unwrap_or_else(|| "sqlite".to_owned());
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("bench.db");
    let place = if wanted == "sqlite" { Place::File(file.clone()) } else { Place::parse(&wanted) };
    let mut store = Store::open(&place)?;

    let begun = Instant::now();
    for portion in 0..MANY / SCAN {
        record(&mut store, portion * SCAN, &[]);
    }
    told("fill with 100,000 findings of two places each", begun);
    if file.exists() {
        let bytes = std::fs::metadata(&file)?.len();
        println!("{:>9} MB  the file", bytes / 1_000_000);
    }
    drop(store);

    let mut store = Store::open(&place)?;
    let mut best = f64::MAX;
    for round in 0..10 {
        let begun = Instant::now();
        let lines = store.incidents(&Filter::default())?;
        assert_eq!(lines.len() as u64, MANY);
        if round == 0 {
            told("list all 100,000 incidents, the first time", begun);
        }
        best = best.min(begun.elapsed().as_secs_f64() * 1000.0);
    }
    println!("{best:>9.1} ms  the same, the best of ten");
    let begun = Instant::now();
    let lines = store.incidents(&Filter { limit: Some(100), ..Filter::default() })?;
    told("list the first 100", begun);

    let begun = Instant::now();
    store.find(&lines[50].fingerprint.to_string()[..12])?;
    told("find one by how its fingerprint begins", begun);
    let begun = Instant::now();
    store.case(&lines[50].fingerprint)?.unwrap();
    told("read one case", begun);

    let begun = Instant::now();
    let recorded = record(&mut store, MANY, &[]);
    assert_eq!(recorded.opened.len() as u64, SCAN);
    told("record 10,000 fresh findings", begun);
    let begun = Instant::now();
    let recorded = record(&mut store, 0, &[]);
    assert_eq!(recorded.unchanged, SCAN);
    told("record 10,000 known ones", begun);
    let begun = Instant::now();
    let recorded = record(&mut store, 0, &[all_files(b"/srv/none")]);
    assert_eq!(recorded.unchanged, SCAN);
    told("the same, and look through all places for gone ones", begun);

    let id = lines[0].id;
    let begun = Instant::now();
    for _ in 0..100 {
        let entry = leeward_model::Entry {
            incident: Some(id),
            at: 1,
            actor: "bench".to_owned(),
            kind: EventKind::Noted,
            text: "a word".to_owned(),
            facts: std::collections::BTreeMap::new(),
        };
        store.append(&[entry])?;
    }
    told("append 100 entries, each by itself", begun);

    let begun = Instant::now();
    let check = store.verify_log()?;
    assert!(check.is_sound());
    told(&format!("verify the log of {} events", check.events), begun);
    Ok(())
}

fn told(what: &str, begun: Instant) {
    println!("{:>9.1} ms  {what}", begun.elapsed().as_secs_f64() * 1000.0);
}

/// Records findings by number: the same numbers are the same findings.
fn record(store: &mut Store, from: u64, covered: &[Vec<u8>]) -> leeward_store::Recorded {
    let findings: Vec<Finding> = (from..from + SCAN).map(finding).collect();
    let scan = Scan {
        at: 1_800_000_000,
        actor: "bench",
        targets: &[],
        findings: &findings,
        covered,
        due: &|severity| Some(if severity == Severity::Critical { 3600 } else { 86_400 }),
    };
    store.record(&scan).unwrap()
}

fn finding(n: u64) -> Finding {
    let secret = Secret::new(format!("benchmark-value-{n:020}").into_bytes());
    let path = format!("services/{}/config/settings-{n}.py", n % 300).into_bytes();
    let mut object = [0xab; 20];
    object[..8].copy_from_slice(&n.to_be_bytes());
    let history = History {
        paths: vec![path.clone()],
        reachable: true,
        refs: vec!["refs/heads/main".to_owned(), "refs/remotes/origin/main".to_owned()],
        ..History::default()
    };
    let location = |provenance| Location {
        inside: Way::default(),
        deleted_by: None,
        provenance: Arc::new(provenance),
        span: Span { start: 100, end: 132 },
        start: Position { line: 7, column: 20 },
        end: Position { line: 7, column: 52 },
        decoded: Vec::new(),
        excerpt: Excerpt { text: "ACME_API_KEY = \"benc…0001\"".to_owned(), mark: 16..28 },
    };
    let signal =
        |why: &'static str| Signal { kind: SignalKind::Binding, weight: 2.25, why: why.into() };
    let signals =
        vec![signal("bound to ACME_API_KEY"), signal("a client of the vendor's beside it")];
    let level = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let full = [b"/srv/repository/".as_slice(), &path].concat();
    Finding {
        dossier: DossierId::new("acme-api-key"),
        fingerprint: Fingerprint::new("acme", &secret),
        secret,
        companions: Vec::new(),
        confidence: Confidence::of(&signals),
        signals,
        severity: Rating {
            level: level[(n % 4) as usize],
            why: vec!["whoever holds it can spend the owner's money".to_owned()],
        },
        locations: vec![
            location(Provenance::File(FilePlace { path: full, tracking: Tracking::Tracked })),
            location(Provenance::Git(GitPlace {
                repository: "/srv/repository".to_owned(),
                kind: GitObjectKind::Blob,
                object: ObjectId::from_bytes(&object).unwrap(),
                history: Some(Box::new(history)),
            })),
        ],
        verification: Verification::default(),
        assessment: None,
    }
}

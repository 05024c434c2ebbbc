//! What the tests have in common: a database of one's own of either kind, and findings
//! of random values.

use std::{path::PathBuf, sync::Arc};

use leeward_counterpart::random_value;
use leeward_model::{
    Companion, Confidence, DossierId, Entry, EventKind, Excerpt, FilePlace, Finding, Fingerprint,
    GitObjectKind, GitPlace, History, IncidentId, Location, ObjectId, Position, Provenance, Rating,
    Secret, Severity, Signal, SignalKind, Span, Tracking, Validity, Verification, Way,
};
use leeward_servers::Postgres;
use leeward_store::{Place, Recorded, Scan, Store, Trouble};
use tempfile::TempDir;

/// A database of one test's own.
pub(crate) enum Base {
    Sqlite(TempDir),
    Postgres(String),
}

impl Base {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) fn postgres() -> Self {
        Self::Postgres(Postgres::shared().database())
    }

    pub(crate) fn file(&self) -> PathBuf {
        let Self::Sqlite(directory) = self else { panic!("this is no file") };
        directory.path().join("state/leeward.db")
    }

    pub(crate) fn address(&self) -> String {
        match self {
            Self::Sqlite(_) => self.file().to_str().unwrap().to_owned(),
            Self::Postgres(url) => url.clone(),
        }
    }

    pub(crate) fn place(&self) -> Place {
        Place::parse(&self.address())
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(&self.place()).unwrap()
    }

    /// Does to the database what the store would not do.
    pub(crate) fn tamper(&self, sql: &str) {
        match self {
            Self::Sqlite(_) => {
                let file = rusqlite::Connection::open(self.file()).unwrap();
                file.execute_batch(
                    "PRAGMA foreign_keys = OFF;
                     DROP TRIGGER IF EXISTS events_are_not_changed;
                     DROP TRIGGER IF EXISTS events_are_not_deleted;",
                )
                .unwrap();
                file.execute_batch(sql).unwrap();
            }
            Self::Postgres(url) => {
                let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
                // Without triggers and foreign keys.
                client.batch_execute("SET session_replication_role = replica").unwrap();
                client.batch_execute(sql).unwrap();
            }
        }
    }
}

/// A test that runs on both.
macro_rules! on_both {
    ($(#[$meta:meta])* fn $name:ident($base:ident: &Base) $body:block) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "each test uses what it needs of its file's")]
            use super::*;

            fn test($base: &$crate::fixture::Base) $body

            #[test]
            fn sqlite() {
                test(&$crate::fixture::Base::sqlite());
            }

            #[test]
            fn postgres() {
                test(&$crate::fixture::Base::postgres());
            }
        }
    };
}
pub(crate) use on_both;

/// When the tests begin.
pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) fn file(path: impl AsRef<[u8]>, at: u64) -> Location {
    let path = path.as_ref().to_vec();
    place(Provenance::File(FilePlace { path, tracking: Tracking::Tracked }), at)
}

pub(crate) fn object(repository: &str, byte: u8, at: u64) -> Location {
    let history = History {
        paths: vec![b"config.py".to_vec()],
        reachable: true,
        refs: vec!["refs/heads/main".to_owned()],
        ..History::default()
    };
    place(
        Provenance::Git(GitPlace {
            repository: repository.to_owned(),
            kind: GitObjectKind::Blob,
            object: ObjectId::from_bytes(&[byte; 20]).unwrap(),
            history: Some(Box::new(history)),
        }),
        at,
    )
}

pub(crate) fn place(provenance: Provenance, at: u64) -> Location {
    Location {
        inside: Way::default(),
        deleted_by: None,
        provenance: Arc::new(provenance),
        span: Span { start: at, end: at + 32 },
        start: Position { line: at, column: 5 },
        end: Position { line: at, column: 37 },
        decoded: Vec::new(),
        excerpt: Excerpt { text: "KEY=abcd…wxyz".to_owned(), mark: 4..15 },
    }
}

/// A finding of a value that nobody else has.
pub(crate) fn finding(locations: &[Location]) -> Finding {
    of(&random_value(), locations)
}

/// A finding of a value.
pub(crate) fn of(value: &str, locations: &[Location]) -> Finding {
    let secret = Secret::new(value.as_bytes());
    let signals = vec![Signal {
        kind: SignalKind::Binding,
        weight: 2.3,
        why: "bound to ACME_API_KEY".into(),
    }];
    Finding {
        dossier: DossierId::new("acme-api-key"),
        fingerprint: Fingerprint::new("acme", &secret),
        secret,
        companions: vec![Companion { role: "id".to_owned(), value: "public".to_owned() }],
        confidence: Confidence::of(&signals),
        signals,
        severity: rating(Severity::High),
        locations: locations.to_vec(),
        verification: Verification::default(),
        assessment: None,
    }
}

pub(crate) fn rating(level: Severity) -> Rating {
    Rating { level, why: vec!["it bills".to_owned()] }
}

pub(crate) fn said(validity: Validity, at: i64) -> Verification {
    Verification {
        validity,
        why: "the host `api.acme.example` said so".to_owned(),
        checked_at: Some(at),
        evidence: Vec::new(),
    }
}

/// Due after an hour if critical, after a day otherwise.
pub(crate) fn due(severity: Severity) -> Option<i64> {
    Some(if severity == Severity::Critical { 3600 } else { 86_400 })
}

pub(crate) fn record(store: &mut Store, at: i64, findings: &[Finding]) -> Recorded {
    covering(store, at, findings, &[])
}

pub(crate) fn covering(
    store: &mut Store,
    at: i64,
    findings: &[Finding],
    covered: &[Vec<u8>],
) -> Recorded {
    store.record(&scan(at, findings, covered)).unwrap()
}

pub(crate) fn scan<'a>(at: i64, findings: &'a [Finding], covered: &'a [Vec<u8>]) -> Scan<'a> {
    Scan { at, actor: "test", targets: &[], findings, covered, due: &due }
}

pub(crate) fn entry(id: IncidentId, at: i64, kind: EventKind, facts: &[(&str, &str)]) -> Entry {
    let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Entry {
        incident: Some(id),
        at,
        actor: "ann".to_owned(),
        kind,
        text: "because".to_owned(),
        facts: facts.collect(),
    }
}

pub(crate) fn close(store: &mut Store, id: IncidentId, at: i64) {
    store.append(&[entry(id, at, EventKind::Moved, &[("to", "closed")])]).unwrap();
}

/// The kinds of an incident's events, in order.
pub(crate) fn kinds(store: &mut Store, id: IncidentId) -> Vec<&'static str> {
    store.events(Some(id)).unwrap().iter().map(|event| event.entry.kind.name()).collect()
}

/// The log must be sound.
#[track_caller]
pub(crate) fn assert_sound(store: &mut Store) {
    let check = store.verify_log().unwrap();
    assert!(check.is_sound(), "{:?}", check.problems);
}

/// What opening says when it fails.
#[track_caller]
pub(crate) fn refusal(opened: Result<Store, Trouble>) -> Trouble {
    opened.expect_err("it opened")
}

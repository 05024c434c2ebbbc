//! What is kept of a finding comes back as it was, and its value is not kept.

use std::fs;

use leeward_model::{
    Action, Assessment, Commit, Count, DossierId, Encoding, EventKind, Evidence, FilePlace,
    GitObjectKind, GitPlace, Grant, History, Impact, Location, ObjectId, Provenance, Severity,
    Signature, Standing, State, Tally, Tracking, Trait, Validity, Verification,
};
use leeward_store::{Filter, Learnt, Trouble};

use crate::fixture::*;

/// Text that other people chose.
const HOSTILE: &str =
    "'; DROP TABLE events; --\u{1b}[31m\"\\\u{0}\u{202e}\u{feff}\u{1f600}$1 ?1 (…) %s";

fn evidence() -> Evidence {
    Evidence {
        probe: "models".to_owned(),
        method: "GET".to_owned(),
        host: "api.acme.example:8443".to_owned(),
        path: "/v1/models?a=%00".to_owned(),
        status: None,
        meaning: HOSTILE.to_owned(),
        at: i64::MIN,
        attempts: u32::MAX,
        millis: u64::MAX,
        correlation: Some(HOSTILE.to_owned()),
    }
}

fn reach() -> Assessment {
    let text = || HOSTILE.to_owned();
    let grant = |count| Grant {
        id: "files".to_owned(),
        permission: text(),
        noun: ("file".to_owned(), text()),
        verb: "read".to_owned(),
        count,
        listed: 3,
        bytes: Some(u64::MAX),
        sums: vec![(text(), 7)],
        tallies: vec![Tally { label: text(), counts: vec![(text(), 1), (String::new(), 2)] }],
        span: Some((-1, i64::MAX)),
        names: vec![text(), String::new()],
        target: true,
        raises: Some(text()),
        probe: "files".to_owned(),
    };
    let standings = [Standing::Proven, Standing::Inferred, Standing::Unknown, Standing::Refused];
    Assessment {
        identity: vec![Trait { role: text(), label: text(), value: text() }],
        grants: [Count::Exactly(4), Count::AtLeast(9), Count::Unsaid].map(grant).to_vec(),
        actions: standings
            .map(|standing| Action {
                id: text(),
                title: text(),
                standing,
                because: text(),
                grants: vec![text()],
            })
            .to_vec(),
        impacts: standings
            .map(|standing| Impact {
                id: text(),
                title: text(),
                standing,
                text: text(),
                from: vec![text()],
            })
            .to_vec(),
        gaps: vec![leeward_model::Gap {
            probe: text(),
            what: text(),
            why: text(),
            by_choice: true,
        }],
        evidence: vec![evidence()],
    }
}

fn places() -> Vec<Location> {
    let mut all = vec![
        place(Provenance::Stdin, u64::from(u32::MAX)),
        file(b"/srv/\xff\xfe\\x41\n'\"/\xc3\xa9", 2),
    ];
    let trackings =
        [Tracking::NoRepository, Tracking::Tracked, Tracking::Untracked, Tracking::Ignored];
    for (n, tracking) in trackings.into_iter().enumerate() {
        let path = format!("/srv/{n}").into_bytes();
        all.push(place(Provenance::File(FilePlace { path, tracking }), 1));
    }
    let kinds =
        [GitObjectKind::Blob, GitObjectKind::Staged, GitObjectKind::Commit, GitObjectKind::Tag];
    for (kind, length) in kinds.into_iter().zip([20, 32, 20, 32]) {
        let object = ObjectId::from_bytes(&[0xab; 32][..length]).unwrap();
        let history = History {
            paths: vec![b"a/\xff".to_vec(), HOSTILE.as_bytes().to_vec()],
            introduced: Some(Commit {
                id: object,
                author: Signature { name: HOSTILE.to_owned(), email: HOSTILE.to_owned(), at: -5 },
                committed_at: 99,
                summary: HOSTILE.to_owned(),
            }),
            in_head: true,
            reachable: false,
            refs: vec![HOSTILE.to_owned()],
        };
        let history = (length == 20).then(|| Box::new(history));
        let repository = "https://host.example/r.git".to_owned();
        all.push(place(Provenance::Git(GitPlace { repository, kind, object, history }), 1));
    }
    let layers = [
        Encoding::Base64,
        Encoding::Hex,
        Encoding::Percent,
        Encoding::Escape,
        Encoding::Utf16Le,
        Encoding::Utf16Be,
        Encoding::Concatenation,
    ];
    let mut encoded = file("/srv/encoded", 1);
    encoded.decoded = layers.to_vec();
    encoded.excerpt.text = format!("é{HOSTILE}");
    encoded.excerpt.mark = 2..5;
    all.push(encoded);
    all
}

on_both! {
    fn everything_comes_back_as_it_was(base: &Base) {
        let mut store = base.open();
        let mut found = finding(&places());
        found.dossier = DossierId::new(HOSTILE.replace('\0', ""));
        found.severity.why = vec![HOSTILE.to_owned()];
        found.signals[0].why = HOSTILE.into();
        found.companions[0].value = HOSTILE.to_owned();
        found.verification = Verification {
            validity: Validity::Restricted,
            why: HOSTILE.to_owned(),
            checked_at: None,
            evidence: vec![evidence(), evidence()],
        };
        found.assessment = Some(reach());
        let found = [found];
        let id = record(&mut store, NOW, &found).opened[0];
        let case = store.case(&found[0].fingerprint).unwrap().unwrap();
        let mut expected = found[0].locations.clone();
        // Work tree first; what came from nowhere else is last.
        expected.sort_by_key(|place| !matches!(&*place.provenance, Provenance::File(_)));
        assert_eq!(format!("{:?}", case.locations), format!("{expected:?}"));
        assert_eq!(case.dossier, found[0].dossier);
        assert_eq!(case.hint, found[0].secret.hint());
        assert_eq!(case.companions, found[0].companions);
        assert_eq!(case.signals, found[0].signals);
        assert_eq!(case.severity, found[0].severity);
        assert_eq!(case.verification, found[0].verification);
        assert_eq!(case.assessment, found[0].assessment);
        assert!(case.gone.is_empty());

        // And in the log, but for what no text of PostgreSQL may hold.
        let facts = [("owner", HOSTILE), (HOSTILE, HOSTILE)];
        let mut said = entry(id, NOW, EventKind::Assigned, &facts);
        (said.text, said.actor) = (HOSTILE.to_owned(), HOSTILE.to_owned());
        let event = store.append(&[said.clone()]).unwrap().remove(0);
        let kept = HOSTILE.replace('\0', "\u{fffd}");
        assert_eq!(event.fact(&kept), Some(&*kept));
        assert_eq!((&event.entry.text, &event.entry.actor), (&kept, &kept));
        assert_eq!(store.events(Some(id)).unwrap().last(), Some(&event));
        let owned = Filter { owner: Some(HOSTILE.to_owned()), ..Filter::default() };
        assert_eq!(store.incidents(&owned).unwrap().len(), 1);
        assert_eq!(record(&mut store, NOW + 1, &found).unchanged, 1);
        assert_sound(&mut store);
    }
}

on_both! {
    fn what_is_learnt_is_kept_with_its_events(base: &Base) {
        let mut store = base.open();
        let found = finding(&[file("/srv/a", 1)]);
        let print = found.fingerprint;
        let id = record(&mut store, NOW, &[found]).opened[0];
        let other = DossierId::new("acme-admin-key");
        let learnt = Learnt {
            dossier: &other,
            verification: Some(&said(Validity::Active, NOW + 3)),
            assessment: Some(&reach()),
            severity: Some(&rating(Severity::Critical)),
        };
        let told = [entry(id, NOW + 3, EventKind::Verified, &[("validity", "active")])];
        let events = store.learn(id, &learnt, &told).unwrap();
        let kinds: Vec<_> = events.iter().map(|event| event.entry.kind.name()).collect();
        assert_eq!(kinds, ["verified", "assessed", "rated"], "what nobody said is added");
        let case = store.case(&print).unwrap().unwrap();
        assert_eq!((case.dossier, case.severity.level), (other.clone(), Severity::Critical));
        assert_eq!(case.verification, said(Validity::Active, NOW + 3));
        assert_eq!(case.assessment, Some(reach()));
        let line = store.incident(id).unwrap().unwrap();
        assert_eq!((line.validity, line.severity), (Validity::Active, Severity::Critical));
        // Nothing new is nothing to say.
        let same = Learnt { assessment: None, severity: None, ..learnt };
        assert!(store.learn(id, &same, &[]).unwrap().is_empty());
        // It was closed, and it lives.
        close(&mut store, id, NOW + 4);
        assert!(store.learn(id, &same, &[]).unwrap().is_empty(), "that was known before");
        let alive = said(Validity::Active, NOW + 5);
        let alive = Learnt { verification: Some(&alive), ..same };
        let events = store.learn(id, &alive, &[]).unwrap();
        let kinds: Vec<_> = events.iter().map(|event| event.entry.kind.name()).collect();
        assert_eq!(kinds, ["verified", "moved"]);
        assert_eq!(store.incident(id).unwrap().unwrap().state, State::Reopened);
        // All or nothing.
        let bad = [entry(id, NOW + 4, EventKind::Moved, &[])];
        let lower = rating(Severity::Low);
        let worse = Learnt { severity: Some(&lower), ..same };
        assert!(matches!(store.learn(id, &worse, &bad), Err(Trouble::Entry(_))));
        assert_eq!(store.case(&print).unwrap().unwrap().severity.level, Severity::Critical);
        assert_sound(&mut store);
    }
}

#[test]
fn paths_are_kept_from_the_root() {
    let base = Base::sqlite();
    let mut store = base.open();
    let found = finding(&[file("some/where/../else", 1), object(".", 1, 1)]);
    let print = found.fingerprint;
    record(&mut store, NOW, &[found]);
    let case = store.case(&print).unwrap().unwrap();
    let here = std::path::absolute(".").unwrap();
    let Provenance::File(place) = &*case.locations[0].provenance else { panic!() };
    assert_eq!(place.path, here.join("some/else").as_os_str().as_encoded_bytes());
    let Provenance::Git(place) = &*case.locations[1].provenance else { panic!() };
    assert_eq!(place.repository, here.to_str().unwrap());
}

#[test]
fn the_value_is_nowhere_in_the_files() {
    let base = Base::sqlite();
    let mut store = base.open();
    let values: Vec<String> = (0..50).map(|_| leeward_counterpart::random_value()).collect();
    let found: Vec<_> = values.iter().map(|value| of(value, &[file("/srv/a", 1)])).collect();
    record(&mut store, NOW, &found);
    record(&mut store, NOW + 1, &found);
    let mut files = 0;
    for entry in fs::read_dir(base.file().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        files += 1;
        for value in &values {
            let is_there = bytes.windows(value.len()).any(|window| window == value.as_bytes());
            assert!(!is_there, "{}", path.display());
            let middle = &value.as_bytes()[6..20];
            assert!(!bytes.windows(14).any(|window| window == middle), "{}", path.display());
        }
    }
    assert!(files >= 2, "the log that is written ahead was looked at too");
}

//! What becomes of a scan's findings.

use leeward_model::{
    Assessment, Evidence, GitPlace, Provenance, Severity, State, Validity, Verification,
};
use leeward_store::{Filter, all_files, all_objects};

use crate::fixture::*;

on_both! {
    fn a_new_secret_opens_an_incident(base: &Base) {
        let mut store = base.open();
        let found = [finding(&[file("/srv/app/.env", 3), object("/srv/app", 1, 10)])];
        let recorded = record(&mut store, NOW, &found);
        assert_eq!((recorded.opened.len(), recorded.updated, recorded.unchanged), (1, 0, 0));
        let line = store.incidents(&Filter::default()).unwrap().remove(0);
        assert_eq!(line.id, recorded.opened[0]);
        assert_eq!(line.fingerprint, found[0].fingerprint);
        assert_eq!(line.hint, found[0].secret.hint());
        assert_eq!((line.state, line.severity), (State::Open, Severity::High));
        assert_eq!(line.due, Some(NOW + 86_400));
        assert_eq!((line.opened_at, line.updated_at, line.closed_at), (NOW, NOW, None));
        assert_eq!((line.place.as_str(), line.places), ("/srv/app/.env:3", 2));
        assert_eq!(kinds(&mut store, line.id), ["opened"]);

        let again = record(&mut store, NOW + 5, &found);
        assert_eq!((again.opened.len(), again.updated, again.unchanged), (0, 0, 1));
        assert_eq!(kinds(&mut store, line.id), ["opened"], "nothing happened");
        let case = store.case(&line.fingerprint).unwrap().unwrap();
        assert_eq!((case.first_seen, case.last_seen), (NOW, NOW + 5));
        assert_sound(&mut store);
    }
}

on_both! {
    fn places_come_and_go(base: &Base) {
        let mut store = base.open();
        let value = leeward_counterpart::random_value();
        let (a, b, c) = (file("/srv/a", 1), file("/srv/b", 1), file("/home/c", 1));
        let id = record(&mut store, NOW, &[of(&value, &[a.clone(), c.clone()])]).opened[0];

        let covered = [all_files(b"/srv")];
        let seen = [of(&value, std::slice::from_ref(&b))];
        let recorded = covering(&mut store, NOW + 1, &seen, &covered);
        assert_eq!((recorded.updated, recorded.reopened.len()), (1, 0));
        assert_eq!(kinds(&mut store, id), ["opened", "seen", "gone"]);
        let case = store.case(&seen[0].fingerprint).unwrap().unwrap();
        let paths = |places: &[leeward_model::Location]| -> Vec<String> {
            let path = |place: &leeward_model::Location| match &*place.provenance {
                Provenance::File(place) => String::from_utf8(place.path.clone()).unwrap(),
                _ => panic!("{place:?}"),
            };
            places.iter().map(path).collect()
        };
        assert_eq!(paths(&case.locations), ["/home/c", "/srv/b"], "/home was not looked at");
        assert_eq!(paths(&case.gone), ["/srv/a"]);
        assert_eq!(store.incident(id).unwrap().unwrap().places, 2);

        // All of it is gone; and it is said once.
        let everything = [all_files(b"/")];
        covering(&mut store, NOW + 2, &[], &everything);
        covering(&mut store, NOW + 3, &[], &everything);
        assert_eq!(kinds(&mut store, id), ["opened", "seen", "gone", "gone"]);
        let line = store.incident(id).unwrap().unwrap();
        assert_eq!((line.places, line.updated_at), (0, NOW + 2));
        assert_sound(&mut store);
    }
}

on_both! {
    fn what_was_not_looked_at_is_not_gone(base: &Base) {
        let mut store = base.open();
        let places = [file("/srv/app2/x", 1), object("/srv/app", 7, 1), object("https://h/r", 8, 1)];
        let id = record(&mut store, NOW, &[finding(&places)]).opened[0];
        // A path that begins alike, and a repository of which only the files were read.
        covering(&mut store, NOW + 1, &[], &[all_files(b"/srv/app"), all_objects("https://h")]);
        assert_eq!(kinds(&mut store, id), ["opened"]);
        covering(&mut store, NOW + 2, &[], &[all_objects("https://h/r"), all_objects("/srv/app/")]);
        assert_eq!(store.incident(id).unwrap().unwrap().places, 1);
        assert_eq!(store.events(Some(id)).unwrap()[1].fact("places"), Some("2"));
        assert_sound(&mut store);
    }
}

on_both! {
    fn a_place_that_moved_within_its_file_is_the_same(base: &Base) {
        let mut store = base.open();
        let value = leeward_counterpart::random_value();
        let id = record(&mut store, NOW, &[of(&value, &[file("/srv/a", 1), file("/srv/a", 90)])]);
        let id = id.opened[0];
        close(&mut store, id, NOW + 1);
        let covered = [all_files(b"/srv")];
        let moved = [of(&value, &[file("/srv/a", 4), file("/srv/a", 93)])];
        let recorded = covering(&mut store, NOW + 2, &moved, &covered);
        assert_eq!((recorded.reopened.len(), recorded.updated), (0, 1));
        assert_eq!(kinds(&mut store, id), ["opened", "moved"]);
        let case = store.case(&moved[0].fingerprint).unwrap().unwrap();
        let lines: Vec<u64> = case.locations.iter().map(|place| place.start.line).collect();
        assert_eq!((lines, case.gone.len()), (vec![4, 93], 0));
        // One more is one more.
        let more = [of(&value, &[file("/srv/a", 4), file("/srv/a", 93), file("/srv/a", 200)])];
        assert_eq!(covering(&mut store, NOW + 3, &more, &covered).reopened, [id]);
        assert_sound(&mut store);
    }
}

on_both! {
    fn a_closed_incident_is_reopened_for_a_reason(base: &Base) {
        let mut store = base.open();
        let value = leeward_counterpart::random_value();
        let old = object("/srv/app", 1, 10);
        let env = file("/srv/app/.env", 1);
        let id = record(&mut store, NOW, &[of(&value, &[env.clone(), old.clone()])]).opened[0];
        let everywhere = [all_files(b"/srv"), all_objects("/srv/app")];
        covering(&mut store, NOW + 1, &[of(&value, std::slice::from_ref(&old))], &everywhere);
        close(&mut store, id, NOW + 2);

        // An old place in history that was known when it was closed.
        let only_history = [of(&value, std::slice::from_ref(&old))];
        assert!(record(&mut store, NOW + 3, &only_history).reopened.is_empty());
        // Refused, as it should be.
        let mut dead = of(&value, std::slice::from_ref(&old));
        dead.verification = said(Validity::Inactive, NOW + 4);
        assert!(record(&mut store, NOW + 4, &[dead]).reopened.is_empty());
        // Where it was gone.
        let back = [of(&value, &[env.clone(), old.clone()])];
        assert_eq!(record(&mut store, NOW + 5, &back).reopened, [id]);
        let line = store.incident(id).unwrap().unwrap();
        assert_eq!((line.state, line.closed_at), (State::Reopened, None));
        assert_eq!(line.due, Some(NOW + 5 + 86_400), "it is due anew");
        // An open one is not opened again.
        assert!(record(&mut store, NOW + 6, &back).reopened.is_empty());

        close(&mut store, id, NOW + 7);
        let elsewhere = [of(&value, &[env.clone(), object("/srv/app", 2, 10)])];
        assert_eq!(record(&mut store, NOW + 8, &elsewhere).reopened, [id]);

        close(&mut store, id, NOW + 9);
        let mut live = of(&value, std::slice::from_ref(&old));
        live.verification = said(Validity::Restricted, NOW + 10);
        assert_eq!(record(&mut store, NOW + 10, &[live]).reopened, [id]);
        let text = store.events(Some(id)).unwrap();
        let text = &text.iter().rev().find(|event| event.entry.kind.name() == "moved").unwrap();
        assert_eq!(text.entry.text, "reopened: its value is live: a provider accepted it");

        // What was in an old version is in the newest again.
        close(&mut store, id, NOW + 11);
        let mut newest = old.clone();
        if let Provenance::Git(place) = &*old.provenance {
            let mut history = place.history.clone().unwrap();
            history.in_head = true;
            let place = GitPlace { history: Some(history), ..place.clone() };
            newest.provenance = Provenance::Git(place).into();
        }
        assert_eq!(record(&mut store, NOW + 12, &[of(&value, &[newest])]).reopened, [id]);
        assert_sound(&mut store);
    }
}

on_both! {
    fn an_answer_outlives_a_scan_that_did_not_ask(base: &Base) {
        let mut store = base.open();
        let value = leeward_counterpart::random_value();
        let place = [file("/srv/a", 1)];
        let told = |validity, at, level| {
            let mut finding = of(&value, &place);
            finding.verification = said(validity, at);
            finding.severity = rating(level);
            finding
        };
        let live = told(Validity::Active, NOW, Severity::Critical);
        let print = live.fingerprint;
        let id = record(&mut store, NOW, &[live]).opened[0];
        assert_eq!(kinds(&mut store, id), ["opened", "verified"]);

        // Not asked: neither answer nor severity change.
        let recorded = record(&mut store, NOW + 1, &[of(&value, &place)]);
        assert_eq!((recorded.updated, recorded.unchanged), (0, 1));
        // Asked in vain: it is noted, and the answer stays with its time.
        record(&mut store, NOW + 2, &[told(Validity::Unknown, NOW + 2, Severity::High)]);
        let case = store.case(&print).unwrap().unwrap();
        assert_eq!(case.verification, said(Validity::Active, NOW));
        assert_eq!(case.severity.level, Severity::Critical);
        let line = store.incident(id).unwrap().unwrap();
        assert_eq!((line.validity, line.severity), (Validity::Active, Severity::Critical));
        // The same answer again is nothing new, a new one is.
        record(&mut store, NOW + 3, &[told(Validity::Unknown, NOW + 2, Severity::High)]);
        assert_eq!(kinds(&mut store, id), ["opened", "verified", "verified"]);
        record(&mut store, NOW + 4, &[told(Validity::Inactive, NOW + 4, Severity::Low)]);
        let line = store.incident(id).unwrap().unwrap();
        assert_eq!((line.validity, line.severity), (Validity::Inactive, Severity::Low));
        assert_eq!(kinds(&mut store, id)[3..], ["verified", "rated"]);
        assert_sound(&mut store);
    }
}

on_both! {
    fn asked_in_vain_is_more_than_not_asked(base: &Base) {
        let mut store = base.open();
        let place = [file("/srv/a", 1)];
        let first = finding(&place);
        let print = first.fingerprint;
        record(&mut store, NOW, &[first]);
        let unknown = Verification { checked_at: None, ..said(Validity::Unknown, 0) };
        let line = store.incidents(&Filter::default()).unwrap().remove(0);
        let learnt = leeward_store::Learnt {
            dossier: &line.dossier,
            verification: Some(&unknown),
            assessment: None,
            severity: None,
        };
        store.learn(line.id, &learnt, &[]).unwrap();
        assert_eq!(store.case(&print).unwrap().unwrap().verification, unknown);
        assert_eq!(store.incident(line.id).unwrap().unwrap().validity, Validity::Unknown);
        assert_sound(&mut store);
    }
}

on_both! {
    fn a_new_assessment_takes_the_place_of_the_old(base: &Base) {
        let mut store = base.open();
        let value = leeward_counterpart::random_value();
        let assessed = |at| {
            let mut finding = of(&value, &[file("/srv/a", 1)]);
            finding.verification = said(Validity::Active, at);
            finding.assessment = Some(Assessment {
                evidence: vec![Evidence {
                    probe: "models".to_owned(),
                    method: "GET".to_owned(),
                    host: "api.acme.example".to_owned(),
                    path: "/v1/models".to_owned(),
                    status: Some(200),
                    meaning: "answered".to_owned(),
                    at,
                    attempts: 1,
                    millis: 12,
                    correlation: None,
                }],
                ..Assessment::default()
            });
            finding
        };
        let id = record(&mut store, NOW, &[assessed(NOW)]).opened[0];
        record(&mut store, NOW + 9, &[assessed(NOW + 9)]);
        record(&mut store, NOW + 10, &[of(&value, &[file("/srv/a", 1)])]);
        assert_eq!(
            kinds(&mut store, id),
            ["opened", "verified", "assessed", "verified", "assessed"]
        );
        // Asked again without being assessed: the same answer leaves the rating, another one
        // changes it, and what was assessed stays.
        let told = |validity, at| {
            let mut finding = of(&value, &[file("/srv/a", 1)]);
            finding.verification = said(validity, at);
            finding.severity = rating(Severity::Low);
            finding
        };
        record(&mut store, NOW + 11, &[told(Validity::Active, NOW + 11)]);
        assert_eq!(store.incident(id).unwrap().unwrap().severity, Severity::High);
        record(&mut store, NOW + 12, &[told(Validity::Inactive, NOW + 12)]);
        assert_eq!(store.incident(id).unwrap().unwrap().severity, Severity::Low);
        let newest = assessed(NOW + 9);
        let case = store.case(&newest.fingerprint).unwrap().unwrap();
        assert_eq!(case.assessment, newest.assessment);
        assert_eq!(store.incident(id).unwrap().unwrap().updated_at, NOW + 12);
        assert_sound(&mut store);
    }
}

on_both! {
    fn many_at_once_are_kept_each(base: &Base) {
        let mut store = base.open();
        let place = |n: u64| [file(format!("/srv/{n}"), n), file(format!("/srv/{n}"), n + 500)];
        let all: Vec<_> = (0..700).map(|n| finding(&place(n))).collect();
        let recorded = record(&mut store, NOW, &all);
        let ids: Vec<i64> = recorded.opened.iter().map(|id| id.0).collect();
        assert_eq!(ids, (1..=700).collect::<Vec<_>>(), "in the order they were found");
        let recorded = covering(&mut store, NOW + 1, &all[..650], &[all_files(b"/srv")]);
        assert_eq!((recorded.updated, recorded.unchanged), (0, 650));
        let lines = store.incidents(&Filter::default()).unwrap();
        assert_eq!(lines.iter().filter(|line| line.places == 0).count(), 50);
        let check = store.verify_log().unwrap();
        assert!(check.is_sound());
        assert_eq!((check.events, check.incidents), (750, 700));
    }
}

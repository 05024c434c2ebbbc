//! What the dossiers of the provider ask is what its specification offers, and
//! nothing that must never be called.

use std::collections::{BTreeMap, BTreeSet};

use leeward_counterpart::{Contract, Host, Request};
use leeward_dossier::Dossier;
use leeward_probe::{Depth, Planned, Settings, plan};

use crate::asking::library;

/// Questions that a person must allow and that the specification does not
/// have, each with the reason why it is asked all the same.
const OUTSIDE: &[(&str, &str)] = &[
    ("fine-tuning-jobs", "in an older specification and in the official client"),
    ("plan", "only the provider's own command line shows it; the counterpart knows it"),
    ("refused-completion", "of a host that the specification does not name"),
];

/// Searches: no `GET`, and so never asked but on a person's word.
const SEARCHES: &[&str] = &["recorded-events", "traces", "logs"];

/// What the published contract says against each question, by its id.
fn breaches(allowed: BTreeSet<String>) -> BTreeMap<String, Vec<String>> {
    let settings = Settings { allowed, ..Settings::default() };
    let library = library();
    let ours = library.dossiers().iter().filter(|dossier| dossier.family == "mistral");
    let planned: Vec<Planned> =
        ours.flat_map(|dossier| plan(&library, dossier, &settings, Depth::Reach)).collect();
    assert!(planned.len() > 40, "{}", planned.len());
    let asked = planned.into_iter().filter(|planned| planned.unasked.is_none());
    let breaches = asked.filter_map(|planned| {
        let host = match planned.host.as_str() {
            "api.mistral.ai" => Host::Api,
            "codestral.mistral.ai" => Host::Codestral,
            "console.mistral.ai" => Host::Console,
            other => panic!("`{other}` is no host of the provider"),
        };
        // Any identifier will do where one of an earlier answer is put in.
        let path = planned.path.replace("{item}", "6a4e1f0c-0000-4000-8000-000000000000");
        let request = Request::planned(planned.method, &path, &planned.carries);
        let found = Contract::published().check(host, &request);
        // The other header is the one that is documented beside it.
        let is_second = planned.when.is_some_and(|when| when.contains("401 in the header before"));
        let found: Vec<String> =
            found.into_iter().filter(|why| !(is_second && why.contains("`x-api-key`"))).collect();
        (!found.is_empty()).then_some((planned.probe, found))
    });
    breaches.collect()
}

/// The ids of all questions that need a person's word.
fn opt_ins() -> BTreeSet<String> {
    let library = library();
    let probes = |dossier: &Dossier| {
        let all = dossier.verify.requests.iter().chain(&dossier.assess.requests);
        all.filter(|probe| probe.opt_in.is_some()).map(|probe| probe.id.clone()).collect::<Vec<_>>()
    };
    let ours = library.dossiers().iter().filter(|dossier| dossier.family == "mistral");
    ours.flat_map(probes).collect()
}

#[test]
fn all_that_is_asked_freely_is_in_the_contract() {
    assert_eq!(breaches(BTreeSet::new()), BTreeMap::new());
}

#[test]
fn what_a_person_may_allow_is_in_the_contract_or_named_here() {
    let mut found = breaches(opt_ins());
    for (probe, _) in OUTSIDE {
        assert!(opt_ins().contains(*probe), "`{probe}` is asked freely, or not at all");
        found.remove(*probe);
    }
    for search in SEARCHES {
        assert!(opt_ins().contains(*search), "`{search}` is asked freely, or not at all");
        // Its parameters fit; that it is no `GET` is all there is to say.
        let only = ["must never be called: it is more than a question"];
        assert_eq!(found.remove(*search).unwrap(), only, "{search}");
    }
    assert_eq!(found, BTreeMap::new());
}

#[test]
fn status_is_asked_nowhere() {
    let library = library();
    for dossier in library.dossiers() {
        for planned in plan(&library, dossier, &Settings::default(), Depth::Reach) {
            assert!(!planned.path.starts_with("/v1/status"), "{planned:?}");
        }
    }
}

//! What is said to be asked is what is asked: no more, no less, and without a
//! client to say it.

use std::collections::BTreeSet;

use leeward_counterpart::{Counterpart, Key, Request, Resource, World, random_value};
use leeward_model::Validity;
use leeward_probe::{Depth, Desk, Network, Planned, Settings, Work, plan};

use crate::asking::{ADMIN, STANDARD, at, learn, library, lines, question, said};

fn planned(dossier: &str, settings: &Settings, depth: Depth) -> Vec<Planned> {
    let library = library();
    plan(&library, library.get(dossier).unwrap(), settings, depth)
}

/// Those that a live key leads to where every first header is taken.
fn expected(dossier: &str, settings: &Settings, depth: Depth) -> Vec<Planned> {
    let unless =
        ["if it is refused as this kind", "if it turns out to be", "if the same was answered 401"];
    let happens = |planned: &Planned| {
        let when = planned.when.as_deref().unwrap_or_default();
        planned.unasked.is_none() && !unless.iter().any(|unless| when.starts_with(unless))
    };
    planned(dossier, settings, depth).into_iter().filter(happens).collect()
}

/// Whether a request is one that was planned: its path with any items, its
/// parameters with any page.
fn is_of(request: &Request, planned: &Planned) -> bool {
    let (path, query) = planned.path.split_once('?').unwrap_or((&planned.path, ""));
    let (mut wanted, mut asked) = (path.split('/'), request.path.split('/'));
    let fits =
        wanted.by_ref().zip(asked.by_ref()).all(|(one, other)| one == "{item}" || one == other);
    let given: Vec<String> =
        request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let header = if request.has_x_api_key { "x-api-key" } else { "authorization" };
    request.method == planned.method
        && planned.carries.eq_ignore_ascii_case(header)
        && fits
        && path.split('/').count() == request.path.split('/').count()
        && query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .all(|pair| given.iter().any(|given| given == pair))
}

#[test]
fn what_is_planned_is_asked_and_nothing_else() {
    for dossier in [STANDARD, ADMIN] {
        for depth in [Depth::Validity, Depth::Identity, Depth::Reach] {
            let value = random_value();
            // So many that some lists have a second page.
            let key = if dossier == ADMIN { Key::admin(&value) } else { Key::standard(&value) };
            let world = World::furnished().with(Resource::Files, 150).key(key);
            let server = Counterpart::start(world);
            learn(at(&server), depth, question(dossier, &value));
            let planned = expected(dossier, &at(&server), depth);
            let requests = server.requests();
            for request in &requests {
                let known = planned.iter().any(|planned| is_of(request, planned));
                assert!(known, "{dossier}, {depth:?}: {} was not planned", request.line());
            }
            for planned in &planned {
                let asked = requests.iter().any(|request| is_of(request, planned));
                assert!(asked, "{dossier}, {depth:?}: {planned:?} was not asked");
            }
            server.assert_no_violations();
        }
    }
}

#[test]
fn deeper_plans_hold_all_of_the_shallower() {
    let settings = Settings::default();
    for dossier in library().dossiers() {
        let of = |depth| -> BTreeSet<String> {
            let planned = planned(dossier.id().as_str(), &settings, depth);
            planned.iter().map(|it| format!("{} {} {}", it.dossier, it.probe, it.carries)).collect()
        };
        assert!(of(Depth::Validity).is_subset(&of(Depth::Identity)), "{}", dossier.id());
        assert!(of(Depth::Identity).is_subset(&of(Depth::Reach)), "{}", dossier.id());
    }
}

#[test]
fn a_plan_needs_no_client() {
    let network = Network { proxy: Some("no proxy".to_owned()), ..Network::default() };
    let settings = Settings { network, ..Settings::default() };
    assert!(Desk::open(library(), settings.clone(), Work::default()).is_err());
    let planned = planned(STANDARD, &settings, Depth::Reach);
    assert!(planned.len() > 30);
    let first = &planned[0];
    assert_eq!((first.method, first.host.as_str()), ("GET", "api.mistral.ai"));
    assert_eq!((first.path.as_str(), first.carries.as_str()), ("/v1/models", "Authorization"));
    assert_eq!((&first.when, &first.unasked), (&None, &None));
}

#[test]
fn a_question_without_leave_says_what_would_give_it() {
    let settings = Settings::default();
    let of = |settings: &Settings| {
        let planned = planned(STANDARD, settings, Depth::Reach);
        planned.into_iter().find(|planned| planned.probe == "traces").unwrap()
    };
    let why = of(&settings).unasked.unwrap();
    assert!(why.starts_with("not asked without `--allow traces`: "), "{why}");
    for leave in ["traces", "mistral-api-key/traces"] {
        let settings = Settings { allowed: [leave.to_owned()].into(), ..settings.clone() };
        assert_eq!(of(&settings).unasked, None);
    }
}

#[test]
fn offline_asks_nothing_and_says_so() {
    let value = random_value();
    let server = Counterpart::start(World::new().key(Key::standard(&value)));
    let settings = Settings { offline: true, ..at(&server) };
    for depth in [Depth::Validity, Depth::Identity, Depth::Reach] {
        let learnt = learn(settings.clone(), depth, question(STANDARD, &value));
        assert!(learnt.assessment.is_none());
        assert_eq!(said(learnt), (Validity::Unchecked, "not asked: offline".to_owned()));
    }
    for planned in planned(STANDARD, &settings, Depth::Reach) {
        assert_eq!(planned.unasked.as_deref(), Some("not asked: offline"));
    }
    assert!(lines(&server).is_empty());
}

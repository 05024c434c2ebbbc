//! What lies behind a live key is counted as the provider holds it, names its
//! owner, keeps no contents, stays within bounds, and says what it left out.

use std::collections::BTreeMap;

use leeward_counterpart::{CONTENT, Counterpart, Fault, Key, Resource, World, random_value};
use leeward_model::{Action, Assessment, Count, Standing};

use crate::asking::{allowing, assess, at, get, grant};

/// A few of everything, another number of each, and how many.
fn furnished() -> (World, BTreeMap<Resource, u64>) {
    let numbers = (2..).zip(Resource::ALL).map(|(at, resource)| (resource, 1 + at % 5));
    let holds: BTreeMap<Resource, u64> = numbers.collect();
    let world = holds.iter().fold(World::new(), |world, (resource, count)| {
        world.with(*resource, usize::try_from(*count).unwrap())
    });
    (world, holds)
}

fn action<'a>(assessment: &'a Assessment, id: &str) -> &'a Action {
    assessment.actions.iter().find(|action| action.id == id).unwrap()
}

fn count(assessment: &Assessment, id: &str) -> Count {
    grant(assessment, id).count
}

/// What is counted of each kind.
const COUNTED: &[(&str, Resource)] = &[
    ("organizations", Resource::Organizations),
    ("workspaces", Resource::Workspaces),
    ("own-models", Resource::TunedModels),
    ("files", Resource::Files),
    ("connectors", Resource::Connectors),
    ("libraries", Resource::Libraries),
    ("conversations", Resource::Conversations),
    ("agents", Resource::Agents),
    ("batch-jobs", Resource::BatchJobs),
    ("workflow-deployments", Resource::Deployments),
    ("workflows", Resource::Workflows),
    ("workflow-runs", Resource::Runs),
    ("workflow-schedules", Resource::Schedules),
    ("workflow-registrations", Resource::Registrations),
    ("search-indexes", Resource::SearchIndexes),
    ("ingestion-pipelines", Resource::Pipelines),
    ("prompts", Resource::Prompts),
    ("skills", Resource::Skills),
    ("voices", Resource::Voices),
    ("datasets", Resource::Datasets),
    ("judges", Resource::Judges),
    ("campaigns", Resource::Campaigns),
];

/// What is counted over all things that hold it.
const COUNTED_WITHIN: &[(&str, Resource, Resource)] = &[
    ("documents", Resource::Libraries, Resource::Documents),
    ("library-shares", Resource::Libraries, Resource::Shares),
];

/// Credentials of connectors, by whose they are.
const CREDENTIALS: &[(&str, &str, Resource)] = &[
    ("organization-credentials", "organization", Resource::OrganizationCredentials),
    ("workspace-credentials", "workspace", Resource::WorkspaceCredentials),
    ("user-credentials", "user", Resource::UserCredentials),
];

#[test]
fn everything_is_counted_as_it_is() {
    let value = random_value();
    let (world, holds) = furnished();
    let server = Counterpart::start(world.key(Key::standard(&value)));
    let assessment = assess(at(&server), &value);
    server.assert_no_violations();
    for (id, resource) in COUNTED {
        assert_eq!(count(&assessment, id), Count::Exactly(holds[resource]), "{id}");
    }
    for (id, within, resource) in COUNTED_WITHIN {
        let all = holds[within] * holds[resource];
        assert_eq!(count(&assessment, id), Count::Exactly(all), "{id}");
    }
    let models = holds[&Resource::Models] + holds[&Resource::TunedModels];
    assert_eq!(count(&assessment, "models"), Count::Exactly(models));
}

#[test]
fn sizes_purposes_and_times_are_those_of_the_list() {
    let value = random_value();
    let world = World::new().with(Resource::Files, 250).key(Key::standard(&value));
    let server = Counterpart::start(world);
    let assessment = assess(at(&server), &value);
    let files = grant(&assessment, "files");
    let mut bytes = 0;
    let mut purposes: BTreeMap<String, u64> = BTreeMap::new();
    let mut times = Vec::new();
    for page in 0..3 {
        let listed = get(&server, &format!("/v1/files?page_size=100&page={page}"), &value);
        for file in listed["data"].as_array().unwrap() {
            bytes += file["bytes"].as_u64().unwrap();
            *purposes.entry(file["purpose"].as_str().unwrap().to_owned()).or_default() += 1;
            times.push(file["created_at"].as_i64().unwrap());
        }
    }
    assert_eq!((files.count, files.listed), (Count::Exactly(250), 250));
    assert_eq!(files.bytes, Some(bytes));
    let of = files.tallies.iter().find(|tally| tally.label == "purpose").unwrap();
    assert_eq!(of.counts.iter().cloned().collect::<BTreeMap<_, _>>(), purposes);
    assert_eq!(files.span, Some((*times.iter().min().unwrap(), *times.iter().max().unwrap())));
    assert_eq!(files.names.len(), 20);
    assert_eq!(files.names[0], "files-1.jsonl");
}

#[test]
fn documents_of_libraries_are_added_up_in_both_ways() {
    let value = random_value();
    let (world, holds) = furnished();
    let server = Counterpart::start(world.key(Key::standard(&value)));
    let assessment = assess(at(&server), &value);
    let all = holds[&Resource::Libraries] * holds[&Resource::Documents];
    assert_eq!(grant(&assessment, "libraries").sums, [("documents".to_owned(), all)]);
    assert_eq!(count(&assessment, "documents"), Count::Exactly(all));
}

#[test]
fn credentials_of_connectors_count_where_they_authenticate() {
    let value = random_value();
    let (world, _) = furnished();
    let server = Counterpart::start(world.key(Key::standard(&value)));
    let assessment = assess(at(&server), &value);
    let connectors = get(&server, "/v1/connectors?page_size=100", &value);
    for (id, whose, _) in CREDENTIALS {
        let mut real = 0;
        for connector in connectors["items"].as_array().unwrap() {
            let connector = connector["id"].as_str().unwrap();
            let listed =
                get(&server, &format!("/v1/connectors/{connector}/{whose}/credentials"), &value);
            let listed = listed["credentials"].as_array().unwrap();
            real += listed.iter().filter(|one| one["authentication_type"] != "none").count();
        }
        assert!(real > 0);
        assert_eq!(count(&assessment, id), Count::Exactly(real as u64), "{id}");
        assert!(grant(&assessment, id).target);
    }
}

#[test]
fn the_owner_is_named() {
    let value = random_value();
    let (world, _) = furnished();
    let server = Counterpart::start(world.key(Key::standard(&value).named("nightly build")));
    let assessment = assess(at(&server), &value);
    let says = |role: &str| -> Vec<&str> {
        let of_role = assessment.identity.iter().filter(|it| it.role == role);
        of_role.map(|it| it.value.as_str()).collect()
    };
    assert_eq!(says("email"), ["ada@example.com"]);
    assert_eq!(says("first-name"), ["Ada"]);
    assert_eq!(says("workspace"), ["Research"]);
    assert_eq!(says("organization"), ["Example Company"]);
    assert_eq!(says("key"), ["nightly build"]);
    for id in ["key-id", "user-id", "workspace-id", "organization-id"] {
        assert_eq!(says(id).len(), 1, "{id}");
        assert_eq!(says(id)[0].len(), 36, "{id}");
    }
}

#[test]
fn contents_are_kept_nowhere() {
    let value = random_value();
    let world = World::furnished().key(Key::standard(&value));
    let searches = ["chat-completion-events/search-ids", "traces/search", "logs/search"];
    let setup = searches.iter().fold(Counterpart::setup(world), |setup, path| {
        setup.allow("POST", &format!("/v1/observability/{path}"))
    });
    // The counterpart has no answer of its own to this search.
    let ids = Fault::Status(200, r#"{"completion_event_ids":["one","two"]}"#.to_owned());
    let server = setup.fault(ids.on("/v1/observability/chat-completion-events/search-ids")).start();
    let settings = allowing(&server, &["recorded-events", "traces", "logs"]);
    let assessment = assess(settings, &value);
    let text = format!("{assessment:?}");
    assert!(!text.contains(CONTENT));
    assert!(!text.contains(&value));
    for id in ["recorded-events", "traces", "logs"] {
        grant(&assessment, id);
    }
    // There was something to keep.
    assert!(get(&server, "/v1/agents/pages", &value).to_string().contains(CONTENT));
    server.assert_no_violations();
}

#[test]
fn what_follows_is_proven_inferred_or_refused() {
    let value = random_value();
    let server = Counterpart::start(World::furnished().key(Key::standard(&value)));
    let assessment = assess(at(&server), &value);
    let standings: Vec<(&str, Standing)> =
        assessment.actions.iter().map(|action| (action.id.as_str(), action.standing)).collect();
    assert_eq!(
        standings,
        [
            ("extract-data", Standing::Proven),
            ("manipulate-models", Standing::Inferred),
            ("consume-compute", Standing::Inferred),
            ("use-connectors", Standing::Inferred),
            ("execute-workflows", Standing::Inferred),
            ("see-owner", Standing::Proven),
            ("see-billing", Standing::Refused),
        ]
    );
    let impacts: Vec<(&str, Standing, Vec<&str>)> = assessment
        .impacts
        .iter()
        .map(|impact| {
            let from = impact.from.iter().map(String::as_str).collect();
            (impact.id.as_str(), impact.standing, from)
        })
        .collect();
    assert_eq!(
        impacts,
        [
            ("data-exposure", Standing::Proven, vec!["extract-data"]),
            ("financial-loss", Standing::Inferred, vec!["consume-compute"]),
            (
                "operational-disruption",
                Standing::Inferred,
                vec!["manipulate-models", "consume-compute", "execute-workflows"]
            ),
            ("reputational-damage", Standing::Proven, vec!["extract-data"]),
        ]
    );
    assert!(action(&assessment, "see-billing").because.contains("/v1/admin/*"));
    assert!(action(&assessment, "consume-compute").because.contains("no model was run"));
}

#[test]
fn the_only_gaps_are_those_of_our_choice() {
    let value = random_value();
    let server = Counterpart::start(World::furnished().key(Key::standard(&value)));
    let assessment = assess(at(&server), &value);
    let gaps: Vec<&str> = assessment.gaps.iter().map(|gap| gap.probe.as_str()).collect();
    assert_eq!(gaps, ["fine-tuning-jobs", "plan", "recorded-events", "traces", "logs"]);
    for gap in &assessment.gaps {
        assert!(gap.by_choice);
        let leave = format!("not asked without `--allow {}`: ", gap.probe);
        assert!(gap.why.starts_with(&leave), "{}", gap.why);
    }
}

/// An answer without its list is no empty list.
#[test]
fn a_list_that_is_missing_is_a_gap() {
    let value = random_value();
    let (world, _) = furnished();
    let fault = |path: &str, body: &str| Fault::Status(200, body.to_owned()).on(path);
    let server = Counterpart::setup(world.key(Key::standard(&value)))
        .fault(fault("/v1/files", r#"{"data":null,"error":"backend down"}"#))
        .fault(fault("/v2/prompts", r#"{"prompts":[1,2],"error":"moved"}"#))
        .fault(fault("/v2/skills", r#"{"nextPageToken":""}"#))
        .start();
    let assessment = assess(at(&server), &value);
    for probe in ["files", "prompts"] {
        assert!(assessment.gaps.iter().any(|gap| gap.probe == probe), "{probe}");
        assert!(!assessment.grants.iter().any(|grant| grant.probe == probe), "{probe}");
    }
    // Where the specification lets an empty list be left out, it is empty.
    assert_eq!(count(&assessment, "skills"), Count::Exactly(0));
}

/// One item may be refused what another is not.
#[test]
fn a_refusal_of_one_item_does_not_silence_the_others() {
    let value = random_value();
    let world = World::new()
        .with(Resource::Libraries, 5)
        .with(Resource::Documents, 5)
        .key(Key::standard(&value));
    let fault = Fault::Status(403, "{}".to_owned()).on("/v1/libraries/*").first(1);
    let server = Counterpart::setup(world).fault(fault).start();
    let assessment = assess(at(&server), &value);
    assert_eq!(count(&assessment, "documents"), Count::AtLeast(20));
    assert!(assessment.gaps.iter().any(|gap| gap.probe == "documents"));
}

/// What hangs on a list that was not answered is not known either.
#[test]
fn what_could_not_be_asked_is_a_gap_too() {
    let value = random_value();
    let (world, _) = furnished();
    let fault = Fault::Status(500, "{}".to_owned()).on("/v1/connectors");
    let server = Counterpart::setup(world.key(Key::standard(&value))).fault(fault).start();
    let assessment = assess(at(&server), &value);
    for probe in ["connectors", "organization-credentials", "user-credentials"] {
        let gap = assessment.gaps.iter().find(|gap| gap.probe == probe).expect(probe);
        assert!(!gap.by_choice, "{probe}: {}", gap.why);
        assert!(!assessment.grants.iter().any(|grant| grant.probe == probe), "{probe}");
    }
    assert!(action(&assessment, "use-connectors").because.contains("not known: connectors"));
}

#[test]
fn every_request_has_its_evidence() {
    let value = random_value();
    let server = Counterpart::start(World::furnished().key(Key::standard(&value)));
    let assessment = assess(at(&server), &value);
    // One request came before, to verify.
    assert_eq!(assessment.evidence.len() + 1, server.requests().len());
    for (evidence, request) in assessment.evidence.iter().zip(&server.requests()[1..]) {
        assert_eq!(evidence.path.split('?').next(), Some(request.path.as_str()));
        assert_eq!((evidence.status, evidence.attempts), (Some(200), 1), "{evidence:?}");
        assert_eq!(evidence.host, server.address().to_string());
        assert!(evidence.correlation.as_ref().is_some_and(|id| id.len() == 36));
    }
}

#[test]
fn a_key_to_nothing_is_proven_to_reach_nothing() {
    let value = random_value();
    let server = Counterpart::start(World::new().key(Key::standard(&value)));
    let assessment = assess(at(&server), &value);
    server.assert_no_violations();
    for (id, _) in COUNTED {
        let grant = grant(&assessment, id);
        assert_eq!(grant.count, Count::Exactly(0), "{id}");
        assert_eq!(grant.raises, None, "{id}");
    }
    assert_eq!(action(&assessment, "extract-data").standing, Standing::Proven);
    // There is nothing now that could be exposed; there may be later.
    let exposure = assessment.impacts.iter().find(|impact| impact.id == "data-exposure");
    assert_eq!(exposure.map(|impact| impact.standing), Some(Standing::Inferred));
    assert!(assessment.gaps.iter().all(|gap| gap.by_choice), "{:?}", assessment.gaps);
}

#[test]
fn a_large_account_stays_within_bounds() {
    let value = random_value();
    let world = World::new()
        .with(Resource::Files, 57_029)
        .with(Resource::Libraries, 230)
        .with(Resource::Documents, 450)
        .with(Resource::Shares, 2)
        .with(Resource::Connectors, 130)
        .with(Resource::WorkspaceCredentials, 3)
        .with(Resource::Conversations, 12_000)
        .with(Resource::BatchJobs, 4_000)
        .with(Resource::Agents, 700)
        .key(Key::standard(&value));
    let server = Counterpart::start(world);
    let assessment = assess(at(&server), &value);
    server.assert_no_violations();
    // One more, to verify.
    assert!(server.requests().len() <= 151, "{}", server.requests().len());
    assert_eq!(assessment.evidence.len() + 1, server.requests().len());

    // Where the provider says how many there are, that stands.
    let files = grant(&assessment, "files");
    assert_eq!((files.count, files.listed), (Count::Exactly(57_029), 500));
    assert_eq!(count(&assessment, "libraries"), Count::Exactly(230));
    assert_eq!(count(&assessment, "batch-jobs"), Count::Exactly(4_000));
    // And where it does not, what was listed is the least there is.
    assert_eq!(count(&assessment, "connectors"), Count::Exactly(130));
    assert_eq!(count(&assessment, "conversations"), Count::AtLeast(500));
    assert_eq!(count(&assessment, "agents"), Count::AtLeast(500));
    let documents = grant(&assessment, "documents");
    assert!(matches!(documents.count, Count::AtLeast(_)), "{:?}", documents.count);

    // Each gap that is not of our choice names the bound.
    let bounded: Vec<_> = assessment.gaps.iter().filter(|gap| !gap.by_choice).collect();
    assert!(bounded.iter().any(|gap| gap.probe == "documents"), "{bounded:?}");
    // Lists are not given up for the sake of what one of them holds.
    let lists = COUNTED.iter().map(|(id, _)| *id);
    assert!(lists.clone().all(|id| bounded.iter().all(|gap| gap.probe != id)), "{bounded:?}");
    for gap in bounded {
        let names = ["the bound on requests", "the bound of 150 requests was met"];
        assert!(names.iter().any(|name| gap.why.contains(name)), "{gap:?}");
    }
}

#[test]
fn what_was_counted_is_told_in_the_order_of_the_dossier() {
    let value = random_value();
    let server = Counterpart::start(World::furnished().key(Key::standard(&value)));
    let assessment = assess(at(&server), &value);
    let library = crate::asking::library();
    let dossier = library.get(crate::asking::STANDARD).unwrap();
    let finds = dossier.assess.requests.iter().flat_map(|probe| &probe.finds);
    let order: Vec<&str> = finds.map(|find| find.id.as_str()).collect();
    let told: Vec<&str> = assessment.grants.iter().map(|grant| grant.id.as_str()).collect();
    let expected: Vec<&str> = order.into_iter().filter(|id| told.contains(id)).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_list_without_a_total_is_a_lower_bound() {
    let value = random_value();
    let world = World::new().with(Resource::Conversations, 1_201).with(Resource::Agents, 501);
    let server = Counterpart::start(world.key(Key::standard(&value)));
    let assessment = assess(at(&server), &value);
    assert_eq!(count(&assessment, "conversations"), Count::AtLeast(500));
    assert_eq!(count(&assessment, "agents"), Count::AtLeast(500));
    assert_eq!(server.count("/v1/conversations"), 5);
    // No page is empty of itself: five full ones are exactly so many.
    let value = random_value();
    let world = World::new().with(Resource::Agents, 500);
    let server = Counterpart::start(world.key(Key::standard(&value)));
    assert_eq!(count(&assess(at(&server), &value), "agents"), Count::Exactly(500));
}

#[test]
fn an_admin_key_is_assessed_as_one() {
    let value = random_value();
    let (world, holds) = furnished();
    let server =
        Counterpart::start(world.key(Key::standard(random_value())).key(Key::admin(&value)));
    let asked = crate::asking::question(crate::asking::ADMIN, &value);
    let learnt = crate::asking::learn(at(&server), leeward_probe::Depth::Reach, asked);
    let assessment = learnt.assessment.unwrap();
    server.assert_no_violations();
    for (id, resource) in [
        ("users", Resource::Members),
        ("invitations", Resource::Invitations),
        ("workspaces", Resource::AdminWorkspaces),
        ("user-groups", Resource::UserGroups),
        ("audit-log", Resource::AuditLogs),
    ] {
        assert_eq!(count(&assessment, id), Count::Exactly(holds[&resource]), "{id}");
    }
    assert_eq!(count(&assessment, "keys"), Count::Exactly(1));
    assert_eq!(count(&assessment, "usage"), Count::Unsaid);
    assert_eq!(action(&assessment, "see-billing").standing, Standing::Proven);
    assert_eq!(action(&assessment, "manage-keys").standing, Standing::Inferred);
    assert!(assessment.gaps.is_empty(), "{:?}", assessment.gaps);
    assert!(!format!("{assessment:?}").contains(CONTENT));
}

//! What an administrator reads: long lists, the log of changes, usage, limits.

use leeward_counterpart::{Counterpart, Event, Fault, Key, Resource, Used, World, random_value};
use leeward_probe::{Office, RefusedKind};

use super::office;
use crate::asking::{at, lines};

fn start(world: World) -> (Counterpart, Office) {
    let (admin, leaked) = (random_value(), random_value());
    let server = Counterpart::start(world.key(Key::admin(&admin)));
    let office = office(at(&server), &admin, &leaked);
    (server, office)
}

fn event(at: i64, kind: &'static str, name: &str) -> Event {
    Event { at, kind, actor: "API_KEY", target: "API_KEY", name: name.to_owned() }
}

#[test]
fn a_long_list_is_read_to_its_end() {
    let keys = (0..230).map(|index| Key::standard(random_value()).named(format!("key {index}")));
    let (server, office) = start(keys.fold(World::new(), World::key));
    let found = office.find_by_name("").unwrap();
    assert_eq!((found.value.len(), found.partial, found.evidence.len()), (230, None, 3));
    assert_eq!(lines(&server)[2], "GET /v1/admin/api-keys?limit=100&offset=200");
    // Where it ends early, that is said.
    server.inject(Fault::Status(500, "{}".to_owned()).always().after(1));
    let found = office.find_by_name("").unwrap();
    assert_eq!(found.value.len(), 100);
    let partial = found.partial.unwrap();
    assert!(partial.starts_with("the list ends after 100: "), "{partial}");
    server.assert_no_violations();
}

#[test]
fn records_tell_their_times() {
    let key = Key::standard(random_value()).named("é").made_at(1_750_000_000).ends_on("2027-01-31");
    let (_server, office) = start(World::new().key(key));
    let record = office.find_by_name("E").unwrap().value.remove(0);
    assert_eq!(record.name.as_deref(), Some("é"), "as the provider looks for it");
    assert_eq!((record.created, record.expires), (Some(1_750_000_000), Some(1_801_353_600)));
    assert_eq!(record.last_used, None);
    assert_eq!(record.workspace.as_deref(), Some("Research"));
}

#[test]
fn the_log_is_told_once_and_in_order() {
    // More at once than fit a page, and some on either side of the time.
    let mut world = World::new();
    for index in 0..90 {
        world = world.happened(event(1_760_000_000 + index, "user.log_in", "x"));
    }
    for index in 0..95 {
        world = world.happened(event(1_760_000_100, "api_key.create", &format!("key {index}")));
    }
    for index in 0..120 {
        world = world.happened(event(1_760_000_200 + index, "library.share", "docs"));
    }
    let (server, office) = start(world);
    let log = office.log(1_760_000_000, 1_760_000_300, 1000).unwrap();
    assert_eq!(log.partial, None);
    assert_eq!(log.value.len(), 90 + 95 + 101);
    assert!(log.value.is_sorted_by(|a, b| (a.time, &a.id) < (b.time, &b.id)));
    let made = log.value.iter().find(|entry| entry.kind == "api_key.create").unwrap();
    assert!(made.matters() && made.what.as_deref() == Some("a credential was made"));
    assert_eq!(made.actor_type.as_deref(), Some("API_KEY"));
    assert_eq!(made.target.as_deref(), Some("name: key 0"));
    assert!(made.actor.as_deref().unwrap().starts_with("enterprise_account_uuid: "));
    assert!(!log.value[0].matters(), "{:?}", log.value[0]);
    let first = &lines(&server)[0];
    assert!(first.contains("after=2025-10-09T08:53:19Z&before=2025-10-09T08:58:21Z"), "{first}");
    // A bound is kept, and said.
    let log = office.log(1_760_000_000, 1_760_000_300, 50).unwrap();
    assert_eq!(log.value.len(), 50);
    assert!(log.partial.unwrap().contains("only the first"));
    server.assert_no_violations();
}

#[test]
fn more_than_a_page_within_a_second_is_said() {
    let world = (0..130).fold(World::new(), |world, index| {
        world.happened(event(1_760_000_000, "agent.update", &format!("agent {index}")))
    });
    let world = world.happened(event(1_760_000_007, "agent.delete", "last"));
    let (_server, office) = start(world);
    let log = office.log(1_760_000_000, 1_760_000_010, 1000).unwrap();
    assert_eq!(log.value.len(), 101);
    assert_eq!(log.value.last().unwrap().target.as_deref(), Some("name: last"));
    assert!(log.partial.unwrap().contains("within a second, of which some may be missing"));
}

#[test]
fn what_an_office_does_stands_in_the_log() {
    let world = World::furnished().with(Resource::AuditLogs, 3).key(Key::standard(random_value()));
    let (server, office) = start(world);
    let since = jiff::Timestamp::now().as_second();
    let record = office.find_by_name("").unwrap().value.remove(0);
    office.create(&super::wanted("in its place", &record)).unwrap();
    office.delete(&record.id).unwrap();
    office.brake(100).unwrap();
    let log = office.log(since, since + 60, 100).unwrap().value;
    let kinds: Vec<_> = log.iter().map(|entry| &*entry.kind).collect();
    assert_eq!(kinds, ["api_key.create", "api_key.delete", "billing.monthly_limit.updated"]);
    assert!(log.iter().all(leeward_probe::LogEntry::matters));
    assert_eq!(office.log(0, since - 1, 100).unwrap().value.len(), 3, "what was there before");
    server.assert_no_violations();
}

#[test]
fn a_log_that_is_refused_is_no_empty_log() {
    let (server, office) = start(World::new());
    assert!(office.log(10, 20, 10).unwrap().value.is_empty());
    server.inject(Fault::Status(403, "{}".to_owned()));
    assert_eq!(office.log(10, 20, 10).unwrap_err().kind, RefusedKind::NotAllowed);
    assert_eq!(office.log(i64::MAX, 0, 10).unwrap_err().kind, RefusedKind::NotUnderstood);
}

fn used(category: &'static str, model: &'static str, amount: u64, price: Option<f64>) -> Used {
    Used { category, model, group: "input", amount, price }
}

#[test]
fn usage_is_summed_by_category_and_month() {
    let world = World::new()
        .used(2026, 10, used("completion", "mistral-small", 1000, Some(0.5)))
        .used(2026, 10, used("completion", "mistral-large", 10, Some(2.0)))
        .used(2026, 10, used("completion", "mistral-new", 7, None))
        .used(2026, 10, used("ocr", "mistral-ocr", 3, None))
        .used(2026, 9, used("completion", "mistral-small", 1, Some(0.5)));
    let (server, office) = start(world);
    let usage = office.usage(2026, 10).unwrap();
    assert_eq!(usage.partial, None);
    let of = |label: &str| {
        let line = usage.value.lines.iter().find(|line| line.label == label).unwrap();
        (line.amount, line.cost, line.unpriced)
    };
    assert_eq!(of("completion"), (1017.0, Some(520.0), 7.0));
    assert_eq!(of("OCR"), (3.0, None, 3.0));
    assert_eq!(of("chat"), (0.0, None, 0.0));
    assert_eq!(usage.value.currency.as_deref(), Some("EUR"));
    assert_eq!(usage.value.start, Some(1_790_812_800));
    let before = office.usage(2026, 9).unwrap().value;
    assert_eq!(before.lines[0].amount, 1.0);
    assert_eq!(lines(&server)[0], "GET /v1/admin/usage?year=2026&month=10");
    server.assert_no_violations();
}

#[test]
fn usage_of_another_form_is_said_to_be_incomplete() {
    let (server, office) = start(World::new());
    let body = r#"{"start_date": "2026-10-01T00:00:00Z",
        "completion": {"models": {"m": {"input": [{"quantity": 5}, {"value": 2}]}}}}"#;
    server.inject(Fault::Status(200, body.to_owned()));
    let usage = office.usage(2026, 10).unwrap();
    assert_eq!(usage.value.lines[0].amount, 2.0);
    assert!(usage.partial.unwrap().starts_with("1 items have no amount"));
}

#[test]
fn the_limit_is_read_set_and_taken_away() {
    let (server, office) = start(World::new().spending(None, 12.5));
    let limit = office.limit().unwrap().value;
    assert_eq!((limit.amount, limit.unlimited, limit.spent), (None, Some(true), Some(12.5)));
    let set = office.brake(12).unwrap();
    assert_eq!((set.value.amount, set.value.unlimited), (Some(12.0), Some(false)));
    assert_eq!((set.value.reached, set.value.currency.as_deref()), (Some(true), Some("EUR")));
    assert_eq!(office.limit().unwrap().value, set.value, "it is kept");
    assert_eq!(office.release().unwrap().value, limit);
    assert_eq!(office.limit().unwrap().value.unlimited, Some(true));
    server.assert_no_violations();
}

#[test]
fn rates_are_read() {
    let (server, office) = start(World::new());
    let rates = office.rates().unwrap().value;
    assert_eq!(rates[0].0, "requests a second");
    assert!(rates.iter().any(|(name, _)| name.ends_with("tokens_per_minute")), "{rates:?}");
    server.assert_no_violations();
}

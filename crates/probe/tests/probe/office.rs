//! What an administrator's credential finds, deletes and makes, and what is
//! said when that fails.

mod failures;
mod foreign;
mod reads;
mod repeats;
mod scene;

use std::sync::Arc;

use leeward_counterpart::{Counterpart, Key, World, random_value};
use leeward_model::{DossierId, Secret, Validity};
use leeward_probe::{Duty, KeyRecord, Office, RefusedKind, Settings, Stop, Wanted};

use crate::asking::{ADMIN, STANDARD, at, library, lines};

/// An office for standard keys, in which a found value is hidden.
pub(crate) fn office(settings: Settings, admin: &str, found: &str) -> Office {
    let library = library();
    let kind = library.get(STANDARD).unwrap().clone();
    let secret = |value: &str| Secret::new(value.as_bytes());
    let office = Office::open(library, settings, &kind, secret(admin), Stop::new()).unwrap();
    office.hiding(secret(found))
}

/// A key in the workspace of another; whose id is the user's does not matter.
pub(crate) fn wanted(name: &str, record: &KeyRecord) -> Wanted {
    let workspace_id = record.workspace_id.clone();
    Wanted { name: name.to_owned(), user_id: workspace_id.clone(), workspace_id, expires: None }
}

#[test]
fn a_key_is_found_deleted_and_replaced() {
    let (leaked, admin, fresh) = (random_value(), random_value(), random_value());
    let world = World::furnished()
        .key(Key::standard(random_value()).named("another"))
        .key(Key::standard(&leaked).named("ci"))
        .key(Key::admin(&admin))
        .revocation_takes(2)
        .next_key(&fresh)
        .creation_takes(1);
    let server = Counterpart::start(world);
    let office = office(at(&server), &admin, &leaked);
    let secret = Secret::new(leaked.as_bytes());
    let kind = DossierId::new(STANDARD);
    let inquirer = Arc::clone(office.inquirer());

    let found = office.find_by_tail(&leaked[28..]).unwrap();
    assert_eq!(found.value.len(), 1);
    let record = &found.value[0];
    assert!(record.matches(&secret.hint()) && found.partial.is_none());
    assert_eq!(record.name.as_deref(), Some("ci"));
    assert_eq!(office.find_by_name("").unwrap().value.len(), 2);
    assert_eq!(office.find_by_name("anoth").unwrap().value.len(), 1);

    assert_eq!(inquirer.verify(&kind, &secret, &[]).verification.validity, Validity::Active);
    let deleted = office.delete(&record.id).unwrap();
    assert_eq!(
        (deleted.evidence[0].method.as_str(), deleted.evidence[0].status),
        ("DELETE", Some(200))
    );
    let said: Vec<_> =
        (0..3).map(|_| inquirer.verify(&kind, &secret, &[]).verification.validity).collect();
    assert_eq!(said, [Validity::Active, Validity::Active, Validity::Inactive]);
    assert_eq!(office.delete(&record.id).unwrap_err().kind, RefusedKind::Gone);

    let workspace_id = record.workspace_id.clone();
    let user_id = workspace_id.clone();
    let wanted =
        Wanted { name: "ci again".into(), workspace_id, user_id, expires: Some(1_800_000_000) };
    let made = office.create(&wanted).unwrap().value;
    assert_eq!(made.record.hint.as_deref().map(|hint| hint.len()), Some(11));
    assert!(made.record.matches(&made.secret.hint()));
    assert_eq!(made.record.expires, Some(1_799_971_200), "the day's beginning");
    let said: Vec<_> =
        (0..2).map(|_| inquirer.verify(&kind, &made.secret, &[]).verification.validity).collect();
    assert_eq!(said, [Validity::Inactive, Validity::Active]);
    server.assert_no_violations();
}

#[test]
fn an_inquirer_goes_as_far_as_it_is_asked() {
    let value = random_value();
    let server = Counterpart::start(World::furnished().key(Key::admin(&value)));
    let office = office(at(&server), &random_value(), &value);
    let secret = Secret::new(value.as_bytes());
    let learnt = office.inquirer().identify(&DossierId::new(STANDARD), &secret, &[]);
    assert_eq!(learnt.dossier.as_str(), ADMIN);
    let learnt = office.inquirer().assess(&DossierId::new(ADMIN), &secret, &[]);
    assert!(!learnt.assessment.unwrap().grants.is_empty());
    assert!(office.can(Duty::Delete) && !lines(&server).is_empty());
}

//! The queue within the store.

use std::{path::Path, sync::Arc};

use leeward_fleet::{Bounds, Embedded, Placed, Queue};
use leeward_servers::Postgres;
use leeward_store::Place;

use crate::{fixture::now, promises};

/// Both ends are one: results stay in the process.
fn ends(place: &Path) -> promises::Ends {
    // Only where something is lost: a machine that is busy loses nothing else by it.
    let is_lost = ["lost", "poison"].iter().any(|name| place.parent().unwrap().ends_with(name));
    let bounds = Bounds { lease: if is_lost { 1 } else { 60 }, ..Bounds::default() };
    let place = Place::File(place.to_owned());
    let queue = Arc::new(Embedded::new(&place, bounds, now).unwrap()) as Arc<dyn Queue>;
    promises::Ends { server: Arc::clone(&queue), worker: queue }
}

#[test]
fn the_store_is_a_queue() {
    promises::all(&mut ends);
}

#[test]
fn a_full_queue_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let place = Place::File(directory.path().join("a.db"));
    let bounds = Bounds { most: 2, lease: 60 };
    let queue = Embedded::new(&place, bounds, now).unwrap();
    assert_eq!(queue.publish("a", b"1").unwrap(), Placed::Kept);
    assert_eq!(queue.publish("a", b"1").unwrap(), Placed::Known);
    assert_eq!(queue.publish("b", b"\xff").unwrap(), Placed::Kept);
    assert_eq!(queue.publish("c", b"3").unwrap(), Placed::Full);
    let held = queue.pull(std::time::Duration::ZERO).unwrap().unwrap();
    assert_eq!(held.bytes(), b"1");
    held.ack().unwrap();
    assert_eq!(queue.publish("c", b"3").unwrap(), Placed::Kept);
    let held = queue.pull(std::time::Duration::ZERO).unwrap().unwrap();
    assert_eq!(held.bytes(), b"\xff");
}

#[test]
fn a_store_in_postgresql_is_a_queue_too() {
    let place = Place::parse(&Postgres::shared().database());
    let queue = Embedded::new(&place, Bounds::default(), now).unwrap();
    assert_eq!(queue.publish("a", b"1").unwrap(), Placed::Kept);
    let held = queue.pull(std::time::Duration::ZERO).unwrap().unwrap();
    assert!(queue.pull(std::time::Duration::ZERO).unwrap().is_none());
    assert_eq!(queue.report("a", b"r").unwrap(), Placed::Kept);
    held.ack().unwrap();
    let result = queue.collect(std::time::Duration::ZERO).unwrap().unwrap();
    assert_eq!((result.bytes(), queue.depth().unwrap()), (&b"r"[..], 1));
    result.ack().unwrap();
    assert_eq!(queue.depth().unwrap(), 0);
}

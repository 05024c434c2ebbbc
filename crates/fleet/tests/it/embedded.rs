//! The queue within the store.

use std::sync::Arc;

use leeward_fleet::{Bounds, Embedded, Placed, Queue};
use leeward_servers::Postgres;
use leeward_store::Place;

use crate::{fixture::now, promises};

fn ends(place: &Place) -> promises::Ends {
    let queue = || {
        let bounds = Bounds { lease: 1, ..Bounds::default() };
        Arc::new(Embedded::new(place, bounds, now).unwrap()) as Arc<dyn Queue>
    };
    promises::Ends { server: queue(), worker: queue() }
}

#[test]
fn the_store_is_a_queue() {
    promises::all(&mut |store| ends(&Place::File(store.to_owned())));
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

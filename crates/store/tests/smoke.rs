//! x
#![expect(clippy::unwrap_used, reason = "test")]
use leeward_store::*;
#[test]
fn smoke() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::File(dir.path().join("a/b.db"));
    assert!(Store::open_existing(&place).unwrap().is_none());
    let mut store = Store::open(&place).unwrap();
    assert!(store.incidents(&Filter::default()).unwrap().is_empty());
    drop(store);
    assert!(Store::open_existing(&place).unwrap().is_some());
}

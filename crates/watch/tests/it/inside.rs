//! What services hand out as files is opened like a file of one's own: found with the way
//! in, ours by the same rules, read again on the same way, and a gap where it cannot be.

use std::{
    io::{Cursor, Write as _},
    sync::Arc,
};

use leeward_counterpart::{Counterpart, Key, World, random_value};
use leeward_model::{Fingerprint, Provenance, Secret, Validity};
use leeward_remote::{Belongs, Item, ItemKey, Text};
use leeward_store::{Filter, OurKey, Store};
use leeward_watch::{Ground, Lookout, Names, PageDone, Schedule, Times, Turn, What, Worker};
use zip::write::SimpleFileOptions;

use crate::{fixture::*, repositories::asking};

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A file that a service hands out.
fn file(item: &str, name: &str, bytes: Vec<u8>) -> Item {
    let key = ItemKey { id: item.to_owned(), version: "1".to_owned() };
    let mut place = place(item);
    place.path = Some(name.as_bytes().to_vec());
    Item::Text(Text { key, place, bytes })
}

fn ground_in(directory: &tempfile::TempDir, clock: &Arc<Turned>, listed: &Listed) -> Ground {
    let listed = listed.clone();
    let unpack = Some(leeward_unpack::Settings::default());
    let path = directory.path().join("a.db");
    Ground { unpack, ..ground(&path, clock, move |_| Box::new(listed.clone())) }
}

fn on(listed: &Listed, names: Names) -> (tempfile::TempDir, Arc<Ground>) {
    let directory = tempfile::tempdir().unwrap();
    let ground = Ground { names, ..ground_in(&directory, &Turned::new(), listed) };
    (directory, Arc::new(ground))
}

fn looked(ground: &Arc<Ground>, store: &mut Store, belongs: Belongs) -> PageDone {
    let mut lookout = Lookout::new(Arc::clone(ground), watched("ours", belongs));
    match lookout.turn(store).unwrap() {
        Turn::Page(done) => done,
        other => panic!("{other:?}"),
    }
}

fn print(value: &str) -> Fingerprint {
    Fingerprint::new(&usual_family(), &Secret::new(value.as_bytes()))
}

#[test]
fn an_attachment_is_opened_and_what_is_broken_in_it_is_a_gap() {
    let (name, listed) = (usual_name(), Listed::default());
    let (deep, plain) = (random_value(), random_value());
    let inner = zipped(&[("conf/prod.env", format!("{name}={deep}\n").as_bytes())]);
    let broken = [&b"PK\x03\x04"[..], &[7; 90]].concat();
    let members: [(&str, &[u8]); 2] = [("app.zip", &inner), ("lost.zip", &broken)];
    listed.put(file("APP-1 attachment 7", "release.zip", zipped(&members)));
    // Two of one name are two.
    listed.put(file(
        "APP-2 attachment 8",
        "release.zip",
        zipped(&[("a.env", format!("{name}={plain}\n").as_bytes())]),
    ));
    let (_directory, ground) = on(&listed, Names::none());
    let mut store = ground.store().unwrap();
    let done = looked(&ground, &mut store, Belongs::Us);
    assert_eq!((done.new, done.opened, done.gaps), (2, 2, 1));
    let case = store.case(&print(&deep)).unwrap().unwrap();
    let [location] = &case.locations[..] else { panic!("{:?}", case.locations) };
    assert_eq!(location.inside.names(), [b"app.zip".to_vec(), b"conf/prod.env".to_vec()]);
    assert_eq!(location.start.line, 1);
    let Provenance::Remote(place) = &*location.provenance else { panic!() };
    assert_eq!(place.item, "APP-1 attachment 7");
    let case = store.case(&print(&plain)).unwrap().unwrap();
    let Provenance::Remote(place) = &*case.locations[0].provenance else { panic!() };
    assert_eq!(place.item, "APP-2 attachment 8");
    let gaps = store.gaps(None).unwrap();
    assert_eq!(gaps[0].what, "APP-1 attachment 7: release.zip!lost.zip");
    assert!(gaps[0].why.starts_with("corrupt: "), "{}", gaps[0].why);
}

#[test]
fn whose_it_is_is_told_by_what_stands_inside() {
    let (name, listed) = (usual_name(), Listed::default());
    let (near, called, vaulted, far) =
        (random_value(), random_value(), random_value(), random_value());
    let one = |member: &str, text: String| zipped(&[(member, text.as_bytes())]);
    listed.put(file("1", "a.zip", one("a.env", format!("# acme.com\n{name}={near}\n"))));
    listed.put(file("2", "b.zip", one("acme.com/b.env", format!("{name}={called}\n"))));
    listed.put(file("3", "c.zip", one("c.txt", format!("nothing around it: {vaulted}\n"))));
    let filler = "x\n".repeat(10_000);
    listed.put(file("4", "d.zip", one("d.env", format!("acme.com\n{filler}{name}={far}\n"))));
    let names = Names::new(&["acme.com".to_owned()]).unwrap();
    let (_directory, ground) = on(&listed, names);
    let mut store = ground.store().unwrap();
    let key = OurKey { fingerprint: print(&vaulted), label: "vault".to_owned() };
    store.ours_add(&[key], NOW).unwrap();
    let done = looked(&ground, &mut store, Belongs::Anyone);
    assert_eq!((done.opened, done.strangers), (3, 1));
    let mut ours: Vec<Fingerprint> =
        store.incidents(&Filter::default()).unwrap().iter().map(|it| it.fingerprint).collect();
    ours.sort();
    let mut expected = [print(&near), print(&called), print(&vaulted)];
    expected.sort();
    assert_eq!(ours, expected);
}

#[test]
fn a_value_inside_is_read_again_on_the_same_way() {
    let (name, live) = (usual_name(), random_value());
    let server = Counterpart::start(World::new().key(Key::standard(&live)));
    let listed = Listed::default();
    let inner = zipped(&[("prod.env", format!("{name}={live}\n").as_bytes())]);
    listed.put(file("APP-1 attachment 7", "release.zip", zipped(&[("app.zip", &inner)])));
    let (directory, clock) = (tempfile::tempdir().unwrap(), Turned::new());
    let ground = || {
        let mut ground = ground_in(&directory, &clock, &listed);
        ground.asking = Some(asking(&server));
        Arc::new(ground)
    };
    let first = ground();
    let mut store = first.store().unwrap();
    assert_eq!(looked(&first, &mut store, Belongs::Us).opened, 1);
    let asked = server.count("/v1/models");
    assert!(asked > 0);
    drop(first);

    // Another process, which remembers no value, a day later.
    clock.set(NOW + 86_400);
    let second = ground();
    let wanted = vec![(What::Verify, Times::every(3_600).unwrap())];
    let mut schedule = Schedule::new(&mut store, wanted, NOW).unwrap();
    schedule.turn(&second, &mut store).unwrap();
    while Worker::new(Arc::clone(&second)).turn(&mut store).unwrap().is_some() {}
    assert!(server.count("/v1/models") > asked, "the value was read again");
    let incident = &store.incidents(&Filter::default()).unwrap()[0];
    assert_eq!(incident.validity, Validity::Active);
}

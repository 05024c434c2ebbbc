//! Those of GitHub, which lie at another host.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use leeward_probe::{Network, Stop};

use serde_json::{Value, json};

use super::text;
use crate::{
    drive::{NOW, Simulated, Source},
    server::{Asked, Reply, Server, linked, time},
};

/// A file of a release.
#[derive(Clone)]
struct File {
    id: u64,
    name: &'static str,
    size: u64,
    state: &'static str,
    at: i64,
}

fn file(id: u64, name: &'static str) -> File {
    File { id, name, size: 12, state: "uploaded", at: NOW - 90_000 }
}

/// A repository with one release.
#[derive(Clone)]
struct World {
    files: Vec<File>,
    is_draft: bool,
    published: Option<i64>,
    is_private: bool,
}

struct Running {
    world: Arc<Mutex<World>>,
    server: Server,
    storage: Server,
    source: Source,
}

impl Running {
    fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.world.lock().unwrap());
    }

    /// The files that were asked for, and forgotten with that.
    fn asked(&self) -> Vec<String> {
        let mut asked = self.storage.asked.lock().unwrap();
        asked.drain(..).map(|asked| asked.path).collect()
    }
}

/// GitHub with one release, whose files lie at a storage that answers as given.
fn github(
    files: Vec<File>,
    more: &str,
    storage: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> Running {
    let world = World { files, is_draft: false, published: Some(NOW - 90_000), is_private: false };
    let world = Arc::new(Mutex::new(world));
    let storage = Server::start([127, 0, 0, 2], move |asked, _| storage(asked));
    let (held, lies) = (Arc::clone(&world), storage.base());
    let server = Server::start([127, 0, 0, 1], move |asked, at| {
        let world = held.lock().unwrap().clone();
        let file = |file: &File| {
            json!({"id": file.id, "name": file.name, "size": file.size, "state": file.state,
                "uploader": {"login": "eve"}, "created_at": time(file.at - 5), "updated_at": time(file.at),
                "url": "https://evil.example/x",
                "browser_download_url": format!("https://github.com/acme/app/releases/download/v1/{}", file.name)})
        };
        let files: Vec<Value> = world.files.iter().map(file).collect();
        match &asked.under("/api/v3/")[..] {
            ["orgs", "acme", "repos"] => {
                Reply::json(&json!([{"full_name": "acme/app", "private": world.is_private}]))
            }
            ["orgs", "acme", "events"] => Reply::json(&json!([
                {"id": "1", "type": "ReleaseEvent", "repo": {"name": "acme/app"}, "public": true,
                    "payload": {"release": {"id": 7, "name": "One", "updated_at": time(NOW), "assets": files}}},
                {"id": "2", "type": "ReleaseEvent", "repo": {"name": "other/app"}, "public": true,
                    "payload": {"release": {"id": 8, "name": "One", "updated_at": time(NOW), "assets": files}}},
            ])),
            ["repos", "acme", "app", "releases"] => Reply::json(&json!([{"id": 7, "name": "One",
                "body": "notes", "draft": world.is_draft, "published_at": world.published.map(time),
                "updated_at": time(NOW - 90_000), "assets": files}])),
            ["repos", "acme", "app", "releases", "7", "assets"] => {
                linked(files, asked, "per_page", at)
            }
            ["repos", "acme", "app", "releases", "assets", id] => {
                assert_eq!(asked.headers["accept"], "application/octet-stream");
                Reply::status(302).with("location", format!("{lies}/{id}?sig=x"))
            }
            _ => Reply::status(404),
        }
    });
    let mut source = Source::new(&format!(
        "name = 'hub'\nservice = 'github'\nbase_url = '{}'\norganisations = ['acme']\n{more}",
        server.base()
    ));
    source.named.push("127.0.0.2".to_owned());
    Running { world, server, storage, source }
}

const BOTH: &str = "what = ['releases', 'assets']";

fn bytes(asked: &Asked) -> Reply {
    Reply::raw(format!("bytes of {}", asked.path))
}

#[test]
fn a_file_is_handed_out_with_its_place() {
    let running = github(vec![file(1, "app.whl"), file(2, "notes.txt")], BOTH, bytes);
    let first = running.source.pass(None);
    assert_eq!(first.keys().len(), 3, "{:?}", first.keys());
    assert!(first.gaps.is_empty(), "{:?}", first.gaps);
    let found = text(&first, "acme/app asset 1");
    assert_eq!(found.bytes, b"bytes of /1");
    assert_eq!(found.key.version, time(NOW - 90_000));
    let place = &found.place;
    assert_eq!(place.path.as_deref(), Some(&b"app.whl"[..]));
    assert_eq!(place.url, "https://github.com/acme/app/releases/download/v1/app.whl");
    assert_eq!((place.source.as_str(), place.service.as_str()), ("hub", "github"));
    assert_eq!((place.item.as_str(), place.author.as_deref()), ("acme/app asset 1", Some("eve")));
    assert_eq!((place.at, place.is_public), (Some(NOW - 90_005), Some(true)));

    // Whoever stores the files is sent nothing that is GitHub's business.
    let asked = running.storage.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    for asked in asked {
        assert!(!asked.has_credential(), "{asked:?}");
        assert_eq!(asked.query("sig"), Some("x"));
    }
    assert!(running.server.asked.lock().unwrap().iter().all(Asked::has_credential));

    let (mut opened, mut client) = running.source.open();
    let again = opened.service.again(&mut client, &found.place).unwrap();
    assert_eq!(again.as_deref(), Some(&b"bytes of /1"[..]));

    running.change(|world| world.is_private = true);
    let private = running.source.pass(None);
    assert_eq!(text(&private, "acme/app asset 2").place.is_public, Some(false));
}

#[test]
fn what_has_no_text_or_is_too_large_is_not_asked_for() {
    let files = vec![
        file(1, "logo.PNG"),
        file(2, "demo.mp4"),
        File { size: (32 << 20) + 1, ..file(3, "big.iso") },
        File { size: 32 << 20, ..file(4, "fits.iso") },
        File { state: "open", ..file(5, "on-its-way.zip") },
        file(6, "drawing.svg"),
    ];
    let running = github(files, BOTH, bytes);
    let first = running.source.pass(None);
    first.assert_gap("acme/app asset 1 logo.PNG", "is not read");
    first.assert_gap("acme/app asset 2 demo.mp4", "is not read");
    first.assert_gap("acme/app asset 3 big.iso", "more than 32 MiB");
    assert_eq!(first.gaps.len(), 3, "{:?}", first.gaps);
    assert_eq!(running.asked(), ["/4", "/6"]);
}

#[test]
fn one_that_is_longer_than_it_says_is_cut() {
    let running =
        github(vec![file(1, "liar.tar"), file(2, "after.zip")], BOTH, |asked| {
            match asked.path.as_str() {
                "/1" => Reply::raw(vec![b'x'; 40 << 20]),
                _ => bytes(asked),
            }
        });
    let first = running.source.pass(None);
    assert_eq!(text(&first, "acme/app asset 1").bytes.len(), 32 << 20);
    first.assert_gap("acme/app asset 1 liar.tar", "first 32 MiB");
    assert_eq!(text(&first, "acme/app asset 2").bytes, b"bytes of /2");
}

#[test]
fn each_page_holds_one_file() {
    let files = (1..=7).map(|id| file(id, "app.zip")).collect();
    let running = github(files, "what = ['assets']", bytes);
    let (mut opened, mut client) = running.source.open();
    let mut at = None;
    loop {
        let page = opened.service.page(&mut client, at.as_ref()).unwrap();
        assert!(page.items.len() <= 1);
        let leeward_remote::Next::More(cursor) = page.next else { break };
        at = Some(cursor);
    }
    assert_eq!(running.asked().len(), 7);
}

#[test]
fn nothing_is_fetched_twice() {
    let running = github(vec![file(1, "a.zip"), file(2, "b.zip")], BOTH, bytes);
    running.change(|world| {
        world.published = Some(NOW - 30 * 24 * 3_600);
        world.files[0].at = NOW - 30 * 24 * 3_600;
    });
    let first = running.source.pass(None);
    assert_eq!(running.asked(), ["/1", "/2"]);
    running.source.wait(3_600);
    let second = running.source.pass(first.cursor);
    assert!(running.asked().is_empty());
    assert_eq!(second.keys(), ["acme/app release 7".to_owned()].into());

    // One is replaced, and another is added to an old release.
    running.change(|world| {
        world.files[1].at = NOW + 3_700;
        world.files.push(File { at: NOW + 3_700, ..file(3, "c.zip") });
    });
    running.source.wait(600);
    let third = running.source.pass(second.cursor);
    assert_eq!(running.asked(), ["/2", "/3"]);
    assert_eq!(text(&third, "acme/app asset 2").key.version, time(NOW + 3_700));

    // Once a week everything is read again, but of files what may have been missed.
    running.source.wait(8 * 24 * 3_600);
    let fourth = running.source.pass(third.cursor);
    assert_eq!(running.asked(), ["/2", "/3"]);
    running.source.wait(8 * 24 * 3_600);
    running.source.pass(fourth.cursor);
    assert!(running.asked().is_empty());
}

#[test]
fn what_was_attached_to_a_draft_is_seen_when_it_is_published() {
    let running = github(vec![file(1, "a.zip")], BOTH, bytes);
    running.change(|world| {
        world.is_draft = true;
        world.published = None;
    });
    let first = running.source.pass(None);
    let draft = text(&first, "acme/app asset 1");
    assert_eq!(draft.place.is_public, Some(false));
    running.asked();
    running.source.wait(3_600);
    running.change(|world| {
        world.is_draft = false;
        world.published = Some(NOW + 3_500);
    });
    let second = running.source.pass(first.cursor.clone());
    let published = text(&second, "acme/app asset 1");
    assert_eq!(published.place.is_public, Some(true));
    assert_ne!(published.key.version, draft.key.version, "it is public now");
}

#[test]
fn what_is_gone_or_refused_leaves_the_rest() {
    let files = vec![file(1, "gone"), file(2, "no"), file(3, "who"), file(4, "there.zip")];
    let running = github(files, BOTH, |asked| match asked.path.as_str() {
        "/1" => Reply::status(404),
        "/2" => Reply::status(403),
        // A storage that asks for a credential says nothing of the one for GitHub.
        "/3" => Reply::status(401),
        _ => bytes(asked),
    });
    let first = running.source.pass(None);
    first.assert_gap("acme/app asset 1 gone", "404");
    first.assert_gap("acme/app asset 2 no", "403");
    first.assert_gap("acme/app asset 3 who", "401");
    assert!(first.troubles.is_empty());
    let place = text(&first, "acme/app asset 4").place.clone();
    let (mut opened, mut client) = running.source.open();
    let mut again = |item: &str| {
        let place = leeward_model::RemotePlace { item: item.to_owned(), ..place.clone() };
        opened.service.again(&mut client, &place)
    };
    assert_eq!(again("acme/app asset 1").unwrap(), None);
    assert!(again("acme/app asset 2").is_err(), "not to be reached is not gone");
    assert!(again("acme/app asset 4").unwrap().is_some());
}

#[test]
fn an_outage_of_the_storage_puts_off_one_file_alone() {
    let running =
        github(vec![file(1, "a.zip"), file(2, "b.zip")], BOTH, |asked| match asked.path.as_str() {
            "/1" => Reply::status(503),
            _ => bytes(asked),
        });
    let first = running.source.pass(None);
    first.assert_gap("repos/acme/app/releases/assets/1", "put off");
    assert!(first.keys().contains("acme/app asset 2"));
}

#[test]
fn a_file_may_take_longer_than_an_answer() {
    let running = github(vec![file(1, "a.zip")], "what = ['assets']", |asked| {
        std::thread::sleep(Duration::from_millis(1_500));
        bytes(asked)
    });
    let mut opened = leeward_remote::open(&running.source.setting).unwrap();
    opened.named.push("127.0.0.2".to_owned());
    let network = Network { answer_within: Duration::from_secs(1), ..Network::default() };
    let clock: Arc<dyn leeward_remote::Clock> = Arc::<Simulated>::clone(&running.source.clock);
    let setting = &running.source.setting;
    let mut client = opened.client(setting, &network, None, clock, Stop::new()).unwrap();
    let page = opened.service.page(&mut client, None).unwrap();
    assert_eq!(page.items.len(), 1, "{:?}", page.gaps);
}

#[test]
fn they_can_be_left_out() {
    let running = github(vec![file(1, "a.zip")], "what = ['releases']", bytes);
    let first = running.source.pass(None);
    first.assert_gap("acme/app release 7", "add `assets` to `what`");
    assert!(running.asked().is_empty());
    // And read without the notes.
    let running = github(vec![file(1, "a.zip")], "what = ['assets']", bytes);
    let first = running.source.pass(None);
    assert_eq!(first.keys(), ["acme/app asset 1".to_owned()].into());
    // They are usual.
    let running = github(vec![file(1, "a.zip")], "", bytes);
    assert!(running.source.pass(None).keys().contains("acme/app asset 1"));
}

#[test]
fn an_event_fetches_none() {
    let what = "what = ['releases', 'assets', 'events']";
    let running = github(vec![file(1, "a.zip")], what, bytes);
    let first = running.source.pass(None);
    // Those of the organisation are listed, and those of others are not.
    first.assert_gap("other/app release 8", "1 attached files are not looked at");
    assert!(!first.gaps.iter().any(|gap| gap.what == "acme/app release 7"));
    assert_eq!(running.asked(), ["/1"]);
}

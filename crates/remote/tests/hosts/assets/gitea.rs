//! Those of Gitea and Forgejo, which lie where people get them.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::text;
use crate::{
    drive::{NOW, Source},
    server::{Asked, Reply, Server, time},
};

/// A file of a release, and whether it is a link.
#[derive(Clone)]
struct File {
    uuid: &'static str,
    name: &'static str,
    size: u64,
    at: i64,
    is_external: bool,
}

fn file(uuid: &'static str, name: &'static str) -> File {
    File { uuid, name, size: 9, at: NOW - 90_000, is_external: false }
}

struct Running {
    files: Arc<Mutex<Vec<File>>>,
    /// Whether the release is a draft, and when it was published.
    release: Arc<Mutex<(bool, i64)>>,
    server: Server,
    storage: Server,
    source: Source,
}

impl Running {
    /// The files that were asked for, and forgotten with that.
    fn asked(&self) -> Vec<String> {
        let mut asked = self.server.asked.lock().unwrap();
        let asked = asked.drain(..);
        asked
            .filter_map(|asked| Some(asked.path.strip_prefix("/attachments/")?.to_owned()))
            .collect()
    }
}

fn gitea(files: Vec<File>, more: &str) -> Running {
    let files = Arc::new(Mutex::new(files));
    let release = Arc::new(Mutex::new((false, NOW - 90_000)));
    let storage =
        Server::start([127, 0, 0, 2], |asked, _| Reply::raw(format!("stored {}", asked.path)));
    let (held, said, lies) = (Arc::clone(&files), Arc::clone(&release), storage.base());
    let server = Server::start([127, 0, 0, 1], move |asked, _| {
        let (is_draft, published) = *said.lock().unwrap();
        let files = held.lock().unwrap().clone();
        let files: Vec<Value> = files
            .iter()
            .map(|file| {
                json!({"id": 1, "uuid": file.uuid, "name": file.name, "size": file.size,
                    "created_at": time(file.at), "browser_download_url": format!("{lies}/{}", file.name),
                    "type": if file.is_external { "external" } else { "attachment" }})
            })
            .collect();
        match asked.path.as_str() {
            "/api/v1/orgs/acme/repos" => {
                Reply::json(&json!([{"full_name": "acme/app", "private": false}]))
            }
            "/api/v1/repos/acme/app/releases" => Reply::json(&json!([{"id": 7, "tag_name": "v1",
                "draft": is_draft, "published_at": time(published), "assets": files}])),
            "/api/v1/repos/acme/app/releases/7/assets" => Reply::json(&Value::Array(files)),
            "/attachments/stored" => Reply::status(307).with("location", format!("{lies}/x?sig=y")),
            "/attachments/signed" => Reply::status(303).with("location", "/user/login"),
            "/user/login" => Reply::raw("<html>").with("content-type", "text/html; charset=utf-8"),
            "/attachments/gone" => Reply::status(404),
            path => Reply::raw(format!("bytes of {path}")),
        }
    });
    let mut source = Source::new(&format!(
        "name = 'tea'\nservice = 'gitea'\nbase_url = '{}'\norganisations = ['acme']\n{more}",
        server.base()
    ));
    source.named.push("127.0.0.2".to_owned());
    Running { files, release, server, storage, source }
}

const BOTH: &str = "what = ['releases', 'assets']";

#[test]
fn a_file_is_asked_for_at_home_whatever_its_address() {
    let files = vec![
        file("here", "app.jar"),
        file("stored", "big.zip"),
        File { is_external: true, ..file("link", "else.zip") },
        File { size: 33 << 20, ..file("large", "app.iso") },
        file("logo", "logo.gif"),
        file("signed", "app.zip"),
        file("gone", "gone.zip"),
        file("../api/v1/user", "climb.zip"),
    ];
    let running = gitea(files, BOTH);
    let first = running.source.pass(None);
    first.assert_gap("acme/app asset link else.zip", "another host");
    first.assert_gap("acme/app asset large app.iso", "more than 32 MiB");
    first.assert_gap("acme/app asset logo logo.gif", "is not read");
    first.assert_gap("acme/app asset signed app.zip", "a page came instead of the file");
    first.assert_gap("acme/app asset gone gone.zip", "404");
    assert_eq!(first.gaps.len(), 5, "{:?}", first.gaps);
    let found = text(&first, "acme/app asset here");
    assert_eq!(found.bytes, b"bytes of /attachments/here");
    assert_eq!(found.place.path.as_deref(), Some(&b"app.jar"[..]));
    assert_eq!(found.place.url, format!("{}/app.jar", running.storage.base()));
    assert_eq!((found.place.at, found.place.is_public), (Some(NOW - 90_000), Some(true)));
    assert_eq!(text(&first, "acme/app asset stored").bytes, b"stored /x");
    let climbs = text(&first, "acme/app asset ../api/v1/user");
    assert_eq!(climbs.bytes, b"bytes of /attachments/..%2Fapi%2Fv1%2Fuser");

    assert!(running.server.asked.lock().unwrap().iter().all(Asked::has_credential));
    // What Gitea leads to is asked without, and what a link says not at all.
    let asked = running.storage.asked.lock().unwrap().clone();
    assert_eq!(asked.iter().map(|asked| &*asked.path).collect::<Vec<_>>(), ["/x"]);
    assert!(!asked[0].has_credential());

    let (mut opened, mut client) = running.source.open();
    for uuid in ["here", "stored"] {
        let found = text(&first, &format!("acme/app asset {uuid}"));
        let again = opened.service.again(&mut client, &found.place).unwrap();
        assert_eq!(again.as_deref(), Some(&*found.bytes));
    }
}

#[test]
fn nothing_is_fetched_twice() {
    let running = gitea(vec![file("a", "a.zip")], BOTH);
    *running.release.lock().unwrap() = (true, NOW - 90_000);
    let first = running.source.pass(None);
    assert_eq!(running.asked(), ["a"]);
    let draft = text(&first, "acme/app asset a");
    assert_eq!(draft.place.is_public, Some(false));
    running.source.wait(3_600);
    let second = running.source.pass(first.cursor.clone());
    assert!(running.asked().is_empty());
    // One is added.
    running.files.lock().unwrap().push(File { at: NOW + 3_700, ..file("b", "b.zip") });
    running.source.wait(600);
    let third = running.source.pass(second.cursor);
    assert_eq!(running.asked(), ["b"]);
    // The draft is published, and its files with it.
    running.source.wait(3_600);
    *running.release.lock().unwrap() = (false, NOW + 7_700);
    let fourth = running.source.pass(third.cursor);
    assert_eq!(running.asked(), ["a", "b"]);
    let published = text(&fourth, "acme/app asset a");
    assert_eq!(published.place.is_public, Some(true));
    assert_ne!(published.key.version, draft.key.version);
}

#[test]
fn they_can_be_left_out() {
    let running = gitea(vec![file("a", "a.zip")], "what = ['releases']");
    let first = running.source.pass(None);
    first.assert_gap("acme/app release 7", "add `assets` to `what`");
    assert!(running.asked().is_empty());
    let running = gitea(vec![file("a", "a.zip")], "what = ['assets']");
    assert_eq!(running.source.pass(None).keys(), ["acme/app asset a".to_owned()].into());
}

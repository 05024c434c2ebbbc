//! Those of Bitbucket, which a repository offers for download.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::text;
use crate::{
    drive::{NOW, Source},
    server::{Asked, Reply, Server, time},
};

/// The name of a file, how large it is said to be, and when it was uploaded.
type File = (&'static str, u64, i64);

struct Running {
    files: Arc<Mutex<Vec<File>>>,
    server: Server,
    storage: Server,
    source: Source,
}

impl Running {
    /// The files that were asked for, and forgotten with that.
    fn asked(&self) -> Vec<String> {
        self.storage.asked.lock().unwrap().drain(..).map(|asked| asked.path).collect()
    }
}

fn bitbucket(files: &[File], what: &str) -> Running {
    let files = Arc::new(Mutex::new(files.to_vec()));
    let storage = Server::start([127, 0, 0, 2], |asked, _| match asked.path.as_str() {
        "/gone.zip" => Reply::status(404),
        "/refused.zip" => Reply::status(403),
        path => Reply::raw(format!("stored {path}")),
    });
    let (held, lies) = (Arc::clone(&files), storage.base());
    let server = Server::start([127, 0, 0, 1], move |asked, _| {
        let files = held.lock().unwrap().clone();
        let file = |(name, size, at): &File| {
            json!({"name": name, "size": size, "created_on": time(*at), "user": {"nickname": "eve"},
                "links": {"self": {"href": "https://evil.example/x"}}})
        };
        let files: Vec<Value> = files.iter().map(file).collect();
        match &asked.under("/2.0/")[..] {
            ["repositories", "acme"] => {
                Reply::json(&json!({"values": [{"full_name": "acme/app", "is_private": true}]}))
            }
            ["repositories", "acme", "app", "downloads"] => Reply::json(&json!({"values": files})),
            ["repositories", "acme", "app", "downloads", name] => {
                Reply::status(302).with("location", format!("{lies}/{name}?Signature=x"))
            }
            _ => Reply::status(404),
        }
    });
    let mut source = Source::new(&format!(
        "name = 'bucket'\nservice = 'bitbucket'\nbase_url = '{}'\nworkspaces = ['acme']\nwhat = [{what}]",
        server.base()
    ));
    source.named.push("127.0.0.2".to_owned());
    Running { files, server, storage, source }
}

#[test]
fn a_download_is_handed_out_with_its_place() {
    let long_ago = NOW - 90_000;
    let running = bitbucket(
        &[
            ("the app.whl", 9, long_ago),
            ("logo.jpeg", 9, long_ago),
            ("large.iso", 33 << 20, long_ago),
            ("gone.zip", 9, long_ago),
            ("refused.zip", 9, long_ago),
        ],
        "'downloads'",
    );
    let first = running.source.pass(None);
    first.assert_gap("acme/app download logo.jpeg", "is not read");
    first.assert_gap("acme/app download large.iso", "more than 32 MiB");
    first.assert_gap("acme/app download gone.zip", "404");
    first.assert_gap("acme/app download refused.zip", "403");
    assert_eq!(first.gaps.len(), 4, "{:?}", first.gaps);
    assert_eq!(first.items.len(), 1);
    let found = text(&first, "acme/app download the app.whl");
    assert_eq!(found.bytes, b"stored /the%20app.whl");
    assert_eq!(found.key.version, time(long_ago));
    let place = &found.place;
    assert_eq!(place.path.as_deref(), Some(&b"the app.whl"[..]));
    let url = format!("{}/acme/app/downloads/the%20app.whl", running.server.base());
    assert_eq!(place.url, url);
    assert_eq!(place.author.as_deref(), Some("eve"));
    assert_eq!((place.at, place.is_public), (Some(long_ago), Some(false)));
    assert!(running.server.asked.lock().unwrap().iter().all(Asked::has_credential));
    assert!(!running.storage.asked.lock().unwrap().iter().any(Asked::has_credential));
    let (mut opened, mut client) = running.source.open();
    let again = opened.service.again(&mut client, place).unwrap();
    assert_eq!(again.as_deref(), Some(&*found.bytes));
    let gone = leeward_model::RemotePlace {
        item: "acme/app download gone.zip".to_owned(),
        ..place.clone()
    };
    assert_eq!(opened.service.again(&mut client, &gone).unwrap(), None);
}

#[test]
fn nothing_is_fetched_twice() {
    let running =
        bitbucket(&[("a.zip", 9, NOW - 90_000), ("b.zip", 9, NOW - 90_000)], "'downloads'");
    let first = running.source.pass(None);
    assert_eq!(running.asked(), ["/a.zip", "/b.zip"]);
    running.source.wait(3_600);
    let second = running.source.pass(first.cursor);
    assert!(running.asked().is_empty());
    // One of the same name replaces it.
    running.files.lock().unwrap()[1].2 = NOW + 4_000;
    running.source.wait(3_600);
    let third = running.source.pass(second.cursor);
    assert_eq!(running.asked(), ["/b.zip"]);
    assert_eq!(text(&third, "acme/app download b.zip").key.version, time(NOW + 4_000));
}

#[test]
fn they_can_be_left_out() {
    let running = bitbucket(&[("a.zip", 9, NOW - 90_000)], "'pull-requests'");
    running.source.pass(None);
    assert!(running.asked().is_empty());
    assert!(!running.server.paths().iter().any(|path| path.contains("downloads")));
}

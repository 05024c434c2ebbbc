//! Those of GitLab, which are links to anywhere.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::text;
use crate::{
    drive::{NOW, Source},
    server::{Asked, Reply, Server, time},
};

/// The number, the name and the address of a link; `HERE` stands for the service.
type Link = (u64, &'static str, &'static str);

struct Running {
    links: Arc<Mutex<Vec<Link>>>,
    server: Server,
    /// A host of others.
    other: Server,
    source: Source,
}

impl Running {
    /// The files that were asked for, and forgotten with that.
    fn asked(&self) -> Vec<String> {
        let mut asked = self.server.asked.lock().unwrap();
        let asked = asked.drain(..).map(|asked| asked.path);
        asked.filter(|path| !path.contains("/releases") && !path.contains("groups")).collect()
    }
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// GitLab, under a path, with one release that was made a day ago.
fn gitlab(links: &[Link], more: &str) -> Running {
    let links = Arc::new(Mutex::new(links.to_vec()));
    let other =
        Server::start([127, 0, 0, 2], |asked, _| Reply::raw(format!("stored {}", asked.path)));
    let (held, elsewhere) = (Arc::clone(&links), other.base());
    let server = Server::start([127, 0, 0, 1], move |asked, at| {
        let links = held.lock().unwrap().clone();
        let link = |(id, name, url): &Link| {
            let url = url.replace("HERE", &format!("http://{at}/lab"));
            let url = url.replace("OTHER", &elsewhere);
            json!({"id": id, "name": name, "url": url,
                "direct_asset_url": format!("http://{at}/lab/acme/app/-/releases/v1/downloads/{id}?private_token=x")})
        };
        let links: Vec<Value> = links.iter().map(link).collect();
        match asked.path.strip_prefix("/lab/").unwrap_or_default() {
            "api/v4/groups/acme/projects" => Reply::json(&json!([
                {"id": 7, "path_with_namespace": "acme/app", "visibility": "public"}])),
            "api/v4/projects/7/releases" => Reply::json(&json!([
                {"tag_name": "v1", "created_at": time(NOW - 90_000), "assets": {"links": links}}])),
            "api/v4/projects/7/releases/v1/assets/links" => Reply::json(&Value::Array(links)),
            path if path.starts_with("api/v4/projects/acme%2Fapp/releases/v1/assets/links/") => {
                let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
                let link = links.iter().find(|link| link["id"] == json!(id));
                link.map_or_else(|| Reply::status(404), Reply::json)
            }
            path if path.ends_with("/moved.zip") => {
                Reply::status(302).with("location", format!("{elsewhere}/stored.zip?sig=x"))
            }
            path if path.contains("package_files/13") => {
                Reply::status(302).with("location", "/lab/users/sign_in")
            }
            "users/sign_in" => {
                Reply::raw("<html>sign in").with("content-type", "text/html; charset=utf-8")
            }
            path if path.contains("gone") => Reply::status(404),
            path => Reply::raw(format!("file {path}")),
        }
    });
    let mut source = Source::new(&format!(
        "name = 'lab'\nservice = 'gitlab'\nbase_url = '{}/lab'\ngroups = ['acme']\n{more}",
        server.base()
    ));
    source.named.push("127.0.0.2".to_owned());
    Running { links, server, other, source }
}

const BOTH: &str = "what = ['releases', 'assets']";

#[test]
fn files_that_this_gitlab_keeps_are_read() {
    let running = gitlab(
        &[
            (1, "wheel", "HERE/api/v4/projects/7/packages/generic/app/1/a%20b.whl?private_token=x"),
            (2, "upload", "HERE/-/project/7/uploads/0123456789abcdef0123456789abcdef/app.zip"),
            (3, "tool", "HERE/acme/app/-/jobs/12/artifacts/raw/bin/tool"),
            (4, "moved", "HERE/api/v4/projects/7/packages/generic/app/1/moved.zip"),
            (5, "files.zip", "HERE/acme/app/-/package_files/12/download"),
        ],
        BOTH,
    );
    let first = running.source.pass(None);
    assert!(first.gaps.is_empty(), "{:?}", first.gaps);
    let wheel = text(&first, "acme/app asset v1 1");
    assert_eq!(wheel.bytes, b"file api/v4/projects/7/packages/generic/app/1/a%20b.whl");
    assert_eq!(wheel.place.path.as_deref(), Some(&b"a b.whl"[..]));
    assert_eq!(
        wheel.place.url,
        format!("{}/lab/acme/app/-/releases/v1/downloads/1", running.server.base()),
        "without what somebody wrote into it"
    );
    assert_eq!(wheel.place.is_public, Some(true));
    let found = text(&first, "acme/app asset v1 2");
    assert_eq!(found.bytes, format!("file api/v4/projects/7/uploads/{SECRET}/app.zip").as_bytes());
    let found = text(&first, "acme/app asset v1 3");
    assert_eq!(found.bytes, b"file api/v4/projects/acme%2Fapp/jobs/12/artifacts/bin/tool");
    assert_eq!(text(&first, "acme/app asset v1 4").bytes, b"stored /stored.zip");
    let found = text(&first, "acme/app asset v1 5");
    assert_eq!(found.bytes, b"file acme/app/-/package_files/12/download");
    assert_eq!(found.place.path.as_deref(), Some(&b"files.zip"[..]));

    let asked = running.server.asked.lock().unwrap().clone();
    assert!(asked.iter().all(Asked::has_credential));
    assert!(asked.iter().all(|asked| asked.query("private_token").is_none()));
    let asked = running.other.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1);
    assert!(!asked[0].has_credential());

    let (mut opened, mut client) = running.source.open();
    for id in 1..=5 {
        let found = text(&first, &format!("acme/app asset v1 {id}"));
        let again = opened.service.again(&mut client, &found.place).unwrap();
        assert_eq!(again.as_deref(), Some(&*found.bytes));
    }
    running.links.lock().unwrap().clear();
    assert_eq!(opened.service.again(&mut client, &wheel.place).unwrap(), None);
}

#[test]
fn other_hosts_and_pages_are_never_asked_for() {
    let running = gitlab(
        &[
            (1, "elsewhere", "OTHER/app.zip"),
            (2, "inside", "http://10.0.0.1/app.zip"),
            (3, "other port", "http://127.0.0.1:1/lab/api/v4/projects/7/packages/generic/a/1/a"),
            (4, "me", "HERE/api/v4/user"),
            (5, "out", "HERE/users/sign_out"),
            (6, "ftp", "ftp://127.0.0.1/app.zip"),
            (7, "logo", "HERE/api/v4/projects/7/packages/generic/app/1/logo.png"),
            (8, "none", "no address"),
            (9, "above", "HERE/../api/v4/projects/7/packages/generic/app/1/app.zip"),
            (10, "me too", "http://eve:pw@127.0.0.1/lab/api/v4/projects/7/packages/a/1/a"),
        ],
        BOTH,
    );
    let first = running.source.pass(None);
    for (id, name, why) in [
        (1, "elsewhere", "another host"),
        (2, "inside", "another host"),
        (3, "other port", "another host"),
        (4, "me", "no package, upload or artifact"),
        (5, "out", "no package, upload or artifact"),
        (6, "ftp", "another host"),
        (7, "logo.png", "is not read"),
        (8, "none", "another host"),
        (9, "above", "another host"),
        (10, "me too", "another host"),
    ] {
        first.assert_gap(&format!("acme/app asset v1 {id} {name}"), why);
    }
    assert_eq!(first.keys(), ["acme/app release v1".to_owned()].into());
    assert!(running.asked().is_empty());
    assert!(running.other.asked.lock().unwrap().is_empty());
}

#[test]
fn what_takes_no_token_is_told_from_its_sign_in() {
    let running = gitlab(
        &[
            (1, "app.zip", "HERE/acme/app/-/package_files/13/download"),
            (2, "gone.zip", "HERE/api/v4/projects/7/packages/generic/app/1/gone.zip"),
            (3, "app.zip", "HERE/api/v4/projects/7/packages/generic/app/1/app.zip"),
        ],
        BOTH,
    );
    let first = running.source.pass(None);
    first.assert_gap("acme/app asset v1 1 app.zip", "a page came instead of the file");
    first.assert_gap("acme/app asset v1 2 gone.zip", "404");
    assert!(first.keys().contains("acme/app asset v1 3"));
}

#[test]
fn nothing_is_fetched_twice() {
    let running = gitlab(&[(1, "a", "HERE/api/v4/projects/7/packages/generic/app/1/a.zip")], BOTH);
    let first = running.source.pass(None);
    assert_eq!(running.asked().len(), 1);
    running.source.wait(3_600);
    let second = running.source.pass(first.cursor);
    assert!(running.asked().is_empty());

    // A link tells no time, but its number is higher than those before.
    let link = (2, "b", "HERE/api/v4/projects/7/packages/generic/app/1/b.zip");
    running.links.lock().unwrap().push(link);
    running.source.wait(3_600);
    let third = running.source.pass(second.cursor);
    assert_eq!(running.asked(), ["/lab/api/v4/projects/7/packages/generic/app/1/b.zip"]);

    // Once a week what was made since the week before, too.
    running.source.wait(8 * 24 * 3_600);
    let fourth = running.source.pass(third.cursor);
    assert_eq!(running.asked().len(), 2);
    running.source.wait(8 * 24 * 3_600);
    running.source.pass(fourth.cursor);
    assert!(running.asked().is_empty());
}

#[test]
fn they_can_be_left_out() {
    let link = (1, "a", "HERE/api/v4/projects/7/packages/generic/app/1/a.zip");
    let running = gitlab(&[link], "what = ['releases']");
    let first = running.source.pass(None);
    first.assert_gap("acme/app release v1", "add `assets` to `what`");
    assert!(running.asked().is_empty());
    let running = gitlab(&[link], "what = ['assets']");
    assert_eq!(running.source.pass(None).keys(), ["acme/app asset v1 1".to_owned()].into());
}

//! Bitbucket: every stream is found, once, from any cursor on.

use std::{collections::BTreeSet, net::SocketAddr};

use serde_json::{Value, json};

use crate::{
    drive::{NOW, Source},
    server::{Asked, Reply, Server, page, time},
};

fn listed(all: Vec<Value>, asked: &Asked, at: SocketAddr) -> Reply {
    let (each, next) = page(all, asked, "pagelen");
    let mut body = json!({"values": each, "pagelen": 3});
    if let Some(next) = next {
        body["next"] = json!(format!("http://{at}{next}"));
    }
    Reply::json(&body)
}

fn site(asked: &Asked, at: SocketAddr) -> Reply {
    let account = json!({"display_name": "Eve <b>E</b>", "nickname": "eve", "type": "user"});
    let links = json!({"html": {"href": "https://bitbucket.org/x"}});
    let repo = |id: u64| {
        json!({"full_name": format!("acme/app-{id}"), "is_private": id == 2, "updated_on": time(NOW - 9_000),
            "links": {"clone": [{"name": "https", "href": "https://eve@bitbucket.org/acme/app.git"}]}})
    };
    let request = |id: u64| {
        json!({"id": id, "title": "change", "description": format!("request {id}"), "author": account,
            "created_on": time(NOW - 9_999), "updated_on": time(NOW - 9_000), "comment_count": id % 2, "links": links})
    };
    let comment = |id: u64| {
        json!({"id": id, "content": {"raw": format!("comment {id}"), "html": "<p>"}, "user": account,
            "created_on": time(NOW - 9_000), "updated_on": time(NOW - 9_000), "links": links,
            "inline": {"path": "src/a.py", "to": 3}})
    };
    let snippet = |id: &str| {
        json!({"id": id, "title": "mine", "is_private": false, "owner": account, "updated_on": time(NOW - 9_000),
            "links": links, "files": {
                "foo.txt": {"links": {"self": {"href": format!("http://{at}/2.0/snippets/acme/{id}/files/abc/foo.txt")}}},
                "bar.txt": {"links": {"self": {"href": "https://evil.example/bar.txt"}}}}})
    };
    let download = |name: &str| {
        json!({"name": name, "size": 9, "downloads": 3, "user": account, "type": "download",
            "created_on": time(NOW - 9_000), "links": {"self": {"href": "https://evil.example/x"}}})
    };
    let is_new = asked.query("q").is_none_or(|query| {
        let since = query.strip_prefix("updated_on >= ").unwrap();
        since.parse::<jiff::Timestamp>().unwrap().as_second() <= NOW - 9_000
    });
    match &asked.under("/2.0/")[..] {
        ["repositories", "acme"] => listed((1..5).map(repo).collect(), asked, at),
        ["repositories", "acme", _, "pullrequests"] if is_new => {
            listed((1..5).map(request).collect(), asked, at)
        }
        ["repositories", "acme", _, "pullrequests"] => listed(Vec::new(), asked, at),
        ["repositories", "acme", _, "pullrequests", id] => {
            Reply::json(&request(id.parse().unwrap()))
        }
        ["repositories", "acme", _, "pullrequests", id, "comments"] => {
            let id: u64 = id.parse().unwrap();
            listed((id * 10..id * 10 + 5).map(comment).collect(), asked, at)
        }
        ["repositories", "acme", _, "pullrequests", _, "comments", id] => {
            Reply::json(&comment(id.parse().unwrap()))
        }
        ["repositories", "acme", _, "downloads"] => {
            listed(["a.zip", "b c.jar"].map(download).to_vec(), asked, at)
        }
        ["repositories", "acme", repo, "downloads", name] => {
            Reply::raw(format!("{name} of {repo}"))
        }
        ["snippets", "acme"] => listed(
            ["a1", "b2"].map(|id| json!({"id": id, "updated_on": time(NOW - 9_000)})).to_vec(),
            asked,
            at,
        ),
        ["snippets", "acme", id] => Reply::json(&snippet(id)),
        ["snippets", "acme", id, "files", .., name] => Reply::raw(format!("{name} of {id}")),
        _ => Reply::status(404),
    }
}

fn running() -> (Server, Source) {
    let server = Server::start([127, 0, 0, 1], site);
    let source = Source::new(&format!(
        "name = 'bucket'\nservice = 'bitbucket'\nuser = 'sec@acme.example'\nbase_url = '{}'\nworkspaces = ['acme']",
        server.base()
    ));
    (server, source)
}

fn expected() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for repo in 1..5 {
        let name = format!("acme/app-{repo}");
        keys.insert(name.clone());
        keys.extend((1..5).map(|id| format!("{name} pull-request {id}")));
        keys.extend(["a.zip", "b c.jar"].map(|file| format!("{name} download {file}")));
        for id in [1, 3] {
            keys.extend(
                (id * 10..id * 10 + 5).map(|one| format!("{name} pull-request {id} comment {one}")),
            );
        }
    }
    for id in ["a1", "b2"] {
        keys.extend([
            format!("acme snippet {id}"),
            format!("acme snippet {id} foo.txt"),
            format!("acme snippet {id} bar.txt"),
        ]);
    }
    keys
}

#[test]
fn everything_is_found_once_and_had_again() {
    let (server, source) = running();
    let first = source.pass(None);
    assert_eq!(first.keys(), expected());
    assert_eq!(first.items.len(), expected().len(), "none twice");
    assert!(first.gaps.is_empty(), "{:?}", first.gaps);
    let (mut opened, mut client) = source.open();
    for item in &first.items {
        match item {
            leeward_remote::Item::Text(text) => {
                let again = opened.service.again(&mut client, &text.place).unwrap();
                assert_eq!(again.as_deref(), Some(&*text.bytes), "{}", text.key.id);
            }
            leeward_remote::Item::Repository(repository) => {
                assert!(!repository.url.contains('@'), "{}", repository.url);
            }
        }
    }
    let asked = server.asked.lock().unwrap();
    assert!(
        asked
            .iter()
            .all(|asked| asked.headers["authorization"].to_str().unwrap().starts_with("Basic "))
    );
}

#[test]
fn a_second_pass_asks_for_what_is_new() {
    let (_server, source) = running();
    let first = source.pass(None);
    source.wait(3_600);
    let second = source.pass(first.cursor);
    let wanted: BTreeSet<String> = (1..5).map(|repo| format!("acme/app-{repo}")).collect();
    assert_eq!(second.keys(), wanted, "told by their versions");
    // A week later everything is read again.
    source.wait(8 * 24 * 3_600);
    let mut wanted = expected();
    wanted.retain(|key| !key.contains(" download "));
    let third = source.pass(second.cursor);
    let mut keys = third.keys();
    // Of files what is new since the week before.
    keys.retain(|key| !key.contains(" download "));
    assert_eq!(keys, wanted);
}

#[test]
fn faults_lose_nothing_whatever_the_seed() {
    for seed in 1..=8 {
        let (server, source) = running();
        server.spoil(30, seed);
        let (mut keys, mut cursor) = (BTreeSet::new(), None);
        for _ in 0..3 {
            let drained = source.pass_with(cursor, seed % 2 == 0);
            keys.extend(drained.keys());
            cursor = drained.cursor;
            source.wait(900);
        }
        let wanted = expected();
        assert_eq!(
            wanted.difference(&keys).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "seed {seed}"
        );
    }
}

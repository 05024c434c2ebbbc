//! Gitea and Forgejo: every stream is found, once, from any cursor on.

use std::{collections::BTreeSet, net::SocketAddr};

use serde_json::{Value, json};

use crate::{
    drive::{NOW, Source},
    server::{Asked, Reply, Server, is_since, linked, page, time},
};

fn site(asked: &Asked, at: SocketAddr) -> Reply {
    let user = json!({"id": 1, "login": "eve"});
    let repo = |id: u64| {
        json!({"full_name": format!("acme/app-{id}"), "private": id == 2, "internal": false, "empty": id == 3,
            "clone_url": "http://localhost:3000/acme/x.git", "updated_at": time(NOW - 9_000)})
    };
    let asset = |id: u64| {
        json!({"id": id, "uuid": format!("a-{id}"), "name": "app 1.whl", "size": 9, "created_at": time(NOW - 9_000),
            "browser_download_url": "http://localhost:3000/acme/app/releases/download/v1/app%201.whl"})
    };
    let said = |id: u64, word: &str| {
        json!({"id": id, "number": id, "title": format!("title {id}"), "tag_name": "v1", "body": format!("{word} {id}"),
            "user": user, "author": user, "html_url": format!("http://{at}/{word}/{id}"), "comments_count": 1,
            "created_at": time(NOW - 9_000), "updated_at": time(NOW - 9_000), "published_at": time(NOW - 9_000),
            "submitted_at": time(NOW - 9_000), "draft": false, "assets": [asset(id)],
            "pull_request": if id.is_multiple_of(2) && word == "issue" { json!({"merged": false}) } else { Value::Null }})
    };
    let many = |from: u64, count: u64, word: &str| -> Vec<Value> {
        let is_new = is_since(asked, "since", NOW - 9_000);
        (from..from + count).filter(|_| is_new).map(|id| said(id, word)).collect()
    };
    if let Some(uuid) = asked.path.strip_prefix("/git/attachments/") {
        return Reply::raw(format!("bytes of {uuid}"));
    }
    match &asked.under("/git/api/v1/")[..] {
        ["orgs", "acme", "repos"] => linked((1..5).map(repo).collect(), asked, "limit", at),
        ["repos", "search"] => {
            let (each, next) = page((1..5).map(repo).collect(), asked, "limit");
            let reply = Reply::json(&json!({"ok": true, "data": each}));
            match next {
                Some(next) => reply.with("link", format!("<http://{at}{next}>; rel=\"next\"")),
                None => reply,
            }
        }
        ["repos", "acme", _, rest @ ..] => match rest {
            ["issues"] => linked(many(1, 5, "issue"), asked, "limit", at),
            ["issues", "comments"] => linked(many(50, 4, "comment"), asked, "limit", at),
            ["issues", "comments", id] => Reply::json(&said(id.parse().unwrap(), "comment")),
            ["issues", id] => Reply::json(&said(id.parse().unwrap(), "issue")),
            ["pulls", id, "reviews"] => {
                linked(many(id.parse::<u64>().unwrap() * 10, 4, "review"), asked, "limit", at)
            }
            ["pulls", _, "reviews", id] => Reply::json(&said(id.parse().unwrap(), "review")),
            ["pulls", _, "reviews", id, "comments"] => {
                Reply::json(&Value::Array(many(id.parse::<u64>().unwrap() * 10, 2, "line")))
            }
            ["releases"] => linked(many(90, 4, "release"), asked, "limit", at),
            ["releases", id, "assets"] => Reply::json(&json!([asset(id.parse().unwrap())])),
            ["releases", id] => Reply::json(&said(id.parse().unwrap(), "release")),
            _ => Reply::status(404),
        },
        _ => Reply::status(404),
    }
}

fn running(what: &str) -> (Server, Source) {
    let server = Server::start([127, 0, 0, 1], site);
    // Under a path, as behind a proxy.
    let source = Source::new(&format!(
        "name = 'tea'\nservice = 'forgejo'\nbase_url = '{}/git'\n{what}",
        server.base()
    ));
    (server, source)
}

fn expected() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for repo in 1..5 {
        let name = format!("acme/app-{repo}");
        if repo != 3 {
            keys.insert(name.clone());
        }
        keys.extend((1..6).map(|id| format!("{name} issue {id}")));
        keys.extend((50..54).map(|id| format!("{name} comment {id}")));
        keys.extend((90..94).map(|id| format!("{name} release {id}")));
        keys.extend((90..94).map(|id| format!("{name} asset a-{id}")));
        for pull in [2, 4] {
            for review in pull * 10..pull * 10 + 4 {
                keys.insert(format!("{name} pull {pull} {review}"));
                keys.extend(
                    (review * 10..review * 10 + 2)
                        .map(|line| format!("{name} pull {pull} {review} {line}")),
                );
            }
        }
    }
    keys
}

#[test]
fn everything_is_found_once_and_had_again() {
    for what in ["organisations = ['acme']", "all = true"] {
        let (server, source) = running(what);
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
                    let url = format!("{}/git/{}.git", server.base(), repository.key.id);
                    assert_eq!(repository.url, url);
                }
            }
        }
        let asked = server.asked.lock().unwrap();
        assert!(asked.iter().all(|asked| asked.headers["authorization"] == "token operators-own"));
    }
}

#[test]
fn patterns_choose_and_a_second_pass_asks_for_what_is_new() {
    let (_server, source) = running("organisations = ['acme']\nrepositories = ['acme/*', '!*-2']");
    let first = source.pass(None);
    assert!(first.keys().iter().all(|key| !key.contains("app-2")));
    source.wait(3_600);
    let second = source.pass(first.cursor);
    assert!(
        second.keys().iter().all(|key| !key.contains(' ') || key.contains("release")),
        "{:?}",
        second.keys()
    );
}

#[test]
fn faults_lose_nothing_whatever_the_seed() {
    for seed in 1..=8 {
        let (server, source) = running("organisations = ['acme']");
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

//! GitLab: every stream is found, once, from any cursor on.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::{
    drive::{NOW, Source},
    github::Said,
    server::{Asked, Reply, Server, is_since, page, time},
};

#[derive(Clone, Default)]
struct World {
    issues: Vec<Said>,
    merges: Vec<Said>,
    jobs: Vec<Said>,
    snippets: Vec<Said>,
    pushes: u64,
}

/// GitLab tells the next page by `Link`, or by a number when a proxy changed the host.
fn listed(all: Vec<Value>, asked: &Asked, at: SocketAddr) -> Reply {
    let (each, next) = page(all, asked, "per_page");
    let reply = Reply::json(&Value::Array(each)).with("ratelimit-remaining", "1999");
    let Some(next) = next else { return reply.with("x-next-page", "") };
    let number = next.split("page=").last().unwrap_or_default();
    let number: String = next
        .split('&')
        .chain(next.split('?'))
        .find_map(|part| part.strip_prefix("page="))
        .map_or_else(
            || number.to_owned(),
            |text| text.chars().take_while(char::is_ascii_digit).collect(),
        );
    match asked.path.contains("/issues") {
        // The host that GitLab believes it has.
        true => reply
            .with("link", format!("<https://gitlab.inside.example{next}>; rel=\"next\""))
            .with("x-next-page", number),
        false => reply
            .with("link", format!("<http://{at}{next}>; rel=\"next\""))
            .with("x-next-page", number),
    }
}

fn site(world: Arc<Mutex<World>>) -> impl Fn(&Asked, SocketAddr) -> Reply {
    move |asked, at| {
        let world = world.lock().unwrap().clone();
        let user = json!({"id": 1, "username": "eve"});
        let project = |id: u64| {
            json!({"id": id, "path_with_namespace": format!("acme/under/app-{id}"), "visibility":
                if id == 1 { "public" } else { "internal" }, "last_activity_at": time(NOW - 60),
                "http_url_to_repo": "https://evil.example/x.git", "empty_repo": false})
        };
        let thing = |one: &Said, word: &str| {
            json!({"id": one.0 + 1000, "iid": one.0, "title": format!("title {}", one.0),
                "description": format!("{word} {}", one.0), "author": user, "created_at": time(one.1 - 9),
                "updated_at": time(one.1), "web_url": format!("https://gitlab.example/{word}/{}", one.0),
                "user_notes_count": 2, "confidential": one.0 == 2})
        };
        let changed = |all: &[Said], word: &str| -> Vec<Value> {
            all.iter()
                .filter(|one| is_since(asked, "updated_after", one.1))
                .map(|one| thing(one, word))
                .collect()
        };
        let note = |id: u64| {
            json!({"id": id, "body": format!("note {id}"), "author": user, "system": false, "internal": false,
                "created_at": time(NOW - 9), "updated_at": time(NOW - 9)})
        };
        let snippet = |one: &Said, project: Option<u64>| {
            json!({"id": one.0, "title": "a snippet", "description": null, "file_name": "a.sh",
                "visibility": "public", "author": user, "updated_at": time(one.1),
                "web_url": "https://gitlab.example/s", "project_id": project,
                "files": [{"path": "dir/a b.sh", "raw_url": format!("http://x/-/snippets/{}/raw/main/dir/a%20b.sh", one.0)}]})
        };
        let release = |tag: &str| {
            json!({"tag_name": tag, "name": "One", "description": format!("notes of {tag}"), "author": user,
                "created_at": time(NOW - 90_000), "released_at": "2099-01-01T00:00:00Z",
                "assets": {"count": 5, "sources": [{"format": "zip", "url": "https://evil.example/a.zip"}],
                    "links": [{"id": 1, "name": "x", "url": "https://x.example/"}]}})
        };
        let link = |tag: &str| {
            json!({"id": 1, "name": "the app", "link_type": "other",
                "url": format!("http://{at}/api/v4/projects/1/packages/generic/app/{tag}/app%20{tag}.whl")})
        };
        let parts = asked.under("/api/v4/");
        let is_mine =
            |id: &str| matches!(id, "1" | "2" | "acme%2Funder%2Fapp-1" | "acme%2Funder%2Fapp-2");
        match &parts[..] {
            ["groups", "acme%2Funder", "projects"] => listed((1..3).map(project).collect(), asked, at),
            ["projects", id, rest @ ..] if is_mine(id) => match rest {
                ["events"] => Reply::json(&json!([{"id": world.pushes, "action_name": "pushed to"}])),
                ["issues"] => listed(changed(&world.issues, "issue"), asked, at),
                ["merge_requests"] => listed(changed(&world.merges, "merge"), asked, at),
                ["issues", one] => Reply::json(&thing(world.issues.iter().find(|issue| issue.0.to_string() == **one).unwrap(), "issue")),
                ["merge_requests", one] => Reply::json(&thing(world.merges.iter().find(|issue| issue.0.to_string() == **one).unwrap(), "merge")),
                [_, one, "notes"] => {
                    let from: u64 = one.parse::<u64>().unwrap() * 10;
                    listed((from..from + 4).map(note).collect(), asked, at)
                }
                [_, _, "notes", id] => Reply::json(&note(id.parse().unwrap())),
                ["releases"] => listed(["v1", "v2.0"].map(release).to_vec(), asked, at),
                ["releases", tag] => Reply::json(&release(tag)),
                ["releases", tag, "assets", "links"] => listed(vec![link(tag)], asked, at),
                ["releases", tag, "assets", "links", "1"] => Reply::json(&link(tag)),
                ["packages", "generic", "app", tag, _] => Reply::raw(format!("wheel {tag}")),
                ["snippets"] => listed(vec![snippet(&Said(60, NOW - 9_000), Some(1))], asked, at),
                ["snippets", "60"] => Reply::json(&snippet(&Said(60, NOW - 9_000), Some(1))),
                ["snippets", "60", "files", "main", "dir%2Fa%20b.sh", "raw"] => Reply::raw("in a project"),
                ["jobs"] => listed(world.jobs.iter().rev().map(|job| json!({"id": job.0, "status": "success",
                    "web_url": "", "created_at": time(job.1 - 60), "finished_at": time(job.1), "user": user})).collect(), asked, at),
                ["jobs", "13", "trace"] => Reply::status(404),
                ["jobs", id, "trace"] => Reply::raw(format!("trace {id}")),
                _ => Reply::status(404),
            },
            ["snippets"] => listed(world.snippets.iter().map(|one| snippet(one, None)).collect(), asked, at),
            ["snippets", id] => Reply::json(&snippet(&Said(id.parse().unwrap(), NOW - 9_000), None)),
            ["snippets", id, "files", "main", "dir%2Fa%20b.sh", "raw"] => Reply::raw(format!("snippet {id}")),
            _ => Reply::status(404),
        }
    }
}

fn running() -> (Arc<Mutex<World>>, Server, Source) {
    let many =
        |from: u64, count: u64| (from..from + count).map(|id| Said(id, NOW - 90_000)).collect();
    let world = World {
        issues: many(1, 5),
        merges: many(1, 2),
        jobs: many(10, 5),
        snippets: many(70, 4),
        pushes: 40,
    };
    let world = Arc::new(Mutex::new(world));
    let server = Server::start([127, 0, 0, 1], site(Arc::clone(&world)));
    let source = Source::new(&format!(
        "name = 'lab'\nservice = 'gitlab'\nbase_url = '{}/'\ngroups = ['acme/under']",
        server.base()
    ));
    (world, server, source)
}

fn expected() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for name in ["acme/under/app-1", "acme/under/app-2"] {
        keys.insert(name.to_owned());
        for (word, count) in [("issue", 5), ("merge-request", 2)] {
            for iid in 1..=count {
                keys.insert(format!("{name} {word} {iid}"));
                keys.extend(
                    (iid * 10..iid * 10 + 4).map(|note| format!("{name} {word} {iid} note {note}")),
                );
            }
        }
        keys.extend([format!("{name} snippet 60"), format!("{name} snippet 60 dir/a b.sh")]);
        keys.extend([10, 11, 12, 14].map(|job| format!("{name} job {job}")));
        for tag in ["v1", "v2.0"] {
            keys.extend([format!("{name} release {tag}"), format!("{name} asset {tag} 1")]);
        }
    }
    for id in 70..74 {
        keys.extend([format!("snippet {id}"), format!("snippet {id} dir/a b.sh")]);
    }
    keys
}

#[test]
fn everything_is_found_once() {
    let (_, server, source) = running();
    let first = source.pass(None);
    assert_eq!(first.keys(), expected());
    assert_eq!(first.items.len(), expected().len(), "none twice");
    first.assert_gap("job 13", "404");
    let texts = first.texts();
    assert_eq!(texts["acme/under/app-2 job 11"], "trace 11");
    assert_eq!(texts["snippet 72 dir/a b.sh"], "snippet 72");
    assert_eq!(texts["acme/under/app-1 release v1"], "One\n\nnotes of v1");
    assert_eq!(texts["acme/under/app-2 asset v2.0 1"], "wheel v2.0");
    let is_public = |id: &str| {
        first.items.iter().find_map(|item| match item {
            leeward_remote::Item::Text(text) if text.key.id == id => text.place.is_public,
            leeward_remote::Item::Repository(repository) if repository.key.id == id => {
                repository.is_public
            }
            _ => None,
        })
    };
    assert_eq!(is_public("acme/under/app-1 issue 1"), Some(true));
    assert_eq!(is_public("acme/under/app-1 issue 2"), Some(false), "confidential");
    assert_eq!(is_public("acme/under/app-1 issue 2 note 20"), Some(false));
    assert_eq!(is_public("acme/under/app-2"), Some(false));
    let asked = server.asked.lock().unwrap();
    assert!(asked.iter().all(|asked| asked.headers["private-token"] == "operators-own"));
}

#[test]
fn faults_lose_nothing_whatever_the_seed() {
    for seed in 1..=8 {
        let (_, server, source) = running();
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

#[test]
fn a_second_pass_asks_for_what_is_new() {
    let (world, server, source) = running();
    let first = source.pass(None);
    source.wait(3_600);
    {
        let mut world = world.lock().unwrap();
        world.issues[3].1 = NOW + 1_800;
        world.jobs.push(Said(15, NOW + 1_800));
        world.pushes = 41;
    }
    let before = server.asked.lock().unwrap().len();
    let second = source.pass(first.cursor);
    let mut wanted = BTreeSet::new();
    for name in ["acme/under/app-1", "acme/under/app-2"] {
        wanted.extend([name.to_owned(), format!("{name} issue 4"), format!("{name} job 15")]);
        // Listed again, to be told by their versions; what they link to is not.
        wanted.extend(["v1", "v2.0"].map(|tag| format!("{name} release {tag}")));
        wanted.extend((40..44).map(|note| format!("{name} issue 4 note {note}")));
    }
    assert_eq!(second.keys(), wanted);
    assert!(second.items.iter().any(|item| item.key().version == "push 41"));
    assert!(server.asked.lock().unwrap().len() - before < 30);
}

#[test]
fn a_text_is_had_again_by_its_place() {
    let (_, _server, source) = running();
    let first = source.pass(None);
    let (mut opened, mut client) = source.open();
    for item in &first.items {
        let leeward_remote::Item::Text(text) = item else { continue };
        let again = opened.service.again(&mut client, &text.place).unwrap();
        assert_eq!(again.as_deref(), Some(&*text.bytes), "{}", text.key.id);
    }
}

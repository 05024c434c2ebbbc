//! GitHub: every stream is found, once, from any cursor on.

use std::{
    collections::BTreeSet,
    io::Write as _,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::{
    drive::{NOW, Source},
    server::{Asked, Reply, Server, is_since, linked, page, time},
};

/// A text, and when it was changed.
#[derive(Clone)]
pub struct Said(pub u64, pub i64);

/// A repository.
#[derive(Clone)]
pub struct Repo {
    pub name: String,
    pub is_private: bool,
    pub pushed: i64,
    pub issues: Vec<Said>,
    pub comments: Vec<Said>,
    pub reviews: Vec<Said>,
    pub releases: Vec<Said>,
    pub runs: Vec<Said>,
}

/// What GitHub holds.
#[derive(Clone, Default)]
pub struct World {
    pub repos: Vec<Repo>,
    pub gists: Vec<Said>,
    pub events: Vec<Value>,
    pub found: Vec<(String, String)>,
}

pub fn world(repos: u64) -> World {
    let many = |from: u64, count: u64| (from..from + count).map(|id| Said(id, NOW - 90_000));
    let repo = |number: u64| Repo {
        name: format!("acme/app-{number}"),
        is_private: number % 2 == 1,
        pushed: NOW - 5_000,
        issues: many(1, 4 + number).collect(),
        comments: many(number * 100, 5).collect(),
        reviews: many(number * 100, 2).collect(),
        releases: many(number * 100, 1).collect(),
        runs: many(number * 100, 2).collect(),
    };
    let push = |id: u64| {
        json!({"id": id.to_string(), "type": "PushEvent", "public": true,
            "actor": {"login": "eve"}, "repo": {"id": 1, "name": "acme/app-0", "url": ""},
            "created_at": time(NOW),
            "payload": {"repository_id": 1, "push_id": id, "ref": "refs/heads/main",
                "head": format!("{id:040x}"), "before": format!("{:040x}", id - 1)}})
    };
    World {
        repos: (0..repos).map(repo).collect(),
        gists: many(1, 4).collect(),
        events: (1..8).map(push).collect(),
        found: (0..5)
            .map(|number| (format!("src/file {number}.py"), format!("{number:040x}")))
            .collect(),
    }
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Answers as GitHub does; the logs of Actions and the files of releases lie
/// at `blobs`.
pub fn site(
    world: Arc<Mutex<World>>,
    blobs: String,
) -> impl Fn(&Asked, std::net::SocketAddr) -> Reply {
    move |asked, at| {
        let world = world.lock().unwrap().clone();
        let page_of = |all| linked(all, asked, "per_page", at);
        let user = json!({"login": "eve", "id": 7});
        let repo_of = |repo: &Repo| {
            json!({"id": 1, "full_name": repo.name, "private": repo.is_private,
                "visibility": if repo.is_private { "private" } else { "public" },
                "clone_url": "https://evil.example/steal.git",
                "pushed_at": time(repo.pushed), "updated_at": time(NOW), "disabled": false})
        };
        let said = |said: &Said, word: &str| {
            json!({"id": said.0, "number": said.0, "title": format!("title {}", said.0), "user": user,
                "body": format!("{word} {}", said.0), "html_url": format!("https://github.com/x/{word}/{}", said.0),
                "created_at": time(said.1 - 10), "updated_at": time(said.1)})
        };
        let asset = |release: u64, at: i64| {
            json!({"id": release * 10, "name": format!("app {release}.tgz"), "size": 20, "state": "uploaded",
                "content_type": "application/gzip", "uploader": user, "created_at": time(at), "updated_at": time(at),
                "url": "https://evil.example/asset", "browser_download_url": format!("https://github.com/x/{release}")})
        };
        let review = |pull: &str| {
            json!({"id": 40, "body": format!("review of {pull}"), "user": user, "html_url": "",
                "submitted_at": time(NOW), "state": "APPROVED"})
        };
        let texts = |all: &[Said], word: &str| -> Vec<Value> {
            all.iter()
                .filter(|one| is_since(asked, "since", one.1))
                .map(|one| said(one, word))
                .collect()
        };
        let parts = asked.under("/api/v3/");
        match &parts[..] {
            ["orgs", "acme", "repos"] => page_of(world.repos.iter().map(repo_of).collect()),
            ["users", "eve", "repos"] => page_of(Vec::new()),
            ["users", "eve", "gists"] | ["gists", "public"] => {
                let gists = world.gists.iter().filter(|one| is_since(asked, "since", one.1));
                page_of(
                    gists
                        .map(|one| json!({"id": format!("g{}", one.0), "updated_at": time(one.1)}))
                        .collect(),
                )
            }
            ["gists", id] => {
                let number: u64 = id[1..].parse().unwrap();
                let Some(gist) = world.gists.iter().find(|one| one.0 == number) else {
                    return Reply::status(404);
                };
                Reply::json(&json!({"id": id, "html_url": format!("https://gist.github.com/{id}"),
                    "public": true, "owner": user, "updated_at": time(gist.1), "description": "what it is",
                    "truncated": false, "files": {
                        ".env": {"filename": ".env", "raw_url": format!("http://{at}/raw/{id}/env"),
                            "truncated": false, "content": format!("small {id}")},
                        "big.txt": {"filename": "big.txt", "raw_url": format!("http://{at}/raw/{id}/big"),
                            "truncated": true, "content": "sm"}}}))
            }
            ["events"] | ["orgs", "acme", "events"] => {
                let (each, _) = page(world.events.clone(), asked, "per_page");
                let _ = each;
                let tag = format!("\"{}\"", world.events.len());
                let known =
                    asked.headers.get("if-none-match").map(|tag| tag.to_str().unwrap().to_owned());
                if known.as_deref() == Some(&*tag) && asked.query("page").is_none() {
                    return Reply { body: Vec::new(), ..Reply::status(304) };
                }
                page_of(world.events.iter().rev().cloned().collect()).with("etag", tag)
            }
            ["search", "code"] => {
                let found = world.found.iter().map(|(path, sha)| {
                    json!({"name": "file", "path": path, "sha": sha, "html_url": "https://github.com/a/b",
                        "repository": {"full_name": "other/thing", "private": false}})
                });
                let (each, next) = page(found.collect(), asked, "per_page");
                let reply = Reply::json(
                    &json!({"total_count": 1_200, "incomplete_results": true, "items": each}),
                );
                match next {
                    Some(next) => reply.with("link", format!("<http://{at}{next}>; rel=\"next\"")),
                    None => reply,
                }
            }
            ["repos", "other", "thing", "git", "blobs", sha] => Reply::raw(format!("blob {sha}")),
            ["repos", "other", "thing", "contents", "src", name] => {
                let number = name.trim_start_matches("file%20").trim_end_matches(".py");
                Reply::raw(format!("blob {:040x}", number.parse::<u64>().unwrap()))
            }
            ["repos", "acme", name, rest @ ..] => {
                let Some(repo) =
                    world.repos.iter().find(|repo| repo.name == format!("acme/{name}"))
                else {
                    return Reply::status(404);
                };
                let one = |all: &[Said], id: &str, word: &str| match all
                    .iter()
                    .find(|one| one.0.to_string() == id)
                {
                    Some(one) => Reply::json(&said(one, word)),
                    None => Reply::status(404),
                };
                match rest {
                    [] => Reply::json(&repo_of(repo)),
                    ["issues"] => {
                        let mut issues = texts(&repo.issues, "issue");
                        for issue in issues.iter_mut().filter(|issue| issue["number"] == 2) {
                            issue["pull_request"] = json!({"url": ""});
                        }
                        page_of(issues)
                    }
                    ["issues", "comments"] => page_of(texts(&repo.comments, "comment")),
                    ["issues", "comments", id] => one(&repo.comments, id, "comment"),
                    ["issues", id] => one(&repo.issues, id, "issue"),
                    ["pulls", "comments"] => page_of(texts(&repo.reviews, "review")),
                    ["pulls", "comments", id] => one(&repo.reviews, id, "review"),
                    ["releases", "assets", id] => {
                        Reply::status(302).with("location", format!("{blobs}/asset/{id}?sig=x"))
                    }
                    ["releases", id, "assets"] => {
                        let release = repo.releases.iter().find(|one| one.0.to_string() == *id);
                        page_of(release.map(|one| asset(one.0, one.1)).into_iter().collect())
                    }
                    ["releases", id] => {
                        let number = id.parse().unwrap();
                        let mut release = said(&Said(number, NOW - 90_000), "release");
                        release["tag_name"] = json!("v1");
                        Reply::json(&release)
                    }
                    ["pulls", pull, "reviews"] => page_of(vec![review(pull)]),
                    ["pulls", pull, "reviews", _] => Reply::json(&review(pull)),
                    ["releases"] => page_of(
                        repo.releases
                            .iter()
                            .map(|one| {
                                let mut release = said(one, "release");
                                release["tag_name"] = json!("v1");
                                release["assets"] = json!([asset(one.0, one.1)]);
                                release
                            })
                            .collect(),
                    ),
                    ["actions", "runs"] => {
                        let runs = repo.runs.iter().map(|run| {
                            json!({"id": run.0, "run_attempt": 1,
                            "status": "completed", "html_url": "", "updated_at": time(run.1)})
                        });
                        let (each, next) = page(runs.collect(), asked, "per_page");
                        let reply = Reply::json(
                            &json!({"total_count": repo.runs.len(), "workflow_runs": each}),
                        );
                        match next {
                            Some(next) => {
                                reply.with("link", format!("<http://{at}{next}>; rel=\"next\""))
                            }
                            None => reply,
                        }
                    }
                    ["actions", "runs", id, "logs"] => {
                        Reply::status(302).with("location", format!("{blobs}/log/{id}?sig=x"))
                    }
                    ["compare", range] => Reply::raw(format!("patch of {range}")),
                    _ => Reply::status(404),
                }
            }
            _ if asked.path.starts_with("/raw/") => Reply::raw(format!("raw {}", asked.path)),
            _ => Reply::status(404),
        }
    }
}

/// Where the logs and the files of releases lie.
pub fn blobs() -> Server {
    Server::start([127, 0, 0, 2], |asked, _| {
        if let Some(id) = asked.path.strip_prefix("/asset/") {
            return Reply::raw(format!("bytes of {id}"));
        }
        let id = asked.path.trim_start_matches("/log/");
        Reply::raw(zip(&[("0_build.txt", &format!("log {id}")), ("build/1_Set up.txt", "step")]))
    })
}

pub struct Running {
    pub world: Arc<Mutex<World>>,
    pub server: Server,
    pub blobs: Server,
    pub source: Source,
}

pub fn running(repos: u64, more: &str) -> Running {
    let world = Arc::new(Mutex::new(world(repos)));
    let blobs = blobs();
    let server = Server::start([127, 0, 0, 1], site(Arc::clone(&world), blobs.base()));
    let mut source = Source::new(&format!(
        "name = 'hub'\nservice = 'github'\nbase_url = '{}'\norganisations = ['acme']\n{more}",
        server.base()
    ));
    source.named.push("127.0.0.2".to_owned());
    Running { world, server, blobs, source }
}

const ALL: &str = "users = ['eve']\nsearch = ['acme.example key']\n\
    what = ['repositories', 'issues', 'reviews', 'releases', 'assets', 'logs', 'gists', 'events']";

/// The names of everything there is.
fn expected(world: &World) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for repo in &world.repos {
        let name = &repo.name;
        keys.insert(name.clone());
        keys.extend(repo.issues.iter().map(|one| format!("{name} issue {}", one.0)));
        keys.extend(repo.comments.iter().map(|one| format!("{name} comment {}", one.0)));
        keys.extend(repo.reviews.iter().map(|one| format!("{name} review-comment {}", one.0)));
        keys.extend(repo.releases.iter().map(|one| format!("{name} release {}", one.0)));
        keys.extend(repo.releases.iter().map(|one| format!("{name} asset {}", one.0 * 10)));
        keys.insert(format!("{name} review 2 40"));
        for run in &repo.runs {
            keys.insert(format!("{name} run {} 0_build.txt", run.0));
            keys.insert(format!("{name} run {} build/1_Set up.txt", run.0));
        }
    }
    for gist in &world.gists {
        let id = format!("gist g{}", gist.0);
        keys.extend([id.clone(), format!("{id} .env"), format!("{id} big.txt")]);
    }
    for event in &world.events {
        let payload = &event["payload"];
        let (before, head) =
            (payload["before"].as_str().unwrap(), payload["head"].as_str().unwrap());
        let range = match before.bytes().any(|digit| digit != b'0') {
            true => format!("{before}...{head}"),
            false => head.to_owned(),
        };
        keys.insert(format!("acme/app-0 push {range}"));
    }
    keys.extend(world.found.iter().map(|(path, _)| format!("other/thing file {path}")));
    keys
}

#[test]
fn everything_is_found_once() {
    let running = running(4, ALL);
    let first = running.source.pass(None);
    let world = running.world.lock().unwrap().clone();
    // The first push has nothing before it, and a commit is not served here.
    let mut keys = expected(&world);
    keys.retain(|key| !key.ends_with(&format!("push {:040x}", 1)));
    assert_eq!(first.keys(), keys);
    assert_eq!(first.items.len(), keys.len(), "none twice");
    assert!(first.troubles.is_empty());

    let texts = first.texts();
    assert_eq!(texts["acme/app-0 issue 1"], "title 1\n\nissue 1");
    assert_eq!(texts["acme/app-1 run 100 0_build.txt"], "log 100");
    assert_eq!(texts["acme/app-1 asset 1000"], "bytes of 1000");
    assert_eq!(texts["gist g1 big.txt"], "raw /raw/g1/big");
    assert_eq!(texts["other/thing file src/file 3.py"], format!("blob {:040x}", 3));

    first.assert_gap("search acme.example", "1200 results");
    first.assert_gap("search acme.example", "ran out of time");
    first.assert_gap(&format!("push {:040x}", 1), "404");

    // What Git is led to is made here, whatever the service says.
    let repository = first.items.iter().find_map(|item| match item {
        leeward_remote::Item::Repository(repository) => Some(repository),
        leeward_remote::Item::Text(_) => None,
    });
    let repository = repository.unwrap();
    assert_eq!(repository.url, format!("{}/acme/app-0.git", running.server.base()));
    // An installation of one's own may show nothing without.
    assert_eq!((repository.is_public, repository.needs_credential), (Some(true), true));
}

#[test]
fn the_credential_stays_at_home() {
    let running = running(2, ALL);
    let first = running.source.pass(None);
    assert!(!running.blobs.asked.lock().unwrap().is_empty());
    for asked in running.blobs.asked.lock().unwrap().iter() {
        assert!(!asked.has_credential(), "{asked:?}");
        assert!(!asked.headers.contains_key("accept") || asked.headers["accept"] == "*/*");
    }
    let asked = running.server.asked.lock().unwrap().clone();
    assert!(asked.iter().all(Asked::has_credential));
    let cursor = first.cursor.unwrap().0;
    assert!(!cursor.contains("operators-own"));
}

#[test]
fn a_second_pass_asks_for_what_is_new() {
    let running = running(3, ALL);
    let first = running.source.pass(None);
    running.source.wait(3_600);
    let before = running.server.paths().len();
    {
        let mut world = running.world.lock().unwrap();
        world.repos[1].issues.push(Said(77, NOW + 1_800));
        world.repos[1].comments[0].1 = NOW + 1_800;
        world.repos[2].runs.push(Said(299, NOW + 1_800));
        world.gists.push(Said(9, NOW + 1_800));
        world.repos[0].pushed = NOW + 1_800;
        let mut event = world.events[6].clone();
        event["id"] = json!("100");
        event["payload"]["head"] = json!(format!("{:040x}", 0xabc));
        world.events.push(event);
        world.found.push(("new.py".to_owned(), "f".repeat(40)));
    }
    let second = running.source.pass(first.cursor);
    let mut keys = second.keys();
    // Listed again, to be told by their versions.
    keys.retain(|key| {
        !key.contains(" release ") && !key.starts_with("acme/app-")
            || key.contains(" issue ")
            || key.contains("comment")
            || key.contains("run")
            || key.contains("push")
    });
    let expected: BTreeSet<String> = [
        "acme/app-1 issue 77".to_owned(),
        "acme/app-1 comment 100".to_owned(),
        "acme/app-2 run 299 0_build.txt".to_owned(),
        "acme/app-2 run 299 build/1_Set up.txt".to_owned(),
        "gist g9".to_owned(),
        "gist g9 .env".to_owned(),
        "gist g9 big.txt".to_owned(),
        format!("acme/app-0 push {:040x}...{:040x}", 6, 0xabc),
        "other/thing file new.py".to_owned(),
    ]
    .into();
    assert_eq!(keys, expected);
    let pushed = |drained: &crate::drive::Drained| {
        let mut keys = drained.items.iter().map(|item| item.key());
        keys.find(|key| key.id == "acme/app-0").unwrap().version.clone()
    };
    assert_eq!(pushed(&second), time(NOW + 1_800));

    // Nothing new: the events are not even sent.
    running.source.wait(600);
    let third = running.source.pass(second.cursor);
    assert!(third.texts().keys().all(|key| !key.contains("push")));
    let asked = running.server.asked.lock().unwrap();
    let last = asked[before..].iter().rfind(|asked| asked.path.ends_with("/events")).unwrap();
    assert_eq!(last.headers["if-none-match"], "\"8\"");
}

#[test]
fn faults_lose_nothing_whatever_the_seed() {
    for seed in 1..=8 {
        let running = running(3, ALL);
        running.server.spoil(30, seed);
        running.blobs.spoil(20, seed + 100);
        let restarts = seed % 2 == 0;
        let mut keys = BTreeSet::new();
        let mut cursor = None;
        for _ in 0..3 {
            let drained = running.source.pass_with(cursor, restarts);
            keys.extend(drained.keys());
            cursor = drained.cursor;
            running.source.wait(900);
        }
        let world = running.world.lock().unwrap().clone();
        let mut wanted = expected(&world);
        wanted.retain(|key| !key.ends_with(&format!("push {:040x}", 1)));
        assert_eq!(
            wanted.difference(&keys).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "seed {seed}"
        );
    }
}

#[test]
fn any_cursor_leads_to_the_same() {
    let running = running(2, ALL);
    let whole = running.source.pass(None);
    // From each cursor on the way, in a new process.
    let (mut opened, mut client) = running.source.open();
    let (mut at, mut seen) = (None, BTreeSet::new());
    loop {
        let page = opened.service.page(&mut client, at.as_ref()).unwrap();
        seen.extend(page.items.iter().map(|item| item.key().id.clone()));
        let leeward_remote::Next::More(cursor) = page.next else { break };
        let rest = running.source.pass(Some(cursor.clone()));
        let both: BTreeSet<String> = seen.union(&rest.keys()).cloned().collect();
        assert_eq!(both, whole.keys());
        assert!(cursor.0.len() < 40_000, "{}", cursor.0.len());
        at = Some(cursor);
    }
}

#[test]
fn a_text_is_had_again_by_its_place() {
    let running = running(2, ALL);
    let first = running.source.pass(None);
    let (mut opened, mut client) = running.source.open();
    let mut asked = 0;
    for item in &first.items {
        let leeward_remote::Item::Text(text) = item else { continue };
        let again = opened.service.again(&mut client, &text.place).unwrap();
        assert_eq!(again.as_deref(), Some(&*text.bytes), "{}", text.key.id);
        asked += 1;
    }
    assert!(asked > 30);
    running.world.lock().unwrap().repos[0].issues.clear();
    let gone = first.items.iter().find(|item| item.key().id == "acme/app-0 issue 1").unwrap();
    let leeward_remote::Item::Text(text) = gone else { panic!() };
    assert_eq!(opened.service.again(&mut client, &text.place).unwrap(), None);
}

#[test]
fn clocks_that_differ_lose_nothing() {
    // The service is two hours behind, or far ahead; or tells a time of its own.
    for date in ["Sat, 28 Nov 2026 10:00:00 GMT", "Tue, 01 Dec 2099 00:00:00 GMT", "nonsense"] {
        let running = running(1, "what = ['issues']");
        *running.server.date.lock().unwrap() = Some(date.to_owned());
        let first = running.source.pass(None);
        running.source.wait(60);
        // By the clock that is behind, this is after the pass; by ours it is before.
        let theirs = if date.contains("10:00") { NOW - 7_200 + 30 } else { NOW + 30 };
        let far = Said(500, 4_102_444_000);
        {
            let mut world = running.world.lock().unwrap();
            world.repos[0].issues.push(Said(99, theirs));
            world.repos[0].issues.push(far);
        }
        let second = running.source.pass(first.cursor);
        assert!(second.keys().contains("acme/app-0 issue 99"), "{date}");
        assert!(second.keys().contains("acme/app-0 issue 500"), "{date}");
        // What is dated in 2099 does not hide what comes after it.
        running.source.wait(60);
        running.world.lock().unwrap().repos[0].issues.push(Said(100, theirs + 60));
        let third = running.source.pass(second.cursor);
        assert!(third.keys().contains("acme/app-0 issue 100"), "{date}");
    }
}

#[test]
fn what_is_added_to_the_settings_is_read_from_its_beginning() {
    let mut running = running(2, "what = ['issues']");
    let first = running.source.pass(None);
    running.source.wait(900);
    assert!(running.source.pass(first.cursor.clone()).texts().is_empty());
    let more = toml::Value::from(vec!["issues", "reviews"]);
    running.source.setting.own.insert("what".to_owned(), more);
    let second = running.source.pass(first.cursor);
    assert!(second.keys().contains("acme/app-1 review-comment 100"));
}

#[test]
fn what_is_put_off_is_not_lost_when_the_outage_ends() {
    let running = running(2, "what = ['issues', 'releases']");
    // So much goes wrong that tasks are put off, time and again.
    running.server.spoil(85, 3);
    let first = running.source.pass(None);
    assert!(first.gaps.iter().any(|gap| gap.why.contains("put off")), "{:?}", first.gaps);
    running.server.spoil(0, 0);
    running.source.wait(30 * 24 * 3_600 / 10);
    let second = running.source.pass(first.cursor.clone());
    let both: BTreeSet<String> =
        first.texts().into_keys().chain(second.texts().into_keys()).collect();
    let world = running.world.lock().unwrap().clone();
    let mut wanted = expected(&world);
    wanted.retain(|key| {
        key.contains(" issue ") || key.contains(" comment ") || key.contains(" release ")
    });
    assert_eq!(wanted.difference(&both).collect::<Vec<_>>(), Vec::<&String>::new());
}

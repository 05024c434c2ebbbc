//! Hugging Face, Jira and Confluence.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use leeward_model::Secret;
use leeward_remote::{Cursor, Item, Next};
use serde_json::{Value, json};

use crate::site::{NOW, Site, Source, ids, ok, source, status, texts, whys, with_credential};

/// Looks again and again from each cursor, through faults, and tells what came.
fn all_through_faults(source: &mut Source) -> (Vec<String>, Cursor) {
    let (mut seen, mut cursor) = (Vec::new(), None::<Cursor>);
    for _ in 0..3000 {
        let Ok(page) = source.page(cursor.as_ref()) else { continue };
        seen.extend(ids(&page));
        match page.next {
            Next::More(next) => cursor = Some(next),
            Next::Later(next) => return (seen, next),
        }
    }
    panic!("it never rests");
}

#[test]
fn the_repositories_and_discussions_of_an_owner() {
    let comments = Arc::new(AtomicU32::new(1));
    let shown = Arc::clone(&comments);
    let count = AtomicU32::new(0);
    let site = Site::new(move |asked| {
        match count.fetch_add(1, Ordering::SeqCst) % 9 {
            3 => return status(502),
            6 => return status(429).with("retry-after", "100"),
            _ => {}
        }
        let comments = shown.load(Ordering::SeqCst);
        match asked.path() {
            "/api/models" => {
                assert_eq!(asked.parameter("author").as_deref(), Some("acme"));
                let second = asked.parameter("cursor").is_some();
                let range = if second { 100..130 } else { 0..100 };
                let list: Vec<Value> = range
                    .map(|n| json!({"id": format!("acme/m{n}"), "sha": format!("{n:040x}"), "private": n == 0}))
                    .chain([json!({"id": "../../etc", "sha": "1"})])
                    .collect();
                let answer = ok(json!(list).to_string());
                if second {
                    answer
                } else {
                    answer.with("link", "</api/models?author=acme&cursor=x>; rel=\"next\"")
                }
            }
            "/api/datasets" | "/api/spaces" => ok("[]"),
            "/api/models/acme/m0/discussions" => {
                let page: u32 = asked.parameter("p").unwrap().parse().unwrap();
                let range = if page == 0 { 0..30 } else { 30..45 };
                let list: Vec<Value> = range
                    .map(|n| json!({"num": n + 1, "title": "t", "numComments": comments}))
                    .collect();
                ok(json!({"discussions": list, "count": 45, "start": page * 30}).to_string())
            }
            path if path.starts_with("/api/models/acme/m0/discussions/") => {
                let events: Vec<Value> = (0..comments)
                    .map(|n| json!({"id": format!("e{n}"), "type": "comment", "author": {"name": "ann"},
                        "createdAt": "2024-05-01T12:00:00Z",
                        "data": {"latest": {"raw": format!("comment {n}"), "updatedAt": "2099-05-01T12:00:00Z"},
                            "history": [{"raw": "what it said before"}]}}))
                    .chain([json!({"id": "s", "type": "status-change"})])
                    .collect();
                ok(json!({"title": "leak", "events": events, "repo": {"private": true}})
                    .to_string())
            }
            _ => status(404),
        }
    });
    let mut hub = source(&format!(
        "name = \"hub\"\nservice = \"huggingface\"\nowners = [\"acme\"]\nurl = \"{}\"",
        site.base
    ));
    let (seen, rest) = all_through_faults(&mut hub);
    let repositories = seen.iter().filter(|id| !id.contains(' ')).count();
    let mut discussions: Vec<_> = seen.iter().filter(|id| id.contains(' ')).collect();
    let length = discussions.len();
    discussions.sort();
    discussions.dedup();
    assert_eq!((repositories, discussions.len(), length), (130, 45, 45));

    // A comment is added to each.
    comments.store(2, Ordering::SeqCst);
    let (news, rest) = hub.look_through(Some(rest), 1000);
    assert_eq!(
        news.items.len(),
        90,
        "a discussion comes with all its comments, told by their keys"
    );
    let text = texts(&news)[0];
    assert_eq!(text.bytes, b"leak\ncomment 0\nwhat it said before");
    assert_eq!(text.place.url, format!("{}/acme/m0/discussions/1", site.base));
    let ahead = hub.clock.0.load(Ordering::SeqCst);
    assert!(text.place.at.is_some_and(|at| (NOW..=ahead).contains(&at)));
    assert_eq!(text.place.is_public, Some(false));
    let again = (0..10).find_map(|_| hub.opened.service.again(&mut hub.client, &text.place).ok());
    assert_eq!(again.unwrap().as_ref(), Some(&text.bytes));
    assert_eq!(hub.look_through(Some(rest), 1000).0.items.len(), 0);
}

#[test]
fn a_private_repository_is_cloned_with_the_credential() {
    let site = Site::new(|asked| match asked.path() {
        "/api/datasets" => ok(json!([{"id": "acme/d", "sha": "1", "private": true}]).to_string()),
        path if path.ends_with("discussions") => status(403),
        _ => ok("[]"),
    });
    let text = format!(
        "name = \"h\"\nservice = \"huggingface\"\nowners = [\"acme\"]\nurl = \"{}\"",
        site.base
    );
    let (all, _) = source(&text).look(None);
    let Item::Repository(repository) = &all.items[0] else { panic!() };
    assert_eq!(repository.url, format!("{}/datasets/acme/d", site.base));
    assert_eq!((repository.is_public, repository.needs_credential), (Some(false), true));
    assert_eq!(whys(&all), "");
}

/// Issues by their minute of change, as a Jira server holds them.
type Issues = Arc<Mutex<Vec<(String, u32)>>>;

fn updated(minute: u32) -> String {
    format!(
        "2026-01-{:02}T{:02}:{:02}:30.000+0200",
        1 + minute / 1440,
        minute / 60 % 24,
        minute % 60
    )
}

fn issue(key: &str, minute: u32, body: &Value) -> Value {
    json!({"key": key, "fields": {"updated": updated(minute), "summary": "sum", "description": body,
        "creator": {"displayName": "Ann"}, "customfield_1": "custom", "status": {"name": "no"},
        "comment": {"total": 2, "comments": [{"id": "1", "body": body, "updated": updated(minute)}]}}})
}

fn jira(issues: &Issues, is_cloud: bool) -> Site {
    let issues = Arc::clone(issues);
    let count = AtomicU32::new(0);
    Site::new(move |asked| {
        match count.fetch_add(1, Ordering::SeqCst) % 11 {
            4 => return status(503),
            8 => return status(429).with("retry-after", "300"),
            _ => {}
        }
        let body = if is_cloud {
            json!({"type": "doc", "content": [{"type": "paragraph", "content": [
                {"type": "text", "text": "KEY="}, {"type": "text", "text": "value",
                    "marks": [{"type": "link", "attrs": {"href": "https://a.example"}}]}]}]})
        } else {
            json!("KEY=value")
        };
        if asked.path().ends_with("/comment") {
            let all: Vec<Value> = (1..3)
                .map(|n| json!({"id": n.to_string(), "body": body, "updated": updated(1)}))
                .collect();
            return ok(json!({"total": 2, "comments": all}).to_string());
        }
        let mut issues = issues.lock().unwrap();
        if let Some(key) = asked.path().strip_prefix("/rest/api/2/issue/") {
            return ok(issue(key, 1, &body).to_string());
        }
        let wanted = if is_cloud { "/rest/api/3/search/jql" } else { "/rest/api/2/search" };
        assert_eq!(asked.path(), wanted);
        let jql = asked.parameter("jql").unwrap();
        let bound = jql.split("updated >= \"").nth(1).unwrap()[..16].replace(' ', "T");
        // While it is read, one that was there changes: it leaves its place.
        if issues.len() == 330 && issues[0].1 < 4000 {
            issues[0].1 = 5000;
        }
        issues.sort_by_key(|(key, minute)| (*minute, key.clone()));
        let found: Vec<_> =
            issues.iter().filter(|(_, minute)| updated(*minute)[..16] >= *bound).collect();
        let start = asked.parameter("startAt").or(asked.parameter("nextPageToken"));
        let start: usize = start.map_or(0, |start| start.parse().unwrap());
        let page: Vec<Value> = found
            .iter()
            .skip(start)
            .take(50)
            .map(|(key, minute)| issue(key, *minute, &body))
            .collect();
        let next = start + page.len();
        ok(if is_cloud {
            let is_last = next >= found.len();
            let token = (!is_last).then(|| next.to_string());
            json!({"issues": page, "isLast": is_last, "nextPageToken": token})
        } else {
            json!({"issues": page, "startAt": start, "maxResults": 50, "total": found.len()})
        }
        .to_string())
    })
}

#[test]
fn issues_and_comments_of_jira() {
    for is_cloud in [true, false] {
        // A bulk edit: 130 in one minute, and others around it.
        let issues: Issues = Arc::new(Mutex::new(
            (0..330)
                .map(|n| {
                    (format!("APP-{n:03}"), if (100..230).contains(&n) { 1000 } else { 900 + n })
                })
                .collect(),
        ));
        let site = jira(&issues, is_cloud);
        let mut jira = source(&format!(
            "name = \"j\"\nservice = \"jira\"\nurl = \"{}\"\ncloud = {is_cloud}\nprojects = [\"APP\"]",
            site.base
        ));
        let (seen, rest) = all_through_faults(&mut jira);
        let mut keys: Vec<_> = seen.iter().filter(|id| !id.contains(' ')).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 330, "cloud: {is_cloud}");
        assert!(
            seen.contains(&"APP-007 comment 2".to_owned()),
            "the comments that did not come along"
        );

        issues.lock().unwrap().push(("APP-999".to_owned(), 5100));
        let (news, _) = jira.look_through(Some(rest), 100);
        let new: Vec<_> = ids(&news).into_iter().filter(|id| id.starts_with("APP-999")).collect();
        assert_eq!(new, ["APP-999", "APP-999 comment 1", "APP-999 comment 2"]);
        assert_eq!(news.items.len(), 3, "nothing that was seen");
        let found = texts(&news);
        let words = String::from_utf8_lossy(&found[0].bytes);
        assert!(
            words.contains("KEY=value") && words.contains("custom") && !words.contains("no"),
            "{words}"
        );
        assert_eq!(words.contains("https://a.example"), is_cloud);
        assert_eq!(found[0].place.url, format!("{}/browse/APP-999", site.base));
    }
}

#[test]
fn pages_of_confluence_and_what_they_said_before() {
    let count = AtomicU32::new(0);
    let last = Arc::new(AtomicU32::new(60));
    let shown = Arc::clone(&last);
    let site = Site::new(move |asked| {
        match count.fetch_add(1, Ordering::SeqCst) % 7 {
            3 => return status(500),
            5 => return status(429).with("retry-after", "60"),
            _ => {}
        }
        assert!(asked.headers["authorization"].starts_with("Basic "));
        let content = |id: u32, version: u32| {
            let when = if id == 3 {
                "2099-01-01T00:00:00.000Z".to_owned()
            } else {
                format!("2026-02-01T{:02}:{:02}:00.000Z", id / 60, id % 60)
            };
            json!({"id": id.to_string(), "type": "page", "title": "How to",
                "body": {"storage": {"value": format!("<p>page {id} version {version}</p>")}},
                "version": {"number": version, "when": when, "by": {"displayName": "Kim"}},
                "_links": {"webui": format!("/spaces/D/pages/{id}")}})
        };
        if let Some(id) =
            asked.path().strip_prefix("/wiki/rest/api/content/").filter(|id| *id != "search")
        {
            let version = asked.parameter("version").map_or(3, |version| version.parse().unwrap());
            return ok(content(id.parse().unwrap(), version).to_string());
        }
        assert_eq!(asked.path(), "/wiki/rest/api/content/search");
        let start: u32 = asked.parameter("start").map_or(0, |start| start.parse().unwrap());
        let last = shown.load(Ordering::SeqCst);
        let end = (start + 25).min(last);
        let list: Vec<Value> =
            (start..end).map(|id| content(id, if id == 7 { 3 } else { 1 })).collect();
        let mut links = json!({"base": "https://elsewhere.example/wiki"});
        if end < last {
            links["next"] = json!(format!("/rest/api/content/search?cql=x&start={end}"));
        }
        ok(json!({"results": list, "_links": links}).to_string())
    });
    let mut wiki = with_credential(
        &format!(
            "name = \"w\"\nservice = \"confluence\"\nurl = \"{}/wiki\"\nspaces = [\"D\"]\nversions = true\nuser = \"a@b.example\"",
            site.base
        ),
        Some(Secret::new(*b"word")),
    );
    let (seen, rest) = all_through_faults(&mut wiki);
    assert_eq!(seen.len(), 62);
    assert!(seen.contains(&"page 7 version 1".to_owned()));
    last.store(61, Ordering::SeqCst);
    let (news, rest) = wiki.look_through(Some(rest), 100);
    let text = texts(&news)[0];
    assert_eq!(ids(&news), ["page 60"]);
    assert_eq!(text.bytes, b"How to\n<p>page 60 version 1</p>");
    assert_eq!(text.place.url, format!("{}/wiki/spaces/D/pages/60", site.base));
    assert!(!rest.0.contains("40708"), "a time that lies ahead does not become the bound");
}

#[test]
fn pages_that_are_too_large_are_asked_for_in_smaller_ones() {
    let site = Site::new(|asked| {
        let number = |names: [&str; 2]| {
            names.iter().find_map(|name| asked.parameter(name)?.parse::<usize>().ok())
        };
        let most = number(["limit", "maxResults"]).unwrap();
        let start = number(["start", "startAt"]).unwrap_or(0);
        let large = "x".repeat(1 << 20);
        let range = start..(start + most).min(12);
        let end = range.end;
        if asked.path().contains("/search") && asked.path().contains("/content/") {
            let list: Vec<Value> = range
                .map(|n| {
                    json!({"id": n.to_string(), "type": "page", "version": {"number": 1},
                    "body": {"storage": {"value": large}}})
                })
                .collect();
            let next = (end < 12).then(|| format!("/rest/api/content/search?start={end}&limit=25"));
            return ok(json!({"results": list, "_links": {"next": next}}).to_string());
        }
        let issues: Vec<Value> = range
            .map(|n| json!({"key": format!("A-{n}"), "fields": {"summary": large, "updated": updated(u32::try_from(n).unwrap())}}))
            .collect();
        // This one cannot compare times, but counts.
        ok(json!({"issues": issues, "total": 12}).to_string())
    });
    let text = format!("name = \"w\"\nservice = \"confluence\"\nurl = \"{}\"", site.base);
    assert_eq!(source(&text).look(None).0.items.len(), 12);
    let text = format!("name = \"j\"\nservice = \"jira\"\nurl = \"{}\"", site.base);
    let page = source(&text).page(None).unwrap();
    let Next::More(cursor) = page.next else { panic!() };
    assert!(cursor.0.contains("\"limit\":25"), "{}", cursor.0);
}

#[test]
fn settings_that_make_no_sense() {
    let check = |text: &str, expected: &str| {
        let setting = crate::site::setting(&format!("name = \"s\"\n{text}"));
        let error = leeward_remote::open(&setting).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\nis not\n{expected}");
    };
    check(
        "service = \"jira\"\nurl = \"https://a.example\"\nprojects = ['A\" OR 1']",
        "is no key of a project",
    );
    check(
        "service = \"jira\"\nurl = \"https://a.example\"\njql = \"a = 1 order by x\"",
        "without `ORDER BY`",
    );
    check("service = \"jira\"\nurl = \"ftp://a.example\"", "`url`: must begin with `https://`");
    check(
        "service = \"confluence\"\nurl = \"https://u:p@a.example\"",
        "`url`: holds a user or a password",
    );
    check("service = \"huggingface\"\nowners = []", "`owners` is empty");
    check(
        "service = \"jira\"\nurl = \"https://a.example\"\nattachment = true",
        "unknown field `attachment`",
    );
    check(
        "service = \"confluence\"\nurl = \"https://a.example\"\nattachments = \"some\"",
        "invalid type: string \"some\", expected a boolean",
    );
    check("service = \"taxii\"\nurls = \"x\"", "unknown field `urls`");
    check("service = \"mail\"", "missing field `path`");
}

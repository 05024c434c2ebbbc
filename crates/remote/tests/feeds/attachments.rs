//! Attachments of Jira and Confluence: which are asked for, where the credential goes,
//! and that none is lost or asked for twice.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use leeward_model::Secret;
use leeward_remote::{Cursor, Next, Trouble};
use serde_json::{Value, json};

use crate::site::{Asked, Reply, Site, Source, ids, ok, status, texts, whys, with_credential};

const MIB: usize = 1 << 20;

/// Another host as far as credentials go, which must not see any.
fn elsewhere() -> Site {
    Site::new(|asked| {
        assert!(!asked.headers.contains_key("authorization"), "{}", asked.target);
        ok(format!("from elsewhere: {}", asked.path()))
    })
}

fn jira(site: &Site, more: &str) -> Source {
    let text = format!("name = \"j\"\nservice = \"jira\"\nurl = \"{}\"\n{more}", site.base);
    with_credential(&text, Some(Secret::new(*b"word")))
}

fn wiki(site: &Site, more: &str) -> Source {
    let text = format!("name = \"w\"\nservice = \"confluence\"\nurl = \"{}\"\n{more}", site.base);
    with_credential(&text, Some(Secret::new(*b"word")))
}

fn file(id: &str, name: &str, media: &str, size: usize) -> Value {
    json!({"id": id, "filename": name, "mimeType": media, "size": size,
        "created": "2026-02-01T12:00:00.000+0200", "author": {"displayName": "Kim"},
        "content": format!("https://elsewhere.example/secure/attachment/{id}/{name}")})
}

fn issue(key: &str, minute: u32, files: &[Value]) -> Value {
    json!({"key": key, "fields": {"summary": "words", "attachment": files,
        "updated": format!("2026-02-01T13:{minute:02}:00.000+0200")}})
}

/// A Jira with these issues, which hands out files as `bytes` says.
fn tracker(
    issues: impl Fn() -> Vec<Value> + Send + Sync + 'static,
    bytes: impl Fn(&Asked, &str) -> Reply + Send + Sync + 'static,
) -> Site {
    Site::new(move |asked| {
        assert_eq!(asked.headers["authorization"], "Bearer word");
        let path = asked.path().to_owned();
        let content = path.strip_prefix("/rest/api/3/attachment/content/");
        let content = content.or_else(|| path.strip_prefix("/secure/attachment/"));
        if let Some(id) = content {
            return bytes(asked, id.split('/').next().unwrap());
        }
        let all = issues();
        if let Some((_, key)) = path.split_once("/issue/") {
            let one = all.into_iter().find(|issue| issue["key"] == key);
            return one.map_or(status(404), |issue| ok(issue.to_string()));
        }
        ok(json!({"issues": all, "total": all.len(), "isLast": true}).to_string())
    })
}

#[test]
fn attachments_of_an_issue() {
    for is_cloud in [true, false] {
        let media = elsewhere();
        let leads = media.base.clone();
        let minute = Arc::new(AtomicU32::new(1));
        let shown = Arc::clone(&minute);
        let issues = move || {
            let files = [
                file("1", "notes ä/b.txt", "text/plain", 9),
                file("2", "led.zip", "application/zip", 22),
                file("3", "shot.png", "image/png", 5),
                file("4", "dump.sql", "text/plain", 33 * MIB),
                file("5", "hidden.txt", "text/plain", 5),
                file("6", "away.txt", "text/plain", 5),
                file("7", "short.txt", "text/plain", 5),
            ];
            vec![issue("APP-1", shown.load(Ordering::SeqCst), &files)]
        };
        let site = tracker(issues, move |asked, id| {
            assert_eq!(asked.parameter("redirect").as_deref(), is_cloud.then_some("false"));
            match id {
                "1" => ok("the notes"),
                "2" => status(303).with("location", format!("{leads}/s3?signed=1")),
                "5" => status(403),
                "6" => status(404),
                "7" => ok("hm"),
                _ => panic!("{}", asked.target),
            }
        });
        let mut jira = jira(&site, &format!("cloud = {is_cloud}"));
        let (all, rest) = jira.look(None);
        let expected = ["APP-1 attachment 1", "APP-1 attachment 2", "APP-1 attachment 7", "APP-1"];
        assert_eq!(ids(&all), expected);
        let found = texts(&all);
        assert_eq!(found[0].bytes, b"the notes");
        assert_eq!(found[0].key.version, "2026-02-01T12:00:00.000+0200");
        assert_eq!(found[0].place.item, "APP-1 attachment 1");
        assert_eq!(found[0].place.path.as_deref(), Some("notes ä/b.txt".as_bytes()));
        assert_eq!(found[0].place.author.as_deref(), Some("Kim"));
        assert_eq!(found[0].place.at, Some(1_769_940_000));
        assert_eq!(found[0].place.url, format!("{}/browse/APP-1", site.base));
        assert_eq!(found[1].bytes, b"from elsewhere: /s3");
        assert_eq!(media.count("/s3?signed=1"), 1);
        let gaps = whys(&all);
        for gap in [
            "APP-1: shot.png: a picture is not read",
            "APP-1: dump.sql: 34603008 bytes are more than the 32 MiB that are read of one",
            "APP-1: hidden.txt: status 403",
            "APP-1: away.txt: status 404",
            "APP-1 attachment 7: short.txt: 2 bytes came instead of 5",
        ] {
            assert!(gaps.contains(gap), "{gaps}");
        }
        let place = &found[1].place;
        let bytes = jira.opened.service.again(&mut jira.client, place).unwrap();
        assert_eq!(bytes.as_ref(), Some(&found[1].bytes));
        let gone =
            leeward_model::RemotePlace { item: "APP-1 attachment 99".to_owned(), ..place.clone() };
        assert_eq!(jira.opened.service.again(&mut jira.client, &gone).unwrap(), None);

        // The issue changes, and what hangs on it does not.
        minute.store(2, Ordering::SeqCst);
        let asked = site.count("");
        assert_eq!(ids(&jira.look(Some(rest)).0), ["APP-1"]);
        assert_eq!(site.count("") - asked, 3, "the search, and two that could not be read");
    }
}

#[test]
fn a_full_page_ends_and_the_next_goes_on() {
    let minute = AtomicU32::new(0);
    let issues = || {
        let files = |from: u32| {
            let each = |n: u32| file(&n.to_string(), "a.bin", "", 20 * MIB);
            (from..from + 3).map(each).collect::<Vec<_>>()
        };
        vec![issue("APP-1", 1, &files(1)), issue("APP-2", 2, &files(4))]
    };
    let site = tracker(issues, move |_, id| {
        // And a server that has enough of it now and then.
        match minute.fetch_add(1, Ordering::SeqCst) % 4 {
            2 => status(429).with("retry-after", "300"),
            _ => ok(vec![id.as_bytes()[0]; 20 * MIB]),
        }
    });
    let mut jira = jira(&site, "");
    let (mut cursor, mut seen, mut pages) = (None::<Cursor>, Vec::new(), 0);
    for _ in 0..50 {
        let Ok(page) = jira.page(cursor.as_ref()) else { continue };
        pages += 1;
        let bytes: usize = texts(&page).iter().map(|text| text.bytes.len()).sum();
        assert!(bytes < 64 * MIB + 32 * MIB, "{bytes}");
        seen.extend(ids(&page));
        match page.next {
            Next::More(next) => cursor = Some(next),
            Next::Later(_) => break,
        }
    }
    assert!(pages > 1, "{pages}");
    seen.sort();
    let expected: Vec<String> = ["APP-1", "APP-1 attachment 1", "APP-1 attachment 2"]
        .into_iter()
        .chain(["APP-1 attachment 3", "APP-2", "APP-2 attachment 4", "APP-2 attachment 5"])
        .chain(["APP-2 attachment 6"])
        .map(str::to_owned)
        .collect();
    assert_eq!(seen, expected, "each once, and none is lost");
}

#[test]
fn one_issue_does_not_take_without_end() {
    let issues = || {
        let files: Vec<Value> =
            (1..1010).map(|n| file(&n.to_string(), "a", "", 25 * MIB)).collect();
        vec![issue("APP-1", 1, &files)]
    };
    let site = tracker(issues, |_, _| ok("x"));
    let (all, _) = jira(&site, "").look(None);
    assert_eq!(all.items.len(), 6);
    let gaps = whys(&all);
    assert!(gaps.contains("the attachments before it have 128 MiB"), "{gaps}");
    assert!(gaps.contains("APP-1: 9 attachments more than the 1000 that are read"), "{gaps}");
}

#[test]
fn trouble_with_an_attachment_is_no_trouble_with_the_source() {
    let is_refused = Arc::new(AtomicBool::new(false));
    let shown = Arc::clone(&is_refused);
    let issues = || {
        let files = [
            file("1", "a.txt", "text/plain", 5),
            file("2", "b.txt", "text/plain", 5),
            file("3", "c.txt", "text/plain", 5),
        ];
        vec![issue("APP-1", 1, &files)]
    };
    let site = Site::new(move |asked| match asked.path() {
        "/secure/attachment/1/a.txt" => status(302).with("location", "/login.jsp"),
        "/login.jsp" => ok("<form>").with("content-type", "text/html;charset=UTF-8"),
        "/secure/attachment/2/b.txt" => status(401),
        "/secure/attachment/3/c.txt" => {
            status(302).with("location", "https://169.254.169.254/latest")
        }
        "/rest/api/2/issue/APP-1" if shown.load(Ordering::SeqCst) => status(401),
        "/rest/api/2/issue/APP-1" => ok("{}"),
        _ => ok(json!({"issues": issues(), "total": 1}).to_string()),
    });
    let mut source = jira(&site, "");
    let (all, _) = source.look(None);
    assert_eq!(ids(&all), ["APP-1"]);
    let gaps = whys(&all);
    assert!(gaps.contains("a.txt: a page came instead, where people sign in"), "{gaps}");
    assert!(gaps.contains("b.txt: status 401"), "{gaps}");
    assert!(gaps.contains("c.txt: a link into the network"), "{gaps}");
    // If the credential is refused altogether, that is the source's.
    is_refused.store(true, Ordering::SeqCst);
    assert!(matches!(source.page(None), Err(Trouble::Refused(_))));
}

#[test]
fn attachments_may_be_left_out_and_are_caught_up_with() {
    let issues = || vec![issue("APP-1", 1, &[file("1", "a.txt", "text/plain", 5)])];
    let site = tracker(issues, |_, _| ok("bytes"));
    let (all, rest) = jira(&site, "attachments = false").look(None);
    assert_eq!(ids(&all), ["APP-1"]);
    assert_eq!(
        whys(&all),
        "APP-1: a.txt: attachments are not read; set `attachments` to read them\n"
    );
    assert_eq!(site.count("/secure/"), 0);
    let (all, rest) = jira(&site, "").look(Some(rest));
    assert_eq!(ids(&all), ["APP-1 attachment 1", "APP-1"]);
    assert_eq!(jira(&site, "").look(Some(rest)).0.items.len(), 0);
}

/// A wiki of so many attachments, each a content that the search finds; the last page
/// of it may be longer by one.
fn content(n: u32, version: u64, more: &Value) -> Value {
    let mut content = json!({"id": format!("att{n}"), "type": "attachment",
        "title": format!("file {n}.txt"), "container": {"id": "77", "type": "page"},
        "version": {"number": version, "when": format!("2026-02-01T12:{:02}:{:02}.000Z", n / 60, n % 60),
            "by": {"displayName": "Kim"}},
        "extensions": {"mediaType": "text/plain", "fileSize": 6},
        "_links": {"webui": format!("/spaces/D/pages/77?preview=att{n}"),
            "download": format!("/download/attachments/77/file%20{n}.txt?version={version}&api=v2")}});
    for (pointer, value) in more.as_object().into_iter().flatten() {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        content.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    content
}

/// What a wiki hands out, page by page of the search.
fn search(asked: &Asked, all: &[Value]) -> Reply {
    let jql = asked.parameter("cql").unwrap_or_default();
    assert!(asked.parameter("start").is_some() || jql.contains("comment, attachment)"), "{jql}");
    let start: usize = asked.parameter("start").map_or(0, |start| start.parse().unwrap());
    let end = (start + 25).min(all.len());
    let mut links = json!({});
    if end < all.len() {
        links["next"] = json!(format!("/rest/api/content/search?cql=x&start={end}"));
    }
    ok(json!({"results": &all[start..end], "_links": links}).to_string())
}

#[test]
fn attachments_of_a_wiki() {
    for is_cloud in [true, false] {
        let media = elsewhere();
        let leads = media.base.clone();
        let last = Arc::new(AtomicU32::new(30));
        let shown = Arc::clone(&last);
        let count = AtomicU32::new(0);
        let asked_for = Arc::new(Mutex::new(Vec::new()));
        let files = Arc::clone(&asked_for);
        let site = Site::new(move |asked| {
            match count.fetch_add(1, Ordering::SeqCst) % 9 {
                3 => return status(500),
                5 => return status(429).with("retry-after", "60"),
                _ => {}
            }
            assert_eq!(asked.headers["authorization"], "Bearer word");
            let path = asked.path();
            let version = asked.parameter("version");
            let each = |n: u32| match n {
                1 => json!({"/extensions/mediaType": "image/jpeg"}),
                2 => json!({"/extensions/fileSize": 40 << 20}),
                3 if !is_cloud => {
                    json!({"/_links/download": "https://elsewhere.example/download/x"})
                }
                4 if !is_cloud => json!({"/_links/download": "/rest/api/content/77"}),
                _ => json!({}),
            };
            let id = if is_cloud {
                let rest = path.strip_prefix("/wiki/rest/api/content/77/child/attachment/att");
                rest.and_then(|rest| rest.strip_suffix("/download"))
            } else {
                let rest = path.strip_prefix("/wiki/download/attachments/77/file%20");
                rest.and_then(|rest| rest.strip_suffix(".txt"))
            };
            if let Some(id) = id {
                files.lock().unwrap().push(id.to_owned());
                return match id {
                    "5" => status(302).with("location", format!("{leads}/file/5?token=signed")),
                    "6" => status(404),
                    "7" if version.as_deref() == Some("1") => ok("before"),
                    _ => ok("after!"),
                };
            }
            if let Some(id) = path.strip_prefix("/wiki/rest/api/content/att") {
                let id: u32 = id.parse().unwrap();
                return ok(content(id, 2, &each(id)).to_string());
            }
            let number = |n| if n == 7 { 2 } else { 1 };
            let all: Vec<Value> = (0..shown.load(Ordering::SeqCst))
                .map(|n| content(n, number(n), &each(n)))
                .collect();
            search(asked, &all)
        });
        let text = format!(
            "name = \"w\"\nservice = \"confluence\"\nurl = \"{}/wiki\"\ncloud = {is_cloud}\nversions = true",
            site.base
        );
        let mut wiki = with_credential(&text, Some(Secret::new(*b"word")));
        let (all, rest) = wiki.look_through(None, 200);
        let left_out = if is_cloud { 3 } else { 5 };
        assert_eq!(all.items.len(), 30 - left_out + 1);
        let mut seen = ids(&all);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), all.items.len(), "each once");
        let found = texts(&all);
        let by = |id: &str| *found.iter().find(|text| text.key.id == id).unwrap();
        let (last_one, before) = (by("attachment att7"), by("attachment att7 version 1"));
        assert_eq!((&*last_one.bytes, &*last_one.key.version), (&b"after!"[..], "2"));
        assert_eq!((&*before.bytes, &*before.key.version), (&b"before"[..], "1"));
        assert_eq!(last_one.place.path.as_deref(), Some(&b"file 7.txt"[..]));
        assert_eq!(last_one.place.author.as_deref(), Some("Kim"));
        assert_eq!(
            last_one.place.url,
            format!("{}/wiki/spaces/D/pages/77?preview=att7", site.base)
        );
        assert_eq!((before.place.author.as_deref(), before.place.at), (None, None));
        assert!(by("attachment att5").bytes.starts_with(b"from elsewhere: /file/5"));
        let gaps = whys(&all);
        assert!(gaps.contains("attachment att1: file 1.txt: a picture is not read"), "{gaps}");
        assert!(gaps.contains("attachment att2: file 2.txt: 41943040 bytes are more"), "{gaps}");
        assert!(gaps.contains("attachment att6: file 6.txt: status 404"), "{gaps}");
        if !is_cloud {
            assert!(gaps.contains("att3: file 3.txt: its address is at another place"), "{gaps}");
            assert!(gaps.contains("att4: file 4.txt: its address is at another place"), "{gaps}");
        }
        for text in [last_one, before, by("attachment att5")] {
            let again =
                (0..9).find_map(|_| wiki.opened.service.again(&mut wiki.client, &text.place).ok());
            assert_eq!(again.unwrap().as_ref(), Some(&text.bytes), "{}", text.key.id);
        }

        // A file is added: its page stays as it was, and the search finds the file.
        asked_for.lock().unwrap().clear();
        last.store(31, Ordering::SeqCst);
        assert_eq!(ids(&wiki.look_through(Some(rest), 200).0), ["attachment att30"]);
        let mut files = asked_for.lock().unwrap().clone();
        files.dedup();
        assert_eq!(files, ["30"], "nothing that was seen");
    }
}

#[test]
fn a_full_page_of_a_wiki_ends_too() {
    let site = Site::new(|asked| {
        if asked.path().starts_with("/download/attachments/77/") {
            return ok(vec![b'x'; 15 * MIB]);
        }
        let more = json!({"/extensions/fileSize": 15 * MIB});
        let all: Vec<Value> = (0..4).map(|n| content(n, 1, &more)).collect();
        let versions = content(4, 5, &more);
        search(asked, &all.into_iter().chain([versions]).collect::<Vec<_>>())
    });
    let mut wiki = wiki(&site, "versions = true");
    let (mut cursor, mut seen, mut pages) = (None::<Cursor>, Vec::new(), 0);
    loop {
        let page = wiki.page(cursor.as_ref()).unwrap();
        pages += 1;
        let bytes: usize = texts(&page).iter().map(|text| text.bytes.len()).sum();
        assert!(bytes < 64 * MIB + 32 * MIB, "{bytes}");
        seen.extend(ids(&page));
        match page.next {
            Next::More(next) => cursor = Some(next),
            Next::Later(_) => break,
        }
    }
    let length = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), length), (9, 9), "{seen:?}");
    assert_eq!(pages, 2, "the second begins between two versions of one");
    assert_eq!(site.count("/download/"), 9);
}

#[test]
fn a_wiki_read_without_attachments_catches_up() {
    let site = Site::new(|asked| {
        let page = json!({"id": "77", "type": "page", "title": "How to",
            "version": {"number": 1, "when": "2026-02-01T12:00:00.000Z"}});
        if asked.path().starts_with("/download/") {
            return ok("bytes!");
        }
        let with = asked.parameter("cql").unwrap().contains("attachment");
        let all = if with { vec![page, content(1, 1, &json!({}))] } else { vec![page] };
        ok(json!({"results": all, "_links": {}}).to_string())
    });
    let (all, rest) = wiki(&site, "attachments = false").look(None);
    assert_eq!(ids(&all), ["page 77"]);
    let (all, _) = wiki(&site, "").look(Some(rest));
    assert_eq!(ids(&all), ["attachment att1"]);
    assert!(!site.asked.lock().unwrap().last().unwrap().contains("lastmodified+%3E"));
}

/// Looks until it rests, through trouble.
fn patient(source: &mut Source, mut cursor: Option<Cursor>) -> (Vec<String>, String, Cursor) {
    let (mut seen, mut gaps) = (Vec::new(), String::new());
    for _ in 0..60 {
        let Ok(page) = source.page(cursor.as_ref()) else { continue };
        seen.extend(ids(&page));
        gaps.push_str(&whys(&page));
        match page.next {
            Next::More(next) => cursor = Some(next),
            Next::Later(next) => return (seen, gaps, next),
        }
    }
    panic!("it never rests: {seen:?} {gaps}");
}

#[test]
fn a_file_that_its_server_has_lost_does_not_hold_up_the_rest() {
    let is_mended = Arc::new(AtomicBool::new(false));
    let answer = |n: &str, is_mended: &AtomicBool| match n {
        "2" | "3" if !is_mended.load(Ordering::SeqCst) => status(500),
        _ => ok("bytes!"),
    };
    let issues = || {
        let files = |from: u32| {
            let each = |n: u32| file(&n.to_string(), "a.txt", "text/plain", 6);
            (from..from + 3).map(each).collect::<Vec<_>>()
        };
        vec![issue("APP-1", 1, &files(1)), issue("APP-2", 2, &files(4))]
    };
    let shown = Arc::clone(&is_mended);
    let tracker = tracker(issues, move |_, id| answer(id, &shown));
    let shown = Arc::clone(&is_mended);
    let pages = Site::new(move |asked| {
        let name = asked.path().strip_prefix("/download/attachments/77/file%20");
        if let Some(name) = name {
            return answer(name.strip_suffix(".txt").unwrap(), &shown);
        }
        if let Some(id) = asked.path().strip_prefix("/rest/api/content/att") {
            return ok(content(id.parse().unwrap(), 1, &json!({})).to_string());
        }
        let all: Vec<Value> = (0..7).map(|n| content(n, 1, &json!({}))).collect();
        search(asked, &all)
    });
    for mut source in [jira(&tracker, ""), wiki(&pages, "")] {
        is_mended.store(false, Ordering::SeqCst);
        let (seen, gaps, rest) = patient(&mut source, None);
        assert_eq!(seen.len(), if gaps.contains("APP-1") { 6 } else { 5 }, "{seen:?}");
        assert_eq!(gaps.matches("put off to the end of the look").count(), 2, "{gaps}");
        let (seen, gaps, rest) = patient(&mut source, Some(rest));
        assert_eq!((seen.len(), gaps.as_str()), (0, ""));
        is_mended.store(true, Ordering::SeqCst);
        let (seen, gaps, rest) = patient(&mut source, Some(rest));
        assert!(seen.len() == 2 && seen[0].ends_with('2') && seen[1].ends_with('3'), "{seen:?}");
        assert_eq!(gaps, "");
        assert_eq!(patient(&mut source, Some(rest)).0.len(), 0);
    }
}

#[test]
fn what_stays_lost_is_given_up_in_the_end() {
    let issues = || vec![issue("APP-1", 1, &[file("1", "a.txt", "text/plain", 6)])];
    let site = tracker(issues, |_, _| status(500));
    let mut source = jira(&site, "");
    let (_, _, mut rest) = patient(&mut source, None);
    let mut told = String::new();
    for _ in 0..10 {
        let (_, gaps, next) = patient(&mut source, Some(rest));
        told.push_str(&gaps);
        rest = next;
    }
    assert!(told.starts_with("APP-1: ") && told.contains("given up after 10 looks"), "{told}");
    let asked = site.count("/secure/");
    patient(&mut source, Some(rest));
    assert_eq!(site.count("/secure/"), asked);
}

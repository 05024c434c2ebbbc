//! Feeds that a file describes.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use leeward_model::Secret;
use leeward_remote::{Cursor, Next, Trouble};
use serde_json::json;

use crate::site::{
    NOW, Reply, Site, ids, ok, setting, source, status, texts, whys, with_credential,
};

fn json_feed(base: &str, more: &str) -> String {
    format!(
        r#"
name = "pastes"
service = "feed"
[listing]
url = "{base}/list"
kind = "json"
[items]
at = "/pastes"
id = "/key"
version = "/edited"
link = "/url"
author = "/user"
time = "/at"
name = "/title"
[body]
from = "link"
link = "/raw/{{id}}"
{more}"#
    )
}

fn paste(n: u32) -> serde_json::Value {
    json!({"key": format!("p{n}"), "edited": 1, "url": format!("/p{n}"), "user": "mallory",
        "at": 1_700_000_000 + n, "title": format!("notes {n}.env")})
}

#[test]
fn a_listing_of_pastes_page_by_page() {
    let site = Site::new(|asked| match asked.path() {
        "/list" => {
            let n: u32 = asked.parameter("page").map_or(0, |page| page.parse().unwrap());
            if n >= 3 {
                return ok(json!({"pastes": []}).to_string());
            }
            let pastes: Vec<_> = (n * 40..n * 40 + 40).map(paste).collect();
            ok(json!({"pastes": pastes}).to_string())
        }
        path => ok(format!("text of {path}")),
    });
    let mut source = source(&json_feed(&site.base, "[paging]\nparameter = \"page\"\nfirst = 0"));
    let (all, rest) = source.look(None);
    assert_eq!(all.items.len(), 120, "{}", whys(&all));
    let first = texts(&all)[0];
    assert_eq!(first.bytes, b"text of /raw/p0");
    assert_eq!(first.place.url, format!("{}/p0", site.base));
    assert_eq!(first.place.path.as_deref(), Some(&b"notes 0.env"[..]));
    assert_eq!(first.place.at, Some(1_700_000_000));
    let asked = site.count("/raw/");
    let (again, _) = source.look(Some(rest));
    assert_eq!((again.items.len(), site.count("/raw/")), (0, asked), "nothing is asked for twice");
    assert_eq!(
        source.opened.service.again(&mut source.client, &first.place).unwrap().unwrap(),
        first.bytes
    );
}

#[test]
fn every_cursor_goes_on_without_loss_through_faults() {
    // Every third request fails; each page of ours is asked for from each cursor twice.
    let count = AtomicU32::new(0);
    let site = Site::new(move |asked| {
        match count.fetch_add(1, Ordering::SeqCst) % 7 {
            2 => return status(500),
            4 => return status(429).with("retry-after", "3600"),
            _ => {}
        }
        match asked.path() {
            "/list" => {
                let n: u32 = asked.parameter("page").map_or(1, |page| page.parse().unwrap());
                // Pages overlap by ten, and one item stands twice in each.
                let mut pastes: Vec<_> = (n * 30 - 30..n * 30 + 10).map(paste).collect();
                pastes.push(paste(n * 30));
                if n > 6 {
                    pastes.clear();
                }
                ok(json!({"pastes": pastes}).to_string())
            }
            path => ok(path.as_bytes()),
        }
    });
    let mut source = source(&json_feed(&site.base, "[paging]\nparameter = \"page\""));
    let (mut seen, mut cursor) = (Vec::new(), None::<Cursor>);
    for _ in 0..1000 {
        let Ok(page) = source.page(cursor.as_ref()) else { continue };
        seen.extend(ids(&page));
        // Dropped as if by a restart before it was kept, and asked for again.
        match page.next {
            Next::More(next) => cursor = Some(next),
            Next::Later(_) => break,
        }
    }
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((unique.len(), seen.len()), (190, 190));
}

#[test]
fn a_feed_that_never_ends_rests_and_one_that_goes_in_circles_too() {
    let n = AtomicU32::new(0);
    let site = Site::new(move |asked| match asked.path() {
        "/list" => {
            let pastes: Vec<_> = (0..10).map(|_| paste(n.fetch_add(1, Ordering::SeqCst))).collect();
            let next = format!("/list?next={}", pastes[0]["key"].as_str().unwrap());
            ok(json!({"pastes": pastes, "next": next}).to_string())
        }
        "/circle" => {
            let n = n.fetch_add(1, Ordering::SeqCst);
            let next = if asked.target.contains('?') { "/circle" } else { "/circle?second" };
            ok(json!({"pastes": [paste(n)], "next": next}).to_string())
        }
        path => ok(path.as_bytes()),
    });
    let feed = json_feed(&site.base, "[paging]\nnext = \"/next\"\n[limits]\npages = 5");
    let (all, _) = source(&feed).look(None);
    assert_eq!(all.items.len(), 50);
    assert!(whys(&all).contains("`limits.pages` ends the look here"), "{}", whys(&all));

    let (all, _) = source(&feed.replace("/list", "/circle")).look(None);
    assert_eq!(all.items.len(), 2);
    assert!(whys(&all).contains("in a circle"), "{}", whys(&all));
}

#[test]
fn large_items_wrong_charsets_and_times_that_lie_ahead() {
    let site = Site::new(|asked| match asked.path() {
        "/list" => {
            let mut ahead = paste(1);
            ahead["at"] = json!("2099-01-01T00:00:00Z");
            let mut latin = paste(2);
            latin["key"] = json!("latin");
            let mut wide = paste(3);
            wide["key"] = json!("wide");
            ok(json!({"pastes": [ahead, latin, wide, paste(4)]}).to_string())
        }
        "/raw/p1" => ok(vec![b'x'; 50 << 20]),
        "/raw/latin" => ok(&b"caf\xe9 key"[..]).with("content-type", "text/plain; charset=utf-8"),
        "/raw/wide" => {
            let wide: Vec<u8> = "key".encode_utf16().flat_map(u16::to_le_bytes).collect();
            ok(wide).with("content-type", "text/plain; charset=utf-16le")
        }
        _ => status(404),
    });
    let mut source = source(&json_feed(&site.base, "[limits]\nlargest_item = 1000000"));
    let (all, rest) = source.look(None);
    let texts = texts(&all);
    assert_eq!(texts[0].bytes.len(), 1_000_000);
    assert_eq!(texts[0].place.at, Some(NOW), "never ahead of our clock");
    assert_eq!(texts[1].bytes, b"caf\xe9 key");
    assert_eq!(texts[2].bytes, b"key");
    assert!(whys(&all).contains("p1: the item is longer"), "{}", whys(&all));
    assert!(whys(&all).contains("p4: it was listed, but is there no more"), "{}", whys(&all));
    assert!(!rest.0.contains("2099"));
}

#[test]
fn links_into_the_network_and_to_other_hosts_are_let_be() {
    let site = Site::new(|asked| match asked.path() {
        "/list" => {
            let link = |n: u32, to: &str| {
                let mut paste = paste(n);
                paste["url"] = json!(to);
                paste
            };
            let pastes = [
                link(1, "http://169.254.169.254/latest/meta-data"),
                link(2, "https://localhost/x"),
                link(3, "file:///etc/passwd"),
                link(4, "https://user:word@host.example/"),
                link(5, "/away"),
                link(6, "/ok"),
            ];
            ok(json!({"pastes": pastes, "next": "https://other.example/list"}).to_string())
        }
        "/away" => Reply { status: 302, ..Reply::default() }.with("location", "http://10.0.0.1/"),
        _ => ok("fine"),
    });
    let feed = json_feed(&site.base, "[paging]\nnext = \"/next\"").replace("/raw/{id}", "{link}");
    let (all, _) = source(&feed).look(None);
    assert_eq!(ids(&all), ["p6"]);
    assert_eq!(all.gaps.len(), 6, "{}", whys(&all));
    assert!(whys(&all).contains("name it in `manners.hosts`"));
}

#[test]
fn items_that_are_never_answered_stop_nothing() {
    let site = Site::new(|asked| match asked.path() {
        "/list" => ok(json!({"pastes": [paste(1), paste(2), paste(3), paste(4)]}).to_string()),
        "/raw/p2" | "/raw/p3" => status(503),
        path => ok(path.as_bytes()),
    });
    let mut source = source(&json_feed(&site.base, ""));
    let (all, rest) = source.look_through(None, 10);
    assert_eq!(ids(&all), ["p1", "p4"]);
    assert!(whys(&all).contains("p2: "), "{}", whys(&all));
    let (_, _) = source.look_through(Some(rest), 10);
    assert!(site.count("/raw/p2") > 16, "it is tried again with the next look");
}

#[test]
fn a_site_that_refuses_many_items_ends_the_look_and_the_next_one_finds_them() {
    let is_open = Arc::new(AtomicU32::new(0));
    let shown = Arc::clone(&is_open);
    let site = Site::new(move |asked| match asked.path() {
        "/list" => {
            let second = asked.parameter("page").is_some_and(|page| page == "2");
            let range = if second { 10..20 } else { 0..10 };
            ok(json!({"pastes": range.map(paste).collect::<Vec<_>>()}).to_string())
        }
        path => {
            let n: u32 = path.trim_start_matches("/raw/p").parse().unwrap();
            let is_open = shown.load(Ordering::SeqCst) == 1;
            if n < 12 || is_open { ok("text") } else { status(403) }
        }
    });
    let feed = json_feed(&site.base, "[paging]\nparameter = \"page\"\n[limits]\npages = 2");
    let mut source = source(&feed);
    let (all, rest) = source.look_through(None, 100);
    assert_eq!(all.items.len(), 12);
    assert!(whys(&all).contains("the look ends here"), "{}", whys(&all));
    is_open.store(1, Ordering::SeqCst);
    let (news, _) = source.look(Some(rest));
    assert_eq!(news.items.len(), 8, "though nothing is new on the first page");
}

#[test]
fn an_outage_of_the_listing_is_trouble_and_a_refusal_is_the_operators() {
    let site = Site::new(|asked| match asked.path() {
        "/list" => status(401),
        "/list2" => status(500),
        "/list3" => ok("<html>"),
        _ => status(404),
    });
    let feed = json_feed(&site.base, "");
    let trouble = |path: &str| source(&feed.replace("/list", path)).page(None).unwrap_err();
    assert!(matches!(trouble("/list"), Trouble::Refused(_)));
    assert!(matches!(trouble("/list2"), Trouble::Later { .. }));
    assert!(matches!(trouble("/list3"), Trouble::Strange(why) if why.contains("no JSON")));
    assert!(matches!(trouble("/list4"), Trouble::Refused(why) if why.contains("listing.url")));
}

#[test]
fn a_login_is_the_operators_cookie_and_goes_nowhere_else() {
    let other = Site::new(|asked| {
        assert!(!asked.headers.contains_key("cookie"));
        ok("other")
    });
    let elsewhere = other.base.clone();
    let site = Site::new(move |asked| {
        if asked.headers.get("cookie").map(String::as_str) != Some("session=abc") {
            return status(401);
        }
        assert_eq!(asked.headers["user-agent"], "research desk");
        match asked.path() {
            "/list" => {
                let mut paste = paste(1);
                paste["url"] = json!(format!("{elsewhere}/x"));
                ok(json!({"pastes": [paste]}).to_string())
            }
            _ => status(404),
        }
    });
    let feed = json_feed(
        &site.base,
        "[manners]\nuser_agent = \"research desk\"\n[manners.credential]\nheader = \"cookie\"\nbefore = \"session=\"",
    )
    .replace("/raw/{id}", "{link}");
    let mut source = with_credential(&feed, Some(Secret::new(*b"abc")));
    let (all, _) = source.look(None);
    assert_eq!(texts(&all)[0].bytes, b"other");
}

const ATOM: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>leaks</title><id>f</id>
<updated>2026-01-01T00:00:00Z</updated><link rel="next" href="/atom?2"/>
<entry><id>e1</id><title>one</title><updated>2099-01-01T00:00:00Z</updated>
<author><name>ann</name></author><link href="/one"/><content type="text">body &amp; soul</content></entry>
</feed>"#;

fn xml_feed(base: &str, path: &str, more: &str) -> String {
    format!(
        "name = \"f\"\nservice = \"feed\"\n[listing]\nurl = \"{base}{path}\"\nkind = \"rss\"\n{more}"
    )
}

#[test]
fn feeds_of_entries() {
    let site = Site::new(|asked| {
        match asked.target.as_str() {
        "/atom" => ok(ATOM).with("etag", "\"v1\""),
        "/atom?2" => ok(ATOM.replace("e1", "e2").replace("/atom?2", "/atom")),
        "/rss" => ok(
            &b"<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\"><channel><title>t</title>\
            <item><guid>g1</guid><title>caf\xe9</title><description>key</description>\
            <pubDate>Wed, 01 May 2024 12:00:00 GMT</pubDate></item></channel></rss>"[..],
        ),
        _ => status(404),
    }
    });
    let (all, _) = source(&xml_feed(&site.base, "/atom", "[paging]\nnext = \"link\"")).look(None);
    let texts_of = texts(&all);
    assert_eq!(ids(&all), ["e1", "e2"], "{}", whys(&all));
    assert_eq!(texts_of[0].bytes, b"one\nbody & soul");
    assert_eq!(texts_of[0].place.author.as_deref(), Some("ann"));
    assert_eq!(texts_of[0].place.at, Some(NOW));
    let (all, _) = source(&xml_feed(&site.base, "/rss", "")).look(None);
    assert_eq!(texts(&all)[0].bytes, "café\nkey".as_bytes(), "a feed that lies about its charset");
}

#[test]
fn bombs_of_xml_and_html_are_bounded() {
    let site = Site::new(|asked| match asked.path() {
        "/entities" => {
            let mut bomb = String::from("<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a0 \"x\">");
            bomb.extend((1..30).map(|n| format!("<!ENTITY a{n} \"&a{m};&a{m};\">", m = n - 1)));
            bomb += "]><rss version=\"2.0\"><channel><title>t</title><item><guid>g</guid>\
                <title>t</title><description>&a29;</description></item></channel></rss>";
            ok(bomb)
        }
        "/deep" => ok("<rss version=\"2.0\"><channel>".to_owned() + &"<a>".repeat(100_000)),
        "/open" => ok("<rss>".to_owned() + &"<".repeat(2_000_000)),
        "/deep.json" => ok("[".repeat(1_000_000)),
        "/html" => ok("<div><a><b><i>".repeat(200_000)),
        _ => status(404),
    });
    if let Ok(page) = source(&xml_feed(&site.base, "/entities", "")).page(None) {
        assert!(texts(&page).iter().all(|text| text.bytes.len() < 10_000));
    }
    let deep = source(&xml_feed(&site.base, "/deep", "")).page(None).unwrap_err();
    assert!(deep.to_string().contains("100 deep"), "{deep}");
    assert!(source(&xml_feed(&site.base, "/open", "")).page(None).is_err());
    let feed = json_feed(&site.base, "").replace("/list", "/deep.json");
    assert!(matches!(source(&feed).page(None), Err(Trouble::Strange(_))));
    let began = std::time::Instant::now();
    source(&html_feed(&site.base, "/html")).page(None).unwrap();
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

fn html_feed(base: &str, path: &str) -> String {
    format!(
        r#"
name = "forum"
service = "feed"
[listing]
url = "{base}{path}"
kind = "html"
[items]
at = "tr.post"
id = "@data-id"
link = "a.title@href"
author = ".by"
time = "time@datetime"
name = "a.title"
[body]
from = "link"
select = "pre.paste"
[paging]
next = "a[rel=next]@href"
"#
    )
}

#[test]
fn an_index_of_html() {
    let site = Site::new(|asked| match asked.target.as_str() {
        "/index" => {
            ok("<table><tr class=post data-id=7><td><a class=title href='/p/7'>a &lt;b&gt;</a>\
             <td class=by>eve<td><time datetime='2024-05-01T12:00:00Z'>then</time></table>\
             <a rel=next href='?page=2'>more</a>")
        }
        "/index?page=2" => {
            ok("<table><tr class=post data-id=8><td><a class=title href='/p/8'>x</a>\
             <tr class=post data-id=9><td><a class=title href='/p/9'>x</a></table>")
        }
        "/p/9" => ok("<p>nothing here"),
        _ => ok("<h1>t</h1><pre class=paste>KEY=<span class=hl>abc</span>&amp;def</pre>"),
    });
    let (all, _) = source(&html_feed(&site.base, "/index")).look(None);
    let texts = texts(&all);
    assert_eq!(ids(&all), ["7", "8"]);
    assert_eq!(texts[0].bytes, b"KEY=abc&def\n");
    assert_eq!(texts[0].place.path.as_deref(), Some(&b"a <b>"[..]));
    assert_eq!(texts[0].place.author.as_deref(), Some("eve"));
    assert_eq!(texts[0].place.at, Some(1_714_564_800));
    assert!(whys(&all).contains("9: holds nothing where `body.select` looks"));
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feed.toml");
    let check = |text: &str, expected: &str| {
        std::fs::write(&path, text).unwrap();
        let setting = setting(&format!(
            "name = \"f\"\nservice = \"feed\"\nfile = {:?}",
            path.to_str().unwrap()
        ));
        let error = leeward_remote::open(&setting).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\nis not\n{expected}");
    };
    let listing = "[listing]\nurl = \"https://a.example/\"\nkind = \"html\"\n";
    check("[listing]\nurl = 3\n", "line 2: `url`: invalid type");
    check("[listing]\nkinds = 3\n", "line 2: `kinds`: unknown field `kinds`, expected one of");
    check(&format!("{listing}[items]\nat = \"tr[\""), "line 5: `items.at`: no CSS selector");
    check(listing, "`items.at`: missing");
    check(
        "[listing]\nurl = \"https://a.example/\"\nkind = \"json\"\n[items]\nat = \"data.items\"",
        "line 5: `items.at`: a JSON pointer begins with `/`, as in `/data/items`",
    );
    check(
        "[listing]\nurl = \"http://abc.onion/\"\nkind = \"rss\"",
        "line 2: `listing.url`: an onion address is reached through Tor alone",
    );
    check(
        "[listing]\nurl = \"https://u:p@a.example/\"\nkind = \"rss\"",
        "line 2: `listing.url`: holds a user or a password",
    );
    check(
        "[listing]\nurl = \"https://a.example/\"\nkind = \"rss\"\n[limits]\npages = 0",
        "line 5: `limits.pages`: must be between 1 and 500",
    );
    check(
        "[listing]\nurl = \"https://a.example/\"\nkind = \"rss\"\n[manners]\ncredential = { header = \"host\" }",
        "line 5: `manners.credential.header`: must be one of: authorization, cookie",
    );
}

#[test]
fn the_examples_make_sense() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../presets/feeds");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let setting = setting(&format!(
            "name = \"f\"\nservice = \"feed\"\nfile = {:?}\nproxy = \"socks5h://127.0.0.1:9050\"",
            path.to_str().unwrap()
        ));
        if let Err(error) = leeward_remote::open(&setting) {
            panic!("{error}");
        }
        count += 1;
    }
    assert_eq!(count, 3);
}

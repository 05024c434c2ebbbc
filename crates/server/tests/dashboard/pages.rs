//! Each page: that it is there, that foreign text on it is text, and what it answers to
//! what nobody should ask.

use axum::{body::Body, http::Request};
use leeward_server::Role;
use tower::ServiceExt as _;

use crate::fixture::*;

/// Every page that there is.
pub(crate) const PAGES: [&str; 12] = [
    "/",
    "/?range=30d",
    "/incidents",
    "/incidents?state=any&sort=newest&q=a",
    "/incidents/1",
    "/incidents/1/steps/revoke",
    "/sources",
    "/jobs",
    "/dossiers",
    "/settings",
    "/log",
    "/help",
];

#[tokio::test]
async fn every_page_is_there_and_nothing_on_it_is_markup_of_others() {
    let world = World::new(true);
    for path in PAGES {
        let answer = world.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        let text = answer.text.to_lowercase();
        for bad in
            ["<script>", "<img src=x", "onerror=\"", "javascript:window", " style=", " onclick="]
        {
            assert!(!text.contains(&format!("href=\"{bad}")), "{path}: {bad}");
            if bad != "javascript:window" {
                assert!(!text.contains(bad), "{path}: {bad}");
            }
        }
        for c in ['\u{202e}', '\u{1b}'] {
            assert!(!answer.text.contains(c), "{path}: {c:?}");
        }
        assert!(answer.text.contains("<main id=\"main\""), "{path}");
    }
    let one = world.get("/incidents/1").await.text;
    assert!(one.contains("&lt;script&gt;window.ran=1&lt;/script&gt;"));
    assert!(one.contains("href=\"https://paste.example.com/12\" rel=\"noreferrer noopener\""));
    assert!(one.contains("abcd…wxyz"), "masked, with its line");
    assert!(one.contains("how many agents there are"), "a gap is drawn as a gap");
}

#[tokio::test]
async fn every_page_is_there_where_there_is_nothing() {
    let world = World::new(false);
    for path in PAGES {
        let answer = world.get(path).await;
        let expected = if path.starts_with("/incidents/1") { 404 } else { 200 };
        assert_eq!(answer.status, expected, "{path}");
    }
    assert!(world.get("/").await.text.contains("Nothing was recorded yet"));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_that_says_so() {
    let world = World::new(true);
    for path in [
        "/incidents/9999",
        "/incidents/abc",
        "/incidents/-1",
        "/incidents/1%20or%201=1",
        "/incidents/99999999999999999999",
        "/incidents/1/steps/none",
        "/incidents/1/report/exe",
        "/dossiers/none",
        "/dossiers/..%2f..%2fetc",
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text.contains("<main"), "{path}");
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_away() {
    let world = World::new(false);
    for path in PAGES {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = Answer::of(world.bare().oneshot(request).await.unwrap()).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn filters_take_text_as_text() {
    let world = World::new(true);
    for (query, expected) in [
        ("q=settings-1.py", "1 matches."),
        ("q=settings-%25.py", "0 match."),
        ("q=settings__.py", "0 match."),
        ("q=%27+OR+1%3D1+--", "0 match."),
        ("q=%3Cscript%3Ewindow.none", "0 match."),
        ("source=pastes", "1 matches."),
        ("owner=%27%3B+DROP+TABLE+incidents%3B+--", "0 match."),
        ("at=a.1.2.3.4.5.6", "match."),
        ("severity=%27&state=%00&older=99999999999999999999&from=9999-99-99", "match."),
    ] {
        let answer = world.get(&format!("/incidents?state=any&{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        assert!(answer.text.contains(expected), "{query}");
        assert!(!answer.text.contains("<script>"), "{query}");
    }
}

#[tokio::test]
async fn lists_go_on_and_come_back() {
    let world = World::new(true);
    let first = world.get("/incidents?state=any").await.text;
    assert!(first.contains("rel=\"next\"") && !first.contains("rel=\"prev\""));
    let link = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let second = world.get(&link.replace("&amp;", "&")).await.text;
    assert!(second.contains("rel=\"prev\"") && !second.contains("rel=\"next\""));
    let log = world.get("/log").await.text;
    assert!(log.contains("rel=\"next\""));
}

#[tokio::test]
async fn style_and_scripts_are_kept_for_good_and_nothing_else() {
    let world = World::new(false);
    let page = world.get("/").await.text;
    let mut found = 0;
    for part in page.split('"').filter(|part| part.starts_with("/assets/")) {
        let answer = world.get(part).await;
        assert_eq!(answer.status, 200, "{part}");
        assert!(answer.header("cache-control").contains("immutable"), "{part}");
        found += 1;
    }
    assert!(found >= 6, "{found}");
    assert_eq!(world.get("/assets/x/app.css").await.header("cache-control"), "no-cache");
    assert_eq!(world.get("/assets/x/none.css").await.status, 404);
    assert_eq!(world.get("/assets/x/..%2fmod.rs").await.status, 404);
}

#[tokio::test]
async fn reports_and_evidence_are_files() {
    let world = World::new(true);
    for (format, begins) in [("json", "{"), ("markdown", "<!-- leeward"), ("html", "<!DOCTYPE")] {
        let answer = world.get(&format!("/incidents/1/report/{format}")).await;
        assert_eq!(answer.status, 200);
        assert!(
            answer.header("content-disposition").starts_with("attachment; filename=\"incident-1.")
        );
        assert!(answer.text.starts_with(begins), "{}", &answer.text[..40]);
    }
    let pack = world.post(Role::Responder, "/incidents/1/evidence", "csrf=x").await;
    assert_eq!((pack.status, &pack.bytes[..2]), (200, &b"PK"[..]));
    let events = world.store().events(None).unwrap();
    assert_eq!(events.last().unwrap().entry.kind.name(), "exported");
}

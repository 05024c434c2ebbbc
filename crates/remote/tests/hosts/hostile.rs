//! What a service, or somebody who writes to it, might do on purpose.

use std::net::SocketAddr;

use leeward_remote::{Cursor, Item, Trouble};
use serde_json::json;

use crate::{
    drive::{NOW, Source},
    server::{Asked, Reply, Server, time},
};

/// A source that has one repository, whose issues are answered as given.
fn with_issues(
    issues: impl Fn(&Asked, SocketAddr) -> Reply + Send + Sync + 'static,
) -> (Server, Source) {
    let server = Server::start([127, 0, 0, 1], move |asked, at| match asked.path.as_str() {
        "/api/v3/orgs/acme/repos" => {
            Reply::json(&json!([{"full_name": "acme/app", "private": false}]))
        }
        "/api/v3/repos/acme/app/issues/comments" => {
            Reply::json(&json!([{"id": 5, "body": "after it", "updated_at": time(NOW)}]))
        }
        path if path.starts_with("/api/v3/") => issues(asked, at),
        _ => Reply::status(404),
    });
    let source = Source::new(&format!(
        "name = 'hub'\nservice = 'github'\nbase_url = '{}'\norganisations = ['acme']\nwhat = ['issues']",
        server.base()
    ));
    (server, source)
}

fn issue(number: u64) -> serde_json::Value {
    json!({"number": number, "title": "t", "body": "b", "updated_at": time(NOW)})
}

#[test]
fn pages_that_go_in_a_circle_end() {
    // One page, two, and a way in before the circle.
    for (size, before) in [(1, 0), (2, 0), (7, 3), (40, 11)] {
        let (server, source) = with_issues(move |asked, at| {
            let number: u64 = asked.query("page").unwrap_or("0").parse().unwrap();
            let next = if number + 1 >= before + size { before } else { number + 1 };
            Reply::json(&json!([issue(number)])).with(
                "link",
                format!("<http://{at}/api/v3/repos/acme/app/issues?page={next}>; rel=\"next\""),
            )
        });
        let drained = source.pass(None);
        drained.assert_gap("acme/app/issues", "circle");
        let keys = drained.keys();
        assert!(
            (0..before + size).all(|number| keys.contains(&format!("acme/app issue {number}")))
        );
        assert!(keys.contains("acme/app comment 5"));
        assert!(server.asked.lock().unwrap().len() < 4 * (before + size) as usize + 20);
    }
}

#[test]
fn links_to_elsewhere_are_not_followed() {
    let elsewhere = Server::start([127, 0, 0, 2], |_, _| Reply::json(&json!([])));
    let other = elsewhere.base();
    for link in [
        format!("{other}/api/v3/other?page=2"),
        "http://169.254.169.254/latest/meta-data/?page=2".to_owned(),
        "https://evil.example/x?page=2".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://eve:pw@127.0.0.1/api/v3/x?y".to_owned(),
        "//evil.example/\u{1b}[2J".to_owned(),
        "/api/v3/../../admin?x".to_owned(),
    ] {
        let (server, mut source) = with_issues(move |asked, _| {
            if asked.query("page").is_some() {
                return Reply::json(&json!([]));
            }
            let link: String = link.chars().filter(|one| !one.is_control()).collect();
            Reply::json(&json!([issue(1)])).with("link", format!("<{link}>; rel=next"))
        });
        source.named.push("127.0.0.2".to_owned());
        let drained = source.pass(None);
        drained.assert_gap("acme/app/issues", "another place");
        assert!(drained.keys().contains("acme/app comment 5"));
        assert!(server.paths().iter().all(|path| path.starts_with("/api/v3/")));
    }
    assert!(elsewhere.asked.lock().unwrap().is_empty());
}

#[test]
fn redirects_stay_at_home_and_end() {
    let elsewhere = Server::start([127, 0, 0, 2], |_, _| Reply::json(&json!([])));
    let other = elsewhere.base();
    // A repository that was renamed, one that went elsewhere, and a ring.
    for (to, is_followed) in [
        ("/api/v3/repositories/7/issues".to_owned(), true),
        (format!("{other}/steal"), false),
        ("http://10.0.0.1/steal".to_owned(), false),
        ("/api/v3/repos/acme/app/issues".to_owned(), false),
    ] {
        let (_server, mut source) = with_issues(move |asked, _| match asked.path.as_str() {
            "/api/v3/repositories/7/issues" => Reply::json(&json!([issue(1)])),
            _ => Reply::status(301).with("location", to.clone()),
        });
        source.named.push("127.0.0.2".to_owned());
        let drained = source.pass(None);
        assert_eq!(drained.keys().contains("acme/app issue 1"), is_followed);
        assert!(drained.keys().contains("acme/app comment 5"));
        if !is_followed {
            drained.assert_gap("issues of acme/app", "redirect");
        }
    }
    assert!(elsewhere.asked.lock().unwrap().is_empty());
}

#[test]
fn the_credential_goes_to_one_port_alone() {
    // Another service of the same machine, to which a download leads.
    let elsewhere = Server::start([127, 0, 0, 1], |_, _| Reply::raw("content"));
    let other = elsewhere.base();
    let server = Server::start([127, 0, 0, 1], move |asked, _| match asked.path.as_str() {
        "/api/v3/users/eve/gists" => Reply::json(&json!([{"id": "g1", "updated_at": time(NOW)}])),
        "/api/v3/gists/g1" => {
            Reply::json(&json!({"id": "g1", "public": true, "updated_at": time(NOW),
            "files": {"a": {"raw_url": format!("{other}/a"), "truncated": true}}}))
        }
        _ => Reply::status(404),
    });
    let source = Source::new(&format!(
        "name = 'hub'\nservice = 'github'\nbase_url = '{}'\nusers = ['eve']\nwhat = ['gists']",
        server.base()
    ));
    let drained = source.pass(None);
    assert_eq!(drained.texts()["gist g1 a"], "content");
    let asked = elsewhere.asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    assert!(!asked[0].has_credential());
}

#[test]
fn a_body_without_end_is_cut() {
    let (_server, source) = with_issues(|asked, at| match asked.query("page") {
        None => Reply::raw(vec![b'['; 50 << 20]).with(
            "link",
            format!("<http://{at}/api/v3/repos/acme/app/issues?page=2>; rel=\"next\""),
        ),
        Some(_) => Reply::json(&json!([issue(2)])),
    });
    let drained = source.pass(None);
    drained.assert_gap("issues of acme/app", "longer than 16 MiB");
    assert!(drained.keys().contains("acme/app issue 2"), "the next page is read all the same");

    // A text, too: a file of a gist that has 50 MB.
    let server = Server::start([127, 0, 0, 1], |asked, at| match asked.path.as_str() {
        "/api/v3/users/eve/gists" => Reply::json(&json!([{"id": "g1", "updated_at": time(NOW)}])),
        "/api/v3/gists/g1" => Reply::json(&json!({"id": "g1", "updated_at": time(NOW),
            "files": {"a": {"raw_url": format!("http://{at}/a"), "truncated": true}}})),
        _ => Reply::raw(vec![b'x'; 50 << 20]),
    });
    let source = Source::new(&format!(
        "name = 'hub'\nservice = 'github'\nbase_url = '{}'\nusers = ['eve']\nwhat = ['gists']",
        server.base()
    ));
    let drained = source.pass(None);
    assert_eq!(drained.texts()["gist g1 a"].len(), 8 << 20);
    drained.assert_gap("gist g1 a", "first 8 MiB");
}

#[test]
fn a_list_of_long_texts_is_read_in_smaller_pages() {
    // 30 texts of a megabyte: a page of a hundred is too long, and one of ten is not.
    let (server, source) = with_issues(|asked, at| {
        let per: usize = asked.query("per_page").unwrap().parse().unwrap();
        let number: usize = asked.query("page").unwrap_or("1").parse().unwrap();
        let from = (number - 1) * per;
        let long = "x".repeat(1 << 20);
        let each: Vec<_> = (from..(from + per).min(30))
            .map(|one| json!({"number": one, "body": long, "updated_at": time(NOW)}))
            .collect();
        let reply = Reply::json(&json!(each));
        match from + per < 30 {
            true => reply.with(
                "link",
                format!(
                    "<http://{at}/api/v3/repos/acme/app/issues?per_page={per}&page={}>; rel=\"next\"",
                    number + 1
                ),
            ),
            false => reply,
        }
    });
    let drained = source.pass(None);
    assert!((0..30).all(|one| drained.keys().contains(&format!("acme/app issue {one}"))));
    assert!(drained.gaps.is_empty());
    assert!(server.asked.lock().unwrap().len() < 10);
}

#[test]
fn an_answer_that_never_makes_sense_holds_nothing_up() {
    for body in ["{", "[{\"number\": 1", "<html>sign in</html>", "null", "{\"number\": 1}"] {
        let (_server, source) = with_issues(move |_, _| Reply::raw(body));
        let first = source.pass(None);
        assert!(first.keys().contains("acme/app comment 5"), "{body}");
        first.assert_gap("repos/acme/app/issues", "put off");
        assert_eq!(first.troubles.len(), 2, "{body}");
        // It is asked for again at the next look, and what it left out is not lost.
        let second = source.pass(first.cursor);
        second.assert_gap("repos/acme/app/issues", "put off");
        // Not for ever.
        let mut last = second;
        for _ in 0..9 {
            last = source.pass(last.cursor);
        }
        last.assert_gap("repos/acme/app/issues", "given up");
        assert!(last.cursor.unwrap().0.len() < 10_000);
    }
    // Elements that cannot be read leave the others.
    let (_server, source) =
        with_issues(|_, _| Reply::json(&json!([{"number": "x"}, 7, null, issue(3)])));
    let drained = source.pass(None);
    assert!(drained.keys().contains("acme/app issue 3"));
    assert_eq!(drained.gaps.len(), 3);
}

#[test]
fn names_pass_as_data() {
    let name = "acme/<img src=x onerror=alert(1)>\u{1b}[2J\u{202e}";
    let server = Server::start([127, 0, 0, 1], move |asked, _| match asked.path.as_str() {
        "/api/v3/orgs/acme/repos" => Reply::json(&json!([
            {"full_name": name, "private": false},
            {"full_name": "../../../admin?x=", "private": false},
            {"full_name": "acme/..", "private": false},
        ])),
        path if path.ends_with("/issues") => {
            Reply::json(&json!([{"number": 1, "title": "<script>",
            "body": "b", "user": {"login": "e\u{7}ve"}, "html_url": "javascript:alert(1)", "updated_at": "never"}]))
        }
        _ => Reply::json(&json!([])),
    });
    let source = Source::new(&format!(
        "name = 'hub'\nservice = 'github'\nbase_url = '{}'\norganisations = ['acme']\nwhat = ['issues']",
        server.base()
    ));
    let drained = source.pass(None);
    let found = drained.items.iter().find_map(|item| match item {
        Item::Text(text) if text.key.id.contains("<img") => Some(text),
        _ => None,
    });
    let found = found.unwrap();
    assert_eq!(found.place.item, format!("{name} issue 1"));
    assert_eq!(found.place.url, "javascript:alert(1)");
    assert_eq!(found.place.author.as_deref(), Some("e\u{7}ve"));
    assert_eq!(found.place.at, None);
    assert_eq!(found.bytes, b"<script>\n\nb");
    // No name climbs out of the interface.
    assert!(
        server.paths().iter().all(|path| path.starts_with("/api/v3/") && !path.contains("admin?"))
    );
}

#[test]
fn a_cursor_of_another_form_begins_anew() {
    let (_server, source) = with_issues(|_, _| Reply::json(&json!([issue(1)])));
    let whole = source.pass(None).keys();
    for cursor in ["", "{}", "null", "{\"v\":99}", "\u{0}", "[1,2"] {
        assert_eq!(source.pass(Some(Cursor(cursor.to_owned()))).keys(), whole);
    }
    // One that leads out of the service is asked under the base all the same.
    let walk = "{\"v\":1,\"began\":1,\"since\":null,\"anew\":9999999999,\"asked\":\"\",\"open\":[{\"k\":\"issues\",\
        \"a\":\"//evil.example/x\",\"o\":\"acme/app\"}],\"put_off\":[],\"marks\":{}}";
    let (server, source) = with_issues(|_, _| Reply::json(&json!([issue(1)])));
    source.pass(Some(Cursor(walk.to_owned())));
    assert!(server.paths().iter().all(|path| path.starts_with("/api/v3/")));
}

#[test]
fn what_is_gone_or_forbidden_leaves_the_rest() {
    for status in [403, 404, 410, 451] {
        let (_server, source) = with_issues(move |_, _| Reply::status(status));
        let drained = source.pass(None);
        drained.assert_gap("issues of acme/app", &status.to_string());
        assert!(drained.keys().contains("acme/app comment 5"));
        assert!(drained.troubles.is_empty());
    }
    // A credential that is refused is the operator's to mend.
    let server = Server::start([127, 0, 0, 1], |_, _| Reply::status(401));
    let source = Source::new(&format!(
        "name = 'hub'\nservice = 'github'\nbase_url = '{}'\norganisations = ['acme']",
        server.base()
    ));
    let (mut opened, mut client) = source.open();
    let trouble = opened.service.page(&mut client, None).unwrap_err();
    assert!(matches!(trouble, Trouble::Refused(_)), "{trouble}");
}

#[test]
fn without_a_credential_what_is_shown_is_read() {
    let (_server, mut source) = with_issues(|_, _| Reply::status(401));
    source.has_credential = false;
    let drained = source.pass(None);
    drained.assert_gap("issues of acme/app", "`token_env`");
    assert!(drained.keys().contains("acme/app comment 5"));
}

#[test]
fn an_outage_is_waited_for_and_not_walked_past() {
    let server = Server::start([127, 0, 0, 1], |_, _| Reply::status(503));
    let source = Source::new(&format!(
        "name = 'hub'\nservice = 'github'\nbase_url = '{}'\norganisations = ['acme']",
        server.base()
    ));
    let (mut opened, mut client) = source.open();
    for _ in 0..5 {
        let trouble = opened.service.page(&mut client, None).unwrap_err();
        assert!(matches!(trouble, Trouble::Later { .. }), "{trouble}");
    }
}

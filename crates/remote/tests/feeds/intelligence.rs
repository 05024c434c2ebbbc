//! TAXII, STIX, and bodies that providers send.

use leeward_model::Secret;
use leeward_remote::{
    Item, Trouble,
    intake::{Kind, Mapping, read, read_at},
};
use serde_json::json;

use crate::site::{NOW, Site, ids, ok, source, status, texts, whys, with_credential};

fn indicator(n: u32) -> serde_json::Value {
    json!({"type": "indicator", "spec_version": "2.1", "id": format!("indicator--{n}"),
        "created": "2026-01-01T00:00:00Z", "modified": "2099-01-01T00:00:00Z",
        "name": "leak", "pattern": format!("[url:value = 'https://paste.example/{n}']"),
        "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z"})
}

#[test]
fn collections_of_taxii_page_by_page() {
    const LAST: &str = "2026-11-01T00:00:00.000001Z";
    let site = Site::new(|asked| {
        assert_eq!(asked.headers["accept"], "application/taxii+json;version=2.1");
        assert_eq!(asked.headers["authorization"], "Bearer word");
        if asked.path() == "/api/collections/" {
            return ok(json!({"collections": [{"id": "c1", "can_read": true},
                {"id": "secret", "can_read": false}, {"id": "c2", "can_read": true}]})
            .to_string());
        }
        if asked.path() == "/api/collections/c2/objects/" {
            return status(403);
        }
        assert_eq!(asked.path(), "/api/collections/c1/objects/");
        let objects = |range: std::ops::Range<u32>| range.map(indicator).collect::<Vec<_>>();
        match (asked.parameter("added_after").as_deref(), asked.parameter("next").as_deref()) {
            (None, None) => {
                ok(json!({"more": true, "next": "n1", "objects": objects(0..100)}).to_string())
            }
            (None, Some("n1")) => {
                let artifact =
                    json!({"type": "artifact", "id": "artifact--1", "payload_bin": "S0VZPXZhbHVl"});
                ok(json!({"more": false, "objects": [artifact]}).to_string())
                    .with("x-taxii-date-added-last", LAST)
            }
            (Some(LAST), None) => ok("{}"),
            other => panic!("{other:?}"),
        }
    });
    let text = format!("name = \"ti\"\nservice = \"taxii\"\nurl = \"{}/api/\"", site.base);
    let mut taxii = with_credential(&text, Some(Secret::new(*b"word")));
    let (all, rest) = taxii.look(None);
    assert_eq!(all.items.len(), 101);
    let found = texts(&all);
    assert!(String::from_utf8_lossy(&found[3].bytes).contains("https://paste.example/3"));
    assert_eq!(found[3].place.at, Some(NOW));
    assert_eq!(found[100].bytes, b"payload_bin: KEY=value\n");
    assert!(whys(&all).contains("c2: status 403"), "{}", whys(&all));
    assert_eq!(taxii.look(Some(rest)).0.items.len(), 0);
}

#[test]
fn a_server_that_goes_on_for_ever_or_by_time_alone() {
    let site = Site::new(|asked| {
        if asked.path().contains("/time/") {
            return match asked.parameter("added_after").as_deref() {
                None => ok(json!({"more": true, "objects": [indicator(1)]}).to_string())
                    .with("x-taxii-date-added-last", "2026-01-01T00:00:00Z"),
                _ => ok(json!({"more": false, "objects": [indicator(2)]}).to_string())
                    .with("x-taxii-date-added-last", "2099-01-01T00:00:00Z"),
            };
        }
        ok(json!({"more": true, "next": "same", "objects": [indicator(1)]}).to_string())
    });
    let text = |collection: &str| {
        format!(
            "name = \"ti\"\nservice = \"taxii\"\nurl = \"{}/api/\"\ncollections = [\"{collection}\"]",
            site.base
        )
    };
    let (all, _) = source(&text("loop")).look(None);
    assert!(whys(&all).contains("not where"), "{}", whys(&all));
    let (all, rest) = source(&text("time")).look(None);
    assert_eq!(ids(&all), ["indicator--1", "indicator--2"]);
    assert!(!rest.0.contains("2099"), "a time that lies ahead hides nothing");
}

fn bodies(page: &leeward_remote::Page) -> Vec<String> {
    page.items
        .iter()
        .map(|item| match item {
            Item::Text(text) => String::from_utf8_lossy(&text.bytes).into_owned(),
            Item::Repository(_) => panic!(),
        })
        .collect()
}

#[test]
fn what_providers_send() {
    let mapping = Mapping {
        items: Some("/alert/hits".to_owned()),
        id: Some("/id".to_owned()),
        texts: vec!["/title".to_owned(), "/raw".to_owned()],
        time: Some("/seen".to_owned()),
        ..Mapping::default()
    };
    let body = json!({"alert": {"hits": [
        {"id": 7, "title": "a", "raw": "KEY=v", "seen": "2099-01-01T00:00:00Z"},
        {"id": 8, "raw": {"nested": "KEY"}}, {"id": 9}]}});
    let page = read_at(&mapping, "ti", body.to_string().as_bytes(), NOW).unwrap();
    assert_eq!(bodies(&page), ["a\nKEY=v", "{\"nested\":\"KEY\"}"]);
    assert_eq!(ids(&page), ["7", "8"]);
    assert_eq!(page.gaps.len(), 1);
    assert_eq!(texts(&page)[0].place.at, Some(NOW));

    let bundle = json!({"type": "bundle", "id": "bundle--1", "objects": [indicator(1), {"x": 1}]});
    let page = read_at(&mapping, "ti", bundle.to_string().as_bytes(), NOW).unwrap();
    assert_eq!((ids(&page), page.gaps.len()), (vec!["indicator--1".to_owned()], 1));

    let mail = b"Message-ID: <1@x>\nSubject: found\n\nyour key";
    assert_eq!(bodies(&read(&mapping, "ti", mail).unwrap()), ["found", "your key"]);

    let everything = read(&Mapping::default(), "ti", b"{\"a\": \"KEY\"}").unwrap();
    assert_eq!(bodies(&everything), ["{\"a\":\"KEY\"}"]);
}

#[test]
fn bodies_that_make_no_sense_are_refused() {
    let none = Mapping::default();
    assert!(matches!(read(&none, "ti", &vec![b'{'; 40 << 20]), Err(Trouble::Refused(_))));
    for body in [&b""[..], b"{", b"\x00\xff\x00", &b"[".repeat(1_000_000)] {
        assert!(read(&none, "ti", body).is_err(), "{:?}", &body[..body.len().min(9)]);
    }
    let wanted = Mapping { items: Some("/list".to_owned()), ..Mapping::default() };
    let error = read(&wanted, "ti", b"{\"list\": 3}").unwrap_err();
    assert!(error.to_string().contains("no list at `/list`"), "{error}");
    let stix = Mapping { kind: Some(Kind::Stix), ..Mapping::default() };
    assert!(read(&stix, "ti", b"{}").is_err());
    let wrong = Mapping { id: Some("alert.id".to_owned()), ..Mapping::default() };
    assert!(wrong.check().unwrap_err().contains("`/alert/id`"));
    let many = json!(vec![json!({"a": "x"}); 20_000]).to_string();
    let list = Mapping { items: Some(String::new()), ..Mapping::default() };
    let page = read(&list, "ti", many.as_bytes()).unwrap();
    assert_eq!((page.items.len(), page.gaps.len()), (10_000, 1));
}

//! The same section filled for another provider, as its file would be: a
//! record in another form, paging by cursor, one header, deletion without a
//! body. The knowledge of both is data.

use std::sync::Arc;

use leeward_dossier::{Dossier, Library};
use leeward_model::Secret;
use leeward_probe::{Base, Office, RefusedKind, Settings, Stop, Wanted};

use crate::{asking::to, canned::Canned};

const SECTION: &str = r#"
[administer]
credential = "openai-api-key"
header = "Authorization: Bearer {secret}"
headers = ["X-Flavour: plain"]

[administer.record]
id = "/id"
name = "/name"
hint = "/redacted_value"
created = "/created_at"
creator = "/owner/name"

[administer.find]
list = "/data"
pages = { parameter = "after", by = "cursor", size = 2, next = "/next" }

[administer.find.request]
url = "https://api.openai.com/v1/organization/admin_api_keys?limit=2"
why = "lists keys"
expect = ["/data"]

[administer.delete]
method = "DELETE"
url = "https://api.openai.com/v1/organization/admin_api_keys/{key-id}"
why = "deletes one"
writes = "deletes one key"

[administer.create]
value = "/made/value"
record = "/made"

[administer.create.request]
method = "POST"
url = "https://api.openai.com/v1/organization/admin_api_keys"
body = '{"name": "{name}", "options": {"ends": "{expires-unix}", "for": ["{user-id}"]}}'
why = "makes one"
writes = "makes one key"

[[administer.answers]]
status = [200, 204]
means = "done"
why = "done"
"#;

fn office(settings: Settings) -> Office {
    let text = include_str!("../../../../../dossiers/openai/api-key.toml");
    let text = text.replacen("[[remediation]]", &format!("{SECTION}\n[[remediation]]"), 1);
    let kind = Dossier::parse("openai-api-key", "x.toml", &text).unwrap();
    let mut library = Library::builtin();
    library.add(kind.clone());
    let admin = Secret::new(*b"sk-admin-of-nobody-0123456789");
    Office::open(Arc::new(library), settings, &kind, admin, Stop::new()).unwrap()
}

#[test]
fn a_list_without_a_filter_is_looked_through() {
    let body = r#"{"data": [
        {"id": "key_a", "name": "One", "redacted_value": "sk-admin...def", "created_at": 1711471533, "owner": {"name": "Ada"}},
        {"id": "key_b", "name": "Two", "redacted_value": "sk-admin...xyz", "created_at": 1711471534}
    ], "next": null}"#;
    let server = Canned::start(200, "", body);
    let office = office(to("openai", &server.url()));
    let found = office.find_by_tail("xdef").unwrap().value;
    assert_eq!(found.len(), 1, "as far as the masked form goes");
    assert_eq!((&*found[0].id, found[0].created), ("key_a", Some(1_711_471_533)));
    assert_eq!(found[0].creator.as_deref(), Some("Ada"));
    assert_eq!(office.find_by_name("tw").unwrap().value[0].id, "key_b");
    let seen = server.seen();
    assert!(seen[0].starts_with("GET /v1/organization/admin_api_keys?limit=2 "), "{}", seen[0]);
    assert!(seen[0].to_lowercase().contains("x-flavour: plain"));
    assert_eq!(office.limit().unwrap_err().kind, RefusedKind::Unsupported);
}

#[test]
fn pages_follow_the_cursor_and_no_circle() {
    let body = r#"{"data": [{"id": "key_a"}, {"id": "key_b"}], "next": "c1"}"#;
    let server = Canned::start(200, "", body);
    let found = office(to("openai", &server.url())).find_by_name("").unwrap();
    assert_eq!(found.value.len(), 2, "each once");
    assert!(found.partial.is_some());
    assert_eq!(server.seen().len(), 2, "the same cursor again leads nowhere");
    assert!(server.seen()[1].starts_with("GET /v1/organization/admin_api_keys?limit=2&after=c1 "));
}

#[test]
fn a_deletion_may_be_answered_without_a_body() {
    let server = Canned::start(204, "", "");
    office(to("openai", &server.url())).delete("key a").unwrap();
    let seen = server.seen();
    assert!(seen[0].starts_with("DELETE /v1/organization/admin_api_keys/key%20a "), "{}", seen[0]);
}

#[test]
fn a_key_is_made_of_what_is_known() {
    let body = r#"{"made": {"id": "key_c", "name": "x", "value": "sk-new-value-of-nobody-000"}}"#;
    let server = Canned::start(200, "", body);
    let office = office(to("openai", &server.url()));
    let wanted = Wanted { name: "a \"b\"".into(), expires: Some(7), ..Wanted::default() };
    let made = office.create(&wanted).unwrap().value;
    assert_eq!((made.record.id.as_str(), made.secret.len()), ("key_c", 26));
    let seen = server.seen();
    let body = seen[0].split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body, r#"{"name":"a \"b\"","options":{"ends":7,"for":[]}}"#);
    assert!(seen[0].to_lowercase().contains("content-type: application/json"));
    let base = Base::new("another", &server.url()).unwrap();
    let mut settings = to("openai", &server.url());
    settings.network.bases = vec![base];
    let no = self::office(settings).create(&wanted).unwrap_err();
    assert_eq!(no.kind, RefusedKind::Unsupported, "{no}");
}

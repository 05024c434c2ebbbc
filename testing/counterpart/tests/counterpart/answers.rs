//! Every answer satisfies the schema of its operation, lists have the pages
//! that are asked for, and contents are marked.

use std::net::SocketAddr;

use leeward_counterpart::{
    CONTENT, Contract, Counterpart, Key, Operation, Resource, Security, World, random_value,
};
use serde_json::Value;

use crate::client::{Answer, ask, get, post};

/// The keys of a workspace and of an administration.
struct Pair {
    standard: String,
    admin: String,
}

impl Pair {
    fn new() -> Self {
        Self { standard: random_value(), admin: random_value() }
    }

    fn added_to(&self, world: World) -> World {
        world.key(Key::standard(&self.standard)).key(Key::admin(&self.admin))
    }

    /// Asks the way an operation documents.
    fn get(&self, to: SocketAddr, operation: &Operation, path: &str) -> Answer {
        match operation.security[0] {
            Security::ApiKey => get(to, path, &self.standard),
            Security::AdminApiKey => get(to, path, &self.admin),
            Security::DashboardUserContextAuth => {
                ask(to, "GET", path, &[("x-api-key", &self.standard)])
            }
        }
    }
}

/// A path with names of things that exist, where lists tell.
fn concrete(to: SocketAddr, keys: &Pair, template: &str) -> String {
    let contract = Contract::published();
    let mut path = String::new();
    let mut known = String::new();
    for segment in template.split('/').skip(1) {
        let list = contract.operation("GET", &known);
        let mut name = segment.to_owned();
        if segment.starts_with('{') {
            let ids = list.map(|list| keys.get(to, list, &path).json());
            let ids = ids.as_ref().and_then(first_id);
            let other = match segment {
                "{version}" | "{field_name}" => "1",
                "{trace_id}" => "0123456789abcdef0123456789abcdef",
                "{span_id}" => "0123456789abcdef",
                _ => "00000000-0000-4000-8000-000000000000",
            };
            name = ids.unwrap_or(other).to_owned();
        }
        path = format!("{path}/{name}");
        known = format!("{known}/{segment}");
        if known == "/v1/workflows/executions" {
            // Runs have the list that executions have not.
            let runs = contract.operation("GET", "/v1/workflows/runs").unwrap();
            let runs = keys.get(to, runs, "/v1/workflows/runs").json();
            if let Some(id) = first_id(&runs)
                && template.contains("{execution_id}")
            {
                let rest = template.split("{execution_id}").nth(1).unwrap();
                return format!("{known}/{id}{rest}");
            }
        }
    }
    path
}

/// What names the first thing of a list.
fn first_id(list: &Value) -> Option<&str> {
    let lists = [
        list.as_array(),
        list.as_object()
            .and_then(|of| of.get("members").or(of.values().find(|of| of.is_array())))
            .and_then(Value::as_array),
    ];
    let inner = list.as_object().and_then(|of| of.values().find_map(|of| of["results"].as_array()));
    let items = lists.into_iter().flatten().chain(inner).find(|items| !items.is_empty())?;
    let names = ["id", "uuid", "execution_id", "schedule_id", "key_id", "name"];
    names.into_iter().find_map(|name| items[0][name].as_str())
}

/// Asks for everything that can be read, and holds it against its schema.
fn all_satisfy_the_contract(world: World, is_furnished: bool) {
    let keys = Pair::new();
    let contract = Contract::published();
    let readable = contract.operations().iter().filter(|known| known.method == "GET");
    let setup = Counterpart::setup(keys.added_to(world));
    let server =
        readable.clone().fold(setup, |setup, known| setup.allow("GET", &known.path)).start();
    let mut checked = 0;
    for operation in readable.filter(|known| known.path.starts_with("/v")) {
        let Some(schema) = contract.schema(operation) else { continue };
        let mut path = concrete(server.address(), &keys, &operation.path);
        if path.contains("/analytics/") {
            path += "?start_time=1700000000&end_time=1700086400";
        } else if path.contains("chat-completion-fields/") {
            path += "?operator=eq";
        }
        let answer = keys.get(server.address(), operation, &path);
        if answer.status == 404 {
            assert!(operation.path.contains('{') && !is_furnished, "{path}");
            continue;
        }
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let body = answer.json();
        let errors: Vec<String> = validator
            .iter_errors(&body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{path}: {errors:#?}\n{body:#}");
        checked += 1;
    }
    // All that answers in JSON, or what needs nothing to be there.
    assert!(checked > if is_furnished { 115 } else { 50 }, "{checked}");
    server.assert_no_violations();
}

#[test]
fn of_a_furnished_world() {
    all_satisfy_the_contract(World::furnished(), true);
}

#[test]
fn of_an_empty_world() {
    all_satisfy_the_contract(World::new(), false);
}

#[test]
fn pages_are_those_asked_for() {
    let keys = Pair::new();
    let world = Resource::ALL.into_iter().fold(World::new(), |world, of| world.with(of, 5));
    let server = Counterpart::start(keys.added_to(world));
    let to = server.address();
    let standard = |path: &str| get(to, path, &keys.standard).json();
    let count = |value: &Value| value.as_array().unwrap().len();

    let files = standard("/v1/files?page_size=2&page=2");
    assert_eq!((count(&files["data"]), &files["total"]), (1, &5.into()));
    let files = standard("/v1/files?page_size=1&include_total=false");
    assert_eq!((count(&files["data"]), &files["total"]), (1, &Value::Null));
    let judges = standard("/v1/observability/judges?page_size=2&page=3");
    assert_eq!((count(&judges["judges"]["results"]), &judges["judges"]["count"]), (1, &5.into()));
    let voices = standard("/v1/audio/voices?limit=2&offset=4");
    assert_eq!((count(&voices["items"]), &voices["total"]), (1, &5.into()));
    let libraries = standard("/v1/libraries?page=0&page_size=2");
    assert_eq!(libraries["pagination"]["total_items"], 5);
    assert_eq!(libraries["pagination"]["has_more"], true);
    assert_eq!(libraries["data"][0]["nb_documents"], 5);
    let conversations = standard("/v1/conversations?page=1&page_size=3");
    assert_eq!(count(&conversations), 2);
    let models = standard("/v1/models");
    let tuned = models["data"].as_array().unwrap().iter();
    assert_eq!(tuned.filter(|model| model["type"] == "fine-tuned").count(), 5);

    // From page to page by token: each once.
    let by_token: [(&str, &str, &str, &str, &str); 6] = [
        ("/v1/agents/pages", "page_size", "page_token", "/data", "/next_page_token"),
        ("/v1/libraries", "page_size", "page_token", "/data", "/next_page_token"),
        ("/v1/connectors", "page_size", "cursor", "/items", "/pagination/next_cursor"),
        ("/v1/workflows", "limit", "cursor", "/workflows", "/next_cursor"),
        ("/v1/workflows/runs", "page_size", "next_page_token", "/executions", "/next_page_token"),
        ("/v2/prompts", "pageSize", "pageToken", "/data", "/nextPageToken"),
    ];
    for (path, size, token, items, next) in by_token {
        let (mut seen, mut more, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = standard(&format!("{path}?{size}=2{more}"));
            seen.extend(page.pointer(items).unwrap().as_array().unwrap().iter().cloned());
            pages += 1;
            let Some(next) = page.pointer(next).and_then(Value::as_str) else { break };
            more = format!("&{token}={next}");
        }
        let distinct: std::collections::BTreeSet<String> =
            seen.iter().map(Value::to_string).collect();
        assert_eq!((seen.len(), distinct.len(), pages), (5, 5, 3), "{path}");
    }

    // The audit log goes on by time.
    let log = |query: &str| get(to, &format!("/v1/admin/audit-logs{query}"), &keys.admin).json();
    let newest = log("?limit=3");
    let last = newest[2]["created_at"].as_str().unwrap().to_owned();
    assert_eq!(count(&log(&format!("?limit=3&before={last}"))), 2);
    server.assert_no_violations();
}

#[test]
fn one_thing_is_what_its_list_said() {
    let keys = Pair::new();
    let server = Counterpart::start(keys.added_to(World::furnished()));
    let ask = |path: &str| get(server.address(), path, &keys.standard);
    for path in ["/v1/files", "/v1/libraries", "/v1/agents/pages", "/v1/batch/jobs"] {
        let list = ask(path).json();
        let listed = &list["data"][1];
        let id = listed["id"].as_str().unwrap();
        let one = ask(&format!("{}/{id}", path.trim_end_matches("/pages"))).json();
        assert_eq!(one["id"], id);
        let missing = "00000000-0000-4000-8000-000000000000";
        assert_eq!(ask(&format!("{}/{missing}", path.trim_end_matches("/pages"))).status, 404);
    }
    server.assert_no_violations();
}

#[test]
fn contents_are_marked() {
    let keys = Pair::new();
    let server = Counterpart::start(keys.added_to(World::furnished()));
    for path in ["/v1/agents/pages", "/v1/conversations", "/v2/prompts", "/v1/observability/judges"]
    {
        assert!(get(server.address(), path, &keys.standard).text().contains(CONTENT), "{path}");
    }
}

#[test]
fn inference_is_never_answered() {
    let key = random_value();
    let server = Counterpart::setup(World::new().key(Key::standard(&key)))
        .allow("POST", "/v1/chat/completions")
        .start();
    let ask = |body| post(server.address(), "/v1/chat/completions", &key, body).status;
    assert_eq!(ask(r#"{"model":"mistral-small-latest","max_tokens":-1}"#), 422);
    assert_eq!(ask(r#"{"model":"mistral-small-latest","max_tokens":1}"#), 400);
    server.assert_no_violations();
}

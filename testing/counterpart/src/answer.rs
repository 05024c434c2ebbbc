//! What the server answers when nothing is broken: who the key belongs to,
//! and the things behind it, made to the contract's schemas. It decides on
//! content only; faults and the wire are elsewhere.

use serde_json::{Value, json};

use crate::{
    admin,
    contract::{Contract, Route, Security},
    generate::{self, Seed},
    key::{Key, Kind, Refusal, Standing},
    ledger,
    listing::{self, Page},
    record::Request,
    resource::Resource,
    status::{self, Reply},
    world::{Host, World},
};

/// The collection that has the things of another path.
const ALIASES: &[(&str, &str)] = &[("/v1/workflows/executions", "/v1/workflows/runs")];

/// The properties by which a thing may be asked for.
const NAMES: &[&str] = &["id", "name", "uuid", "execution_id", "run_id", "schedule_id", "key_id"];

/// What one request is answered from.
pub(crate) struct Desk<'w> {
    pub(crate) world: &'w mut World,
    pub(crate) contract: &'static Contract,
    pub(crate) host: Host,
}

/// A request with what was found out about it.
pub(crate) struct Asked<'r> {
    pub(crate) request: &'r Request,
    pub(crate) route: &'r Route,
    /// The place of its key.
    pub(crate) key: Option<usize>,
    pub(crate) body: &'r [u8],
}

impl Desk<'_> {
    /// The answer.
    pub(crate) fn answer(&mut self, asked: &Asked<'_>) -> Reply {
        let Some(key) = asked.key else { return status::unauthorized(Refusal::Detail) };
        if self.world.use_key(key) {
            return status::unauthorized(self.world.keys[key].refusal);
        }
        if let Err(refused) = self.admits(&self.world.keys[key], asked) {
            return refused;
        }
        let operation = asked.route.operation;
        let mut misfits = self.contract.misfits(asked.request, asked.route);
        misfits.extend(self.contract.body_misfits(operation, asked.body));
        if !misfits.is_empty() {
            return status::unprocessable(&misfits);
        }
        match (operation.method.as_str(), operation.path.as_str()) {
            ("GET", "/v1/admin/api-keys") => admin::list(self.world, self.contract, asked.request),
            ("POST", "/v1/admin/api-keys") => admin::create(self.world, self.contract, asked.body),
            ("DELETE", "/v1/admin/api-keys/{key_id}") => {
                admin::delete(self.world, &asked.route.arguments[0].1)
            }
            ("POST", "/v1/admin/spend-limit") => {
                ledger::set_limit(self.world, asked.body);
                self.things(key, asked)
            }
            (_, "/v1/chat/completions" | "/v1/fim/completions") => {
                ledger::is_spent(self.world).unwrap_or_else(|| inference(asked.body))
            }
            ("GET", _) => self.things(key, asked),
            ("POST", path) if path.ends_with("/search") => self.things(key, asked),
            ("DELETE", _) => status::not_found(),
            _ => status::unprocessable(&[]),
        }
    }

    /// Whether a key counts for what it is shown for.
    fn admits(&self, key: &Key, asked: &Asked<'_>) -> Result<(), Reply> {
        let request = asked.request;
        let (bearer, named) =
            (request.has_bearer && key.takes_bearer, request.has_x_api_key && key.takes_x_api_key);
        let is_shown = match asked.route.operation.security.first() {
            Some(Security::ApiKey) => bearer,
            // What the specification says, unless the key is of those that
            // are only taken the other way.
            Some(Security::DashboardUserContextAuth) => named || bearer && !key.takes_x_api_key,
            Some(Security::AdminApiKey) => bearer || named,
            None => true,
        };
        let is_for_admin = asked.route.operation.security.contains(&Security::AdminApiKey);
        let is_of_kind = match key.kind {
            Kind::Standard => !is_for_admin && self.host != Host::Codestral,
            Kind::Codestral => self.host == Host::Codestral,
            Kind::Admin => is_for_admin,
        };
        if !is_shown || !is_of_kind {
            return Err(status::unauthorized(key.refusal));
        }
        match key.standing {
            Standing::Active if key.only_reads && request.method != "GET" => {
                Err(status::forbidden())
            }
            Standing::Active => Ok(()),
            Standing::Dead => Err(status::unauthorized(key.refusal)),
            Standing::NoQuota => Err(status::no_quota()),
            Standing::NoPermission => Err(status::forbidden()),
            Standing::Limited(seconds) => Err(status::limited(&seconds.to_string())),
        }
    }

    fn things(&self, key: usize, asked: &Asked<'_>) -> Reply {
        let operation = asked.route.operation;
        let Some(schema) = operation.answer.as_ref() else {
            return Reply::typed(200, "application/octet-stream", generate::CONTENT);
        };
        let Some(places) = self.locate(key, asked.route) else { return status::not_found() };
        let Some(pointer) = listing::pointer(self.contract, operation) else {
            let end = operation.path.rsplit_once("/{").filter(|(_, end)| !end.contains('/'));
            let Some((collection, _)) = end else {
                let seed = Seed { kind: kind(&operation.path), within: places, index: 0 };
                let mut made = generate::value(self.contract, schema, &seed);
                self.introduce(key, asked, &mut made);
                return Reply::json(200, &made);
            };
            let (index, within) = places.split_last().unwrap();
            return Reply::json(200, &self.item(key, collection, schema, within, *index));
        };
        let page = match Page::asked(operation, asked.request) {
            Ok(page) => page,
            Err(name) => {
                let why = "makes no sense".to_owned();
                let value = asked.request.value(name).map(str::to_owned);
                let misfit = crate::check::Misfit { name: name.to_owned(), value, why };
                return status::unprocessable(&[misfit]);
            }
        };
        let seed = Seed { kind: kind(&operation.path), within: places.clone(), index: 0 };
        let mut made = generate::value(self.contract, schema, &seed);
        let of_item = listing::item(self.contract, operation, &pointer).unwrap_or(&Value::Null);
        let (items, count) = if operation.path == "/v1/admin/audit-logs" {
            self.audit_log(key, of_item, asked.request)
        } else {
            let count = self.count(key, &operation.path);
            let item = |index| self.item(key, &operation.path, of_item, &places, index);
            (page.range(count).map(item).collect(), count)
        };
        page.describe(&mut made, operation, count);
        if operation.path == "/v1/files" && asked.request.value("include_total") == Some("false") {
            made["total"] = Value::Null;
        }
        *made.pointer_mut(&pointer).unwrap() = items.into();
        Reply::json(200, &made)
    }

    /// How many things a path lists for a key.
    fn count(&self, key: usize, path: &str) -> usize {
        match Resource::listed_by(path) {
            Some(Resource::Models) => {
                self.world.count(key, Resource::Models)
                    + self.world.count(key, Resource::TunedModels)
            }
            Some(resource) => self.world.count(key, resource),
            None => 0,
        }
    }

    /// Which things a request's path goes through, from 0; none where one of
    /// them does not exist. What no list has is there whatever its name.
    fn locate(&self, key: usize, route: &Route) -> Option<Vec<usize>> {
        let template = &route.operation.path;
        let mut places = Vec::new();
        for (name, value) in &route.arguments {
            let collection = &template[..template.find(&format!("/{{{name}}}")).unwrap()];
            let alias = ALIASES.iter().find(|(path, _)| *path == collection);
            let collection = alias.map_or(collection, |(_, other)| other);
            let listed = Resource::listed_by(collection);
            let place = match (self.contract.operation("GET", collection), listed) {
                (Some(list), Some(_)) => {
                    let pointer = listing::pointer(self.contract, list)?;
                    let schema = listing::item(self.contract, list, &pointer)?;
                    (0..self.count(key, collection)).find(|index| {
                        let item = self.item(key, collection, schema, &places, *index);
                        NAMES.iter().any(|name| item[name] == **value)
                    })?
                }
                _ => 0,
            };
            places.push(place);
        }
        Some(places)
    }

    /// One thing of a collection.
    fn item(
        &self,
        key: usize,
        collection: &str,
        schema: &Value,
        within: &[usize],
        index: usize,
    ) -> Value {
        let alias = ALIASES.iter().find(|(path, _)| *path == collection);
        let collection = alias.map_or(collection, |(_, other)| other);
        let seed = Seed { kind: kind(collection), within: within.to_vec(), index };
        let world = &self.world;
        let resource = Resource::listed_by(collection);
        let base = world.count(key, Resource::Models);
        let option = match resource {
            Some(Resource::Models) => usize::from(index >= base),
            Some(Resource::Conversations) => index % 2,
            _ => 0,
        };
        let options = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
        let schema = options.and_then(|options| options.get(option)).unwrap_or(schema);
        let mut made = generate::value(self.contract, schema, &seed);
        let library = within.first().map(|place| {
            Seed { kind: "libraries".to_owned(), within: Vec::new(), index: *place }.uuid("id")
        });
        match resource {
            Some(Resource::Models) if index < base => {
                made["id"] = json!(format!("mistral-small-{}", index + 1));
                made["owned_by"] = json!("mistralai");
            }
            Some(Resource::Models) => {
                made["id"] = json!(format!("ft:open-mistral-7b:example:{}", index - base + 1));
                made["owned_by"] = json!(world.owner.organization);
            }
            Some(Resource::Libraries) => {
                made["nb_documents"] = json!(world.count(key, Resource::Documents));
                made["explicit_user_members_count"] = json!(world.count(key, Resource::Shares));
            }
            Some(Resource::Documents | Resource::Shares) => made["library_id"] = json!(library),
            Some(Resource::Deployments) => {
                made["worker_count"] = json!(world.count(key, Resource::Workers));
            }
            Some(Resource::Organizations) if index == 0 => {
                made["name"] = json!(world.owner.organization);
            }
            Some(Resource::Workspaces | Resource::AdminWorkspaces) if index == 0 => {
                made["name"] = json!(world.owner.workspace);
            }
            _ => {}
        }
        made
    }

    /// Says what the world has of single things: whose key it is, what may be
    /// spent and what was used.
    fn introduce(&self, key: usize, asked: &Asked<'_>, made: &mut Value) {
        let (operation, request) = (asked.route.operation, asked.request);
        let owner = &self.world.owner;
        match operation.path.as_str() {
            "/v1/users/me" => {
                made["email"] = json!(owner.email);
                made["first_name"] = json!(owner.first_name);
                made["last_name"] = json!(owner.last_name);
                made["workspace"]["id"] = json!(generate::first_of("workspaces"));
                made["organization"]["id"] = json!(generate::first_of("organizations"));
                made["workspace"]["name"] = json!(owner.workspace);
                made["organization"]["name"] = json!(owner.organization);
                made["api_key"]["id"] = json!(admin::key_id(key));
                made["api_key"]["name"] = json!(self.world.keys[key].name);
            }
            "/v1/admin/spend-limit" => ledger::describe_limit(self.world, made),
            "/v1/admin/usage" => ledger::describe_usage(self.world, request, made),
            "/api/vibe/whoami" => {
                made["plan_type"] = json!(owner.plan_type);
                made["plan_name"] = json!(owner.plan_name);
            }
            _ => {}
        }
    }

    /// The lines of the audit log that were asked for, made ones and those of
    /// what really happened, and how many of the former there are.
    /// It has no pages: a caller goes on from the last line's time.
    fn audit_log(&self, key: usize, schema: &Value, request: &Request) -> (Vec<Value>, usize) {
        let count = self.world.count(key, Resource::AuditLogs);
        let line = |index| self.item(key, "/v1/admin/audit-logs", schema, &[], index);
        let mut lines: Vec<Value> = (0..count).map(line).collect();
        lines.extend(ledger::lines(self.world));
        let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
        let of = |line: &Value| line["created_at"].as_str().and_then(instant);
        lines.sort_by_key(of);
        if let Some(after) = request.value("after").and_then(instant) {
            lines.retain(|line| of(line) > Some(after));
        }
        if let Some(before) = request.value("before").and_then(instant) {
            lines.retain(|line| of(line) < Some(before));
        }
        for name in ["actor_type", "event_type", "target_type"] {
            let wanted = request.values(name);
            let is_wanted = |line: &Value| wanted.iter().any(|wanted| line[name] == **wanted);
            lines.retain(|line| wanted.is_empty() || is_wanted(line));
        }
        if request.value("sort") != Some("ascending") {
            lines.reverse();
        }
        let limit = request.value("limit").and_then(|limit| limit.parse().ok());
        lines.truncate(limit.unwrap_or(20));
        (lines, count)
    }
}

/// What a path has many of, as `files`.
fn kind(path: &str) -> String {
    let path = path.strip_suffix("/pages").unwrap_or(path);
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// Never a completion: what was asked for badly is said to be bad, and there
/// is no model.
fn inference(body: &[u8]) -> Reply {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let most = &asked["max_tokens"];
    if asked["model"].is_string() && most.as_i64().is_none_or(|most| most > 0) {
        return status::invalid_model();
    }
    let misfit = crate::check::Misfit {
        name: "max_tokens".to_owned(),
        value: Some(most.to_string()),
        why: "Input should be greater than or equal to 0".to_owned(),
    };
    status::unprocessable(&[misfit])
}

//! Makes a value that satisfies a schema, always the same for the same seed:
//! identifiers are stable, choices vary from item to item, and whatever may
//! hold contents says so, for tests that nothing of it is kept. It knows
//! nothing of particular resources.

use serde_json::{Map, Number, Value, json};

use crate::contract::Contract;

/// What stands wherever the real API would hand out contents: instructions,
/// texts of messages, prompts. No report may contain it.
pub const CONTENT: &str = "CONTENT-NOT-TO-BE-KEPT";

/// When the first thing of each kind was made: 2023-11-14T22:13:20Z.
pub(crate) const START: i64 = 1_700_000_000;

/// Below this, only what a schema demands is made.
const RICH: usize = 4;

/// Names of properties that hold contents.
const CONTENTS: &[&str] = &[
    "arguments",
    "attributes",
    "body",
    "content",
    "description",
    "generated_description",
    "input",
    "instructions",
    "message",
    "messages",
    "metadata",
    "notes",
    "output",
    "outputs",
    "prompt",
    "query",
    "result",
    "summary",
    "system_prompt",
    "text",
];

/// What makes one thing differ from the next.
#[derive(Debug, Clone)]
pub(crate) struct Seed {
    /// What it is, as `files`.
    pub(crate) kind: String,
    /// What it is in.
    pub(crate) within: Vec<usize>,
    /// Which of its like it is, from 0.
    pub(crate) index: usize,
}

impl Seed {
    fn hash(&self, name: &str) -> u64 {
        // FNV-1a and a last stir: the same with every toolchain, so that an
        // identifier may stand in a snapshot.
        let text = format!("{} {:?} {} {name}", self.kind, self.within, self.index);
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// An identifier in the common form. That of the thing itself is the same
    /// whether it is called `id` or `uuid`.
    pub(crate) fn uuid(&self, name: &str) -> String {
        let name = if name == "uuid" { "id" } else { name };
        let (high, low) = (self.hash(name), self.hash(&format!("{name} again")));
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }

    /// Seconds since 1970: a minute after the last one's.
    pub(crate) fn second(&self) -> i64 {
        START + 60 * i64::try_from(self.index).unwrap()
    }

    fn instant(&self) -> String {
        jiff::Timestamp::from_second(self.second()).unwrap().to_string()
    }
}

/// The identifier of the first thing of a kind: the workspace and the
/// organization that everything is in.
pub(crate) fn first_of(kind: &str) -> String {
    Seed { kind: kind.to_owned(), within: Vec::new(), index: 0 }.uuid("id")
}

/// A value for a schema.
pub(crate) fn value(contract: &Contract, schema: &Value, seed: &Seed) -> Value {
    Maker { contract, seed }.value(schema, "", 0)
}

struct Maker<'a> {
    contract: &'a Contract,
    seed: &'a Seed,
}

impl Maker<'_> {
    fn value(&self, schema: &Value, path: &str, depth: usize) -> Value {
        let schema = self.contract.resolve(schema);
        if let Some(only) = schema.get("const") {
            return only.clone();
        }
        if let Some(choices) = schema["enum"].as_array() {
            return choices[self.seed.index % choices.len()].clone();
        }
        for any in ["anyOf", "oneOf"] {
            if let Some(options) = schema[any].as_array() {
                return self.option(options, path, depth);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return self.value(&parts[0], path, depth);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[0].as_str(),
            kind => kind.as_str(),
        };
        match kind {
            Some("object") => self.object(schema, path, depth),
            Some("array") => self.array(schema, path, depth),
            Some("string") => self.string(schema, path).into(),
            Some("integer") => self.integer(schema, path).into(),
            Some("number") => Number::from_f64(self.number(schema)).unwrap().into(),
            Some("boolean") => {
                schema["default"].as_bool().unwrap_or(self.seed.index % 2 == 1).into()
            }
            Some("null") => Value::Null,
            _ if schema.get("properties").is_some() => self.object(schema, path, depth),
            _ => json!({ "text": CONTENT }),
        }
    }

    /// One of several schemas: something rather than nothing, near the top.
    fn option(&self, options: &[Value], path: &str, depth: usize) -> Value {
        let nothing = options.iter().find(|option| option["type"] == "null");
        let mut something = options.iter().filter(|option| option["type"] != "null");
        match (nothing, something.next()) {
            (Some(_), _) if depth >= RICH => Value::Null,
            (_, Some(option)) => self.value(option, path, depth),
            (_, None) => Value::Null,
        }
    }

    fn object(&self, schema: &Value, path: &str, depth: usize) -> Value {
        let mut made = Map::new();
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (property, of) in schema["properties"].as_object().into_iter().flatten() {
            let is_fixed = self.contract.resolve(of).get("const").is_some();
            if depth < RICH || is_fixed || required.contains(&&**property) {
                made.insert(property.clone(), self.value(of, &join(path, property), depth + 1));
            }
        }
        for property in required {
            made.entry(property).or_insert_with(|| CONTENT.into());
        }
        let is_free = schema["properties"].as_object().is_none_or(Map::is_empty);
        let takes_any =
            matches!(schema.get("additionalProperties"), None | Some(Value::Bool(true)));
        if let Some(of) = schema.get("additionalProperties").filter(|of| of.is_object())
            && schema.get("propertyNames").is_none()
            // One published schema of this form can be satisfied by nothing.
            && self.contract.resolve(of).get("oneOf").is_none()
            && depth < RICH
        {
            let one = self.value(of, &join(path, "one"), depth + 1);
            made.insert("one".to_owned(), one);
        }
        if is_free && takes_any && CONTENTS.contains(&last(path)) {
            made.insert("text".to_owned(), CONTENT.into());
        }
        made.into()
    }

    fn array(&self, schema: &Value, path: &str, depth: usize) -> Value {
        if let Some(items) = schema["prefixItems"].as_array() {
            return items.iter().map(|item| self.value(item, path, depth + 1)).collect();
        }
        let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap();
        let count = if depth < RICH { least.max(1) } else { least };
        match schema.get("items") {
            Some(items) => (0..count).map(|_| self.value(items, path, depth + 1)).collect(),
            None => json!([]),
        }
    }

    fn string(&self, schema: &Value, path: &str) -> String {
        let name = last(path);
        let number = self.seed.index + 1;
        let kind = &self.seed.kind;
        match name {
            "workspace_id" | "workspace_uuid" => return first_of("workspaces"),
            "org_id" | "organization_id" | "organization_uuid" => return first_of("organizations"),
            _ => {}
        }
        match schema["format"].as_str() {
            Some("uuid") => return self.seed.uuid(path),
            Some("date-time") => return self.seed.instant(),
            Some("date") => return self.seed.instant()[..10].to_owned(),
            Some("duration") => return "PT1H".to_owned(),
            Some("byte") => return "AAAA".to_owned(),
            Some("uri") => return format!("https://example.com/{kind}/{number}"),
            _ => {}
        }
        match schema["pattern"].as_str() {
            Some("^[0-9a-f]{32}$") => return format!("{:016x}", self.seed.hash(path)).repeat(2),
            Some("^[0-9a-f]{16}$") => return format!("{:016x}", self.seed.hash(path)),
            Some("^\\d+$") => return number.to_string(),
            Some("^[^:]+:.+$") => return format!("{name}:{number}"),
            Some(_) => return format!("{kind}-{number}"),
            None => {}
        }
        match name {
            _ if CONTENTS.contains(&name) => format!("{CONTENT} {name}"),
            "id" if kind == "agents" => format!("ag_{:032x}", self.seed.hash(path)),
            "id" if kind == "conversations" => format!("conv_{:032x}", self.seed.hash(path)),
            "id" | "uuid" | "execution_id" | "run_id" | "schedule_id" => self.seed.uuid(path),
            "name" | "title" | "display_name" | "slug" => format!("{kind}-{number}"),
            "filename" => format!("{kind}-{number}.jsonl"),
            "email" => format!("person{number}@example.com"),
            "first_name" => "Ada".to_owned(),
            "last_name" => "Author".to_owned(),
            "model" | "root" => "mistral-small-latest".to_owned(),
            "url" | "server" | "icon_url" => format!("https://example.com/{kind}/{number}"),
            _ => match schema["default"].as_str() {
                Some(usual) if !usual.is_empty() => usual.to_owned(),
                _ => format!("{name}-{number}"),
            },
        }
    }

    fn integer(&self, schema: &Value, path: &str) -> i64 {
        let name = last(path);
        let is_time = ["_at", "_time"].iter().any(|end| name.ends_with(end)) || name == "created";
        let wished = match name {
            _ if is_time => self.seed.second(),
            "bytes" | "size" | "total_size" => 1_000 + 1_000 * (self.seed.hash(path) % 500) as i64,
            _ => self.seed.index as i64 + 1,
        };
        let bound = |bound: &str| schema[bound].as_i64();
        let least = bound("minimum").or(bound("exclusiveMinimum").map(|below| below + 1));
        let most = bound("maximum").or(bound("exclusiveMaximum").map(|above| above - 1));
        wished.max(least.unwrap_or(i64::MIN)).min(most.unwrap_or(i64::MAX))
    }

    fn number(&self, schema: &Value) -> f64 {
        let wished = self.seed.index as f64 + 0.5;
        let least = schema["minimum"].as_f64().unwrap_or(f64::MIN);
        wished.max(least).min(schema["maximum"].as_f64().unwrap_or(f64::MAX))
    }
}

/// The way to a property, as `workspace.id`.
fn join(path: &str, property: &str) -> String {
    if path.is_empty() { property.to_owned() } else { format!("{path}.{property}") }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

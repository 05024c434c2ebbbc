//! Keys as an organization's administration sees them: listed, created and
//! deleted, with the state that this leaves behind.

use serde_json::{Value, json};

use crate::{
    check::Misfit,
    contract::Contract,
    generate::{self, Seed},
    key::{Key, Kind, random_value},
    record::Request,
    status::{self, Reply},
    world::World,
};

const PATH: &str = "/v1/admin/api-keys";

/// The identifier of the key at a place, the same wherever it is told.
pub(crate) fn key_id(place: usize) -> String {
    seed(place).uuid("key_id")
}

/// The keys, but for the administration's own.
pub(crate) fn list(world: &World, contract: &Contract, request: &Request) -> Reply {
    let number = |name: &str, usual: usize| {
        let given = request.value(name).and_then(|value| value.parse().ok());
        given.unwrap_or(usual)
    };
    // A part of the name, or the last four characters.
    let wanted = request.value("name").unwrap_or_default();
    let keys = world.keys.iter().enumerate();
    let keys = keys.filter(|(place, key)| {
        key.kind != Kind::Admin
            && !world.deleted.contains(place)
            && (key.name.contains(wanted) || wanted.len() == 4 && key.value.ends_with(wanted))
    });
    let shown = keys.skip(number("offset", 0)).take(number("limit", 100));
    let schema = json!({"$ref": "#/components/schemas/APIKeyExtendedOUT"});
    let shown: Vec<Value> =
        shown.map(|(place, key)| record(world, contract, &schema, place, key)).collect();
    Reply::json(200, &json!({ "keys": shown }))
}

/// A new key, whose value is told this once.
pub(crate) fn create(world: &mut World, contract: &Contract, body: &[u8]) -> Reply {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let missing = ["workspace_uuid", "user_id"].into_iter().filter(|name| !asked[name].is_string());
    let missing: Vec<Misfit> = missing
        .map(|name| Misfit { name: name.to_owned(), value: None, why: "is required".to_owned() })
        .collect();
    if !missing.is_empty() {
        return status::unprocessable(&missing);
    }
    let is_given = !world.next_keys.is_empty();
    let key = if is_given { world.next_keys.remove(0) } else { Key::standard(random_value()) };
    let mut key = key.named(asked["name"].as_str().unwrap_or("unnamed"));
    key.unborn = world.creation_takes;
    let place = world.keys.len();
    let schema = json!({"$ref": "#/components/schemas/APIKeyOUT"});
    let mut made = record(world, contract, &schema, place, &key);
    made["key"] = json!(key.value);
    made["expiration_date"] = asked["expiration"].clone();
    world.keys.push(key);
    Reply::json(200, &made)
}

/// One key less; it may work for a while yet.
pub(crate) fn delete(world: &mut World, key_id: &str) -> Reply {
    let mut places = 0..world.keys.len();
    let place = places.find(|place| self::key_id(*place) == key_id);
    let is_there = |place: &usize| !world.deleted.contains(place);
    let Some(place) = place.filter(is_there) else { return status::not_found() };
    world.deleted.push(place);
    world.dying.insert(place, world.revocation_takes);
    Reply::json(200, &json!({"detail": "API key deleted successfully"}))
}

/// A key as it is shown, without its value.
fn record(world: &World, contract: &Contract, schema: &Value, place: usize, key: &Key) -> Value {
    let mut made = generate::value(contract, schema, &seed(place));
    let is_extended = made.get("product").is_some();
    made["key_id"] = json!(key_id(place));
    made["key"] = Value::Null;
    made["name"] = json!(key.name);
    made["hidden_key"] = json!(key.hint());
    made["expiration_date"] = Value::Null;
    if is_extended {
        let is_codestral = key.kind == Kind::Codestral;
        made["product"] = json!(if is_codestral { "Mistral Code" } else { "API" });
        made["workspace_name"] = json!(world.owner.workspace);
        made["created_by"] = json!(world.owner.email);
        made["can_delete"] = json!(true);
    }
    made
}

fn seed(place: usize) -> Seed {
    Seed { kind: PATH.to_owned(), within: Vec::new(), index: place }
}

//! Keys as an organization's administration sees them: listed, created and
//! deleted, with the state that this leaves behind.

use serde_json::{Value, json};

use crate::{
    contract::Contract,
    generate::{self, Seed},
    key::{Key, Kind, random_value},
    record::Request,
    status::{self, Reply},
    world::World,
};

const PATH: &str = "/v1/admin/api-keys";

/// What does not happen although the answer says so.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lies {
    /// Deleting a key is answered as if it were done.
    pub(crate) deletes_nothing: bool,
    /// A key is made, and its value is not told.
    pub(crate) tells_no_value: bool,
}

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
    // A part of the name, or the last four characters, in any case.
    let wanted = plain(request.value("name").unwrap_or_default());
    let is_wanted = |key: &Key| {
        let end: String = key.value.chars().skip(key.value.chars().count().max(4) - 4).collect();
        plain(&key.name).contains(&wanted) || plain(&end) == wanted
    };
    let keys = world.keys.iter().enumerate();
    let keys = keys.filter(|(place, key)| {
        key.kind != Kind::Admin && !world.deleted.contains(place) && is_wanted(key)
    });
    let shown = keys.skip(number("offset", 0)).take(number("limit", 100));
    let schema = json!({"$ref": "#/components/schemas/APIKeyExtendedOUT"});
    let shown: Vec<Value> =
        shown.map(|(place, key)| record(world, contract, &schema, place, key)).collect();
    Reply::json(200, &json!({ "keys": shown }))
}

/// A text without case and without the commonest accents.
fn plain(text: &str) -> String {
    let fold = |letter: char| match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        other => other,
    };
    text.to_lowercase().chars().map(fold).collect()
}

/// A new key, whose value is told this once. The body was held against its
/// schema before.
pub(crate) fn create(world: &mut World, contract: &Contract, body: &[u8]) -> Reply {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let is_given = !world.next_keys.is_empty();
    let key = if is_given { world.next_keys.remove(0) } else { Key::standard(random_value()) };
    let mut key = key.named(asked["name"].as_str().unwrap_or("unnamed"));
    key.unborn = world.creation_takes;
    key.created = Some(jiff::Timestamp::now().as_second());
    key.expires = asked["expiration"].as_str().map(str::to_owned);
    let place = world.keys.len();
    let schema = json!({"$ref": "#/components/schemas/APIKeyOUT"});
    let mut made = record(world, contract, &schema, place, &key);
    if !world.lies.tells_no_value {
        made["key"] = json!(key.value);
    }
    world.note("api_key.create", "API_KEY", &key.name);
    world.keys.push(key);
    Reply::json(200, &made)
}

/// One key less; it may work for a while yet.
pub(crate) fn delete(world: &mut World, key_id: &str) -> Reply {
    let mut places = 0..world.keys.len();
    let place = places.find(|place| self::key_id(*place) == key_id);
    let is_there = |place: &usize| !world.deleted.contains(place);
    let Some(place) = place.filter(is_there) else { return status::not_found() };
    if world.keys[place].is_kept {
        return status::forbidden();
    }
    if !world.lies.deletes_nothing {
        world.deleted.push(place);
        world.dying.insert(place, world.revocation_takes);
        let name = world.keys[place].name.clone();
        world.note("api_key.delete", "API_KEY", &name);
    }
    Reply::json(200, &json!({"detail": "API key deleted successfully"}))
}

/// A key as it is shown, without its value.
fn record(world: &World, contract: &Contract, schema: &Value, place: usize, key: &Key) -> Value {
    let mut made = generate::value(contract, schema, &seed(place));
    let is_extended = made.get("product").is_some();
    let moment = |at: i64| jiff::Timestamp::from_second(at).unwrap().to_string();
    made["key_id"] = json!(key_id(place));
    made["key"] = Value::Null;
    made["name"] = json!(key.name);
    made["hidden_key"] = json!(key.hint());
    made["expiration_date"] = json!(key.expires);
    if let Some(at) = key.created {
        made["created_at"] = json!(moment(at));
    }
    made["actions"] = json!({
        "rotate": {"status": "unavailable", "reason": "unsupported_scope"},
        "delete": if key.is_kept {
            json!({"status": "unavailable", "reason": "not_allowed"})
        } else {
            json!({"status": "available"})
        },
    });
    if is_extended {
        let usual = if key.kind == Kind::Codestral { "Mistral Code" } else { "API" };
        made["product"] = json!(key.product.unwrap_or(usual));
        made["workspace_name"] = json!(world.owner.workspace);
        made["created_by"] = json!(key.creator.as_ref().unwrap_or(&world.owner.email));
        made["last_used"] = json!(key.used.map(|at| moment(at)[..10].to_owned()));
        made["can_delete"] = json!(!key.is_kept);
    }
    made
}

fn seed(place: usize) -> Seed {
    Seed { kind: PATH.to_owned(), within: Vec::new(), index: place }
}

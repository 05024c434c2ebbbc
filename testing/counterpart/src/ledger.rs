//! What an organization's administration keeps: who did what and when, what
//! was used in each month, and how much may be spent. Tests set it up; creating
//! and deleting keys and moving the limit write it on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{generate::Seed, record::Request, status::Reply, world::World};

/// What an administration keeps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    events: Vec<Event>,
    usage: BTreeMap<(i16, i8), Vec<Used>>,
    limit: Limit,
}

/// Something that happened, as an audit log tells it.
#[derive(Debug, Clone)]
pub struct Event {
    /// When: seconds since 1970.
    pub at: i64,
    /// What, such as `api_key.create`.
    pub kind: &'static str,
    /// `HUMAN`, `API_KEY` or `OTHER`.
    pub actor: &'static str,
    /// What it was done to, such as `API_KEY`.
    pub target: &'static str,
    /// The name of that.
    pub name: String,
}

/// What was used of one model in a month.
#[derive(Debug, Clone)]
pub struct Used {
    /// The part of the bill, such as `completion` or `ocr`.
    pub category: &'static str,
    /// The model.
    pub model: &'static str,
    /// The group that prices are for, such as `input`.
    pub group: &'static str,
    /// How much.
    pub amount: u64,
    /// The price of one, if there is a price for it.
    pub price: Option<f64>,
}

/// The spending limit, and what was spent.
#[derive(Debug, Clone, Default)]
struct Limit {
    amount: Option<i64>,
    spent: f64,
}

impl World {
    /// Something that happened before the server started.
    #[must_use]
    pub fn happened(mut self, event: Event) -> Self {
        self.ledger.events.push(event);
        self
    }

    /// What was used of something in a month.
    #[must_use]
    pub fn used(mut self, year: i16, month: i8, used: Used) -> Self {
        self.ledger.usage.entry((year, month)).or_default().push(used);
        self
    }

    /// How much may be spent in a month, if there is a limit, and how much was.
    #[must_use]
    pub fn spending(mut self, limit: Option<i64>, spent: f64) -> Self {
        self.ledger.limit = Limit { amount: limit, spent };
        self
    }

    /// Notes that something happens now, done with an administration's key.
    pub(crate) fn note(&mut self, kind: &'static str, target: &'static str, name: &str) {
        let at = jiff::Timestamp::now().as_second();
        self.ledger.events.push(Event {
            at,
            kind,
            actor: "API_KEY",
            target,
            name: name.to_owned(),
        });
    }
}

/// What happened, as lines of the audit log.
pub(crate) fn lines(world: &World) -> Vec<Value> {
    let line = |(index, event): (usize, &Event)| {
        let seed = Seed { kind: "events".to_owned(), within: Vec::new(), index };
        let at = jiff::Timestamp::from_second(event.at).unwrap().to_string();
        json!({
            "created_at": at,
            "actor_type": event.actor,
            "actor_metadata": {"enterprise_account_uuid": seed.uuid("actor")},
            "event_type": event.kind,
            "event_metadata": {},
            "target_type": event.target,
            "target_metadata": {"name": event.name},
            "log_id": 1_000_000 + index,
            "organization_uuid": crate::generate::first_of("organizations"),
            "workspace_uuid": crate::generate::first_of("workspaces"),
        })
    };
    world.ledger.events.iter().enumerate().map(line).collect()
}

/// Puts what was used in a month into an answer that was made to the schema.
pub(crate) fn describe_usage(world: &World, request: &Request, made: &mut Value) {
    let number = |name: &str| request.value(name).and_then(|value| value.parse::<i16>().ok());
    let now = jiff::Timestamp::now().to_string();
    let of_now = |from: usize, to: usize| now.get(from..to).and_then(|text| text.parse().ok());
    let year = number("year").or(of_now(0, 4)).unwrap();
    let month = number("month").or(of_now(5, 7)).unwrap() as i8;
    let used = world.ledger.usage.get(&(year, month)).map_or(&[][..], Vec::as_slice);
    // Every category without anything in it; there is more in some than models.
    empty(made);
    let mut prices = Vec::new();
    for (index, one) in used.iter().enumerate() {
        let item = json!({
            "billing_metric": one.model,
            "billing_group": one.group,
            "timestamp": format!("{year:04}-{month:02}-{:02}", 1 + index % 28),
            "value": one.amount,
        });
        let models = &mut made[one.category]["models"];
        let list = &mut models[one.model][one.group];
        match list.as_array_mut() {
            Some(list) => list.push(item),
            None => *list = json!([item]),
        }
        if let Some(price) = one.price {
            prices.push(json!({
                "event_type": null,
                "billing_metric": one.model,
                "billing_group": one.group,
                "api_zone": "global",
                "service_tier": "standard",
                "price": price.to_string(),
            }));
        }
    }
    made["prices"] = prices.into();
    made["currency"] = json!("EUR");
    made["start_date"] = json!(format!("{year:04}-{month:02}-01T00:00:00Z"));
    made["date"] = made["start_date"].clone();
}

fn empty(made: &mut Value) {
    let Some(fields) = made.as_object_mut() else { return };
    for (name, field) in fields.iter_mut() {
        match &**name {
            "models" | "training" | "storage" => *field = json!({}),
            _ => empty(field),
        }
    }
}

/// Puts the limit into an answer that was made to the schema.
pub(crate) fn describe_limit(world: &World, made: &mut Value) {
    let Limit { amount, spent } = world.ledger.limit;
    let completion = &mut made["limits"]["completion"];
    completion["usage_limit"] = json!(amount);
    completion["no_monthly_limit"] = json!(amount.is_none());
    completion["monthly_limit_reached"] = json!(amount.is_some_and(|most| spent >= most as f64));
    completion["usage"] = json!(spent);
    completion["vibe_usage"] = json!(0.0);
    completion["total_usage"] = json!(spent);
    made["limits"]["currency"] = json!("EUR");
}

/// Moves the limit.
pub(crate) fn set_limit(world: &mut World, body: &[u8]) {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let is_free = asked["no_monthly_limit"] == true;
    world.ledger.limit.amount = asked["amount"].as_i64().filter(|_| !is_free);
    world.note("billing.monthly_limit.updated", "MONTHLY_LIMIT", "monthly limit");
}

/// Whether the limit stops what costs anything.
pub(crate) fn is_spent(world: &World) -> Option<Reply> {
    let Limit { amount, spent } = world.ledger.limit;
    let is_reached = amount.is_some_and(|most| spent >= most as f64);
    is_reached.then(|| crate::status::limited("3600"))
}

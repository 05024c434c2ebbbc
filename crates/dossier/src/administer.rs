//! How credentials of a kind are administered, as data: with whose credential,
//! and with which requests records of keys are found, deleted and made, the
//! log and the usage are read and spending is stopped.
//!
//! Only what a dossier may say stands here; how it is carried out is the
//! prober's. Each request is made for an administrator who asked for it, never
//! to learn something about a value. JSON is read by pointers as in `probe`;
//! the first of several, parted by `|`, that leads to something counts.

use serde::{Deserialize, Serialize};

use crate::probe::{Labelled, Method, Pages};

/// How credentials of this kind are administered.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Administer {
    /// The dossier of the credential that administers. Its value goes to the
    /// hosts of that dossier, and its family's base address is used.
    pub credential: String,
    /// Environment variables that hold one.
    #[serde(default)]
    pub names: Vec<String>,
    /// What a reader must know before using it.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Header that carries the administering value, with `{secret}` in its
    /// place.
    pub header: String,
    /// Another header to send again with if the first was answered 401.
    #[serde(default)]
    pub other_header: Option<String>,
    /// Further headers, as `Name: value`; none of them carries the value.
    #[serde(default)]
    pub headers: Vec<String>,
    /// What answers mean, where a request does not say otherwise.
    #[serde(default)]
    pub answers: Vec<Ruling>,
    /// Where things stand in the record of a key.
    #[serde(default)]
    pub record: Option<Record>,
    /// Lists records of keys.
    #[serde(default)]
    pub find: Option<Find>,
    /// Deletes the key of `{key-id}`.
    #[serde(default)]
    pub delete: Option<Errand>,
    /// Makes a key, of `{workspace-id}`, `{user-id}`, `{name}` and `{expires}`.
    #[serde(default)]
    pub create: Option<Create>,
    /// Reads the log of changes, from `{after}` to `{before}`.
    #[serde(default)]
    pub log: Option<Log>,
    /// Reads usage and cost of `{month}` in `{year}`.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// Reads the spending limit.
    #[serde(default)]
    pub limit: Option<Limit>,
    /// Sets the spending limit to `{amount}`.
    #[serde(default)]
    pub brake: Option<Errand>,
    /// Takes the spending limit away again.
    #[serde(default)]
    pub release: Option<Errand>,
    /// Reads how many requests and tokens are let through.
    #[serde(default)]
    pub rates: Option<Rates>,
}

/// A request of an administrator.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Errand {
    /// HTTP method. Anything but `GET` also needs `writes`.
    #[serde(default)]
    pub method: Method,
    /// Full address, with placeholders as whole values or segments.
    pub url: String,
    /// What is sent in the body: JSON, with placeholders within its texts. A
    /// field whose text is one placeholder and nothing else takes the value's
    /// own type, and is left out where there is no value.
    #[serde(default)]
    pub body: Option<String>,
    /// What it is for.
    pub why: String,
    /// What it changes, and for whom; absent if it changes nothing.
    #[serde(default)]
    pub writes: Option<String>,
    /// Whether doing it twice does no more than doing it once, so that it may
    /// be sent again after an answer that says it was not done.
    #[serde(default)]
    pub idempotent: bool,
    /// Placeholders without which the provider would refuse it.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What an answer that is taken for a success must hold, as pointers. If
    /// nothing, an answer without a body is a success too.
    #[serde(default)]
    pub expect: Vec<String>,
    /// What answers mean, before those that all requests share.
    #[serde(default)]
    pub answers: Vec<Ruling>,
}

/// What an answer means for whoever administers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// HTTP statuses.
    pub status: Vec<u16>,
    /// Text that the body must hold for this row to apply, ASCII case folded.
    #[serde(default)]
    pub says: Option<String>,
    /// What became of the request.
    pub means: Outcome,
    /// Why, and what to do next.
    pub why: String,
}

/// What became of a request of an administrator.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// The credential does not administer anything, or no longer.
    NotAnAdmin,
    /// The credential is real, and may not do this.
    NotAllowed,
    /// There is nothing of that id.
    Gone,
    /// It was not done, and may be a little later: a limit, an outage.
    NotNow,
    /// It was refused for what it said.
    NotUnderstood,
}

/// Where things stand in the record of a key.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The id that it is deleted by.
    pub id: String,
    /// What its owner calls it.
    #[serde(default)]
    pub name: Option<String>,
    /// The value in masked form.
    #[serde(default)]
    pub hint: Option<String>,
    /// When it was made.
    #[serde(default)]
    pub created: Option<String>,
    /// When it ends.
    #[serde(default)]
    pub expires: Option<String>,
    /// When it was last used.
    #[serde(default)]
    pub last_used: Option<String>,
    /// The id of what it belongs to.
    #[serde(default)]
    pub workspace_id: Option<String>,
    /// The name of what it belongs to.
    #[serde(default)]
    pub workspace: Option<String>,
    /// Who made it.
    #[serde(default)]
    pub creator: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub product: Option<String>,
    /// Whether it can be deleted: `true` or `false`.
    #[serde(default)]
    pub deletable: Option<String>,
    /// Why it cannot.
    #[serde(default)]
    pub undeletable: Option<String>,
}

/// Lists records of keys.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// The request for all of them.
    pub request: Errand,
    /// Where the list stands; empty if the answer is the list.
    #[serde(default)]
    pub list: String,
    /// What the query takes in addition to list those whose value ends with
    /// `{tail}`. If absent, all are listed and looked through.
    #[serde(default)]
    pub by_tail: Option<String>,
    /// What the query takes in addition to list those whose name holds
    /// `{name}`. If absent, all are listed and looked through.
    #[serde(default)]
    pub by_name: Option<String>,
    /// How to go on to the next page.
    #[serde(default)]
    pub pages: Option<Pages>,
}

/// Makes a key.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// The request.
    pub request: Errand,
    /// Where the value stands in the answer.
    pub value: String,
    /// Where the record stands in the answer; empty if the answer is the
    /// record.
    #[serde(default)]
    pub record: String,
}

/// Reads the log of changes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The request, for the oldest entries first where pages go by time.
    pub request: Errand,
    /// Where the list stands; empty if the answer is the list.
    #[serde(default)]
    pub list: String,
    /// How to go on to the next page. If absent, a full page is followed by
    /// one that begins with the time of its last entry.
    #[serde(default)]
    pub pages: Option<Pages>,
    /// Entries on a full page; a shorter one is the last.
    pub size: u64,
    /// Where things stand in an entry.
    pub entry: Entry,
    /// Kinds of entries that matter after a leak, and why; the first that
    /// fits counts.
    #[serde(default)]
    pub events: Vec<Event>,
}

/// Where things stand in an entry of the log.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When it happened.
    pub time: String,
    /// The entry's own id, by which one that is told twice is known.
    pub id: String,
    /// What happened, such as `api_key.create`.
    pub kind: String,
    /// What sort of actor did it.
    #[serde(default)]
    pub actor_type: Option<String>,
    /// Who did it: a text, or an object of texts.
    #[serde(default)]
    pub actor: Option<String>,
    /// What sort of thing it was done to.
    #[serde(default)]
    pub target_type: Option<String>,
    /// What it was done to: a text, or an object of texts.
    #[serde(default)]
    pub target: Option<String>,
    /// More about it: a text, or an object of texts.
    #[serde(default)]
    pub detail: Option<String>,
}

/// Entries that matter after a leak.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Their kinds; `*` stands for any characters.
    pub kinds: Vec<String>,
    /// What happened, in words.
    pub what: String,
    /// Why that matters after a leak.
    pub why: String,
}

/// Reads usage and cost.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// The request.
    pub request: Errand,
    /// Where the items of each category stand, at whatever depth below.
    pub categories: Vec<Labelled>,
    /// Where an item's amount stands; what has none is no item.
    pub amount: String,
    /// Where an item's cost stands.
    #[serde(default)]
    pub cost: Option<String>,
    /// A list of prices, where items do not say what they cost.
    #[serde(default)]
    pub prices: Option<Prices>,
    /// Where the currency stands.
    #[serde(default)]
    pub currency: Option<String>,
    /// Where the first moment stands.
    #[serde(default)]
    pub start: Option<String>,
    /// Where the last moment stands.
    #[serde(default)]
    pub end: Option<String>,
}

/// What one unit of an item costs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Where the list stands.
    pub list: String,
    /// Where the price of one unit stands in its entries.
    pub price: String,
    /// Places that must hold the same in an item and in its price.
    pub same: Vec<String>,
    /// Places that must hold the same unless one of the two has nothing there.
    #[serde(default)]
    pub same_if_said: Vec<String>,
}

/// Reads the spending limit. What `brake` and `release` answer is read in the
/// same way.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The request.
    pub request: Errand,
    /// Where the amount stands.
    pub amount: String,
    /// Where it stands that there is no limit.
    #[serde(default)]
    pub unlimited: Option<String>,
    /// Where it stands that the limit is reached.
    #[serde(default)]
    pub reached: Option<String>,
    /// Where it stands what was spent.
    #[serde(default)]
    pub spent: Option<String>,
    /// Where the currency stands.
    #[serde(default)]
    pub currency: Option<String>,
}

/// Reads how many requests and tokens are let through.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// The request.
    pub request: Errand,
    /// Numbers, or objects of numbers at whatever depth.
    pub numbers: Vec<Labelled>,
}

/// A request of the section, and what it may say.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its name, such as `find`.
    pub name: &'static str,
    /// Where it stands below the section, such as `find.request`.
    pub path: &'static str,
    /// The request itself.
    pub errand: &'a Errand,
    /// The placeholders that it may use.
    pub may: &'static [&'static str],
    /// Placeholders of which it must use one of each group.
    pub must: &'static [&'static [&'static str]],
    /// Whether its purpose is to change something.
    pub changes: bool,
}

impl Administer {
    /// Every request that the file has, in the order of the format.
    pub fn errands(&self) -> Vec<Known<'_>> {
        let reads = |name, path, errand, may, must| {
            Some(Known { name, path, errand: errand?, may, must, changes: false })
        };
        let writes = |name, path, errand, may, must| {
            Some(Known { name, path, errand: errand?, may, must, changes: true })
        };
        let find = self.find.as_ref().map(|find| &find.request);
        let create = self.create.as_ref().map(|create| &create.request);
        let log = self.log.as_ref().map(|log| &log.request);
        let usage = self.usage.as_ref().map(|usage| &usage.request);
        let limit = self.limit.as_ref().map(|limit| &limit.request);
        let rates = self.rates.as_ref().map(|rates| &rates.request);
        let all = [
            reads("find", "find.request", find, &[], &[]),
            writes("delete", "delete", self.delete.as_ref(), &["key-id"], &[&["key-id"]]),
            writes("create", "create.request", create, NEW_KEY, &[]),
            reads("log", "log.request", log, PERIOD, &[SINCE, UNTIL]),
            reads("usage", "usage.request", usage, MONTH, &[&["year"], &["month"]]),
            reads("limit", "limit.request", limit, &[], &[]),
            writes("brake", "brake", self.brake.as_ref(), &["amount"], &[&["amount"]]),
            writes("release", "release", self.release.as_ref(), &[], &[]),
            reads("rates", "rates.request", rates, &[], &[]),
        ];
        all.into_iter().flatten().collect()
    }
}

/// What is told of a key that is made. `expires` is a day, as `2027-01-31`,
/// `expires-time` its moment by RFC 3339, `expires-unix` in seconds since 1970.
const NEW_KEY: &[&str] =
    &["workspace-id", "user-id", "name", "expires", "expires-time", "expires-unix"];

/// A time to read the log of, by RFC 3339 or in seconds since 1970.
const PERIOD: &[&str] = &["after", "before", "after-unix", "before-unix"];
const SINCE: &[&str] = &["after", "after-unix"];
const UNTIL: &[&str] = &["before", "before-unix"];

const MONTH: &[&str] = &["year", "month"];

impl Errand {
    /// Whether it changes something, so that it must not be sent twice unawares.
    pub fn changes(&self) -> bool {
        self.method != Method::Get || self.writes.is_some()
    }
}

/// The placeholders of a text, each as it stands between its braces: small
/// letters and dashes. Braces around anything else are JSON's.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let is_name = |c: char| c.is_ascii_lowercase() || c == '-';
        (!name.is_empty() && name.chars().all(is_name)).then_some(name)
    })
}

//! What there is on the other side: keys, their owner, and how many of each
//! thing. It is made by a test before the server starts; only revoking and
//! creating keys and moving the spending limit change it afterwards.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    admin::Lies,
    contract::Operation,
    key::{Key, Standing},
    ledger::Ledger,
    resource::Resource,
};

/// Keys and what lies behind them.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub(crate) keys: Vec<Key>,
    pub(crate) counts: BTreeMap<Resource, usize>,
    pub(crate) owner: Owner,
    pub(crate) host: Host,
    pub(crate) revocation_takes: usize,
    pub(crate) creation_takes: usize,
    pub(crate) next_keys: Vec<Key>,
    /// Keys that were revoked, and how many requests they are still good for.
    pub(crate) dying: BTreeMap<usize, usize>,
    pub(crate) deleted: Vec<usize>,
    pub(crate) ledger: Ledger,
    pub(crate) lies: Lies,
}

/// To whom the keys belong.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The address of the key's owner.
    pub email: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The name of the keys' workspace.
    pub workspace: String,
    /// The name of the organization.
    pub organization: String,
    /// What the owner pays for, as `API`, `CHAT` or `MISTRAL_CODE`.
    pub plan_type: String,
    /// The name of that, for people.
    pub plan_name: String,
}

/// Which of the provider's hosts the server plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Host {
    /// The API's.
    #[default]
    Api,
    /// The one for code completion, which lists no models.
    Codestral,
    /// The console's.
    Console,
}

impl World {
    /// Nothing and nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// A few of everything, so that no list is empty.
    pub fn furnished() -> Self {
        let mut world = Self::default();
        for (place, resource) in Resource::ALL.into_iter().enumerate() {
            world.counts.insert(resource, 2 + place % 3);
        }
        world
    }

    /// One more key.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.keys.push(key);
        self
    }

    /// How many of something there are; in each parent, where it has one.
    #[must_use]
    pub fn with(mut self, resource: Resource, count: usize) -> Self {
        self.counts.insert(resource, count);
        self
    }

    /// To whom the keys belong.
    #[must_use]
    pub fn owned_by(self, owner: Owner) -> Self {
        Self { owner, ..self }
    }

    /// Which host the server plays.
    #[must_use]
    pub fn plays(self, host: Host) -> Self {
        Self { host, ..self }
    }

    /// How many requests a key is still good for after it was revoked.
    #[must_use]
    pub fn revocation_takes(self, requests: usize) -> Self {
        Self { revocation_takes: requests, ..self }
    }

    /// How many requests of a created key are refused before it counts.
    #[must_use]
    pub fn creation_takes(self, requests: usize) -> Self {
        Self { creation_takes: requests, ..self }
    }

    /// Deleting a key is answered as if it were done, and is not.
    #[must_use]
    pub fn deletes_nothing(mut self) -> Self {
        self.lies.deletes_nothing = true;
        self
    }

    /// A key that is created is there, and its value is not told.
    #[must_use]
    pub fn tells_no_value(mut self) -> Self {
        self.lies.tells_no_value = true;
        self
    }

    /// The value of the next key that is created; random ones follow.
    #[must_use]
    pub fn next_key(mut self, value: impl Into<String>) -> Self {
        self.next_keys.push(Key::standard(value));
        self
    }

    /// How many of something a key sees.
    pub(crate) fn count(&self, key: usize, resource: Resource) -> usize {
        let own = self.keys.get(key).and_then(|key| key.counts.get(&resource));
        own.or(self.counts.get(&resource)).copied().unwrap_or(0)
    }

    pub(crate) fn place_of(&self, value: &str) -> Option<usize> {
        self.keys.iter().position(|key| key.value == value)
    }

    /// Notes that a key was used: a young one comes nearer to counting, a
    /// revoked one to its end. Whether it is too young.
    pub(crate) fn use_key(&mut self, key: usize) -> bool {
        let unborn = &mut self.keys[key].unborn;
        if *unborn > 0 {
            *unborn -= 1;
            return true;
        }
        self.keys[key].used = Some(jiff::Timestamp::now().as_second());
        self.breathe(key);
        false
    }

    fn breathe(&mut self, key: usize) {
        let Some(left) = self.dying.get_mut(&key) else { return };
        if *left > 0 {
            *left -= 1;
        } else {
            self.keys[key].standing = Standing::Dead;
        }
    }
}

impl Host {
    /// Whether the host knows an operation.
    pub(crate) fn serves(self, operation: &Operation) -> bool {
        match self {
            Self::Codestral => {
                matches!(&*operation.path, "/v1/fim/completions" | "/v1/chat/completions")
            }
            _ => self == operation.host,
        }
    }

    /// The host that a `Host` header names, if it is one of the provider's.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name.starts_with("codestral.") {
            Some(Self::Codestral)
        } else if name.starts_with("console.") {
            Some(Self::Console)
        } else if name.starts_with("api.") {
            Some(Self::Api)
        } else {
            None
        }
    }
}

impl Default for Owner {
    fn default() -> Self {
        Self {
            email: "ada@example.com".to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Author".to_owned(),
            workspace: "Research".to_owned(),
            organization: "Example Company".to_owned(),
            plan_type: "API".to_owned(),
            plan_name: "Scale".to_owned(),
        }
    }
}

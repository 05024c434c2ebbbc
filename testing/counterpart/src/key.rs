//! The keys of the world: their kind, what has become of them, and which
//! header they may be shown in. Values are handed in by tests and printed
//! nowhere.

use std::{collections::BTreeMap, fmt};

use rand::RngExt as _;

use crate::resource::Resource;

/// A key that the server knows.
#[derive(Clone)]
pub struct Key {
    pub(crate) value: String,
    pub(crate) kind: Kind,
    pub(crate) standing: Standing,
    pub(crate) refusal: Refusal,
    /// How many requests it is refused before it begins to count.
    pub(crate) unborn: usize,
    pub(crate) name: String,
    pub(crate) takes_bearer: bool,
    pub(crate) takes_x_api_key: bool,
    pub(crate) counts: BTreeMap<Resource, usize>,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A key of a workspace.
    Standard,
    /// A key of the host for code completion only.
    Codestral,
    /// A key of an organization's administration.
    Admin,
}

/// What has become of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Dead,
    NoQuota,
    NoPermission,
    Limited(u64),
}

/// How a key that does not count is refused, always with status 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refusal {
    /// `{"detail":"Unauthorized"}`, as since 2025-06.
    #[default]
    Detail,
    /// `{"message":"Unauthorized","request_id":…}`, as before.
    Message,
    /// Without a body.
    Empty,
}

impl Key {
    /// A key of a workspace that works.
    pub fn standard(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            kind: Kind::Standard,
            standing: Standing::Active,
            refusal: Refusal::Detail,
            unborn: 0,
            name: "ci".to_owned(),
            takes_bearer: true,
            takes_x_api_key: true,
            counts: BTreeMap::new(),
        }
    }

    /// A key that works on the host for code completion only.
    pub fn codestral(value: impl Into<String>) -> Self {
        Self { kind: Kind::Codestral, ..Self::standard(value) }
    }

    /// A key of an organization's administration, shown in either header.
    pub fn admin(value: impl Into<String>) -> Self {
        Self { kind: Kind::Admin, ..Self::standard(value) }
    }

    /// A key that somebody revoked.
    pub fn revoked(value: impl Into<String>) -> Self {
        Self { standing: Standing::Dead, ..Self::standard(value) }
    }

    /// A key whose time is over: to a caller the same as a revoked one.
    pub fn expired(value: impl Into<String>) -> Self {
        Self::revoked(value)
    }

    /// A key that was just made: the first so many requests are refused.
    pub fn young(value: impl Into<String>, refused: usize) -> Self {
        Self { unborn: refused, ..Self::standard(value) }
    }

    /// A real key whose quota or payment is spent: status 402.
    pub fn no_quota(value: impl Into<String>) -> Self {
        Self { standing: Standing::NoQuota, ..Self::standard(value) }
    }

    /// A real key that may not: status 403.
    pub fn no_permission(value: impl Into<String>) -> Self {
        Self { standing: Standing::NoPermission, ..Self::standard(value) }
    }

    /// A key that is asked to come back in so many seconds: status 429.
    pub fn limited(value: impl Into<String>, retry_after: u64) -> Self {
        Self { standing: Standing::Limited(retry_after), ..Self::standard(value) }
    }

    /// Its name, as its owner sees it.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Not accepted in `x-api-key`: a caller must fall back to the other.
    #[must_use]
    pub fn without_header_x_api_key(self) -> Self {
        Self { takes_x_api_key: false, ..self }
    }

    /// Not accepted as a bearer's.
    #[must_use]
    pub fn without_header_bearer(self) -> Self {
        Self { takes_bearer: false, ..self }
    }

    /// How it is refused when it does not count.
    #[must_use]
    pub fn refused_with(self, refusal: Refusal) -> Self {
        Self { refusal, ..self }
    }

    /// How many of something lie behind this key, whatever the world says.
    #[must_use]
    pub fn with(mut self, resource: Resource, count: usize) -> Self {
        self.counts.insert(resource, count);
        self
    }

    /// The first and last four characters.
    pub fn hint(&self) -> String {
        hint(&self.value)
    }

    /// The value, for a test to hand to what it tests.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("hint", &self.hint())
            .field("kind", &self.kind)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

/// The first and last four characters of a value.
pub(crate) fn hint(value: &str) -> String {
    let characters: Vec<char> = value.chars().collect();
    if characters.len() < 12 {
        return "…".to_owned();
    }
    let head: String = characters[..4].iter().collect();
    let tail: String = characters[characters.len() - 4..].iter().collect();
    format!("{head}...{tail}")
}

/// A value of the shape of a key, with capitals, small letters and digits,
/// and nobody's.
pub fn random_value() -> String {
    let mut rng = rand::rng();
    let kinds: [&[u8]; 4] = [
        b"ABCDEFGHJKLMNPQRSTUVWXYZ",
        b"abcdefghijkmnopqrstuvwxyz",
        b"23456789",
        b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789",
    ];
    let any = |place: usize| {
        let kind = kinds[if place < 9 { place % 3 } else { 3 }];
        char::from(kind[rng.random_range(0..kind.len())])
    };
    (0..32).map(any).collect()
}

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
    pub(crate) creator: Option<String>,
    pub(crate) product: Option<&'static str>,
    /// When it was made, where that is told: seconds since 1970.
    pub(crate) created: Option<i64>,
    /// When it was last used.
    pub(crate) used: Option<i64>,
    /// The day on which it ends.
    pub(crate) expires: Option<String>,
    /// Nobody may delete it.
    pub(crate) is_kept: bool,
    /// It may look, and change nothing.
    pub(crate) only_reads: bool,
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
            creator: None,
            product: None,
            created: None,
            used: None,
            expires: None,
            is_kept: false,
            only_reads: false,
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

    /// Who made it, where that is somebody else than the world's owner.
    #[must_use]
    pub fn made_by(self, creator: impl Into<String>) -> Self {
        Self { creator: Some(creator.into()), ..self }
    }

    /// The product that it is listed under: `API`, `Mistral Code` or `Vibe`.
    #[must_use]
    pub fn of_product(self, product: &'static str) -> Self {
        Self { product: Some(product), ..self }
    }

    /// When it was made: seconds since 1970.
    #[must_use]
    pub fn made_at(self, second: i64) -> Self {
        Self { created: Some(second), ..self }
    }

    /// The day on which it ends, as `2027-01-31`; it works for all that.
    #[must_use]
    pub fn ends_on(self, day: impl Into<String>) -> Self {
        Self { expires: Some(day.into()), ..self }
    }

    /// One that nobody may delete: status 403.
    #[must_use]
    pub fn undeletable(self) -> Self {
        Self { is_kept: true, ..self }
    }

    /// One that somebody revoked, or whose time is over, whatever its kind.
    #[must_use]
    pub fn ended(self) -> Self {
        Self { standing: Standing::Dead, ..self }
    }

    /// One that may do nothing, whatever its kind: status 403.
    #[must_use]
    pub fn without_permission(self) -> Self {
        Self { standing: Standing::NoPermission, ..self }
    }

    /// One that may look and change nothing: status 403 for what changes.
    #[must_use]
    pub fn only_reads(self) -> Self {
        Self { only_reads: true, ..self }
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

/// A value like [`random_value`]'s with the first and last four characters of
/// another: what a masked form does not tell from it.
pub fn random_twin(value: &str) -> String {
    let random = random_value();
    format!("{}{}{}", &value[..4], &random[4..28], &value[28..])
}

/// A value like [`random_value`]'s with the last four characters of another.
pub fn random_with_end_of(value: &str) -> String {
    format!("{}{}", &random_value()[..28], &value[28..])
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

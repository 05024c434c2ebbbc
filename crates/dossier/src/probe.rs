//! A question to a provider, as data: what is sent, what each answer means,
//! and what is kept of it. Verification, the blast radius and the naming of an
//! owner are all made of these.
//!
//! Only what a dossier may say stands here; how it is asked is the prober's.
//! JSON is read by pointers (RFC 6901), such as `/workspace/name`; `expect` and
//! `list` may give several, parted by `|`, of which the first that leads
//! anywhere counts.

use serde::{Deserialize, Serialize};

/// One question.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Short name, such as `models`; unique within a dossier.
    pub id: String,
    /// HTTP method. Anything but `GET` also needs `harmless`.
    #[serde(default)]
    pub method: Method,
    /// Full address. `{item}` stands for the id of each item of an earlier
    /// question.
    pub url: String,
    /// Header that carries the value, with `{secret}` in its place. Empty if
    /// the request is signed instead.
    #[serde(default)]
    pub header: String,
    /// Another header to ask again with if the first was answered 401.
    #[serde(default)]
    pub other_header: Option<String>,
    /// Further headers, as `Name: value`; none of them carries the value.
    #[serde(default)]
    pub headers: Vec<String>,
    /// How the request is signed with the value, for kinds that are never sent.
    #[serde(default)]
    pub sign: Option<Sign>,
    /// What is sent in the body.
    #[serde(default)]
    pub body: Option<String>,
    /// What the answer tells.
    pub why: String,
    /// Why a request that is not a `GET` changes and costs nothing.
    #[serde(default)]
    pub harmless: Option<String>,
    /// Why it is only asked when a person names it; absent if it may be asked
    /// freely.
    #[serde(default)]
    pub opt_in: Option<String>,
    /// What an answer that is taken for a success must hold, as pointers: a
    /// page of somebody else's does not.
    #[serde(default)]
    pub expect: Vec<String>,
    /// What answers mean, before those that all questions share.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// What the answer says of whose the value is.
    #[serde(default)]
    pub identity: Vec<Naming>,
    /// What the answer counts.
    #[serde(default)]
    pub finds: Vec<Find>,
    /// How to go on to the next page.
    #[serde(default)]
    pub pages: Option<Pages>,
    /// Ask once for each item of an earlier question.
    #[serde(default)]
    pub each: Option<Each>,
}

/// HTTP methods that a dossier may use; questions only the first two.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `GET`
    #[default]
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// As it is sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// How a request is signed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// Which scheme.
    pub scheme: Scheme,
    /// The companion that is the public id of the value.
    pub id: String,
    /// The service's name in the scheme.
    pub service: String,
    /// The region's name in the scheme.
    pub region: String,
    /// Beginnings of which the id must have one, or the question is not asked;
    /// empty if any id will do.
    #[serde(default)]
    pub begins: Vec<String>,
}

/// Ways of signing that the prober knows.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Signature Version 4: HMAC-SHA-256 over the canonical request, with a key
    /// derived from value, day, region and service.
    Sigv4,
}

/// What an answer means.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// HTTP statuses.
    pub status: Vec<u16>,
    /// Text that the body must hold for this row to apply, ASCII case folded.
    #[serde(default)]
    pub says: Option<String>,
    /// What they say of the credential.
    pub means: Meaning,
    /// Why.
    pub why: String,
}

/// What an answer says of a credential.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// It works.
    Active,
    /// It is real, but limited here.
    Restricted,
    /// It does not work on this host.
    Inactive,
    /// The answer says nothing about it.
    Unknown,
}

/// Something in an answer that says whose the value is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Naming {
    /// A stable name: `owner`, `email`, `workspace`, `organization`, `key`, ...
    pub role: String,
    /// What people call it.
    pub label: String,
    /// Where it stands. A `*` stands for every item of a list.
    pub at: String,
}

/// Things that an answer lists or counts.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// Short name, such as `files`; unique within a dossier.
    pub id: String,
    /// The permission that it proves.
    pub permission: String,
    /// What can be done with them, such as `read`.
    pub verb: String,
    /// What one is called.
    pub one: String,
    /// What several are called.
    pub many: String,
    /// Where the list stands; empty if the answer is the list.
    #[serde(default)]
    pub list: String,
    /// Where the provider counts them.
    #[serde(default)]
    pub total: Option<String>,
    /// Only items for which this holds are counted.
    #[serde(default)]
    pub only: Option<Only>,
    /// Where an item's name stands, in the item.
    #[serde(default)]
    pub name: Option<String>,
    /// Where an item's size in bytes stands.
    #[serde(default)]
    pub bytes: Option<String>,
    /// Where an item's time stands: seconds since 1970, or RFC 3339.
    #[serde(default)]
    pub time: Option<String>,
    /// Numbers of items to add up.
    #[serde(default)]
    pub sums: Vec<Labelled>,
    /// What items are counted by.
    #[serde(default)]
    pub by: Vec<Labelled>,
    /// Whether listing them proves nothing yet: they are what the permission
    /// would act on, and nothing was tried.
    #[serde(default)]
    pub target: bool,
    /// Why finding any makes an exposure worse.
    #[serde(default)]
    pub raises: Option<String>,
}

/// Which items count.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// Where the deciding text stands in an item.
    pub at: String,
    /// One of these; or, if empty, anything but those of `isnt`.
    #[serde(default)]
    pub is: Vec<String>,
    /// None of these.
    #[serde(default)]
    pub isnt: Vec<String>,
}

/// A value of each item, with what it is called.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    /// What it is called, such as `purpose`.
    pub label: String,
    /// Where it stands in an item.
    pub at: String,
}

/// How to go on to the next page.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// The parameter that names the page.
    pub parameter: String,
    /// What it holds.
    pub by: PageBy,
    /// Items on a full page; a shorter one is the last.
    pub size: u64,
    /// The first value, where pages are counted.
    #[serde(default)]
    pub first: u64,
    /// Where the next value stands, where the provider gives it.
    #[serde(default)]
    pub next: Option<String>,
    /// How many pages are asked for at most. If the last of them is full, what
    /// was counted is the least there is.
    #[serde(default)]
    pub most: Option<u64>,
}

/// What a paging parameter holds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum PageBy {
    /// The number of the page.
    Number,
    /// The number of items before it.
    Offset,
    /// A text that the page before gave.
    Cursor,
}

/// One question for each item of another.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// The id of what was found before, such as `libraries`.
    pub of: String,
    /// Where an item's id stands in the item.
    pub id: String,
    /// How many items are asked about at most; the rest is a gap.
    pub most: usize,
}

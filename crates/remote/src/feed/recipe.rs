//! The file of a feed as the operator writes it, and what is wrong with it. What the
//! fields mean together is the [`plan`](super::plan)'s.

use serde::Deserialize;

/// The file of a feed, or the inline tables of a source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    pub(crate) listing: Listing,
    #[serde(default)]
    pub(crate) items: Items,
    #[serde(default)]
    pub(crate) body: Body,
    pub(crate) paging: Option<Paging>,
    #[serde(default)]
    pub(crate) limits: Limits,
    #[serde(default)]
    pub(crate) manners: Manners,
}

/// Where the listing is and what it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    pub(crate) url: String,
    pub(crate) kind: Kind,
    /// The charset it is really in, whatever its answer says.
    pub(crate) charset: Option<String>,
}

/// What a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Json,
    Rss,
    Atom,
    Html,
}

/// How items are found in the listing: JSON pointers, or CSS selectors with an
/// attribute after `@`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Items {
    pub(crate) at: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) time: Option<String>,
    pub(crate) name: Option<String>,
}

/// How the text of an item is had.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    #[serde(default)]
    pub(crate) from: From,
    /// With `from = "listing"`: the field that holds it.
    pub(crate) text: Option<String>,
    /// With `from = "link"`: the address, with `{id}` and `{link}` for the item's.
    pub(crate) link: Option<String>,
    /// The part of what the link leads to: a JSON pointer, or a CSS selector.
    pub(crate) select: Option<String>,
    pub(crate) charset: Option<String>,
}

/// Where the text of an item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum From {
    /// In the listing.
    #[default]
    Listing,
    /// Where the item's link leads to.
    Link,
}

/// How the listing goes on: by the one or the other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    /// The address of the next page: a JSON pointer, a CSS selector with `@href`, or
    /// `link` for the answer's `Link` header and a feed's own `rel="next"`.
    pub(crate) next: Option<String>,
    /// The parameter that counts pages.
    pub(crate) parameter: Option<String>,
    /// The number of the first page, 1 by itself.
    pub(crate) first: Option<u32>,
}

/// What a look is bounded by.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// The most bytes of an item that are read.
    pub(crate) largest_item: u64,
    /// The most pages of the listing in one look.
    pub(crate) pages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { largest_item: 4 << 20, pages: 10 }
    }
}

/// How it is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Manners {
    /// Requests a second.
    pub(crate) requests_a_second: f64,
    /// Seconds between two looks.
    pub(crate) every_seconds: u64,
    /// How we introduce ourselves, instead of by our name.
    pub(crate) user_agent: Option<String>,
    /// Hosts besides the listing's that its items may lie on, inside a network or in
    /// the clear too.
    pub(crate) hosts: Vec<String>,
    /// The header that the source's credential goes into, with `before` in front.
    pub(crate) credential: Option<Header>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            requests_a_second: 0.5,
            every_seconds: 300,
            user_agent: None,
            hosts: Vec::new(),
            credential: None,
        }
    }
}

/// A header that a credential goes into.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) header: String,
    #[serde(default)]
    pub(crate) before: String,
}

/// What is wrong, and with which key: a path such as `items.at`, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) key: String,
    pub(crate) why: String,
}

impl Wrong {
    pub(crate) fn new(key: &str, why: impl Into<String>) -> Self {
        Self { key: key.to_owned(), why: why.into() }
    }

    /// In words, with the line of the key, if the text of the file is at hand.
    pub(crate) fn in_words(&self, text: Option<&str>) -> String {
        let line = text.and_then(|text| line_of(text, &self.key));
        let line = line.map_or_else(String::new, |line| format!("line {line}: "));
        format!("{line}`{}`: {}", self.key, self.why)
    }
}

/// Reads the text of a file.
///
/// # Errors
/// What is no TOML or holds keys that are not known, in words with line and key.
pub(crate) fn read(text: &str) -> Result<Recipe, String> {
    toml::from_str(text).map_err(|error| {
        let Some(span) = error.span() else { return error.message().to_owned() };
        let before = text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count();
        let key = text.lines().nth(line).and_then(|text| text.split('=').next()).unwrap_or("");
        format!("line {}: `{}`: {}", line + 1, key.trim(), error.message())
    })
}

/// The line of a key, from 1; that of its table if it is missing.
fn line_of(text: &str, path: &str) -> Option<usize> {
    let mut table = toml::de::DeTable::parse(text).ok()?.into_inner();
    let mut found = None;
    for part in path.split('.') {
        let (key, value) =
            table.into_iter().find(|(key, _)| key.get_ref().as_ref() == part).map_or_else(
                || (None, None),
                |(key, value)| (Some(key.span().start), Some(value.into_inner())),
            );
        found = key.or(found);
        match value {
            Some(toml::de::DeValue::Table(inner)) => table = inner,
            _ => break,
        }
    }
    Some(text.get(..found?)?.matches('\n').count() + 1)
}

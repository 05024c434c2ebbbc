//! A feed that makes sense: the recipe with its addresses, selectors and pointers
//! read once, so that nothing can be wrong with them while it is watched.

use scraper::Selector;
use url::Url;

use super::recipe::{From, Kind, Recipe, Wrong};
use crate::{service::Sends, words::base};

/// The most bytes of an item that an operator may ask for: several are at hand at
/// once, and one text is not scanned in parts.
const LARGEST_ITEM: u64 = 64 << 20;

/// The most pages that an operator may ask for: each leaves a mark in the cursor.
const MOST_PAGES: u32 = 500;

/// The headers that services take credentials in. A closed list, so that a feed's
/// file cannot put a credential where others read it.
const CREDENTIAL_HEADERS: &[&str] =
    &["authorization", "cookie", "x-api-key", "x-auth-token", "api-key", "private-token"];

/// A feed that makes sense.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) url: Url,
    pub(crate) kind: Kind,
    pub(crate) charset: Option<String>,
    pub(crate) fields: Fields,
    pub(crate) body: Source,
    pub(crate) paging: Paging,
    pub(crate) largest_item: usize,
    pub(crate) pages: u32,
    pub(crate) user_agent: Option<String>,
    pub(crate) hosts: Vec<String>,
    pub(crate) sends: Sends,
    pub(crate) rate: f64,
    pub(crate) every_seconds: u64,
}

/// Where the fields of an item are; a feed's own ones need no telling.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) at: Option<Find>,
    pub(crate) id: Option<Find>,
    pub(crate) version: Option<Find>,
    pub(crate) link: Option<Find>,
    pub(crate) author: Option<Find>,
    pub(crate) time: Option<Find>,
    pub(crate) name: Option<Find>,
}

/// How something is found in a listing or a page.
#[derive(Debug)]
pub(crate) enum Find {
    /// By a JSON pointer.
    Pointer(String),
    /// By a CSS selector, `None` for the item itself, and there an attribute, `None`
    /// for the text.
    Css(Option<Selector>, Option<String>),
}

/// How the text of an item is had.
#[derive(Debug)]
pub(crate) enum Source {
    /// From the listing: a field, or a feed's own content.
    Listing(Option<Find>),
    /// From an address, of which a part may be meant.
    Link { address: String, part: Option<Find>, charset: Option<String> },
}

/// How the listing goes on.
#[derive(Debug)]
pub(crate) enum Paging {
    None,
    /// By an address in the page.
    Next(Find),
    /// By the `Link` header, or a feed's own link.
    Header,
    /// By a number in the address.
    Number(String, u32),
}

impl Plan {
    /// Makes sense of a recipe.
    ///
    /// # Errors
    /// What makes none, with its key.
    pub(crate) fn new(recipe: &Recipe, has_proxy: bool) -> Result<Self, Wrong> {
        let kind = recipe.listing.kind;
        let url = address("listing.url", &recipe.listing.url)?;
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        if host.ends_with(".onion") && !has_proxy {
            let why = "an onion address is reached through Tor alone: give the source \
                       `proxy = \"socks5h://127.0.0.1:9050\"`";
            return Err(Wrong::new("listing.url", why));
        }
        charset("listing.charset", recipe.listing.charset.as_deref())?;
        charset("body.charset", recipe.body.charset.as_deref())?;
        let limits = &recipe.limits;
        if limits.largest_item == 0 || limits.largest_item > LARGEST_ITEM {
            let why = format!("must be between 1 and {LARGEST_ITEM} bytes");
            return Err(Wrong::new("limits.largest_item", why));
        }
        if limits.pages == 0 || limits.pages > MOST_PAGES {
            let why = format!("must be between 1 and {MOST_PAGES}");
            return Err(Wrong::new("limits.pages", why));
        }
        let manners = &recipe.manners;
        if !(manners.requests_a_second > 0.0 && manners.requests_a_second <= 100.0) {
            let why = "must be above 0 and at most 100";
            return Err(Wrong::new("manners.requests_a_second", why));
        }
        let sends = match &manners.credential {
            None => Sends::Nothing,
            Some(header) => {
                let wanted = header.header.to_ascii_lowercase();
                let Some(name) = CREDENTIAL_HEADERS.iter().find(|name| **name == wanted) else {
                    let why = format!("must be one of: {}", CREDENTIAL_HEADERS.join(", "));
                    return Err(Wrong::new("manners.credential.header", why));
                };
                Sends::Header(name, known_prefix(&header.before)?)
            }
        };
        let mut hosts = vec![host];
        hosts.extend(manners.hosts.iter().map(|host| host.to_ascii_lowercase()));
        Ok(Self {
            fields: fields(recipe)?,
            body: body(recipe)?,
            paging: paging(recipe)?,
            url,
            kind,
            charset: recipe.listing.charset.clone(),
            largest_item: usize::try_from(limits.largest_item).unwrap_or(usize::MAX),
            pages: limits.pages,
            user_agent: manners.user_agent.clone(),
            hosts,
            sends,
            rate: manners.requests_a_second,
            every_seconds: manners.every_seconds.max(1),
        })
    }
}

/// What stands before a credential.
fn known_prefix(before: &str) -> Result<&'static str, Wrong> {
    const KNOWN: &[&str] = &["", "Bearer ", "Token ", "Basic ", "session="];
    KNOWN.iter().find(|known| **known == before).copied().ok_or_else(|| {
        let known: Vec<String> = KNOWN.iter().map(|known| format!("`{known}`")).collect();
        let why = format!(
            "must be one of {}; anything else belongs to the credential itself",
            known.join(", ")
        );
        Wrong::new("manners.credential.before", why)
    })
}

fn address(key: &str, text: &str) -> Result<Url, Wrong> {
    base(text).map_err(|why| Wrong::new(key, why))
}

fn charset(key: &str, name: Option<&str>) -> Result<(), Wrong> {
    match name {
        Some(name) if encoding_rs::Encoding::for_label(name.as_bytes()).is_none() => {
            Err(Wrong::new(key, format!("there is no charset `{name}`; say for example `utf-8`")))
        }
        _ => Ok(()),
    }
}

/// Reads a JSON pointer, or a CSS selector with an attribute after `@`.
fn find(key: &str, kind: Kind, text: &str) -> Result<Find, Wrong> {
    match kind {
        Kind::Json if text.is_empty() || text.starts_with('/') => {
            Ok(Find::Pointer(text.to_owned()))
        }
        Kind::Json => {
            let why =
                format!("a JSON pointer begins with `/`, as in `/{}`", text.replace('.', "/"));
            Err(Wrong::new(key, why))
        }
        Kind::Html => {
            let (selector, attribute) = match text.rsplit_once('@') {
                // An `@` inside a selector's own quotes is no attribute's.
                Some((selector, name)) if !name.contains([']', '"', '\'']) => {
                    (selector.trim(), Some(name.trim().to_owned()))
                }
                _ => (text.trim(), None),
            };
            let selector = (!selector.is_empty()).then(|| {
                Selector::parse(selector)
                    .map_err(|error| Wrong::new(key, format!("no CSS selector: {error}")))
            });
            Ok(Find::Css(selector.transpose()?, attribute))
        }
        Kind::Rss | Kind::Atom => {
            Err(Wrong::new(key, "a feed says itself where this is; leave the key out"))
        }
    }
}

fn fields(recipe: &Recipe) -> Result<Fields, Wrong> {
    let (items, kind) = (&recipe.items, recipe.listing.kind);
    let read = |name: &str, text: &Option<String>| {
        text.as_deref().map(|text| find(&format!("items.{name}"), kind, text)).transpose()
    };
    let fields = Fields {
        at: read("at", &items.at)?,
        id: read("id", &items.id)?,
        version: read("version", &items.version)?,
        link: read("link", &items.link)?,
        author: read("author", &items.author)?,
        time: read("time", &items.time)?,
        name: read("name", &items.name)?,
    };
    if matches!(kind, Kind::Rss | Kind::Atom) {
        return Ok(fields);
    }
    if fields.at.is_none() {
        let why = match kind {
            Kind::Html => "missing: the CSS selector of an item",
            _ => "missing: the JSON pointer of the list of items, or `\"\"` for all of it",
        };
        return Err(Wrong::new("items.at", why));
    }
    if matches!(fields.at, Some(Find::Css(None, _) | Find::Css(_, Some(_)))) {
        return Err(Wrong::new("items.at", "must be a selector, without `@`"));
    }
    if fields.id.is_none() && fields.link.is_none() {
        return Err(Wrong::new(
            "items.id",
            "missing: without it and `items.link` no item is known again",
        ));
    }
    Ok(fields)
}

fn body(recipe: &Recipe) -> Result<Source, Wrong> {
    let (body, kind) = (&recipe.body, recipe.listing.kind);
    if body.from == From::Listing {
        if body.link.is_some() || body.select.is_some() {
            let key = if body.link.is_some() { "body.link" } else { "body.select" };
            return Err(Wrong::new(key, "only means something with `from = \"link\"`"));
        }
        let text = body.text.as_deref().map(|text| find("body.text", kind, text)).transpose()?;
        if text.is_none() && kind == Kind::Json {
            let why = "missing: the JSON pointer of an item's text, or `\"\"` for all of the item";
            return Err(Wrong::new("body.text", why));
        }
        return Ok(Source::Listing(text));
    }
    if body.text.is_some() {
        return Err(Wrong::new("body.text", "only means something with `from = \"listing\"`"));
    }
    let address = body.link.clone().unwrap_or_else(|| "{link}".to_owned());
    let example = address.replace("{id}", "0").replace("{link}", "https://host.example/");
    if address.replace("{id}", "").replace("{link}", "").contains(['{', '}']) {
        return Err(Wrong::new("body.link", "may hold `{id}` and `{link}`, and no other braces"));
    }
    if !address.contains("{id}") && !address.contains("{link}") {
        return Err(Wrong::new("body.link", "must hold `{id}` or `{link}`"));
    }
    if let Err(wrong) = self::address("body.link", &example)
        && recipe.listing.url.parse::<Url>().is_ok_and(|base| base.join(&example).is_err())
    {
        return Err(wrong);
    }
    let part = body.select.as_deref().map(|select| {
        let kind = if select.starts_with('/') { Kind::Json } else { Kind::Html };
        find("body.select", kind, select)
    });
    Ok(Source::Link { address, part: part.transpose()?, charset: body.charset.clone() })
}

fn paging(recipe: &Recipe) -> Result<Paging, Wrong> {
    let Some(paging) = &recipe.paging else { return Ok(Paging::None) };
    match (&paging.next, &paging.parameter) {
        (Some(_), Some(_)) => {
            Err(Wrong::new("paging.parameter", "either this or `paging.next`, not both"))
        }
        (None, None) => Err(Wrong::new("paging", "needs `next` or `parameter`")),
        (Some(next), None) if next == "link" => Ok(Paging::Header),
        (Some(next), None) => find("paging.next", recipe.listing.kind, next).map(Paging::Next),
        (None, Some(name)) if name.is_empty() => {
            Err(Wrong::new("paging.parameter", "is empty; say for example `page`"))
        }
        (None, Some(name)) => Ok(Paging::Number(name.clone(), paging.first.unwrap_or(1))),
    }
}

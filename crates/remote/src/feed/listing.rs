//! What a page of a listing holds: its items, and where it goes on. Reads what is at
//! hand and asks nothing.

use feed_rs::parser;
use scraper::ElementRef;
use serde_json::Value;
use url::Url;

use super::{
    document::{document, text_of},
    plan::{Find, Paging, Plan, Source},
    recipe::Kind,
};
use crate::{
    client::Answer,
    known::print_of,
    moment::moment,
    words::{decoded, fitting, next_link, text_at},
};

/// The most items of one page of a listing that are looked at.
const MOST_ENTRIES: usize = 5000;

/// The most bytes of a field that is no text: names and addresses.
const LONGEST_FIELD: usize = 8 << 10;

/// The most bytes of all texts of one page of a listing.
const LARGEST_TEXTS: usize = 32 << 20;

/// How deep the elements of a feed may lie: the reader of feeds goes down by calling
/// itself, and no feed has more than about twelve.
const DEEPEST: usize = 100;

/// An item as the listing shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) link: Option<Url>,
    pub(crate) author: Option<String>,
    pub(crate) at: Option<i64>,
    pub(crate) name: Option<String>,
    /// Its text, if the listing holds it.
    pub(crate) text: Option<Vec<u8>>,
}

impl Entry {
    /// The fingerprint that tells whether it was handed out.
    pub(crate) fn print(&self) -> u64 {
        print_of(&[self.id.as_bytes(), self.version.as_bytes()])
    }
}

/// What a page of a listing holds.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) entries: Vec<Entry>,
    /// Where it goes on, as it says itself.
    pub(crate) next: Option<Url>,
    /// How many items were left out for want of an id or a link, or because there
    /// were too many.
    pub(crate) left_out: usize,
    /// Whether the page was left before its end.
    pub(crate) is_cut: bool,
}

/// Reads a page of a listing.
///
/// # Errors
/// What is no such listing, in words.
pub(crate) fn listed(plan: &Plan, page: &Url, answer: &Answer) -> Result<Listed, String> {
    let content_type = answer.header("content-type");
    let mut listed = match plan.kind {
        Kind::Json => json(plan, page, &answer.body, content_type)?,
        Kind::Html => html(plan, page, &answer.body, content_type),
        Kind::Rss | Kind::Atom => feed(plan, page, &answer.body)?,
    };
    if matches!(plan.paging, Paging::Header)
        && let Some(next) = answer.header("link").and_then(next_link)
    {
        listed.next = page.join(next).ok();
    }
    if let Paging::Number(name, first) = &plan.paging {
        listed.next = (!listed.entries.is_empty()).then(|| numbered(page, name, *first));
    }
    if !matches!(plan.body, Source::Listing(_)) {
        for entry in &mut listed.entries {
            entry.text = None;
        }
    }
    Ok(listed)
}

/// The address of the page after this one.
fn numbered(page: &Url, name: &str, first: u32) -> Url {
    let here = page.query_pairs().find(|(key, _)| key == name);
    let here = here.and_then(|(_, value)| value.parse::<u32>().ok()).unwrap_or(first);
    let others: Vec<(String, String)> = page
        .query_pairs()
        .filter(|(key, _)| key != name)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    let mut next = page.clone();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair(name, &here.saturating_add(1).to_string());
    next
}

/// The fields of an item, as they were found.
struct Found {
    id: Option<String>,
    version: Option<String>,
    link: Option<String>,
    author: Option<String>,
    time: Option<String>,
    name: Option<String>,
    text: Option<Vec<u8>>,
}

impl Found {
    /// The item, if there is something to know it by.
    fn entry(self, page: &Url) -> Option<Entry> {
        let link = self.link.and_then(|link| page.join(&link).ok());
        let id = self.id.filter(|id| !id.trim().is_empty());
        let id = id.or_else(|| link.as_ref().map(Url::to_string))?;
        // Without a version of its own, an item that the listing holds is another
        // one when its text is.
        let of_text = || self.text.as_deref().map(|text| format!("{:016x}", print_of(&[text])));
        let version = self.version.or_else(of_text).or_else(|| self.time.clone());
        Some(Entry {
            id: fitting(&id),
            version: fitting(&version.unwrap_or_default()),
            link,
            author: self.author.map(|author| fitting(&author)),
            at: self.time.as_deref().and_then(moment),
            name: self.name.map(|name| fitting(&name)),
            text: self.text,
        })
    }
}

/// Keeps the items that can be known again.
fn kept(found: impl Iterator<Item = Found>, page: &Url) -> Listed {
    let mut listed = Listed::default();
    for found in found {
        match found.entry(page) {
            Some(entry) if listed.entries.len() < MOST_ENTRIES => listed.entries.push(entry),
            _ => listed.left_out += 1,
        }
    }
    listed
}

fn json(
    plan: &Plan,
    page: &Url,
    body: &[u8],
    content_type: Option<&str>,
) -> Result<Listed, String> {
    let text = decoded(body, plan.charset.as_deref(), content_type);
    let whole: Value =
        serde_json::from_str(&text).map_err(|error| format!("the listing is no JSON: {error}"))?;
    let pointer = |find: &Option<Find>| match find {
        Some(Find::Pointer(pointer)) => Some(pointer.clone()),
        _ => None,
    };
    let fields = &plan.fields;
    let at = pointer(&fields.at).unwrap_or_default();
    let items: Vec<&Value> = match whole.pointer(&at) {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(Value::Object(items)) => items.values().collect(),
        _ => return Err(format!("the listing holds no list at `{at}`; look at `items.at`")),
    };
    let found = items.into_iter().map(|item| {
        let field = |find| pointer(find).and_then(|pointer| text_at(item, &pointer));
        let text = match &plan.body {
            Source::Listing(Some(Find::Pointer(pointer))) => {
                item.pointer(pointer).map(|value| match value {
                    Value::String(text) => text.clone().into_bytes(),
                    other => other.to_string().into_bytes(),
                })
            }
            _ => None,
        };
        Found {
            id: field(&fields.id),
            version: field(&fields.version),
            link: field(&fields.link),
            author: field(&fields.author),
            time: field(&fields.time),
            name: field(&fields.name),
            text,
        }
    });
    let mut listed = kept(found, page);
    if let Paging::Next(Find::Pointer(pointer)) = &plan.paging {
        listed.next = text_at(&whole, pointer)
            .filter(|next| !next.is_empty())
            .and_then(|next| page.join(&next).ok());
    }
    Ok(listed)
}

/// What a selector finds below an element, up to so many bytes.
fn by_css(find: &Find, element: ElementRef<'_>, most: usize) -> Option<String> {
    let Find::Css(selector, attribute) = find else { return None };
    let found = match selector {
        Some(selector) => element.select(selector).next()?,
        None => element,
    };
    match attribute {
        Some(name) => found.attr(name).map(str::to_owned),
        None => Some(text_of(found, most)),
    }
}

fn html(plan: &Plan, page: &Url, body: &[u8], content_type: Option<&str>) -> Listed {
    let (document, is_cut) = document(&decoded(body, plan.charset.as_deref(), content_type));
    let root = document.root_element();
    let fields = &plan.fields;
    let Some(Find::Css(Some(at), _)) = &fields.at else { return Listed::default() };
    // Items inside items hold the same texts again.
    let mut room = LARGEST_TEXTS;
    let found = document.select(at).take(MOST_ENTRIES).map(|item| {
        let field = |find: &Option<Find>| {
            by_css(find.as_ref()?, item, LONGEST_FIELD).map(|text| text.trim().to_owned())
        };
        // One byte more than may be, so that it is known that there was more.
        let most = plan.largest_item.saturating_add(1).min(room);
        let text = match &plan.body {
            Source::Listing(Some(find)) => by_css(find, item, most),
            Source::Listing(None) => Some(text_of(item, most)),
            Source::Link { .. } => None,
        };
        room -= text.as_ref().map_or(0, String::len);
        Found {
            id: field(&fields.id),
            version: field(&fields.version),
            link: field(&fields.link),
            author: field(&fields.author),
            time: field(&fields.time),
            name: field(&fields.name),
            text: text.map(String::into_bytes),
        }
    });
    let mut listed = kept(found, page);
    listed.is_cut = is_cut;
    if let Paging::Next(find) = &plan.paging {
        listed.next =
            by_css(find, root, LONGEST_FIELD).and_then(|next| page.join(next.trim()).ok());
    }
    listed
}

/// The part of a page that is meant; `None` if there is no such part.
pub(crate) fn part(body: &str, find: &Find) -> Option<String> {
    match find {
        Find::Pointer(pointer) => {
            let whole: Value = serde_json::from_str(body).ok()?;
            text_at(&whole, pointer)
        }
        Find::Css(Some(selector), None) => {
            let (document, _) = document(body);
            let mut text = String::new();
            for element in document.select(selector) {
                // Parts inside parts make no more of it than there was.
                text.push_str(&text_of(element, body.len().saturating_sub(text.len())));
                text.push('\n');
                if text.len() > body.len() {
                    break;
                }
            }
            (!text.is_empty()).then_some(text)
        }
        Find::Css(..) => by_css(find, document(body).0.root_element(), body.len()),
    }
}

fn feed(plan: &Plan, page: &Url, body: &[u8]) -> Result<Listed, String> {
    if depth(body) > DEEPEST {
        return Err(format!("the feed's elements lie more than {DEEPEST} deep"));
    }
    let parser = parser::Builder::new().base_uri(Some(page.as_str())).build();
    let text = plan.charset.as_deref().map(|charset| decoded(body, Some(charset), None));
    let parsed = match &text {
        Some(text) => parser.parse(without_prolog(text).as_bytes()),
        // A feed that is not what its first line says is read as what it may be.
        None => parser
            .parse(body)
            .or_else(|_| parser.parse(without_prolog(&decoded(body, None, None)).as_bytes())),
    };
    let feed = parsed.map_err(|error| format!("the listing is no feed: {error}"))?;
    let found = feed.entries.into_iter().map(|entry| {
        let link =
            entry.links.iter().find(|link| !matches!(link.rel.as_deref(), Some("self" | "edit")));
        let (title, summary) = (entry.title.map(|t| t.content), entry.summary.map(|t| t.content));
        let content = entry.content.and_then(|content| content.body);
        let parts: Vec<String> = [title.clone(), summary, content].into_iter().flatten().collect();
        Found {
            link: link.map(|link| link.href.clone()),
            id: Some(entry.id),
            version: None,
            author: entry.authors.into_iter().map(|person| person.name.unwrap_or_default()).next(),
            time: entry.updated.or(entry.published).map(|at| at.timestamp().to_string()),
            name: title,
            text: Some(parts.join("\n").into_bytes()),
        }
    });
    let mut listed = kept(found, page);
    let next = feed.links.iter().find(|link| link.rel.as_deref() == Some("next"));
    if matches!(plan.paging, Paging::Header) {
        listed.next = next.and_then(|link| page.join(&link.href).ok());
    }
    Ok(listed)
}

/// A text of XML without the line that says its encoding, which it no longer has.
fn without_prolog(text: &str) -> &str {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest,
        None => text,
    }
}

/// How deep elements lie at most, counted from their brackets alone.
fn depth(body: &[u8]) -> usize {
    let (mut deep, mut deepest) = (0_usize, 0);
    let mut rest = body;
    while let Some(start) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[start + 1..];
        let skip = |end: &[u8]| rest.windows(end.len()).position(|window| window == end);
        if rest.starts_with(b"![CDATA[") {
            rest = skip(b"]]>").map_or(&[][..], |end| &rest[end..]);
        } else if rest.starts_with(b"!--") {
            rest = skip(b"-->").map_or(&[][..], |end| &rest[end..]);
        } else if rest.starts_with(b"/") {
            deep = deep.saturating_sub(1);
        } else if !rest.starts_with(b"!") && !rest.starts_with(b"?") {
            let end = skip(b">").unwrap_or(rest.len());
            if end == 0 || rest[end - 1] != b'/' {
                deep += 1;
                deepest = deepest.max(deep);
            }
            rest = &rest[end..];
        }
    }
    deepest
}

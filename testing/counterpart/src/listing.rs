//! Lists and their pages, exactly as each operation documents them: pages from
//! 0 or 1, offsets, and tokens; and the figures in the envelope around a list.
//! What the items are comes from the caller.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    contract::{Contract, Operation},
    record::Request,
};

/// Where a list stands in an answer that could hold several.
const POINTERS: &[(&str, &str)] =
    &[("/v1/admin/users", "/members"), ("/v1/workflows/registrations", "/workflow_registrations")];

/// What names a page in the query.
const TOKENS: &[&str] = &["page_token", "pageToken", "next_page_token", "cursor"];
const SIZES: &[&str] = &["page_size", "pageSize", "limit"];

/// What names the way to the next page in an answer.
const NEXT: &[&str] = &["next_page_token", "nextPageToken", "next_cursor", "cursor", "next"];

/// A part of a list that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) start: usize,
    size: usize,
    style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// All at once.
    Whole,
    Numbered {
        first: usize,
    },
    Offset,
    Token,
}

/// Where an operation's answer has its list, if it is a list.
pub(crate) fn pointer(contract: &Contract, operation: &Operation) -> Option<String> {
    let is_of_many = operation.path.rsplit('/').next().is_some_and(|end| !end.starts_with('{'));
    let is_me = operation.path.ends_with("/me");
    if operation.method != "GET" || !is_of_many || is_me {
        return None;
    }
    let known = POINTERS.iter().find(|(path, _)| *path == operation.path);
    if let Some((_, pointer)) = known {
        return Some((*pointer).to_owned());
    }
    let schema = contract.resolve(operation.answer.as_ref()?);
    if schema["type"] == "array" {
        return Some(String::new());
    }
    let properties = schema["properties"].as_object()?;
    let lists: Vec<&String> = properties
        .iter()
        .filter(|(_, of)| contract.resolve(of)["type"] == "array")
        .map(|(name, _)| name)
        .collect();
    match lists[..] {
        [only] => Some(format!("/{only}")),
        [] => properties
            .iter()
            .find(|(_, of)| contract.resolve(of)["properties"].get("results").is_some())
            .map(|(name, _)| format!("/{name}/results")),
        _ => None,
    }
}

/// The schema of one item of a list.
pub(crate) fn item<'c>(
    contract: &'c Contract,
    operation: &'c Operation,
    pointer: &str,
) -> Option<&'c Value> {
    let mut schema = contract.resolve(operation.answer.as_ref()?);
    for name in pointer.split('/').skip(1) {
        schema = contract.resolve(&schema["properties"][name]);
    }
    schema.get("items").or_else(|| {
        // One of several forms of the whole list.
        let forms = schema["anyOf"].as_array()?;
        forms.first()?.get("items")
    })
}

impl Page {
    /// What a request asks for, or which parameter makes no sense.
    pub(crate) fn asked(operation: &Operation, request: &Request) -> Result<Self, &'static str> {
        let knows = |name: &str| operation.parameters.iter().any(|known| known.name == name);
        let usual = |name: &str| -> Option<u64> {
            let known = operation.parameters.iter().find(|known| known.name == name)?;
            known.schema["default"].as_u64()
        };
        let number = |name: &'static str| -> Result<Option<usize>, &'static str> {
            let value = request.value(name).filter(|_| knows(name));
            value.map(|value| value.parse().map_err(|_| name)).transpose()
        };
        let mut size = usize::MAX;
        for name in SIZES.iter().copied().filter(|name| knows(name)) {
            let usual = usual(name).unwrap_or(50);
            size = number(name)?.unwrap_or(usize::try_from(usual).unwrap());
        }
        if let Some(token) = TOKENS.iter().copied().find(|name| knows(name)) {
            let is_numbered = knows("page") && request.value("page").is_some();
            if !is_numbered || request.value(token).is_some() {
                let start = match request.value(token).filter(|given| !given.is_empty()) {
                    Some(given) => start_of(operation, given).ok_or(token)?,
                    None => 0,
                };
                return Ok(Self { start, size, style: Style::Token });
            }
        }
        if knows("page") {
            let first = usize::try_from(usual("page").unwrap_or(0)).unwrap();
            let page = number("page")?.unwrap_or(first);
            let start = page.checked_sub(first).ok_or("page")?.saturating_mul(size);
            return Ok(Self { start, size, style: Style::Numbered { first } });
        }
        if knows("offset") {
            let start = number("offset")?.unwrap_or(0);
            return Ok(Self { start, size, style: Style::Offset });
        }
        Ok(Self { start: 0, size, style: Style::Whole })
    }

    /// Which items it has of so many.
    pub(crate) fn range(self, count: usize) -> std::ops::Range<usize> {
        let start = self.start.min(count);
        start..start.saturating_add(self.size).min(count)
    }

    /// Writes the figures that go with a list into what is around it.
    pub(crate) fn describe(self, envelope: &mut Value, operation: &Operation, count: usize) {
        let Some(object) = envelope.as_object_mut() else { return };
        let end = self.range(count).end;
        let size = self.size.min(count.max(1)).max(1);
        let size = if self.size == usize::MAX { size } else { self.size };
        let first = if let Style::Numbered { first } = self.style { first } else { 0 };
        for (name, value) in object.iter_mut() {
            match name.as_str() {
                "total" | "total_items" | "count" => *value = json!(count),
                "total_pages" => *value = json!(count.div_ceil(size.max(1))),
                "page" | "current_page" => *value = json!(first + self.start / size.max(1)),
                "page_size" => *value = json!(size),
                "has_more" => *value = json!(end < count),
                "previous" => *value = Value::Null,
                _ if value.is_object() => self.describe(value, operation, count),
                _ => {}
            }
        }
        for name in NEXT {
            if object.contains_key(*name) {
                let is_token = self.style == Style::Token;
                let next = match *name {
                    _ if end >= count => Value::Null,
                    "next" => json!(format!("?page={}", first + end / size.max(1))),
                    _ if is_token => json!(token(operation, end)),
                    _ => Value::Null,
                };
                object.insert((*name).to_owned(), next);
            }
        }
        // This one may be absent, but not null.
        if object.get("nextPageToken") == Some(&Value::Null) {
            object.remove("nextPageToken");
        }
    }
}

/// An opaque token for the page that starts at an item.
fn token(operation: &Operation, start: usize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}|{start}", operation.path))
}

fn start_of(operation: &Operation, token: &str) -> Option<usize> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (path, start) = text.rsplit_once('|')?;
    (path == operation.path).then(|| start.parse().ok())?
}

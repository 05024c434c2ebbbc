//! What others send us unasked: a provider of threat intelligence that calls a
//! webhook. A mapping of JSON pointers says where in its body the texts are; a STIX
//! bundle and a message of mail are read as what they are. Pure: it asks nothing and
//! keeps nothing. Who may send is the server's to check.

use leeward_model::RemotePlace;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    client::Client,
    item::{Cursor, Gap, Item, ItemKey, Next, Page, Service, Text},
    known::print_of,
    message::{self, Found},
    moment::{moment, past},
    service::{BadSetting, Opened, Sends, own},
    setting::Setting,
    stix,
    trouble::Trouble,
    words::{decoded, fitting, text_at},
};

/// The largest body that is read: a parsed one takes up to sixteen times its length.
pub const LARGEST: usize = 8 << 20;

/// The most texts of one body.
const MOST_TEXTS: usize = 10_000;

/// What a body is, and where its texts are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// What it is; found out if it is not said.
    pub kind: Option<Kind>,
    /// The JSON pointer of the list of items; the body is one item if it is not there.
    pub items: Option<String>,
    /// In an item: what tells it from others. Without one its content does.
    pub id: Option<String>,
    /// In an item: what tells a version from those before. Without one its text does.
    pub version: Option<String>,
    /// In an item: its texts, joined by line breaks; all of the item if there is none.
    pub texts: Vec<String>,
    /// In an item: where a person looks at it.
    pub url: Option<String>,
    /// In an item: who wrote it.
    pub author: Option<String>,
    /// In an item: when it was written.
    pub time: Option<String>,
    /// In an item: the name of the file.
    pub name: Option<String>,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// JSON that the mapping's pointers lead through.
    Json,
    /// A STIX 2.1 bundle or object.
    Stix,
    /// A message as RFC 5322 has it.
    Message,
}

impl Mapping {
    /// Whether its pointers are pointers.
    ///
    /// # Errors
    /// The one that is none, in words.
    pub fn check(&self) -> Result<(), String> {
        let named = [
            ("items", &self.items),
            ("id", &self.id),
            ("version", &self.version),
            ("url", &self.url),
            ("author", &self.author),
            ("time", &self.time),
            ("name", &self.name),
        ];
        let named = named.iter().filter_map(|(key, value)| Some((*key, value.as_ref()?)));
        let texts = self.texts.iter().map(|pointer| ("texts", pointer));
        for (key, pointer) in named.chain(texts) {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                return Err(format!(
                    "`{key}`: a JSON pointer begins with `/`, as in `/{}`",
                    pointer.replace('.', "/")
                ));
            }
        }
        Ok(())
    }
}

/// The mapping of a source that is sent to.
///
/// # Errors
/// A key that it does not know, or a pointer that is none.
pub fn mapping(setting: &Setting) -> Result<Mapping, BadSetting> {
    let mapping: Mapping = own(setting)?;
    mapping.check().map_err(|why| BadSetting::new(setting, why))?;
    Ok(mapping)
}

/// Opens a source that is sent to, and has nothing to be asked for.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    /// There is nothing to look at: a week is as good as any time.
    const SELDOM: u64 = 7 * 86_400;
    mapping(setting)?;
    Ok(Opened {
        service: Box::new(SentTo),
        named: vec![],
        home: None,
        rate: 1.0,
        every_seconds: SELDOM,
        sends: Sends::Nothing,
    })
}

/// Nothing is asked: whoever has something sends it.
struct SentTo;

impl Service for SentTo {
    fn page(&mut self, _: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        let cursor = from.cloned().unwrap_or(Cursor(String::new()));
        Ok(Page { items: vec![], gaps: vec![], next: Next::Later(cursor) })
    }

    fn again(&mut self, _: &mut Client, _: &RemotePlace) -> Result<Option<Vec<u8>>, Trouble> {
        Err(Trouble::Refused(
            "what was sent to us cannot be asked for again: hand the value in".to_owned(),
        ))
    }
}

/// Reads a body that was sent to a source. `now` is in seconds since 1970-01-01 UTC:
/// no text is of a later time. The page is all there is.
///
/// # Errors
/// What is too large, or not what it is said to be.
pub fn read_at(mapping: &Mapping, source: &str, body: &[u8], now: i64) -> Result<Page, Trouble> {
    if body.len() > LARGEST {
        return Err(Trouble::Refused(format!("the body is larger than {LARGEST} bytes")));
    }
    let mut page = Page { items: vec![], gaps: vec![], next: Next::Later(Cursor(String::new())) };
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let is_json =
        matches!(first, Some(b'{' | b'[')) || matches!(mapping.kind, Some(Kind::Json | Kind::Stix));
    if mapping.kind == Some(Kind::Message) || !is_json {
        let url = format!("intake:{source}");
        let found = Found { source, service: "intake", url: &url, now };
        let texts = message::texts(body, &found, &mut page.gaps).ok_or_else(|| {
            Trouble::Strange("the body is neither JSON nor a message of mail".to_owned())
        })?;
        page.items = texts.into_iter().map(Item::Text).collect();
        return Ok(page);
    }
    let whole: Value = serde_json::from_str(&decoded(body, None, None))
        .map_err(|error| Trouble::Strange(format!("the body is no JSON: {error}")))?;
    if mapping.kind != Some(Kind::Json)
        && let Some(objects) = stix::objects(&whole)
    {
        for object in objects {
            match stix::text(object, source, "intake", None, now) {
                Some(text) => push(&mut page, text),
                None => page.gaps.push(gap("a STIX object without type or id")),
            }
        }
        return Ok(page);
    }
    if mapping.kind == Some(Kind::Stix) {
        return Err(Trouble::Strange("the body is no STIX bundle or object".to_owned()));
    }
    mapped(mapping, source, &whole, now, &mut page)?;
    Ok(page)
}

/// [`read_at`] by the system's clock.
///
/// # Errors
/// As there.
pub fn read(mapping: &Mapping, source: &str, body: &[u8]) -> Result<Page, Trouble> {
    read_at(mapping, source, body, jiff::Timestamp::now().as_second())
}

fn mapped(
    mapping: &Mapping,
    source: &str,
    whole: &Value,
    now: i64,
    page: &mut Page,
) -> Result<(), Trouble> {
    let items: Vec<&Value> = match &mapping.items {
        None => vec![whole],
        Some(pointer) => match whole.pointer(pointer) {
            Some(Value::Array(items)) => items.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            _ => {
                let why = format!("the body holds no list at `{pointer}`; look at `items`");
                return Err(Trouble::Strange(why));
            }
        },
    };
    for item in items {
        let field = |pointer: &Option<String>| text_at(item, pointer.as_deref()?);
        let texts: Vec<String> = mapping
            .texts
            .iter()
            .filter_map(|pointer| item.pointer(pointer))
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        let text = if mapping.texts.is_empty() { item.to_string() } else { texts.join("\n") };
        if text.is_empty() {
            page.gaps.push(gap("an item without any of the `texts`"));
            continue;
        }
        let of_text = format!("{:016x}", print_of(&[text.as_bytes()]));
        let id = fitting(&field(&mapping.id).unwrap_or_else(|| of_text.clone()));
        let version = fitting(&field(&mapping.version).unwrap_or(of_text));
        push(
            page,
            Text {
                key: ItemKey { id: id.clone(), version },
                place: RemotePlace {
                    source: source.to_owned(),
                    service: "intake".to_owned(),
                    url: field(&mapping.url)
                        .map_or_else(|| format!("intake:{source}"), |url| fitting(&url)),
                    path: field(&mapping.name).map(|name| fitting(&name).into_bytes()),
                    author: field(&mapping.author).map(|author| fitting(&author)),
                    at: past(field(&mapping.time).as_deref().and_then(moment), now),
                    is_public: None,
                    item: id,
                },
                bytes: text.into_bytes(),
            },
        );
    }
    Ok(())
}

/// Adds a text, or says that there are too many.
fn push(page: &mut Page, text: Text) {
    if page.items.len() < MOST_TEXTS {
        page.items.push(Item::Text(text));
    } else if page.items.len() == MOST_TEXTS && page.gaps.iter().all(|gap| gap.what != "the rest") {
        let why = format!("more than {MOST_TEXTS} items in one body; send fewer at a time");
        page.gaps.push(Gap { what: "the rest".to_owned(), why });
    }
}

fn gap(why: &str) -> Gap {
    Gap { what: "the body".to_owned(), why: why.to_owned() }
}

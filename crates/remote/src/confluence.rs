//! Confluence: pages, blog posts and comments in the order in which they were changed,
//! in storage format as it is, the files attached to them, and on request the versions
//! that they had before: a value that was taken out of a page is still in its history.
//!
//! Facts: `GET /rest/api/content/search` takes CQL, expands `body.storage`, `version`,
//! `history` and `space`, and goes on at `_links.next`, which is relative to
//! `_links.base`; on Cloud it all lies under `/wiki`
//! (developer.atlassian.com/cloud/confluence/rest/v1, "Content", and "Advanced
//! searching using CQL"). An old version is `GET /rest/api/content/{id}` with
//! `status=historical&version={n}`. CQL compares `lastmodified` by the minute in the
//! time zone of the user who asks, which no answer tells: so the bound goes back more
//! than a day.

mod attachment;
mod position;
mod version;

use jiff::{Span, Timestamp, tz::Offset};
use leeward_model::RemotePlace;
use position::Position;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::{
    attached::Gathered,
    client::{Answer, Ask, Client},
    item::{Cursor, ItemKey, Next, Page, Service, Text},
    known::{Known, print_of},
    moment::{moment, past},
    put_off::Stuck,
    service::{BadSetting, Opened, Sends, own},
    setting::Setting,
    trouble::Trouble,
    words::{base, fitting, text_at, yes},
};

/// Pages of the wiki in a page of ours.
const LIMIT: usize = 25;

/// Zones lie 26 hours apart at most.
const BACK_HOURS: i64 = 27;

/// What is asked for of a content.
const EXPAND: &str = "body.storage,version,history,space,container";

/// The most bytes of an answer.
const LARGEST: usize = 8 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    /// Such as `https://acme.atlassian.net/wiki` or `https://wiki.acme.example`.
    url: String,
    /// Keys of spaces; all if there is none.
    #[serde(default)]
    spaces: Vec<String>,
    /// Whether the versions before the last are read too.
    #[serde(default)]
    versions: bool,
    /// The user's address, for Cloud's tokens; a bearer token otherwise.
    user: Option<String>,
    /// Whether it is Cloud; told by its host otherwise.
    cloud: Option<bool>,
    /// Whether attachments are read.
    #[serde(default = "yes")]
    attachments: bool,
}

/// Opens the pages of a site.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let own: Own = own(setting)?;
    let bad = |why: String| BadSetting::new(setting, why);
    let mut root = base(&own.url).map_err(|why| bad(format!("`url`: {why}")))?;
    if !root.path().ends_with('/') {
        root.set_path(&format!("{}/", root.path()));
    }
    let is_key = |name: &String| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"~_-".contains(&byte))
    };
    if let Some(space) = own.spaces.iter().find(|space| !is_key(space)) {
        return Err(bad(format!("`spaces`: `{space}` is no key of a space, such as `DOCS`")));
    }
    let host = root.host_str().unwrap_or_default().to_owned();
    let is_cloud =
        own.cloud.unwrap_or(host.ends_with(".atlassian.net") || host == "api.atlassian.com");
    Ok(Opened {
        named: vec![host],
        home: Some(root.clone()),
        rate: 2.0,
        every_seconds: 300,
        sends: own.user.map_or(Sends::Header("authorization", "Bearer "), Sends::Basic),
        service: Box::new(Confluence {
            source: setting.name.clone(),
            root,
            spaces: own.spaces,
            versions: own.versions,
            is_cloud,
            attachments: own.attachments,
            stuck: Stuck::default(),
        }),
    })
}

struct Confluence {
    source: String,
    root: Url,
    spaces: Vec<String>,
    versions: bool,
    is_cloud: bool,
    attachments: bool,
    stuck: Stuck,
}

impl Service for Confluence {
    fn page(&mut self, client: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        let mut position = Position::new(from, self.attachments);
        let url = self.query(&position)?;
        let answer = client.ask(&Ask::get(url.as_str())?.at_most(LARGEST))?;
        if position.next.is_some() && matches!(answer.status, 400 | 404) {
            // A page that has expired: the look begins again from its bound.
            position.next = None;
            return Ok(Gathered::default().page(Next::More(position.cursor())));
        }
        if !answer.is_ok() {
            let why = format!("the search answers with status {}", answer.status);
            let next = "look at `url`, `spaces` and the rights of the token";
            return Err(Trouble::Refused(format!("{why}; {next}")));
        }
        let limit = position.limit.unwrap_or(LIMIT);
        if answer.is_cut && limit > 1 {
            position.limit = Some(limit / 2);
            return Ok(Gathered::default().page(Next::More(position.cursor())));
        }
        let found = json(&answer)?;
        let contents = found.pointer("/results").and_then(Value::as_array);
        let contents = contents.map(Vec::as_slice).unwrap_or_default();
        let now = client.clock().now();
        let put_off = position.put_off.len();
        let skip = self.stuck.skip(&position.put_off);
        let mut gathered = Gathered::skipping(skip);
        for content in contents {
            let id = text_at(content, "/id").unwrap_or_default();
            let number = number_of(content);
            let print = print_of(&[id.as_bytes(), &number.to_le_bytes()]);
            let changed = past(text_at(content, "/version/when").as_deref().and_then(moment), now);
            position.newest = position.newest.max(changed);
            if position.known.has(print) {
                continue;
            }
            match self.whole(client, content, number, &mut position.known, &mut gathered) {
                Ok(true) => {}
                Ok(false) => return Ok(gathered.page(Next::More(position.cursor()))),
                Err(_) if gathered.is_ahead => {
                    return Ok(gathered.page(Next::More(position.cursor())));
                }
                Err(trouble) => {
                    self.stuck.note(gathered.failed, &trouble);
                    return Err(trouble);
                }
            }
            if std::mem::take(&mut gathered.is_put_off) {
                position.put_off.add(&id);
            }
            position.known.add(print);
            gathered.is_ahead = true;
        }
        let next = match self.next(&found, &url) {
            Some(next) if !contents.is_empty() => {
                position.next = Some(next.to_string());
                Next::More(position.cursor())
            }
            _ => {
                let newest = position.newest.take();
                (position.since, position.next) = (newest.max(position.since), None);
                position.limit = None;
                self.catch_up(client, &mut position, put_off, &mut gathered);
                Next::Later(position.cursor())
            }
        };
        Ok(gathered.page(next))
    }

    fn again(
        &mut self,
        client: &mut Client,
        place: &RemotePlace,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        // `page 123`, or `page 123 version 4`
        let mut words = place.item.split(' ');
        let kind = words.next().unwrap_or_default();
        let id = words.next().unwrap_or_default();
        let version = words.nth(1).and_then(|number| number.parse().ok());
        if kind == attachment::KIND {
            return self.attachment_again(client, id, version);
        }
        let content = self.content(client, id, version)?;
        let Some(content) = content else { return Ok(None) };
        Ok(Some(self.text(&content, version.unwrap_or(0), i64::MAX).bytes))
    }
}

impl Confluence {
    fn query(&self, position: &Position) -> Result<Url, Trouble> {
        if let Some(next) = &position.next {
            let strange = || Trouble::Strange("a lost page of the search".to_owned());
            let next = Url::parse(next).map_err(|_| strange())?;
            return Ok(position.limit.map_or(next.clone(), |limit| limited(&next, limit)));
        }
        let attachment = if self.attachments { ", attachment" } else { "" };
        let mut conditions = vec![format!("type in (page, blogpost, comment{attachment})")];
        if !self.spaces.is_empty() {
            let names: Vec<String> = self.spaces.iter().map(|name| format!("\"{name}\"")).collect();
            conditions.push(format!("space in ({})", names.join(", ")));
        }
        if let Some(since) = position.since.and_then(|at| Timestamp::from_second(at).ok()) {
            let at = Offset::UTC.to_datetime(since);
            let at = at.checked_sub(Span::new().hours(BACK_HOURS)).unwrap_or(at);
            conditions.push(format!("lastmodified >= \"{}\"", at.strftime("%Y-%m-%d %H:%M")));
        }
        let cql = format!("{} order by lastmodified asc", conditions.join(" and "));
        let mut url = self.at(&["content", "search"])?;
        url.query_pairs_mut()
            .append_pair("cql", &cql)
            .append_pair("expand", EXPAND)
            .append_pair("limit", &position.limit.unwrap_or(LIMIT).to_string());
        Ok(url)
    }

    /// The next page of a search, if it lies on the site and is another one.
    fn next(&self, found: &Value, here: &Url) -> Option<Url> {
        self.on_site(&text_at(found, "/_links/next")?).filter(|next| next != here)
    }

    /// Where a link of the site leads, if it stays there.
    fn on_site(&self, link: &str) -> Option<Url> {
        // Cloud leaves out the `/wiki` that `base` ends with.
        let url = if link.starts_with('/') && !link.starts_with(self.root.path()) {
            self.root.join(link.trim_start_matches('/')).ok()?
        } else {
            self.root.join(link).ok()?
        };
        (url.origin() == self.root.origin()).then_some(url)
    }

    /// Tries attachments again that were put off.
    fn catch_up(
        &self,
        client: &mut Client,
        position: &mut Position,
        count: usize,
        gathered: &mut Gathered,
    ) {
        let count = if self.attachments { count } else { 0 };
        let known = &mut position.known;
        position.put_off.again(count, gathered, |id, gathered| {
            let Some(content) = self.content(client, id, None)? else { return Ok(true) };
            self.attachment(client, &content, number_of(&content), known, gathered)
        });
    }

    /// A content with what it said before, or an attachment. `false` if the page is full
    /// before all of it was handed out.
    fn whole(
        &self,
        client: &mut Client,
        content: &Value,
        number: u64,
        known: &mut Known,
        gathered: &mut Gathered,
    ) -> Result<bool, Trouble> {
        if gathered.is_full() {
            return Ok(false);
        }
        if text_at(content, "/type").as_deref() == Some(attachment::KIND) {
            return self.attachment(client, content, number, known, gathered);
        }
        let id = text_at(content, "/id").unwrap_or_default();
        let text = self.text(content, number, client.clock().now());
        let before = self.before(client, &id, number, known, &mut gathered.gaps)?;
        [text].into_iter().chain(before).for_each(|text| gathered.add(text));
        Ok(true)
    }

    fn at(&self, parts: &[&str]) -> Result<Url, Trouble> {
        let mut url = self.root.clone();
        url.path_segments_mut()
            .map_err(|()| Trouble::Strange("an address that cannot be made".to_owned()))?
            .pop_if_empty()
            .extend(["rest", "api"])
            .extend(parts);
        Ok(url)
    }

    fn content(
        &self,
        client: &mut Client,
        id: &str,
        version: Option<u64>,
    ) -> Result<Option<Value>, Trouble> {
        let mut url = self.at(&["content", id])?;
        url.query_pairs_mut().append_pair("expand", EXPAND);
        if let Some(version) = version {
            url.query_pairs_mut()
                .append_pair("status", "historical")
                .append_pair("version", &version.to_string());
        }
        let answer = client.ask(&Ask::get(url.as_str())?.at_most(LARGEST))?;
        if !answer.is_ok() {
            return Ok(None);
        }
        json(&answer).map(Some)
    }

    fn text(&self, content: &Value, number: u64, now: i64) -> Text {
        let kind = text_at(content, "/type").unwrap_or_else(|| "page".to_owned());
        let id = fitting(&format!("{kind} {}", text_at(content, "/id").unwrap_or_default()));
        let title = text_at(content, "/title").unwrap_or_default();
        let body = text_at(content, "/body/storage/value").unwrap_or_default();
        let words = if title.is_empty() { body } else { format!("{title}\n{body}") };
        let changed = text_at(content, "/version/when");
        let shown = text_at(content, "/_links/webui").unwrap_or_default();
        Text {
            key: ItemKey { id: id.clone(), version: number.to_string() },
            place: RemotePlace {
                source: self.source.clone(),
                service: "confluence".to_owned(),
                item: id,
                url: self
                    .root
                    .join(shown.trim_start_matches('/'))
                    .map_or_else(|_| self.root.to_string(), |url| url.to_string()),
                path: None,
                author: text_at(content, "/version/by/displayName").map(|name| fitting(&name)),
                at: past(changed.as_deref().and_then(moment), now),
                is_public: Some(false),
            },
            bytes: words.into_bytes(),
        }
    }
}

/// The number of a content's version.
fn number_of(content: &Value) -> u64 {
    content.pointer("/version/number").and_then(Value::as_u64).unwrap_or(0)
}

/// The same address with another number of results.
fn limited(url: &Url, limit: usize) -> Url {
    let others = url.query_pairs().filter(|(name, _)| name != "limit");
    let others: Vec<_> =
        others.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair("limit", &limit.to_string());
    url
}

fn json(answer: &Answer) -> Result<Value, Trouble> {
    if answer.is_cut {
        return Err(Trouble::Strange("a page of the search is too large to be read".to_owned()));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|error| Trouble::Strange(format!("an answer that is no JSON: {error}")))
}

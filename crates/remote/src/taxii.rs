//! Threat intelligence by TAXII 2.1: the collections of one API root, whose STIX
//! objects become texts. Facts from the OASIS standard "TAXII Version 2.1"
//! (docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html): section 3.4 filtering
//! by `added_after`, 3.5 pagination by `limit`, `next` and `more`, 3.6 the headers
//! `X-TAXII-Date-Added-First` and `-Last`, 5.4 the objects of a collection, and the
//! media type `application/taxii+json;version=2.1`. Objects come in the order in
//! which they were added.

use leeward_model::RemotePlace;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::{
    client::{Ask, Client},
    item::{Cursor, Gap, Item, Next, Page, Service},
    service::{BadSetting, Opened, Sends, own},
    setting::Setting,
    stix,
    trouble::Trouble,
    words::{fitting, text_at},
};

const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";

/// Objects of one page; a server may hand out fewer.
const OBJECTS_A_PAGE: usize = 100;

/// The most bytes of an answer: a parsed one takes up to sixteen times as many.
const LARGEST: usize = 8 << 20;

/// The most collections of one API root that are looked at.
const MOST_COLLECTIONS: usize = 200;

/// What the service needs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    /// The API root, such as `https://cti.example/api1/`.
    url: String,
    /// The collections by id; all that may be read if it is not there.
    #[serde(default)]
    collections: Vec<String>,
    /// The user, if the credential is a password and not a bearer token.
    user: Option<String>,
}

/// Opens the collections of an API root.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let own: Own = own(setting)?;
    let root = crate::words::base(&own.url)
        .map_err(|why| BadSetting::new(setting, format!("`url`: {why}")))?;
    Ok(Opened {
        named: vec![root.host_str().unwrap_or_default().to_owned()],
        home: Some(root.clone()),
        rate: 1.0,
        every_seconds: 600,
        sends: own.user.map_or(Sends::Header("authorization", "Bearer "), Sends::Basic),
        service: Box::new(Taxii {
            source: setting.name.clone(),
            root,
            collections: own.collections,
        }),
    })
}

struct Taxii {
    source: String,
    root: Url,
    collections: Vec<String>,
}

/// Where it goes on: in each collection after the last object that was added.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Position {
    /// The collections of this look, in order; empty between looks.
    #[serde(default)]
    todo: Vec<String>,
    /// The first one's next page.
    next: Option<String>,
    /// Objects a page, if fewer than usual because they are large.
    limit: Option<usize>,
    /// By collection: the last `X-TAXII-Date-Added-Last`, word for word.
    #[serde(default)]
    after: std::collections::BTreeMap<String, String>,
}

impl Position {
    fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }
}

impl Service for Taxii {
    fn page(&mut self, client: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        let mut position: Position =
            from.and_then(|cursor| serde_json::from_str(&cursor.0).ok()).unwrap_or_default();
        let mut page = Page { items: vec![], gaps: vec![], next: Next::Later(position.cursor()) };
        if position.todo.is_empty() {
            position.todo = self.wanted(client, &mut page.gaps)?;
        }
        let Some(collection) = position.todo.first().cloned() else {
            page.next = Next::Later(position.cursor());
            return Ok(page);
        };
        self.objects(client, &collection, &mut position, &mut page)?;
        page.next = if position.todo.is_empty() {
            Next::Later(position.cursor())
        } else {
            Next::More(position.cursor())
        };
        Ok(page)
    }

    fn again(
        &mut self,
        client: &mut Client,
        place: &RemotePlace,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let Ok(url) = Url::parse(&place.url) else { return Ok(None) };
        if url.origin() != self.root.origin() {
            return Ok(None);
        }
        let answer = client.ask(&Ask::get(url.as_str())?.header("accept", MEDIA_TYPE))?;
        if answer.status == 404 {
            return Ok(None);
        }
        let envelope = json(&answer.body)?;
        let objects = envelope.pointer("/objects").and_then(Value::as_array);
        let found = objects.into_iter().flatten().find_map(|object| {
            let text = stix::text(object, &self.source, "taxii", None, i64::MAX)?;
            (text.key.id == place.item).then_some(text.bytes)
        });
        Ok(found)
    }
}

impl Taxii {
    fn wanted(&self, client: &mut Client, gaps: &mut Vec<Gap>) -> Result<Vec<String>, Trouble> {
        if !self.collections.is_empty() {
            return Ok(self.collections.clone());
        }
        let url = self.at(&["collections"])?;
        let answer = client.ask(&Ask::get(url.as_str())?.header("accept", MEDIA_TYPE))?;
        if !answer.is_ok() {
            return Err(refused("the list of collections", answer.status));
        }
        let list = json(&answer.body)?;
        let all = list.pointer("/collections").and_then(Value::as_array);
        let mut readable: Vec<String> = all
            .into_iter()
            .flatten()
            .filter(|one| one.pointer("/can_read") != Some(&Value::Bool(false)))
            .filter_map(|one| text_at(one, "/id"))
            .filter(|id| id.len() < 200)
            .collect();
        if readable.len() > MOST_COLLECTIONS {
            let why =
                format!("more than {MOST_COLLECTIONS}; name the ones you want in `collections`");
            gaps.push(Gap { what: "collections".to_owned(), why });
            readable.truncate(MOST_COLLECTIONS);
        }
        Ok(readable)
    }

    /// One page of the objects of a collection.
    fn objects(
        &self,
        client: &mut Client,
        collection: &str,
        position: &mut Position,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        let mut url = self.at(&["collections", collection, "objects"])?;
        let after = position.after.get(collection).cloned();
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("limit", &position.limit.unwrap_or(OBJECTS_A_PAGE).to_string());
            if let Some(after) = &after {
                query.append_pair("added_after", after);
            }
            if let Some(next) = &position.next {
                query.append_pair("next", next);
            }
        }
        let ask = Ask::get(url.as_str())?.header("accept", MEDIA_TYPE).at_most(LARGEST);
        let answer = client.ask(&ask)?;
        if position.next.is_some() && matches!(answer.status, 400 | 404) {
            // A `next` that the server knows no more: from the last time on, anew.
            position.next = None;
            return Ok(());
        }
        if matches!(answer.status, 403 | 404) {
            let why = format!(
                "status {}; look at `collections` and the rights of the credential",
                answer.status
            );
            page.gaps.push(Gap { what: fitting(collection), why });
            return Self::done(position);
        }
        if !answer.is_ok() {
            return Err(refused("the objects of a collection", answer.status));
        }
        if answer.is_cut {
            let why =
                "a page of objects is too large to be read; ask the provider for smaller ones";
            return Err(Trouble::Strange(why.to_owned()));
        }
        let envelope = json(&answer.body)?;
        let now = client.clock().now();
        let objects = envelope.pointer("/objects").and_then(Value::as_array);
        for object in objects.into_iter().flatten() {
            let link = text_at(object, "/id")
                .and_then(|id| self.at(&["collections", collection, "objects", &id]).ok());
            match stix::text(object, &self.source, "taxii", link.as_ref(), now) {
                Some(text) => page.items.push(Item::Text(text)),
                None => {
                    let what = text_at(object, "/id").unwrap_or_else(|| "an object".to_owned());
                    let why = "no STIX object that can be read".to_owned();
                    page.gaps.push(Gap { what: fitting(&what), why });
                }
            }
        }
        let has_more = envelope.pointer("/more") == Some(&Value::Bool(true));
        let next = text_at(&envelope, "/next").filter(|next| next.len() < 4096);
        let last = answer.header("x-taxii-date-added-last").map(fitting);
        match (has_more, next) {
            (false, _) => {
                // The server's own clock, word for word, but none that lies ahead of
                // ours: it would hide all that is added until then.
                if let Some(last) = last {
                    let at = crate::moment::moment(&last);
                    if at.is_some_and(|at| at <= now + A_DAY) {
                        position.after.insert(collection.to_owned(), last);
                    } else {
                        let why =
                            "its last time is none, or lies ahead: what was read is read again"
                                .to_owned();
                        page.gaps.push(Gap { what: fitting(collection), why });
                    }
                }
                Self::done(position)
            }
            (true, Some(next)) if position.next.as_ref() != Some(&next) => {
                position.next = Some(next);
                Ok(())
            }
            // Servers of the first drafts go on by time alone.
            (true, None) if last.is_some() && last != after => {
                position.next = None;
                position.after.insert(collection.to_owned(), last.unwrap_or_default());
                Ok(())
            }
            (true, _) => {
                let why = "says that there is more, and not where; the look ends here".to_owned();
                page.gaps.push(Gap { what: fitting(collection), why });
                Self::done(position)
            }
        }
    }

    /// The first collection is done with.
    fn done(position: &mut Position) -> Result<(), Trouble> {
        position.todo.remove(0);
        position.next = None;
        position.limit = None;
        Ok(())
    }

    fn at(&self, parts: &[&str]) -> Result<Url, Trouble> {
        let mut url = self.root.clone();
        let strange = || Trouble::Strange("an address that cannot be made".to_owned());
        url.path_segments_mut().map_err(|()| strange())?.pop_if_empty().extend(parts).push("");
        Ok(url)
    }
}

/// How far a server's clock may be ahead of ours.
const A_DAY: i64 = 86_400;

fn json(body: &[u8]) -> Result<Value, Trouble> {
    serde_json::from_slice(body)
        .map_err(|error| Trouble::Strange(format!("an answer that is no TAXII: {error}")))
}

fn refused(what: &str, status: u16) -> Trouble {
    let why = format!("{what}: status {status}; look at `url`, the API root, and the credential");
    Trouble::Refused(why)
}

//! Hugging Face: the models, datasets and Spaces of organisations and users as
//! repositories to clone, and their discussions and pull requests as texts.
//!
//! Facts: `GET /api/{models,datasets,spaces}?author=…` lists an owner's repositories
//! with `id` and the fields that `expand` names, and goes on by its `Link` header
//! (huggingface.co/docs/hub/api, and `list_models` of huggingface/huggingface_hub). `GET /api/{kind}/{id}/discussions?p=…` answers with
//! `discussions`, `count` and `start`, and `…/discussions/{num}` with `events`, of
//! which a `comment` holds its latest text at `data.latest.raw` and older ones in
//! `data.history` (huggingface/huggingface_hub, `src/huggingface_hub/hf_api.py` and
//! `community.py`). A model is cloned from `/{id}`, the others from `/datasets/{id}`
//! and `/spaces/{id}`.

use leeward_model::RemotePlace;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::{
    client::{Answer, Ask, Client},
    item::{Cursor, Gap, Item, ItemKey, Next, Page, Repository, Service, Text},
    known::{Known, print_of},
    moment::{moment, past},
    service::{BadSetting, Opened, Sends, own},
    setting::Setting,
    trouble::Trouble,
    words::{base, fitting, next_link, text_at, yes},
};

/// Repositories a page of the list.
const LIMIT: usize = 100;

/// Discussions that are read in one page of ours: each is a request.
const DISCUSSIONS_A_PAGE: usize = 20;

/// The most pages of discussions of one repository in a look.
const MOST_PAGES: u32 = 200;

/// The kinds of repository, and where they lie on the site.
const KINDS: &[(&str, &str)] = &[("models", ""), ("datasets", "datasets/"), ("spaces", "spaces/")];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    /// Organisations and users.
    owners: Vec<String>,
    /// Whether discussions are read too.
    #[serde(default = "yes")]
    discussions: bool,
    /// A Hub of one's own.
    url: Option<String>,
}

/// Opens the repositories of some owners.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let own: Own = own(setting)?;
    let bad = |why: &str| BadSetting::new(setting, why);
    if own.owners.is_empty() {
        return Err(bad("`owners` is empty; name an organisation or a user"));
    }
    let root = base(own.url.as_deref().unwrap_or("https://huggingface.co/"))
        .map_err(|why| bad(&format!("`url`: {why}")))?;
    Ok(Opened {
        named: vec![root.host_str().unwrap_or_default().to_owned()],
        home: Some(root.clone()),
        rate: 2.0,
        every_seconds: 600,
        sends: Sends::Header("authorization", "Bearer "),
        service: Box::new(HuggingFace {
            source: setting.name.clone(),
            root,
            owners: own.owners,
            discussions: own.discussions,
        }),
    })
}

struct HuggingFace {
    source: String,
    root: Url,
    owners: Vec<String>,
    discussions: bool,
}

/// Where it goes on: owner by owner and kind by kind, a page of repositories and then
/// the discussions of each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Position {
    #[serde(default)]
    known: Known,
    /// Which owner and kind: the one's number times three and the other's.
    #[serde(default)]
    list: usize,
    /// The list's next page.
    next: Option<String>,
    /// Repositories of which the discussions are to be read, as `models/acme/app`.
    #[serde(default)]
    todo: Vec<String>,
    /// The page of discussions of the first.
    #[serde(default)]
    page: u32,
}

impl Service for HuggingFace {
    fn page(&mut self, client: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        let mut position: Position =
            from.and_then(|cursor| serde_json::from_str(&cursor.0).ok()).unwrap_or_default();
        let mut page =
            Page { items: vec![], gaps: vec![], next: Next::Later(Cursor(String::new())) };
        if let Some(repository) = position.todo.first().cloned() {
            self.discussions(client, &repository, &mut position, &mut page)?;
        } else {
            self.repositories(client, &mut position, &mut page)?;
        }
        let is_over = position.todo.is_empty()
            && position.next.is_none()
            && position.list >= self.owners.len() * KINDS.len();
        if is_over {
            position.list = 0;
        }
        let cursor = Cursor(serde_json::to_string(&position).unwrap_or_default());
        page.next = if is_over { Next::Later(cursor) } else { Next::More(cursor) };
        Ok(page)
    }

    fn again(
        &mut self,
        client: &mut Client,
        place: &RemotePlace,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        // `models/acme/app discussion 3 comment ab12`
        let mut words = place.item.split(' ');
        let (Some(repository), Some(number)) = (words.next(), words.nth(1)) else {
            return Ok(None);
        };
        let answer =
            self.get(client, &self.at(&format!("api/{repository}/discussions/{number}"))?)?;
        if answer.status == 404 {
            return Ok(None);
        }
        let details = json(&answer, "a discussion")?;
        let texts = self.texts(repository, number, &details, i64::MAX);
        Ok(texts.into_iter().find(|text| text.key.id == place.item).map(|text| text.bytes))
    }
}

impl HuggingFace {
    /// One page of a list of repositories.
    fn repositories(
        &self,
        client: &mut Client,
        position: &mut Position,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        let (kind, path) = KINDS[position.list % KINDS.len()];
        let Some(owner) = self.owners.get(position.list / KINDS.len()) else {
            position.list = 0;
            return Ok(());
        };
        let url = match &position.next {
            Some(next) => {
                Url::parse(next).map_err(|_| Trouble::Strange("a lost page".to_owned()))?
            }
            None => {
                let mut url = self.at(&format!("api/{kind}"))?;
                url.query_pairs_mut()
                    .append_pair("author", owner)
                    .append_pair("limit", &LIMIT.to_string());
                // Not all there is: the names of files alone can be megabytes.
                for field in ["sha", "lastModified", "private", "disabled"] {
                    url.query_pairs_mut().append_pair("expand", field);
                }
                if kind != "spaces" {
                    url.query_pairs_mut().append_pair("expand", "gated");
                }
                url
            }
        };
        let answer = self.get(client, &url)?;
        if !answer.is_ok() {
            let why = format!("the {kind} of an owner: status {}", answer.status);
            return Err(Trouble::Refused(format!("{why}; look at `owners` and the token")));
        }
        let list = json(&answer, "a list of repositories")?;
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        for one in list.iter().take(10 * LIMIT) {
            let Some(id) = text_at(one, "/id").filter(|id| is_name(id)) else {
                page.gaps.push(gap(kind, "a repository without a name that can be asked for"));
                continue;
            };
            let version = text_at(one, "/sha").or_else(|| text_at(one, "/lastModified"));
            let version = fitting(&version.unwrap_or_default());
            let print = print_of(&[kind.as_bytes(), id.as_bytes(), version.as_bytes()]);
            let is_private = one.pointer("/private").and_then(Value::as_bool);
            if !position.known.has(print) {
                position.known.add(print);
                page.items.push(Item::Repository(Repository {
                    key: ItemKey { id: format!("{kind}/{id}"), version },
                    url: self.at(&format!("{path}{id}"))?.to_string(),
                    is_public: is_private.map(|is_private| !is_private),
                    needs_credential: is_private == Some(true)
                        || one.pointer("/gated").is_some_and(|gated| *gated != Value::Bool(false)),
                }));
            }
            if self.discussions && one.pointer("/disabled") != Some(&Value::Bool(true)) {
                position.todo.push(format!("{kind}/{id}"));
            }
        }
        let next = answer.header("link").and_then(next_link);
        let next = next.and_then(|next| url.join(next).ok());
        // A next page elsewhere, or this one again, is none.
        let next = next.filter(|next| next.origin() == self.root.origin() && *next != url);
        match next.filter(|_| !list.is_empty()) {
            Some(next) => position.next = Some(next.to_string()),
            None => {
                position.next = None;
                position.list += 1;
            }
        }
        Ok(())
    }

    /// What is new among the discussions of a repository.
    fn discussions(
        &self,
        client: &mut Client,
        repository: &str,
        position: &mut Position,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        let mut url = self.at(&format!("api/{repository}/discussions"))?;
        url.query_pairs_mut().append_pair("p", &position.page.to_string());
        let answer = self.get(client, &url)?;
        if !answer.is_ok() {
            // Owners may switch discussions off: that is no gap.
            if !matches!(answer.status, 403 | 404) {
                page.gaps.push(gap(repository, &format!("discussions: status {}", answer.status)));
            }
            return Self::next_repository(position);
        }
        let list = json(&answer, "a list of discussions")?;
        let all = list.pointer("/discussions").and_then(Value::as_array);
        let all = all.map(Vec::as_slice).unwrap_or_default();
        let mut read = 0;
        for one in all {
            let Some(number) = one.pointer("/num").and_then(Value::as_u64) else { continue };
            // Whatever changes in the list, such as its number of comments, is new.
            let print = print_of(&[repository.as_bytes(), one.to_string().as_bytes()]);
            if position.known.has(print) {
                continue;
            }
            if read >= DISCUSSIONS_A_PAGE {
                return Ok(());
            }
            let number = number.to_string();
            let one = self.at(&format!("api/{repository}/discussions/{number}"))?;
            match self.get(client, &one) {
                Ok(answer) if answer.is_ok() => {
                    let details = json(&answer, "a discussion")?;
                    let texts = self.texts(repository, &number, &details, client.clock().now());
                    page.items.extend(texts.into_iter().map(Item::Text));
                }
                Ok(answer) => {
                    let what = format!("{repository} discussion {number}");
                    page.gaps.push(gap(&what, &format!("status {}", answer.status)));
                }
                Err(_) if read > 0 => return Ok(()),
                Err(trouble) => return Err(trouble),
            }
            position.known.add(print);
            read += 1;
        }
        let count = list.pointer("/count").and_then(Value::as_u64).unwrap_or(0);
        let start = list.pointer("/start").and_then(Value::as_u64).unwrap_or(0);
        position.page += 1;
        if all.is_empty() || start + all.len() as u64 >= count || position.page >= MOST_PAGES {
            return Self::next_repository(position);
        }
        Ok(())
    }

    fn next_repository(position: &mut Position) -> Result<(), Trouble> {
        position.todo.remove(0);
        position.page = 0;
        Ok(())
    }

    /// The texts of a discussion: its comments, and what they said before.
    fn texts(&self, repository: &str, number: &str, details: &Value, now: i64) -> Vec<Text> {
        let title = text_at(details, "/title").unwrap_or_default();
        let is_private = details.pointer("/repo/private").and_then(Value::as_bool);
        let events = details.pointer("/events").and_then(Value::as_array);
        let mut texts = Vec::new();
        for (index, event) in events.into_iter().flatten().enumerate() {
            if text_at(event, "/type").as_deref() != Some("comment") {
                continue;
            }
            let mut words = if index == 0 { format!("{title}\n") } else { String::new() };
            words += &text_at(event, "/data/latest/raw").unwrap_or_default();
            let before = event.pointer("/data/history").and_then(Value::as_array);
            for old in before.into_iter().flatten().filter_map(|old| text_at(old, "/raw")) {
                words.push('\n');
                words.push_str(&old);
            }
            let id = text_at(event, "/id").unwrap_or_else(|| index.to_string());
            let id = fitting(&format!("{repository} discussion {number} comment {id}"));
            let changed = text_at(event, "/data/latest/updatedAt")
                .or_else(|| text_at(event, "/createdAt"))
                .unwrap_or_default();
            let site = repository.strip_prefix("models/").unwrap_or(repository);
            texts.push(Text {
                key: ItemKey { id: id.clone(), version: fitting(&changed) },
                place: RemotePlace {
                    source: self.source.clone(),
                    service: "huggingface".to_owned(),
                    item: id,
                    url: self
                        .at(&format!("{site}/discussions/{number}"))
                        .map_or_else(|_| String::new(), |url| url.to_string()),
                    path: None,
                    author: text_at(event, "/author/name").map(|name| fitting(&name)),
                    at: past(moment(&changed), now),
                    is_public: is_private.map(|is_private| !is_private),
                },
                bytes: words.into_bytes(),
            });
        }
        texts
    }

    fn get(&self, client: &mut Client, url: &Url) -> Result<Answer, Trouble> {
        client.ask(&Ask::get(url.as_str())?)
    }

    fn at(&self, path: &str) -> Result<Url, Trouble> {
        self.root
            .join(path)
            .map_err(|_| Trouble::Strange("a name that makes no address".to_owned()))
    }
}

/// Whether a name of a repository is one: a name from an answer becomes a part of an
/// address.
fn is_name(id: &str) -> bool {
    id.len() <= 200
        && id.split('/').count() <= 2
        && id.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        })
}

fn json(answer: &Answer, what: &str) -> Result<Value, Trouble> {
    if answer.is_cut {
        return Err(Trouble::Strange(format!("{what} is too large to be read")));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|error| Trouble::Strange(format!("{what} is no JSON: {error}")))
}

fn gap(what: &str, why: &str) -> Gap {
    Gap { what: fitting(what), why: why.to_owned() }
}

//! Jira: issues and their comments, in the order in which they were changed. Cloud is
//! read by version 3 of its interface, whose texts are documents (ADF), Server and
//! Data Center by version 2, whose texts are plain.
//!
//! Facts: Cloud's `GET /rest/api/3/search/jql` wants a bounded query and goes on by
//! `nextPageToken` (developer.atlassian.com/cloud/jira/platform/rest/v3, "Issue
//! search"); Server's `GET /rest/api/2/search` goes on by `startAt`. JQL compares
//! `updated` by the minute, in the time zone of the user who asks, and answers write
//! times in that zone too: so the bound is the local part of the last time seen.
//! `fields.comment` holds some comments and their `total`; all are at
//! `…/issue/{key}/comment`.

mod adf;
mod attachment;
mod comment;
mod position;

use adf::plain;
use leeward_model::RemotePlace;
use position::{Position, minute};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::{
    attached::Gathered,
    client::{Answer, Ask, Client},
    item::{Cursor, Gap, ItemKey, Next, Page, Service, Text},
    known::{Known, print_of},
    moment::{moment, past},
    put_off::Stuck,
    service::{BadSetting, Opened, Sends, own},
    setting::Setting,
    trouble::Trouble,
    words::{base, fitting, text_at, yes},
};

/// Issues a page.
const LIMIT: usize = 50;

/// The most bytes of a page of issues: a parsed one takes up to sixteen times as many.
const LARGEST: usize = 8 << 20;

/// Where a source without `since` begins; Cloud refuses a query without a bound.
const BEGINNING: &str = "2000-01-01 00:00";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    /// Such as `https://acme.atlassian.net` or `https://jira.acme.example`.
    url: String,
    /// Keys of projects; all if there is none.
    #[serde(default)]
    projects: Vec<String>,
    /// More conditions in JQL, without `ORDER BY`.
    jql: Option<String>,
    /// Whether it is Cloud; told by its host otherwise.
    cloud: Option<bool>,
    /// The user's address, for Cloud's tokens; a bearer token otherwise.
    user: Option<String>,
    /// Whether attachments are read.
    #[serde(default = "yes")]
    attachments: bool,
}

/// Opens the issues of a site.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let own: Own = own(setting)?;
    let bad = |why: String| BadSetting::new(setting, why);
    let mut root = base(&own.url).map_err(|why| bad(format!("`url`: {why}")))?;
    if !root.path().ends_with('/') {
        root.set_path(&format!("{}/", root.path()));
    }
    let host = root.host_str().unwrap_or_default().to_owned();
    let is_cloud = own.cloud.unwrap_or(host.ends_with(".atlassian.net"));
    if let Some(project) = own.projects.iter().find(|project| !is_key(project)) {
        return Err(bad(format!("`projects`: `{project}` is no key of a project, such as `APP`")));
    }
    if own.jql.as_deref().is_some_and(|jql| jql.to_ascii_lowercase().contains("order by")) {
        return Err(bad("`jql`: without `ORDER BY`; issues come as they were changed".to_owned()));
    }
    let mut conditions = Vec::new();
    if !own.projects.is_empty() {
        let names: Vec<String> = own.projects.iter().map(|name| format!("\"{name}\"")).collect();
        conditions.push(format!("project in ({})", names.join(", ")));
    }
    conditions.extend(own.jql.map(|jql| format!("({jql})")));
    Ok(Opened {
        named: vec![host],
        home: Some(root.clone()),
        rate: 2.0,
        every_seconds: 120,
        sends: own.user.map_or(Sends::Header("authorization", "Bearer "), Sends::Basic),
        service: Box::new(Jira {
            source: setting.name.clone(),
            root,
            is_cloud,
            conditions,
            attachments: own.attachments,
            stuck: Stuck::default(),
        }),
    })
}

fn is_key(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

struct Jira {
    source: String,
    root: Url,
    is_cloud: bool,
    conditions: Vec<String>,
    attachments: bool,
    stuck: Stuck,
}

impl Service for Jira {
    fn page(&mut self, client: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        let mut position = Position::new(from, self.attachments);
        let ask = Ask::get(self.query(&position)?.as_str())?.at_most(LARGEST);
        let answer = client.ask(&ask)?;
        if answer.status == 400 && position.token.is_some() {
            // A token that has expired: the query goes on from its bound.
            position.token = None;
            return Ok(Gathered::default().page(Next::More(position.cursor())));
        }
        if !answer.is_ok() {
            let why = format!("the search answers with status {}", answer.status);
            let next = "look at `url`, `projects`, `jql` and the rights of the token";
            return Err(Trouble::Refused(format!("{why}; {next}")));
        }
        let limit = position.limit.unwrap_or(LIMIT);
        if answer.is_cut && limit > 1 {
            position.limit = Some(limit / 2);
            return Ok(Gathered::default().page(Next::More(position.cursor())));
        }
        let found = json(&answer)?;
        let issues = found.pointer("/issues").and_then(Value::as_array);
        let issues = issues.map(Vec::as_slice).unwrap_or_default();
        let put_off = position.put_off.len();
        let skip = self.stuck.skip(&position.put_off);
        let mut gathered = Gathered::skipping(skip);
        for issue in issues {
            let key = text_at(issue, "/key").unwrap_or_default();
            let updated = text_at(issue, "/fields/updated").unwrap_or_default();
            let print = print_of(&[key.as_bytes(), updated.as_bytes()]);
            if position.known.has(print) {
                continue;
            }
            let attached = &mut position.attached;
            match self.whole(client, &key, &updated, issue, attached, &mut gathered) {
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
                position.put_off.add(&key);
            }
            position.known.add(print);
            gathered.is_ahead = true;
        }
        let token = text_at(&found, "/nextPageToken");
        let total = found.pointer("/total").and_then(Value::as_u64).unwrap_or(0);
        let has_more = if self.is_cloud {
            token.is_some() && found.pointer("/isLast") != Some(&Value::Bool(true))
        } else {
            ((position.start + issues.len()) as u64) < total
        };
        let now = client.clock().now();
        let updated = issues.last().and_then(|issue| text_at(issue, "/fields/updated"));
        let last = updated.as_deref().filter(|at| moment(at).is_some_and(|at| at <= now + A_DAY));
        let last = last.and_then(minute);
        let is_over = !has_more || issues.is_empty();
        position.advance(last, token, issues.len(), is_over);
        if is_over && self.attachments {
            let attached = &mut position.attached;
            position.put_off.again(put_off, &mut gathered, |key, gathered| {
                let Some(issue) = self.files(client, key)? else { return Ok(true) };
                let mut gaps = Vec::new();
                let is_whole =
                    self.attachments(client, key, &issue, attached, gathered, &mut gaps)?;
                gathered.gaps.append(&mut gaps);
                Ok(is_whole)
            });
        }
        let cursor = position.cursor();
        Ok(gathered.page(if is_over { Next::Later(cursor) } else { Next::More(cursor) }))
    }

    fn again(
        &mut self,
        client: &mut Client,
        place: &RemotePlace,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        if let Some((key, id)) = place.item.split_once(attachment::BETWEEN) {
            return self.attachment_again(client, key, id);
        }
        let key = place.item.split(' ').next().unwrap_or_default();
        let answer = client.ask(&Ask::get(self.at(&["issue", key])?.as_str())?)?;
        if answer.status == 404 {
            return Ok(None);
        }
        let issue = json(&answer)?;
        let updated = text_at(&issue, "/fields/updated").unwrap_or_default();
        let texts = self.issue(client, key, &updated, &issue, &mut Vec::new())?;
        Ok(texts.into_iter().find(|text| text.key.id == place.item).map(|text| text.bytes))
    }
}

/// How far a site's clock may be ahead of ours.
const A_DAY: i64 = 86_400;

impl Jira {
    fn query(&self, position: &Position) -> Result<Url, Trouble> {
        let since = position.since.as_deref().unwrap_or(BEGINNING);
        let mut conditions = self.conditions.clone();
        conditions.push(format!("updated >= \"{since}\""));
        let jql = format!("{} ORDER BY updated ASC, key ASC", conditions.join(" AND "));
        let mut url = self.at(if self.is_cloud { &["search", "jql"] } else { &["search"] })?;
        let mut query = url.query_pairs_mut();
        query.append_pair("jql", &jql).append_pair("fields", "*all");
        query.append_pair("maxResults", &position.limit.unwrap_or(LIMIT).to_string());
        if self.is_cloud {
            if let Some(token) = &position.token {
                query.append_pair("nextPageToken", token);
            }
        } else {
            query.append_pair("startAt", &position.start.to_string());
        }
        drop(query);
        Ok(url)
    }

    fn at(&self, parts: &[&str]) -> Result<Url, Trouble> {
        let version = if self.is_cloud { "3" } else { "2" };
        self.under(&[&["rest", "api", version], parts].concat())
    }

    fn under(&self, parts: &[&str]) -> Result<Url, Trouble> {
        let mut url = self.root.clone();
        url.path_segments_mut()
            .map_err(|()| Trouble::Strange("an address that cannot be made".to_owned()))?
            .pop_if_empty()
            .extend(parts);
        Ok(url)
    }

    /// An issue with its comments and attachments. `false` if the page is full before
    /// all of it was handed out.
    fn whole(
        &self,
        client: &mut Client,
        key: &str,
        updated: &str,
        issue: &Value,
        attached: &mut Known,
        gathered: &mut Gathered,
    ) -> Result<bool, Trouble> {
        if gathered.is_full() {
            return Ok(false);
        }
        let mut gaps = Vec::new();
        let texts = self.issue(client, key, updated, issue, &mut gaps)?;
        if !self.attachments(client, key, issue, attached, gathered, &mut gaps)? {
            return Ok(false);
        }
        texts.into_iter().for_each(|text| gathered.add(text));
        gathered.gaps.append(&mut gaps);
        Ok(true)
    }

    /// An issue and its comments.
    fn issue(
        &self,
        client: &mut Client,
        key: &str,
        updated: &str,
        issue: &Value,
        gaps: &mut Vec<Gap>,
    ) -> Result<Vec<Text>, Trouble> {
        let now = client.clock().now();
        let mut words = String::new();
        let fields = issue.pointer("/fields").and_then(Value::as_object);
        for (name, value) in fields.into_iter().flatten() {
            let is_text = matches!(name.as_str(), "summary" | "description" | "environment")
                || name.starts_with("customfield_");
            if is_text {
                plain(value, &mut words);
            }
        }
        let author = text_at(issue, "/fields/creator/displayName");
        let mut texts = vec![self.text(key.to_owned(), key, updated, author, words, now)];
        let given = issue.pointer("/fields/comment/comments").and_then(Value::as_array);
        let mut comments = given.cloned().unwrap_or_default();
        let total = issue.pointer("/fields/comment/total").and_then(Value::as_u64).unwrap_or(0);
        if total > comments.len() as u64 {
            comments = self.comments(client, key, gaps)?;
        }
        for comment in &comments {
            let id = text_at(comment, "/id").unwrap_or_default();
            let changed = text_at(comment, "/updated").or_else(|| text_at(comment, "/created"));
            let mut words = String::new();
            plain(comment.pointer("/body").unwrap_or(&Value::Null), &mut words);
            let author = text_at(comment, "/author/displayName");
            let item = format!("{key} comment {id}");
            texts.push(self.text(item, key, &changed.unwrap_or_default(), author, words, now));
        }
        texts.retain(|text| !text.bytes.is_empty());
        Ok(texts)
    }

    fn text(
        &self,
        id: String,
        key: &str,
        version: &str,
        author: Option<String>,
        words: String,
        now: i64,
    ) -> Text {
        let id = fitting(&id);
        Text {
            key: ItemKey { id: id.clone(), version: fitting(version) },
            place: RemotePlace {
                item: id,
                author: author.map(|author| fitting(&author)),
                at: past(moment(version), now),
                ..self.place(key)
            },
            bytes: words.into_bytes(),
        }
    }

    /// Where something of an issue lies.
    fn place(&self, key: &str) -> RemotePlace {
        RemotePlace {
            source: self.source.clone(),
            service: "jira".to_owned(),
            item: String::new(),
            url: self
                .root
                .join(&format!("browse/{key}"))
                .map_or_else(|_| self.root.to_string(), |url| url.to_string()),
            path: None,
            author: None,
            at: None,
            is_public: Some(false),
        }
    }
}

fn json(answer: &Answer) -> Result<Value, Trouble> {
    if answer.is_cut {
        return Err(Trouble::Strange("a page of issues is too large to be read".to_owned()));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|error| Trouble::Strange(format!("an answer that is no JSON: {error}")))
}

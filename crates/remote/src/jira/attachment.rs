//! The attachments of an issue. One never changes: a file that is uploaded again is
//! another attachment, so that one which was handed out is not asked for again while
//! its issue changes.
//!
//! Facts: `fields.attachment` has `id`, `filename`, `author`, `created`, `size`,
//! `mimeType` and `content`, its address. Cloud hands the bytes out at
//! `GET /rest/api/3/attachment/content/{id}`, with `redirect=false` by itself and
//! otherwise by a redirect to its media host
//! (developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-attachments).
//! Server and Data Center have no such question (docs.atlassian.com/software/jira/docs/
//! api/REST/8.5.0/#api/2/attachment): theirs lie at `/secure/attachment/{id}/{filename}`,
//! where the id tells which and the name may be any
//! (community.developer.atlassian.com/t/jwt-token-to-download-attachments/4072). So the
//! address is made from the id, and `content`, which may name any host, is not read.

use leeward_model::RemotePlace;
use serde_json::Value;
use url::Url;

use super::{Jira, json};
use crate::{
    attached::{Attachment, Fetched, Gathered, MOST_ATTACHMENTS, MOST_BYTES},
    client::{Ask, Client},
    item::Gap,
    known::{Known, print_of},
    moment::{moment, past},
    put_off::PUT_OFF,
    trouble::Trouble,
    words::{fitting, text_at},
};

/// What stands between an issue's key and an attachment's id in the id of an item.
pub(super) const BETWEEN: &str = " attachment ";

impl Jira {
    /// Hands out the attachments of an issue that were not. `false` if the page is full
    /// before all were; `gaps` takes what is told when they are.
    pub(super) fn attachments(
        &self,
        client: &mut Client,
        key: &str,
        issue: &Value,
        attached: &mut Known,
        gathered: &mut Gathered,
        gaps: &mut Vec<Gap>,
    ) -> Result<bool, Trouble> {
        let all = issue.pointer("/fields/attachment").and_then(Value::as_array);
        let all = all.map(Vec::as_slice).unwrap_or_default();
        let holder = self.at(&["issue", key])?;
        let mut total = 0;
        for one in all.iter().take(MOST_ATTACHMENTS) {
            let (id, file) = read(one);
            let mut gap = |why: String| {
                gaps.push(Gap { what: fitting(&format!("{key}: {}", file.name)), why });
            };
            if !self.attachments {
                gap("attachments are not read; set `attachments` to read them".to_owned());
                continue;
            }
            if let Some(why) = file.unread() {
                gap(why);
                continue;
            }
            let size = file.size.unwrap_or(0);
            if total + size > MOST_BYTES {
                gap(format!("the attachments before it have {} MiB", MOST_BYTES >> 20));
                continue;
            }
            total += size;
            let created = text_at(one, "/created").unwrap_or_default();
            let print = print_of(&[id.as_bytes(), created.as_bytes()]);
            if attached.has(print) {
                continue;
            }
            if gathered.skips(print) {
                gap(PUT_OFF.to_owned());
                continue;
            }
            if gathered.is_full() {
                return Ok(false);
            }
            let from = self.content(&id, &file.name)?;
            let fetched = file.fetch(client, &from, &holder);
            match fetched.inspect_err(|_| gathered.failed = Some(print))? {
                Fetched::Here(bytes, flaw) => {
                    let length = bytes.len() as u64;
                    total += length.saturating_sub(size);
                    let author = text_at(one, "/author/displayName");
                    let place = RemotePlace {
                        author: author.map(|author| fitting(&author)),
                        at: past(moment(&created), client.clock().now()),
                        ..self.place(key)
                    };
                    let item = format!("{key}{BETWEEN}{id}");
                    gathered.attach(&item, &created, place, &file, (bytes, flaw));
                    attached.add(print);
                }
                Fetched::Missing(why) | Fetched::Refused(why) => gap(why),
            }
        }
        if let Some(rest) = all.len().checked_sub(MOST_ATTACHMENTS).filter(|rest| *rest > 0) {
            let why = format!("{rest} attachments more than the {MOST_ATTACHMENTS} that are read");
            gaps.push(Gap { what: fitting(key), why });
        }
        Ok(true)
    }

    /// An attachment again, if its issue still has it.
    pub(super) fn attachment_again(
        &self,
        client: &mut Client,
        key: &str,
        id: &str,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let Some(issue) = self.files(client, key)? else { return Ok(None) };
        let all = issue.pointer("/fields/attachment").and_then(Value::as_array);
        let one = all.into_iter().flatten().map(read).find(|(found, _)| found == id);
        let Some((id, file)) = one else { return Ok(None) };
        let from = self.content(&id, &file.name)?;
        file.fetch(client, &from, &self.at(&["issue", key])?)?.again()
    }

    /// An issue with nothing but its attachments, if it is there.
    pub(super) fn files(&self, client: &mut Client, key: &str) -> Result<Option<Value>, Trouble> {
        let mut url = self.at(&["issue", key])?;
        url.query_pairs_mut().append_pair("fields", "attachment");
        let answer = client.ask(&Ask::get(url.as_str())?)?;
        match answer.status {
            200..=299 => json(&answer).map(Some),
            404 | 410 => Ok(None),
            status => Err(Trouble::Strange(format!("the issue: status {status}"))),
        }
    }

    /// Where the bytes of an attachment are.
    fn content(&self, id: &str, name: &str) -> Result<Url, Trouble> {
        if self.is_cloud {
            let mut url = self.at(&["attachment", "content", id])?;
            url.query_pairs_mut().append_pair("redirect", "false");
            return Ok(url);
        }
        // Servers refuse slashes in a name, encoded or not.
        let name = name.replace(['/', '\\', ';', '%'], "_");
        let name = if name.trim_matches('.').is_empty() { "file" } else { &name };
        self.under(&["secure", "attachment", id, name])
    }
}

/// The id of an attachment, and what is said of it.
fn read(one: &Value) -> (String, Attachment) {
    let mut file = Attachment::new(one, "/filename", "/size", "/mimeType");
    let id = text_at(one, "/id").unwrap_or_default();
    if file.name.is_empty() {
        file.name = format!("attachment {id}");
    }
    (id, file)
}

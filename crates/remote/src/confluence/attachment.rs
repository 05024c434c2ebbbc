//! The attachments of a wiki. Each is a content of its own, which the search finds by
//! its own last change: a page stays as it is when a file is added to it.
//!
//! Facts: CQL knows `type = attachment` (developer.atlassian.com/confdev/
//! confluence-server-rest-api/advanced-searching-using-cql/cql-field-reference, under
//! "Container"; developer.atlassian.com/cloud/confluence/cql-fields). An attachment has its name in
//! `title`, `extensions.mediaType` and `extensions.fileSize`, and expands `container`,
//! what it hangs on. Cloud hands the bytes out at `GET
//! /rest/api/content/{id}/child/attachment/{attachmentId}/download`, by a redirect to
//! its media host and of an older version with `version={n}`
//! (developer.atlassian.com/cloud/confluence/rest/v1/api-group-content---attachments);
//! `_links.download` is the browser's there, and answers tokens with 401
//! (github.com/pchuri/confluence-cli/issues/198). Data Center has no such question
//! (jira.atlassian.com/browse/CONFSERVER-94115): its bytes are at `_links.download`,
//! which is relative to `_links.base` (CONFCLOUD-74412), with the version in the query.

use leeward_model::RemotePlace;
use serde_json::Value;
use url::Url;

use super::{Confluence, version::MOST_VERSIONS};
use crate::{
    attached::{Attachment, Fetched, Gathered, MOST_BYTES},
    client::Client,
    known::{Known, print_of},
    put_off::PUT_OFF,
    trouble::Trouble,
    words::text_at,
};

/// What the id of an attachment's item begins with.
pub(super) const KIND: &str = "attachment";

impl Confluence {
    /// Hands out an attachment, and the versions before it if they are wanted. `false`
    /// if the page is full before all was.
    pub(super) fn attachment(
        &self,
        client: &mut Client,
        content: &Value,
        number: u64,
        known: &mut Known,
        gathered: &mut Gathered,
    ) -> Result<bool, Trouble> {
        let id = text_at(content, "/id").unwrap_or_default();
        let file = read(content);
        let item = format!("{KIND} {id}");
        let what = format!("{item}: {}", file.name);
        if let Some(why) = file.shows() {
            gathered.gap(&what, why.to_owned());
            return Ok(true);
        }
        let now = client.clock().now();
        let place = self.text(content, number, now).place;
        let first = if self.versions { number.min(1) } else { number };
        let (mut total, mut gaps) = (0, Vec::new());
        for (count, version) in (first..=number).rev().enumerate() {
            let is_last = version == number;
            if !is_last && known.has(print_of(&[id.as_bytes(), &version.to_le_bytes()])) {
                break;
            }
            if count as u64 > MOST_VERSIONS || total >= MOST_BYTES {
                gaps.push((what.clone(), format!("versions up to {version} were left out")));
                break;
            }
            // The last one's size is told, the others' are not.
            let file = if is_last { file.clone() } else { unsized_of(&file) };
            if let Some(why) = file.unread() {
                gaps.push((what.clone(), why));
                continue;
            }
            let print = print_of(&[b"version", id.as_bytes(), &version.to_le_bytes()]);
            if known.has(print) {
                total += file.size.unwrap_or(0);
                continue;
            }
            if gathered.skips(print) {
                gaps.push((what.clone(), PUT_OFF.to_owned()));
                continue;
            }
            if gathered.is_full() {
                return Ok(false);
            }
            let older = (!is_last).then_some(version);
            let (what, item, place) = match older {
                None => (what.clone(), item.clone(), place.clone()),
                // Who wrote it, and when, is told of the last one alone.
                Some(_) => (
                    format!("{item} version {version}: {}", file.name),
                    format!("{item} version {version}"),
                    RemotePlace { author: None, at: None, ..place.clone() },
                ),
            };
            let Some(from) = self.download(content, older)? else {
                let why = "its address is at another place, and was not asked for; check `url`";
                gaps.push((what, why.to_owned()));
                continue;
            };
            let fetched = file.fetch(client, &from, &self.at(&["content", &id])?);
            match fetched.inspect_err(|_| gathered.failed = Some(print))? {
                Fetched::Here(bytes, flaw) => {
                    total += bytes.len() as u64;
                    let version = version.to_string();
                    gathered.attach(&item, &version, place, &file, (bytes, flaw));
                    known.add(print);
                }
                Fetched::Missing(why) | Fetched::Refused(why) => gaps.push((what, why)),
            }
        }
        gaps.into_iter().for_each(|(what, why)| gathered.gap(&what, why));
        Ok(true)
    }

    /// An attachment again, in the version that is asked for.
    pub(super) fn attachment_again(
        &self,
        client: &mut Client,
        id: &str,
        version: Option<u64>,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let Some(content) = self.content(client, id, None)? else { return Ok(None) };
        let strange = || Trouble::Strange("an attachment at another place".to_owned());
        let from = self.download(&content, version)?.ok_or_else(strange)?;
        let file = read(&content);
        let file = if version.is_some() { unsized_of(&file) } else { file };
        file.fetch(client, &from, &self.at(&["content", id])?)?.again()
    }

    /// Where the bytes of an attachment are: on the site, or nowhere.
    fn download(&self, content: &Value, version: Option<u64>) -> Result<Option<Url>, Trouble> {
        let link = text_at(content, "/_links/download").unwrap_or_default();
        if self.is_cloud {
            let id = text_at(content, "/id").unwrap_or_default();
            let within = |link: &str| {
                let (_, rest) = link.split_once("/attachments/")?;
                Some(rest.split('/').next()?.to_owned())
            };
            let holder = text_at(content, "/container/id").or_else(|| within(&link));
            let Some(holder) = holder else { return Ok(None) };
            let mut url = self.at(&["content", &holder, "child", "attachment", &id, "download"])?;
            if let Some(version) = version {
                url.query_pairs_mut().append_pair("version", &version.to_string());
            }
            return Ok(Some(url));
        }
        let Some(mut url) = self.on_site(&link) else { return Ok(None) };
        if !url.path().starts_with(&format!("{}download/", self.root.path())) {
            return Ok(None);
        }
        if let Some(version) = version {
            let version = version.to_string();
            url.query_pairs_mut().clear().append_pair("version", &version).append_pair("api", "v2");
        }
        Ok(Some(url))
    }
}

/// What is said of an attachment.
fn read(content: &Value) -> Attachment {
    let mut file =
        Attachment::new(content, "/title", "/extensions/fileSize", "/extensions/mediaType");
    if file.media.is_empty() {
        file.media = text_at(content, "/metadata/mediaType").unwrap_or_default();
    }
    file
}

/// The same of a version whose size nobody tells.
fn unsized_of(file: &Attachment) -> Attachment {
    Attachment { size: None, ..file.clone() }
}

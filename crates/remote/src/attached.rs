//! Files that hang on an issue or a page: which of them are read, and their bytes. Where
//! one lies is its service's to say, and what is in it that of whoever looks through it.
//!
//! A download may lead to another host, as Atlassian's Cloud leads to its media host
//! with a link that is signed: it is followed without the credential. A service that
//! wants people to sign in may answer a download with the page where they do
//! (github.com/sooperset/mcp-atlassian/issues/1634), which is no attachment.

use leeward_model::RemotePlace;
use serde_json::Value;
use url::Url;

use crate::{
    client::{Ask, Client},
    item::{Gap, Item, ItemKey, Next, Page, Text},
    media,
    text::LARGEST_FILE,
    trouble::Trouble,
    words::{fitting, text_at},
};

/// The most bytes of all attachments of one issue, or of all versions of one
/// attachment: one that is a heap of dumps is not to hold up the others.
pub(crate) const MOST_BYTES: u64 = 128 << 20;

/// The most attachments of one issue: fewer than a cursor remembers, so that what was
/// handed out is not asked for again while the rest is.
pub(crate) const MOST_ATTACHMENTS: usize = 1000;

/// Bytes of a page of ours after which it ends early: all of it is in memory while it
/// is looked through, with one more file at most.
const FULL: usize = 64 << 20;

/// What is said of an attachment before its bytes are at hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attachment {
    /// The name of the file.
    pub(crate) name: String,
    /// How many bytes it has.
    pub(crate) size: Option<u64>,
    /// Its media type.
    pub(crate) media: String,
}

/// What came of asking for one.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// Its bytes, and what is wrong with them.
    Here(Vec<u8>, Option<String>),
    /// It is not there any more, in words.
    Missing(String),
    /// It may not be read, or not in this way.
    Refused(String),
}

impl Attachment {
    /// As a service writes it, by the pointers to name, size and media type.
    pub(crate) fn new(value: &Value, name: &str, size: &str, media: &str) -> Self {
        Self {
            name: text_at(value, name).unwrap_or_default(),
            size: text_at(value, size).and_then(|size| size.parse().ok()),
            media: text_at(value, media).unwrap_or_default().trim().to_ascii_lowercase(),
        }
    }

    /// Why it is not read whatever its size, if it shows something.
    pub(crate) fn shows(&self) -> Option<&'static str> {
        media::shows(&self.name, &self.media)
    }

    /// Why it is not asked for at all.
    pub(crate) fn unread(&self) -> Option<String> {
        if let Some(why) = self.shows() {
            return Some(why.to_owned());
        }
        let size = self.size.filter(|size| *size > LARGEST_FILE as u64)?;
        let most = LARGEST_FILE >> 20;
        Some(format!("{size} bytes are more than the {most} MiB that are read of one"))
    }

    /// Asks for its bytes at an address of the source's own; `holder` is what it hangs
    /// on, which was read before.
    ///
    /// # Errors
    /// Limits, outages and a credential that is refused: the same is asked for again.
    pub(crate) fn fetch(
        &self,
        client: &mut Client,
        from: &Url,
        holder: &Url,
    ) -> Result<Fetched, Trouble> {
        let ask = Ask::get(from.as_str())?.at_most(LARGEST_FILE);
        let answer = match client.ask_on(&ask, true) {
            Ok(answer) => answer,
            // Where it leads makes no sense; the others are not to wait for it.
            Err(Trouble::Strange(why)) => return Ok(Fetched::Refused(why)),
            Err(Trouble::Refused(why)) => {
                // Of this file alone, if what it hangs on may still be read.
                client.ask(&Ask::get(holder.as_str())?)?;
                return Ok(Fetched::Refused(format!("status 401: {why}")));
            }
            Err(trouble) => return Err(trouble),
        };
        match answer.status {
            200..=299 => {}
            404 | 410 => {
                let why = format!("status {}: not there, or not for the credential", answer.status);
                return Ok(Fetched::Missing(why));
            }
            status => return Ok(Fetched::Refused(format!("status {status}"))),
        }
        let length = answer.body.len() as u64;
        let differs = self.size.is_some_and(|size| size != length);
        let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let is_page = kind.starts_with("text/html");
        if is_page && (differs || (self.size.is_none() && !self.media.contains("html"))) {
            let why = "a page came instead, where people sign in perhaps; \
                       check the rights of the credential";
            return Ok(Fetched::Refused(why.to_owned()));
        }
        let flaw = match self.size {
            _ if answer.is_cut => {
                Some(format!("only its first {} MiB were looked at", LARGEST_FILE >> 20))
            }
            Some(size) if differs => Some(format!("{length} bytes came instead of {size}")),
            _ => None,
        };
        Ok(Fetched::Here(answer.body, flaw))
    }
}

impl Fetched {
    /// The bytes of what is read again; `None` if it is there no more.
    pub(crate) fn again(self) -> Result<Option<Vec<u8>>, Trouble> {
        match self {
            Self::Here(bytes, _) => Ok(Some(bytes)),
            Self::Missing(_) => Ok(None),
            Self::Refused(why) => Err(Trouble::Strange(why)),
        }
    }
}

/// What a page has so far.
#[derive(Default)]
pub(crate) struct Gathered {
    items: Vec<Item>,
    /// What was not looked at.
    pub(crate) gaps: Vec<Gap>,
    bytes: usize,
    /// Whether its cursor is ahead of the one it began at. One that is not must not be
    /// handed out after trouble: the same would be asked for at once, without end.
    pub(crate) is_ahead: bool,
    /// The attachments that are passed over, by their fingerprints.
    pub(crate) skip: Vec<u64>,
    /// Whether one was passed over.
    pub(crate) is_put_off: bool,
    /// The attachment at which there was trouble.
    pub(crate) failed: Option<u64>,
}

impl Gathered {
    /// Nothing, to which some attachments are not added.
    pub(crate) fn skipping(skip: Vec<u64>) -> Self {
        Self { skip, ..Self::default() }
    }

    /// Hands out a text, unless nothing is in it.
    pub(crate) fn add(&mut self, text: Text) {
        if !text.bytes.is_empty() {
            self.bytes += text.bytes.len();
            self.items.push(Item::Text(text));
        }
    }

    /// Hands out an attachment; `id` tells it from others.
    pub(crate) fn attach(
        &mut self,
        id: &str,
        version: &str,
        mut place: RemotePlace,
        file: &Attachment,
        (bytes, flaw): (Vec<u8>, Option<String>),
    ) {
        let id = fitting(id);
        if let Some(why) = flaw {
            self.gap(&format!("{id}: {}", file.name), why);
        }
        place.item.clone_from(&id);
        place.path = Some(fitting(&file.name).into_bytes()).filter(|path| !path.is_empty());
        self.add(Text { key: ItemKey { id, version: fitting(version) }, place, bytes });
        self.is_ahead = true;
    }

    /// Says what was not looked at.
    pub(crate) fn gap(&mut self, what: &str, why: String) {
        self.gaps.push(Gap { what: fitting(what), why });
    }

    /// Whether an attachment is passed over.
    pub(crate) fn skips(&mut self, print: u64) -> bool {
        let is_skipped = self.skip.contains(&print);
        self.is_put_off |= is_skipped;
        is_skipped
    }

    /// Whether nothing more is to be added.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= FULL
    }

    /// The page.
    pub(crate) fn page(self, next: Next) -> Page {
        Page { items: self.items, gaps: self.gaps, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, media: &str, size: u64) -> Attachment {
        Attachment { name: name.to_owned(), size: Some(size), media: media.to_owned() }
    }

    #[test]
    fn what_is_too_large_or_shows_something_is_not_asked_for() {
        assert!(file("a.png", "", 1).unread().is_some());
        let most = LARGEST_FILE as u64;
        assert_eq!(file("a.zip", "", most).unread(), None);
        let why = file("a.zip", "", most + 1).unread().unwrap();
        assert_eq!(why, "33554433 bytes are more than the 32 MiB that are read of one");
    }
}

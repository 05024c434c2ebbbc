//! A service that a file describes: a listing of items by JSON, RSS, Atom or HTML, as
//! pastes, forums and indexes have one. How the file is written is in
//! `docs/feeds.md`; which sites may be asked, and how often, is the operator's to
//! know.
//!
//! What was handed out is remembered by its fingerprint, never by its time: an item
//! that claims to be of the year 2099 hides nothing. A look ends at a page of the
//! listing that holds nothing new, at the last one, at one that was there already, or
//! after as many as the file allows.

mod document;
mod listing;
mod plan;
mod position;
mod recipe;
mod text;

use std::collections::{HashMap, HashSet};

use leeward_model::RemotePlace;
use url::Url;

use listing::{Entry, Listed, listed};
use plan::{Paging, Plan, Source};
use position::Position;
use text::Had;

use crate::{
    client::Client,
    item::{Cursor, Gap, Item, ItemKey, Next, Page, Service, Text},
    known::print_of,
    moment::past,
    service::{BadSetting, Opened},
    setting::Setting,
    trouble::Trouble,
    words::{LONGEST_NAME, fitting},
};

/// The most bytes of a page of a listing: more would take a page of HTML too long to
/// read on purpose.
const LARGEST_LISTING: usize = 4 << 20;

/// The most items of one page of ours, each of which may cost a request.
const ITEMS_A_PAGE: usize = 50;

/// The bytes after which a page of ours ends.
const BYTES_A_PAGE: usize = 16 << 20;

/// How often an item that is listed but not handed out stops a look.
const PATIENCE: u32 = 3;

/// How many items may do so before the look is ended.
const MOST_STUCK: usize = 5;

/// The largest file that describes a feed.
const LARGEST_FILE: u64 = 1 << 20;

/// Opens a feed from the file that `file = "…"` names, or from its tables inline.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let bad = |why: String| BadSetting::new(setting, why);
    let file = match setting.own.get("file") {
        None => None,
        Some(toml::Value::String(path)) if setting.own.len() == 1 => {
            let read = std::fs::metadata(path).and_then(|about| {
                if about.len() > LARGEST_FILE {
                    return Err(std::io::Error::other("it is larger than 1 MiB"));
                }
                std::fs::read_to_string(path)
            });
            Some((path, read.map_err(|error| bad(format!("file `{path}`: {error}")))?))
        }
        Some(_) => {
            return Err(bad("`file` is the path of the feed's file, and stands alone".to_owned()));
        }
    };
    let inline;
    let (at, text) = match &file {
        Some((path, text)) => (format!("file `{path}`: "), text),
        None => {
            inline = toml::to_string(&setting.own).map_err(|error| bad(error.to_string()))?;
            (String::new(), &inline)
        }
    };
    let recipe = if file.is_some() {
        recipe::read(text).map_err(|why| bad(format!("{at}{why}")))?
    } else {
        crate::service::own(setting)?
    };
    let plan = Plan::new(&recipe, setting.proxy.is_some()).map_err(|wrong| {
        bad(format!("{at}{}", wrong.in_words(file.as_ref().map(|(_, text)| text.as_str()))))
    })?;
    Ok(Opened {
        named: plan.hosts.clone(),
        home: Some(plan.url.clone()),
        rate: plan.rate,
        every_seconds: plan.every_seconds,
        sends: plan.sends.clone(),
        service: Box::new(Feed { source: setting.name.clone(), plan, stuck: HashMap::new() }),
    })
}

/// A feed.
struct Feed {
    source: String,
    plan: Plan,
    /// The items that stopped this look, and how often they did.
    stuck: HashMap<u64, u32>,
}

impl Service for Feed {
    fn page(&mut self, client: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        let mut position = Position::read(from);
        let begins = position.at.is_none();
        let here = match &position.at {
            Some(at) => self.allowed(at)?,
            None => self.first(),
        };
        let mut ask = self.ask(&here)?.at_most(LARGEST_LISTING);
        if let Some(etag) = position.etag.as_deref().filter(|_| begins && !position.is_deep) {
            ask = ask.header("if-none-match", etag);
        }
        let answer = self.follow(client, ask)?;
        if answer.status == 304 && begins {
            return Ok(Page { items: vec![], gaps: vec![], next: position.at_rest() });
        }
        if matches!(answer.status, 404 | 410) && !begins {
            // Some listings end this way.
            return Ok(Page { items: vec![], gaps: vec![], next: position.at_rest() });
        }
        if !answer.is_ok() {
            let why = format!("the listing answers with status {}", answer.status);
            return Err(Trouble::Refused(format!("{why}; look at `listing.url`")));
        }
        let listed = listed(&self.plan, &here, &answer).map_err(Trouble::Strange)?;
        if begins {
            position.etag = answer.header("etag").map(fitting);
        }
        self.handed_out(client, &here, answer.is_cut, listed, position)
    }

    fn again(
        &mut self,
        client: &mut Client,
        place: &RemotePlace,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let entry =
            Entry { id: place.item.clone(), link: Url::parse(&place.url).ok(), ..Entry::default() };
        if let Source::Link { .. } = self.plan.body {
            if entry.id.len() > LONGEST_NAME {
                let why = "its id was too long to be kept, so it cannot be asked for again";
                return Err(Trouble::Strange(why.to_owned()));
            }
            return match self.text(client, &entry)? {
                Had::Text(bytes, _) => Ok(Some(bytes)),
                Had::Gone => Ok(None),
                Had::Nothing(why) => Err(Trouble::Strange(why)),
            };
        }
        let here = self.first();
        let answer = self.follow(client, self.ask(&here)?.at_most(LARGEST_LISTING))?;
        let listed = listed(&self.plan, &here, &answer).map_err(Trouble::Strange)?;
        let found = listed.entries.into_iter().find(|entry| entry.id == place.item);
        // That a listing went on does not mean that something is gone.
        found.map(|entry| entry.text).ok_or_else(|| {
            Trouble::Strange("the listing has gone on and shows this item no more".to_owned())
        })
    }
}

impl Feed {
    /// Hands out what is new of a page of the listing.
    fn handed_out(
        &mut self,
        client: &mut Client,
        here: &Url,
        is_cut: bool,
        listed: Listed,
        mut position: Position,
    ) -> Result<Page, Trouble> {
        let mut page =
            Page { items: vec![], gaps: vec![], next: Next::Later(Cursor(String::new())) };
        if is_cut || listed.is_cut {
            let why = format!(
                "the listing is longer than {LARGEST_LISTING} bytes, or takes too long to read"
            );
            page.gaps.push(gap(here.as_str(), why));
        }
        if listed.left_out > 0 {
            let why = "items without id and link, or too many for one page";
            page.gaps.push(gap(here.as_str(), format!("{} {why}", listed.left_out)));
        }
        let now = client.clock().now();
        let (mut bytes, mut is_new, mut done) = (0, position.is_deep, 0);
        let mut here_before = HashSet::new();
        // Said when the page is done with, not at each visit.
        let mut passed = Vec::new();
        for entry in listed.entries {
            let print = entry.print();
            if position.known.has(print) || !here_before.insert(print) {
                continue;
            }
            is_new = true;
            if self.stuck.get(&print).is_some_and(|times| *times > PATIENCE) {
                position.left = true;
                passed.push(gap(&entry.id, "not answered in this look; with the next one"));
                continue;
            }
            if done >= ITEMS_A_PAGE || bytes > BYTES_A_PAGE {
                page.next = position.here_again(here);
                return Ok(page);
            }
            match self.text(client, &entry) {
                Ok(Had::Text(text, is_cut)) => {
                    if is_cut {
                        let most = self.plan.largest_item;
                        let why = format!("the item is longer; its first {most} bytes were read");
                        page.gaps.push(gap(&entry.id, why));
                    }
                    bytes += text.len();
                    page.items.push(Item::Text(self.item(entry, text, now)));
                }
                Ok(Had::Nothing(why)) => page.gaps.push(gap(&entry.id, why)),
                Ok(Had::Gone) => {
                    page.gaps.push(gap(&entry.id, "it was listed, but is there no more"));
                }
                Err(trouble @ Trouble::Later { .. }) => {
                    // The listing is answered, this is not: others come first, and it
                    // is tried again with the next look.
                    let times = self.stuck.entry(print).or_default();
                    *times += 1;
                    if *times > PATIENCE {
                        passed.push(gap(&entry.id, format!("{trouble}, with the next look")));
                        position.left = true;
                        continue;
                    }
                    if self.stuck.len() > MOST_STUCK {
                        let why = format!("{trouble}; so did others, and the look ends here");
                        page.gaps.append(&mut passed);
                        page.gaps.push(gap(&entry.id, why));
                        position.left = true;
                        page.next = self.at_rest(position);
                        return Ok(page);
                    }
                    if done == 0 {
                        return Err(trouble);
                    }
                    page.next = position.here_again(here);
                    return Ok(page);
                }
                Err(trouble) if done == 0 => return Err(trouble),
                Err(_) => {
                    page.next = position.here_again(here);
                    return Ok(page);
                }
            }
            self.stuck.remove(&print);
            position.known.add(print);
            done += 1;
        }
        page.gaps.append(&mut passed);
        page.next = self.next(here, listed.next, is_new, position, &mut page.gaps);
        Ok(page)
    }

    /// Where it goes on after a page of the listing.
    fn next(
        &mut self,
        here: &Url,
        next: Option<Url>,
        is_new: bool,
        mut position: Position,
        gaps: &mut Vec<Gap>,
    ) -> Next {
        position.trail.add(print_of(&[here.as_str().as_bytes()]));
        position.pages += 1;
        let Some(next) = next.filter(|_| is_new) else { return self.at_rest(position) };
        if self.allowed(next.as_str()).is_err() {
            gaps.push(gap(
                next.as_str(),
                "the listing goes on at another host; name it in `manners.hosts`",
            ));
            return self.at_rest(position);
        }
        if position.trail.has(print_of(&[next.as_str().as_bytes()])) {
            gaps.push(gap(next.as_str(), "the listing leads in a circle; the look ends here"));
            return self.at_rest(position);
        }
        if position.pages >= self.plan.pages {
            let why = "the listing goes on; `limits.pages` ends the look here";
            gaps.push(gap(next.as_str(), why));
            return self.at_rest(position);
        }
        position.at = Some(next.to_string());
        Next::More(position.cursor())
    }

    /// The end of a look: what stopped this one may stop the next one anew.
    fn at_rest(&mut self, position: Position) -> Next {
        self.stuck.clear();
        position.at_rest()
    }

    /// The first page of the listing.
    fn first(&self) -> Url {
        let mut first = self.plan.url.clone();
        if let Paging::Number(name, number) = &self.plan.paging
            && !first.query_pairs().any(|(key, _)| key == name.as_str())
        {
            first.query_pairs_mut().append_pair(name, &number.to_string());
        }
        first
    }

    /// A page of the listing on a host that the operator named.
    fn allowed(&self, address: &str) -> Result<Url, Trouble> {
        let strange = || Trouble::Strange("the listing goes on at another host".to_owned());
        let url = Url::parse(address).map_err(|_| strange())?;
        let host = url.host_str().unwrap_or_default();
        let is_named = self.plan.hosts.iter().any(|named| named == host);
        if is_named && matches!(url.scheme(), "https" | "http") { Ok(url) } else { Err(strange()) }
    }

    fn item(&self, entry: Entry, bytes: Vec<u8>, now: i64) -> Text {
        let url = entry.link.as_ref().unwrap_or(&self.plan.url).to_string();
        Text {
            key: ItemKey { id: entry.id.clone(), version: entry.version },
            place: RemotePlace {
                source: self.source.clone(),
                service: "feed".to_owned(),
                item: entry.id,
                url,
                path: entry.name.map(String::into_bytes),
                author: entry.author,
                at: past(entry.at, now),
                is_public: None,
            },
            bytes,
        }
    }
}

fn gap(what: &str, why: impl Into<String>) -> Gap {
    Gap { what: fitting(what), why: why.into() }
}

//! What one step of a code host asks: a page of a listing, a text, a file. It knows
//! what is gone, what is too long and what is no JSON, and makes gaps of them; which
//! page comes next; and what time it is there.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    client::{Answer, Ask, Client},
    home::Home,
    item::{Gap, Item, ItemKey, Text},
    text::Draft,
    trouble::Trouble,
};

/// The most bytes of one text that are looked at. A log or a snippet that is longer
/// is one that nobody reads; a gap says so.
pub(crate) const LARGEST_TEXT: usize = 8 << 20;

/// Elements of one page: ten times as many as any service is asked for.
const MOST_EACH: usize = 1_000;

/// Asks in the course of one step, and gathers what comes of it.
pub(crate) struct Asker<'a> {
    pub(crate) client: &'a mut Client,
    pub(crate) home: &'a Home,
    /// What was found so far.
    pub(crate) items: Vec<Item>,
    /// What was not looked at.
    pub(crate) gaps: Vec<Gap>,
    /// The earliest time that the service said it is, in seconds.
    pub(crate) told: Option<i64>,
    /// Whether something that was asked for is not there.
    pub(crate) is_missing: bool,
    /// The media type of what is listed.
    pub(crate) accept: &'static str,
}

/// One page of a listing.
pub(crate) struct Listed {
    /// Its elements.
    pub(crate) each: Vec<Value>,
    /// The whole body, without the elements.
    pub(crate) rest: Value,
    /// The path and query of the next page.
    pub(crate) next: Option<String>,
    /// The entity tag, if the service gives one.
    pub(crate) tag: Option<String>,
}

/// What was answered, beyond limits and outages.
pub(crate) enum Got {
    /// What was asked for.
    Here(Answer),
    /// The same as the last time.
    Unchanged,
    /// Nothing, for this reason.
    Gone(String),
}

impl Asker<'_> {
    /// Asks at a path under the base.
    pub(crate) fn get(&mut self, at: &str) -> Result<Got, Trouble> {
        let ask = Ask::get(&self.home.address(at))?.header("accept", self.accept);
        self.send(&ask, false)
    }

    /// Asks, and follows redirects; `elsewhere` says whether out of the service, too.
    pub(crate) fn send(&mut self, ask: &Ask, elsewhere: bool) -> Result<Got, Trouble> {
        let answer = match self.client.ask_on(ask, elsewhere) {
            Ok(answer) => answer,
            // A question about one thing: the others are not to wait for it.
            Err(Trouble::Strange(why)) => return Ok(Got::Gone(why)),
            // Without a credential, some things are shown and some are not.
            Err(Trouble::Refused(why)) if !self.client.has_credential() => {
                return Ok(Got::Gone(why));
            }
            Err(trouble) => return Err(trouble),
        };
        // Of the service itself: what it redirects to may have another clock.
        let date = answer.header("date").and_then(seconds_of_date);
        if let Some(date) = date.filter(|_| !elsewhere) {
            self.told = Some(self.told.map_or(date, |told| told.min(date)));
        }
        if answer.is_ok() {
            return Ok(Got::Here(answer));
        }
        // GitHub's secondary limit may come with neither a header nor status 429.
        const LIMIT: &[u8] = b"rate limit";
        if answer.status == 403 && answer.body.windows(LIMIT.len()).any(|part| part == LIMIT) {
            return Err(Trouble::Later {
                after: std::time::Duration::from_secs(60),
                why: "the service asks for fewer requests".to_owned(),
            });
        }
        self.is_missing |= matches!(answer.status, 404 | 410);
        Ok(match answer.status {
            304 => Got::Unchanged,
            403 => Got::Gone(
                "status 403: the credential does not reach it, or it is switched off".to_owned(),
            ),
            404 => {
                Got::Gone("status 404: not there, or the credential does not reach it".to_owned())
            }
            410 => Got::Gone("status 410: there no more".to_owned()),
            status => Got::Gone(format!("status {status}")),
        })
    }

    /// A page of a listing: an array, or the one under a key. `None` if it is as it
    /// was, or not there, which is a gap.
    pub(crate) fn list(
        &mut self,
        at: &str,
        under: Option<&str>,
        what: &str,
        tag: Option<&str>,
    ) -> Result<Option<Listed>, Trouble> {
        let mut ask = Ask::get(&self.home.address(at))?.header("accept", self.accept);
        if let Some(tag) = tag {
            ask = ask.header("if-none-match", tag);
        }
        let answer = match self.send(&ask, false)? {
            Got::Here(answer) => answer,
            Got::Unchanged => return Ok(None),
            Got::Gone(why) => {
                self.gap(what, why);
                return Ok(None);
            }
        };
        let next = self.next(at, &answer);
        let tag = answer.header("etag").map(str::to_owned);
        if answer.is_cut {
            // A list of long texts: the same in smaller pages.
            if let Some(smaller) = smaller(at) {
                let (each, rest, tag) = (Vec::new(), Value::Null, None);
                return Ok(Some(Listed { each, rest, next: Some(smaller), tag }));
            }
            self.gap(what, "a page of its list is longer than 16 MiB, and was left out".to_owned());
            return Ok(Some(Listed { each: Vec::new(), rest: Value::Null, next, tag }));
        }
        let mut rest: Value = read(&answer)?;
        let each = match under {
            None => Some(&mut rest),
            Some(key) => rest.get_mut(key),
        };
        let Some(Value::Array(mut each)) = each.map(Value::take) else {
            return Err(Trouble::Strange(format!("{what}: the answer is no list")));
        };
        if each.len() > MOST_EACH {
            each.truncate(MOST_EACH);
            self.gap(what, format!("a page of its list has more than {MOST_EACH} elements"));
        }
        let next = next.or_else(|| self.following(at, rest.get("next")?.as_str()?));
        Ok(Some(Listed { each, rest, next, tag }))
    }

    /// One thing. `None` if it is not there, which is a gap.
    pub(crate) fn one<T: DeserializeOwned>(
        &mut self,
        at: &str,
        what: &str,
    ) -> Result<Option<T>, Trouble> {
        match self.get(at)? {
            Got::Here(answer) if answer.is_cut => {
                self.gap(what, "longer than 16 MiB, and was left out".to_owned());
                Ok(None)
            }
            Got::Here(answer) => read(&answer).map(Some),
            Got::Unchanged => Ok(None),
            Got::Gone(why) => {
                self.gap(what, why);
                Ok(None)
            }
        }
    }

    /// Bytes as they are; `accept` says in which form. `None` if they are not there,
    /// which is a gap.
    pub(crate) fn raw(
        &mut self,
        address: &str,
        accept: &str,
        what: &str,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let ask = match Ask::get(address) {
            Ok(ask) => ask.header("accept", accept).at_most(LARGEST_TEXT),
            Err(why) => {
                self.gap(what, why.to_string());
                return Ok(None);
            }
        };
        match self.send(&ask, true)? {
            Got::Here(answer) => {
                if answer.is_cut {
                    self.gap(what, "only its first 8 MiB were looked at".to_owned());
                }
                Ok(Some(answer.body))
            }
            Got::Unchanged => Ok(None),
            Got::Gone(why) => {
                self.gap(what, why);
                Ok(None)
            }
        }
    }

    /// Elements of a listing, read; each that cannot be read is a gap.
    pub(crate) fn read_each<T: DeserializeOwned>(
        &mut self,
        each: Vec<Value>,
        what: &str,
    ) -> Vec<T> {
        let mut read = Vec::with_capacity(each.len());
        for value in each {
            match serde_json::from_value(value) {
                Ok(one) => read.push(one),
                Err(error) => {
                    // Where it is at fault, without what it holds.
                    let at = error.classify();
                    self.gap(what, format!("an element of its list cannot be read ({at:?})"));
                }
            }
        }
        read
    }

    /// Hands out a text, cut if it is too long.
    pub(crate) fn text(&mut self, draft: Draft, mut bytes: Vec<u8>) {
        if bytes.len() > LARGEST_TEXT {
            bytes.truncate(LARGEST_TEXT);
            self.gap(&draft.id, "only its first 8 MiB were looked at".to_owned());
        }
        self.file(draft, bytes);
    }

    /// Hands out a file as it is: it may be a container, which is none any more when
    /// it is cut.
    pub(crate) fn file(&mut self, draft: Draft, bytes: Vec<u8>) {
        let place = leeward_model::RemotePlace {
            source: self.home.source.clone(),
            service: self.home.service.clone(),
            item: draft.id.clone(),
            url: draft.url,
            path: draft.path.map(String::into_bytes),
            author: draft.author,
            at: draft.at.as_deref().and_then(seconds),
            is_public: draft.is_public,
        };
        let key = ItemKey { id: draft.id, version: draft.version };
        self.items.push(Item::Text(Text { key, place, bytes }));
    }

    /// Says what was not looked at.
    pub(crate) fn gap(&mut self, what: &str, why: String) {
        self.gaps.push(Gap { what: what.to_owned(), why });
    }

    /// The next page, by what the headers say: a link, or a number.
    fn next(&mut self, at: &str, answer: &Answer) -> Option<String> {
        let told = answer.link("next");
        let followed = told.and_then(|link| self.home.following(at, link));
        let numbered = || {
            let page = answer.header("x-next-page").filter(|page| !page.is_empty())?;
            page.bytes().all(|byte| byte.is_ascii_digit()).then(|| with(at, "page", page))
        };
        match (followed.or_else(numbered), told) {
            (None, Some(_)) => self.elsewhere(at),
            (next, _) => next,
        }
    }

    /// The next page, by a link in the body.
    fn following(&mut self, at: &str, link: &str) -> Option<String> {
        self.home.following(at, link).or_else(|| self.elsewhere(at))
    }

    fn elsewhere(&mut self, at: &str) -> Option<String> {
        let what = at.split('?').next().unwrap_or_default().to_owned();
        self.gap(
            &what,
            "its next page is said to be at another place, and was not asked for; check `base_url`"
                .to_owned(),
        );
        None
    }
}

/// Reads JSON. One that broke off is asked for again.
pub(crate) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        let why = if error.is_eof() {
            "the answer broke off"
        } else {
            "the answer is no JSON of the kind"
        };
        Trouble::Strange(why.to_owned())
    })
}

/// A path and query with a parameter set.
pub(crate) fn with(at: &str, name: &str, value: &str) -> String {
    let (path, query) = at.split_once('?').unwrap_or((at, ""));
    let mut pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    pairs.retain(|(key, _)| key != name);
    pairs.push((name.to_owned(), value.to_owned()));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

/// The same page of a list in a tenth of the size, from where it begins.
fn smaller(at: &str) -> Option<String> {
    let query = at.split_once('?')?.1;
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let value = |name: &str| {
        let (_, value) = pairs.iter().find(|(key, _)| key == name)?;
        value.parse::<u64>().ok()
    };
    let name = ["per_page", "limit", "pagelen"].into_iter().find(|name| value(name).is_some())?;
    let size = value(name).filter(|size| *size > 1)?;
    let less = (size / 10).max(1);
    let at = with(at, name, &less.to_string());
    Some(match value("page").filter(|page| *page > 1) {
        Some(page) => with(&at, "page", &((page - 1).saturating_mul(size / less) + 1).to_string()),
        None => at,
    })
}

/// A time as the services write it, in seconds since 1970.
pub(crate) fn seconds(time: &str) -> Option<i64> {
    time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// A time as the services take it.
pub(crate) fn written(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn seconds_of_date(text: &str) -> Option<i64> {
    let at = httpdate::parse_http_date(text).ok()?;
    let at = at.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(at.as_secs()).ok()
}

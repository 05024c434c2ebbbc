//! Asking for the text of an item, and what came of it: the whole answer or a part of
//! it, decoded if it must be.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{
    Feed,
    listing::{Entry, part},
    plan::Source,
};
use crate::{
    client::{Answer, Ask, Client},
    trouble::Trouble,
    words::{decoded, needs_decoding},
};

/// How often a link leads to another link before it is let be.
const REDIRECTS: usize = 3;

/// When an item that is refused is tried again, if nobody says.
const REFUSAL: Duration = Duration::from_secs(60);

/// What asking for an item's text brought.
pub(super) enum Had {
    Text(Vec<u8>, bool),
    /// It is there no more.
    Gone,
    Nothing(String),
}

impl Feed {
    pub(super) fn ask(&self, url: &Url) -> Result<Ask, Trouble> {
        let ask = Ask::get(url.as_str())?;
        Ok(match &self.plan.user_agent {
            Some(name) => ask.header("user-agent", name),
            None => ask,
        })
    }

    /// Asks, and follows where an answer leads, each step by the same rules.
    pub(super) fn follow(&self, client: &mut Client, ask: Ask) -> Result<Answer, Trouble> {
        let (mut ask, mut left) = (ask, REDIRECTS);
        loop {
            let answer = client.ask(&ask)?;
            let target = answer.header("location").and_then(|to| ask.url().join(to).ok());
            match target {
                Some(to) if matches!(answer.status, 301 | 302 | 303 | 307 | 308) && left > 0 => {
                    left -= 1;
                    ask = self.ask(&to)?.at_most(ask.at_most);
                }
                _ => return Ok(answer),
            }
        }
    }

    /// The text of an item.
    pub(super) fn text(&self, client: &mut Client, entry: &Entry) -> Result<Had, Trouble> {
        let most = self.plan.largest_item;
        let Source::Link { address, part: wanted, charset } = &self.plan.body else {
            let Some(mut text) = entry.text.clone() else {
                return Ok(Had::Nothing("the listing holds no text for it".to_owned()));
            };
            let is_cut = text.len() > most;
            text.truncate(most);
            return Ok(Had::Text(text, is_cut));
        };
        if address.contains("{link}") && entry.link.is_none() {
            return Ok(Had::Nothing("the listing holds no link for it".to_owned()));
        }
        let id = utf8_percent_encode(&entry.id, NON_ALPHANUMERIC).to_string();
        let link = entry.link.as_ref().map(Url::as_str).unwrap_or_default();
        let address = address.replace("{id}", &id).replace("{link}", link);
        let Ok(url) = self.plan.url.join(&address) else {
            return Ok(Had::Nothing("its link is no address".to_owned()));
        };
        let is_home = url.origin() == self.plan.url.origin();
        let answer = match self.ask(&url).and_then(|ask| self.follow(client, ask.at_most(most))) {
            Ok(answer) => answer,
            // A place that wants a credential we were not given, or one that nobody
            // should be led to, is the item's fault.
            Err(Trouble::Strange(why)) => return Ok(Had::Nothing(why)),
            Err(Trouble::Refused(why)) if !is_home => return Ok(Had::Nothing(why)),
            Err(trouble) => return Err(trouble),
        };
        match answer.status {
            200..=299 => {}
            404 | 410 => return Ok(Had::Gone),
            // A redirect to nowhere, or a refusal by law, is there to stay.
            300..=399 | 451 => {
                return Ok(Had::Nothing(format!("answered with status {}", answer.status)));
            }
            status => {
                let why = format!("an item is answered with status {status}");
                return Err(Trouble::Later { after: REFUSAL, why });
            }
        }
        let content_type = answer.header("content-type").map(str::to_owned);
        let (content_type, charset) = (content_type.as_deref(), charset.as_deref());
        let text = match wanted {
            Some(wanted) => {
                let body = decoded(&answer.body, charset, content_type);
                match part(&body, wanted) {
                    Some(text) => text.into_bytes(),
                    None => {
                        let why = "holds nothing where `body.select` looks";
                        return Ok(Had::Nothing(why.to_owned()));
                    }
                }
            }
            None if needs_decoding(&answer.body, charset, content_type) => {
                decoded(&answer.body, charset, content_type).into_bytes()
            }
            None => answer.body,
        };
        Ok(Had::Text(text, answer.is_cut))
    }
}

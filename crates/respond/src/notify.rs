//! Alerts about incidents. A happening becomes letters, one for each channel
//! that wants to hear of it; a letter is kept in the store until it was
//! delivered, over restarts and updates, and delivered once.
//!
//! In the order of the work: `channel` is who is told, as configured; `notice`
//! what there is to say; `alert` the same as a document that a letter carries;
//! `page` the words; `webhook`, `slack`, `teams`, `mail`, `jira` and `github`
//! bring them to a place in its own format; `retry` says when to try again.
//!
//! No value can be in an alert: nothing here takes a found secret. What is
//! foreign (a path, an owner, a provider's words) is escaped by each format.
//! It keeps nothing and reads no environment: the caller has the store and
//! resolves references to tokens.

mod alert;
mod answer;
mod channel;
mod config;
mod escape;
mod github;
mod jira;
mod mail;
mod notice;
mod page;
mod request;
mod retry;
mod slack;
mod teams;
mod template;
mod webhook;
mod wire;

use std::{fmt, time::Duration};

use leeward_model::Secret;
use leeward_probe::Courier;

pub use alert::Letter;
pub use channel::{Channel, Channels, Kind, Reference};
pub use notice::{Happening, Next, Notice, Occasion};
pub use retry::{Again, again};

use alert::Alert;
use channel::Service;

/// Gives the value that a reference stands for, or `None` if there is none.
pub type Secrets<'a> = &'a dyn Fn(&Reference) -> Option<Secret>;

/// A letter arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What happened, in words, such as `opened issue SEC-12`. It may quote the
    /// other side: foreign text.
    pub text: String,
    /// Where it can be looked at, if the other side said.
    pub link: Option<String>,
}

impl Receipt {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), link: None }
    }
}

/// A letter did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Why, in words with the next step. It holds a host, a status and names of
    /// references, never a token or an address that is one.
    pub why: String,
    /// Not to be tried again before this has passed.
    pub again_in: Option<Duration>,
    /// Whether another try can never succeed: the letter has failed.
    pub forever: bool,
}

impl Undelivered {
    /// What may pass by itself.
    fn soon(why: impl Into<String>) -> Self {
        Self { why: why.into(), again_in: None, forever: false }
    }

    /// What a person must mend first. It is tried again all the same, rarely,
    /// so that mending is all that needs to be done.
    fn mend(why: impl Into<String>) -> Self {
        Self { why: why.into(), again_in: Some(retry::LONGEST), forever: false }
    }

    /// What no other try can change.
    fn never(why: impl Into<String>) -> Self {
        Self { why: why.into(), again_in: None, forever: true }
    }
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Undelivered {}

/// Delivers a letter that [`Channels::letters`] made, perhaps long ago.
///
/// # Errors
/// When it did not arrive, with what that means for the next try; [`again`]
/// says when that is.
pub fn deliver(
    channel: &Channel,
    secrets: Secrets<'_>,
    courier: &Courier,
    letter_body: &str,
) -> Result<Receipt, Undelivered> {
    let alert = Alert::read(letter_body).map_err(|unreadable| {
        Undelivered::never(format!(
            "the letter is not one that this version understands ({unreadable}): it was written \
             by a newer one, or altered"
        ))
    })?;
    let carrier = request::Carrier { secrets, courier };
    match &channel.service {
        Service::Webhook(webhook) => webhook.deliver(&carrier, &alert, letter_body),
        Service::Slack(slack) => slack.deliver(&carrier, &channel.page(&alert)),
        Service::Teams(teams) => teams.deliver(&carrier, &channel.page(&alert)),
        Service::Mail(mail) => mail.deliver(secrets, &alert, &channel.page(&alert)),
        Service::Jira(jira) => jira.deliver(&carrier, &alert, &channel.page(&alert)),
        Service::GitHub(github) => github.deliver(&carrier, &alert, &channel.page(&alert)),
    }
}

/// What [`deliver`] would send, without sending anything or resolving a
/// reference: each request with its headers, secrets shown as the names of
/// their references. JSON is laid out for reading.
pub fn preview(channel: &Channel, notice: &Notice) -> String {
    let alert = Alert::new(notice, channel);
    let page = channel.page(&alert);
    match &channel.service {
        Service::Webhook(webhook) => webhook.preview(&alert),
        Service::Slack(slack) => slack.preview(&page),
        Service::Teams(teams) => teams.preview(&page),
        Service::Mail(mail) => mail.preview(&alert, &page),
        Service::Jira(jira) => jira.preview(&alert, &page),
        Service::GitHub(github) => github.preview(&alert, &page),
    }
}

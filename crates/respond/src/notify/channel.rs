//! Who is told of what, as the user configured it, and by reference only what
//! must not stand in a configuration.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use leeward_model::Severity;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{
    Notice, Occasion, Secrets, github::GitHub, jira::Jira, mail::Mail, request::Place,
    slack::Slack, teams::Teams, template::Template, webhook::Webhook,
};

/// The channels of a configuration: its `[[alert]]` tables, each of which was
/// checked. No two have the same name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<Channel>")]
pub struct Channels(Vec<Channel>);

impl TryFrom<Vec<Channel>> for Channels {
    type Error = String;

    fn try_from(channels: Vec<Channel>) -> Result<Self, String> {
        let mut names = BTreeSet::new();
        match channels.iter().find(|channel| !names.insert(&channel.name)) {
            Some(twice) => {
                Err(format!("two alerts are called `{}`: give one another name", twice.name))
            }
            None => Ok(Self(channels)),
        }
    }
}

impl Channels {
    /// Each of them, as they stand in the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Channel> {
        self.0.iter()
    }

    /// The channel of a letter; `None` if it was taken out of the configuration.
    pub fn get(&self, name: &str) -> Option<&Channel> {
        self.0.iter().find(|channel| channel.name == name)
    }

    /// The hosts that the channels lead to, which a courier must be told to
    /// trust: the user named them. What has no value has no host.
    pub fn hosts(&self, secrets: Secrets<'_>) -> Vec<String> {
        let places = self.0.iter().filter_map(|channel| channel.service.place());
        places.filter_map(|place| place.host(secrets)).collect()
    }
}

/// A place that is told of incidents.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its name, which letters carry.
    pub name: String,
    pub(super) at_least: Severity,
    pub(super) on: BTreeSet<Occasion>,
    pub(super) template: Option<Template>,
    pub(super) service: Service,
}

#[derive(Clone, Debug)]
pub(super) enum Service {
    Webhook(Webhook),
    Slack(Slack),
    Teams(Teams),
    Mail(Mail),
    Jira(Jira),
    GitHub(GitHub),
}

impl Service {
    /// Where requests go, if they are requests.
    fn place(&self) -> Option<Place> {
        match self {
            Self::Webhook(webhook) => Some(webhook.url.clone()),
            Self::Slack(slack) => Some(slack.place()),
            Self::Teams(teams) => Some(Place::Kept(teams.url.clone())),
            Self::Mail(_) => None,
            Self::Jira(jira) => Some(Place::Plain(jira.url.clone())),
            Self::GitHub(github) => Some(Place::Plain(github.api.clone())),
        }
    }
}

impl Channel {
    /// What kind of place.
    pub fn kind(&self) -> Kind {
        match self.service {
            Service::Webhook(_) => Kind::Webhook,
            Service::Slack(_) => Kind::Slack,
            Service::Teams(_) => Kind::Teams,
            Service::Mail(_) => Kind::Mail,
            Service::Jira(_) => Kind::Jira,
            Service::GitHub(_) => Kind::Github,
        }
    }

    /// Whether it wants to hear of it: bad enough, and of a kind it asked for.
    pub fn wants(&self, notice: &Notice) -> bool {
        notice.incident.severity >= self.at_least && self.on.contains(&notice.happening.occasion())
    }

    /// What it is told, in a line.
    pub fn about(&self) -> String {
        format!("what is {} or worse", self.at_least.name())
    }

    /// What has to be resolved before something can be delivered.
    pub fn references(&self) -> Vec<&Reference> {
        match &self.service {
            Service::Webhook(webhook) => webhook.references(),
            Service::Slack(slack) => slack.references(),
            Service::Teams(teams) => vec![&teams.url],
            Service::Mail(mail) => mail.references(),
            Service::Jira(jira) => vec![&jira.token],
            Service::GitHub(github) => vec![&github.token],
        }
    }
}

/// A kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they are names of services")]
pub enum Kind {
    Webhook,
    Slack,
    Teams,
    Mail,
    Jira,
    Github,
}

impl Kind {
    /// As written in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Mail => "mail",
            Self::Jira => "jira",
            Self::Github => "github",
        }
    }
}

/// Where a secret is kept: `{ env = "NAME" }` or `{ file = "PATH" }`. A file's
/// last line end is not part of the secret; taking it off is the resolver's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// A variable of the environment.
    Env(String),
    /// A file.
    File(PathBuf),
}

impl fmt::Display for Reference {
    /// Names the place; the value is not here to be shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the variable `{name}`"),
            Self::File(path) => write!(f, "the file `{}`", path.display()),
        }
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Place::deserialize(deserializer)? {
            Place::Kept(reference) => Ok(reference),
            // Not quoted: it is the secret.
            Place::Plain(_) => Err(D::Error::custom(format!(
                "a secret does not stand in a configuration: keep it elsewhere and write \
                 {REFERENCES}"
            ))),
        }
    }
}

/// How a reference is written.
pub(super) const REFERENCES: &str = "`{ env = \"NAME\" }` or `{ file = \"PATH\" }`";

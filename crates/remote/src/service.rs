//! The kinds of service there are, and opening one for a source that the operator
//! named. What a service needs is in its own table of the settings, which it reads
//! itself; a key that nobody knows is an error that lists the known ones.

use std::{fmt, sync::Arc};

use leeward_model::Secret;
use leeward_probe::{BadNetwork, Network, Stop};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    bitbucket,
    client::{Client, Clock, Credential},
    confluence, export, feed, gitea, github, gitlab, huggingface, intake,
    item::Service,
    jira, mail,
    setting::Setting,
    taxii,
};

/// Opens one kind of service.
type Open = fn(&Setting) -> Result<Opened, BadSetting>;

/// Every kind of service, by what `service = "…"` calls it, in the order of the
/// alphabet.
const KINDS: &[(&str, Open)] = &[
    ("bitbucket", bitbucket::open),
    ("confluence", confluence::open),
    ("feed", feed::open),
    ("forgejo", gitea::open),
    ("gitea", gitea::open),
    ("github", github::open),
    ("gitlab", gitlab::open),
    ("huggingface", huggingface::open),
    ("intake", intake::open),
    ("jira", jira::open),
    ("mail", mail::open),
    ("slack-export", export::open_slack),
    ("taxii", taxii::open),
    ("teams-export", export::open_teams),
];

/// Opens the service that a setting asks for. Nothing is sent.
///
/// # Errors
/// A kind that does not exist, a key that it does not know, a value that makes no
/// sense.
pub fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let Some((_, open)) = KINDS.iter().find(|(name, _)| *name == setting.service) else {
        let known: Vec<&str> = kinds().collect();
        let why =
            format!("there is no service `{}`; there is: {}", setting.service, known.join(", "));
        return Err(BadSetting::new(setting, why));
    };
    open(setting)
}

/// What `service = "…"` may say.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, _)| *name)
}

/// As whom Git signs in to a code host, with the source's credential as the password.
/// `None` for a service that holds no repositories.
pub fn git_user(setting: &Setting) -> Option<&'static str> {
    match setting.service.as_str() {
        "github" => Some("x-access-token"),
        "gitlab" => Some("oauth2"),
        // An API token is an account's, an access token a workspace's.
        "bitbucket" if setting.own.contains_key("user") => Some("x-bitbucket-api-token-auth"),
        "bitbucket" => Some("x-token-auth"),
        // Any name does.
        "gitea" | "forgejo" | "huggingface" => Some("token"),
        _ => None,
    }
}

/// A service that is ready to be asked, and how.
pub struct Opened {
    /// What hands out the pages.
    pub service: Box<dyn Service>,
    /// The hosts that the operator named, or that the service is known by: the first
    /// is sent the credential.
    pub named: Vec<String>,
    /// Where the credential goes: scheme, host and port of this address alone. `None`
    /// for what is read without one.
    pub home: Option<Url>,
    /// Requests a second, unless the operator says otherwise.
    pub rate: f64,
    /// Seconds between two looks when everything was read, unless the operator says
    /// otherwise.
    pub every_seconds: u64,
    /// How the credential is sent.
    pub sends: Sends,
}

/// How a credential is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sends {
    /// Not at all.
    Nothing,
    /// In a header, after some text such as `Bearer `.
    Header(&'static str, &'static str),
    /// As the password of this user.
    Basic(String),
}

impl Opened {
    /// The client to ask it with.
    ///
    /// # Errors
    /// Settings of the network that cannot be used.
    pub fn client(
        &self,
        setting: &Setting,
        network: &Network,
        credential: Option<Secret>,
        clock: Arc<dyn Clock>,
        stop: Stop,
    ) -> Result<Client, BadNetwork> {
        let credential = credential.and_then(|secret| match &self.sends {
            Sends::Nothing => None,
            Sends::Header(name, before) => Some(Credential::Header(name, before, secret)),
            Sends::Basic(user) => Some(Credential::Basic(user.clone(), secret)),
        });
        let network = Network {
            proxy: setting.proxy.clone().or_else(|| network.proxy.clone()),
            ..network.clone()
        };
        let rate = setting.rate.unwrap_or(self.rate);
        let client = Client::new(&network, self.named.clone(), credential, rate, clock, stop)?;
        Ok(match &self.home {
            Some(home) => client.at_home(home),
            None => client,
        })
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSetting {
    /// The operator's name for the source.
    pub source: String,
    /// Why, in words.
    pub why: String,
}

impl BadSetting {
    /// Of this source, for this reason.
    pub fn new(setting: &Setting, why: impl Into<String>) -> Self {
        Self { source: setting.name.clone(), why: why.into() }
    }
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "source `{}`: {}", self.source, self.why)
    }
}

impl std::error::Error for BadSetting {}

/// What a service needs of its own. The type says `deny_unknown_fields`, so that a
/// key which is misspelt is named together with those there are.
///
/// # Errors
/// Unknown keys, missing ones, and values of another kind.
pub(crate) fn own<T: DeserializeOwned>(setting: &Setting) -> Result<T, BadSetting> {
    toml::Value::Table(setting.own.clone())
        .try_into()
        .map_err(|error: toml::de::Error| BadSetting::new(setting, error.message()))
}

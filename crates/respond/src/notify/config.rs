//! An `[[alert]]` table and what makes it a channel: each kind has what it
//! needs and nothing that is not its own, secrets stand elsewhere, and nothing
//! is left to fail at the first alert that could be seen now.

use std::collections::BTreeSet;

use leeward_model::Severity;
use leeward_probe::Parcel;
use serde::Deserialize;

use super::{
    Channel, Kind, Occasion, Reference,
    channel::{REFERENCES, Service},
    github::GitHub,
    jira::Jira,
    mail::{Mail, Tls},
    request::Place,
    slack::{Slack, Way},
    teams::Teams,
    template::Template,
    webhook::Webhook,
    wire::Word,
};

/// The table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    kind: Kind,
    severity: Option<Word<Severity>>,
    on: Option<BTreeSet<Occasion>>,
    template: Option<String>,
    url: Option<Place>,
    api: Option<String>,
    secret: Option<Reference>,
    token: Option<Reference>,
    channel: Option<String>,
    server: Option<String>,
    port: Option<u16>,
    tls: Option<Tls>,
    ca: Option<Reference>,
    from: Option<String>,
    to: Option<Vec<String>>,
    user: Option<String>,
    password: Option<Reference>,
    project: Option<String>,
    issue_type: Option<String>,
    repository: Option<String>,
    public: Option<bool>,
}

impl<'de> Deserialize<'de> for Channel {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = Table::deserialize(deserializer)?;
        let name = table.name.clone();
        table.channel().map_err(|why| serde::de::Error::custom(format!("alert `{name}`: {why}")))
    }
}

impl Table {
    fn channel(mut self) -> Result<Channel, String> {
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(is_plain) {
            return Err("a name is up to 64 letters, digits, `-`, `_` and `.`".to_owned());
        }
        let on = self.on.take().unwrap_or_else(|| Occasion::ALL.into_iter().collect());
        let template = self.template.take().map(|text| Template::new(&text)).transpose()?;
        if template.is_some() && self.kind == Kind::Webhook {
            return Err("a webhook is sent `leeward.alert/1`, which no template changes: take \
                        `template` out"
                .to_owned());
        }
        let service = match self.kind {
            Kind::Webhook => Service::Webhook(Webhook {
                url: checked(needed(self.url.take(), "url")?)?,
                secret: needed(self.secret.take(), "secret")?,
            }),
            Kind::Slack => Service::Slack(self.slack()?),
            Kind::Teams => Service::Teams(Teams { url: kept(needed(self.url.take(), "url")?)? }),
            Kind::Mail => Service::Mail(self.mail()?),
            Kind::Jira => Service::Jira(self.jira()?),
            Kind::Github => Service::GitHub(self.github()?),
        };
        if let Some(left) = self.left() {
            return Err(format!("`{left}` means nothing to `{}`: take it out", self.kind.name()));
        }
        let at_least = self.severity.map_or(Severity::High, |word| word.0);
        Ok(Channel { name: self.name, at_least, on, template, service })
    }

    fn slack(&mut self) -> Result<Slack, String> {
        let way = match (self.url.take(), self.token.take()) {
            (Some(url), None) => Way::Webhook(kept(url)?),
            (None, Some(token)) => Way::Api {
                api: base(self.api.take(), "https://slack.com/api")?,
                token,
                channel: needed(self.channel.take(), "channel")?,
            },
            _ => {
                return Err("give either `url`, of an incoming webhook, or `token` with `channel`"
                    .to_owned());
            }
        };
        Ok(Slack { way })
    }

    fn mail(&mut self) -> Result<Mail, String> {
        let login = match (self.user.take(), self.password.take()) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            _ => return Err("`user` and `password` go together".to_owned()),
        };
        let server = needed(self.server.take(), "server")?;
        Mail::new(
            (server, self.port.take()),
            self.tls.take(),
            self.ca.take(),
            (&needed(self.from.take(), "from")?, &needed(self.to.take(), "to")?),
            login,
        )
    }

    fn jira(&mut self) -> Result<Jira, String> {
        let url = match needed(self.url.take(), "url")? {
            Place::Plain(url) => base(Some(url), "")?,
            Place::Kept(_) => {
                return Err("`url` is the address of the site, as text".to_owned());
            }
        };
        let project = needed(self.project.take(), "project")?;
        let is_key = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if !project.starts_with(|c: char| c.is_ascii_uppercase()) || !project.chars().all(is_key) {
            return Err("`project` is a project's key, such as `SEC`".to_owned());
        }
        Ok(Jira {
            url,
            user: self.user.take(),
            token: needed(self.token.take(), "token")?,
            project,
            issue_type: self.issue_type.take().unwrap_or_else(|| "Task".to_owned()),
        })
    }

    fn github(&mut self) -> Result<GitHub, String> {
        let repository = needed(self.repository.take(), "repository")?;
        let is_good = repository.split_once('/').is_some_and(|(owner, name)| {
            let good =
                |part: &str| !part.trim_matches('.').is_empty() && part.chars().all(is_plain);
            good(owner) && good(name)
        });
        if !is_good {
            return Err("`repository` is `OWNER/NAME`".to_owned());
        }
        Ok(GitHub {
            api: base(self.api.take(), "https://api.github.com")?,
            repository,
            token: needed(self.token.take(), "token")?,
            may_be_public: self.public.take().unwrap_or(false),
        })
    }

    /// A field that nobody took.
    fn left(&self) -> Option<&'static str> {
        [
            ("url", self.url.is_some()),
            ("api", self.api.is_some()),
            ("secret", self.secret.is_some()),
            ("token", self.token.is_some()),
            ("channel", self.channel.is_some()),
            ("server", self.server.is_some()),
            ("port", self.port.is_some()),
            ("tls", self.tls.is_some()),
            ("ca", self.ca.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("user", self.user.is_some()),
            ("password", self.password.is_some()),
            ("project", self.project.is_some()),
            ("issue_type", self.issue_type.is_some()),
            ("repository", self.repository.is_some()),
            ("public", self.public.is_some()),
        ]
        .into_iter()
        .find_map(|(name, is_left)| is_left.then_some(name))
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn needed<T>(field: Option<T>, name: &str) -> Result<T, String> {
    field.ok_or_else(|| format!("`{name}` is missing"))
}

/// An address that requests can go to. It is not quoted: it may hold a token.
fn checked(place: Place) -> Result<Place, String> {
    if let Place::Plain(url) = &place {
        Parcel::new("POST", url).map_err(|error| format!("`url`: {error}"))?;
    }
    Ok(place)
}

/// The start of addresses, without a slash at its end.
fn base(given: Option<String>, usual: &str) -> Result<String, String> {
    let text = given.unwrap_or_else(|| usual.to_owned());
    let text = text.trim_end_matches('/');
    Parcel::new("GET", text).map_err(|error| error.to_string())?;
    if text.contains(['?', '#']) {
        return Err("the address has a `?` or `#`: give what stands before it".to_owned());
    }
    Ok(text.to_owned())
}

/// An address that is a secret itself.
fn kept(place: Place) -> Result<Reference, String> {
    match place {
        Place::Kept(reference) => Ok(reference),
        Place::Plain(_) => Err(format!(
            "whoever has the address of this webhook can post there: keep it elsewhere and write \
             `url` as {REFERENCES}"
        )),
    }
}

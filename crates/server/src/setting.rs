//! How the server is set up: the table `[serve]` of the settings, checked, and the
//! secrets that it names read from where they are kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use leeward_model::Secret;
use leeward_respond::notify::Reference;
use serde::Deserialize;
use url::{Host, Url};

use crate::who::Role;

/// Where it listens unless the settings say otherwise: on this machine only.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8321);

/// The table `[serve]`; what is absent is as usual.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setting {
    /// Where it listens, such as `127.0.0.1:8321`.
    pub listen: Option<SocketAddr>,
    /// Where people reach it, such as `https://leeward.example.com`.
    pub public_url: Option<String>,
    /// Addresses of the proxies before it: what they say of who asks is believed.
    pub proxies: Vec<IpAddr>,
    /// Who vouches for people, if they do not sign in here.
    pub oidc: Option<OidcSetting>,
    /// Who may report pushes and other things.
    #[serde(rename = "hook")]
    pub hooks: Vec<HookSetting>,
    /// How the log is written.
    pub log: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people: a line each.
    #[default]
    Text,
    /// For programs: a JSON object a line.
    Json,
}

/// The table `[serve.oidc]`: a provider of OpenID Connect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSetting {
    /// The address of the provider: what its tokens name as `iss`.
    pub issuer: String,
    /// The client's id there.
    pub client_id: String,
    /// The client's secret, if it has one.
    #[serde(default)]
    pub client_secret: Option<Reference>,
    /// What to ask for besides `openid`, such as `profile` and `groups`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The claim that roles follow from: a text, or a list of texts.
    #[serde(default = "groups")]
    pub role_claim: String,
    /// Which of its texts give which role; the highest counts, and nobody without one
    /// comes in.
    pub roles: BTreeMap<RoleName, Vec<String>>,
    /// What the button says.
    #[serde(default)]
    pub label: Option<String>,
}

/// A role in the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    /// [`Role::Viewer`].
    Viewer,
    /// [`Role::Responder`].
    Responder,
    /// [`Role::Admin`].
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Responder => Self::Responder,
            RoleName::Admin => Self::Admin,
        }
    }
}

fn groups() -> String {
    "groups".to_owned()
}

/// Who sends to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookKind {
    /// GitHub, and its Enterprise Server.
    Github,
    /// GitLab, its own or one's own.
    Gitlab,
    /// Gitea and Forgejo.
    Gitea,
    /// Bitbucket, as its cloud sends.
    Bitbucket,
    /// Anything else that has something to say.
    Intake,
}

impl HookKind {
    /// As it stands in the address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Gitea => "gitea",
            Self::Bitbucket => "bitbucket",
            Self::Intake => "intake",
        }
    }

    /// Where its repositories are, unless the settings say otherwise.
    fn usual_hosts(self) -> &'static [&'static str] {
        match self {
            Self::Github => &["github.com"],
            Self::Gitlab => &["gitlab.com"],
            Self::Bitbucket => &["bitbucket.org"],
            Self::Gitea | Self::Intake => &[],
        }
    }
}

/// A table `[[serve.hook]]`: its address is `/hooks/KIND/SOURCE`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookSetting {
    /// The name of the source that what comes in is of.
    pub source: String,
    /// Who sends.
    pub kind: HookKind,
    /// What it proves itself by.
    pub secret: Reference,
    /// The hosts whose repositories it may name, with a port where it is not the usual
    /// one.
    #[serde(default)]
    pub hosts: Option<Vec<String>>,
}

/// What is wrong with the settings, in words with the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSetting(pub String);

impl std::fmt::Display for BadSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadSetting {}

/// A webhook that may be sent to.
pub(crate) struct Hook {
    pub(crate) kind: HookKind,
    pub(crate) secret: Secret,
    pub(crate) hosts: BTreeSet<String>,
}

/// Where people reach the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Public {
    /// Without a slash at the end.
    pub(crate) url: String,
    /// Host, and the port where it is not the usual one.
    pub(crate) authority: String,
    pub(crate) is_https: bool,
}

impl Setting {
    /// Where it listens.
    pub fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or(LISTEN)
    }

    /// Where people reach it: as the settings say, or where it listens.
    ///
    /// # Errors
    /// What is no address of a server.
    pub(crate) fn public(&self) -> Result<Public, BadSetting> {
        let Some(text) = &self.public_url else {
            let listen = self.listen();
            let host = if listen.ip().is_unspecified() {
                "127.0.0.1".to_owned()
            } else if listen.is_ipv6() {
                format!("[{}]", listen.ip())
            } else {
                listen.ip().to_string()
            };
            let authority = format!("{host}:{}", listen.port());
            return Ok(Public { url: format!("http://{authority}"), authority, is_https: false });
        };
        let bad = || {
            BadSetting(
                "`serve.public_url` is not the address of a server: write it as \
                 `https://leeward.example.com`, without a path"
                    .to_owned(),
            )
        };
        let url = Url::parse(text).map_err(|_| bad())?;
        let is_https = url.scheme() == "https";
        let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_bare = url.username().is_empty() && url.password().is_none();
        if !(is_https || url.scheme() == "http") || !is_plain || !is_bare {
            return Err(bad());
        }
        let authority = authority(&url).ok_or_else(bad)?;
        Ok(Public { url: format!("{}://{authority}", url.scheme()), authority, is_https })
    }

    /// Where people reach it, without a slash at the end: as the settings say, or where it
    /// listens.
    ///
    /// # Errors
    /// What is no address of a server.
    pub fn public_url(&self) -> Result<String, BadSetting> {
        self.public().map(|public| public.url)
    }

    /// What should be said aloud before it listens, if anything.
    ///
    /// # Errors
    /// As [`Self::public`].
    pub fn warning(&self) -> Result<Option<String>, BadSetting> {
        let listen = self.listen();
        let is_https = self.public()?.is_https;
        Ok((!listen.ip().is_loopback() && !is_https).then(|| {
            format!(
                "WARNING: this server listens on {listen}, which others can reach, and \
                 `serve.public_url` is not https: passwords, sessions and tokens may cross the \
                 network in the clear. Put a proxy with a certificate before it and set \
                 `serve.public_url`, or listen on 127.0.0.1 (docs/server.md)"
            )
        }))
    }

    /// The webhooks, each with its secret.
    pub(crate) fn hooks(
        &self,
        read: &dyn Fn(&Reference) -> Option<Secret>,
    ) -> Result<BTreeMap<(&'static str, String), Hook>, BadSetting> {
        let mut hooks = BTreeMap::new();
        for setting in &self.hooks {
            let (source, kind) = (&setting.source, setting.kind);
            let bad = |what: String| BadSetting(format!("hook `{source}`: {what}"));
            if !is_name(source) {
                return Err(BadSetting(
                    "the `source` of a hook is up to 64 letters, digits, `-`, `_` and `.`"
                        .to_owned(),
                ));
            }
            let secret = secret(&setting.secret, read).map_err(bad)?;
            let hosts: BTreeSet<String> = match &setting.hosts {
                Some(hosts) => hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
                None => kind.usual_hosts().iter().map(|host| (*host).to_owned()).collect(),
            };
            if hosts.is_empty() && kind != HookKind::Intake {
                return Err(bad("name the hosts of its repositories, as `hosts`".to_owned()));
            }
            let key = (kind.name(), source.clone());
            if hooks.insert(key, Hook { kind, secret, hosts }).is_some() {
                return Err(bad(format!("there are two of kind `{}`", kind.name())));
            }
        }
        Ok(hooks)
    }
}

/// The fewest bytes of a secret that others sign with.
const SHORTEST_SECRET: usize = 16;

/// A secret from where it is kept.
pub(crate) fn secret(
    reference: &Reference,
    read: &dyn Fn(&Reference) -> Option<Secret>,
) -> Result<Secret, String> {
    let secret = read(reference)
        .ok_or_else(|| format!("{reference} holds no secret, or cannot be read: set it"))?;
    if secret.len() < SHORTEST_SECRET {
        return Err(format!(
            "the secret in {reference} has fewer than {SHORTEST_SECRET} bytes: make a longer one, \
             such as with `openssl rand -hex 32`"
        ));
    }
    Ok(secret)
}

/// Up to 64 letters, digits, `-`, `_` and `.`, not a dot first.
pub(crate) fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain) && !text.starts_with('.')
}

/// Host and port of an address, in lower case, the port where it is not the usual one.
pub(crate) fn authority(url: &Url) -> Option<String> {
    let host = match url.host()? {
        Host::Domain(name) => name.to_ascii_lowercase(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => format!("[{address}]"),
    };
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(listen: &str, public: Option<&str>) -> Setting {
        Setting {
            listen: Some(listen.parse().unwrap()),
            public_url: public.map(str::to_owned),
            ..Setting::default()
        }
    }

    #[test]
    fn a_server_others_reach_without_encryption_says_so() {
        let warns = |listen, public| setting(listen, public).warning().unwrap().is_some();
        assert!(!warns("127.0.0.1:8321", None));
        assert!(!warns("[::1]:8321", None));
        assert!(warns("0.0.0.0:8321", None));
        assert!(warns("0.0.0.0:8321", Some("http://a.example")));
        assert!(!warns("0.0.0.0:8321", Some("https://a.example")));
    }

    #[test]
    fn where_people_reach_it_is_a_server() {
        let public = setting("127.0.0.1:1", Some("https://A.example:8443/")).public().unwrap();
        assert_eq!((public.url.as_str(), public.is_https), ("https://a.example:8443", true));
        assert_eq!(setting("0.0.0.0:81", None).public().unwrap().url, "http://127.0.0.1:81");
        assert_eq!(setting("[::1]:81", None).public().unwrap().url, "http://[::1]:81");
        for bad in ["a.example", "ftp://a.example", "https://a.example/x", "https://u@a.example"] {
            assert!(setting("127.0.0.1:1", Some(bad)).public().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_sources_are_plain() {
        assert!(is_name("acme-1.x_y"));
        for bad in ["", ".x", "a/b", "a b", "é", &"x".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}

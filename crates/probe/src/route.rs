//! Where a question goes: to the host that its dossier names, or to the base
//! address that the user named instead, and then nowhere else.

use std::fmt;

use leeward_dossier::Dossier;
use url::{Host, Url};

/// An address of the user's own: a gateway, an on-premises installation, a
/// regional host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The family of dossiers whose values go there.
    pub family: String,
    url: Url,
}

/// An address that values are not sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadBase {
    /// Not an address.
    Address(String),
    /// Neither HTTPS nor on this machine.
    Plain,
    /// It holds a user name or a password.
    UserInformation,
    /// It holds a query or a fragment, which no question could keep.
    Query,
}

impl Base {
    /// Reads a base address. Plain HTTP is taken for this machine only.
    ///
    /// # Errors
    /// What is no address, or would send values in the clear.
    pub fn new(family: impl Into<String>, text: &str) -> Result<Self, BadBase> {
        let url = Url::parse(text).map_err(|error| BadBase::Address(error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadBase::UserInformation);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BadBase::Query);
        }
        let here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(BadBase::Address("it names no host".to_owned())),
        };
        match url.scheme() {
            "https" => {}
            "http" if here => {}
            "http" => return Err(BadBase::Plain),
            other => return Err(BadBase::Address(format!("`{other}` is not HTTPS"))),
        }
        Ok(Self { family: family.into(), url })
    }

    /// The host, with its port where it is not the usual one.
    pub fn authority(&self) -> String {
        authority(&self.url)
    }

    /// The name of the host alone.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The address of a question under this base. A version that ends the base
    /// and begins the path, such as `/v1`, stands once.
    fn with(&self, question: &Url) -> Url {
        let mut url = self.url.clone();
        let base = self.url.path().trim_end_matches('/');
        let path = question.path();
        let last = base.rsplit('/').next().filter(|segment| !segment.is_empty());
        let rest = last
            .and_then(|last| path.strip_prefix('/')?.strip_prefix(last))
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(path);
        url.set_path(&format!("{base}{rest}"));
        url.set_query(question.query());
        url.set_fragment(None);
        url
    }
}

impl fmt::Display for BadBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(why) => write!(f, "not a base address ({why}); write `https://HOST`"),
            Self::Plain => f.write_str(
                "values are sent over HTTPS only; plain HTTP is for this machine, such as \
                 `http://127.0.0.1:8080`",
            ),
            Self::Query => f.write_str("the base address holds a query, which cannot be kept"),
            Self::UserInformation => {
                f.write_str("the base address holds a user name or password, which it must not")
            }
        }
    }
}

impl std::error::Error for BadBase {}

/// Why a question goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Another base address is the only one to be asked.
    OtherBase(String),
    /// The address is not on the dossier's list.
    Unlisted,
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherBase(base) => write!(f, "not asked: `{base}` is the only host to be asked"),
            Self::Unlisted => f.write_str("not asked: its host is not on the list of the dossier"),
        }
    }
}

/// The address that a question really goes to. `text` is the dossier's, with
/// its placeholders filled.
pub(crate) fn route(bases: &[Base], dossier: &Dossier, text: &str) -> Result<Url, Closed> {
    let url = Url::parse(text).map_err(|_| Closed::Unlisted)?;
    // A dossier was checked, but a placeholder was filled since.
    let host = url.host_str().unwrap_or_default();
    let listed = dossier.verify.hosts.iter().any(|known| known == host);
    if url.scheme() != "https" || !listed {
        return Err(Closed::Unlisted);
    }
    let others = || bases.iter().map(Base::authority).collect::<Vec<_>>().join("`, `");
    match bases.iter().find(|base| base.family == dossier.family) {
        Some(base) if dossier.verify.hosts.first().is_some_and(|main| main == host) => {
            Ok(base.with(&url))
        }
        None if bases.is_empty() => Ok(url),
        _ => Err(Closed::OtherBase(others())),
    }
}

/// The host of an address, with its port where it is not the usual one.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Path and query of an address.
pub(crate) fn path_and_query(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use leeward_dossier::Library;

    use super::*;

    fn under(base: &str, url: &str) -> String {
        let base = Base::new("f", base).expect("a base");
        base.with(&Url::parse(url).expect("an address")).to_string()
    }

    #[test]
    fn a_base_takes_the_hosts_place() {
        let url = "https://api.example.com/v1/files?page=0";
        assert_eq!(under("https://a.b", url), "https://a.b/v1/files?page=0");
        assert_eq!(under("https://a.b/", url), "https://a.b/v1/files?page=0");
        assert_eq!(under("https://a.b/v1", url), "https://a.b/v1/files?page=0");
        assert_eq!(under("https://a.b/v1/", url), "https://a.b/v1/files?page=0");
        assert_eq!(under("https://a.b/ai", url), "https://a.b/ai/v1/files?page=0");
        assert_eq!(under("http://127.0.0.1:9/x/v1", url), "http://127.0.0.1:9/x/v1/files?page=0");
        assert_eq!(under("https://a.b/v", url), "https://a.b/v/v1/files?page=0");
    }

    #[test]
    fn values_are_not_sent_in_the_clear() {
        assert_eq!(Base::new("f", "http://gateway.example.com"), Err(BadBase::Plain));
        assert_eq!(Base::new("f", "http://169.254.169.254"), Err(BadBase::Plain));
        assert!(matches!(Base::new("f", "ftp://a.b"), Err(BadBase::Address(_))));
        assert!(matches!(Base::new("f", "a.b/v1"), Err(BadBase::Address(_))));
        assert_eq!(Base::new("f", "https://me:x@a.b"), Err(BadBase::UserInformation));
        assert_eq!(Base::new("f", "https://a.b/?version=1"), Err(BadBase::Query));
        for here in ["http://localhost:1", "http://[::1]:2", "http://127.0.0.9"] {
            assert!(Base::new("f", here).is_ok(), "{here}");
        }
    }

    #[test]
    fn a_base_is_the_only_host() {
        let library = Library::builtin();
        let dossier = library.dossiers().iter().find(|dossier| dossier.detect.bare).expect("one");
        let host = &dossier.verify.hosts[0];
        let url = format!("https://{host}/v1/models");
        assert_eq!(route(&[], dossier, &url).expect("listed").as_str(), url);
        let ours =
            Base::new(dossier.family.clone(), "https://gateway.example.com").expect("a base");
        let routed = route(std::slice::from_ref(&ours), dossier, &url).expect("routed");
        assert_eq!(routed.as_str(), "https://gateway.example.com/v1/models");
        let other = Base::new("another", "https://gateway.example.com").expect("a base");
        assert!(matches!(route(&[other], dossier, &url), Err(Closed::OtherBase(_))));
        for wrong in ["https://evil.example.com/v1", "http://api.example.com", "https://x@y/", "x"]
        {
            assert_eq!(route(&[], dossier, wrong), Err(Closed::Unlisted), "{wrong}");
        }
    }
}

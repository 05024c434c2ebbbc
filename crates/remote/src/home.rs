//! Where a source's service lives: the address everything is asked at, and whether a
//! link that the service hands out leads there. A link that does not is never
//! followed.

use leeward_probe::Base;
use url::Url;

use crate::{service::BadSetting, setting::Setting};

/// Where a service lives.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// The operator's name for the source.
    pub(crate) source: String,
    /// What kind of service it is.
    pub(crate) service: String,
    /// Its address; the path ends in a slash.
    pub(crate) base: Url,
    /// Whether it is an installation of somebody's own: many of those show nothing,
    /// not even what is public there, to whoever did not sign in.
    is_own: bool,
}

impl Home {
    /// At the address that the operator gave, or the usual one; `under` is the path
    /// of the interface, which the operator may leave out.
    pub(crate) fn new(
        setting: &Setting,
        given: Option<&str>,
        usual: &str,
        under: &str,
    ) -> Result<Self, BadSetting> {
        let text = given.unwrap_or(usual);
        // The rules for where a credential may go: HTTPS, or this machine.
        Base::new(setting.service.as_str(), text).map_err(|bad| {
            BadSetting::new(setting, format!("`base_url` cannot be used: {}", in_words(&bad)))
        })?;
        let mut base = Url::parse(text)
            .map_err(|_| BadSetting::new(setting, "`base_url` is not an address"))?;
        let path = base.path().trim_end_matches('/').to_owned();
        let path = if path.ends_with(under.trim_end_matches('/')) {
            format!("{path}/")
        } else {
            format!("{path}{under}/")
        };
        base.set_path(&path);
        let is_own = Url::parse(usual).is_ok_and(|usual| usual.host() != base.host());
        let (source, service) = (setting.name.clone(), setting.service.clone());
        Ok(Self { source, service, base, is_own })
    }

    /// Whether Git must sign in to clone a repository.
    pub(crate) fn needs_credential(&self, is_public: Option<bool>) -> bool {
        self.is_own || is_public != Some(true)
    }

    /// Its host.
    pub(crate) fn host(&self) -> String {
        self.base.host_str().unwrap_or_default().to_owned()
    }

    /// Where people and Git look, if that is the host's root, or the host without the
    /// `api.` before it; ends in a slash.
    pub(crate) fn web(&self) -> String {
        let mut web = self.base.clone();
        web.set_path("");
        if let Some(host) = self.host().strip_prefix("api.") {
            // What was a host is one without its first part.
            let _ = web.set_host(Some(host));
        }
        web.to_string()
    }

    /// The address of a path, with its query, under the base.
    pub(crate) fn address(&self, at: &str) -> String {
        format!("{}{at}", self.base)
    }

    /// The path and query under the base of a link that leads there.
    pub(crate) fn within(&self, link: &str) -> Option<String> {
        let url = self.base.join(link).ok()?;
        let is_here = url.origin() == self.base.origin()
            && url.username().is_empty()
            && url.password().is_none();
        let rest = url.path().strip_prefix(self.base.path()).filter(|_| is_here)?;
        Some(match url.query() {
            Some(query) => format!("{rest}?{query}"),
            None => rest.to_owned(),
        })
    }

    /// The path and query of the page that follows the one at `at`. A service behind
    /// a proxy may call itself by another host: then what it says of the page is
    /// taken, and asked here.
    pub(crate) fn following(&self, at: &str, link: &str) -> Option<String> {
        self.within(link).or_else(|| {
            let here = Url::parse(&self.address(at)).ok()?;
            let there = Url::parse(link).ok()?;
            let query = there.query().filter(|_| there.path() == here.path())?;
            let path = at.split('?').next().unwrap_or_default();
            Some(format!("{path}?{query}"))
        })
    }
}

fn in_words(bad: &leeward_probe::BadBase) -> String {
    use leeward_probe::BadBase;
    match bad {
        BadBase::Address(why) => why.clone(),
        BadBase::Plain => {
            "over HTTP the credential could be read on the way; write `https://`".to_owned()
        }
        BadBase::UserInformation => {
            "it holds a user name or a password; give the credential by `token_env`".to_owned()
        }
        BadBase::Query => "it holds a query or a fragment".to_owned(),
    }
}

/// A name as one segment of a path.
pub(crate) fn segment(name: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    // A segment of dots alone would climb out of the path, encoded or not.
    if matches!(name, "." | "..") {
        return "%25".to_owned();
    }
    const KEPT: &percent_encoding::AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(name, KEPT).to_string()
}

/// A path whose slashes part its segments.
pub(crate) fn segments(path: &str) -> String {
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

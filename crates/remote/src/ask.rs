//! A request to a service, and what was answered. How it is sent is the
//! [`client`](crate::client)'s.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::trouble::Trouble;

/// The most bytes of an answer that are read, unless a request says otherwise.
pub(crate) const LARGEST: usize = 16 << 20;

/// A request to be answered.
#[derive(Clone, Debug)]
pub struct Ask {
    pub(crate) method: reqwest::Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
    /// The most bytes of the answer that are read.
    pub at_most: usize,
    /// Whether the credential goes along, if the host is the source's own.
    pub with_credential: bool,
}

impl Ask {
    /// Reads an address.
    ///
    /// # Errors
    /// What is no address, is neither HTTPS nor HTTP, or holds a password.
    pub fn get(address: &str) -> Result<Self, Trouble> {
        let strange = |why: &str| Trouble::Strange(why.to_owned());
        let url = Url::parse(address).map_err(|_| strange("a link that is no address"))?;
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err(strange("a link that leads to no web server"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(strange("a link with a user name or a password in it"));
        }
        Ok(Self {
            method: reqwest::Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
            at_most: LARGEST,
            with_credential: true,
        })
    }

    /// With a body that is sent by `POST`. Only for questions: what changes
    /// something is nobody's business here.
    #[must_use]
    pub fn post(self, kind: &'static str, body: Vec<u8>) -> Self {
        let mut asked = self.header("content-type", kind);
        asked.method = reqwest::Method::POST;
        asked.body = Some(body);
        asked
    }

    /// With a header; one that cannot be sent is left out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// Without the credential: for links to hosts of others.
    #[must_use]
    pub fn anonymous(self) -> Self {
        Self { with_credential: false, ..self }
    }

    /// Reading at most so many bytes.
    #[must_use]
    pub fn at_most(self, bytes: usize) -> Self {
        Self { at_most: bytes, ..self }
    }

    /// The same question at another address, by the same rules.
    pub(crate) fn moved(self, to: Url) -> Result<Self, Trouble> {
        let url = Self::get(to.as_str())?.url;
        Ok(Self { url, ..self })
    }

    /// Without the headers it was given.
    pub(crate) fn without_headers(self) -> Self {
        Self { headers: HeaderMap::new(), ..self }
    }

    /// Where it goes.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// What was answered.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, as far as it was read.
    pub body: Vec<u8>,
    /// Whether there was more than was read.
    pub is_cut: bool,
    pub(crate) headers: HeaderMap,
}

impl Answer {
    /// A header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether it is what was asked for.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

//! A request to a place of the user's own before its secrets are put in: it can
//! be shown, and it can be sent.

use std::fmt::{self, Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use leeward_model::Secret;
use leeward_probe::{BadParcel, Courier, Delivered, Parcel};
use serde::{
    Deserialize, Deserializer,
    de::{self, Error as _, MapAccess, Visitor},
};
use sha2::Sha256;
use url::Url;
use zeroize::Zeroizing;

use super::{Reference, Secrets, Undelivered, answer, channel::REFERENCES, escape::json_laid_out};

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An address that anybody may see.
    Plain(String),
    /// An address that is a secret.
    Kept(Reference),
}

impl<'de> Deserialize<'de> for Place {
    /// No error quotes what stands there: it may be a secret.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let quiet = |_| D::Error::custom(format!("here stands text, or {REFERENCES}"));
        deserializer.deserialize_any(Written).map_err(quiet)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Place;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an address, or {REFERENCES}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Place, E> {
        Ok(Place::Plain(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Place, A::Error> {
        let odd = || A::Error::custom(format!("a reference is written {REFERENCES}"));
        let (name, value) = map.next_entry::<String, String>()?.ok_or_else(odd)?;
        let reference = match name.as_str() {
            "env" => Reference::Env(value),
            "file" => Reference::File(value.into()),
            _ => return Err(odd()),
        };
        match map.next_key::<String>()? {
            None => Ok(Place::Kept(reference)),
            Some(_) => Err(odd()),
        }
    }
}

impl Place {
    pub(super) fn host(&self, secrets: Secrets<'_>) -> Option<String> {
        let address = self.address(secrets).ok()?;
        Url::parse(&address).ok()?.host_str().map(str::to_owned)
    }

    fn address(&self, secrets: Secrets<'_>) -> Result<Zeroizing<String>, Undelivered> {
        match self {
            Self::Plain(address) => Ok(Zeroizing::new(address.clone())),
            Self::Kept(reference) => text(&resolve(reference, secrets)?, reference),
        }
    }
}

/// What stands in a header.
pub(super) enum Header {
    Plain(String),
    /// `Bearer` and a token.
    Bearer(Reference),
    /// A user and a password.
    Basic(String, Reference),
    /// The signature over the body at a time, in seconds since 1970-01-01 UTC.
    Signature(Reference, i64),
}

/// A request. Its body is JSON.
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) to: Place,
    pub(super) headers: Vec<(&'static str, Header)>,
    pub(super) body: Option<String>,
}

/// Brings requests out.
pub(super) struct Carrier<'a> {
    pub(super) secrets: Secrets<'a>,
    pub(super) courier: &'a Courier,
}

impl Carrier<'_> {
    /// Sends a request once. The host is there for messages.
    pub(super) fn send(&self, request: Request) -> Result<(String, Delivered), Undelivered> {
        let parcel = request.parcel(self.secrets)?;
        let host = parcel.host();
        let delivered = self.courier.send(parcel).map_err(answer::not_sent)?;
        Ok((host, delivered))
    }
}

impl Request {
    pub(super) fn new(method: &'static str, to: Place) -> Self {
        Self { method, to, headers: Vec::new(), body: None }
    }

    pub(super) fn header(mut self, name: &'static str, header: Header) -> Self {
        self.headers.push((name, header));
        self
    }

    pub(super) fn json(self, body: impl Into<String>) -> Self {
        let typed = Header::Plain("application/json".to_owned());
        Self { body: Some(body.into()), ..self.header("Content-Type", typed) }
    }

    fn parcel(self, secrets: Secrets<'_>) -> Result<Parcel, Undelivered> {
        let unfit = |error: BadParcel| Undelivered::mend(format!("cannot be sent: {error}"));
        let address = self.to.address(secrets)?;
        let mut parcel = Parcel::new(self.method, &address).map_err(unfit)?;
        let body = self.body.unwrap_or_default();
        for (name, header) in self.headers {
            parcel = match header {
                Header::Plain(value) => parcel.header(name, &value),
                Header::Bearer(reference) => {
                    parcel.secret_header(name, "Bearer ", &resolve(&reference, secrets)?)
                }
                Header::Basic(user, reference) => {
                    let login = basic(&user, &resolve(&reference, secrets)?);
                    parcel.secret_header(name, "Basic ", &login)
                }
                Header::Signature(reference, at) => {
                    let signature = sign(&resolve(&reference, secrets)?, at, &body);
                    parcel.header(name, &format!("t={at},v1={signature}"))
                }
            }
            .map_err(unfit)?;
        }
        Ok(if body.is_empty() { parcel } else { parcel.body(body) })
    }

    /// The request as a person reads it, with names where secrets are.
    pub(super) fn shown(&self) -> String {
        let to = match &self.to {
            Place::Plain(address) => address.clone(),
            Place::Kept(reference) => masked(reference),
        };
        let mut text = format!("{} {to}\n", self.method);
        for (name, header) in &self.headers {
            let value = match header {
                Header::Plain(value) => value.clone(),
                Header::Bearer(reference) => format!("Bearer {}", masked(reference)),
                Header::Basic(user, reference) => format!("Basic {user}:{}", masked(reference)),
                Header::Signature(reference, _) => {
                    format!("t=<time>,v1=<HMAC-SHA256 with {reference}>")
                }
            };
            // Writing into a string does not fail.
            let _ = writeln!(text, "{name}: {value}");
        }
        if let Some(body) = &self.body {
            let _ = writeln!(text, "\n{}", json_laid_out(body));
        }
        text
    }
}

pub(super) fn masked(reference: &Reference) -> String {
    format!("<{reference}>")
}

/// The value of a reference, without white space at its ends.
pub(super) fn resolve(reference: &Reference, secrets: Secrets<'_>) -> Result<Secret, Undelivered> {
    let missing = || Undelivered::mend(format!("{reference} holds nothing: put the value there"));
    let secret = secrets(reference).ok_or_else(missing)?;
    #[expect(clippy::disallowed_methods, reason = "only its ends are looked at")]
    let trimmed = secret.expose().trim_ascii();
    if trimmed.is_empty() { Err(missing()) } else { Ok(Secret::new(trimmed)) }
}

/// A secret as text, which is wiped.
pub(super) fn text(
    secret: &Secret,
    reference: &Reference,
) -> Result<Zeroizing<String>, Undelivered> {
    #[expect(clippy::disallowed_methods, reason = "it is sent to whom the user named")]
    let text = std::str::from_utf8(secret.expose());
    let odd = |_| Undelivered::mend(format!("what {reference} holds is not text"));
    Ok(Zeroizing::new(text.map_err(odd)?.to_owned()))
}

fn basic(user: &str, password: &Secret) -> Secret {
    #[expect(clippy::disallowed_methods, reason = "it is sent to whom the user named")]
    let pair = Zeroizing::new([user.as_bytes(), b":", password.expose()].concat());
    Secret::new(BASE64.encode(&*pair).into_bytes())
}

fn sign(secret: &Secret, at: i64, body: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the receiver has the same secret")]
    #[expect(clippy::expect_used, reason = "HMAC accepts keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose()).expect("any key length is valid");
    mac.update(at.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    let mut digits = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        // Writing into a string does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

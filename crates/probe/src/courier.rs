//! Requests to places of the user's own: a secrets manager that takes a new
//! value in, a chat or a tracker that is told of an incident. Each goes to an
//! address that the user named, under the same rules as questions do: HTTPS or
//! this machine, no redirects, bounded time and bytes, certificates checked.
//!
//! It sends once and brings back what was answered. What is in a request, and
//! what an answer means, is the sender's.

use std::fmt;

use jiff::Timestamp;
use leeward_model::Secret;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::{
    client::{BadNetwork, Client, Network, Outgoing},
    sigv4,
};

/// Something to be sent.
pub struct Parcel {
    method: reqwest::Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Zeroizing<Vec<u8>>>,
}

/// Why a parcel cannot be sent as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadParcel {
    /// Not an address.
    Address,
    /// Neither HTTPS nor on this machine.
    Plain,
    /// The address holds a user name or a password.
    UserInformation,
    /// Not a method of HTTP.
    Method,
    /// Something that cannot stand in a header.
    Header,
}

impl fmt::Display for BadParcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "not an address; write `https://HOST/PATH`",
            Self::Plain => {
                "values are sent over HTTPS only; plain HTTP is for this machine, such as \
                 `http://127.0.0.1:8200`"
            }
            Self::UserInformation => "the address holds a user name or password, which it must not",
            Self::Method => "not a method of HTTP",
            Self::Header => "a header holds characters that no header can carry",
        })
    }
}

impl std::error::Error for BadParcel {}

impl fmt::Debug for Parcel {
    /// Method and host: path, headers and body may hold what nobody should see.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parcel")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

impl Parcel {
    /// A request without a body. Plain HTTP is for this machine only.
    ///
    /// # Errors
    /// What is no address or no method, or would go out in the clear.
    pub fn new(method: &str, address: &str) -> Result<Self, BadParcel> {
        let url = Url::parse(address).map_err(|_| BadParcel::Address)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadParcel::UserInformation);
        }
        let here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(BadParcel::Address),
        };
        match url.scheme() {
            "https" => {}
            "http" if here => {}
            "http" => return Err(BadParcel::Plain),
            _ => return Err(BadParcel::Address),
        }
        let method =
            reqwest::Method::from_bytes(method.as_bytes()).map_err(|_| BadParcel::Method)?;
        Ok(Self { method, url, headers: HeaderMap::new(), body: None })
    }

    /// With a header that anybody may see.
    ///
    /// # Errors
    /// What cannot stand in a header.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, BadParcel> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BadParcel::Header)?;
        let value = HeaderValue::from_str(value).map_err(|_| BadParcel::Header)?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// With a header that holds a secret after some text, such as `Bearer `.
    ///
    /// # Errors
    /// What cannot stand in a header.
    pub fn secret_header(
        mut self,
        name: &str,
        before: &str,
        secret: &Secret,
    ) -> Result<Self, BadParcel> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BadParcel::Header)?;
        #[expect(clippy::disallowed_methods, reason = "it is sent to whom the user named")]
        let text = Zeroizing::new([before.as_bytes(), secret.expose()].concat());
        let mut value = HeaderValue::from_bytes(&text).map_err(|_| BadParcel::Header)?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// With a body, which is wiped when it was sent.
    #[must_use]
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(Zeroizing::new(body.into())), ..self }
    }

    /// Signed by Signature Version 4, over all that it has so far: the last
    /// thing done to it.
    ///
    /// # Errors
    /// An id, or a session's token, that no header can carry.
    pub fn signed(mut self, signer: &Signer<'_>, at: Timestamp) -> Result<Self, BadParcel> {
        if let Some(token) = signer.session {
            self = self.secret_header("x-amz-security-token", "", token)?;
        }
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let request = sigv4::Unsigned {
            method: self.method.as_str(),
            url: &self.url,
            headers: &headers,
            body: self.body.as_deref().map_or(&[], Vec::as_slice),
            at,
        };
        let by = sigv4::By {
            id: signer.id,
            secret: signer.secret,
            region: signer.region,
            service: signer.service,
        };
        for text in sigv4::sign(&request, &by) {
            let (name, value) = crate::client::header(text.as_bytes()).ok_or(BadParcel::Header)?;
            self.headers.insert(name, value);
        }
        Ok(self)
    }

    /// The host it goes to, with its port where it is not the usual one.
    pub fn host(&self) -> String {
        crate::route::authority(&self.url)
    }

    /// The name of the host alone, as [`Courier::new`] is told whom to trust.
    pub fn host_name(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }
}

/// Who signs a parcel, and for which service where.
pub struct Signer<'a> {
    /// The public id that belongs to the secret.
    pub id: &'a str,
    /// The secret, which is not sent.
    pub secret: &'a Secret,
    /// The token of a session, which is sent, if the two are of one.
    pub session: Option<&'a Secret>,
    /// The region, such as `eu-west-1`.
    pub region: &'a str,
    /// The service, such as `secretsmanager`.
    pub service: &'a str,
}

/// What was answered. The body is whatever the other side sent.
pub struct Delivered {
    /// The HTTP status.
    pub status: u16,
    /// The body, bounded.
    pub body: Vec<u8>,
    headers: HeaderMap,
}

impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivered").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Delivered {
    /// A header of the answer, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why nothing was delivered, in words with the next step; it quotes a host at
/// most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// In words.
    pub why: String,
    /// Whether the same may arrive a little later.
    pub may_pass: bool,
    /// Whether it may have arrived all the same: it left, and no answer came.
    pub may_have_arrived: bool,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Undelivered {}

/// Sends parcels, one at a time.
pub struct Courier {
    runtime: Runtime,
    client: Client,
    stop: CancellationToken,
}

impl Courier {
    /// A courier. Opens no connection. `trusted` are the hosts that the user
    /// named: they may lead anywhere, also inside the user's own network.
    ///
    /// # Errors
    /// Settings of the network that cannot be used.
    pub fn new(
        network: &Network,
        trusted: &[String],
        stop: CancellationToken,
    ) -> Result<Self, BadNetwork> {
        let client = Client::trusting(network, trusted)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(BadNetwork::Runtime)?;
        Ok(Self { runtime, client, stop })
    }

    /// Sends a parcel once and reads the answer to its end.
    ///
    /// # Errors
    /// When no answer came that could be read.
    pub fn send(&self, parcel: Parcel) -> Result<Delivered, Undelivered> {
        let Parcel { method, url, headers, body } = parcel;
        let body = body.map(|body| body.to_vec());
        let sent = self.client.send(Outgoing { method, url, headers, body });
        let answer = self.runtime.block_on(self.stop.run_until_cancelled(sent));
        match answer {
            None => Err(Undelivered {
                why: "stopped before an answer came: run it again".to_owned(),
                may_pass: true,
                may_have_arrived: true,
            }),
            Some(Err(trouble)) => Err(Undelivered {
                may_pass: trouble.may_pass(),
                may_have_arrived: trouble.may_have_arrived(),
                why: trouble.to_string(),
            }),
            Some(Ok(incoming)) => Ok(Delivered {
                status: incoming.status,
                body: incoming.body,
                headers: incoming.headers,
            }),
        }
    }
}

//! The HTTP clients, the only one that carries found secrets among them, and what
//! they may do: HTTPS,
//! no redirects, no cookies, no compression, public addresses only, no
//! environment, bounded time and bytes.
//!
//! It sends one request and brings back what was answered. When to send, how
//! often, and what an answer means is decided elsewhere.

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use url::{Host, Url};

use crate::{address::is_public, route::Base, trouble::Trouble};

/// The most bytes of an answer that are read. A list of a hundred records has
/// a few hundred kilobytes.
const LARGEST_ANSWER: usize = 2 << 20;

/// How the network is used.
#[derive(Clone)]
pub struct Network {
    /// How we introduce ourselves.
    pub user_agent: String,
    /// Addresses of the user's own, and then the only ones.
    pub bases: Vec<Base>,
    /// The proxy, as `http://`, `https://` or `socks5h://`, which may hold a
    /// user and a password.
    pub proxy: Option<String>,
    /// Hosts that are reached without the proxy, separated by commas.
    pub no_proxy: Option<String>,
    /// Certificates of issuers to trust besides the system's: PEM texts.
    pub issuers: Vec<Vec<u8>>,
    /// How long a connection may take.
    pub connect_within: Duration,
    /// How long a request and its whole answer may take.
    pub answer_within: Duration,
}

impl fmt::Debug for Network {
    /// Without the proxy's address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("bases", &self.bases)
            .field("has_proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}

impl Default for Network {
    fn default() -> Self {
        Self {
            user_agent: concat!("leeward/", env!("CARGO_PKG_VERSION")).to_owned(),
            bases: Vec::new(),
            proxy: None,
            no_proxy: None,
            issuers: Vec::new(),
            connect_within: Duration::from_secs(10),
            answer_within: Duration::from_secs(30),
        }
    }
}

/// Why there is no client.
#[derive(Debug)]
pub enum BadNetwork {
    /// The proxy's address is not understood. It is not quoted: it may hold a
    /// password.
    Proxy,
    /// Which of the certificates holds none.
    Issuer(usize),
    /// What the client says.
    Client(reqwest::Error),
    /// What the system says.
    Runtime(std::io::Error),
}

impl fmt::Display for BadNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy => f.write_str(
                "the proxy's address is not understood: write `http://host:port`, \
                 `http://user:password@host:port` or `socks5h://host:port`",
            ),
            Self::Issuer(_) => f.write_str("no certificate in PEM form is in it"),
            Self::Client(error) => write!(f, "the network cannot be used: {error}"),
            Self::Runtime(error) => write!(f, "the network cannot be used: {error}"),
        }
    }
}

impl std::error::Error for BadNetwork {}

/// A request, ready to be sent once.
pub(crate) struct Outgoing {
    pub(crate) method: reqwest::Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
}

/// What was answered.
pub(crate) struct Incoming {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Sends requests that carry found secrets.
pub(crate) struct Client {
    http: reqwest::Client,
    trusted: Arc<BTreeSet<String>>,
    answer_within: Duration,
}

impl Client {
    /// A client. Opens no connection.
    pub(crate) fn new(network: &Network) -> Result<Self, BadNetwork> {
        Self::trusting(network, &[])
    }

    /// A client for which some hosts may lead anywhere, since the user named
    /// them.
    pub(crate) fn trusting(network: &Network, hosts: &[String]) -> Result<Self, BadNetwork> {
        let (http, trusted) = open(network, hosts)?;
        Ok(Self { http, trusted, answer_within: network.answer_within })
    }

    /// Sends a request once and reads its answer to the end.
    pub(crate) async fn send(&self, outgoing: Outgoing) -> Result<Incoming, Trouble> {
        let host = outgoing.url.host_str().unwrap_or_default().to_owned();
        if let Some(address) = inside(&outgoing.url).filter(|_| !self.trusted.contains(&host)) {
            return Err(Trouble::Inside { host, address });
        }
        let failed = |error: reqwest::Error| Trouble::of(&error, &host, self.answer_within);
        let Outgoing { method, url, headers, body } = outgoing;
        let mut request = self.http.request(method, url).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let body = read(&mut response).await.map_err(|error| match error {
            Unread::Failed(error) => failed(error),
            Unread::TooLong => Trouble::Endless { limit: LARGEST_ANSWER },
        })?;
        Ok(Incoming { status, headers, body })
    }
}

/// Opens a client: everybody's rules, and hosts that may lead anywhere.
fn open(
    network: &Network,
    hosts: &[String],
) -> Result<(reqwest::Client, Arc<BTreeSet<String>>), BadNetwork> {
    let named = network.bases.iter().map(Base::host).chain(hosts.iter().map(String::as_str));
    let mut trusted: BTreeSet<String> = named.map(str::to_owned).collect();
    let mut builder = reqwest::Client::builder()
        .user_agent(&network.user_agent)
        .redirect(redirect::Policy::none())
        .connect_timeout(network.connect_within)
        .timeout(network.answer_within)
        .referer(false)
        .pool_max_idle_per_host(8)
        .tls_backend_preconfigured(encryption(&network.issuers)?)
        // What the environment says of proxies is for the user to hand in:
        // a scanned project may have set it.
        .no_proxy();
    if let Some(address) = &network.proxy {
        let url = Url::parse(address).map_err(|_| BadNetwork::Proxy)?;
        let known = matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
        trusted.extend(url.host_str().filter(|_| known).map(str::to_owned));
        let proxy = reqwest::Proxy::https(address).map_err(|_| BadNetwork::Proxy)?;
        if !known {
            return Err(BadNetwork::Proxy);
        }
        let except = network.no_proxy.as_deref().and_then(reqwest::NoProxy::from_string);
        builder = builder.proxy(proxy.no_proxy(except));
    }
    let trusted = Arc::new(trusted);
    let http = builder
        .dns_resolver(Arc::new(PublicOnly { trusted: Arc::clone(&trusted) }))
        .build()
        .map_err(BadNetwork::Client)?;
    Ok((http, trusted))
}

/// A client for what carries no found secret, such as reading what a service of
/// others holds, under the same rules: no redirects, no cookies, no environment,
/// and public addresses only but for hosts that the operator named. A host that is
/// written as an address is the caller's to look at, with
/// [`is_inside`](crate::is_inside). Opens no connection.
///
/// # Errors
/// Settings of the network that cannot be used.
pub fn reading_client(network: &Network, named: &[String]) -> Result<reqwest::Client, BadNetwork> {
    open(network, named).map(|(http, _)| http)
}

/// Whether the host of an address is written as an address that is not public.
pub fn is_inside(url: &Url) -> bool {
    inside(url).is_some()
}

/// The address that a host is written as, if it is not a public one: there is
/// no name to look up then, and nobody else who would look at it.
fn inside(url: &Url) -> Option<IpAddr> {
    let address = match url.host()? {
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
        Host::Domain(_) => return None,
    };
    Some(address).filter(|address| !is_public(*address))
}

enum Unread {
    Failed(reqwest::Error),
    TooLong,
}

async fn read(response: &mut Response) -> Result<Vec<u8>, Unread> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Unread::Failed)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Unread::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Trust: the system's issuers; those that come with the program where the
/// system has none, as in an empty container; and those that the user names.
fn encryption(issuers: &[Vec<u8>]) -> Result<ClientConfig, BadNetwork> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for (index, pem) in issuers.iter().enumerate() {
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().unwrap_or_default();
        if roots.add_parsable_certificates(certificates).0 == 0 {
            return Err(BadNetwork::Issuer(index));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    #[expect(
        clippy::expect_used,
        reason = "this provider has a cipher suite for each of the default versions"
    )]
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring serves the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// Looks names up and keeps to public addresses. The client connects to the
/// very addresses that were looked at here, so a name that answers differently
/// the second time gains nothing.
struct PublicOnly {
    /// Names that the operator gave: they may lead anywhere.
    trusted: Arc<BTreeSet<String>>,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let trusted = self.trusted.contains(&host);
        Box::pin(async move {
            let found: Vec<SocketAddr> = match tokio::net::lookup_host((host.as_str(), 0)).await {
                Ok(found) => found.collect(),
                Err(_) => Vec::new(),
            };
            let admitted = admitted(host, found, trusted)?;
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

/// The addresses that a name may be reached at: all of them, or none. One that
/// is not public among others is enough to distrust the name.
fn admitted(
    host: String,
    found: Vec<SocketAddr>,
    trusted: bool,
) -> Result<Vec<SocketAddr>, Trouble> {
    let inside = found.iter().find(|address| !is_public(address.ip()));
    match inside {
        Some(address) if !trusted => Err(Trouble::Inside { host, address: address.ip() }),
        _ if found.is_empty() => Err(Trouble::Name { host }),
        _ => Ok(found),
    }
}

/// A header from a dossier's `Name: value`, marked as not to be shown.
pub(crate) fn header(text: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = text.iter().position(|&byte| byte == b':')?;
    let (name, value) = (&text[..colon], text[colon + 1..].trim_ascii());
    let mut value = HeaderValue::from_bytes(value).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::from_bytes(name).ok()?, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(addresses: &[&str], trusted: bool) -> bool {
        let found = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        admitted("api.example.com".to_owned(), found, trusted).is_ok()
    }

    #[test]
    fn one_address_inside_is_enough_to_refuse_a_name() {
        assert!(admits(&["104.18.1.1:0", "[2606:4700::1111]:0"], false));
        assert!(!admits(&["104.18.1.1:0", "10.0.0.1:0"], false));
        assert!(!admits(&["[::ffff:169.254.169.254]:0"], false));
        assert!(!admits(&[], false));
        assert!(!admits(&[], true));
        assert!(admits(&["10.0.0.1:0"], true), "the operator named it");
    }

    #[test]
    fn a_proxy_is_not_shown() {
        let proxy = Some("http://me:word@proxy.example.com:3128".to_owned());
        let shown = format!("{:?}", Network { proxy, ..Network::default() });
        assert!(!shown.contains("word") && shown.contains("has_proxy: true"), "{shown}");
    }
}

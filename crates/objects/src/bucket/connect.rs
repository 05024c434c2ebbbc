//! The requests of the stores' client, sent through the house's own: its rules for
//! redirects, certificates, proxies and addresses inside a network hold here too. What
//! the client adds, its signatures and repetitions, happens before and around this.

use std::{fmt, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Limited};
use leeward_probe::{Network, is_inside, reading_client};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
        HttpResponseBody, HttpService,
    },
};
use url::{Host, Url};

use super::trouble::Unopened;

/// The most bytes of a listing, or of a credential: a page has a thousand keys of a
/// thousand bytes each, and some marks around them.
const LARGEST_ANSWER: usize = 16 << 20;

/// Where machines of the large providers get their credentials from, over plain HTTP:
/// an address that only the machine itself reaches.
const MACHINE: [&str; 3] = ["169.254.169.254", "169.254.170.2", "metadata.google.internal"];

/// How long the machine's own credentials may take to answer: where there are none,
/// nobody does.
const MACHINE_WITHIN: Duration = Duration::from_secs(2);

/// Sends requests for a store.
#[derive(Clone)]
pub(super) struct Connector(Arc<Sender>);

struct Sender {
    http: reqwest::Client,
    /// For the machine's own credentials.
    machine: reqwest::Client,
    /// Hosts that the operator named or that follow from the bucket: they may lead
    /// inside a network.
    named: Vec<String>,
    /// Whether those may be asked in the clear.
    plain: bool,
}

impl Connector {
    pub(super) fn new(
        network: &Network,
        named: Vec<String>,
        plain: bool,
    ) -> Result<Self, Unopened> {
        let http = reading_client(network, &named).map_err(Unopened::network)?;
        let near = Network {
            proxy: None,
            connect_within: MACHINE_WITHIN,
            answer_within: MACHINE_WITHIN,
            ..network.clone()
        };
        let machines = MACHINE.map(str::to_owned);
        let machine = reading_client(&near, &machines).map_err(Unopened::network)?;
        Ok(Self(Arc::new(Sender { http, machine, named, plain })))
    }

    /// What the head of an answer says of a name, such as a region.
    pub(super) async fn head(&self, url: Url, header: &str) -> Option<String> {
        let client = self.0.client(&url).ok()?;
        let answer = client.head(url).send().await.ok()?;
        answer.headers().get(header)?.to_str().ok().map(str::to_owned)
    }
}

impl Sender {
    /// Who asks at an address, if it may be asked at all.
    fn client(&self, url: &Url) -> Result<&reqwest::Client, Refused> {
        let host = url.host_str().unwrap_or_default();
        if MACHINE.contains(&host) {
            return Ok(&self.machine);
        }
        let is_named = self.named.iter().any(|named| named == host);
        if is_inside(url) && !is_named {
            return Err(Refused("an address inside the network that nobody named"));
        }
        if url.scheme() != "https" && !(is_named && (self.plain || is_loopback(url))) {
            return Err(Refused("an address in the clear: the endpoint must begin with https://"));
        }
        Ok(&self.http)
    }
}

/// Whether a host is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait::async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let refused = |why| HttpError::new(HttpErrorKind::Unknown, Refused(why));
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| refused("no address"))?;
        let client =
            self.0.client(&url).map_err(|why| HttpError::new(HttpErrorKind::Unknown, why))?;
        // What is read has an empty body, and what gets a token a small one.
        let body = body.as_bytes().cloned().unwrap_or_default();
        // Objects are read by whoever knows how long they are.
        let is_object = parts.headers.contains_key(http::header::RANGE)
            || parts.method == http::Method::GET && url.query().is_none();
        let at_most = if is_object { usize::MAX } else { LARGEST_ANSWER };
        let sent = client.request(parts.method, url).headers(parts.headers).body(body).send();
        let answer: http::Response<reqwest::Body> = sent.await.map_err(failed)?.into();
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body.map_err(failed), at_most).map_err(|error| {
            match error.downcast::<HttpError>() {
                Ok(error) => *error,
                Err(_) => HttpError::new(HttpErrorKind::Decode, Refused("an endless answer")),
            }
        });
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new::<_>(body)))
    }
}

/// What the store's client is told of a failure: it repeats what may pass by itself.
fn failed(error: reqwest::Error) -> HttpError {
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_body() || error.is_request() {
        HttpErrorKind::Interrupted
    } else {
        HttpErrorKind::Unknown
    };
    let why = match kind {
        HttpErrorKind::Timeout => "no answer in time",
        HttpErrorKind::Connect => "no connection",
        HttpErrorKind::Interrupted => "the answer broke off",
        _ => "the request failed",
    };
    HttpError::new(kind, Refused(why))
}

/// Why there is no answer, in words that hold no address: it may be signed.
#[derive(Debug)]
struct Refused(&'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Refused {}

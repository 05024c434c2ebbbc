//! The requests to a registry: signed in where it wants that, repeated where that may
//! help, and led on to the hosts where blobs are kept, without the credential. What is
//! in an answer is read piece by piece by whoever asked.

use std::time::Duration;

use base64::Engine as _;
use leeward_model::{Reason, Secret};
use leeward_probe::{BadNetwork, Network, is_inside, reading_client};
use leeward_source::Progress;
use reqwest::{Response, header::HeaderValue};
use serde::Deserialize;
use tokio::{runtime::Runtime, time::timeout};
use url::{Host, Url};
use zeroize::Zeroizing;

use super::{
    ImageAccess, ImageName,
    auth::{Wanted, may_know, wanted},
};
use crate::stop::until_stopped;

/// Tries of one request.
const TRIES: u32 = 4;

/// Redirects in a row: a registry sends to a store, which may be moved once.
const HOPS: usize = 3;

/// How long a registry may take to begin an answer, and to go on with one. How long a
/// layer may take in all depends on nothing but its length.
pub(super) const SILENCE: Duration = Duration::from_secs(30);

/// The longest wait that a registry may ask for between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// A whole answer, however long: a terabyte over a slow line.
const WITHIN: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The most bytes of a token and what is around it.
const LARGEST_TOKEN: u64 = 256 << 10;

/// Kinds of manifests that are understood.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, */*;q=0.1";

/// Why a registry hands something out not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It, or all of it, is not there.
    Missing,
    /// The operator must sign in, or has no right.
    Refused(String),
    /// No answer, or one that makes no sense.
    Broken(String),
}

impl Trouble {
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Missing => Reason::Unreadable("the registry has no such thing".to_owned()),
            Self::Refused(why) | Self::Broken(why) => Reason::Unreadable(why.clone()),
        }
    }
}

/// One thread's way to a registry.
pub(super) struct Registry<'a> {
    runtime: Runtime,
    http: reqwest::Client,
    name: &'a ImageName,
    base: Url,
    access: &'a ImageAccess,
    progress: &'a Progress,
    /// What was signed in with.
    authorization: Option<HeaderValue>,
}

impl<'a> Registry<'a> {
    /// A way to an image's registry. Opens no connection.
    pub(super) fn new(
        name: &'a ImageName,
        access: &'a ImageAccess,
        progress: &'a Progress,
    ) -> Result<Self, BadNetwork> {
        let network = Network { answer_within: WITHIN, ..access.network.clone() };
        let base = base(name);
        let named = base.host_str().unwrap_or_default().to_owned();
        let http = reading_client(&network, &[named])?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(BadNetwork::Runtime)?;
        Ok(Self { runtime, http, name, base, access, progress, authorization: None })
    }

    /// A manifest, by its tag or digest.
    pub(super) fn manifest(&mut self, reference: &str, at_most: u64) -> Result<Vec<u8>, Trouble> {
        let answer = self.ask("manifests", reference, 0)?;
        self.all(answer, at_most)
    }

    /// A blob from some offset on; the answer's status says whether it begins there.
    pub(super) fn blob(&mut self, digest: &str, from: u64) -> Result<Response, Trouble> {
        self.ask("blobs", digest, from)
    }

    /// The next bytes of an answer.
    pub(super) fn chunk(&self, answer: &mut Response) -> Result<Option<Vec<u8>>, Trouble> {
        let next = until_stopped(self.progress, async { timeout(SILENCE, answer.chunk()).await });
        match self.runtime.block_on(next) {
            Some(Ok(Ok(chunk))) => Ok(chunk.map(Into::into)),
            Some(Ok(Err(_))) => Err(broken("the answer broke off")),
            Some(Err(_)) => Err(broken("the registry fell silent")),
            None => Err(broken("the scan was stopped")),
        }
    }

    /// Waits before another try; whether there is any point in one.
    pub(super) fn pause(&self, tries: u32, told: Option<Duration>) -> bool {
        let wait = told.unwrap_or(Duration::from_millis(250 << tries.min(6))).min(LONGEST_PAUSE);
        let waited = until_stopped(self.progress, async { tokio::time::sleep(wait).await });
        self.runtime.block_on(waited).is_some()
    }

    fn all(&self, mut answer: Response, at_most: u64) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(&mut answer)? {
            if (body.len() + chunk.len()) as u64 > at_most {
                return Err(broken("an answer that is longer than such a thing may be"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn ask(&mut self, kind: &str, reference: &str, from: u64) -> Result<Response, Trouble> {
        let path = format!("{}/{kind}/{reference}", self.name.repository());
        let url = self.base.join(&path).map_err(|_| broken("no address"))?;
        let (mut tries, mut signed_in) = (0, false);
        loop {
            let answer = match self.send(&url, from) {
                Ok(answer) => answer,
                Err(trouble @ Trouble::Broken(_)) if tries + 1 < TRIES => {
                    tries += 1;
                    if self.pause(tries, None) { continue } else { return Err(trouble) }
                }
                Err(trouble) => return Err(trouble),
            };
            match answer.status().as_u16() {
                200 | 206 => return Ok(answer),
                401 if !signed_in => {
                    signed_in = true;
                    let header = header(&answer, "www-authenticate");
                    self.sign_in(header.as_deref().unwrap_or_default())?;
                }
                401 | 403 => return Err(self.refused()),
                404 | 416 => return Err(Trouble::Missing),
                status @ (429 | 500..=599) => {
                    tries += 1;
                    let told = header(&answer, "retry-after");
                    let told = told.and_then(|text| text.trim().parse().ok());
                    if tries >= TRIES || !self.pause(tries, told.map(Duration::from_secs)) {
                        return Err(broken(&format!("the registry answers with status {status}")));
                    }
                }
                status => {
                    return Err(broken(&format!("the registry answers with status {status}")));
                }
            }
        }
    }

    fn refused(&self) -> Trouble {
        let registry = self.name.registry();
        Trouble::Refused(match self.access.credential {
            Some(_) => format!("`{registry}` refuses the credential: sign in with `docker login`"),
            None => format!(
                "`{registry}` shows it to nobody who is not signed in: `docker login {registry}`, \
                 or set LEEWARD_REGISTRY_USER and LEEWARD_REGISTRY_PASSWORD"
            ),
        })
    }

    /// Sends a request, and follows where the answer leads. The credential goes to the
    /// registry alone.
    fn send(&self, url: &Url, from: u64) -> Result<Response, Trouble> {
        let mut url = url.clone();
        for _ in 0..=HOPS {
            self.may_go(&url)?;
            let mut request = self.http.get(url.clone()).header("accept", MANIFESTS);
            if from > 0 {
                request = request.header("range", format!("bytes={from}-"));
            }
            if let Some(value) =
                self.authorization.as_ref().filter(|_| url.origin() == self.base.origin())
            {
                request = request.header("authorization", value.clone());
            }
            let answer = self.answer(request)?;
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            let to = header(&answer, "location").and_then(|to| url.join(&to).ok());
            url = to.ok_or_else(|| broken("a redirect that leads nowhere"))?;
        }
        Err(broken("redirects without end"))
    }

    fn answer(&self, request: reqwest::RequestBuilder) -> Result<Response, Trouble> {
        let sent = until_stopped(self.progress, async { timeout(SILENCE, request.send()).await });
        match self.runtime.block_on(sent) {
            Some(Ok(Ok(answer))) => Ok(answer),
            Some(Ok(Err(error))) if error.is_connect() => Err(broken("no connection")),
            Some(Ok(Err(_))) => Err(broken("the request failed")),
            Some(Err(_)) => Err(broken("no answer in time")),
            None => Err(broken("the scan was stopped")),
        }
    }

    /// Whether an address may be asked: over HTTPS, or this machine where the registry
    /// is; inside a network only where the registry itself is.
    fn may_go(&self, url: &Url) -> Result<(), Trouble> {
        let is_home = url.host() == self.base.host();
        if is_inside(url) && !is_home {
            return Err(broken("it leads to an address inside the network"));
        }
        if url.scheme() != "https" && !(is_home && is_this_machine(url)) {
            return Err(broken("it leads to an address in the clear"));
        }
        Ok(())
    }

    fn sign_in(&mut self, header: &str) -> Result<(), Trouble> {
        let credential = self.access.credential.as_ref();
        match wanted(header, self.name.repository()) {
            Some(Wanted::Basic) => {
                let (user, secret) = credential.ok_or_else(|| self.refused())?;
                self.authorization = basic(user, secret);
                Ok(())
            }
            Some(Wanted::Token(url)) => {
                self.may_go(&url)?;
                let mut request = self.http.get(url.clone());
                if let Some((user, secret)) = credential.filter(|_| may_know(&self.base, &url))
                    && let Some(value) = basic(user, secret)
                {
                    request = request.header("authorization", value);
                }
                let answer = self.answer(request)?;
                match answer.status().as_u16() {
                    200 => {}
                    401 | 403 => return Err(self.refused()),
                    status => {
                        let why = format!("no token is to be had: status {status}");
                        return Err(broken(&why));
                    }
                }
                let body = Zeroizing::new(self.all(answer, LARGEST_TOKEN)?);
                self.authorization = Some(bearer(&body).ok_or_else(|| broken("no token"))?);
                Ok(())
            }
            None => Err(broken("the registry wants a way of signing in that is not known")),
        }
    }
}

/// The address below which a registry answers: in the clear on this machine alone.
fn base(name: &ImageName) -> Url {
    let host = name.registry();
    let at = |scheme: &str| Url::parse(&format!("{scheme}://{host}/v2/"));
    let plain = at("http").ok().filter(is_this_machine);
    #[expect(clippy::expect_used, reason = "a name is only one if its host makes an address")]
    plain.unwrap_or_else(|| at("https").expect("the host was read before"))
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn broken(why: &str) -> Trouble {
    Trouble::Broken(why.to_owned())
}

fn header(answer: &Response, name: &str) -> Option<String> {
    answer.headers().get(name)?.to_str().ok().map(str::to_owned)
}

#[expect(clippy::disallowed_methods, reason = "the operator's own credential, to its registry")]
fn basic(user: &str, secret: &Secret) -> Option<HeaderValue> {
    let both = Zeroizing::new([user.as_bytes(), b":", secret.expose()].concat());
    let encoded = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(&*both));
    sensitive(&["Basic ", &encoded])
}

fn bearer(body: &[u8]) -> Option<HeaderValue> {
    #[derive(Deserialize)]
    struct Token {
        token: Option<String>,
        access_token: Option<String>,
    }
    let Token { token, access_token } = serde_json::from_slice(body).ok()?;
    let (token, access_token) = (token.map(Zeroizing::new), access_token.map(Zeroizing::new));
    sensitive(&["Bearer ", token.or(access_token)?.as_str()])
}

fn sensitive(parts: &[&str]) -> Option<HeaderValue> {
    let text = Zeroizing::new(parts.concat());
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

//! The requests to services of others: how fast, how often again, how much of an
//! answer is read, and where a credential goes. It follows no redirect by itself and
//! reaches no address inside a network unless the operator named the host.
//!
//! What is asked and what an answer means is each service's.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use leeward_model::Secret;
use leeward_probe::{BadNetwork, Network, Stop, is_inside, reading_client};
use reqwest::header::{HeaderName, HeaderValue};
use tokio::runtime::Runtime;
use url::{Host, Origin, Url};
use zeroize::Zeroizing;

pub use crate::ask::{Answer, Ask};
use crate::{ask::LARGEST, trouble::Trouble};

/// Tries of one request before it is left for later.
const TRIES: u32 = 4;

/// A wait that is longer than this is the watcher's, not the request's.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// How long to leave a service alone that does not say.
const OUTAGE: Duration = Duration::from_secs(60);

/// Bytes a second of an answer that is longer than usual, such as a file: it may take
/// as long as it takes at this, beyond the usual time.
const SLOWEST: f64 = 262_144.0;

/// The time, and waiting for it: the system's, or a simulation's.
pub trait Clock: Send + Sync {
    /// Seconds since 1970-01-01 UTC.
    fn now(&self) -> i64;
    /// Waits, or returns early because it was stopped.
    fn pause(&self, time: Duration, stop: &Stop);
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        Timestamp::now().as_second()
    }

    fn pause(&self, time: Duration, stop: &Stop) {
        const STEP: Duration = Duration::from_millis(50);
        let mut left = time;
        while !left.is_zero() && !stop.is_cancelled() {
            let step = left.min(STEP);
            std::thread::sleep(step);
            left -= step;
        }
    }
}

/// How the credential of a source is sent.
pub enum Credential {
    /// In a header, after some text such as `Bearer `.
    Header(&'static str, &'static str, Secret),
    /// As user and password.
    Basic(String, Secret),
}

/// Asks one source's service.
pub struct Client {
    runtime: Runtime,
    http: reqwest::Client,
    /// Hosts that the operator named, in lower case: the credential goes to the first
    /// alone, and all of them may be inside a network and in the clear.
    named: Vec<String>,
    credential: Option<Credential>,
    /// Scheme, host and port that the credential goes to; `None` for any of the first
    /// named host.
    home: Option<Origin>,
    clock: Arc<dyn Clock>,
    stop: Stop,
    /// How long an answer may take.
    answer_within: Duration,
    /// Between two requests.
    apart: Duration,
    last: Option<SystemTime>,
}

impl Client {
    /// A client for a source. Opens no connection. `rate` is in requests a second.
    ///
    /// # Errors
    /// Settings of the network that cannot be used.
    pub fn new(
        network: &Network,
        named: Vec<String>,
        credential: Option<Credential>,
        rate: f64,
        clock: Arc<dyn Clock>,
        stop: Stop,
    ) -> Result<Self, BadNetwork> {
        let named: Vec<String> = named.iter().map(|host| host.to_ascii_lowercase()).collect();
        let http = reading_client(network, &named)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(BadNetwork::Runtime)?;
        let apart = Duration::from_secs_f64(1.0 / rate.clamp(0.001, 1000.0));
        let (answer_within, home, last) = (network.answer_within, None, None);
        Ok(Self { runtime, http, named, credential, home, clock, stop, answer_within, apart, last })
    }

    /// Narrows where the credential goes to the scheme, host and port of an address:
    /// a link to the same host in the clear, or to another port, goes without.
    #[must_use]
    pub fn at_home(self, home: &Url) -> Self {
        Self { home: Some(home.origin()), ..self }
    }

    /// The time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Whether there is a credential to be sent.
    pub fn has_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// Whether the operator wants it to end.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Asks until there is an answer that is neither a limit nor an outage; short
    /// waits are waited for. A `304` or a `404` is an answer.
    ///
    /// # Errors
    /// Limits and outages that last, credentials that are refused, and hosts that
    /// nobody should be led to.
    pub fn ask(&mut self, ask: &Ask) -> Result<Answer, Trouble> {
        self.may_go(ask)?;
        let mut tries = 0;
        loop {
            self.keep_apart();
            if self.stop.is_cancelled() {
                return Err(Trouble::Stopped);
            }
            tries += 1;
            let (after, why) = match self.send(ask) {
                Ok(answer) => match self.meaning(ask, answer)? {
                    Meant::Answer(answer) => return Ok(answer),
                    Meant::Wait(after, why) => (after, why),
                },
                Err(why) => (None, why),
            };
            let grown = Duration::from_secs(1 << tries.min(6));
            let wait = after.unwrap_or(grown);
            if tries >= TRIES || wait > LONGEST_PAUSE {
                return Err(Trouble::Later { after: after.unwrap_or(OUTAGE), why });
            }
            self.clock.pause(wait, &self.stop);
        }
    }

    fn may_go(&self, ask: &Ask) -> Result<(), Trouble> {
        let host = ask.url.host_str().unwrap_or_default();
        if self.is_named(host) {
            return Ok(());
        }
        let is_local_name = matches!(ask.url.host(), Some(Host::Domain("localhost")));
        if is_inside(&ask.url) || is_local_name {
            return Err(Trouble::Strange(format!("a link into the network: {}", shown(&ask.url))));
        }
        if ask.url.scheme() != "https" {
            return Err(Trouble::Strange(format!("a link in the clear: {}", shown(&ask.url))));
        }
        Ok(())
    }

    fn is_named(&self, host: &str) -> bool {
        self.named.iter().any(|named| named == host)
    }

    fn keep_apart(&mut self) {
        if let Some(last) = self.last {
            let since = last.elapsed().unwrap_or_default();
            if let Some(left) = self.apart.checked_sub(since).filter(|left| !left.is_zero()) {
                self.clock.pause(left, &self.stop);
            }
        }
        self.last = Some(SystemTime::now());
    }

    fn send(&self, ask: &Ask) -> Result<Answer, String> {
        let mut headers = ask.headers.clone();
        let is_home = self.named.first().map(String::as_str) == ask.url.host_str()
            && self.home.as_ref().is_none_or(|home| *home == ask.url.origin());
        if let Some(credential) =
            self.credential.as_ref().filter(|_| ask.with_credential && is_home)
            && let Some((name, value)) = header_of(credential)
        {
            headers.insert(name, value);
        }
        let mut request = self.http.request(ask.method.clone(), ask.url.clone()).headers(headers);
        if let Some(body) = &ask.body {
            request = request.body(body.clone());
        }
        let at_most = ask.at_most;
        if at_most > LARGEST {
            let longer = Duration::from_secs_f64(at_most as f64 / SLOWEST);
            request = request.timeout(self.answer_within + longer);
        }
        let read = async {
            let mut response = request.send().await?;
            let status = response.status().as_u16();
            let headers = std::mem::take(response.headers_mut());
            let (mut body, mut is_cut) = (Vec::new(), false);
            while let Some(chunk) = response.chunk().await? {
                let room = at_most - body.len();
                if chunk.len() > room {
                    body.extend_from_slice(&chunk[..room]);
                    is_cut = true;
                    break;
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Answer { status, body, is_cut, headers })
        };
        let done = self.runtime.block_on(self.stop.run_until_cancelled(read));
        match done {
            None => Err("stopped".to_owned()),
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => {
                let error: reqwest::Error = error;
                Err(format!("{}: {}", shown(&ask.url), in_words(&error)))
            }
        }
    }

    /// What an answer is, beyond what the service makes of it.
    fn meaning(&self, ask: &Ask, answer: Answer) -> Result<Meant, Trouble> {
        let asked = shown(&ask.url);
        // A limit by any of its signs: 429, or a 403 that says when to come again.
        let is_spent = answer.header("x-ratelimit-remaining") == Some("0")
            || answer.header("ratelimit-remaining") == Some("0")
            || answer.header("retry-after").is_some();
        match answer.status {
            429 => Ok(Meant::Wait(self.told(&answer), format!("{asked}: too many requests"))),
            403 if is_spent => {
                Ok(Meant::Wait(self.told(&answer), format!("{asked}: the limit is reached")))
            }
            500..=599 => {
                let why = format!("{asked}: status {}", answer.status);
                Ok(Meant::Wait(self.told(&answer), why))
            }
            // A host of others, to which none was sent: it says nothing of ours.
            401 if !ask.with_credential => Ok(Meant::Answer(answer)),
            401 if self.has_credential() => Err(Trouble::Refused(format!(
                "{asked}: the credential is refused; give the source another"
            ))),
            401 => Err(Trouble::Refused(format!(
                "{asked}: it is not shown without a credential; give the source one by \
                 `token_env` or `token_file`"
            ))),
            _ => Ok(Meant::Answer(answer)),
        }
    }

    /// When to come again, as the service says; never longer than an hour, whatever
    /// its clock says.
    fn told(&self, answer: &Answer) -> Option<Duration> {
        const LONGEST: u64 = 3_600;
        let seconds = |text: &str| text.trim().parse::<u64>().ok();
        let now = self.clock.now();
        let until = |at: i64| u64::try_from(at - now).unwrap_or(1);
        let after = answer.header("retry-after").and_then(|text| {
            seconds(text).or_else(|| {
                let at = httpdate::parse_http_date(text).ok()?;
                let at = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
                Some(until(i64::try_from(at.as_secs()).ok()?))
            })
        });
        let reset = || {
            let names = ["x-ratelimit-reset", "ratelimit-reset"];
            let told = names.iter().find_map(|name| seconds(answer.header(name)?))?;
            // Some tell a moment, others a span.
            const A_MOMENT: u64 = 1_000_000_000;
            Some(if told > A_MOMENT { until(i64::try_from(told).ok()?) } else { told })
        };
        after.or_else(reset).map(|told| Duration::from_secs(told.clamp(1, LONGEST)))
    }
}

enum Meant {
    Answer(Answer),
    Wait(Option<Duration>, String),
}

#[expect(clippy::disallowed_methods, reason = "the operator's own credential, to its own service")]
fn header_of(credential: &Credential) -> Option<(HeaderName, HeaderValue)> {
    use base64::Engine as _;
    let (name, text) = match credential {
        Credential::Header(name, before, secret) => {
            (*name, Zeroizing::new([before.as_bytes(), secret.expose()].concat()))
        }
        Credential::Basic(user, secret) => {
            let both = Zeroizing::new([user.as_bytes(), b":", secret.expose()].concat());
            let encoded = base64::engine::general_purpose::STANDARD.encode(&*both);
            ("authorization", Zeroizing::new([b"Basic ", encoded.as_bytes()].concat()))
        }
    };
    let mut value = HeaderValue::from_bytes(&text).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::from_static(name), value))
}

/// Host and path: a query may hold what nobody should see.
pub(crate) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    leeward_model::SafeText::new(&format!("{host}{}", url.path())).to_string()
}

/// What went wrong, without the address, which it would repeat with its query.
fn in_words(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the request failed"
    }
}

//! One question to a provider, asked politely and to the end: at the
//! provider's pace, again after a limit or a failure, in the other header if
//! the first is refused. What the answer means is `answer`'s.
//!
//! Everything that is asked of a provider goes through here.

use std::{
    cell::Cell,
    collections::HashMap,
    future::IntoFuture as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use backon::{ExponentialBuilder, Retryable as _};
use jiff::Timestamp;
use leeward_dossier::{
    Dossier,
    probe::{Meaning, Method, Probe, Scheme},
};
use leeward_model::{Companion, DossierId, Secret};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    answer::{Reply, Spent, reply, row},
    client::{BadNetwork, Client, Incoming, Network, Outgoing, header},
    pace::{Pace, Paces, Rate},
    sigv4,
    trouble::Trouble,
};

/// How patient we are with a provider.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Requests a second to each provider.
    pub rate: Rate,
    /// How often a question is sent at most when failures come back.
    pub attempts: u32,
    /// How often a question is sent at most when limits come back: they pass.
    pub when_limited: u32,
    /// How long one question waits in all when its provider asks for pauses; one
    /// that would have to wait longer stays open.
    pub patience: Duration,
}

impl Credential<'_> {
    /// Why a question cannot be asked with this credential, if it cannot.
    pub(crate) fn lacks(self, probe: &Probe) -> Option<String> {
        let sign = probe.sign.as_ref()?;
        let id = self.companions.iter().find(|companion| companion.role == sign.id);
        let Some(id) = id else {
            return Some(format!("not asked: it takes the {} that belongs to the value", sign.id));
        };
        let fits = sign.begins.is_empty() || sign.begins.iter().any(|it| id.value.starts_with(it));
        (!fits).then(|| {
            format!(
                "not asked: only where the {} begins with {}",
                sign.id,
                sign.begins.join(" or ")
            )
        })
    }
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            rate: Rate::default(),
            attempts: 4,
            when_limited: 12,
            patience: Duration::from_secs(60),
        }
    }
}

/// A secret and what belongs to it.
#[derive(Clone, Copy)]
pub(crate) struct Credential<'a> {
    pub(crate) secret: &'a Secret,
    pub(crate) companions: &'a [Companion],
}

/// Asks.
pub(crate) struct Asker {
    pub(crate) client: Client,
    pub(crate) paces: Paces,
    pub(crate) manners: Manners,
    pub(crate) stop: CancellationToken,
    /// Headers that were taken where another had been refused: they are tried
    /// first from then on. By the header that was refused, for each dossier.
    taken: Mutex<HashMap<(DossierId, String), String>>,
    pub(crate) sent: Arc<AtomicU64>,
}

impl Asker {
    /// Opens no connection.
    pub(crate) fn new(
        network: &Network,
        manners: Manners,
        stop: CancellationToken,
    ) -> Result<Self, BadNetwork> {
        let client = Client::new(network)?;
        let paces = Paces::new(manners.rate);
        Ok(Self { client, paces, manners, stop, taken: Mutex::default(), sent: Arc::default() })
    }

    /// How many requests were sent, kept up to date.
    pub(crate) fn sent(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.sent)
    }

    /// Asks a question at an address that was routed before. A refusal is asked
    /// again in the probe's other header.
    pub(crate) async fn ask(
        &self,
        dossier: &Dossier,
        probe: &Probe,
        url: &Url,
        credential: Credential<'_>,
    ) -> Reply {
        let Some(other) = &probe.other_header else {
            return self.once(dossier, probe, &probe.header, url, credential).await;
        };
        let (first, second) = self.order(dossier, &probe.header, other);
        let reply = self.once(dossier, probe, first, url, credential).await;
        if reply.status != Some(401) {
            return reply;
        }
        let again = self.once(dossier, probe, second, url, credential).await;
        if again.status.is_some_and(|status| status != 401) {
            self.remember(dossier, &probe.header, second);
        }
        Reply { evidence: [reply.evidence, again.evidence].concat(), ..again }
    }

    /// The two headers of a question, the one that was taken before first.
    pub(crate) fn order<'p>(
        &self,
        dossier: &Dossier,
        header: &'p str,
        other: &'p str,
    ) -> (&'p str, &'p str) {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get(&(dossier.id().clone(), header.to_owned())) {
            Some(taken) if taken == other => (other, header),
            _ => (header, other),
        }
    }

    pub(crate) fn remember(&self, dossier: &Dossier, header: &str, taken: &str) {
        let key = (dossier.id().clone(), header.to_owned());
        let mut all = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(key, taken.to_owned());
    }

    /// Asks in one header, again after limits and failures.
    async fn once(
        &self,
        dossier: &Dossier,
        probe: &Probe,
        header: &str,
        url: &Url,
        credential: Credential<'_>,
    ) -> Reply {
        let pace = self.paces.of(&dossier.provider);
        let so_far = SoFar::default();
        let attempt = || async {
            let _room = pace.wait().await;
            if pace.is_lost() {
                return Ok(Err(Trouble::Lost));
            }
            let outgoing = outgoing(probe, header, url, credential).ok_or(Trouble::Unsendable);
            let answer = match outgoing {
                Ok(outgoing) => {
                    so_far.is_sent();
                    self.sent.fetch_add(1, Ordering::Relaxed);
                    self.client.send(outgoing).await
                }
                Err(trouble) => Err(trouble),
            };
            self.judge_attempt(dossier, probe, answer, &so_far, &pace)
        };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(Duration::from_secs(8))
            .with_jitter()
            // Whether one is worth another is judged attempt by attempt.
            .without_max_times();
        let asked = attempt
            .retry(pauses)
            .when(|again| again.worth)
            .adjust(|again, pause| pause.map(|pause| again.after.unwrap_or(pause)));
        let answer = match self.stop.run_until_cancelled(asked.into_future()).await {
            Some(last) => last.unwrap_or_else(|again| again.answer),
            None => Err(Trouble::Stopped),
        };
        if so_far.attempts.get() > 0 {
            let silent = answer.as_ref().is_err_and(Trouble::may_pass);
            pace.note(!silent);
        }
        reply(dossier, probe, url, credential.secret, answer, so_far.spent())
    }

    /// Whether an attempt settles the question, or is worth another.
    fn judge_attempt(
        &self,
        dossier: &Dossier,
        probe: &Probe,
        answer: Result<Incoming, Trouble>,
        so_far: &SoFar,
        pace: &Pace,
    ) -> Result<Result<Incoming, Trouble>, Box<Again>> {
        match &answer {
            // A quota that is spent, say: asking again changes nothing.
            Ok(Incoming { status, body, .. })
                if row(dossier, probe, *status, body)
                    .is_some_and(|row| row.means != Meaning::Unknown) =>
            {
                Ok(answer)
            }
            Ok(incoming) if matches!(incoming.status, 429 | 500 | 502 | 503 | 504) => {
                let is_limit = incoming.status == 429;
                let most = if is_limit { self.manners.when_limited } else { self.manners.attempts };
                let after = retry_after(&incoming.headers);
                match after {
                    Some(after) if so_far.waits(after) > self.manners.patience => {
                        let (status, seconds) = (incoming.status, after.as_secs());
                        let answer = Err(Trouble::Wait { status, seconds });
                        Err(Box::new(Again { answer, worth: false, after: None }))
                    }
                    after => {
                        // Everybody else who asks this provider holds back too,
                        // but not for long: limits are often of one workspace.
                        pace.pause(after.unwrap_or_default().min(SHARED_PAUSE));
                        let worth = so_far.attempts.get() < most;
                        Err(Box::new(Again { answer, worth, after }))
                    }
                }
            }
            Err(trouble) if trouble.may_pass() => {
                let most = if pace.is_doubtful() { 1 } else { self.manners.attempts };
                let worth = so_far.attempts.get() < most;
                Err(Box::new(Again { answer, worth, after: None }))
            }
            _ => Ok(answer),
        }
    }
}

/// The longest pause that one question imposes on the others.
pub(crate) const SHARED_PAUSE: Duration = Duration::from_secs(5);

/// An attempt that may be worth another.
struct Again {
    answer: Result<Incoming, Trouble>,
    worth: bool,
    after: Option<Duration>,
}

/// What one question has taken so far. Waiting for its turn among others is not
/// counted: that is our own doing.
#[derive(Default)]
struct SoFar {
    attempts: Cell<u32>,
    /// Pauses that the provider asked for.
    waited: Cell<Duration>,
    begun: Cell<Option<Instant>>,
}

impl SoFar {
    fn is_sent(&self) {
        self.attempts.set(self.attempts.get() + 1);
        self.begun.set(self.begun.get().or_else(|| Some(Instant::now())));
    }

    /// Adds a pause; all of them together.
    fn waits(&self, pause: Duration) -> Duration {
        self.waited.set(self.waited.get().saturating_add(pause));
        self.waited.get()
    }

    fn spent(&self) -> Spent {
        let time = self.begun.get().map_or(Duration::ZERO, |begun| begun.elapsed());
        Spent { attempts: self.attempts.get(), millis: time.as_millis() as u64 }
    }
}

/// How long a provider asks to wait: seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// The request of a question; `None` if the value cannot be sent.
fn outgoing(
    probe: &Probe,
    carrier: &str,
    url: &Url,
    credential: Credential<'_>,
) -> Option<Outgoing> {
    let mut headers = open_headers(&probe.headers)?;
    match &probe.sign {
        None => {
            let (name, value) = carry(carrier, credential.secret)?;
            headers.insert(name, value);
        }
        Some(sign) => {
            let Scheme::Sigv4 = sign.scheme;
            let id = credential.companions.iter().find(|companion| companion.role == sign.id)?;
            let request = sigv4::Unsigned {
                method: probe.method.name(),
                url,
                headers: &[],
                body: probe.body.as_deref().unwrap_or_default().as_bytes(),
                at: Timestamp::now(),
            };
            let by = sigv4::By {
                id: &id.value,
                secret: credential.secret,
                region: &sign.region,
                service: &sign.service,
            };
            for text in sigv4::sign(&request, &by) {
                let (name, value) = header(text.as_bytes())?;
                headers.insert(name, value);
            }
        }
    }
    Some(Outgoing {
        method: method(probe.method),
        url: url.clone(),
        headers,
        body: probe.body.clone().map(Into::into),
    })
}

/// What a request says besides the value.
pub(crate) fn open_headers(texts: &[String]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(reqwest::header::ACCEPT, HeaderValue::from_static("application/json"));
    for text in texts {
        let (name, value) = header(text.as_bytes())?;
        headers.insert(name, value);
    }
    Some(headers)
}

/// A method in the words of the client.
pub(crate) fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// A header with the value in its place.
pub(crate) fn carry(carrier: &str, secret: &Secret) -> Option<(HeaderName, HeaderValue)> {
    let (before, after) = carrier.split_once("{secret}")?;
    #[expect(clippy::disallowed_methods, reason = "the value is sent to a host of its dossier")]
    let mut text = [before.as_bytes(), secret.expose(), after.as_bytes()].concat();
    let header = header(&text);
    zeroize::Zeroize::zeroize(&mut text);
    header
}

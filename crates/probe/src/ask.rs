//! One question to a provider, asked politely and to the end: at the
//! provider's pace, again after a limit or a failure, in the other header if
//! the first is refused. What comes back is a meaning, the JSON, and evidence
//! without any body.
//!
//! Everything that is asked of a provider goes through here.

use std::{
    future::IntoFuture as _,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime},
};

use backon::{ExponentialBuilder, Retryable as _};
use jiff::Timestamp;
use leeward_dossier::{
    Dossier,
    probe::{Answer, Meaning, Method, Probe, Scheme},
};
use leeward_model::{Companion, Evidence, Secret};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    client::{BadNetwork, Client, Incoming, Network, Outgoing, header},
    count::at,
    pace::{Pace, Paces, Rate},
    route::{authority, path_and_query},
    sigv4,
    trouble::Trouble,
};

/// How patient we are with a provider.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Requests a second to each provider.
    pub rate: Rate,
    /// How often a question is sent at most, when limits and failures come
    /// back.
    pub attempts: usize,
    /// The longest pause that a provider may ask for; a question that would
    /// have to wait longer stays open.
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
                "not asked: only for a {} that begins with {}",
                sign.id,
                sign.begins.join(" or ")
            )
        })
    }
}

impl Default for Manners {
    fn default() -> Self {
        Self { rate: Rate::default(), attempts: 4, patience: Duration::from_secs(60) }
    }
}

/// A secret and what belongs to it.
#[derive(Clone, Copy)]
pub(crate) struct Credential<'a> {
    pub(crate) secret: &'a Secret,
    pub(crate) companions: &'a [Companion],
}

/// What a question came to.
pub(crate) struct Reply {
    pub(crate) meaning: Meaning,
    /// Why it means that, with the host and the status.
    pub(crate) why: String,
    /// The status, if an answer came.
    pub(crate) status: Option<u16>,
    /// The JSON of a genuine success.
    pub(crate) json: Option<Value>,
    pub(crate) evidence: Vec<Evidence>,
}

/// Asks.
pub(crate) struct Asker {
    client: Client,
    paces: Paces,
    manners: Manners,
    stop: CancellationToken,
}

impl Asker {
    /// Opens no connection.
    pub(crate) fn new(
        network: &Network,
        manners: Manners,
        stop: CancellationToken,
    ) -> Result<Self, BadNetwork> {
        let client = Client::new(network)?;
        Ok(Self { client, paces: Paces::new(manners.rate), manners, stop })
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
        let mut reply = self.once(dossier, probe, &probe.header, url, credential).await;
        if reply.status == Some(401)
            && let Some(other) = &probe.other_header
        {
            let again = self.once(dossier, probe, other, url, credential).await;
            let evidence = [reply.evidence, again.evidence].concat();
            reply = Reply { evidence, ..again };
        }
        reply
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
        let begun = Instant::now();
        let attempts = AtomicU32::new(0);
        let attempt = || async {
            pace.wait().await;
            attempts.fetch_add(1, Ordering::Relaxed);
            let outgoing = outgoing(probe, header, url, credential).ok_or(Trouble::Unsendable);
            let answer = match outgoing {
                Ok(outgoing) => self.client.send(outgoing).await,
                Err(trouble) => Err(trouble),
            };
            self.judge_attempt(answer, &pace)
        };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(Duration::from_secs(8))
            .with_jitter()
            .with_max_times(self.manners.attempts.saturating_sub(1));
        let asked = attempt
            .retry(pauses)
            .when(|again| again.worth)
            .adjust(|again, pause| pause.map(|pause| again.after.unwrap_or(pause)));
        let answer = match self.stop.run_until_cancelled(asked.into_future()).await {
            Some(last) => last.unwrap_or_else(|again| again.answer),
            None => Err(Trouble::Stopped),
        };
        let spent =
            Spent { attempts: attempts.into_inner(), millis: begun.elapsed().as_millis() as u64 };
        reply(dossier, probe, url, answer, spent)
    }

    /// Whether an attempt settles the question, or is worth another.
    fn judge_attempt(
        &self,
        answer: Result<Incoming, Trouble>,
        pace: &Pace,
    ) -> Result<Result<Incoming, Trouble>, Box<Again>> {
        match &answer {
            Ok(incoming) if matches!(incoming.status, 429 | 500 | 502 | 503 | 504) => {
                let after = retry_after(&incoming.headers);
                match after {
                    Some(after) if after > self.manners.patience => {
                        let answer = Err(Trouble::Wait { seconds: after.as_secs() });
                        Err(Box::new(Again { answer, worth: false, after: None }))
                    }
                    after => {
                        // Everybody else who asks this provider waits too.
                        pace.pause(after.unwrap_or_default());
                        Err(Box::new(Again { answer, worth: true, after }))
                    }
                }
            }
            Err(trouble) if trouble.may_pass() => {
                Err(Box::new(Again { answer, worth: true, after: None }))
            }
            _ => Ok(answer),
        }
    }
}

/// An attempt that may be worth another.
struct Again {
    answer: Result<Incoming, Trouble>,
    worth: bool,
    after: Option<Duration>,
}

struct Spent {
    attempts: u32,
    millis: u64,
}

/// How long a provider asks to wait: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
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
    let mut headers = HeaderMap::new();
    headers.insert(reqwest::header::ACCEPT, HeaderValue::from_static("application/json"));
    for text in &probe.headers {
        let (name, value) = header(text.as_bytes())?;
        headers.insert(name, value);
    }
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
                body: probe.body.as_deref().unwrap_or_default(),
                id: &id.value,
                at: Timestamp::now(),
            };
            for text in sigv4::sign(&request, sign, credential.secret) {
                let (name, value) = header(text.as_bytes())?;
                headers.insert(name, value);
            }
        }
    }
    let method = match probe.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    Some(Outgoing { method, url: url.clone(), headers, body: probe.body.clone() })
}

/// A header with the value in its place.
fn carry(carrier: &str, secret: &Secret) -> Option<(HeaderName, HeaderValue)> {
    let (before, after) = carrier.split_once("{secret}")?;
    #[expect(clippy::disallowed_methods, reason = "the value is sent to a host of its dossier")]
    let mut text = [before.as_bytes(), secret.expose(), after.as_bytes()].concat();
    let header = header(&text);
    zeroize::Zeroize::zeroize(&mut text);
    header
}

/// What an answer, or its absence, comes to.
fn reply(
    dossier: &Dossier,
    probe: &Probe,
    url: &Url,
    answer: Result<Incoming, Trouble>,
    spent: Spent,
) -> Reply {
    let status = answer.as_ref().ok().map(|incoming| incoming.status);
    let correlation =
        answer.as_ref().ok().and_then(|incoming| correlation(dossier, &incoming.headers));
    let (meaning, said, json) = match answer.and_then(|incoming| read(dossier, probe, incoming)) {
        Ok(read) => read,
        Err(trouble) => (Meaning::Unknown, trouble.to_string(), None),
    };
    let evidence = Evidence {
        probe: probe.id.clone(),
        method: probe.method.name().to_owned(),
        host: authority(url),
        path: path_and_query(url),
        status,
        meaning: said.clone(),
        at: Timestamp::now().as_second(),
        attempts: spent.attempts,
        millis: spent.millis,
        correlation,
    };
    let why = match status {
        Some(status) => format!("{} answered {status}: {said}", evidence.host),
        None => said,
    };
    Reply { meaning, why, status, json, evidence: vec![evidence] }
}

type Read = (Meaning, String, Option<Value>);

/// What an answer that came means. An answer that is not the API's own means
/// nothing, whatever its status.
fn read(dossier: &Dossier, probe: &Probe, incoming: Incoming) -> Result<Read, Trouble> {
    let Incoming { status, headers, body } = incoming;
    if (300..400).contains(&status) {
        return Err(Trouble::Redirect { to: destination(&headers) });
    }
    let encoding = headers.get(reqwest::header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(Trouble::Compressed);
    }
    if is_page(&headers, &body) {
        return Err(Trouble::Page);
    }
    let json = match (200..300).contains(&status) {
        true => {
            let json: Value = serde_json::from_slice(&body).map_err(|_| Trouble::NotJson)?;
            let is_there = |pointers: &String| at(&json, pointers).is_some();
            // Where the answer itself is the list, it must be one.
            let is_list = probe.finds.iter().all(|find| !find.list.is_empty() || json.is_array());
            if !probe.expect.iter().all(is_there) || !is_list {
                return Err(Trouble::OtherJson);
            }
            Some(json)
        }
        false => None,
    };
    let known = probe.answers.iter().chain(&dossier.verify.answers);
    let row = known.into_iter().find(|answer| applies(answer, status, &body));
    Ok(match row {
        Some(answer) => (answer.means, answer.why.clone(), json),
        None => (Meaning::Unknown, "the dossier does not say what that means".to_owned(), json),
    })
}

fn applies(answer: &Answer, status: u16, body: &[u8]) -> bool {
    answer.status.contains(&status)
        && answer.says.as_ref().is_none_or(|text| {
            let text = text.to_ascii_lowercase();
            body.to_ascii_lowercase().windows(text.len().max(1)).any(|part| part == text.as_bytes())
        })
}

/// Whether an answer is a page for people, by its type or by how it begins.
fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(reqwest::header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    kind.starts_with(b"text/html")
        || kind.starts_with(b"application/xhtml")
        || body
            .trim_ascii_start()
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(body.trim_ascii_start())
            .starts_with(b"<")
            && !kind.ends_with(b"xml")
}

/// The host that a redirect names.
fn destination(headers: &HeaderMap) -> Option<String> {
    let to = headers.get(reqwest::header::LOCATION)?.to_str().ok()?;
    Some(authority(&Url::parse(to).ok()?))
}

/// The provider's own name for the exchange, under the headers that the
/// dossier lists.
fn correlation(dossier: &Dossier, headers: &HeaderMap) -> Option<String> {
    const LONGEST: usize = 128;
    let names = dossier.verify.correlation.iter();
    let text = names.into_iter().find_map(|name| headers.get(name.as_str())?.to_str().ok())?;
    (text.len() <= LONGEST).then(|| text.to_owned())
}

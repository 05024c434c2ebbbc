//! One request of an administrator, carried out once and for all: at the
//! provider's pace, in the other header if the first is refused, and again
//! only where that cannot do anything twice.
//!
//! What a request says, and what is read from its answer, is the office's.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use leeward_dossier::{
    Dossier,
    administer::{Administer, Errand, Outcome},
};
use leeward_model::{Evidence, Secret};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use url::Url;
use zeroize::Zeroize as _;

use super::{
    RefusedKind,
    ruling::{kind, read, refused},
};
use crate::{
    answer::{correlation, hide},
    ask::{Asker, SHARED_PAUSE, carry, method, open_headers, retry_after},
    client::{Incoming, Outgoing},
    route::{authority, path_and_query},
    trouble::Trouble,
};

/// A request with its placeholders filled, and where it goes.
pub(crate) struct Order<'o> {
    /// Its name in the dossier, such as `delete`.
    pub(crate) name: &'static str,
    pub(crate) errand: &'o Errand,
    pub(crate) url: Url,
    pub(crate) body: Option<Vec<u8>>,
}

/// Who sends it.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'s> {
    /// The dossier of the administering credential.
    pub(crate) dossier: &'s Dossier,
    pub(crate) administer: &'s Administer,
    pub(crate) secret: &'s Secret,
    /// Values that no text may hold.
    pub(crate) hidden: &'s [Secret],
}

/// What became of it.
pub(crate) struct Carried {
    /// The JSON of a success, if it came with any; or why it is none.
    pub(crate) result: Result<Option<Value>, (RefusedKind, String)>,
    pub(crate) evidence: Vec<Evidence>,
}

/// What one attempt came to.
struct Attempt {
    result: Result<Option<Value>, (RefusedKind, String)>,
    /// What the answer, or its absence, means; without the host.
    said: String,
    status: Option<u16>,
    correlation: Option<String>,
    /// After which pause it may be made again, if that is safe.
    again: Option<Again>,
}

/// Why an attempt may be made again.
#[derive(Clone, Copy)]
enum Again {
    /// A limit, with the pause that the provider asks for.
    Limit(Option<Duration>),
    /// A failure.
    Failure(Option<Duration>),
}

impl Asker {
    /// Carries a request out.
    pub(crate) async fn carry_out(&self, sender: Sender<'_>, order: &Order<'_>) -> Carried {
        let Sender { dossier, administer, .. } = sender;
        let Some(other) = &administer.other_header else {
            return self.in_header(sender, order, &administer.header).await.0;
        };
        let (first, second) = self.order(dossier, &administer.header, other);
        let (carried, status) = self.in_header(sender, order, first).await;
        // Nothing was done: nobody knew who asked.
        if status != Some(401) {
            return carried;
        }
        let (again, status) = self.in_header(sender, order, second).await;
        if status.is_some_and(|status| status != 401) {
            self.remember(dossier, &administer.header, second);
        }
        Carried { evidence: [carried.evidence, again.evidence].concat(), ..again }
    }

    /// Carries it out in one header; with the status of the last answer.
    async fn in_header(
        &self,
        sender: Sender<'_>,
        order: &Order<'_>,
        carrier: &str,
    ) -> (Carried, Option<u16>) {
        let pace = self.paces.of(&sender.dossier.provider);
        let (mut attempts, mut waited) = (0_u32, Duration::ZERO);
        let mut begun = None;
        let attempt = loop {
            let room = self.stop.run_until_cancelled(pace.wait()).await;
            if room.is_none() {
                break Attempt::unsent(Trouble::Stopped);
            }
            let Some(outgoing) = outgoing(sender, order, carrier) else {
                break Attempt::unsent(Trouble::Unsendable);
            };
            attempts += 1;
            begun.get_or_insert_with(Instant::now);
            self.sent.fetch_add(1, Ordering::Relaxed);
            let sent = self.stop.run_until_cancelled(self.client.send(outgoing)).await;
            drop(room);
            let attempt = match sent.unwrap_or(Err(Trouble::Stopped)) {
                Ok(incoming) => Attempt::answered(sender, order, incoming),
                Err(trouble) => Attempt::failed(order, &trouble),
            };
            pace.note(attempt.status.is_some());
            let (most, pause) = match attempt.again {
                None => break attempt,
                Some(Again::Limit(pause)) => (self.manners.when_limited, pause),
                Some(Again::Failure(pause)) => (self.manners.attempts, pause),
            };
            waited = waited.saturating_add(pause.unwrap_or_default());
            if waited > self.manners.patience {
                let seconds = pause.unwrap_or_default().as_secs();
                let status = attempt.status.unwrap_or_default();
                break attempt.because(&Trouble::Wait { status, seconds });
            }
            pace.pause(pause.unwrap_or_default().min(SHARED_PAUSE));
            if attempts >= most {
                break attempt;
            }
            let pause = pause.unwrap_or_else(|| backoff(attempts));
            if self.stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                break attempt;
            }
        };
        let host = authority(&order.url);
        let hidden = |text: &str| {
            let text = hide(text, sender.secret);
            sender.hidden.iter().fold(text, |text, secret| hide(&text, secret))
        };
        let status = attempt.status;
        let evidence = Evidence {
            probe: format!("administer.{}", order.name),
            method: order.errand.method.name().to_owned(),
            host: host.clone(),
            path: hidden(&path_and_query(&order.url)),
            status,
            meaning: hidden(&attempt.said),
            at: Timestamp::now().as_second(),
            attempts,
            millis: begun.map_or(0, |begun: Instant| begun.elapsed().as_millis() as u64),
            correlation: attempt.correlation.as_deref().map(hidden),
        };
        // What was never sent is no evidence.
        let evidence = if attempts > 0 { vec![evidence] } else { Vec::new() };
        let result = attempt.result.map_err(|(kind, why)| {
            let why = match status {
                Some(status) => format!("{host} answered {status}: {why}"),
                None => why,
            };
            (kind, hidden(&why))
        });
        (Carried { result, evidence }, status)
    }
}

impl Attempt {
    /// Nothing was sent.
    fn unsent(trouble: Trouble) -> Self {
        let kind = kind(&trouble);
        let said = trouble.to_string();
        Self {
            result: Err((kind, said.clone())),
            said,
            status: None,
            correlation: None,
            again: None,
        }
    }

    /// It was sent, or may have been, and no answer came that could be read.
    fn failed(order: &Order<'_>, trouble: &Trouble) -> Self {
        let writes = order.errand.changes();
        let said = trouble.to_string();
        let (kind, why) = if writes && trouble.may_have_arrived() {
            (RefusedKind::Unsure, unsure(&said))
        } else {
            (kind(trouble), said.clone())
        };
        // A change is never sent twice because nothing was heard of the first.
        let again = (!writes && trouble.may_pass()).then_some(Again::Failure(None));
        Self { result: Err((kind, why)), said, status: None, correlation: None, again }
    }

    fn answered(sender: Sender<'_>, order: &Order<'_>, mut incoming: Incoming) -> Self {
        let errand = order.errand;
        let status = incoming.status;
        let correlation = correlation(sender.dossier, &incoming.headers);
        let after = retry_after(&incoming.headers);
        let read = read(sender.administer, errand, &incoming);
        incoming.body.zeroize();
        // What a gateway says of a change that it passed on says nothing of the
        // change, nor does a success in words that are not understood. A limit is
        // met before anything is done.
        let is_limit = status == 503 && errand.idempotent;
        let says_nothing = matches!(status, 200..300 | 408 | 500..) && !is_limit;
        let is_open = errand.changes() && says_nothing;
        let (result, said) = match read {
            Ok((Outcome::Done, why, json)) => (Ok(json), why),
            Ok((_, why, _)) if is_open => (Err((RefusedKind::Unsure, unsure(&why))), why),
            Ok((outcome, why, _)) => (Err((refused(outcome), why.clone())), why),
            Err(trouble) => {
                let said = trouble.to_string();
                let open = errand.changes() && trouble.may_have_arrived();
                let (kind, why) = if is_open || open {
                    (RefusedKind::Unsure, unsure(&said))
                } else {
                    (kind(&trouble), said.clone())
                };
                (Err((kind, why)), said)
            }
        };
        let is_settled = matches!(
            &result,
            Ok(_)
                | Err((
                    RefusedKind::NotAnAdmin
                        | RefusedKind::NotAllowed
                        | RefusedKind::Gone
                        | RefusedKind::Unsure,
                    _
                ))
        );
        let repeats = !errand.changes() || errand.idempotent;
        let again = match status {
            _ if is_settled || !repeats => None,
            429 => Some(Again::Limit(after)),
            503 => Some(Again::Failure(after)),
            500 | 502 | 504 if !errand.changes() => Some(Again::Failure(after)),
            _ => None,
        };
        Self { result, said, status: Some(status), correlation, again }
    }

    /// The same, for another reason: it was not done, and may be later.
    fn because(self, trouble: &Trouble) -> Self {
        let said = trouble.to_string();
        Self { result: Err((RefusedKind::NotNow, said.clone())), said, ..self }
    }
}

/// Whether it may have been done all the same.
fn unsure(said: &str) -> String {
    format!("{said}; it may have been done all the same: look again before repeating it")
}

/// The pause before another attempt, where the provider asks for none.
fn backoff(attempts: u32) -> Duration {
    let millis = 500_u64.saturating_mul(1 << attempts.saturating_sub(1).min(4));
    Duration::from_millis(millis)
}

/// The request as it is sent; `None` if the value cannot be.
fn outgoing(sender: Sender<'_>, order: &Order<'_>, carrier: &str) -> Option<Outgoing> {
    let mut headers = open_headers(&sender.administer.headers)?;
    if order.body.is_some() {
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    }
    let (name, value) = carry(carrier, sender.secret)?;
    headers.insert(name, value);
    let (url, body) = (order.url.clone(), order.body.clone());
    Some(Outgoing { method: method(order.errand.method), url, headers, body })
}

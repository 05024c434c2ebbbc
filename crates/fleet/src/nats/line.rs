//! The queue itself: what goes out and what comes in.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_nats::{
    HeaderMap, Message, Request, StatusCode,
    client::{RequestError, RequestErrorKind},
};
use futures_util::StreamExt as _;
use serde::Deserialize;

use super::{
    Address, DEAD_SUBJECT, End, JOBS, JOBS_SUBJECT, PATIENCE, RESULTS, RESULTS_SUBJECT, SERVER,
    WORKERS, Wire,
    held::{Delivered, deliveries},
    pieces::{KEY, MOST, PIECE, Piece, Pieces, WHICH},
    streams,
};
use crate::queue::{Held, Placed, Queue, Trouble};

/// The header that says for how many seconds a job is held without a sign of life.
const LEASE: &str = "Leeward-Lease";

/// For how long it is listened for a message that was sent at the last moment.
const SLACK: Duration = Duration::from_millis(800);

/// What a server says of a message that was published.
#[derive(Deserialize)]
struct Published {
    #[serde(default)]
    duplicate: bool,
    error: Option<Failed>,
}

#[derive(Deserialize)]
struct Failed {
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

/// That a stream takes no more.
const FULL: [u64; 3] = [10_047, 10_077, 10_122];

/// The queue.
pub struct Nats {
    pub(super) wire: Arc<Wire>,
    /// How long jobs are held; results the same.
    pub(super) lease: Duration,
    pieces: Mutex<Pieces>,
}

fn failed(error: impl fmt::Display) -> Trouble {
    Trouble::Failed(error.to_string())
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nats").field("lease", &self.lease).finish_non_exhaustive()
    }
}

impl Nats {
    /// A worker's end.
    ///
    /// # Errors
    /// If the servers cannot be reached, or refuse the account.
    pub fn worker(address: &Address) -> Result<Self, Trouble> {
        let wire = Wire::open(address, End::Worker)?;
        Ok(Self { wire, lease: Duration::from_secs(60), pieces: Mutex::default() })
    }

    /// The server's end: streams and consumers are made if they are not there, and looked
    /// at if they are.
    ///
    /// # Errors
    /// If the servers cannot be reached, refuse the account, or would lose what they keep.
    pub fn server(address: &Address, setup: &streams::Setup) -> Result<Self, streams::BadSetup> {
        let wire = Wire::open(address, End::Server).map_err(streams::BadSetup::Trouble)?;
        wire.runtime.block_on(streams::set_up(&wire.client, setup))?;
        Ok(Self { wire, lease: setup.lease, pieces: Mutex::default() })
    }

    fn ask(&self, subject: &'static str, request: Request) -> Result<Message, RequestError> {
        self.wire.runtime.block_on(self.wire.client.send_request(subject, request))
    }

    /// Publishes, and waits until it is kept.
    fn place(
        &self,
        subject: &'static str,
        id: &str,
        headers: &[(&'static str, &str)],
        bytes: Vec<u8>,
    ) -> Result<Placed, Trouble> {
        let mut map = HeaderMap::new();
        map.insert("Nats-Msg-Id", id);
        for (name, value) in headers {
            map.insert(*name, *value);
        }
        let request = Request::new().headers(map).payload(bytes.into()).timeout(Some(PATIENCE));
        let answer = self.ask(subject, request).map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => Trouble::Failed(
                "there is no stream for it: start `leeward serve --queue` first".to_owned(),
            ),
            _ => Trouble::Failed(error.to_string()),
        })?;
        let published: Published = serde_json::from_slice(&answer.payload)
            .map_err(|_| Trouble::Failed("an answer cannot be read".to_owned()))?;
        match published.error {
            Some(error) if FULL.contains(&error.err_code) => Ok(Placed::Full),
            Some(error) => Err(Trouble::Failed(error.description)),
            None if published.duplicate => Ok(Placed::Known),
            None => Ok(Placed::Kept),
        }
    }

    /// The next message of a consumer, if there is one within some time.
    fn next(
        &self,
        stream: &str,
        consumer: &str,
        wait: Duration,
    ) -> Result<Option<Message>, Trouble> {
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}");
        let wait = wait.max(Duration::from_millis(10));
        let body = format!("{{\"batch\":1,\"expires\":{}}}", wait.as_nanos());
        let client = &self.wire.client;
        // What is pulled comes under its own subject, so it is no answer to a request: it
        // is listened for at a place of its own.
        let asked = async {
            let place = client.new_inbox();
            let mut listening = client.subscribe(place.clone()).await.map_err(failed)?;
            client.publish_with_reply(subject, place, body.into()).await.map_err(failed)?;
            // A server that says nothing delivers nothing any more by then.
            match tokio::time::timeout(wait + SLACK, listening.next()).await {
                Ok(message) => Ok(message),
                Err(_) => Ok(None),
            }
        };
        let Some(message) = self.wire.runtime.block_on(asked)? else { return Ok(None) };
        match message.status {
            None | Some(StatusCode::OK) => Ok(Some(message)),
            Some(StatusCode::TIMEOUT | StatusCode::NOT_FOUND) => Ok(None),
            Some(StatusCode::NO_RESPONDERS) => Err(Trouble::Failed(
                "there is nothing to pull from: start `leeward serve --queue` of the same version \
                 first"
                    .to_owned(),
            )),
            Some(status) => {
                let said = message.description.clone().unwrap_or_default();
                // As when too many pull at once, or the leader of a stream moves.
                Err(Trouble::Failed(format!("{status} {said}")))
            }
        }
    }

    fn header<'m>(message: &'m Message, name: &str) -> Option<&'m str> {
        message.headers.as_ref()?.get(name).map(|value| value.as_str())
    }
}

impl Queue for Nats {
    fn publish(&self, key: &str, job: &[u8]) -> Result<Placed, Trouble> {
        let lease = self.lease.as_secs().max(1).to_string();
        self.place(JOBS_SUBJECT, key, &[(LEASE, &lease)], job.to_vec())
    }

    fn pull(&self, wait: Duration) -> Result<Option<Box<dyn Held>>, Trouble> {
        let Some(message) = self.next(JOBS, WORKERS, wait)? else { return Ok(None) };
        let lease = Self::header(&message, LEASE).and_then(|lease| lease.parse().ok());
        Ok(Some(Box::new(Delivered {
            wire: Arc::clone(&self.wire),
            deliveries: deliveries(&message),
            lease: lease.map_or(self.lease, Duration::from_secs),
            bytes: message.payload.to_vec(),
            replies: message.reply.into_iter().collect(),
        })))
    }

    fn report(&self, key: &str, result: &[u8]) -> Result<Placed, Trouble> {
        let of = result.len().div_ceil(PIECE).max(1);
        if of > MOST {
            return Err(Trouble::Failed("the result is larger than one may be".to_owned()));
        }
        let mut placed = Placed::Known;
        for index in 0..of {
            let piece = &result[index * PIECE..((index + 1) * PIECE).min(result.len())];
            let (which, id) = (format!("{index}/{of}"), format!("{key}/{index}"));
            let headers = [(KEY, key), (WHICH, which.as_str())];
            match self.place(RESULTS_SUBJECT, &id, &headers, piece.to_vec())? {
                Placed::Full => return Ok(Placed::Full),
                Placed::Kept => placed = Placed::Kept,
                Placed::Known => {}
            }
        }
        Ok(placed)
    }

    fn collect(&self, wait: Duration) -> Result<Option<Box<dyn Held>>, Trouble> {
        loop {
            let Some(message) = self.next(RESULTS, SERVER, wait)? else { return Ok(None) };
            let Some(reply) = message.reply.clone() else { continue };
            let key = Self::header(&message, KEY).unwrap_or_default().to_owned();
            let which = Self::header(&message, WHICH).unwrap_or("0/1").to_owned();
            let deliveries = deliveries(&message);
            let piece = Piece { bytes: message.payload.to_vec(), reply, deliveries };
            let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(whole) = pieces.add(&key, &which, piece) else { continue };
            drop(pieces);
            let deliveries = whole.iter().map(|piece| piece.deliveries).max().unwrap_or(1);
            let replies = whole.iter().map(|piece| piece.reply.clone()).collect();
            let bytes = whole.into_iter().flat_map(|piece| piece.bytes).collect();
            let (wire, lease) = (Arc::clone(&self.wire), self.lease);
            return Ok(Some(Box::new(Delivered { wire, bytes, replies, deliveries, lease })));
        }
    }

    fn bury(&self, key: &str, job: &[u8], why: &str) -> Result<(), Trouble> {
        let letter = serde_json::json!({
            "v": crate::PROTOCOL,
            "job": String::from_utf8_lossy(job),
            "why": why,
        });
        self.place(DEAD_SUBJECT, key, &[], letter.to_string().into_bytes()).map(|_| ())
    }

    fn depth(&self) -> Result<u64, Trouble> {
        let counted = streams::depth(&self.wire.client);
        self.wire.runtime.block_on(counted).map_err(Trouble::Failed)
    }
}

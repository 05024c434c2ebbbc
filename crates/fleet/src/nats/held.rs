//! A message that was delivered, and what can be said of it.

use std::{sync::Arc, time::Duration};

use async_nats::{Message, Subject};

use super::{PATIENCE, Wire};
use crate::queue::{Held, Trouble};

/// Something that was delivered, in one message or several.
pub(super) struct Delivered {
    pub(super) wire: Arc<Wire>,
    pub(super) bytes: Vec<u8>,
    pub(super) replies: Vec<Subject>,
    pub(super) deliveries: u64,
    pub(super) lease: Duration,
}

/// How often a message was delivered, from the subject that it is answered at:
/// `$JS.ACK.<stream>.<consumer>.<deliveries>.…`, or with domain and account before the
/// stream.
pub(super) fn deliveries(message: &Message) -> u64 {
    let Some(reply) = &message.reply else { return 1 };
    let tokens: Vec<&str> = reply.split('.').collect();
    let at = if tokens.len() >= 11 { 6 } else { 4 };
    tokens.get(at).and_then(|count| count.parse().ok()).unwrap_or(1)
}

impl Delivered {
    /// Answers and waits until the servers have understood.
    fn answer(&self, text: &str) -> Result<(), Trouble> {
        for reply in &self.replies {
            let (client, reply) = (self.wire.client.clone(), reply.clone());
            let bytes = text.to_owned().into();
            let asked =
                async move { tokio::time::timeout(PATIENCE, client.request(reply, bytes)).await };
            match self.wire.runtime.block_on(asked) {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(Trouble::Failed(error.to_string())),
                Err(_) => return Err(Trouble::Failed("no answer in time".to_owned())),
            }
        }
        Ok(())
    }
}

impl Held for Delivered {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn deliveries(&self) -> u64 {
        self.deliveries
    }

    fn lease(&self) -> Duration {
        self.lease
    }

    fn progress(&self) -> Result<bool, Trouble> {
        for reply in &self.replies {
            let sent = self.wire.client.publish(reply.clone(), "+WPI".into());
            let sent = self.wire.runtime.block_on(sent);
            sent.map_err(|error| Trouble::Failed(error.to_string()))?;
        }
        // The servers do not say; what is handed in too late is not taken in.
        Ok(true)
    }

    fn ack(&self) -> Result<(), Trouble> {
        self.answer("+ACK")
    }

    fn put_back(&self, after: Duration) -> Result<(), Trouble> {
        self.answer(&format!("-NAK {{\"delay\": {}}}", after.as_nanos()))
    }
}

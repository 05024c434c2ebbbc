//! What stands between the server and its workers: jobs go one way, results the other,
//! each held by one at a time and delivered again when whoever held it is gone. All
//! calls block.

use std::{fmt, time::Duration};

/// Why a queue could not do what it was asked to. It may go better later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot be reached, or failed: why, in words without credentials.
    Failed(String),
    /// The account may not do this.
    Refused(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(why) => write!(f, "the queue failed: {why}"),
            Self::Refused(why) => write!(f, "the queue refuses this account: {why}"),
        }
    }
}

impl std::error::Error for Trouble {}

/// What became of something that was to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is kept: it survives the end of all processes.
    Kept,
    /// Something of the same key was kept before.
    Known,
    /// There is no room for it now.
    Full,
}

/// Jobs and results.
pub trait Queue: Send + Sync {
    /// Queues a job for any worker.
    ///
    /// # Errors
    /// If it is not known whether it is kept: it is queued again under the same key.
    fn publish(&self, key: &str, job: &[u8]) -> Result<Placed, Trouble>;

    /// Waits so long for a job.
    ///
    /// # Errors
    /// If the queue cannot be reached.
    fn pull(&self, wait: Duration) -> Result<Option<Box<dyn Held>>, Trouble>;

    /// Hands in a result.
    ///
    /// # Errors
    /// If it is not known whether it is kept.
    fn report(&self, key: &str, result: &[u8]) -> Result<Placed, Trouble>;

    /// Waits so long for a result.
    ///
    /// # Errors
    /// If the queue cannot be reached.
    fn collect(&self, wait: Duration) -> Result<Option<Box<dyn Held>>, Trouble>;

    /// Keeps what was given up beside the queue, with the reason, for people.
    ///
    /// # Errors
    /// If it is not known whether it is kept.
    fn bury(&self, key: &str, job: &[u8], why: &str) -> Result<(), Trouble>;

    /// How many jobs and results are queued or held.
    ///
    /// # Errors
    /// If the queue cannot be reached.
    fn depth(&self) -> Result<u64, Trouble>;
}

/// A job or a result in hand: delivered again, to anybody, when there was no sign of life
/// for a while.
pub trait Held: Send + Sync {
    /// What it is.
    fn bytes(&self) -> &[u8];

    /// How often it was delivered, this time included.
    fn deliveries(&self) -> u64;

    /// How long it is held without a sign of life.
    fn lease(&self) -> Duration;

    /// Gives a sign of life; whether it is still held, as far as the queue says.
    ///
    /// # Errors
    /// If the queue cannot be reached.
    fn progress(&self) -> Result<bool, Trouble>;

    /// It is done, and not delivered any more.
    ///
    /// # Errors
    /// If the queue cannot be reached: it is delivered again.
    fn ack(&self) -> Result<(), Trouble>;

    /// It is delivered again, not before some time has passed.
    ///
    /// # Errors
    /// If the queue cannot be reached: it is delivered again when its lease is over.
    fn put_back(&self, after: Duration) -> Result<(), Trouble>;
}

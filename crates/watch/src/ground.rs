//! What everything under watch stands on: the store, what is known of credentials,
//! whose things are ours, whether providers are asked, the clock, and how a source is
//! opened. Made once by whoever starts a shift; it decides nothing.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use leeward_detect::{Detector, Tokens};
use leeward_dossier::Library;
use leeward_model::{Level, Secret};
use leeward_probe::{Depth, Settings, Stop};
use leeward_remote::{Client, Clock, Service};
use leeward_store::{Place, Store, Trouble};

use crate::{hand_over::HandOver, policy::Policy, vault::Vault, whose::Names};

/// Whether and how providers are asked about what is ours.
#[derive(Clone, Debug)]
pub struct Asking {
    /// How they are asked.
    pub settings: Settings,
    /// How far questions go.
    pub depth: Depth,
    /// How long questions about the finds of one page, or of one repository, may take.
    pub within: Duration,
}

/// Opens the service of a source, with a client of its own; why not, in words.
pub type Open = dyn Fn(&str) -> Result<(Box<dyn Service>, Client), String> + Send + Sync;

/// The user and the word that a repository of a source is cloned with.
pub type CloneWith = dyn Fn(&str) -> Option<(String, Secret)> + Send + Sync;

/// Sees to it that people are told; what comes of that is the teller's own business.
pub type Tell = dyn Fn(&mut Store, Occasion) + Send + Sync;

/// Why people may have to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Something was recorded.
    Recorded,
    /// Some time has passed: something may be overdue, or undelivered.
    Later,
}

/// What everything under watch stands on.
pub struct Ground {
    /// Where everything is kept.
    pub place: Place,
    /// What is known of credentials.
    pub library: Arc<Library>,
    /// Finds them.
    pub detector: Detector,
    /// Finds known ones where nothing names them.
    pub tokens: Tokens,
    /// Our names, for places that are anybody's.
    pub names: Names,
    /// Findings below this are left out.
    pub least: Level,
    /// Whether providers are asked; `None` if nobody is.
    pub asking: Option<Asking>,
    /// What the operator decided about incidents.
    pub policy: Policy,
    /// Who records.
    pub actor: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Cancelled when it is to end.
    pub stop: Stop,
    /// Values that were seen, for a while.
    pub vault: Vault,
    /// Wakes whoever waits.
    pub bell: Bell,
    /// Opens the service of a source.
    pub open: Box<Open>,
    /// What repositories are cloned with.
    pub clone_with: Box<CloneWith>,
    /// Tells people.
    pub tell: Box<Tell>,
    /// How containers are opened; `None` if they are not.
    pub unpack: Option<leeward_unpack::Settings>,
    /// Threads that read one repository.
    pub threads: usize,
    /// Whether repositories of this machine, `file://`, may be named by sources.
    pub local_repositories: bool,
    /// Who does the work that others can do; `None` if whoever takes it up does it.
    pub fleet: Option<Arc<dyn HandOver>>,
}

impl fmt::Debug for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ground").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Ground {
    /// A connection to the store.
    ///
    /// # Errors
    /// What the store says.
    pub fn store(&self) -> Result<Store, Trouble> {
        Store::open(&self.place)
    }

    /// Seconds since 1970-01-01 UTC.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// The day, in UTC.
    pub fn today(&self) -> Date {
        day(self.now())
    }
}

/// The day, in UTC, of a moment: seconds since 1970-01-01 UTC.
pub fn day(now: i64) -> Date {
    TimeZone::UTC.to_datetime(Timestamp::from_second(now).unwrap_or_default()).date()
}

/// Wakes threads that wait for a time which has come early: somebody wants a look now,
/// or has left work.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Mutex<u64>,
    wake: Condvar,
}

impl Bell {
    /// Wakes all who wait.
    pub fn ring(&self) {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        *rung += 1;
        self.wake.notify_all();
    }

    /// Waits until it rings, or some time has passed.
    pub fn wait(&self, time: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *rung;
        let waited = self.wake.wait_timeout_while(rung, time, |now| *now == before);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

//! How fast a provider is asked: so many requests a second, shared by all
//! questions to it, so many of them under way at once, and a pause for all of
//! them when it asks for one. Each provider has its own, so that a slow one
//! holds back nobody else.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

/// Requests a second to each provider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// So many requests a second; from 0.001 to 1000.
    pub fn per_second(rate: f64) -> Option<Self> {
        (0.001..=1000.0).contains(&rate).then_some(Self(rate))
    }
}

impl Default for Rate {
    /// One: the limit of the smallest plans, and shared with the owner's own
    /// requests.
    fn default() -> Self {
        Self(1.0)
    }
}

/// Requests to one provider that are under way at once.
const AT_ONCE: usize = 16;

/// Questions in a row without an answer after which a provider counts as lost.
const LOST: u32 = 20;

/// The pace of every provider that is asked.
pub(crate) struct Paces {
    rate: Rate,
    of: Mutex<HashMap<String, Arc<Pace>>>,
}

/// The pace of one provider.
pub(crate) struct Pace {
    limiter: DefaultDirectRateLimiter,
    room: Semaphore,
    paused_until: Mutex<Option<Instant>>,
    /// Questions in a row that got no answer at all.
    unanswered: AtomicU32,
}

impl Paces {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, of: Mutex::default() }
    }

    /// The pace of a provider, by its name.
    pub(crate) fn of(&self, provider: &str) -> Arc<Pace> {
        let mut paces = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(paces.entry(provider.to_owned()).or_insert_with(|| {
            let quota = Quota::with_period(Duration::from_secs_f64(1.0 / self.rate.0))
                .unwrap_or(Quota::per_second(NonZeroU32::MIN));
            Arc::new(Pace {
                limiter: RateLimiter::direct(quota.allow_burst(NonZeroU32::MIN)),
                room: Semaphore::new(AT_ONCE),
                paused_until: Mutex::default(),
                unanswered: AtomicU32::new(0),
            })
        }))
    }
}

impl Paces {
    /// Forgets what was not answered: somebody asks anew.
    pub(crate) fn forgive(&self) {
        let paces = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        paces.values().for_each(|pace| pace.note(true));
    }
}

impl Pace {
    /// Waits until the next request may be sent. What comes back is held until
    /// its answer is there.
    pub(crate) async fn wait(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        let room = self.room.acquire().await.ok();
        loop {
            let until = *self.lock();
            match until {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                _ => break,
            }
        }
        self.limiter.until_ready().await;
        room
    }

    /// Whether the last question got no answer, so that one try is enough for
    /// the next.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.unanswered.load(Ordering::Relaxed) > 0
    }

    /// Whether so many questions got no answer that it is no use to go on.
    pub(crate) fn is_lost(&self) -> bool {
        self.unanswered.load(Ordering::Relaxed) >= LOST
    }

    /// Notes whether a question was answered.
    pub(crate) fn note(&self, answered: bool) {
        if answered {
            self.unanswered.store(0, Ordering::Relaxed);
        } else {
            self.unanswered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lets nobody ask this provider for a while.
    pub(crate) fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut paused = self.lock();
        if paused.is_none_or(|already| already < until) {
            *paused = Some(until);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.paused_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

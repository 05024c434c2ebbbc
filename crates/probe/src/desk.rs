//! A desk where secrets are handed in for questions while something else goes
//! on, such as a scan. It has a thread of its own; handing in never waits for
//! a provider unless the caller says so, and each secret is asked about once.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use leeward_dossier::Library;
use leeward_model::{
    Assessment, Companion, DossierId, Fingerprint, Secret, Validity, Verification,
};
use tokio::{
    sync::mpsc,
    task::{JoinSet, LocalSet},
};
use tokio_util::sync::CancellationToken;

use crate::{
    client::BadNetwork,
    plan::Depth,
    prober::{Prober, Settings},
    trouble::Trouble,
    verify::Verified,
};

/// Secrets that wait at the desk before handing in has to wait.
const WAITING: usize = 64;

/// A secret to ask about.
#[derive(Debug)]
pub struct Question {
    /// What it is taken for.
    pub dossier: DossierId,
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// The value.
    pub secret: Secret,
    /// Its other parts.
    pub companions: Vec<Companion>,
}

/// What was learnt of a secret.
#[derive(Clone, Debug)]
pub struct Learnt {
    /// The kind it was asked as, or the one that it turned out to be.
    pub dossier: DossierId,
    /// Whether it is live.
    pub verification: Verification,
    /// Whose it is and what it reaches, if that was asked.
    pub assessment: Option<Assessment>,
}

/// What is done at a desk.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// How far questions go.
    pub depth: Depth,
    /// How long after the first question everything must be done; what is open
    /// then stays open.
    pub within: Option<Duration>,
    /// Cancelled when the user wants to stop.
    pub stop: CancellationToken,
}

/// Where secrets are handed in.
pub struct Desk {
    hand_in: mpsc::Sender<Question>,
    tally: Arc<Tally>,
    thread: JoinHandle<HashMap<Asked, Learnt>>,
}

/// What makes two questions the same: the value, what it is taken for, and the
/// parts that go with it.
type Asked = (Fingerprint, DossierId, Vec<String>);

impl Question {
    fn key(&self) -> Asked {
        let parts = self.companions.iter().map(|companion| companion.value.clone()).collect();
        (self.fingerprint, self.dossier.clone(), parts)
    }
}

/// How much of what was handed in is done.
#[derive(Debug, Default)]
pub struct Tally {
    taken: AtomicU64,
    done: AtomicU64,
    sent: Arc<AtomicU64>,
}

impl Tally {
    /// Secrets done, secrets taken in, and requests sent so far.
    pub fn snapshot(&self) -> (u64, u64, u64) {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (of(&self.done), of(&self.taken), of(&self.sent))
    }
}

impl Desk {
    /// Opens a desk. Opens no connection.
    ///
    /// # Errors
    /// Settings of the network that cannot be used.
    pub fn open(library: Arc<Library>, settings: Settings, work: Work) -> Result<Self, BadNetwork> {
        let stop = work.stop.child_token();
        let prober = Arc::new(Prober::new(library, settings, stop.clone())?);
        let tally = Arc::new(Tally { sent: prober.asker.sent(), ..Tally::default() });
        let counted = Arc::clone(&tally);
        let (hand_in, questions) = mpsc::channel(WAITING);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            // Without a runtime the channel closes and nothing is asked.
            let Ok(runtime) = runtime else { return HashMap::new() };
            runtime
                .block_on(LocalSet::new().run_until(serve(prober, work, stop, questions, &counted)))
        });
        Ok(Self { hand_in, tally, thread })
    }

    /// How far the work is.
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// Hands a secret in if there is room, and never waits.
    ///
    /// # Errors
    /// The question itself, if there is no room.
    pub fn offer(&self, question: Question) -> Result<(), Box<Question>> {
        self.hand_in.try_send(question).map_err(|error| Box::new(error.into_inner()))
    }

    /// Hands in all of these, waiting for room, and closes the desk; what was
    /// learnt of each. What was handed in before, as the same kind, is not asked
    /// again.
    pub fn close(self, rest: impl IntoIterator<Item = Question>) -> HashMap<Fingerprint, Learnt> {
        let mut wanted = Vec::new();
        for question in rest {
            wanted.push(question.key());
            if self.hand_in.blocking_send(question).is_err() {
                break;
            }
        }
        drop(self.hand_in);
        let mut learnt = self.thread.join().unwrap_or_default();
        let mut answers = HashMap::new();
        for asked in wanted {
            let fingerprint = asked.0;
            if let Some(found) = learnt.remove(&asked) {
                answers.insert(fingerprint, found);
            }
        }
        for ((fingerprint, ..), found) in learnt {
            answers.entry(fingerprint).or_insert(found);
        }
        answers
    }
}

async fn serve(
    prober: Arc<Prober>,
    work: Work,
    stop: CancellationToken,
    mut questions: mpsc::Receiver<Question>,
    tally: &Tally,
) -> HashMap<Asked, Learnt> {
    let mut learnt: HashMap<Asked, Learnt> = HashMap::new();
    let mut under_way = JoinSet::new();
    let settle = |learnt: &mut HashMap<_, _>, done: Result<_, _>| {
        tally.done.fetch_add(1, Ordering::Relaxed);
        // A task that panicked leaves its question open.
        learnt.extend(done.ok());
    };
    let depth = work.depth;
    let mut within = work.within;
    while let Some(question) = questions.recv().await {
        // The time begins with the first question: a scan takes its own.
        if let Some(within) = within.take() {
            let stop = stop.clone();
            tokio::spawn(async move {
                tokio::time::sleep(within).await;
                stop.cancel();
            });
        }
        let asked = question.key();
        if learnt.contains_key(&asked) {
            continue;
        }
        tally.taken.fetch_add(1, Ordering::Relaxed);
        // What stands if nobody gets to answer it.
        learnt.insert(asked.clone(), Learnt::open(&question));
        let prober = Arc::clone(&prober);
        under_way.spawn_local(async move { (asked, prober.answer(&question, depth).await) });
        while let Some(done) = under_way.try_join_next() {
            settle(&mut learnt, done);
        }
    }
    while let Some(done) = under_way.join_next().await {
        settle(&mut learnt, done);
    }
    learnt
}

impl Learnt {
    /// Of a secret that nobody got to ask about.
    fn open(question: &Question) -> Self {
        Self {
            dossier: question.dossier.clone(),
            verification: Verification {
                validity: Validity::Unknown,
                why: Trouble::Stopped.to_string(),
                ..Verification::default()
            },
            assessment: None,
        }
    }
}

impl Prober {
    async fn answer(&self, question: &Question, depth: Depth) -> Learnt {
        let Question { dossier, secret, companions, .. } = question;
        self.learn(dossier, secret, companions, depth).await
    }

    /// What there is to learn of a secret.
    pub(crate) async fn learn(
        &self,
        id: &DossierId,
        secret: &Secret,
        companions: &[Companion],
        depth: Depth,
    ) -> Learnt {
        let Some(dossier) = self.library.get(id.as_str()) else {
            let why = "not asked: no dossier is known for it".to_owned();
            let verification = Verification { why, ..Verification::default() };
            return Learnt { dossier: id.clone(), verification, assessment: None };
        };
        if depth == Depth::Validity {
            let verification = self.verify(dossier, secret, companions).await;
            return Learnt { dossier: id.clone(), verification, assessment: None };
        }
        let found = self.verify_closely(dossier, secret, companions).await;
        let Verified { dossier: id, verification } = found;
        let dossier = self.library.get(id.as_str()).unwrap_or(dossier);
        let live = verification.validity.is_live();
        let assessment = match depth {
            Depth::Identity if live => Some(self.identify(dossier, secret, companions).await),
            Depth::Reach => self.assess(dossier, secret, companions, &verification).await,
            Depth::Identity | Depth::Validity => None,
        };
        Learnt { dossier: id, verification, assessment }
    }
}

//! Drives a source as the watcher does: asks page after page, waits when it is told
//! to, and begins again from the cursor after trouble, in a new process if asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use leeward_model::Secret;
use leeward_probe::{Network, Stop};
use leeward_remote::{Client, Clock, Cursor, Gap, Item, Next, Opened, Setting, Trouble, open};

/// 2026-11-28 12:00 UTC.
pub const NOW: i64 = 1_795_867_200;

/// A clock that waits for nothing.
pub struct Simulated(pub AtomicI64);

impl Clock for Simulated {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn pause(&self, _time: Duration, _stop: &Stop) {}
}

/// What came of it.
#[derive(Default)]
pub struct Drained {
    pub items: Vec<Item>,
    pub gaps: Vec<Gap>,
    pub troubles: Vec<Trouble>,
    pub cursor: Option<Cursor>,
}

impl Drained {
    pub fn keys(&self) -> BTreeSet<String> {
        self.items.iter().map(|item| item.key().id.clone()).collect()
    }

    pub fn texts(&self) -> BTreeMap<String, String> {
        let texts = self.items.iter().filter_map(|item| match item {
            Item::Text(text) => {
                Some((text.key.id.clone(), String::from_utf8_lossy(&text.bytes).into_owned()))
            }
            Item::Repository(_) => None,
        });
        texts.collect()
    }

    #[track_caller]
    pub fn assert_gap(&self, what: &str, why: &str) {
        let found = self.gaps.iter().any(|gap| gap.what.contains(what) && gap.why.contains(why));
        assert!(found, "no gap `{what}`: `{why}` among {:#?}", self.gaps);
    }
}

/// A source under test.
pub struct Source {
    pub setting: Setting,
    pub clock: Arc<Simulated>,
    /// Hosts that are named besides the service's own.
    pub named: Vec<String>,
    pub has_credential: bool,
}

impl Source {
    pub fn new(text: &str) -> Self {
        Self {
            setting: toml::from_str(text).unwrap(),
            clock: Arc::new(Simulated(AtomicI64::new(NOW))),
            named: Vec::new(),
            has_credential: true,
        }
    }

    pub fn open(&self) -> (Opened, Client) {
        let mut opened = open(&self.setting).unwrap();
        opened.named.extend(self.named.iter().cloned());
        let secret = self.has_credential.then(|| Secret::new(b"operators-own".to_vec()));
        let clock: Arc<dyn Clock> = Arc::<Simulated>::clone(&self.clock);
        let client =
            opened.client(&self.setting, &Network::default(), secret, clock, Stop::new()).unwrap();
        (opened, client)
    }

    /// One pass, from a cursor to where everything was read.
    pub fn pass(&self, from: Option<Cursor>) -> Drained {
        self.pass_with(from, false)
    }

    /// The same; `restarts` says whether trouble ends the process.
    pub fn pass_with(&self, from: Option<Cursor>, restarts: bool) -> Drained {
        let (mut opened, mut client) = self.open();
        let mut drained = Drained { cursor: from, ..Drained::default() };
        for _ in 0..5_000 {
            match opened.service.page(&mut client, drained.cursor.as_ref()) {
                Ok(page) => {
                    drained.items.extend(page.items);
                    drained.gaps.extend(page.gaps);
                    match page.next {
                        Next::More(cursor) => drained.cursor = Some(cursor),
                        Next::Later(cursor) => {
                            drained.cursor = Some(cursor);
                            return drained;
                        }
                    }
                }
                Err(trouble) => {
                    assert!(
                        !matches!(trouble, Trouble::Refused(_) | Trouble::Stopped),
                        "{trouble}"
                    );
                    drained.troubles.push(trouble);
                    if restarts {
                        (opened, client) = self.open();
                    }
                }
            }
        }
        panic!("it does not end: {:?}", drained.troubles.last());
    }

    /// Time goes by.
    pub fn wait(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

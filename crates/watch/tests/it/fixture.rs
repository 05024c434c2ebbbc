//! What the tests have in common: a clock, ground to stand on, and a service that
//! hands out what it is told to.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use leeward_detect::{Detector, Options, Tokens};
use leeward_dossier::Library;
use leeward_model::{Level, RemotePlace};
use leeward_probe::{Network, Stop};
use leeward_remote::{
    Belongs, Client, Clock, Cursor, Gap, Item, ItemKey, Next, Page, Service, Text, Trouble,
};
use leeward_store::Place;
use leeward_watch::{Bell, Ground, Names, Vault, Watched, policy::Policy};

/// When the tests begin.
pub(crate) const NOW: i64 = 1_800_000_000;

/// A clock that stands still until somebody waits.
#[derive(Debug)]
pub(crate) struct Turned(pub(crate) AtomicI64);

impl Turned {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(NOW)))
    }

    pub(crate) fn set(&self, to: i64) {
        self.0.store(to, Ordering::Relaxed);
    }
}

impl Clock for Turned {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn pause(&self, time: Duration, _: &Stop) {
        self.0.fetch_add(time.as_secs() as i64, Ordering::Relaxed);
    }
}

/// A service that hands out what lies in a list, and has trouble when it is told to.
#[derive(Clone, Default)]
pub(crate) struct Listed(pub(crate) Arc<Mutex<Shelf>>);

#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) items: Vec<Item>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) trouble: Vec<Trouble>,
}

impl Listed {
    pub(crate) fn put(&self, item: Item) {
        self.0.lock().unwrap().items.push(item);
    }

    pub(crate) fn fail(&self, trouble: Trouble) {
        self.0.lock().unwrap().trouble.push(trouble);
    }
}

impl Service for Listed {
    fn page(&mut self, _: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        let mut shelf = self.0.lock().unwrap();
        if let Some(trouble) = shelf.trouble.pop() {
            return Err(trouble);
        }
        let from: usize = from.map_or(0, |cursor| cursor.0.parse().unwrap());
        let items = shelf.items[from..].to_vec();
        let next = Next::Later(Cursor(shelf.items.len().to_string()));
        Ok(Page { items, gaps: std::mem::take(&mut shelf.gaps), next })
    }

    fn again(&mut self, _: &mut Client, place: &RemotePlace) -> Result<Option<Vec<u8>>, Trouble> {
        let shelf = self.0.lock().unwrap();
        Ok(shelf.items.iter().rev().find_map(|item| match item {
            Item::Text(text) if text.key.id == place.item => Some(text.bytes.clone()),
            _ => None,
        }))
    }
}

pub(crate) fn place(item: &str) -> RemotePlace {
    RemotePlace {
        source: "ours".to_owned(),
        service: "listed".to_owned(),
        item: item.to_owned(),
        url: format!("https://tracker.example/{item}"),
        path: None,
        author: Some("somebody".to_owned()),
        at: Some(NOW),
        is_public: Some(true),
    }
}

pub(crate) fn text(item: &str, version: &str, bytes: impl Into<Vec<u8>>) -> Item {
    let key = ItemKey { id: item.to_owned(), version: version.to_owned() };
    Item::Text(Text { key, place: place(item), bytes: bytes.into() })
}

/// The name that a value of the kind which may stand alone is usually given.
pub(crate) fn usual_name() -> String {
    let library = Library::builtin();
    let dossier = library.dossiers().iter().find(|dossier| dossier.detect.bare).unwrap();
    dossier.detect.names.first().unwrap().clone()
}

/// The family of that kind.
pub(crate) fn usual_family() -> String {
    let library = Library::builtin();
    library.dossiers().iter().find(|dossier| dossier.detect.bare).unwrap().family.clone()
}

pub(crate) fn client(clock: &Arc<Turned>, stop: &Stop) -> Client {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    Client::new(&Network::default(), Vec::new(), None, 1000.0, clock, stop.clone()).unwrap()
}

/// Ground on a database, where every source is opened by `open`.
pub(crate) fn ground(
    store: &Path,
    clock: &Arc<Turned>,
    open: impl Fn(&str) -> Box<dyn Service> + Send + Sync + 'static,
) -> Ground {
    let library = Arc::new(Library::builtin());
    let stop = Stop::new();
    let (own_clock, own_stop) = (Arc::clone(clock), stop.clone());
    Ground {
        place: Place::File(store.to_owned()),
        detector: Detector::new(&library, Options::default()),
        tokens: Tokens::new(&library),
        library,
        names: Names::none(),
        least: Level::Medium,
        asking: None,
        policy: Policy::default(),
        actor: "test".to_owned(),
        clock: Arc::clone(clock) as _,
        stop,
        vault: Vault::default(),
        bell: Bell::default(),
        open: Box::new(move |name| Ok((open(name), client(&own_clock, &own_stop)))),
        clone_with: Box::new(|_| None),
        tell: Box::new(|_, _| {}),
        unpack: None,
        threads: 1,
        local_repositories: true,
        fleet: None,
    }
}

pub(crate) fn watched(name: &str, belongs: Belongs) -> Watched {
    Watched {
        name: name.to_owned(),
        service: "listed".to_owned(),
        belongs,
        every_seconds: Some(60),
    }
}

//! A day on watch: a hundred thousand items from services that fail in every way,
//! while the engine is ended and begun anew at the worst of moments. Nothing is lost,
//! and nothing is there twice.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use leeward_counterpart::random_value;
use leeward_model::{Fingerprint, Provenance, RemotePlace, Secret};
use leeward_remote::{
    Belongs, Client, Clock as _, Cursor, Item, ItemKey, Next, Page, Repository, Service, Trouble,
};
use leeward_store::{Filter, SourceState, Store};
use leeward_watch::{Lookout, Turn};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::fixture::*;

const DAY: i64 = 86_400;

/// How much there is, and how bad it gets.
pub(crate) struct Size {
    pub(crate) sources: usize,
    /// Of each source, what is handed out twice included.
    pub(crate) items: usize,
    pub(crate) keys: usize,
    pub(crate) page: usize,
    pub(crate) every_seconds: u64,
    /// Of so many turns and moments one is the last of its engine.
    pub(crate) crash: u64,
    /// Of so many pages one is not handed out.
    pub(crate) fault: u64,
}

/// What a service has to hand out, in order, and from when on.
struct Stream {
    entries: Vec<(i64, Item)>,
}

/// Ends an engine where it stands.
struct Crash;

/// What is the same for all engines of a simulation.
struct World {
    streams: Vec<Stream>,
    clock: Arc<Turned>,
    rng: Mutex<StdRng>,
    crash: u64,
    fault: u64,
    page: usize,
    crashes: AtomicU64,
    faults: AtomicU64,
}

impl World {
    fn one_in(&self, of: u64) -> bool {
        of > 0 && self.rng.lock().unwrap().random_range(0..of) == 0
    }

    fn maybe_crash(&self) {
        if self.one_in(self.crash) {
            self.crashes.fetch_add(1, Ordering::Relaxed);
            resume_unwind(Box::new(Crash));
        }
    }
}

/// One source of the world.
struct Faulty(Arc<World>, usize);

impl Service for Faulty {
    fn page(&mut self, _: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        let Self(world, nth) = self;
        world.maybe_crash();
        if world.one_in(world.fault) {
            world.faults.fetch_add(1, Ordering::Relaxed);
            let (kind, seconds) = {
                let mut rng = world.rng.lock().unwrap();
                (rng.random_range(0..20), rng.random_range(1..300))
            };
            let after = Duration::from_secs(seconds);
            return Err(match kind {
                0 => Trouble::Refused("tracker.example: the credential is refused".to_owned()),
                1..5 => Trouble::Strange("tracker.example: the answer is cut off".to_owned()),
                5..12 => Trouble::Later { after, why: "tracker.example: status 500".to_owned() },
                _ => Trouble::Later { after, why: "tracker.example: too many requests".to_owned() },
            });
        }
        let now = world.clock.now();
        let from: usize = from.map_or(0, |cursor| cursor.0.parse().unwrap());
        let rest = &world.streams[*nth].entries[from..];
        let there = rest.iter().take_while(|(from, _)| *from <= now).count();
        let items: Vec<Item> =
            rest.iter().take(there.min(world.page)).map(|(_, item)| item.clone()).collect();
        let cursor = Cursor((from + items.len()).to_string());
        let next = if there > items.len() { Next::More(cursor) } else { Next::Later(cursor) };
        Ok(Page { items, gaps: Vec::new(), next })
    }

    fn again(&mut self, _: &mut Client, _: &RemotePlace) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(None)
    }
}

/// What must be known in the end.
#[derive(Default)]
struct Truth {
    /// By source: versions, and the bytes of texts among them.
    versions: Vec<(u64, u64)>,
    repositories: u64,
    places: BTreeMap<Fingerprint, BTreeSet<(String, String)>>,
}

fn streams(size: &Size, rng: &mut StdRng) -> (Vec<Stream>, Truth) {
    let (name, family) = (usual_name(), usual_family());
    let keys: Vec<String> = (0..size.keys).map(|_| random_value()).collect();
    let mut truth = Truth::default();
    let mut streams = Vec::new();
    for nth in 0..size.sources {
        let source = format!("source {nth}");
        let mut entries: Vec<(i64, Item)> = Vec::new();
        let mut counted = HashSet::new();
        let mut bytes = 0;
        let planted: BTreeMap<usize, &String> = keys
            .iter()
            .flat_map(|key| {
                let places = rng.random_range(1..3);
                (0..places).map(|_| (rng.random_range(0..size.items), key)).collect::<Vec<_>>()
            })
            .collect();
        for index in 0..size.items {
            let at = NOW + (index as i64 * DAY) / size.items as i64;
            // What was handed out before, again: the same, or a new version of it.
            let old = (index > 0 && rng.random_range(0..10) == 0)
                .then(|| entries[rng.random_range(0..index)].1.clone());
            let item = match (planted.get(&index), old) {
                (None, Some(Item::Text(mut text))) => {
                    if rng.random_range(0..4) == 0 {
                        text.key.version = format!("{index}");
                    }
                    Item::Text(text)
                }
                (None, Some(item)) => item,
                (None, None) if rng.random_range(0..500) == 0 => {
                    let id = format!("{nth}-{index}");
                    Item::Repository(Repository {
                        key: ItemKey { id: id.clone(), version: "1".to_owned() },
                        url: format!("https://code.example/{id}"),
                        is_public: None,
                        needs_credential: false,
                    })
                }
                (key, _) => {
                    let bytes = match key {
                        Some(key) => format!("please try {name}={key} and tell me"),
                        None => format!("item {index} says that {name} is not set here"),
                    };
                    let mut item = text(&format!("{nth}-{index}"), "1", bytes);
                    if let Item::Text(text) = &mut item {
                        // Clocks of others go wrong, and what is old comes late.
                        text.place.at = Some(at + rng.random_range(-DAY..DAY));
                    }
                    item
                }
            };
            if counted.insert(item.key().clone()) {
                match &item {
                    Item::Text(text) => bytes += text.bytes.len() as u64,
                    Item::Repository(_) => truth.repositories += 1,
                }
            }
            if let (Some(key), Item::Text(text)) = (planted.get(&index), &item) {
                let print = Fingerprint::new(&family, &Secret::new(key.as_bytes()));
                let place = (source.clone(), text.key.id.clone());
                truth.places.entry(print).or_default().insert(place);
            }
            entries.push((at, item));
        }
        truth.versions.push((counted.len() as u64, bytes));
        streams.push(Stream { entries });
    }
    (streams, truth)
}

/// An engine: what one process would hold.
struct Engine {
    store: Store,
    lookouts: Vec<(i64, Lookout)>,
}

impl Engine {
    fn begin(path: &Path, world: &Arc<World>, size: &Size) -> Self {
        let opener = Arc::clone(world);
        let mut ground = ground(path, &world.clock, move |name| {
            let nth = name.rsplit(' ').next().unwrap().parse().unwrap();
            Box::new(Faulty(Arc::clone(&opener), nth))
        });
        // Between recording and keeping is the worst of moments.
        let worst = Arc::clone(world);
        ground.tell = Box::new(move |_, _| worst.maybe_crash());
        let ground = Arc::new(ground);
        let lookouts = (0..size.sources)
            .map(|nth| {
                let mut watched = watched(&format!("source {nth}"), Belongs::Us);
                watched.every_seconds = Some(size.every_seconds);
                (0, Lookout::new(Arc::clone(&ground), watched))
            })
            .collect();
        Self { store: Store::open(&ground.place).unwrap(), lookouts }
    }

    /// One turn of the source whose time comes first.
    fn turn(&mut self, clock: &Turned) -> Turn {
        let (next_at, lookout) = self.lookouts.iter_mut().min_by_key(|(at, _)| *at).unwrap();
        clock.set(clock.now().max(*next_at));
        let turn = lookout.turn(&mut self.store).unwrap();
        *next_at = match &turn {
            Turn::Idle(until) => *until,
            Turn::Trouble { next_at, .. } => *next_at,
            Turn::Page(done) if !done.more => clock.now(),
            _ => 0,
        };
        turn
    }
}

/// What a simulation came to, for those who want to know.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) crashes: u64,
    pub(crate) faults: u64,
    pub(crate) turns: u64,
    pub(crate) stale: u64,
    pub(crate) grown: i64,
}

/// Resident memory of this process, in bytes.
fn resident() -> i64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: i64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4096
}

pub(crate) fn simulate(seed: u64, size: &Size) -> Came {
    let mut rng = StdRng::seed_from_u64(seed);
    let (streams, truth) = streams(size, &mut rng);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("leeward.db");
    let world = Arc::new(World {
        streams,
        clock: Turned::new(),
        rng: Mutex::new(rng),
        crash: size.crash,
        fault: size.fault,
        page: size.page,
        crashes: AtomicU64::new(0),
        faults: AtomicU64::new(0),
    });
    let mut came = Came { crashes: 0, faults: 0, turns: 0, stale: 0, grown: 0 };
    let mut engine = Engine::begin(&path, &world, size);
    // One that was taken for dead, and is not.
    let mut undead: Option<Engine> = None;
    let mut early = None;
    let is_done = |store: &mut Store| {
        let sources = store.sources().unwrap();
        sources.len() == size.sources
            && sources.iter().all(|source| source.cursor == Some(size.items.to_string()))
    };
    loop {
        came.turns += 1;
        assert!(came.turns < 200_000, "it does not come to an end");
        let turned = catch_unwind(AssertUnwindSafe(|| {
            let turn = engine.turn(&world.clock);
            world.maybe_crash();
            turn
        }));
        match turned {
            Ok(Turn::Stale) => came.stale += 1,
            Ok(_) => {}
            Err(panic) if panic.is::<Crash>() => {
                let fresh = Engine::begin(&path, &world, size);
                let old = std::mem::replace(&mut engine, fresh);
                if world.one_in(3) {
                    undead = Some(old);
                }
                // The next machine has another clock.
                let skew = world.rng.lock().unwrap().random_range(-90..90);
                world.clock.set(world.clock.now() + skew);
            }
            Err(panic) => resume_unwind(panic),
        }
        if world.one_in(20)
            && let Some(mut old) = undead.take()
        {
            for (at, _) in &mut old.lookouts {
                *at = 0;
            }
            let turned = catch_unwind(AssertUnwindSafe(|| old.turn(&world.clock)));
            came.stale += u64::from(matches!(turned, Ok(Turn::Stale)));
        }
        let elapsed = world.clock.now() - NOW;
        if early.is_none() && elapsed > DAY / 4 {
            early = Some(resident());
        }
        if elapsed > DAY && is_done(&mut engine.store) {
            break;
        }
    }
    came.grown = resident() - early.unwrap_or_default();
    came.crashes = world.crashes.load(Ordering::Relaxed);
    came.faults = world.faults.load(Ordering::Relaxed);
    drop(engine);
    compare(&path, size, &truth);
    came
}

fn compare(path: &Path, size: &Size, truth: &Truth) {
    let mut store = Store::open(&leeward_store::Place::File(path.to_owned())).unwrap();
    for (nth, (versions, bytes)) in truth.versions.iter().enumerate() {
        let source = store.source(&format!("source {nth}")).unwrap().unwrap();
        assert_eq!((source.read.items, source.read.bytes), (*versions, *bytes), "source {nth}");
        assert_eq!(source.cursor, Some(size.items.to_string()));
        assert_ne!(source.state, SourceState::Paused);
    }
    assert_eq!(store.queue().unwrap().waiting, truth.repositories, "work for each repository");
    let incidents = store.incidents(&Filter { all: true, ..Filter::default() }).unwrap();
    assert_eq!(incidents.len(), truth.places.len(), "an incident for each key");
    for incident in incidents {
        let case = store.case(&incident.fingerprint).unwrap().unwrap();
        let places: Vec<(String, String)> = case
            .locations
            .iter()
            .map(|location| match &*location.provenance {
                Provenance::Remote(place) => (place.source.clone(), place.item.clone()),
                other => panic!("{other:?}"),
            })
            .collect();
        let unique: BTreeSet<(String, String)> = places.iter().cloned().collect();
        assert_eq!(unique.len(), places.len(), "a place is there twice");
        assert_eq!(Some(&unique), truth.places.get(&incident.fingerprint));
        let events = store.events(Some(incident.id)).unwrap();
        let opened = events.iter().filter(|event| event.entry.kind.name() == "opened").count();
        assert_eq!(opened, 1);
    }
    assert!(store.verify_log().unwrap().is_sound());
}

#[test]
fn a_day_on_watch() {
    let begun = std::time::Instant::now();
    let size = Size {
        sources: 4,
        items: 25_000,
        keys: 120,
        page: 200,
        every_seconds: 900,
        crash: 40,
        fault: 12,
    };
    let came = simulate(7, &size);
    println!("{came:?} in {:?}", begun.elapsed());
    assert!(came.crashes > 10 && came.faults > 10, "{came:?}");
    assert!(came.grown < 48 << 20, "memory grew by {} bytes", came.grown);
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
}

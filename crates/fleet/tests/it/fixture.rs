//! What the tests have in common: repositories, ground, workers.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use leeward_counterpart::random_value;
use leeward_detect::{Detector, Options, Tokens};
use leeward_dossier::Library;
use leeward_fleet::{Collector, Dispatch, Key, Planning, Queue, Taken, Turn, Worker, Workplace};
use leeward_model::Level;
use leeward_probe::Stop;
use leeward_remote::{Clock as _, SystemClock};
use leeward_store::{Filter, Place, Store};
use leeward_watch::{Bell, Ground, Names, Task, Vault, policy::Policy, status};

pub(crate) fn git(at: &Path, args: &[&str]) {
    let done = Command::new("git")
        .current_dir(at)
        .args(["-c", "user.name=ann", "-c", "user.email=ann@example.com"])
        .args(["-c", "init.defaultBranch=main"])
        .args(args)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A repository of some versions of a file, each a commit; made in one go.
pub(crate) fn repository(at: &Path, versions: &[String]) {
    use std::io::Write as _;
    fs::create_dir_all(at).unwrap();
    git(at, &["init", "-q", "--bare"]);
    let mut import = String::new();
    for (nth, text) in versions.iter().enumerate() {
        import.extend([format!(
            "commit refs/heads/main\ncommitter ann <ann@example.com> {} +0000\ndata 6\nchange\n\
             M 100644 inline app.env\ndata {}\n{text}\n",
            1_700_000_000 + nth,
            text.len()
        )]);
    }
    let mut child = Command::new("git")
        .current_dir(at)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(import.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

pub(crate) fn url(at: &Path) -> String {
    format!("file://{}", at.display())
}

/// A line that gives a new value away, and the value.
pub(crate) fn leak() -> (String, String) {
    let library = Library::builtin();
    let dossier = library.dossiers().iter().find(|dossier| dossier.detect.bare).unwrap();
    let (name, value) = (dossier.detect.names.first().unwrap().clone(), random_value());
    (format!("{name}={value}\n"), value)
}

pub(crate) fn ground(place: Place) -> Ground {
    let library = Arc::new(Library::builtin());
    Ground {
        unpack: None,
        place,
        detector: Detector::new(&library, Options::default()),
        tokens: Tokens::new(&library),
        library,
        names: Names::none(),
        least: Level::Medium,
        asking: None,
        policy: Policy::default(),
        actor: "test".to_owned(),
        clock: Arc::new(SystemClock),
        stop: Stop::new(),
        vault: Vault::default(),
        bell: Bell::default(),
        open: Box::new(|_| Err("no sources here".to_owned())),
        clone_with: Box::new(|_| None),
        tell: Box::new(|_, _| {}),
        threads: 1,
        local_repositories: true,
        fleet: None,
    }
}

pub(crate) fn now() -> i64 {
    SystemClock.now()
}

pub(crate) fn workplace(directory: &Path, planning: Planning) -> Workplace {
    Workplace {
        unpack: Some(leeward_pipeline::Unpacking::default()),
        library: Arc::new(Library::builtin()),
        name: "test".to_owned(),
        directory: directory.to_owned(),
        threads: 1,
        within: Duration::from_secs(60),
        most_bytes: 1 << 30,
        planning,
        local_repositories: true,
        clock: Box::new(now),
    }
}

/// A server that hands out and takes in.
pub(crate) struct Office {
    pub(crate) ground: Arc<Ground>,
    pub(crate) collector: Collector,
    pub(crate) store: Store,
}

impl Office {
    pub(crate) fn new(place: Place, queue: Arc<dyn Queue>, key: Key) -> Self {
        let mut ground = ground(place);
        let library = Arc::clone(&ground.library);
        let to = key.public();
        let dispatch =
            Arc::new(Dispatch::new(Arc::clone(&queue), &library, Level::Medium, &to, true, now));
        ground.fleet = Some(Arc::clone(&dispatch) as _);
        let ground = Arc::new(ground);
        let store = ground.store().unwrap();
        let collector = Collector::new(Arc::clone(&ground), queue, dispatch, key);
        Self { ground, collector, store }
    }

    pub(crate) fn add(&mut self, url: &str) {
        assert!(status::enqueue(&mut self.store, &task(url), now()).unwrap());
    }

    /// Hands out what is to be done.
    pub(crate) fn hand_out(&mut self) {
        let mut worker = leeward_watch::Worker::new(Arc::clone(&self.ground));
        assert_eq!(worker.turn(&mut self.store).unwrap(), None);
    }

    /// Takes in what is there.
    pub(crate) fn take_in(&mut self) -> Vec<Taken> {
        let mut all = Vec::new();
        loop {
            match self.collector.turn(&mut self.store, Duration::from_millis(100)).unwrap() {
                Taken::Idle => return all,
                taken => all.push(taken),
            }
        }
    }

    pub(crate) fn found(&mut self) -> Vec<String> {
        found(&mut self.store)
    }
}

/// What was found, in words that are the same for the same: fingerprints and places.
pub(crate) fn found(store: &mut Store) -> Vec<String> {
    let mut all: Vec<String> = store
        .incidents(&Filter::default())
        .unwrap()
        .into_iter()
        .flat_map(|line| {
            let case = store.case(&line.fingerprint).unwrap().unwrap();
            let mut told = vec![format!("{} {}", line.fingerprint, case.dossier)];
            for location in &case.locations {
                told.push(format!(
                    "{} {:?} {:?} {:?}",
                    line.fingerprint, location.provenance, location.span, location.start
                ));
            }
            told
        })
        .collect();
    all.sort();
    all
}

pub(crate) fn task(url: &str) -> Task {
    Task::Repository { source: None, url: url.to_owned(), is_public: None, needs_credential: false }
}

/// Does all jobs there are.
pub(crate) fn work(queue: &dyn Queue, place: &Workplace) -> Vec<Turn> {
    let mut worker = Worker::new(queue, place).unwrap();
    let mut turns = Vec::new();
    loop {
        match worker.turn(Duration::from_millis(200), &|| false).unwrap() {
            Turn::Idle => return turns,
            turn => turns.push(turn),
        }
    }
}

/// Files below a directory.
#[cfg(feature = "nats")]
pub(crate) fn files(at: &Path) -> Vec<std::path::PathBuf> {
    let (mut open, mut all) = (vec![at.to_owned()], Vec::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            all.push(path);
        }
    }
    all
}

/// Whether a text stands anywhere in some bytes.
pub(crate) fn stands(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

//! Workers that are killed, and a queue that is: nothing is lost, and nothing is there
//! twice.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use leeward_fleet::{
    Key, Planning, Turn, Worker,
    nats::{Nats, Setup},
};
use leeward_servers::Postgres;
use leeward_store::Place;
use rand::RngExt as _;

use crate::{
    fixture::*,
    nats::{address, setup},
};

/// Tells a process of this program that it is a worker, and where the queue is.
const QUEUE: &str = "LEEWARD_TEST_QUEUE";
const PLACE: &str = "LEEWARD_TEST_PLACE";

/// How many repositories, of which so many hold something.
pub(crate) const REPOSITORIES: usize = 1_000;
const LEAKS: usize = 120;

#[expect(clippy::disallowed_methods, reason = "a process of the tests tells another what to do")]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A worker in a process of its own, until it is killed. Not a test.
#[test]
fn a_worker() {
    let (Some(url), Some(at)) = (told(QUEUE), told(PLACE)) else { return };
    let address =
        leeward_fleet::nats::Address { url, login: leeward_fleet::nats::Login::Anyone, ca: None };
    let place = workplace(Path::new(&at), Planning { part_bytes: 64 << 10, most: 8 });
    loop {
        let Ok(queue) = Nats::worker(&address) else {
            thread::sleep(Duration::from_millis(200));
            continue;
        };
        let mut worker = Worker::new(&queue, &place).unwrap();
        loop {
            match worker.turn(Duration::from_secs(2), &|| false) {
                Ok(Turn::Other(..)) => thread::sleep(Duration::from_secs(1)),
                Ok(_) => {}
                // The queue was killed.
                Err(_) => thread::sleep(Duration::from_millis(200)),
            }
        }
    }
}

pub(crate) struct Hand(Child);

impl Hand {
    pub(crate) fn start(url: &str, at: &Path) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::a_worker", "--nocapture"])
            .env(QUEUE, url)
            .env(PLACE, at)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Many small repositories that share one store of objects, so that they are there in a
/// moment; what is cloned of each is its own alone.
pub(crate) fn many(at: &Path, count: usize, text: impl Fn(usize) -> String) -> Vec<String> {
    use std::io::Write as _;
    let shared = at.join("shared");
    fs::create_dir_all(&shared).unwrap();
    git(&shared, &["init", "-q", "--bare"]);
    let mut import = String::new();
    for nth in 0..count {
        let text = text(nth);
        import.extend([format!(
            "commit refs/heads/r{nth}\ncommitter ann <ann@example.com> {} +0000\ndata 6\nchange\n\
             M 100644 inline app.env\ndata {}\n{text}\nM 100644 inline README\ndata 5\n{nth:05}\n",
            1_700_000_000 + nth,
            text.len(),
        )]);
    }
    let mut child = Command::new("git")
        .current_dir(&shared)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(import.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let refs = Command::new("git").current_dir(&shared).args(["show-ref"]).output().unwrap();
    let refs = String::from_utf8(refs.stdout).unwrap();
    let mut urls = Vec::new();
    for line in refs.lines() {
        let (id, name) = line.split_once(" refs/heads/").unwrap();
        let path = at.join(name);
        for below in ["refs/heads", "objects/info"] {
            fs::create_dir_all(path.join(below)).unwrap();
        }
        fs::write(path.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(path.join("config"), "[core]\n\tbare = true\n").unwrap();
        fs::write(path.join("refs/heads/main"), format!("{id}\n")).unwrap();
        let objects = shared.join("objects");
        fs::write(path.join("objects/info/alternates"), format!("{}\n", objects.display()))
            .unwrap();
        urls.push(url(&path));
    }
    urls
}

/// A server in threads of this process, on PostgreSQL.
pub(crate) struct Serving {
    pub(crate) done: Arc<AtomicU64>,
    stop: leeward_probe::Stop,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Serving {
    pub(crate) fn start(place: &Place, queue: Nats, urls: &[String]) -> Self {
        let queue = Arc::new(queue);
        let mut office = Office::new(place.clone(), queue, Key::generate());
        for url in urls {
            office.add(url);
        }
        let Office { ground, mut collector, mut store } = office;
        let (stop, done) = (ground.stop.clone(), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&done);
        let handing = {
            let stop = stop.clone();
            thread::spawn(move || {
                let mut worker = leeward_watch::Worker::new(ground);
                while !stop.is_cancelled() {
                    assert_eq!(worker.turn(&mut store).unwrap(), None);
                    thread::sleep(Duration::from_millis(50));
                }
            })
        };
        let taking = thread::spawn(move || {
            collector.run(&|taken| {
                if matches!(taken, leeward_fleet::Taken::Done(_)) {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            });
        });
        Self { done, stop, threads: vec![handing, taking] }
    }

    pub(crate) fn end(self) {
        self.stop.cancel();
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

#[test]
fn workers_and_the_queue_are_killed_and_a_thousand_repositories_are_scanned_once() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let values: Vec<(String, String)> = (0..LEAKS).map(|_| leak()).collect();
    let urls = many(&at("many"), REPOSITORIES, |nth| match values.get(nth) {
        Some((line, _)) => line.clone(),
        // Some values lie in several repositories.
        None if nth % 97 == 0 => values[nth % 7].0.clone(),
        None => format!("nothing {nth}\n"),
    });
    assert_eq!(urls.len(), REPOSITORIES);
    let mut server = leeward_servers::Nats::start("");
    let bounds = Setup { most_jobs: 200, lease: Duration::from_secs(4), ..setup() };
    let queue = Nats::server(&address(&server), &bounds).unwrap();
    let place = Place::parse(&Postgres::shared().database());
    let serving = Serving::start(&place, queue, &urls);
    let url = server.url();
    let mut hands: Vec<Hand> = (0..4).map(|_| Hand::start(&url, &at("work"))).collect();
    // The same by one process, meanwhile.
    let alone = {
        let (urls, path) = (urls.clone(), at("alone.db"));
        thread::spawn(move || {
            let ground = Arc::new(ground(Place::File(path)));
            let mut store = ground.store().unwrap();
            for url in &urls {
                leeward_watch::status::enqueue(&mut store, &task(url), now()).unwrap();
            }
            thread::scope(|scope| {
                for _ in 0..2 {
                    let ground = Arc::clone(&ground);
                    scope.spawn(move || {
                        let mut store = ground.store().unwrap();
                        let mut worker = leeward_watch::Worker::new(ground);
                        while worker.turn(&mut store).unwrap().is_some() {}
                    });
                }
            });
            found(&mut store)
        })
    };
    let (begun, mut killed, mut is_restarted) = (Instant::now(), 0, false);
    let mut last = Instant::now();
    let mut store = leeward_store::Store::open(&place).unwrap();
    while serving.done.load(Ordering::Relaxed) < REPOSITORIES as u64 {
        let late = begun.elapsed() > Duration::from_secs(600);
        assert!(!late, "{:?} {:?}", serving.done, store.queue().unwrap());
        thread::sleep(Duration::from_millis(50));
        if last.elapsed() >= Duration::from_secs(3) {
            last = Instant::now();
            eprintln!("{:?}: {} recorded", begun.elapsed(), serving.done.load(Ordering::Relaxed));
            for _ in 0..2 {
                let which = rand::rng().random_range(0..hands.len());
                hands[which] = Hand::start(&url, &at("work"));
                killed += 1;
            }
        }
        if !is_restarted && serving.done.load(Ordering::Relaxed) > REPOSITORIES as u64 / 3 {
            is_restarted = true;
            server.kill();
            thread::sleep(Duration::from_millis(500));
            server.begin();
        }
    }
    let took = begun.elapsed();
    // Whoever was taken for dead may still hand something in.
    thread::sleep(Duration::from_secs(1));
    assert!(is_restarted && killed >= 2, "{killed}");
    drop(hands);
    let done = serving.done.load(Ordering::Relaxed);
    serving.end();
    assert_eq!(done, REPOSITORIES as u64, "each is recorded once");
    let queue = store.queue().unwrap();
    assert_eq!((queue.waiting, queue.running, queue.dead), (0, 0, 0));
    let together = found(&mut store);
    assert_eq!(together, alone.join().unwrap());
    let secrets: BTreeSet<&str> =
        together.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(secrets.len(), LEAKS);
    nowhere(&server.data(), &values);
    eprintln!("{REPOSITORIES} repositories in {took:?}, {killed} workers killed");
}

/// No value is in the queue's files.
pub(crate) fn nowhere(data: &Path, values: &[(String, String)]) {
    let all: Vec<PathBuf> = files(data);
    assert!(!all.is_empty());
    for path in all {
        let Ok(bytes) = fs::read(&path) else { continue };
        for (_, value) in values {
            assert!(!stands(&bytes, value), "a value is in {}", path.display());
        }
    }
}

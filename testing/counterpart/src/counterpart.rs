//! The server as a test holds it: set up, started, asked what it saw, and
//! stopped when it goes out of scope. What it does in between is in `serve`.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Instant,
};

use tokio::sync::oneshot;

use crate::{
    fault::Rule,
    key::{Kind, Standing},
    record::{Request, Violation},
    serve,
    tls::Tls,
    world::World,
};

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Counterpart {
    address: SocketAddr,
    ca_pem: Option<String>,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What a server is to be like.
#[derive(Debug, Default)]
pub struct Setup {
    world: World,
    rules: Vec<Rule>,
    allowed: Vec<(String, String)>,
    tls: Option<Tls>,
    port: u16,
}

/// What the server and its holder both see.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) start: Instant,
    pub(crate) world: Mutex<World>,
    pub(crate) rules: Mutex<Vec<Rule>>,
    pub(crate) allowed: Vec<(String, String)>,
    pub(crate) requests: Mutex<Vec<Request>>,
    pub(crate) violations: Mutex<Vec<Violation>>,
    pub(crate) connections: Gauge,
    pub(crate) in_flight: Gauge,
    pub(crate) failed_handshakes: AtomicUsize,
    pub(crate) sent: Arc<AtomicU64>,
}

/// How many there are, and the most there were.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    now: AtomicUsize,
    peak: AtomicUsize,
}

/// One that is counted as long as this lives.
pub(crate) struct Counted<'g>(&'g Gauge);

impl Counterpart {
    /// A server with this world, nothing broken, without TLS.
    pub fn start(world: World) -> Self {
        Self::setup(world).start()
    }

    /// A server to be described further.
    pub fn setup(world: World) -> Setup {
        Setup { world, ..Setup::default() }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> String {
        let scheme = if self.ca_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate of the authority to trust, in PEM, where it has TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Adds a fault from now on.
    pub fn inject(&self, rule: impl Into<Rule>) {
        locked(&self.shared.rules).push(rule.into());
    }

    /// Takes all faults away.
    pub fn mend(&self) {
        locked(&self.shared.rules).clear();
    }

    /// Every request so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        locked(&self.shared.requests).clone()
    }

    /// The keys of workspaces that count and were not deleted: name and value.
    pub fn living(&self) -> Vec<(String, String)> {
        let world = locked(&self.shared.world);
        let keys = world.keys.iter().enumerate();
        let living = keys.filter(|(place, key)| {
            key.kind == Kind::Standard
                && key.standing == Standing::Active
                && !world.deleted.contains(place)
        });
        living.map(|(_, key)| (key.name.clone(), key.value.clone())).collect()
    }

    /// How many requests there were for a path, whatever the method.
    pub fn count(&self, path: &str) -> usize {
        locked(&self.shared.requests).iter().filter(|request| request.path == path).count()
    }

    /// The requests that broke the contract.
    pub fn violations(&self) -> Vec<Violation> {
        locked(&self.shared.violations).clone()
    }

    /// Stops a test if a request broke the contract.
    #[track_caller]
    pub fn assert_no_violations(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "{violations:#?}");
    }

    /// How many connections there were at most at the same time.
    pub fn peak_connections(&self) -> usize {
        self.shared.connections.peak.load(Ordering::Relaxed)
    }

    /// How many requests were being answered at most at the same time.
    pub fn peak_in_flight(&self) -> usize {
        self.shared.in_flight.peak.load(Ordering::Relaxed)
    }

    /// How many callers did not get through TLS.
    pub fn failed_handshakes(&self) -> usize {
        self.shared.failed_handshakes.load(Ordering::Relaxed)
    }

    /// How many bytes of HTTP were sent, over all connections.
    pub fn bytes_sent(&self) -> u64 {
        self.shared.sent.load(Ordering::Relaxed)
    }

    /// Waits until the server stops, which only a panic in it makes it do.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Setup {
    /// A fault from the start.
    #[must_use]
    pub fn fault(mut self, rule: impl Into<Rule>) -> Self {
        self.rules.push(rule.into());
        self
    }

    /// With a certificate.
    #[must_use]
    pub fn tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// On this port, not on a free one.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Lets an operation be called that otherwise must never be: its method
    /// and its path with `{names}`.
    #[must_use]
    pub fn allow(mut self, method: &str, path: &str) -> Self {
        self.allowed.push((method.to_owned(), path.to_owned()));
        self
    }

    /// Starts the server.
    pub fn start(self) -> Counterpart {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let identity = self.tls.map(Tls::identity);
        let (ca_pem, config) = identity.map(|made| (made.ca_pem, made.config)).unzip();
        let shared = Arc::new(Shared {
            start: Instant::now(),
            world: Mutex::new(self.world),
            rules: Mutex::new(self.rules),
            allowed: self.allowed,
            requests: Mutex::default(),
            violations: Mutex::default(),
            connections: Gauge::default(),
            in_flight: Gauge::default(),
            failed_handshakes: AtomicUsize::new(0),
            sent: Arc::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let thread = run({
            let shared = Arc::clone(&shared);
            async move {
                let accept = serve::accept(listener, config, shared);
                tokio::select! { () = accept => (), _ = stopped => () }
            }
        });
        Counterpart { address, ca_pem, shared, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        // Gone already if it was waited for.
        let _ = self.stop.take().map(|stop| stop.send(()));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}

impl Gauge {
    pub(crate) fn count(&self) -> Counted<'_> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(now, Ordering::Relaxed);
        Counted(self)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs something on a thread of its own; what it started ends with it.
pub(crate) fn run(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(task);
    })
}

/// What a mutex guards; a panic elsewhere is that test's to report.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

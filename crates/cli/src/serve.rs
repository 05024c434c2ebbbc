//! `leeward serve`: from the settings and the environment to a server that listens,
//! until somebody ends it.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    net::SocketAddr,
    sync::Arc,
    thread,
    time::Duration,
};

use leeward_dossier::Dossier;
use leeward_model::Secret;
use leeward_remote::intake;
use leeward_server::{
    Engine, Limits, Options, Pool, Server, Shared, listen,
    setting::{BadSetting, LogFormat},
    shared::Inner,
};
use leeward_watch::{Shift, Times, What, discreet::discreet, response::Responses};
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{
    Layer as _, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};
use zeroize::Zeroizing;

use crate::{
    alerts, args, asking,
    config::Config,
    environment,
    failure::{Exit, Failure},
    fleet, kept, library, terminal,
    watch::Watching as Watched,
};

/// Threads that may block at once: the store's connections, passwords, and what asks
/// others.
const BLOCKING: usize = 64;

impl From<BadSetting> for Failure {
    fn from(bad: BadSetting) -> Self {
        Self::Store(bad.to_string())
    }
}

/// Serves, and keeps watch, until it is interrupted.
pub(crate) fn run(args: &args::Serve) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let mut setting = config.serve.clone();
    setting.listen = args.listen.or(setting.listen);
    log(setting.log);
    // First, so that where it listens is known, also if any free port was asked for.
    let listener = bind(setting.listen())?;
    setting.listen = Some(listener.local_addr()?);
    if let Some(warning) = setting.warning()? {
        terminal::notice(&warning);
    }
    let asking = args::Asking {
        plan: false,
        base_url: args.base_url.clone(),
        allow: Vec::new(),
        rate: None,
        ask_within: None,
        ca: args.ca.clone(),
        offline: args.offline,
    };
    let library = Arc::new(library::load(&args.dossiers)?);
    let settings = asking::settings(&asking, &library)?;
    let (network, policy) = (settings.network.clone(), config.policy()?);
    let stop = CancellationToken::new();
    let mappings = mappings(&config)?;
    let (channels, effective) = (channels(&config), config.plain.clone());
    #[cfg(not(feature = "fleet"))]
    fleet::refuse(&args.queue)?;
    #[cfg_attr(not(feature = "fleet"), expect(unused_mut, reason = "a queue is put into it"))]
    let mut watching =
        Watched::of_library(&args.kept, &asking, config, Arc::clone(&library), stop.clone())?;
    if watching.is_idle() {
        terminal::notice(
            "the settings name no `[[source]]`: nothing is watched yet; docs/watch.md has examples, \
             and `leeward scan --record` records what it finds here too",
        );
    }
    #[cfg(feature = "fleet")]
    let collector = fleet::join(&args.queue, &mut watching.ground, &network)?;
    let Watched { ground, watched, schedule } = watching;
    let held = Arc::clone(&ground);
    let responses = Responses {
        library: Arc::clone(&library),
        policy,
        settings: (!args.offline).then_some(settings),
        administrator: Box::new(administrator),
        held: Box::new(move |fingerprint| held.vault.get(fingerprint)),
        unpack: Some(crate::apart::settings()),
        host: kept::host(),
        stop: stop.clone(),
    };
    let shared = Shared(Arc::new(Inner {
        pool: Pool::open(ground.place.clone())?,
        library,
        public_url: setting.public_url()?,
    }));
    let pool = shared.pool.clone();
    let engine = Engine::new(Arc::clone(&ground), pool, watched.clone(), mappings);
    let server = Server::new(Options {
        shared,
        setting,
        read: &alerts::resolve,
        watching: Arc::new(engine),
        network,
        responses: Arc::new(responses),
        limits: Limits::default(),
        effective: serde_json::to_value(&effective).unwrap_or_default(),
        channels,
        version: env!("CARGO_PKG_VERSION"),
    })?;
    let interrupted = stop.clone();
    terminal::on_interrupt(move || interrupted.cancel());
    let runtime = runtime()?;
    // Nothing is read over the network by whoever wants nothing sent; what is sent here is
    // taken in all the same.
    let shift = match args.offline {
        true => Shift::new(ground, Vec::new(), own(schedule)),
        false => Shift::new(ground, watched, schedule),
    };
    let served = thread::scope(|scope| {
        scope.spawn(|| shift.run(&|_, _| {}, &|_| {}));
        #[cfg(feature = "fleet")]
        if let Some(mut collector) = collector {
            scope.spawn(move || collector.run(&|_| {}));
        }
        let served = runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            hello(&server, &listener).await?;
            let served = listen::run(&server, listener, stop.clone()).await;
            served.map_err(|error| Failure::Store(format!("the server cannot go on: {error}")))
        });
        // Whatever ended it, nothing is watched by a server that is gone.
        stop.cancel();
        served
    });
    // What still blocks has had its time; the store keeps whole transactions only.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served.map(|()| Exit::Clean)
}

/// What is done again and again without anybody outside.
fn own(schedule: Vec<(What, Times)>) -> Vec<(What, Times)> {
    schedule.into_iter().filter(|(what, _)| matches!(what, What::Tell | What::Forget)).collect()
}

/// An administrator's credential, from the environment.
fn administrator(dossier: &Dossier) -> Option<Secret> {
    let names = dossier.administer.iter().flat_map(|it| it.names.iter().map(String::as_str));
    environment::secret(std::iter::once("LEEWARD_ADMIN_KEY").chain(names))
}

/// What is read of what is sent to sources.
fn mappings(config: &Config) -> Result<BTreeMap<String, intake::Mapping>, Failure> {
    let sent_to = config.sources.iter().filter(|setting| setting.service == "intake");
    sent_to
        .map(|setting| match intake::mapping(setting) {
            Ok(mapping) => Ok((setting.name.clone(), mapping)),
            Err(error) => Err(Failure::Store(format!("the settings: {error}"))),
        })
        .collect()
}

/// Who is told, for the page of settings.
fn channels(config: &Config) -> Vec<[String; 3]> {
    let told = |channel: &leeward_respond::notify::Channel| {
        [channel.name.clone(), channel.kind().name().to_owned(), channel.about()]
    };
    config.alerts.iter().map(told).collect()
}

fn bind(address: SocketAddr) -> Result<std::net::TcpListener, Failure> {
    let bound = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|error| {
        Failure::Store(format!(
            "cannot listen on {address}: {error}; if another program does, name another address as \
             `listen` in `[serve]`"
        ))
    })
}

fn runtime() -> Result<Runtime, Failure> {
    let made = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING)
        .build();
    made.map_err(|error| Failure::Store(format!("no threads can be started: {error}")))
}

/// Says where it is; and how the first administrator comes in, to whoever started it.
async fn hello(server: &Server, listener: &TcpListener) -> Result<(), Failure> {
    let link = server.first_link().await?;
    let at = listener.local_addr()?;
    let mut said = Zeroizing::new(format!("leeward listens on http://{at}\n"));
    if let Some(link) = link {
        said.push_str("nobody has an account yet: make the first one within an hour, at\n  ");
        said.push_str(&link);
        said.push_str("\nthe link is good once, and until the next start\n");
    }
    let mut out = io::stdout().lock();
    // Who does not listen to what is said here has a server all the same.
    if out.write_all(said.as_bytes()).and_then(|()| out.flush()).is_err() {
        terminal::notice("standard output was closed: start again to see what is said there");
    }
    Ok(())
}

/// Writes the log to standard error, without what looks like a value. Libraries say only
/// what goes wrong.
fn log(format: LogFormat) {
    let ours = tracing_subscriber::filter::filter_fn(|metadata| {
        let is_ours = metadata.target().starts_with("leeward");
        let most = if is_ours {
            tracing_subscriber::filter::LevelFilter::INFO
        } else {
            tracing_subscriber::filter::LevelFilter::WARN
        };
        *metadata.level() <= most
    });
    let writer = || Masked;
    let registry = tracing_subscriber::registry();
    // Somebody else may have set one up; then that one is used.
    let _ = match format {
        LogFormat::Json => registry
            .with(fmt::layer().json().flatten_event(true).with_writer(writer).with_filter(ours))
            .try_init(),
        LogFormat::Text => registry
            .with(fmt::layer().with_ansi(false).with_writer(writer).with_filter(ours))
            .try_init(),
    };
}

/// Standard error, without what looks like a value. A line comes in one piece.
struct Masked;

impl io::Write for Masked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = discreet(&String::from_utf8_lossy(bytes));
        io::stderr().lock().write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

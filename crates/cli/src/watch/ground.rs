//! From settings, arguments and environment to what the engine stands on. `serve`
//! stands on the same.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use leeward_detect::{Detector, Options, Tokens};
use leeward_dossier::Library;
use leeward_fleet::{Setup, Within};
use leeward_model::{Level, Secret};
use leeward_probe::{Depth, Network, Stop};
use leeward_remote::{Clock, Setting, SystemClock, git_user, open};
use leeward_respond::notify::Reference;
use leeward_store::{OurKey, Store};
use leeward_watch::{
    Asking, Bell, Ground, HandOver, Names, Occasion, Times, Vault, Watched, What, alerts::Alerts,
};

use super::offline;
use crate::{
    alerts, args, asking, config::Config, environment, failure::Failure, kept, library, scan,
};

/// How long questions about one page may take, unless `--ask-within` says otherwise.
const WITHIN: Duration = Duration::from_secs(120);

/// Seconds between two times that people are told of what is late.
const TELL_EVERY: u64 = 60;

/// Seconds between two times that what is long past is forgotten.
const FORGET_EVERY: u64 = 86_400;

/// Everything that a shift needs.
pub(crate) struct Watching {
    /// What it stands on.
    pub(crate) ground: Arc<Ground>,
    /// Which sources.
    pub(crate) watched: Vec<Watched>,
    /// What is done again and again.
    pub(crate) schedule: Vec<(What, Times)>,
}

impl Watching {
    /// As the settings want it.
    pub(crate) fn of(
        kept_at: &args::Kept,
        asking_as: &args::Asking,
        config: Config,
        stop: Stop,
    ) -> Result<Self, Failure> {
        let library = Arc::new(library::load(&[])?);
        Self::of_library(kept_at, asking_as, config, library, stop)
    }

    /// As the settings want it, with what is known of credentials.
    pub(crate) fn of_library(
        kept_at: &args::Kept,
        asking_as: &args::Asking,
        config: Config,
        library: Arc<Library>,
        stop: Stop,
    ) -> Result<Self, Failure> {
        let bad = |why: String| Failure::Store(format!("the settings: {why}"));
        let settings = asking::settings(asking_as, &library)?;
        let watch = config.watch.clone();
        let within = asking_as.ask_within.map_or(WITHIN, Duration::from_secs);
        let depth = if watch.assess { Depth::Reach } else { Depth::Validity };
        let is_asked = (watch.verify || watch.assess) && !asking_as.offline;
        let asking = is_asked.then(|| Asking { settings: settings.clone(), depth, within });
        let place = kept::place(kept_at, &config)?;
        let mut store = Store::open(&place)?;
        let ours = watch.ours_of()?;
        let ours: Vec<OurKey> =
            ours.into_iter().map(|(fingerprint, label)| OurKey { fingerprint, label }).collect();
        store.ours_add(&ours, kept::now())?;
        let sources: BTreeMap<String, Setting> =
            config.sources.iter().map(|it| (it.name.clone(), it.clone())).collect();
        if sources.len() < config.sources.len() {
            return Err(bad("two sources have the same name".to_owned()));
        }
        let mut watched = Vec::new();
        for setting in sources.values() {
            let opened = open(setting).map_err(|error| bad(error.to_string()))?;
            if setting.name.trim().is_empty() {
                return Err(bad("a source has no name".to_owned()));
            }
            watched.push(Watched {
                name: setting.name.clone(),
                service: setting.service.clone(),
                belongs: setting.belongs,
                every_seconds: Some(setting.every_seconds.unwrap_or(opened.every_seconds)),
            });
        }
        let schedule = schedule(&config).map_err(bad)?;
        let names = Names::new(&watch.names).map_err(|error| bad(error.to_string()))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let policy = config.policy()?;
        let required = policy.required.clone();
        let (told_library, told_network) = (Arc::clone(&library), settings.network.clone());
        let (told_stop, offline) = (stop.clone(), asking_as.offline);
        let config = Arc::new(config);
        // What happened before anybody was told of anything is not told any more.
        let since = store.head()?.sequence;
        let tell = move |store: &mut Store, occasion: Occasion| {
            let alerts = alerts::of(&config, &required, &told_library);
            let network = (!offline).then_some(&told_network);
            if let Err(error) = tell(&alerts, store, occasion, since, network, &told_stop) {
                tracing::error!(%error, "nobody could be told");
            }
        };
        let (all, network) = (sources.clone(), settings.network.clone());
        let (client_clock, client_stop) = (Arc::clone(&clock), stop.clone());
        let open_source = move |name: &str| {
            let setting = all.get(name).ok_or("the settings do not name it any more")?;
            let opened = open(setting).map_err(|error| error.to_string())?;
            let credential = credential(setting)?;
            let (clock, stop) = (Arc::clone(&client_clock), client_stop.clone());
            let client = opened
                .client(setting, &network, credential, clock, stop)
                .map_err(|error| error.to_string())?;
            Ok((opened.service, client))
        };
        let clone_with = move |name: &str| {
            let setting = sources.get(name)?;
            Some((git_user(setting)?.to_owned(), credential(setting).ok()??))
        };
        let (least, local_repositories, threads) = (Level::Medium, false, scan::processors());
        let unpack = Some(crate::apart::settings());
        // Scans of repositories lie in a queue: the store's own, unless `serve` names another.
        let fleet: Arc<dyn HandOver> = match asking_as.offline {
            true => Arc::new(offline::Offline),
            false => Arc::new(Within::new(Setup {
                place: place.clone(),
                library: Arc::clone(&library),
                least,
                local_repositories,
                directory: environment::temporary(),
                threads,
                unpack: unpack.clone(),
                clock: kept::now,
            })?),
        };
        let ground = Ground {
            place,
            detector: Detector::new(&library, Options::default()),
            tokens: Tokens::new(&library),
            library,
            names,
            least,
            asking,
            policy,
            actor: kept::actor(kept_at),
            clock,
            stop,
            vault: Vault::default(),
            bell: Bell::default(),
            open: Box::new(open_source),
            clone_with: Box::new(clone_with),
            tell: Box::new(tell),
            unpack,
            threads,
            local_repositories,
            fleet: Some(fleet),
        };
        Ok(Self { ground: Arc::new(ground), watched, schedule })
    }

    /// Only these sources, if any are named; nothing is scheduled then.
    pub(crate) fn only(&mut self, names: &[String]) -> Result<(), Failure> {
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            if !self.watched.iter().any(|watched| watched.name == *name) {
                let named: Vec<&str> =
                    self.watched.iter().map(|watched| watched.name.as_str()).collect();
                return Err(Failure::Store(format!(
                    "the settings name no source `{}`; there are: {}",
                    leeward_model::SafeText::new(name),
                    named.join(", ")
                )));
            }
        }
        self.watched.retain(|watched| names.contains(&watched.name));
        self.schedule.clear();
        Ok(())
    }

    /// Whether there is nothing to watch.
    pub(crate) fn is_idle(&self) -> bool {
        let is_scan = |(what, _): &(What, Times)| matches!(what, What::Scan(_));
        self.watched.is_empty() && !self.schedule.iter().any(is_scan)
    }
}

fn schedule(config: &Config) -> Result<Vec<(What, Times)>, String> {
    let times = |at: &Option<String>, every: Option<u64>, usual: u64| match at {
        Some(_) if every.is_some() => Err("`at` and `every_seconds` are both given".to_owned()),
        Some(at) => Times::at(at).map_err(|error| error.to_string()),
        None => Times::every(every.unwrap_or(usual)).map_err(|error| error.to_string()),
    };
    let watch = &config.watch;
    let mut schedule = vec![
        (What::Tell, times(&None, None, TELL_EVERY)?),
        (What::Forget, times(&None, None, FORGET_EVERY)?),
    ];
    if watch.verify || watch.assess {
        let again = times(&watch.verify_at, watch.verify_every_seconds, 86_400)?;
        schedule.push((What::Verify, again));
    }
    for scan in &watch.scans {
        let times = times(&scan.at, scan.every_seconds, 86_400)?;
        schedule.push((What::Scan(scan.target.clone()), times));
    }
    Ok(schedule)
}

/// The credential of a source, from where the settings say that it is.
fn credential(setting: &Setting) -> Result<Option<Secret>, String> {
    let reference = match (&setting.token_env, &setting.token_file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err("`token_env` and `token_file` are both given: leave one out".to_owned());
        }
        (Some(name), None) => Reference::Env(name.clone()),
        (None, Some(path)) => Reference::File(path.clone()),
    };
    let missing = || match (&setting.token_env, &setting.token_file) {
        (Some(name), _) => format!("the variable {name} is not set, which holds its credential"),
        (_, Some(path)) => {
            let path = leeward_model::SafeText::new(path.as_os_str().as_encoded_bytes());
            format!("the file `{path}` cannot be read, which holds its credential")
        }
        (None, None) => String::new(),
    };
    alerts::resolve(&reference).map(Some).ok_or_else(missing)
}

fn tell(
    alerts: &Alerts<'_>,
    store: &mut Store,
    occasion: Occasion,
    since: i64,
    network: Option<&Network>,
    stop: &Stop,
) -> Result<(), leeward_watch::alerts::Undone> {
    alerts.catch_up(store, since)?;
    if occasion == Occasion::Later {
        alerts.overdue(store)?;
    }
    let Some(network) = network else { return Ok(()) };
    let delivery = alerts.deliver(store, network, stop)?;
    for note in &delivery.notes {
        tracing::warn!("{note}");
    }
    Ok(())
}

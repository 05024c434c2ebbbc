//! `leeward alert`: letters that wait, how they look, and sending them; and who is
//! told at the end of other commands.

use std::{
    cell::RefCell,
    fs,
    io::{self, Write as _},
};

use leeward_dossier::Library;
use leeward_model::{SafeText, Secret, StepName};
use leeward_probe::{Network, Stop};
use leeward_respond::notify::{self, Happening, Reference};
use leeward_store::{Posted, Store};
use leeward_watch::alerts::{Alerts, NEVER, Undone};

use leeward_watch::discreet::discreet;

use crate::{
    args, asking,
    config::Config,
    environment,
    failure::{Exit, Failure},
    kept, library, terminal,
};

impl From<Undone> for Failure {
    fn from(undone: Undone) -> Self {
        match undone {
            Undone::Store(trouble) => trouble.into(),
            Undone::Network(error) => Self::Asking(error.to_string()),
        }
    }
}

/// The operator's channels, and what letters say.
pub(crate) fn of<'a>(
    config: &'a Config,
    required: &'a [StepName],
    library: &'a Library,
) -> Alerts<'a> {
    Alerts { channels: &config.alerts, required, library, resolve: &resolve, now: &kept::now }
}

/// Tells those who want to know what happened after an event of the log; without a
/// network the letters wait.
pub(crate) fn tell(
    config: &Config,
    library: &Library,
    store: &RefCell<Store>,
    since: i64,
    network: Option<&Network>,
    quiet: bool,
) -> Result<(), Failure> {
    let required = config.policy()?.required;
    let alerts = of(config, &required, library);
    let mut store = store.borrow_mut();
    alerts.catch_up(&mut store, since)?;
    let Some(network) = network else { return Ok(()) };
    let delivery = alerts.deliver(&mut store, network, &Stop::new())?;
    for note in delivery.notes.iter().filter(|_| !quiet) {
        terminal::notice(&format!("note: {note}"));
    }
    Ok(())
}

/// The value that the settings refer to.
pub(crate) fn resolve(reference: &Reference) -> Option<Secret> {
    match reference {
        Reference::Env(name) => environment::secret([name.as_str()]),
        Reference::File(path) => {
            let bytes = zeroize::Zeroizing::new(fs::read(path).ok()?);
            Some(Secret::new(bytes.trim_ascii())).filter(|secret| !secret.is_empty())
        }
    }
}

/// Runs a command about alerts.
pub(crate) fn run(command: &args::Alert) -> Result<Exit, Failure> {
    match command {
        args::Alert::List(kept) => list(kept),
        args::Alert::Preview { incident, kept } => preview(incident, kept),
        args::Alert::Send { kept, asking } => send(kept, asking),
    }
}

fn list(kept: &args::Kept) -> Result<Exit, Failure> {
    let config = Config::load(kept.config.as_deref())?;
    let mut store = kept::open_existing(kept, &config)?;
    let open = store.open_letters()?;
    let mut out = io::stdout().lock();
    if open.is_empty() {
        writeln!(out, "no alert waits to be delivered")?;
    }
    for Posted { letter, attempts, failure, .. } in &open {
        let incident = letter.incident.map(|id| format!(", incident {id}")).unwrap_or_default();
        let state = match failure {
            Some((_, why)) if letter.not_before >= NEVER => format!("given up: {why}"),
            Some((_, why)) => format!("tried {attempts} times: {why}"),
            None => "not tried yet".to_owned(),
        };
        let text = format!("{}{incident}: {state}", letter.channel);
        writeln!(out, "{}", discreet(&SafeText::new(&text).to_string()))?;
    }
    Ok(Exit::Clean)
}

fn preview(handle: &str, kept: &args::Kept) -> Result<Exit, Failure> {
    let config = Config::load(kept.config.as_deref())?;
    let mut store = kept::open_existing(kept, &config)?;
    let incident = store.find(handle)?;
    let library = Library::builtin();
    let required = config.policy()?.required;
    let alerts = of(&config, &required, &library);
    let at = incident.opened_at;
    let notice = alerts.notice(&mut store, incident, Happening::Opened, at, None)?;
    let mut out = io::stdout().lock();
    if alerts.is_silent() {
        writeln!(out, "the settings have no `[[alert]]`: docs/alerts.md has examples")?;
    }
    for channel in config.alerts.iter() {
        let wants = if channel.wants(&notice) { "" } else { " (does not want this one)" };
        writeln!(out, "== {}{wants}", SafeText::new(&channel.name))?;
        writeln!(out, "{}\n", notify::preview(channel, &notice))?;
    }
    writeln!(out, "nothing was sent")?;
    Ok(Exit::Clean)
}

fn send(kept: &args::Kept, asking: &args::Asking) -> Result<Exit, Failure> {
    let config = Config::load(kept.config.as_deref())?;
    let store = RefCell::new(kept::open_existing(kept, &config)?);
    let library = library::load(&[])?;
    let settings = asking::settings(asking, &library)?;
    let required = config.policy()?.required;
    let alerts = of(&config, &required, &library);
    {
        let mut store = store.borrow_mut();
        let newest = store.head()?.sequence;
        alerts.catch_up(&mut store, newest)?;
        alerts.overdue(&mut store)?;
    }
    let stop = Stop::new();
    let stopping = stop.clone();
    terminal::on_interrupt(move || stopping.cancel());
    let done = alerts.deliver(&mut store.borrow_mut(), &settings.network, &stop)?;
    for note in &done.notes {
        terminal::notice(&format!("note: {note}"));
    }
    let (sent, open) = (done.sent, done.open);
    writeln!(io::stdout(), "{sent} alerts delivered, {open} not")?;
    Ok(if open == 0 { Exit::Clean } else { Exit::Incomplete })
}

//! Who is told what became of incidents: letters made from the log, kept in
//! the store until they are delivered, and `leeward alert`, which shows and
//! sends them. How a letter looks and travels is `notify`'s.
//!
//! The log says up to which event letters were made, so that a run that ends
//! before it made them loses none.

use std::{
    cell::RefCell,
    fs,
    io::{self, Write as _},
};

use jiff::Timestamp;
use leeward_dossier::Library;
use leeward_model::{
    Entry, Event, EventKind, Incident, IncidentId, Progress, SafeText, Secret, StepName, Timeline,
    Validity,
};
use leeward_probe::{Courier, Network, Stop};
use leeward_respond::{
    facts,
    notify::{self, Again, Happening, Next, Notice, Reference, again, deliver},
};
use leeward_store::{Filter, Letter, Posted, Store};

use crate::{
    args, asking,
    config::Config,
    discreet::discreet,
    environment,
    failure::{Exit, Failure},
    kept, library, terminal,
};

/// Letters that are delivered in one run at most; the next goes on.
const MOST: u64 = 200;

/// A letter that is not tried again waits for ever.
const NEVER: i64 = i64::MAX / 4;

/// What is to be done first about a key that nobody uses.
const HONEY: &str =
    "find out who took it, and replace the real keys beside it: it opens nothing itself";

/// The fact that says up to which event letters were made.
const UP_TO: &str = "up-to";

/// Makes and delivers letters.
pub(crate) struct Alerts<'a> {
    config: &'a Config,
    library: &'a Library,
}

impl<'a> Alerts<'a> {
    /// With the user's channels.
    pub(crate) fn new(config: &'a Config, library: &'a Library) -> Self {
        Self { config, library }
    }

    fn is_silent(&self) -> bool {
        self.config.alerts.iter().next().is_none()
    }

    /// Makes letters of what happened since they were last made; if they never
    /// were, since an event of this run.
    pub(crate) fn catch_up(&self, store: &mut Store, since: i64) -> Result<(), Failure> {
        if self.is_silent() {
            return Ok(());
        }
        let last = store.last_of(EventKind::Alerted)?;
        let last = last.and_then(|event| event.fact(UP_TO)?.parse().ok());
        let events = store.events_after(last.unwrap_or(since))?;
        let Some(newest) = events.last().map(|event| event.sequence) else { return Ok(()) };
        let mut letters = Vec::new();
        for event in &events {
            letters.extend(self.letters(store, event)?);
        }
        if letters.is_empty() {
            return Ok(());
        }
        let posted = store.post(&letters)?;
        store.append(&[Entry {
            incident: None,
            at: kept::now(),
            actor: "leeward".to_owned(),
            kind: EventKind::Alerted,
            text: format!("{posted} alerts were written"),
            facts: [(UP_TO.to_owned(), newest.to_string())].into(),
        }])?;
        Ok(())
    }

    fn letters(&self, store: &mut Store, event: &Event) -> Result<Vec<Letter>, Failure> {
        let (Some(happening), Some(id)) = (happening(event), event.entry.incident) else {
            return Ok(Vec::new());
        };
        let Some(incident) = store.incident(id)? else { return Ok(Vec::new()) };
        let detail = (happening != Happening::Opened).then(|| event.entry.text.clone());
        let notice = self.notice(store, incident, happening, event.entry.at, detail)?;
        Ok(self.posted(&notice, id))
    }

    fn posted(&self, notice: &Notice, id: IncidentId) -> Vec<Letter> {
        let letters = self.config.alerts.letters(notice).into_iter();
        let post = |letter: notify::Letter| Letter {
            channel: letter.channel,
            incident: Some(id),
            key: letter.key,
            body: letter.body,
            not_before: 0,
        };
        letters.map(post).collect()
    }

    fn notice(
        &self,
        store: &mut Store,
        incident: Incident,
        happening: Happening,
        at: i64,
        detail: Option<String>,
    ) -> Result<Notice, Failure> {
        let dossier = self.library.get(incident.dossier.as_str());
        let mut title = dossier.map_or_else(|| incident.dossier.to_string(), |it| it.name.clone());
        let is_honey = store.honey_of(&incident.fingerprint)?.is_some();
        if is_honey {
            title = format!("honey key ({title})");
        }
        let steps = store.steps(incident.id)?;
        let required = self.config.required().map_err(Failure::Store)?;
        let open = steps
            .iter()
            .find(|record| required.contains(&record.step) && !record.progress.is_settled());
        let next = open.map(|record| {
            let told = dossier
                .and_then(|dossier| dossier.remediation.iter().find(|it| it.step == record.step));
            Next {
                step: record.step,
                text: match told {
                    _ if is_honey => HONEY.to_owned(),
                    Some(told) => told.title.clone(),
                    None => record.step.to_string(),
                },
                link: told.and_then(|told| told.link.clone()).filter(|_| !is_honey),
                command: Some(format!("leeward respond {}", incident.id)),
            }
        });
        let case = store.case(&incident.fingerprint)?;
        let events = store.events(Some(incident.id))?;
        let window = case.and_then(|case| Timeline::of(&case, &events).window);
        let exposure = window.map(|window| {
            let days = window.seconds(kept::now()) / 86_400;
            let since = Timestamp::from_second(window.from).unwrap_or_default();
            let span = match days {
                0 => "less than a day".to_owned(),
                1 => "1 day".to_owned(),
                days => format!("{days} days"),
            };
            format!("since {}, {span}", since.strftime("%Y-%m-%d"))
        });
        Ok(Notice { happening, at, detail, incident, title, exposure, next, link: None })
    }

    /// Letters about incidents whose time is over.
    fn overdue(&self, store: &mut Store) -> Result<(), Failure> {
        if self.is_silent() {
            return Ok(());
        }
        let now = kept::now();
        let filter = Filter { overdue_at: Some(now), ..Filter::default() };
        let mut letters = Vec::new();
        for incident in store.incidents(&filter)? {
            let (id, due) = (incident.id, incident.due.unwrap_or(now));
            let notice = self.notice(store, incident, Happening::Overdue, due, None)?;
            letters.extend(self.posted(&notice, id));
        }
        store.post(&letters)?;
        Ok(())
    }

    /// Delivers what is due. What cannot be delivered now waits for the next run;
    /// how many did.
    pub(crate) fn deliver(
        &self,
        store: &RefCell<Store>,
        network: &Network,
        stop: &Stop,
        quiet: bool,
    ) -> Result<(u64, u64), Failure> {
        if self.is_silent() {
            return Ok((0, 0));
        }
        let due = store.borrow_mut().due_letters(kept::now(), MOST)?;
        let (mut sent, mut open) = (0, 0);
        if due.is_empty() {
            return Ok((sent, open));
        }
        let hosts = self.config.alerts.hosts(&resolve);
        let courier = Courier::new(network, &hosts, stop.clone())
            .map_err(|error| Failure::Asking(error.to_string()))?;
        for posted in due {
            if stop.is_cancelled() {
                break;
            }
            if self.deliver_one(store, &courier, &posted, quiet)? {
                sent += 1;
            } else {
                open += 1;
            }
        }
        Ok((sent, open))
    }

    fn deliver_one(
        &self,
        store: &RefCell<Store>,
        courier: &Courier,
        posted: &Posted,
        quiet: bool,
    ) -> Result<bool, Failure> {
        let Letter { channel: name, key, body, .. } = &posted.letter;
        let now = kept::now();
        let Some(channel) = self.config.alerts.get(name) else {
            let why = "the settings have no channel of this name any more";
            store.borrow_mut().letter_failed(posted.id, now, why, NEVER)?;
            return Ok(false);
        };
        match deliver(channel, &resolve, courier, body) {
            Ok(_) => {
                store.borrow_mut().letter_done(posted.id, now)?;
                Ok(true)
            }
            Err(undelivered) => {
                let tries = u32::try_from(posted.attempts).unwrap_or(u32::MAX).saturating_add(1);
                let next = match again(key, written(body).unwrap_or(now), tries, now, &undelivered)
                {
                    Again::At(at) => at,
                    Again::Never => NEVER,
                };
                store.borrow_mut().letter_failed(posted.id, now, &undelivered.why, next)?;
                if !quiet {
                    let when = if next == NEVER {
                        "it is not tried again"
                    } else {
                        "it is tried again later"
                    };
                    terminal::notice(&format!(
                        "note: the alert `{}` was not delivered, and {when}: {}",
                        SafeText::new(name),
                        discreet(&SafeText::new(&undelivered.why).to_string())
                    ));
                }
                Ok(false)
            }
        }
    }
}

/// When a letter's happening was.
fn written(body: &str) -> Option<i64> {
    let document: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(document["at"].as_str()?.parse::<Timestamp>().ok()?.as_second())
}

/// What an event is to those who are told of it.
fn happening(event: &Event) -> Option<Happening> {
    match event.entry.kind {
        EventKind::Opened => Some(Happening::Opened),
        EventKind::Verified if event.fact(facts::VALIDITY) == Some(Validity::Active.name()) => {
            Some(Happening::Alive)
        }
        EventKind::Moved => match event.fact(facts::TO)? {
            "reopened" => Some(Happening::Reopened),
            "contained" => Some(Happening::Contained),
            "closed" => Some(Happening::Closed),
            _ => None,
        },
        EventKind::Step if event.fact(facts::PROGRESS) == Some(Progress::Failed.name()) => {
            Some(Happening::Failed(event.fact(facts::STEP)?.parse::<StepName>().ok()?))
        }
        _ => None,
    }
}

/// The value that the settings refer to.
fn resolve(reference: &Reference) -> Option<Secret> {
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
    let alerts = Alerts::new(&config, &library);
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
    let alerts = Alerts::new(&config, &library);
    {
        let mut store = store.borrow_mut();
        let newest = store.head()?.sequence;
        alerts.catch_up(&mut store, newest)?;
        alerts.overdue(&mut store)?;
    }
    let stop = Stop::new();
    let stopping = stop.clone();
    terminal::on_interrupt(move || stopping.cancel());
    let (sent, open) = alerts.deliver(&store, &settings.network, &stop, false)?;
    writeln!(io::stdout(), "{sent} alerts delivered, {open} not")?;
    Ok(if open == 0 { Exit::Clean } else { Exit::Incomplete })
}
